"""A form from a description: label, editor, sentence below; changes marked; faults listed on top.

Fields are described once (FieldOf, SectionOf). The form knows no service: who owns it checks the
values and hands the sentences back (`show_faults`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.basic import Button, IconButton, Label, Picture, clear
from app.ui.widgets.editors import Editor, LineEditor, dress

_LISTED: Final = 6  # faults listed on top before the rest is counted


@dataclass(frozen=True, slots=True)
class FieldOf:
    """One field: its name in the register, its label, what makes its editor from that label.

    `locked` fields look locked and bear a pencil; `span` is how many columns it takes.
    """

    name: str
    label: str
    make: Callable[[str], Editor] = LineEditor
    span: int = 1
    locked: bool = False
    hint: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class SectionOf:
    """Fields under a heading, in rows of so many columns."""

    title: str
    fields: Sequence[FieldOf]
    columns: int = 3


class FieldCell(QWidget):
    """Label, editor, and the sentence below them."""

    unlock_wanted = QtSignal(str)

    def __init__(self, spec: FieldOf) -> None:
        super().__init__()
        self.spec = spec
        self.saved = ""
        self._fault = ""
        self._note = ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(4))
        head = QHBoxLayout()
        head.setSpacing(theme.px(4))
        head.addWidget(Label(spec.label, "small", "text-2"))
        if spec.required:
            head.addWidget(Label("必填", "small", "danger"))
        self._mark = Label("已改", "small", "warn")
        head.addWidget(self._mark)
        head.addStretch()
        self.editor = spec.make(spec.label)
        self.editor.setAccessibleDescription(spec.hint)
        box.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(theme.px(4))
        row.addWidget(self.editor, 1)
        if spec.locked:
            self.editor.setReadOnly(True)
            self.editor.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(
                IconButton(
                    "pencil",
                    f"变更{spec.label}（须凭证明）",
                    on_click=lambda: self.unlock_wanted.emit(spec.name),
                )
            )
        box.addLayout(row)
        self._below = QHBoxLayout()
        self._below.setSpacing(theme.px(4))
        self._sign = Picture("circle-alert", "danger", 14)
        self._said = Label(role="small", tint="danger", wrap=True)
        self._below.addWidget(self._sign, alignment=Qt.AlignmentFlag.AlignTop)
        self._below.addWidget(self._said, 1)
        box.addLayout(self._below)
        box.addStretch()
        self.refresh()

    @property
    def changed(self) -> bool:
        """Whether another value stands here than was saved."""
        return self.editor.value != self.saved

    @property
    def fault(self) -> str:
        """What is wrong here."""
        return self._fault

    @property
    def note(self) -> str:
        """What deserves a look here."""
        return self._note

    @property
    def said(self) -> str:
        """The sentence below the editor."""
        return self._said.text()

    def set_saved(self, value: str) -> None:
        """Show a value as saved."""
        self.saved = value
        self.editor.set_value(value)
        if isinstance(self.editor, LineEditor):
            self.editor.setCursorPosition(0)
        self._fault = self._note = ""
        self.refresh()

    def say(self, fault: str = "", note: str = "") -> None:
        """Put a sentence below: what is wrong, or what deserves a look."""
        self._fault, self._note = fault, note
        self.refresh()

    def refresh(self) -> None:
        """Look again at what stands here."""
        changed = self.changed
        self._mark.setVisible(changed)
        self.editor.setToolTip(f"原值：{self.saved or '空'}" if changed else "")
        dress(self.editor, fault=bool(self._fault), changed=changed and not self._fault)
        sentence = self._fault or self._note or self.spec.hint
        tint = "danger" if self._fault else "warn" if self._note else "text-3"
        self._said.set_tint(tint)
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))
        self._sign.set("circle-alert" if self._fault else "info", tint)
        self._sign.setVisible(bool(self._fault or self._note))


class FaultList(QFrame):
    """On top of a form: how many things are wrong; each entry jumps to its field."""

    chosen = QtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("faults")
        self.setAccessibleName("要改的地方")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        self._box.setSpacing(theme.px(2))
        self._dress()
        theme.changes.changed.connect(self._dress)
        self.entries: list[Button] = []
        self.hide()

    def show_faults(self, faults: Sequence[tuple[str, str, str]]) -> None:
        """Field, label and sentence of each; nothing hides the list."""
        clear(self._box)
        self.entries = []
        self.setVisible(bool(faults))
        if not faults:
            return
        self._box.addWidget(Label(f"有 {len(faults)} 处要改，点一下到那一栏：", "strong", "danger"))
        for name, label, sentence in faults[:_LISTED]:
            entry = Button(
                f"{label}：{sentence}".replace("&", "&&"),
                kind="link",
            )
            entry.clicked.connect(partial(self.chosen.emit, name))
            entry.setAccessibleName(f"{label}：{sentence}")
            entry.setFont(theme.font("table"))
            self.entries.append(entry)
            self._box.addWidget(entry)
        if len(faults) > _LISTED:
            self._box.addWidget(
                Label(f"还有 {len(faults) - _LISTED} 处，改好上面的再看。", "small", "text-2")
            )

    def _dress(self) -> None:
        self.setStyleSheet(
            f"#faults {{ background: {theme.hex_of('danger-weak')};"
            f" border: 1px solid {theme.hex_of('danger')}; border-radius: {theme.px(6)}px; }}"
        )


class Form(QWidget):
    """All fields of some sections. `ended`: Enter went past the last field."""

    typed = QtSignal()
    left = QtSignal(str)
    ended = QtSignal()
    unlock_wanted = QtSignal(str)
    noticed = QtSignal(str)

    def __init__(self, name: str, sections: Sequence[SectionOf]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.cells: dict[str, FieldCell] = {}
        self.repeated: Mapping[str, str] = {}
        self._faults: dict[str, str] = {}
        self._others: list[tuple[str, str]] = []  # said of no field that is here
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(theme.px(8))
        self.faults = FaultList()
        self.faults.chosen.connect(self.focus)
        outer.addWidget(self.faults)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(0, 0, theme.px(12), 0)
        self._box.setSpacing(theme.px(16))
        for section in sections:
            self._box.addLayout(self._section(section))
        self._box.addStretch()
        self._scroll.setWidget(inner)
        outer.addWidget(self._scroll, 1)
        copying = QShortcut(QKeySequence("Ctrl+D"), self)
        copying.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copying.activated.connect(self.repeat_here)

    def _section(self, section: SectionOf) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(theme.px(8))
        if section.title:
            box.addWidget(Label(section.title, "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(12))
        grid.setVerticalSpacing(theme.px(10))
        row = column = 0
        for spec in section.fields:
            if column + spec.span > section.columns:
                row, column = row + 1, 0
            cell = self._cell(spec)
            grid.addWidget(cell, row, column, 1, spec.span)
            column += spec.span
        for index in range(section.columns):
            grid.setColumnStretch(index, 1)
            grid.setColumnMinimumWidth(index, theme.px(40))
        box.addLayout(grid)
        return box

    def _cell(self, spec: FieldOf) -> FieldCell:
        cell = FieldCell(spec)
        editor = cell.editor
        editor.typed.connect(lambda: self._typed(cell))
        editor.left.connect(lambda: self._left(cell))

        def onward(step: int) -> None:
            self._onward(spec.name, step)

        editor.onward.connect(onward)
        editor.repeat_wanted.connect(lambda: self.repeat(spec.name))

        def notice(text: str) -> None:
            cell.say(note=text)

        editor.noticed.connect(notice)
        editor.noticed.connect(self.noticed)
        cell.unlock_wanted.connect(self.unlock_wanted)
        self.cells[spec.name] = cell
        return cell

    # --- values ---------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, str]:
        """What stands in every field, empty ones included."""
        return {name: cell.editor.value for name, cell in self.cells.items()}

    @property
    def changed(self) -> dict[str, str]:
        """What stands where something else was saved."""
        return {name: cell.editor.value for name, cell in self.cells.items() if cell.changed}

    @property
    def is_changed(self) -> bool:
        """Whether anything would be lost."""
        return any(cell.changed for cell in self.cells.values())

    def set_saved(self, values: Mapping[str, str]) -> None:
        """Show values as saved; fields that are not named are empty."""
        for name, cell in self.cells.items():
            cell.set_saved(values.get(name, ""))
        self.show_faults(())

    def put(self, values: Mapping[str, str]) -> None:
        """Put values in as if they had been typed: a draft, or what follows from another field."""
        for name, value in values.items():
            if name in self.cells:
                self.cells[name].editor.set_value(value)
                self.cells[name].refresh()

    def propose(self, values: Mapping[str, str]) -> None:
        """Put values in that the user may change: nothing that could be lost."""
        self.put(values)
        for cell in (self.cells[name] for name in values):
            cell.saved = cell.editor.value
            cell.refresh()

    def repeat(self, name: str) -> None:
        """Put in the value of the record saved before (`..`, Ctrl+D)."""
        cell = self.cells[name]
        if cell.spec.locked:
            return
        value = self.repeated.get(name, "")
        cell.editor.set_value(value)
        if value:
            self._typed(cell)
        else:
            cell.refresh()
            cell.say(note="刚才保存的一条里，这一栏是空的。")

    def repeat_here(self) -> None:
        """Ctrl+D: the same for the field that has the focus."""
        focus = QApplication.focusWidget()
        for name, cell in self.cells.items():
            if cell.editor is focus:
                self.repeat(name)

    # --- sentences ------------------------------------------------------------------------

    def show_faults(
        self, faults: Iterable[tuple[str, str]], notes: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Say what is wrong (field and sentence) and what deserves a look."""
        told = dict(faults)
        noted = dict(notes)
        for name, cell in self.cells.items():
            cell.say(told.get(name, ""), noted.get(name, ""))
        self._others = [(name, text) for name, text in told.items() if name not in self.cells]
        self._list_faults()

    def say(self, name: str, fault: str = "", note: str = "") -> None:
        """Say something of one field alone; the list on top follows."""
        self.cells[name].say(fault, note)
        self._list_faults()

    @property
    def problems(self) -> dict[str, str]:
        """What the editors themselves refuse."""
        return {
            name: cell.editor.problem for name, cell in self.cells.items() if cell.editor.problem
        }

    @property
    def missing(self) -> dict[str, str]:
        """Required fields in which nothing stands."""
        return {
            name: f"没有填写{cell.spec.label}，这一栏必填。"
            for name, cell in self.cells.items()
            if cell.spec.required and not cell.editor.value
        }

    def _list_faults(self) -> None:
        listed = [
            (name, cell.spec.label, cell.fault) for name, cell in self.cells.items() if cell.fault
        ]
        listed += [(name, name, text) for name, text in self._others]
        self.faults.show_faults(listed)

    # --- moving ---------------------------------------------------------------------------

    def focus(self, name: str) -> None:
        """Go to a field."""
        if name in self.cells:
            cell = self.cells[name]
            cell.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(cell, 0, theme.px(24))

    def focus_first(self) -> None:
        """Go to the first field that can be typed into."""
        if order := self._order():
            self.focus(order[0])

    def _order(self) -> list[str]:
        """The fields that can be typed into, in reading order."""
        return [
            name
            for name, cell in self.cells.items()
            if cell.editor.isEnabled() and not cell.editor.isReadOnly() and cell.isVisibleTo(self)
        ]

    def _onward(self, name: str, step: int) -> None:
        order = self._order()
        at = order.index(name) + step
        if at >= len(order):
            self.ended.emit()
        elif at >= 0:
            self.focus(order[at])

    def _typed(self, cell: FieldCell) -> None:
        if cell.fault:
            cell.say()
            self._list_faults()
        else:
            cell.refresh()
        self.typed.emit()

    def _left(self, cell: FieldCell) -> None:
        cell.refresh()
        if problem := cell.editor.problem:
            self.say(cell.spec.name, problem)
        self.left.emit(cell.spec.name)
