"""A made-up log for someone who wants to look around before importing their own."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from servloop.diagnose.process.generator import ACTIVITIES, generate_log
from servloop_app.diagnose import log_files

FILE_NAME = "service-requests.parquet"
EVENTS = 12_000
# The generator's words, for the catalogue.
WORDS = (
    gettext_noop("Receive request"),
    gettext_noop("Receive call"),
    gettext_noop("Receive message"),
    gettext_noop("Check completeness"),
    gettext_noop("Ask for documents"),
    gettext_noop("Receive documents"),
    gettext_noop("Classify request"),
    gettext_noop("Correct category"),
    gettext_noop("Set priority"),
    gettext_noop("Assign to team"),
    gettext_noop("Reassign"),
    gettext_noop("Escalate"),
    gettext_noop("Investigate"),
    gettext_noop("Consult expert"),
    gettext_noop("Ask customer back"),
    gettext_noop("Prepare solution"),
    gettext_noop("Order part"),
    gettext_noop("Draft reply"),
    gettext_noop("Review solution"),
    gettext_noop("Return for correction"),
    gettext_noop("Approve exception"),
    gettext_noop("Inform customer"),
    gettext_noop("Call customer"),
    gettext_noop("Send letter"),
    gettext_noop("Confirm solution"),
    gettext_noop("Handle objection"),
    gettext_noop("Grant compensation"),
    gettext_noop("Close request"),
    gettext_noop("Archive"),
    gettext_noop("Ask for rating"),
)
DEPARTMENTS = (
    gettext_noop("Front desk"),
    gettext_noop("Service"),
    gettext_noop("Technology"),
    gettext_noop("Quality"),
    gettext_noop("Back office"),
)


def keep_sample(public_id: UUID) -> int:
    """Make the sample log in the language of the page and put it where uploads go.

    Returns:
        Bytes written.
    """
    import polars as pl  # noqa: PLC0415  # pages that show no log do without

    made = generate_log(EVENTS, seed=1, resources=40, intervals=True).with_columns(
        pl.col("activity").replace({word: _(word) for word in ACTIVITIES}),
        pl.col("department").replace({word: _(word) for word in DEPARTMENTS}),
    )
    log_files.keep_upload(public_id, FILE_NAME, ())
    place = log_files.upload_of(public_id)
    made.write_parquet(place)
    return place.stat().st_size
