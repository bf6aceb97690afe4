"""Children of ``servloop up`` do not outlive it: they watch whether it is still there.

The supervisor ends its children itself; this is for the case that it was killed and could not.
"""

from __future__ import annotations

import os
import signal
import threading
import time

SUPERVISOR = "_SERVLOOP_SUPERVISOR"
_LOOK_SECONDS = 0.5
_GRACE_SECONDS = 2.0


def watch() -> None:
    """Start watching, when this process was started by a supervisor."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor:
        threading.Thread(target=_watch, args=(int(supervisor),), name="lifeline", daemon=True).start()


def _watch(supervisor: int) -> None:
    while _alive(supervisor):
        time.sleep(_LOOK_SECONDS)
    group = os.getpgrp()  # of this child alone: the supervisor gave it a session of its own
    os.killpg(group, signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.killpg(group, signal.SIGKILL)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
