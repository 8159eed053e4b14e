"""When the 学年 and the 学期 begin."""

from datetime import date

import pytest

from app.models.rules.terms import (
    academic_year,
    grade_name,
    term_after,
    term_before,
    term_begin,
    term_name,
)


@pytest.mark.parametrize(
    ("day", "year", "term"),
    [
        (date(2026, 7, 31), 2025, date(2026, 2, 1)),
        (date(2026, 8, 1), 2026, date(2026, 8, 1)),
        (date(2027, 1, 31), 2026, date(2026, 8, 1)),
        (date(2027, 3, 1), 2026, date(2027, 2, 1)),
    ],
)
def test_a_year_begins_in_august_and_a_term_also_in_february(
    day: date, year: int, term: date
) -> None:
    assert academic_year(day) == year
    assert term_begin(day) == term


def test_a_grade_is_named_as_schools_say_it() -> None:
    assert grade_name(1) == "一年级"
    assert grade_name(0) == ""


@pytest.mark.parametrize("day", [date(2026, 8, 1), date(2027, 1, 31), date(2027, 2, 1),
                                 date(2027, 7, 31), date(2028, 2, 29)])  # fmt: skip
def test_stepping_by_terms_leads_from_one_first_day_to_the_next(day: date) -> None:
    before, after = term_before(day), term_after(day)
    assert before < day < after
    for first in (before, after):
        assert term_begin(first) == first
    assert term_before(after) == term_begin(day)
    assert term_after(before) in (after, term_begin(day))


def test_a_term_is_named_by_its_season() -> None:
    assert term_name(date(2027, 1, 31)) == "2026秋"
    assert term_name(date(2027, 2, 1)) == "2027春"
