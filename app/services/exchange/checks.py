"""Checking a recognised table, cell by cell and row by row, before anything is compared.

A fault refuses its row as a whole and names sheet, row, column and what to do. A note tells what
was read otherwise than it stands there, or what deserves a look. A number that is itself at fault
cannot testify against the other cells of its row.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from app.models.fields import FIELD_BY_NAME, FieldKind, StudentField
from app.models.rules.dates import DateFault, read_date
from app.models.rules.identity import (
    Identity,
    IdentityFault,
    IdentityKind,
    canonical_number,
    looks_damaged,
    read_identity,
)
from app.models.rules.names import damaged_by_codepage, map_private_use, tidy_name
from app.models.vocabulary import Sex
from app.services.clock import today
from app.services.exchange.mapping import Column, Part, SourceRow, Table, major_told
from app.services.exchange.readers import Cell, FormulaWithoutValue
from app.services.forms.fonts import missing, name_characters
from app.services.standards import Standards, Suggestion

Value: TypeAlias = str | date

#: Numbers that one person has alone, in the order in which a double is reported.
OWN_NUMBERS: Final = ("id_number", "exam_number", "number")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one cell: where it is, what stands there, what about it, what to do."""

    sheet: str
    row: int
    column: str
    header: str
    field: str
    value: str
    problem: str
    remedy: str

    @property
    def sentence(self) -> str:
        """For people."""
        cell = f"{self.column} 列「{self.header}」" if self.column else f"「{self.header}」"
        shown = self.value if len(self.value) <= 30 else f"{self.value[:29]}…"
        stands = f"是 {shown}" if shown else "是空的"
        return f"“{self.sheet}”第 {self.row} 行 {cell}{stands}：{self.problem}。{self.remedy}"


class Fault(Finding):
    """Why a row is refused."""

    __slots__ = ()


class Conflict(Fault):
    """A key field that the register holds otherwise."""

    __slots__ = ()


class Note(Finding):
    """What was read otherwise than it stands, or deserves a look; the row is taken."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row of one person. `values` holds what is there, by field name: dates as date, the rest as
    text. `repeats` is the earlier row that says exactly the same."""

    sheet: str
    row: int
    columns: Mapping[str, Column]
    values: Mapping[str, Value]
    faults: tuple[Fault, ...] = ()
    name_damaged: bool = False
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """All rows of a file. `columns` are those of the first sheet that has the field; where sheets
    differ, `CheckedRow.columns` tells the row's own. `majors` are those that titles tell of sheets
    without such a column."""

    columns: Mapping[str, Column]
    rows: tuple[CheckedRow, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Note, ...]
    remarks: tuple[str, ...]
    entry_year: int | None
    majors: frozenset[str] = frozenset()


def check(table: Table, standards: Standards) -> CheckedTable:
    """Check every row of the table against itself, the code tables and the other rows."""
    checker = _Checker(_Reader(standards, today()))
    columns: dict[str, Column] = {}
    majors: dict[str, str] = {}
    for part in table.parts:
        major = _major_of_all(part, standards)
        checker.read(part, major)
        columns = part.fields | columns
        if major:
            majors[part.sheet] = major
    return CheckedTable(
        columns=columns,
        rows=tuple(checker.rows),
        faults=tuple(fault for row in checker.rows for fault in row.faults),
        notes=tuple(sorted(checker.notes, key=lambda note: (note.sheet, note.row))),
        remarks=(
            *table.remarks,
            *(
                f"工作表“{sheet}”没有专业一栏，按标题取“{major}”。"
                for sheet, major in majors.items()
            ),
        ),
        entry_year=table.entry_year,
        majors=frozenset(majors.values()),
    )


#: Years of entry for which a catalogue of majors is held.
CATALOGUE_YEARS: Final = (2021, 2015)


def _major_of_all(part: Part, standards: Standards) -> str | None:
    """The major of everybody in a sheet that has no column for it."""
    if part.fields.keys() & {"major", "major_code"}:
        return None
    return major_told(
        part, lambda name: any(standards.major_by_name(name, year) for year in CATALOGUE_YEARS)
    )


