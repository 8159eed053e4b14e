"""The window: the gate in front of the register, and the frame behind it. Nothing more.

It shows before it knows more than its size and colour; each page is loaded with what it needs when
it comes in front.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from app.ui import clipboard
from app.ui.background import tidy
from app.ui.idle import IdleWatch
from app.ui.preferences import Preferences

if TYPE_CHECKING:  # loaded behind the first picture, and behind the gate
    from app.services.vault.vault import Vault
    from app.ui.desk_frame import DeskFrame
    from app.ui.shell import Shell

#: The smallest window: 1366×768 at 100 %, 1920×1080 at 150 %.
SMALLEST = (1240, 640)
_SIZE = (1600, 940)


class MainWindow(QMainWindow):
    """One window for one vault: empty until `begin`, then closed, locked, or open."""

    opened = QtSignal()
    closed = QtSignal()
    painted = QtSignal()  # once, when it can be seen

    def __init__(self, folder: Path, preferences: Preferences) -> None:
        super().__init__()
        self.folder = folder
        self.preferences = preferences
        self.frame: DeskFrame | None = None
        self._files: list[Path] = []
        self._stack = QStackedWidget()
        self.setCentralWidget(self._stack)
        self.setWindowTitle("学籍学历管理工作站")
        self.setMinimumSize(*SMALLEST)
        self.setAcceptDrops(True)
        clipboard.clear()  # what a crash left there
        self._copied = clipboard.ClipboardWatch(self)
        self.idle = IdleWatch(self)
        self.idle.lock_due.connect(self.lock)
        self.idle.close_due.connect(lambda: self.close_register())
        self.idle.at_rest.connect(tidy)
        self._restore_size()
        if preferences.surface:
            self.setPalette(QPalette(QColor(preferences.surface)))
        self._unseen = True

    def begin(self) -> None:
        """Bring the gate to the front; the theme is in force by now."""
        from app.ui.widgets.job_bar import JobBar
        from app.ui.worker import Lane

        self.setPalette(QPalette())
        self._door = Lane("door")
        self._jobs = JobBar(self)
        self.show_gate()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._show_focus)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unseen:
            self._unseen = False
            QTimer.singleShot(0, self.painted.emit)

    def _show_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """What gets the focus by keys is scrolled into sight, also from outside its page."""
        if now is None or QApplication.mouseButtons():
            return
        above = now.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(now)
            above = above.parentWidget()

    @property
    def busy(self) -> bool:
        """Whether anything is under way, at the gate or behind it."""
        return self._door.busy or (self.frame is not None and self.frame.shell.occupied)

    # --- the gate -------------------------------------------------------------------------

    def load_ahead(self) -> None:
        """Load what lies behind the gate, while nobody waits for it."""
        from app.ui.unlock.behind import load

        self._door.start(load)

    @property
    def gate(self) -> QWidget | None:
        """The page that stands in front of the register, if one does."""
        page = self._stack.currentWidget()
        return None if page is self.frame else page

    def show_gate(self) -> None:
        """Ask for the password, or welcome whoever has no register yet."""
        from app.services.vault.aside import stopped
        from app.services.vault.keys import KEYS_FILE
        from app.ui.unlock.gate import UnlockPage
        from app.ui.unlock.welcome import WelcomePage

        if (self.folder / KEYS_FILE).exists():
            page = UnlockPage(self._door, self.folder)
            page.opened.connect(self.enter)
            page.recovering.connect(self._recover)
            page.restoring.connect(self._restore)
            page.elsewhere.connect(self._elsewhere)
            self._front(page)
            return
        if stopped(self.folder) is not None:
            self._show_restore()
            return
        welcome = WelcomePage()
        welcome.restoring.connect(self._show_restore)
        welcome.founding.connect(self.found)
        welcome.elsewhere.connect(self._elsewhere)
        welcome.demonstration.connect(self.demonstrate)
        self._front(welcome)

    def found(self) -> None:
        """Begin a register."""
        from app.ui.unlock.first_start import FirstStart

        wizard = FirstStart(self._door, self.folder)
        wizard.back.connect(self.show_gate)
        wizard.finished.connect(self._begin)
        self._front(wizard)

    def demonstrate(self) -> None:
        """Show the demonstration school, in a folder of its own."""
        from app.ui.unlock.first_start import demonstration

        folder = self.folder.with_name("示范学校")
        job = self._door.start(
            demonstration(folder), "正在准备示范学校", self.enter, self._not_opened
        )
        self.statusBar().addWidget(self._jobs, 1)
        self._jobs.follow(job)

    def enter(self, vault: "Vault") -> None:
        """The register is open: build the frame over it."""
        from app.services.workstation import Workstation
        from app.ui.desk_frame import DeskFrame
        from app.ui.navigation import PLACES

        self.folder = vault.folder
        self.preferences.set_vault(vault.folder)
        self.statusBar().hide()
        self.frame = DeskFrame(
            Workstation(vault),
            self,
            self.preferences,
            lock=self.lock,
            renew_key=self.renew_key,
        )
        self._front(self.frame)
        if PLACES:
            self.frame.show_screen(PLACES[0].name)
        self.idle.start()
        self.setWindowTitle(f"学籍学历管理工作站 · {vault.school}")
        self.opened.emit()
        if vault.must_change_password:
            from app.ui.unlock.keys import OwnPasswordPage

            page = OwnPasswordPage(self._door, vault)
            page.done.connect(self._readmit)
            self._front(page)
        self.take_files()

    def lock(self) -> None:
        """Lock the window: drafts are kept, the register stays open a while."""
        from app.ui.unlock.gate import UnlockPage

        if self.frame is None or self.gate is not None:
            return
        self.frame.keep()
        clipboard.clear()
        self.idle.locked()
        vault = self.frame.shell.desk.vault
        page = UnlockPage(self._door, self.folder, vault)
        page.readmitted.connect(self._readmit)
        page.recovering.connect(self._recover)
        page.restoring.connect(self._restore)
        page.elsewhere.connect(self._elsewhere)
        page.leaving.connect(self._change_operator)
        self._front(page)
        self.idle.await_rest()

    def renew_key(self) -> None:
        """Change the data key in front of the register; nothing may go on behind it."""
        from app.ui.unlock.keys import RenewKeyPage

        if self.frame is None or self.gate is not None:
            return
        if self.frame.shell.occupied:
            self.frame.shell.say("还有工作没有做完，请等它做完再更换密钥。", "warn")
            return
        self.frame.keep()
        self.idle.stop()
        page = RenewKeyPage(self._door, self.frame.shell.desk.vault)
        page.back.connect(self._readmit)
        page.renewed.connect(self._renewed)
        self._front(page)

    def replace_vault(self, vault: "Vault") -> None:
        """Go on with the same register opened anew; the one before is closed already."""
        frame, self.frame = self.frame, None
        if frame is not None:
            frame.shut()
            self._stack.removeWidget(frame)
            frame.deleteLater()
        self.enter(vault)

    def _renewed(self, vault: "Vault", sheet: str) -> None:
        self.replace_vault(vault)
        if self.frame is not None:
            self.frame.shell.say(
                f"密钥已更换。新恢复单：{sheet}。请打印两份分别封存，然后删除这个文件，并立即备份。",
                "warn",
            )

    def close_register(self, then: Callable[[], object] | None = None) -> None:
        """Close the register off this thread, what is under way first; then the gate, or `then`."""
        from app.ui.unlock.gate import ClosingPage

        going_on = then or self.show_gate
        if self.frame is None:
            going_on()
            return
        shell = self._end_work(self.frame)
        vault = shell.desk.vault
        self._front(ClosingPage(vault.school))

        def close() -> None:
            shell.join()
            vault.close()

        def closed() -> None:
            shell.let_go()
            self.setWindowTitle("学籍学历管理工作站")
            self.closed.emit()
            going_on()
            self.idle.await_rest()

        def failed(error: Exception) -> None:
            closed()
            raise error  # for the one window: it was not closed whole

        self._door.start(close, then=lambda _: closed(), failed=failed)

    def _end_work(self, frame: "DeskFrame") -> "Shell":
        """Keep what is half typed and ask all work to end; the frame is not the window's now."""
        self.idle.stop()
        clipboard.clear()
        self.frame = None
        if self._stack.currentWidget() is frame:
            frame.keep()
        frame.shell.end()
        return frame.shell

    def _begin(self, vault: "Vault", import_first: bool) -> None:
        self.enter(vault)
        if import_first and self.frame is not None:
            self.frame.show_screen("intake")

    def _readmit(self) -> None:
        if self.frame is not None:
            self._front(self.frame)
            self.idle.start()

    def _change_operator(self, operator: str, password: str) -> None:
        from app.ui.unlock.gate import UnlockPage

        def enter() -> None:
            self.show_gate()
            page = self.gate
            if isinstance(page, UnlockPage):
                page.enter(password, operator)

        self.close_register(enter)

    def _recover(self) -> None:
        self.close_register(self._show_recovery)

    def _show_recovery(self) -> None:
        from app.ui.unlock.gate import RecoveryPage

        page = RecoveryPage(self._door, self.folder)
        page.back.connect(self.show_gate)
        page.opened.connect(self.enter)
        self._front(page)

    def _restore(self) -> None:
        self.close_register(self._show_restore)

    def _show_restore(self) -> None:
        from app.ui.unlock.restore import RestorePage

        page = RestorePage(self._door, self.folder)
        page.back.connect(self.show_gate)
        page.elsewhere.connect(self._elsewhere)
        self._front(page)

    def _elsewhere(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "打开哪个文件夹里的学籍库")
        if folder:
            self.close_register(lambda: self._show_folder(Path(folder)))

    def _show_folder(self, folder: Path) -> None:
        self.folder = folder
        self.show_gate()

    def _not_opened(self, error: Exception) -> None:
        from app.ui.errors import sentence

        self.statusBar().showMessage(sentence(error))

    def _front(self, page: QWidget) -> None:
        """Show a page; pages of the gate that were left are thrown away."""
        for index in reversed(range(self._stack.count())):
            old = self._stack.widget(index)
            if old is not None and old is not page and old is not self.frame:
                self._stack.removeWidget(old)
                old.deleteLater()
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        page.setFocus()

    # --- files from outside ---------------------------------------------------------------

    def take_files(self, paths: list[Path] | None = None) -> None:
        """Take in files dropped on the window or the icon; they wait until the register is open."""
        self._files += paths or []
        if self._files and self.frame is not None and self.gate is None:
            files, self._files = self._files, []
            self.frame.show_screen("intake", {"files": files})

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.take_files([Path(url.toLocalFile()) for url in event.mimeData().urls()])

    # --- closing --------------------------------------------------------------------------

    def bring_to_front(self) -> None:
        """A second start asked for this window."""
        self.setWindowState(self.windowState() & ~self.windowState().WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._stack.currentWidget() is None:  # closed before it began
            super().closeEvent(event)
            return
        from app.ui import theme
        from app.ui.unlock.keys import RenewKeyPage

        page = self.gate
        renewing = isinstance(page, RenewKeyPage) and page.working
        if renewing or (self.frame is not None and not self._may_close()):
            event.ignore()
            return
        self.preferences.set("window/geometry", self.saveGeometry())
        self.preferences.set_surface(theme.hex_of("app"))
        self.hide()  # what is still to be done needs no window
        if self.frame is not None:
            shell = self._end_work(self.frame)
            shell.join()
            shell.let_go()
            shell.desk.vault.close()
            self.closed.emit()
        self._door.close()
        super().closeEvent(event)

    def _may_close(self) -> bool:
        if self.frame is None:
            return True
        shell = self.frame.shell
        if shell.busy and not shell.ask(
            "还有工作没有做完",
            "现在关闭会停止正在进行的工作，它已做的部分会撤回。",
            yes="停止并关闭",
            no="继续工作",
            danger=True,
        ):
            return False
        return self.gate is not None or self.frame.can_close()

    def _restore_size(self) -> None:
        self.resize(*_SIZE)
        geometry = self.preferences.get("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
