"""The one place where the window is put together: fonts, look, errors, one copy at a time.

The empty window is on the screen before anything else is loaded: whoever clicked sees at once that
the program came.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLockFile, QProcess, QTimer
from PySide6.QtWidgets import QApplication

from app.services.vault.places import default_vault
from app.ui.input_method import prepare
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences, log_folder

if TYPE_CHECKING:  # the first picture does not wait for it
    from PySide6.QtNetwork import QLocalServer

_NAME: Final = "xueji-window"
_PATIENCE_MS: Final = 1000
_AFTER_FIRST_PAINT_MS: Final = 50


def run(arguments: Sequence[str]) -> int:
    """Open the window; `arguments` are files to take in. A second copy hands them to the first."""
    prepare(os.environ)
    application = QApplication([sys.argv[0]])
    application.setApplicationName("xueji")
    application.setApplicationDisplayName("学籍学历管理工作站")
    files = [Path(argument).absolute() for argument in arguments]
    log = log_folder()
    log.mkdir(parents=True, exist_ok=True)
    lock = QLockFile(str(log / "window.lock"))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0) and hand_over(files):
        return 0
    preferences = Preferences()
    window = MainWindow(default_vault(preferences.vault), preferences)
    window.painted.connect(lambda: furnish(application, window))
    window.take_files(files)
    window.show()
    code = application.exec()
    lock.unlock()
    return code


def furnish(application: QApplication, window: MainWindow) -> None:
    """Dress the empty window and begin; then what nobody waits for."""
    from app.ui import errors, theme

    errors.install(lambda: window, lambda: restart(window))
    theme.translate(application)
    theme.apply(window.preferences.mode, window.preferences.text_size)
    application.styleHints().colorSchemeChanged.connect(theme.follow_system)
    window.begin()

    def afterwards() -> None:
        errors.start_log(log_folder())
        serve(window)
        window.load_ahead()

    QTimer.singleShot(_AFTER_FIRST_PAINT_MS, afterwards)


def restart(window: MainWindow) -> None:
    """Close cleanly and start anew."""
    if window.close():
        QProcess.startDetached(sys.executable, [] if hasattr(sys, "frozen") else ["-m", "app"])
        QApplication.quit()


def serve(window: MainWindow, name: str = _NAME) -> "QLocalServer":
    """Listen for later starts: they bring the window to the front and hand over files."""
    from PySide6.QtNetwork import QLocalServer

    QLocalServer.removeServer(name)
    server = QLocalServer(window)
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

    def hear() -> None:
        socket = server.nextPendingConnection()
        socket.waitForReadyRead(_PATIENCE_MS)
        text = bytes(socket.readAll().data()).decode()
        window.bring_to_front()
        window.take_files([Path(line) for line in text.splitlines() if line])
        socket.disconnectFromServer()

    server.newConnection.connect(hear)
    server.listen(name)
    return server


def hand_over(files: Sequence[Path], name: str = _NAME) -> bool:
    """Ask the copy that runs already to come to the front; whether it answered."""
    from PySide6.QtNetwork import QLocalSocket

    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(_PATIENCE_MS):
        return False
    socket.write(("\n".join(map(str, files)) + "\n").encode())
    socket.waitForBytesWritten(_PATIENCE_MS)
    socket.disconnectFromServer()
    return True
