"""导出名单: what a list shows as a workbook, and the purpose, asked once a day and kept."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import xlsxwriter
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.services.clock import now, today
from app.services.errors import PurposeMissing
from app.services.exports import exported
from app.services.progress import Step, Work
from app.services.register.columns import COLUMN_BY_NAME, ColumnKind
from app.services.register.ledger import Moment
from app.services.register.listing import PAGE, ListRow, listed_rows
from app.services.settings import load_settings
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_ACTION: Final = "导出名单"
_A4: Final = 9
_FONT: Final = "宋体"
_NARROWEST, _WIDEST = 6, 42
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\r\n\t]+')


@dataclass(frozen=True, slots=True)
class ListSheet:
    """What is to be written: title, columns by name, ids in order, and the moment."""

    title: str
    columns: tuple[str, ...]
    ids: Sequence[int]
    moment: Moment


def proposed_name(title: str, day: date) -> str:
    """The file name that is offered: 2023级在校生名册_20260915.xlsx."""
    clean = _NOT_IN_NAMES.sub("_", title).strip(" ._") or "名单"
    return f"{clean}_{day:%Y%m%d}.xlsx"


class ListExports:
    """Lists that leave the program."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def purpose_of_today(self, actor: Actor) -> str | None:
        """The purpose that this operator gave today; None: it must be asked."""
        begin = datetime.combine(today(), time(), tzinfo=now().tzinfo)
        with self._database.read() as session:
            detail = session.scalar(
                select(AuditEntry.detail)
                .where(
                    AuditEntry.action == _ACTION,
                    AuditEntry.operator_id == actor.id,
                    AuditEntry.at >= begin,
                )
                .order_by(AuditEntry.seq.desc())
                .limit(1)
            )
        return json.loads(detail)["purpose"] if detail else None

    def save(self, actor: Actor, sheet: ListSheet, target: Path, purpose: str) -> Work[int]:
        """Write the list to `target` (.xlsx); what left the program, and why, is in the log."""
        actor.require_sight()
        if not purpose.strip():
            raise PurposeMissing
        rows: list[ListRow] = []
        with self._database.read() as session:
            school = load_settings(session).school
            for start in range(0, len(sheet.ids), PAGE):
                rows += listed_rows(session, sheet.moment, sheet.ids[start : start + PAGE])
                yield Step(len(rows), len(sheet.ids), "读取名单")
        yield Step(len(rows), len(sheet.ids), f"写出 {target.name}")
        content = workbook(sheet, rows, school)
        detail = {
            "file": target.name,
            "people": len(rows),
            "columns": [COLUMN_BY_NAME[name].label for name in sheet.columns],
            "as_of": sheet.moment.as_of,
            "purpose": purpose.strip(),
        }
        with exported(self._database, actor, _ACTION, sheet.title, target, content) as session:
            audit.event(session, _ACTION, sheet.title, detail)
        return len(rows)


def workbook(sheet: ListSheet, rows: Sequence[ListRow], school: str) -> bytes:
    """A4 landscape; every cell text but counts; header frozen, filtered, on every page."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})  # spooling would leave names on disk
    plain = {"font_name": _FONT, "valign": "vcenter", "font_size": 10}
    boxed = {**plain, "border": 1}
    title = book.add_format({**plain, "bold": True, "font_size": 16, "align": "center"})
    below = book.add_format(plain)
    head = book.add_format(
        {**boxed, "bold": True, "align": "center", "bg_color": "#EEF2F6", "text_wrap": True}
    )
    words, figure = book.add_format({**boxed, "num_format": "@"}), book.add_format(boxed)
    page = book.add_worksheet("名单")
    columns = [COLUMN_BY_NAME[name] for name in sheet.columns]
    last = len(columns)
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(left=0.5, right=0.4, top=0.6, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 2)
    page.freeze_panes(3, 1 + min(2, last))
    page.set_footer("&L&F&C第 &P 页　共 &N 页&R&D")
    page.set_row(0, 28)
    if last:
        page.merge_range(0, 0, 0, last, sheet.title, title)
    covers = f"{school}　截至 {sheet.moment.as_of}　共 {len(rows):,} 人　导出日期 {today()}"
    page.write_string(1, 0, covers, below)
    page.write_string(2, 0, "序号", head)
    page.set_column(0, 0, 6)
    for at, column in enumerate(columns, start=1):
        page.write_string(2, at, column.label, head)
        texts = [column.label, *(row.cells[column.name] for row in rows)]
        page.set_column(at, at, max(_NARROWEST, min(_WIDEST, 2 + max(map(_digits, texts)))))
    for line, row in enumerate(rows, start=3):
        page.write_number(line, 0, line - 2, figure)
        for at, column in enumerate(columns, start=1):
            text = row.cells[column.name]
            if text and column.kind is ColumnKind.PERCENT:
                page.write_number(line, at, int(text), figure)
            else:
                page.write_string(line, at, text, words)
    page.autofilter(2, 0, max(2, len(rows) + 2), last)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{len(rows) + 4}"})
    book.close()
    return out.getvalue()


def _digits(text: str) -> int:
    return sum(1 + (char > "\u2e7f") for char in text)
