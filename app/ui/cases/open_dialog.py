"""办理异动: for whom, of which kind, from when; what the kind demands is said at once."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from app.models.rules.transitions import CHANGE_KINDS, RULES, Move
from app.models.vocabulary import Kind, Signatory, Status
from app.services.clock import today
from app.services.register.casework import CaseRow
from app.services.register.finder import Hit
from app.services.register.organisation import ClassGroupRow, MajorRow
from app.services.register.rulebook import Book
from app.ui.cases.dialogs import demanded
from app.ui.search.picker import PersonPicker
from app.ui.shell import Shell
from app.ui.widgets.basic import ChoiceBox, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line

_SAME = "（不变）"


def open_case(shell: Shell, student: int | None, then: Callable[[CaseRow], object]) -> None:
    """Ask what is to be done and open the case."""
    desk = shell.desk

    def look() -> tuple[list[Hit], list[ClassGroupRow], list[MajorRow], Book]:
        people = desk.finder.people([student]) if student is not None else []
        book = desk.rulebook.book(desk.actor)
        return people, desk.establishment.classes(), desk.establishment.majors(), book

    def ask(
        people: list[Hit], classes: list[ClassGroupRow], majors: list[MajorRow], book: Book
    ) -> None:
        dialog = OpenDialog(shell, classes, majors, book)
        if people:
            dialog.person.set_person(people[0])
        if dialog.accepted_by_user:
            shell.run(dialog.work, "立案", then)

    shell.read(look, lambda found: ask(*found))


class OpenDialog(FormDialog):
    """The application as it lies on the desk; papers that are missing may come later."""

    def __init__(
        self,
        shell: Shell,
        classes: Sequence[ClassGroupRow],
        majors: Sequence[MajorRow],
        book: Book,
    ) -> None:
        super().__init__(
            "办理异动",
            "立案",
            shell.window,
            said="先登记申请；缺的材料和签字以后补，齐了才能生效。",
            check=self._fault,
        )
        self._desk = shell.desk
        self._book = book
        self.person = PersonPicker(shell)
        self.kind = ChoiceBox("异动类型")
        self._demands = Label(role="table", tint="text-2", wrap=True)
        self.on = DateEditor("生效日期", today())
        self.until = DateEditor("截止日期", hint="不写按规则")
        self.to_class = ChoiceBox("转入班级", [_SAME, *(group.full_name for group in classes)])
        self.to_major = ChoiceBox("转入专业", [_SAME, *(major.name for major in majors)])
        self.reason = Line("原因")
        self.applied = DateEditor("申请日期", today())
        self.signed = {who: QCheckBox(f"{who.value}已签字") for who in Signatory}
        for widget in (self.person, self.kind):
            self.row("学生" if widget is self.person else "异动类型", widget)
        self.row("", self._demands)
        for edit in (self.on, self.until, self.to_class, self.to_major, self.reason, self.applied):
            self.row(edit.accessibleName(), edit)
        signatures = QWidget()
        row = QHBoxLayout(signatures)
        row.setContentsMargins(0, 0, 0, 0)
        for box in self.signed.values():
            row.addWidget(box)
        row.addStretch()
        self.row("书面申请", signatures)
        self.person.chosen.connect(self._offer)
        self.kind.currentTextChanged.connect(lambda _: self._explain())
        self.on.textChanged.connect(lambda _: self._explain())
        self._offer(None)

    @property
    def work(self) -> Callable[[], CaseRow]:
        """What opening the case does, to be done off the window's thread."""
        if self.person.person is None or self._kind is None or self.on.day is None:
            raise ValueError("the dialog was not accepted")
        group, major = self.to_class.currentText(), self.to_major.currentText()
        return partial(
            self._desk.cases.open,
            self._desk.actor,
            self.person.person.id,
            self._kind,
            self.on.day,
            until=self.until.day,
            to_class=None if group == _SAME else group,
            to_major=None if major == _SAME else major,
            reason=self.reason.words,
            applied_on=self.applied.day,
            signed=frozenset(who for who, box in self.signed.items() if box.isChecked()),
        )

    @property
    def _kind(self) -> Kind | None:
        text = self.kind.currentText()
        return Kind(text) if text in set(Kind) else None

    def _offer(self, person: Hit | None) -> None:
        """Only the kinds that may follow the student's status; the rule refuses the others."""
        self.kind.clear()
        status: Status | None = person.status if person else None
        if person is not None:
            self.kind.addItems([kind.value for kind in CHANGE_KINDS if status in RULES[kind].after])
        self.kind.setEnabled(self.kind.count() > 0)
        self._explain()

    def _explain(self) -> None:
        kind = self._kind
        if kind is None:
            self._demands.setText("先选学生，再选能办的异动。")
            return
        rule = self._book.rule(kind, self.on.day or today())
        papers = demanded(rule)
        said = [
            f"签字：{'、'.join(sorted(who.value for who in rule.signed))}" if rule.signed else "",
            f"证明：{papers}" if papers else "",
            f"期限：{rule.months} 个月" if rule.months else "",
            f"依据：{rule.source}",
        ]
        self._demands.setText("。".join(part for part in said if part) + "。")
        self.until.setEnabled(rule.months is not None)
        self.to_class.setEnabled(rule.class_move is not Move.NO)
        self.to_major.setEnabled(rule.major_move is not Move.NO)

    def _fault(self) -> str:
        if self.person.person is None:
            return "请选择学生。"
        if self._kind is None:
            return f"{self.person.person.name}现在没有可以办理的异动。"
        return (
            self.on.fault()
            or self.until.fault(may_be_empty=True)
            or self.applied.fault(may_be_empty=True)
        )
