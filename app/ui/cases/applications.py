"""书面申请 of any other kind: signed by both, with papers, settled with a result (第八条)."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QCheckBox

from app.models.vocabulary import ConsentWay, Signatory
from app.services.clock import today
from app.services.register.applications import KINDS, ApplicationRow
from app.services.register.evidence import EvidenceRow
from app.ui.cases.dialogs import ask_papers
from app.ui.cases.matters import Deed, MattersPage
from app.ui.search.picker import PersonPicker
from app.ui.widgets.basic import ChoiceBox, Tone
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import Line
from app.ui.widgets.editors import NoteEditor
from app.ui.widgets.plain_table import PlainColumn

_PAPERS = ("申请书", "户口簿", "身份证", "证明", "其他证明")
_NO_WAY = "（没有登记）"


def papers_in_words(papers: Sequence[EvidenceRow]) -> str:
    """What was handed in, each with its file or that the original is filed."""
    return "\n".join(
        f"{paper.kind}　{paper.source_name if paper.sha256 else '原件已收（纸质）'}"
        for paper in papers
    )


def _state(row: ApplicationRow) -> tuple[str, Tone, str]:
    if not row.open:
        return "已办结", "ok", "✓"
    return ("待签字", "warn", "▲") if row.lacks else ("待办结", "info", "●")


class ApplicationsPage(MattersPage[ApplicationRow]):
    """证明、更正、补办 and the like."""

    title: ClassVar[str] = "书面申请"
    verb: ClassVar[str] = "登记申请"
    icon: ClassVar[str] = "file-text"
    hint: ClassVar[str] = (
        "开证明、更正、补办等书面申请登记在这里：学生和监护人都签了字才能办结（办法第八条）。"
    )
    views: ClassVar[tuple[str, ...]] = ("没有办结", "全部")
    columns: ClassVar[tuple[PlainColumn, ...]] = (
        PlainColumn("申请日期", lambda row: str(row.applied_on), 100),
        PlainColumn("姓名", lambda row: row.name, 110),
        PlainColumn("种类", lambda row: row.kind, 120),
        PlainColumn("内容", lambda row: row.content),
        PlainColumn(
            "状态",
            lambda row: f"{_state(row)[2]} {_state(row)[0]}",
            100,
            tint=lambda row: _state(row)[1],
        ),
    )

    def read(self) -> Sequence[ApplicationRow]:
        desk = self.shell.desk
        return list(reversed(desk.applications.rows(desk.actor, everything=True)))

    def shown(self, row: ApplicationRow, view: str) -> bool:
        return row.open or view != self.views[0]

    def head(self, row: ApplicationRow) -> str:
        return f"{row.name}　{row.kind}"

    def badge(self, row: ApplicationRow) -> tuple[str, Tone, str]:
        return _state(row)

    def lacks(self, row: ApplicationRow) -> Sequence[str]:
        return row.lacks if row.open else ()

    def facts(self, row: ApplicationRow) -> Sequence[tuple[str, str]]:
        consent = row.consent.value if row.consent else ""
        return (
            ("编号", str(row.id)),
            ("学号", row.number or ""),
            ("申请日期", str(row.applied_on)),
            ("内容", row.content),
            ("已签字", "、".join(who.value for who in row.signed)),
            ("家长同意", f"{consent}　见证人 {row.witness}" if row.witness else consent),
            ("材料", papers_in_words(row.evidence)),
            ("办结", str(row.settled_on or "")),
            ("结果", row.result),
        )

    def deeds(self, row: ApplicationRow) -> Sequence[Deed]:
        if not row.open:
            return [self.open_student(row.student_id)]
        missing = [who for who in Signatory if who not in row.signed]
        signatures = [
            Deed(f"登记{who.value}签字", "pen-line", partial(self.sign, row, who))
            for who in missing
        ]
        settle = Deed("办结", "check", lambda: self.settle(row), "primary", "；".join(row.lacks))
        papers = Deed("添加材料", "upload", lambda: self.add_papers(row))
        return [settle, papers, *signatures, self.open_student(row.student_id)]

    def begin(self, student: int | None = None) -> None:
        self.with_person(student, self._ask)

    def _ask(self, person: PersonPicker) -> None:
        kind = ChoiceBox("申请什么", KINDS)
        kind.setEditable(True)
        content, day = NoteEditor("内容", 500), DateEditor("申请日期", today())
        content.setMaximumHeight(content.fontMetrics().lineSpacing() * 4)
        way = ChoiceBox("家长同意", (_NO_WAY, *ConsentWay))
        witness = Line("见证人", hint="电话同意的写明")
        boxes = {who: QCheckBox(f"{who.value}已签字") for who in Signatory}
        desk = self.shell.desk

        def work() -> Any:
            who = person.person.id if person.person else 0
            signed = frozenset(one for one, box in boxes.items() if box.isChecked())
            chosen = way.currentText()
            consent = ConsentWay(chosen) if chosen != _NO_WAY else None
            words, text, on = kind.currentText().strip(), content.value, day.day or today()
            seen = witness.words or None
            return lambda: desk.applications.open(
                desk.actor, who, words, content=text, applied_on=on, consent=consent,
                witness=seen, signed=signed,
            )  # fmt: skip

        fields = [person, kind, content, day, way, witness, *boxes.values()]
        self.ask(
            "登记书面申请", "登记", fields, work, "书面申请已登记", optional=(content, witness)
        )

    def sign(self, row: ApplicationRow, who: Signatory) -> None:
        """Note a signature."""
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.applications.add(desk.actor, row.id, signed=frozenset({who})),
            "登记签字",
            self.done(f"{row.name}：{who.value}已签字"),
        )

    def add_papers(self, row: ApplicationRow) -> None:
        """Take papers in."""
        given = ask_papers(self, self.shell.preferences, _PAPERS)
        desk = self.shell.desk
        if given:
            self.shell.run(
                lambda: desk.applications.add(desk.actor, row.id, evidence=given),
                "添加材料",
                self.done("材料已添加"),
            )

    def settle(self, row: ApplicationRow) -> None:
        """办结, with the result."""
        day, result = DateEditor("办结日期", today()), Line("结果", hint="例如 已开具，编号 12")
        desk = self.shell.desk

        def work() -> Any:
            on: date = day.day or today()
            words = result.words
            return lambda: desk.applications.settle(desk.actor, row.id, on=on, result=words)

        self.ask(f"办结{row.name}的“{row.kind}”", "办结", [day, result], work, "已办结")
