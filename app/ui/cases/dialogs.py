"""The questions of a case: each asks for what stands on a paper, and answers plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QWidget

from app.models.rules.transitions import Rule
from app.models.vocabulary import ConsentWay, Signatory
from app.services.clock import today
from app.services.register.casework import Approved, CaseRow
from app.services.register.evidence import Given
from app.ui.preferences import Preferences
from app.ui.widgets.basic import Button, ChoiceBox, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line

_SCANS: Final = "cases/scans"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an application asks for; what is None follows the rule or stays."""

    on: date
    until: date | None
    to_class: str | None
    to_major: str | None
    reason: str


def paper_words(rule: Rule) -> list[str]:
    """What papers of a kind are usually called: those demanded first."""
    demanded = [word for paper in rule.papers for word in paper.words]
    return list(dict.fromkeys([*demanded, *rule.usual, "其他证明"]))


def demanded(rule: Rule) -> str:
    """The papers that a kind cannot do without, "" when there are none."""
    return "；".join(
        f"{paper.name}（{'、'.join(paper.words)}{'等' if paper.others else ''}）"
        for paper in rule.papers
    )


def ask_papers(
    parent: QWidget, preferences: Preferences, words: Sequence[str], files: Sequence[Path] = ()
) -> list[Given]:
    """Scans with what they are; or that the original is filed on paper."""
    dialog = PapersDialog(preferences, words, files, parent)
    return dialog.given if dialog.accepted_by_user else []


