"""Tables of the collect stage: what came in, who it is about, and what is still to be repaired."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from servloop.results import Notice
from servloop_app.core.encryption import EncryptedTextField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class PersonKey(models.Model):
    """The random surrogate under which a person appears in the facts, found by a blind index of an identifier.

    Merging, un-merging and rotation change this table only, never the facts.
    """

    index = models.BinaryField(max_length=32, unique=True)
    key = models.CharField(max_length=32, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class MappingProfile(models.Model):
    """How the last file of a shape was mapped, offered again for the next one."""

    shape = models.CharField(max_length=32, unique=True)
    mapping = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.shape


class Import(models.Model):
    """One file and what became of it."""

    UNIT_PATH = "unit"

    class State(models.TextChoices):
        """How far it has come."""

        MAPPING = "mapping", _("columns to be confirmed")
        WORKING = "working", _("being imported")
        DONE = "done", _("imported")
        FAILED = "failed", _("not imported")
        UNDONE = "undone", _("taken back")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.BigIntegerField()
    unit = models.ForeignKey("core.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit"))
    created_by = models.ForeignKey("core.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    mapping = models.JSONField(default=dict)
    shape = models.CharField(max_length=32, blank=True)
    source_hash = models.CharField(max_length=64, blank=True)
    replays = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replayed_by")
    run = models.ForeignKey("jobs.Run", on_delete=models.SET_NULL, null=True, related_name="+")
    error_code = models.CharField(max_length=80, blank=True)
    error_params = models.JSONField(default=dict)
    # what was found and stored; empty until then
    rows = models.BigIntegerField(null=True)
    accepted = models.BigIntegerField(null=True)
    rejected = models.BigIntegerField(null=True)
    stored = models.JSONField(default=dict)  # fact table → {new, revised, repeated}
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def target(self) -> str:
        """The kind of data."""
        return str(self.mapping.get("target", ""))

    @property
    def stuck(self) -> bool:
        """Whether it waits for work that has ended without a result (cancelled in the queue, or failed for good)."""
        run = self.run
        return self.state == self.State.WORKING and (run is None or run.state in {"failed", "cancelled"})

    @property
    def open_to_mapping(self) -> bool:
        """Whether its columns can be said (again) and it can be thrown away."""
        return self.state in {self.State.MAPPING, self.State.FAILED} or self.stuck

    @property
    def fact_id(self) -> str:
        """The id under which the facts know this import."""
        return self.public_id.hex

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was noticed while reading."""
        return tuple(
            Notice(n["code"], n["count"], n.get("params", {})) for n in self.report.get("warnings", ())
        )

    @property
    def state_label(self) -> StrOrPromise:
        """The state as a word."""
        return self.State(self.state).label

    def total(self, what: str) -> int:
        """Rows ``new``, ``revised`` or ``repeated`` over all fact tables."""
        return sum(int(table.get(what, 0)) for table in self.stored.values())


class QuarantinedRow(models.Model):
    """A row that was set aside, with its reasons; its text stays sealed until somebody opens it."""

    UNIT_PATH = "source__unit"

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("to be repaired")
        REPLAYED = "replayed", _("repaired and imported")
        DISMISSED = "dismissed", _("left out")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="quarantined")
    line = models.BigIntegerField()
    place = models.BigIntegerField()  # of the row in its source, kept when it is replayed
    faults = models.JSONField()  # [{column, reason, received}], received masked and for plain values only
    person_index = models.BinaryField(max_length=32, null=True, db_index=True)
    raw = EncryptedTextField()  # the row as a JSON object: column → text
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    replayed_by = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, related_name="repairs")

    class Meta:
        ordering: ClassVar[list[str]] = ["line", "id"]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.line}"


class FeedbackRecord(models.Model):
    """What a customer told us. The truth; the facts hold a masked copy."""

    UNIT_PATH = "unit"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_id = models.CharField(max_length=32)  # as in the facts
    unit = models.ForeignKey(
        "core.Unit", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    brought_by = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="records", db_index=False)
    revision = models.PositiveIntegerField(default=0)
    current = models.BooleanField(default=True)
    source_key = models.CharField(max_length=255, blank=True)
    occurred_at = models.DateTimeField(_("time"))
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=60, blank=True)
    rating = models.FloatField(_("rating"), null=True)
    rating_low = models.FloatField(null=True)
    rating_high = models.FloatField(null=True)
    person_key = models.CharField(max_length=32, blank=True, db_index=True)
    masked_title = models.TextField(blank=True)
    masked_text = models.TextField(blank=True)
    sealed_text = EncryptedTextField(null=True)  # only where masking changed something
    attributes = models.TextField(blank=True)  # masked
    fact = models.JSONField(default=dict)  # the other columns of its row in the facts, to rebuild them

    class Meta:
        verbose_name = _("feedback record")
        verbose_name_plural = _("feedback records")
        ordering: ClassVar[list[str]] = ["-occurred_at", "id"]
        # The list, whole or limited, in its order; they also answer how many there are without opening the rows. Each costs
        # every import time: what is asked for together (a channel of a unit) is looked for along one of them.
        indexes: ClassVar = [
            models.Index(
                fields=["-occurred_at"],
                condition=models.Q(current=True),
                name="collect_feedback_newest",
            ),
            models.Index(
                fields=["channel", "-occurred_at"],
                condition=models.Q(current=True),
                name="collect_feedback_channel",
            ),
            models.Index(fields=["unit", "-occurred_at", "current"], name="collect_feedback_unit"),
            models.Index(fields=["brought_by", "-occurred_at", "current"], name="collect_feedback_import"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record_id", "revision"], name="collect_feedback_revision_once"),
        ]

    def __str__(self) -> str:
        return self.masked_title or self.masked_text[:60]
