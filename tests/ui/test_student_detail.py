"""One student beside the list: what is shown, as of which day, what may be changed and how."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.vocabulary import Role
from app.services.clock import today
from app.services.office.drafts import DraftRow
from app.services.register.ledger import Moment
from app.services.register.sight import masked
from app.services.vault.audit import Actor
from app.ui.desk_frame import DeskFrame
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.students import correction as correction_module
from app.ui.students.correction import CorrectionSheet
from app.ui.students.crop import CropSheet
from app.ui.students.detail import StudentDetail
from app.ui.students.form import StudentForm
from app.ui.students.pages import BasicPage, LedgerPage
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.scan_sheet import ScanSheet
from app.ui.widgets.sheet import Leaving
from tests.builders import id_number
from tests.pictures import picture, put
from tests.scans import pdf

NEW = {
    "name": "单晓明",
    "id_number": id_number(1),
    "ethnic_group": "汉族",
    "major": "计算机应用技术",
    "phone": "13800000001",
    "guardian_name:1": "单建国",
    "guardian_relation:1": "父亲",
}
Settle = Callable[[], None]


@pytest.fixture
def who(shell: Shell) -> int:
    return shell.desk.editing.add(shell.desk.actor, NEW, entry_year=2026).student_id


@pytest.fixture
def detail(
    frame: DeskFrame, who: int, settled: Settle, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StudentDetail]:
    """The pane with a student on it; a question that nobody answers fails the test."""

    def nobody(*_: object) -> Leaving:
        raise AssertionError("asked without need")

    monkeypatch.setattr(correction_module, "ask_leaving", nobody)
    made = StudentDetail(frame.shell)
    made.setParent(frame)
    made.resize(420, 820)
    made.show()
    made.show_student(who)
    settled()
    yield made
    if made.sheet is not None:
        made.sheet.done(0)


def words(widget: QWidget | None) -> str:
    assert widget is not None
    return "\n".join(label.text() for label in widget.findChildren(Label))


def basic(detail: StudentDetail) -> BasicPage:
    assert isinstance(detail.page, BasicPage)
    return detail.page


def at_hand(detail: StudentDetail, qtbot: QtBot) -> None:
    """The keyboard is where F6 puts it."""
    detail.window().activateWindow()
    detail.setFocus()
    qtbot.waitUntil(detail.tabs.hasFocus)


def values(shell: Shell, who: int) -> dict[str, str]:
    return shell.desk.editing.values(shell.desk.actor, who)


def actions(shell: Shell) -> list[str]:
    with shell.desk.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_the_head_tells_who_and_where(detail: StudentDetail) -> None:
    assert detail.name.text() == "单晓明"
    assert detail.reading.text() == "shan xiao ming"
    assert detail.number.text() == "还没有编学号"
    assert detail.status.accessibleName() == "在校"
    assert detail.grade.accessibleName().startswith("2026级")


def test_every_tab_shows_its_part(detail: StudentDetail, shell: Shell, settled: Settle) -> None:
    titles = [detail.tabs.tabText(index) for index in range(detail.tabs.count())]
    assert titles == ["基本", "家庭", "学籍", "档案", "附件", "修改记录"]
    detail.show_tab("家庭")
    assert "单建国" in words(detail.page)
    detail.show_tab("学籍")
    assert isinstance(detail.page, LedgerPage)
    assert [row.told.title for row in detail.page.timeline.rows] == ["入学注册", "录取"]
    shell.desk.editing.edit(shell.desk.actor, who_is(detail), {"phone": "13800000002"})
    detail.refresh()
    settled()
    detail.show_tab("修改记录")
    assert "13800000001 → 13800000002" in words(detail.page)


def who_is(detail: StudentDetail) -> int:
    assert detail.student_id is not None
    return detail.student_id


def test_tabs_turn_by_key(detail: StudentDetail) -> None:
    detail.turn(1)
    assert detail.tabs.currentIndex() == 1
    detail.turn(-2)
    assert detail.tabs.currentIndex() == detail.tabs.count() - 1


def test_what_is_missing_leads_to_its_field(
    detail: StudentDetail, settled: Settle, qtbot: QtBot
) -> None:
    page = basic(detail)
    assert "还缺" in words(page)
    next(b for b in page.findChildren(Button) if b.text() == "去补填").click()
    settled()
    sheet = detail.sheet
    assert isinstance(sheet, StudentForm)
    assert sheet.form is not None
    editor = sheet.form.cells["exam_number"].editor
    qtbot.waitUntil(lambda: sheet.focusWidget() in (editor, editor.focusProxy()))


def test_the_number_is_masked_until_asked_for_and_that_is_logged(
    detail: StudentDetail, shell: Shell, settled: Settle, qtbot: QtBot
) -> None:
    shown = basic(detail).facts.values["身份证号"]
    assert shown.text() == masked(id_number(1))
    assert "显示身份证号" not in actions(shell)
    at_hand(detail, qtbot)
    QTest.keyClick(detail.tabs, Qt.Key.Key_F9)
    settled()
    number = id_number(1)
    assert basic(detail).facts.values["身份证号"].text() == (
        f"{number[:6]} {number[6:14]} {number[14:]}"
    )
    assert actions(shell).count("显示身份证号") == 1
    detail.reveal()
    assert "*" in basic(detail).facts.values["身份证号"].text()


def test_another_student_is_masked_again(
    detail: StudentDetail, shell: Shell, settled: Settle
) -> None:
    other = shell.desk.editing.add(
        shell.desk.actor,
        {"name": "解芳", "id_number": id_number(2, boy=False), "major": "计算机应用技术"},
        entry_year=2026,
    )
    detail.reveal()
    settled()
    detail.show_student(other.student_id)
    settled()
    assert "*" in basic(detail).facts.values["身份证号"].text()


def test_as_of_a_day_nothing_can_be_changed(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    shell.desk.editing.edit(shell.desk.actor, who, {"phone": "13800000002"})
    yesterday = today() - timedelta(days=1)
    detail.show_student(who, Moment(yesterday))
    settled()
    assert f"历史视图 {yesterday}" in detail.strip.text
    assert "138 0000 0001" in words(detail.page)
    detail.show_tab("修改记录")
    assert "13800000002" not in words(detail.page)
    assert not detail.editing.isVisible()
    assert "去补填" not in [button.text() for button in detail.findChildren(Button)]
    detail.edit()
    detail.correct("name")
    assert detail.sheet is None
    detail.show_student(who)
    settled()
    assert detail.strip.text == ""


def test_what_was_done_in_one_go_is_one_record(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    shell.desk.editing.edit(
        shell.desk.actor, who, {"native_place": "江苏南京", "email": "sxm@example.com"}
    )
    detail.refresh()
    settled()
    detail.show_tab("修改记录")
    said = words(detail.page)
    assert "修改 2 栏" in said
    assert "籍贯：空 → 江苏南京" in said


def test_a_change_is_read_when_the_pane_is_shown_again(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    detail.hide()
    shell.run(
        lambda: shell.desk.editing.edit(shell.desk.actor, who, {"phone": "13800000002"}), "修改"
    )
    settled()
    assert "138 0000 0001" in words(detail.page)
    detail.show()
    settled()
    assert "138 0000 0002" in words(detail.page)


@pytest.mark.ux("A2")
@pytest.mark.ux("A1")
def test_everything_that_can_be_pressed_is_named_and_reached_by_tab(
    detail: StudentDetail, shell: Shell, settled: Settle
) -> None:
    def name_of(widget: QWidget) -> str:
        own = widget.accessibleName()
        return own or (widget.text() or widget.toolTip() if hasattr(widget, "text") else "")

    def nameless(widget: QWidget) -> list[QWidget]:
        kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QTabBar)
        found = [w for kind in kinds for w in widget.findChildren(kind) if w.isVisibleTo(widget)]
        assert found
        return [w for w in found if not name_of(w) and w.parent() is not detail.tabs]

    for index in range(detail.tabs.count()):
        detail.tabs.setCurrentIndex(index)
        assert nameless(detail) == []
    detail.tabs.setCurrentIndex(0)
    buttons = detail.findChildren(QAbstractButton)
    pencils = [button for button in buttons if "须凭证明" in button.accessibleName()]
    assert [button.accessibleName() for button in pencils] == [
        "变更姓名（须凭证明）",
        "变更性别（须凭证明）",
        "变更出生日期（须凭证明）",
        "变更身份证号（须凭证明）",
        "变更民族（须凭证明）",
    ]
    assert all(button.focusPolicy() & Qt.FocusPolicy.TabFocus for button in pencils)
    for open_ in (detail.new_student, lambda: detail.correct("id_number")):
        open_()
        settled()
        assert detail.sheet is not None
        assert nameless(detail.sheet) == []
        detail.sheet.accept()


def test_a_sheet_goes_with_the_screen_and_not_with_the_pane(
    shell: Shell, who: int, settled: Settle, qtbot: QtBot
) -> None:
    screen = Screen(shell)
    qtbot.addWidget(screen)
    pane = StudentDetail(shell)
    screen.box.addWidget(pane)
    screen.show()
    pane.show_student(who)
    settled()
    pane.edit()
    settled()
    sheet = pane.sheet
    assert sheet is not None
    pane.hide()
    assert sheet.isVisible()
    screen.hide()
    assert not sheet.isVisible()
    screen.show()
    assert sheet.isVisible()
    sheet.accept()


def test_nobody_and_somebody_else_while_reading(
    detail: StudentDetail, who: int, settled: Settle
) -> None:
    detail.show_student(who)
    detail.show_student(None)
    settled()
    assert detail.empty.isVisible()


@pytest.mark.ux("G15")
def test_page_keys_walk_the_list(detail: StudentDetail, qtbot: QtBot) -> None:
    at_hand(detail, qtbot)
    with qtbot.waitSignal(detail.step) as told:
        QTest.keyClick(detail.tabs, Qt.Key.Key_PageDown)
    assert told.args == [1]
    with qtbot.waitSignal(detail.back):
        QTest.keyClick(detail.tabs, Qt.Key.Key_Escape)


def test_who_only_reads_sees_no_buttons(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    shell.desk.actor = Actor(shell.desk.actor.id, "查阅员", frozenset({Role.READ}))
    detail.show_student(who)
    settled()
    assert not detail.editing.isVisible()
    assert not detail.reading_button.isVisible()


def test_a_corrected_reading_can_be_undone(
    detail: StudentDetail, shell: Shell, settled: Settle
) -> None:
    detail.save_reading("chan xiao ming")
    settled()
    assert detail.reading.text() == "chan xiao ming"
    shell.undo.undo()
    settled()
    assert detail.reading.text() == "shan xiao ming"


def test_a_draft_opens_its_form(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    desk = shell.desk
    desk.drafts.save(
        desk.actor, "学生登记表", {"phone": "13800000003"}, subject=str(who), title="单晓明"
    )
    detail.open_draft(desk.drafts.all(desk.actor)[0])
    settled()
    sheet = detail.sheet
    assert isinstance(sheet, StudentForm)
    assert sheet.draft_bar.text == ""  # it was asked for: nothing is offered again
    assert sheet.form is not None
    assert sheet.form.changed == {"phone": "13800000003"}
    sheet.form.set_saved(sheet.form.values)


@pytest.mark.ux("F8")
def test_home_offers_what_was_left_half_done(
    detail: StudentDetail, frame: DeskFrame, settled: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = frame.shell.desk
    subject = f"{who_is(detail)}:name"
    desk.drafts.save(
        desk.actor, "信息变更", {"name": "单晓鸣"}, subject=subject, title="单晓明的姓名"
    )
    asked: list[DraftRow] = []
    monkeypatch.setattr(frame.shell, "go", lambda _screen, *, draft: asked.append(draft))
    frame.show_screen("home")
    settled()
    home = frame.current
    assert home is not None
    next(b for b in home.findChildren(Button) if b.text() == "继续").click()
    detail.open_draft(asked[0])
    settled()
    sheet = detail.sheet
    assert isinstance(sheet, CorrectionSheet)
    assert sheet.form.values["name"] == "单晓鸣"
    sheet.form.set_saved(sheet.form.values)


# --- 信息变更 -----------------------------------------------------------------------------


def correction(detail: StudentDetail, settled: Settle, field: str) -> CorrectionSheet:
    detail.correct(field)
    settled()
    assert isinstance(detail.sheet, CorrectionSheet)
    return detail.sheet


@pytest.mark.ux("F11")
def test_a_key_field_changes_with_basis_and_evidence(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle, tmp_path: Path, qtbot: QtBot
) -> None:
    sheet = correction(detail, settled, "name")
    sheet.form.put({"name": "单晓鸣", "basis": "派出所更正证明〔2026〕18 号", "kind": "户籍证明"})
    sheet.add_files([put(tmp_path, "证明.jpg", picture())])
    with qtbot.waitSignal(detail.edited):
        sheet.save()
    settled()
    assert detail.sheet is None  # it has closed, and asked nothing
    assert values(shell, who)["name"] == "单晓鸣"
    assert detail.name.text() == "单晓鸣"
    detail.show_tab("修改记录")
    assert "单晓明 → 单晓鸣" in words(detail.page)
    assert "派出所更正证明〔2026〕18 号" in words(detail.page)
    detail.show_tab("附件")
    assert "户籍证明" in words(detail.page)


@pytest.mark.ux("F11")
def test_without_basis_or_evidence_nothing_changes(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    sheet = correction(detail, settled, "ethnic_group")
    sheet.save()
    assert {name for name, cell in sheet.form.cells.items() if cell.fault} == {
        "ethnic_group",
        "basis",
    }
    sheet.form.put({"ethnic_group": "回族", "basis": "户口簿"})
    sheet.save()
    assert "须凭证明材料" in sheet.answer.text
    sheet.original.setChecked(True)
    sheet.save()
    settled()
    assert values(shell, who)["ethnic_group"] == "回族"


@pytest.mark.ux("F6")
def test_a_new_number_brings_its_birth_date(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle
) -> None:
    sheet = correction(detail, settled, "id_number")
    born = id_number(1, born="20110315")
    assert id_number(1) not in words(sheet)
    sheet.form.cells["id_number"].editor.set_value(born)
    sheet.form.focus("basis")
    sheet._left("id_number")
    assert sheet.form.values["birth_date"] == "2011-03-15"
    assert sheet.form.values["sex"] == ""
    sheet.form.put({"basis": "身份证"})
    sheet.original.setChecked(True)
    sheet.save()
    settled()
    assert values(shell, who)["id_number"] == born
    assert values(shell, who)["birth_date"] == "2011-03-15"


# --- photographs --------------------------------------------------------------------------


@pytest.mark.ux("P1")
def test_a_photo_dropped_on_the_person_is_his(
    detail: StudentDetail, frame: DeskFrame, settled: Settle, tmp_path: Path
) -> None:
    detail.take_photo(put(tmp_path, "DSC_0001.jpg", picture(600, 800)))
    settled()
    assert detail.photo.accessibleName() == "单晓明的照片"
    assert "DSC_0001.jpg" in frame.messages.text
    detail.take_photo(put(tmp_path, "横.jpg", picture(800, 600)))
    settled()
    assert "横的" in frame.messages.text


@pytest.mark.ux("P3")
def test_the_crop_frame_moves_by_keys_and_enter_takes_it(
    detail: StudentDetail, shell: Shell, who: int, settled: Settle, tmp_path: Path
) -> None:
    desk = shell.desk
    other = desk.editing.add(
        desk.actor, {"name": "解芳", "major": "计算机应用技术"}, entry_year=2026
    ).student_id
    for student_id in (who, other):
        desk.portraits.take(desk.actor, student_id, put(tmp_path, "照.jpg", picture(900, 1200)))
    detail.walk = lambda: [who, other]
    detail.refresh()
    settled()
    detail.crop()
    settled()
    sheet = detail.sheet
    assert isinstance(sheet, CropSheet)
    view = sheet.view
    view.zoom(0.5)
    before = view.box
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert view.box[0] - before[0] == pytest.approx(1 / 900)
    assert view.box[1] - before[1] == pytest.approx(10 / 1200)
    wide, tall = view.box[2] - view.box[0], view.box[3] - view.box[1]
    assert wide * 900 / (tall * 1200) == pytest.approx(0.75)
    for _ in range(90):
        QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.box[2] == pytest.approx(1)

    original = desk.media.get(photos(shell, who)[0].sha256)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    settled()
    assert len(photos(shell, who)) == 2
    assert desk.media.get(photos(shell, who)[0].sha256) == original
    assert sheet.original is not None
    assert sheet.original.name == "解芳"  # on to the next
    QTest.keyClick(sheet, Qt.Key.Key_A)
    settled()
    assert sheet.original.name == "单晓明"
    QTest.keyClick(sheet, Qt.Key.Key_D)
    settled()
    assert sheet.original.name == "解芳"

    card = photos(shell, who)[1].card_sha256
    shell.undo.undo()
    settled()
    assert photos(shell, who)[0].card_sha256 == card


def photos(shell: Shell, who: int) -> tuple:  # type: ignore[type-arg]
    dossier = shell.desk.dossiers.of(shell.desk.actor, who)
    assert dossier is not None
    return dossier.photos


@pytest.mark.promise(52)
def test_a_scan_in_evidence_is_shown_without_leaving_the_program(
    detail: StudentDetail,
    shell: Shell,
    who: int,
    settled: Settle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside: list[object] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", outside.append)
    script = pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>", pages=2)
    shell.desk.corrections.correct(
        shell.desk.actor,
        who,
        {"民族": "回族"},
        basis="户籍证明",
        evidence=[
            (put(tmp_path, "户籍.jpg", picture(900, 1200)), "户籍证明"),
            (put(tmp_path, "证明.pdf", script), "派出所证明"),
            (put(tmp_path, "坏的.pdf", script[:200]), "坏的证明"),
        ],
    )
    detail.refresh()
    settled()
    detail.show_tab("附件")

    def look(kind: str) -> ScanSheet:
        assert detail.page is not None
        buttons = detail.page.findChildren(Button)
        next(b for b in buttons if b.accessibleName() == f"查看{kind}").click()
        settled()
        assert isinstance(detail.sheet, ScanSheet)
        assert detail.sheet.windowTitle() == kind
        return detail.sheet

    sheet = look("户籍证明")
    assert not sheet.shown.pixmap().isNull()
    assert sheet.warning.text == ""
    sheet.close()
    sheet = look("派出所证明")
    assert "脚本" in sheet.warning.text
    assert "从不执行" in sheet.warning.text
    sheet.on.click()
    settled()
    assert "第 2 页，共 2 页" in sheet.place.text()
    before = sheet.shown.pixmap().width()
    sheet.larger.click()
    assert sheet.shown.pixmap().width() > before
    sheet.close()
    sheet = look("坏的证明")
    assert "已损坏" in sheet.warning.text
    sheet.close()
    assert outside == []