class PapersDialog(FormDialog):
    """What the paper is, and its scans; without a scan the original on paper is noted."""

    def __init__(
        self,
        preferences: Preferences,
        words: Sequence[str],
        files: Sequence[Path],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "添加材料",
            "添加",
            parent,
            said="扫描件加密存入学籍库；只收到纸质原件的，登记“原件已收”。",
            check=self._fault,
        )
        self._preferences = preferences
        self._files = list(files)
        self.kind = ChoiceBox("材料名称", words)
        self.kind.setEditable(True)
        self.row("材料名称", self.kind)
        chosen = QWidget()
        line = QHBoxLayout(chosen)
        line.setContentsMargins(0, 0, 0, 0)
        self._names = Label(role="table", tint="text-2", wrap=True)
        line.addWidget(self._names, 1)
        line.addWidget(Button("选择扫描件…", "folder-open", on_click=self._choose))
        self.row("扫描件", chosen)
        self.original = QCheckBox("只有纸质原件，已收存")
        self.row("", self.original)
        self._say()

    @property
    def given(self) -> list[Given]:
        """The papers as the services take them."""
        name = self.kind.currentText().strip()
        return [(path, name) for path in self._files] or [(None, name)]

    def take(self, files: Sequence[Path]) -> None:
        """Add scans, as choosing them would."""
        self._files += files
        self._say()

    def _choose(self) -> None:
        """From the folder of the last time, which is where the scanner puts them."""
        names, _ = QFileDialog.getOpenFileNames(
            self,
            "选择扫描件",
            str(self._preferences.get(_SCANS, "")),
            "扫描件 (*.pdf *.jpg *.jpeg *.png)",
        )
        if names:
            self._preferences.set(_SCANS, str(Path(names[0]).parent))
        self.take([Path(name) for name in names])

    def _say(self) -> None:
        self._names.setText("、".join(path.name for path in self._files) or "还没有选")

    def _fault(self) -> str:
        if not self.kind.currentText().strip():
            return "请写明是什么材料。"
        if not self._files and not self.original.isChecked():
            return "请选择扫描件，或勾选“只有纸质原件，已收存”。"
        return ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature: its day, and how a guardian consented who could not come."""

    day: date
    consent: ConsentWay | None = None
    witness: str = ""


def ask_signature(parent: QWidget, who: Signatory) -> Signed | None:
    """When it was signed, which is not in the future; of a guardian how, and who was there."""
    day, way = DateEditor("签字日期", today()), ChoiceBox("同意方式", list(ConsentWay))
    witness = Line("见证人", hint="电话同意的写明")

    def fault() -> str:
        if said := day.fault():
            return said
        if day.day and day.day > today():
            return "签字日期还没有到。"
        by_phone = way.currentText() == ConsentWay.PHONE.value
        return "电话同意的，请写明见证人。" if by_phone and not witness.words else ""

    dialog = FormDialog(f"登记{who.value}签字", "登记", parent, check=fault)
    dialog.row("签字日期", day)
    if who is Signatory.GUARDIAN:
        dialog.row("同意方式", way)
        dialog.row("见证人", witness)
    if not dialog.accepted_by_user or day.day is None:
        return None
    if who is not Signatory.GUARDIAN:
        return Signed(day.day)
    return Signed(day.day, ConsentWay(way.currentText()), witness.words)


def ask_approval(parent: QWidget, case: CaseRow) -> Approved | None:
    """One step, who, when, what."""
    dialog = ApprovalDialog(case, parent)
    return dialog.given if dialog.accepted_by_user else None


class ApprovalDialog(FormDialog):
    """An opinion as it stands on the paper."""

    def __init__(self, case: CaseRow, parent: QWidget | None = None) -> None:
        super().__init__("登记审批意见", "登记", parent, check=self._fault)
        done = {one.step for one in case.approvals}
        steps = case.rule.approvals or ("班主任", "系部", "教务处", "分管校长")
        self.step = ChoiceBox("审批步骤", [step for step in steps if step not in done] or steps)
        self.step.setEditable(True)
        self.person = Line("审批人")
        self.day = DateEditor("日期", today())
        self.opinion = Line("意见", hint="可以不写")
        self.agreed = ChoiceBox("结论", ("同意", "不同意"))
        for label, widget in (
            ("审批步骤", self.step),
            ("审批人", self.person),
            ("日期", self.day),
            ("结论", self.agreed),
            ("意见", self.opinion),
        ):
            self.row(label, widget)

    @property
    def given(self) -> Approved | None:
        """The opinion; None while the day is none."""
        day = self.day.day
        if day is None:
            return None
        agreed = self.agreed.currentText() == "同意"
        step = self.step.currentText().strip()
        return Approved(step, self.person.words, day, agreed, self.opinion.words)

    def _fault(self) -> str:
        if not self.step.currentText().strip():
            return "请写明审批步骤。"
        if not self.person.words:
            return "请填写审批人。"
        return self.day.fault()


def ask_wish(parent: QWidget, case: CaseRow) -> Wish | None:
    """What the case asks for, to be changed."""
    dialog = WishDialog(case, parent)
    return dialog.wish if dialog.accepted_by_user else None


class WishDialog(FormDialog):
    """Days, destination and reason of a case."""

    def __init__(self, case: CaseRow, parent: QWidget | None = None) -> None:
        title = f"修改{case.name}的“{case.kind.value}”"
        super().__init__(title, "保存", parent, check=self._fault)
        self.on = DateEditor("生效日期", case.effective_date)
        self.until = DateEditor("截止日期", case.until, "不写按规则")
        self.to_class = Line("转入班级", case.to_class, "不变就不写")
        self.to_major = Line("转入专业", case.to_major, "不变就不写")
        self.reason = Line("原因", case.reason)
        for edit in (self.on, self.until, self.to_class, self.to_major, self.reason):
            self.row(edit.accessibleName(), edit)

    @property
    def wish(self) -> Wish | None:
        """What was typed; None while the day is none."""
        if self.on.day is None:
            return None
        return Wish(
            self.on.day,
            self.until.day,
            self.to_class.words or None,
            self.to_major.words or None,
            self.reason.words,
        )

    def _fault(self) -> str:
        return self.on.fault() or self.until.fault(may_be_empty=True)


def ask_report(parent: QWidget, case: CaseRow) -> tuple[date, str, str] | None:
    """Day, receipt, number of the document."""
    day, receipt = DateEditor("上报日期", today()), Line("回执号")
    number = Line("批复文号", case.document_number, "没有就不写")

    def fault() -> str:
        return day.fault() or ("" if receipt.words else "请填写回执号。")

    dialog = FormDialog("登记上报", "登记", parent, check=fault)
    for edit in (day, receipt, number):
        dialog.row(edit.accessibleName(), edit)
    if not dialog.accepted_by_user or day.day is None:
        return None
    return day.day, receipt.words, number.words


def ask_place(parent: QWidget) -> tuple[date, str] | None:
    """Day and place of filing."""
    day, place = (
        DateEditor("归档日期", today()),
        Line("存放位置", hint="柜、盒、页，例如 2 柜 3 盒 15 页"),
    )

    def fault() -> str:
        return day.fault() or ("" if place.words else "请填写存放位置。")

    dialog = FormDialog("登记归档", "登记", parent, check=fault)
    for edit in (day, place):
        dialog.row(edit.accessibleName(), edit)
    if not dialog.accepted_by_user or day.day is None:
        return None
    return day.day, place.words


def ask_reason(parent: QWidget, title: str, verb: str) -> str:
    """Why; "" when it was not said."""
    reason = Line("原因")
    dialog = FormDialog(title, verb, parent, check=lambda: "" if reason.words else "请写明原因。")
    dialog.row("原因", reason)
    return reason.words if dialog.accepted_by_user else ""
