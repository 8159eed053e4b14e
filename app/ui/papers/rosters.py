"""名册与统计: papers on the left, scope and days on top, then the table, its chart, its paper.

The rosters are those of the form library, the school's own among them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from PySide6.QtCore import QSignalBlocker, QSize
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.models.rules.terms import academic_year
from app.models.vocabulary import CountBase
from app.services.clock import today
from app.services.errors import AppError
from app.services.exports import file_name
from app.services.forms.fields import CHANGES, STATISTICS
from app.services.forms.library import FormRow
from app.services.forms.papers import PAPERS, PaperGroup, PaperKind
from app.services.progress import Step, Work
from app.services.register.figures import (
    Aspect,
    Figure,
    breakdown,
    changes_figure,
    past_terms,
    trend,
)
from app.services.register.headcount import summary
from app.services.register.ledger import Moment
from app.services.register.organisation import CohortGroups
from app.services.register.reports import (
    Report,
    changes_report,
    summary_report,
)
from app.services.register.students import Scope
from app.ui import theme
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.papers.saving import Saver
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, Heading, Label
from app.ui.widgets.chart import Chart, ChartKind
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.look import keep
from app.ui.widgets.names_panel import NamesPanel
from app.ui.widgets.report_table import ReportTable
from app.ui.widgets.saved_bar import SavedBar

_TERMS: Final = 6
_DAY_WIDTH: Final = 126
_TABLE, _CHART, _PAPER = range(3)
_FIGURES: Final = (
    "按班级，分学籍状态",
    "按年级，分性别",
    "按专业，分性别",
    "按系部，分年级",
    "历学期变化，分年级",
)


@dataclass(frozen=True)
class _Choice:
    """One paper of the list: whether it is a roster, and what its top line asks."""

    name: str
    roster: bool = False
    period: bool = False  # from a day to a day, or as of one day
    base: bool = False  # asks for the 口径
    paper: str = ""  # the shipped roster whose fields it has


#: The chart that has no table of its own: the 学籍人数审核表 stands in 人数.
HEADS: Final = "人数统计图"
_REPORTS: Final = (
    _Choice(HEADS, base=True),
    _Choice(CHANGES, period=True),
    _Choice(STATISTICS, period=True),
)
_ROSTERS: Final = tuple(
    _Choice(name, roster=True, paper=name)
    for name, paper in PAPERS.items()
    if paper.kind is PaperKind.ROSTER and paper.group in (PaperGroup.ROSTERS, PaperGroup.CHECKS)
)


def _own_rosters(rows: tuple[FormRow, ...]) -> tuple[_Choice, ...]:
    """The rosters that the school named itself."""
    shipped = {choice.name for choice in _ROSTERS}
    return tuple(
        _Choice(row.name, roster=True, paper=row.paper)
        for row in rows
        if row.own and row.paper in shipped
    )


class RostersScreen(Screen):
    """Rosters and reports; every number opens its names."""

    title: ClassVar[str] = "名册与统计"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        day = today()
        self._report: Report | None = None
        self._turn = 0
        self._stale_paper = True
        self.papers = QListWidget()
        self.scope = ChoiceBox("范围", ["全校"])
        self.begin = DateEditor("期初日期", _year_begun(day))
        self.end = DateEditor("截至日期", day)
        self.base = ChoiceBox("口径", [base.value for base in CountBase])
        self.table = ReportTable()
        self.chart = Chart()
        self.figure = ChoiceBox("统计图", _FIGURES)
        self.desk = PaperDesk(shell)
        self.names = NamesPanel(shell)
        self.saved = SavedBar()
        self._saver = Saver(shell, shell.preferences, self.saved)
        self._scopes: list[Scope] = []  # empty until it is known which cohorts there are
        self._choices: tuple[_Choice, ...] = ()
        self._wanted = ""  # the paper to open once the library told what there is
        self._build()
        self._list(())
        self._choose()
        self._read()

    @property
    def choice(self) -> _Choice:
        """Which paper is chosen."""
        return self._choices[max(0, self.papers.currentRow())]

    # --- being shown ----------------------------------------------------------------------

    def visit(self, **where: Any) -> None:
        """Shown, perhaps with the `paper` to open."""
        self._wanted = where.get("paper", "")
        self._open_wanted()

    def refresh(self) -> None:
        """The register changed."""
        self._read()
        self._make()

    def _read(self) -> None:
        self.shell.read(self.shell.desk.students.groups, self._show_groups)
        self.shell.read(self.shell.desk.library.rows, lambda rows: self._list(_own_rosters(rows)))

    def _open_wanted(self) -> None:
        for at, choice in enumerate(self._choices):
            if choice.name == self._wanted:
                self._wanted = ""
                self.papers.setCurrentRow(at)

    def _list(self, own: tuple[_Choice, ...]) -> None:
        """List the papers, the school's own rosters after those that ship."""
        choices = (*_ROSTERS, *own, *_REPORTS)
        if choices == self._choices:
            return
        chosen = self._choices[self.papers.currentRow()] if self.papers.count() else None
        self._choices = choices
        blocker = QSignalBlocker(self.papers)
        self.papers.clear()
        for choice in choices:
            icon = "table-2" if choice.roster else "list-checks"
            icon = "chart-column" if choice.name == HEADS else icon
            item = QListWidgetItem(theme.icon(icon), choice.name)
            item.setSizeHint(QSize(0, theme.px(34)))
            if choice not in (*_ROSTERS, *_REPORTS):
                item.setToolTip(f"学校自己的表样，字段同“{choice.paper}”")
            self.papers.addItem(item)
        self.papers.setCurrentRow(choices.index(chosen) if chosen in choices else 0)
        blocker.unblock()
        if chosen is not None and chosen not in choices:  # its form was retired
            self._choose()
        self._open_wanted()

    def print_now(self) -> None:
        """The paper of what is shown, with the button at hand; a chart alone has none."""
        if self.choice.name == HEADS:
            return
        self.tabs.setCurrentIndex(_PAPER)
        self.desk.focus_print()

    def panes(self) -> Sequence[QWidget]:
        """The papers, then whatever is shown of the chosen one."""
        shown = (self.table, self.chart, self.desk.view)[self.tabs.currentIndex()]
        return [self.papers, shown, *([self.names.names] if self.names.isVisible() else [])]

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        self._heading = Heading("名册与统计")
        self.box.addWidget(self._heading)
        self.papers.setAccessibleName("名册和报表")
        self.papers.setFrameShape(QListWidget.Shape.NoFrame)
        self.papers.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.papers.currentRowChanged.connect(lambda _: self._choose())
        left = Card(margin=8)
        keep(left, width=176)
        left.box.addWidget(self.papers)
        count = Button(
            "学籍人数审核表", "external-link", "link", on_click=lambda: self.shell.go("headcount")
        )
        count.setToolTip("在“人数”里看、打印、封存")
        left.box.addWidget(count)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("怎样看")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for words in ("表格", "统计图", "打印预览"):
            self.tabs.addTab(words)
        self.tabs.currentChanged.connect(self._change_tab)
        self._stack = QStackedWidget()
        for page in (self._table_page(), self._chart_page(), self.desk):
            self._stack.addWidget(page)
        middle = QVBoxLayout()
        middle.setSpacing(theme.px(8))
        middle.addLayout(self._top())
        middle.addWidget(self.saved)
        middle.addWidget(self._stack, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(left)
        row.addLayout(middle, 1)
        row.addWidget(self.names)
        self.box.addLayout(row, 1)
        self.table.opened.connect(self._open_names)
        self.chart.picked.connect(self._open_names)

    def _top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.tabs)
        row.addStretch()
        self._scope_label = Label("范围", tint="text-2")
        self._begin_label = Label("自", tint="text-2")
        self._end_label = Label("截至", tint="text-2")
        self._base_label = Label("口径", tint="text-2")
        self.scope.setSizeAdjustPolicy(
            ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.scope.setMinimumContentsLength(9)
        self.base.setMinimumContentsLength(3)
        for label, field in (
            (self._scope_label, self.scope),
            (self._begin_label, self.begin),
            (self._end_label, self.end),
            (self._base_label, self.base),
        ):
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
        self.scope.activated.connect(lambda _: self._make())
        self.base.activated.connect(lambda _: self._make())
        for day in (self.begin, self.end):
            keep(day, width=_DAY_WIDTH)
        self.begin.changed.connect(self._make)
        self.end.changed.connect(self._make)
        return row

    def _table_page(self) -> QWidget:
        card = Card(margin=0)
        card.box.setSpacing(0)
        card.box.addWidget(self.table, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(*(theme.px(8),) * 4)
        self._covers = Label(role="table", tint="text-2")
        foot.addWidget(self._covers, 1)
        self.save_button = Button("导出 Excel", "file-spreadsheet", on_click=self.save)
        foot.addWidget(self.save_button)
        card.box.addLayout(foot)
        return card

    def _chart_page(self) -> QWidget:
        card = Card(margin=12)
        row = QHBoxLayout()
        self._figure_label = Label("看什么", tint="text-2")
        row.addWidget(self._figure_label)
        row.addWidget(self.figure)
        row.addStretch()
        hint = Label("单击图上的一块，右边列出名单", "table", "text-3")
        row.addWidget(hint)
        card.box.addLayout(row)
        card.box.addWidget(self.chart, 1)
        self.figure.activated.connect(lambda _: self._draw_figure())
        return card

    # --- choosing -------------------------------------------------------------------------

    def _show_groups(self, groups: tuple[CohortGroups, ...]) -> None:
        first, chosen = not self._scopes, self.scope.currentText()
        self.scope.clear()
        self._scopes = [Scope()]
        self.scope.addItem("全校")
        for cohort in groups:
            self.scope.addItem(f"{cohort.year}级")
            self._scopes.append(Scope(cohort=cohort.year))
            for row in cohort.classes:
                self.scope.addItem(f"　{row.name}")
                self._scopes.append(Scope(class_id=row.id))
        if first:  # the newest cohort: the whole school is a long list, and asked for rarely
            self.scope.setCurrentIndex(min(1, len(groups)))
            if self.choice.roster:
                self._make()
        else:
            self.scope.setCurrentIndex(max(0, self.scope.findText(chosen)))

    def _choose(self) -> None:
        choice = self.choice
        for label, field, on in (
            (self._scope_label, self.scope, choice.roster),
            (self._begin_label, self.begin, choice.period),
            (self._base_label, self.base, choice.base),
        ):
            label.setVisible(on)
            field.setVisible(on)
        self._end_label.setText("至" if choice.period else "截至")
        alone = choice.name == HEADS
        self.tabs.setTabVisible(_TABLE, not choice.roster and not alone)
        self.tabs.setTabVisible(_CHART, not choice.roster or choice.paper in _BASES)
        self.tabs.setTabVisible(_PAPER, not alone)
        self.tabs.setCurrentIndex(_CHART if alone else _PAPER if choice.roster else _TABLE)
        by_kind = choice.period
        self.figure.setVisible(not by_kind)
        self._figure_label.setVisible(not by_kind)
        self._heading.set_detail(choice.name)
        self.names.hide()
        self.saved.hide()
        self._make()

    def _change_tab(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        if index == _CHART:
            self._draw_figure()
        elif index == _PAPER:
            self.names.hide()
            if self._stale_paper:
                self._show_paper()

    # --- making ---------------------------------------------------------------------------

    def _make(self) -> None:
        """Make what is chosen anew."""
        self._turn += 1
        self._stale_paper = True
        if self.choice.roster or self.choice.name == HEADS:
            self._report = None
            if self._scopes or not self.choice.roster:
                self._after_making()
            return
        turn = self._turn
        self.shell.read(
            self._report_maker(),
            lambda made: self._made(turn, made),
            lambda e: self._failed(turn, e),
        )

    def _report_maker(self) -> Callable[[], Report]:
        desk, begin, end = self.shell.desk, self.begin.held, self.end.held
        name = self.choice.name

        def make() -> Report:
            lines = desk.reports.changes(desk.actor, begin, end)
            if name == CHANGES:
                return changes_report(lines, begin, end)
            return summary_report(summary(lines), begin, end)

        return make

    def _made(self, turn: int, made: Report) -> None:
        if turn != self._turn:
            return
        self._report = made
        self.table.show_report(self._report)
        self._covers.setText(self._report.covers)
        self.save_button.setEnabled(True)
        self._after_making()

    def _failed(self, turn: int, error: AppError) -> None:
        if turn == self._turn:
            self._report = None
            self.table.show_report(None)
            self.save_button.setEnabled(False)
            self.desk.clear("circle-alert", "没有做出报表", str(error))
            self.shell.say(str(error), "danger")

    def _after_making(self) -> None:
        if self.tabs.currentIndex() == _PAPER:
            self._show_paper()
        elif self.tabs.currentIndex() == _CHART:
            self._draw_figure()

    def _show_paper(self) -> None:
        self._stale_paper = False
        desk, name, moment = self.shell.desk, self.choice.name, self._moment
        scope, words, begin = Scope(), "", None
        if self.choice.roster:
            if not self._scopes:
                return
            scope = self._scopes[max(0, self.scope.currentIndex())]
            words = self.scope.currentText().strip()
        else:
            begin, moment = self.begin.held, Moment(self.end.held)
        self.desk.show_aim(
            Aim(
                name,
                lambda: desk.printing.collect(desk.actor, name, moment, scope, begin),
                words,
            )
        )

    @property
    def _moment(self) -> Moment:
        day = self.end.held
        return Moment(day, upcoming=day >= today())

    # --- names, figures, files --------------------------------------------------------------

    def _open_names(self, title: str, ids: tuple[int, ...]) -> None:
        self.names.open(title, ids, Moment(self.end.held))

    def _draw_figure(self) -> None:
        turn, choice = self._turn, self.choice
        desk, begin, end = self.shell.desk, self.begin.held, self.end.held
        if choice.period:
            self.shell.read(
                lambda: changes_figure(desk.reports.changes(desk.actor, begin, end)),
                lambda figure: self._show_figure(turn, figure, ChartKind.STACKED),
            )
            return
        if choice.roster and not self._scopes:
            return
        base = CountBase(self.base.currentText()) if choice.base else _BASES[choice.paper]
        scope = self._scopes[max(0, self.scope.currentIndex())] if self.choice.roster else Scope()
        which = self.figure.currentIndex()
        kind = ChartKind.LINES if which == len(_FIGURES) - 1 else ChartKind.STACKED

        def make() -> Figure:
            if kind is ChartKind.LINES:
                days = past_terms(end, _TERMS)
                counts = [(day, desk.students.rows(Moment(day), scope)) for day in days]
                return trend(counts, base, Aspect.COHORT)
            along, split = _ASPECTS[which]
            return breakdown(desk.students.rows(Moment(end), scope), base, along, split)

        self.shell.read(make, lambda figure: self._show_figure(turn, figure, kind))

    def _show_figure(self, turn: int, figure: Figure, kind: ChartKind) -> None:
        if turn == self._turn:
            self.chart.show_figure(
                replace(figure, title=f"{figure.title}（截至 {self.end.held}）"), kind
            )

    def save(self) -> None:
        """导出 Excel of the report on the screen."""
        report = self._report
        if report is not None:
            name = file_name("", report.title, self.end.held, ".xlsx")
            self._saver.save(name, partial(self._save_report, report), "正在保存")

    def _save_report(self, report: Report, target: Path) -> Work[None]:
        yield Step(0, 1, target.name)
        self.shell.desk.reports.save(self.shell.desk.actor, report, target)


_BASES: Final = {
    "新生名册": CountBase.ON_REGISTER,
    "在校生名册": CountBase.IN_SCHOOL,
    "学籍信息核对表": CountBase.ON_REGISTER,
}
_ASPECTS: Final = (
    (Aspect.CLASS_GROUP, Aspect.STATUS),
    (Aspect.COHORT, Aspect.SEX),
    (Aspect.MAJOR, Aspect.SEX),
    (Aspect.DEPARTMENT, Aspect.COHORT),
)


def _year_begun(day: date) -> date:
    """The first day of the 学年 in which a day lies, as for the papers of a period."""
    return date(academic_year(day), 8, 1)
