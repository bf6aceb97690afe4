"""BPMN 2.0 models as Petri nets: what a process is allowed to do.

Source: Dijkman, Dumas & Ouyang, Semantics and analysis of business process models in BPMN (2008). Flows are
places. An exclusive gateway is a place as well: what leads to it puts tokens there, what follows takes them, and
only between two such gateways a silent step is needed. A process is complete when no token is left.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from lxml import etree

from servloop.errors import InputError

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_TASKS = {
    "task", "userTask", "serviceTask", "manualTask", "sendTask", "receiveTask", "scriptTask",
    "businessRuleTask", "callActivity",
}  # fmt: skip
_CHOICES = {"exclusiveGateway", "eventBasedGateway"}
_PASSED = {"intermediateThrowEvent", "intermediateCatchEvent"}
_UNSUPPORTED = {
    "inclusiveGateway", "complexGateway", "subProcess", "adHocSubProcess", "transaction", "boundaryEvent",
    "terminateEventDefinition", "standardLoopCharacteristics", "multiInstanceLoopCharacteristics",
}  # fmt: skip

Marking = tuple[int, ...]  # the place of each token, ascending
# Marking → the marking before it with the tokens taken and put on the way; None for the first.
Reached = dict[Marking, tuple[Marking, int, int] | None]


@dataclass(frozen=True, slots=True)
class Transition:
    """What takes tokens from places and puts tokens on places; silent without a label."""

    label: str | None
    takes: tuple[int, ...]
    puts: tuple[int, ...]


@dataclass(frozen=True)
class ProcessModel:
    """A Petri net whose runs are the allowed cases.

    Attributes:
        transitions: all of them.
        initial: the marking of a case that has not begun; the final marking is empty.
    """

    transitions: tuple[Transition, ...]
    initial: Marking
    _steps: dict[Marking, tuple[tuple[str | None, Marking], ...]] = field(default_factory=dict, repr=False)
    _closures: dict[Marking, Reached | None] = field(default_factory=dict, repr=False)

    @property
    def activities(self) -> frozenset[str]:
        """The labels."""
        return frozenset(step.label for step in self.transitions if step.label is not None)

    def steps(self, marking: Marking) -> tuple[tuple[str | None, Marking], ...]:
        """What can happen next: label (None is silent) and the marking after it."""
        if marking not in self._steps:
            self._steps[marking] = tuple(
                (transition.label, after)
                for transition in self.transitions
                if (after := fire(marking, transition)) is not None
            )
        return self._steps[marking]

    def silently(self, marking: Marking, limit: int) -> Reached | None:
        """Markings that silent steps reach, the nearest first; None when there are more than the limit."""
        if marking not in self._closures:
            self._closures[marking] = self._close(marking, limit)
        return self._closures[marking]

    def _close(self, marking: Marking, limit: int) -> Reached | None:
        silent = [transition for transition in self.transitions if transition.label is None]
        reached: Reached = {marking: None}
        queue = deque([marking])
        while queue:
            here = queue.popleft()
            for transition in silent:
                after = fire(here, transition)
                if after is None or after in reached:
                    continue
                if len(reached) >= limit:
                    return None
                reached[after] = (here, len(transition.takes), len(transition.puts))
                queue.append(after)
        return reached


def fire(marking: Marking, transition: Transition) -> Marking | None:
    """The marking after a transition; None when it cannot happen."""
    tokens = Counter(marking)
    tokens.subtract(transition.takes)
    if any(tokens[place] < 0 for place in transition.takes):
        return None
    tokens.update(transition.puts)
    return tuple(sorted(tokens.elements()))


def parse_bpmn(document: bytes) -> ProcessModel:
    """Read a BPMN 2.0 document with one process.

    Tasks of every kind are activities under their name (unnamed ones are silent); intermediate events are
    passed silently; an activity with several incoming flows is begun by any of them.

    Raises:
        InputError: ``process.bpmn_not_xml``, ``process.bpmn_no_process``, ``process.bpmn_unsupported`` (which
            names the constructs), ``process.bpmn_no_start``, ``process.bpmn_dangling_flow``.
    """
    process = _process(document)
    places = _Places(process)
    transitions = list(places.between_choices)
    begun = 0
    for node in process:
        kind, identity = _kind(node), node.get("id", "")
        takes, puts = places.into(identity), places.out_of(identity)
        if kind in _TASKS:
            label = (node.get("name") or "").strip() or None
            transitions += [Transition(label, (place,), puts) for place in sorted(set(takes))]
        elif kind in _PASSED:
            transitions += [Transition(None, (place,), puts) for place in sorted(set(takes))]
        elif kind == "startEvent":
            begun += 1
            transitions.append(Transition(None, (_SOURCE,), puts))
        elif kind == "endEvent":
            transitions += [Transition(None, (place,), ()) for place in sorted(set(takes))]
        elif kind == "parallelGateway":
            transitions.append(Transition(None, takes, puts))
    if not begun:
        raise InputError("process.bpmn_no_start")
    return ProcessModel(tuple(transitions), (_SOURCE,))


_SOURCE = 0


class _Places:
    """Places of flows: that of the exclusive gateway at one end of them, else one of their own."""

    def __init__(self, process: etree._Element) -> None:
        nodes = {node.get("id", ""): _kind(node) for node in process if node.get("id")}
        flows = [node for node in process if _kind(node) == "sequenceFlow"]
        self._flows = [(flow.get("sourceRef", ""), flow.get("targetRef", "")) for flow in flows]
        for flow, ends in zip(flows, self._flows, strict=True):
            if missing := [end for end in ends if end not in nodes]:
                raise InputError("process.bpmn_dangling_flow", flow=flow.get("id", ""), missing=missing)
        choices = [identity for identity, kind in nodes.items() if kind in _CHOICES]
        own = {gateway: place for place, gateway in enumerate(choices, start=_SOURCE + 1)}
        self._place = [
            own.get(target, own.get(source, len(own) + 1 + number))
            for number, (source, target) in enumerate(self._flows)
        ]
        self.between_choices = tuple(
            Transition(None, (own[source],), (own[target],))
            for source, target in self._flows
            if source in own and target in own
        )

    def into(self, node: str) -> tuple[int, ...]:
        """Places of the incoming flows."""
        return tuple(
            place for place, (_, target) in zip(self._place, self._flows, strict=True) if target == node
        )

    def out_of(self, node: str) -> tuple[int, ...]:
        """Places of the outgoing flows."""
        return tuple(
            place for place, (source, _) in zip(self._place, self._flows, strict=True) if source == node
        )


def _kind(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _process(document: bytes) -> etree._Element:
    if b"<!DOCTYPE" in document:
        raise InputError("process.bpmn_not_xml", reason="DOCTYPE")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise InputError("process.bpmn_not_xml", reason=str(error)) from error
    processes = [process for process in root.iter(_BPMN + "process") if len(process)]
    if len(processes) != 1:
        raise InputError("process.bpmn_no_process", found=len(processes))
    (process,) = processes
    unsupported = sorted({_kind(node) for node in process.iter() if _kind(node) in _UNSUPPORTED})
    if unsupported:
        raise InputError("process.bpmn_unsupported", constructs=unsupported)
    return process
