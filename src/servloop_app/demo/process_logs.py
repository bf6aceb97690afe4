"""The sample process logs: one invented process, named once in Chinese and once in English."""

from __future__ import annotations

import io
from uuid import UUID, uuid5

from django.utils import translation

from servloop_app.core.actions import Actor, execute
from servloop_app.demo.organisation import HOTLINE, ROOT
from servloop_app.demo.simulator.hotline import hotline_calls
from servloop_app.demo.simulator.world import World
from servloop_app.diagnose import log_files, sample
from servloop_app.diagnose.actions import AddProcessLog
from servloop_app.diagnose.models import ProcessLog
from servloop_app.diagnose.reading import ReadingOptions
from servloop_app.diagnose.tasks import read_now

_NAMESPACE = UUID("5a1d3c52-6a0e-4d0c-9b52-0b7d5ad51c1e")
# language of the steps' names → title; the newest stands first on the page
CALLS, CALLS_FILE = "热线来电 / Hotline calls", "calls.csv"
LOGS = {"en": "Service requests (English names)", "zh-hans": "客户服务请求"}


def load(actor: Actor) -> list[ProcessLog]:
    """Take in the logs that are not there yet, and read those that are not read."""
    return [_load(language, title, actor) for language, title in LOGS.items()]


def load_calls(actor: Actor, *, planted: bool) -> ProcessLog:
    """Take in the calls of the bank's hotline, with too few people on Mondays where that is planted: for what-ifs.

    They are a log of their own and not among the facts: minutes on the telephone beside days in a branch would make
    every branch's turnaround look slow.
    """
    public_id = uuid5(_NAMESPACE, "hotline")
    log = ProcessLog.objects.filter(public_id=public_id).first()
    if log is None:
        log_files.remove(public_id)
        content = io.BytesIO()
        hotline_calls(World(planted=planted)).write_csv(content, datetime_format="%Y-%m-%dT%H:%M:%S%:z")
        size = log_files.keep_upload(public_id, CALLS_FILE, [content.getvalue()])
        new = AddProcessLog(public_id, CALLS, HOTLINE[0], CALLS_FILE, size, ReadingOptions({}), sample=True)
        log = execute(new, actor).outcome
    return log if log.ready else read_now(public_id, actor)


def _load(language: str, title: str, actor: Actor) -> ProcessLog:
    public_id = uuid5(_NAMESPACE, language)  # a second run finds the log of the first one
    log = ProcessLog.objects.filter(public_id=public_id).first()
    if log is None:
        log_files.remove(public_id)  # what a run that was broken off may have left
        with translation.override(language):
            size = sample.keep_sample(public_id)
        action = AddProcessLog(
            log=public_id,
            title=title,
            unit_code=ROOT,
            file_name=sample.FILE_NAME,
            file_size=size,
            options=ReadingOptions(columns={}),
            sample=True,
        )
        log = execute(action, actor).outcome
    return log if log.ready else read_now(public_id, actor)
