"""分班 and 编学号: seen before it is written, class by class, number by number."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.errors import AppError
from app.services.exchange.plan import Plan
from app.services.progress import Work
from app.services.register.placement import Deal, Order, Placed
from app.services.register.students import StudentRow
from app.services.settings import load_settings
from app.ui import theme
from app.ui.intake.choose import TABLES
from app.ui.intake.table import Column, ListView, RowsModel
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, EmptyState, Label
from app.ui.widgets.dialog import Line

_ORDERS: Final = {
    Order.PINYIN: "姓名拼音",
    Order.SCORE: "中考成绩，高的在前",
    Order.EXAM: "考生号",
}
#: Students in a class where nothing else is said.
_SIZE: Final = 40
Cohorts = list[tuple[int, int, int]]


class _CohortPage(QWidget):
    """A page that acts on one 年级: choices on the left, what would come of them on the right."""

    going = QtSignal(str)

    def __init__(self, shell: Shell, title: str, about: str) -> None:
        super().__init__()
        self.shell = shell
        self._turn = 0
        self.cohort = ChoiceBox("年级")
        self.cohort.currentIndexChanged.connect(lambda _: self.look())
        self.order = ChoiceBox("次序", list(_ORDERS.values()))
        self.order.activated.connect(lambda _: self.look())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(16))
        self._card = card = Card(title)
        card.box.addWidget(Label(about, "table", "text-2", wrap=True))
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(theme.px(12))
        self.form.setVerticalSpacing(theme.px(10))
        self.form.addRow(Label("年级", tint="text-2"), self.cohort)
        card.box.addLayout(self.form)
        self.said = Label("", wrap=True)
        card.box.addWidget(self.said)
        self.buttons = QVBoxLayout()
        card.box.addLayout(self.buttons)
        card.box.addStretch()
        row.addWidget(card)
        self._right = QStackedWidget()
        row.addWidget(self._right, 1)
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._card.setFixedWidth(theme.px(400))

    def show_results(self, view: QWidget, icon: str, nothing: str) -> None:
        """The list on the right, and what stands there when it is empty."""
        about = "换一个年级看看，或者先导入名册。"
        self._right.addWidget(EmptyState(icon, nothing, about))
        self._right.addWidget(view)

    def set_empty(self, empty: bool) -> None:
        """Whether nothing would come of it."""
        self._right.setCurrentIndex(0 if empty else 1)

    @property
    def year(self) -> int | None:
        """The 年级 at hand."""
        year: int | None = self.cohort.currentData()
        return year

    @property
    def chosen_order(self) -> Order:
        """The order at hand."""
        return list(_ORDERS)[max(self.order.currentIndex(), 0)]

    def refresh(self) -> None:
        """Read the 年级 anew; the one at hand stays."""
        self.shell.read(self.shell.desk.placement.cohorts, self._show_cohorts)

    def _show_cohorts(self, cohorts: Cohorts) -> None:
        here = self.year
        years = [year for year, _, _ in cohorts]
        waiting = [year for year, *counts in cohorts if self.waiting(*counts)]
        self.cohort.blockSignals(True)
        self.cohort.clear()
        for year, unplaced, unnumbered in cohorts:
            self.cohort.addItem(self.label(year, unplaced, unnumbered), year)
        wanted = [here] if here in years else waiting or years
        if wanted:
            self.cohort.setCurrentIndex(years.index(wanted[0]))
        self.cohort.blockSignals(False)
        self.look()

    def waiting(self, unplaced: int, unnumbered: int) -> int:
        """How many of a 年级 wait for this page."""
        raise NotImplementedError

    def label(self, year: int, unplaced: int, unnumbered: int) -> str:
        """A 年级 in the list."""
        raise NotImplementedError

    def look(self) -> None:
        """See what the choices would do."""
        raise NotImplementedError


class PlacementPage(_CohortPage):
    """分班: dealt evenly, or as a list says."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(
            shell,
            "分班",
            "平均分：男女分别、来回发牌，各班人数、男女、成绩都匀称。已有班级的人不动。",
        )
        self.count = self._figure("每个专业几个班，空着按人数定", "按人数定", 1, 30)
        self.most = self._figure("每班最多几人", "40", 5, 100)
        self.form.addRow(Label("每专业", tint="text-2"), self.count)
        self.form.addRow(Label("每班", tint="text-2"), self.most)
        self.form.addRow(Label("次序", tint="text-2"), self.order)
        self.split_button = Button("平均分班", kind="primary", on_click=self.split)
        self.file_button = Button("按名单分班…", "file-input", on_click=self._ask_file)
        self.file_button.setToolTip("一份写着班级的表：平台导出，或填好的“分班名单”模板")
        self.buttons.addWidget(self.split_button)
        self.buttons.addWidget(self.file_button)
        self.model: RowsModel[Deal] = RowsModel(
            [
                Column("专业", lambda deal: deal.major, 220),
                Column("班级", lambda deal: deal.name),
                Column("现有", lambda deal: f"{deal.before} 人", 90),
                Column("来", lambda deal: f"＋{deal.gains}", 80, lambda _: "ok"),
                Column("合计", lambda deal: f"{deal.before + deal.gains} 人", 90),
                Column("", lambda deal: "新建" if deal.new else "", 80, lambda _: "primary"),
            ]
        )
        self.list = ListView("分班的结果", self.model)
        self.show_results(self.list, "users", "没有等着分班的人")

    def _figure(self, name: str, empty: str, least: int, most: int) -> Line:
        edit = Line(name, hint=empty)
        edit.setToolTip(f"{name}（{least}—{most}）")
        edit.setValidator(QIntValidator(least, most, edit))
        edit.textChanged.connect(lambda _: self.look())
        return edit

    @property
    def _wanted(self) -> tuple[int | None, int]:
        """How many classes a major gets (None: as many as are needed), and how many fit in one."""
        count = int(self.count.text()) if self.count.hasAcceptableInput() else None
        return count, int(self.most.text()) if self.most.hasAcceptableInput() else _SIZE

    def waiting(self, unplaced: int, unnumbered: int) -> int:
        return unplaced

    def label(self, year: int, unplaced: int, unnumbered: int) -> str:
        return f"{year}级（{unplaced} 人没有班级）" if unplaced else f"{year}级（都有班级）"

    def look(self) -> None:
        """What the split would do."""
        year = self.year
        self._turn += 1
        turn = self._turn
        if year is None:
            self._show(turn, [])
            return
        count, size = self._wanted
        self.most.setEnabled(count is None)
        placement = self.shell.desk.placement
        self.shell.read(
            lambda: placement.preview(year, count=count, size=size),
            lambda deals: self._show(turn, deals),
            lambda error: self._refused(turn, error),
        )

    def _show(self, turn: int, deals: list[Deal]) -> None:
        if turn != self._turn:
            return
        self.model.show_rows(deals)
        self.set_empty(not deals)
        gains = sum(deal.gains for deal in deals)
        new = sum(deal.new for deal in deals)
        self.said.set_tint("text")
        if self.year is None:
            self.said.setText("还没有年级：请先导入录取名册。")
        elif not gains:
            self.said.setText("这一级每个人都有班级了。")
        else:
            made = f"，新建 {new} 个班" if new else ""
            self.said.setText(f"{gains} 人分到 {len(deals)} 个班{made}。右边是结果，还没有写入。")
        self.split_button.setEnabled(gains > 0)
        self.split_button.setText(f"平均分班 {gains} 人" if gains else "平均分班")
        self.file_button.setEnabled(gains > 0)

    def _refused(self, turn: int, error: AppError) -> None:
        if turn == self._turn:
            self._show(turn, [])
            self.said.set_tint("danger")
            self.said.setText(str(error))

    def split(self) -> None:
        """Write the split."""
        year = self.year
        if year is None:
            return
        desk, (count, size) = self.shell.desk, self._wanted
        order = self.chosen_order
        self.shell.run(
            lambda: desk.placement.split(desk.actor, year, order=order, count=count, size=size),
            "分班",
            self._placed,
        )

    def _placed(self, placed: Placed) -> None:
        total = sum(placed.classes.values())
        self.shell.say(
            f"已分班 {total} 人，共 {len(placed.classes)} 个班",
            action=("编学号", lambda: self.going.emit("numbers")),
        )

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "写着班级的名单", "", TABLES)
        if name:
            self.assign_from(Path(name))

    def assign_from(self, path: Path) -> None:
        """Place as a list says: who is found and has no class yet."""
        year = self.year
        if year is None:
            return
        desk = self.shell.desk

        def assign() -> Work[Placed]:
            plan: Plan = yield from desk.intake.plan(path)
            places = {
                line.student_id: str(line.values["class_group"])
                for line in plan.lines
                if line.student_id is not None and line.values.get("class_group")
            }
            return desk.placement.assign(desk.actor, year, places)

        self.shell.run(assign(), f"按“{path.name}”分班", self._placed)