def check_person(values: Mapping[str, str], standards: Standards, origin: str) -> CheckedTable:
    """Check what was typed for one person as a row of a list; `origin` says where it was typed."""
    columns = tuple(
        Column(index, FIELD_BY_NAME[name].label, name) for index, name in enumerate(values)
    )
    part = Part(origin, "", (), columns, (SourceRow(1, tuple(values.values())),), ())
    return check(Table(origin, (part,), (), None), standards)


# --- cells ----------------------------------------------------------------------------------


class Problem(NamedTuple):
    """What is wrong with a cell, or worth a note."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a cell says.

    `loose`: a figure where text belongs; `damaged`: a name with lost characters; `months`: what a
    birth date without a day may mean.
    """

    value: Value | None
    note: Problem | None = None
    loose: bool = False
    damaged: bool = False
    identity: Identity | None = None
    months: tuple[tuple[int, int], ...] = ()


Outcome: TypeAlias = Read | Problem
NOTHING: Final = Read(None)

_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
_PLACEHOLDERS: Final = frozenset({"/", "//", "\\", "-", "--", "—", "——", "－", "无", "暂无", "空"})
# control characters, halves of surrogate pairs, and code points that are no characters
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PRIVATE_USE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010fffd]")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+?\d{1,2}")
_WHOLE = re.compile(r"\d+\.0+")
_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z\-]*")
_PHONE = re.compile(
    r"(?:\+?86-?)?1[3-9]\d{9}|(?:0\d{2,3}-?|\(0\d{2,3}\))?[2-9]\d{6,7}(?:-\d{1,6})?"
)
_IDENTITY_NAMES: Final = {
    IdentityKind.CITIZEN18: "居民身份证",
    IdentityKind.CITIZEN15: "居民身份证",
    IdentityKind.RESIDENCE_HMT: "港澳台居民居住证",
    IdentityKind.FOREIGNER18: "外国人永久居留身份证",
    IdentityKind.FOREIGNER15: "外国人永久居留身份证",
    IdentityKind.TEMPORARY: "临时编号",
}
#: 132-9635-9490 as people write it; the dashes of a land line belong to it.
_MOBILE_IN_GROUPS = re.compile(r"(?<!\d)(1[3-9]\d)-(\d{4})-(\d{4})(?!\d)")
_SEXES: Final = {
    **dict.fromkeys(("男", "男性", "男生", "1", "M", "MALE"), Sex.MALE),
    **dict.fromkeys(("女", "女性", "女生", "2", "F", "FEMALE"), Sex.FEMALE),
}
_YEARS = re.compile(r"(\d(?:\.5)?|\d\+\d)(?:年制?)?")
_CHINESE_YEARS: Final = str.maketrans("一二两三四五六七八", "122345678")
_IDENTITY_TYPES = re.compile(r"身份证|居住证|永久居留|户口|^0?1$")

#: Radicals and compatibility ideographs: they look like a common character and are not equal to it.
#: The twelve of U+FA0E … that are characters of their own are not among them.
_LOOK_ALIKE = re.compile(
    "[\u2e80-\u2fdf\uf900-\ufa0d\ufa10\ufa12\ufa15-\ufa1e\ufa20\ufa22\ufa25\ufa26"
    "\ufa2a-\ufaff\U0002f800-\U0002fa1f]"
)

_UNCOMPUTED: Final = Problem(
    "公式没有算出的结果", "请在 Excel 或 WPS 中打开并保存一次，或把公式改成文字后再导入。"
)
_ERROR_VALUE: Final = Problem("公式出错", "请在表格中更正公式，或直接填写内容。")
_LOST_DIGITS: Final = Problem(
    "号码被表格软件当作数字，末几位已丢失", "请把该列设为“文本”格式后重新录入，或向提供者索取原表。"
)


