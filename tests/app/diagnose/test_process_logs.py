"""Process logs: taken in, read, marked, seen only by who may, deleted with their files."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servloop_app.core.actions import Actor, execute, undo
from servloop_app.core.errors import ActionError, NotAllowed, NotFound
from servloop_app.core.policy import Policy
from servloop_app.diagnose import log_files, queries, tasks
from servloop_app.diagnose.actions import (
    AddProcessLog,
    DeleteProcessLog,
    MarkNotWaiting,
    SetReadingOptions,
)
from servloop_app.diagnose.analysis import Selection
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.jobs import runs

LOG = """工单号,步骤,完成时间
1,登记,2026-01-05 09:00:00
1,审核,2026-01-05 12:00:00
1,办结,2026-01-05 13:00:00
2,登记,2026-01-06 09:00:00
2,审核,2026-01-06 19:00:00
2,登记,2026-01-06 20:00:00
2,审核,2026-01-07 20:00:00
2,办结,2026-01-07 21:00:00
3,登记,2026-01-08 09:00:00
3,办结,2026-01-08 09:30:00
"""

pytestmark = pytest.mark.django_db


def add(actor: Actor, text: str = LOG, *, unit: str = "beijing", name: str = "log.csv", by_job: bool = False):
    public_id = uuid.uuid4()
    size = log_files.keep_upload(public_id, name, [text.encode()])
    options = ReadingOptions(columns={}, timezone="Asia/Shanghai")
    execute(AddProcessLog(public_id, "柜面业务", unit, name, size, options, by_job), actor)
    return public_id


@pytest.fixture
def analyst(organisation) -> Actor:
    return organisation.actor(("analyst", "north"))


def test_a_log_is_read_and_analysed(analyst):
    public_id = add(analyst)
    log = tasks.read_now(public_id, analyst)
    assert (log.state, log.cases, log.events, log.activities) == ("ready", 3, 10, 3)
    assert log.first_at.isoformat() == "2026-01-05T01:00:00+00:00"
    analysis = queries.analysis(log, Selection())
    assert analysis.worst.target == "审核"
    assert analysis.worst.total_seconds == (3 + 10 + 24) * 3600
    assert analysis.variants.total == 3


def test_filters_keep_the_right_cases(analyst):
    log = tasks.read_now(add(analyst), analyst)
    names = queries.analysis(log, Selection()).log.activity_labels
    code = {name: place for place, name in enumerate(names)}

    def cases(**chosen):
        return sorted(queries.analysis(log, Selection(**chosen)).log.case_ids())

    assert cases(activities=(code["审核"],)) == ["1", "2"]
    assert cases(without=(code["审核"],)) == ["3"]
    assert cases(edges=((code["审核"], code["登记"]),)) == ["2"]
    assert cases(variant=(code["登记"], code["办结"])) == ["3"]
    with pytest.raises(ActionError):
        queries.analysis(log, Selection(activities=(99,)))


def test_a_filter_moves_nothing_on_the_map(analyst):
    log = tasks.read_now(add(analyst), analyst)
    whole = queries.analysis(log, Selection())
    code = whole.log.activity_labels.index("审核")
    part = queries.analysis(log, Selection(activities=(code,)))
    places = {box.name: (box.x, box.y) for box in whole.layout(100, "zh-CN").nodes}
    assert {box.name: (box.x, box.y) for box in part.layout(100, "zh-CN").nodes} == places


def test_marking_takes_time_out_of_waiting_and_can_be_taken_back(analyst):
    public_id = add(analyst)
    tasks.read_now(public_id, analyst)
    done = execute(MarkNotWaiting(public_id, "审核", marked=True), analyst)
    log = queries.process_log(analyst.policy, public_id)
    assert queries.analysis(log, Selection()).worst.target != "审核"
    undo(done.seq, analyst)
    log = queries.process_log(analyst.policy, public_id)
    assert queries.analysis(log, Selection()).worst.target == "审核"


def test_columns_are_asked_for_and_then_used(analyst):
    text = LOG.replace("工单号", "甲").replace("步骤", "乙").replace("完成时间", "丙")
    public_id = add(analyst, text)
    log = tasks.read_now(public_id, analyst)
    assert (log.state, log.error_code) == ("columns", "io.missing_case_column")
    assert log.error_params["file"] == "log.csv"
    columns = {"case": "甲", "activity": "乙", "timestamp": "丙"}
    execute(SetReadingOptions(public_id, ReadingOptions(columns, timezone="UTC")), analyst)
    log = tasks.read_now(public_id, analyst)
    assert (log.state, log.cases, log.columns) == ("ready", 3, columns)
    assert log.first_at.isoformat() == "2026-01-05T09:00:00+00:00"


@pytest.mark.parametrize("content", ["", "\x00\x01\x02" * 50])
def test_what_is_no_log_is_said_to_be_none(analyst, content):
    log = tasks.read_now(add(analyst, content), analyst)
    assert log.state == ProcessLog.State.FAILED
    assert log.error_code.startswith("io.")


def test_other_units_do_not_know_of_it(organisation, analyst):
    public_id = add(analyst)
    stranger = Policy(organisation.person(("analyst", "south")))
    assert not queries.process_logs(stranger).exists()
    with pytest.raises(NotFound):
        queries.process_log(stranger, public_id)
    with pytest.raises(NotAllowed):
        add(analyst, unit="shanghai")


def test_deleting_removes_row_and_files(analyst, django_capture_on_commit_callbacks):
    public_id = add(analyst)
    tasks.read_now(public_id, analyst)
    with django_capture_on_commit_callbacks(execute=True):
        execute(DeleteProcessLog(public_id), analyst)
    assert not ProcessLog.objects.filter(public_id=public_id).exists()
    assert not log_files.folder(public_id).exists()


def test_a_large_log_is_read_by_a_job(analyst):
    public_id = add(analyst, by_job=True)
    run = ProcessLog.objects.get(public_id=public_id).run
    runs.perform(run.public_id)
    run.refresh_from_db()
    assert run.state == "done", run.error_detail
    assert ProcessLog.objects.get(public_id=public_id).cases == 3


def test_a_name_cannot_leave_the_folder(analyst):
    public_id = add(analyst, name="../../../etc/cron.d/evil.csv")
    assert [path.name for path in log_files.folder(public_id).iterdir()] == ["source.csv"]


codes = st.integers(0, 500)


@given(
    st.builds(
        Selection,
        activities=st.lists(codes, max_size=4).map(tuple),
        without=st.lists(codes, max_size=4).map(tuple),
        edges=st.lists(st.tuples(codes, codes), max_size=4).map(tuple),
        variant=st.lists(codes, max_size=30).map(tuple),
    )
)
def test_an_address_says_the_selection_back(selection):
    assert Selection.parse(selection.query()) == selection


@pytest.mark.parametrize(
    "query", [{"with": ["x"]}, {"edge": ["1"]}, {"edge": ["1-2-3"]}, {"variant": ["1..2"]}]
)
def test_a_wrong_address_is_refused(query):
    with pytest.raises(ActionError):
        Selection.parse(query)
