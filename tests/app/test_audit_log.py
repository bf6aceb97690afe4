"""The log shows every change made past it."""

import json
import threading

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection, transaction
from tests.app.organisation import SYSTEM

from servloop.trust.transparency_log import TrustedRoot, leaf_hash
from servloop_app.core import audit_log, guard
from servloop_app.core.actions import UpdateUnit, execute
from servloop_app.core.localized import LocalizedText
from servloop_app.core.models import LogLeaf, LogPayload, LogState
from servloop_app.trust import checkpoints
from servloop_app.trust.queries import log_leaves, verify_log

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(organisation, tmp_path, settings):
    """Ten leaves and a checkpoint over them, in a folder of its own."""
    settings.DATA_FOLDER = tmp_path
    while LogLeaf.objects.count() < 10:
        execute(UpdateUnit("north", LocalizedText(f"北{LogLeaf.objects.count()}"), "division"), SYSTEM)
    return organisation


def seal_again():
    """Payloads of the fixture's log are sealed with another ring: leave them out."""
    with guard.maintaining():
        LogPayload.objects.all().delete()


@pytest.fixture
def published(log):
    seal_again()
    checkpoints.publish()
    assert verify_log().intact
    return log


def tamper(sql, *params):
    with guard.maintaining(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def rebuild(leaves):
    """Make the stored state fit the leaves again, as a forger with the program would."""
    from servloop.trust.transparency_log import CompactRange

    tree = CompactRange().extend(leaves)
    tamper("UPDATE core_logstate SET size = %s, hashes = %s", tree.size, b"".join(tree.hashes))


def found():
    outcome = verify_log()
    assert not outcome.intact
    return {problem.code for problem in outcome.problems}


def test_an_untouched_log_is_intact_up_to_its_checkpoint(published):
    outcome = verify_log()
    assert (outcome.intact, outcome.size, outcome.verified_size) == (True, 10, 10)
    assert outcome.warnings == ()
    execute(UpdateUnit("north", LocalizedText("再改"), "division"), SYSTEM)
    later = verify_log()
    assert (later.intact, later.size, later.verified_size) == (True, 11, 10)
    assert [warning.code for warning in later.warnings] == ["trust.leaves_not_covered"]


@pytest.mark.parametrize("position", [0, 20, -2])
def test_a_flipped_byte_is_found(published, position):
    body = bytearray(LogLeaf.objects.get(seq=4).body.encode())
    body[position] ^= 1
    tamper("UPDATE core_logleaf SET body = %s WHERE seq = 4", body.decode())
    assert "trust.leaf_changed" in found()


def test_a_flipped_byte_with_its_hash_made_to_fit_is_found(published):
    body = LogLeaf.objects.get(seq=4).body.replace("unit:tianjin", "unit:faraway")
    tamper(
        "UPDATE core_logleaf SET body = %s, hash = %s, object = 'unit:faraway' WHERE seq = 4",
        body,
        leaf_hash(body.encode()),
    )
    assert found() == {"trust.root_differs"}


def test_a_forged_history_with_a_forged_state_is_found_by_the_checkpoint(published):
    body = LogLeaf.objects.get(seq=4).body.replace("unit:tianjin", "unit:faraway")
    tamper(
        "UPDATE core_logleaf SET body = %s, hash = %s, object = 'unit:faraway' WHERE seq = 4",
        body,
        leaf_hash(body.encode()),
    )
    rebuild([bytes(leaf.hash) for leaf in LogLeaf.objects.order_by("seq")])
    assert found() == {"trust.root_differs"}


def test_a_removed_tail_is_found_by_the_state(published):
    tamper("DELETE FROM core_logleaf WHERE seq >= 8")
    assert "trust.log_too_short" in found()


def test_a_database_put_back_to_an_older_copy_is_found_by_the_checkpoint(published):
    tamper("DELETE FROM core_logleaf WHERE seq >= 8")
    rebuild([bytes(leaf.hash) for leaf in LogLeaf.objects.order_by("seq")])
    assert found() == {"trust.log_too_short"}
    assert audit_log.verify([]).intact  # consistent in itself: only what was published shows it


def test_a_leaf_missing_in_the_middle_is_found(published):
    tamper("DELETE FROM core_logleaf WHERE seq = 5")
    assert "trust.leaf_out_of_place" in found()


@pytest.mark.parametrize(
    "columns", [("body", "hash"), ("body",), ("body", "hash", "actor", "action", "object", "time")]
)
def test_two_swapped_rows_are_found(published, columns):
    rows = {seq: LogLeaf.objects.filter(seq=seq).values_list(*columns).get() for seq in (2, 7)}
    assignment = ", ".join(f"{column} = %s" for column in columns)
    for seq, other in ((2, 7), (7, 2)):
        values = [bytes(value) if isinstance(value, memoryview) else value for value in rows[other]]
        tamper(f"UPDATE core_logleaf SET {assignment} WHERE seq = {seq}", *values)
    assert found() & {"trust.leaf_changed", "trust.root_differs"}


def test_an_inserted_leaf_is_found(published):
    leaf = LogLeaf.objects.get(seq=9)
    tamper(
        "INSERT INTO core_logleaf (seq, hash, body, time, actor, action, object) VALUES (10, %s, %s, %s, 'a', 'b', 'c')",
        bytes(leaf.hash),
        leaf.body,
        connection.ops.adapt_datetimefield_value(leaf.time),
    )
    assert {"core.log_longer_than_state", "core.log_columns_differ"} <= found()


@pytest.mark.parametrize("column", ["actor", "action", "object"])
def test_a_changed_search_column_is_found(published, column):
    tamper(f"UPDATE core_logleaf SET {column} = 'system:innocent' WHERE seq = 3")
    assert found() == {"core.log_columns_differ"}


def test_changed_details_are_found(log, settings):
    seal_again()
    first = execute(UpdateUnit("north", LocalizedText("甲"), "division"), SYSTEM).seq
    second = execute(UpdateUnit("north", LocalizedText("乙"), "division"), SYSTEM).seq
    assert audit_log.verify([]).intact
    row = LogPayload.objects.get(pk=first)
    tamper(
        "UPDATE core_logpayload SET sealed = %s, salt = %s WHERE leaf_id = %s",
        bytes(row.sealed),
        bytes(row.salt),
        second,
    )
    assert [problem.code for problem in audit_log.verify([]).problems] == ["core.log_payload_differs"]


def test_a_forged_checkpoint_is_found(published):
    file = next(checkpoints.folder().glob("*.txt"))
    file.write_text(file.read_text().replace("\n10\n", "\n11\n"))
    assert "core.checkpoint_invalid" in found()


def test_the_same_state_is_published_once(published):
    checkpoints.publish()
    assert len(list(checkpoints.folder().glob("*.txt"))) == 1


def test_a_trusted_root_of_another_log_does_not_fit(published):
    assert not audit_log.verify([TrustedRoot(3, bytes(32))]).intact


def test_records_are_searched_by_their_beginnings(log):
    assert {leaf.action for leaf in log_leaves(action="unit.up")} == {"unit.update"}
    assert log_leaves(actor="person:").count() == 0
    assert log_leaves(object_="unit:north").count() >= 3
    newest = log_leaves().first()
    assert log_leaves(since=newest.time).count() == 1
    assert log_leaves(until=newest.time).count() == LogLeaf.objects.count() - 1


def test_the_command_prints_one_document_and_its_exit_code_tells(published):
    from servloop_app.cli.audit import command

    fine = CliRunner().invoke(command, ["verify", "--json"])
    assert (fine.exit_code, json.loads(fine.stdout)["intact"]) == (0, True)
    tamper("DELETE FROM core_logleaf WHERE seq >= 8")
    broken = CliRunner().invoke(command, ["verify", "--json", "--lang", "zh"])
    assert broken.exit_code == 3
    assert json.loads(broken.stdout)["problems"][0]["code"] == "trust.log_too_short"


@pytest.mark.django_db(transaction=True)
def test_parallel_writers_make_one_unbroken_log(lasting_organisation):
    start = LogLeaf.objects.count()
    errors = []

    def write(number):
        try:
            for turn in range(5):
                execute(UpdateUnit("north", LocalizedText(f"{number}-{turn}"), "division"), SYSTEM)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert LogState.objects.get().size == start + 40
    assert audit_log.verify([]).intact


def test_a_rolled_back_action_gives_its_place_back(log):
    size = LogState.objects.get().size
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        execute(UpdateUnit("north", LocalizedText("x"), "division"), SYSTEM)
        _ = 1 / 0
    done = execute(UpdateUnit("north", LocalizedText("y"), "division"), SYSTEM)
    assert done.seq == size
    assert settings.DATA_FOLDER
