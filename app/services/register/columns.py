"""Columns of the list of students: every field of the register, standing, completeness."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from app.models.fields import STUDENT_FIELDS, FieldKind, Place, StudentField


class ColumnKind(Enum):
    """How a value is sorted, compared and shown."""

    TEXT = auto()
    NAME = auto()  # sorted and found by its pinyin too
    DIGITS = auto()  # a number that is text
    IDENTITY = auto()  # digits that lists mask until the operator shows them
    DATE = auto()
    FIGURE = auto()
    STATUS = auto()
    PERCENT = auto()
    REVIEW = auto()  # what is wrong, in words


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column. `key` fields change only by a case, what else is not `editable` by the ledger."""

    name: str
    label: str
    kind: ColumnKind = ColumnKind.TEXT
    editable: bool = False
    key: bool = False
    width: int = 110


_KINDS: Final = {
    FieldKind.NAME: ColumnKind.NAME,
    FieldKind.IDENTITY: ColumnKind.IDENTITY,
    FieldKind.DATE: ColumnKind.DATE,
    FieldKind.DIGITS: ColumnKind.DIGITS,
    FieldKind.PHONE: ColumnKind.DIGITS,
    FieldKind.DECIMAL: ColumnKind.FIGURE,
    FieldKind.YEARS: ColumnKind.FIGURE,
}
_WIDTHS: Final = {
    "number": 116, "name": 104, "sex": 62, "id_number": 172, "exam_number": 150, "phone": 122,
    "ethnic_group": 82, "political_status": 98, "birth_date": 106, "home_address": 220,
    "household_address": 220, "origin_school": 160, "email": 160, "department": 130,
    "major": 160, "class_group": 116, "cohort": 76, "status": 112, "guardian_phone": 122,
    "guardian_employer": 160, "postcode": 86, "years": 70, "remark": 160,
    "expected_graduation": 118, "exam_score": 86, "guardian_name": 86,
}  # fmt: skip


def _kind(field: StudentField) -> ColumnKind:
    if field.name == "status":
        return ColumnKind.STATUS
    return _KINDS.get(field.kind, ColumnKind.TEXT)


def _columns() -> tuple[ListColumn, ...]:
    own = {
        field.name: ListColumn(
            field.name,
            field.label,
            ColumnKind.STATUS
            if field.name == "status"
            else _KINDS.get(field.kind, ColumnKind.TEXT),
            editable=field.place is Place.PERSON and not field.key,
            key=field.key,
            width=_WIDTHS.get(field.name, 110),
        )
        for field in STUDENT_FIELDS
    }
    first = ("number", "name", "sex", "id_number", "cohort", "major", "class_group", "status")
    derived = (
        ListColumn("completeness", "完整度", ColumnKind.PERCENT, width=118),
        ListColumn("review", "待核", ColumnKind.REVIEW, width=200),
        ListColumn("grade", "所在年级", width=90),
        ListColumn("graduation_year", "毕业年份", ColumnKind.FIGURE, width=90),
        ListColumn("change_kind", "最近异动", width=100),
        ListColumn("change_date", "异动日期", ColumnKind.DATE, width=110),
    )
    return (*(own.pop(name) for name in first), *derived, *own.values())


#: In the order in which they are offered; a view takes some of them.
COLUMNS: Final = _columns()
COLUMN_BY_NAME: Final = {column.name: column for column in COLUMNS}
