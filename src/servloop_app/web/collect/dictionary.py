"""The data dictionary: every fact table and column, what it means, and how much is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from servloop.facts import TABLES
from servloop.facts.schema import COMMON
from servloop_app.collect import queries
from servloop_app.core.routes import policy, policy_of


@policy("imports.view")
@require_GET
def dictionary(request: HttpRequest) -> HttpResponse:
    """All tables."""
    rows = queries.visible_rows(policy_of(request))
    tables = [
        {
            "name": table.name,
            "grain": _(table.grain),
            "rows": rows[table.name],
            "columns": [(c.name, c.type, _(c.meaning)) for c in table.own],
        }
        for table in TABLES.values()
    ]
    common = [(c.name, c.type, _(c.meaning)) for c in COMMON]
    context = {"tables": tables, "common": common, "filled": sum(bool(t["rows"]) for t in tables)}
    return render(request, "web/collect/dictionary.html", context)
