"""The student form in the window: nothing typed is lost, faults are named, leaving asks once."""

from collections.abc import Callable
from datetime import date

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.vault.vault import Vault
from app.ui.desk_frame import DeskFrame
from app.ui.draft_keeper import DELAY_MS
from app.ui.main_window import MainWindow
from app.ui.shell import Shell
from app.ui.students import form as module
from app.ui.students.form import StudentForm
from app.ui.unlock.gate import UnlockPage
from app.ui.widgets.choice_edit import ChoiceEditor
from app.ui.widgets.form import Form
from app.ui.widgets.sheet import Leaving
from tests.builders import id_number
from tests.conftest import PASSWORD
from tests.scenes.scene import settle

NEW = {
    "name": "单晓明",
    "id_number": id_number(1),
    "ethnic_group": "汉族",
    "major": "计算机应用技术",
    "phone": "13800000001",
}
Settle = Callable[[], None]


@pytest.fixture
def who(shell: Shell) -> int:
    return shell.desk.editing.add(shell.desk.actor, NEW, entry_year=2026).student_id


@pytest.fixture
def opened(
    frame: DeskFrame, settled: Settle, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., StudentForm]:
    """Open the form as the screen would; a question that nobody answers fails the test."""

    def nobody(*_: object) -> Leaving:
        raise AssertionError("asked without need")

    monkeypatch.setattr(module, "ask_leaving", nobody)

    def open_(student_id: int | None = None) -> StudentForm:
        sheet = StudentForm(frame.shell, frame, student_id)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        sheet.open()
        sheet.activateWindow()
        settled()
        return sheet

    return open_


def inner(sheet: StudentForm) -> Form:
    assert sheet.form is not None
    return sheet.form


def fill(sheet: StudentForm, **values: str) -> None:
    """Type into the fields, one after the other."""
    form = inner(sheet)
    for name, text in values.items():
        key = name.replace("__", ":")
        form.focus(key)
        form.cells[key].editor.set_value(text)
        form.cells[key].editor.typed.emit()


def record(shell: Shell, student_id: int) -> dict[str, str]:
    return shell.desk.editing.values(shell.desk.actor, student_id)


def people(shell: Shell) -> list[str]:
    moment = Moment(date(2026, 10, 1), upcoming=True)
    return [row.name for row in shell.desk.students.rows(moment, Scope())]


@pytest.mark.ux("F4")
def test_f8_saves_a_new_student_who_is_in_school(
    opened: Callable[..., StudentForm], shell: Shell, settled: Settle, frame: DeskFrame
) -> None:
    sheet = opened()
    fill(sheet, **NEW)
    QTest.keyClick(sheet, Qt.Key.Key_F8)
    settled()
    assert people(shell) == ["单晓明"]
    assert not sheet.isVisible()
    assert frame.messages.text == "已新增 单晓明。"
    shell.undo.undo()
    settled()
    assert people(shell) == []


@pytest.mark.ux("F6")
def test_the_number_fills_birth_and_sex_and_never_overwrites(
    opened: Callable[..., StudentForm], settled: Settle
) -> None:
    sheet = opened()
    form = inner(sheet)
    fill(sheet, sex="女", id_number=id_number(1))
    form.focus("phone")
    settled()
    assert form.values["birth_date"] == "2011-03-05"
    assert form.values["sex"] == "女"
    assert "与身份证号不符" in form.cells["sex"].fault


@pytest.mark.ux("F7")
def test_saving_names_every_fault_and_writes_nothing(
    opened: Callable[..., StudentForm], shell: Shell, settled: Settle
) -> None:
    sheet = opened()
    fill(sheet, name="单晓明", guardian_phone__1="13900000001")
    sheet.save()
    settled()
    form = inner(sheet)
    assert {name for name, cell in form.cells.items() if cell.fault} == {
        "major",
        "guardian_name:1",
    }
    assert form.faults.isVisible()
    assert form.cells["major"].editor.hasFocus()
    assert people(shell) == []


@pytest.mark.ux("F7")
def test_what_saving_refused_stays_until_it_is_changed(
    opened: Callable[..., StudentForm], settled: Settle
) -> None:
    sheet = opened()
    fill(sheet, name="单晓明", birth_date="11.3.5")
    sheet.save()
    settled()
    form = inner(sheet)
    faulty = [name for name, cell in form.cells.items() if cell.fault]
    assert faulty == ["major", "birth_date"]
    fill(sheet, birth_date="2011-03-05")
    form.focus("phone")
    settled()
    assert form.cells["birth_date"].fault == ""
    assert "必填" in form.cells["major"].fault
    fill(sheet, major="计算机应用技术")
    form.focus("phone")
    settled()
    assert not form.faults.isVisible()


