"""The frame around the screens: rail, top bar, messages, the screen, running work, status bar."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.services.workstation import Workstation
from app.ui import theme
from app.ui.help.manual import Manual, page_of
from app.ui.help.shortcuts import Shortcuts, shortcuts_of
from app.ui.navigation import PLACES, Place
from app.ui.preferences import Preferences
from app.ui.rail import Rail
from app.ui.screen import Screen
from app.ui.shell import Action, Shell
from app.ui.top_bar import StatusBar, TopBar
from app.ui.widgets.basic import Tone
from app.ui.widgets.job_bar import JobBar
from app.ui.widgets.message_bar import MessageBar
from app.ui.worker import Job

#: Narrower than this the rail shows icons alone.
_NARROW: Final = 1440
_NO_PLACE: Final = "这一处的窗口还没有做好，请先用命令办理：在终端运行 xueji --help 查看全部命令。"


class DeskFrame(QWidget):
    """Everything an operator works in once the register is open."""

    def __init__(
        self,
        desk: Workstation,
        window: QWidget,
        preferences: Preferences,
        *,
        lock: Callable[[], object],
        renew_key: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._lock, self._renew_key = lock, renew_key
        self.shell = Shell(desk, window, self, preferences)
        self._screens: dict[str, Screen] = {}
        self._stale: set[str] = set()
        self._name = ""
        self.rail = Rail(desk.vault.school, PLACES)
        self.top = TopBar(self.shell)
        self.messages = MessageBar()
        self.stack = QStackedWidget()
        self.jobs = JobBar()
        self.status = StatusBar(self.shell)
        self._lay_out()
        self._actions()
        self.rail.chosen.connect(self.show_screen)
        self.shell.changed.connect(self._refresh)
        self.top.refresh()
        self.status.refresh()
        for notice in desk.vault.notices:
            self.messages.say(notice, "warn")

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.top)
        holder = QVBoxLayout()
        holder.setContentsMargins(theme.px(20), theme.px(8), theme.px(20), 0)
        holder.addWidget(self.messages)
        column.addLayout(holder)
        column.addWidget(self.stack, 1)
        column.addWidget(self.jobs)
        column.addWidget(self.status)
        row.addLayout(column, 1)

    def _actions(self) -> None:
        self._shortcut("锁定", "Ctrl+L", self.lock)
        self._shortcut("这里的说明", "F1", self.show_manual)
        self._shortcut("快捷键", "Ctrl+/", self.show_shortcuts)
        self._shortcut("下一窗格", "F6", lambda: self.step_pane(1))
        self._shortcut("上一窗格", "Shift+F6", lambda: self.step_pane(-1))
        self._shortcut("预览并打印", "Ctrl+P", self._print_here)
        undo = self.shell.undo.createUndoAction(self, "撤销")
        undo.setShortcut(QKeySequence("Ctrl+Z"))
        redo = self.shell.undo.createRedoAction(self, "重做")
        redo.setShortcut(QKeySequence("Ctrl+Y"))
        for action in (undo, redo):
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            self.addAction(action)
        for number, place in enumerate(PLACES[:9], start=1):
            self._shortcut(
                place.title, f"Ctrl+{number}", lambda name=place.name: self.show_screen(name)
            )

    def _print_here(self) -> None:
        if self.current is not None:
            self.current.print_now()

    def _shortcut(self, text: str, keys: str, then: Any) -> None:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda: then())
        self.addAction(action)

    # --- what the shell needs -------------------------------------------------------------

    def show_message(self, text: str, tone: Tone, action: Action | None) -> None:
        """See Shell.say."""
        self.messages.say(text, tone, action)

    def show_job(self, job: Job) -> None:
        """See Shell.run."""
        self.jobs.follow(job)

    def show_screen(self, name: str, where: dict[str, Any] | None = None) -> None:
        """See Shell.go; a place that this version does not have is said, not opened."""
        place = next((place for place in PLACES if place.name == name), None)
        if place is None:
            self.messages.say(_NO_PLACE, "warn")
            return
        leaving = self._screens.get(self._name)
        if leaving is not None and name != self._name and not leaving.can_leave():
            self.rail.select(self._name)
            return
        screen = self._screens.get(name) or self._build(place)
        self._name = name
        self.rail.select(name)
        self.stack.setCurrentWidget(screen)
        if self.top.search.hasFocus():  # its hits would lie over the place that was asked for
            screen.setFocus()
        if name in self._stale:
            self._stale.discard(name)
            screen.refresh()
        screen.visit(**(where or {}))

    def step_pane(self, step: int) -> None:
        """Give the focus to the next pane: rail, panes of the screen, search."""
        inner = self.current.panes() if self.current is not None else ()
        panes = [self.rail, *(pane for pane in inner if pane.isVisible()), self.top]
        focus = self.window().focusWidget()
        holders = [pane for pane in panes if focus is not None and holds(pane, focus)]
        here = panes.index(holders[-1]) if holders else -1
        for away in range(1, len(panes) + 1):
            if focus_first(panes[(here + step * away) % len(panes)]):
                return

    def lock(self) -> None:
        """See Shell.lock."""
        self._lock()

    def renew_key(self) -> None:
        """See Shell.renew_key."""
        self._renew_key()

    def show_manual(self) -> None:
        """F1: the page of the manual about this place."""
        Manual(page_of(self._name), self).show()

    def show_shortcuts(self) -> None:
        """Ctrl+/: every key that works here."""
        Shortcuts(shortcuts_of(self, self.current), self).exec()

    @property
    def current(self) -> Screen | None:
        """The screen that is shown."""
        return self._screens.get(self._name)

    def can_close(self) -> bool:
        """Whether nothing would be lost, asking where it might."""
        return all(screen.can_leave() for screen in self._screens.values())

    def keep(self) -> None:
        """Keep everything half typed as drafts."""
        for screen in self._screens.values():
            screen.keep()

    def shut(self) -> None:
        """Let work end; the desk is closed by the window."""
        self.shell.close()

    def _build(self, place: Place) -> Screen:
        screen = place.kind()(self.shell)
        self._screens[place.name] = screen
        self.stack.addWidget(screen)
        return screen

    def _refresh(self) -> None:
        self.rail.set_school(self.shell.desk.vault.school)
        self.top.refresh()
        self.status.refresh()
        self._stale = {name for name in self._screens if name != self._name}
        if self.current is not None:
            self.current.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < _NARROW)


def holds(pane: QWidget, widget: QWidget) -> bool:
    """Whether the widget is the pane or lies in it."""
    return pane is widget or pane.isAncestorOf(widget)


def focus_first(pane: QWidget) -> bool:
    """Give the focus to the first widget of a pane that takes it by Tab; whether there is one."""
    tab = Qt.FocusPolicy.TabFocus
    for widget in (pane, *pane.findChildren(QWidget)):
        takes = bool(widget.focusPolicy() & tab) and widget.isEnabled() and widget.isVisible()
        if takes and widget.focusProxy() is None:
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            return True
    return False
