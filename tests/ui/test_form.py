"""Forms as a hand on the keyboard meets them: Enter, repeats, dates, codes, numbers, faults."""

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.services import clock
from app.services.choices import Choices, ethnic_groups, relations, sexes
from app.services.standards import Standards
from app.ui.widgets.choice_edit import ChoiceEditor
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.editors import LineEditor, NoteEditor
from app.ui.widgets.form import FieldOf, Form, SectionOf
from app.ui.widgets.identity_edit import IdentityEditor, MaskedNumber
from tests.builders import id_number

STANDARDS = Standards()
ENTER, SHIFT = Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def field_of(name: str, choices: Choices | None = None) -> FieldOf:
    return FieldOf(name, name) if choices is None else FieldOf(
        name, name, lambda label: ChoiceEditor(label, choices)
    )  # fmt: skip


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    made = Form(
        "登记",
        [
            SectionOf(
                "一",
                [
                    FieldOf("name", "姓名"),
                    FieldOf("born", "出生日期", DateEditor),
                    field_of("ethnic", ethnic_groups(STANDARDS)),
                    FieldOf("locked", "锁定的", locked=True),
                ],
                2,
            ),
            SectionOf("二", [FieldOf("remark", "备注", NoteEditor, 2), FieldOf("last", "末栏")], 2),
        ],
    )
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    made.focus_first()
    return made


def focused(form: Form) -> str:
    focus = QApplication.focusWidget()
    return next((name for name, cell in form.cells.items() if cell.editor is focus), "")


def compose(widget: QWidget, preedit: str, commit: str = "") -> None:
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(widget, event)


def write(widget: QWidget, text: str) -> None:
    """Type the text: what is on no key comes from the input method."""
    for char in text:
        if char.isascii():
            QTest.keyClicks(widget, char)
        else:
            compose(widget, "", char)


def press(key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, held)


# --- F1, F12: moving ----------------------------------------------------------------------


@pytest.mark.ux("F1")
def test_enter_goes_on_and_shift_enter_back(form: Form) -> None:
    walked = [focused(form)]
    for _ in range(3):
        press(ENTER)
        walked.append(focused(form))
    assert walked == ["name", "born", "ethnic", "remark"]
    form.focus("ethnic")
    press(ENTER, SHIFT)
    assert focused(form) == "born"


@pytest.mark.ux("F1")
def test_after_the_last_field_the_form_says_so(form: Form, qtbot: QtBot) -> None:
    form.focus("last")
    with qtbot.waitSignal(form.ended):
        press(ENTER)


@pytest.mark.ux("F1")
def test_a_note_keeps_enter_and_ctrl_enter_leaves_it(form: Form) -> None:
    form.focus("remark")
    press(ENTER)
    assert focused(form) == "remark"
    assert form.cells["remark"].editor.document().blockCount() == 2  # type: ignore[union-attr]
    press(ENTER, CONTROL)
    assert focused(form) == "last"


@pytest.mark.ux("F1")
def test_the_enter_of_an_input_method_does_not_move(form: Form) -> None:
    editor = form.cells["name"].editor
    compose(editor, "shan")
    press(ENTER)
    assert focused(form) == "name"
    compose(editor, "", "单")  # the commit, and the very same key forwarded
    press(ENTER)
    assert focused(form) == "name"
    assert editor.value == "单"


@pytest.mark.ux("F12")
def test_tab_follows_the_eye(form: Form) -> None:
    seen = [focused(form)]
    places = {}
    for name, cell in form.cells.items():
        corner = cell.mapTo(form, cell.rect().topLeft())
        places[name] = (corner.y(), corner.x())
    for _ in range(12):
        press(Qt.Key.Key_Tab)
        if (name := focused(form)) and name not in seen:
            seen.append(name)
    reading = sorted((name for name in places if name != "locked"), key=lambda name: places[name])
    assert seen == reading


# --- F3, F4: repeating --------------------------------------------------------------------


@pytest.mark.ux("F3")
def test_two_dots_take_the_value_saved_before(form: Form) -> None:
    form.repeated = {"name": "王伟"}
    write(form.cells["name"].editor, "..")
    assert form.values["name"] == "王伟"
    form.focus("last")
    write(form.cells["last"].editor, "..")
    assert form.values["last"] == ""
    assert "是空的" in form.cells["last"].said


