"""无人操作: locks the window after ten minutes, closes the register after thirty."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication, QWindow
from shiboken6 import isValid

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
    """Watches keys and mouse where they come in: at the windows, and at what has the focus.

    A filter over the whole application would see every event of every widget, and made a place of
    the window take a third longer to build.
    """

    lock_due = QtSignal()
    close_due = QtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watching = False
        self._focus: QObject | None = None
        self._lock = self._timer(LOCK_MINUTES, self.lock_due)
        self._close = self._timer(CLOSE_MINUTES, self.close_due)

    def start(self) -> None:
        """The register is open: count from now."""
        self.stop()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._watch_window)
            application.focusObjectChanged.connect(self._watch_focus)
            for window in application.topLevelWindows():
                self._watch_window(window)
            self._watch_focus(application.focusObject())
            self._watching = True
        self._lock.start()
        self._close.start()

    def stop(self) -> None:
        """The register is closed."""
        application = QGuiApplication.instance()
        if self._watching and isinstance(application, QGuiApplication):
            application.focusWindowChanged.disconnect(self._watch_window)
            application.focusObjectChanged.disconnect(self._watch_focus)
            for window in application.topLevelWindows():
                window.removeEventFilter(self)
            self._watch_focus(None)
            self._watching = False
        self._lock.stop()
        self._close.stop()

    def _watch_window(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)  # a second time it is only moved to the front

    def _watch_focus(self, thing: QObject | None) -> None:
        """What an input method composes goes past the windows, to what has the focus."""
        if self._focus is not None and isValid(self._focus):
            self._focus.removeEventFilter(self)
        self._focus = thing
        if thing is not None:
            thing.installEventFilter(self)

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
