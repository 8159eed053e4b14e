"""A sheet over the window: a dialog that goes away with the screen behind it, and comes back.

When the window is locked nothing of a record may stay on the screen; what was typed stays here.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMessageBox, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.services.errors import AppError
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Label

Leaving = Literal["save", "discard", "stay"]
Result = TypeVar("Result")


class Sheet(QDialog):
    """`head`, `body` and `foot` take what is on it; `hidden_away` tells that the window locks."""

    hidden_away = QtSignal()

    def __init__(self, shell: Shell, title: str, opener: QWidget, size: tuple[int, int]) -> None:
        super().__init__(opener)
        self.shell = shell
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        most = opener.window().size() - QSize(theme.px(24), theme.px(24))
        self.resize(QSize(theme.px(size[0]), theme.px(size[1])).boundedTo(most))
        self._opener = opener
        self._away = False
        self._writing = False
        opener.installEventFilter(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.px(12))
        self.title = Label(title, "title")
        self.head.addWidget(self.title)
        self.head.addStretch()
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.px(12))
        self.foot = QHBoxLayout()
        self.foot.setSpacing(theme.px(8))
        box.addLayout(self.head)
        box.addLayout(self.body, 1)
        box.addLayout(self.foot)

    # --- work -----------------------------------------------------------------------------

    def read(self, work: Callable[[], Result], then: Callable[[Result], object]) -> None:
        """Look something up; what arrives when the sheet was closed meanwhile is left aside."""
        self.shell.read(work, self.if_open(then))

    def write(
        self,
        work: Callable[[], Result],
        title: str,
        then: Callable[[Result], object],
        failed: Callable[[AppError], object] | None = None,
    ) -> None:
        """Change the register; until that has ended the sheet stays, and writes nothing else."""
        if not self._writing:
            self._writing = True
            self.shell.run(work, title, then, failed).ended.connect(self._written)

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._writing

    def if_open(self, then: Callable[[Result], object]) -> Callable[[Result], object]:
        """The same, done only while the sheet is there."""
        return lambda result: then(result) if isValid(self) else None

    def _written(self) -> None:
        self._writing = False

    # --- leaving --------------------------------------------------------------------------

    def may_leave(self) -> bool:
        """Whether closing loses nothing; asks once where it would."""
        return not self.busy

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._opener:
            if event.type() is QEvent.Type.Hide and self.isVisible():
                self._away = True
                self.hidden_away.emit()
                self.hide()
            elif event.type() is QEvent.Type.Show and self._away:
                self._away = False
                self.show()
        return super().eventFilter(watched, event)

    def reject(self) -> None:
        """Esc, and whatever else closes it."""
        if self.may_leave():
            super().reject()


def ask_leaving(parent: QWidget, what: str) -> Leaving:
    """保存 / 放弃 / 留在此处, once; to stay is the default and what Esc means."""
    box = QMessageBox(parent)
    box.setWindowTitle("还没有保存")
    box.setText(f"{what}还没有保存。")
    box.setInformativeText("现在离开，是保存还是放弃刚才的修改？")
    box.setIcon(QMessageBox.Icon.Question)
    save = box.addButton("保存", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("放弃", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("留在此处", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    return "save" if clicked is save else "discard" if clicked is discard else "stay"
