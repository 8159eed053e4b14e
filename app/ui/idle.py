"""无人操作: locks the window after ten minutes, closes the register after thirty.

It also tells when nobody has touched anything for some seconds, for what would be in the way then.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication, QWindow
from shiboken6 import isValid

LOCK_MINUTES: Final = 10
CLOSE_MINUTES: Final = 30
_REST_SECONDS: Final = 5
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
    at_rest = QtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watching = False
        self._focus: QObject | None = None
        self._lock = self._timer(LOCK_MINUTES * 60, self.lock_due)
        self._close = self._timer(CLOSE_MINUTES * 60, self.close_due)
        self._rest = self._timer(_REST_SECONDS, self.at_rest)

    def start(self) -> None:
        """The register is open: count from now."""
        self._watch()
        self._lock.start()
        self._close.start()

    def await_rest(self) -> None:
        """Tell once, when nobody has touched anything for some seconds."""
        self._watch()
        self._rest.start()

    def stop(self) -> None:
        """The register is closed."""
        self._lock.stop()
        self._close.stop()

    def _watch(self) -> None:
        application = QGuiApplication.instance()
        if not isinstance(application, QGuiApplication):
            return
        if not self._watching:
            application.focusWindowChanged.connect(self._watch_window)
            application.focusObjectChanged.connect(self._watch_focus)
            self._watching = True
        for window in application.topLevelWindows():
            self._watch_window(window)
        self._watch_focus()

    def _watch_window(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)  # a second time it is only moved to the front

    def _watch_focus(self, _told: QObject | None = None) -> None:
        """What an input method composes goes past the windows, to what has the focus.

        Qt is asked for it: its signal tells of nothing while there is something.
        """
        thing = QGuiApplication.focusObject()
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
        if event.type() in _SIGNS_OF_LIFE:
            if self._lock.isActive():
                self._lock.start()
                self._close.start()
            if self._rest.isActive():
                self._rest.start()
        return False

    def _timer(self, seconds: int, due: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(seconds * 1000)
        timer.timeout.connect(due)
        return timer
