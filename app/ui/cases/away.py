"""休学台账: who is away until when, who is to be reminded, who goes to the meeting as overdue."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from app.services.clock import today
from app.services.forms.fields import OVERDUE
from app.services.register.leaves import LeaveRow
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.ui.cases.matters import Deed, MattersPage
from app.ui.papers.paper_desk import Aim
from app.ui.widgets.basic import Button, Tone
from app.ui.widgets.plain_table import PlainColumn


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
        paper = Button("打印上会表", "printer", on_click=self.print_now)
        paper.setToolTip("逾期的学生：拟按退学处理学生汇总表，供会议决定（Ctrl+P）")
        return [paper]

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

    def aim(self) -> Aim:
        """The overdue, for the meeting."""
        desk, moment = self.shell.desk, Moment(today())
        return Aim(OVERDUE, lambda: desk.printing.collect(desk.actor, OVERDUE, moment, Scope()), "")
