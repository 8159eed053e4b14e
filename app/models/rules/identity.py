"""身份证号 and the numbers that stand in its place: read, check, explain.

Citizen numbers follow GB 11643-1999, the cards of 港澳台居民 the notice of 2018, 永居证 the form of
2023. A number keeps the county code of its first registration, so an abolished county is never a
fault; only a province that never existed is. Whether the county is known is a question for the
operator (see Standards.division_name), not a reason to refuse.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from app.models.vocabulary import Sex

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_HMT_DIVISIONS: Final = ("810000", "820000", "830000")
_PROVINCES: Final = frozenset(  # first two digits in GB/T 2260; none was ever abolished
    str(code)
    for region in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        range(71, 72),
    )
    for code in region
)
_FIRST_YEAR, _LAST_YEAR = 1800, 2099

_BLANKS = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_FOREIGNER15 = re.compile(r"[A-Z]{3}[0-9]{12}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d{1,2}", re.IGNORECASE)
# A spreadsheet keeps 15 significant digits: the longest whole number that survives it.
_SPREADSHEET_LIMIT: Final = 10**15


class IdentityKind(Enum):
    """证件种类, told by the form of the number."""

    CITIZEN18 = "居民身份证"
    CITIZEN15 = "居民身份证（15 位旧号）"
    RESIDENCE_HMT = "港澳台居民居住证"
    FOREIGNER18 = "外国人永久居留身份证"
    FOREIGNER15 = "外国人永久居留身份证（旧版）"
    TEMPORARY = "临时编号"  # 999…, of the secondary-vocational upload; not a citizen number


class IdentityFault(Enum):
    """What is wrong with a number: the value is the problem, `remedy` what to do."""

    EMPTY = "没有填写身份证号"
    LENGTH = "身份证号位数不对"
    CHARACTERS = "身份证号里有不该出现的字符"
    PLACE = "身份证号开头的地区码不存在"
    DATE = "身份证号里的出生日期不存在"
    FUTURE = "身份证号里的出生日期还没有到"
    CHECK_DIGIT = "身份证号的校验码不对"
    SPOILT = "身份证号被电子表格改成了数字，末几位已丢失"

    @property
    def remedy(self) -> str:
        """What the operator should do, as a Chinese sentence."""
        return _REMEDIES[self]

    def describe(self, text: str) -> str:
        """Problem and remedy for this very number: how many digits, which characters, which day."""
        number = canonical_number(text)
        detail = ""
        if self is IdentityFault.LENGTH:
            detail = f"：共 {len(number)} 位"
        elif self is IdentityFault.CHARACTERS:
            detail = f"：{' '.join(_strange_characters(number)[:5])}"
        elif self is IdentityFault.PLACE:
            detail = f"：{number[:2]}"
        elif self in {IdentityFault.DATE, IdentityFault.FUTURE}:
            detail = f"：{_birth_digits(number)}"
        return f"{self.value}{detail}。{self.remedy}"


_REMEDIES: Final = {
    IdentityFault.EMPTY: "请补填；确实没有的，请填写其他证件或临时编号。",
    IdentityFault.LENGTH: "应为 18 位（旧号 15 位），请对照证件补全。",
    IdentityFault.CHARACTERS: "只能是数字，末位可为 X；请查看是否把 0 写成了 O、把 1 写成了 l。",
    IdentityFault.PLACE: "请对照证件核对前两位。",
    IdentityFault.DATE: "请对照证件核对第 7 至 14 位（旧号第 7 至 12 位）。",
    IdentityFault.FUTURE: "请对照证件核对第 7 至 14 位。",
    IdentityFault.CHECK_DIGIT: "有一位或几位写错，请对照证件逐位核对，不要只改末位。",
    IdentityFault.SPOILT: "请把该列设为“文本”格式后重新录入，或向提供者索取原表。",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A sound number: canonical text, and what it says of its holder (None: it does not say)."""

    number: str
    kind: IdentityKind
    birth_date: date | None
    sex: Sex | None

    @property
    def division_code(self) -> str | None:
        """Six-digit code (GB/T 2260) of the place of first registration."""
        if self.kind in {IdentityKind.CITIZEN18, IdentityKind.CITIZEN15}:
            return self.number[:6]
        return None

    @property
    def number18(self) -> str:
        """The 18-digit form of an old citizen number; every other number as it is."""
        if self.kind is not IdentityKind.CITIZEN15:
            return self.number
        body = f"{self.number[:6]}19{self.number[6:]}"
        return body + check_digit(body)


