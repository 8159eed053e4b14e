"""首页 and the status bar: how safe the register is, and where to do better. Pictures repeat."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.services.progress import finish
from app.services.vault.backup import back_up
from app.ui.desk_frame import DeskFrame
from app.ui.home.screen import HomeScreen
from app.ui.main_window import MainWindow
from app.ui.settings.checks import ChecksPage
from app.ui.settings.screen import SystemScreen
from app.ui.shell import Shell
from tests.builders import person, take_in, write_list
from tests.scenes.scene import Scene, draw

Settled = Callable[[], None]


@pytest.fixture
def home(frame: DeskFrame, shell: Shell, settled: Settled, tmp_path: Path) -> HomeScreen:
    """The home screen of a register with somebody in it."""
    take_in(shell.desk, write_list(tmp_path / "名册.xlsx", [person(1, "沈远宇")]))
    frame.show_screen("home")
    settled()
    assert isinstance(frame.current, HomeScreen)
    return frame.current


def said(home: HomeScreen) -> str:
    return "\n".join(label.text() for label in home.findChildren(QLabel))


def press(home: HomeScreen, word: str) -> None:
    next(b for b in home.findChildren(QAbstractButton) if b.text() == word).click()


@pytest.mark.ux("L8")
def test_a_register_without_a_backup_says_so_and_leads_there(
    home: HomeScreen, frame: DeskFrame, settled: Settled
) -> None:
    assert "还没有核对过的备份" in said(home)
    assert frame.status.copy.text() == "还没有备份"
    press(home, "去备份")
    settled()
    assert isinstance(frame.current, SystemScreen)


@pytest.mark.ux("L8")
def test_a_backup_is_seen_below_and_at_home(
    home: HomeScreen, frame: DeskFrame, shell: Shell, settled: Settled, tmp_path: Path
) -> None:
    shell.run(lambda: finish(back_up(shell.desk.vault, tmp_path / "备份")), "备份")
    settled()
    assert frame.status.copy.text() == "上次备份：今天"
    assert frame.status.saved.text().startswith("已写入")
    assert "最近一次核对过的备份：今天" in said(home)


def test_a_checked_log_is_seen_below_and_at_home(
    home: HomeScreen, frame: DeskFrame, settled: Settled
) -> None:
    assert "还没有核对过" in frame.status.audit.text()
    press(home, "去核对")
    settled()
    assert isinstance(frame.current, SystemScreen)
    page = frame.current.open("checks")
    assert isinstance(page, ChecksPage)
    page.check_chain()
    settled()
    assert frame.status.audit.text() == "操作记录：今天核对，完整"
    frame.show_screen("home")
    settled()
    assert "操作记录：今天核对，完整。" in said(home)


@pytest.mark.ux("A10")
def test_the_same_scene_is_the_same_picture_to_the_pixel(
    window: MainWindow, frame: DeskFrame, tmp_path: Path
) -> None:
    def typed(_: MainWindow) -> None:
        frame.top.search.setText("")
        frame.top.search.setText("张")

    pictures = [draw(window, Scene(name, typed), tmp_path).read_bytes() for name in ("一", "二")]
    assert pictures[0] == pictures[1]