class _Reader:
    """Reads single cells by the kind of their field."""

    def __init__(self, standards: Standards, on: date) -> None:
        self._standards = standards
        self._today = on
        self._by_kind: dict[FieldKind, Callable[[Cell, StudentField], Outcome]] = {
            FieldKind.TEXT: self._text,
            FieldKind.NAME: self._name,
            FieldKind.SEX: self._sex,
            FieldKind.DATE: self._date,
            FieldKind.IDENTITY: self._identity,
            FieldKind.DIGITS: self._digits,
            FieldKind.PHONE: self._phone,
            FieldKind.ETHNIC: self._ethnic,
            FieldKind.POLITICAL: self._political,
            FieldKind.DECIMAL: self._decimal,
            FieldKind.YEARS: self._years,
        }
        # Most cells of a list repeat what stood there before; typed: 1 and True are equal.
        self.read = lru_cache(maxsize=20_000, typed=True)(self._read)

    def _read(self, cell: Cell, name: str) -> Outcome:
        """What the cell says of the field of that name."""
        field = FIELD_BY_NAME[name]
        if cell is None:
            return NOTHING
        if isinstance(cell, FormulaWithoutValue):
            return _UNCOMPUTED
        note = None
        if isinstance(cell, str):
            if not cell or cell.isspace():
                return NOTHING
            if cell in _ERRORS:
                return _ERROR_VALUE
            if _UNPRINTABLE.search(cell):
                cell = _UNPRINTABLE.sub("", cell)
                note = Problem("含有不可见的控制字符", "已去掉，请核对。")
            if field.kind is not FieldKind.TEXT and cell.strip() in _PLACEHOLDERS:
                return NOTHING
        outcome = self._by_kind[field.kind](cell, field)
        if note and isinstance(outcome, Read) and not outcome.note:
            return replace(outcome, note=note)
        return outcome

    def _text(self, cell: Cell, _: StudentField) -> Outcome:
        if not isinstance(cell, str):
            lost = isinstance(cell, int | float) and looks_damaged(cell)
            return _LOST_DIGITS if lost else Read(shown(cell))
        text = " ".join(cell.split()) if "\n" in cell or "\r" in cell else cell.strip()
        if "\ufffd" in text:
            return Problem("有无法识别的字", "请对照原件更正后再导入。")
        return self._without_private_use(text) if _PRIVATE_USE.search(text) else Read(text or None)

    def _without_private_use(self, text: str) -> Read:
        mapped = map_private_use(text, self._standards.pua_map)
        if left := _PRIVATE_USE.findall(mapped):
            codes = "、".join(f"U+{ord(char):04X}" for char in left)
            note = Problem(f"有造字区的字（{codes}），不知道是哪个字", "请对照证件更正。")
        else:
            note = Problem("有旧编码的造字", f"已换成正式的字：{mapped}。请核对。")
        return Read(mapped, note)

    def _name(self, cell: Cell, field: StudentField) -> Outcome:
        if not isinstance(cell, str):
            return Problem("姓名不是文字", "请对照证件填写姓名。")
        said = self._without_private_use(cell) if _PRIVATE_USE.search(cell) else Read(cell)
        name = tidy_name(str(said.value))
        if damaged_by_codepage(name):
            lost = Problem("有字在原表里已丢失", "请对照证件补全。")
            if field.name != "name":
                return Read(None, lost)
            return Read(name, lost, damaged=True)
        note = said.note or self._strange(name)
        return Read(name or None, note)

    @staticmethod
    def _strange(name: str) -> Problem | None:
        """What makes a name worth a look: it is taken all the same."""
        if re.search(r"[0-9()（）*]", name):
            return Problem("姓名里有数字或符号", "请核对是否写了别的内容。")
        codes = "、".join(f"{char}(U+{ord(char):04X})" for char in name if _LOOK_ALIKE.match(char))
        if codes:
            return Problem(f"有形似而编码不同的字：{codes}", "请对照证件用输入法重新录入这个字。")
        absent = missing(name)
        if absent:
            return Problem(
                f"随程序的字体里没有这个字，暂时不能打印：{name_characters(absent)}",
                "请核对编码；确是此字的，怎样印见手册“表样与打印”。",
            )
        return None

    def _sex(self, cell: Cell, _: StudentField) -> Outcome:
        sex = _SEXES.get(_half_width(shown(cell)).upper())
        return Read(sex.value) if sex else Problem("性别应是“男”或“女”", "请更正。")

    def _date(self, cell: Cell, field: StudentField) -> Outcome:
        if isinstance(cell, FormulaWithoutValue) or cell is None:
            return NOTHING
        day = read_date(cell)
        if isinstance(day, date):
            return Read(day)
        if day is not DateFault.DAY_MISSING:
            return Problem(day.value, day.remedy)
        first = read_date(cell, month_only=True)
        if field.name == "birth_date":
            return Read(None, _of_date(day), months=_months(cell, first))
        if isinstance(first, date):
            return Read(first, Problem("只有年月", f"按 {first} 读入。"))
        return _of_date(first)

    def _identity(self, cell: Cell, _: StudentField) -> Outcome:
        loose = not isinstance(cell, str)
        if loose and looks_damaged(cell):
            return _of_identity(IdentityFault.SPOILT, "")
        text = shown(cell)
        said = read_identity(text, self._today)
        if isinstance(said, IdentityFault):
            return _of_identity(said, text)
        return Read(said.number, loose=loose, identity=said)

    def other_document(self, cell: Cell) -> Outcome:
        """A number of a passport or the like: taken as written."""
        if not isinstance(cell, str) and looks_damaged(cell):
            return _of_identity(IdentityFault.SPOILT, "")
        return Read(canonical_number(shown(cell)) or None)

    def _digits(self, cell: Cell, _: StudentField) -> Outcome:
        if isinstance(cell, bool | date):
            return Problem("应是号码", "请把该列设为“文本”格式后重新录入。")
        if isinstance(cell, int | float):
            if looks_damaged(cell):
                return _LOST_DIGITS
            if cell != int(cell) or cell < 0:
                return Problem("应是号码，却是小数或负数", "请把该列设为“文本”格式后重新录入。")
            return Read(str(int(cell)), loose=True)
        number = canonical_number(shown(cell))
        if _SCIENTIFIC.fullmatch(number):
            return _LOST_DIGITS
        if _WHOLE.fullmatch(number):
            return Read(number.partition(".")[0], loose=True)
        if number and not _NUMBER.fullmatch(number):
            return Problem("号码里有不该出现的字符", "号码只能由数字和字母组成，请核对。")
        return Read(number or None)

    def _phone(self, cell: Cell, _: StudentField) -> Outcome:
        loose = isinstance(cell, int | float)
        if loose and looks_damaged(cell):
            return _LOST_DIGITS
        number = canonical_number(shown(cell))
        if _SCIENTIFIC.fullmatch(number):
            return _LOST_DIGITS
        number = number.partition(".")[0] if _WHOLE.fullmatch(number) else number
        whole = _MOBILE_IN_GROUPS.sub(r"\1\2\3", number)
        if not whole or _PHONE.fullmatch(whole):
            return Read(whole or None, loose=loose)
        pieces = [
            _MOBILE_IN_GROUPS.sub(r"\1\2\3", canonical_number(piece))
            for piece in re.split(r"[\s/、,;，；]+", shown(cell))
            if piece
        ]
        if all(_PHONE.fullmatch(piece) for piece in pieces):  # two telephones in one cell
            return Read("、".join(pieces), loose=loose)
        return Read(whole, Problem("不像电话号码", "已照原样读入，请核对。"), loose)

    def _ethnic(self, cell: Cell, _: StudentField) -> Outcome:
        text = shown(cell).strip()
        said = self._standards.ethnic(text)
        return _word(said, "民族", lambda: self._standards.nearest_ethnic(text))

    def _political(self, cell: Cell, _: StudentField) -> Outcome:
        text = shown(cell).strip()
        said = self._standards.political(text)
        return _word(said, "政治面貌", lambda: self._standards.nearest_political(text))

    def _decimal(self, cell: Cell, _: StudentField) -> Outcome:
        text = _half_width(shown(cell)).removesuffix("分")
        try:
            number = Decimal(text)
        except InvalidOperation:
            return Problem("应是分数", "请填写数字，没有分数的请留空。")
        if not number.is_finite() or not 0 <= number < 10_000:
            return Problem("分数超出范围", "请核对。")
        return Read(f"{round(number, 4).normalize():f}")

    def _years(self, cell: Cell, _: StudentField) -> Outcome:
        text = _half_width(shown(cell)).translate(_CHINESE_YEARS)
        match = _YEARS.fullmatch(text)
        return Read(match[1]) if match else Problem("学制应是年数", "请填写数字，例如 5。")


