"""The passwords of the sample people: random for each installation, kept in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

FILE_NAME = "sample-people.txt"


def read(folder: Path) -> dict[str, str]:
    """Sign-in name → password, as kept by `make`; empty when there is no such file."""
    try:
        text = (folder / FILE_NAME).read_text(encoding="ascii")
    except FileNotFoundError:
        return {}
    return dict(line.split() for line in text.splitlines() if line.strip())


def make(folder: Path, usernames: Iterable[str]) -> dict[str, str]:
    """Make up passwords and keep them with mode 0600, whole or not at all."""
    made = {username: secrets.token_urlsafe(12) for username in usernames}
    half = folder / f"{FILE_NAME}.half"
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.writelines(f"{username} {password}\n" for username, password in made.items())
    half.replace(folder / FILE_NAME)
    return made
