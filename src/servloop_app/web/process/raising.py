"""One click makes an opportunity of what a process page shows."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servloop_app.core.routes import policy, policy_of
from servloop_app.diagnose import queries
from servloop_app.plan.actions_from_process import RaiseFromProcess
from servloop_app.web.submit import submit


@policy("opportunities.edit")
@require_POST
def raise_opportunity(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put a step or a way among the opportunities, and go back to where the person was."""
    log = queries.process_log(policy_of(request), public_id)
    given = {name: request.POST.get(name, "") for name in ("kind", "step", "source")}
    submit(request, RaiseFromProcess(log.public_id, **given), _("It stands among the opportunities now"))
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if safe else reverse("process_log", args=[public_id]))
