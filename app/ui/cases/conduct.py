"""处分 and 奖励: decided, told, served, posted to the parents, lifted; what is missing is said."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import PunishmentKind, ServiceWay
from app.services.clock import today
from app.services.register.conduct import LetterRow, PunishmentRow, RewardRow
from app.ui.cases.applications import papers_in_words
from app.ui.cases.dialogs import ask_papers
from app.ui.cases.matters import Deed, MattersPage
from app.ui.search.picker import PersonPicker
from app.ui.widgets.basic import ChoiceBox, Tone
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import Line
from app.ui.widgets.editors import NoteEditor
from app.ui.widgets.plain_table import PlainColumn

_RECEIPT_PAPERS = ("挂号信回执", "其他材料")


def _state(row: PunishmentRow) -> tuple[str, Tone, str]:
    if row.voided:
        return "已作废", "neutral", "–"
    if row.lacks:
        return (row.marks[0] if row.marks else f"还缺 {len(row.lacks)} 项"), "warn", "▲"
    return ("已解除", "ok", "✓") if row.lifted_on else ("材料齐全", "info", "●")


def _letter(letter: LetterRow) -> str:
    end = f"{letter.received_on} 回执" if letter.received_on else "还没有回执"
    if letter.returned_on:
        end = f"{letter.returned_on} 退回：{letter.return_reason}"
    return f"{letter.number}　{letter.posted_on} 寄{letter.addressee}　{end}"


class PunishmentsPage(MattersPage[PunishmentRow]):
    """处分, with its trail and its registered letters (第八条)."""

    title: ClassVar[str] = "处分"
    verb: ClassVar[str] = "登记处分"
    icon: ClassVar[str] = "octagon-alert"
    hint: ClassVar[str] = (
        "处分决定登记在这里，再依次登记事先告知、送达、寄给家长的挂号信、回执、申诉和解除；"
        "没有挂号告知家长的到处注明（办法第八条）。"
    )
    views: ClassVar[tuple[str, ...]] = ("材料不全", "全部")
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("决定日期", lambda row: str(row.decided_on), 100),
        PlainColumn("姓名", lambda row: row.student, 110),
        PlainColumn("处分", lambda row: row.kind.value, 90),
        PlainColumn("文号", lambda row: row.document_number),
        PlainColumn("期限", lambda row: str(row.until or ""), 100),
        PlainColumn(
            "状态",
            lambda row: f"{_state(row)[2]} {_state(row)[0]}",
            150,
            tint=lambda row: _state(row)[1],
        ),
    )

    def read(self) -> Sequence[PunishmentRow]:
        desk = self.shell.desk
        return list(reversed(desk.conduct.punishments(desk.actor)))

    def shown(self, row: PunishmentRow, view: str) -> bool:
        return bool(row.lacks) or view != self.views[0]

    def head(self, row: PunishmentRow) -> str:
        return f"{row.student}　{row.kind.value}"

    def badge(self, row: PunishmentRow) -> tuple[str, Tone, str]:
        return _state(row)

    def lacks(self, row: PunishmentRow) -> Sequence[str]:
        return row.lacks

    def facts(self, row: PunishmentRow) -> Sequence[tuple[str, str]]:
        served = f"{row.served_on}　{row.served_how.value}" if row.served_how else ""
        return (
            ("编号", str(row.id)),
            ("学号", row.number or ""),
            ("违纪事实", row.facts),
            ("依据", row.basis),
            ("事先告知", str(row.told_on or "")),
            ("陈述申辩", row.statement),
            ("决定", f"{row.decided_on}　{row.decided_by}　{row.document_number}".strip()),
            ("期限到", str(row.until or "")),
            ("送达", served),
            ("挂号信", "\n".join(_letter(letter) for letter in row.letters)),
            ("申诉期限", str(row.appeal_until or "")),
            ("申诉", f"{row.appealed_on}　{row.appeal_result}" if row.appealed_on else ""),
            ("解除", f"{row.lifted_on}　{row.lift_document}" if row.lifted_on else ""),
            ("材料", papers_in_words(row.evidence)),
            ("作废原因", row.voided),
        )

    def deeds(self, row: PunishmentRow) -> Sequence[Deed]:
        see = self.open_student(row.student_id)
        if row.voided:
            return [see]
        waiting = [
            letter for letter in row.letters
            if letter.received_on is None and letter.returned_on is None
        ]  # fmt: skip
        found = []
        if row.told_on is None:
            found.append(Deed("登记事先告知", "mail", lambda: self.tell(row)))
        if row.served_on is None:
            found.append(Deed("登记送达", "send", lambda: self.serve(row)))
        if waiting:
            letter = waiting[-1]
            found.append(Deed("登记回执", "file-check", lambda: self.receipt(row, letter)))
            found.append(Deed("登记退回", "undo-2", lambda: self.returned(row, letter)))
        again = "再寄挂号信" if row.letters else "寄挂号信"
        found.append(Deed(again, "mail", lambda: self.post(row)))
        if row.served_on is not None:
            verb = "登记申诉结果" if row.appealed_on else "登记申诉"
            found.append(Deed(verb, "file-text", lambda: self.appeal(row)))
        if row.lifted_on is None and row.kind is not PunishmentKind.EXPULSION:
            found.append(Deed("解除处分", "circle-check", lambda: self.lift(row)))
        return [*found, see, Deed("作废", "ban", lambda: self.void(row), "danger")]

    def begin(self, student: int | None = None) -> None:
        self.with_person(student, self._ask)

    def _ask(self, person: PersonPicker) -> None:
        kind, facts = ChoiceBox("处分", list(PunishmentKind)), NoteEditor("违纪事实", 500)
        facts.setMaximumHeight(facts.fontMetrics().lineSpacing() * 4)
        decided, told = DateEditor("决定日期", today()), DateEditor("事先告知", hint="以后补也可")
        until = DateEditor("期限到", hint="不写按规则的最长")
        basis, by = Line("依据", hint="例如 学生手册第 12 条"), Line("决定机构", hint="可以不写")
        document = Line("文号", hint="可以以后补办")
        desk = self.shell.desk

        def work() -> Any:
            who = person.person.id if person.person else 0
            return partial(
                desk.conduct.punish, desk.actor, who, PunishmentKind(kind.currentText()),
                facts=facts.value, decided_on=decided.day or today(), basis=basis.words,
                decided_by=by.words, document_number=document.words, told_on=told.day,
                until=until.day,
            )  # fmt: skip

        self.ask(
            "登记处分决定", "登记",
            [person, kind, facts, basis, told, decided, by, document, until], work,
            "处分已登记：还缺的逐项补上", optional=(basis, told, by, document, until),
        )  # fmt: skip

    def tell(self, row: PunishmentRow) -> None:
        """事先告知, with what the student stated."""
        day, statement = DateEditor("告知日期", row.decided_on), NoteEditor("陈述申辩", 1000)
        statement.setMaximumHeight(statement.fontMetrics().lineSpacing() * 5)
        self._step(
            row, "登记事先告知", [day, statement],
            lambda: (day.day or today(), statement.value or None),
            lambda actor, on, said: self.shell.desk.conduct.tell(
                actor, row.id, on=on, statement=said
            ),
            optional=(statement,),
        )  # fmt: skip

    def serve(self, row: PunishmentRow) -> None:
        """送达; the time to appeal runs from it."""
        day, how = DateEditor("送达日期", today()), ChoiceBox("送达方式", list(ServiceWay))
        self._step(
            row, "登记送达", [day, how],
            lambda: (day.day or today(), ServiceWay(how.currentText())),
            lambda actor, on, way: self.shell.desk.conduct.serve(actor, row.id, on=on, how=way),
        )  # fmt: skip

    def post(self, row: PunishmentRow) -> None:
        """寄挂号信."""
        number, to = Line("挂号信号码"), Line("收信人")
        day = DateEditor("寄出日期", today())
        self._step(
            row, "寄挂号信", [number, to, day],
            lambda: (number.words, day.day or today(), to.words),
            lambda actor, code, on, who: self.shell.desk.conduct.post(
                actor, row.id, code, on=on, addressee=who
            ),
        )  # fmt: skip

    def receipt(self, row: PunishmentRow, letter: LetterRow) -> None:
        """回执, perhaps with its scan."""
        given = ask_papers(self, self.shell.preferences, _RECEIPT_PAPERS)
        if not given:
            return
        day = DateEditor("回执日期", today())
        self._step(
            row, f"登记回执（{letter.number}）", [day],
            lambda: (day.day or today(),),
            lambda actor, on: self.shell.desk.conduct.receipt(
                actor, letter.id, on=on, evidence=given
            ),
        )  # fmt: skip

    def returned(self, row: PunishmentRow, letter: LetterRow) -> None:
        """退回; another one is to be posted."""
        day, reason = DateEditor("退回日期", today()), Line("退回原因")
        self._step(
            row, f"登记退回（{letter.number}）", [day, reason],
            lambda: (day.day or today(), reason.words),
            lambda actor, on, why: self.shell.desk.conduct.returned(
                actor, letter.id, on=on, reason=why
            ),
        )  # fmt: skip

    def appeal(self, row: PunishmentRow) -> None:
        """申诉 and its result."""
        day = DateEditor("申诉日期", row.appealed_on or today())
        result = Line("结果", row.appeal_result, "还没有就不写")
        self._step(
            row, "登记申诉", [day, result],
            lambda: (day.day or today(), result.words or None),
            lambda actor, on, end: self.shell.desk.conduct.appeal(
                actor, row.id, on=on, result=end
            ),
            optional=() if row.appealed_on else (result,),
        )  # fmt: skip

    def lift(self, row: PunishmentRow) -> None:
        """解除处分."""
        day, document = DateEditor("解除日期", today()), Line("解除文号")
        self._step(
            row, "解除处分", [day, document],
            lambda: (day.day or today(), document.words),
            lambda actor, on, number: self.shell.desk.conduct.lift(
                actor, row.id, on=on, document=number
            ),
        )  # fmt: skip

    def void(self, row: PunishmentRow) -> None:
        """作废; it stays with the reason."""
        reason = Line("原因")
        self._step(
            row, "作废处分", [reason],
            lambda: (reason.words,),
            lambda actor, why: self.shell.desk.conduct.void_punishment(actor, row.id, why),
            danger=True,
        )  # fmt: skip

    def _step(
        self,
        row: PunishmentRow,
        title: str,
        fields: Sequence[QWidget],
        take: Callable[[], tuple[Any, ...]],
        do: Callable[..., Any],
        *,
        optional: Sequence[QWidget] = (),
        danger: bool = False,
    ) -> None:
        """One more step of the trail: the fields are read here, the step is done elsewhere."""
        actor = self.shell.desk.actor

        def work() -> Callable[[], Any]:
            values = take()
            return lambda: do(actor, *values)

        self.ask(
            f"{row.student}：{title}", "作废" if danger else "登记", fields, work,
            f"{row.student}：{title}，已记下", optional=optional,
            hint="原来的记录会保留，只是注明。" if danger else "",
            kind="danger" if danger else "primary",
        )  # fmt: skip


class RewardsPage(MattersPage[RewardRow]):
    """奖励; one that was entered by mistake is voided and stays."""

    title: ClassVar[str] = "奖励"
    verb: ClassVar[str] = "登记奖励"
    icon: ClassVar[str] = "badge-check"
    hint: ClassVar[str] = "三好学生、奖学金、竞赛获奖等登记在这里，学籍卡上照登记的印。"
    views: ClassVar[tuple[str, ...]] = ("全部",)
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("日期", lambda row: str(row.awarded_on), 100),
        PlainColumn("姓名", lambda row: row.student, 110),
        PlainColumn("奖励", lambda row: row.name),
        PlainColumn("级别", lambda row: row.level, 90),
        PlainColumn("单位", lambda row: row.awarded_by, 140),
        PlainColumn(
            "状态",
            lambda row: "– 已作废" if row.voided else "● 有效",
            90,
            tint=lambda row: "neutral" if row.voided else "ok",
        ),
    )

    def read(self) -> Sequence[RewardRow]:
        desk = self.shell.desk
        return list(reversed(desk.conduct.rewards(desk.actor)))

    def shown(self, row: RewardRow, view: str) -> bool:
        return True

    def head(self, row: RewardRow) -> str:
        return f"{row.student}　{row.name}"

    def badge(self, row: RewardRow) -> tuple[str, Tone, str]:
        return ("已作废", "neutral", "–") if row.voided else ("有效", "ok", "●")

    def facts(self, row: RewardRow) -> Sequence[tuple[str, str]]:
        return (
            ("编号", str(row.id)),
            ("学号", row.number or ""),
            ("日期", str(row.awarded_on)),
            ("级别", row.level),
            ("单位", row.awarded_by),
            ("文号", row.document_number),
            ("事由", row.reason),
            ("材料", papers_in_words(row.evidence)),
            ("作废原因", row.voided),
        )

    def deeds(self, row: RewardRow) -> Sequence[Deed]:
        see = self.open_student(row.student_id)
        if row.voided:
            return [see]
        return [see, Deed("作废", "ban", lambda: self.void(row), "danger")]

    def begin(self, student: int | None = None) -> None:
        self.with_person(student, self._ask)

    def _ask(self, person: PersonPicker) -> None:
        name, day = Line("奖励", hint="例如 三好学生"), DateEditor("日期", today())
        level = ChoiceBox("级别", ("校级", "院级", "市级", "省级", "国家级"))
        level.setEditable(True)
        by, document, reason = Line("单位"), Line("文号"), Line("事由")
        desk = self.shell.desk

        def work() -> Any:
            who = person.person.id if person.person else 0
            return partial(
                desk.conduct.reward, desk.actor, who, name.words, awarded_on=day.day or today(),
                level=level.currentText().strip(), awarded_by=by.words,
                document_number=document.words, reason=reason.words,
            )  # fmt: skip

        self.ask(
            "登记奖励", "登记", [person, name, day, level, by, document, reason], work,
            "奖励已登记", optional=(level, by, document, reason),
        )  # fmt: skip

    def void(self, row: RewardRow) -> None:
        """作废; it stays with the reason."""
        reason, desk = Line("原因"), self.shell.desk

        def work() -> Any:
            words = reason.words
            return lambda: desk.conduct.void_reward(desk.actor, row.id, words)

        self.ask(
            f"作废{row.student}的“{row.name}”", "作废", [reason], work, "奖励已作废",
            hint="原来的记录会保留，只是注明。", kind="danger",
        )  # fmt: skip