class NumbersPage(_CohortPage):
    """编学号: the pattern, and every number that it would give."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(
            shell,
            "编学号",
            "按专业、班级、次序编。编出的学号不再改变，后来补录的接着往后排，空号不补。",
        )
        self.pattern = Line("学号编排")
        self.pattern.editingFinished.connect(self.look)
        self.form.addRow(Label("次序", tint="text-2"), self.order)
        self.form.addRow(Label("编排", tint="text-2"))
        self.form.addRow(self.pattern)
        self.form.addRow(
            Label(
                "可用：入学年、分院代码、专业代码、专业序号、班序、座号、年级流水；"
                "冒号后是位数。学校的编排在“系统”里设。",
                "small",
                "text-3",
                wrap=True,
            )
        )
        self.number_button = Button("编学号", kind="primary", on_click=self.number)
        self.buttons.addWidget(self.number_button)
        self.model: RowsModel[tuple[StudentRow, str]] = RowsModel(
            [
                Column("学号", lambda one: one[1], 150, lambda _: "primary"),
                Column("姓名", lambda one: one[0].name, 110),
                Column("性别", lambda one: one[0].sex or "", 60),
                Column("班级", lambda one: one[0].class_group, 110),
                Column("考生号", lambda one: one[0].exam_number or ""),
            ]
        )
        self.list = ListView("会编出的学号", self.model)
        self.show_results(self.list, "list-checks", "没有等着编学号的人")

    def refresh(self) -> None:
        """The school's pattern and the 年级 anew."""
        if not self.pattern.text():
            database = self.shell.desk.database

            def look() -> str:
                with database.read() as session:
                    return load_settings(session).number_pattern

            self.shell.read(look, self._show_pattern)
        super().refresh()

    def _show_pattern(self, pattern: str) -> None:
        if not self.pattern.text():
            self.pattern.setText(pattern)
            self.pattern.setToolTip(pattern)
            self.pattern.setCursorPosition(0)

    def waiting(self, unplaced: int, unnumbered: int) -> int:
        return unnumbered

    def label(self, year: int, unplaced: int, unnumbered: int) -> str:
        return f"{year}级（{unnumbered} 人没有学号）" if unnumbered else f"{year}级（都有学号）"

    def look(self) -> None:
        """The numbers that would be given."""
        year = self.year
        self._turn += 1
        turn = self._turn
        if year is None:
            self._show(turn, [], "还没有年级：请先导入录取名册。")
            return
        placement, order, pattern = self.shell.desk.placement, self.chosen_order, self._pattern
        self.shell.read(
            lambda: placement.preview_numbers(year, order=order, pattern=pattern),
            lambda rows: self._show(turn, rows, ""),
            lambda error: self._show(turn, [], str(error)),
        )

    @property
    def _pattern(self) -> str | None:
        return self.pattern.words or None

    def _show(self, turn: int, rows: list[tuple[StudentRow, str]], problem: str) -> None:
        if turn != self._turn:
            return
        self.model.show_rows(rows)
        self.set_empty(not rows)
        self.number_button.setEnabled(bool(rows))
        self.number_button.setText(f"编 {len(rows)} 个学号" if rows else "编学号")
        self.said.set_tint("text-2" if problem else "text")
        self.said.setText(
            problem or f"{len(rows)} 个：{rows[0][1]} 至 {rows[-1][1]}。右边是结果，还没有写入。"
        )

    def number(self) -> None:
        """Give the numbers."""
        year = self.year
        if year is None or not self.shell.ask(
            f"给 {year}级 {len(self.model.rows)} 人编学号？",
            "学号编出后不再改变，也不能整批收回；请先看清右边的次序和编排。",
            yes=f"编 {len(self.model.rows)} 个学号",
        ):
            return
        desk, order, pattern = self.shell.desk, self.chosen_order, self._pattern
        self.shell.run(
            lambda: desk.placement.number(desk.actor, year, order=order, pattern=pattern),
            "编学号",
            self._numbered,
        )

    def _numbered(self, numbers: dict[int, str]) -> None:
        given = sorted(numbers.values())
        self.shell.say(f"已编学号 {len(given)} 个：{given[0]} 至 {given[-1]}")
