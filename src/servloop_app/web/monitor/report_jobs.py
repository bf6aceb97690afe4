"""Writing reports as PDF in the background, each in a process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import override

from servloop_app.core import guard
from servloop_app.jobs.kinds import job
from servloop_app.jobs.runs import RunContext
from servloop_app.monitor.actions_reports import RENDER_JOB
from servloop_app.monitor.report_models import Report, ReportFile
from servloop_app.monitor.report_objects import LANGUAGES
from servloop_app.web.assets import DIST, asset
from servloop_app.web.monitor import pdf_writer

_TABLE = ReportFile._meta.db_table
_SECONDS = 120
_REASONS = {
    pdf_writer.LIBRARY_MISSING: "report.library_missing",
    pdf_writer.NO_CHINESE_FONT: "report.no_chinese_font",
    pdf_writer.FAILED: "report.file_failed",
}


@job(RENDER_JOB)
def write_file(run: RunContext, report: str, language: str) -> dict[str, Any]:
    """Write a report as a PDF in a language; writing it again gives the same text from the same frozen content."""
    found = Report.objects.select_related("run", "person").get(public_id=report)
    if ReportFile.objects.filter(report=found, language=language, error_code="").exists():
        return {}
    run.progress(0, 1, "files", "report.writing_file")
    started = time.monotonic()
    written = pdf(html_of(found, language))
    written["seconds"] = round(time.monotonic() - started, 2)
    # Derived: the frozen report gives it again.
    with guard.opening(_TABLE), run.step():
        if Report.objects.select_for_update().get(pk=found.pk).content != found.content:
            run.enqueue(RENDER_JOB, {"report": report, "language": language})
            return {}  # words were erased meanwhile: they must not stand in a file
        ReportFile.objects.update_or_create(report=found, language=language, defaults=written)
    return {"size": written["size"], "seconds": written["seconds"]}


def html_of(report: Report, language: str) -> str:
    """The whole document of a report, with its styles in it."""
    # Whoever only starts the platform does not load how a report looks.
    from servloop_app.web.measure.words import METHOD_LABELS  # noqa: PLC0415
    from servloop_app.web.monitor.report_view import document  # noqa: PLC0415

    css = (DIST.parent / asset("report.css").path).read_text(encoding="utf-8")
    context = {
        "doc": document(report),
        "css": SafeString(css),
        "base": str(settings.BASE_URL),
        "methods": METHOD_LABELS,
    }
    with override(LANGUAGES[language]):
        return render_to_string("web/monitor/report_file.html", context)


def pdf(html: str) -> dict[str, Any]:
    """A PDF of a document, as columns of a `ReportFile`; without one the reason why."""
    command = [sys.executable, "-m", pdf_writer.__name__]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    columns: dict[str, Any] = {
        "content": None,
        "size": 0,
        "pages": 0,
        "digest": "",
        "error_code": "",
        "error_params": {},
    }
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, input=html.encode(), capture_output=True, timeout=_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return columns | {
            "error_code": "report.file_failed",
            "error_params": {"problem": f"more than {_SECONDS} s"},
        }
    said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if done.returncode:
        code = _REASONS.get(done.returncode, "report.file_failed")
        try:
            params = json.loads(said)
        except ValueError:
            params = {"problem": said[:200] or f"exit code {done.returncode}"}
        return columns | {"error_code": code, "error_params": params}
    return columns | {
        "content": done.stdout,
        "size": len(done.stdout),
        "pages": json.loads(said)["pages"],
        "digest": hashlib.sha256(done.stdout).hexdigest(),
    }
