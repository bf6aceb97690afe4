"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from servloop_app.web import account
from servloop_app.web.collect import dictionary, feedback, imports, one, rows
from servloop_app.web.demo import planted
from servloop_app.web.diagnose.urls import urlpatterns as diagnose
from servloop_app.web.improve.project_urls import urlpatterns as projects
from servloop_app.web.improve.tickets_urls import urlpatterns as tickets
from servloop_app.web.measure.urls import urlpatterns as measure
from servloop_app.web.monitor.alert_urls import urlpatterns as alerts
from servloop_app.web.monitor.report_urls import urlpatterns as reports
from servloop_app.web.plan.urls import urlpatterns as goals
from servloop_app.web.process.urls import urlpatterns as process
from servloop_app.web.trust import jobs, log, people, personal_data, roles, settings, units
from servloop_app.web.verify.urls import urlpatterns as effects
from servloop_app.web.views import general

urlpatterns: list[URLPattern] = [
    path("", general.start, name="start"),
    path("language/", general.language, name="language"),
    path("sample/planted/", planted.planted, name="planted"),
    path("collect/imports/", imports.imports, name="imports"),
    path("collect/imports/add/", imports.add, name="import_add"),
    path("collect/imports/<uuid:public_id>/", one.one, name="import"),
    path("collect/imports/<uuid:public_id>/mapping/", imports.mapping, name="import_mapping"),
    path("collect/imports/<uuid:public_id>/cancel/", one.cancel, name="import_cancel"),
    path("collect/imports/<uuid:public_id>/discard/", imports.discard, name="import_discard"),
    path("collect/imports/<uuid:public_id>/process/", one.process, name="import_process"),
    path("collect/imports/<uuid:public_id>/undo/", one.undo, name="import_undo"),
    path("collect/imports/<uuid:public_id>/rows/", rows.open_rows, name="import_rows"),
    path("collect/imports/<uuid:public_id>/rows/replay/", rows.replay, name="import_replay"),
    path("collect/imports/<uuid:public_id>/rows/download/", rows.download, name="import_rows_download"),
    path("collect/imports/<uuid:public_id>/rows/upload/", rows.upload, name="import_rows_upload"),
    path("collect/feedback/", feedback.feedback, name="feedback"),
    path("collect/feedback/<uuid:public_id>/", feedback.record, name="feedback_record"),
    path("collect/feedback/<uuid:public_id>/open/", feedback.open_text, name="feedback_open"),
    path("collect/data/", dictionary.dictionary, name="data_dictionary"),
    *measure,
    *goals,
    *tickets,
    *alerts,
    *projects,
    *effects,
    *diagnose,
    *reports,
    *process,
    path("trust/people/", people.people, name="people"),
    path("trust/people/add/", people.add, name="person_add"),
    path("trust/people/<uuid:public_id>/", people.person, name="person"),
    path("trust/people/<uuid:public_id>/roles/", people.assign, name="person_assign"),
    path("trust/people/<uuid:public_id>/roles/<uuid:assignment>/", people.unassign, name="person_unassign"),
    path("trust/people/<uuid:public_id>/active/", people.set_active, name="person_active"),
    path("trust/people/<uuid:public_id>/password/", people.set_password, name="person_password"),
    path("trust/people/<uuid:public_id>/preview/", people.preview, name="person_preview"),
    path("trust/preview/end/", people.preview_end, name="preview_end"),
    path("trust/roles/", roles.roles, name="roles"),
    path("trust/units/", units.units, name="units"),
    path("trust/units/add/", units.add, name="unit_add"),
    path("trust/units/<slug:code>/", units.unit, name="unit"),
    path("trust/units/<slug:code>/close/", units.close, name="unit_close"),
    path("trust/personal-data/", personal_data.requests, name="personal_data"),
    path("trust/personal-data/held/", personal_data.held, name="personal_data_held"),
    path("trust/personal-data/file/", personal_data.file, name="personal_data_file"),
    path("trust/personal-data/erase/", personal_data.erase, name="personal_data_erase"),
    path("trust/personal-data/<uuid:public_id>/", personal_data.erasure, name="personal_data_erasure"),
    path("trust/log/", log.log, name="audit_log"),
    path("trust/log/verify/", log.verify, name="audit_verify"),
    path("trust/log/<int:seq>/", log.leaf, name="audit_leaf"),
    path("trust/log/<int:seq>/undo/", log.take_back, name="audit_undo"),
    path("trust/jobs/", jobs.jobs, name="jobs"),
    path("trust/jobs/<uuid:public_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("trust/jobs/<uuid:public_id>/retry/", jobs.retry, name="job_retry"),
    path("trust/schedules/<slug:code>/", jobs.switch, name="schedule_switch"),
    path("trust/settings/", settings.settings, name="settings"),
    path("account/", account.account, name="account"),
    path("account/language/", account.language, name="account_language"),
    path("account/sessions/<uuid:public_id>/", account.end_session, name="account_end_session"),
    path("account/tokens/", account.issue_token, name="account_issue_token"),
    path("account/tokens/<uuid:public_id>/", account.revoke_token, name="account_revoke_token"),
]
