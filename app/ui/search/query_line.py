"""A line that is searched while it is typed, also what the input method is still composing."""

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListView


class QueryLine(QLineEdit):
    """`composed` tells of unfinished input; arrows and Enter act on the list of what it finds."""

    composed = QtSignal()
    stepped = QtSignal(int)
    taken = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._composing = ""

    @property
    def query(self) -> str:
        """What is searched: what was typed, and what the input method is still composing."""
        return self.text() + self._composing

    def forget_composition(self) -> None:
        """The input method has left."""
        self._composing = ""

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self._composing = event.preeditString()
        self.composed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
            self.stepped.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.taken.emit()
        else:
            super().keyPressEvent(event)


def move_by(view: QListView, rows: int) -> None:
    """Mark the next row of a list, or the one before."""
    model = view.model()
    row = min(max(view.currentIndex().row() + rows, 0), model.rowCount() - 1)
    if row >= 0:
        view.setCurrentIndex(model.index(row, 0))
