"""学籍异动 through the window: from the application by the dialog to the file, away and back."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.papers import PrintedSheet
from app.models.rules.rulebook import Aspect, rule_name
from app.models.vocabulary import (
    CaseStep,
    ConsentWay,
    CountBase,
    Kind,
    Role,
    Signatory,
    Status,
)
from app.services import clock
from app.services.register.casework import CaseRow
from app.ui.cases.dialogs import ApprovalDialog, PapersDialog, WishDialog
from app.ui.cases.mass_dialog import MassDialog
from app.ui.cases.open_dialog import OpenDialog
from app.ui.cases.screen import CasesScreen
from app.ui.desk_frame import DeskFrame
from app.ui.headcount.screen import HeadcountScreen
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line
from tests.builders import person, second_operator, take_in, who, write_list
from tests.pictures import picture
from tests.ui.test_frame import answer_box
from tests.ui.test_papers import Printer

AWAY, BACK = date(2026, 10, 8), date(2027, 10, 8)
REASON = "骨折，须静养"
D = TypeVar("D", bound=QDialog)
W = TypeVar("W", bound=QWidget)


def clock_at(day: str) -> None:
    clock.stop_at(datetime.fromisoformat(f"{day}T10:00:00+08:00"))


@pytest.fixture(autouse=True)
def october() -> Iterator[None]:
    """The day on which the application comes in."""
    clock_at("2026-10-08")
    yield
    clock.stop_at(None)


@pytest.fixture
def cases(
    shell: Shell, frame: DeskFrame, tmp_path: Path, settled: Callable[[], None]
) -> CasesScreen:
    """The screen over three students in two classes."""
    rows = [person(i, name) for i, name in enumerate(("安然", "白岩", "常青"), start=1)]
    desk = shell.desk
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)
    frame.show_screen("cases")
    settled()
    assert isinstance(frame.current, CasesScreen)
    return frame.current


# --- hands and eyes -----------------------------------------------------------------------


def meet(kind: type[D], fill: Callable[[D], object]) -> list[str]:
    """Fill in the next dialog of this kind and take it; the list gets what it objects to."""
    objections: list[str] = []

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, kind):
            QTimer.singleShot(20, act)
            return
        try:
            fill(dialog)
            if isinstance(dialog, FormDialog):
                dialog.go.click()
                objections.append(dialog.answer)
        finally:
            if dialog.isVisible():  # it was refused, and the test must not wait for a hand
                dialog.reject()

    QTimer.singleShot(0, act)
    return objections


def shown(inside: QWidget, kind: type[W], name: str) -> W:
    """The widget of that accessible name or text, once what was thrown away is gone."""
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    found = [
        one for one in inside.findChildren(kind)
        if name in (one.accessibleName(), getattr(one, "text", str)())
    ]  # fmt: skip
    assert len(found) == 1, f"{name}: {len(found)}"
    return found[0]


def press(inside: QWidget, name: str) -> None:
    """Press the button, which must be there and alive."""
    button = shown(inside, QPushButton, name)
    assert button.isEnabled(), button.toolTip()
    button.click()


def said(inside: QWidget) -> str:
    """All that stands there."""
    labels = [label.text() for label in inside.findChildren(Label)]
    return "\n".join([*labels, *(badge.accessibleName() for badge in inside.findChildren(Badge))])


def case_of(cases: CasesScreen) -> CaseRow:
    assert cases.page.case is not None
    return cases.page.case


def choose(dialog: OpenDialog, qtbot: QtBot, query: str, kind: Kind) -> None:
    """Type for somebody, take the first who is found, and choose what is to be done."""
    qtbot.keyClicks(dialog.person.line, query)
    qtbot.waitUntil(dialog.person.list.isVisible)
    qtbot.keyClick(dialog.person.line, Qt.Key.Key_Return)
    dialog.kind.setCurrentText(kind.value)


def printed_count(
    frame: DeskFrame, settled: Callable[[], None], begin: date, end: date
) -> list[dict[str, str]]:
    """Print the 学籍人数审核表 (在校) of these days in 人数; answers the rows of the paper."""
    frame.show_screen("headcount")
    settled()
    screen = frame.current
    assert isinstance(screen, HeadcountScreen)
    screen.base.setCurrentText(CountBase.IN_SCHOOL.value)
    screen.begin.setText(begin.isoformat())
    screen.end.setText(end.isoformat())
    screen.end.editingFinished.emit()
    screen.refresh()
    settled()
    screen.print_now()
    settled()
    assert screen.paper is not None
    desk = screen.paper.desk
    assert desk.preview is not None
    printer = Printer()
    desk.use_port(printer)
    settled()
    desk.print_now()
    settled()
    assert len(printer.files) == 1
    screen.close_paper()
    report = screen._report
    assert report is not None
    heads = [column.title for column in report.tables[0].columns]
    rows = [dict(zip(heads, map(str, row), strict=True)) for row in report.tables[0].rows]
    printed = desk.preview.sheet.documents[0].values["人数表"]
    for line in printed[:2]:  # the classes: on paper as on the screen
        on_screen = row_of(rows, line["班级"])
        assert str(line["期末"]) == next(n for head, n in on_screen.items() if "期末" in head)
    return rows


def row_of(rows: list[dict[str, str]], name: str) -> dict[str, str]:
    return next(row for row in rows if row["班级"] == name)


def total_of(rows: list[dict[str, str]]) -> tuple[str, str]:
    """How many in school before and after."""
    whole = row_of(rows, "合计")
    assert whole["核对"] == "平"
    return whole["期初在校"], whole["期末在校"]


# --- away and back ------------------------------------------------------------------------


def test_a_leave_from_the_application_to_the_return_into_another_class(
    monkeypatch: pytest.MonkeyPatch,
    cases: CasesScreen,
    frame: DeskFrame,
    shell: Shell,
    tmp_path: Path,
    qtbot: QtBot,
    settled: Callable[[], None],
) -> None:
    desk, page = shell.desk, cases.page
    home = who(desk, "安然").class_group
    before = printed_count(frame, settled, AWAY, AWAY)
    assert total_of(before) == ("3", "3")
    frame.show_screen("cases")
    settled()

    # the application: signed by the student alone
    def apply(dialog: OpenDialog) -> None:
        choose(dialog, qtbot, "ar", Kind.SUSPENSION)
        assert dialog.on.day == AWAY
        assert not dialog.to_class.isEnabled()
        dialog.reason.setText(REASON)
        shown(dialog, QPushButton, "立案")
        next(box for who, box in dialog.signed.items() if who.value == "学生").setChecked(True)

    objected = meet(OpenDialog, apply)
    cases.begin()
    settled()
    assert objected == [""]
    case = case_of(cases)
    assert (case.name, case.kind, case.step) == ("安然", Kind.SUSPENSION, CaseStep.APPLICATION)
    assert "还缺 2 项" in said(page)
    effect = shown(page, QPushButton, "生效")
    assert not effect.isEnabled()
    assert "监护人签字" in effect.toolTip()
    assert "休学原因证明" in effect.toolTip()

    # what was missing comes in: the guardian's signature, a scan, an original on paper
    taken = meet(
        FormDialog, lambda dialog: shown(dialog, DateEditor, "签字日期").setText("2026.10.7")
    )
    press(page, "登记监护人签字")
    settled()
    assert taken == [""]
    scan = tmp_path / "诊断.jpg"
    scan.write_bytes(picture(quality=60))

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(scan)], ""))

    def attach(dialog: PapersDialog) -> None:
        dialog.kind.setCurrentText("诊断证明")
        shown(dialog, QPushButton, "选择扫描件…").click()

    def file_original(dialog: PapersDialog) -> None:
        dialog.kind.setCurrentText("病历")
        dialog.go.click()
        assert "只有纸质原件" in dialog.answer
        dialog.original.setChecked(True)

    for fill in (attach, file_original):
        meet(PapersDialog, fill)
        press(page, "添加材料")
        settled()
    assert [(paper.kind, paper.sha256 is None) for paper in case_of(cases).evidence] == [
        ("诊断证明", False),
        ("病历", True),
    ]
    assert shell.preferences.get("cases/scans", "") == str(tmp_path)  # asked there next time

    # an opinion; then it takes effect, after what will happen has been read
    def agree(dialog: ApprovalDialog) -> None:
        assert dialog.step.currentText() == case.rule.approvals[0]
        dialog.person.setText("周敏")

    meet(ApprovalDialog, agree)
    press(page, "登记审批意见")
    settled()
    assert case_of(cases).step is CaseStep.EFFECT
    asked = answer_box("生效")
    press(page, "生效")
    settled()
    assert asked == ["让安然的“休学”生效？"]
    assert who(desk, "安然", AWAY).status is Status.SUSPENDED
    assert case_of(cases).until == date(2027, 10, 7)
    assert "已生效" in said(page)

    # reported and filed
    meet(FormDialog, lambda dialog: shown(dialog, Line, "回执号").setText("HZ-1"))
    press(page, "登记上报")
    settled()
    meet(FormDialog, lambda dialog: shown(dialog, Line, "存放位置").setText("2 柜 3 盒 15 页"))
    press(page, "登记归档")
    settled()
    (done,) = desk.cases.rows(desk.actor, steps=frozenset({CaseStep.CLOSED}))
    assert (done.receipt, done.filed_place) == ("HZ-1", "2 柜 3 盒 15 页")

    # a year later the first screen reminds of it, and leads to the return
    clock_at("2027-09-20")
    frame.show_screen("home")
    settled()
    assert frame.current is not None
    reminder = f"安然休学到 {date(2027, 10, 7)} 期满，还有 17 天，请提醒"
    assert reminder in said(frame.current)
    target = next(g for g in desk.establishment.classes() if g.name != home)

    def come_back(dialog: OpenDialog) -> None:
        assert dialog.person.person is not None
        assert dialog.person.person.name == "安然"
        dialog.kind.setCurrentText(Kind.RESUMPTION.value)
        assert not dialog.until.isEnabled()
        dialog.on.setText(BACK.isoformat())
        dialog.to_class.setCurrentText(target.full_name)
        for box in dialog.signed.values():
            box.setChecked(True)

    objected = meet(OpenDialog, come_back)
    press(frame.current, f"办理：{reminder}")
    settled()
    assert objected == [""]
    assert case_of(cases).lacks == ()
    assert f"名册上由“{home}”移到“{target.name}”" in said(page)
    answer_box("生效")
    press(page, "生效")
    settled()

    back = who(desk, "安然", BACK)
    assert (back.status, back.class_group) == (Status.ENROLLED, target.name)
    assert who(desk, "安然", date(2027, 10, 7)).class_group == home
    for base in CountBase:
        count, *_ = desk.reports.headcount(desk.actor, AWAY, BACK, base)
        assert count.balanced
        assert len(count.total.closing) == 3
    after = printed_count(frame, settled, date(2027, 10, 1), BACK)
    assert total_of(after) == ("2", "3")
    assert row_of(after, target.name)["增：复学"] == "1"
    with desk.database.read() as session:
        papers = session.scalars(select(PrintedSheet.form)).all()
    assert papers == ["学籍人数审核表"] * 2


# --- what the page asks for ---------------------------------------------------------------


def test_the_dialog_says_what_the_school_s_rule_of_the_day_demands(
    cases: CasesScreen, shell: Shell, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    rules = ((Aspect.PAPERS, "家长同意书：同意书"), (Aspect.MONTHS, "6"), (Aspect.SIGNED, "学生"))
    for aspect, value in rules:
        shell.desk.rulebook.change(
            shell.desk.actor, rule_name(Kind.SUSPENSION, aspect), value,
            document="学校", valid_from=date(2026, 10, 1),
        )  # fmt: skip
    seen: list[str] = []

    def look(dialog: OpenDialog) -> None:
        choose(dialog, qtbot, "ar", Kind.SUSPENSION)
        seen.append(said(dialog))
        dialog.on.setText("2026-09-30")  # the day before the school's own rules
        seen.append(said(dialog))
        dialog.on.setText(AWAY.isoformat())

    meet(OpenDialog, look)
    cases.begin()
    settled()
    after, before = seen
    assert "签字：学生。" in after
    assert "家长同意书（同意书）" in after
    assert "6 个月" in after
    assert "签字：学生、监护人。" in before
    assert "休学原因证明" in before
    assert "12 个月" in before
    assert "须有：家长同意书（同意书）。" in said(cases.page)
    names: list[str] = []
    meet(PapersDialog, lambda dialog: names.append(dialog.kind.itemText(0)))
    press(cases.page, "添加材料")
    assert names == ["同意书"]


def test_nothing_is_opened_without_a_student(
    cases: CasesScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    objected = meet(OpenDialog, lambda dialog: dialog.reason.setText(REASON))
    cases.begin()
    settled()
    assert objected == ["请选择学生。"]
    assert shell.desk.cases.rows(shell.desk.actor) == []


def test_a_case_is_changed_and_taken_back_with_a_reason(
    cases: CasesScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    desk = shell.desk
    desk.cases.open(desk.actor, who(desk, "白岩").id, Kind.WITHDRAWAL, AWAY)
    cases.refresh()
    settled()

    def amend(dialog: WishDialog) -> None:
        dialog.on.setText("2026-13-01")
        dialog.go.click()
        assert "生效日期" in dialog.answer
        dialog.on.setText("2026-10-12")
        dialog.reason.setText("迁居外省")

    meet(WishDialog, amend)
    press(cases.page, "修改")
    settled()
    assert case_of(cases).effective_date == date(2026, 10, 12)

    def withdraw(reason: str) -> list[str]:
        objected = meet(FormDialog, lambda dialog: shown(dialog, Line, "原因").setText(reason))
        press(cases.page, "撤回")
        settled()
        return objected

    assert withdraw(" ") == ["请写明原因。"]
    assert withdraw("家长改变主意") == [""]
    (row,) = desk.cases.rows(desk.actor, steps=frozenset(CaseStep))
    assert (row.step, row.withdrawn_reason) == (CaseStep.WITHDRAWN, "家长改变主意")
    assert who(desk, "白岩", date(2026, 12, 1)).status is Status.ENROLLED


def test_nobody_reviews_what_he_entered_himself(
    cases: CasesScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    desk = shell.desk
    other = second_operator(desk, Role.RECORD)
    desk.cases.open(desk.actor, who(desk, "白岩").id, Kind.WITHDRAWAL, AWAY)
    desk.cases.open(other, who(desk, "常青").id, Kind.WITHDRAWAL, AWAY)
    cases.refresh()
    settled()
    own, foreign = range(2)
    cases.list.setCurrentIndex(cases.list.model().index(own, 0))
    review = shown(cases.page, QPushButton, "审核通过")
    assert not review.isEnabled()
    assert "另一人" in review.toolTip()
    cases.list.setCurrentIndex(cases.list.model().index(foreign, 0))
    press(cases.page, "审核通过")
    settled()
    reviewed = [row.reviewed_by for row in desk.cases.rows(desk.actor)]
    assert sorted(reviewed) == ["", desk.actor.name]


# --- on paper -----------------------------------------------------------------------------


def test_a_case_goes_to_the_printer_and_the_window_comes_back_to_it(
    cases: CasesScreen, shell: Shell, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    desk = shell.desk
    case = desk.cases.open(desk.actor, who(desk, "安然").id, Kind.SUSPENSION, AWAY)
    cases.refresh()
    settled()
    press(cases.page, "缺材料通知")
    settled()
    papers = cases.papers
    assert papers is not None
    assert papers.isVisible()
    assert papers.desk.preview is not None
    assert papers.desk.preview.sheet.title == "缺材料通知"
    papers.paper.setCurrentText("休学申请表")
    papers.paper.activated.emit(0)
    settled()
    assert papers.desk.preview.sheet.title == "休学申请表"
    # what comes in meanwhile stands on the paper at once
    desk.cases.add(desk.actor, case.id, consent=ConsentWay.PHONE, witness="周敏")
    cases.refresh()
    settled()
    assert papers.desk.preview.sheet.documents[0].values["见证人"] == "周敏"
    qtbot.keyClick(papers.desk.view, Qt.Key.Key_Escape)
    assert not papers.isVisible()
    assert case_of(cases).id == case.id
    cases.print_now()
    settled()
    assert papers.isVisible()
    assert papers.paper.currentText() == "休学申请表"


def test_a_case_that_lacks_nothing_has_no_notice(
    cases: CasesScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    desk = shell.desk
    desk.cases.open(
        desk.actor, who(desk, "安然").id, Kind.SUSPENSION, AWAY, signed=frozenset(Signatory),
        evidence=[(None, "诊断证明")],
    )  # fmt: skip
    cases.refresh()
    settled()
    buttons = {button.text() for button in cases.page.findChildren(QPushButton)}
    assert "打印申请表" in buttons
    assert "缺材料通知" not in buttons


# --- many at once -------------------------------------------------------------------------


def test_several_of_the_list_are_done_in_one_step_and_taken_back_in_one(
    cases: CasesScreen, frame: DeskFrame, shell: Shell, settled: Callable[[], None]
) -> None:
    desk = shell.desk
    people = [who(desk, name).id for name in ("安然", "白岩", "常青")]
    frame.show_screen("cases", {"ids": people})
    settled()
    dialog = shell.window.findChild(MassDialog)
    assert dialog is not None
    dialog.kind.setCurrentText(Kind.SUSPENSION.value)
    dialog.paper.setCurrentText("诊断证明")
    dialog.preview()
    assert "请写明原因" in dialog.summary.text()
    dialog.reason.setText("同去外地治疗")
    dialog.preview()
    settled()
    assert "不能办 3 人" in dialog.summary.text()
    assert not dialog.write_button.isEnabled()
    for tick in dialog.signed.values():
        tick.setChecked(True)
    dialog.preview()
    settled()
    assert "可以生效 3 人" in dialog.summary.text()
    assert "全校在校 3 → 0" in dialog.counts.text()
    dialog.reason.setText("同去外地治疗，附证明")  # other words need another preview
    assert not dialog.write_button.isEnabled()
    dialog.preview()
    settled()
    dialog.write_button.click()
    settled()
    assert "已办理 3 人" in frame.messages.text
    assert who(desk, "白岩", AWAY).status is Status.SUSPENDED
    shell.undo.undo()
    settled()
    assert "已冲正 3 人" in frame.messages.text
    assert who(desk, "白岩", AWAY).status is Status.ENROLLED
    assert not shell.undo.canRedo()