@pytest.mark.ux("F4")
def test_ctrl_d_copies_the_field_from_the_record_before(form: Form) -> None:
    form.repeated = {"born": "2011-03-05"}
    form.focus("born")
    press(Qt.Key.Key_D, CONTROL)
    assert form.values["born"] == "2011-03-05"


# --- F5: dates ----------------------------------------------------------------------------


@pytest.mark.ux("F5")
@pytest.mark.parametrize(
    "text", ["20080901", "2008.9.1", "2008-9-1", "2008年9月1日", "２００８.9.1"]
)
def test_dates_are_taken_as_people_type_them(form: Form, text: str) -> None:
    form.focus("born")
    write(form.cells["born"].editor, text)
    press(ENTER)
    assert form.cells["born"].editor.text() == "2008-09-01"  # type: ignore[union-attr]
    assert form.values["born"] == "2008-09-01"
    assert not form.problems


@pytest.mark.ux("F5")
@pytest.mark.parametrize(
    ("text", "words"),
    [("08.9.1", "年份只有两位"), ("2011-02-30", "没有这一天"), ("2008.9", "缺少日")],
)
def test_dates_that_are_none_are_named(form: Form, text: str, words: str) -> None:
    form.focus("born")
    write(form.cells["born"].editor, text)
    press(ENTER)
    assert words in form.cells["born"].fault
    assert form.values["born"] == text


@pytest.mark.ux("F5")
def test_ctrl_semicolon_is_today_and_f7_the_calendar(form: Form, monkeypatch) -> None:
    monkeypatch.setattr("app.ui.widgets.date_edit.today", lambda: date(2026, 9, 15))
    editor = form.cells["born"].editor
    assert isinstance(editor, DateEditor)
    form.focus("born")
    press(Qt.Key.Key_Semicolon, CONTROL)
    assert form.values["born"] == "2026-09-15"
    assert editor._calendar is None
    press(Qt.Key.Key_F7)
    calendar = editor._calendar
    assert calendar is not None
    assert calendar.isVisible()
    days = calendar._days
    days.setSelectedDate(days.selectedDate().addDays(1))
    days.activated.emit(days.selectedDate())
    assert form.values["born"] == "2026-09-16"
    assert not calendar.isVisible()
    assert clock.today() is not None


# --- F2: coded fields ---------------------------------------------------------------------


@pytest.mark.ux("F2")
@pytest.mark.parametrize("typed", ["hz", "01", "汉"])
def test_typing_narrows_and_enter_takes_the_first(form: Form, typed: str) -> None:
    editor = form.cells["ethnic"].editor
    assert isinstance(editor, ChoiceEditor)
    form.focus("ethnic")
    write(editor, typed)
    assert editor.offered[0] == "汉族"
    QTest.keyClick(editor, ENTER)
    assert form.values["ethnic"] == "汉族"
    assert focused(form) == "remark"


@pytest.mark.ux("F2")
def test_f7_opens_all_choices_and_arrows_choose(form: Form) -> None:
    editor = form.cells["ethnic"].editor
    assert isinstance(editor, ChoiceEditor)
    form.focus("ethnic")
    QTest.keyClick(editor, Qt.Key.Key_F7)
    assert len(editor.offered) >= 56
    QTest.keyClick(editor._popup, Qt.Key.Key_Down)
    QTest.keyClick(editor, ENTER)
    assert form.values["ethnic"] == "蒙古族"


@pytest.mark.ux("F2")
def test_an_unknown_word_is_refused_on_leaving_with_the_nearest(form: Form) -> None:
    form.focus("ethnic")
    write(form.cells["ethnic"].editor, "汗族")
    press(Qt.Key.Key_Tab)
    assert "没有这个民族" in form.cells["ethnic"].fault
    assert "“汉族”" in form.cells["ethnic"].fault
    assert form.values["ethnic"] == "汗族"


@pytest.mark.ux("F2")
def test_a_field_of_proposals_keeps_other_words(qtbot: QtBot) -> None:
    editor = ChoiceEditor("关系", relations(STANDARDS))
    qtbot.addWidget(editor)
    editor.setText("舅舅")
    assert (editor.value, editor.problem) == ("舅舅", "")
    editor.setText("mq")
    assert editor.value == "母亲"


