"""Analyses of a log that take longer than a page may: worked out by a job, stored, shown from then on.

Each module declares one kind with `study`. A kind is a function from what was asked (the selected cases, the
parameters, the calendar of the unit) to what was found; it changes nothing.
"""

from servloop_app.diagnose.studies.base import Asked, Found, kind_of, stored, study

__all__ = ["Asked", "Found", "kind_of", "stored", "study"]
