"""表头与对应: which column is which field, with samples; what is not read is named."""

from dataclasses import replace
from itertools import zip_longest
from typing import Final

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.models.fields import STUDENT_FIELDS
from app.services.exchange.mapping import LEFT_OUT, Column, Part
from app.services.exchange.plan import Profile
from app.ui import theme
from app.ui.intake.source_view import SourceView
from app.ui.intake.task import Task
from app.ui.widgets.basic import Badge, Button, Card, ChoiceBox, ElidedLabel, Label

_NOT_READ: Final = "（不读）"
_LABELS: Final = tuple(field.label for field in STUDENT_FIELDS)
_NAMES: Final = {field.label: field.name for field in STUDENT_FIELDS}
_BY_NAME: Final = {field.name: field.label for field in STUDENT_FIELDS}
_PROFILES: Final = {
    Profile.ADMISSION: "录取名册：登记里没有的人会新增",
    Profile.SUPPLEMENT: "补充信息：只补充已在登记里的人",
}
#: So many columns a list usually has.
_USUAL: Final = 30
_TITLES: Final = {"列": 0, "表头": 2, "样值": 3, "对应的栏目": 2}


class _NoWheel(QObject):
    """The wheel scrolls the list, it does not change what stands under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class _Line(QObject):
    """One row of the list: a column, its samples, and the field it is given to."""

    assigned = QtSignal(int, str)  # column, field

    def __init__(self, words: QStringListModel) -> None:
        super().__init__()
        self._column = 0
        self._letter = Label("", "table", "text-2")
        self._header = ElidedLabel("", "base")
        self._samples = ElidedLabel("", "table", "text-2")
        self.box = ChoiceBox("")
        self.box.setModel(words)  # one for all: sixty words in each of thirty boxes are slow
        self.box.setMinimumWidth(theme.px(150))
        self.box.setMaxVisibleItems(16)
        self.box.activated.connect(self._assign)
        self._badge = Badge()
        self.widgets = (self._letter, self._header, self._samples, self.box, self._badge)

    def show_column(self, part: Part | None, column: Column | None) -> None:
        """Show a column; without one the row is hidden."""
        for widget in self.widgets:
            widget.setVisible(column is not None)
        if part is None or column is None:
            return
        self._column = column.index
        self._letter.setText(column.letter)
        self._header.setText(column.header or "（无标题）")
        self._samples.setText("　".join(part.samples(column)) or "（空）")
        self.box.setAccessibleName(f"{column} 对应的栏目")
        self.box.setCurrentText(_BY_NAME[column.field] if column.field else _NOT_READ)
        if column.field is not None:
            self._badge.set("已对上", "ok", "✓")
        elif column.needless:
            self._badge.set(_short(column.reason), "neutral")
        else:
            self._badge.set(_short(column.reason), "warn", "▲")
        self._badge.setToolTip(column.reason)

    def _assign(self) -> None:
        self.assigned.emit(self._column, _NAMES.get(self.box.currentText(), LEFT_OUT))


class ColumnsPage(QWidget):
    """The second step."""

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self._no_wheel = _NoWheel(self)
        self.view = SourceView()
        self.choices: dict[int, ChoiceBox] = {}
        self._words = QStringListModel([_NOT_READ, *_LABELS], self)
        self._lines: list[_Line] = []
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self._right())
        split.setSizes([theme.px(560), theme.px(600)])
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(split)
        self.view.sheets.currentChanged.connect(lambda _: self._show_columns())
        self._ahead = QTimer(self)  # thirty rows at once would hold the window up
        self._ahead.timeout.connect(self._make_ahead)
        self._ahead.start(0)

    def _right(self) -> QWidget:
        card = Card(margin=14)
        self._said = Label(wrap=True, tint="text-2", role="table")
        card.box.addWidget(self._said)
        top = QHBoxLayout()
        top.addWidget(Label("当作", tint="text-2"))
        self.profile = ChoiceBox("这是哪一种表", list(_PROFILES.values()))
        self.profile.activated.connect(self._choose_profile)
        top.addWidget(self.profile, 1)
        self.header_button = Button("用左边选中的行作表头", on_click=self._choose_header)
        top.addWidget(self.header_button)
        card.box.addLayout(top)
        self._list = QScrollArea()
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QScrollArea.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName("栏目对应")
        self._list.setWidget(self._rows())
        card.box.addWidget(self._list, 1)
        return card

    def show_task(self, task: Task) -> None:
        """Show what was recognised in the file."""
        self._task = task
        review = task.review
        self.view.show_file(task.shown, review)
        if review is not None:
            at = list(_PROFILES).index(review.plan.profile)
            self.profile.setCurrentIndex(at)
        self.profile.setEnabled(review is not None)
        self._show_columns()

    def _part(self) -> Part | None:
        review = self._task.review if self._task else None
        return review.part(self.view.model.sheet) if review else None

    def _show_columns(self) -> None:
        part = self._part()
        self._say(part)
        columns = part.columns if part is not None else ()
        while len(self._lines) < len(columns):
            self._make_line()
        self.choices = {}
        for line, column in zip_longest(self._lines, columns):
            line.show_column(part, column)
            if column is not None:
                self.choices[column.index] = line.box
        self._list.setVisible(part is not None)

    def _rows(self) -> QWidget:
        """The rows of the list; they are filled anew for another file."""
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, theme.px(8), 0)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(10))
        self._grid.setVerticalSpacing(theme.px(6))
        for at, (title, stretch) in enumerate(_TITLES.items()):
            self._grid.addWidget(Label(title, "table-strong", "text-2"), 0, at)
            self._grid.setColumnStretch(at, stretch)
        box.addLayout(self._grid)
        box.addStretch()
        return page

    def _make_ahead(self) -> None:
        """One row in each turn, while the file is still being read."""
        if len(self._lines) < _USUAL:
            self._make_line()
        else:
            self._ahead.stop()

    def _make_line(self) -> None:
        line = _Line(self._words)
        line.box.installEventFilter(self._no_wheel)
        line.assigned.connect(self.assign)
        for at, widget in enumerate(line.widgets):
            self._grid.addWidget(widget, len(self._lines) + 1, at)
            widget.ensurePolished()
            widget.hide()
        self._lines.append(line)

    def _say(self, part: Part | None) -> None:
        if part is None:
            problem = self._task.problem if self._task else ""
            self._said.set_tint("danger" if problem else "text-2")
            self._said.setText(problem or "这张工作表里没有学生名单，不读。")
            return
        rows = "、".join(map(str, part.header_rows))
        unread = [str(column) for column in part.unmatched if not column.needless]
        self._said.set_tint("warn" if unread else "text-2")
        tail = f"没有对上的列：{'、'.join(unread)}。" if unread else "每一列都有着落。"
        self._said.setText(f"表头在第 {rows} 行，下面有 {len(part.rows):,} 名学生。{tail}")

    # --- deciding -------------------------------------------------------------------------

    def assign(self, column: int, field: str) -> None:
        """Give a column of the sheet at hand another field."""
        if self._task is not None:
            sheet = self.view.model.sheet
            self._task.decide(self._task.choices.with_field(sheet, column, field))

    def _choose_header(self) -> None:
        place = self.view.current
        if self._task is not None and place is not None:
            self._task.decide(self._task.choices.with_header(place[0], place[1]))

    def _choose_profile(self, at: int) -> None:
        if self._task is not None:
            profile = list(_PROFILES)[at]
            self._task.decide(replace(self._task.choices, profile=profile))


def _short(reason: str) -> str:
    return {"没有对应的登记栏目": "没有对上", "登记中用不到": "用不到"}.get(reason, reason)
