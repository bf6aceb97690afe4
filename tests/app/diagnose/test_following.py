"""Process logs follow the facts: an import of events is a map without anybody asking for one."""

import datetime as dt

import pytest
from tests.app.collect.conftest import bring_in, carry_out, data_folder, take_in  # noqa: F401  # fixtures
from tests.app.measure.conftest import _no_cells_of_earlier_tests, work_off  # noqa: F401  # fixtures
from tests.app.organisation import SYSTEM

from servloop_app.collect.actions import UndoImport
from servloop_app.core.actions import execute
from servloop_app.core.policy import Policy
from servloop_app.diagnose import queries
from servloop_app.diagnose.following import followed_log
from servloop_app.diagnose.models import ProcessLog

pytestmark = pytest.mark.django_db


def events(cases, first=0, unit="beijing"):
    lines = ["case id,activity,timestamp,unit"]
    for case in range(first, first + cases):
        for step, hours in (("受理", 0), ("审核", 5), ("办结", 7)):
            moment = dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=case, hours=hours)
            lines.append(f"K{case},{step},{moment:%Y-%m-%d %H:%M},{unit}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def take(bring_in):  # noqa: F811
    def one(text, file="a.csv", unit="north"):
        found = bring_in(text, file, target="events", unit=unit, timezone="UTC", columns={"unit": "unit"})
        return found, followed_log(unit, str(found.mapping["name"]))

    return one


def test_an_import_of_events_becomes_a_map_and_later_ones_add_to_it(organisation, take, work_off):  # noqa: F811
    _first, public_id = take(events(20))
    work_off()
    log = ProcessLog.objects.get()
    assert (log.public_id, log.unit.code, log.state) == (public_id, "north", "ready")
    assert (log.cases, log.events, log.activities) == (20, 60, 3)
    again, same = take(events(10, first=20))
    assert same == public_id
    work_off()
    log = ProcessLog.objects.get()
    assert (log.cases, log.events, log.version) == (30, 90, 2)
    execute(UndoImport(again.public_id), SYSTEM)
    work_off()
    assert ProcessLog.objects.get().cases == 20


def test_a_process_without_events_has_no_map(organisation, take, work_off):  # noqa: F811
    found, _public_id = take(events(20))
    work_off()
    execute(UndoImport(found.public_id), SYSTEM)
    work_off()
    assert not ProcessLog.objects.exists()


def test_a_map_belongs_to_the_unit_that_imported_and_holds_what_lies_below(organisation, take, work_off):  # noqa: F811
    take(events(20))
    _found, south = take(events(5, unit="shanghai"), unit="south")
    work_off()
    assert {(log.unit.code, log.cases) for log in ProcessLog.objects.all()} == {("north", 20), ("south", 5)}
    visible = queries.process_logs(Policy(organisation.person(("analyst", "south"))))
    assert [log.public_id for log in visible] == [south]
