"""When the 学年 and the 学期 begin."""

from datetime import date

import pytest

from app.models.rules.terms import academic_year, grade_name, term_begin


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
