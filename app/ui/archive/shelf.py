"""光盘登记: every image that was built, with its digest and its last check."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.services.archive.discs import DiscRow
from app.services.clock import now
from app.services.files import amount
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, EmptyState, Label
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_YEARLY = 365


class ShelfPage(QWidget):
    """The register of discs; one can be checked again from here."""

    checking = QtSignal(str)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.table = PlainTable(
            "光盘登记",
            [
                PlainColumn("光盘编号", lambda row: row.number, 160),
                PlainColumn("年级", lambda row: f"{row.cohort}级", 80),
                PlainColumn("生成时间", lambda row: f"{row.built:%Y-%m-%d %H:%M}", 140),
                PlainColumn("操作员", lambda row: row.operator, 100),
                PlainColumn("文件", lambda row: f"{row.files:,}", 70, right=True),
                PlainColumn("大小", lambda row: amount(row.size), 90, right=True),
                PlainColumn("最近校验", _checked, 210, _tint),
                PlainColumn("SHA-256", lambda row: row.sha256),
            ],
        )
        self.copy = Button("复制校验值", "copy", on_click=self._copy)
        self.check = Button("校验这张盘", "shield-check", on_click=self._check)
        self.table.chosen.connect(lambda _: self._judge())
        nothing = EmptyState(
            "disc-3",
            "还没有生成过镜像",
            "到“制作光盘”里生成；每一份都登记在这里，附校验值和校验结果。",
        )
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.px(8))
        inner.addWidget(self.table, 1)
        row = QHBoxLayout()
        note = "存放地点写在盘面标签和档案室登记本上；每年抽查，三至五年转刻一次。"
        row.addWidget(Label(note, "table", "text-2"))
        row.addStretch()
        row.addWidget(self.copy)
        row.addWidget(self.check)
        inner.addLayout(row)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.px(12), 0, 0)
        box.addWidget(self._stack)
        self.setFocusProxy(self.table)
        self._judge()

    def refresh(self) -> None:
        """Read the register of discs anew."""
        self.shell.read(self.shell.desk.discs.built, self._show)

    def _show(self, rows: Sequence[DiscRow]) -> None:
        kept = self.table.current
        self.table.show_rows(rows)
        self.table.choose(lambda row: kept is not None and row.id == kept.id)
        self._stack.setCurrentIndex(1 if rows else 0)

    def _judge(self) -> None:
        for button in (self.copy, self.check):
            button.setEnabled(self.table.current is not None)

    def _copy(self) -> None:
        if (row := self.table.current) is not None:
            QGuiApplication.clipboard().setText(row.sha256)
            self.shell.say(f"已复制 {row.number} 的 SHA-256。")

    def _check(self) -> None:
        """Its image where images go; else the page where the disc is chosen."""
        if (row := self.table.current) is not None:
            folder = self.shell.preferences.get("archive/folder", "")
            image = Path(str(folder)) / f"{row.number}.iso"
            self.checking.emit(str(image) if folder and image.exists() else "")


def _checked(row: DiscRow) -> str:
    if row.checked is None:
        return "还没有回读过"
    said = f"有 {row.findings} 处不符" if row.findings else "完好"
    late = "，已满一年" if _is_late(row) else ""
    return f"{row.checked:%Y-%m-%d} {said}{late}"


def _tint(row: DiscRow) -> str:
    if row.findings:
        return "danger"
    return "warn" if row.checked is None or _is_late(row) else "ok"


def _is_late(row: DiscRow) -> bool:
    return row.checked is not None and (now() - row.checked).days >= _YEARLY
