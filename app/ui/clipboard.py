"""What was copied from the register: marked as ours, kept out of histories, cleared in time.

Everything that leaves by Ctrl+C carries a mark of its own beside the text. At locking, closing and
leaving, and at the next start after a crash, what bears the mark is taken out of the clipboard;
what another program put there stays.
"""

from typing import Final

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication

MARK: Final = "application/x-xueji-register"
#: What asks Windows and KDE not to keep it in their clipboard history.
_NOT_IN_HISTORY: Final = {
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"1",
    'application/x-qt-windows-mime;value="CanIncludeInClipboardHistory"': bytes(4),
    "x-kde-passwordManagerHint": b"secret",
}


def copy(text: str) -> None:
    """Put text from the register on the clipboard."""
    data = QMimeData()
    data.setText(text)
    data.setData(MARK, b"1")
    for name, value in _NOT_IN_HISTORY.items():
        data.setData(name, value)
    QGuiApplication.clipboard().setMimeData(data)


def clear() -> None:
    """Take away what came from the register, also from a run of the program that crashed."""
    clipboard = QGuiApplication.clipboard()
    data: QMimeData | None = clipboard.mimeData()  # None when it was cleared
    if clipboard.ownsClipboard() or (data is not None and data.hasFormat(MARK)):
        clipboard.clear()


class ClipboardWatch(QObject):
    """Marks what text fields copy by themselves."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        QGuiApplication.clipboard().dataChanged.connect(self._mark)

    def _mark(self) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard.ownsClipboard():
            data: QMimeData | None = clipboard.mimeData()
            if data is not None and data.hasText() and not data.hasFormat(MARK):
                copy(data.text())
