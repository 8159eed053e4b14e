"""After a file was saved: where it lies, and what one does with it next."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui import theme
from app.ui.widgets.basic import Button, ElidedLabel, IconButton, Picture


class SavedBar(QWidget):
    """已保存：打开文件 · 打开所在文件夹 · 复制路径."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("已保存的文件")
        self._path = Path()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(12), theme.px(4), theme.px(6), theme.px(4))
        row.setSpacing(theme.px(10))
        row.addWidget(Picture("circle-check", "ok"))
        self._text = ElidedLabel(role="table")
        row.addWidget(self._text, 1)
        self.open_file = Button("打开文件", kind="link", on_click=self._open)
        self.open_folder = Button("打开所在文件夹", kind="link", on_click=self._open_folder)
        self.copy_path = Button("复制路径", kind="link", on_click=self._copy)
        for button in (self.open_file, self.open_folder, self.copy_path):
            row.addWidget(button)
        row.addWidget(IconButton("x", "关闭", on_click=self.hide))
        self.hide()

    def say(self, path: Path) -> None:
        """A file was saved."""
        self._path = path
        self._text.setText(f"已保存 {path.name}　{path.parent}")
        self.setAccessibleDescription(str(path))
        self.show()

    @property
    def path(self) -> Path:
        """The file that is spoken of."""
        return self._path

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path)))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(str(self._path))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("ok"))
        painter.setBrush(theme.colour("ok-weak"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), theme.px(6), theme.px(6))
