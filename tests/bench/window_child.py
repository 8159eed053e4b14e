"""One window of the bench: `bare`, `first` or `gate` FOLDER, `desk` FOLDER, `intake` FOLDER LIST.

The last two print what they measured as JSON. Imports stand where they are needed, as the first
two measure what is imported.
"""

import os
import sys
from pathlib import Path


def _bare() -> None:
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication([])
    window = QMainWindow()
    window.resize(1600, 940)
    window.show()
    application.processEvents()
    window.grab()


def _first(folder: Path) -> None:
    """As application.run does, until the window is there."""
    from PySide6.QtWidgets import QApplication

    from app.ui import application as _  # noqa: F401 - with all that the program imports
    from app.ui.main_window import MainWindow
    from app.ui.preferences import Preferences

    application = QApplication([])
    window = MainWindow(folder, Preferences(folder.with_name("preferences") / "window.ini"))
    window.show()
    application.processEvents()
    window.grab()


def _gate(folder: Path) -> None:
    """As application.run does, until the password can be typed."""
    from PySide6.QtWidgets import QApplication

    from app.ui.application import furnish
    from app.ui.main_window import MainWindow
    from app.ui.preferences import Preferences

    application = QApplication([])
    window = MainWindow(folder, Preferences(folder.with_name("preferences") / "window.ini"))
    window.painted.connect(lambda: furnish(application, window))
    window.show()
    while window.gate is None:
        application.processEvents()
    application.processEvents()
    window.grab()


def _work(task: str, folder: Path, *lists: Path) -> None:
    import json

    from tests.bench.window_desk import desk, intake

    found = desk(folder) if task == "desk" else intake(folder, *lists)
    sys.stdout.write(json.dumps(found, ensure_ascii=False))
    sys.stdout.flush()


def main() -> None:
    """Do the one task and end at once, as the window's own end is measured elsewhere."""
    task, *arguments = sys.argv[1:]
    paths = [Path(argument) for argument in arguments]
    if task == "bare":
        _bare()
    elif task == "first":
        _first(*paths)
    elif task == "gate":
        _gate(*paths)
    else:
        _work(task, *paths)
    os._exit(0)


if __name__ == "__main__":
    main()
