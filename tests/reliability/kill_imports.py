"""What workers need that are disturbed over imports, and what is there afterwards.

Commands for the nursery: ``add COUNT FILE TARGET``, ``twins FILE TARGET``, ``again`` and ``report``.
"""

from __future__ import annotations

import dataclasses
import functools
import uuid
from datetime import timedelta
from pathlib import Path

CHUNK_ROWS = 1_000  # several commits in a small file, so that some kills fall between them


def prepare() -> None:
    """Load what an import needs."""
    # Loaded only: a library that has started threads does not survive a fork.
    import deltalake  # noqa: F401
    import duckdb  # noqa: F401
    import pyarrow as pa  # noqa: F401

    from servloop.facts import ingest
    from servloop_app.collect import tasks
    from servloop_app.jobs import kinds

    for name in ("import.store", "import.clear"):
        soon = timedelta(milliseconds=50)
        kinds._KINDS[name] = dataclasses.replace(kinds._KINDS[name], backoff=soon)
    tasks.ingest = functools.partial(ingest, chunk_rows=CHUNK_ROWS)


def _confirm(public_id: uuid.UUID, mapping: dict[str, object]) -> None:
    from servloop_app.collect.actions import ConfirmImport
    from servloop_app.core.actions import Actor, execute

    execute(ConfirmImport(public_id, mapping), Actor.system("tests", "command"))


def _add(names: list[str], path: Path, target: str) -> None:
    """Imports of one file as datasets: in a dataset of its own all of its rows are new."""
    from servloop.io.imports.mapping import shape_of
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport
    from servloop_app.core.actions import Actor, execute

    content = path.read_bytes()
    for name in names:
        public_id = uuid.uuid4()
        size = files.keep_upload(public_id, path.name, [content])
        head = queries.preview(public_id)
        mapping, _remembered = queries.suggested(head, name=name, target=target)
        wanted = {**mapping.to_dict(), "name": name, "timezone": "UTC"}
        shape = shape_of(head.columns)
        added = AddImport(public_id, "organisation", path.name, size, wanted, shape)
        execute(added, Actor.system("tests", "command"))
        _confirm(public_id, wanted)


def _again() -> None:
    from servloop_app.collect.models import Import

    for found in Import.objects.select_related("run"):
        if not found.open_to_mapping:
            continue
        _confirm(found.public_id, found.mapping)


def _rows(found, facts) -> list[int]:
    """Rows, different places in the file, and the sum of the places of one import's facts."""
    table = found.target
    asked = f'SELECT count(*), count(DISTINCT seq), sum(seq) FROM "{table}" WHERE import_id = ?'
    return [int(figure or 0) for figure in facts.sql(asked, params=[found.fact_id]).fetchall()[0]]


def _state(found, facts) -> dict[str, object]:
    from servloop_app.collect import files
    from servloop_app.collect.models import FeedbackRecord, QuarantinedRow

    folder = files.folder(found.public_id)
    return {
        "state": found.state,
        "error": found.error_code,
        "job": found.run.state,
        "dataset": found.mapping["name"],
        "new": found.total("new"),
        "repeated": found.total("repeated"),
        "rows": _rows(found, facts),
        "records": FeedbackRecord.objects.filter(brought_by=found).count(),
        "set_aside": QuarantinedRow.objects.filter(source=found).count(),
        "folder": folder.exists(),
        "staged": len(list(folder.glob("staged-*"))),
    }


def _report() -> dict[str, object]:
    from servloop.facts import FactsScope, check
    from servloop_app.collect import files
    from servloop_app.collect.models import Import
    from servloop_app.core import audit_log

    store = files.fact_store()
    with store.snapshot() as snapshot, snapshot.connect(FactsScope.everything(), newest=False) as facts:
        imports = [_state(found, facts) for found in Import.objects.select_related("run").order_by("pk")]
    return {
        "imports": imports,
        "problems": [problem.code for problem in check(store)],
        "intact": audit_log.verify([]).intact,
    }


def command(name: str, *arguments: str) -> object:
    """What the nursery is asked to do."""
    match name, *arguments:
        case ["add", count, path, target]:
            _add([uuid.uuid4().hex for _number in range(int(count))], Path(path), target)
        case ["twins", path, target]:
            _add([uuid.uuid4().hex] * 2, Path(path), target)
        case ["again"]:
            _again()
        case ["report"]:
            return _report()
    return "done"
