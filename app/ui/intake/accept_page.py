"""导入: the year, what becomes of new students, what is made along; afterwards what comes next."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.exchange.batches import Accepted
from app.services.exchange.plan import Profile, Verdict
from app.services.exchange.review import Outcome, Review
from app.ui import theme
from app.ui.intake.task import Task
from app.ui.widgets.basic import Badge, Button, Card, Label, Picture, clear
from app.ui.widgets.dialog import Line

_EARLIEST, _LATEST = 1990, 2100


class AcceptPage(QStackedWidget):
    """The fifth step, before and after."""

    undone = QtSignal(int)
    going = QtSignal(str)  # another page of the screen
    people = QtSignal(int)  # show the students of a batch
    next_file = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self._before = QWidget()
        self._after = QWidget()
        self.addWidget(self._before)
        self.addWidget(self._after)
        self._build_before()
        self.summary = SummaryCard()
        box = QVBoxLayout(self._after)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.summary, alignment=Qt.AlignmentFlag.AlignTop)
        self.summary.undone.connect(self.undone)
        self.summary.going.connect(self.going)
        self.summary.people.connect(self.people)
        self.summary.next_file.connect(self.next_file)

    def _build_before(self) -> None:
        box = QVBoxLayout(self._before)
        box.setContentsMargins(0, 0, 0, 0)
        card = Card("导入之前再看一眼")
        card.setMaximumWidth(theme.px(860))
        self._seen = Label("", tint="warn", wrap=True)
        self._what = Label("", wrap=True)
        card.box.addWidget(self._seen)
        card.box.addWidget(self._what)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(theme.px(16))
        self._form.setVerticalSpacing(theme.px(10))
        self.year = Line("入学年份", hint="例如 2026")
        self.year.setValidator(QIntValidator(_EARLIEST, _LATEST, self.year))
        self.year.setMaximumWidth(theme.px(120))
        self.year.editingFinished.connect(self._choose_year)
        self._form.addRow(Label("入学年份", tint="text-2"), self.year)
        self.registered = QRadioButton("已报到：录取并入学注册，导入后是“在校”")
        self.admitted = QRadioButton("还没报到：只记录取，报到后再办入学注册")
        group = QButtonGroup(self)
        for button in (self.registered, self.admitted):
            button.setAccessibleName(button.text())
            group.addButton(button)
        group.buttonClicked.connect(lambda _: self._choose_arrival())
        arrival = QVBoxLayout()
        arrival.addWidget(self.registered)
        arrival.addWidget(self.admitted)
        self._form.addRow(Label("新生", tint="text-2"), arrival)
        card.box.addLayout(self._form)
        self._makes = Label("", "table", "text-2", wrap=True)
        card.box.addWidget(self._makes)
        self._refused = Label("", "table", "danger", wrap=True)
        card.box.addWidget(self._refused)
        card.box.addWidget(
            Label("整份文件是一批，导入后可以整批撤销，直到有别的记录依赖它。", "table", "text-3")
        )
        box.addWidget(card)
        box.addStretch()

    def show_task(self, task: Task) -> None:
        """Show what would be written, or what was."""
        self._task = task
        if task.result is not None:
            self.summary.show_result(task, task.result)
            self.setCurrentWidget(self._after)
            return
        self.setCurrentWidget(self._before)
        review = task.review
        if review is None:
            return
        plan = review.plan
        seen = next((text for text in plan.remarks if text.startswith("同一份文件")), "")
        self._seen.setText(f"▲ {seen}再导入一次只会补上还没有的。" if seen else "")
        self._seen.setVisible(bool(seen))
        self._what.setText(self._sentence(task, review))
        new = bool(review.outcomes[Outcome.NEW])
        for row in range(self._form.rowCount()):
            self._form.setRowVisible(row, new)
        if not self.year.hasFocus():
            self.year.setText(str(plan.entry_year or ""))
        self.year.setProperty("fault", task.year_missing)
        self.year.style().polish(self.year)
        arrival = self.admitted if task.choices.admitted_only else self.registered
        arrival.setChecked(True)
        self._makes.setText(f"会新建：{'、'.join(plan.makes)}。" if plan.makes else "")
        self._makes.setVisible(bool(plan.makes))
        refused = plan.count(Verdict.REFUSED)
        self._refused.setText(
            f"有 {refused} 行不导入（可先“导出问题行”，改好再导入那份文件）。" if refused else ""
        )
        self._refused.setVisible(refused > 0)

    @staticmethod
    def _sentence(task: Task, review: Review) -> str:
        plan, chosen = review.plan, task.chosen
        new = sum((line.sheet, line.row) in chosen for line in review.outcomes[Outcome.NEW])
        changed = len(chosen) - new
        left = len(review.changing) - len(chosen)
        kind = "录取名册" if plan.profile is Profile.ADMISSION else "补充信息"
        parts = [f"新增 {new:,} 人"] * (new > 0) + [f"修改 {changed:,} 人"] * (changed > 0)
        said = "，".join(parts) or "没有要写入的内容"
        return f"“{plan.source_name}”当作{kind}：{said}" + (
            f"，您取消了 {left} 行。" * (left > 0) or "。"
        )

    def _choose_year(self) -> None:
        task, text = self._task, self.year.text()
        if task is None or task.review is None or not self.year.hasAcceptableInput():
            return
        if int(text) != task.review.plan.entry_year:
            task.decide(replace(task.choices, entry_year=int(text)))

    def _choose_arrival(self) -> None:
        if self._task is not None:
            only = self.admitted.isChecked()
            self._task.decide(replace(self._task.choices, admitted_only=only))


class SummaryCard(Card):
    """What was written, how to take it back, what comes next."""

    undone = QtSignal(int)
    going = QtSignal(str)
    people = QtSignal(int)
    next_file = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setMaximumWidth(theme.px(860))
        self._batch: int | None = None
        head = QHBoxLayout()
        self._sign = Picture("circle-check", "ok", 28)
        self._title = Label("", "section")
        head.addWidget(self._sign)
        head.addWidget(self._title, 1)
        self.box.addLayout(head)
        self._counts = QHBoxLayout()
        self._counts.setSpacing(theme.px(8))
        self.box.addLayout(self._counts)
        self._made = Label("", "table", "text-2", wrap=True)
        self.box.addWidget(self._made)
        row = QHBoxLayout()
        self.undo_button = Button("撤销本次导入", "undo-2", "danger", on_click=self._undo)
        self.list_button = Button("看这批学生", "list", on_click=self._people)
        self.next_button = Button("导入下一份", "file-input", on_click=self.next_file.emit)
        for button in (self.list_button, self.next_button):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.undo_button)
        self.box.addLayout(row)
        self.box.addSpacing(theme.px(8))
        self.box.addWidget(Label("接下来", "strong"))
        for icon, text, verb, page in (
            ("users", "没有班级的新生，平均分班或按名单分班", "分班", "placement"),
            ("list-checks", "分好班的，按专业、班级、次序编学号", "编学号", "numbers"),
            ("images", "按文件名里的号码或姓名认照片", "导入照片", "photos"),
        ):
            line = QHBoxLayout()
            line.addWidget(Picture(icon, "text-3", 16))
            line.addWidget(Label(text), 1)
            go = Button(verb)
            go.clicked.connect(lambda _=False, page=page: self.going.emit(page))
            line.addWidget(go)
            self.box.addLayout(line)

    def show_result(self, task: Task, result: Accepted) -> None:
        """Say what a file brought."""
        self._batch = result.batch_id
        if result.batch_id is None:
            self._title.setText(f"“{task.name}”里没有要写入的内容")
        else:
            self._title.setText(f"已导入“{task.name}”，第 {result.batch_id} 批")
        clear(self._counts)
        self._counts.addWidget(Badge(f"新增 {result.created:,}", "ok", "＋"))
        self._counts.addWidget(Badge(f"修改 {result.updated:,}", "warn", "✎"))
        self._counts.addWidget(Badge(f"无变化 {result.unchanged:,}", "neutral", "＝"))
        self._counts.addWidget(Badge(f"未导入 {result.refused:,}", "danger", "▲"))
        self._counts.addStretch()
        self._made.setText(f"新建：{'、'.join(result.made)}。" if result.made else "")
        self._made.setVisible(bool(result.made))
        self.undo_button.setVisible(result.batch_id is not None)
        self.list_button.setVisible(result.batch_id is not None)

    def _undo(self) -> None:
        if self._batch is not None:
            self.undone.emit(self._batch)

    def _people(self) -> None:
        if self._batch is not None:
            self.people.emit(self._batch)
