"""Template tags of the pages: built files, icons, marks, figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.forms import BoundField, CheckboxInput
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from servloop_app.web import assets, figures, icons
from servloop_app.web import chain as chains

register = template.Library()

register.simple_tag(icons.icon, name="icon")
register.simple_tag(icons.mark, name="mark")
register.filter("duration", figures.duration)
register.filter("share", figures.share)
register.filter("file_size", figures.file_size)


@register.inclusion_tag("web/parts/chain.html", takes_context=True)
def chain(context: template.Context, kind: str, public_id: object) -> dict[str, object]:
    """What the object of this page came from and what came of it, as far as the person may see it."""
    return chains.chain(context["request"], f"{kind}:{public_id}")


@register.simple_tag
def asset(name: str) -> SafeString:
    """The script or style element of a built file, with its integrity hash."""
    built = assets.asset(name)
    address = static(built.path)
    if name.endswith(".css"):
        return format_html('<link rel="stylesheet" href="{}" integrity="{}">', address, built.integrity)
    if name == "theme.js":  # must run before the page is drawn
        return format_html('<script src="{}" integrity="{}"></script>', address, built.integrity)
    return format_html('<script src="{}" integrity="{}" defer></script>', address, built.integrity)


@register.simple_tag
def pill(meaning: str, text: str) -> SafeString:
    """A status: shape and word in the colour of the meaning."""
    return format_html('<span class="sl-pill {}">{}{}</span>', meaning, icons.mark(meaning), text)


@register.simple_tag
def sep() -> SafeString:
    """A drawn separator: the middle dot is full-width in Chinese fonts."""
    return SafeString('<span class="sep"></span>')


@register.filter
def meaning_of_level(level: str) -> str:
    """The meaning behind the level of a message."""
    return {"success": "good", "warning": "watch", "error": "bad"}.get(level, "info")


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a field is a single tick box, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def lookup(words: Mapping[str, object], code: str) -> object:
    """The word for a code; the code itself where there is none."""
    return words.get(code, code)
