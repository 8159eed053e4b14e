"""The registrar's hands at the window: with the mouse, or with the keyboard alone.

Both know only what she sees: names of buttons and fields, rows of lists. What is not in sight, is
greyed out or is covered by something else cannot be pressed; what Tab does not reach neither.
"""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QScrollArea,
    QTabBar,
    QTreeView,
    QWidget,
)

from app.ui.main_window import MainWindow
from app.ui.navigation import PLACES
from tests.scenes.scene import settle

Seen = TypeVar("Seen", bound=QWidget)
_CONTROL = Qt.KeyboardModifier.ControlModifier
_NONE = Qt.KeyboardModifier.NoModifier
_MOST_TABS = 200
_MOST_ROUNDS = 1000  # of 10 ms: how long a question may take to come
_PATIENCE = 120.0  # seconds: on a busy machine
_A_MOMENT = 300  # ms: the longest that the window waits for her to go on typing or moving


class Hands:
    """What both ways have in common."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self._asked: list[str] = []

    # --- what is in sight -----------------------------------------------------------------

    def wait(self) -> None:
        """Until nothing is under way, and what follows a moment after has come."""
        for moment in (0, _A_MOMENT):
            QTest.qWait(moment)
            end = time.monotonic() + _PATIENCE
            settle(self.window)
            while self.window.busy and time.monotonic() < end:  # building a disc takes longer
                settle(self.window)
            assert not self.window.busy, "还没有做完"
        in_front = QApplication.activeModalWidget() or self.window
        if not in_front.isActiveWindow():  # what a desktop does when a dialog has gone
            in_front.activateWindow()
            QTest.qWaitForWindowActive(in_front)

    @property
    def place(self) -> QWidget:
        """What takes keys and clicks now: a menu, a dialog, or the window."""
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.window

    def all_seen(self, kind: type[Seen], name: str) -> list[Seen]:
        """Everything of that kind in sight whose name begins so."""
        found = self.place.findChildren(kind)
        return [one for one in found if one.isVisible() and name_of(one).startswith(name)]

    def see(self, kind: type[Seen], name: str) -> Seen:
        """The one of that kind in sight whose name begins so."""
        found = self.all_seen(kind, name)
        assert found, f"看不见“{name}”：{sorted(map(name_of, self.all_seen(kind, '')))}"
        return found[0]

    def says(self, words: str) -> bool:
        """Whether these words stand somewhere in sight."""
        return any(words in label.text() for label in self.all_seen(QLabel, ""))

    # --- questions ------------------------------------------------------------------------

    def when_asked(self, verb: str, typed: str = "") -> None:
        """A question that comes next is answered with this button, perhaps after typing."""
        rounds = 0

        def look() -> None:
            nonlocal rounds
            rounds += 1
            box = QApplication.activeModalWidget()
            if isinstance(box, QDialog) and box.isActiveWindow():
                try:
                    if typed:
                        self.write(typed)
                    self.press(verb, wait=False)
                    self._asked.append(verb)
                finally:
                    if box.isVisible():  # or the test would wait for ever
                        box.reject()
            elif rounds < _MOST_ROUNDS:
                QTimer.singleShot(10, look)

        QTimer.singleShot(0, look)

    def in_dialog(self, *deeds: Callable[[], None]) -> None:
        """A dialog that comes next is dealt with so; its last deed presses what closes it."""
        rounds = 0

        def look() -> None:
            nonlocal rounds
            rounds += 1
            box = QApplication.activeModalWidget()
            if isinstance(box, QDialog) and box.isActiveWindow():
                try:
                    for deed in deeds:
                        deed()
                    self._asked.append(box.windowTitle())
                except BaseException:
                    box.close()  # or the test would wait for ever
                    raise
            elif rounds < _MOST_ROUNDS:
                QTimer.singleShot(10, look)

        QTimer.singleShot(0, look)

    def was_asked(self, verb: str) -> bool:
        """Whether a question was answered with this button; asking once forgets it."""
        asked = verb in self._asked
        self._asked = []
        return asked

    # --- typing ---------------------------------------------------------------------------

    @property
    def focus(self) -> QWidget:
        """Where keys go."""
        place, found = self.place, QApplication.focusWidget()
        if found is not None and (found is place or place.isAncestorOf(found)):
            return found
        return place.focusWidget() or place

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = _NONE) -> None:
        """Press a key."""
        QTest.keyClick(self.focus, key, held)

    def write(self, text: str) -> None:
        """Type where the focus is; what no key bears comes from the input method."""
        for run in _runs(text):
            if run.isascii():
                QTest.keyClicks(self.focus, run)
            else:
                event = QInputMethodEvent()
                event.setCommitString(run)
                QApplication.sendEvent(self.focus, event)

    def replace(self, text: str) -> None:
        """Type in place of what stands there."""
        self.key(Qt.Key.Key_A, _CONTROL)
        self.key(Qt.Key.Key_Delete)
        self.write(text)

    def find(self, words: str) -> None:
        """Ctrl+F, the words, and Enter on the first that is found."""
        self.key(Qt.Key.Key_F, _CONTROL)
        self.write(words)
        self.wait()
        self.key(Qt.Key.Key_Return)
        self.wait()

    # --- what the hands do, each in its way -------------------------------------------------

    def press(self, verb: str, *, wait: bool = True) -> None:
        """Press a button."""
        raise NotImplementedError

    def fill(self, name: str, text: str) -> None:
        """Type into a field, in place of what stands there."""
        raise NotImplementedError

    def turn(self, tabs: str, title: str) -> None:
        """Turn to a tab whose title begins so."""
        raise NotImplementedError

    def choose(self, view: str, text: str, column: int = 0) -> None:
        """Make the row of a list current in which this text stands."""
        raise NotImplementedError

    def pick(self, box: str, text: str) -> None:
        """Choose an entry of a box by the arrow keys."""
        seen = self.see(QComboBox, box)
        seen.setFocus()
        self.key(Qt.Key.Key_Home)
        for _ in range(seen.count()):
            if seen.currentText() == text:
                return
            self.key(Qt.Key.Key_Down)
        raise AssertionError(f"“{box}”里没有“{text}”")

    def visit(self, title: str) -> None:
        """Go to another place by the rail."""
        raise NotImplementedError


class Mouse(Hands):
    """Points and clicks, and types where that led."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Click what is in sight there; scrolled to first where it must be."""
        assert widget.isEnabled(), f"“{name_of(widget)}”是灰的"
        _scroll_to(widget)
        point = at if at is not None else widget.rect().center()
        there = widget.window().childAt(widget.mapTo(widget.window(), point))
        assert there is widget or (there is not None and widget.isAncestorOf(there)), (
            f"“{name_of(widget)}”被“{name_of(there) if there else '别的'}”挡住"
        )
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, _NONE, point)

    def press(self, verb: str, *, wait: bool = True) -> None:
        self.click(self.see(QAbstractButton, verb))
        if wait:
            self.wait()

    def fill(self, name: str, text: str) -> None:
        field = self._field(name)
        self.click(field)
        assert field.hasFocus(), f"点了“{name}”，焦点不在那里"
        self.replace(text)

    def _field(self, name: str) -> QWidget:
        lines = self.all_seen(QLineEdit, name)
        return lines[0] if lines else self.see(QPlainTextEdit, name)

    def turn(self, tabs: str, title: str) -> None:
        bar = self.see(QTabBar, tabs)
        self.click(bar, bar.tabRect(_tab(bar, title)).center())
        self.wait()

    def choose(self, view: str, text: str, column: int = 0) -> None:
        seen = self.see(QAbstractItemView, view)
        index = _index(seen, text, column)
        seen.scrollTo(index)
        self.click(seen.viewport(), seen.visualRect(index).center())
        self.wait()

    def visit(self, title: str) -> None:
        self.press(title)


