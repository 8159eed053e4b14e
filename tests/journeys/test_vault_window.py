"""The vault's whole life through the window, by hand: people, keys, the sheet, backups, hand-over.

First start; a second operator; wrong passwords, also after a new start; the sheet; backup and
restore drill; and the hand-over to a successor with its new key.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.services.errors import WrongPassword
from app.services.progress import finish
from app.services.vault import vault as vaults
from app.services.vault.backup import verify_backup
from app.services.vault.keys import Cost
from app.services.vault.vault import Vault
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.conftest import CHEAP
from tests.faults.powercut.jobs import derive_cheaply
from tests.journeys import hands as hands_module
from tests.journeys.hands import Mouse
from tests.journeys.test_window_day import (
    OPERATOR,
    PASSWORD,
    SCHOOL,
    Files,
    code_on,
    files,
    the_desk,
)
from tests.scenes.scene import settle
from tests.ui.conftest import look, preferences

__all__ = ["files", "look", "preferences"]

REVIEWER, SUCCESSOR, SUPERVISOR = "吴审核", "钱接班", "孙监交"
NEW = "haitang-shijie 9 xiaoman-zhichuan"
TEMPORARY = "linshi-hongzhuan 3 shuita-dukou"
OWN = "baihua-zhiyuan 5 xiaoxue-muqiao"
SECOND = "maitian-chenzhong 8 fengche-dengta"
THIRD = "shanquan-huaishu 6 lixia-feiniao"

Start = Callable[[], Mouse]


@pytest.fixture
def start(
    qtbot: QtBot, tmp_path: Path, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """Starts the program; the one that runs is ended first, as by closing its window."""
    monkeypatch.setattr(vaults, "calibrate", lambda: CHEAP)
    monkeypatch.setattr(Cost, "derive", derive_cheaply)
    monkeypatch.setattr(hands_module, "_A_MOMENT", 20)
    windows: list[MainWindow] = []

    def end() -> None:
        while windows:
            window = windows.pop()
            settle(window)
            window.close()
            settle(window)
            shiboken6.delete(window)

    def one() -> Mouse:
        end()
        window = MainWindow(tmp_path / "学籍库", preferences)
        window.begin()
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return Mouse(window)

    yield one
    end()


@pytest.mark.slow
@pytest.mark.promise(3, 6, 10)
def test_the_whole_life_of_a_vault(start: Start, files: Files, tmp_path: Path) -> None:
    hands = start()
    sheet = tmp_path / "恢复单-学籍库.pdf"
    found(hands, tmp_path, sheet)
    add_operator(hands, REVIEWER, TEMPORARY, "审核")
    come_in(hands, REVIEWER, TEMPORARY)
    choose_own_password(hands, SECOND)
    come_in(hands, OPERATOR, PASSWORD)

    wrong_passwords_lock_out_and_a_new_start_does_not_help(hands)
    hands = start()
    hands.fill("口令", PASSWORD)
    hands.press("打开学籍库")
    assert hands.says("请等待")
    the_sheet_helps(hands, sheet)

    saved = back_up(hands, tmp_path / "备份盘")
    drill(hands, files, saved, sheet, tmp_path / "演练记录.pdf")
    hand_over(hands, files, tmp_path)

    vault = the_desk(hands.window).vault
    assert [row.name for row in vault.operators() if not row.active] == [OPERATOR]
    (oldest,) = (tmp_path / "第一份").iterdir()
    assert finish(verify_backup(oldest, PASSWORD)).sound  # as the manual says: older copies know it
    hands.press("锁定")
    assert hands.says("窗口已锁定")
    folder = vault.folder
    start().window.close_register()
    with pytest.raises(WrongPassword):
        Vault.open(folder, NEW)


# --- the stations ---------------------------------------------------------------------------


def found(hands: Mouse, folder: Path, sheet: Path) -> None:
    """First start; the sheet is read back from the paper, the backup comes later."""
    hands.press("建立本校的学籍库")
    hands.fill("学校名称", SCHOOL)
    hands.fill("操作员姓名", OPERATOR)
    hands.press("下一步")
    hands.fill("新口令", PASSWORD)
    hands.fill("再输一遍", PASSWORD)
    hands.press("建立学籍库")
    type_code(hands, sheet)
    hands.press("核对恢复码")
    hands.fill("备份文件夹", str(folder / "第一份"))
    hands.press("立即备份")
    hands.press("先看看首页")


def type_code(hands: Mouse, sheet: Path) -> None:
    for number, line in enumerate(code_on(sheet), start=1):
        hands.fill(f"恢复码第 {number} 行", line)


def system(hands: Mouse, page: str) -> None:
    hands.visit("系统")
    hands.choose("系统的各页", page)


def add_operator(hands: Mouse, name: str, password: str, *roles: str) -> None:
    """添加操作员, with a temporary password."""
    system(hands, "操作员与口令")
    hands.in_dialog(
        partial(hands.fill, "姓名", name),
        *(partial(hands.press, f"角色 {role}", wait=False) for role in roles),
        partial(hands.fill, "新口令", password),
        partial(hands.fill, "再输一遍", password),
        partial(hands.press, "添加操作员", wait=False),
    )
    hands.press("添加操作员")
    assert hands.was_asked("添加操作员")
    assert hands.says(f"已添加{name}")


def come_in(hands: Mouse, name: str, password: str) -> None:
    """Somebody else at a locked window: the register is closed and opened for him."""
    if hands.window.gate is None:
        hands.press("锁定")
    hands.pick("操作员", name)
    hands.fill("口令", password)
    hands.press("解锁")


def choose_own_password(hands: Mouse, password: str) -> None:
    hands.fill("新口令", password)
    hands.fill("再输一遍", password)
    hands.press("换口令并开始工作")
    assert hands.see(QLineEdit, "查找学生")


def wrong_passwords_lock_out_and_a_new_start_does_not_help(hands: Mouse) -> None:
    hands.press("锁定")
    for left in (4, 3, 2, 1):
        hands.fill("口令", f"bushi-zhege-kouling-{left}")
        hands.press("解锁")
        assert hands.says(f"还可以再试 {left} 次")
    hands.fill("口令", "bushi-zhege-kouling")
    hands.press("解锁")
    assert hands.says("请等待")
    hands.fill("口令", PASSWORD)  # the right one waits as well
    hands.press("解锁")
    assert hands.says("请等待")


def the_sheet_helps(hands: Mouse, sheet: Path) -> None:
    """忘记口令: a wrong line is named, the right ones open and set a new password."""
    hands.press("忘记口令")
    type_code(hands, sheet)
    hands.fill("恢复码第 3 行", "0000 0000 0000 0000")
    hands.fill("操作员", OPERATOR)
    hands.fill("新口令", NEW)
    hands.fill("再输一遍", NEW)
    hands.press("打开并换口令")
    assert hands.says("第 3 行")
    type_code(hands, sheet)
    hands.press("打开并换口令")
    assert hands.see(QLineEdit, "查找学生")


def back_up(hands: Mouse, disk: Path) -> Path:
    """Say where backups go, and make one."""
    system(hands, "备份与恢复")
    hands.fill("备份位置", str(disk))
    hands.press("保存")
    hands.press("立即备份")
    assert hands.says("读回核对一致")
    (made,) = disk.iterdir()
    return made


def drill(hands: Mouse, files: Files, saved: Path, sheet: Path, record: Path) -> None:
    """恢复演练 with the paper, and its record."""
    hands.fill("演练用的备份", str(saved))
    type_code(hands, sheet)
    hands.press("开始演练")
    assert hands.says("恢复单有效")
    files.will_be(record)
    hands.press("存演练记录")
    assert record.stat().st_size > 0


def hand_over(hands: Mouse, files: Files, folder: Path) -> None:
    """All eight steps, each by whom it concerns."""
    system(hands, "人员交接")
    hands.in_dialog(
        partial(hands.fill, "接手人", SUCCESSOR),
        partial(hands.fill, "监交人", SUPERVISOR),
        partial(hands.press, "开始交接", wait=False),
    )
    hands.press("开始交接")
    hands.press("到操作员与口令")
    add_operator(hands, SUCCESSOR, TEMPORARY, "系统")
    system(hands, "人员交接")
    hands.press("锁定窗口")
    come_in(hands, SUCCESSOR, TEMPORARY)
    choose_own_password(hands, OWN)

    come_in(hands, OPERATOR, NEW)
    system(hands, "人员交接")
    hands.press("备份并核对")
    files.will_be(folder / "审计锚定单.pdf")
    hands.press("存审计锚定单")
    hands.in_dialog(
        partial(hands.fill, "由谁保管", "机要室、校长室各一份"),
        partial(hands.press, "登记移交", wait=False),
    )
    hands.press("登记移交恢复单")
    hands.press("锁定窗口")

    come_in(hands, SUCCESSOR, OWN)
    system(hands, "人员交接")
    hands.when_asked(f"停用{OPERATOR}")
    hands.press(f"停用{OPERATOR}")
    assert hands.was_asked(f"停用{OPERATOR}")
    hands.press("更换密钥…")
    hands.fill("现在的口令", OWN)
    hands.press("更换密钥")
    assert hands.says("密钥已更换")
    give_temporary_password(hands, REVIEWER, THIRD)
    system(hands, "人员交接")
    hands.press("备份并核对")
    files.will_be(folder / "交接单.pdf")
    hands.press("存交接单")
    assert hands.says("已做完")
    for paper in ("审计锚定单.pdf", "交接单.pdf"):
        assert (folder / paper).stat().st_size > 0


def give_temporary_password(hands: Mouse, name: str, password: str) -> None:
    """Everybody else needs one under the new key."""
    system(hands, "操作员与口令")
    hands.choose("操作员", name)
    hands.in_dialog(
        partial(hands.fill, "新口令", password),
        partial(hands.fill, "再输一遍", password),
        partial(hands.press, "设临时口令", wait=False),
    )
    hands.press("设临时口令")
    assert hands.says(f"已给{name}设临时口令")
