"""The map with fewer steps and fewer ways: still one piece, and it says what it leaves out."""

from __future__ import annotations

import pytest
from tests.app.diagnose.test_process_logs import add
from tests.browser.sample_logs import account_opening

from servloop_app.diagnose import queries, tasks
from servloop_app.diagnose.selection import Selection

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("steps", [0, 30, 60, 100])
@pytest.mark.parametrize("ways", [0, 50, 100])
def test_steps_and_ways_are_hidden_apart_and_the_rest_stays_connected(organisation, steps, ways):
    actor = organisation.actor(("analyst", "north"))
    text = account_opening("zh", cases=120).decode("utf-8-sig")
    analysis = queries.analysis(tasks.read_now(add(actor, text), actor), Selection())
    shown = analysis.map(ways, steps)
    names = {node.activity for node in shown.nodes}
    reached, todo = set(), set(shown.start)
    while todo:
        here = todo.pop()
        reached.add(here)
        todo |= {edge.target for edge in shown.edges if edge.source == here} - reached
    assert reached == names
    assert len(names) <= len(analysis.map(ways, 100).nodes)
    assert len(shown.edges) <= len(analysis.map(100, steps).edges)
    drawn = analysis.layout(ways, "zh-CN", steps)
    assert names <= {box.name for box in drawn.nodes}
