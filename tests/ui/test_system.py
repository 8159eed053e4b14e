"""系统: what is changed here is changed in the register, and what is wrong is said in place."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.models.vocabulary import Role
from app.services.office import workplace
from app.services.settings import LABELS
from app.services.vault import audit
from app.services.vault import vault as vault_module
from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.desk_frame import DeskFrame
from app.ui.input_method import diagnosis
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from app.ui.settings.about import AboutPage
from app.ui.settings.appearance import AppearancePage
from app.ui.settings.backups import BackupPage
from app.ui.settings.checks import ChecksPage
from app.ui.settings.numbers import NumbersPage
from app.ui.settings.operators import AddDialog, OperatorsPage, OwnDialog
from app.ui.settings.school import SchoolPage
from app.ui.settings.screen import GROUPS, SystemScreen
from app.ui.settings.structure import StructurePage
from app.ui.settings.task import TaskDialog
from app.ui.settings.workplace import ConfirmDialog, WorkplacePage
from app.ui.unlock.keys import OwnPasswordPage, RenewKeyPage
from app.ui.widgets.basic import Button
from tests.conftest import CHEAP, OPERATOR, PASSWORD, MadeVault
from tests.machines import Recorded
from tests.scenes.scene import settle

Settled = Callable[[], None]
OTHER, TEMPORARY, OWN = "钱接班", "海棠 石阶 小满 纸船 十二", "白桦 纸鸢 小雪 木桥 九号"


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


@pytest.fixture
def system(frame: DeskFrame, settled: Settled) -> Iterator[SystemScreen]:
    """The screen, at its first page."""
    frame.show_screen("system")
    settled()
    screen = frame.current
    assert isinstance(screen, SystemScreen)
    yield screen
    if isValid(screen) and screen.page is not None:
        screen.page.forget()  # else closing would ask


def click(button: str) -> list[str]:
    """Press this button of the next question; the list gets its title."""
    seen: list[str] = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(10, press)
            return
        seen.append(box.text())
        next(one for one in box.buttons() if one.text() == button).click()

    QTimer.singleShot(0, press)
    return seen


def fill(dialog: TaskDialog, settled: Settled) -> None:
    """Take what is in the dialog, without the loop of its own."""
    dialog.show()
    dialog.accept()
    settled()


# --- the school ---------------------------------------------------------------------------


def test_every_setting_has_its_place(system: SystemScreen) -> None:
    school, numbers, backup = (system.open(name) for name in ("school", "numbers", "backup"))
    assert isinstance(school, SchoolPage)
    assert isinstance(numbers, NumbersPage)
    assert isinstance(backup, BackupPage)
    shown = [name for card in school.cards for name in card.values]
    shown += [*numbers.fields, *backup.fields.values]
    assert sorted(shown) == sorted(LABELS)


def test_the_school_gets_its_new_name_everywhere(
    system: SystemScreen, settled: Settled, frame: DeskFrame
) -> None:
    page = system.page
    assert isinstance(page, SchoolPage)
    page.cards[0].set("school", "江海技师学院")
    page.cards[0].set("phone", "0513-88880000")
    page.save()
    settled()
    assert "已保存" in frame.messages.text
    vault = system.shell.desk.vault
    assert Vault.outline(vault.folder).school == "江海技师学院"
    assert system.shell.desk.establishment.settings().phone == "0513-88880000"
    assert not page.dirty


@pytest.mark.ux("F7", "F10")
def test_a_missing_name_is_said_below_its_field_and_a_change_is_marked(
    system: SystemScreen,
) -> None:
    page = system.page
    assert isinstance(page, SchoolPage)
    before = page.cards[0].values["school"]
    page.cards[0].set("school", " ")
    assert before in page.cards[0].edit("school").toolTip()
    page.save()
    assert "不能空着" in page.cards[0].fault("school")
    assert system.shell.desk.establishment.settings().school == before


@pytest.mark.ux("F9")
def test_leaving_asks_once_when_something_would_be_lost(
    system: SystemScreen, frame: DeskFrame, settled: Settled
) -> None:
    page = system.page
    assert isinstance(page, SchoolPage)
    page.cards[0].set("phone", "1")
    asked = click("留在此处")
    frame.show_screen("home")
    assert asked == ["有修改没有保存"]
    assert frame.current is system
    click("放弃修改")
    system.open("numbers")
    settled()
    assert isinstance(system.page, NumbersPage)
    assert not page.dirty


@pytest.mark.ux("F1")
def test_enter_goes_to_the_next_field(system: SystemScreen, qtbot: QtBot) -> None:
    page = system.page
    assert isinstance(page, SchoolPage)
    with qtbot.waitActive(system.window()):
        system.window().activateWindow()
    first = page.cards[0].edit("school")
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Return)
    assert page.cards[0].edit("college").hasFocus()


def test_a_pattern_shows_what_it_makes_and_what_is_wrong(
    system: SystemScreen, settled: Settled
) -> None:
    page = system.open("numbers")
    settled()
    assert isinstance(page, NumbersPage)
    assert page.previews["number_pattern"].text() == "编出来是：202600010107"
    page.fields["number_pattern"].set("number_pattern", "{入学年:4}{座号:2}")
    assert "班序" in page.fields["number_pattern"].fault("number_pattern")
    assert not page.save_button.isEnabled()
    page.fields["number_pattern"].set("number_pattern", "{入学年:4}{年级流水:4}")
    assert page.previews["number_pattern"].text() == "编出来是：20260007"
    page.save()
    settled()
    saved = system.shell.desk.establishment.settings().number_pattern
    assert saved == "{入学年:4}{年级流水:4}"


# --- departments, majors, classes ---------------------------------------------------------


def test_departments_majors_and_classes_are_made_by_hand(
    system: SystemScreen, settled: Settled
) -> None:
    page = system.open("structure")
    settled()
    assert isinstance(page, StructurePage)
    page.departments.fields.set("name", "信息工程系")
    page.departments.save()
    settled()
    page.majors.fields.set("name", "软件技术")
    page.majors.fields.set("short_name", "软件")
    page.majors.fields.set("department", "信息工程系")
    page.majors.save()
    settled()
    page.classes.fields.set("name", "软件2601")
    page.classes.fields.set("major", "软件技术")
    page.classes.save()
    settled()
    (row,) = page.classes.table.rows
    assert (row.name, row.cohort, row.department) == ("软件2601", 2026, "信息工程系")
    assert page.classes.table.current == row  # what was saved stays at hand
    page.classes.fields.set("head_teacher", "何老师")
    page.classes.save()
    settled()
    assert page.classes.table.rows[0].head_teacher == "何老师"


def test_what_a_major_is_refused_for_is_said_at_its_field(
    system: SystemScreen, settled: Settled
) -> None:
    page = system.open("structure")
    settled()
    assert isinstance(page, StructurePage)
    for name, serial in (("软件技术", ""), ("物联网", "1")):
        page.majors.add()
        page.majors.fields.set("name", name)
        page.majors.fields.set("serial", serial)
        page.majors.save()
        settled()
    assert "软件技术" in page.majors.fields.fault("serial")
    assert len(page.majors.table.rows) == 1


def test_what_is_not_used_can_be_taken_away_after_asking(
    system: SystemScreen, settled: Settled
) -> None:
    page = system.open("structure")
    settled()
    assert isinstance(page, StructurePage)
    page.departments.fields.set("name", "信息工程系")
    page.departments.save()
    settled()
    click("删除这个系部")
    page.departments.remove()
    settled()
    assert page.departments.table.rows == ()


# --- the look -----------------------------------------------------------------------------


@pytest.mark.ux("A7", "A8")
def test_the_look_changes_at_once_and_is_remembered(
    system: SystemScreen, preferences: Preferences
) -> None:
    page = system.open("appearance")
    assert isinstance(page, AppearancePage)
    for box, word in ((page.mode, "深色"), (page.text_size, "115%")):
        box.setCurrentText(word)
        box.activated.emit(box.currentIndex())
    assert theme.mode() is theme.Mode.DARK
    assert theme.text_size() == 115
    assert (preferences.mode, preferences.text_size) == (theme.Mode.DARK, 115)


def test_the_input_method_is_told(
    system: SystemScreen, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = frozenset({"fcitx5", "python3"})
    monkeypatch.setattr("app.ui.settings.appearance.running_programs", lambda: running)
    page = system.open("appearance")
    settled()
    assert isinstance(page, AppearancePage)
    assert page.input_method.text() == diagnosis({}, running)


# --- people -------------------------------------------------------------------------------


def test_an_operator_comes_changes_his_role_and_goes(
    system: SystemScreen, settled: Settled
) -> None:
    page = system.open("operators")
    settled()
    assert isinstance(page, OperatorsPage)
    add = AddDialog(system.shell)
    add.name.setText(OTHER)
    add.new.set("太短")
    fill(add, settled)
    assert "不能使用" in add.answer
    add.new.set(TEMPORARY)
    fill(add, settled)
    assert add.result() == QDialog.DialogCode.Accepted
    assert [row.name for row in page.table.rows] == [OPERATOR, OTHER]
    row = page.table.rows[1]
    assert row.temporary
    assert row.roles == (Role.RECORD,)


def test_the_own_password_is_changed_only_by_whoever_knows_it(
    system: SystemScreen, settled: Settled, made: MadeVault, window: MainWindow
) -> None:
    dialog = OwnDialog(system.shell)
    dialog.new.set(OWN)
    dialog.present.setText("不是这个口令")
    fill(dialog, settled)
    assert "不是" in dialog.answer
    dialog.present.setText(PASSWORD)
    fill(dialog, settled)
    assert dialog.result() == QDialog.DialogCode.Accepted
    window.close_register()
    settle(window)
    with Vault.open(made.folder, OWN) as vault:
        assert vault.actor.name == OPERATOR


def test_whoever_has_a_temporary_password_chooses_his_own_first(
    window: MainWindow, made: MadeVault, settled: Settled
) -> None:
    assert window.frame is not None
    window.frame.shell.desk.vault.add_operator(OTHER, [Role.RECORD], TEMPORARY)
    window.close_register()
    settle(window)
    window.enter(Vault.open(made.folder, TEMPORARY))
    page = window.gate
    assert isinstance(page, OwnPasswordPage)
    page.new.set(TEMPORARY)
    page.change()
    settled()
    assert "与临时口令相同" in page.answer
    page.new.set(OWN)
    page.change()
    settled()
    assert window.gate is None
    window.close_register()
    settle(window)
    with Vault.open(made.folder, OWN) as vault:
        assert vault.actor.name == OTHER


def test_who_looks_after_nothing_here_sees_and_changes_nothing(
    window: MainWindow, made: MadeVault, settled: Settled
) -> None:
    assert window.frame is not None
    vault = window.frame.shell.desk.vault
    vault.add_operator(OTHER, [Role.READ], TEMPORARY)
    window.close_register()
    settle(window)
    guest = Vault.open(made.folder, TEMPORARY)
    guest.set_password(OTHER, OWN)
    window.enter(guest)
    settled()
    assert window.frame is not None
    window.frame.show_screen("system")
    settled()
    screen = window.frame.current
    assert isinstance(screen, SystemScreen)
    school, backup = screen.open("school"), screen.open("backup")
    assert isinstance(school, SchoolPage)
    assert isinstance(backup, BackupPage)
    assert not school.cards[0].edit("school").isEnabled()
    assert not backup.make_button.isEnabled()


# --- backups, keys, checks ----------------------------------------------------------------


@pytest.mark.ux("L4", "L8")
def test_a_backup_is_made_listed_proved_and_brought_back(
    system: SystemScreen, settled: Settled, tmp_path: Path
) -> None:
    page = system.open("backup")
    settled()
    assert isinstance(page, BackupPage)
    assert "还没有核对过的备份" in page.state.text()
    page.back_up()
    settled()
    assert "备份位置" in page.made.verdict
    page.folder.set(tmp_path / "备份盘")
    page.back_up()
    settled()
    assert "已读回核对一致" in page.made.verdict
    (row,) = page.table.rows
    made = tmp_path / "备份盘" / row.name
    assert row.head in page.made.verdict
    assert "今天" in page.state.text()
    for password, said in (("不是这个口令", "口令"), (PASSWORD, "完好")):
        page.check_folder.set(made)
        page.check_password.setText(password)
        page.check()
        settled()
        assert said in page.checked.verdict
    page.source.set(made)
    page.target.set(tmp_path / "恢复出来")
    page.restore_password.setText(PASSWORD)
    page.restore()
    settled()
    assert f"已恢复到 {tmp_path / '恢复出来'}" in page.restored.verdict
    with Vault.open(tmp_path / "恢复出来", PASSWORD) as vault:
        assert vault.actor.name == OPERATOR


def test_a_damaged_backup_is_named(system: SystemScreen, settled: Settled, tmp_path: Path) -> None:
    page = system.open("backup")
    settled()
    assert isinstance(page, BackupPage)
    page.folder.set(tmp_path / "备份盘")
    page.back_up()
    settled()
    made = next((tmp_path / "备份盘").glob("学籍备份-*"))
    (made / "media.db").write_bytes(b"x" * (made / "media.db").stat().st_size)
    page.check_folder.set(made)
    page.check_password.setText(PASSWORD)
    page.check()
    settled()
    assert "已损坏" in page.checked.verdict
    assert any("media.db" in sentence for sentence in page.checked.table.rows)


def test_a_drill_proves_the_paper_sheet(
    system: SystemScreen, settled: Settled, tmp_path: Path, made: MadeVault
) -> None:
    page = system.open("backup")
    settled()
    assert isinstance(page, BackupPage)
    page.folder.set(tmp_path / "备份盘")
    page.back_up()
    settled()
    page.drill_folder.set(next((tmp_path / "备份盘").glob("学籍备份-*")))
    page.code.fill(made.code.lines)
    page.drill()
    settled()
    assert "恢复单有效" in page.drilled.verdict
    assert page.code.text.strip() == ""
    page.save_record(tmp_path / "演练记录.pdf")
    settled()
    assert (tmp_path / "演练记录.pdf").read_bytes().startswith(b"%PDF")


def test_places_of_backups_are_set_and_a_wrong_interval_is_said(
    system: SystemScreen, settled: Settled, tmp_path: Path
) -> None:
    page = system.open("backup")
    settled()
    assert isinstance(page, BackupPage)
    page.fields.set("backup_target", str(tmp_path / "备份盘"))
    page.fields.set("backup_days", "半天")
    page.save()
    settled()
    assert page.fields.fault("backup_days")
    page.fields.set("backup_days", "2")
    page.save()
    settled()
    assert system.shell.desk.establishment.settings().backup_days == "2"


def test_the_key_is_renewed_in_front_of_the_register(
    system: SystemScreen, window: MainWindow, settled: Settled, tmp_path: Path
) -> None:
    old = system.shell.desk.vault
    system.shell.renew_key()
    page = window.gate
    assert isinstance(page, RenewKeyPage)
    page.sheet.setText(str(tmp_path / "新恢复单.pdf"))
    page.password.setText("不是这个口令")
    page.renew()
    settled()
    assert "什么也没有更改" in page.answer
    assert not (tmp_path / "新恢复单.pdf").exists()
    page.password.setText(PASSWORD)
    page.renew()
    settled()
    assert window.gate is None
    assert window.frame is not None
    vault = window.frame.shell.desk.vault
    assert vault.key_id != old.key_id
    assert (tmp_path / "新恢复单.pdf").exists()
    assert "密钥已更换" in window.frame.messages.text
    window.frame.show_screen("system", {"page": "operators"})
    settled()
    screen = window.frame.current
    assert isinstance(screen, SystemScreen)
    assert isinstance(screen.page, OperatorsPage)
    assert [row.name for row in screen.page.table.rows] == [OPERATOR]


def test_the_key_stays_when_one_goes_back(
    system: SystemScreen, window: MainWindow, settled: Settled
) -> None:
    frame = window.frame
    system.shell.renew_key()
    page = window.gate
    assert isinstance(page, RenewKeyPage)
    page.back.emit()
    settled()
    assert window.gate is None
    assert window.frame is frame


def test_the_log_is_checked_against_the_paper(
    system: SystemScreen, settled: Settled, tmp_path: Path
) -> None:
    page = system.open("checks")
    assert isinstance(page, ChecksPage)
    head = system.shell.desk.database.head()
    for typed, said in (
        ("十二", "链头"),
        (f"{head.seq}-{head.hash[:16]}", "完整"),
        (f"{head.seq}-{'0' * 16}", "有 1 处不符"),
    ):
        page.head.setText(typed)
        page.check_chain()
        settled()
        assert said in page.chain.verdict
    page.save_statement(tmp_path / "核验单.pdf")
    page.save_slip(tmp_path / "锚定单.pdf")
    settled()
    assert (tmp_path / "核验单.pdf").exists()
    assert (tmp_path / "锚定单.pdf").exists()
    page.check_whole()
    settled()
    assert "学籍库完好" in page.whole.verdict


def test_about_names_every_part_with_its_licence(system: SystemScreen) -> None:
    page = system.open("about")
    assert isinstance(page, AboutPage)
    parts = {row.name: row for row in page.table.rows}
    assert parts["PySide6-Essentials"].licence == "LGPL-3"
    assert parts["openpyxl"].version
    assert parts["defusedxml"].licence == "PSF"
    assert all(row.licence for row in page.table.rows)
    assert len([row for row in page.table.rows if row.kind == "字体"]) == 6


@pytest.mark.parametrize("name", [name for group in GROUPS.values() for name in group])
def test_every_page_can_be_asked_for_by_name(frame: DeskFrame, settled: Settled, name: str) -> None:
    frame.show_screen("system", {"page": name})
    settled()
    screen = frame.current
    assert isinstance(screen, SystemScreen)
    assert screen.page is not None
    assert screen.page.title == screen.list.currentItem().text()


# --- 电脑检查 -------------------------------------------------------------------------------


@pytest.mark.promise(53)
def test_what_cannot_be_told_is_said_so_until_a_person_has_looked(
    system: SystemScreen, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace, "ThisMachine", lambda: Recorded("windows_denied"))
    page = system.open("workplace")
    assert isinstance(page, WorkplacePage)
    page.look()
    settled()
    assert "查不了 11" in page.verdict.text()
    buttons = [b for b in page.findChildren(Button) if b.accessibleName() == "人工核对杀毒软件"]

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ConfirmDialog)
        dialog.go.click()
        assert "请写明怎样核对的" in dialog.answer
        dialog.how.setText("看过安全中心")
        dialog.go.click()

    QTimer.singleShot(0, answer)
    buttons[0].click()
    assert "查不了 10" in page.verdict.text()
    page.save(tmp_path / "检查单.pdf")
    settled()
    assert (tmp_path / "检查单.pdf").exists()
    row = events(system, workplace.CHECKED)[0]
    assert row["结果"]["杀毒软件"] == "符合"
    assert row["人工核对"] == {"杀毒软件": OPERATOR}
    assert row["结果"]["防火墙"] == "查不了"


def events(system: SystemScreen, action: str) -> list[Mapping[str, Any]]:
    with system.shell.desk.database.read() as session:
        return [row.detail for row in audit.events_of(session, action)]
