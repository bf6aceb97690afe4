"""The catalogue is complete, in two languages, free of contradictions; benchmarks compare honestly."""

from __future__ import annotations

from datetime import date

import pytest

from servloop.errors import SpecError
from servloop.measure.benchmarks import RELATIONS, Benchmark, compare, shipped_benchmarks
from servloop.measure.catalogue import (
    CLASSES,
    DATA,
    DIRECTIONS,
    GROUPS,
    STAKEHOLDERS,
    UNITS,
    MetricDefinition,
    catalogue,
    metric,
    select,
)
from servloop.results import Estimate

#: What the product promises to ship, by group.
PROMISED = {
    "operation": "availability_up functional_availability failure_rate outage_length first_response_time "
    "time_to_resolution handling_time waiting_time turnaround call_connection_rate response_rate "
    "first_contact_resolution resolution_rate in_time_resolution_rate on_time_rate accuracy error_rate rework_rate "
    "service_success_rate standard_compliance_rate execution_consistency repetitive_work_share productivity "
    "utilisation cost_per_case consumables fault_response_time technical_reliability perceived_reliability",
    "system": "functionality compatibility scalability ease_of_use performance security_incidents leak_rate "
    "perceived_security",
    "customer": "csat nps ces loyalty_index perceived_value servqual_tangibles servqual_reliability "
    "servqual_responsiveness servqual_assurance servqual_empathy professionalism personalisation engagement "
    "active_users retention churn repurchase conversion referral clv word_of_mouth app_store_stars",
    "feedback": "complaint_rate praise_rate complaint_response_time complaints_in_time complaints_solved "
    "complaints_satisfied repeat_contact unsolved_repeats active_feedback_rate adopted_share channel_use "
    "self_solved_share assistant_coverage assistant_accuracy",
    "business": "skill_fit training_results staff_engagement staff_turnover revenue_growth add_on_revenue "
    "market_share footfall roi",
}


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_promised_ships(group: str) -> None:
    assert {m.code for m in select(group=group)} >= set(PROMISED[group].split())


@pytest.mark.parametrize("definition", catalogue().values(), ids=lambda m: m.code)
def test_definition_is_complete(definition: MetricDefinition) -> None:
    for texts in (definition.names, definition.definitions, definition.formulas):
        assert set(texts) == {"zh-CN", "en"}
        assert all(text.strip() for text in texts.values())
    assert any("\u4e00" <= char <= "\u9fff" for char in definition.name("zh"))
    assert not any("\u4e00" <= char <= "\u9fff" for char in definition.name("en") + definition.formula("en"))
    assert definition.definition("en").endswith(".")
    assert definition.definition("zh").endswith("。")
    assert definition.direction in DIRECTIONS
    assert definition.unit in UNITS
    assert definition.unit_name("zh-CN")
    assert set(definition.classes) == set(CLASSES)
    assert all(value in CLASSES[name] for name, value in definition.classes.items())
    assert definition.stakeholders
    assert set(definition.stakeholders) <= set(STAKEHOLDERS)
    assert definition.data
    assert set(definition.data) <= set(DATA)
    if definition.target_min is not None:
        assert definition.direction == "higher"
    if definition.target_max is not None:
        assert definition.direction == "lower"


def test_names_are_unique_in_both_languages() -> None:
    for language in ("zh-CN", "en"):
        names = [m.name(language) for m in catalogue().values()]
        assert len(set(names)) == len(names)


def test_every_class_is_used_and_answers_give_subjective_figures() -> None:
    for name, values in CLASSES.items():
        used = {m.classes[name] for m in catalogue().values()}
        assert used >= set(values) - {"qualitative"}
    assert all(m.classes["nature"] == "subjective" for m in select(data="answers") if m.data == ("answers",))


def test_default_targets_are_the_documented_ones() -> None:
    assert metric("first_response_time").target_max == 30
    assert metric("resolution_rate").target_min == 90
    assert metric("assistant_accuracy").target_min == 95
    assert metric("assistant_coverage").target_min == 90
    assert metric("self_solved_share").target_min == 40
    assert metric("fault_response_time").target_max == 2 * 3600