class Keyboard(Hands):
    """No mouse: Tab, arrows, Space, Enter and the keys of the commands."""

    def go_to(self, kind: type[QWidget], name: str) -> None:
        """Tab on, and F6 out of a grid, until the focus is there."""
        passed: list[str] = []
        for _ in range(_MOST_TABS):
            here = self.focus
            if isinstance(here, kind) and name_of(here).startswith(name):
                self._look_at(here)
                return
            passed.append(f"{name_of(here)}({type(here).__name__})")
            in_cells = isinstance(here, QAbstractItemView) and here.tabKeyNavigation()
            self.key(Qt.Key.Key_F6 if in_cells else Qt.Key.Key_Tab)
        raise AssertionError(f"Tab 走不到“{name}”，只到过：{list(dict.fromkeys(passed))}")

    def _look_at(self, widget: QWidget) -> None:
        """What has the focus is seen; where the page grew meanwhile, it comes by Tab and back."""
        if widget.visibleRegion().isEmpty():
            self.key(Qt.Key.Key_Tab)
            self.key(Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
        assert self.focus is widget, f"Tab 走了不回到“{name_of(widget)}”"
        assert not widget.visibleRegion().isEmpty(), f"焦点在“{name_of(widget)}”，却看不见它"

    def press(self, verb: str, *, wait: bool = True) -> None:
        self.go_to(QAbstractButton, verb)
        self.key(Qt.Key.Key_Space)
        if wait:
            self.wait()

    def fill(self, name: str, text: str) -> None:
        self.go_to(QWidget, name)
        self.replace(text)

    def turn(self, tabs: str, title: str) -> None:
        self.go_to(QTabBar, tabs)
        bar = self.focus
        assert isinstance(bar, QTabBar)
        wanted = _tab(bar, title)
        for _ in range(bar.count()):
            here = bar.currentIndex()
            if here == wanted:
                break
            self.key(Qt.Key.Key_Right if here < wanted else Qt.Key.Key_Left)
        assert bar.currentIndex() == wanted, f"方向键到不了“{title}”"
        self.wait()

    def choose(self, view: str, text: str, column: int = 0) -> None:
        self.go_to(QAbstractItemView, view)
        seen = self.focus
        assert isinstance(seen, QAbstractItemView)
        self.key(Qt.Key.Key_Home, _CONTROL)
        self.key(Qt.Key.Key_Home)
        wanted = _index(seen, text, column)
        for _ in range(1000):
            here = seen.currentIndex()
            if here.row() == wanted.row() and here.parent() == wanted.parent():
                break
            self.key(Qt.Key.Key_Down)
            assert seen.currentIndex() != here, f"方向键到不了“{text}”"
        self.wait()

    def visit(self, title: str) -> None:
        number = [place.title for place in PLACES].index(title) + 1
        self.key(Qt.Key(Qt.Key.Key_0 + number), _CONTROL)
        self.wait()


def name_of(widget: QWidget) -> str:
    """What it is called: what is spoken of it, or what stands on it."""
    text = getattr(widget, "text", None)
    said = widget.accessibleName()
    if not said and isinstance(widget, QMessageBox):
        said = widget.windowTitle()
    return said or (str(text()) if callable(text) else "")


def _runs(text: str) -> Iterator[str]:
    """Pieces of a text that come from keys, and pieces that come from the input method."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isascii() != text[start].isascii():
            yield text[start:at]
            start = at


def _tab(bar: QTabBar, title: str) -> int:
    titles = [bar.tabText(at) for at in range(bar.count())]
    return next(at for at, one in enumerate(titles) if one.startswith(title))


def _index(view: QAbstractItemView, text: str, column: int) -> "object":
    """Where the text stands in a list or tree, closed branches opened by whoever asks."""
    model = view.model()
    waiting = [model.index(row, column) for row in range(model.rowCount())]
    while waiting:
        index = waiting.pop(0)
        if text in str(index.data() or ""):
            return index
        if isinstance(view, QTreeView):
            waiting += [model.index(row, column, index) for row in range(model.rowCount(index))]
    raise AssertionError(f"“{name_of(view)}”里没有“{text}”")


def _areas(widget: QWidget) -> Iterator[QScrollArea]:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            yield above
        above = above.parentWidget()


def _scroll_to(widget: QWidget) -> None:
    for area in _areas(widget):
        area.ensureWidgetVisible(widget)
