"""人数 through the window: every number opens its names, two counts are bridged, a table sealed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Kind, PaperFormat, Signatory
from app.services import clock
from app.services.forms.sheets import Standing
from app.services.workstation import Workstation
from app.ui.desk_frame import DeskFrame
from app.ui.headcount.screen import PAGES, HeadcountScreen
from app.ui.shell import Shell
from app.ui.widgets import names_panel
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.report_table import ReportTable
from tests.builders import person, take_in, who, write_list
from tests.ui.test_cases import clock_at, meet, shown

NAMES = ("安然", "白岩", "常青")
LEFT = date(2026, 10, 8)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    clock_at("2026-11-02")
    yield
    clock.stop_at(None)


@pytest.fixture
def screen(
    shell: Shell, frame: DeskFrame, tmp_path: Path, settled: Callable[[], None]
) -> HeadcountScreen:
    """Three students in two classes, one of whom left in October."""
    in_two_classes(shell.desk, tmp_path, NAMES)
    leave(shell.desk, "白岩")
    frame.show_screen("headcount")
    settled()
    assert isinstance(frame.current, HeadcountScreen)
    return frame.current


def in_two_classes(desk: Workstation, folder: Path, names: Sequence[str]) -> None:
    """Take these students in and place them."""
    rows = [person(i, name) for i, name in enumerate(names, start=1)]
    take_in(desk, write_list(folder / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2)


def leave(desk: Workstation, name: str) -> None:
    desk.changes.change(
        desk.actor, who(desk, name).id, Kind.WITHDRAWAL, LEFT, signed=frozenset(Signatory)
    )


def cells(table: ReportTable) -> list[list[str]]:
    model = table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def press_on(table: ReportTable, row: str, column: str) -> str:
    """Open the number in that row under that head; answers what it says."""
    model = table.model()
    heads = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    place = next(at for at, line in enumerate(cells(table)) if row in line)
    index = model.index(place, heads.index(column))
    table.setCurrentIndex(index)
    table.open_cell(index)
    return str(index.data())


def named(screen: HeadcountScreen) -> list[str]:
    assert screen.names.isVisible()
    listed = screen.names.names
    return [listed.item(at).text().partition("\n")[0] for at in range(listed.count())]


def sided_as_their_numbers(table: ReportTable) -> bool:
    """Every title stands over its column on the side where the cells of the last row stand."""
    model, aligned = table.model(), Qt.ItemDataRole.TextAlignmentRole
    last = model.rowCount() - 1
    sides = [
        (
            model.headerData(at, Qt.Orientation.Horizontal, aligned),
            model.index(last, at).data(aligned),
        )
        for at in range(model.columnCount())
    ]
    return all(title == cell for title, cell in sides) and len({title for title, _ in sides}) == 2


def test_every_number_opens_to_its_people(
    screen: HeadcountScreen, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    assert screen.begin.day == date(2026, 8, 1)
    assert sided_as_their_numbers(screen.table)
    assert press_on(screen.table, "合计", "减：退学") == "1"
    settled()
    assert named(screen) == ["白岩"]
    assert screen.names.title.text() == "合计　减：退学　1 人"
    screen.end.editingFinished.emit()  # left as it was
    settled()
    assert screen.names.isVisible()
    assert press_on(screen.table, "合计", "期末在籍") == "2"
    settled()
    assert sorted(named(screen)) == ["安然", "常青"]
    assert screen.proof.verdict.accessibleName() == "平"
    assert not screen.proof.culprits.isVisible()
    assert [number.text() for number in screen.proof.numbers] == ["0", "3", "1", "2"]
    screen.proof.numbers[1].click()
    settled()
    assert sorted(named(screen)) == ["安然", "常青", "白岩"]
    qtbot.keyClick(screen.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().strip() == "2"


def test_a_page_is_made_when_it_is_first_asked_for(screen: HeadcountScreen) -> None:
    assert not {"seals", "arrivals", "checks"} & set(vars(screen))


def test_of_many_the_first_are_named_and_the_list_has_them_all(
    screen: HeadcountScreen, settled: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_panel, "_MOST", 2)
    screen.proof.numbers[1].click()
    settled()
    assert screen.names.title.text() == "增加　3 人"
    *people, rest = named(screen)
    assert len(set(people) & set(NAMES)) == 2
    assert rest == "其余 1 人，请在学生列表中看"
    opened: list[list[int]] = []
    monkeypatch.setattr(screen.shell, "go", lambda _, ids: opened.append(ids))
    screen.names.open_all.click()
    assert len(opened[0]) == 3


def test_a_day_of_knowledge_shows_the_count_as_it_was_known(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    clock_at("2026-11-09")
    leave(shell.desk, "常青")
    screen.refresh()
    settled()
    assert press_on(screen.table, "合计", "期末在籍") == "1"
    screen.known_end.setText("2026-11-02")
    screen.known_end.editingFinished.emit()
    settled()
    assert press_on(screen.table, "合计", "期末在籍") == "2"
    screen.tabs.setCurrentIndex(1)
    screen.begin.setText("2026-11-02")
    for field, words in ((screen.known_begin, "2026-11-02"), (screen.known_end, "")):
        field.setText(words)
    screen.end.setText("2026-11-02")
    screen.end.editingFinished.emit()
    settled()
    assert [line[0] for line in cells(screen.table)][1:-1] == ["后来登记：退学"]
    assert press_on(screen.table, "后来登记：退学", "减") == "1"
    settled()
    assert named(screen) == ["常青"]


def test_a_class_alone_and_days_that_are_none(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    screen.tabs.setCurrentIndex(1)
    settled()
    home = who(shell.desk, "白岩").class_group
    place = next(
        at for at in range(screen.class_group.count()) if home in screen.class_group.itemText(at)
    )
    screen.begin.setText("2026-09-30")
    screen.class_group.setCurrentIndex(place)
    screen.class_group.activated.emit(place)
    settled()
    first, moved, last = cells(screen.table)
    assert moved[:3] == ["退学", "0", "1"]
    assert int(first[3]) - 1 == int(last[3])
    before = cells(screen.table)
    screen.end.setText("2026-13-01")
    screen.end.editingFinished.emit()
    settled()
    assert "至" in screen.fault
    assert cells(screen.table) == before
    screen.tabs.setCurrentIndex(0)
    screen.end.setText("2026-09-01")
    screen.end.editingFinished.emit()
    settled()
    assert "晚于截止日" in screen.fault


def test_a_sealed_table_names_what_has_changed_since(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    screen.end.setText("2026-10-31")
    screen.end.editingFinished.emit()
    settled()
    objected = meet(FormDialog, lambda dialog: shown(dialog, Line, "说明").setText("秋季"))
    screen.seal()
    settled()
    assert objected == [""]
    seals = screen.seals
    assert seals.isVisible()
    assert "秋季" in seals.list.item(0).text()
    assert seals.verdict.accessibleName() == "与现在的登记一致"
    clock.stop_at(datetime.fromisoformat("2026-11-03T09:00:00+08:00"))
    leave(shell.desk, "常青")
    screen.refresh()
    settled()
    assert "个数变了" in seals.verdict.accessibleName()
    assert [line[0] for line in cells(seals.since)][1:-1] == ["后来登记：退学"]
    total = next(line for line in cells(seals.differences) if line[:2] == ["合计", "期末"])
    assert total == ["合计", "期末", "2", "1"]
    press_on(seals.since, "后来登记：退学", "减")
    settled()
    assert named(screen) == ["常青"]


def test_a_period_that_has_not_ended_is_not_sealed(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    screen.end.setText("2027-01-31")
    meet(FormDialog, lambda dialog: shown(dialog, Line, "说明").setText("早了"))
    screen.seal()
    settled()
    assert shell.desk.seals.rows(shell.desk.actor) == []


def test_the_table_is_printed_as_the_form_of_the_library_and_the_window_comes_back(
    screen: HeadcountScreen, shell: Shell, qtbot: QtBot, settled: Callable[[], None]
) -> None:
    screen.known_end.setText("2026-10-01")  # before anybody was taken in
    screen.known_end.editingFinished.emit()
    settled()
    screen.print_now()
    settled()
    assert screen.paper is not None
    assert screen.paper.desk.preview is not None
    assert screen.paper.desk.preview.sheet.title == "学籍人数审核表"
    assert "所知" in screen.paper.desk.preview.sheet.scope
    screen.known_end.setText("")
    screen.known_end.editingFinished.emit()  # the paper follows
    settled()
    assert "所知" not in screen.paper.desk.preview.sheet.scope
    assert screen.paper.desk.preview.sheet.values[0]["口径"] == "在籍"
    screen.base.setCurrentText("在校")
    screen.base.activated.emit(1)
    settled()
    sheet = screen.paper.desk.preview.sheet
    assert sheet.values[0]["口径"] == "在校"
    assert sheet.scope == "全校（口径：在校，自 2026-08-01）"
    assert sheet.template.version == shell.desk.library.template(sheet.title).version
    with shell.desk.database.write(shell.desk.actor, "打印") as session:
        shell.desk.printing.enter(session, shell.desk.actor, [sheet], PaperFormat.PDF)
    told = shell.desk.sheets.answer(shell.desk.actor, sheet.documents[0].code)
    assert told.standing is Standing.CURRENT
    qtbot.keyClick(screen.paper.desk.view, Qt.Key.Key_Escape)
    assert screen.table.isVisible()
    for _ in range(2):  # who is there already and asks again stays there
        screen.visit(page=PAGES[4])
        settled()
        assert screen.checks.isVisible()


def test_two_counts_are_printed_as_their_form_for_the_class_and_the_knowledge_shown(
    screen: HeadcountScreen, shell: Shell, settled: Callable[[], None]
) -> None:
    clock_at("2026-11-09")
    leave(shell.desk, "常青")
    screen.visit(page=PAGES[1])
    settled()
    home = who(shell.desk, "常青").class_group
    words = [screen.class_group.itemText(at) for at in range(screen.class_group.count())]
    screen.class_group.setCurrentIndex(next(at for at, one in enumerate(words) if home in one))
    for field, day in ((screen.begin, "2026-10-31"), (screen.end, "2026-10-31")):
        field.setText(day)
    screen.known_begin.setText("2026-11-02")
    screen.known_begin.editingFinished.emit()
    settled()
    screen.print_now()
    settled()
    assert screen.paper is not None
    desk = screen.paper.desk
    assert desk.preview is not None
    sheet = desk.preview.sheet
    assert sheet.title == "人数两日对照表"
    assert sheet.scope.endswith(f"{home}（口径：在籍，自 2026-10-31，其时按 2026-11-02 所知）")
    (values,) = sheet.values
    assert [(one["事项"], one["减"]) for one in values["对照表"]] == [("后来登记：退学", 1)]
    assert [one["姓名"] for one in values["对照名单"]] == ["常青"]
    assert home in desk.name_for(".xlsx")
    with shell.desk.database.write(shell.desk.actor, "打印") as session:
        shell.desk.printing.enter(session, shell.desk.actor, [sheet], PaperFormat.PDF)
    code = sheet.documents[0].code
    assert shell.desk.sheets.answer(shell.desk.actor, code).standing is Standing.CURRENT


def test_what_is_shown_is_saved(
    screen: HeadcountScreen, tmp_path: Path, settled: Callable[[], None]
) -> None:
    target = tmp_path / "人数.csv"
    screen.save_to(target)
    settled()
    text = target.read_text("utf-8-sig")
    assert "期末在籍" in text
    assert "合计" in text
