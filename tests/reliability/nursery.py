"""Workers for being killed. Run as ``python -m tests.reliability.nursery MODULE``.

The nursery loads the platform and a module of the tests once and calls the module's ``prepare()``. For each line on
its input it forks: "worker" makes a worker and answers with its process number, anything else is a list of words for
the module's ``command(*words)``, whose result is the answer.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback

import django


def _nursery(name: str) -> None:
    from django.db import connections

    from servloop_app.jobs import tasks  # noqa: F401  # everything that a worker needs is loaded before the forks
    from servloop_app.jobs.worker import work

    module = importlib.import_module(name)
    module.prepare()
    connections.close_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries killed workers
    print("ready", flush=True)
    for line in sys.stdin:
        words = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                if words == ["worker"]:
                    work()
                else:
                    print(json.dumps(module.command(*words)), flush=True)
            except BaseException:
                traceback.print_exc()
                if words != ["worker"]:  # a worker that dies of a full disk has answered already
                    print("null", flush=True)
            finally:
                os._exit(0)
        if words == ["worker"]:
            print(child, flush=True)


class Nursery:
    """Makes workers of an installation, and asks and tells it things, without loading the platform anew for each."""

    def __init__(self, installation, module: str) -> None:
        self.process = installation.start(
            sys.executable, "-m", "tests.reliability.nursery", module, talking=True
        )
        assert self.process.stdout.readline() == b"ready\n", (installation.data / "log").read_text()[-2000:]

    def command(self, *words: str):
        """What the module's command answers."""
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer is not None, f"{words} failed; the log of the installation says why"
        return answer

    def worker(self) -> int:
        """The process number of a new worker."""
        return self.command("worker")


if __name__ == "__main__":
    django.setup()
    _nursery(sys.argv[1])
