"""The window over a small register: one application, the look applied, waiting made short."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import shiboken6
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.background import tidy
from app.ui.desk_frame import DeskFrame
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.shell import Shell
from tests.conftest import PASSWORD, MadeVault
from tests.scenes.scene import settle

_LOOK: Final = theme.Mode.LIGHT, 100
_TIDIED: Final = 10
_windows = count(1)


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    """Every widget is dressed as in the program; dressing those that are is slow."""
    if not qapp.styleSheet() or (theme.mode(), theme.text_size()) != _LOOK:
        theme.apply(*_LOOK)


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    """What the PC remembers, forgotten after the test."""
    return Preferences(tmp_path / "window.ini")


@pytest.fixture
def window(qtbot: QtBot, made: MadeVault, preferences: Preferences) -> Iterator[MainWindow]:
    """The window in front of an open register, with the operator at work."""
    shown = MainWindow(made.folder, preferences)
    shown.begin()
    shown.enter(Vault.open(made.folder, PASSWORD))
    shown.show()
    yield shown
    settle(shown)  # work that is still ending would make closing ask, and nobody answers
    shown.close()
    settle(shown)  # the register is closed beside the window
    if next(_windows) % _TIDIED == 0:
        tidy()  # which the window leaves for when nobody touches it, and is slow
    shiboken6.delete(shown)  # a window that lives on is dressed anew in every later test


@pytest.fixture
def frame(window: MainWindow) -> DeskFrame:
    """The frame around the screens."""
    assert window.frame is not None
    return window.frame


@pytest.fixture
def shell(frame: DeskFrame) -> Shell:
    """What a screen gets."""
    return frame.shell


@pytest.fixture
def settled(window: MainWindow) -> Callable[[], None]:
    """Call it to wait until nothing is under way."""
    return lambda: settle(window)


@pytest.fixture
def stop_work(frame: DeskFrame) -> Callable[[], None]:
    """Call it to press 停止 of the work under way."""
    buttons = frame.jobs.findChildren(QPushButton)
    return next(button for button in buttons if button.text() == "停止").click