def shown(cell: Cell) -> str:
    """A cell as a table program shows it."""
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            return f"{cell:.5E}"
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return "" if cell is None else str(cell)


def _half_width(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _of_date(fault: DateFault) -> Problem:
    return Problem(fault.value, fault.remedy)


def _of_identity(fault: IdentityFault, text: str) -> Problem:
    told = fault.describe(text) if text else fault.value
    return Problem(told.removesuffix(fault.remedy).removesuffix("。"), fault.remedy)


def _word(
    said: str | Suggestion | None, label: str, nearest: Callable[[], tuple[str, ...]]
) -> Outcome:
    """A word of a code table; one that surely means another is taken with a note."""
    if isinstance(said, str):
        return Read(said)
    if said:
        return Read(
            said.value, Problem(f"不是规范的{label}名称", f"按“{said.value}”读入，请核对。")
        )
    offers = "、".join(f"“{word}”" for word in nearest())
    return Problem(f"没有这个{label}", f"是否应为{offers}？请更正。" if offers else "请更正。")


def _months(cell: Cell, first: date | DateFault) -> tuple[tuple[int, int], ...]:
    """The months that a date without a day may mean: 2010.10 as a figure has become 2010.1."""
    if isinstance(first, date):
        return ((first.year, first.month),)
    year = int(cell) if isinstance(cell, float) else 0
    return ((year, 1), (year, 10))


# --- rows -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """A row while it is being checked."""

    part: Part
    source: SourceRow
    values: dict[str, Value] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    identity: Identity | None = None
    months: tuple[tuple[int, int], ...] = ()
    name_damaged: bool = False
    repeats: int | None = None

    def written(self, name: str) -> str:
        """What stands in the row's cell of that field."""
        column = self.part.fields.get(name)
        return shown(self.source[column.index]).strip() if column else ""

    def finding(self, name: str, said: Problem) -> tuple[str, int, str, str, str, str, str, str]:
        """The parts of a fault or note on the cell of that field."""
        column = self.part.fields.get(name)
        return (
            self.part.sheet,
            self.source.number,
            column.letter if column else "",
            column.header if column else FIELD_BY_NAME[name].label,
            name,
            self.written(name),
            *said,
        )

    def fault(self, name: str, said: Problem) -> None:
        """One fault a cell: the first that was found."""
        self.faults.setdefault(name, Fault(*self.finding(name, said)))

    def same_as(self, other: "_Row") -> bool:
        """Whether both rows say exactly the same, faults included."""
        return self.values == other.values and {
            name: fault.value for name, fault in self.faults.items()
        } == {name: fault.value for name, fault in other.faults.items()}


class _Checker:
    """Checks the sheets of one file in their order, so that doubles are found across them."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._owners: dict[tuple[str, Value], _Row] = {}
        self.rows: list[CheckedRow] = []
        self.notes: list[Note] = []

    def read(self, part: Part, major: str | None = None) -> None:
        """Check every row of one sheet; `major` is that of all of them."""
        fields = [(name, column.index) for name, column in part.fields.items()]
        loose: Counter[str] = Counter()
        first_loose: dict[str, _Row] = {}
        for source in part.rows:
            row = _Row(part, source, {"major": major} if major else {})
            filled = len(source.cells)
            for name, index in fields:
                cell = source.cells[index] if index < filled else None
                if cell is not None and self._read_cell(row, cell, name).loose:
                    loose[name] += 1
                    first_loose.setdefault(name, row)
            self._finish(row)
        for name, count in loose.items():
            said_of_all = Problem(
                f"本列有 {count} 个单元格是数字而不是文本",
                "已按文本读入；号码以 0 开头的请核对是否少了 0。",
            )
            self.notes.append(Note(*first_loose[name].finding(name, said_of_all)))

    def _read_cell(self, row: _Row, cell: Cell, name: str) -> Read:
        if name == "id_number" and self._is_other_document(row):
            said = self._reader.other_document(cell)
        else:
            said = self._reader.read(cell, name)
        if isinstance(said, Problem):
            row.fault(name, said)
            return NOTHING
        if said.value is not None:
            row.values[name] = said.value
        if said.months:
            row.months = said.months
        elif said.note:
            self.notes.append(Note(*row.finding(name, said.note)))
        if said.identity:
            row.identity = said.identity
            row.values.setdefault("id_type", _IDENTITY_NAMES[said.identity.kind])
        if said.damaged:
            row.name_damaged = True
        return said

    @staticmethod
    def _is_other_document(row: _Row) -> bool:
        kind = row.written("id_type")
        return bool(kind) and not _IDENTITY_TYPES.search(kind)

    def _finish(self, row: _Row) -> None:
        if "name" in row.part.fields and "name" not in row.values:
            row.fault("name", Problem("没有姓名", "请对照证件补填。"))
        for name, relation in row.part.relations.items():
            if name in row.values:
                row.values[name.removesuffix("name") + "relation"] = relation
        self._find_double(row)
        raw = dict(row.values)
        self._compare_with_identity(row)
        self.rows.append(
            CheckedRow(
                row.part.sheet,
                row.source.number,
                row.part.fields,
                row.values,
                tuple(row.faults.values()),
                row.name_damaged,
                row.repeats,
            )
        )
        row.values = raw  # later rows are compared with what stands here

    def _find_double(self, row: _Row) -> None:
        """A number that an earlier row has: the same row again, or a fault of the later one."""
        for name in OWN_NUMBERS:
            if name not in row.values or name in row.faults:
                continue
            earlier = self._owners.setdefault((name, row.values[name]), row)
            if earlier is row or row.repeats is not None:
                continue
            place = _place(earlier, row)
            if earlier.same_as(row):
                row.repeats = earlier.source.number
                said = Problem(f"与{place}完全相同", "只取一次。")
                self.notes.append(Note(*row.finding(name, said)))
            elif not any(other in row.faults for other in OWN_NUMBERS):
                who = earlier.values.get("name")
                said = Problem(
                    f"与{place}{f'（{who}）' if who else ''}的号码重复，其他内容却不同",
                    "请查明号码是谁的，更正或删去其中一行。",
                )
                row.fault(name, said)

    def _compare_with_identity(self, row: _Row) -> None:
        """Sex and birth by a sound number: disagreements are faults, gaps are filled."""
        identity = row.identity
        if identity is None or "id_number" in row.faults:
            if row.months:
                row.fault("birth_date", _of_date(DateFault.DAY_MISSING))
            return
        if identity.birth_date:
            self._compare_birth(row, identity.birth_date, identity.kind)
        elif row.months:
            row.fault("birth_date", _of_date(DateFault.DAY_MISSING))
        if identity.sex is None or "id_number" in row.faults or "sex" in row.faults:
            return
        if row.values.setdefault("sex", identity.sex.value) != identity.sex.value:
            said = Problem(f"与身份证号不符，身份证号表示{identity.sex}", "请对照证件更正。")
            row.fault("sex", said)

    def _compare_birth(self, row: _Row, born: date, kind: IdentityKind) -> None:
        old = kind is IdentityKind.CITIZEN15
        if "birth_date" in row.faults:
            return
        given = row.values.get("birth_date")
        if given == born or (born.year, born.month) in row.months:
            row.values["birth_date"] = born
        elif given is None and not row.months:
            row.values["birth_date"] = born
            if old:
                said = Problem(f"15 位号码表示 {born} 出生", "已据此填写出生日期，请核对。")
                self.notes.append(Note(*row.finding("id_number", said)))
        elif old:
            said = Problem(
                f"15 位号码表示 {born.year} 年出生，与出生日期不符", "请对照证件填写 18 位号码。"
            )
            row.fault("id_number", said)
        else:
            said = Problem(f"与身份证号不符，身份证号表示 {born} 出生", "请对照证件更正。")
            row.fault("birth_date", said)


def _place(earlier: _Row, row: _Row) -> str:
    """Where an earlier row stands, seen from a later one."""
    number = f"第 {earlier.source.number} 行"
    same_sheet = earlier.part.sheet == row.part.sheet
    return number if same_sheet else f"工作表“{earlier.part.sheet}”{number}"
