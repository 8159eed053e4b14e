"""学籍卡 and 名册与统计 through the window: what is previewed is printed, recorded and saved."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.papers import PrintedSheet
from app.models.student import Student
from app.models.vocabulary import Kind, Status
from app.services import clock
from app.services.errors import FileInUse, PrinterFailed
from app.services.forms.calibration import calibration_sheet
from app.services.forms.cups import Abilities, PrinterRow, Tray
from app.services.forms.order import Correction, Order, Sides
from app.services.forms.sheets import Standing
from app.services.progress import finish
from app.services.register import ledger
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.resources import resource
from app.ui.desk_frame import DeskFrame
from app.ui.papers.calibration import CalibrationDialog
from app.ui.papers.cards import CardsScreen
from app.ui.papers.page_view import FIT_PAGE
from app.ui.papers.paper_desk import PaperDesk
from app.ui.papers.rosters import HEADS, RostersScreen
from app.ui.preferences import Preferences
from app.ui.printing import PrintMemory, paint, print_calibration, sheets_in_words
from tests.builders import person, take_in, write_list
from tests.rulers import measure

NAMES = ("安然", "白岩", "陈默", "单晓明")
Settled = Callable[[], None]


class Printer:
    """A printer that keeps what it gets; `fails_at` is the sheet at which it is out of paper."""

    def __init__(self, fails_at: int = 0, *, duplex: bool = True) -> None:
        self.files: list[bytes] = []
        self.orders: list[Order] = []
        self.fails_at, self.duplex = fails_at, duplex
        self.holding = threading.Event()  # set: it takes what comes
        self.holding.set()
        self.got_one = threading.Event()

    def printers(self) -> list[PrinterRow]:
        return [PrinterRow("Lab", "Lab", False), PrinterRow("Office", "Office", True)]

    def abilities(self, _printer: str) -> Abilities:
        return Abilities(self.duplex, (Tray("Tray2", "纸盒 2"),))

    def trouble(self, _printer: str) -> None:
        return None

    def send(self, order: Order, content: bytes, _title: str) -> None:
        if len(self.files) + 1 == self.fails_at:
            raise PrinterFailed(printer=order.printer, problem="缺纸", cure="请装纸")
        self.files.append(content)
        self.orders.append(order)
        self.got_one.set()
        self.holding.wait(10)


@pytest.fixture
def school(frame: DeskFrame, tmp_path: Path) -> DeskFrame:
    desk = frame.shell.desk
    rows = [person(number, name) for number, name in enumerate(NAMES)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    return frame


@pytest.fixture
def cards(school: DeskFrame, settled: Settled) -> CardsScreen:
    school.show_screen("cards")
    screen = school.current
    assert isinstance(screen, CardsScreen)
    screen.desk.use_port(Printer())
    settled()
    return screen


def printer_of(desk: PaperDesk) -> Printer:
    assert isinstance(desk.port, Printer)
    return desk.port


def records(screen: CardsScreen) -> list[PrintedSheet]:
    with screen.shell.desk.database.read() as session:
        return list(session.scalars(select(PrintedSheet).order_by(PrintedSheet.id)))


# --- 学籍卡 --------------------------------------------------------------------------------


@pytest.mark.ux("R1")
def test_the_screen_opens_on_a_class_with_its_cards(cards: CardsScreen) -> None:
    assert cards.desk.preview is not None
    assert cards.desk.view.count == 8
    assert cards.desk.print_button.isEnabled()
    assert cards.desk.panel.sides.currentText() == Sides.LONG


@pytest.mark.ux("R1")
def test_ctrl_p_opens_the_preview_from_another_screen(
    school: DeskFrame, qtbot: QtBot, settled: Settled
) -> None:
    school.show_screen("home")
    settled()
    school.activateWindow()
    qtbot.keyClick(school, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(school.current, CardsScreen)
    settled()
    qtbot.keyClick(school, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert school.window().focusWidget() is school.current.desk.print_button


@pytest.mark.ux("R1", "A1")
def test_pages_are_turned_by_keys_and_by_the_thumbnails(cards: CardsScreen, qtbot: QtBot) -> None:
    view = cards.desk.view
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.page == 7
    assert cards.desk.strip.currentIndex().row() == 7
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.page == 6
    cards.desk.strip.setCurrentIndex(cards.desk.strip.model().index(2, 0))
    assert view.page == 2


@pytest.mark.ux("R1")
def test_ctrl_and_wheel_zoom(cards: CardsScreen) -> None:
    view = cards.desk.view
    view.set_zoom(1.0)
    middle = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        middle, middle, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)
    assert view.zoom == 1.25


def test_a_page_that_is_fitted_brings_no_scroll_bars(
    cards: CardsScreen, settled: Callable[[], None]
) -> None:
    view = cards.desk.view
    view.set_zoom(FIT_PAGE)
    for lower in range(12):
        cards.window().resize(1240, 740 - lower)
        settled()
        assert view.horizontalScrollBar().maximum() == 0
        assert view.verticalScrollBar().maximum() == 0


def test_at_100_percent_a_ruler_on_the_screen_agrees(cards: CardsScreen) -> None:
    view = cards.desk.view
    view.set_zoom(1.0)
    assert cards.desk.preview is not None
    width = cards.desk.preview.pages.sizes[0][0] / 72  # inches
    assert view._size().width() == pytest.approx(width * view.dots_per_inch, abs=1.5)


def test_ids_from_another_screen_are_the_ones_that_are_shown(
    cards: CardsScreen, settled: Settled
) -> None:
    rows = cards.shell.desk.students.rows(Moment(date(2026, 10, 1)))
    wanted = [row.id for row in rows if row.name in ("安然", "陈默")]
    cards.shell.go("cards", ids=wanted)
    settled()
    assert cards.desk.preview is not None
    assert [doc.student_id for doc in cards.desk.preview.sheet.documents] == wanted


def test_who_is_unticked_is_not_printed(cards: CardsScreen, settled: Settled, qtbot: QtBot) -> None:
    cards.chooser.people.item(1).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: not cards._timer.isActive())
    settled()
    assert cards.desk.preview is not None
    assert len(cards.desk.preview.sheet.documents) == 3


def test_a_warning_jumps_to_its_sheet(cards: CardsScreen) -> None:
    rows = cards.desk.warnings.findItems("缺照片　陈默", Qt.MatchFlag.MatchStartsWith)
    assert len(rows) == 1
    cards.desk.warnings.setCurrentItem(rows[0])
    assert cards.desk.view.page == 4


@pytest.mark.ux("R2", "R5")
def test_each_card_is_sent_as_previewed_and_leaves_its_record(
    cards: CardsScreen, settled: Settled
) -> None:
    cards.desk.print_now()
    settled()
    printer = printer_of(cards.desk)
    assert len(printer.files) == 4
    assert printer.orders[0].printer == "Office"
    assert [(sheet.printer, sheet.pages) for sheet in records(cards)] == [("Office", None)] * 4
    shown = cards.desk.preview
    assert shown is not None
    from app.services.forms.preview import Pages

    third = Pages(printer.files[2])
    assert third.picture(1, 80) == shown.pages.picture(5, 80)


@pytest.mark.ux("R5", "R6")
def test_out_of_paper_says_which_sheets_went_out_and_continues_there(
    cards: CardsScreen, frame: DeskFrame, settled: Settled
) -> None:
    cards.desk.use_port(Printer(fails_at=3))
    settled()
    cards.desk.print_now()
    settled()
    assert "缺纸。请装纸" in frame.messages.text
    assert "第 1–2 张已送出，再按“打印”从第 3 张继续" in frame.messages.text
    assert len(records(cards)) == 2
    assert cards.desk.panel.start.value() == 3
    cards.desk.use_port(Printer())
    settled()
    cards.desk.panel.continue_from(3)
    cards.desk.print_now()
    settled()
    assert len(printer_of(cards.desk).files) == 2
    assert len({sheet.student_id for sheet in records(cards)}) == 4


@pytest.mark.ux("R5", "L2")
def test_printing_is_stopped_between_two_sheets(
    cards: CardsScreen, frame: DeskFrame, settled: Settled, stop_work: Callable[[], None]
) -> None:
    printer = printer_of(cards.desk)
    printer.holding.clear()
    cards.desk.print_now()
    assert printer.got_one.wait(10)
    stop_work()
    printer.holding.set()
    settled()
    assert len(printer.files) == len(records(cards)) == 1
    assert "已停止打印。第 1 张已送出" in frame.messages.text


@pytest.mark.ux("R7")
def test_the_last_printer_tray_and_sides_come_back_with_the_form(
    cards: CardsScreen, settled: Settled, preferences: Preferences
) -> None:
    panel = cards.desk.panel
    panel.printer.setCurrentIndex(0)
    panel._choose_printer()
    settled()
    panel.tray.setCurrentIndex(1)
    panel.sides.setCurrentText(Sides.ONE)
    cards.desk.print_now()
    settled()
    assert PrintMemory(preferences).last("学籍卡") == ("Lab", "Tray2", Sides.ONE)
    assert not PrintMemory(preferences).knows("新生名册")
    panel.use_port(Printer())
    settled()
    order = panel.order()
    assert (order.printer, order.tray, order.sides) == ("Lab", "Tray2", Sides.ONE)


@pytest.mark.ux("R5")
def test_a_printer_of_one_side_prints_fronts_then_backs(
    cards: CardsScreen, settled: Settled
) -> None:
    cards.desk.use_port(Printer(duplex=False))
    settled()
    assert cards.desk.panel.sides.currentText() == Sides.FRONTS
    cards.desk.print_now()
    settled()
    assert cards.desk.panel.sides.currentText() == Sides.BACKS
    cards.desk.print_now()
    settled()
    assert len(printer_of(cards.desk).files) == 8
    assert len(records(cards)) == 4  # the same paper, recorded once


def test_a_wrong_range_is_said_in_place(cards: CardsScreen) -> None:
    cards.desk.panel.pages.setText("1-99")
    assert "本次共 8 页" in cards.desk.panel._counted.text()
    assert cards.desk.panel.sheet_count == 0


@pytest.mark.ux("E2")
def test_saving_proposes_a_name_and_says_where_the_file_is(
    cards: CardsScreen, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(_parent: object, _title: str, proposed: str, _kind: str) -> tuple[str, str]:
        asked.append(proposed)
        return str(tmp_path / Path(proposed).name), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    cards.desk.save_pdf()
    settled()
    assert Path(asked[0]).name.startswith(cards.chooser.words + "学籍卡_")
    assert cards.desk.preview is not None
    assert cards.desk.saved.path.read_bytes() == cards.desk.preview.file
    cards.desk.saved.copy_path.click()
    assert QGuiApplication.clipboard().text() == str(cards.desk.saved.path)
    cards.desk.save_workbook()
    settled()
    assert cards.desk.saved.path.suffix == ".xlsx"
    assert {sheet.printer for sheet in records(cards)} == {None}


@pytest.mark.ux("E3")
def test_a_file_open_in_wps_gets_a_second_name(
    cards: CardsScreen, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "卡.pdf"
    target.write_bytes(b"open elsewhere")
    save, asked = cards.shell.desk.printing.save, []

    def locked(actor: object, sheet: object, path: Path, *rest: object) -> object:
        if path == target:
            raise FileInUse(file=path.name)
        return (yield from save(actor, sheet, path, *rest))  # type: ignore[arg-type]

    monkeypatch.setattr(cards.shell.desk.printing, "save", locked)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    monkeypatch.setattr(
        cards.shell,
        "ask",
        lambda title, _text, **words: bool(asked.append((title, words["yes"]))) or True,
    )
    cards.desk.save_pdf()
    settled()
    assert asked == [("文件正被其他程序打开", "另存为 卡(2).pdf")]
    assert cards.desk.saved.path == tmp_path / "卡(2).pdf"


def test_a_changed_student_appears_under_reprint_with_what_changed(
    cards: CardsScreen, settled: Settled, tmp_path: Path
) -> None:
    cards.desk.print_now()
    settled()
    assert cards.tabs.tabText(1) == "需重印"
    take_in(
        cards.shell.desk,
        write_list(tmp_path / "补.xlsx", [person(2, "陈默", 联系电话="13900000000")]),
    )
    cards.shell.changed.emit()
    settled()
    assert cards.tabs.tabText(1) == "需重印 1"
    assert "联系电话：13800000002 → 13900000000" in cards.stale.item(0).text()
    cards.tabs.setCurrentIndex(1)
    cards._timer.stop()
    cards._show()
    settled()
    assert cards.desk.preview is not None
    assert [doc.values["姓名"] for doc in cards.desk.preview.sheet.documents] == ["陈默"]


@pytest.mark.ux("A2")
def test_every_control_has_a_name(cards: CardsScreen) -> None:
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

    nameless = [
        widget
        for kind in (QAbstractButton, QComboBox, QLineEdit)
        for widget in cards.findChildren(kind)
        if widget.isVisible()
        and not widget.accessibleName()
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []


# --- true size -------------------------------------------------------------------------------


@pytest.mark.ux("R3")
def test_a_printer_with_unprintable_edges_prints_true(tmp_path: Path) -> None:
    """Qt's own printer with margins: the bars keep their length and their place on the paper."""
    from PySide6.QtCore import QMarginsF
    from PySide6.QtGui import QPageLayout, QPageSize

    target = tmp_path / "out.pdf"
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(target))
    edges = QMarginsF(12, 12, 12, 12)  # points: 4.2 mm
    printer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, edges,
            QPageLayout.Unit.Point, edges,
        )
    )  # fmt: skip
    paint(printer, calibration_sheet("p", date(2026, 9, 9)), "p")
    across, down, short = measure(target.read_bytes())
    assert (across.begin, across.length) == pytest.approx((30, 150), abs=0.3)
    assert (down.begin, down.length) == pytest.approx((60, 150), abs=0.3)
    assert short.length == pytest.approx(100, abs=0.3)


