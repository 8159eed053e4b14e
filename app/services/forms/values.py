"""The values of a form: what may stand in a field, how it is written, and its fingerprint."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from openpyxl.styles.numbers import is_date_format

Values: TypeAlias = Mapping[str, Any]
"""Chinese field name -> text, number, date, Picture, QrCode, or a list of such mappings."""

Number: TypeAlias = int | float | Decimal

# What is printed about the printing itself; the same data printed tomorrow keeps its fingerprint.
NOT_DATA: Final = frozenset({"打印日期", "打印时间", "打印人", "校验码"})


@dataclass(frozen=True, slots=True)
class Picture:
    """照片: the bytes of a JPEG or PNG; fitted into its cell and centred.

    `sha256` is their digest where it is known, so that comparing needs no bytes.
    """

    data: bytes
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class QrCode:
    """二维码: the text it carries; drawn as vectors on paper."""

    text: str


def who(values: Values) -> str:
    """姓名+学号 (or 考生号) of a person, else the class of a list: for the registrar to find it."""
    if name := values.get("姓名"):
        return f"{name}{values.get('学号') or values.get('考生号') or ''}"
    return str(values.get("班级") or "")


# --- writing a value ----------------------------------------------------------------------


def show(value: object, pattern: str = "") -> str:
    """The value as it stands on paper; `pattern` is a spreadsheet's number or date format."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return show_date(value, pattern if is_date_pattern(pattern) else "yyyy-mm-dd")
    if isinstance(value, (int, float, Decimal)):
        if is_date_pattern(pattern):
            pattern = ""
        return show_number(value, pattern)
    return str(value)


@lru_cache(maxsize=512)
def is_date_pattern(pattern: str) -> bool:
    """Whether a spreadsheet would show a number with this format as a date."""
    return bool(pattern) and bool(is_date_format(pattern))


_DATE_TOKENS: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<part>y+|m+|d+|h+|s+|a{3,4})|(?P<plain>.)",
    re.IGNORECASE,
)
_DIGITS: Final = "〇一二三四五六七八九"
_WEEKDAYS: Final = "一二三四五六日"


def show_date(day: date, pattern: str) -> str:
    """A date by a spreadsheet's date format, Chinese numerals ([DBNum1]) and weekdays included."""
    chinese = "DBNum1" in pattern
    written: list[str] = []
    after_hour = False
    for token in _DATE_TOKENS.finditer(pattern.split(";")[0]):
        kind = token.lastgroup
        text = token.group(kind) if kind else ""
        if kind == "part":
            code = text.lower()
            written.append(_date_part(day, code, after_hour, chinese))
            after_hour = code[0] == "h" or (after_hour and code[0] == "m")
        elif kind != "bracket":
            written.append(text)
    return "".join(written)


def _date_part(day: date, code: str, after_hour: bool, chinese: bool) -> str:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- a calendar day has no zone
    if code[0] == "y":
        year = f"{day.year:04d}" if len(code) > 2 else f"{day.year % 100:02d}"
        return "".join(_DIGITS[int(digit)] for digit in year) if chinese else year
    if code[0] == "a":
        return ("星期" if len(code) == 4 else "") + _WEEKDAYS[day.weekday()]
    number = {
        "m": moment.minute if after_hour else moment.month,
        "d": moment.day,
        "h": moment.hour,
        "s": moment.second,
    }[code[0]]
    if chinese:
        return _chinese_count(number)
    return f"{number:02d}" if len(code) == 2 else str(number)


def _chinese_count(number: int) -> str:
    """0-99 in Chinese numerals: 十, 十二, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")


_NUMBER_CORE: Final = re.compile(r"[#0?,]*[#0?](?:\.[#0?]*)?|\.[#0?]+")
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')


def show_number(value: Number, pattern: str) -> str:
    """A number by a spreadsheet's number format; General never shows `.0`."""
    if pattern in ("", "@") or pattern.lower() == "general":
        return f"{value:d}" if isinstance(value, int) else f"{value:.10g}"
    sections = pattern.split(";")
    sign = "-" if value < 0 else ""
    size = -value if value < 0 else value
    section = sections[0]
    if value == 0 and len(sections) > 2:
        section = sections[2]
    elif value < 0 and len(sections) > 1:
        section, sign = sections[1], ""
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(match.group(1) or match.group(2) or "")
        return chr(0xE000 + len(literals) - 1)  # stands for the literal until digits are set

    core = _LITERAL.sub(keep, section)
    percent = core.count("%")
    placed = _NUMBER_CORE.search(core)
    if placed:
        digits = _digits(size * 100**percent, placed.group())
        core = core[: placed.start()] + digits + core[placed.end() :]
    shown = re.sub(r"[\ue000-\uf8ff]", lambda m: literals[ord(m.group()) - 0xE000], core)
    return sign + shown.replace("General", show_number(size, ""))


def _digits(value: Number, core: str) -> str:
    whole, _, fraction = core.partition(".")
    text = f"{value:.{len(fraction)}f}"
    left, _, right = text.partition(".")
    while right and fraction[len(right) - 1] in "#?" and right.endswith("0"):
        right = right[:-1]
    left = left.zfill(whole.count("0"))
    if not whole.count("0") and left == "0":
        left = ""
    if "," in whole.rstrip(","):
        left = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", left)
    return f"{left}.{right}" if right else left


# --- fingerprint --------------------------------------------------------------------------


def fingerprint(values: Values) -> str:
    """SHA-256 (hex) of what the values say; equal for paper and workbook, today and tomorrow.

    A blank value and an absent one are the same. QR codes and words about the printing itself
    are left out: they name the sheet, they are not its data.
    """
    text = json.dumps(_canonical(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            str(name): _canonical(inner)
            for name, inner in value.items()
            if name not in NOT_DATA
            and not isinstance(inner, QrCode)
            and inner is not None
            and inner != ""
        }
    if isinstance(value, (list, tuple)):
        return [_canonical(inner) for inner in value]
    if isinstance(value, Picture):
        return {"picture": value.sha256 or hashlib.sha256(value.data).hexdigest()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return show_number(value, "")
    return value if value is None else str(value)
