"""Alignment of a path with a model: the smallest number of steps by which they differ, and which these are.

Source: Adriansyah, van Dongen & van der Aalst, Conformance checking using cost-based fitness analysis (2011),
with cost 1 for every step that only one side takes. Token replay: Rozinat & van der Aalst, Conformance checking
of processes based on monitoring real behavior (2008).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from servloop.diagnose.process.bpmn import Marking, ProcessModel, Reached, Transition, fire

Kind = Literal["missing", "unexpected"]
_State = tuple[int, Marking]
_Way = tuple[_State, str | None, Kind | None]


@dataclass(frozen=True, slots=True)
class Misstep:
    """A step that only one side takes.

    ``missing``: the model asks for it and it was not done; ``position`` is where it was due. ``unexpected``: it was
    done at ``position`` though the model does not allow it there.
    """

    step: str
    kind: Kind
    position: int


@dataclass(frozen=True, slots=True)
class Replay:
    """Tokens of a replay: produced, consumed, missing, remaining."""

    produced: int
    consumed: int
    missing: int
    remaining: int

    @property
    def fitness(self) -> float:
        """Half of the share of tokens that were not missing, and half of those that did not remain."""
        return 0.5 * (1 - self.missing / max(self.consumed, 1)) + 0.5 * (
            1 - self.remaining / max(self.produced, 1)
        )


def align(model: ProcessModel, path: Sequence[str], *, max_states: int) -> tuple[Misstep, ...] | None:
    """The missteps of a cheapest alignment; empty for a path that fits.

    Args:
        model: the allowed behaviour.
        path: activities of a case in their order.
        max_states: after so many states the search ends undecided.

    Returns:
        Missteps in their order, None when undecided (or when the model cannot come to its end).
    """
    start: _State = (0, model.initial)
    cost = {start: 0}
    way: dict[_State, _Way] = {}
    settled: set[_State] = set()
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if state in settled:
            continue
        settled.add(state)
        place, marking = state
        if place == len(path) and not marking:
            return _missteps(way, state)
        if len(settled) >= max_states:
            return None
        for target, label, kind in _moves(model, path, place, marking):
            price = cost[state] + (kind is not None)
            if price < cost.get(target, price + 1):
                cost[target] = price
                way[target] = (state, label, kind)
                if kind is None:
                    queue.appendleft(target)
                else:
                    queue.append(target)
    return None


def _moves(model: ProcessModel, path: Sequence[str], place: int, marking: Marking) -> list[_Way]:
    """Moves from a state: together or silent at no cost, on one side only at cost 1."""
    moves: list[_Way] = []
    for label, after in model.steps(marking):
        if label is None:
            moves.append(((place, after), None, None))
        else:
            moves.append(((place, after), label, "missing"))
            if place < len(path) and path[place] == label:
                moves.append(((place + 1, after), label, None))
    if place < len(path):
        moves.append(((place + 1, marking), path[place], "unexpected"))
    return moves


def _missteps(way: dict[_State, _Way], state: _State) -> tuple[Misstep, ...]:
    found: list[Misstep] = []
    while state in way:
        state, label, kind = way[state]
        if kind is not None and label is not None:
            found.append(Misstep(label, kind, state[0]))
    return tuple(reversed(found))


def shortest_run(model: ProcessModel, *, max_states: int) -> int | None:
    """How many visible steps the shortest run of the model takes; None when undecided."""
    missteps = align(model, (), max_states=max_states)
    return None if missteps is None else len(missteps)


def replay(model: ProcessModel, path: Sequence[str], *, max_states: int) -> Replay | None:
    """Replay a path with tokens, adding those that are missing.

    Steps that the model does not know are left out, as is usual; alignments count them.

    Returns:
        The tokens, None when the silent steps between two steps exceed ``max_states``.
    """
    marking, tokens = model.initial, Counter(produced=len(model.initial))
    for step in path:
        candidates = [transition for transition in model.transitions if transition.label == step]
        if not candidates:
            continue
        reached = model.silently(marking, max_states)
        if reached is None:
            return None
        enabled = [(m, t) for m in reached for t in candidates if fire(m, t) is not None]
        before, transition = enabled[0] if enabled else _least_missing(marking, candidates)
        if enabled:
            _count_silent(tokens, reached, before)
        lacking = Counter(transition.takes) - Counter(before)
        tokens["missing"] += lacking.total()
        after = fire(tuple(sorted((*before, *lacking.elements()))), transition)
        assert after is not None  # its tokens were just added
        marking = after
        tokens["consumed"] += len(transition.takes)
        tokens["produced"] += len(transition.puts)
    reached = model.silently(marking, max_states)
    if reached is None:
        return None
    final = min(reached, key=len)
    _count_silent(tokens, reached, final)
    remaining = len(final)
    return Replay(tokens["produced"], tokens["consumed"] + remaining, tokens["missing"], remaining)


def _count_silent(tokens: Counter[str], reached: Reached, marking: Marking) -> None:
    while (step := reached[marking]) is not None:
        marking, taken, put = step
        tokens["consumed"] += taken
        tokens["produced"] += put


def _least_missing(marking: Marking, candidates: Sequence[Transition]) -> tuple[Marking, Transition]:
    """The transition that lacks the fewest tokens where nothing is enabled."""
    held = Counter(marking)
    return marking, min(candidates, key=lambda transition: (Counter(transition.takes) - held).total())