@pytest.mark.ux("R3")
def test_a_measured_correction_is_kept_by_printer_and_tray_and_used(
    cards: CardsScreen, preferences: Preferences
) -> None:
    memory, printer = PrintMemory(preferences), Printer()
    dialog = CalibrationDialog(
        cards.shell, printer, memory, Order("Office", tray="Tray2"), "纸盒 2"
    )
    dialog._boxes["left"].setValue(31.5)
    assert "向左移 1.5 毫米" in dialog._said.text()
    dialog.keep()
    assert memory.correction("Office", "Tray2") == Correction(x=1.5)
    assert memory.correction("Office", "Auto").is_none
    print_calibration(printer, Order("Office", correction=memory.correction("Office", "Tray2")))
    across, _, _ = measure(printer.files[0])
    assert across.begin + 1.5 == pytest.approx(30, abs=0.1)  # what the printer adds


@pytest.mark.ux("R3")
def test_a_number_that_cannot_be_keeps_the_dialog_open(cards: CardsScreen) -> None:
    dialog = CalibrationDialog(
        cards.shell, Printer(), PrintMemory(cards.shell.preferences), Order("Office"), ""
    )
    dialog._boxes["across"].setValue(143)
    dialog.keep()
    assert dialog.result() == 0
    assert "适合页面" in dialog._said.text()


