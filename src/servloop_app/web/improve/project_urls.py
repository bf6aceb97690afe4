"""Addresses of improvement projects."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.improve import projects

urlpatterns: list[URLPattern] = [
    path("improve/projects/", projects.projects, name="projects"),
    path("improve/projects/add/", projects.add, name="project_add"),
    path("improve/projects/actions/<uuid:public_id>/", projects.move_action, name="project_action"),
    path("improve/projects/costs/<uuid:public_id>/", projects.spend_cost, name="project_cost"),
    path("improve/projects/<uuid:public_id>/", projects.project, name="project"),
    path("improve/projects/<uuid:public_id>/change/", projects.change, name="project_change"),
    path("improve/projects/<uuid:public_id>/actions/", projects.add_action, name="project_actions"),
    path("improve/projects/<uuid:public_id>/costs/", projects.add_cost, name="project_costs"),
    path("improve/projects/<uuid:public_id>/step/<slug:what>/", projects.step, name="project_step"),
]
