"""休学台账: who is away until when, who is to be reminded, who goes to the meeting as overdue."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from app.services.clock import today
from app.services.exports import file_name
from app.services.progress import Step, Work
from app.services.register.leaves import LeaveRow, meeting_report
from app.ui.cases.matters import Deed, MattersPage
from app.ui.papers.saving import Saver
from app.ui.widgets.basic import Button, Tone
from app.ui.widgets.plain_table import PlainColumn
from app.ui.widgets.saved_bar import SavedBar


def _look(row: LeaveRow) -> tuple[Tone, str]:
    if row.overdue:
        return "danger", "▲"
    return ("warn", "▲") if row.due else ("neutral", "●")


class LeavesPage(MattersPage[LeaveRow]):
    """Everybody who is away, the nearest deadline first."""

    title: ClassVar[str] = "休学和保留"
    verb: ClassVar[str] = "办理异动"
    icon: ClassVar[str] = "clock"
    hint: ClassVar[str] = (
        "休学、保留学籍、保留入学资格生效以后，截止日期列在这里，到期前提醒，逾期的列给会议。"
    )
    views: ClassVar[tuple[str, ...]] = ("要提醒和逾期", "逾期", "全部")
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("截止", lambda row: str(row.deadline or ""), 100),
        PlainColumn("姓名", lambda row: row.student.name, 110),
        PlainColumn("班级", lambda row: row.student.class_group),
        PlainColumn("类别", lambda row: row.kind.value, 110),
        PlainColumn("自", lambda row: str(row.since), 100),
        PlainColumn(
            "状态",
            lambda row: f"{_look(row)[1]} {row.state}",
            150,
            tint=lambda row: _look(row)[0],
        ),
    )

    def tools(self) -> list[QWidget]:
        self.saved = SavedBar()
        self._saver = Saver(self.shell, self.shell.preferences, self.saved)
        export = Button("导出上会表", "file-spreadsheet", on_click=self.save)
        export.setToolTip("逾期的学生：拟按退学处理学生汇总表，供会议决定")
        return [self.saved, export]

    def read(self) -> Sequence[LeaveRow]:
        desk = self.shell.desk
        return desk.leaves.rows(desk.actor)

    def shown(self, row: LeaveRow, view: str) -> bool:
        if view == self.views[1]:
            return row.overdue
        return row.due or view == self.views[-1]

    def head(self, row: LeaveRow) -> str:
        return f"{row.student.name}　{row.kind.value}"

    def badge(self, row: LeaveRow) -> tuple[str, Tone, str]:
        tone, mark = _look(row)
        return row.student.status.value, tone, mark

    def lacks(self, row: LeaveRow) -> Sequence[str]:
        return (row.state,) if row.due else ()

    def facts(self, row: LeaveRow) -> Sequence[tuple[str, str]]:
        return (
            ("学号", row.student.number or ""),
            ("班级", row.student.class_group),
            ("起止", f"{row.since} 至 {row.until or '（没有登记）'}"),
            ("最迟", str(row.deadline or "")),
            ("申请复学应在", f"{row.apply_by} 前" if row.apply_by else ""),
            ("离截止", row.state),
        )

    def deeds(self, row: LeaveRow) -> Sequence[Deed]:
        student = row.student.id
        handle = Deed(
            "办理异动", "shuffle", lambda: self.shell.go("cases", student=student), "primary"
        )
        return [handle, self.open_student(student)]

    def begin(self, student: int | None = None) -> None:
        """A leave begins with a case."""
        self.shell.go("cases", **({} if student is None else {"student": student}))

    def save(self) -> None:
        """导出 the list of the overdue for the meeting."""
        report = meeting_report([row for row in self.rows if row.overdue], today())
        desk = self.shell.desk

        def work(target: Path) -> Work[None]:
            yield Step(0, 1, target.name)
            desk.reports.save(desk.actor, report, target)

        self._saver.save(file_name("", report.title, today(), ".xlsx"), work, "导出")