def test_sheets_are_named_as_people_do() -> None:
    assert sheets_in_words([1, 2, 3, 5, 7, 8]) == "1–3、5、7–8"


# --- 名册与统计 ----------------------------------------------------------------------------


@pytest.fixture
def rosters(school: DeskFrame, settled: Settled) -> RostersScreen:
    school.show_screen("rosters")
    screen = school.current
    assert isinstance(screen, RostersScreen)
    screen.desk.use_port(Printer())
    screen.begin.set_day(date(2026, 8, 1))
    screen.end.set_day(date(2026, 10, 1))
    screen._make()
    settled()
    return screen


def test_a_roster_is_previewed_with_its_base(rosters: RostersScreen) -> None:
    assert rosters.desk.preview is not None
    assert rosters.desk.preview.sheet.title == "新生名册"
    assert "口径" in rosters.desk.preview.sheet.scope


def test_a_scope_narrows_the_roster(rosters: RostersScreen, settled: Settled) -> None:
    assert rosters.scope.itemText(1) == "2026级"
    rosters.scope.setCurrentIndex(1)
    rosters._make()
    settled()
    assert rosters.desk.preview is not None
    assert rosters.desk.preview.sheet.values[0]["人数"] == 4
    assert rosters.desk.name_for(".xlsx") == "2026级新生名册_20261001.xlsx"


