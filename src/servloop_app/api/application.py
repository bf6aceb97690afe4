"""The API, version 1: the same actions and the same scoped queries as the pages, over HTTP and JSON."""

from ninja import NinjaAPI

from servloop import __version__
from servloop_app.api import (
    audit,
    checks,
    findings,
    goals,
    jobs,
    me,
    metrics,
    monitors,
    opportunities,
    people,
    personal_data,
    problems,
    projects,
    reports,
    scorecards,
    studies,
    tickets,
    units,
)
from servloop_app.api.authentication import PageAuth, TokenAuth
from servloop_app.core.routes import public

api = NinjaAPI(
    title="ServLoop",
    version=__version__,
    description="Every change is an action: permission, validation and a record in the audit log. "
    "Errors are problem details (RFC 9457) in the language of Accept-Language (zh-CN or en).",
    auth=[TokenAuth(), PageAuth()],
    urls_namespace="api",
    docs_decorator=public("the description of the interface holds no data"),
)
api.add_router("/me", me.router, tags=["me"])
api.add_router("/people", people.router, tags=["people"])
api.add_router("/roles", people.roles, tags=["people"])
api.add_router("/personal-data", personal_data.router, tags=["personal data"])
api.add_router("/units", units.router, tags=["units"])
api.add_router("/metrics", metrics.router, tags=["metrics"])
api.add_router("/studies", studies.router, tags=["studies"])
api.add_router("/surveys", studies.surveys, tags=["studies"])
api.add_router("/scorecards", scorecards.router, tags=["scorecards"])
api.add_router("/benchmarks", scorecards.benchmarks, tags=["benchmarks"])
api.add_router("/models", scorecards.models, tags=["models"])
api.add_router("/findings", findings.router, tags=["findings"])
api.add_router("/opportunities", opportunities.router, tags=["opportunities"])
api.add_router("/goals", goals.router, tags=["goals"])
api.add_router("/projects", projects.router, tags=["projects"])
api.add_router("/checks", checks.router, tags=["checks"])
api.add_router("/monitors", monitors.router, tags=["monitors"])
api.add_router("/alerts", monitors.alert_router, tags=["alerts"])
api.add_router("/tickets", tickets.router, tags=["tickets"])
api.add_router("/reports", reports.router, tags=["reports"])
api.add_router("/audit", audit.router, tags=["audit"])
api.add_router("/jobs", jobs.router, tags=["jobs"])
api.add_router("/schedules", jobs.schedules, tags=["jobs"])
problems.install(api)
