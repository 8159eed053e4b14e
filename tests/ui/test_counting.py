"""学期注册, 学籍核查 and 平台人数 through the window: noted by keys, listed, printed, counted."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Arrival, CheckMark
from app.services import clock
from app.ui.desk_frame import DeskFrame
from app.ui.headcount.checks import MakeDialog
from app.ui.headcount.platform import PlatformDialog
from app.ui.headcount.screen import HeadcountScreen
from app.ui.shell import Shell
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line
from tests.ui.test_cases import clock_at, meet, said, shown
from tests.ui.test_frame import answer_box
from tests.ui.test_headcount import cells, in_two_classes, named, press_on

NAMES = ("安然", "白岩", "常青", "丁香")
OPENED = date(2026, 9, 1)
ARRIVALS, CHECKS = 3, 4


@pytest.fixture(autouse=True)
def september() -> Iterator[None]:
    clock_at("2026-09-10")
    yield
    clock.stop_at(None)


@pytest.fixture
def screen(
    shell: Shell, frame: DeskFrame, tmp_path: Path, settled: Callable[[], None]
) -> HeadcountScreen:
    """Four students in two classes, and a count from the first of September."""
    in_two_classes(shell.desk, tmp_path, NAMES)
    frame.show_screen("headcount")
    settled()
    assert isinstance(frame.current, HeadcountScreen)
    return frame.current


def test_a_term_is_opened_and_everybody_is_accounted_for(
    screen: HeadcountScreen, shell: Shell, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    page = screen.arrivals
    screen.tabs.setCurrentIndex(ARRIVALS)
    settled()
    meet(FormDialog, lambda dialog: shown(dialog, DateEditor, "开始日期").setText("2026.9.1"))
    page.open_term()
    settled()
    assert page.chosen_term is not None
    assert (page.chosen_term.name, page.chosen_term.begin) == ("2026-2027-1", OPENED)
    assert {row.student.name for row in page.list.rows} == set(NAMES)
    # one on leave, by key: not without a reason
    first = page.list.rows[0].student.name
    page.list.selectRow(0)
    objected = meet(FormDialog, lambda dialog: shown(dialog, Line, "原因").setText(""))
    qtbot.keyClick(page.list, Qt.Key.Key_2)
    settled()
    assert objected == ["“请假”要写明原因。"]
    meet(FormDialog, lambda dialog: shown(dialog, Line, "原因").setText("住院"))
    qtbot.keyClick(page.list, Qt.Key.Key_2)
    settled()
    # two at once by a button; of the fourth nobody knows anything, and he is late
    both = page.list.selectionModel()
    rows = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select
    both.clear()
    for at in (1, 2):
        both.select(page.list.model().index(at, 0), rows)
    assert "已选 2 人" in said(page)
    shown(page, QPushButton, "1 报到").click()
    settled()
    arrivals = [row.arrival for row in page.list.rows]
    assert arrivals == [Arrival.ON_LEAVE, Arrival.ARRIVED, Arrival.ARRIVED, None]
    page.view.setCurrentText("未注册名单")
    page.view.activated.emit(0)
    assert [row.student.name for row in page.list.rows] == [page._rows[3].student.name]
    screen.print_now()
    settled()
    assert screen.paper is not None
    assert screen.paper.desk.preview is not None
    paper = screen.paper.desk.preview.sheet
    assert (paper.template.name, paper.scope) == ("学期注册名单", "2026-2027-1　未注册名单")
    assert paper.values[0]["名单名称"] == "未注册名单"
    (line,) = paper.values[0]["注册名单"]
    assert (line["姓名"], line["情况"]) == (page._rows[3].student.name, "没有登记")
    qtbot.keyClick(screen.paper.desk.view, Qt.Key.Key_Escape)
    assert page.list.isVisible()
    late = shown(page, QPushButton, "没有登记 1")
    late.click()
    settled()
    assert named(screen) == [page._rows[3].student.name]
    # the head-count says the same
    screen.tabs.setCurrentIndex(0)
    settled()
    assert press_on(screen.table, "合计", "实到") == "2"
    assert press_on(screen.table, "合计", "请假") == "1"
    settled()
    assert named(screen) == [first]
    # the rest came after all
    screen.tabs.setCurrentIndex(ARRIVALS)
    settled()
    answer_box("登记 1 人")
    page.note_rest()
    settled()
    assert page.list.rows == ()
    assert page.view.currentText() == "未注册名单"


def test_a_check_is_made_printed_and_ticked_off_by_its_code(
    screen: HeadcountScreen, shell: Shell, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    page = screen.checks
    screen.tabs.setCurrentIndex(CHECKS)
    settled()
    assert page._empty.isVisible()

    def make(dialog: MakeDialog) -> None:
        dialog.tick_all(False)
        dialog.go.click()
        assert "至少选一个班" in dialog.answer
        dialog.tick_all(True)
        dialog.name.setText("秋季核查")

    meet(MakeDialog, make)
    page.make()
    settled()
    assert page.title == "秋季核查"
    first, second = page.pages.rows
    assert (first.page, first.pages, len(first.lines)) == (1, 1, 2)
    page.print_sheets()
    settled()
    assert page.paper is not None
    assert page.paper.desk.preview is not None
    assert page.paper.desk.preview.sheet.documents[1].values["核查页码"] == second.code
    qtbot.keyClick(page.paper.desk.view, Qt.Key.Key_Escape)
    assert page.code.isVisible()
    # a slip of the pen, then the code that stands on the paper; the first student is lost
    page.code.setText("HC0000009")
    qtbot.keyClick(page.code, Qt.Key.Key_Return)
    assert "没有页码“HC0000009”" in shell._frame.messages.text  # type: ignore[attr-defined]
    page.code.setText(second.code.lower())
    qtbot.keyClick(page.code, Qt.Key.Key_Return)
    assert page.sheet.sheet is not None
    assert page.sheet.sheet.code == second.code
    qtbot.keyClick(page.sheet.lines, Qt.Key.Key_4)
    qtbot.keyClick(page.sheet.lines, Qt.Key.Key_Return)
    settled()
    lost = second.lines[0].student.name
    row = next(row for row in page.pages.rows if row.code == second.code)
    assert [line.mark for line in row.lines] == [CheckMark.LOST, CheckMark.SIGNED]
    page.view.setCurrentIndex(1)
    page.view.activated.emit(1)
    assert [row.code for row in page.pages.rows] == [first.code]
    # the summary opens its names, and is printed with them
    page.view.setCurrentIndex(2)
    page.view.activated.emit(2)
    assert press_on(page.summary, "合计", "流失") == "1"
    settled()
    assert named(screen) == [lost]
    total = cells(page.summary)[-1]
    assert total[1:5] == ["合计", "2", "1", "4"]
    screen.print_now()
    settled()
    (values,) = page.paper.desk.preview.sheet.values
    assert (values["核查汇总"][-1]["流失"], values["没有签字的"][0]["姓名"]) == (1, lost)
    qtbot.keyClick(page.paper.desk.view, Qt.Key.Key_Escape)
    # it was the wrong page
    page.view.setCurrentIndex(0)
    page.view.activated.emit(0)
    page.pages.choose(lambda row: row.code == second.code)
    meet(FormDialog, lambda dialog: shown(dialog, Line, "原因").setText("看错了页"))
    shown(page.sheet, QPushButton, "登记错了…").click()
    settled()
    assert all(row.returned_on is None for row in page.pages.rows)


def test_what_the_platform_holds_is_pasted_and_the_difference_shown(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    first, second = (group.name for group in shell.desk.establishment.classes())
    seen: list[str] = []

    def paste(dialog: PlatformDialog) -> None:
        for text in (f"{first} 两人", f"机电 2\n{first} 2", f"{first} 2\n{first} 3"):
            dialog.lines.setPlainText(text)
            dialog.go.click()
            seen.append(dialog.answer)
        dialog.lines.setPlainText(f"{first}\t2\n{second}\t3\n")

    meet(PlatformDialog, paste)
    screen.enter_platform()
    settled()
    assert "第 1 行" in seen[0]
    assert "没有这个班" in seen[1]
    assert "第 2 行" in seen[2]
    heads = [screen.table.model().headerData(at, Qt.Orientation.Horizontal)
             for at in range(screen.table.model().columnCount())]  # fmt: skip
    total = next(line for line in cells(screen.table) if "合计" in line)
    assert total[heads.index("平台人数")] == "5"


def test_the_slider_leads_the_count_to_another_day(
    screen: HeadcountScreen, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    assert screen.slider.day == date(2026, 9, 10)
    screen.slider.slider.setValue(screen.slider.slider.value() - 20)
    assert screen.end.day == date(2026, 8, 21)
    qtbot.waitUntil(lambda: "2026-08-21" in screen._covers.text())
    assert press_on(screen.table, "合计", "期末在籍") == "0"
    screen.end.setText("2026-09-05")
    qtbot.keyClick(screen.end, Qt.Key.Key_Return)
    settled()
    assert screen.slider.day == date(2026, 9, 5)
