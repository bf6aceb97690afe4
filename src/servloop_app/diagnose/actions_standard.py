"""The standard that cases of a log are held against: a BPMN model, rules, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import yaml

from servloop.diagnose.process.bpmn import parse_bpmn
from servloop.diagnose.process.rules_spec import rules_from_spec
from servloop.errors import InputError
from servloop_app.core.actions import Action, Actor
from servloop_app.core.errors import ActionError
from servloop_app.diagnose.actions_process import Define
from servloop_app.diagnose.models import ProcessDefinition

MAX_BYTES = 2_000_000


def rules_document(text: str) -> Any:
    """The parsed document of rules.

    Raises:
        InputError: ``process.not_yaml``.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError("process.not_yaml", file="rules", reason=str(error).splitlines()[0]) from error


@dataclass
class DefineStandard(Define):
    """Say what the process should be; refused when the model or the rules cannot be used."""

    name = "process_standard.define"
    kind = ProcessDefinition.Kind.STANDARD
    log: UUID
    bpmn: str = ""
    bpmn_name: str = ""
    rules: str = ""
    rules_name: str = ""

    def validate(self, actor: Actor) -> None:  # noqa: ARG002
        if not (self.bpmn.strip() or self.rules.strip()):
            raise ActionError("diagnose.standard_missing")
        if len(self.bpmn) + len(self.rules) > MAX_BYTES:
            raise ActionError("diagnose.standard_too_large", limit=MAX_BYTES)
        if self.bpmn.strip():
            parse_bpmn(self.bpmn.encode())
        if self.rules.strip():
            rules_from_spec(rules_document(self.rules))

    def content(self) -> dict[str, str]:
        return {
            "bpmn": self.bpmn if self.bpmn.strip() else "",
            "bpmn_name": self.bpmn_name[:255],
            "rules": self.rules if self.rules.strip() else "",
            "rules_name": self.rules_name[:255],
        }

    def undo(self) -> Action[Any]:
        return self.restoring()
