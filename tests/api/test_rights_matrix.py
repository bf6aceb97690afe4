"""Every route × verb × role × unit: who may come, and that nothing is reached without a declaration."""

import re
from itertools import product

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.resolvers import RoutePattern
from ninja.operation import PathView
from tests.app.organisation import PASSWORD, SYSTEM

from servloop_app.api.application import api
from servloop_app.core.actions import IssueToken, execute
from servloop_app.core.actions.base import Actor
from servloop_app.core.permissions import ORGANISATION_WIDE, PERMISSIONS, ROLES
from servloop_app.core.policy import Policy
from servloop_app.core.routes import RoutePolicy, declared

VERBS = ("get", "post", "put", "patch", "delete")
FILLED = {"uuid": "00000000-0000-0000-0000-000000000000", "int": "7", "str": "x", "slug": "x", "path": "x"}


def pages(patterns=None, prefix=""):
    """(address, declaration) of every route that is not the API's."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api":
                yield from pages(pattern.url_patterns, place)
        else:
            assert isinstance(pattern, URLPattern)
            yield "/" + place, declared(pattern.callback)


def endpoints():
    """(address, verb, declaration) of every operation of the API."""
    for prefix, router in api._routers:
        for address, view in router.path_operations.items():
            assert isinstance(view, PathView)
            for operation in view.operations:
                for verb in operation.methods:
                    yield f"/api/v1{prefix}{address}", verb.lower(), declared(operation.view_func)


def filled(address):
    """An address with something in the place of its parameters."""
    address = re.sub(r"<(\w+):\w+>", lambda found: FILLED[found[1]], address)
    address = re.sub(r"<\w+>", "x", address)
    address = re.sub(r"\{\w+:(\w+)\}", lambda found: FILLED[found[1]], address)
    return re.sub(
        r"\{(\w+)\}", lambda found: {"code": "north", "seq": "7"}.get(found[1], FILLED["uuid"]), address
    )


def test_every_route_says_who_may_use_it():
    without = [address for address, asked in pages() if asked is None]
    without += [f"{verb} {address}" for address, verb, asked in endpoints() if asked is None]
    assert without == []
    assert len(list(endpoints())) >= 25
    assert len(list(pages())) >= 10


def test_a_route_without_a_declaration_would_be_found():
    forgotten = URLResolver(RoutePattern("more/"), [path("<int:number>/", lambda request, number: None)])
    assert list(pages([forgotten])) == [("/more/<int:number>/", None)]


def test_the_api_of_ninja_itself_is_declared_public():
    namespaced = [
        pattern for pattern in get_resolver().url_patterns if getattr(pattern, "namespace", "") == "api"
    ]
    own = {pattern.name for pattern in namespaced[0].url_patterns if pattern.name}
    assert {"openapi-json", "openapi-view", "api-root"} <= own


def test_public_routes_are_these():
    """Whoever opens another route to everybody changes this list knowingly."""
    open_to_all = {address for address, asked in pages() if asked is not None and asked.public}
    assert {address for address in open_to_all if not address.startswith(("/accounts/", "/language/"))} <= {
        "/healthz",
        "/readyz",
    }
    assert not [address for address, _verb, asked in endpoints() if asked.public]


@pytest.mark.django_db
def test_the_matrix_of_declarations(organisation):
    """route × verb × role × unit, as the declaration and the definition of roles say."""
    asked_of = {("page", address, verb): asked for (address, asked), verb in product(pages(), VERBS)}
    asked_of |= {("api", address, verb): asked for address, verb, asked in endpoints()}
    cells = 0
    for role, unit in product(ROLES, ("head", "beijing")):
        policy = Policy(organisation.person((role, unit)))
        for (_kind, _address, verb), asked in asked_of.items():
            permission = asked.permission_for(verb)
            expected = not permission or (
                permission in ROLES[role] and (unit == "head" or permission not in ORGANISATION_WIDE)
            )
            assert asked.admits(policy, verb) == expected
            cells += 1
    assert cells > 1000


@pytest.mark.django_db
def test_the_api_answers_as_declared(organisation, client):
    """The same by real requests: never a server error, 403 exactly where the declaration says so."""
    for role, unit in product(ROLES, ("head", "beijing")):
        person = organisation.person((role, unit), home=unit)
        policy = Policy(person)
        token = execute(IssueToken("all", sorted(PERMISSIONS)), Actor.of_person(person, "page")).outcome
        for address, verb, asked in endpoints():
            answer = getattr(client, verb)(
                filled(address),
                data="{}" if verb in {"post", "put"} else None,
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )
            assert answer.status_code < 500, (role, verb, address)
            if not asked.admits(policy, verb):
                assert answer.status_code in {403, 422}, (role, verb, address)
                assert answer.status_code == 403 or answer.json()["code"] == "core.request_invalid"
            elif answer.status_code == 403:
                # Own tokens and sessions are managed by page alone; what exists is refused by unit.
                assert asked.permission == "", (role, verb, address)


@pytest.mark.django_db
def test_pages_answer_as_declared(organisation, client):
    """GET of every page route by each role: 403 exactly where the declaration says so, never a server error."""
    addresses = [
        (filled(address), asked)
        for address, asked in pages()
        if "2fa" not in address and "(?P" not in address
    ]
    for role in ROLES:
        person = organisation.person((role, "head"))
        client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
        policy = Policy(person)
        for address, asked in addresses:
            if address in {"/accounts/logout/", "/accounts/login/"}:
                continue
            status = client.get(address).status_code
            assert status < 500, (role, address)
            if not asked.public and not asked.admits(policy, "get"):
                assert status in {403, 405}, (role, address)
            else:
                assert status != 403, (role, address)
        client.logout()


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in(organisation, client):
    for address, asked in pages():
        if not asked.public and "(?P" not in address:
            answer = client.get(filled(address))
            assert answer.status_code in {302, 405}, address
            assert answer.status_code == 405 or answer["Location"].startswith("/accounts/login/")
    for address, verb, _asked in endpoints():
        body = {} if verb == "get" else {"data": "{}", "content_type": "application/json"}
        answer = getattr(client, verb)(filled(address), **body)
        assert answer.status_code in {401, 403}, (verb, address)  # 403: no CSRF token either
        assert answer["Content-Type"] == "application/problem+json"


def test_a_declaration_names_permissions_that_exist_or_a_reason():
    with pytest.raises(ValueError, match="unknown permissions"):
        RoutePolicy("people.veiw")
    with pytest.raises(ValueError, match="says why"):
        RoutePolicy()
    asked = RoutePolicy("people.view", {"post": "people.edit"})
    assert [asked.permission_for(verb) for verb in ("GET", "HEAD", "OPTIONS", "POST")] == [
        "people.view",
        "people.view",
        "people.view",
        "people.edit",
    ]
    assert SYSTEM.policy.may("people.edit")
