"""成批办理: what is asked for all, then each before → after and the counts; then it is written."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.models.rules.transitions import CHANGE_KINDS, Move
from app.models.vocabulary import Kind, Signatory
from app.services.clock import today
from app.services.register.mass import MassDone, MassLine, MassPlan, MassWish
from app.services.register.organisation import ClassGroupRow, MajorRow
from app.services.register.rulebook import Book
from app.ui import theme
from app.ui.cases.dialogs import demanded, paper_words
from app.ui.shell import Shell
from app.ui.undo import DoneStep
from app.ui.widgets.basic import Button, ChoiceBox, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import Line
from app.ui.widgets.grid import CellKind, Grid, GridColumn, MemoryModel, MemoryRow

_SAME: Final = "（不变）"
_NO_PAPER: Final = "（没有）"
_WILL: Final = "将生效"
_COUNTS: Final = 6  # as many as stand in two lines; all of them in the tooltip
_COLUMNS: Final = (
    GridColumn("number", "学号", CellKind.DIGITS, 116),
    GridColumn("name", "姓名", CellKind.STRONG, 92),
    GridColumn("before", "现在", width=160),
    GridColumn("after", "办理以后", width=160),
    GridColumn(
        "result",
        "结果",
        CellKind.BADGE,
        420,
        look=lambda word: ("ok", "●") if word == _WILL else ("danger", "▲"),
    ),
)


def open_mass(shell: Shell, ids: Sequence[int]) -> None:
    """Ask what is to be done for these students."""
    desk = shell.desk

    def look() -> tuple[list[ClassGroupRow], list[MajorRow], Book]:
        book = desk.rulebook.book(desk.actor)
        return desk.establishment.classes(), desk.establishment.majors(), book

    shell.read(look, lambda found: MassDialog(shell, ids, *found).open())


class MassDialog(QDialog):
    """The same change for the selected students; nobody is changed whom the preview refused."""

    def __init__(
        self,
        shell: Shell,
        ids: Sequence[int],
        classes: Sequence[ClassGroupRow],
        majors: Sequence[MajorRow],
        book: Book,
    ) -> None:
        super().__init__(shell.window)
        self._shell, self._ids, self._book = shell, list(ids), book
        self._plan: MassPlan | None = None
        self._turn = 0
        self.setWindowTitle("成批办理异动")
        self.resize(theme.px(1060), theme.px(600))
        self.kind = ChoiceBox("异动类型", [kind.value for kind in CHANGE_KINDS])
        self.kind.setCurrentText(Kind.REPEAT_YEAR.value)
        self.on = DateEditor("生效日期", today())
        self.until = DateEditor("截止日期", hint="不写按规则")
        self.to_class = ChoiceBox("转入班级", [_SAME, *(group.full_name for group in classes)])
        self.to_major = ChoiceBox("转入专业", [_SAME, *(major.name for major in majors)])
        self.reason = Line("原因", hint="如：2026—2027学年四门不及格")
        self.applied = DateEditor("申请日期", hint="没有申请就不写")
        self.paper = ChoiceBox("已收原件")
        self.paper.setEditable(True)
        self.signed = {who: QCheckBox(f"{who.value}都已签字") for who in Signatory}
        self._demands = Label(role="table", tint="text-2", wrap=True)
        self.counts = Label(role="strong", wrap=True)
        self.model = MemoryModel(_COLUMNS, frozen=2)
        self.grid = Grid(self.model, name="办理前后", counted_by="人")
        self.summary = Label("写明办什么、从哪天起，然后预览。", tint="text-2", wrap=True)
        self.preview_button = Button("预览", "eye", on_click=self.preview)
        self.write_button = Button("生效", "check", "primary", on_click=self.write)
        self.write_button.setEnabled(False)
        self._lay_out()
        self._listen()
        self._explain()

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(10))
        box.addWidget(Label(f"成批办理异动 {len(self._ids):,} 人", "title"))
        form = QGridLayout()
        form.setHorizontalSpacing(theme.px(12))
        form.setVerticalSpacing(theme.px(4))
        fields: tuple[QWidget, ...] = (
            self.kind, self.on, self.until, self.applied,
            self.to_class, self.to_major, self.paper, self.reason,
        )  # fmt: skip
        for at, field in enumerate(fields):
            row, column = divmod(at, 4)
            form.addWidget(Label(field.accessibleName(), "table", "text-2"), 2 * row, column)
            form.addWidget(field, 2 * row + 1, column)
            form.setColumnStretch(column, 1)
        box.addLayout(form)
        line = QHBoxLayout()
        for tick in self.signed.values():
            line.addWidget(tick)
        line.addWidget(self._demands, 1)
        line.addWidget(self.preview_button)
        box.addLayout(line)
        box.addWidget(self.counts)
        box.addWidget(self.grid, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.addWidget(Button("取消", on_click=self.reject))
        foot.addWidget(self.write_button)
        box.addLayout(foot)

    def _listen(self) -> None:
        for edit in (self.on, self.until, self.reason, self.applied):
            edit.textChanged.connect(self._outdated)
        for choice in (self.to_class, self.to_major, self.paper):
            choice.currentTextChanged.connect(self._outdated)
        for tick in self.signed.values():
            tick.toggled.connect(self._outdated)
        self.kind.currentTextChanged.connect(lambda _: self._explain())
        self.on.editingFinished.connect(self._explain)

    def _explain(self) -> None:
        """What the kind demands on its day, and only the fields that it has."""
        rule = self._book.rule(Kind(self.kind.currentText()), self.on.day or today())
        papers = demanded(rule)
        said = [
            f"签字：{'、'.join(sorted(who.value for who in rule.signed))}" if rule.signed else "",
            f"证明：{papers}" if papers else "",
            f"依据：{rule.source}",
        ]
        self._demands.setText("。".join(part for part in said if part) + "。")
        self.until.setEnabled(rule.months is not None)
        for choice, move in ((self.to_class, rule.class_move), (self.to_major, rule.major_move)):
            choice.setEnabled(move is not Move.NO)
            if move is Move.NO:
                choice.setCurrentText(_SAME)
        kept = self.paper.currentText()
        words = [_NO_PAPER, *paper_words(rule)]
        self.paper.clear()
        self.paper.addItems(words)
        self.paper.setCurrentText(kept if kept in words else _NO_PAPER)
        self._outdated()

    def _outdated(self, *_: object) -> None:
        """What was previewed is what is written: other words need another preview."""
        self._turn += 1
        self._plan = None
        self.write_button.setEnabled(False)

    # --- before it is done ----------------------------------------------------------------

    @property
    def wish(self) -> MassWish:
        """What is asked for."""
        group, major = self.to_class.currentText(), self.to_major.currentText()
        paper = self.paper.currentText().strip()
        return MassWish(
            Kind(self.kind.currentText()),
            self.on.day or today(),
            self.until.day if self.until.isEnabled() else None,
            None if group == _SAME else group,
            None if major == _SAME else major,
            self.reason.words,
            self.applied.day,
            frozenset(who for who, tick in self.signed.items() if tick.isChecked()),
            () if paper in ("", _NO_PAPER) else (paper,),
        )

    def preview(self) -> None:
        """Show each before and after, and the counts that move."""
        fault = self.on.fault()
        for day in (self.until, self.applied):
            fault = fault or day.fault(may_be_empty=True)
        if fault or not self.reason.words:
            self._say(fault or "请写明原因，它写进每个人的台账。", "danger")
            return
        self._turn += 1
        turn, desk = self._turn, self._shell.desk
        self.preview_button.setEnabled(False)
        self._say("正在核对…", "text-2")
        self._shell.read(
            desk.mass_changes.preview(desk.actor, self._ids, self.wish),
            lambda plan: self._show(turn, plan),
            self._refused,
        )

    def _refused(self, error: Exception) -> None:
        self.preview_button.setEnabled(True)
        self._say(str(error), "danger")

    def _show(self, turn: int, plan: MassPlan) -> None:
        self.preview_button.setEnabled(True)
        if turn != self._turn:
            self._say("刚才改过，请再预览一次。", "warn")
            return
        self._plan = plan
        lines = (*plan.refused, *plan.good)
        self.model.set_rows([_row(place, line) for place, line in enumerate(lines)])
        moved = [f"{one.what} {one.before:,} → {one.after:,}" for one in plan.counts]
        rest = f"；另 {len(moved) - _COUNTS} 个班" if len(moved) > _COUNTS else ""
        self.counts.setText(f"{plan.wish.on} 人数：{'；'.join(moved[:_COUNTS])}{rest}")
        self.counts.setToolTip("\n".join(moved))
        self._say(
            f"可以生效 {len(plan.good):,} 人；不能办 {len(plan.refused):,} 人"
            + ("，不会写入，请另外单独办。" if plan.refused else "。"),
            "text",
        )
        self.write_button.setText(f"生效 {len(plan.good):,} 人")
        self.write_button.setEnabled(bool(plan.good))

    def _say(self, text: str, tint: str) -> None:
        self.summary.setText(text)
        self.summary.set_tint(tint)

    # --- doing it -------------------------------------------------------------------------

    def write(self) -> None:
        """Write what was previewed; one step to take it back."""
        plan, desk = self._plan, self._shell.desk
        if plan is None:
            return
        self.accept()
        self._shell.run(
            desk.mass_changes.apply(desk.actor, plan),
            f"正在办理 {len(plan.good):,} 人的“{plan.wish.kind.value}”",
            _teller(self._shell),
        )


def _teller(shell: Shell) -> Callable[[MassDone], None]:
    """Says what was done, with the way back."""

    def told(batch: MassDone) -> None:
        shell.undo.push(mass_step(shell, batch))
        shell.say(
            f"已办理 {len(batch.entries):,} 人的“{batch.wish.kind.value}”。",
            action=("撤销", shell.undo.undo),
        )

    return told


def mass_step(shell: Shell, batch: MassDone) -> DoneStep:
    """A batch for the window's undo: taken back by 冲正, done anew by the dialog."""
    desk, words = shell.desk, f"成批{batch.wish.kind.value} {len(batch.entries):,} 人"

    def failed(step: DoneStep, error: Exception) -> None:
        step.setObsolete(True)
        shell.say(str(error), "danger")

    def undo(step: DoneStep) -> None:
        step.setObsolete(True)
        shell.run(
            desk.mass_changes.take_back(desk.actor, batch, f"撤销{words}"),
            "正在冲正",
            lambda count: shell.say(f"已冲正 {count:,} 人的“{batch.wish.kind.value}”。", "info"),
            lambda error: failed(step, error),
        )

    return DoneStep(words, undo, lambda step: step.setObsolete(True))


def _row(place: int, line: MassLine) -> MemoryRow:
    cells = {
        "number": line.number or "",
        "name": line.name,
        "before": line.before,
        "after": line.after,
        "result": line.problem or _WILL,
    }
    return MemoryRow(place, cells)
