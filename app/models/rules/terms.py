"""学年 and 学期 of a school: the year begins on 1 August, its second term on 1 February."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

_NUMBERS: Final = "一二三四五六七八九"


def academic_year(day: date) -> int:
    """The year in which the 学年 of that day began."""
    return day.year if day.month >= 8 else day.year - 1


def since(cohorts: Iterable[int], today: date) -> date:
    """From when there is a past to look at: the entry of the oldest 年级."""
    return date(min(cohorts, default=academic_year(today)), 8, 1)


def term_begin(day: date) -> date:
    """First day of the 学期 of that day."""
    if day.month >= 8:
        return date(day.year, 8, 1)
    return date(day.year, 2, 1) if day.month >= 2 else date(day.year - 1, 8, 1)


_INTO_THE_NEXT: Final = timedelta(days=190)  # longer than a term, shorter than two


def term_before(day: date) -> date:
    """The nearest day before on which a 学期 began."""
    begin = term_begin(day)
    return begin if begin < day else term_begin(day - timedelta(days=1))


def term_after(day: date) -> date:
    """The nearest day after on which a 学期 begins."""
    return term_begin(term_begin(day) + _INTO_THE_NEXT)


def term_name(day: date) -> str:
    """2026秋 for the term that begins in August 2026, 2027春 for the one in February 2027."""
    begin = term_begin(day)
    return f"{begin.year}{'秋' if begin.month >= 8 else '春'}"


def term_number(day: date) -> str:
    """2026-2027-1 for the first term of a 学年, 2026-2027-2 for the second."""
    year = academic_year(day)
    return f"{year}-{year + 1}-{1 if term_begin(day).month >= 8 else 2}"


def school_days(day: date) -> tuple[date, date]:
    """From when to when a school usually teaches in the 学期 of that day; to be corrected by it."""
    begin = term_begin(day)
    if begin.month >= 8:
        return date(begin.year, 9, 1), term_after(day) - timedelta(days=1)
    return date(begin.year, 2, 20), date(begin.year, 7, 10)


def grade_name(number: int) -> str:
    """一年级 for 1; nothing for who has not begun or has left long ago."""
    return f"{_NUMBERS[number - 1]}年级" if 1 <= number <= len(_NUMBERS) else ""
