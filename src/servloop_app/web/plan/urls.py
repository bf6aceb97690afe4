"""Addresses of goals."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.plan import goals

urlpatterns: list[URLPattern] = [
    path("plan/goals/", goals.goals, name="goals"),
    path("plan/goals/add/", goals.add, name="goal_add"),
    path("plan/goals/check/", goals.check, name="goal_check"),
    path("plan/goals/<uuid:public_id>/", goals.goal, name="goal"),
    path("plan/goals/<uuid:public_id>/revise/", goals.revise, name="goal_revise"),
    path("plan/goals/<uuid:public_id>/cascade/", goals.cascade, name="goal_cascade"),
    path("plan/goals/<uuid:public_id>/close/", goals.close, name="goal_close"),
    path("plan/goals/<uuid:public_id>/reopen/", goals.reopen, name="goal_reopen"),
]
