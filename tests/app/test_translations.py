"""Every text of the application's own pages and models exists in Chinese, and no translation is left over."""

import ast
import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.apps import apps
from django.utils.translation import templatize
from tests.conftest import ROOT

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


def test_the_catalogues_are_complete_and_nothing_more():
    """Django merges the catalogues of all packages: a page's texts may stand with the page or with its subject."""
    used = {key for config in OWN for key in used_in(Path(config.path))}
    translated = {key for config in OWN for key in catalogue_of(Path(config.path))}
    assert sorted(msgid for _context, msgid in used - translated) == []
    left_over = {msgid for _context, msgid in translated - used}
    assert sorted(left_over - literals()) == []


def literals():
    """Every string in the sources: texts of the library (the data dictionary's) are translated when shown."""
    trees = (ast.parse(path.read_bytes()) for path in (ROOT / "src").rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


@pytest.mark.parametrize("config", OWN, ids=lambda config: config.label)
def test_every_translation_is_whole(config):
    for entry in catalogue_of(Path(config.path)).values():
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
