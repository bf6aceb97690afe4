"""The packages of the stages hand out their functions by name, and importing them stays light."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

PACKAGES = (
    "servloop.measure",
    "servloop.diagnose.process",
    "servloop.verify",
    "servloop.monitor",
    "servloop.monitor.control_charts",
    "servloop.trust.pii",
    "servloop.trust.transparency_log",
)
HEAVY = {
    "duckdb",
    "fastexcel",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
    "statsmodels",
    "yaml",
}


def loaded_by(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_library_itself_loads_nothing() -> None:
    assert loaded_by("import servloop") & (HEAVY | {"numpy"}) == set()


def test_all_packages_load_nothing_heavy() -> None:
    assert loaded_by(f"import {', '.join(PACKAGES)}") & HEAVY == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_names_handed_out_are_what_the_modules_define(name: str) -> None:
    package = importlib.import_module(name)
    assert len(set(package.__all__)) == len(package.__all__)
    for exported in package.__all__:
        thing = getattr(package, exported)
        assert not inspect.ismodule(thing), exported  # a module would hide the function of its name
        if inspect.isfunction(thing) or inspect.isclass(thing):
            assert getattr(importlib.import_module(thing.__module__), exported) is thing, exported
            assert thing.__doc__, exported
