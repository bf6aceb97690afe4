"""Addresses of effect checks."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.verify import effects

urlpatterns: list[URLPattern] = [
    path("improve/projects/<uuid:public_id>/check/", effects.plan, name="effect_plan"),
    path("verify/effects/", effects.effects, name="effects"),
    path("verify/effects/<uuid:public_id>/", effects.effect, name="effect"),
    path("verify/effects/<uuid:public_id>/step/<slug:what>/", effects.step, name="effect_step"),
    path(
        "verify/effects/<uuid:public_id>/<slug:chart>.<slug:ending>",
        effects.chart_file,
        name="effect_chart",
    ),
]
