"""Many writers at once, and the worker beside them: nobody is told that the database is locked."""

import json
import threading
import time
import urllib.error
import urllib.request

import pytest

WRITERS = 50


class Writer(threading.Thread):
    """A program that renames a unit of its own over and over, through the API."""

    def __init__(self, address, token, number, until):
        super().__init__(name=f"writer {number}")
        self.address, self.token, self.number, self.until = address, token, number, until
        self.written, self.slowest, self.refused = 0, 0.0, []

    def call(self, verb, path, body):
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}",
            method=verb,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            self.refused.append((error.code, error.read()[:300]))
        except OSError as error:
            self.refused.append((0, str(error)))
        else:
            self.written += 1
        self.slowest = max(self.slowest, time.monotonic() - started)

    def run(self):
        code = f"writer-{self.number}"
        first = {"code": code, "name": {"en": code}, "kind": "team", "parent": "organisation"}
        self.call("POST", "/units", first)
        while time.monotonic() < self.until:
            self.call("PUT", f"/units/{code}", {"name": {"en": f"{code} {self.written}"}, "kind": "team"})


def write_for(installation, seconds):
    made = installation.servloop("person", "create", "root", "--password-stdin", given="Correct-horse-7\n")
    assert made.returncode == 0, made.stderr
    token = installation.python("tests.reliability.load", "token").stdout.strip()
    installation.up()
    installation.python("tests.reliability.load", "jobs", "40")  # work for the worker meanwhile
    until = time.monotonic() + seconds
    writers = [Writer(installation.address, token, number, until) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [refused for writer in writers for refused in writer.refused] == []
    written = sum(writer.written for writer in writers)
    assert all(writer.written for writer in writers)
    report = json.loads(installation.python("tests.reliability.load", "report").stdout)
    assert report["units"] == WRITERS + 1
    assert report["leaves"] == written
    assert report["intact"]
    assert report["failed"] == 0
    return written, max(writer.slowest for writer in writers)


def test_fifty_writers_and_the_worker_for_some_seconds(installation):
    written, slowest = write_for(installation, 8)
    assert written > WRITERS
    assert slowest < 20


@pytest.mark.slow
def test_fifty_writers_and_the_worker_for_a_minute(installation, record_testsuite_property):
    written, slowest = write_for(installation, 60)
    record_testsuite_property("written", written)
    record_testsuite_property("slowest_seconds", slowest)
    assert slowest < 20
