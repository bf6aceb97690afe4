"""CPU seconds and peak memory of one piece of work, in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Cost:
    """What one side needed: CPU seconds of all threads, elapsed seconds, megabytes above what was loaded."""

    cpu: float
    elapsed: float
    peak_mb: float
    answer: Any


def measure(work: Callable[[], Any], *, repeat: int = 1) -> Cost:
    """Run the work; times are the best of the repetitions, memory is that of the first."""
    loaded = _resident_kb()
    _reset_peak()
    cpu = elapsed = float("inf")
    peak = 0.0
    answer = None
    for run in range(repeat):
        before, begin = _cpu(), time.perf_counter()
        answer = work()
        elapsed = min(elapsed, time.perf_counter() - begin)
        cpu = min(cpu, _cpu() - before)
        if run == 0:
            peak = (_peak_kb() - loaded) / 1024
    return Cost(cpu, elapsed, peak, answer)


def print_cost(cost: Cost) -> None:
    """Hand the figures to the parent process."""
    print(json.dumps(vars(cost)))


def peak_megabytes() -> float:
    """The most that this process has held since `measure` began, all that it had loaded before included."""
    return _peak_kb() / 1024


def in_child(module: str, *arguments: str, python: str = sys.executable) -> Cost:
    """Run a module in its own process and read the figures that it prints.

    Args:
        module: in this folder or the library.
        *arguments: for it.
        python: the interpreter; another one brings its own libraries.

    Raises:
        RuntimeError: the child failed; its error is shown.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        [python, "-m", module, *arguments],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    if done.returncode:
        msg = f"{module} {' '.join(arguments)}: {done.stderr.strip()[-2_000:]}"
        raise RuntimeError(msg)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _status_kb(field: str) -> int | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return None


def _resident_kb() -> int:
    return _status_kb("VmRSS") or _peak_kb()


def _peak_kb() -> int:
    return _status_kb("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _reset_peak() -> None:
    """Forget the peak of loading, where the kernel allows it; otherwise the figure is an upper bound."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return
