"""What the processes of the platform load when they start, and with which environment."""

import json
import os
import subprocess
import sys

from tests.conftest import ROOT

from servloop_app.cli import supervisor

# Statistics, learning and printing are the worker's business, and so is writing facts.
HEAVY = ["scipy", "sklearn", "statsmodels", "pandas", "weasyprint", "matplotlib", "pyarrow", "deltalake"]
LOOK = f"""
import json, pathlib, re, sys
import servloop_app.config.wsgi
from django.urls import reverse
address = reverse("process_logs")  # loads every page
status = pathlib.Path("/proc/self/status").read_text()  # the peak of this program alone
megabytes = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
loaded = [name for name in {HEAVY} if name in sys.modules]
print(json.dumps({{"address": address, "megabytes": megabytes, "loaded": loaded}}))
"""


def test_the_web_process_starts_without_heavy_packages(tmp_path):
    environment = {
        **os.environ,
        "SERVLOOP_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "servloop_app.config.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    seen = json.loads(done.stdout)
    assert seen["loaded"] == []
    assert seen["address"].startswith("/")
    assert seen["megabytes"] < 250


def environment_of(part, tmp_path):
    """What a process of a part finds in its environment."""
    told = tmp_path / "environment"
    write = f"import json, os, pathlib; pathlib.Path({str(told)!r}).write_text(json.dumps(dict(os.environ)))"
    part.command = [sys.executable, "-c", write]
    part.start()
    assert part.process.wait(timeout=60) == 0
    return json.loads(told.read_text())


def test_the_worker_leaves_processors_to_the_pages(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert environment_of(supervisor.worker_part(), tmp_path)["OPENBLAS_NUM_THREADS"] == "1"
    assert "OPENBLAS_NUM_THREADS" not in environment_of(supervisor.web_part("::1", 1, 1), tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert environment_of(supervisor.worker_part(), tmp_path)["OPENBLAS_NUM_THREADS"] == "2"


WARM = f"""
import json, pathlib, re, sys, threading
import servloop_app.config.wsgi
from servloop_app.config.warming import NEEDED
for thread in threading.enumerate():
    if thread.name == "warming":
        thread.join(60)
status = pathlib.Path("/proc/self/status").read_text()
megabytes = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
loaded = [name for name in {{*NEEDED, *{HEAVY}}} if name in sys.modules]
print(json.dumps({{"needed": NEEDED, "megabytes": megabytes, "loaded": loaded}}))
"""


def test_a_supervised_web_process_loads_in_the_background_what_pages_need(tmp_path):
    environment = {
        **os.environ,
        "SERVLOOP_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "servloop_app.config.settings",
        "PYTHONPATH": str(ROOT / "src"),
        supervisor.SUPERVISOR: str(os.getpid()),
    }
    done = subprocess.run(
        [sys.executable, "-c", WARM], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    seen = json.loads(done.stdout)
    assert set(seen["needed"]) <= set(seen["loaded"])
    assert set(seen["loaded"]) & set(HEAVY) == {"scipy"}
    assert seen["megabytes"] < 250
