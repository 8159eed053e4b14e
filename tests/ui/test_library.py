"""表样 through the window: a form from outside is made to print, a shipped one is changed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.services.clock import today
from app.services.forms.sheets import Standing
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.ui.desk_frame import DeskFrame
from app.ui.papers import form_list, working_copy
from app.ui.papers.form_versions import VersionsDialog
from app.ui.papers.library import LibraryScreen
from app.ui.papers.placing import PlacingDialog, read_foreign
from tests.builders import person, take_in, write_list
from tests.conftest import SCHOOL
from tests.unit.foreign_form import foreign_roster
from tests.unit.form_samples import texts

Settled = Callable[[], None]
NAMES = ("安然", "白岩", "欧阳晓明")


@pytest.fixture
def library(frame: DeskFrame, tmp_path: Path, settled: Settled) -> LibraryScreen:
    desk = frame.shell.desk
    rows = [person(n, name, 家庭住址=f"青年路{n}号") for n, name in enumerate(NAMES, start=1)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    desk.establishment.change_settings(desk.actor, {"school": SCHOOL})
    frame.show_screen("forms")
    screen = frame.current
    assert isinstance(screen, LibraryScreen)
    settled()
    return screen


def choose_class(library: LibraryScreen, settled: Settled) -> None:
    library.scope.setCurrentIndex(1)
    library.scope.activated.emit(1)
    settled()


def test_a_workbook_never_seen_before_prints_a_class_after_five_fields_are_placed(
    library: LibraryScreen, qtbot: QtBot, settled: Settled, tmp_path: Path
) -> None:
    path = tmp_path / "走读生情况登记表.xlsx"
    foreign_roster().save(path)
    dialog = PlacingDialog(library.shell, read_foreign(path))
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.paper.currentText() == "在校生名册"
    grid = dialog.grid
    for cell, words in (
        ("A2", "学校"), ("A4", "名单.序号"), ("B4", "名单.姓名"), ("C4", "名单.身份证号"),
        ("D4", "名单.家庭住址"),
    ):  # fmt: skip
        box = grid._box(next(one for one in grid._cells.values() if one.ref == cell))
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
        assert grid.current == cell
        dialog.words.setText(words)
        dialog.fields.choose(lambda line, words=words: line.path == words)
        qtbot.keyClick(dialog.words, Qt.Key.Key_Return)
        settled()
    assert grid.text_of("A2") == "学校：{{学校}}"  # after the words that stood there
    grid.point("E4")
    dialog.write("{{名单.姓命}}")
    settled()
    assert "工作表“走读生”E4：" in dialog.answer
    dialog.take_back()
    settled()
    assert dialog.answer == ""
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.current == "D4"
    dialog.note.setText("校办〔2026〕9号")
    qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    settled()
    library.placed(dialog)
    settled()
    row = library.forms.current
    assert row is not None
    assert (row.name, row.shelf, row.number) == ("走读生情况登记表", "自有表样", 1)
    assert not library.desk.print_button.isEnabled()  # an example is not printed
    choose_class(library, settled)
    made = library.desk.preview
    assert made is not None
    target = tmp_path / "走读生.pdf"
    library.desk.saver.write(
        target,
        lambda t: library.shell.desk.printing.save(library.shell.desk.actor, made.sheet, t,
                                                   made.file),
        "正在保存",
    )  # fmt: skip
    settled()
    (page,) = texts(target.read_bytes())
    lines = page.split()
    assert "走读生情况登记表" in lines
    assert "学校：江海职业学校" in lines
    for number, name in enumerate(NAMES, start=1):
        assert {name, f"青年路{number}号"} <= set(lines)
    assert page.count("46030320110305") == len(NAMES)
    # the sheet is on record, and its code answers
    library.tabs.setCurrentIndex(2)
    settled()
    (sheet,) = library.record.table.rows
    assert (sheet.form, sheet.number) == ("走读生情况登记表", 1)
    library.record.code.setText(f"XUEJI:{sheet.code}")
    qtbot.keyClick(library.record.code, Qt.Key.Key_Return)
    settled()
    assert library.record.answer.verdict.startswith(Standing.CURRENT.value)
    library.record.code.setText("AAAA-BBBB-CCCC")
    library.record.ask()
    settled()
    assert library.record.answer.verdict.startswith(Standing.UNKNOWN.value)


def test_thumbnails_are_drawn_only_while_somebody_looks(
    library: LibraryScreen, settled: Settled, qtbot: QtBot
) -> None:
    forms = library.forms
    form_list._DRAWN.clear()  # by the tests before
    forms.viewport().update()
    qtbot.waitUntil(lambda: forms.drawing)  # those in sight
    library.hide()
    settled()
    assert not forms.drawing
    library.show()
    qtbot.waitUntil(lambda: forms.drawing)


def test_the_codes_of_a_pile_are_read_off_its_scan(
    library: LibraryScreen, settled: Settled, tmp_path: Path
) -> None:
    desk, pile = library.shell.desk, tmp_path / "一叠.pdf"
    moment = Moment(today(), upcoming=True)
    made = finish(desk.printing.make(desk.actor, "学籍卡", pile, moment=moment, scope=Scope()))
    changed = desk.students.rows(moment)[1]
    desk.editing.edit(desk.actor, changed.id, {"phone": "13900001111"})
    library.record.read_scan(pile)
    settled()
    same = len(made.codes) - 1
    assert library.record.answer.verdict == (
        f"“一叠.pdf”：真，与现在一致 {same} 张；真，内容已变 1 张；{len(made.codes)} 页上没有读到。"
    )
    assert any("13900001111" in line for line in library.record.answer.table.rows)
    with pypdfium2.PdfDocument(pile) as printed:
        printed[1].render(scale=2).to_pil().save(tmp_path / "手机拍的.png")
    library.record.read_scan(tmp_path / "手机拍的.png")
    settled()
    assert library.record.code.text().replace("-", "") == made.codes[0]
    assert library.record.answer.verdict.startswith(Standing.CURRENT.value)


def test_a_form_changed_in_wps_is_looked_at_when_saved_and_becomes_the_next_version(
    library: LibraryScreen, qtbot: QtBot, settled: Settled, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened: list[Path] = []
    monkeypatch.setattr(working_copy, "open_file", opened.append)
    library.forms.choose("在校生名册")
    settled()
    row = library.forms.current
    assert row is not None
    library.edit_in(row, tmp_path / "表样")
    settled()
    (copy,) = opened
    assert copy.read_bytes() == library.shell.desk.library.template("在校生名册").source
    book: Any = openpyxl.load_workbook(copy)
    book.active["A1"] = "{{学校名}}花名册"
    with qtbot.waitSignal(library.copy.saved, timeout=10_000):
        book.save(copy)
    assert "1 处要改" in library.editing.verdict
    assert "A1：没有字段“学校名”" in library.editing.table.rows[0]
    assert not library.install_button.isEnabled()
    book.active["A1"] = "{{学校}}花名册"
    with qtbot.waitSignal(library.copy.saved, timeout=10_000):
        book.save(copy)
    choose_class(library, settled)
    made = library.desk.preview
    assert made is not None
    assert "江海职业学校花名册" in texts(made.file)[0]
    assert not library.desk.print_button.isEnabled()  # not before it is installed
    library.install_copy()
    settled()
    row = library.forms.current
    assert row is not None
    assert (row.number, row.replaced) == (1, True)
    assert library.desk.print_button.isEnabled()
    dialog = VersionsDialog(library.shell, row)
    qtbot.addWidget(dialog)
    settled()
    assert dialog.said == "从随程序的一版到第 1 版：1 处不同"
    assert dialog.differences.rows[0].after == "{{学校}}花名册"
    dialog.set_retired(dialog.table.rows[0], retired=True)
    settled()
    assert [one.current for one in dialog.table.rows] == [False, True]


def test_the_content_stands_beside_the_preview_and_fields_are_copied(
    library: LibraryScreen, settled: Settled
) -> None:
    long = "江苏省盐城市亭湖区" * 12
    desk = library.shell.desk
    (first, *_) = desk.students.rows(library_moment())
    desk.editing.edit(desk.actor, first.id, {"home_address": long, "employer": ""})
    library.forms.choose("学籍卡")
    library.beside.setCurrentIndex(1)
    choose_class(library, settled)
    rows = {row.path: row for row in library.data.rows}
    assert rows["家庭住址"].concern in ("放不下", "文字缩小")
    assert rows["姓名"].said == first.name
    marks = [mark for mark in library.desk.view._marks if mark.page == 0]
    assert {mark.warning.place for mark in marks} >= {f"正面 {rows['家庭住址'].places}"}
    library.tabs.setCurrentIndex(1)
    assert library.dictionary.form.currentText() == "学籍卡"
    library.dictionary.words.setText("监护人 电话")
    library.dictionary.table.selectRow(0)
    library.dictionary.copy()
    assert QGuiApplication.clipboard().text() == "{{监护人电话}}"
    library.search.setText("没有这张表")
    assert library.forms.current is None


def library_moment() -> Any:
    from app.services.register.ledger import Moment

    return Moment(date(2026, 10, 1))