def canonical_number(text: str) -> str:
    """The number as stored: half-width, upper-case X, without blanks or a leading apostrophe."""
    number = _BLANKS.sub("", unicodedata.normalize("NFKC", text))
    return number.lstrip("'‘’`").upper()


def check_digit(body: str) -> str:
    """Check digit for the first 17 digits: MOD 11-2 of GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True))
    return _CHECK_DIGITS[total % 11]


def read_identity(text: str, today: date | None = None) -> Identity | IdentityFault:
    """Read a number as typed or imported; with `today`, nobody is born after that day."""
    number = canonical_number(text)
    if not number:
        return IdentityFault.EMPTY
    if looks_damaged(number):
        return IdentityFault.SPOILT
    if _FOREIGNER15.fullmatch(number):
        # The century of its two-digit year and its check digit are not published: neither is read.
        return Identity(number, IdentityKind.FOREIGNER15, None, None)
    if len(number) not in {15, 18}:
        return IdentityFault.LENGTH if not _strange_characters(number) else IdentityFault.CHARACTERS
    if _strange_characters(number):
        return IdentityFault.CHARACTERS
    identity = _read_old(number) if len(number) == 15 else _read_long(number)
    if isinstance(identity, Identity) and today and identity.birth_date:
        return IdentityFault.FUTURE if identity.birth_date > today else identity
    return identity


def looks_damaged(value: object) -> bool:
    """Whether a spreadsheet has turned a long number into a figure and lost its last digits.

    True for a whole number or float beyond 15 digits, for text such as 3.20102E+17, and for 18
    digits that end in 000 against their check digit.
    """
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return abs(value) >= _SPREADSHEET_LIMIT
    if not isinstance(value, str):
        return False
    text = canonical_number(value)
    if _SCIENTIFIC.fullmatch(text):
        return True
    digits = re.sub(r"\.0+$", "", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) == 18):
        return False
    return digits.endswith("000") and not digits.startswith("999") and not _checks(digits)


def _read_long(number: str) -> Identity | IdentityFault:
    if number.startswith("999"):
        if number.endswith("X"):
            return IdentityFault.CHARACTERS
        return Identity(number, IdentityKind.TEMPORARY, None, None)
    kind = _kind_of_long(number)
    if kind is None:
        return IdentityFault.PLACE
    birth = _real_date(number[6:14])
    if birth is None:
        return IdentityFault.DATE
    if not _checks(number):
        return IdentityFault.CHECK_DIGIT
    # Whether the 17th digit of 永居证 tells the sex is not confirmed.
    sex = None if kind is IdentityKind.FOREIGNER18 else _sex_of(number[16])
    return Identity(number, kind, birth, sex)


def _read_old(number: str) -> Identity | IdentityFault:
    if number[:2] not in _PROVINCES:
        return IdentityFault.PLACE
    birth = _real_date(f"19{number[6:12]}")
    if birth is None:
        return IdentityFault.DATE
    return Identity(number, IdentityKind.CITIZEN15, birth, _sex_of(number[14]))


def _kind_of_long(number: str) -> IdentityKind | None:
    if number.startswith(_HMT_DIVISIONS):
        return IdentityKind.RESIDENCE_HMT
    if number.startswith("9"):
        return IdentityKind.FOREIGNER18
    return IdentityKind.CITIZEN18 if number[:2] in _PROVINCES else None


def _real_date(digits: str) -> date | None:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _checks(number: str) -> bool:
    return check_digit(number[:17]) == number[17]


def _sex_of(digit: str) -> Sex:
    return Sex.MALE if int(digit) % 2 else Sex.FEMALE


def _birth_digits(number: str) -> str:
    return f"19{number[6:12]}" if len(number) == 15 else number[6:14]


def _strange_characters(number: str) -> list[str]:
    """Characters that no citizen number has there, each once: X may only end 18 digits."""
    body = number[:-1] if len(number) >= 17 and number.endswith("X") else number
    return list(dict.fromkeys(char for char in body if char not in "0123456789"))
