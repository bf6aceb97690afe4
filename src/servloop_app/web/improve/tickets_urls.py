"""Addresses of the ticket pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web.improve import ticket, tickets

urlpatterns: list[URLPattern] = [
    path("collect/feedback/<uuid:public_id>/ticket/", tickets.from_feedback, name="feedback_ticket"),
    path("improve/tickets/", tickets.tickets, name="tickets"),
    path("improve/tickets/open/", tickets.open_one, name="ticket_open"),
    path("improve/tickets/process/", tickets.analyse, name="tickets_process"),
    path("improve/tickets/settings/", tickets.settings, name="ticket_settings"),
    path("improve/tickets/<uuid:public_id>/", ticket.ticket, name="ticket"),
    path("improve/tickets/<uuid:public_id>/text/<uuid:entry>/", ticket.open_text, name="ticket_text"),
    path("improve/tickets/<uuid:public_id>/<slug:step>/", ticket.step, name="ticket_step"),
]
