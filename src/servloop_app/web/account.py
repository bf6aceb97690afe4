"""One's own account: language, password, second factor, sessions, API tokens."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from servloop.messages import LANGUAGES
from servloop_app.core.actions import ChangeOwnLanguage, EndSession, IssueToken, RevokeToken
from servloop_app.core.models import ApiToken, Person, Session
from servloop_app.core.routes import policy_of, signed_in
from servloop_app.web.submit import submit
from servloop_app.web.words import SUBJECT_LABELS, VERB_LABELS

_OWN = "people look after their own account"


class TokenForm(forms.Form):
    """A new key for a program."""

    title = forms.CharField(label=gettext_lazy("What it is for"), max_length=100)
    days = forms.IntegerField(label=gettext_lazy("Valid for days"), min_value=1, max_value=366, initial=90)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "sl-checks"}),
    )

    def __init__(self, *args: object, permissions: frozenset[str], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # passed through
        self.fields["scopes"].choices = [(name, _permission(name)) for name in sorted(permissions)]  # type: ignore[attr-defined]


def _permission(name: str) -> str:
    subject, _dot, verb = name.partition(".")
    return f"{SUBJECT_LABELS[subject]} · {VERB_LABELS[verb]}"


def _myself(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # the routes ask for a sign-in
    return request.user


@signed_in(_OWN)
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Everything of one's own."""
    return _page(request, TokenForm(permissions=policy_of(request).permissions()))


def _page(request: HttpRequest, form: TokenForm, token: str = "", status: int = 200) -> HttpResponse:
    person = _myself(request)
    context = {
        "person": person,
        "languages": zip(LANGUAGES, ("简体中文", "English"), strict=True),
        "sessions": Session.objects.filter(person=person).order_by("-last_seen_at"),
        "current": request.session.session_key,
        "second_factor": is_mfa_enabled(person),
        "tokens": ApiToken.objects.filter(person=person, revoked_at=None).order_by("-created_at"),
        "form": form,
        "token": token,
    }
    return render(request, "web/account/account.html", context, status=status)


@signed_in(_OWN)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language in which the platform speaks to oneself, on every device."""
    done = submit(request, ChangeOwnLanguage(request.POST.get("language", "")))
    response = redirect("account")
    if done is not None:
        response.delete_cookie(
            settings.LANGUAGE_COOKIE_NAME
        )  # what was switched in this browser no longer counts
    return response


@signed_in(_OWN)
@require_POST
def end_session(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Sign another browser out."""
    submit(request, EndSession(public_id), _("The session was ended."))
    return redirect("account")


@signed_in(_OWN)
@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    """Make a token; it is shown this once."""
    form = TokenForm(request.POST, permissions=policy_of(request).permissions())
    if form.is_valid():
        given = form.cleaned_data
        done = submit(request, IssueToken(given["title"], given["scopes"], given["days"]), form=form)
        if done is not None:
            return _page(request, TokenForm(permissions=policy_of(request).permissions()), done.outcome)
    return _page(request, form, status=422)


@signed_in(_OWN)
@require_POST
def revoke_token(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a token worthless."""
    submit(request, RevokeToken(public_id), _("The token no longer works."))
    return redirect("account")
