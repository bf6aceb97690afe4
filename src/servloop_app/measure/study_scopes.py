"""Whose answers a person's figures of a study are made of: those of the units she may see, within the study's unit."""

from __future__ import annotations

from django.utils import timezone

from servloop_app.core.models import Person
from servloop_app.core.policy import Policy
from servloop_app.core.units import UnitTree
from servloop_app.measure.studies import scope_key
from servloop_app.measure.study_models import Study

PERMISSION = "models.view"


def own_units(study: Study, tree: UnitTree) -> frozenset[str] | None:
    """Codes of the units that a study is about; None for everything."""
    if study.unit_id is None:
        return None
    return frozenset(tree.codes[unit] for unit in tree.subtree(study.unit_id) if unit in tree.codes)


def units_of(study: Study, policy: Policy) -> frozenset[str] | None:
    """Codes of the units whose answers a person sees in a study; None for everything, empty for none."""
    seen = policy.facts(PERMISSION).unit_ids
    own = own_units(study, policy.tree)
    if seen is None or own is None:
        return own if seen is None else seen
    return seen & own


def live_scopes(study: Study) -> dict[str, frozenset[str] | None]:
    """Key → units, for the scopes in which results of a study are kept fresh.

    The study's own, and those that somebody once asked for and that some person still has: to compute every possible one
    at every import would be work for nobody.
    """
    tree = UnitTree.load(timezone.localdate())
    own = own_units(study, tree)
    scopes: dict[str, frozenset[str] | None] = {scope_key(own): own}
    asked = dict(study.results.exclude(units=None).values_list("scope", "units").order_by("pk"))
    if not set(asked) - set(scopes):
        return scopes
    for person in Person.objects.filter(is_active=True):
        units = units_of(study, Policy(person))
        if (key := scope_key(units)) in asked:
            scopes[key] = units
    return scopes
