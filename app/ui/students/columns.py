"""The columns of the list of students as the grid wants them."""

from typing import Final

from app.models.vocabulary import Status
from app.services.register.columns import COLUMNS, ColumnKind, ListColumn
from app.ui.widgets.basic import Tone, status_look
from app.ui.widgets.grid import CellKind, GridColumn

_KINDS: Final = {
    ColumnKind.NAME: CellKind.STRONG,
    ColumnKind.DIGITS: CellKind.DIGITS,
    ColumnKind.IDENTITY: CellKind.IDENTITY,
    ColumnKind.DATE: CellKind.DATE,
    ColumnKind.FIGURE: CellKind.FIGURE,
    ColumnKind.STATUS: CellKind.BADGE,
    ColumnKind.PERCENT: CellKind.METER,
    ColumnKind.REVIEW: CellKind.BADGE,
}
_DERIVED: Final = frozenset({ColumnKind.PERCENT, ColumnKind.REVIEW})


def _status(word: str) -> tuple[Tone, str]:
    return status_look(Status(word))


def _review(_word: str) -> tuple[Tone, str]:
    return "danger", "▲"


def _why_locked(column: ListColumn) -> str:
    if column.editable:
        return ""
    if column.key:
        return f"{column.label}是关键信息，要有证明材料：请打开该生，办理“信息变更”。"
    if column.kind in _DERIVED:
        return f"{column.label}是算出来的，补齐或改正资料后自动更新。"
    if column.name.startswith("guardian_"):
        return f"{column.label}请打开该生，在“家庭”一页修改。"
    return f"{column.label}由学籍台账和编排得出：请办理学籍异动、分班或编学号。"


def _grid_column(column: ListColumn) -> GridColumn:
    looks = {ColumnKind.STATUS: _status, ColumnKind.REVIEW: _review}
    kind = _KINDS.get(column.kind, CellKind.TEXT)
    if column.name == "former_name":
        kind = CellKind.TEXT
    return GridColumn(
        column.name,
        column.label,
        kind,
        column.width,
        column.editable,
        looks.get(column.kind),
        _why_locked(column),
    )


GRID_COLUMNS: Final = tuple(map(_grid_column, COLUMNS))
EDITABLE: Final = tuple(column for column in COLUMNS if column.editable)
