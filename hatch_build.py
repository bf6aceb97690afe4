"""Build hook: a wheel carries the compiled catalogues and the built pages, so that its users need no Node."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


class BuildHook(BuildHookInterface[Any]):
    """Compile catalogues always; build the pages for everything but an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Run before the files of the wheel are collected."""
        runpy.run_path(str(ROOT / "scripts" / "compile_messages.py"))["compile_catalogues"](ROOT / "src")
        if version == "editable":
            return
        npm = shutil.which("npm")
        if npm is None:
            msg = "Building the pages needs Node.js 20 or newer with npm; install it, then build again."
            raise RuntimeError(msg)
        frontend = ROOT / "frontend"
        if not (frontend / "node_modules").is_dir():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=frontend, check=True)  # noqa: S603
        subprocess.run([npm, "run", "--silent", "build"], cwd=frontend, check=True)  # noqa: S603
