"""导入与核对: each step with the sample files, faults, photographs, classes, the list of imports."""

from PySide6.QtWidgets import QWidget

from app.services.resources import resource
from app.ui.intake.screen import IntakeScreen
from app.ui.intake.wizard import ACCEPT, CHOOSE, COLUMNS, COMPARISON, FAULTS
from app.ui.main_window import MainWindow
from tests.scenes.scene import Scene, settle, variants

_FAULTY = "班主任补充信息.xlsx"


def _screen(window: MainWindow, page: str = "tables") -> IntakeScreen:
    assert window.frame is not None
    window.frame.show_screen("intake", {"page": page})
    screen = window.frame.current
    assert isinstance(screen, IntakeScreen)
    if screen.wizard.task is not None:
        screen.wizard.task.abandon()
        screen.wizard.finish()
    settle(window)
    return screen


def _empty(window: MainWindow) -> QWidget | None:
    _screen(window)
    return None


def _at(step: int, *names: str):
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window)
        screen.visit(files=[resource("demo", name) for name in names or (_FAULTY,)])
        settle(window)
        screen.wizard.show_step(step)
        settle(window)
        return None

    return prepare


def _waiting(window: MainWindow) -> QWidget | None:
    _at(COLUMNS, "XJZC.dbf", "平台在籍导出.xls", "新生录取名册.xls")(window)
    screen = _current(window)
    screen.wizard.task.decide(screen.wizard.task.choices.with_field("XJZC", 3, ""))
    screen.wizard.keep()
    settle(window)
    screen.wizard.show_step(CHOOSE)
    screen.wizard.queue.append(resource("demo", "新生录取名册.xls"))
    screen.wizard.choose.show_waiting(screen.wizard.queue)
    screen.wizard.queue.clear()
    return None


def _current(window: MainWindow) -> IntakeScreen:
    assert window.frame is not None
    screen = window.frame.current
    assert isinstance(screen, IntakeScreen)
    return screen


def _alike(window: MainWindow) -> QWidget | None:
    _at(FAULTS)(window)
    faults = _current(window).wizard.faults
    at = next(n for n, fault in enumerate(faults.model.rows) if fault.field == "ethnic_group")
    faults.list.selectRow(at)
    return None


def _done(window: MainWindow) -> QWidget | None:
    """A file that is in already: nothing is written again, so that pictures stay the same."""
    _at(ACCEPT)(window)
    _current(window).wizard.forward()
    settle(window)
    return None


def _photos(pile: int):
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window, "photos")
        screen.photos.take(resource("demo", "照片"))
        settle(window)
        screen.photos.counters.buttons[pile].click()
        settle(window)
        return None

    return prepare


def _page(page: str):
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window, page)
        screen.photos.leave()
        settle(window)
        return None

    return prepare


SCENES = [
    *variants(Scene("导入-1选文件", _empty)),
    Scene("导入-1选文件-有草稿", _waiting),
    *variants(Scene("导入-2对应", _at(COLUMNS))),
    *variants(Scene("导入-3核对", _at(FAULTS))),
    Scene("导入-3核对-同类", _alike),
    *variants(Scene("导入-4比较", _at(COMPARISON, "平台在籍导出.xls"))),
    Scene("导入-5导入", _at(ACCEPT, "新生录取名册.xls")),
    Scene("导入-5导入-1240x640", _at(ACCEPT), size=(1240, 640)),
    Scene("导入-6之后", _done),
    *variants(Scene("导入-照片-已匹配", _photos(0))),
    Scene("导入-照片-不合用", _photos(3)),
    *variants(Scene("导入-全班照片", _page("photos"))),
    Scene("导入-分班", _page("placement")),
    Scene("导入-分班-1240x640", _page("placement"), size=(1240, 640)),
    Scene("导入-编学号", _page("numbers")),
    *variants(Scene("导入-记录", _page("batches"))),
]
