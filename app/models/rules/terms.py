"""学年 and 学期 of a school: the year begins on 1 August, its second term on 1 February."""

from datetime import date
from typing import Final

_NUMBERS: Final = "一二三四五六七八九"


def academic_year(day: date) -> int:
    """The year in which the 学年 of that day began."""
    return day.year if day.month >= 8 else day.year - 1


def term_begin(day: date) -> date:
    """First day of the 学期 of that day."""
    if day.month >= 8:
        return date(day.year, 8, 1)
    return date(day.year, 2, 1) if day.month >= 2 else date(day.year - 1, 8, 1)


def grade_name(number: int) -> str:
    """一年级 for 1; nothing for who has not begun or has left long ago."""
    return f"{_NUMBERS[number - 1]}年级" if 1 <= number <= len(_NUMBERS) else ""
