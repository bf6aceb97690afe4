"""The current files of a Delta table, read from its log.

Readers open a table at every request; its log is a few lines of JSON, and the Delta library with which it is written
costs a web process 50 MB. What stands in the log beyond the plain protocol is left to that library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\.parquet")
_ACTIONS = ("add", "protocol")


class UnusualLogError(Exception):
    """The log holds something that this module does not read."""


@dataclass
class LogState:
    """A table as its log describes it.

    Attributes:
        version: of the table.
        reader_version: of the protocol, with its ``features``.
        files: path in the table's folder → the highest revision in it, None when the log does not say.
    """

    version: int = -1
    reader_version: int = 1
    features: tuple[str, ...] = ()
    files: dict[str, int | None] = field(default_factory=dict)

    def apply(self, actions: Iterable[Mapping[str, Any]]) -> None:
        """Follow the actions of one commit or checkpoint; within one, files are removed before others are added."""
        added: dict[str, int | None] = {}
        for action in actions:
            if found := action.get("add"):
                added[_path(found)] = _highest_revision(found.get("stats"))
            elif found := action.get("remove"):
                self.files.pop(_path(found), None)
            elif found := action.get("protocol"):
                self.reader_version = int(found["minReaderVersion"])
                self.features = tuple(found.get("readerFeatures") or ())
        self.files |= added


def read_log(table: Path) -> LogState:
    """The state of a table. Its log must not be tidied meanwhile.

    Args:
        table: folder of the table.

    Raises:
        UnusualLogError: the log cannot be read here; the Delta library may.
    """
    commits: dict[int, Path] = {}
    checkpoints: dict[int, Path] = {}
    for entry in (table / "_delta_log").iterdir():
        if found := _COMMIT.fullmatch(entry.name):
            commits[int(found[1])] = entry
        elif found := _CHECKPOINT.fullmatch(entry.name):
            checkpoints[int(found[1])] = entry
        elif ".checkpoint." in entry.name or ".compacted." in entry.name:
            raise UnusualLogError(entry.name)
    state = LogState(max(checkpoints, default=-1))
    if checkpoints:
        state.apply(_checkpoint(checkpoints[state.version]))
    newer = sorted(version for version in commits if version > state.version)
    if newer != list(range(state.version + 1, state.version + 1 + len(newer))) or (
        not newer and not checkpoints
    ):
        msg = f"versions {newer} after {state.version}"
        raise UnusualLogError(msg)
    for version in newer:
        state.apply(json.loads(line) for line in commits[version].read_bytes().splitlines() if line)
        state.version = version
    return state


def _checkpoint(path: Path) -> list[dict[str, Any]]:
    try:
        frame = pl.read_parquet(path, columns=list(_ACTIONS), glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnusualLogError(path.name) from error
    return frame.to_dicts()


def _path(action: Mapping[str, Any]) -> str:
    path = unquote(str(action["path"]))
    if action.get("deletionVector") or path.startswith("/") or "://" in path:
        raise UnusualLogError(path)
    return path


def _highest_revision(stats: str | None) -> int | None:
    highest = (json.loads(stats).get("maxValues") or {}).get("revision") if stats else None
    return None if highest is None else int(highest)
