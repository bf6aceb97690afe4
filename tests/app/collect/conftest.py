"""Imports as pages, API and commands make them, their jobs carried out at once."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from servloop_app.collect.models import Import
    from servloop_app.core.actions import Actor

    Importer = Callable[..., Import]


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path) -> Path:
    """A data folder of the test's own: keys, files and facts."""
    settings.DATA_FOLDER = tmp_path / "data"
    settings.DATA_FOLDER.mkdir()
    return settings.DATA_FOLDER


@pytest.fixture
def take_in(organisation, django_capture_on_commit_callbacks) -> Importer:
    """Take a file in, with the suggested mapping: ``take_in(content, name=…, unit=…, target=…)``."""
    from servloop.io.imports.mapping import shape_of
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport
    from servloop_app.core.actions import Actor, execute

    def take(
        content: str | bytes | Path,
        name: str = "data.csv",
        *,
        unit: str = "head",
        target: str | None = None,
        actor: Actor | None = None,
    ) -> Import:
        actor = actor or Actor.system("tests", "command")
        if isinstance(content, Path):
            name, content = content.name, content.read_bytes()
        public_id = uuid.uuid4()
        size = files.keep_upload(public_id, name, [content.encode() if isinstance(content, str) else content])
        head = queries.preview(public_id)
        mapping, _remembered = queries.suggested(head, name=name.partition(".")[0], target=target)
        return execute(
            AddImport(public_id, unit, name, size, mapping.to_dict(), shape_of(head.columns)), actor
        ).outcome

    return take


@pytest.fixture
def carry_out(django_capture_on_commit_callbacks) -> Callable[[Import], Import]:
    """Carry out the job of an import, as a worker does."""
    from servloop_app.jobs.runs import perform

    def work(found: Import) -> Import:
        with django_capture_on_commit_callbacks(execute=True):
            perform(found.run.public_id)
        found.refresh_from_db()
        return found

    return work


@pytest.fixture
def bring_in(take_in, carry_out) -> Importer:
    """Take in, confirm and import a file; further keywords change the suggested mapping."""
    from servloop_app.collect.actions import ConfirmImport
    from servloop_app.core.actions import Actor, execute

    def bring(
        content: str | bytes | Path,
        name: str = "data.csv",
        *,
        unit: str = "head",
        target: str | None = None,
        actor: Actor | None = None,
        **mapping: object,
    ) -> Import:
        actor = actor or Actor.system("tests", "command")
        found = take_in(content, name, unit=unit, target=target, actor=actor)
        columns = {**found.mapping["columns"], **mapping.pop("columns", {})}  # type: ignore[dict-item]
        wanted = {**found.mapping, "columns": columns, **mapping}
        return carry_out(execute(ConfirmImport(found.public_id, wanted), actor).outcome)

    return bring


@pytest.fixture
def facts() -> Callable[..., list[tuple[object, ...]]]:
    """Ask the facts in SQL, without a limit of units unless codes are given."""
    from servloop.facts import FactsScope
    from servloop_app.collect import files

    def ask(sql: str, units: frozenset[str] | None = None) -> list[tuple[object, ...]]:
        with files.fact_store().snapshot() as snapshot, snapshot.connect(FactsScope(units)) as connection:
            return connection.sql(sql).pl().rows()

    return ask
