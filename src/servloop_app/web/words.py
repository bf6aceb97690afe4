"""Words for what the core names by codes: roles, permissions, actions, kinds of jobs."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from servloop_app.core.models import Person

ROLE_LABELS: dict[str, Promise] = {
    "administrator": _("Administrator"),
    "quality_manager": _("Quality manager"),
    "analyst": _("Analyst"),
    "supervisor": _("Supervisor"),
    "agent": _("Agent"),
    "auditor": _("Auditor"),
    "executive": _("Executive"),
    "privacy_officer": _("Privacy officer"),
}
ROLE_PURPOSES: dict[str, Promise] = {
    "administrator": _("Sets up people, roles, units and the platform; sees no customer's data."),
    "quality_manager": _("Runs the loop from hearing customers to proving that it helped."),
    "analyst": _("Imports, measures and diagnoses; changes no cases."),
    "supervisor": _("Leads a team: its cases, alerts, projects and staffing."),
    "agent": _("Answers feedback and works on cases."),
    "auditor": _("Sees everything that is on record, changes nothing."),
    "executive": _("Reads results, goals and reports."),
    "privacy_officer": _("Answers requests about personal data; may open and erase it."),
}
SUBJECT_LABELS: dict[str, Promise] = {
    "home": _("Home"),
    "channels": _("Channels"),
    "surveys": _("Surveys"),
    "feedback": _("Feedback"),
    "imports": _("Imports"),
    "metrics": _("Metrics"),
    "models": _("Models"),
    "voice": _("Voice of the customer"),
    "process": _("Process"),
    "findings": _("Findings"),
    "opportunities": _("Opportunities"),
    "goals": _("Goals"),
    "standards": _("Service standards"),
    "staffing": _("Staffing"),
    "tickets": _("Cases of service"),
    "projects": _("Projects"),
    "knowledge": _("Knowledge"),
    "training": _("Training"),
    "effects": _("Effects"),
    "monitors": _("Monitors"),
    "alerts": _("Alerts"),
    "reports": _("Reports"),
    "people": _("People"),
    "roles": _("Roles"),
    "units": _("Units"),
    "calendars": _("Calendars"),
    "access": _("See as others"),
    "audit": _("Audit log"),
    "personal_data": _("Personal data in clear"),
    "privacy": _("Privacy requests"),
    "retention": _("Retention"),
    "jobs": _("Jobs"),
    "schedules": _("Schedules"),
    "backups": _("Backups"),
    "settings": _("Settings"),
    "data": _("Files to take away"),
}
VERB_LABELS: dict[str, Promise] = {
    "view": pgettext_lazy("permission", "see"),
    "edit": pgettext_lazy("permission", "change"),
    "assign": pgettext_lazy("permission", "assign"),
    "preview": pgettext_lazy("permission", "preview"),
    "verify": pgettext_lazy("permission", "verify"),
    "open": pgettext_lazy("permission", "open"),
    "erase": pgettext_lazy("permission", "erase"),
    "export": pgettext_lazy("permission", "export"),
}
ACTION_LABELS: dict[str, Promise] = {
    "calendar.remove": _("removed a working calendar"),
    "calendar.set": _("set a working calendar"),
    "calendar.update_holidays": _("updated public holidays"),
    "feedback.open": _("opened a piece of feedback in clear"),
    "finding.dismiss": _("dismissed a finding"),
    "finding.record": _("recorded a finding"),
    "finding.reopen": _("reopened a finding"),
    "import.add": _("gave a file for import"),
    "import.cancel": _("cancelled an import"),
    "import.confirm": _("confirmed an import"),
    "import.discard": _("discarded an import"),
    "import.fail": _("an import failed"),
    "import.record": _("checked an import"),
    "import.undo": _("asked to undo an import"),
    "import.undone": _("undid an import"),
    "job.cancel": _("cancelled a job"),
    "job.retry": _("started a job again"),
    "keys.add": _("added an encryption key"),
    "keys.retire": _("retired encryption keys"),
    "metric.add": _("added a metric"),
    "metric.change": _("changed a metric"),
    "metric.install": _("installed metrics"),
    "metric.refresh": _("computed a metric again"),
    "metric.use": _("switched a metric on or off"),
    "opportunity.accept": _("accepted an opportunity"),
    "opportunity.estimate": _("estimated the effort of an opportunity"),
    "opportunity.rank": _("ranked the opportunities"),
    "opportunity.reject": _("rejected an opportunity"),
    "opportunity.reopen": _("reopened an opportunity"),
    "opportunity.snooze": _("put an opportunity off"),
    "organisation.set_up": _("set up the organisation"),
    "person.change_own_language": _("chose a language"),
    "person.change_own_password": _("changed the own password"),
    "person.create": _("added a person"),
    "person.set_active": _("locked a person out or let them in"),
    "person.set_password": _("set a person's password"),
    "person.update": _("changed a person"),
    "personal_data.erase": _("asked to erase personal data"),
    "personal_data.erased": _("erased personal data"),
    "process_definition.restore": _("took back what was said about a process"),
    "process_log.add": _("added a process log"),
    "process_log.delete": _("deleted a process log"),
    "process_log.not_waiting": _("marked a step as waiting or not"),
    "process_log.options": _("said how a process log is read"),
    "process_log.read": _("read a process log"),
    "process_standard.define": _("defined the standard of a process"),
    "process_study.ask": _("asked for an analysis of a process"),
    "quarantine.dismiss": _("dismissed rows that were set aside"),
    "quarantine.open": _("opened rows that were set aside"),
    "quarantine.replay": _("repaired rows that were set aside"),
    "role.assign": _("gave or denied a role"),
    "role.remove": _("took a role away"),
    "schedule.add_defaults": _("added default schedules"),
    "schedule.delete": _("deleted a schedule"),
    "schedule.save": _("changed a schedule"),
    "session.end": _("ended a session"),
    "session.start": _("signed in"),
    "token.issue": _("made an API token"),
    "token.revoke": _("revoked an API token"),
    "unit.close": _("closed a unit"),
    "unit.create": _("added a unit"),
    "unit.move": _("moved a unit"),
    "unit.remove": _("removed a unit"),
    "unit.update": _("changed a unit"),
    "view.save": _("saved a view"),
}
JOB_LABELS: dict[str, Promise] = {
    "facts.upkeep": _("Join small files of the facts"),
    "findings.refresh": _("Look for findings again"),
    "import.clear": _("Clear away a stopped import"),
    "import.store": _("Import a file"),
    "import.undo": _("Take an import back"),
    "jobs.tidy": _("Clear away finished jobs"),
    "metric.follow_facts": _("Follow new facts with the metrics"),
    "metric.refresh": _("Compute a metric"),
    "opportunities.rank": _("Rank opportunities"),
    "process_log.follow_facts": _("Bring a process map up to date with the facts"),
    "personal_data.erase": _("Erase people's data"),
    "process_log.read": _("Read a process log"),
    "process_log.study": _("Work out an analysis of a process"),
    "trust.publish_checkpoint": _("Publish a checkpoint of the audit log"),
}
SETTING_PURPOSES: dict[str, Promise] = {
    "DATABASE_URL": _("PostgreSQL of the work database; empty means SQLite in the data folder."),
    "SERVLOOP_BASE_URL": _("Address that people use, for links in messages."),
    "SERVLOOP_DATA": _("Folder of the work database, facts, uploads and keys."),
    "SERVLOOP_DEBUG": _("1 shows error details in the browser: for development only."),
    "SERVLOOP_HOSTS": _("Further host names that the server answers to."),
    "SERVLOOP_LANGUAGE": _("Language for people who have not chosen one."),
    "SERVLOOP_SECRET_KEY": _("Signs sessions and links; made once and kept in the data folder if not given."),
    "SERVLOOP_TIMEZONE": _("Zone in which pages show times."),
}


def actor_names(references: set[str]) -> dict[str, str]:
    """Names of actors as the log refers to them (``person:<id>``, ``system:<part>``)."""
    ids = {reference.partition(":")[2] for reference in references if reference.startswith("person:")}
    people = {str(person.public_id): str(person) for person in Person.objects.filter(public_id__in=ids)}
    return {
        reference: people.get(reference.partition(":")[2], reference)
        if reference.startswith("person:")
        else str(_("the platform"))
        for reference in references
    }
