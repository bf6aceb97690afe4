"""Which page shows which kind of study. A new kind adds its page here."""

from __future__ import annotations

from servloop_app.web.measure.models import drivers, form, importance, index, kano, quality, sample, servqual
from servloop_app.web.measure.models.parts import KindPage

PAGES: dict[str, KindPage] = {
    "servqual": servqual.PAGE,
    "kano": kano.PAGE,
    "importance": importance.PAGE,
    "reliability": quality.PAGE,
    "index": index.PAGE,
    "drivers": drivers.PAGE,
    "sample": sample.PAGE,
    "excellence": form.PAGE,
    "five_aspects": form.PAGE,
}
