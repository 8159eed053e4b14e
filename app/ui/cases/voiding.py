"""作废: records that were made by mistake, with the reason and a second person."""

from collections.abc import Sequence
from typing import Any, ClassVar

from app.models.vocabulary import Role
from app.services.register.voiding import Belongings, VoidingRow
from app.ui.cases.matters import Deed, MattersPage
from app.ui.search.picker import PersonPicker
from app.ui.widgets.basic import Label, Tone
from app.ui.widgets.dialog import Line
from app.ui.widgets.plain_table import PlainColumn


def _state(row: VoidingRow) -> tuple[str, Tone, str]:
    if not row.done:
        return "待第二人确认", "warn", "▲"
    return ("已作废，未经第二人审核", "warn", "▲") if row.notes else ("已作废", "neutral", "–")


class VoidingsPage(MattersPage[VoidingRow]):
    """Nothing is deleted: a voided record drops out of every list and count from then on."""

    title: ClassVar[str] = "误建记录"
    verb: ClassVar[str] = "提出作废"
    icon: ClassVar[str] = "ban"
    hint: ClassVar[str] = (
        "重复录入、不是本校的学生记录在这里作废：写明原因，另有审核人的由他确认。"
        "作废不是删除，以前某日所知仍看得到，学号不再给别人。"
    )
    views: ClassVar[tuple[str, ...]] = ("等待确认", "全部")
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("提出", lambda row: f"{row.proposed_at.astimezone():%Y-%m-%d}", 100),
        PlainColumn("姓名", lambda row: row.name, 110),
        PlainColumn("原因", lambda row: row.reason),
        PlainColumn("提出人", lambda row: row.proposed_by, 100),
        PlainColumn("确认人", lambda row: row.confirmed_by, 100),
        PlainColumn(
            "状态",
            lambda row: f"{_state(row)[2]} {_state(row)[0]}",
            190,
            tint=lambda row: _state(row)[1],
        ),
    )

    def read(self) -> Sequence[VoidingRow]:
        desk = self.shell.desk
        return list(reversed(desk.voidings.rows(desk.actor)))

    def shown(self, row: VoidingRow, view: str) -> bool:
        return not row.done or view != self.views[0]

    def head(self, row: VoidingRow) -> str:
        return f"{row.name}　作废"

    def badge(self, row: VoidingRow) -> tuple[str, Tone, str]:
        return _state(row)

    def facts(self, row: VoidingRow) -> Sequence[tuple[str, str]]:
        at = row.confirmed_at
        confirmed = f"{row.confirmed_by}　{at.astimezone():%Y-%m-%d %H:%M}" if at else ""
        return (
            ("原因", row.reason),
            ("提出", f"{row.proposed_by}　{row.proposed_at.astimezone():%Y-%m-%d %H:%M}"),
            ("确认", confirmed),
            ("涉及", "\n".join(row.belongings.lines)),
        )

    def deeds(self, row: VoidingRow) -> Sequence[Deed]:
        if row.done:
            return []
        actor = self.shell.desk.actor
        why = ""
        if row.proposed_by == actor.name:
            why = "自己提出的须由另一人确认"
        elif Role.REVIEW not in actor.roles:
            why = "需要“审核”角色"
        return [
            Deed("确认作废", "check", lambda: self.confirm(row), "danger", why),
            Deed("不作废", "undo-2", lambda: self.drop(row)),
            self.open_student(row.student_id),
        ]

    def begin(self, student: int | None = None) -> None:
        self.with_person(student, self._ask)

    def _ask(self, person: PersonPicker) -> None:
        reason, belongings = Line("原因", hint="例如 重复录入"), Label(role="table", wrap=True)
        belongings.setAccessibleName("涉及")
        belongings.setText("选了学生以后，这里列出涉及什么。")
        desk = self.shell.desk

        def show(found: Belongings) -> None:
            belongings.setText("\n".join(found.lines) or "没有涉及别的记录。")

        def look(hit: Any) -> None:
            if hit is not None:
                self.shell.read(lambda: desk.voidings.belongings(desk.actor, hit.id), show)

        def work() -> Any:
            who, words = person.person.id if person.person else 0, reason.words
            return lambda: desk.voidings.propose(desk.actor, who, words)

        person.chosen.connect(look)
        look(person.person)
        self.ask(
            "提出作废误建的记录", "提出作废", [person, belongings, reason], work,
            "已提出作废", hint="另有审核人的，由他确认才作废；没有的当即作废，注明未经第二人审核。",
            kind="danger",
        )  # fmt: skip

    def confirm(self, row: VoidingRow) -> None:
        """The second person agrees."""
        desk = self.shell.desk
        if self.shell.ask(
            f"作废{row.name}的记录？",
            "；".join(row.belongings.lines) + "。作废以后不进名册和人数。",
            yes=f"作废{row.name}的记录",
            danger=True,
        ):
            self.shell.run(
                lambda: desk.voidings.confirm(desk.actor, row.id),
                "确认作废",
                self.done(f"{row.name}的记录已作废"),
            )

    def drop(self, row: VoidingRow) -> None:
        """The record stays as it is."""
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.voidings.drop(desk.actor, row.id),
            "不作废",
            lambda _: self.shell.say(f"{row.name}的记录不作废"),
        )
