"""无人操作: locks the window after ten minutes, closes the register after thirty."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication

LOCK_MINUTES: Final = 10
CLOSE_MINUTES: Final = 30
_SIGNS_OF_LIFE: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.InputMethod,
    }
)


class IdleWatch(QObject):
    """Watches keys and mouse of the whole application."""

    lock_due = QtSignal()
    close_due = QtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lock = self._timer(LOCK_MINUTES, self.lock_due)
        self._close = self._timer(CLOSE_MINUTES, self.close_due)

    def start(self) -> None:
        """The register is open: count from now."""
        application = QGuiApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._lock.start()
        self._close.start()

    def stop(self) -> None:
        """The register is closed."""
        application = QGuiApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self._lock.stop()
        self._close.stop()

    def locked(self) -> None:
        """The window is locked: only closing is counted on."""
        self._lock.stop()

    def set_minutes(self, lock: float, close: float) -> None:
        """Other times than those shipped; fractions serve tests."""
        self._lock.setInterval(round(lock * 60_000))
        self._close.setInterval(round(close * 60_000))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _SIGNS_OF_LIFE and self._lock.isActive():
            self._lock.start()
            self._close.start()
        return False

    def _timer(self, minutes: int, due: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(minutes * 60_000)
        timer.timeout.connect(due)
        return timer
