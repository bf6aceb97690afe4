"""Two people at one ticket at the same moment: both steps are kept, one after the other."""

import threading

import pytest
from django.db import connection
from tests.app.organisation import SYSTEM

from servloop_app.core.actions import execute
from servloop_app.improve.actions_tickets import NoteOnTicket, OpenTicket


@pytest.mark.django_db(transaction=True)
def test_notes_at_one_moment_are_all_kept(lasting_organisation):
    ticket = execute(OpenTicket("等候太久", "beijing"), SYSTEM).outcome
    errors = []
    together = threading.Barrier(4)

    def write(text):
        try:
            together.wait()
            execute(NoteOnTicket(ticket.public_id, text), SYSTEM)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(f"备注 {number}",)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    entries = list(ticket.entries.order_by("place"))
    assert [entry.place for entry in entries] == [0, 1, 2, 3, 4]
    assert {entry.masked_text for entry in entries[1:]} == {f"备注 {number}" for number in range(4)}
