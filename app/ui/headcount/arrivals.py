"""学期注册: who came, who asked for leave, who is missing; noted for one, for many, for a class."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Final

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.models.rules.terms import school_days, term_number
from app.models.vocabulary import Arrival
from app.services.clock import today
from app.services.forms.fields import ARRIVALS
from app.services.register.ledger import Moment
from app.services.register.registration import ArrivalRow, TermRow
from app.ui import theme
from app.ui.papers.paper_desk import Aim
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, EmptyState, Label, clear
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_EVERY_CLASS: Final = "全部班级"
_UNSAID: Final = "没有登记"
_MISSING: Final = "未注册名单"
#: What the list shows: everybody, those whom nobody accounted for, or one state.
_VIEWS: Final = ("全部应到", _MISSING, _UNSAID, *Arrival)
_DAY_WIDTH: Final = 126
_TINTS: Final = {
    Arrival.ARRIVED: "ok",
    Arrival.ON_LEAVE: "info",
    Arrival.POSTPONED: "warn",
    Arrival.ABSENT: "danger",
}
#: Nobody is on leave, or late by permission, without a reason.
_REASONED: Final = frozenset({Arrival.ON_LEAVE, Arrival.POSTPONED})
_COLUMNS: Final = (
    PlainColumn("班级", lambda row: row.student.class_group, 130),
    PlainColumn("学号", lambda row: row.student.number or row.student.exam_number or "", 130),
    PlainColumn("姓名", lambda row: row.student.name, 110),
    PlainColumn("情况", lambda row: _state(row), 120, tint=lambda row: _tint(row)),
    PlainColumn("日期", lambda row: str(row.on or ""), 100),
    PlainColumn("原因", lambda row: row.reason),
)


def _state(row: ArrivalRow) -> str:
    said = row.arrival.value if row.arrival else _UNSAID
    return f"▲ {said}　逾期" if row.overdue else said


def _tint(row: ArrivalRow) -> str:
    if row.overdue:
        return "danger"
    return _TINTS[row.arrival] if row.arrival else "text-3"


class ArrivalsPage(QWidget):
    """Everybody who is expected in a term, as of a day.

    `opened` carries a title, the ids of students, and the moment at which they are to be shown.
    """

    opened = QtSignal(str, object, object)
    printing = QtSignal(object)  # the Aim of the list

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setAccessibleName("学期注册")
        self._shell = shell
        self._terms: Sequence[TermRow] = ()
        self._rows: Sequence[ArrivalRow] = ()
        self._wanted = ""
        self.term = ChoiceBox("学期")
        self.day = DateEditor("截至日期", today())
        self.class_group = ChoiceBox("班级", [_EVERY_CLASS])
        self.view = ChoiceBox("看哪些学生", _VIEWS)
        self.list = _Table(self.note)
        self.list.setFrameShape(PlainTable.Shape.NoFrame)
        self.counts = QHBoxLayout()
        self._empty = EmptyState(
            "user-check",
            "还没有设立学期",
            "每学期开学，在校生要注册：报到、请假、缓注册、未报到在这里登记，"
            "人数审核表的实到由此得出。",
            Button("设立学期", "plus", "primary", on_click=self.open_term),
        )
        self._build()

    def _build(self) -> None:
        keep(self.day, width=_DAY_WIDTH)
        self.term.setMinimumContentsLength(11)
        top = QHBoxLayout()
        top.setSpacing(theme.px(8))
        for words, field in (
            ("学期", self.term),
            ("截至", self.day),
            ("班级", self.class_group),
            ("看", self.view),
        ):
            label = Label(words, tint="text-2")
            label.setBuddy(field)
            top.addWidget(label)
            top.addWidget(field)
        top.addStretch()
        top.addWidget(Button("打印名单", "printer", on_click=self.print_now))
        top.addWidget(Button("设立学期", "plus", on_click=self.open_term))
        card = Card(margin=0)
        card.box.setSpacing(0)
        self.counts.setContentsMargins(*(theme.px(8),) * 4)
        self.counts.setSpacing(theme.px(12))
        card.box.addLayout(self.counts)
        card.box.addWidget(self.list, 1)
        card.box.addLayout(self._deeds())
        work = QWidget()
        box = QVBoxLayout(work)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(10))
        box.addLayout(top)
        box.addWidget(card, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(work)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        for box_ in (self.class_group, self.view):
            box_.activated.connect(lambda _: self._arrange())
        self.term.activated.connect(lambda _: self.refresh())
        self.day.changed.connect(self.refresh)

    def _deeds(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setContentsMargins(*(theme.px(8),) * 4)
        foot.setSpacing(theme.px(6))
        self._chosen = Label(role="table", tint="text-2")
        for at, arrival in enumerate(Arrival, start=1):
            icon = "user-check" if arrival is Arrival.ARRIVED else ""
            foot.addWidget(
                Button(f"{at} {arrival.value}", icon, on_click=partial(self.note, arrival))
            )
        foot.addWidget(self._chosen)
        foot.addStretch()
        self._rest = Button("其余都报到", "check", on_click=self.note_rest)
        self._rest.setToolTip("列表里还没有登记的，都登记为报到")
        foot.addWidget(self._rest)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._say_chosen())
        return foot

    # --- being shown ----------------------------------------------------------------------

    @property
    def chosen_term(self) -> TermRow | None:
        """The term that is looked at."""
        at = self.term.currentIndex()
        return self._terms[at] if 0 <= at < len(self._terms) else None

    def refresh(self) -> None:
        """Read the terms and who is expected in the chosen one."""
        desk, on = self._shell.desk, self.day.held
        chosen = self._wanted or (self.chosen_term.name if self.chosen_term else "")

        def read() -> tuple[list[TermRow], str, list[ArrivalRow]]:
            terms = desk.registration.terms(desk.actor)
            names = [term.name for term in terms]
            name = chosen if chosen in names else next(iter(names), "")
            return terms, name, desk.registration.rows(desk.actor, name, on) if name else []

        self._shell.read(read, lambda found: self._show(*found))

    def _show(self, terms: Sequence[TermRow], name: str, rows: Sequence[ArrivalRow]) -> None:
        self._terms, self._rows, self._wanted = terms, rows, ""
        self.term.clear()
        self.term.addItems([term.name for term in terms])
        self.term.setCurrentText(name)
        group = self.class_group.currentText()
        self.class_group.clear()
        names = dict.fromkeys(row.student.class_group or "未分班" for row in rows)
        self.class_group.addItems([_EVERY_CLASS, *names])
        self.class_group.setCurrentIndex(max(0, self.class_group.findText(group)))
        self._stack.setCurrentIndex(1 if terms else 0)
        self._arrange()

    def _arrange(self) -> None:
        group, view = self.class_group.currentText(), self.view.currentText()
        whole = [
            row
            for row in self._rows
            if group in {_EVERY_CLASS, row.student.class_group or "未分班"}
        ]
        self._count(whole)
        here = self.list.current
        self.list.show_rows([row for row in whole if _wanted(row, view)])
        if here is not None:
            self.list.choose(lambda row: row.student.id == here.student.id)
        self._rest.setEnabled(any(row.arrival is None for row in self.list.rows))
        self._say_chosen()

    def _count(self, rows: Sequence[ArrivalRow]) -> None:
        """How many are expected and how they came; each number opens its names."""
        clear(self.counts)
        parts: list[tuple[str, list[ArrivalRow]]] = [("应到", list(rows))]
        parts += [(one.value, [row for row in rows if row.arrival is one]) for one in Arrival]
        parts.append((_UNSAID, [row for row in rows if row.arrival is None]))
        parts.append(("逾期", [row for row in rows if row.overdue]))
        for words, found in parts:
            ids = tuple(row.student.id for row in found)
            if not ids:
                self.counts.addWidget(Label(f"{words} 0", tint="text-3"))
                continue
            button = Button(f"{words} {len(found):,}", kind="link")
            button.clicked.connect(partial(self._open, words, ids))
            self.counts.addWidget(button)
        self.counts.addStretch()

    def _open(self, words: str, ids: tuple[int, ...], _checked: bool = False) -> None:
        term = self.chosen_term
        title = f"{term.name}　{words}" if term else words
        self.opened.emit(title, ids, Moment(self.day.held))

    def _say_chosen(self) -> None:
        count = len(self.list.selected)
        self._chosen.setText(
            f"已选 {count:,} 人：按 1–4 登记" if count else "先选学生（可多选），再登记"
        )

    # --- what can be done -----------------------------------------------------------------

    def note(self, arrival: Arrival) -> None:
        """Note how the chosen ones came."""
        ids = [row.student.id for row in self.list.selected]
        if ids:
            self._note(arrival, ids)

    def note_rest(self) -> None:
        """Everybody in the list of whom nothing is known has come."""
        rows = [row for row in self.list.rows if row.arrival is None]
        if rows and self._shell.ask(
            f"{len(rows):,} 人都登记为报到？",
            f"列表里还没有登记的都登记为 {self._on} 报到；登记错的以后可以改。",
            yes=f"登记 {len(rows):,} 人",
        ):
            self._register(Arrival.ARRIVED, [row.student.id for row in rows], self._on, "")

    @property
    def _on(self) -> date:
        return min(self.day.held, today())

    def _note(self, arrival: Arrival, ids: list[int]) -> None:
        if arrival not in _REASONED:
            self._register(arrival, ids, self._on, "")
            return
        day, reason = DateEditor("日期", self._on), Line("原因")

        def fault() -> str:
            return day.fault() or ("" if reason.words else f"“{arrival.value}”要写明原因。")

        dialog = FormDialog(f"登记{arrival.value}（{len(ids)} 人）", "登记", self, check=fault)
        dialog.row("日期", day)
        dialog.row("原因", reason)
        if dialog.accepted_by_user:
            self._register(arrival, ids, day.day or self._on, reason.words)

    def _register(self, arrival: Arrival, ids: list[int], on: date, reason: str) -> None:
        term, desk = self.chosen_term, self._shell.desk
        if term is None:
            return
        self._shell.run(
            lambda: desk.registration.register(
                desk.actor, term.name, ids, arrival, on=on, reason=reason
            ),
            "学期注册",
            lambda count: self._shell.say(f"{term.name}：{arrival.value} {count:,} 人"),
        )

    def open_term(self) -> None:
        """设立学期."""
        begin, end = school_days(today())
        name, first = Line("学期", term_number(today())), DateEditor("开始日期", begin)
        last = DateEditor("结束日期", end)

        def fault() -> str:
            return ("" if name.words else "请写明学期，如 2026-2027-1。") or (
                first.fault() or last.fault()
            )

        dialog = FormDialog("设立学期", "设立", self, check=fault)
        for label, field in (("学期", name), ("开始日期", first), ("结束日期", last)):
            dialog.row(label, field)
        if not dialog.accepted_by_user:
            return
        desk, words = self._shell.desk, name.words
        begin, end = first.day or begin, last.day or end
        self._wanted = words
        self._shell.run(
            lambda: desk.registration.open_term(desk.actor, words, begin, end),
            "设立学期",
            lambda row: self._shell.say(f"已设学期 {row.name}（{row.begin} 至 {row.end}）"),
        )

    def print_now(self) -> None:
        """Open the list as it is shown, on paper (Ctrl+P)."""
        term = self.chosen_term
        if term is None:
            return
        view, desk = self.view.currentText(), self._shell.desk
        title = view if view == _MISSING else ARRIVALS
        name, on, rows = term.name, self.day.held, self.list.rows
        self.printing.emit(
            Aim(
                title,
                lambda: desk.case_papers.arrivals(desk.actor, title, name, on, rows),
                f"{name}_{title}" if title != ARRIVALS else name,
            )
        )


class _Table(PlainTable):
    """Many can be chosen; 1–4 note how they came."""

    def __init__(self, note: Callable[[Arrival], object]) -> None:
        super().__init__("学期注册名单", _COLUMNS, many=True)
        self._keys = dict(zip("1234", Arrival, strict=True))
        self._note = note

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrival = self._keys.get(event.text())
        if arrival is not None:
            self._note(arrival)
        else:
            super().keyPressEvent(event)


def _wanted(row: ArrivalRow, view: str) -> bool:
    if view == _VIEWS[0]:
        return True
    if view == _MISSING:
        return row.arrival in (None, Arrival.ABSENT)
    return row.arrival is None if view == _UNSAID else row.arrival == view
