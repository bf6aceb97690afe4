"""Scorecards, benchmarks, advice and assessments over HTTP; the forms that ship are recognised and computed."""

import polars as pl
import pytest
from tests.app.organisation import SYSTEM

from servloop.measure import excellence, five_aspects
from servloop_app.core.actions import Actor, IssueToken, execute
from servloop_app.core.permissions import PERMISSIONS
from servloop_app.measure.models import BalancedScorecard, OwnBenchmark
from servloop_app.measure.studies import compute_study
from servloop_app.measure.study_kinds_forms import EXCELLENCE, FIVE_ASPECTS
from servloop_app.measure.study_sources import SurveyColumn, SurveyColumns

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


@pytest.fixture
def call(organisation, client):
    """A caller with every right of a quality manager."""
    person = organisation.person(("quality_manager", "head"), home="head")
    token = execute(IssueToken("t", sorted(PERMISSIONS)), Actor.of_person(person, "page")).outcome

    def ask(verb, path, body=None, language="en"):
        return getattr(client, verb)(
            V1 + path,
            data=body,
            content_type="application/json",
            headers={"authorization": f"Bearer {token}", "accept-language": language},
        )

    return ask


CARD = {
    "name": {"zh-CN": "卡", "en": "Card"},
    "perspectives": [
        {
            "name": {"en": "Customers"},
            "weight": 100,
            "indicators": [{"metric": "happy", "weight": 100, "target": 50}],
        }
    ],
}


def test_a_scorecard_is_made_scored_and_changed(call, feedback, add_metric, work_off):
    add_metric("feedback", "share(rating >= 4)", code="happy")
    work_off()
    made = call("post", "/scorecards", CARD)
    assert made.status_code == 200, made.content
    public_id = made.json()["id"]
    scored = call("get", f"/scorecards/{public_id}?from=2026-01&to=2026-06").json()
    own = 100 * (feedback["rating"].drop_nulls() >= 4).mean()
    assert scored["score"]["value"] == pytest.approx(100 * min(own / 50, 1.2), rel=1e-6)
    assert scored["perspectives"][0]["indicators"][0]["figure"]["n"] == feedback["rating"].drop_nulls().len()
    assert scored["missing"] == []
    changed = call("put", f"/scorecards/{public_id}", CARD | {"reason": "目标"})
    assert changed.status_code == 200
    assert BalancedScorecard.objects.get().version == 2
    wrong = CARD | {"perspectives": [CARD["perspectives"][0] | {"indicators": [{"metric": "nothing"}]}]}
    refused = call("post", "/scorecards", wrong, language="zh-CN")
    assert refused.status_code in {400, 409, 422}
    assert "nothing" in refused.content.decode()
    assert [card["id"] for card in call("get", "/scorecards").json()] == [public_id]
    assert call("get", "/models/starters/bank").json()["perspectives"][0]["indicators"]
    assert call("get", "/models/starters/circus").status_code == 404

    entered = call(
        "post", "/benchmarks", {"metric": "happy", "value": 99, "source": "R", "published": "2025-01-01"}
    )
    assert entered.status_code == 200, entered.content
    (known,) = call("get", "/benchmarks?from=2026-01&to=2026-06").json()
    assert (known["verdict"], known["origin"]) == ("worse", "entered")
    assert call("delete", f"/benchmarks/{known['id']}").status_code == 200
    assert not OwnBenchmark.objects.exists()


def test_advice_and_efqm(call):
    advice = call("get", "/models/advice?purpose=improvement&budget=low", language="zh-CN").json()
    assert advice["ranking"][0]["model"] in {"importance_performance", "key_drivers"}
    assert call("get", "/models/advice?purpose=fun").status_code in {400, 422}
    marks = {str(number): 50 for number in range(1, 8)}
    assert call("post", "/models/efqm", {"marks": marks}).json()["score"] == 500
    partly = call("post", "/models/efqm", {"marks": {"1": 50}}, language="zh-CN").json()
    assert (partly["score"], partly["low"], partly["high"]) == (None, 50, 950)
    assert call("post", "/models/efqm", {"marks": {"1": 400}}).status_code in {400, 422}


@pytest.mark.parametrize(("kind", "form"), [(EXCELLENCE, excellence), (FIVE_ASPECTS, five_aspects)])
def test_the_forms_that_ship_are_recognised_and_scored(kind, form):
    codes = [statement.code for statement in form.STATEMENTS]
    columns = tuple(
        SurveyColumn(code, 6, True, 1.0, 5.0, whole=True, distinct=4, values=()) for code in codes
    )
    (proposal,) = kind.layouts[0](SurveyColumns("s", 6, None, None, columns))
    frame = pl.DataFrame({code: [4.0, 3.0, 5.0, 2.0, 4.0, 4.0] for code in codes})
    computed = compute_study(kind, frame, kind.check(proposal.spec))
    low, high = form.SCALE
    assert computed.document["score"]["value"] == pytest.approx(100 * (22 / 6 - low) / (high - low))
    assert kind.layouts[0](SurveyColumns("s", 6, None, None, columns[:-1])) == []
    assert SYSTEM
