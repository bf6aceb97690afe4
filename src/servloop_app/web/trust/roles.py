"""Roles: who may do what, for everybody to read."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from servloop_app.core.models import Assignment
from servloop_app.core.permissions import PERMISSIONS, ROLES
from servloop_app.core.policy import scoped, valid_on
from servloop_app.core.routes import policy, policy_of
from servloop_app.web.words import ROLE_LABELS, ROLE_PURPOSES, SUBJECT_LABELS, VERB_LABELS


@policy("roles.view")
@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    """The matrix of roles and what they permit, with how many people have each."""
    rights = policy_of(request)
    given = scoped(Assignment, rights, "roles.view").filter(effect=Assignment.Effect.ALLOW)
    counted = (
        valid_on(given, rights.on).order_by().values_list("role").annotate(Count("person", distinct=True))
    )
    people = dict(counted)
    listed = [
        {
            "role": role,
            "label": ROLE_LABELS[role],
            "purpose": ROLE_PURPOSES[role],
            "people": people.get(role, 0),
        }
        for role in ROLES
    ]
    matrix = [
        {"label": label, "cells": [_cell(subject, ROLES[role]) for role in ROLES]}
        for subject, label in SUBJECT_LABELS.items()
        if any(permission.startswith(f"{subject}.") for permission in PERMISSIONS)
    ]
    return render(request, "web/trust/roles.html", {"roles": listed, "matrix": matrix})


def _cell(subject: str, permitted: frozenset[str]) -> dict[str, object]:
    verbs = [verb for verb in VERB_LABELS if f"{subject}.{verb}" in permitted]
    return {"verbs": [VERB_LABELS[verb] for verb in verbs], "changes": any(verb != "view" for verb in verbs)}
