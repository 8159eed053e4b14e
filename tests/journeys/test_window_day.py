"""One registrar's first days through the window: from nothing to an archived year, by hand.

The same way is gone twice: with the mouse, and with the keyboard alone. Only file dialogs are
answered for her, as they belong to the system.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.services.clock import today
from app.services.forms.cups import Abilities, PrinterRow
from app.services.forms.order import Order
from app.services.register.students import StudentRow
from app.services.resources import resource
from app.services.vault import vault as vaults
from app.services.workstation import Workstation
from app.ui.main_window import MainWindow
from app.ui.papers import paper_desk
from app.ui.preferences import Preferences
from tests.builders import students
from tests.conftest import CHEAP
from tests.journeys.hands import Hands, Keyboard, Mouse
from tests.print_server import PrintServer, print_server, why_not
from tests.scenes.scene import settle
from tests.ui.conftest import look, preferences  # the window's fixtures

__all__ = ["look", "preferences"]

SCHOOL, OPERATOR = "江海职业学校", "周学管"
PASSWORD = "wutong-yuhou 7 shiqiao-dengta"
ROSTER, EXTRA = resource("demo", "新生录取名册.xls"), resource("demo", "班主任补充信息.xlsx")
PHOTOS = resource("demo", "照片")


class Files:
    """Answers the system's file dialogs with the paths that come next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._next: list[Path] = []
        for name in ("getOpenFileNames", "getOpenFileName", "getSaveFileName"):
            many = name == "getOpenFileNames"
            monkeypatch.setattr(QFileDialog, name, self._answer(many))
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(self._next.pop(0)))

    def _answer(self, many: bool) -> Callable[..., tuple[object, str]]:
        def answer(*_: object) -> tuple[object, str]:
            path = str(self._next.pop(0))
            return ([path] if many else path), ""

        return answer

    def will_be(self, *paths: Path) -> None:
        """These are chosen, one after the other."""
        self._next += paths


class Pile:
    """Where there is no print server: a printer that keeps what it gets."""

    def __init__(self) -> None:
        self._papers: list[bytes] = []

    def papers(self) -> list[bytes]:
        """What it got."""
        return self._papers

    def printers(self) -> list[PrinterRow]:
        return [PrinterRow("Office", "Office", True)]

    def abilities(self, _printer: str) -> Abilities:
        return Abilities(duplex=True, trays=())

    def trouble(self, _printer: str) -> None:
        return None

    def send(self, _order: Order, content: bytes, _title: str) -> None:
        self._papers.append(content)


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrintServer | Pile]:
    """A CUPS queue of one's own, or what stands for it."""
    if why_not():
        pile = Pile()
        monkeypatch.setattr(paper_desk, "find_port", lambda: pile)
        yield pile
        return
    with print_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(monkeypatch)


@pytest.fixture
def fresh(
    qtbot: QtBot, tmp_path: Path, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    """The window on a PC that has never seen the program."""
    monkeypatch.setattr(vaults, "calibrate", lambda: CHEAP)
    shown = MainWindow(tmp_path / "学籍库", preferences)
    shown.begin()
    shown.show()
    shown.activateWindow()
    qtbot.waitUntil(lambda: shown.isActiveWindow())
    yield shown
    settle(shown)
    shown.close()


@pytest.mark.slow
@pytest.mark.ux("A1", "R1", "I2", "I4", "P1", "S1", "E2")
@pytest.mark.parametrize("way", [Mouse, Keyboard], ids=["mouse", "keyboard"])
def test_the_days_of_a_registrar(
    way: type[Hands],
    fresh: MainWindow,
    files: Files,
    printer: PrintServer | Pile,
    tmp_path: Path,
) -> None:
    hands = way(fresh)
    found_the_register(hands, tmp_path)
    desk = the_desk(fresh)

    take_in_the_roster(hands, files)
    assert len(students(desk, later())) == 120
    take_in_the_teachers_sheet(hands, files)
    place_and_number(hands)
    everybody = students(desk, later())
    assert all(row.number and row.class_group for row in everybody)
    take_in_the_photographs(hands, files)

    initials = Counter(map(initials_of, everybody))
    someone = next(
        row for row in everybody if len(row.name) == 3 and initials[initials_of(row)] == 1
    )
    open_by_initials(hands, someone)
    correct_the_phone(hands, "13800001234")
    renamed = someone.name + "一"
    change_the_name(hands, files, renamed, tmp_path)
    now = next(row for row in students(desk, later()) if row.id == someone.id)
    assert (now.name, now.person["phone"]) == (renamed, "13800001234")

    class_name = now.class_group
    print_the_cards(hands, class_name)
    members = sum(row.class_group == class_name for row in everybody)
    assert len(printer.papers()) == members

    roster = tmp_path / "在校生名册.xlsx"
    save_the_roster(hands, files, roster)
    names = {str(cell.value) for line in load_workbook(roster).active for cell in line}
    assert {row.name for row in students(desk, later())} <= names

    archive_and_verify(hands, tmp_path / "disc")
    lock_and_unlock(hands)


def later() -> date:
    """A day on which the year that came in has begun."""
    return max(today(), date(2026, 10, 1))


def the_desk(window: MainWindow) -> Workstation:
    assert window.frame is not None
    return window.frame.shell.desk


# --- the stations ---------------------------------------------------------------------------


def found_the_register(hands: Hands, folder: Path) -> None:
    """学校、口令、恢复单照纸输回、第一次备份."""
    hands.press("建立本校的学籍库")
    hands.fill("学校名称", SCHOOL)
    hands.fill("操作员姓名", OPERATOR)
    hands.press("下一步")
    hands.fill("新口令", PASSWORD)
    hands.fill("再输一遍", PASSWORD)
    hands.press("建立学籍库")
    for number, line in enumerate(code_on(folder / "恢复单-学籍库.pdf"), start=1):
        hands.fill(f"恢复码第 {number} 行", line)
    hands.press("核对恢复码")
    hands.fill("备份文件夹", str(folder / "备份盘"))
    hands.press("立即备份")
    assert list((folder / "备份盘").glob("学籍备份-*"))
    assert hands.says("读回核对一致")
    hands.press("导入第一份名册")


def code_on(sheet: Path) -> list[str]:
    """The four lines as they are read off the printed sheet."""
    done = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, check=True)
    lines = re.findall(r"(?:[0-9A-Z]{4}[ -]+){3}[0-9A-Z]{4}", done.stdout.decode())
    return lines[:4]


