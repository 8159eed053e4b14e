"""书面申请、处分、奖励、问题、作废、休学 beside the cases: entered, completed and listed."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Kind, Role, Signatory, Status
from app.services import clock
from app.services.register.conduct import NOT_POSTED
from app.services.register.ledger import Moment
from app.ui.cases.deed import DeedDialog
from app.ui.cases.matters import MattersPage
from app.ui.cases.screen import CasesScreen
from app.ui.desk_frame import DeskFrame
from app.ui.search.picker import PersonPicker
from app.ui.shell import Shell
from tests.builders import person, second_operator, take_in, who, write_list
from tests.ui.test_cases import clock_at, said, shown
from tests.ui.test_frame import answer_box

W = TypeVar("W")


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock_at("2026-11-09")
    yield
    clock.stop_at(None)


@pytest.fixture
def hands(
    shell: Shell, frame: DeskFrame, tmp_path: Path, qtbot: QtBot, settled: Callable[[], None]
) -> "Hands":
    """Three students, and the hands that go through the pages."""
    rows = [person(i, name) for i, name in enumerate(("安然", "白岩", "常青"), start=1)]
    take_in(shell.desk, write_list(tmp_path / "名册.xlsx", rows))
    return Hands(shell, frame, qtbot, settled)


class Hands:
    """Opens a page, fills the window of a deed, presses what is beside the list."""

    def __init__(
        self, shell: Shell, frame: DeskFrame, qtbot: QtBot, settled: Callable[[], None]
    ) -> None:
        self.shell, self.frame, self.qtbot, self.settled = shell, frame, qtbot, settled

    def page(self, name: str) -> MattersPage[Any]:
        self.frame.show_screen("cases", {"page": name})
        self.settled()
        assert isinstance(self.frame.current, CasesScreen)
        assert self.frame.current.matters is not None
        return self.frame.current.matters

    def press(self, page: MattersPage[Any], verb: str) -> None:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        button = shown(page.page, QPushButton, verb)
        assert button.isEnabled(), button.toolTip()
        button.click()
        self.settled()

    def fill(self, **values: str) -> str:
        """Fill the open window and take it; answers what it objects to, "" once it is closed."""
        (dialog,) = self.shell.window.findChildren(DeedDialog)
        for name, value in values.items():
            self._put(dialog, name, value)
        dialog.go.click()
        self.settled()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        still = self.shell.window.findChildren(DeedDialog)
        return still[0].answer if still else ""

    def _put(self, dialog: DeedDialog, name: str, value: str) -> None:
        if name == "学生":
            (picker,) = dialog.findChildren(PersonPicker)
            self.qtbot.keyClicks(picker.line, value)
            self.qtbot.waitUntil(picker.list.isVisible)
            self.qtbot.keyClick(picker.line, Qt.Key.Key_Return)
            return
        for kind in (QComboBox, QLineEdit, QPlainTextEdit):
            for field in dialog.findChildren(kind):
                if field.accessibleName() != name:
                    continue
                if isinstance(field, QComboBox):
                    field.setCurrentText(value)
                elif isinstance(field, QLineEdit):
                    field.setText(value)
                else:
                    field.setPlainText(value)
                return
        raise AssertionError(name)


def cell(page: MattersPage[Any], column: int) -> str:
    return str(page.list.model().index(0, column).data())


def test_a_punishment_is_incomplete_until_the_parents_have_the_letter(hands: Hands) -> None:
    page = hands.page("处分")
    assert page.empty.isVisible()
    page.begin()
    hands.settled()
    assert hands.fill(违纪事实="旷课 30 节") == "请选择学生。"
    assert "应在决定" in hands.fill(
        学生="ar", 处分="记过", 事先告知="2026-11-09", 决定日期="2026-11-02"
    )
    assert hands.fill(事先告知="2026-10-28", 文号="学发〔2026〕8 号") == ""
    assert page.badge(page.chosen)[0] == NOT_POSTED  # type: ignore[arg-type]
    assert "没有向家长寄出挂号信" in said(page.page)
    hands.press(page, "登记送达")
    assert hands.fill(送达日期="2026-11-03") == ""
    hands.press(page, "寄挂号信")
    assert hands.fill(挂号信号码="XA1", 收信人="安父", 寄出日期="2026-11-01") != ""  # before it
    assert hands.fill(寄出日期="2026-11-04") == ""
    hands.press(page, "登记退回")
    assert hands.fill(退回日期="2026-11-07", 退回原因="地址不详") == ""
    assert "还没有重寄" in said(page.page)
    hands.press(page, "再寄挂号信")
    assert hands.fill(挂号信号码="XA2", 收信人="安母") == ""
    hands.press(page, "登记申诉")
    assert hands.fill(申诉日期="2026-11-09") == ""
    hands.press(page, "登记申诉结果")
    assert hands.fill(结果="维持") == ""
    assert "XA1　2026-11-04 寄安父　2026-11-07 退回：地址不详" in said(page.page)
    (row,) = hands.shell.desk.conduct.punishments(hands.shell.desk.actor)
    assert row.appeal_result == "维持"
    assert row.lacks == ("挂号信 XA2 还没有回执",)
    hands.press(page, "解除处分")
    assert hands.fill(解除文号="学发〔2026〕20 号") == ""
    hands.press(page, "作废")
    assert hands.fill() == "请填写原因。"
    assert hands.fill(原因="认错了人") == ""
    assert page.view.currentText() == "全部"  # it lacks nothing any more, and is still seen
    assert cell(page, 5) == "– 已作废"


def test_a_written_application_is_settled_once_both_have_signed(hands: Hands) -> None:
    page = hands.page("书面申请")
    page.begin(who(hands.shell.desk, "白岩").id)
    hands.settled()
    assert hands.fill(申请什么="补办学生证", 内容="遗失", 申请日期="2026-13-01") != ""
    assert hands.fill(申请日期="2026-11-05", 家长同意="电话", 见证人="周敏") == ""
    settle = shown(page.page, QPushButton, "办结")
    assert not settle.isEnabled()
    assert "监护人签字" in settle.toolTip()
    for whose in Signatory:
        hands.press(page, f"登记{whose.value}签字")
    assert "电话　见证人 周敏" in said(page.page)
    hands.press(page, "办结")
    assert hands.fill(结果="已补办") == ""
    assert (page.view.currentText(), cell(page, 4)) == ("全部", "✓ 已办结")
    (row,) = hands.shell.desk.applications.rows(hands.shell.desk.actor, everything=True)
    assert (row.result, row.settled_on) == ("已补办", date(2026, 11, 9))


def test_a_problem_goes_in_is_reported_and_settled_and_stays(hands: Hands) -> None:
    page = hands.page("问题记录")
    page.begin()
    hands.settled()
    assert hands.fill(发现人="周敏") == "请填写是什么问题。"
    assert hands.fill(是什么问题="名册漏一人", 处理期限="2026-11-08") == ""
    assert cell(page, 5) == "▲ 逾期未处理"
    hands.press(page, "登记上报")
    assert hands.fill(报给谁="教务处") == ""
    hands.press(page, "登记处理")
    assert "早于发现日期" in hands.fill(怎样处理的="已补", 处理日期="2026-11-01")
    assert hands.fill(处理日期="2026-11-09") == ""
    assert cell(page, 5) == "✓ 已处理"
    assert [button.text() for button in page.page.findChildren(QPushButton)] == []


def test_rewards_and_the_leaves_that_end(hands: Hands) -> None:
    desk = hands.shell.desk
    page = hands.page("奖励")
    page.begin(who(desk, "常青").id)
    hands.settled()
    assert hands.fill(奖励="三好学生", 级别="市级", 日期="2026-11-30") != ""  # not yet
    assert hands.fill(日期="2026-11-03") == ""
    assert (cell(page, 1), cell(page, 2), cell(page, 3)) == ("常青", "三好学生", "市级")
    desk.changes.change(
        desk.actor, who(desk, "安然").id, Kind.SUSPENSION, date(2026, 10, 8),
        until=date(2026, 11, 20), signed=frozenset(Signatory), evidence=[(None, "诊断证明")],
    )  # fmt: skip
    away = hands.page("休学和保留")
    assert (cell(away, 1), cell(away, 5)) == ("安然", "▲ 还有 11 天，请提醒")
    away.view.setCurrentText("逾期")
    away.view.activated.emit(1)
    assert away.list.rows == ()
    screen = hands.frame.current
    assert isinstance(screen, CasesScreen)
    screen.print_now()
    hands.settled()
    assert screen.place is not None
    assert screen.place.desk.preview is None  # nobody is overdue yet
    hands.qtbot.keyClick(screen.place.desk.view, Qt.Key.Key_Escape)
    assert away.list.isVisible()
    clock_at("2026-12-01")
    shown(away, QPushButton, "打印上会表").click()
    hands.settled()
    assert screen.place.desk.preview is not None
    sheet = screen.place.desk.preview.sheet
    assert (sheet.title, sheet.as_of) == ("拟按退学处理学生汇总表", date(2026, 12, 1))
    assert [one["逾期天数"] for one in sheet.values[0]["逾期清单"]] == [11]


def test_a_record_made_by_mistake_is_voided_by_a_second_person(hands: Hands) -> None:
    desk = hands.shell.desk
    other = second_operator(desk, Role.RECORD, Role.REVIEW)
    page = hands.page("误建记录")
    page.begin(who(desk, "白岩").id)
    hands.settled()
    assert "学籍台账" in said(hands.shell.window.findChildren(DeedDialog)[0])
    assert hands.fill(原因="重复录入") == ""
    assert who(desk, "白岩").status is Status.ENROLLED
    assert not shown(page.page, QPushButton, "确认作废").isEnabled()
    hands.press(page, "不作废")
    assert page.empty.isVisible()
    desk.voidings.propose(other, who(desk, "白岩").id, "重复录入")
    page.refresh()
    hands.settled()
    answer_box("作废白岩的记录")
    hands.press(page, "确认作废")
    assert (page.view.currentText(), cell(page, 5)) == ("全部", "– 已作废")
    names = [row.name for row in desk.students.rows(Moment(clock.today()))]
    assert names == ["安然", "常青"]


def test_a_case_is_taken_back_after_what_rests_on_it_was_read(hands: Hands) -> None:
    desk = hands.shell.desk
    both = frozenset(Signatory)
    student = who(desk, "安然").id
    desk.changes.change(
        desk.actor, student, Kind.SUSPENSION, date(2026, 10, 8), signed=both,
        evidence=[(None, "诊断证明")],
    )  # fmt: skip
    desk.changes.change(desk.actor, student, Kind.RESUMPTION, date(2026, 11, 2), signed=both)
    hands.frame.show_screen("cases")
    hands.settled()
    screen = hands.frame.current
    assert isinstance(screen, CasesScreen)
    pile = next(one for one in screen.findChildren(QPushButton) if one.text() == "未审核 2")
    pile.click()
    away = next(row for row in screen._model.rows if row.kind is Kind.SUSPENSION)
    screen.list.setCurrentIndex(screen._model.index(list(screen._model.rows).index(away), 0))
    shown(screen.page, QPushButton, "冲正").click()
    hands.settled()
    (dialog,) = hands.shell.window.findChildren(DeedDialog)
    assert "先冲正 2026-11-02 的“复学”" in said(dialog)
    assert not dialog.go.isEnabled()
    dialog.reject()
    back = next(row for row in screen._model.rows if row.kind is Kind.RESUMPTION)
    screen.list.setCurrentIndex(screen._model.index(list(screen._model.rows).index(back), 0))
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    shown(screen.page, QPushButton, "冲正").click()
    hands.settled()
    assert hands.fill() == "请填写原因。"
    assert hands.fill(原因="录错了人") == ""
    assert who(desk, "安然", clock.today()).status is Status.SUSPENDED
