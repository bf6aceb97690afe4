"""Migrations: none is missing, and their names are those of the source, whatever language they were made in."""

import pytest
from django.core.management import call_command
from tests.conftest import ROOT


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_written_in_the_language_of_the_source():
    written = sorted((ROOT / "src" / "servloop_app").glob("*/migrations/0*.py"))
    assert written
    translated = [
        path.name for path in written if any("\u4e00" <= sign <= "\u9fff" for sign in path.read_text())
    ]
    assert not translated
