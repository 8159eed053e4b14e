"""Layouts of what the school numbers and names itself: 学号, 档号 and 班级 names.

A pattern is text with fields in braces, `{入学年:4}{分院代码:2}{专业序号:2}{班序:2}{座号:2}`; the
figure is the width. A pattern that could not give every student a number of his own is refused
when it is written, not when the numbers collide.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class PatternError(ValueError):
    """A pattern or a value that does not fit it; the message is a Chinese sentence."""


class FieldForm(Enum):
    """How a field of a pattern is written."""

    YEAR = auto()  # four digits, or the last two
    CODE = auto()  # letters and digits as they are; the width must agree
    COUNT = auto()  # a whole number, filled with zeros on the left
    WORDS = auto()  # any text, as it is


@dataclass(frozen=True, slots=True)
class NumberLayout:
    """What patterns of one kind of number may hold.

    `needs` are groups of fields of which one must be there; `depends` names, for a field, the
    field without which it repeats. `max_length` None: no limit, and fields may go without a width.
    """

    name: str
    fields: Mapping[str, FieldForm]
    needs: tuple[tuple[str, ...], ...]
    depends: Mapping[str, str]
    literal: re.Pattern[str]
    max_length: int | None


STUDENT_NUMBER: Final = NumberLayout(
    name="学号",
    fields={
        "入学年": FieldForm.YEAR,
        "分院代码": FieldForm.CODE,
        "专业代码": FieldForm.CODE,
        "专业序号": FieldForm.COUNT,
        "班序": FieldForm.COUNT,
        "座号": FieldForm.COUNT,
        "年级流水": FieldForm.COUNT,
    },
    needs=(("入学年",), ("座号", "年级流水")),
    depends={"座号": "班序"},
    literal=re.compile(r"[A-Za-z0-9-]*"),
    max_length=15,  # XH of the ministry's platform is C15
)

ARCHIVE_CODE: Final = NumberLayout(
    name="档号",
    fields={
        "全宗号": FieldForm.CODE,
        "门类代码": FieldForm.CODE,
        "年度": FieldForm.YEAR,
        "保管期限": FieldForm.CODE,
        "机构代码": FieldForm.CODE,
        "案卷号": FieldForm.COUNT,
        "件号": FieldForm.COUNT,
    },
    needs=(("案卷号", "件号"),),
    depends={},
    literal=re.compile(r"[A-Za-z0-9.·-]*"),  # DA/T 13: "-" between levels, "·" between siblings
    max_length=None,
)

CLASS_NAME: Final = NumberLayout(
    name="班级名称",
    fields={
        "专业简称": FieldForm.WORDS,
        "专业名称": FieldForm.WORDS,
        "入学年": FieldForm.YEAR,
        "班序": FieldForm.COUNT,
    },
    needs=(("专业简称", "专业名称"), ("班序",)),
    depends={},
    literal=re.compile(r"[^{}\x00-\x1f]*"),
    max_length=None,
)

_FIELD = re.compile(r"\{([^{}]*)\}")
_FULL_WIDTH_BRACES: Final = str.maketrans("｛｝", "{}")
_MAX_WIDTH: Final = 9


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    form: FieldForm
    width: int | None

    def write(self, value: str | int) -> str:
        text = unicodedata.normalize("NFKC", str(value)).strip()
        if self.form is FieldForm.WORDS:
            return str(value).strip()
        if self.form is FieldForm.YEAR:
            return self._write_year(text)
        if not (text.isascii() and text.isalnum()):
            raise PatternError(f"{self.name}“{value}”只能由字母和数字组成。")
        if self.form is FieldForm.COUNT:
            return self._write_count(text)
        if self.width is not None and len(text) != self.width:
            raise PatternError(f"{self.name}“{text}”应为 {self.width} 位，现为 {len(text)} 位。")
        return text

    def _write_year(self, text: str) -> str:
        if not re.fullmatch(r"(19|20)[0-9]{2}", text):
            raise PatternError(f"{self.name}“{text}”应为四位年份。")
        return text[-2:] if self.width == 2 else text

    def _write_count(self, text: str) -> str:
        if not text.isdigit() or int(text) < 1:
            raise PatternError(f"{self.name}“{text}”应为从 1 起的整数。")
        digits = str(int(text))
        if self.width is not None and len(digits) > self.width:
            raise PatternError(f"{self.name} {digits} 超过 {self.width} 位。")
        return digits.zfill(self.width or 0)


class NumberPattern:
    """A pattern ready to write numbers; PatternError names the part of the text that is wrong.

    Full-width braces, colons and figures, as an input method types them, are fine.
    """

    def __init__(self, text: str, layout: NumberLayout = STUDENT_NUMBER) -> None:
        self.text = text.translate(_FULL_WIDTH_BRACES).strip()
        if not self.text:
            raise PatternError(f"{layout.name}格式为空，请填写。")
        pieces = _FIELD.split(self.text)
        self._parts: tuple[str | _Field, ...] = tuple(
            _compile_field(piece, layout) if index % 2 else _compile_literal(piece, layout)
            for index, piece in enumerate(pieces)
        )
        _check_whole(self, layout)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the values that `render` needs, in order."""
        return tuple(part.name for part in self._parts if isinstance(part, _Field))

    @property
    def length(self) -> int | None:
        """Length of every number made by the pattern; None when a code has no fixed width."""
        total = 0
        for part in self._parts:
            width = part.width if isinstance(part, _Field) else len(part)
            if width is None:
                return None
            total += width
        return total

    def render(self, values: Mapping[str, str | int]) -> str:
        """The number for these values; PatternError names a value that is missing or too long."""
        return "".join(
            part if isinstance(part, str) else part.write(_value(values, part.name))
            for part in self._parts
        )

    def matcher(self, values: Mapping[str, str | int]) -> re.Pattern[str]:
        """Matches the numbers with these values; a field left out is a group of its name."""
        return re.compile(
            "".join(
                re.escape(part)
                if isinstance(part, str)
                else re.escape(part.write(_value(values, part.name)))
                if part.name in values
                else f"(?P<{part.name}>[0-9A-Za-z]{{{part.width}}})"
                for part in self._parts
            )
        )


