"""People in imported data: sealed, masked, under random keys, and gone from every file once erased."""

import datetime as dt
import gc
from pathlib import Path

import polars as pl
import pytest
from tests.app.organisation import SYSTEM

from servloop.facts import check
from servloop_app.collect import files, people
from servloop_app.collect.actions import ErasePeople, OpenFeedbackText
from servloop_app.collect.models import FeedbackRecord, Import, PersonKey, QuarantinedRow
from servloop_app.collect.rebuild import rebuild_feedback
from servloop_app.core import audit_log
from servloop_app.core.actions import execute
from servloop_app.core.errors import ActionError, NotAllowed
from servloop_app.core.models import LogLeaf
from servloop_app.jobs.runs import perform

MOBILE = "13812345678"
FEEDBACK = (
    "id,date,rating,comment,customer id,sales contact\n"
    f"F1,2026-03-01 09:00,2,请回电 {MOBILE}，身份证 11010519491231002X,KH-778899,欧阳修远\n"
    "F2,2026-03-02 10:00,5,很满意,KH-112233,王安石\n"
    "F3,sometime,1,又等了一个小时,KH-778899,欧阳修远\n"
)


def everything_on_disk(folder: Path) -> str:
    """Every byte of every file, and every value of every Parquet file, whether a table still names it or not."""
    texts = []
    for path in (p for p in folder.rglob("*") if p.is_file()):
        texts.append(path.read_bytes().decode("utf-8", errors="replace"))
        if path.suffix == ".parquet":
            texts.append(str(pl.read_parquet(path, glob=False).rows()))
    return "\n".join(texts)


@pytest.mark.django_db
class TestFeedback:
    def test_text_is_sealed_masked_in_facts_and_opened_on_record(self, bring_in, facts, organisation):
        bring_in(FEEDBACK, target="feedback", timezone="UTC")
        record = FeedbackRecord.objects.get(source_key="F1")
        assert MOBILE not in record.masked_text
        assert "请回电" in record.masked_text
        assert facts("SELECT text FROM feedback WHERE source_key = 'F1'") == [(record.masked_text,)]
        assert FeedbackRecord.objects.get(source_key="F2").sealed_text is None, (
            "nothing to hide, nothing sealed"
        )

        actor = organisation.actor(("agent", "head"))
        before = LogLeaf.objects.count()
        done = execute(OpenFeedbackText(record.id, "回访"), actor)
        assert MOBILE in done.outcome
        assert LogLeaf.objects.count() == before + 1
        assert audit_log.read_payload(done.seq)["arguments"] == {"record": str(record.id), "reason": "回访"}
        with pytest.raises(ActionError, match="No reason was given"):
            execute(OpenFeedbackText(record.id, " "), actor)
        with pytest.raises(NotAllowed):
            execute(OpenFeedbackText(record.id, "回访"), organisation.actor(("analyst", "head")))

    def test_one_person_has_one_key_however_written(self, bring_in, facts):
        bring_in("order id,date,mobile,amount\n1,2026-03-01,138 1234 5678,5\n2,2026-03-01,13812345678,6\n")
        bring_in("mobile,tier\n138-1234-5678,gold\n", target="customers")
        (key,) = facts("SELECT DISTINCT person_key FROM transactions")
        assert facts("SELECT person_key FROM customers") == [key]
        assert PersonKey.objects.count() == 1


@pytest.fixture
def carry_out(transactional_db):
    """Transactions are real here: what is asked for on commit happens by itself."""

    def work(found: Import) -> Import:
        perform(found.run.public_id)
        found.refresh_from_db()
        return found

    return work


@pytest.fixture
def organisation(lasting_organisation):
    return lasting_organisation


def test_erased_people_are_gone_from_every_file(bring_in, take_in, data_folder, settings, facts):
    first = bring_in(FEEDBACK, target="feedback", timezone="UTC")
    later = FEEDBACK.replace("F1,2026-03-01 09:00,2", "F1,2026-03-01 09:00,1").replace(
        "F3,sometime", "F3,2026-03-03 08:00"
    )
    bring_in(later, target="feedback", name="data.csv", timezone="UTC")
    bring_in(
        "order id,date,customer id,amount,note\nO1,2026-03-01,KH-778899,5,欧阳修远\nO2,2026-03-01,KH-1,5,x\n",
        timezone="UTC",
    )
    bring_in("customer id,tier,name\nKH-778899,gold,欧阳修远\nKH-445566,gold,曾巩\n", target="customers")
    waiting = take_in("customer id,tier\nKH-778899,silver\n", target="customers")
    old_key = PersonKey.objects.get(index=people.index_of("KH-778899")).key
    assert QuarantinedRow.objects.filter(source=first).count() == 1

    before = everything_on_disk(data_folder)
    assert "欧阳修远" in before
    assert old_key in before
    assert "KH-778899" in before

    run = execute(ErasePeople("客户要求", ["kh 778899", "KH-445566"]), SYSTEM).outcome
    perform(run.public_id)
    run.refresh_from_db()
    assert run.state == "done", run.error_detail

    after = everything_on_disk(data_folder)
    for gone in ("欧阳修远", old_key, "KH-778899", "曾巩"):
        assert gone not in after, gone
    assert "王安石" in after, "others stay"
    assert facts("SELECT source_key FROM feedback") == [("F2",)]
    assert facts("SELECT source_key FROM transactions") == [("O2",)]
    assert list(FeedbackRecord.objects.values_list("source_key", flat=True)) == ["F2"]
    assert QuarantinedRow.objects.count() == 0
    waiting.refresh_from_db()
    assert (waiting.error_code, files.source_of(waiting.public_id)) == ("collect.file_erased", None)
    assert not PersonKey.objects.filter(index=people.index_of("KH-778899")).exists()
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        database = Path(settings.DATABASES["default"]["NAME"])
        stored = b"".join(p.read_bytes() for p in database.parent.glob(f"{database.name}*"))
        assert "欧阳修远".encode() not in stored
        assert old_key.encode() not in stored
        assert "王安石".encode() in stored
    leaf = LogLeaf.objects.order_by("-seq").first()
    assert leaf.action == "personal_data.erased"
    assert audit_log.verify([]).intact
    assert dt.datetime.now(dt.UTC) >= leaf.time


@pytest.mark.django_db
def test_rebuilt_facts_equal_those_that_were_imported(bring_in, facts):
    bring_in(FEEDBACK, target="feedback", timezone="UTC")
    bring_in(FEEDBACK.replace("很满意", "还可以"), target="feedback", timezone="Asia/Shanghai")
    rows = "SELECT * FROM feedback ORDER BY record_id"
    before = facts(rows)
    assert rebuild_feedback() == 4
    gc.collect()  # which complains of a connection that the writer's thread has left open
    assert facts(rows) == before
    assert check(files.fact_store()) == ()
