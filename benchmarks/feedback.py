"""Feedback with text and contact through the whole platform, and its detectors alone: ``python -m benchmarks feedback``.

The import is the platform's own job: staged, personal data found and masked, stored as facts, sealed record by record.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from pathlib import Path

from benchmarks.facts import Row, table
from benchmarks.measuring import in_child, measure, print_cost

__all__ = ["run", "table"]

ROWS = 100_000
DOCUMENTS = 20_000
_SENTENCES = (
    "今天在营业厅办理业务排队等了四十分钟，请回电{mobile}，谢谢。",
    "Waited forty minutes at the counter; please write to {mail}.",
    "柜员耐心细致，很满意。订单号{order}。",
    "系统一直报错，转账没有成功，客户号{order}，希望尽快改进。",
)


def _texts(count: int) -> list[str]:
    chance = random.Random(1)  # sample data
    return [
        chance.choice(_SENTENCES).format(
            mobile=f"138{chance.randrange(10**8):08d}",
            mail=f"user{chance.randrange(10**6)}@example.com",
            order=chance.randrange(10**9),
        )
        for _number in range(count)
    ]


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Measure in a process each."""
    os.environ["SERVLOOP_DATA"] = str(folder)
    brought = in_child("benchmarks.feedback", "import", str(folder))
    found = in_child("benchmarks.feedback", "detect", str(folder))
    return [
        Row(
            f"{ROWS:,} rows of feedback imported",
            brought,
            "rows/s",
            ROWS / brought.elapsed,
            10_000,
            at_least=True,
        ),
        Row(f"{ROWS:,} rows of feedback imported", brought, "rows per CPU s", ROWS / brought.cpu, None),
        Row(
            f"personal data in {DOCUMENTS:,} documents",
            found,
            "documents/s",
            DOCUMENTS / found.elapsed,
            4_000,
            at_least=True,
        ),
    ]


def _import(folder: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "servloop_app.config.settings"
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from servloop.io.imports.mapping import shape_of
    from servloop_app.cli.platform import prepare_database
    from servloop_app.collect import files, queries
    from servloop_app.collect.actions import AddImport, ConfirmImport
    from servloop_app.core.actions import Actor, execute
    from servloop_app.jobs.runs import perform

    prepare_database()
    lines = ["id,date,channel,rating,comment,customer id"]
    for number, text in enumerate(_texts(ROWS)):
        day = f"2026-{number % 9 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:00"
        lines.append(f'F{number},{day},app,{number % 5 + 1},"{text}",C{number % 30_000}')
    source = folder / "feedback.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    public_id = uuid.uuid4()
    size = files.keep_upload(public_id, source.name, [source.read_bytes()])
    head = queries.preview(public_id)
    mapping, _remembered = queries.suggested(head, name="bench", target="feedback")
    wanted = {**mapping.to_dict(), "timezone": "Asia/Shanghai"}
    actor = Actor.system("benchmark", "command")
    shape = shape_of(head.columns)
    execute(AddImport(public_id, "organisation", source.name, size, wanted, shape), actor)
    found = execute(ConfirmImport(public_id, wanted), actor).outcome
    print_cost(measure(lambda: perform(found.run.public_id)))
    found.refresh_from_db()
    if found.total("new") != ROWS:
        sys.exit(f"{found.state}: {found.error_code} {found.stored} {found.run.error_detail}")


def _detect() -> None:
    from servloop.trust.pii import detect_many

    texts = _texts(DOCUMENTS)
    detect_many(texts[:100])
    print_cost(measure(lambda: sum(map(len, detect_many(texts))), repeat=3))


if __name__ == "__main__":
    if sys.argv[1] == "import":
        _import(Path(sys.argv[2]))
    else:
        _detect()
