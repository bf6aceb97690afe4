"""The caller: who they are, their sessions and tokens."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from servloop_app.api.changes import carry_out
from servloop_app.api.schemas import MeOut, Recorded, SessionOut, TokenIn, TokenMade, TokenOut
from servloop_app.core.actions import EndSession, IssueToken, RevokeToken, execute
from servloop_app.core.errors import NotAllowed
from servloop_app.core.models import ApiToken, Person, Session
from servloop_app.core.routes import actor_of, policy_of, signed_in

router = Router()
_OWN = "people see and manage their own access"


def _person(request: HttpRequest) -> Person:
    if not isinstance(request.user, Person):
        raise NotAllowed("home.view")
    return request.user


def _by_session(request: HttpRequest) -> None:
    """Tokens cannot make or end tokens and sessions: a leaked one must not renew itself."""
    if "Authorization" in request.headers:
        raise NotAllowed("home.view")


@router.get("", response=MeOut)
@signed_in(_OWN)
def me(request: HttpRequest) -> MeOut:
    """Who calls, and what they may do with this token or session."""
    person = _person(request)
    return MeOut(
        id=person.public_id,
        username=person.username,
        name=person.name,
        language=person.language,
        unit=person.unit.code if person.unit else None,
        permissions=sorted(policy_of(request).permissions()),
    )


@router.get("/sessions", response=list[SessionOut])
@signed_in(_OWN)
def sessions(request: HttpRequest) -> list[SessionOut]:
    """Browsers in which the caller is signed in."""
    current = getattr(getattr(request, "session", None), "session_key", None)
    return [
        SessionOut(
            id=session.public_id,
            current=session.session_key == current,
            signed_in_at=session.signed_in_at,
            last_seen_at=session.last_seen_at,
            user_agent=session.user_agent,
            address=session.address,
        )
        for session in Session.objects.filter(person=_person(request)).order_by("-last_seen_at")
    ]


@router.delete("/sessions/{session}", response=Recorded)
@signed_in(_OWN)
def end_session(request: HttpRequest, session: UUID) -> Recorded:
    """Sign out another browser."""
    _by_session(request)
    return carry_out(request, EndSession(session))


@router.get("/tokens", response=list[TokenOut])
@signed_in(_OWN)
def tokens(request: HttpRequest) -> list[TokenOut]:
    """The caller's tokens."""
    return [
        TokenOut(
            id=token.public_id,
            name=token.name,
            scopes=token.scopes,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked=token.revoked_at is not None,
        )
        for token in ApiToken.objects.filter(person=_person(request)).order_by("-created_at")
    ]


@router.post("/tokens", response={201: TokenMade})
@signed_in(_OWN)
def issue_token(request: HttpRequest, given: TokenIn) -> Status[TokenMade]:
    """Make a token; it can do what the caller may do, within its scopes."""
    _by_session(request)
    done = execute(IssueToken(given.name, given.scopes, given.days), actor_of(request, "api"))
    return Status(201, TokenMade(seq=done.seq, undoable=False, id="", token=done.outcome))


@router.delete("/tokens/{token}", response=Recorded)
@signed_in(_OWN)
def revoke_token(request: HttpRequest, token: UUID) -> Recorded:
    """Make a token worthless."""
    _by_session(request)
    return carry_out(request, RevokeToken(token))
