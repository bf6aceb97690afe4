"""Texts in two languages: one value type, one model field, one form field.

Content that people write (names of units, surveys, categories…) exists in Chinese and in English. Where one
language is missing the other is shown, and `LocalizedText.missing` says so, so that a page can ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from servloop.messages import LANGUAGES, normalize_language


@dataclass(frozen=True)
class LocalizedText:
    """A text in Simplified Chinese and English; either may be empty."""

    zh: str = ""
    en: str = ""

    @classmethod
    def of(cls, value: LocalizedText | Mapping[str, str] | str | None) -> LocalizedText:
        """From its stored form; a plain string is taken in the language it is written in.

        Raises:
            ValueError: a mapping has other keys than ``zh-CN`` and ``en``, or values that are not texts.
        """
        if isinstance(value, LocalizedText):
            return value
        if value is None:
            return cls()
        if isinstance(value, str):
            return (
                cls(zh=value)
                if any("\u3400" <= character <= "\u9fff" for character in value)
                else cls(en=value)
            )
        if set(value) - set(LANGUAGES) or not all(isinstance(text, str) for text in value.values()):
            msg = f"expected texts under {LANGUAGES}, received {sorted(map(str, value))}"
            raise ValueError(msg)
        return cls(zh=value.get("zh-CN", ""), en=value.get("en", ""))

    def to_dict(self) -> dict[str, str]:
        """The stored form: ``{"zh-CN": …, "en": …}``."""
        return {"zh-CN": self.zh, "en": self.en}

    def text(self, language: str | None = None) -> str:
        """The text in a language (default: the active one), else in the other one."""
        chinese = normalize_language(language or get_language()) == "zh-CN"
        return (self.zh or self.en) if chinese else (self.en or self.zh)

    def missing(self) -> tuple[str, ...]:
        """The languages that have no text yet."""
        return tuple(tag for tag, text in self.to_dict().items() if not text.strip())

    def __str__(self) -> str:
        return self.text()

    def __bool__(self) -> bool:
        return bool(self.zh.strip() or self.en.strip())


class LocalizedTextField(models.JSONField):
    """Stores a `LocalizedText` as JSON; reads give the value type."""

    description = "text in two languages"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", LocalizedText)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> LocalizedText:
        """What the database holds, as a value."""
        return LocalizedText.of(super().from_db_value(value, expression, connection))

    def get_prep_value(self, value: Any) -> Any:
        """The stored form."""
        return super().get_prep_value(_stored(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The stored form, for the database at hand."""
        return super().get_db_prep_value(_stored(value), connection, prepared)

    def to_python(self, value: Any) -> LocalizedText:
        """Any accepted form, as a value."""
        try:
            return LocalizedText.of(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """JSON-encodable and, unless blank is allowed, not empty in both languages."""
        super().validate(_stored(value), model_instance)
        if not self.blank and not value:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def value_to_string(self, obj: models.Model) -> Any:
        """For serialisation: the stored form."""
        return _stored(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        """One form field with an input for each language."""
        return LocalizedTextFormField(
            required=not self.blank, label=kwargs.get("label", self.verbose_name), help_text=self.help_text
        )


def _stored(value: Any) -> Any:
    return value.to_dict() if isinstance(value, LocalizedText) else value


class LocalizedTextWidget(forms.MultiWidget):
    """Two inputs, one for each language, each marked with its ``lang`` for fonts and screen readers."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, multiline: bool = False) -> None:
        widget = forms.Textarea if multiline else forms.TextInput
        super().__init__(
            {
                "zh": widget({"lang": "zh-CN", "aria-label": _("in Chinese")}),
                "en": widget({"lang": "en", "aria-label": _("in English")}),
            },
            attrs,
        )

    def decompress(self, value: Any) -> list[str]:
        """The texts for the two inputs."""
        text = LocalizedText.of(value)
        return [text.zh, text.en]


class LocalizedTextFormField(forms.MultiValueField):
    """A form field that gives a `LocalizedText`; required means: at least one language."""

    def __init__(
        self, *, required: bool = True, multiline: bool = False, max_length: int = 500, **kwargs: Any
    ) -> None:
        parts = tuple(forms.CharField(required=False, max_length=max_length) for _language in LANGUAGES)
        super().__init__(
            fields=parts,
            widget=LocalizedTextWidget(multiline=multiline),
            required=required,
            require_all_fields=False,
            **kwargs,
        )

    def compress(self, data_list: list[str]) -> LocalizedText:
        """The value from the two inputs."""
        return LocalizedText(*(text or "" for text in data_list)) if data_list else LocalizedText()


def pinyin_key(text: LocalizedText | str) -> str:
    """The key by which Chinese and English names sort together: pinyin of each character, lower case.

    Stored beside the name, since neither SQLite nor every PostgreSQL collation sorts Chinese by sound.
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # 40 ms that reading pages need not pay

    shown = (text.zh or text.en) if isinstance(text, LocalizedText) else text
    return " ".join(syllable.strip().casefold() for syllable in lazy_pinyin(shown) if syllable.strip())[:300]


class PinyinKeyField(models.CharField):  # type: ignore[type-arg]
    """The stored sort key of another field of the same row."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        kwargs.update(max_length=300, editable=False, db_index=True, default="")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """The source belongs to the field's definition."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002
        """Computed from the source at every save."""
        key = pinyin_key(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, key)
        return key
