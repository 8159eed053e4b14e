"""The values of a form: what may stand in a field, how it is written, and its fingerprint."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, TypeAlias

from openpyxl.styles.numbers import is_date_format

Values: TypeAlias = Mapping[str, Any]
"""Chinese field name -> text, number, date, Picture, QrCode, or a list of such mappings."""

Number: TypeAlias = int | float | Decimal

# What is printed about the printing itself; the same data printed tomorrow keeps its fingerprint.
NOT_DATA: Final = frozenset({"打印日期", "打印时间", "打印人", "校验码"})


class Picture:
    """照片: the bytes of a JPEG or PNG; fitted into its cell and centred.

    `sha256` is their digest where it is known, so that comparing needs no bytes. What reads them
    may stand in their place: the photographs of a school are not held in memory all at once.
    """

    __slots__ = ("_source", "sha256")

    def __init__(self, source: bytes | Callable[[], bytes], sha256: str = "") -> None:
        self._source = source
        self.sha256 = sha256

    @property
    def data(self) -> bytes:
        """The picture, read anew if it is not at hand."""
        return self._source if isinstance(self._source, bytes) else self._source()

    def __reduce__(self) -> tuple[type["Picture"], tuple[bytes, str]]:
        """To another process goes the picture, as it cannot read it there."""
        return Picture, (self.data, self.sha256)


@dataclass(frozen=True, slots=True)
class QrCode:
    """二维码: the text it carries; drawn as vectors on paper."""

    text: str


def who(values: Values) -> str:
    """姓名 学号 (or 考生号) of a person, else the class of a list: for the registrar to find it."""
    if name := values.get("姓名"):
        return f"{name} {values.get('学号') or values.get('考生号') or ''}".rstrip()
    return str(values.get("班级") or "")


# --- writing a value ----------------------------------------------------------------------


def show(value: object, pattern: str = "") -> str:
    """The value as it stands on paper; `pattern` is a spreadsheet's number or date format."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if pattern in _NAMED:
        pattern = _NAMED[pattern][isinstance(value, date)]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return show_date(value, pattern if is_date_pattern(pattern) else "yyyy-mm-dd")
    if isinstance(value, (int, float, Decimal)):
        if is_date_pattern(pattern):
            pattern = ""
        return show_number(value, pattern)
    return str(value)


#: Formats with a name of their own: for a number, and for a date.
_NAMED: Final = {
    "大写": ("[DBNum2]General", '[DBNum1]yyyy"年"m"月"d"日"'),
    "中文": ("[DBNum1]General", '[DBNum1]yyyy"年"m"月"d"日"'),
}


def show_text(text: str, pattern: str) -> str:
    """A text by the fourth section of a number format, or the only one when it has an @."""
    sections = pattern.split(";")
    section = sections[3] if len(sections) > 3 else sections[0] if len(sections) == 1 else ""
    if "@" not in section or section == "@":
        return text
    return "".join(
        text if token.group() == "@" else token.group("quoted") or token.group("escaped") or ""
        for token in re.finditer(r'@|"(?P<quoted>[^"]*)"|\\(?P<escaped>.)', section)
    )


@lru_cache(maxsize=512)
def is_date_pattern(pattern: str) -> bool:
    """Whether a spreadsheet would show a number with this format as a date."""
    if not pattern:
        return False
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", pattern)
    return bool(is_date_format(pattern)) or bool(re.search(r"aaa", bare, re.IGNORECASE))


_DATE_TOKENS: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<part>y+|m+|d+|h+|s+|a{3,4})|(?P<plain>.)",
    re.IGNORECASE,
)
_DIGITS: Final = "〇一二三四五六七八九"
_CAPITALS: Final = "零壹贰叁肆伍陆柒捌玖"
_WEEKDAYS: Final = "一二三四五六日"
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def show_date(day: date, pattern: str) -> str:
    """A date by a spreadsheet's date format, Chinese numerals ([DBNum1]) and weekdays included."""
    chinese = "DBNum1" in pattern
    national = chinese or "$-804" in pattern
    tokens = list(_DATE_TOKENS.finditer(pattern.split(";")[0]))
    halves = any(token.lastgroup == "half" for token in tokens)
    written: list[str] = []
    after_hour = False
    for token in tokens:
        kind = token.lastgroup
        text = token.group(kind) if kind else ""
        if kind == "part":
            code = text.lower()
            written.append(_date_part(day, code, after_hour, chinese, national, halves))
            after_hour = code[0] == "h" or (after_hour and code[0] == "m")
        elif kind == "half":
            late = isinstance(day, datetime) and day.hour >= 12
            written.append(("上午", "下午")[late] if national else text.split("/")[late])
        elif kind != "bracket":
            written.append(text)
    return "".join(written)