def take_in_the_roster(hands: Hands, files: Files) -> None:
    """The admission list: nothing is wrong with it."""
    files.will_be(ROSTER)
    hands.press("打开表格")
    for _ in range(3):
        hands.press("下一步")
    hands.press("导入 120 行")
    assert hands.says("已导入“新生录取名册.xls”")


def take_in_the_teachers_sheet(hands: Hands, files: Files) -> None:
    """Nine faults: one is mended where it stands, the rows of the others are left out."""
    hands.press("导入下一份")
    files.will_be(EXTRA)
    hands.press("打开表格")
    hands.press("下一步")
    hands.choose("问题", "35", column=2)
    hands.fill("改为", "汉族")
    hands.press("改这一格")
    hands.press("下一步")
    hands.press("下一步")
    assert hands.says("有 8 行不导入")
    hands.press("导入 ")
    assert hands.says(f"已导入“{EXTRA.name}”")


def place_and_number(hands: Hands) -> None:
    """分班，编学号: seen first, then written."""
    hands.press("分班")
    hands.press("平均分班 120 人")
    hands.turn("导入什么", "编学号")
    hands.when_asked("编 120 个学号")
    hands.press("编 120 个学号")
    assert hands.was_asked("编 120 个学号")


def take_in_the_photographs(hands: Hands, files: Files) -> None:
    """A folder of photographs, named by identity number."""
    hands.turn("导入什么", "照片")
    files.will_be(PHOTOS)
    hands.press("导入照片")
    hands.press("导入 117 张照片")


def open_by_initials(hands: Hands, someone: StudentRow) -> None:
    """Ctrl+F and the first letters of the syllables of a name."""
    hands.find(initials_of(someone))
    assert hands.says(f"学号 {someone.number}")


def initials_of(row: StudentRow) -> str:
    """王伟 is ww."""
    return "".join(syllable[0] for syllable in row.reading.split())


def correct_the_phone(hands: Hands, number: str) -> None:
    """An ordinary field is simply written over."""
    hands.press("编辑")
    hands.fill("联系电话", number)
    hands.press("保存")


def change_the_name(hands: Hands, files: Files, name: str, folder: Path) -> None:
    """A key field: only with basis and proof."""
    proof = folder / "派出所证明.pdf"
    proof.write_bytes(b"%PDF-1.4\n% an invented certificate\n")
    hands.press("变更姓名")
    hands.fill("新的姓名", name)
    hands.fill("依据", "派出所更正证明〔2026〕18 号")
    files.will_be(proof)
    hands.press("添加扫描件")
    hands.press("办理变更")
    assert hands.says(name)


def print_the_cards(hands: Hands, class_name: str) -> None:
    """学籍卡 of a class, to the printer of the office."""
    hands.visit("学籍卡")
    hands.choose("年级和班级", class_name)
    hands.press("打印")


def save_the_roster(hands: Hands, files: Files, target: Path) -> None:
    """在校生名册 as a workbook."""
    hands.visit("名册与统计")
    hands.choose("名册和报表", "在校生名册")
    files.will_be(target)
    hands.press("另存为 Excel")


def archive_and_verify(hands: Hands, folder: Path) -> None:
    """The image of a disc, and every file of it read back."""
    hands.visit("毕业与归档")
    hands.fill("镜像文件夹", str(folder))
    hands.press("生成镜像")
    hands.press("回读校验")
    assert hands.says("完好：")


def lock_and_unlock(hands: Hands) -> None:
    """Away from the desk, and back."""
    hands.press("锁定")
    assert hands.says("窗口已锁定")
    hands.fill("口令", PASSWORD)
    hands.press("解锁")
    assert hands.see(QLineEdit, "查找学生")
