"""A scan in evidence, page by page: pixels only, what is active in the file is told above it."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QLabel, QScrollArea, QWidget

from app.services.errors import AppError
from app.services.register.scans import ScanPage
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.strip import Strip

_ZOOMS: Final = (1.0, 1.5, 2.0, 3.0)


class ScanSheet(Sheet):
    """Fitted to the sheet; 放大 for what is written small; PgUp and PgDn turn the page."""

    def __init__(
        self, shell: Shell, opener: QWidget, title: str, sha256: str, source_name: str
    ) -> None:
        super().__init__(shell, title, opener, (860, 820))
        self._sha256, self._name = sha256, source_name
        self._image = QImage()
        self._zoom = 0
        self.page = 0
        self.pages = 1
        self.warning = Strip("triangle-alert", "danger")
        self.shown = QLabel()
        self.shown.setAccessibleName(title)
        self.shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.shown.setText("正在打开…")
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName(f"{title}的画面")
        self.area.setWidget(self.shown)
        self.body.addWidget(self.warning)
        self.body.addWidget(self.area, 1)
        self.back = Button("上一页", "chevron-left", on_click=lambda: self.turn(self.page - 1))
        self.on = Button("下一页", "chevron-right", on_click=lambda: self.turn(self.page + 1))
        self.place = Label(role="table", tint="text-2")
        self.larger = Button("放大", "zoom-in", on_click=self.zoom)
        for widget in (self.back, self.on, self.place):
            self.foot.addWidget(widget)
        self.foot.addStretch()
        self.foot.addWidget(self.larger)
        self.foot.addWidget(Button("关闭", on_click=self.close))
        for key, step in ((Qt.Key.Key_PageUp, -1), (Qt.Key.Key_PageDown, 1)):
            QShortcut(QKeySequence(key), self).activated.connect(
                lambda step=step: self.turn(self.page + step)
            )
        self._judge()
        self._look(0)

    def turn(self, page: int) -> None:
        """Show another page."""
        if 0 <= page < self.pages and page != self.page:
            self._look(page)

    def zoom(self) -> None:
        """The next larger size, then fitted again."""
        self._zoom = (self._zoom + 1) % len(_ZOOMS)
        self._paint()

    def _look(self, page: int) -> None:
        desk, sha256, name = self.shell.desk, self._sha256, self._name
        self.shell.read(
            lambda: desk.scans.look(desk.actor, sha256, name, page),
            self.if_open(self._show),
            self.if_open(self._refused),
        )

    def _show(self, scan: ScanPage) -> None:
        self.page, self.pages = scan.page, scan.pages
        self.warning.say(scan.warning)
        self._image = QImage.fromData(scan.picture)  # made by us, not from the file
        self._paint()
        self.area.verticalScrollBar().setValue(0)
        self._judge()

    def _refused(self, error: AppError) -> None:
        self.shown.setText("")
        self.warning.say(str(error))

    def _judge(self) -> None:
        self.back.setEnabled(self.page > 0)
        self.on.setEnabled(self.page < self.pages - 1)
        for button in (self.back, self.on):
            button.setVisible(self.pages > 1)
        self.place.setText(f"第 {self.page + 1} 页，共 {self.pages} 页" if self.pages > 1 else "")
        self.larger.setEnabled(not self._image.isNull())

    def _paint(self) -> None:
        if self._image.isNull():
            return
        self.larger.setText("放大" if self._zoom < len(_ZOOMS) - 1 else "合页")
        ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        room = QSize(theme.px(800), theme.px(640)) * (ratio * _ZOOMS[self._zoom])
        made = QPixmap.fromImage(
            self._image.scaled(
                room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )
        made.setDevicePixelRatio(ratio)
        self.shown.setPixmap(made)
        self.shown.setMinimumSize(made.deviceIndependentSize().toSize())
