"""A paper on the desk within another place, and the way back to it."""

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import theme
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.shell import Shell
from app.ui.widgets.basic import Button


class PaperPlace(QWidget):
    """Shows one paper as it will be printed; Esc or the button leads back (`left`)."""

    left = QtSignal()

    def __init__(self, shell: Shell, back: str) -> None:
        super().__init__()
        self.desk = PaperDesk(shell)
        self.back = Button(back, "chevron-left", on_click=self.left.emit)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(10))
        box.addWidget(self.back, alignment=Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self.desk, 1)

    def show_aim(self, aim: Aim) -> None:
        """Show another paper."""
        self.desk.show_aim(aim)
        self.desk.view.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
