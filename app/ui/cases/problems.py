"""问题抽屉 (第二十三条): a found error goes in, is reported and settled, and never comes out."""

from collections.abc import Sequence
from typing import Any, ClassVar

from app.services.clock import today
from app.services.register.problems import ProblemRow
from app.ui.cases.matters import Deed, MattersPage
from app.ui.search.picker import PersonPicker
from app.ui.widgets.basic import Tone
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import Line
from app.ui.widgets.editors import NoteEditor
from app.ui.widgets.plain_table import PlainColumn


def _state(row: ProblemRow) -> tuple[str, Tone, str]:
    if not row.open:
        return "已处理", "ok", "✓"
    if row.overdue(today()):
        return "逾期未处理", "danger", "▲"
    return ("已上报，待处理", "info", "●") if row.reported_on else ("待上报", "warn", "▲")


class ProblemsPage(MattersPage[ProblemRow]):
    """Who found what, to whom it was reported and when, how it was settled."""

    title: ClassVar[str] = "问题记录"
    verb: ClassVar[str] = "登记问题"
    icon: ClassVar[str] = "file-warning"
    hint: ClassVar[str] = (
        "发现的差错登记在这里，再登记报给谁、怎样处理的（办法第二十三条）。"
        "登记的内容不能改，也不能删。"
    )
    views: ClassVar[tuple[str, ...]] = ("没有处理", "全部")
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("发现日期", lambda row: str(row.found_on), 100),
        PlainColumn("问题", lambda row: row.what),
        PlainColumn("涉及学生", lambda row: row.name, 110),
        PlainColumn("发现人", lambda row: row.found_by, 100),
        PlainColumn("处理期限", lambda row: str(row.due_on or ""), 100),
        PlainColumn(
            "状态",
            lambda row: f"{_state(row)[2]} {_state(row)[0]}",
            140,
            tint=lambda row: _state(row)[1],
        ),
    )

    def read(self) -> Sequence[ProblemRow]:
        desk = self.shell.desk
        return list(reversed(desk.problems.rows(desk.actor, everything=True)))

    def shown(self, row: ProblemRow, view: str) -> bool:
        return row.open or view != self.views[0]

    def head(self, row: ProblemRow) -> str:
        return f"问题 {row.id}" + (f"　{row.name}" if row.name else "")

    def badge(self, row: ProblemRow) -> tuple[str, Tone, str]:
        return _state(row)

    def facts(self, row: ProblemRow) -> Sequence[tuple[str, str]]:
        return (
            ("问题", row.what),
            ("发现", f"{row.found_on}　{row.found_by}"),
            ("处理期限", str(row.due_on or "")),
            ("上报", f"{row.reported_on}　{row.reported_to}" if row.reported_on else ""),
            ("处理", f"{row.settled_on}　{row.settled_how}" if row.settled_on else ""),
        )

    def deeds(self, row: ProblemRow) -> Sequence[Deed]:
        found = []
        if row.open:
            verb = "重新登记上报" if row.reported_on else "登记上报"
            found.append(Deed(verb, "send", lambda: self.report(row)))
            found.append(Deed("登记处理", "check", lambda: self.settle(row), "primary"))
        if row.student_id is not None:
            found.append(self.open_student(row.student_id))
        return found

    def begin(self, student: int | None = None) -> None:
        self.with_person(student, self._ask)

    def _ask(self, person: PersonPicker) -> None:
        what, by = NoteEditor("是什么问题", 1000), Line("发现人")
        what.setMaximumHeight(what.fontMetrics().lineSpacing() * 5)
        day, due = DateEditor("发现日期", today()), DateEditor("处理期限", hint="没有就不写")
        desk = self.shell.desk

        def work() -> Any:
            who = person.person.id if person.person else None
            words, found_by, on, until = what.value, by.words, day.day or today(), due.day
            return lambda: desk.problems.enter(
                desk.actor, words, found_by=found_by, found_on=on, student_id=who, due_on=until
            )

        self.ask(
            "登记发现的问题", "登记", [what, by, day, person, due], work, "问题已登记",
            optional=(person, due), hint="登记以后内容不能改，也不能删；涉及哪名学生可以不选。",
        )  # fmt: skip

    def report(self, row: ProblemRow) -> None:
        """Note when and to whom it was reported."""
        day, to = DateEditor("上报日期", today()), Line("报给谁", row.reported_to)
        desk = self.shell.desk

        def work() -> Any:
            on, whom = day.day or today(), to.words
            return lambda: desk.problems.report(desk.actor, row.id, on=on, to=whom)

        self.ask(f"问题 {row.id}：登记上报", "登记", [day, to], work, "已登记上报")

    def settle(self, row: ProblemRow) -> None:
        """Note how it was settled."""
        day, how = DateEditor("处理日期", today()), NoteEditor("怎样处理的", 1000)
        how.setMaximumHeight(how.fontMetrics().lineSpacing() * 5)
        desk = self.shell.desk

        def work() -> Any:
            on, words = day.day or today(), how.value
            return lambda: desk.problems.settle(desk.actor, row.id, on=on, how=words)

        self.ask(f"问题 {row.id}：登记处理", "登记", [day, how], work, "已登记处理结果")
