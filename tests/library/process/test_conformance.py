"""Conformance to models and rules: real models fit, injected deviations are found exactly, wrong models are named."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.library.process.logs import Command, frame, log, paths

from servloop.diagnose.process.alignment import align, replay
from servloop.diagnose.process.bpmn import ProcessModel, parse_bpmn
from servloop.diagnose.process.conformance import conformance
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.rules import Rule, Template, check_rules
from servloop.diagnose.process.rules_spec import rules_from_spec
from servloop.errors import InputError, SpecError
from servloop.io import read_events

LIMIT = 10_000


def bpmn(nodes: str, flows: str) -> bytes:
    """A model: ``kind:id`` or ``kind:id:name`` separated by blanks, and flows ``a>b``."""
    elements = [
        f'<{kind} id="{identity}" name="{name[0] if name else ""}"/>'
        for kind, identity, *name in (node.split(":") for node in nodes.split())
    ]
    elements += [
        f'<sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}"/>'
        for n, (source, target) in enumerate(flow.split(">") for flow in flows.split())
    ]
    space = "http://www.omg.org/spec/BPMN/20100524/MODEL"
    return (
        f'<definitions xmlns="{space}"><process id="p">{"".join(elements)}</process></definitions>'.encode()
    )


# A, then B and C in any order, then D or nothing; and back to A as often as one likes.
MODEL = parse_bpmn(
    bpmn(
        "startEvent:s exclusiveGateway:j task:a:A parallelGateway:p task:b:B task:c:C parallelGateway:q "
        "exclusiveGateway:x userTask:d:D exclusiveGateway:y endEvent:e",
        "s>j j>a a>p p>b p>c b>q c>q q>x x>d x>y d>y y>e y>j",
    )
)


def allowed(path: str) -> bool:
    """The language of the model, written by hand."""
    import re

    return re.fullmatch("(A(BC|CB)D?)+", path) is not None


@pytest.mark.parametrize("length", range(6))
def test_exactly_the_allowed_paths_fit(length: int) -> None:
    for path in map("".join, itertools.product("ABCD", repeat=length)):
        missteps, tokens = align(MODEL, path, max_states=LIMIT), replay(MODEL, path, max_states=LIMIT)
        assert (missteps == ()) == allowed(path), path
        if allowed(path):
            assert tokens.fitness == 1
        assert 0 <= tokens.fitness <= 1


@settings(max_examples=60, deadline=None)
@given(st.text("ABCDX", max_size=7))
def test_an_alignment_repairs_the_path_and_is_as_short_as_possible(path: str) -> None:
    missteps = align(MODEL, path, max_states=LIMIT)
    repaired = list(path)
    for misstep in reversed(missteps):  # from the back, so that positions stay true
        if misstep.kind == "unexpected":
            assert repaired.pop(misstep.position) == misstep.step
        else:
            repaired.insert(misstep.position, misstep.step)
    assert allowed("".join(repaired))
    shorter = [path[:i] + path[i + 1 :] for i in range(len(path))]
    longer = [path[:i] + step + path[i:] for i in range(len(path) + 1) for step in "ABCD"]
    assert (len(missteps) == 1) == (not allowed(path) and any(map(allowed, shorter + longer)))


def test_a_misstep_is_named_with_its_place() -> None:
    (missing,) = align(MODEL, "ABD", max_states=LIMIT)
    assert (missing.step, missing.kind, missing.position) == ("C", "missing", 2)
    (unexpected,) = align(MODEL, "AABC", max_states=LIMIT)
    assert (unexpected.step, unexpected.kind) == ("A", "unexpected")
    assert align(MODEL, "ABD" * 4, max_states=5) is None


@pytest.mark.parametrize(
    ("file", "model"), [("running-example.xes", "running-example"), ("receipt.csv", "receipt")]
)
def test_real_models_fit_their_logs(file: str, model: str, reference: Path) -> None:
    folder = reference / "data" / "process"
    golden = json.loads((reference / "golden" / "process" / "conformance.json").read_text(encoding="utf-8"))
    figures = golden[model.replace("-", "_")]
    net = parse_bpmn((folder / f"{model}.bpmn").read_bytes())
    found = conformance(EventLog.from_frame(read_events(folder / file).frame), net)
    assert found.fitting_cases / found.n * 100 == figures["alignments"]["percFitTraces"]
    assert found.fitness.value == pytest.approx(figures["alignments"]["averageFitness"])
    assert found.token_fitness.value == pytest.approx(figures["token_replay"]["average_trace_fitness"])
    assert found.deviations == ()


@pytest.fixture(scope="module")
def injected(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str], set[str]]:
    """The receipt log with a step dropped in 50 cases and two steps swapped in 30."""
    table = read_events(reference / "data" / "process" / "receipt.csv").frame
    usual = table.filter(pl.col("activity").str.starts_with("T02").sum().over("case_id") == 1)
    cases = (
        usual.group_by("case_id", maintain_order=True)
        .agg(pl.col("activity").sort_by("time", "seq"), pl.col("seq").sort_by("time", "seq"))
        .filter(pl.col("activity").list.len() == 6, pl.col("activity").list.get(1).str.starts_with("T02"))
        .sample(80, seed=5)
    )
    dropped, swapped = cases[:50], cases[50:]
    gone = dropped["seq"].list.get(0).to_list()  # the first step, which every case needs
    pairs = swapped["seq"].list.head(2).to_list()
    exchanged = dict(pairs) | {b: a for a, b in pairs}
    of_row = dict(table.select("seq", "activity").iter_rows())
    new = {row: of_row[other] for row, other in exchanged.items()}
    changed = table.filter(~pl.col("seq").is_in(gone)).with_columns(
        activity=pl.col("seq").replace_strict(new, default=pl.col("activity"), return_dtype=pl.String)
    )
    path = tmp_path_factory.mktemp("injected") / "receipt.csv"
    changed.select("case_id", "activity", "time", "seq").write_csv(path)
    return path, set(dropped["case_id"]), set(swapped["case_id"])


def test_injected_deviations_are_found_exactly(
    injected: tuple[Path, set[str], set[str]], reference: Path, servloop: Command
) -> None:
    path, dropped, swapped = injected
    model = reference / "data" / "process" / "receipt.bpmn"
    document = servloop("process", "conformance", path, "--model", model, "--json").json
    by_case: dict[str, list[str]] = {}
    for deviation in document["deviating"]:
        by_case.setdefault(deviation["case"], []).append(deviation["kind"])
    assert {case for case, kinds in by_case.items() if kinds == ["missing"]} == dropped
    assert set(by_case) == dropped | swapped
    assert document["fitting_cases"] == document["cases"] - 80
    assert document["undecided"] == 0
    assert 0.98 < document["fitness"] < 1
    assert 0.98 < document["token_replay_fitness"] < 1


def test_cases_beyond_the_limit_are_not_decided_and_enter_no_figure() -> None:
    found = conformance(log(paths("ABC", "AAAA")), MODEL, max_states=24)
    assert found.undecided_cases == ("c1",)
    assert (found.fitness.value, found.fitness.n) == (1, 1)
    assert found.warnings[-1].code == "process.conformance_undecided"
    unknown = conformance(log(paths("ABCX")), MODEL)
    assert [(d.step, d.kind, d.position) for d in unknown.deviations] == [("X", "unexpected", 3)]
    assert unknown.warnings[-1].code == "process.activities_not_in_model"


@pytest.mark.parametrize(
    ("document", "code", "word"),
    [
        (b"no xml", "process.bpmn_not_xml", "BPMN"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "process.bpmn_not_xml", "DOCTYPE"),
        (bpmn("startEvent:s", "").replace(b"process", b"collaboration"), "process.bpmn_no_process", "0"),
        (bpmn("task:a:A", ""), "process.bpmn_no_start", "start"),
        (bpmn("startEvent:s inclusiveGateway:g", "s>g"), "process.bpmn_unsupported", "inclusiveGateway"),
        (bpmn("startEvent:s subProcess:u", "s>u"), "process.bpmn_unsupported", "subProcess"),
        (bpmn("startEvent:s", "s>nowhere"), "process.bpmn_dangling_flow", "nowhere"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(document: bytes, code: str, word: str) -> None:
    with pytest.raises(InputError, match=word) as refused:
        parse_bpmn(document)
    assert refused.value.code == code


def test_a_model_that_never_ends_is_refused() -> None:
    waits = bpmn(
        "startEvent:s exclusiveGateway:x task:a:A task:b:B parallelGateway:p endEvent:e",
        "s>x x>a x>b a>p b>p p>e",
    )
    with pytest.raises(SpecError) as refused:
        conformance(log(paths("A")), parse_bpmn(waits))
    assert refused.value.code == "process.model_never_ends"


def test_a_skip_between_gateways_does_not_allow_to_go_back() -> None:
    model: ProcessModel = parse_bpmn(
        bpmn(
            "startEvent:s exclusiveGateway:x task:a:A exclusiveGateway:y task:b:B endEvent:e",
            "s>x x>a a>y x>y y>b b>e",
        )
    )
    fits = {path for path in ("B", "AB", "AAB", "A", "") if align(model, path, max_states=LIMIT) == ()}
    assert fits == {"B", "AB"}


CASES = ["AB", "BA", "A", "B", "AAB", "ABAB", "CC"]


@pytest.mark.parametrize(
    ("rule", "activations", "violating"),
    [
        (Rule("init", "A"), 7, {"BA", "B", "CC"}),
        (Rule("end", "B"), 7, {"BA", "A", "CC"}),
        (Rule("existence", "A", times=2), 7, {"AB", "BA", "A", "B", "CC"}),
        (Rule("absence", "A", times=2), 7, {"AAB", "ABAB"}),
        (Rule("response", "A", "B"), 7, {"BA", "A"}),
        (Rule("precedence", "A", "B"), 6, {"BA", "B"}),
        (Rule("succession", "A", "B"), 13, {"BA", "A", "B"}),
        (Rule("not_succession", "B", "A"), 6, {"BA", "ABAB"}),
        (Rule("co_existence", "A", "B"), 6, {"A", "B"}),
        (Rule("exclusive_choice", "A", "B"), 7, {"AB", "BA", "AAB", "ABAB", "CC"}),
        (Rule("response", "A", "B", within_seconds=3_600), 7, {"BA", "A", "AAB"}),
        (Rule("precedence", "A", "B", within_seconds=0), 6, {"AB", "BA", "B", "AAB", "ABAB"}),
    ],
    ids=lambda value: value.template if isinstance(value, Rule) else "",
)
def test_templates(rule: Rule, activations: int, violating: set[str]) -> None:
    (outcome,) = check_rules(log(paths(*CASES)), [rule]).outcomes
    assert outcome.activations == activations
    assert {CASES[int(witness.case[1:])] for witness in outcome.witnesses} == violating
    assert outcome.violating_cases == len(violating)
    assert outcome.support == pytest.approx(1 - outcome.violations / activations)


def broken_by_hand(rule: Rule, path: str) -> tuple[int, int]:
    """Activations and violations of one case whose events are an hour apart."""
    one, other = rule.activity, rule.other or ""
    hours = len(path) if rule.within_seconds is None else int(rule.within_seconds // 3_600)
    calls = [place for place, activity in enumerate(path) if activity == one]
    unanswered = [place for place in calls if other not in path[place + 1 : place + 1 + hours]]
    asked = [place for place, activity in enumerate(path) if activity == other]
    unprepared = [place for place in asked if one not in path[max(place - hours, 0) : place]]
    whole_case = {
        "init": path[0] != one,
        "end": path[-1] != one,
        "existence": path.count(one) < rule.times,
        "absence": path.count(one) >= rule.times,
        "co_existence": bool(calls) != bool(asked),
        "exclusive_choice": bool(calls) == bool(asked),
    }
    match rule.template:
        case "response":
            return len(calls), len(unanswered)
        case "precedence":
            return len(asked), len(unprepared)
        case "succession":
            return len(calls) + len(asked), len(unanswered) + len(unprepared)
        case "not_succession":
            return len(calls), sum(other in path[place + 1 :] for place in calls)
        case "co_existence":
            return int(bool(calls or asked)), int(whole_case["co_existence"])
    return 1, int(whole_case[rule.template])


@pytest.mark.parametrize("window", [None, 0, 3_600, 7_200])
@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("ABC", min_size=1, max_size=6), max_size=5))
@example([])
@example(["A"])
@example(["C"])
def test_every_kind_of_rule_counts_what_a_look_at_each_case_counts(
    window: float | None, cases: list[str]
) -> None:
    rules = [
        *(Rule(template, "A", times=times) for template in ("existence", "absence") for times in (1, 2)),
        *(Rule(template, "A") for template in ("init", "end")),
        *(Rule(template, "A", "B") for template in ("not_succession", "co_existence", "exclusive_choice")),
        *(Rule(t, "A", "B", within_seconds=window) for t in ("response", "precedence", "succession")),
    ]
    assert {rule.template for rule in rules} == set(get_args(Template))
    check = check_rules(log(paths(*cases)), rules)
    for rule, outcome in zip(rules, check.outcomes, strict=True):
        counted = [broken_by_hand(rule, path) for path in cases]
        activations = sum(called for called, _broken in counted)
        assert (outcome.activations, outcome.violations) == (activations, sum(b for _called, b in counted))
        assert outcome.violating_cases == sum(b > 0 for _called, b in counted)
        assert (outcome.support is None) == (activations == 0)


def test_witnesses_point_to_rows_and_are_limited_though_all_are_counted() -> None:
    built = log(paths("ABA", "AC"))
    check = check_rules(built, [Rule("response", "A", "B"), Rule("init", "X")], max_witnesses=1)
    late = check.outcomes[0]
    assert (late.violations, len(late.witnesses)) == (2, 1)
    assert built.frame["activity"][late.witnesses[0].row] == "A"
    assert check.outcomes[1].witnesses[0].row is None
    assert check.kept_by.value == 0
    assert check.warnings[0].code == "process.rule_activities_absent"
    empty = check_rules(log([]), [Rule("response", "A", "B"), Rule("existence", "A")])
    assert empty.kept_by.reason.code == "process.no_cases"
    assert [outcome.support for outcome in empty.outcomes] == [None, None]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (None, "process.rules_malformed"),
        ({"rules": [{"template": "init"}]}, "process.rules_malformed"),
        ({"rules": [{"template": "init", "activity": "A", "colour": 1}]}, "process.rules_malformed"),
        ({"rules": [{"template": "before", "activity": "A"}]}, "process.rule_unknown_template"),
        ({"rules": [{"template": "response", "activity": "A"}]}, "process.rule_needs_other"),
        ({"rules": [{"template": "init", "activity": "A", "within": "4h"}]}, "process.rule_no_window"),
        ({"rules": [{"template": "absence", "activity": "A", "times": 0}]}, "process.rule_bad_number"),
        (
            {"rules": [{"template": "response", "activity": "A", "other": "B", "within": "soon"}]},
            "process.rule_bad_window",
        ),
    ],
)
def test_rules_that_say_nothing_are_refused(spec: object, code: str) -> None:
    with pytest.raises(SpecError) as refused:
        rules_from_spec(spec)
    assert refused.value.code == code


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_checks_rules_and_model(language: str, tmp_path: Path, servloop: Command) -> None:
    file, rules, model = tmp_path / "log.csv", tmp_path / "rules.yaml", tmp_path / "model.bpmn"
    frame(paths("ABC", "ACD")).write_csv(file)
    rules.write_text(
        "rules:\n  - {template: response, activity: A, other: B, within: 1h, name: 及时审核}\n",
        encoding="utf-8",
    )
    model.write_bytes(bpmn("startEvent:s task:a:A task:b:B task:c:C endEvent:e", "s>a a>b b>c c>e"))
    shown = servloop("process", "conformance", file, "--rules", rules, "--model", model, "--lang", language)
    assert (shown.code, "process." in shown.out) == (0, False)
    assert "及时审核" in shown.out
    both = servloop("process", "conformance", file, "--rules", rules, "--model", model, "--json").json
    assert (both["cases"], both["fitting_cases"], both["undecided"]) == (2, 1, 0)
    assert {(d["case"], d["step"], d["kind"]) for d in both["deviating"]} == {
        ("c1", "B", "missing"),
        ("c1", "D", "unexpected"),
    }
    assert both["rules"][0]["violations"] == 1
    only = servloop("process", "conformance", file, "--rules", rules, "--json").json
    assert only["rules"][0]["witnesses"] == [{"case": "c1", "row": 3}]
    assert servloop("process", "conformance", file).code == 2
    missing = servloop("process", "conformance", file, "--model", tmp_path / "no.bpmn", "--lang", language)
    assert (missing.code, "no.bpmn" in missing.err) == (2, True)


def test_rules_on_many_events_are_arrays() -> None:
    events = np.arange(200_000)
    table = pl.DataFrame(
        {"case_id": (events // 8).astype(str), "activity": (events % 5).astype(str)}
    ).with_columns(time=pl.Series(events * 1_000_000).cast(pl.Datetime("us", "UTC")))
    check = check_rules(
        EventLog.from_frame(table), [Rule("response", "0", "4"), Rule("co_existence", "1", "2")]
    )
    assert check.outcomes[0].activations == 40_000
