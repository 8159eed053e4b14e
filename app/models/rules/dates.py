"""Dates as schools write them in sheets: every clear way is read, every unclear one refused."""

import calendar
import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

_FIRST_YEAR, _LAST_YEAR = 1900, 2099

# Serial days of a spreadsheet, 1900 system: 1954-10-03 to 2064-04-08. Day 0 is 1899-12-30, which
# absorbs the 29 February 1900 that the system invents.
_SERIALS: Final = range(20000, 60001)
_DAY_ZERO: Final = date(1899, 12, 30)

_NUMERALS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_TIME = re.compile(r"[T\s]+\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$")
_YEAR_FIRST = re.compile(r"(\d{4})([-./\s]|年)\s*(\d{1,2})([-./\s]|月)\s*(\d{1,2})日?号?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_YEAR_MONTH = re.compile(r"(\d{4})(?:[-./\s]|年)\s*(\d{1,2})月?")
_COMPACT_MONTH = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])")
_YEAR_LAST = re.compile(r"\d{1,2}([-./\s])\d{1,2}\1\d{4}")
_SHORT_YEAR = re.compile(r"\d{1,2}([-./\s]|年)\d{1,2}([-./\s]|月)\d{1,2}日?|\d{6}")
_CHINESE_TENS = re.compile(r"([一二三四五六七八九]?)(十|廿|卅)([一二三四五六七八九]?)")


class DateFault(Enum):
    """Why a date cannot be taken: the value is the problem, `remedy` what to do."""

    EMPTY = "没有填写日期"
    UNREADABLE = "看不出是哪一天"
    NO_SUCH_DATE = "没有这一天"
    YEAR_RANGE = "年份不在 1900 至 2099 之间"
    DAY_MISSING = "只有年月，缺少日"
    SHORT_YEAR = "年份只有两位"
    YEAR_LAST = "年份在最后，分不清月和日"
    LOST_ZERO = "单元格是数字，分不清 1 月还是 10 月"

    @property
    def remedy(self) -> str:
        """What the operator should do, as a Chinese sentence."""
        return _REMEDIES.get(self, "请写成 2008-09-01 这样的年月日。")

    def describe(self, value: object) -> str:
        """Problem and remedy for this very value."""
        shown = "" if self is DateFault.EMPTY else f"“{value}”"
        return f"{shown}{self.value}。{self.remedy}"


_REMEDIES: Final = {
    DateFault.NO_SUCH_DATE: "请核对月和日。",
    DateFault.SHORT_YEAR: "请把年份写成四位，如 2008-09-01。",
    DateFault.LOST_ZERO: "请把该列设为“文本”格式，写成 2008-01 或 2008-10。",
}


def read_date(
    value: str | int | float | date | datetime, month_only: bool = False
) -> date | DateFault:
    """The day that a cell means; with `month_only`, a year and month mean the first of the month.

    Numbers are read as 20080901, 200809 or a spreadsheet's serial day. Two-digit years and years
    that stand last are refused: a guess would be wrong without anybody noticing.
    """
    if isinstance(value, bool):
        return DateFault.UNREADABLE
    if isinstance(value, datetime):
        return _within_years(value.date())
    if isinstance(value, date):
        return _within_years(value)
    if isinstance(value, int | float):
        return _read_number(value, month_only)
    return _read_text(value, month_only)


def _read_number(value: int | float, month_only: bool) -> date | DateFault:
    if not math.isfinite(value):
        return DateFault.UNREADABLE
    if int(value) in _SERIALS:
        return _DAY_ZERO + timedelta(days=int(value))
    if value == int(value):
        return _read_text(str(int(value)), month_only)
    text = repr(value)  # 2008.9 typed as year.month becomes a figure, and 2008.10 becomes 2008.1
    if month_only and re.fullmatch(r"\d{4}\.1", text):
        return DateFault.LOST_ZERO
    return _read_text(text, month_only)


def _read_text(value: str, month_only: bool) -> date | DateFault:
    text = _plain(value)
    if not text:
        return DateFault.EMPTY
    if match := _COMPACT.fullmatch(text):
        year, month, day = match.groups()
        return _day(year, month, day)
    if match := _YEAR_FIRST.fullmatch(text):
        year, _, month, _, day = match.groups()
        return _day(year, month, day)
    if match := _YEAR_MONTH.fullmatch(text) or _COMPACT_MONTH.fullmatch(text):
        year, month = match.groups()
        first = _day(year, month, "1")
        return first if month_only or isinstance(first, DateFault) else DateFault.DAY_MISSING
    if text.isdecimal() and len(text) == 5 and int(text) in _SERIALS:  # a .csv of unformatted cells
        return _read_number(int(text), month_only)
    if _YEAR_LAST.fullmatch(text):
        return DateFault.YEAR_LAST
    return DateFault.SHORT_YEAR if _SHORT_YEAR.fullmatch(text) else DateFault.UNREADABLE


def _plain(value: str) -> str:
    """The text in ASCII digits, without a time of day and outer blanks."""
    text = unicodedata.normalize("NFKC", value).strip().lstrip("'‘’`").strip("\u200b\ufeff ")
    text = _TIME.sub("", text)
    text = _CHINESE_TENS.sub(_tens, text).translate(_NUMERALS)
    return re.sub(r"\s*([-./年月日号])\s*", r"\1", text)


def _tens(match: re.Match[str]) -> str:
    """十 -> 10, 十二 -> 12, 二十 -> 20, 廿一 -> 21, 三十一 -> 31."""
    before, ten, after = match.groups()
    tens = before or {"十": "1", "廿": "2", "卅": "3"}[ten]
    return tens + (after or "0")


def _day(year: str, month: str, day: str) -> date | DateFault:
    try:
        return _within_years(date(int(year), int(month), int(day)))
    except ValueError:
        return DateFault.NO_SUCH_DATE


def _within_years(day: date) -> date | DateFault:
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else DateFault.YEAR_RANGE


def months_after(day: date, months: int) -> date:
    """The same day so many months later (or earlier), the last of a month that has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def workdays_after(day: date, count: int) -> date:
    """The day so many 工作日 later; weekends are left out, holidays nobody knows in advance."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


_SATURDAY: Final = 5
