"""One import of many rows, worked on until it is done or this process is killed; and what is there afterwards.

Run as ``python -m tests.reliability.import_once add FILE TARGET|work|report``.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

import django


def _add(path: Path, target: str) -> None:
    from servloop.io.imports.mapping import shape_of
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport, ConfirmImport
    from servloop_app.core.actions import Actor, execute

    actor = Actor.system("tests", "command")
    public_id = uuid.uuid4()
    size = files.keep_upload(public_id, path.name, [path.read_bytes()])
    head = queries.preview(public_id)
    mapping, _remembered = queries.suggested(head, name="killed", target=target)
    wanted = {**mapping.to_dict(), "timezone": "UTC"}
    execute(AddImport(public_id, "organisation", path.name, size, wanted, shape_of(head.columns)), actor)
    execute(ConfirmImport(public_id, wanted), actor)


def _work() -> None:
    from servloop.facts import ingest as module  # noqa: F401  # loaded before the clock of the killer starts
    from servloop_app.collect import tasks  # noqa: F401
    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import perform, reap

    reap()
    print("ready", flush=True)
    for run in Run.objects.filter(kind="import.store", state="queued"):
        perform(run.public_id)


def _report() -> None:
    from servloop.facts import FactsScope, check
    from servloop_app.collect import files
    from servloop_app.collect.models import FeedbackRecord, Import, QuarantinedRow
    from servloop_app.core import audit_log

    store = files.fact_store()
    with store.snapshot() as snapshot, snapshot.connect(FactsScope.everything(), newest=False) as facts:
        rows = {
            table: facts.sql(f'SELECT count(*), count(DISTINCT seq), sum(seq) FROM "{table}"').fetchall()[0]
            for table in store.tables()
        }
    report = {
        "states": [i.state for i in Import.objects.order_by("pk")],
        "new": sum(i.total("new") for i in Import.objects.all()),
        "rows": {table: [int(figure or 0) for figure in figures] for table, figures in rows.items()},
        "records": FeedbackRecord.objects.count(),
        "set_aside": QuarantinedRow.objects.count(),
        "problems": [problem.code for problem in check(store)],
        "left": sorted(path.name for path in (store.folder.parent / "imports").rglob("*")),
        "intact": audit_log.verify([]).intact,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    django.setup()
    command, *arguments = sys.argv[1:]
    if command == "add":
        _add(Path(arguments[0]), arguments[1])
    elif command == "work":
        _work()
    else:
        _report()
