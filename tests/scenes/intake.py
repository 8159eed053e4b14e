"""导入与核对: each step, faults, photographs, classes, numbers, the list of imports."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from app.services.clock import today
from app.services.exchange.batches import Accepted
from app.services.exchange.plan import Profile
from app.services.register.ledger import Moment
from app.services.register.placement import Deal
from app.services.register.students import Scope, student_rows
from app.services.resources import resource
from app.ui.intake.screen import IntakeScreen
from app.ui.intake.wizard import ACCEPT, CHOOSE, COLUMNS, COMPARISON, FAULTS
from app.ui.main_window import MainWindow
from tests.builders import id_number
from tests.scenes.scene import Scene, settle, variants

Prepare = Callable[[MainWindow], QWidget | None]

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


def _at(step: int, *names: str) -> Prepare:
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


ANNA, BAI = id_number(91, boy=False), id_number(92)
#: Two who are new and two who are known, as copied from a table.
_BLOCK = (
    "考生号\t姓名\t性别\t民族\t身份证号\t专业\t联系电话\t中考备注\n"
    f"26320000000901\t安然\t女\t汉族\t{ANNA}\t计算机应用技术\t13900000001\t\n"
    f"26320000000902\t白岩\t男\t回族\t{BAI}\t大数据与会计\t13900000002\t补录\n"
    "\t许文\t男\t满族\t37040220110401081X\t\t13900000003\t\n"
    "\t周瑞磊\t男\t汉族\t321283201101278932\t\t13900000004\t\n"
)


def _pasted(step: int) -> Prepare:
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window)
        screen.wizard.take_text(_BLOCK)
        settle(window)
        task = screen.wizard.task
        assert task is not None
        task.decide(replace(task.choices, profile=Profile.ADMISSION))
        settle(window)
        screen.wizard.show_step(step)
        settle(window)
        return None

    return prepare


def _done(window: MainWindow) -> QWidget | None:
    """What is said after an import; nothing is written, so that other pictures stay the same."""
    _pasted(ACCEPT)(window)
    wizard = _current(window).wizard
    assert wizard.task is not None
    wizard.task.result = Accepted(4, 2, 2, 0, 0, ("班级 计算机2603",))
    wizard.show_step(ACCEPT)
    return None


def _photos(pile: int) -> Prepare:
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window, "photos")
        screen.photos.take(resource("demo", "照片"))
        settle(window)
        screen.photos.counters.buttons[pile].click()
        settle(window)
        return None

    return prepare


def _page(page: str) -> Prepare:
    def prepare(window: MainWindow) -> QWidget | None:
        screen = _screen(window, page)
        screen.photos.leave()
        settle(window)
        return None

    return prepare


def _split(window: MainWindow) -> QWidget | None:
    """What would come of a split; nothing is written."""
    page = _screen(window, "placement").placement
    page._show(page._turn, [
        Deal("计算机应用技术", "计算机2601", 38, 2, new=False),
        Deal("计算机应用技术", "计算机2602", 0, 39, new=True),
        Deal("大数据与会计", "会计2601", 0, 41, new=True),
    ])  # fmt: skip
    return None


def _numbered(window: MainWindow) -> QWidget | None:
    """Numbers that would be given; nothing is written."""
    page = _screen(window, "numbers").numbers
    with page.shell.desk.database.read() as session:
        rows = student_rows(session, Moment(today(), upcoming=True), Scope())[:40]
    page._show(page._turn, [(row, row.number or "") for row in rows], "")
    return None


SCENES = [
    *variants(Scene("导入-1选文件", _empty)),
    Scene("导入-1选文件-有草稿", _waiting),
    *variants(Scene("导入-2对应", _at(COLUMNS))),
    *variants(Scene("导入-3核对", _at(FAULTS))),
    Scene("导入-3核对-同类", _alike),
    Scene("导入-2对应-没对上", _pasted(COLUMNS)),
    *variants(Scene("导入-4比较", _pasted(COMPARISON))),
    Scene("导入-4比较-平台", _at(COMPARISON, "平台在籍导出.xls")),
    *variants(Scene("导入-5导入", _pasted(ACCEPT))),
    Scene("导入-6之后", _done),
    *variants(Scene("导入-照片-已匹配", _photos(0))),
    Scene("导入-照片-不合用", _photos(3)),
    *variants(Scene("导入-全班照片", _page("photos"))),
    Scene("导入-分班", _page("placement")),
    Scene("导入-分班-1240x640", _page("placement"), size=(1240, 640)),
    *variants(Scene("导入-分班-结果", _split)),
    Scene("导入-编学号", _page("numbers")),
    *variants(Scene("导入-编学号-结果", _numbered)),
    *variants(Scene("导入-记录", _page("batches"))),
]
