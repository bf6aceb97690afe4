"""Forms of the process pages: uploads of a standard, questions to the simulation, stages, scores."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.app.diagnose.test_process_logs import add
from tests.browser.sample_logs import worked_hours

from servloop_app.core.errors import ActionError
from servloop_app.diagnose import queries_process, tasks
from servloop_app.diagnose.models import ProcessDefinition
from servloop_app.diagnose.selection import Selection
from servloop_app.web.process.frame import Opened
from servloop_app.web.process.what_if import changes_of

pytestmark = pytest.mark.django_db

Kind = ProcessDefinition.Kind
BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
<task id="a" name="Receive"/><task id="b" name="Check"/><endEvent id="e"/><sequenceFlow id="1" sourceRef="s" targetRef="a"/>
<sequenceFlow id="2" sourceRef="a" targetRef="b"/><sequenceFlow id="3" sourceRef="b" targetRef="e"/></process></definitions>"""
RULES = "rules: [{template: init, activity: Receive}]"


@pytest.fixture
def log(organisation, client):
    analyst = organisation.actor(("analyst", "north"))
    client.force_login(analyst.person, backend="django.contrib.auth.backends.ModelBackend")
    return tasks.read_now(add(analyst, worked_hours(cases=40)), analyst)


def standard(log):
    found = queries_process.definition(log, Kind.STANDARD)
    return None if found is None else found.content


def test_model_and_rules_are_given_one_after_the_other_and_taken_away(client, log):
    address = reverse("process_standard", args=[log.public_id])
    client.post(address, {"bpmn": SimpleUploadedFile("want.bpmn", BPMN.encode())})
    client.post(address, {"rules": SimpleUploadedFile("rules.yaml", b"\xef\xbb\xbf" + RULES.encode())})
    assert standard(log) == {
        "bpmn": BPMN, "bpmn_name": "want.bpmn", "rules": RULES, "rules_name": "rules.yaml",
    }  # fmt: skip
    client.post(address, {"without_bpmn": "1"})
    assert (standard(log)["bpmn"], standard(log)["rules"]) == ("", RULES)
    client.post(address, {"rules_text": RULES.replace("Receive", "Check")})
    assert "Check" in standard(log)["rules"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"bpmn": b"<no"},
        {"bpmn": b"x" * 2_100_000},
        {"rules": b"rules: 3"},
        {"rules": b"\xff\xfe\x00: ["},
        {"rules": b"!!python/object/apply:os.system [ls]"},
    ],
)
def test_what_is_no_standard_changes_nothing_and_says_so(client, log, files):
    address = reverse("process_standard", args=[log.public_id])
    given = {name: SimpleUploadedFile(f"{name}.x", content) for name, content in files.items()}
    page = client.post(address, given, follow=True)
    assert page.status_code == 200
    assert standard(log) is None
    assert list(page.context["messages"])


def question(log, **extra):
    return changes_of(Opened(log, Selection(), queries_process.activities(log), extra))


def test_the_form_of_a_what_if_is_read_as_the_library_writes_changes(log):
    asked = question(
        log, pool="Review", add="2", day="mon", remove="Inform", automate="Check", minutes="1.5",
        merge="Receive", into="Check", arrivals="120",
    )  # fmt: skip
    assert asked == [
        "staff:Review:+2@mon",
        "remove:Inform",
        "automate:Check:90",
        "merge:Receive+Check",
        "arrivals:1.2",
    ]
    assert question(log) == []
    assert question(log, pool="Desk", add="-1", day="nonsense") == ["staff:Desk:-1"]


@pytest.mark.parametrize(
    "half",
    [
        {"pool": "Desk"},
        {"pool": "Desk", "add": "many"},
        {"automate": "Check"},
        {"merge": "Check"},
        {"arrivals": "all"},
        {"price": "nan"},
        {"arrivals": "inf"},
    ],
)
def test_a_half_filled_change_is_asked_about(client, log, half):
    if "price" not in half:
        with pytest.raises(ActionError):
            question(log, **half)
    assert client.get(reverse("process_what_if", args=[log.public_id]), half).status_code == 422


def test_stages_of_the_form_are_kept(client, log):
    names = queries_process.activities(log)
    given = {"stage-0": "提出", "points-0": "柜台，电话、柜台", "stage-1": "", "stage-2": "Answer"}
    given |= {f"activity-{code}": "0" if name == "Receive" else "2" for code, name in enumerate(names)}
    given |= {f"lane-{names.index('Check')}": "support"}
    client.post(reverse("process_journey_define", args=[log.public_id]), given)
    held = queries_process.definition(log, Kind.JOURNEY).content
    assert held["stages"][0] == {"name": "提出", "activities": ["Receive"], "touchpoints": ["柜台", "电话"]}
    assert sorted(held["stages"][1]["activities"]) == ["Check", "Decide", "Inform"]
    assert held["lanes"] == {"Check": "support"}


def test_weights_and_scores_of_the_form_are_kept_and_nonsense_is_not(client, log):
    code = queries_process.activities(log).index("Check")
    client.post(reverse("process_key_weights", args=[log.public_id]), {"process": "2", "experts": "0,5"})
    assert queries_process.definition(log, Kind.WEIGHTS).content == {"process": 2.0, "experts": 0.5}
    client.post(reverse("process_key_weights", args=[log.public_id]), {"process": "much"})
    assert queries_process.definition(log, Kind.WEIGHTS).version == 1
    client.post(reverse("process_key_scores", args=[log.public_id]), {f"score-{code}": "4"})
    assert queries_process.definition(log, Kind.EXPERTS).content == {"Check": 4.0}
    times = {f"target-{code}": "2", f"benchmark-{code}": "1.5", "origin": " 同业 "}
    client.post(reverse("process_key_times", args=[log.public_id]), times)
    assert queries_process.definition(log, Kind.BENCHMARK).content == {
        "targets": {"Check": 7200.0}, "benchmarks": {"Check": 5400.0}, "origin": "同业",
    }  # fmt: skip


def test_a_viewer_reads_but_says_nothing(client, organisation, log):
    viewer = organisation.person(("executive", "north"))
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("process_conformance", args=[log.public_id]))
    if page.status_code == 200:
        assert b'name="rules_text"' not in page.content
    for route in ("process_standard", "process_key_weights", "process_journey_define", "process_raise"):
        assert client.post(reverse(route, args=[log.public_id]), {}).status_code in {403, 404}
