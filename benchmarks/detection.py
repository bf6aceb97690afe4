"""How often the platform finds what the simulator planted, and how often it finds what is not there.

    python -m benchmarks.detection --seeds 20 --out detection.json

Simulator and detectors are both ours, so that a single good-looking demo proves nothing: every planted effect is looked
for in many banks at three sizes, and banks with nothing planted are looked through in the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.detection_world import Study

STRENGTHS = (0.5, 1.0, 1.5)
# A missed target, or the step of a process that always takes longest, says something true about every bank; only these
# kinds of findings tell of something that happened.
HAPPENED = ("change", "unit", "channel", "weekday", "slower")
_ATTITUDE = ("csat", "nps", "ces", "complaint_rate", "praise_rate", "app_store_stars")
_WAITING = ("first_response_time", "complaint_response_time", "time_to_resolution")
_TRAINED = ("chengdong", "chengxi", "beiyuan")


@dataclass
class Seen:
    """What was seen in one bank. Effects are (estimate, low, high)."""

    seed: int
    strength: float
    slower_first: bool  # the planted step of the planted unit heads the list
    slower_others: int
    worst_wait: bool
    wave_weeks: int  # of the five weeks of the wave, those with a signal at the hotline
    wave_delay: int | None  # weeks until the first one
    wave_change: bool  # the newest quarter's complaints of the hotline are a finding
    false_signals: int
    monitor_weeks: int
    monday: bool
    training: tuple[float, float, float]
    nothing: tuple[float, float, float]
    letters: tuple[float, float, float]
    verdicts: list[str] = field(default_factory=list)  # of the three projects
    findings: list[str] = field(default_factory=list)  # of what happened
    unexplained: list[str] = field(default_factory=list)


def look(study: Study) -> Seen:
    """Everything at once in one bank."""
    from benchmarks.detection_world import LEARNED_WEEKS, hotline_weeks
    from servloop_app.demo.simulator import PLANTED
    from servloop_app.demo.simulator.world import UNITS

    planted = PLANTED["document_check_waits"]
    assert planted.end is not None
    weeks = list(hotline_weeks())
    hits = [signal.week for signal in study.signals if signal.unit == "hotline" and signal.week in weeks]
    found = [one for one in study.findings if one.kind in HAPPENED]
    names = [f"{one.kind} {one.unit or 'all'} {' '.join(one.subject.values())}" for one in found]
    strange = [name for one, name in zip(found, names, strict=True) if not _explained(one)]
    training, nothing = study.satisfaction("courtesy_training"), study.satisfaction("queue_screens")
    letters = study.letters()
    slower = study.slower
    where = ("binjiang", "尽职调查")
    return Seen(
        seed=study.world.seed,
        strength=study.world.strength if study.world.planted else 0.0,
        slower_first=bool(slower) and slower[0] == where,
        slower_others=sum(one != where for one in slower),
        worst_wait=study.worst_wait("对公开户", "binjiang", planted.start, planted.end) == "尽职调查",
        wave_weeks=len(hits),
        wave_delay=(min(hits) - weeks[0]).days // 7 if hits else None,
        wave_change=any(
            one.kind == "change" and one.unit == "hotline" and one.subject["metric"] == "complaint_rate"
            for one in found
        ),
        false_signals=len(study.signals) - (len(hits) if study.world.planted else 0),
        monitor_weeks=len(UNITS) * (study.world.days // 7 - LEARNED_WEEKS),
        monday=any(
            one.kind == "weekday" and one.unit == "hotline" and one.subject.get("weekday") == "1"
            for one in found
        ),
        training=_interval(training.effect.estimate),
        nothing=_interval(nothing.effect.estimate),
        letters=_interval(letters.relative),
        verdicts=[str(one.verdict.decision) for one in (training, nothing, letters)],
        findings=names + [f"slower {unit} {step}" for unit, step in slower],
        unexplained=strange + [f"slower {unit} {step}" for unit, step in slower if (unit, step) != where],
    )


def _interval(estimate: Any) -> tuple[float, float, float]:
    return float(estimate.value), float(estimate.low), float(estimate.high)


def _explained(one: Any) -> bool:
    """Whether a finding follows from something planted: itself, or what it drags along."""
    metric = one.subject["metric"]
    # A wave at the hotline also shifts the whole bank's waiting towards the hotline's.
    waits = metric in _WAITING and one.unit in {"hotline", ""} and one.kind in {"weekday", "unit", "change"}
    monday = waits and one.subject.get("weekday", "1") == "1"
    wave = metric in _ATTITUDE and one.unit in {"hotline", ""} and one.kind in {"change", "unit", "channel"}
    untrained = metric in _ATTITUDE and one.kind == "unit" and one.unit not in _TRAINED
    slow = metric in {"turnaround", "on_time_rate"} and one.unit in {"binjiang", ""}
    return monday or wave or untrained or slow


def run_all(seeds: Iterable[int], strengths: Iterable[float]) -> list[Seen]:
    """Planted banks of every strength, and as many with nothing planted.

    Planted banks are even otherwise, so that every finding either follows from what was planted or is false.
    """
    from benchmarks.detection_world import Study
    from servloop_app.demo.simulator import World

    seen = []
    for seed in seeds:
        seen.extend(look(Study(World(seed=seed, strength=strength, flat=True))) for strength in strengths)
        seen.append(look(Study(World(seed=seed, planted=False))))
        print(f"seed {seed}", flush=True)
    return seen


def table(seen: list[Seen], truths: dict[float, float]) -> str:
    """The results as a Markdown table, one column for each strength and one for nothing planted."""
    strengths = sorted({one.strength for one in seen} - {0.0})
    columns = [*strengths, 0.0]
    groups = {strength: [one for one in seen if one.strength == strength] for strength in columns}

    def count(test: Any) -> list[str]:
        return [f"{sum(map(test, groups[s]))} / {len(groups[s])}" for s in columns]

    def planted_only(cells: list[str]) -> list[str]:
        return [*cells[:-1], "—"]

    rows = [
        ("slower step: the planted one is found and stands first", count(lambda one: one.slower_first)),
        ("another step is called slower (banks with one)", count(lambda one: one.slower_others > 0)),
        (
            "longest wait of that branch in those weeks is the planted one",
            planted_only(count(lambda one: one.worst_wait)),
        ),
        ("wave of complaints: an alert in its weeks", count(lambda one: one.wave_weeks > 0)),
        ("… in its first week", count(lambda one: one.wave_delay == 0)),
        ("… and a finding of the quarter", count(lambda one: one.wave_change)),
        ("Mondays at the hotline are found", count(lambda one: one.monday)),
        ("training: effect is told from none", count(lambda one: one.training[1] > 0)),
        ("… its interval covers the true size", [
            f"{sum(one.training[1] <= truths[s] <= one.training[2] for one in groups[s])} / {len(groups[s])}"
            for s in columns
        ]),
        (
            "project without effect: no clear difference",
            count(lambda one: one.nothing[1] <= 0 <= one.nothing[2]),
        ),
        ("letters: fewer complaints are told from none", count(lambda one: one.letters[2] < 0)),
        ("… the interval covers the true size", [
            f"{sum(one.letters[1] <= -min(0.6 * s, 1.0) <= one.letters[2] for one in groups[s])} / {len(groups[s])}"
            for s in columns
        ]),
        ("suggested verdict on the project without effect: adopt", count(lambda one: one.verdicts[1] == "adopt")),
        ("suggested verdict on the training: adopt", count(lambda one: one.verdicts[0] == "adopt")),
        ("suggested verdict on the letters: adopt", count(lambda one: one.verdicts[2] == "adopt")),
        ("banks with a finding that nothing planted explains", count(lambda one: bool(one.unexplained))),
        ("… share of all their findings", [
            f"{sum(len(one.unexplained) for one in groups[s]) / max(sum(len(one.findings) for one in groups[s]), 1):.1%}"
            for s in columns
        ]),
        (
            "false alerts per monitor and year",
            [
                f"{sum(one.false_signals for one in groups[s]) / sum(one.monitor_weeks for one in groups[s]) * 52:.2f}"
                for s in columns
            ],
        ),
    ]  # fmt: skip
    heads = [f"{s:g} × planted size" for s in strengths] + ["nothing planted"]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(heads)]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows]
    return "\n".join(lines)


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many banks of each kind")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--out", type=Path, help="write every single result to this file")
    options = parser.parse_args()
    prepare()
    from benchmarks.detection_world import true_satisfaction

    seen = run_all(range(options.first, options.first + options.seeds), STRENGTHS)
    truths = {strength: true_satisfaction(strength) for strength in STRENGTHS} | {0.0: 0.0}
    if options.out:
        options.out.write_text(json.dumps([asdict(one) for one in seen], ensure_ascii=False, indent=1))
    print(table(seen, truths))
    print("\ntrue size of the training, points of the share of high ratings:", truths)


def prepare() -> None:
    """The study uses the platform's models without a database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servloop_app.config.settings")
    os.environ.setdefault("SERVLOOP_DATA", tempfile.mkdtemp(prefix="servloop-detection-"))
    import django

    django.setup()


if __name__ == "__main__":
    main()
