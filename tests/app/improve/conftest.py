"""Tickets over records that were imported, jobs carried out at once."""

from __future__ import annotations

import pytest
from tests.app.collect.conftest import bring_in, carry_out, data_folder, facts, take_in  # noqa: F401  # fixtures
from tests.app.measure.conftest import (  # noqa: F401  # fixtures
    _no_cells_of_earlier_tests,
    add_metric,
    cells_for,
    work_off,
)

RECORDS = (
    "id,date,channel,kind,rating,comment,branch,customer\n"
    "F1,2026-03-02 10:00,app,complaint,1,等了四十分钟没人理，请打我电话 13812345678,beijing,C1\n"
    "F2,2026-03-03 10:00,app,praise,5,服务很好,beijing,C2\n"
    "F3,2026-03-04 10:00,app,complaint,2,信寄错了,shanghai,C3\n"
)


@pytest.fixture
def records(bring_in):  # noqa: F811
    """Three records: two of Beijing, one of Shanghai."""
    from servloop_app.collect.models import FeedbackRecord

    bring_in(RECORDS, "records.csv", target="feedback", columns={"unit": "branch", "person": "customer"})
    return {row.source_key: row for row in FeedbackRecord.objects.all()}
