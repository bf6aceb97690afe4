"""The log that we make ourselves: stable, of the size asked for, with the planted bottleneck; and its drawing."""

from __future__ import annotations

import pytest

from servloop.diagnose.process import generator
from servloop.diagnose.process.bottlenecks import bottlenecks
from servloop.diagnose.process.directly_follows import directly_follows
from servloop.diagnose.process.event_log import EventLog
from servloop.diagnose.process.layout import layout
from servloop.diagnose.process.map_graph import main_path, map_graph, map_shown
from servloop.diagnose.process.map_svg import render_map
from servloop.diagnose.process.simplify import simplify
from servloop.diagnose.process.times import flow_efficiency, step_times
from servloop.errors import SpecError

LOG = generator.generate_log(20_000, seed=3)


def test_a_seed_gives_one_log_of_about_the_size() -> None:
    assert LOG.equals(generator.generate_log(20_000, seed=3))
    assert not LOG.equals(generator.generate_log(20_000, seed=4))
    assert LOG.height == pytest.approx(20_000, rel=0.05)
    assert LOG["time"].is_sorted()
    assert set(LOG["activity"]) <= set(generator.ACTIVITIES)
    assert LOG["resource"].n_unique() <= 200
    with pytest.raises(SpecError):
        generator.generate_log(1)


def test_another_zone_names_the_same_moments() -> None:
    local = generator.generate_log(500, zone="Asia/Shanghai")["time"]
    assert local.dtype.time_zone == "Asia/Shanghai"
    assert (local.dt.convert_time_zone("UTC") == generator.generate_log(500)["time"]).all()


def test_every_case_begins_at_the_first_stage_and_waits_most_before_the_planted_one() -> None:
    log = EventLog.from_frame(LOG)
    assert set(directly_follows(log).start) == set(generator.STAGES[0])
    slow = generator.STAGES[generator.BOTTLENECK_STAGE]
    steps = bottlenecks(log).steps
    assert steps[0].target in slow
    assert sum(step.share for step in steps if step.target in slow) > 0.25


def test_intervals_do_not_overlap() -> None:
    log = EventLog.from_frame(generator.generate_log(5_000, intervals=True))
    assert step_times(log).overlaps == 0
    assert 0 < flow_efficiency(log).of_log.value < 0.5


def test_the_map_is_drawn_and_redrawn_from_the_same_places() -> None:
    log = EventLog.from_frame(LOG)
    spine = main_path(log)
    chart = directly_follows(log)
    places = layout(map_graph(chart, spine), language="en")
    shown = simplify(log, activities=0.4, paths=0.05, full=chart)
    drawing = render_map(places, map_graph(shown, spine), shown=map_shown(shown))
    assert drawing.startswith("<svg")
    for node in chart.nodes:
        named = f"{node.activity}" in drawing
        assert named or node.activity not in {kept.activity for kept in shown.nodes}
