"""Languages, widths and themes: two combinations in the fast tier, the other six in the slow one."""

from __future__ import annotations

import pytest

FAST = ("zh-1440-light", "en-390-light")
EVERY = [
    pytest.param(combination, marks=() if combination in FAST else pytest.mark.slow)
    for combination in (
        f"{language}-{width}-{theme}"
        for language in ("zh", "en")
        for width in (1440, 390)
        for theme in ("light", "dark")
    )
]
