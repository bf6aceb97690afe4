"""What was planted in the sample bank: so that nobody has to take its findings on trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from servloop_app.core.errors import NotFound
from servloop_app.core.routes import signed_in
from servloop_app.demo import about
from servloop_app.demo.organisation import BRANCHES, HOTLINE
from servloop_app.demo.simulator.world import UNITS

_ARGUMENTS = {"metric": ["complaint_rate"]}


@dataclass(frozen=True)
class Shown:
    """A planted effect with the names of its units and the address where it is to be found."""

    about: about.Described
    units: list[str]
    address: str

    @property
    def everywhere(self) -> bool:
        """Whether it is in all units."""
        return len(self.about.planted.units) == len(UNITS)


def noted() -> dict[str, bool | float] | None:
    """The note that this installation holds the sample bank."""
    return about.noted(Path(settings.DATA_FOLDER))


@signed_in("says what is made up in the sample bank; there is nothing to protect")
def planted(request: HttpRequest) -> HttpResponse:
    """The list of planted effects, where they are and how large."""
    note = noted()
    if note is None:
        raise NotFound("page", "planted")
    names = {**BRANCHES, HOTLINE[0]: HOTLINE[1]}
    rows = [
        Shown(one, [str(names[unit]) for unit in one.planted.units], _address(one))
        for one in about.described()
    ]
    context = {"rows": rows if note["planted"] else [], "anything": note["planted"], "scale": note["scale"]}
    return render(request, "web/demo/planted.html", context)


def _address(one: about.Described) -> str:
    try:
        return reverse(one.route, args=_ARGUMENTS.get(one.route, [])) + one.query
    except NoReverseMatch:
        return ""
