"""Reports over the file of the findings' tests: one branch has clearly become worse."""

from __future__ import annotations

from tests.app.collect.conftest import bring_in, carry_out, data_folder, facts, take_in  # noqa: F401  # fixtures
from tests.app.measure.conftest import (  # noqa: F401  # fixtures
    _no_cells_of_earlier_tests,
    add_metric,
    cells_for,
    work_off,
)
from tests.app.plan.conftest import found  # noqa: F401  # fixture
