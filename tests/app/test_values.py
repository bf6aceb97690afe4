"""Localized texts, ticket numbers, working calendars, events."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from tests.app.organisation import SYSTEM

from servloop_app.core import guard, hooks
from servloop_app.core.actions import (
    Action,
    RemoveCalendar,
    SetCalendar,
    UpdateHolidays,
    execute,
    undo,
)
from servloop_app.core.calendars import calendar_of, organisation_calendar
from servloop_app.core.errors import ActionError
from servloop_app.core.localized import (
    LocalizedText,
    LocalizedTextField,
    LocalizedTextFormField,
    pinyin_key,
)
from servloop_app.core.models import NumberSeries, OutboxEvent, Unit
from servloop_app.core.numbering import next_number
from servloop_app.jobs.kinds import job
from servloop_app.jobs.models import Run


class TestLocalizedText:
    def test_the_other_language_stands_in(self):
        text = LocalizedText(zh="分行")
        assert (text.text("en"), text.text("zh-hans"), text.missing()) == ("分行", "分行", ("en",))
        both = LocalizedText("分行", "Branch")
        with translation.override("zh-hans"):
            assert str(both) == "分行"
        with translation.override("en"):
            assert str(both) == "Branch"
        assert not LocalizedText(" ", "")

    @given(zh=st.text(), en=st.text())
    def test_the_stored_form_gives_the_value_back(self, zh, en):
        text = LocalizedText(zh, en)
        assert LocalizedText.of(text.to_dict()) == text

    def test_a_plain_text_is_taken_in_its_language(self):
        assert LocalizedText.of("你好 hello") == LocalizedText(zh="你好 hello")
        assert LocalizedText.of("hello") == LocalizedText(en="hello")
        assert LocalizedText.of(None) == LocalizedText()
        for wrong in ({"fr": "x"}, {"en": 3}):
            with pytest.raises(ValueError, match="expected texts"):
                LocalizedText.of(wrong)

    def test_names_sort_by_sound(self):
        names = ["重庆", "安徽", "Beijing", "北京", "深圳", "上海"]
        assert sorted(names, key=pinyin_key) == ["安徽", "北京", "Beijing", "重庆", "上海", "深圳"]

    def test_one_form_field_for_both_languages(self):
        field = LocalizedTextField("name").formfield()
        assert isinstance(field, LocalizedTextFormField)
        assert field.clean(["分行", ""]) == LocalizedText("分行", "")
        with pytest.raises(ValidationError):
            field.clean(["", ""])
        html = field.widget.render("name", LocalizedText("分行", "Branch"))
        assert 'lang="zh-CN"' in html
        assert 'value="Branch"' in html

    @pytest.mark.django_db
    def test_rows_keep_it(self, organisation):
        unit = Unit.objects.get(code="beijing")
        assert unit.name == LocalizedText("北京分行", "Beijing branch")
        assert unit.sort_key == "bei jing fen hang"
        assert Unit.objects.filter(name__en="Beijing branch").get() == unit


class TestNumbers:
    pytestmark = pytest.mark.django_db

    def test_they_count_by_prefix_and_year(self, db):
        with guard.opening("core_numberseries"):
            given = [
                next_number("FB", 2026),
                next_number("FB", 2026),
                next_number("PR", 2026),
                next_number("FB", 2027),
            ]
        assert given == ["FB-2026-000001", "FB-2026-000002", "PR-2026-000001", "FB-2027-000001"]
        with pytest.raises(ValueError, match="capital letters"):
            next_number("fb", 2026)

    def test_a_rolled_back_number_is_given_again(self, db):
        with guard.opening("core_numberseries"):
            next_number("FB", 2026)
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                next_number("FB", 2026)
                _ = 1 / 0
            assert next_number("FB", 2026) == "FB-2026-000002"

    @pytest.mark.django_db(transaction=True)
    def test_parallel_takers_leave_no_gap(self, transactional_db):
        taken, errors = [], []

        def take():
            try:
                for _time in range(5):
                    with transaction.atomic(), guard.opening("core_numberseries"):
                        taken.append(next_number("FB", 2026))
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=take) for _number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sorted(taken) == [f"FB-2026-{number:06d}" for number in range(1, 31)]
        assert NumberSeries.objects.get().last == 30


@pytest.mark.django_db
class TestCalendars:
    def test_the_nearest_calendar_counts(self, organisation):
        early = {str(day): [("07:00", "09:00")] for day in range(7)}
        done = execute(SetCalendar("beijing", early, "Asia/Shanghai"), SYSTEM)
        start = datetime(2026, 11, 21, 0, tzinfo=UTC)  # Saturday, 08:00 in Shanghai
        assert calendar_of(organisation.id("counter")).due_at(start, 1800) == datetime(
            2026, 11, 21, 0, 30, tzinfo=UTC
        )
        assert calendar_of(organisation.id("tianjin")).due_at(start, 1800) == datetime(
            2026, 11, 23, 1, 30, tzinfo=UTC
        )
        undo(done.seq, SYSTEM)
        with pytest.raises(ActionError):
            execute(RemoveCalendar("beijing"), SYSTEM)

    def test_wrong_hours_are_refused(self, organisation):
        for hours, zone, region in (
            ({"0": [("09:00", "08:00")]}, "Asia/Shanghai", ""),
            ({"7": [("09:00", "10:00")]}, "Asia/Shanghai", ""),
            ({"0": [("09:00", "10:00")]}, "Mars", ""),
            ({"0": [("09:00", "10:00")]}, "Asia/Shanghai", "XX"),
        ):
            with pytest.raises(ActionError):
                execute(SetCalendar("beijing", hours, zone, region), SYSTEM)

    def test_a_newer_holiday_table_counts(self, organisation):
        day = datetime(2031, 3, 3).date()
        assert organisation_calendar().spans_of(day)
        holiday = {"name": {"zh-CN": "厂庆"}, "first": "2031-03-03", "last": "2031-03-03"}
        document = {"region": "CN", "years": {"2031": {"off": [holiday], "work": []}}}
        execute(UpdateHolidays("CN", document), SYSTEM)
        assert not organisation_calendar().spans_of(day)
        with pytest.raises(ActionError):
            execute(UpdateHolidays("CN", {"years": 3}), SYSTEM)


@dataclass(frozen=True)
class Rung(hooks.Event):
    name: ClassVar[str] = "test.rung"
    times: int


@dataclass
class Ring(Action[None]):
    """Rings, and maybe breaks."""

    name = "test.ring"
    permission = ""
    broken: bool = False

    def object(self):
        return "bell:1"

    def perform(self, actor):
        hooks.emit(Rung(3))
        if self.broken:
            raise ActionError("core.name_missing")


@job("test.hear", atomic=True)
def hear(run, event):
    """Counts strokes."""
    return event["times"]


@pytest.mark.django_db
class TestHooks:
    def test_an_event_is_delivered_exactly_when_it_was_committed(self, organisation):
        hooks.subscribe(Rung, "test.hear")
        hooks.subscribe(Rung, "test.hear")
        with pytest.raises(ActionError):
            execute(Ring(broken=True), SYSTEM)
        assert (OutboxEvent.objects.count(), Run.objects.count()) == (0, 0)
        execute(Ring(), SYSTEM)
        event, run = OutboxEvent.objects.get(), Run.objects.get()
        assert (event.name, event.body) == ("test.rung", {"times": 3})
        assert (run.kind, run.arguments, run.cause) == (
            "test.hear",
            {"event": {"times": 3}},
            f"event:{event.public_id}",
        )

    def test_events_are_emitted_in_actions_only(self, organisation):
        from servloop_app.core.errors import WriteOutsideAction

        with pytest.raises(WriteOutsideAction):
            hooks.emit(Rung(1))

    def test_an_entry_is_registered_once(self):
        registry = hooks.Registry("test")
        registry.add("a", hear)
        registry.add("a", hear)
        assert list(registry) == ["a"]
        assert "a" in registry
        assert registry.items() == [("a", registry["a"])]
        with pytest.raises(ValueError, match="already registered"):
            registry.add("a", object())


def test_what_is_registered():
    """The contract: a package that adds or drops an entry changes this list knowingly."""
    from servloop_app.jobs.kinds import job_kind, job_kinds
    from servloop_app.jobs.schedules import default_schedules

    assert [registry.name for registry in hooks.REGISTRIES] == [
        "personal_data_handlers",
        "backup_parts",
        "search_sources",
        "metric_sources",
        "close_conditions",
    ]
    assert {"jobs.tidy", "trust.publish_checkpoint"} <= set(job_kinds())
    assert {"audit-checkpoint", "jobs-tidy"} <= set(default_schedules)
    for schedule in dict(default_schedules.items()).values():
        assert schedule.kind in job_kinds()
        assert schedule.name.missing() == ()
    for event, kinds in hooks.subscribers().items():
        assert event.count(".") == 1
        assert all(job_kind(kind) for kind in kinds)
