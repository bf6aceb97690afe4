"""Tables of results for people: a result's own frame under headings in the person's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servloop.messages import message
from servloop_app.cli.output import print_table

if TYPE_CHECKING:
    import polars as pl


def show_frame(title: str, frame: pl.DataFrame, language: str) -> None:
    """Print a frame; title and headings are the codes ``assess.title_…`` and ``assess.column_…``."""
    headings = [message(f"assess.column_{column}", language=language) for column in frame.columns]
    print_table(message(f"assess.title_{title}", language=language), headings, frame.rows())