# --- F6: numbers --------------------------------------------------------------------------


@pytest.mark.ux("F6")
@pytest.mark.parametrize(
    "pasted",
    [
        "460303 20110305 5015",
        "４６０３０３２０１１０３０５５０１５",
        " 460303-20110305-5015 ",
        "'460303201103055015",
    ],
)
def test_a_number_is_taken_in_any_form_and_shown_in_groups(qtbot: QtBot, pasted: str) -> None:
    sound = id_number(0)
    spelled = pasted.replace("5015", sound[-4:]).replace("５０１５", sound[-4:])
    editor = IdentityEditor("身份证号")
    qtbot.addWidget(editor)
    editor.setText(spelled)
    editor.tidy()
    if "-" in spelled:
        assert editor.problem
        return
    assert editor.value == sound
    assert editor.text() == f"{sound[:6]} {sound[6:14]} {sound[14:]}"
    said = editor.identity
    assert said is not None
    assert said.birth_date == date(2011, 3, 5)


@pytest.mark.ux("F6")
def test_a_wrong_number_says_what_is_wrong(qtbot: QtBot) -> None:
    editor = IdentityEditor("身份证号")
    qtbot.addWidget(editor)
    editor.setText("46030320110305501")
    assert "共 17 位" in editor.problem
    editor.foreign = True
    assert editor.problem == ""


def test_a_masked_number_keeps_its_value(qtbot: QtBot) -> None:
    editor = MaskedNumber("身份证号")
    qtbot.addWidget(editor)
    editor.set_value("460303201103055015")
    assert editor.text() == "460***********5015"
    assert editor.value == "460303201103055015"


# --- F7, F10, F11, F13 --------------------------------------------------------------------


@pytest.mark.ux("F7")
def test_faults_stand_below_their_field_and_on_top_where_they_jump(form: Form) -> None:
    form.show_faults([("last", "没有填写。"), ("name", "没有写姓名。")])
    assert form.cells["last"].said == "没有填写。"
    assert form.cells["last"].editor.property("fault") is True
    assert form.faults.isVisible()
    assert [entry.text() for entry in form.faults.entries] == [
        "姓名：没有写姓名。",
        "末栏：没有填写。",
    ]
    form.faults.entries[1].click()
    assert focused(form) == "last"
    write(form.cells["last"].editor, "有了")
    assert form.cells["last"].fault == ""
    assert len(form.faults.entries) == 1


@pytest.mark.ux("F10")
def test_changed_fields_are_marked_with_the_old_value(form: Form) -> None:
    form.set_saved({"name": "王伟"})
    assert not form.is_changed
    form.focus("name")
    press(Qt.Key.Key_End)
    write(form.cells["name"].editor, "明")
    cell = form.cells["name"]
    assert form.changed == {"name": "王伟明"}
    assert cell.editor.property("changed") is True
    assert cell.editor.toolTip() == "原值：王伟"
    form.set_saved(form.values)
    assert cell.editor.property("changed") is False


@pytest.mark.ux("F11")
def test_a_locked_field_has_a_pencil_and_takes_no_typing(form: Form, qtbot: QtBot) -> None:
    cell = form.cells["locked"]
    assert cell.editor.isReadOnly()
    pencil = next(
        child for child in cell.findChildren(QWidget) if "须凭证明" in child.accessibleName()
    )
    with qtbot.waitSignal(form.unlock_wanted) as told:
        QTest.keyClick(pencil, Qt.Key.Key_Space)
    assert told.args == ["locked"]


@pytest.mark.ux("F13")
def test_too_long_a_paste_is_cut_with_a_notice(qtbot: QtBot) -> None:
    editor = LineEditor("姓名", 60)
    qtbot.addWidget(editor)
    QGuiApplication.clipboard().setText("<b>长</b>" * 72)
    with qtbot.waitSignal(editor.noticed) as told:
        editor.paste()
        editor.textEdited.emit(editor.text())
    assert len(editor.text()) == 60
    assert editor.text().startswith("<b>长</b>")
    assert told.args is not None
    assert "最多 60 字" in told.args[0]


def test_sex_is_found_by_code(qtbot: QtBot) -> None:
    editor = ChoiceEditor("性别", sexes())
    qtbot.addWidget(editor)
    editor.setText("1")
    assert editor.value == "男"