def test_the_headcount_stands_in_its_own_place(
    rosters: RostersScreen, frame: DeskFrame, qtbot: QtBot, settled: Settled
) -> None:
    link = next(one for one in rosters.findChildren(QPushButton) if one.text() == "学籍人数审核表")
    link.click()
    settled()
    assert frame.current is not None
    assert frame.current.title == "人数"


def test_names_lead_to_the_students(
    rosters: RostersScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[tuple[str, object]] = []
    monkeypatch.setattr(rosters.shell, "go", lambda name, **where: gone.append((name, where)))
    rosters.names.open("期末", (3, 1, 3), Moment(date(2026, 10, 1)))
    rosters.names.open_all.click()
    assert gone == [("students", {"ids": [3, 1]})]


@pytest.mark.ux("R1", "R2")
def test_a_report_prints_from_the_same_preview(rosters: RostersScreen, settled: Settled) -> None:
    rosters.visit(paper="学籍异动汇总表")
    settled()
    rosters.print_now()
    settled()
    assert rosters.desk.preview is not None
    assert rosters.desk.preview.sheet.title == "学籍异动汇总表"
    rosters.desk.print_now()
    settled()
    assert len(printer_of(rosters.desk).files) == 1
    with rosters.shell.desk.database.read() as session:
        assert session.scalars(select(PrintedSheet.form)).all() == ["学籍异动汇总表"]


def test_a_wrong_period_is_a_sentence(
    rosters: RostersScreen, frame: DeskFrame, settled: Settled
) -> None:
    rosters.visit(paper="学籍异动汇总表")
    rosters.begin.set_day(date(2027, 1, 1))
    rosters._make()
    settled()
    assert "2027-01-01" in frame.messages.text
    assert not rosters.save_button.isEnabled()


@pytest.mark.ux("F5")
def test_a_day_is_typed_as_people_type_it(rosters: RostersScreen, qtbot: QtBot) -> None:
    for typed, day in (("20260905", date(2026, 9, 5)), ("2026.9.6", date(2026, 9, 6))):
        rosters.end.setText(typed)
        qtbot.keyClick(rosters.end, Qt.Key.Key_Return)
        assert rosters.end.day == day
    rosters.end.setText("26-9-6")
    qtbot.keyClick(rosters.end, Qt.Key.Key_Return)
    assert rosters.end.property("fault") is True
    assert rosters.end.held == date(2026, 9, 6)


@pytest.mark.ux("A3")
def test_a_bar_opens_its_names(rosters: RostersScreen, qtbot: QtBot, settled: Settled) -> None:
    rosters.visit(paper=HEADS)
    rosters.tabs.setCurrentIndex(1)
    settled()
    chart = rosters.chart
    heard: list[tuple[str, tuple[int, ...]]] = []
    chart.picked.connect(lambda words, ids: heard.append((words, ids)))
    part = next(part for part in chart.parts if part.box.height() > 5)
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=part.box.center().toPoint())
    assert len(heard[0][1]) == 4
    assert heard[0][0].endswith("4 人")
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert heard[1] == heard[0]


