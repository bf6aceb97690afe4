"""The description of the API fits what it does, and no request makes it fail."""

import json

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connections
from hypothesis import HealthCheck, Phase, given, settings
from tests.app.organisation import build

from servloop_app.api.application import api


def document():
    return json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1"), default=str))


def test_every_operation_is_described_with_examples():
    described = document()
    assert described["openapi"].startswith("3.1")
    for path, operations in described["paths"].items():
        for verb, operation in operations.items():
            assert operation.get("description") or operation.get("summary"), (verb, path)
            assert operation["security"], (verb, path)
            assert operation["tags"], (verb, path)
    taken = [schema for name, schema in described["components"]["schemas"].items() if name.endswith("In")]
    assert len(taken) >= 5
    for schema in taken:
        assert schema["additionalProperties"] is False
        shown = [field for field in schema["properties"].values() if "examples" in field]
        assert shown, schema["title"]


@pytest.fixture
def one_connection(db, monkeypatch):
    """Requests leave the test's connection, and with it the test's transaction, open.

    The signals that close it cannot be disconnected for the length of a test: an answer that another test's
    client left unread connects them again whenever it is cleared away.
    """
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)


def walk(examples):
    from servloop_app.core.actions import Actor, IssueToken, execute
    from servloop_app.core.permissions import PERMISSIONS

    organisation = build()
    person = organisation.person(("administrator", "head"), ("auditor", "head"))
    token = execute(IssueToken("all", sorted(PERMISSIONS)), Actor.of_person(person, "page")).outcome
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    operations = 0
    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy()
        run_examples(strategy, examples, token)
        operations += 1
    assert operations >= 25


def run_examples(strategy, examples, token):
    @given(case=strategy)
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, (case.method, case.path, answer.status_code)

    call()


def test_no_request_makes_the_api_fail(one_connection):
    walk(6)


@pytest.mark.slow
def test_many_requests_do_not_make_the_api_fail(one_connection):
    walk(80)
