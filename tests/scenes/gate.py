"""The gate: first start, unlocking, recovery."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.ui.main_window import MainWindow
from app.ui.unlock.first_start import FirstStart
from app.ui.unlock.gate import RecoveryPage, UnlockPage
from app.ui.unlock.restore import RestorePage
from app.ui.unlock.welcome import WelcomePage
from app.ui.worker import Lane
from tests.scenes.scene import Scene, at_a_glance, variants


def _unlock(window: MainWindow) -> QWidget | None:
    window.show_gate()
    return None


def _wrong(window: MainWindow) -> QWidget | None:
    window.show_gate()
    page = window.gate
    assert isinstance(page, UnlockPage)
    page.enter("不是这个口令")
    return None


def _page(page: QWidget, window: MainWindow) -> QWidget:
    page.resize(window.size())
    return page


def _welcome(window: MainWindow) -> QWidget:
    return _page(WelcomePage(), window)


def _step(index: int) -> Scene:
    def prepare(window: MainWindow) -> QWidget:
        wizard = FirstStart(Lane("scene"), Path("/home/registrar/学籍库"))
        wizard.show_step(index)
        return _page(wizard, window)

    return Scene(f"初次使用-{index + 1}", prepare, at_gate=True)


def _recover(window: MainWindow) -> QWidget:
    return _page(RecoveryPage(Lane("scene"), window.folder), window)


def _restore(window: MainWindow) -> QWidget:
    page = RestorePage(Lane("scene"), window.folder)
    page.restore()
    return _page(page, window)


SCENES = [
    *variants(Scene("解锁", _unlock, at_gate=True)),
    Scene("解锁-口令不对", _wrong, at_gate=True),
    Scene("初次使用-欢迎", _welcome, at_gate=True),
    *[_step(index) for index in range(5)],
    *at_a_glance(Scene("恢复单打开", _recover, at_gate=True)),
    *variants(Scene("从备份恢复", _restore, at_gate=True)),
]