def test_a_trend_goes_back_over_the_terms(rosters: RostersScreen, settled: Settled) -> None:
    rosters.visit(paper=HEADS)
    rosters.tabs.setCurrentIndex(1)
    rosters.figure.setCurrentIndex(rosters.figure.count() - 1)
    rosters._draw_figure()
    settled()
    assert "2026-10-01：2026级 4" in rosters.chart.accessibleDescription()
    assert "2024-09-30：2026级 0" in rosters.chart.accessibleDescription()


def listed(screen: RostersScreen) -> list[str]:
    return [screen.papers.item(at).text() for at in range(screen.papers.count())]


def test_the_schools_own_rosters_are_listed_and_printed(
    rosters: RostersScreen, settled: Settled
) -> None:
    desk = rosters.shell.desk
    form = resource("forms", "在校生名册.xlsx")
    made = desk.library.install(desk.actor, form, "走读生名册")
    assert made.current
    desk.library.install(desk.actor, resource("forms", "学籍卡.xlsx"), "学籍卡（走读）")
    rosters.visit(paper="走读生名册")  # it is not listed yet
    rosters.refresh()
    settled()
    assert "学籍卡（走读）" not in listed(rosters)
    assert rosters.papers.currentItem().text() == "走读生名册"
    assert rosters.desk.preview is not None
    assert rosters.desk.preview.sheet.title == "走读生名册"
    assert rosters.tabs.isTabVisible(1)  # its chart counts as that of 在校生名册
    desk.library.retire(desk.actor, "走读生名册", 1)
    rosters.refresh()
    settled()
    assert "走读生名册" not in listed(rosters)
    assert rosters.desk.preview.sheet.title == "新生名册"


def test_a_report_is_printed_as_the_form_of_the_library(
    rosters: RostersScreen, settled: Settled, tmp_path: Path
) -> None:
    desk = rosters.shell.desk
    student = desk.students.rows(Moment(date(2026, 10, 1)))[0]
    with desk.database.write(desk.actor, "退学") as session:
        ledger.record(
            session, session.get_one(Student, student.id), Kind.WITHDRAWAL, date(2026, 9, 20),
            operator_id=desk.actor.id, to_status=Status.WITHDRAWN, recorded_at=clock.now(),
        )  # fmt: skip
    for name, text in (("学籍异动汇总表", student.name), ("学籍异动统计表", "退学")):
        rosters.visit(paper=name)
        rosters.tabs.setCurrentIndex(2)
        settled()
        shown = rosters.desk.preview
        assert shown is not None
        assert shown.sheet.template.name == name
        assert shown.sheet.template.version == desk.library.template(name).version
        assert text in shown.pages._document[0].get_textpage().get_text_range()
        moment, target = Moment(date(2026, 10, 1)), tmp_path / f"{name}.pdf"
        made = finish(desk.printing.make(desk.actor, name, target, moment=moment, scope=Scope()))
        assert made.codes == (shown.sheet.documents[0].code,)  # the command's very paper
        told = desk.sheets.answer(desk.actor, made.codes[0])
        assert told.standing is Standing.CURRENT
