"""Sign-in rules."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Nobody registers by themselves: accounts are made by an administrator or by the command line."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Always closed."""
        return False