def _date_part(
    day: date, code: str, after_hour: bool, chinese: bool, national: bool, halves: bool
) -> str:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001 -- a calendar day has no zone
    if code[0] == "y":
        year = f"{day.year:04d}" if len(code) > 2 else f"{day.year % 100:02d}"
        return "".join(_DIGITS[int(digit)] for digit in year) if chinese else year
    if code[0] == "a" or (code[0] == "d" and len(code) > 2 and national):
        return ("星期" if len(code) == 4 else "") + _WEEKDAYS[day.weekday()]
    if len(code) > 2 and code[0] in "md":
        name = _DAYS[day.weekday()] if code[0] == "d" else _MONTHS[day.month - 1]
        if national:
            return _chinese_count(day.month) + "月"
        return name if len(code) == 4 else name[:1] if len(code) == 5 else name[:3]
    number = {
        "m": moment.minute if after_hour else moment.month,
        "d": moment.day,
        "h": (moment.hour % 12 or 12) if halves else moment.hour,
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


_UNITS: Final = (("", "十", "百", "千"), ("", "拾", "佰", "仟"))
_MYRIADS: Final = ("", "万", "亿", "万亿")


def chinese_number(value: Number, *, capitals: bool = False) -> str:
    """A number in Chinese words: 12034 is 一万二千〇三十四, in capitals 壹万贰仟零叁拾肆."""
    digits = _CAPITALS if capitals else _DIGITS
    whole, _, fraction = f"{abs(Decimal(str(value))):f}".partition(".")
    fraction = fraction.rstrip("0")
    groups = [int(whole[max(0, end - 4) : end]) for end in range(len(whole), 0, -4)]
    words = ""
    gap = False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += digits[0]
        words += _four(group, digits, _UNITS[capitals]) + _MYRIADS[place]
        gap = False
    if not capitals and words.startswith("一十"):
        words = words[1:]
    words = words or digits[0]
    if fraction:
        words += "点" + "".join(digits[int(digit)] for digit in fraction)
    return ("负" if value < 0 else "") + words


def _four(number: int, digits: str, units: tuple[str, ...]) -> str:
    """1 to 9999 in words, one 〇 for noughts in between."""
    words, nought = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            words += (digits[0] if nought and words else "") + digits[digit] + units[place]
            nought = False
        else:
            nought = True
    return words


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
    written = "DBNum1" in section or "DBNum2" in section
    placed = _NUMBER_CORE.search(core)
    if "General" in core and written:
        words = chinese_number(size, capitals="DBNum2" in section)
        core = core.replace("General", words)
    elif part := _FRACTION.search(core):
        core = core[: part.start()] + _fraction(size, part) + core[part.end() :]
    elif power := _POWER.search(core):
        places = len(power["places"] or "")
        mantissa, _, exponent = f"{size:.{places}E}".partition("E")
        shown = f"E{'+' if power['sign'] == '+' or exponent[0] == '-' else ''}"
        shown = shown if exponent[0] == "+" else "E-"
        core = (
            core[: power.start()]
            + f"{mantissa}{shown}{exponent[1:].lstrip('0').zfill(len(power['digits']))}"
            + core[power.end() :]
        )
    elif placed:
        digits = _digits(size * 100**percent, placed.group())
        if written:  # digit by digit, as years are written
            letters = _CAPITALS if "DBNum2" in section else _DIGITS
            digits = "".join(letters[int(d)] if d.isdigit() else d for d in digits)
        core = core[: placed.start()] + digits + core[placed.end() :]
    shown = re.sub(r"[\ue000-\uf8ff]", lambda m: literals[ord(m.group()) - 0xE000], core)
    return sign + shown.replace("General", show_number(size, ""))


_FRACTION: Final = re.compile(r"(?P<whole>[#0?]+ +)?[#0?]+/(?P<parts>[?#]+|\d+)")
_POWER: Final = re.compile(r"[#0?]+(?:\.(?P<places>[#0?]+))?E(?P<sign>[+-])(?P<digits>0+)", re.I)


def _fraction(value: Number, form: re.Match[str]) -> str:
    """A number as a fraction: 1.5 by `# ?/?` is 1 1/2."""
    parts = form["parts"]
    exact = Fraction(str(value))
    whole = int(exact) if form["whole"] else 0
    rest = exact - whole
    if parts.isdigit():
        top, bottom = round(rest * int(parts)), int(parts)
    else:
        near = rest.limit_denominator(10 ** len(parts) - 1)
        top, bottom = near.numerator, near.denominator
    if not top and form["whole"]:
        return str(whole)
    return f"{whole} {top}/{bottom}" if whole else f"{top}/{bottom}"


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
