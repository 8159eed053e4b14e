"""导入记录: every batch with who, when and what; taken back while nothing depends on it."""

from typing import Final

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.services.exchange.batches import BatchRow
from app.ui import theme
from app.ui.intake.table import Column, ListView, RowsModel
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, EmptyState, Label

_COLUMNS: Final[tuple[Column[BatchRow], ...]] = (
    Column("批号", lambda row: str(row.id), 60),
    Column("种类", lambda row: row.profile, 90),
    Column("文件", lambda row: row.source_name),
    Column("导入人", lambda row: row.operator, 110),
    Column("时间", lambda row: f"{row.recorded_at.astimezone():%Y-%m-%d %H:%M}", 150),
    Column("新增", lambda row: f"{row.created:,}", 70),
    Column("修改", lambda row: f"{row.updated:,}", 70),
    Column("无变化", lambda row: f"{row.unchanged:,}", 76),
    Column("未导入", lambda row: f"{row.refused:,}", 76),
    Column(
        "状态",
        lambda row: "已撤销" if row.undone_at else "有效",
        80,
        lambda row: "text-3" if row.undone_at else "ok",
    ),
)


class BatchPage(QWidget):
    """All imports, newest first."""

    undone = QtSignal(int)
    people = QtSignal(int)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._asked = 0
        self.model: RowsModel[BatchRow] = RowsModel(_COLUMNS)
        self.list = ListView("导入记录", self.model)
        self.list.selectionModel().currentRowChanged.connect(lambda now, _: self._show(now.row()))
        self._stack = QStackedWidget()
        self._stack.addWidget(
            EmptyState(
                "history",
                "还没有导入过",
                "每导入一份文件，这里记下谁、什么时候、新增和修改了多少；整批可以撤销。",
            )
        )
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.px(10))
        inner.addWidget(self.list, 1)
        inner.addWidget(self._detail())
        self._stack.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._stack)

    def _detail(self) -> Card:
        card = Card(margin=14, horizontal=True)
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        self._title = Label("", "strong")
        self.said = Label("", "table", "text-2", wrap=True)
        words.addWidget(self._title)
        words.addWidget(self.said)
        card.box.addLayout(words, 1)
        self._badge = Badge()
        card.box.addWidget(self._badge, alignment=Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        self.people_button = Button("看这批学生", "list", on_click=lambda: self._tell(self.people))
        self.undo_button = Button(
            "撤销这批导入", "undo-2", "danger", on_click=lambda: self._tell(self.undone)
        )
        row.addWidget(self.people_button)
        row.addWidget(self.undo_button)
        card.box.addLayout(row)
        return card

    def refresh(self) -> None:
        """Read the list anew."""
        self._shell.read(self._shell.desk.batches.rows, self._show_rows)

    def _show_rows(self, rows: list[BatchRow]) -> None:
        here = self.current
        self.model.show_rows(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        if rows:
            ids = [row.id for row in rows]
            self.list.selectRow(ids.index(here) if here in ids else 0)

    @property
    def current(self) -> int | None:
        """The batch at hand."""
        row = self.list.currentIndex().row()
        return self.model.rows[row].id if 0 <= row < len(self.model.rows) else None

    def _tell(self, signal: SignalInstance) -> None:
        if self.current is not None:
            signal.emit(self.current)

    def _show(self, at: int) -> None:
        if not 0 <= at < len(self.model.rows):
            return
        row = self.model.rows[at]
        self._title.setText(f"第 {row.id} 批　{row.source_name}")
        self.said.setText("正在看有没有别的记录依赖它…")
        self.undo_button.setEnabled(False)
        self._badge.hide()
        self.people_button.setEnabled(row.undone_at is None)
        self._asked = row.id
        batches = self._shell.desk.batches
        self._shell.read(
            lambda: batches.obstacle(row.id), lambda said: self._show_obstacle(row, said)
        )

    def _show_obstacle(self, row: BatchRow, said: str) -> None:
        if self._asked != row.id:
            return
        self.said.setText(said or "还没有别的记录依赖它，可以整批撤销。")
        self.undo_button.setEnabled(not said)
        self.undo_button.setToolTip(said)
        gone = row.undone_at is not None
        self._badge.set(
            "已撤销" if gone else "可以撤销" if not said else "不能再撤销",
            "neutral" if gone else "ok" if not said else "warn",
        )
        self._badge.show()
