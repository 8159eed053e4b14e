"""系统: each of its pages, the pages of the gate that belong to it, help."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.models.vocabulary import Role
from app.services.clock import now
from app.services.office.handover import Done, HandOver, Stage
from app.services.office.workplace import Answer, check_workplace
from app.services.progress import finish
from app.services.settings import Settings
from app.services.vault.backup import BackupEntry
from app.services.vault.safekeeping import BackupState, TargetState
from app.ui.help.manual import Manual, page_of
from app.ui.help.shortcuts import Shortcuts, shortcuts_of
from app.ui.main_window import MainWindow
from app.ui.settings.about import ChangesDialog
from app.ui.settings.backups import BackupPage
from app.ui.settings.checks import ChecksPage
from app.ui.settings.handover import BeginDialog, HandOverPage, SheetDialog
from app.ui.settings.keys import ReprintDialog
from app.ui.settings.numbers import NumbersPage
from app.ui.settings.operators import AddDialog, OperatorsPage, OwnDialog
from app.ui.settings.page import Page
from app.ui.settings.rules import ChangeDialog, ConfirmDialog, RulesPage
from app.ui.settings.school import SchoolPage
from app.ui.settings.screen import SystemScreen
from app.ui.settings.structure import StructurePage
from app.ui.settings.workplace import ConfirmDialog as HandConfirm
from app.ui.settings.workplace import WorkplacePage
from app.ui.unlock.keys import OwnPasswordPage, RenewKeyPage
from app.ui.worker import Lane
from tests.machines import Recorded
from tests.scenes.cases import prepared
from tests.scenes.scene import Scene, at_a_glance, settle, variants

Prepare = Callable[[MainWindow], QWidget | None]


def _open(window: MainWindow, name: str) -> Page:
    assert window.frame is not None
    screen = window.frame._screens.get("system")
    if isinstance(screen, SystemScreen) and screen.page is not None:
        screen.page.forget()
    window.frame.show_screen("system", {"page": name})
    settle(window)
    screen = window.frame.current
    assert isinstance(screen, SystemScreen)
    page = screen.page
    assert page is not None
    return page


def _page(name: str) -> Prepare:
    def prepare(window: MainWindow) -> QWidget | None:
        _open(window, name)
        return None

    return prepare


def _school_fault(window: MainWindow) -> QWidget | None:
    page = _open(window, "school")
    assert isinstance(page, SchoolPage)
    page.cards[0].set("school", "")
    page.cards[0].set("phone", "0513-88880000")
    page.save()
    return None


def _numbers_fault(window: MainWindow) -> QWidget | None:
    page = _open(window, "numbers")
    assert isinstance(page, NumbersPage)
    page.fields["number_pattern"].set("number_pattern", "{入学年:4}{分院代码:2}{座号:2}")
    return None


def _tab(at: int, row: int | None = 0) -> Prepare:
    def prepare(window: MainWindow) -> QWidget | None:
        page = _open(window, "structure")
        assert isinstance(page, StructurePage)
        page.tabs.setCurrentIndex(at)
        editor = [*page.editors.values()][at]
        if row is None:
            editor.add()
        else:
            editor.table.selectRow(row)
        return None

    return prepare


def _operators(window: MainWindow) -> QWidget | None:
    page = _open(window, "operators")
    assert isinstance(page, OperatorsPage)
    vault = page.shell.desk.vault
    if len(vault.operators()) == 1:
        vault.add_operator("钱接班", [Role.RECORD, Role.REVIEW], "海棠 石阶 小满 纸船 十二")
        vault.add_operator("孙督导", [Role.READ], "白桦 纸鸢 小雪 木桥 九号")
        vault.remove_operator("孙督导", "检查结束")
    page.refresh()
    settle(window)
    page.table.selectRow(1)
    return None


def _backups(window: MainWindow) -> QWidget | None:
    page = _open(window, "backup")
    assert isinstance(page, BackupPage)
    rows = [
        BackupEntry(
            now() - timedelta(days=days, hours=2),
            "示范管理员",
            f"学籍备份-202609{9 - days:02d}-084218-{1532 - days * 40}",
            "移动存储设备",
            f"{1532 - days * 40}-9f3a52c04b7e11d8",
        )
        for days in range(3)
    ]
    state = BackupState(
        (TargetState(Path("E:/学籍备份"), True, rows[0].at, 3, ()),),
        rows[0].at, now() - timedelta(days=400), None, 1, 365, "", now(),
    )  # fmt: skip
    settings = Settings(backup_target="E:\\学籍备份")
    page.show_state(state, rows, settings)
    page.made.say(
        "已备份到 E:\\学籍备份\\学籍备份-20260909-084218-1532（12.4 MB，学生 120 人），"
        "已读回核对一致。链头 1532-9f3a52c04b7e11d8。",
        "ok",
        ["“E:\\学籍备份”在移动存储设备上：请登记这次使用，备份后拔下，由专人保管。"],
    )
    return None


def _checks(window: MainWindow) -> QWidget | None:
    page = _open(window, "checks")
    assert isinstance(page, ChecksPage)
    page.head.setText("3-0123456789abcdef")
    page.check_chain()
    page.check_whole()
    return None


def _hand_over(window: MainWindow) -> QWidget | None:
    page = _open(window, "handover")
    assert isinstance(page, HandOverPage)
    told = [
        "角色：录入、系统",
        "学籍备份-20260909-084218-1532",
        "1533-9f3a52c04b7e11d8",
        "2 份，机要室、校长室各一份",
    ]
    done = {
        stage: Done(1530 + number, now() - timedelta(hours=4 - number), "示范管理员", words)
        for number, (stage, words) in enumerate(zip(Stage, told, strict=False))
    }
    hint = "这一步要由钱接班来做：请锁定窗口，由钱接班用自己的口令打开。"
    page.show_state(HandOver("示范管理员", "钱接班", "孙监交", now(), done, hint))
    return None


def _workplace(window: MainWindow) -> QWidget | None:
    page = _open(window, "workplace")
    assert isinstance(page, WorkplacePage)
    check = finish(check_workplace(page.shell.desk.vault, Recorded("windows")))
    wrong = replace(check.found[4], answer=Answer.NO, words="插着移动盘：E:\\；用毕请拔下并登记")
    page.show_check(replace(check, found=(*check.found[:4], wrong, *check.found[5:])))
    return None


def _confirm_item(window: MainWindow) -> QWidget:
    vault = _shell(window).desk.vault
    check = finish(check_workplace(vault, Recorded("windows_denied")))
    return HandConfirm(check.found[0], window)


def _rules(window: MainWindow) -> RulesPage:
    page = _open(window, "rules")
    assert isinstance(page, RulesPage)
    rulebook, actor = page.shell.desk.rulebook, page.shell.desk.actor
    rows = rulebook.rows(everything=True)
    if not any(row.confirmed for row in rows):
        rulebook.confirm(actor, ["休学·签字", "休学·材料"])
        rulebook.change(actor, "休学·期限", "6", document="学校",
                        article="教务〔2026〕12号", valid_from=date(2026, 9, 1))  # fmt: skip
    page.words.setText("休学")
    page.refresh()
    settle(window)
    page.table.choose(lambda row: row.name == "休学·期限")
    return page


def _rules_shown(window: MainWindow) -> QWidget | None:
    _rules(window)
    return None


def _rule_change(window: MainWindow) -> QWidget:
    prepared(window)
    page = _rules(window)
    row = page.table.current
    assert row is not None
    dialog = ChangeDialog(page.shell, row)
    dialog.begin.setText("2026-09-01")
    dialog.begin.editingFinished.emit()
    settle(window)
    return dialog


def _rule_confirm(window: MainWindow) -> QWidget:
    prepared(window)
    page = _rules(window)
    dialog = ConfirmDialog(page.shell, ["休学·审批", "休学·次数"], page.day.day or date.max)
    settle(window)
    return dialog


def _renew(window: MainWindow) -> QWidget:
    assert window.frame is not None
    page = RenewKeyPage(Lane("scene"), window.frame.shell.desk.vault)
    page.resize(window.size())
    return page


def _own(window: MainWindow) -> QWidget:
    assert window.frame is not None
    page = OwnPasswordPage(Lane("scene"), window.frame.shell.desk.vault)
    page.resize(window.size())
    return page


def _dialog(make: Callable[[MainWindow], QWidget]) -> Prepare:
    def prepare(window: MainWindow) -> QWidget:
        shown = make(window)
        shown.show()
        return shown

    return prepare


def _shell(window: MainWindow):  # type: ignore[no-untyped-def]
    assert window.frame is not None
    return window.frame.shell


def _keys(window: MainWindow) -> QWidget:
    assert window.frame is not None
    window.frame.show_screen("archive")
    return Shortcuts(shortcuts_of(window.frame, window.frame.current), window)


SCENES = [
    *variants(Scene("系统-学校", _page("school"))),
    Scene("系统-学校有错", _school_fault),
    *variants(Scene("系统-专业", _tab(1))),
    Scene("系统-系部", _tab(0)),
    Scene("系统-班级", _tab(2)),
    Scene("系统-新增班级", _tab(2, None)),
    Scene("系统-编号", _page("numbers")),
    *at_a_glance(Scene("系统-编号有错", _numbers_fault)),
    *variants(Scene("系统-规则", _rules_shown)),
    *at_a_glance(Scene("系统-外观", _page("appearance"))),
    *at_a_glance(Scene("系统-操作员", _operators)),
    *variants(Scene("系统-备份", _backups)),
    *at_a_glance(Scene("系统-密钥", _page("keys"))),
    *at_a_glance(Scene("系统-核验", _checks)),
    *variants(Scene("系统-人员交接", _hand_over)),
    *variants(Scene("系统-电脑检查", _workplace)),
    Scene("对话-人工核对", _dialog(_confirm_item)),
    *at_a_glance(Scene("系统-关于", _page("about"))),
    Scene("系统-更换密钥", _renew),
    Scene("换自己的口令", _own),
    Scene("对话-添加操作员", _dialog(lambda window: AddDialog(_shell(window)))),
    *at_a_glance(Scene("对话-开始交接", _dialog(lambda window: BeginDialog(_shell(window))))),
    Scene("对话-移交恢复单", _dialog(lambda window: SheetDialog(_shell(window)))),
    Scene("对话-修改规则", _dialog(_rule_change)),
    Scene("对话-确认规则", _dialog(_rule_confirm)),
    Scene("对话-改口令", _dialog(lambda window: OwnDialog(_shell(window)))),
    Scene("对话-重印恢复单", _dialog(lambda window: ReprintDialog(_shell(window)))),
    Scene("手册", _dialog(lambda window: Manual(page_of("archive"), window))),
    Scene("变更记录", _dialog(lambda window: ChangesDialog(window))),
    Scene("快捷键", _dialog(_keys)),
]