@pytest.mark.ux("F4")
def test_saving_twice_in_haste_writes_once(
    opened: Callable[..., StudentForm], shell: Shell, settled: Settle
) -> None:
    sheet = opened()
    fill(sheet, name="单晓明", major="计算机应用技术")
    sheet.save()
    sheet.save()
    sheet.close()
    settled()
    assert people(shell) == ["单晓明"]
    assert not sheet.isVisible()


def test_what_is_read_after_the_form_was_closed_is_left_aside(
    frame: DeskFrame, settled: Settle, who: int
) -> None:
    sheet = StudentForm(frame.shell, frame, who)
    sheet.open()
    sheet.done(0)
    QApplication.sendPostedEvents(sheet, QEvent.Type.DeferredDelete)
    assert not isValid(sheet)
    settled()


@pytest.mark.ux("F7")
def test_an_incomplete_record_may_be_saved(
    opened: Callable[..., StudentForm], shell: Shell, settled: Settle
) -> None:
    sheet = opened()
    fill(sheet, name="单晓明", major="计算机应用技术")
    sheet.save()
    settled()
    (found,) = shell.desk.students.find("单晓明")
    dossier = shell.desk.dossiers.of(shell.desk.actor, found)
    assert dossier is not None
    assert "身份证号" in dossier.completeness.labels


@pytest.mark.ux("F7")
def test_a_field_is_checked_when_it_is_left(
    opened: Callable[..., StudentForm], settled: Settle, who: int
) -> None:
    sheet = opened()
    form = inner(sheet)
    fill(sheet, id_number=id_number(1))
    assert form.cells["id_number"].fault == ""
    form.focus("phone")
    settled()
    assert "已是单晓明的" in form.cells["id_number"].fault


@pytest.mark.ux("F3")
def test_entering_one_after_another_keeps_class_and_dates(
    opened: Callable[..., StudentForm], shell: Shell, settled: Settle
) -> None:
    sheet = opened()
    sheet.again.setChecked(True)
    fill(sheet, **NEW, origin_school="文昌中学")
    sheet.save()
    settled()
    form = inner(sheet)
    assert sheet.isVisible()
    assert form.values["name"] == ""
    assert form.values["major"] == "计算机应用技术"
    assert form.cells["name"].editor.hasFocus()
    form.focus("origin_school")
    QTest.keyClicks(form.cells["origin_school"].editor, "..")
    assert form.values["origin_school"] == "文昌中学"
    form.cells["origin_school"].set_saved("")
    sheet.close()
    assert not sheet.isVisible()


@pytest.mark.ux("F2")
def test_only_classes_of_the_year_and_major_are_offered(
    opened: Callable[..., StudentForm], shell: Shell, who: int
) -> None:
    earlier = {"name": "解芳", "major": NEW["major"]}
    shell.desk.editing.add(shell.desk.actor, earlier, entry_year=2025)
    for year in (2025, 2026):
        shell.desk.establishment.save_class(
            shell.desk.actor, None, name=f"{year % 100}计算机1班", head_teacher="",
            cohort=year, major=NEW["major"],
        )  # fmt: skip
    form = inner(opened())
    classes = form.cells["class_group"].editor
    assert isinstance(classes, ChoiceEditor)
    assert [choice.text for choice in classes.choices.all] == ["26计算机1班"]
    form.put({"entry_year": "2025"})
    form.left.emit("entry_year")
    assert [choice.text for choice in classes.choices.all] == ["25计算机1班"]


@pytest.mark.ux("F4")
def test_f5_begins_a_new_record(
    opened: Callable[..., StudentForm], who: int, settled: Settle
) -> None:
    sheet = opened(who)
    QTest.keyClick(sheet, Qt.Key.Key_F5)
    settled()
    assert sheet.student_id is None
    assert inner(sheet).values["name"] == ""


def test_an_edit_is_saved_and_undone_by_changes_of_their_own(
    opened: Callable[..., StudentForm], shell: Shell, who: int, settled: Settle
) -> None:
    sheet = opened(who)
    fill(sheet, phone="13800000009", guardian_name__1="单建国")
    sheet.save()
    settled()
    assert record(shell, who)["phone"] == "13800000009"
    assert shell.undo.undoText() == "修改单晓明"
    shell.undo.undo()
    settled()
    assert record(shell, who)["phone"] == "13800000001"
    assert "guardian_name:1" not in record(shell, who)
    shell.undo.redo()
    settled()
    assert record(shell, who)["guardian_name:1"] == "单建国"