def archive_code(template: str, values: Mapping[str, str | int]) -> str:
    """档号 such as X001-JX-2026-Y-0001 from `{全宗号}-{门类代码}-{年度:4}-{保管期限}-{件号:4}`."""
    return NumberPattern(template, ARCHIVE_CODE).render(values)


def _value(values: Mapping[str, str | int], name: str) -> str | int:
    value = values.get(name, "")
    if value == "":
        raise PatternError(f"缺少“{name}”，不能编号。")
    return value


def _compile_field(piece: str, layout: NumberLayout) -> _Field:
    plain = unicodedata.normalize("NFKC", piece)
    name, _, width = (part.strip() for part in plain.partition(":"))
    form = layout.fields.get(name)
    if form is None:
        known = "、".join(layout.fields)
        raise PatternError(f"{layout.name}格式里的“{{{piece}}}”不认识；可用：{known}。")
    if not width and (layout.max_length is None or form is FieldForm.WORDS):
        return _Field(name, form, None)
    if not re.fullmatch(r"[0-9]{1,2}", width) or not 1 <= int(width) <= _MAX_WIDTH:
        raise PatternError(
            f"{layout.name}格式里的“{{{piece}}}”要写明位数（1 至 {_MAX_WIDTH}），如 {{{name}:4}}。"
        )
    if form is FieldForm.YEAR and int(width) not in {2, 4}:
        raise PatternError(f"{layout.name}格式里的“{{{piece}}}”：年份只能是 4 位或 2 位。")
    return _Field(name, form, int(width))


def _compile_literal(piece: str, layout: NumberLayout) -> str:
    if "{" in piece or "}" in piece:
        raise PatternError(f"{layout.name}格式里“{piece}”的花括号不成对。")
    if not layout.literal.fullmatch(piece):
        piece = unicodedata.normalize("NFKC", piece).strip()
    if not layout.literal.fullmatch(piece):
        raise PatternError(f"{layout.name}格式里的“{piece}”不能出现在{layout.name}中。")
    return piece


def _check_whole(pattern: NumberPattern, layout: NumberLayout) -> None:
    names = pattern.fields
    for name in names:
        if names.count(name) > 1:
            raise PatternError(f"{layout.name}格式里“{name}”出现了两次。")
        needed = layout.depends.get(name)
        if needed and needed not in names:
            raise PatternError(
                f"{layout.name}格式用了“{name}”却没有“{needed}”，各班会编出相同的号。"
            )
    for group in layout.needs:
        if not set(group) & set(names):
            raise PatternError(f"{layout.name}格式缺少“{'”或“'.join(group)}”，会编出相同的号。")
    length = pattern.length
    if layout.max_length is not None and length is not None and length > layout.max_length:
        raise PatternError(
            f"按这个格式{layout.name}有 {length} 位，平台最多 {layout.max_length} 位，请缩短。"
        )
