"""The sample bank says that it is made up, and what was planted in it."""

import pytest
from django.test import Client

from servloop_app.demo import about
from servloop_app.demo.simulator import PLANTED, World, operations
from servloop_app.demo.simulator.world import UNITS

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(organisation, settings, tmp_path):
    settings.DATA_FOLDER = tmp_path
    client = Client()
    client.force_login(organisation.person(("analyst", "head")))
    return client


def test_every_planted_effect_is_described_in_both_languages():
    described = about.described()
    assert {one.planted.code for one in described} == set(PLANTED)
    assert [one.planted.start for one in described] == sorted(one.planted.start for one in described)
    for one in described:
        assert one.title.missing() == one.size.missing() == one.look.missing() == ()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_list_of_what_was_planted(visitor, tmp_path, language):
    about.note(tmp_path, planted=True, scale=1.0)
    page = visitor.get("/sample/planted/", headers={"accept-language": language}).content.decode()
    for one in about.described():
        assert one.title.text(language) in page
    assert page.count("<tr>") == 1 + len(PLANTED)


def test_a_bank_with_nothing_planted_says_so(visitor, tmp_path):
    about.note(tmp_path, planted=False, scale=1.0)
    page = visitor.get("/sample/planted/", headers={"accept-language": "en"}).content.decode()
    assert "Nothing was planted" in page
    assert "<table" not in page


def test_an_own_organisation_has_neither_mark_nor_list(visitor):
    assert visitor.get("/sample/planted/").status_code == 404
    assert "sl-sample" not in visitor.get("/account/").content.decode()


def test_every_page_of_the_sample_bank_says_sample(visitor, tmp_path):
    about.note(tmp_path, planted=True, scale=1.0)
    assert "sl-sample" in visitor.get("/account/").content.decode()


def test_too_few_people_are_on_duty_on_mondays_only_where_that_was_planted():
    def hotline_monday(world):
        rows = operations(world)
        staff = rows.filter((rows["指标"] == "staff_on_duty") & (rows["网点"] == "hotline"))
        monday = staff["时间"].dt.convert_time_zone("Asia/Shanghai").dt.weekday() == 1
        return staff.filter(monday)["数值"].mean() / staff.filter(~monday)["数值"].mean()

    assert hotline_monday(World()) < 1 < hotline_monday(World(planted=False))
    rows = operations(World())
    assert rows.height == 730 * len(UNITS) + 24 * len(UNITS)
    assert rows["数值"].min() > 0