@pytest.mark.ux("F11")
def test_key_fields_are_locked_and_the_number_is_masked(
    opened: Callable[..., StudentForm], who: int, qtbot: QtBot
) -> None:
    sheet = opened(who)
    form = inner(sheet)
    locked = {name for name, cell in form.cells.items() if cell.editor.isReadOnly()}
    assert locked == {"name", "id_number", "sex", "birth_date", "ethnic_group"}
    assert id_number(1)[6:14] not in form.cells["id_number"].editor.text()  # type: ignore[union-attr]
    with qtbot.waitSignal(sheet.unlock_wanted) as told:
        form.unlock_wanted.emit("name")
    assert told.args == [who, "name"]


@pytest.mark.ux("F9")
@pytest.mark.parametrize("answer", ["save", "discard", "stay"])
def test_leaving_asks_once(
    opened: Callable[..., StudentForm],
    shell: Shell,
    who: int,
    settled: Settle,
    monkeypatch: pytest.MonkeyPatch,
    answer: Leaving,
) -> None:
    sheet = opened(who)
    asked: list[str] = []

    def ask(_: object, what: str) -> Leaving:
        asked.append(what)
        return answer

    monkeypatch.setattr(module, "ask_leaving", ask)
    fill(sheet, phone="13800000009")
    sheet.close()
    settled()
    assert asked == ["单晓明的登记"]
    assert sheet.isVisible() is (answer == "stay")
    assert (record(shell, who)["phone"] == "13800000009") is (answer == "save")


@pytest.mark.ux("F9")
def test_nothing_is_asked_when_nothing_changed(
    opened: Callable[..., StudentForm], who: int
) -> None:
    sheet = opened(who)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


@pytest.mark.ux("F8")
def test_a_draft_is_written_within_two_seconds_of_the_last_key(
    opened: Callable[..., StudentForm], shell: Shell, qtbot: QtBot
) -> None:
    assert DELAY_MS < 2000
    sheet = opened()
    fill(sheet, name="单晓明")
    desk = shell.desk
    qtbot.waitUntil(lambda: bool(desk.drafts.all(desk.actor)), timeout=2000)
    (draft,) = desk.drafts.all(desk.actor)
    assert (draft.title, draft.values["name"]) == ("单晓明", "单晓明")


@pytest.mark.ux("F8")
@pytest.mark.promise(56)
def test_a_draft_survives_the_lock_and_is_offered_again(
    opened: Callable[..., StudentForm],
    window: MainWindow,
    settled: Settle,
    frame: DeskFrame,
    who: int,
    qtbot: QtBot,
) -> None:
    sheet = opened(who)
    fill(sheet, phone="13800000009")
    window.idle.set_minutes(0.0001, 10)
    window.idle.start()  # nobody is there any more
    qtbot.waitUntil(lambda: isinstance(window.gate, UnlockPage))
    QApplication.processEvents()
    assert not sheet.isVisible()  # nothing of a record stays on the screen
    settled()
    files = [path for path in window.folder.parent.rglob("*") if path.is_file()]
    assert not [path.name for path in files if b"13800000009" in path.read_bytes()]  # encrypted
    window.close_register()
    settle(window)
    vault = Vault.open(window.folder, PASSWORD)
    window.enter(vault)
    assert window.frame is not None
    again = StudentForm(window.frame.shell, window.frame, who)
    again.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    again.open()
    settled()
    assert "有 1 份未保存的录入（" in again.draft_bar.text
    assert "单晓明" in again.draft_bar.text
    again.draft_bar._resume()
    assert inner(again).changed == {"phone": "13800000009"}
    again.save()
    settled()
    assert record(window.frame.shell, who)["phone"] == "13800000009"
    assert window.frame.shell.desk.drafts.all(vault.actor) == []


@pytest.mark.ux("F8")
def test_a_form_comes_back_with_its_typing_after_unlocking(
    opened: Callable[..., StudentForm], window: MainWindow, who: int, settled: Settle
) -> None:
    sheet = opened(who)
    fill(sheet, phone="13800000009")
    window.lock()
    settled()
    window._readmit()
    QApplication.processEvents()
    assert sheet.isVisible()
    assert inner(sheet).values["phone"] == "13800000009"
    sheet._drop()
    inner(sheet).set_saved(inner(sheet).values)


@pytest.mark.ux("F8")
def test_a_draft_can_be_dropped(
    opened: Callable[..., StudentForm], shell: Shell, who: int, settled: Settle
) -> None:
    desk = shell.desk
    desk.drafts.save(desk.actor, module.DRAFT, {"phone": "1"}, subject=str(who), title="单晓明")
    sheet = opened(who)
    sheet.draft_bar._drop()
    settled()
    assert desk.drafts.all(desk.actor) == []
    assert not inner(sheet).is_changed
