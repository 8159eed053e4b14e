"""Undo in the window: a step that was done already, taken back and done again by the services."""

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand


class DoneStep(QUndoCommand):
    """Pushed after the fact, so that the first `redo` of the stack does nothing."""

    def __init__(
        self, text: str, undo: Callable[["DoneStep"], object], redo: Callable[["DoneStep"], object]
    ) -> None:
        super().__init__(text)
        self._undo, self._redo = undo, redo
        self._fresh = True

    def undo(self) -> None:
        """Take it back."""
        self._undo(self)

    def redo(self) -> None:
        """Do it again."""
        if self._fresh:
            self._fresh = False
        else:
            self._redo(self)
