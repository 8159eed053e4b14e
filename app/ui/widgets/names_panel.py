"""The names behind a number: a list at the side, and the way to them in the students' list."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem

from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRow
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, IconButton, Label
from app.ui.widgets.look import keep

_WIDTH = 250
#: More names than this nobody reads at the side; whoever wants all opens the students' list.
_MOST: Final = 300


class NamesPanel(Card):
    """Shown when a number was opened."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(margin=12)
        self._shell = shell
        self._ids: tuple[int, ...] = ()
        keep(self, width=_WIDTH)
        self.setAccessibleName("名单")
        head = QHBoxLayout()
        self.title = Label(role="strong", wrap=True)
        head.addWidget(self.title, 1)
        head.addWidget(
            IconButton("x", "关闭名单", on_click=self.hide), alignment=Qt.AlignmentFlag.AlignTop
        )
        self.box.addLayout(head)
        self.names = QListWidget()
        self.names.setAccessibleName("名单")
        self.names.setFrameShape(QListWidget.Shape.NoFrame)
        keep(self.names, role="table")
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.names.setSpacing(3)
        self.names.itemActivated.connect(self._open_one)
        self.box.addWidget(self.names, 1)
        self.open_all = Button("在学生列表中打开", "users", on_click=self._open_all)
        self.box.addWidget(self.open_all)
        self.hide()

    def open(self, title: str, ids: Sequence[int], moment: Moment) -> None:
        """Show these students as they stood at that moment."""
        self._ids = tuple(dict.fromkeys(ids))
        wanted, students = self._ids, self._shell.desk.students
        first = wanted[:_MOST]
        self.title.setText(f"{title}　{len(wanted):,} 人")
        self.names.clear()
        self.show()
        self._shell.read(
            lambda: students.rows(moment, Scope(ids=first)),
            lambda rows: self._show(wanted, rows),
        )

    def _show(self, ids: tuple[int, ...], rows: Sequence[StudentRow]) -> None:
        if ids != self._ids:
            return
        for row in rows:
            where = row.class_group or row.major or f"{row.cohort}级"
            item = QListWidgetItem(
                f"{row.name}\n{row.number or row.exam_number or ''}　{row.status.value}　{where}"
            )
            item.setData(Qt.ItemDataRole.UserRole, row.id)
            self.names.addItem(item)
        if missing := len(ids[:_MOST]) - len(rows):
            self.names.addItem(f"另有 {missing:,} 人已作废，或那时还没有登记")
        if rest := len(ids[_MOST:]):
            self.names.addItem(f"其余 {rest:,} 人，请在学生列表中看")

    def _open_one(self, item: QListWidgetItem) -> None:
        if item.data(Qt.ItemDataRole.UserRole) is None:
            return
        self._shell.go("students", ids=[item.data(Qt.ItemDataRole.UserRole)])

    def _open_all(self) -> None:
        self._shell.go("students", ids=list(self._ids))
