"""Tables of tickets: what a customer waits for, who sees to it, and everything that happened to it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop_app.core.encryption import EncryptedTextField


class Level(models.TextChoices):
    """How serious a ticket is; it decides how much working time there is."""

    MINOR = "minor", pgettext_lazy("level", "minor")
    GENERAL = "general", pgettext_lazy("level", "general")
    SERIOUS = "serious", pgettext_lazy("level", "serious")


class Ticket(models.Model):
    """One matter of a customer that somebody sees to until it is settled."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """Where a ticket stands."""

        NEW = "new", pgettext_lazy("ticket", "new")
        IN_PROGRESS = "in_progress", pgettext_lazy("ticket", "in progress")
        WAITING = "waiting", _("waiting for the customer")
        ANSWERED = "answered", pgettext_lazy("ticket", "answered")
        CLOSED = "closed", pgettext_lazy("ticket", "closed")

    class Cause(models.TextChoices):
        """What it came from: the branches of a fishbone."""

        PEOPLE = "people", pgettext_lazy("cause", "people")
        PROCESS = "process", pgettext_lazy("cause", "process")
        SYSTEM = "system", _("systems and equipment")
        MATERIAL = "material", _("documents and material")
        INFORMATION = "information", _("information given")
        ENVIRONMENT = "environment", _("place and surroundings")
        OUTSIDE = "outside", _("outside our reach")

    class Result(models.TextChoices):
        """How it was settled."""

        SOLVED = "solved", pgettext_lazy("ticket", "solved")
        COMPENSATED = "compensated", _("made good")
        EXPLAINED = "explained", pgettext_lazy("ticket", "explained")
        UNFOUNDED = "unfounded", _("not founded")
        UNREACHABLE = "unreachable", _("customer could not be reached")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=24, unique=True)
    title = models.CharField(_("title"), max_length=200)  # masked
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    owner = models.ForeignKey(
        "core.Person", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("owner")
    )
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.GENERAL)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.NEW)
    source = models.CharField(max_length=80, blank=True)  # reference of what it was opened from
    person_key = models.CharField(max_length=32, blank=True, db_index=True)  # the customer, as in the facts
    opened_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(pgettext_lazy("ticket", "opened at"))
    changed_at = models.DateTimeField()
    # Both clocks run in working time of the unit; what they were given is kept, since the rules may change.
    reply_allowed = models.PositiveIntegerField()  # working seconds
    resolution_allowed = models.PositiveIntegerField()
    reply_due = models.DateTimeField(_("first reply due"))
    resolution_due = models.DateTimeField(_("to be settled by"), db_index=True)
    first_replied_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # While the customer is asked, the clock of the resolution stands still, but not for longer than agreed.
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    due_before_pause = models.DateTimeField(null=True)
    reply_breached_at = models.DateTimeField(null=True)  # when the breach was marked
    resolution_breached_at = models.DateTimeField(null=True)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause, blank=True)
    result = models.CharField(_("result"), max_length=12, choices=Result, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering: ClassVar[list[str]] = ["resolution_due", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["state", "resolution_due"], name="improve_ticket_due"),
            models.Index(fields=["owner", "state"], name="improve_ticket_owner"),
            models.Index(fields=["source"], name="improve_ticket_source"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def open(self) -> bool:
        """Whether somebody still has to see to it."""
        return self.state not in {self.State.ANSWERED, self.State.CLOSED}


class TicketEntry(models.Model):
    """One line of a ticket's timeline. Entries are only ever added."""

    UNIT_PATH = "ticket__unit"

    class Kind(models.TextChoices):
        """What happened."""

        OPENED = "opened", pgettext_lazy("timeline", "opened")
        WORDS = "words", _("words of the customer")
        TAKEN = "taken", _("taken on")
        NOTE = "note", _("internal note")
        REPLY = "reply", _("reply to the customer")
        RESUMED = "resumed", _("work goes on")
        HANDED_OVER = "handed_over", _("handed over")
        LEVEL = "level", _("level changed")
        LINKED = "linked", pgettext_lazy("timeline", "linked")
        BREACHED = "breached", _("time limit passed")
        CLOSED = "closed", pgettext_lazy("timeline", "closed")
        REOPENED = "reopened", _("opened again")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="entries")
    place = models.PositiveIntegerField()  # 0, 1, … within the ticket
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    author = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    channel = models.CharField(max_length=20, blank=True)  # by which a reply went out
    masked_text = models.TextField(blank=True)
    sealed_text = EncryptedTextField(null=True)  # only where masking changed something
    detail = models.JSONField(default=dict)  # codes and ids: from, to, level, reference, clock…

    class Meta:
        verbose_name = _("entry of a ticket")
        verbose_name_plural = _("entries of tickets")
        ordering: ClassVar[list[str]] = ["place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "place"], name="improve_entry_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.place} {self.kind}"


class TicketFacts(models.Model):
    """Up to where the facts know a ticket: the books of the job that carries tickets into them."""

    UNIT_PATH = "ticket__unit"

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="facts")
    changed_at = models.DateTimeField()  # of the state that the facts hold

    def __str__(self) -> str:
        return f"{self.ticket_id} at {self.changed_at:%Y-%m-%d %H:%M}"


class ServiceLevel(models.Model):
    """How much working time tickets of a level have, where people set other times than those that ship."""

    level = models.CharField(_("level"), max_length=10, choices=Level, unique=True)
    reply_hours = models.FloatField(_("first reply within"))
    resolution_hours = models.FloatField(_("settled within"))
    pause_hours = models.FloatField(_("wait for the customer at most"))

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")

    def __str__(self) -> str:
        return self.level


class TicketRule(models.Model):
    """Which feedback becomes tickets by itself. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    enabled = models.BooleanField(_("in use"), default=False)
    kinds = models.JSONField(_("kinds of feedback"), default=list)
    rating_at_most = models.FloatField(_("rating at most"), null=True)
    days = models.PositiveSmallIntegerField(_("not older than days"), default=7)
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.GENERAL)

    class Meta:
        verbose_name = _("rule for tickets")
        verbose_name_plural = _("rules for tickets")
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="improve_one_rule")]

    def __str__(self) -> str:
        return f"rule {'on' if self.enabled else 'off'}"
