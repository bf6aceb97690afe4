"""Tables of improvement projects: the project, its actions, its costs, its steps through the gates."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop_app.improve.project_phases import METHOD_LABELS, PHASE_LABELS, Gate, gate_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Project(models.Model):
    """An improvement project: what is tried, by whom, for which goals."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """Whether it is under way."""

        ACTIVE = "active", pgettext_lazy("project", "under way")
        CLOSED = "closed", pgettext_lazy("project", "closed")
        CANCELLED = "cancelled", pgettext_lazy("project", "cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    purpose = models.TextField(_("what is tried"), max_length=2000, blank=True)
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    owner = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    team = models.ManyToManyField("core.Person", related_name="+")
    goals = models.ManyToManyField("plan.Goal", related_name="projects")
    method = models.CharField(_("method"), max_length=10, default="pdca")
    phase = models.CharField(_("phase"), max_length=20)
    pilot = models.BooleanField(_("pilot first"), default=False)
    pilot_scope = models.CharField(max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    waived_reason = models.CharField(max_length=300, blank=True)  # why it goes on without a declared check
    made_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True)  # when it entered "do"
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("improvement project")
        verbose_name_plural = _("improvement projects")
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def gate(self) -> Gate:
        """The part of the cycle in which it stands."""
        return gate_of(self.method, self.phase)

    @property
    def phase_label(self) -> str:
        """The phase as a word."""
        return str(PHASE_LABELS[self.phase])

    @property
    def method_label(self) -> str:
        """The method as a word."""
        return str(METHOD_LABELS[self.method])

    @property
    def state_label(self) -> StrOrPromise:
        """The state as a word; the phase while it is under way."""
        return self.phase_label if self.state == self.State.ACTIVE else self.State(self.state).label


class ProjectAction(models.Model):
    """One thing to be done: what, who, until when."""

    UNIT_PATH = "project__unit"

    class State(models.TextChoices):
        """How far it is."""

        TODO = "todo", pgettext_lazy("project action", "to do")
        DOING = "doing", pgettext_lazy("project action", "being done")
        DONE = "done", pgettext_lazy("project action", "done")
        DROPPED = "dropped", pgettext_lazy("project action", "given up")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="actions")
    what = models.CharField(_("what"), max_length=300)
    who = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    due = models.DateField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.TODO)
    note = models.CharField(_("note"), max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("action of a project")
        verbose_name_plural = _("actions of a project")
        ordering: ClassVar[list[str]] = ["due", "pk"]

    def __str__(self) -> str:
        return self.what

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in {self.State.TODO, self.State.DOING}


class ProjectCost(models.Model):
    """One line of a project's ledger."""

    UNIT_PATH = "project__unit"

    class Kind(models.TextChoices):
        """What the money is for."""

        PEOPLE = "people", pgettext_lazy("cost", "people")
        TRAINING = "training", pgettext_lazy("cost", "training")
        TECHNOLOGY = "technology", pgettext_lazy("cost", "technology")
        EQUIPMENT = "equipment", pgettext_lazy("cost", "equipment")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="costs")
    kind = models.CharField(_("kind of cost"), max_length=12, choices=Kind)
    what = models.CharField(_("what"), max_length=200)
    planned = models.DecimalField(_("planned"), max_digits=14, decimal_places=2, null=True)
    actual = models.DecimalField(_("actual"), max_digits=14, decimal_places=2, null=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("cost of a project")
        verbose_name_plural = _("costs of a project")
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.what


class ProjectStep(models.Model):
    """An entry of a project's timeline: what happened, who did it, why."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.kind}"
