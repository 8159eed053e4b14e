"""学籍异动: the desk of cases by step, one case as a page, and the matters that go with them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QListView,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import CaseStep
from app.services.clock import today
from app.services.forms.applications import form_of
from app.services.register.casework import UNREVIEWED, CaseRow
from app.ui import theme
from app.ui.cases.applications import ApplicationsPage
from app.ui.cases.away import LeavesPage
from app.ui.cases.conduct import PunishmentsPage, RewardsPage
from app.ui.cases.mass_dialog import open_mass
from app.ui.cases.matters import MattersPage
from app.ui.cases.open_dialog import open_case
from app.ui.cases.page import CasePage
from app.ui.cases.paper_page import PaperPage
from app.ui.cases.problems import ProblemsPage
from app.ui.cases.voiding import VoidingsPage
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.papers.paper_place import PaperPlace
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, EmptyState, Heading, Tone, clear, paint_badge

_CASE: Final = Qt.ItemDataRole.UserRole
#: The steps that stand on the desk, in their order; then what is done with.
_STEPS: Final = tuple(
    step for step in CaseStep if step not in {CaseStep.CLOSED, CaseStep.WITHDRAWN}
)
_TONES: Final[dict[CaseStep, Tone]] = {
    CaseStep.APPLICATION: "warn",
    CaseStep.PAPERS: "warn",
    CaseStep.APPROVAL: "info",
    CaseStep.EFFECT: "info",
    CaseStep.REPORT: "violet",
    CaseStep.FILING: "neutral",
    CaseStep.CLOSED: "ok",
    CaseStep.WITHDRAWN: "neutral",
}


#: What stands beside the cases, each on a page of its own that is made when it is first opened.
MATTERS: Final[tuple[type[MattersPage[Any]], ...]] = (
    LeavesPage, ApplicationsPage, PunishmentsPage, RewardsPage, ProblemsPage, VoidingsPage,
)  # fmt: skip
_CASES: Final = "异动个案"
PAGES: Final = (_CASES, *(page.title for page in MATTERS))


def _unreviewed(row: CaseRow) -> bool:
    """It took effect and no second person has reviewed it."""
    return row.entry_id is not None and UNREVIEWED in row.notes


def _waits_for(step: CaseStep) -> Callable[[CaseRow], bool]:
    return lambda row: row.open and row.step is step


_OPEN: Final = "全部在办"
#: The piles of the desk: which cases lie on each.
_PILES: Final[dict[str, Callable[[CaseRow], bool]]] = {
    _OPEN: lambda row: row.open,
    **{f"待{step.value}": _waits_for(step) for step in _STEPS},
    "未审核": _unreviewed,
    "已办结": lambda row: not row.open,
}


class _Model(QAbstractListModel):
    """The cases that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[CaseRow] = ()

    def show(self, rows: Sequence[CaseRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        row = self.rows[index.row()]
        if role == _CASE:
            return row
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.name} {row.kind.value} {row.effective_date} {row.step.value}"
        return None


class _Delegate(QStyledItemDelegate):
    """Two lines a case: who and what, when and what is missing."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(theme.px(200), theme.px(58))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(_CASE)
        if not isinstance(row, CaseRow):
            return
        painter.save()
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.colour("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.colour("hover"))
        inner = box.adjusted(theme.px(12), theme.px(6), -theme.px(12), -theme.px(6))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        upper = QRect(inner.left(), inner.top(), inner.width() - theme.px(80), theme.px(22))
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.colour("text"))
        painter.drawText(upper, middle, f"{row.name}　{row.kind.value}")
        badge = QRect(inner.right() - theme.px(70), inner.top(), theme.px(70), theme.px(22))
        paint_badge(painter, badge, row.step.value, _TONES[row.step], right=True)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-2"))
        lower = QRect(inner.left(), inner.top() + theme.px(24), inner.width(), theme.px(20))
        said = painter.fontMetrics().elidedText(
            _summary(row), Qt.TextElideMode.ElideRight, lower.width()
        )
        painter.drawText(lower, middle, said)
        painter.setPen(theme.colour("border"))
        painter.drawLine(box.left(), box.bottom(), box.right(), box.bottom())
        painter.restore()


def _summary(row: CaseRow) -> str:
    """When it holds from, its deadline, what it lacks."""
    parts = [f"{row.effective_date} 起", row.class_group]
    left = row.days_left(today())
    if left is not None:
        parts.append(f"还剩 {left} 天上报" if left >= 0 else f"上报已过期 {-left} 天")
    if row.lacks:
        parts.append(row.lacks[0].text)
    return " · ".join(part for part in parts if part)


class CasesScreen(Screen):
    """Cases by step on the left, the chosen one on the right."""

    title: ClassVar[str] = "学籍异动"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._rows: list[CaseRow] = []
        self._pile = _OPEN
        self._wanted: int | None = None
        self._heading = Heading(self.title)
        self._begin = Button("办理异动", "plus", "primary", on_click=self.begin)
        self._heading.add(self._begin)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("办什么")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for name in PAGES:
            self.tabs.addTab(name)
        self._matters: dict[str, MattersPage[Any]] = {}
        self._chips = QHBoxLayout()
        self._chips.setSpacing(theme.px(6))
        self._group = QButtonGroup(self)
        self._model = _Model()
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("异动个案")
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_current())
        self.page = CasePage(shell)
        self._empty = EmptyState(
            "shuffle",
            "没有在办的异动",
            "休学、复学、退学、转专业、转班、留级等在这里办理：先登记申请，材料和签字齐了才能生效。",
            Button("办理异动", "plus", "primary", on_click=self.begin),
        )
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(theme.px(12))
        self._split.addWidget(left)
        self._split.addWidget(self.page)
        self._split.setStretchFactor(0, 2)
        self._split.setStretchFactor(1, 3)
        cases = QWidget()
        pile = QVBoxLayout(cases)
        pile.setContentsMargins(0, 0, 0, 0)
        pile.setSpacing(theme.px(12))
        pile.addLayout(self._chips)
        pile.addWidget(self._split, 1)
        pile.addWidget(self._empty, 1)
        self._desk = cases
        self._pages = QStackedWidget()
        self._pages.addWidget(cases)
        desk = QWidget()
        whole = QVBoxLayout(desk)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.px(12))
        for part in (self._heading, self.tabs):
            whole.addWidget(part)
        whole.addWidget(self._pages, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(desk)
        self.papers: PaperPage | None = None  # made when first asked for
        self.place: PaperPlace | None = None  # likewise, for the papers of the other pages
        self.box.addWidget(self._stack, 1)
        self.page.wanted.connect(self.show_paper)
        self.tabs.currentChanged.connect(self._change_page)

    @property
    def matters(self) -> MattersPage[Any] | None:
        """The page that is shown instead of the cases; None for the cases."""
        return self._matters.get(PAGES[self.tabs.currentIndex()])

    def _change_page(self) -> None:
        name = PAGES[self.tabs.currentIndex()]
        if name != _CASES and name not in self._matters:
            made = next(page for page in MATTERS if page.title == name)(self.shell)
            self._matters[name] = made
            self._pages.addWidget(made)
            made.printing.connect(self.show_place)
        self._pages.setCurrentWidget(self.matters or self._desk)
        self._begin.setVisible(self.matters is None)
        self._heading.set_detail("")
        self.refresh()

    def panes(self) -> Sequence[QWidget]:
        """The list and the case, or the paper that is open."""
        if (desk := self._open_desk) is not None:
            return [desk.view, desk.panel.printer]
        if self.matters is not None:
            return [self.tabs, self.matters.list, self.matters.page]
        return [self.list, self.page]

    def print_now(self) -> None:
        """The application of the case; with a paper open already, its button is at hand."""
        if (desk := self._open_desk) is not None:
            desk.focus_print()
        elif self.matters is not None and self.matters.aim() is not None:
            self.matters.print_now()
        elif self.page.case is not None and self.matters is None:
            self.show_paper(form_of(self.page.case.kind))
        else:
            super().print_now()

    def show_paper(self, name: str) -> None:
        """Open a paper of the chosen case as it will be printed."""
        if self.page.case is None:
            return
        if self.papers is None:
            self.papers = PaperPage(self.shell)
            self.papers.left.connect(self.close_paper)
            self._stack.addWidget(self.papers)
        self._stack.setCurrentWidget(self.papers)
        self.papers.show_case(self.page.case, name)
        self.papers.desk.view.setFocus()

    def show_place(self, aim: Aim) -> None:
        """Open the paper of another page."""
        if self.place is None:
            self.place = PaperPlace(self.shell, "返回名单")
            self.place.left.connect(self.close_paper)
            self._stack.addWidget(self.place)
        self._stack.setCurrentWidget(self.place)
        self.place.show_aim(aim)

    @property
    def _open_desk(self) -> PaperDesk | None:
        """That of the paper which is open."""
        shown = self._stack.currentWidget()
        return shown.desk if isinstance(shown, PaperPage | PaperPlace) else None

    def close_paper(self) -> None:
        """Back to the case, or the page."""
        self._stack.setCurrentIndex(0)
        (self.list if self.matters is None else self.matters.list).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._stack.currentIndex() > 0:
            self.close_paper()
        else:
            super().keyPressEvent(event)

    def visit(self, **where: Any) -> None:
        """Show the desk; with `student` (or several `ids`) begin, with `case` open that one.

        `page` (one of PAGES) goes to another page; `student` then begins a matter of that kind.
        """
        if where:
            self._stack.setCurrentIndex(0)
            self.tabs.setCurrentIndex(PAGES.index(where.get("page", _CASES)))
        self._wanted = where.get("case")
        self.refresh()
        if self.matters is not None:
            if "student" in where:
                self.matters.begin(where["student"])
            return
        students = list(where.get("ids", ()))
        if "student" in where:
            students.append(where["student"])
        if len(students) > 1:
            open_mass(self.shell, students)
        elif students:
            self.begin(students[0])

    def refresh(self) -> None:
        """Read what is shown anew."""
        if self.matters is not None:
            self.matters.refresh()
            return
        desk = self.shell.desk
        self.shell.read(lambda: desk.cases.rows(desk.actor, steps=frozenset(CaseStep)), self._take)

    def begin(self, student: int | None = None) -> None:
        """Open a case; when it is there it is shown."""
        open_case(self.shell, student, self._opened)

    def _opened(self, row: CaseRow) -> None:
        self._wanted, self._pile = row.id, _OPEN
        self.shell.say(f"已为{row.name}立案：{row.kind.value}")

    def _take(self, rows: list[CaseRow]) -> None:
        self._rows = rows
        open_rows = [row for row in rows if row.open]
        late = sum((row.days_left(today()) or 0) < 0 for row in open_rows)
        detail = f"在办 {len(open_rows):,} 件"
        self._heading.set_detail(f"{detail} · 上报逾期 {late} 件" if late else detail)
        self._empty.setVisible(not rows)
        self._split.setVisible(bool(rows))
        self._fill_chips()
        self._filter()

    def _fill_chips(self) -> None:
        clear(self._chips)
        for name, lies_there in _PILES.items():
            count = sum(map(lies_there, self._rows))
            chip = Button(f"{name} {count}", kind="quiet")
            chip.setCheckable(True)
            chip.setChecked(name == self._pile)
            chip.setVisible(bool(self._rows))
            chip.clicked.connect(partial(self._choose, name))
            self._group.addButton(chip)
            self._chips.addWidget(chip)
        self._chips.addStretch()

    def _choose(self, pile: str, _checked: bool = False) -> None:
        self._pile = pile
        self._filter()

    def _filter(self) -> None:
        shown = [row for row in self._rows if _PILES[self._pile](row)]
        wanted = self._wanted or (self.page.case.id if self.page.case else None)
        self._model.show(shown)
        places = {row.id: index for index, row in enumerate(shown)}
        if shown:
            self.list.setCurrentIndex(self._model.index(places.get(wanted or 0, 0), 0))
        self._show_current()
        self._wanted = None

    def _show_current(self) -> None:
        place = self.list.currentIndex().row()
        rows = self._model.rows
        self.page.show_case(rows[place] if 0 <= place < len(rows) else None)
        if self.papers is not None and self._stack.currentWidget() is self.papers:
            self.papers.follow(self.page.case)
