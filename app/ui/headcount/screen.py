"""人数: the 学籍人数审核表 of a period, the bridge between two counts, the sealed tables.

And what the counts rest on: who registered for the term, who signed the check sheets.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QWidget,
)

from app.models.rules.terms import since, term_begin
from app.models.vocabulary import CountBase
from app.services.clock import end_of, today
from app.services.errors import AppError
from app.services.register.headcount import Headcount
from app.services.register.ledger import Moment
from app.services.register.organisation import ClassGroupRow
from app.services.register.reports import Report, bridge_report, headcount_report
from app.services.register.sealing import SealRow
from app.services.register.students import Scope
from app.ui import theme
from app.ui.headcount.arrivals import ArrivalsPage
from app.ui.headcount.checks import ChecksPage
from app.ui.headcount.platform import ask_platform
from app.ui.headcount.proof import Proof
from app.ui.headcount.seals import SealsPage
from app.ui.papers.paper_desk import Aim
from app.ui.papers.paper_place import PaperPlace
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Badge, Button, Card, ChoiceBox, Heading, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.day_slider import DaySlider
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.names_panel import NamesPanel
from app.ui.widgets.report_table import ReportTable

_COUNT, _BRIDGE, _SEALS, _ARRIVALS, _CHECKS = range(5)
PAGES: Final = ("人数审核表", "两日对照", "已封存", "学期注册", "学籍核查")
_EVERYBODY: Final = "全校"
_NOW: Final = "现在"
_DAY_WIDTH = 126

#: A report, whether it balances, the count of which it tells.
_Answer = tuple[Report, bool, Headcount | None]
_Page = SealsPage | ArrivalsPage | ChecksPage
_Made = TypeVar("_Made", SealsPage, ArrivalsPage, ChecksPage)


class HeadcountScreen(Screen):
    """Every number opens its names; a day of knowledge shows the count as it then was."""

    title: ClassVar[str] = "人数"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._report: Report | None = None
        self._classes: Sequence[ClassGroupRow] = ()
        self._turn = 0
        self._typed: list[str] = []  # the days of what was made last
        self.begin = DateEditor("自", term_begin(today()))
        self.end = DateEditor("至", today())
        self.known_begin = DateEditor("前一个数按哪一天所知", hint=_NOW)
        self.known_end = DateEditor("按哪一天所知", hint=_NOW)
        self.base = ChoiceBox("口径", [base.value for base in CountBase])
        self.class_group = ChoiceBox("班级", [_EVERYBODY])
        self.class_group.setMinimumContentsLength(7)
        self.class_group.setSizeAdjustPolicy(
            ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.table = ReportTable("人数审核表")
        self.names = NamesPanel(shell)
        self.slider = DaySlider(since((), today()), today())
        self.proof = Proof()
        self.verdict = Badge()  # of the bridge; the count has its proof
        self.paper: PaperPlace | None = None  # made when first asked for
        self._covers = Label(role="table", tint="text-2", wrap=True)
        self._fault = Answer()
        self._labels: dict[QWidget, Label] = {}
        self._build()

    # --- being shown ----------------------------------------------------------------------

    def visit(self, **where: Any) -> None:
        """Show the count of the term so far, or the page that is asked for by its title."""
        if where and self.paper is not None:
            self.close_paper()
        page = where.get("page")
        if page in PAGES:
            self.tabs.setCurrentIndex(PAGES.index(page))
        self.refresh()

    def refresh(self) -> None:
        """The register changed."""
        self.shell.read(self.shell.desk.establishment.classes, self._show_classes)
        if self._page is None:
            self._make()
        else:
            self._page.refresh()

    def panes(self) -> Sequence[QWidget]:
        """What is shown, and the names when a number is open."""
        shown = self._page.list if self._page is not None else self.table
        if self.paper is not None and self._stack.currentWidget() is self.paper:
            shown = self.paper.desk.view
        return [self.tabs, shown, *([self.names.names] if self.names.isVisible() else [])]

    @property
    def fault(self) -> str:
        """What is wrong with what is asked for, "" when nothing is."""
        return self._fault.text

    @property
    def _page(self) -> _Page | None:
        """The page that reads and shows for itself; None for the two tables."""
        at = self.tabs.currentIndex()
        if at == _SEALS:
            return self.seals
        if at == _ARRIVALS:
            return self.arrivals
        return self.checks if at == _CHECKS else None

    # --- parts ----------------------------------------------------------------------------

    @cached_property
    def seals(self) -> SealsPage:
        """已封存; like the other pages it is made when first asked for."""
        return self._added(SealsPage(self.shell))

    @cached_property
    def arrivals(self) -> ArrivalsPage:
        """学期注册."""
        page = self._added(ArrivalsPage(self.shell))
        page.printing.connect(self._open_paper)
        return page

    @cached_property
    def checks(self) -> ChecksPage:
        """学籍核查."""
        return self._added(ChecksPage(self.shell))

    def _added(self, page: _Made) -> _Made:
        self._stack.addWidget(page)
        page.opened.connect(self.names.open)
        return page

    def _build(self) -> None:
        self._save = Button("导出", "file-spreadsheet", on_click=self.save)
        self._seal = Button("封存", "stamp", on_click=self.seal)
        self._seal.setToolTip("把签过字的这张人数审核表原样存下，以后改了哪个数一查便知")
        heading = Heading(self.title)
        self._platform = Button("平台人数…", "clipboard-paste", on_click=self.enter_platform)
        self._platform.setToolTip("登记平台上各班的人数，表里列出差额")
        heading.add(self._platform)
        heading.add(self._save)
        heading.add(self._seal)
        self.box.addWidget(heading)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("看什么")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for words in PAGES:
            self.tabs.addTab(words)
        self.box.addWidget(self.tabs)
        self.box.addLayout(self._fields())
        self.box.addWidget(self.slider)
        self.box.addWidget(self._fault)
        self._print = Button("打印", "printer", on_click=self.print_now)
        heading.add(self._print)
        card = Card(margin=0)
        card.box.setSpacing(0)
        card.box.addWidget(self.proof)
        line = QHBoxLayout()
        line.setContentsMargins(*(theme.px(10),) * 4)
        line.setSpacing(theme.px(8))
        line.addWidget(self.verdict)
        line.addWidget(self._covers, 1)
        card.box.addLayout(line)
        card.box.addWidget(self.table, 1)
        self._stack = QStackedWidget()
        self._tables = card
        self._stack.addWidget(card)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(self._stack, 1)
        row.addWidget(self.names)
        self.box.addLayout(row, 1)
        for part in (self.table, self.proof):
            part.opened.connect(self._open_names)
        self.tabs.currentChanged.connect(self._change_tab)
        self.slider.set_day(today())
        self.slider.moved.connect(lambda day: self.end.setText(day.isoformat()))
        self.slider.rested.connect(lambda _: self._edited())
        self._arrange()

    def _fields(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        fields: tuple[tuple[str, QWidget], ...] = (
            ("自", self.begin), ("所知", self.known_begin), ("至", self.end),
            ("按所知", self.known_end), ("口径", self.base), ("班级", self.class_group),
        )  # fmt: skip
        for words, field in fields:
            label = Label(words, tint="text-2")
            label.setBuddy(field)
            self._labels[field] = label
            row.addWidget(label)
            row.addWidget(field)
            if isinstance(field, DateEditor):
                field.setFixedWidth(theme.px(_DAY_WIDTH))
                field.editingFinished.connect(self._edited)
        for box in (self.base, self.class_group):
            box.activated.connect(lambda _: self._make())
        row.addStretch()
        return row

    def _arrange(self) -> None:
        """Only the fields of the chosen page."""
        page = self.tabs.currentIndex()
        for field, label in self._labels.items():
            asked = page == _BRIDGE or field not in (self.known_begin, self.class_group)
            for widget in (field, label):
                widget.setVisible(asked and self._page is None)
        self._labels[self.known_end].setText("所知" if page == _BRIDGE else "按所知")
        self._stack.setCurrentWidget(self._page or self._tables)
        for button in (self._save, self._print):
            button.setVisible(self._page is None)
        self.proof.setVisible(page == _COUNT)
        self.verdict.setVisible(page == _BRIDGE and self._report is not None)
        self.slider.setVisible(self._page is None)
        for button in (self._seal, self._platform):
            button.setVisible(page == _COUNT)

    def _change_tab(self) -> None:
        self._arrange()
        self.names.hide()
        self._fault.say("")
        self.refresh()

    def _show_classes(self, classes: list[ClassGroupRow]) -> None:
        chosen, self._classes = self.class_group.currentText(), classes
        self.slider.set_span(since((group.cohort for group in classes), today()), today())
        self.class_group.clear()
        self.class_group.addItems([_EVERYBODY, *(group.full_name for group in classes)])
        self.class_group.setCurrentIndex(max(0, self.class_group.findText(chosen)))

    # --- the table ------------------------------------------------------------------------

    def _edited(self) -> None:
        """A day was left; when it is another one the table is made anew."""
        if self._days != self._typed:
            self._make()

    @property
    def _days(self) -> list[str]:
        return [day.text() for day in (self.begin, self.known_begin, self.end, self.known_end)]

    def _make(self) -> None:
        """Make what is asked for anew; an earlier answer that is still to come is not shown."""
        fault = (
            self.begin.fault() or self.end.fault()
            or self.known_begin.fault(may_be_empty=True) or self.known_end.fault(may_be_empty=True)
        )  # fmt: skip
        self._fault.say(fault)
        self._typed = self._days
        if self.end.day is not None:
            self.slider.set_day(self.end.day)
        if fault:
            return
        self._turn += 1
        turn = self._turn
        self.shell.read(
            self._bridge() if self.tabs.currentIndex() == _BRIDGE else self._count(),
            lambda made: self._show(turn, made),
            lambda error: self._refuse(turn, error),
        )

    def _count(self) -> Callable[[], _Answer]:
        desk, begin, end = self.shell.desk, self.begin.day or today(), self._moment
        base = CountBase(self.base.currentText())

        def make() -> _Answer:
            count, people, sums = desk.reports.headcount(
                desk.actor, begin, end.as_of, base, end.known_on
            )
            return headcount_report(count, people, sums), count.balanced, count

        return make

    def _bridge(self) -> Callable[[], _Answer]:
        desk, base = self.shell.desk, CountBase(self.base.currentText())
        first = Moment(self.begin.day or today(), _known(self.known_begin))
        second, class_id = self._moment, self._class_id

        def make() -> _Answer:
            found = desk.bridges.between(desk.actor, first, second, base=base, class_id=class_id)
            return bridge_report(found), found.balanced, None

        return make

    @property
    def _class_id(self) -> int | None:
        """The class that is compared; None for the school."""
        chosen = self.class_group.currentIndex()
        return self._classes[chosen - 1].id if chosen > 0 else None

    @property
    def _moment(self) -> Moment:
        """The closing."""
        return Moment(self.end.day or today(), _known(self.known_end))

    def _show(self, turn: int, made: _Answer) -> None:
        if turn != self._turn:
            return
        self._report, balanced, count = made
        self.names.hide()
        self.table.show_report(self._report)
        self._covers.setText(self._report.covers)
        if balanced:
            self.verdict.set("平", "ok", "✓")
        else:
            self.verdict.set("不平", "danger", "✗")
        self.verdict.setVisible(count is None)
        if count is not None:
            self.proof.show_count(count)
        for button in (self._save, self._print):
            button.setEnabled(True)
        if self.paper is not None and self._stack.currentWidget() is self.paper:
            self.print_now()

    def _refuse(self, turn: int, error: AppError) -> None:
        if turn != self._turn:
            return
        self._report = None
        self.table.show_report(None)
        self._covers.setText("")
        self.verdict.hide()
        for button in (self._save, self._print):
            button.setEnabled(False)
        self._fault.say(str(error))

    def _open_names(self, title: str, ids: tuple[int, ...]) -> None:
        self.names.open(title, ids, self._moment)

    # --- what can be done with it -----------------------------------------------------------

    def print_now(self) -> None:
        """The paper of what is on the screen (Ctrl+P)."""
        if isinstance(self._page, ArrivalsPage | ChecksPage):
            self._page.print_now()
        report = self._report
        if self._page is None and report is not None:
            self._open_paper(self._aim(report))

    def _open_paper(self, aim: Aim) -> None:
        if self.paper is None:
            self.paper = PaperPlace(self.shell, "返回表格")
            self.paper.left.connect(self.close_paper)
            self._stack.addWidget(self.paper)
        self._stack.setCurrentWidget(self.paper)
        self.names.hide()
        self.paper.show_aim(aim)

    def _aim(self, report: Report) -> Aim:
        """The table as the form of the library, whose own columns it has."""
        desk, moment, form = self.shell.desk, self._moment, report.title
        begin, base = self.begin.day, CountBase(self.base.currentText())
        two = self.tabs.currentIndex() == _BRIDGE
        scope = Scope(class_id=self._class_id if two else None)
        known = self.known_begin.day if two else None
        return Aim(
            form,
            lambda: desk.printing.collect(desk.actor, form, moment, scope, begin, base, known),
            self.class_group.currentText() if scope.class_id else "",
        )

    def close_paper(self) -> None:
        """Back to the table, or to the page that was chosen meanwhile."""
        self._stack.setCurrentWidget(self._page or self._tables)
        (self.table if self._page is None else self._page.list).setFocus()

    def save(self) -> None:
        """导出 the table on the screen, with the names behind it."""
        report = self._report
        if report is None:
            return
        proposed = f"{report.title}_{self._moment.as_of:%Y%m%d}.xlsx"
        name, _ = QFileDialog.getSaveFileName(
            self, f"导出{report.title}", proposed, "Excel 工作簿 (*.xlsx);;逗号分隔 (*.csv)"
        )
        if name:
            self.save_to(Path(name))

    def save_to(self, target: Path) -> None:
        """See save."""
        report, desk = self._report, self.shell.desk
        if report is None:
            return
        self.shell.run(
            lambda: desk.reports.save(desk.actor, report, target),
            "导出",
            lambda _: self.shell.say(f"已存为 {target}"),
            changes=False,
        )

    def seal(self) -> None:
        """封存 the table of these days, as it is known now."""
        begin, end = self.begin.day, self.end.day
        if begin is None or end is None:
            return
        note = self._ask_note(begin, end)
        if note is None:
            return
        desk, base = self.shell.desk, CountBase(self.base.currentText())
        self.shell.run(
            lambda: desk.seals.seal(desk.actor, begin, end, base=base, note=note),
            "封存人数审核表",
            self._sealed,
        )

    def enter_platform(self) -> None:
        """Note what a platform holds of each class; the differences stand in the table."""
        wish = ask_platform(self, self._classes, self.end.day or today())
        if wish is None:
            return
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.registration.set_platform_counts(
                desk.actor, wish.counts, on=wish.on, source=wish.source
            ),
            "登记平台人数",
            lambda _: self.shell.say(f"已登记{wish.source} {len(wish.counts)} 个班的人数"),
        )

    def _ask_note(self, begin: date, end: date) -> str | None:
        note = Line("说明", hint="例如 秋季开学；可以不写")
        dialog = FormDialog(
            "封存人数审核表",
            "封存",
            self,
            said=f"{begin} 至 {end}，{self.base.currentText()}，按现在所知。"
            "期末没有到、不平的不能封存。存下以后不能改，也不能删。",
        )
        dialog.row("说明", note)
        return note.words if dialog.accepted_by_user else None

    def _sealed(self, row: SealRow) -> None:
        self.seals.want(row.id)
        self.tabs.setCurrentIndex(_SEALS)
        self.shell.say(f"已封存，指纹 {row.code}：可以写在纸上")


def _known(field: DateEditor) -> datetime | None:
    return end_of(field.day) if field.day else None
