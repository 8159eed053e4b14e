"""Dates as they stand in sheets of class teachers, platforms and old files."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.rules.dates import DateFault, read_date

DAY = date(2008, 9, 1)


@pytest.mark.parametrize(
    "value",
    [
        "20080901",
        "2008.9.1",
        "2008-09-01",
        "2008/9/1",
        "2008 9 1",
        "2008年9月1日",
        "2008 年 9 月 1 日",
        "2008年9月1号",
        "２００８年９月１日",
        "２００８．０９．０１",
        "二〇〇八年九月一日",
        "二○○八年九月一日",
        "二零零八年九月一日",
        "2008-09-01 00:00:00",
        "2008/9/1 0:00",
        "2008-09-01T00:00:00",
        " 2008-09-01 ",
        "'2008-09-01",
        "\u30002008-09-01\ufeff",
        20080901,
        20080901.0,
        39692,
        39692.75,
        "39692",  # the same cell in a .csv
        DAY,
        datetime(2008, 9, 1, 13, 30),  # noqa: DTZ001 - sheets know no time zone
    ],
)
def test_every_clear_way_to_write_a_day_is_read(value):
    assert read_date(value) == DAY


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("二〇〇八年十二月三十一日", date(2008, 12, 31)),
        ("二〇〇八年十月十日", date(2008, 10, 10)),
        ("二〇〇八年十一月廿一日", date(2008, 11, 21)),
        ("二〇〇八年二月二十九日", date(2008, 2, 29)),
        ("2008年十月二十日", date(2008, 10, 20)),
    ],
)
def test_chinese_numerals_are_read(value, day):
    assert read_date(value) == day


@pytest.mark.parametrize(
    "value", ["2008年9月", "2008.9", "200809", "2008-09", "2008/9", 200809, 2008.9]
)
def test_year_and_month_are_a_day_only_where_that_is_enough(value):
    assert read_date(value, month_only=True) == DAY
    assert read_date(value) is DateFault.DAY_MISSING


def test_a_full_date_keeps_its_day_where_a_month_would_be_enough():
    assert read_date("2008-09-15", month_only=True) == date(2008, 9, 15)


def test_a_figure_that_may_have_lost_its_zero_is_refused():
    assert read_date(2008.1, month_only=True) is DateFault.LOST_ZERO
    assert read_date("2008.1", month_only=True) == date(2008, 1, 1)
    assert read_date(2008.12, month_only=True) == date(2008, 12, 1)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", DateFault.EMPTY),
        ("  ", DateFault.EMPTY),
        ("2013-02-30", DateFault.NO_SUCH_DATE),
        ("20130230", DateFault.NO_SUCH_DATE),
        ("2009年2月29日", DateFault.NO_SUCH_DATE),
        ("2008.13.1", DateFault.NO_SUCH_DATE),
        ("01/09/2008", DateFault.YEAR_LAST),
        ("13/09/2008", DateFault.YEAR_LAST),
        ("1-9-2008", DateFault.YEAR_LAST),
        ("08-9-1", DateFault.SHORT_YEAR),
        ("08.09.01", DateFault.SHORT_YEAR),
        ("08年9月1日", DateFault.SHORT_YEAR),
        ("080901", DateFault.SHORT_YEAR),
        ("1808-09-01", DateFault.YEAR_RANGE),
        (18080901, DateFault.YEAR_RANGE),
        ("9月1日", DateFault.UNREADABLE),
        ("2008", DateFault.UNREADABLE),
        ("不详", DateFault.UNREADABLE),
        ("2008-09-01左右", DateFault.UNREADABLE),
        ("19692", DateFault.UNREADABLE),
        (True, DateFault.UNREADABLE),
        (float("nan"), DateFault.UNREADABLE),
        (float("inf"), DateFault.UNREADABLE),
        (12, DateFault.UNREADABLE),
        (-39692, DateFault.UNREADABLE),
        (1e300, DateFault.UNREADABLE),
    ],
)
def test_what_is_unclear_is_refused_with_its_reason(value, fault):
    assert read_date(value) is fault


@pytest.mark.parametrize("fault", DateFault)
def test_every_refusal_says_what_to_do(fault):
    assert fault.remedy.endswith("。")
    assert fault.describe("31/02") != fault.value


def test_the_day_that_does_not_exist_is_named():
    assert "2013-02-30" in DateFault.NO_SUCH_DATE.describe("2013-02-30")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_any_day_survives_every_usual_writing(day):
    for text in (
        day.isoformat(),
        day.strftime("%Y%m%d"),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day} 8:05:09",
    ):
        assert read_date(text) == day


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text):
    assert isinstance(read_date(text, month_only=True), date | DateFault)
