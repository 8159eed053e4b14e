"""关于: version, parts and licences, what changed, where the log lies."""

import sys
from typing import ClassVar

from PySide6 import __version__ as qt_version
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import __version__
from app.services.about import changelog, components
from app.ui import theme
from app.ui.help.manual import Manual, Reader, page_of
from app.ui.preferences import log_folder
from app.ui.settings.page import Page
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.files import open_file
from app.ui.widgets.plain_table import PlainColumn, PlainTable


class AboutPage(Page):
    """What support asks for first."""

    title: ClassVar[str] = "关于本程序"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        card = Card("学籍学历管理工作站")
        self._facts = (
            f"版本 {__version__}　Python {sys.version.split()[0]}　Qt {qt_version}　{sys.platform}"
        )
        card.box.addWidget(Label(self._facts, "strong"))
        card.box.addWidget(
            Label("离线使用，数据只存在本机并全部加密；程序不联网，不收集任何信息。", tint="text-2")
        )
        row = QHBoxLayout()
        self.changes_button = Button("变更记录", "history", on_click=self.show_changes)
        row.addWidget(self.changes_button)
        row.addWidget(Button("使用手册", "book-open", on_click=self.show_manual))
        row.addWidget(Button("复制版本信息", "copy", on_click=self.copy))
        row.addStretch()
        card.box.addLayout(row)
        self.box.addWidget(card)
        log = Card("运行日志")
        log.box.addWidget(
            Label(
                "程序出错时记下出错的位置，里面没有学生信息，可以交给维护人员。",
                tint="text-2",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.addWidget(Label(str(log_folder()), "table"))
        row.addStretch()
        row.addWidget(
            Button("打开所在文件夹", "folder-open", on_click=lambda: open_file(log_folder()))
        )
        log.box.addLayout(row)
        self.box.addWidget(log)
        parts = Card("组成与许可")
        parts.box.addWidget(
            Label(
                "Qt 按 LGPL-3 使用，可替换；其余为宽松许可。全文随程序附在各自的文件夹里。",
                "table",
                "text-2",
                wrap=True,
            )
        )
        self.table = PlainTable(
            "组成与许可",
            [
                PlainColumn("类别", lambda row: row.kind, 80),
                PlainColumn("名称", lambda row: row.name),
                PlainColumn("版本", lambda row: row.version or "－", 120),
                PlainColumn("许可证", lambda row: row.licence, 210),
            ],
        )
        self.table.setMinimumHeight(theme.px(280))
        self.table.show_rows(components())
        parts.box.addWidget(self.table)
        self.box.addWidget(parts, 1)
        self.setFocusProxy(self.changes_button)

    def copy(self) -> None:
        """The facts, for a message to support."""
        QGuiApplication.clipboard().setText(self._facts)
        self.shell.say("已复制版本信息。")

    def show_changes(self) -> None:
        """变更记录."""
        ChangesDialog(self.window()).exec()

    def show_manual(self) -> None:
        """The manual, at its beginning."""
        Manual(page_of("home"), self.window()).show()


class ChangesDialog(QDialog):
    """What each version brought."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("变更记录")
        self.resize(theme.px(760), theme.px(560))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(16),) * 4)
        self.reader = Reader("变更记录")
        self.reader.show_text(changelog())
        box.addWidget(self.reader, 1)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(Button("关闭", on_click=self.accept))
        box.addLayout(row)
