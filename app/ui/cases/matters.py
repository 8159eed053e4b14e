"""A list of matters of one kind, the chosen one beside it, and what can be done with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.register.finder import Hit
from app.ui import theme
from app.ui.cases.deed import DeedDialog
from app.ui.papers.paper_desk import Aim
from app.ui.search.picker import PersonPicker
from app.ui.shell import Shell
from app.ui.widgets.basic import (
    Badge,
    Button,
    ButtonKind,
    Card,
    ChoiceBox,
    EmptyState,
    Label,
    Picture,
    Tone,
    clear,
    line,
)
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_WIDTH = 430


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done with a matter; `why_not` says why not now, "" when it can."""

    verb: str
    icon: str
    do: Callable[[], object]
    kind: ButtonKind = "plain"
    why_not: str = ""


class Matter(Protocol):
    """What a list can hold."""

    @property
    def id(self) -> int:
        """Its number in the register."""


Row = TypeVar("Row", bound=Matter)


class MattersPage(QWidget, Generic[Row]):
    """What a kind of matter has in common; each kind says what it shows and what can be done."""

    title: ClassVar[str]
    verb: ClassVar[str]  # what begins a new one
    icon: ClassVar[str]
    hint: ClassVar[str]  # what belongs here, while nothing is
    columns: ClassVar[tuple[PlainColumn, ...]]
    views: ClassVar[tuple[str, ...]]  # the first is what waits, the last is everything

    printing = QtSignal(object)  # the Aim of their paper

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setAccessibleName(self.title)
        self.shell = shell
        self.rows: Sequence[Row] = ()
        self._wanted: int | None = None
        self.view = ChoiceBox(f"看哪些{self.title}", self.views)
        self.list = PlainTable(self.title, self.columns)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.chosen.connect(self._show_one)
        self.count = Label(role="table", tint="text-2")
        self._tools = QHBoxLayout()
        self._tools.setSpacing(theme.px(8))
        label = Label("看", tint="text-2")
        label.setBuddy(self.view)
        for widget in (label, self.view, self.count):
            self._tools.addWidget(widget)
        label.setVisible(len(self.views) > 1)
        self.view.setVisible(len(self.views) > 1)
        self._tools.addStretch()
        for button in self.tools():
            self._tools.addWidget(button)
        lists = Card(margin=0)
        lists.box.addWidget(self.list)
        self.page = _Page()
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(lists, 1)
        row.addWidget(self.page)
        work = QWidget()
        box = QVBoxLayout(work)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(10))
        box.addLayout(self._tools)
        box.addLayout(row, 1)
        first = Button(self.verb, "plus", "primary", on_click=self.begin) if self.verb else None
        buttons = [first] if first is not None else []
        self.empty = EmptyState(self.icon, f"还没有{self.title}", self.hint, *buttons)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(work)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self.view.activated.connect(lambda _: self._filter())

    # --- what each kind says ----------------------------------------------------------------

    def tools(self) -> list[QWidget]:
        """Buttons over the list."""
        if not self.verb:
            return []
        return [Button(self.verb, "plus", on_click=self.begin)]

    def read(self) -> Sequence[Row]:
        """Everything there is; called off the window's thread."""
        raise NotImplementedError

    def shown(self, row: Row, view: str) -> bool:
        """Whether a matter belongs to that view."""
        raise NotImplementedError

    def head(self, row: Row) -> str:
        """What stands over the chosen one."""
        raise NotImplementedError

    def badge(self, row: Row) -> tuple[str, Tone, str]:
        """Where it is: word, tone, mark."""
        raise NotImplementedError

    def lacks(self, row: Row) -> Sequence[str]:
        """What it still wants, in sentences."""
        return ()

    def facts(self, row: Row) -> Sequence[tuple[str, str]]:
        """What is known of it; blanks are left out."""
        raise NotImplementedError

    def deeds(self, row: Row) -> Sequence[Deed]:
        """What can be done with it, the nearest first."""
        raise NotImplementedError

    def begin(self, student: int | None = None) -> None:
        """Enter a new one, perhaps of this student."""
        raise NotImplementedError

    def aim(self) -> Aim | None:
        """The paper that lists them, where there is one."""
        return None

    # --- what is the same ---------------------------------------------------------------------

    def refresh(self) -> None:
        """Read everything anew."""
        self.shell.read(self.read, self._take)

    def print_now(self) -> None:
        """Open their paper (Ctrl+P)."""
        aim = self.aim()
        if aim is not None:
            self.printing.emit(aim)

    def want(self, number: int) -> None:
        """Choose this one when the list is read next, whatever the view."""
        self._wanted = number

    def done(self, said: str) -> Callable[[Matter], None]:
        """What follows a deed: the matter stays chosen, and a sentence says what was done."""

        def then(row: Matter) -> None:
            self.want(row.id)
            self.shell.say(said)

        return then

    def ask(
        self,
        title: str,
        verb: str,
        fields: Sequence[QWidget],
        work: Callable[[], Callable[[], Any]],
        said: str,
        *,
        optional: Sequence[QWidget] = (),
        hint: str = "",
        kind: ButtonKind = "primary",
    ) -> None:
        """Open a small window for one deed."""
        dialog = DeedDialog(
            self.shell, title, verb, fields, work, self.done(said),
            optional=frozenset(optional), said=hint, kind=kind,
        )  # fmt: skip
        dialog.open()

    def with_person(self, student: int | None, then: Callable[[PersonPicker], object]) -> None:
        """A picker for a student, with this one chosen already."""
        desk = self.shell.desk

        def ready(people: Sequence[Hit]) -> None:
            picker = PersonPicker(self.shell)
            if people:
                picker.set_person(people[0])
            then(picker)

        if student is None:
            ready(())
        else:
            self.shell.read(lambda: desk.finder.people([student]), ready)

    def open_student(self, student_id: int) -> Deed:
        """The deed that leads to the student."""
        return Deed(
            "看档案", "user", lambda: self.shell.go("students", student=student_id), "quiet"
        )

    @property
    def chosen(self) -> Row | None:
        """The matter beside the list."""
        row: Row | None = self.list.current
        return row

    def _take(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._stack.setCurrentIndex(1 if rows else 0)
        self._filter()

    def _filter(self) -> None:
        wanted = self._wanted or (self.chosen.id if self.chosen is not None else None)
        view = self.view.currentText()
        shown = [row for row in self.rows if self.shown(row, view)]
        if self._wanted is not None and all(row.id != self._wanted for row in shown):
            self.view.setCurrentIndex(len(self.views) - 1)  # it is done, and should be seen so
            shown = list(self.rows)
        self._wanted = None
        waiting = sum(self.shown(row, self.views[0]) for row in self.rows)
        told = f"{self.views[0]} {waiting:,} 件，" if len(self.views) > 1 else ""
        self.count.setText(f"{told}共 {len(self.rows):,} 件")
        self.list.show_rows(shown)
        ids = {row.id for row in shown}
        self.list.choose(lambda row: row.id == wanted or wanted not in ids)

    def _show_one(self, row: Row | None) -> None:
        if row is None:
            self.page.clear()
            return
        self.page.show_matter(
            self.head(row), self.badge(row), self.lacks(row), self.facts(row), self.deeds(row)
        )


class _Page(Card):
    """The chosen matter: what it lacks, what is known, what can be done."""

    def __init__(self) -> None:
        super().__init__(margin=0)
        keep(self, width=_WIDTH)
        self.setAccessibleName("选中的一件")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = QVBoxLayout()
        self._bar.setContentsMargins(theme.px(12), 0, theme.px(12), theme.px(12))
        self._bar.setSpacing(theme.px(6))
        self.box.addWidget(self._area, 1)
        self.box.addWidget(line())
        self.box.addLayout(self._bar)

    def clear(self) -> None:
        """Nothing is chosen."""
        self._empty_bar()
        self._area.setWidget(QWidget())

    def show_matter(
        self,
        head: str,
        badge: tuple[str, Tone, str],
        lacks: Sequence[str],
        facts: Sequence[tuple[str, str]],
        deeds: Sequence[Deed],
    ) -> None:
        """Show one."""
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(*(theme.px(16),) * 4)
        box.setSpacing(theme.px(8))
        row = QHBoxLayout()
        row.addWidget(Label(head, "section", wrap=True), 1)
        row.addWidget(Badge(*badge), alignment=Qt.AlignmentFlag.AlignTop)
        box.addLayout(row)
        for lack in lacks:
            told = QHBoxLayout()
            told.addWidget(
                Picture("triangle-alert", "warn", 16), alignment=Qt.AlignmentFlag.AlignTop
            )
            told.addWidget(Label(lack, "table", "warn", wrap=True), 1)
            box.addLayout(told)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(16))
        form.setVerticalSpacing(theme.px(6))
        for label, value in facts:
            if value:
                form.addRow(Label(label, "table", "text-2"), Label(value, "table", wrap=True))
        box.addLayout(form)
        box.addStretch()
        self._area.setWidget(page)
        self._empty_bar()
        self._fill_bar(deeds)

    def _empty_bar(self) -> None:
        for button in self.findChildren(Button):
            button.hide()  # it is gone a moment later, and must not be seen through until then
        while (item := self._bar.takeAt(0)) is not None:
            if (row := item.layout()) is not None:
                clear(row)
                row.deleteLater()

    def _fill_bar(self, deeds: Sequence[Deed]) -> None:
        """Two beside each other: the verbs are long, the page narrow."""
        for at in range(0, len(deeds), 2):
            row = QHBoxLayout()
            row.setSpacing(theme.px(6))
            for deed in deeds[at : at + 2]:
                button = Button(deed.verb, deed.icon, deed.kind, on_click=deed.do)
                button.setEnabled(not deed.why_not)
                button.setToolTip(deed.why_not)
                row.addWidget(button, 1)
            if len(deeds[at : at + 2]) == 1:
                row.addWidget(QWidget(), 1)  # a stretch would be wider, for want of the gap
            self._bar.addLayout(row)
