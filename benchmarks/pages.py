"""Requests to a running platform that holds many facts: ``python -m benchmarks pages``.

The web server is the one that ``servloop up`` starts, asked over HTTP by a signed-in person, page after page. What a
request computes is told by the CPU time of the web process; its memory by the peak of that process.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figures import CHANNELS, UNITS, feedback
from benchmarks.measuring import Cost, in_child, print_cost

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {300_000: 200, 5_000_000: 400}  # facts → milliseconds that 95 of 100 requests may take
COMPUTED_MS = 150
WEB_MB = 250
WARM_UP, TIMES = 2, 30
NAME, PASSWORD = "bench", "Correct-horse-7"  # of a throw-away installation
_CHUNK = 500_000
_FILTER = "from=2025-01&to=2025-06&channel=channel1"
PAGES = (
    "/home/",
    f"/home/?{_FILTER}",
    "/measure/metrics/",
    "/measure/metrics/csat/",
    "/measure/metrics/csat/?unit=unit03",
    "/measure/metrics/time_to_resolution/",
    "/measure/metrics/csat/records/",
    "/measure/metrics/time_to_resolution/records/?page=20",
    "/measure/metrics/csat/trend.csv",
    "/measure/metrics/csat/trend.svg",
    "/measure/compare/",
    "/measure/compare/?metric=time_to_resolution&a-channel=channel1&b-channel=channel2",
    "/plan/opportunities/",
    "/collect/feedback/",
    "/collect/feedback/?channel=channel1",
    "/collect/imports/",
    "/trust/log/",
)


@dataclass(frozen=True)
class Row:
    """One line of the table: milliseconds in the middle, for 95 of 100, and computed; or megabytes."""

    what: str
    middle: float | None
    figure: float
    computed: float | None
    bar: float | None
    unit: str

    @property
    def held(self) -> bool:
        """Whether both bars are kept."""
        return (self.bar is None or self.figure <= self.bar) and (self.computed or 0) <= COMPUTED_MS


def run(folder: Path, sizes: list[int]) -> list[Row]:  # noqa: ARG001  # the interface of all suites
    """Measure every size."""
    rows = []
    for size, bar in SIZES.items():
        place = folder / f"pages-{size}"
        place.mkdir()
        os.environ["SERVLOOP_DATA"] = str(place)
        in_child("benchmarks.pages", "prepare", str(place), str(size))
        with _serving(place) as (port, group):
            visitor = Visitor(port)
            visitor.sign_in()
            everything: list[float] = []
            for page in PAGES:
                sys.stderr.write(f"{size:,} {page}\n")
                taken, computed = _ask(visitor, page, group)
                everything += taken
                rows.append(
                    Row(
                        f"{size:,} facts, `{page}`",
                        statistics.median(taken),
                        _p95(taken),
                        computed,
                        bar,
                        "ms",
                    )
                )
            rows.append(
                Row(
                    f"{size:,} facts, all requests",
                    statistics.median(everything),
                    _p95(everything),
                    None,
                    bar,
                    "ms",
                )
            )
            own, whole = _memory_mb(group)
            rows.append(Row(f"{size:,} facts, memory of the web process", None, own, None, WEB_MB, "MB"))
            rows.append(Row(f"{size:,} facts, with mapped program files", None, whole, None, None, "MB"))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | median | 95 of 100 | CPU | bar |", "|---|---|---|---|---|"]
    for row in rows:
        middle = "—" if row.middle is None else f"{row.middle:.0f} ms"
        computed = "—" if row.computed is None else f"{row.computed:.0f} ms"
        bar = "—" if row.bar is None else f"≤ {row.bar:g} {row.unit}{'' if row.held else ' MISSED'}"
        lines.append(f"| {row.what} | {middle} | {row.figure:.0f} {row.unit} | {computed} | {bar} |")
    return "\n".join(lines)


class Visitor:
    """A person's browser, as far as it matters here: one connection and cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of an answer."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return answer.status, text

    def sign_in(self) -> None:
        """Through the form."""
        _status, text = self.ask("/accounts/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
        token = found[1] if found else ""
        status, text = self.ask(
            "/accounts/login/", {"login": NAME, "password": PASSWORD, "csrfmiddlewaretoken": token}
        )
        if status != http.HTTPStatus.FOUND:
            sys.exit(f"could not sign in: {status} {text[:500]}")


def _ask(visitor: Visitor, page: str, group: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and the CPU milliseconds of one."""
    for _time in range(WARM_UP):
        status, text = visitor.ask(page)
        if status != http.HTTPStatus.OK:
            sys.exit(f"{page} answers {status}: {text[:500]}")
    before = _cpu_seconds(group)
    taken = []
    for _time in range(TIMES):
        began = time.perf_counter()
        visitor.ask(page)
        taken.append(1000 * (time.perf_counter() - began))
    return taken, 1000 * (_cpu_seconds(group) - before) / TIMES


def _p95(values: list[float]) -> float:
    return float(np.quantile(values, 0.95))


@contextmanager
def _serving(place: Path) -> Iterator[tuple[int, int]]:
    """The web process on a free port; its port and process group."""
    from servloop_app.cli.supervisor import web_part

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    web = web_part("127.0.0.1", port, 4)
    environment = {**web.defaults, **os.environ} | {
        "SERVLOOP_DATA": str(place),
        "SERVLOOP_BASE_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "servloop_app.config.settings",
    }
    process = subprocess.Popen(web.command, env=environment, start_new_session=True)
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int) -> None:
    for _time in range(600):
        try:
            Visitor(port).ask("/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the web process did not answer within a minute")


def _processes(group: int) -> list[Path]:
    return [
        stat.parent
        for stat in Path("/proc").glob("[0-9]*/stat")
        if stat.read_text().rpartition(") ")[2].split()[2] == str(group)
    ]


def _cpu_seconds(group: int) -> float:
    ticks = 0
    for place in _processes(group):
        fields = (place / "stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_mb(group: int) -> tuple[float, float]:
    """Of the process that answers: its own memory now, and the peak with the libraries that it maps and others share."""
    largest = (0.0, 0.0)
    for place in _processes(group):
        status = (place / "status").read_text()
        own, whole = (
            int(found[1]) / 1024 if (found := re.search(rf"{name}:\s+(\d+)", status)) else 0.0
            for name in ("RssAnon", "VmHWM")
        )
        largest = max(largest, (own, whole))
    return largest


# Preparing, in a process of its own


def _prepare(folder: Path, size: int) -> None:
    """An installation with people, units, facts, records, and all figures computed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "servloop_app.config.settings"
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from servloop.facts import FactStore
    from servloop_app.cli.platform import prepare_database
    from servloop_app.core import guard
    from servloop_app.core.actions import Actor, AssignRole, CreatePerson, CreateUnit, execute
    from servloop_app.core.localized import LocalizedText
    from servloop_app.jobs.models import Run
    from servloop_app.jobs.runs import enqueue, perform
    from servloop_app.measure.actions import REFRESH_JOB

    prepare_database()
    system = Actor.system("benchmark", "command")
    for number in range(UNITS):
        code = f"unit{number:02d}"
        execute(CreateUnit(code, LocalizedText(code, code), "team", "organisation"), system)
    person = execute(CreatePerson(NAME, "organisation", password=PASSWORD), system).outcome
    for role in ("administrator", "quality_manager", "analyst", "auditor"):
        execute(AssignRole(person=person.public_id, role=role, unit_code="organisation"), system)
    store = FactStore(folder / "facts")
    generator = np.random.default_rng(size)
    for chunk, start in enumerate(range(0, size, _CHUNK)):
        part = feedback(min(_CHUNK, size - start), generator, start, size)
        store.append("feedback", part.to_arrow(), application="benchmark", chunk=chunk)
    with guard.opening("jobs_run"):
        enqueue(REFRESH_JOB)
    while run := Run.objects.filter(state=Run.State.QUEUED).order_by("pk").first():
        perform(run.public_id)
        run.refresh_from_db()
        if run.state != Run.State.DONE:
            sys.exit(f"{run.kind}: {run.state} {run.message_code} {run.error_detail}")
    from django.db import connections

    from servloop_app.collect.models import Import
    from servloop_app.core.models import Unit

    with guard.maintaining():
        brought = Import.objects.create(
            file_name="feedback.csv", file_size=1, unit=Unit.objects.get(code="organisation")
        )
    connections.close_all()
    _records(folder / "servloop.sqlite3", size, brought.pk)


def _records(database: Path, size: int, brought_by: int) -> None:
    """The same number of records in the work database, written past the platform since that is not what is measured."""
    with sqlite3.connect(database) as connection:
        units = [
            row[0]
            for row in connection.execute("SELECT id FROM core_unit WHERE code LIKE 'unit%' ORDER BY code")
        ]
        connection.execute(
            "CREATE TEMP TABLE places AS SELECT value AS unit, key AS place FROM json_each(?)", [str(units)]
        )
        connection.execute(
            f"""
            INSERT INTO collect_feedbackrecord (
                id, record_id, unit_id, brought_by_id, revision, current, source_key, occurred_at, channel, kind, status,
                rating, rating_low, rating_high, person_key, masked_title, masked_text, sealed_text, attributes, fact)
            WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {size - 1})
            SELECT lower(hex(randomblob(16))), printf('%032x', n), places.unit, {brought_by}, 0, 1, 'F' || n,
                datetime('2024-01-01', printf('+%d minutes', (n * 7919) % 1051200)),
                'channel' || (n % {CHANNELS}), 'complaint', '', n % 5 + 1, 1, 5, '', '', 'The counter was closed ' || n,
                NULL, '', '{{}}'
            FROM numbers JOIN places ON places.place = n % {UNITS}
            """
        )
    connection.close()


if __name__ == "__main__":
    print_cost(Cost(0, 0, 0, _prepare(Path(sys.argv[2]), int(sys.argv[3]))))
