"""An import from file to facts: every kind of data, once, on record, and back."""

import pytest

from servloop_app.collect import files

pytestmark = pytest.mark.django_db

FILES = {
    "feedback": (
        "id,date,channel,rating,comment,branch,customer id\n"
        "F1,2026-03-01 09:00,app,2,等了四十分钟,beijing,C1\n"
        "F2,2026-03-02 10:00,qr,5,很满意,shanghai,C2\n"
    ),
    "events": (
        "case id,activity,timestamp,resource,branch\n"
        "1,Register,2026-03-01 09:00,ann,beijing\n1,Decide,2026-03-01 10:00,bob,beijing\n"
        "2,Register,2026-03-01 11:00,ann,shanghai\n"
    ),
    "answers": ("response id,submitted at,q1,q2\nR1,2026-03-01 09:00,4,很好\nR2,2026-03-01 09:05,5,一般\n"),
    "answers-long": (
        "response id,question,answer,time\nR1,q1,4,2026-03-01 09:00\nR1,q2,5,2026-03-01 09:00\n"
    ),
    "measurements": (
        "metric,time,value,device\ncpu,2026-03-01 09:00,0.5,web-1\ncpu,2026-03-01 09:01,0.7,web-1\n"
    ),
    "measurements-wide": "time,cpu,memory\n2026-03-01 09:00,0.5,11\n2026-03-01 09:01,0.7,12\n",
    "customers": "customer id,segment,tier,since\nC1,retail,gold,2020-01-01\nC2,business,silver,2021-05-05\n",
    "transactions": "order id,order date,customer id,amount\nO1,2026-03-01,C1,12.5\nO2,2026-03-02,C2,80\n",
    "benchmarks": (
        "metric,value,source,date,industry\nnps,42,Annual report,2025-12-31,banking\ncsat,0.8,Survey,2025-12-31,banking\n"
    ),
}
TABLES = {"answers": ("responses", 2), "measurements-wide": ("measurements", 4), "events": ("events", 3)}


@pytest.mark.parametrize("target", FILES)
def test_every_kind_of_data_reaches_its_table_and_again_changes_nothing(bring_in, facts, target):
    first = bring_in(FILES[target], target=target, name="data.csv", timezone="UTC")
    assert (first.state, first.error_code, first.rejected) == ("done", "", 0)
    table, expected = TABLES.get(target, (first.mapping["target"].partition("-")[0], 2))
    count = f'SELECT count(*) FROM "{table}"'
    assert facts(count) == [(expected,)]
    assert first.total("new") >= expected

    again = bring_in(FILES[target], target=target, name="data.csv", timezone="UTC")
    assert (again.state, again.total("new"), again.total("revised")) == ("done", 0, 0)
    assert again.total("repeated") == first.total("new")
    assert facts(count) == [(expected,)]
    assert files.source_of(first.public_id) is None
