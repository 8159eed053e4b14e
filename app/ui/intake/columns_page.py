"""表头与对应: which column is which field, with samples; what is not read is named."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
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
from app.ui.widgets.basic import Badge, Button, Card, ChoiceBox, ElidedLabel, Label, Tone

_NOT_READ: Final = "（不读）"
_LABELS: Final = tuple(field.label for field in STUDENT_FIELDS)
_NAMES: Final = {field.label: field.name for field in STUDENT_FIELDS}
_BY_NAME: Final = {field.name: field.label for field in STUDENT_FIELDS}
_PROFILES: Final = {
    Profile.ADMISSION: "录取名册：登记里没有的人会新增",
    Profile.SUPPLEMENT: "补充信息：只补充已在登记里的人",
}


class _NoWheel(QObject):
    """The wheel scrolls the list, it does not change what stands under the pointer."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class ColumnsPage(QWidget):
    """The second step."""

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self._no_wheel = _NoWheel(self)
        self.view = SourceView()
        self.choices: dict[int, ChoiceBox] = {}
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self._right())
        split.setSizes([theme.px(560), theme.px(600)])
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(split)
        self.view.sheets.currentChanged.connect(lambda _: self._show_columns())

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
        self.choices = {}
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, theme.px(8), 0)
        grid.setHorizontalSpacing(theme.px(10))
        grid.setVerticalSpacing(theme.px(6))
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 3)
        grid.setColumnStretch(3, 2)
        self._say(part)
        if part is not None:
            for at, title in enumerate(("列", "表头", "样值", "对应的栏目")):
                grid.addWidget(Label(title, "table-strong", "text-2"), 0, at)
            for row, column in enumerate(part.columns, start=1):
                self._row(grid, row, part, column)
            grid.setRowStretch(len(part.columns) + 1, 1)
        self._list.setWidget(page)

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

    def _row(self, grid: QGridLayout, row: int, part: Part, column: Column) -> None:
        grid.addWidget(Label(column.letter, "table", "text-2"), row, 0)
        grid.addWidget(ElidedLabel(column.header or "（无标题）", "base"), row, 1)
        samples = ElidedLabel("　".join(part.samples(column)) or "（空）", "table", "text-2")
        grid.addWidget(samples, row, 2)
        box = ChoiceBox(f"{column} 对应的栏目", (_NOT_READ, *_LABELS))
        box.installEventFilter(self._no_wheel)
        box.setMinimumWidth(theme.px(150))
        box.setMaxVisibleItems(16)
        box.setCurrentText(_BY_NAME[column.field] if column.field else _NOT_READ)
        box.activated.connect(lambda _, column=column, box=box: self._assign(column, box))
        self.choices[column.index] = box
        grid.addWidget(box, row, 3)
        if column.field is None:
            tone: Tone = "neutral" if column.needless else "warn"
            badge = Badge(_short(column.reason), tone, "" if column.needless else "▲")
            badge.setToolTip(column.reason)
            grid.addWidget(badge, row, 4)
        else:
            grid.addWidget(Badge("已对上", "ok", "✓"), row, 4)

    # --- deciding -------------------------------------------------------------------------

    def _assign(self, column: Column, box: ChoiceBox) -> None:
        self.assign(column.index, _NAMES.get(box.currentText(), LEFT_OUT))

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