def test_technical_and_perceived_are_separate() -> None:
    for technical, perceived in (
        ("technical_reliability", "perceived_reliability"),
        ("availability_up", "functional_availability"),
        ("leak_rate", "perceived_security"),
    ):
        assert metric(technical).classes["dimension"] != metric(perceived).classes["dimension"]


def test_selection() -> None:
    perceived = select(dimension="perceived", stakeholder="customer")
    assert {"csat", "perceived_security"} <= {m.code for m in perceived}
    assert all(m.classes["dimension"] == "perceived" for m in perceived)
    assert select(group="system", nature="subjective", data="answers") == [
        metric("ease_of_use"),
        metric("perceived_security"),
    ]


@pytest.mark.parametrize("wrong", [{"group": "x"}, {"stakeholder": "x"}, {"data": "x"}, {"dimension": "x"}, {"colour": "x"}])  # fmt: skip
def test_wrong_selections_are_refused(wrong: dict) -> None:
    with pytest.raises(SpecError):
        select(**wrong)


def test_unknown_metric_lists_what_exists() -> None:
    with pytest.raises(SpecError) as raised:
        metric("happiness")
    assert "csat" in raised.value.message("en")


def test_benchmarks_have_source_and_date_and_belong_to_a_metric() -> None:
    shipped = shipped_benchmarks()
    assert {b.code: b.value for b in shipped.values()} == {
        "nps_leaders": 50,
        "self_service_expected": 73,
        "repetitive_work": 40,
        "complaints_from_processes": 85,
        "staff_turnover": 25,
        "unsolved_repeats": 72,
        "active_feedback": 15,
    }
    for benchmark in shipped.values():
        assert metric(benchmark.metric)
        assert benchmark.relation in RELATIONS
        assert isinstance(benchmark.recorded, date)
        assert benchmark.source("zh") != benchmark.source("en")
        assert benchmark.statement("zh") != benchmark.statement("en")
        assert not benchmark.verified


@pytest.mark.parametrize(
    ("code", "own", "verdict"),
    [
        ("nps_leaders", Estimate(60.0, 400, 55.0, 65.0), "better"),
        ("nps_leaders", Estimate(48.0, 400, 43.0, 53.0), "no_difference"),
        ("nps_leaders", Estimate(30.0, 400, 25.0, 35.0), "worse"),
        ("staff_turnover", Estimate(10.0, 400, 8.0, 12.0), "better"),
        ("staff_turnover", Estimate(30.0, 400, 28.0, 32.0), "worse"),
        ("staff_turnover", Estimate(30.0, 1), None),
        ("staff_turnover", Estimate.not_computable(0, "assess.no_answers"), None),
    ],
)
def test_comparison_needs_the_interval(code: str, own: Estimate, verdict: str | None) -> None:
    found = compare(own, shipped_benchmarks()[code])
    assert found.verdict == verdict
    assert found.warnings[0].code == "assess.benchmark_not_verified"
    assert found.to_frame()["verdict"].item() == verdict
    if own.value is not None:
        assert found.difference.value == own.value - found.benchmark.value


def test_benchmark_in_another_unit_is_not_compared() -> None:
    found = compare(Estimate(3.0, 10, 2.0, 4.0), shipped_benchmarks()["complaints_from_processes"])
    assert found.difference.reason.code == "assess.benchmark_unit"


def test_own_verified_benchmark_of_a_metric_without_a_better_end() -> None:
    own = Benchmark(
        "ours", "utilisation", 80.0, "about", "percent", {"zh-CN": "利用率约 80%。", "en": "About 80 %."},
        {"zh-CN": "行业协会", "en": "Association"}, date(2026, 1, 1), verified=True,
    )  # fmt: skip
    found = compare(Estimate(90.0, 50, 86.0, 94.0), own)
    assert (found.verdict, found.warnings) == ("different", ())
