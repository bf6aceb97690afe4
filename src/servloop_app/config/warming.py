"""What pages need sooner or later is loaded before somebody waits for it.

Loading the statistics takes longer than a request may compute. A server's process does it in the background once it
answers; commands and tests, which may never need it, do not.
"""

from __future__ import annotations

import importlib
import os
import threading

from servloop_app.config.lifeline import SUPERVISOR

NEEDED = ("polars", "duckdb", "scipy.special")


def begin() -> None:
    """Start loading, when this process was started by a supervisor."""
    if os.environ.get(SUPERVISOR):
        threading.Thread(target=_load, name="warming", daemon=True).start()


def _load() -> None:
    for name in NEEDED:
        importlib.import_module(name)
