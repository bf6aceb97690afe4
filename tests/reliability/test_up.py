"""``servloop up``: one command, one process tree, which heals itself and ends when asked."""

import os
import signal
import socket
import subprocess
import time


def children(process):
    """The processes that the supervisor started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def gone(pids):
    """Whether none of the processes is left (a zombie whose parent was killed does not count)."""
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
    )
    return all(state.startswith("Z") for state in listed.stdout.split())


def groups(pids):
    """Every process in the groups of the given ones."""
    wanted = ",".join(map(str, pids))
    listed = subprocess.run(["ps", "-o", "pid=", "-g", wanted], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def test_the_platform_starts_heals_and_ends(installation):
    supervisor = installation.up()
    web_and_worker = children(supervisor)
    assert len(web_and_worker) == 2
    # A second one on the same data folder is refused with a sentence.
    second = installation.servloop("up", "--port", "1")
    assert second.returncode == 2
    assert "already runs" in second.stderr or "已有 ServLoop" in second.stderr
    # Both children are killed with their groups: both come back.
    for child in web_and_worker:
        os.killpg(child, signal.SIGKILL)
    installation.wait_until(
        lambda: len(set(children(supervisor)) - set(web_and_worker)) == 2 and installation.answers(), 60
    )
    everything = groups(children(supervisor))
    started = time.monotonic()
    supervisor.send_signal(signal.SIGTERM)
    supervisor.wait(timeout=10)
    assert time.monotonic() - started < 4.0  # three seconds, and one for a busy machine
    assert supervisor.returncode == 0
    assert gone(everything)


def test_children_do_not_outlive_a_killed_supervisor(installation):
    supervisor = installation.up()
    everything = groups(children(supervisor))
    supervisor.kill()
    supervisor.wait(timeout=10)
    installation.wait_until(lambda: gone(everything), 10)


def test_a_taken_port_is_said_in_one_sentence(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = installation.servloop("up", "--port", str(taken.getsockname()[1]), "--host", "127.0.0.1")
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
