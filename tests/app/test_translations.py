"""Every text of the application's own pages and models exists in Chinese, and no translation is left over."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.apps import apps
from django.utils.translation import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
OWN = [config for config in apps.get_app_configs() if config.name.startswith("servloop_app.")]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def messages_of(source: bytes):
    for _line, message, _comments, context in extract("python", io.BytesIO(source), KEYWORDS):
        yield (context, message if isinstance(message, str) else message[0])


def used_in(folder: Path):
    """(context, msgid) of every text in Python files and templates below a folder."""
    found = set()
    for path in folder.rglob("*.py"):
        found.update(messages_of(path.read_bytes()))
    for path in [*folder.rglob("templates/**/*.html"), *folder.rglob("templates/**/*.txt")]:
        text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        # Templates become lines of Python-like calls between filler; without indentation they can be read as such.
        found.update(messages_of("\n".join(line.strip() for line in text.splitlines()).encode()))
    return {key for key in found if key[1]}


def catalogue_of(folder: Path):
    path = folder / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return {}
    with path.open("rb") as handle:
        catalogue = read_po(handle, locale="zh_Hans", abort_invalid=True)
    return {
        (entry.context, entry.id if isinstance(entry.id, str) else entry.id[0]): entry
        for entry in catalogue
        if entry.id
    }


@pytest.mark.parametrize("config", OWN, ids=lambda config: config.label)
def test_the_catalogue_is_complete_and_nothing_more(config):
    used, translated = used_in(Path(config.path)), catalogue_of(Path(config.path))
    assert sorted(msgid for _context, msgid in used - set(translated)) == []
    assert sorted(msgid for _context, msgid in set(translated) - used) == []
    for entry in translated.values():
        texts = [entry.string] if isinstance(entry.string, str) else list(entry.string)
        assert all(texts), entry.id
        assert "fuzzy" not in entry.flags, entry.id
        source = entry.id if isinstance(entry.id, str) else entry.id[-1]
        for text in texts:
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(source)), entry.id


def test_texts_are_found_at_all():
    used = used_in(Path(apps.get_app_config("core").path))
    assert (None, "sign-in name") in used
    assert list(messages_of(b"_('a'); ngettext('one', 'many', 2); pgettext('c', 'd')")) == [
        (None, "a"),
        (None, "one"),
        ("c", "d"),
    ]
