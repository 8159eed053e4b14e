"""导入与核对 through the real screen: files, mapping, faults mended, batches, drafts, classes."""

import weakref
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView, QWidget
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Status
from app.services.clock import today
from app.services.exchange.mapping import LEFT_OUT
from app.services.exchange.review import RowState
from app.services.exchange.templates import TemplateKind
from app.services.resources import resource
from app.ui.desk_frame import DeskFrame
from app.ui.intake.screen import IntakeScreen
from app.ui.intake.wizard import ACCEPT, CHOOSE, COLUMNS, COMPARISON, FAULTS, Wizard
from app.ui.main_window import MainWindow
from app.ui.shell import Shell
from tests.builders import person, students, take_in, write_list
from tests.scenes.scene import settle
from tests.tables import rows_of, student, write_xlsx

Settled = Callable[[], None]


@pytest.fixture
def screen(frame: DeskFrame, settled: Settled) -> IntakeScreen:
    frame.show_screen("intake")
    settled()
    assert isinstance(frame.current, IntakeScreen)
    return frame.current


@pytest.fixture
def wizard(screen: IntakeScreen) -> Wizard:
    return screen.wizard


@pytest.fixture
def yes(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question is answered with yes; the questions are listed."""
    asked: list[str] = []

    def ask(title: str, *_: object, **__: object) -> bool:
        asked.append(title)
        return True

    monkeypatch.setattr(shell, "ask", ask)
    return asked


def faulty(folder: Path, *ethnic: str, name: str = "名册.xlsx") -> Path:
    rows = [student(number) for number in range(1, 6)]
    for row, word in zip(rows, ethnic, strict=False):
        row["民族"] = word
    return write_xlsx(folder / name, [["2026级新生录取名册"], *rows_of(rows)])


# --- coming in ------------------------------------------------------------------------------


@pytest.mark.ux("I1")
def test_files_dropped_on_the_window_come_in_one_after_another(
    window: MainWindow, screen: IntakeScreen, tmp_path: Path, settled: Settled
) -> None:
    paths = [faulty(tmp_path, name=f"{n}.xlsx") for n in (1, 2, 3)]
    window.take_files(paths)
    settled()
    wizard = screen.wizard
    assert wizard.task is not None
    assert wizard.task.name == "1.xlsx"
    assert [path.name for path in wizard.queue] == ["2.xlsx", "3.xlsx"]
    wizard.leave()
    settled()
    assert wizard.task.name == "2.xlsx"


@pytest.mark.ux("I1")
def test_a_folder_of_photographs_goes_to_the_photographs(
    window: MainWindow, screen: IntakeScreen, settled: Settled
) -> None:
    window.take_files([resource("demo", "照片")])
    settled()
    assert screen.stack.currentWidget() is screen.photos
    assert screen.photos.plan is not None


@pytest.mark.ux("I1")
def test_a_block_is_pasted_with_ctrl_v(
    window: MainWindow, screen: IntakeScreen, qtbot: QtBot, settled: Settled
) -> None:
    header, row = student(1).keys(), student(1).values()
    QApplication.clipboard().setText("\t".join(header) + "\n" + "\t".join(row) + "\n")
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(
        screen.wizard.choose.open_button, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier
    )
    settled()
    assert screen.wizard.task is not None
    assert screen.wizard.task.name.startswith("粘贴的内容")
    assert screen.wizard.rail.current == COLUMNS


def test_a_file_that_cannot_be_read_is_told_and_the_next_one_comes(
    frame: DeskFrame, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    wizard.take([broken, faulty(tmp_path)])
    settled()
    assert "坏.xlsx" in frame.messages.text
    assert wizard.task is not None
    assert wizard.task.name == "名册.xlsx"


# --- header and columns ---------------------------------------------------------------------


@pytest.mark.ux("I3")
def test_every_match_shows_samples_and_what_is_unmatched_is_named(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    rows = [student(n) | {"喜好": f"1391234567{n}"} for n in (1, 2)]
    wizard.take([write_xlsx(tmp_path / "名册.xlsx", rows_of(rows, (*student(1), "喜好")))])
    settled()
    page = wizard.columns
    assert "H 列「喜好」" in page._said.text()
    assert page.choices[7].currentText() == "（不读）"
    assert page.choices[5].currentText() == "身份证号"
    page.assign(7, "phone")
    settled()
    assert page.choices[7].currentText() == "联系电话"
    assert "喜好" not in page._said.text()
    page.assign(4, LEFT_OUT)
    settled()
    assert wizard.task is not None
    assert wizard.task.review is not None
    assert "ethnic_group" not in wizard.task.review.rows[0].values


def test_without_a_header_the_sheet_is_shown_and_a_row_can_be_pointed_at(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    rows = [["甲", "乙"], *([one["姓名"], one["身份证号"]] for one in (student(1), student(2)))]
    wizard.take([write_xlsx(tmp_path / "表.xlsx", rows)])
    settled()
    page = wizard.columns
    assert "找不到表头" in page._said.text()
    assert not wizard.next_button.isEnabled()
    page.view.go_to(("名册", 1, 0))
    page.header_button.click()
    settled()
    assert sorted(page.choices) == [0, 1]


# --- faults ---------------------------------------------------------------------------------


@pytest.mark.ux("I4")
def test_a_fault_is_shown_in_its_row_and_mended_where_it_stands(
    wizard: Wizard, tmp_path: Path, settled: Settled, qtbot: QtBot
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    wizard.show_step(FAULTS)
    page = wizard.faults
    model = page.list.model()
    row = [model.index(0, column).data() for column in range(model.columnCount())]
    assert row[:6] == ["名册.xlsx", "名册", "3", "E 民族", "汗族", "没有这个民族"]
    assert page.view.current == ("名册", 3, 4)
    assert page.mend.place == ("名册", 3, 4)
    page.mend.edit.setText("汉族")
    qtbot.keyClick(page.mend.edit, Qt.Key.Key_Return)
    settled()
    assert page.model.rows == ()
    assert "没有问题了" in page.mend._where.text()


@pytest.mark.ux("I4")
def test_all_of_a_kind_are_mended_at_once_and_undone_in_one_step(
    shell: Shell, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族", "汉族", "汗族")])
    settled()
    wizard.show_step(FAULTS)
    page = wizard.faults
    assert "2 格" in page.mend.all_button.text()
    page.mend.edit.setText("汉族")
    page.mend.all_button.click()
    settled()
    assert page.model.rows == ()
    shell.undo.undo()
    settled()
    assert len(page.model.rows) == 2
    shell.undo.redo()
    settled()
    assert page.model.rows == ()


@pytest.mark.ux("I4")
def test_a_cell_is_typed_over_in_the_sheet_itself(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    wizard.show_step(FAULTS)
    view = wizard.faults.view
    index = view.model.index(2, 4)
    assert view.model.flags(index) & Qt.ItemFlag.ItemIsEditable
    assert not view.model.flags(view.model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    assert "没有这个民族" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    view.model.setData(index, "汉族")
    settled()
    assert wizard.faults.model.rows == ()
    assert view.model.index(2, 4).data() == "汉族"


def test_counters_filter_the_sheet(wizard: Wizard, tmp_path: Path, settled: Settled) -> None:
    wizard.take([faulty(tmp_path, "汗族", "汉族", "汗族")])
    settled()
    wizard.show_step(FAULTS)
    page = wizard.faults
    texts = [button.text() for button in page.counters.buttons]
    assert texts == ["全部 5", "可导入 3", "有问题 2", "重复 0"]
    page.counters.buttons[2].click()
    model = page.view.model
    rows = range(model.rowCount())
    assert [model.headerData(row, Qt.Orientation.Vertical) for row in rows] == ["2", "3", "5"]


@pytest.mark.ux("I5")
def test_problem_rows_are_exported_from_the_screen(
    frame: DeskFrame, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    wizard.show_step(FAULTS)
    assert wizard.export_button.text() == "导出问题行 1"
    wizard.export_problems(tmp_path / "问题.xlsx")
    settled()
    assert "已导出 1 行" in frame.messages.text
    assert openpyxl.load_workbook(tmp_path / "问题.xlsx").active["E3"].comment is not None


@pytest.mark.ux("I9")
def test_a_template_is_saved(
    frame: DeskFrame, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.choose.save_template(TemplateKind.SUPPLEMENT, tmp_path / "模板.xlsx")
    settled()
    assert "补充信息" in frame.messages.text
    assert (tmp_path / "模板.xlsx").stat().st_size > 5000


# --- comparing and accepting ----------------------------------------------------------------


@pytest.mark.ux("I6")
def test_what_is_unticked_is_not_written_and_all_else_is(
    shell: Shell, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    take_in(shell.desk, write_list(tmp_path / "旧.xlsx", [person(1, "安然"), person(2, "白岩")]))
    rows = [
        person(1, "安然") | {"联系电话": "13900000001"},
        person(2, "白岩") | {"联系电话": "13900000002"},
        person(3, "方圆"),
    ]
    wizard.take([write_list(tmp_path / "新.xlsx", rows)])
    settled()
    wizard.show_step(COMPARISON)
    page = wizard.comparison
    counts = [button.text() for button in page.counters.buttons]
    assert counts == ["全部 3", "新增 1", "修改 2", "无变化 0", "冲突 0", "其他问题 0"]
    page.lines.selectRow(1)
    assert [(c.label, c.old, c.new) for c in page.cells.rows] == [
        ("联系电话", "13800000002", "13900000002")
    ]
    second = page.model.index(1, 0)
    page.model.setData(second, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    assert second.data(Qt.ItemDataRole.CheckStateRole) is Qt.CheckState.Unchecked
    wizard.show_step(ACCEPT)
    assert wizard.next_button.text() == "导入 2 行"
    wizard.forward()
    settled()
    later = max(today(), date(2026, 10, 1))  # what is changed holds from today
    phones = {row.name: row.person["phone"] for row in students(shell.desk, later)}
    assert phones == {"安然": "13900000001", "白岩": "13800000002", "方圆": "13800000003"}


def test_a_conflict_is_counted_and_told_and_never_written(
    shell: Shell, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    take_in(shell.desk, write_list(tmp_path / "旧.xlsx", [person(1, "安然")]))
    wizard.take([write_list(tmp_path / "新.xlsx", [person(1, "安冉")])])
    settled()
    wizard.show_step(COMPARISON)
    assert wizard.comparison.counters.buttons[4].text() == "冲突 1"
    assert "登记的姓名是“安然”" in wizard.comparison.about.text()
    wizard.show_step(ACCEPT)
    assert not wizard.next_button.isEnabled()


def test_the_year_is_asked_for_when_nothing_tells_it(
    shell: Shell, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    row = {key: value for key, value in student(1).items() if key != "考生号"}
    wizard.take([write_xlsx(tmp_path / "名册.xlsx", rows_of([row], tuple(row)))])
    settled()
    wizard.columns.profile.setCurrentIndex(0)
    wizard.columns._choose_profile(0)
    settled()
    wizard.show_step(ACCEPT)
    assert not wizard.next_button.isEnabled()
    assert "入学年份" in wizard.next_button.text()
    wizard.accepting.year.setText("2026")
    wizard.accepting.year.editingFinished.emit()
    settled()
    wizard.accepting.admitted.click()
    settled()
    wizard.forward()
    settled()
    (one,) = students(shell.desk)
    assert (one.cohort, one.status) == (2026, Status.ADMITTED)


@pytest.mark.ux("I7")
def test_an_import_is_undone_from_its_summary_and_listed(
    screen: IntakeScreen, tmp_path: Path, settled: Settled, yes: list[str]
) -> None:
    wizard, desk = screen.wizard, screen.shell.desk
    wizard.take([faulty(tmp_path)])
    settled()
    wizard.show_step(ACCEPT)
    wizard.forward()
    settled()
    assert len(students(desk)) == 5
    wizard.accepting.summary.undo_button.click()
    settled()
    assert yes == ["撤销第 1 批导入？"]
    assert students(desk) == []
    assert wizard.rail.current == CHOOSE
    screen.show_page("batches")
    settled()
    (row,) = screen.batches.model.rows
    assert (row.source_name, row.created) == ("名册.xlsx", 5)
    assert row.operator == desk.actor.name
    assert not screen.batches.undo_button.isEnabled()


@pytest.mark.ux("I7")
def test_a_batch_on_which_something_depends_says_what_and_stays(
    screen: IntakeScreen, tmp_path: Path, settled: Settled
) -> None:
    desk = screen.shell.desk
    path = write_list(tmp_path / "名册.xlsx", [person(1, "安然")])
    take_in(desk, path)
    screen.show_page("batches")
    settled()
    assert screen.batches.undo_button.isEnabled()
    desk.placement.split(desk.actor, 2026)
    screen.show_page("batches")
    settled()
    assert not screen.batches.undo_button.isEnabled()
    assert "安然" in screen.batches.said.text()
    screen.wizard.take([path])
    settled()
    screen.wizard.show_step(ACCEPT)
    assert "第 1 批" in screen.wizard.accepting._seen.text()


@pytest.mark.ux("L1")
def test_pages_are_built_when_first_shown_and_ticks_compare_nothing_anew(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    assert set(vars(wizard)).isdisjoint({"columns", "faults", "comparison", "accepting"})
    wizard.take([faulty(tmp_path)])
    settled()
    assert set(vars(wizard)).isdisjoint({"faults", "comparison", "accepting"})
    rows = wizard.columns.choices
    wizard.show_step(COMPARISON)
    assert wizard.task is not None
    seen = wizard.task.review
    wizard.comparison.model.ticked.emit(0, False)
    settled()
    assert wizard.task.review is seen
    assert len(wizard.task.chosen) == 4
    wizard.show_step(COLUMNS)
    assert wizard.columns.choices == rows  # filled anew, not built anew


@pytest.mark.ux("L1")
def test_an_older_review_is_let_go_in_a_turn_of_its_own(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    task = wizard.task
    assert task is not None
    older = weakref.ref(task.review)
    there: list[bool] = []
    task.fix({("名册", 3, 4): "汉族"})
    assert task._job is not None
    task._job.ended.connect(lambda: there.append(older() is not None))
    settled()
    assert there == [True]
    assert older() is None


# --- going back, drafts ---------------------------------------------------------------------


@pytest.mark.ux("I2")
def test_going_back_and_on_again_loses_nothing(
    wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    wizard.show_step(FAULTS)
    wizard.faults.mend.edit.setText("汉族")
    wizard.faults.mend.fix_button.click()
    settled()
    for _ in range(3):
        wizard.back()
        settled()
    assert wizard.rail.current == CHOOSE
    wizard.forward()
    wizard.forward()
    settled()
    assert wizard.faults.model.rows == ()
    assert wizard.faults.view.model.index(2, 4).data() == "汉族"


@pytest.mark.ux("I2", "F8")
def test_closing_in_the_middle_keeps_the_file_as_a_draft(
    window: MainWindow, wizard: Wizard, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    wizard.show_step(FAULTS)
    wizard.faults.mend.edit.setText("汉族")
    wizard.faults.mend.fix_button.click()
    settled()
    from app.services.vault.vault import Vault
    from tests.conftest import PASSWORD

    window.close_register()
    settle(window)
    window.enter(Vault.open(window.folder, PASSWORD))
    assert window.frame is not None
    (draft,) = window.frame.shell.desk.intake.unfinished(window.frame.shell.desk.actor)
    window.frame.show_screen("intake", {"draft": draft.subject})
    settled()
    screen = window.frame.current
    assert isinstance(screen, IntakeScreen)
    assert screen.wizard.task is not None
    review = screen.wizard.task.review
    assert review is not None
    assert review.count(RowState.FAULTY) == 0
    assert list(review.choices.cells.values()) == ["汉族"]


def test_what_was_taken_in_leaves_no_draft(
    wizard: Wizard, shell: Shell, tmp_path: Path, settled: Settled
) -> None:
    wizard.take([faulty(tmp_path, "汗族")])
    settled()
    assert wizard.task is not None
    wizard.task.fix({("名册", 3, 4): "汉族"})
    wizard.keep()
    settled()
    assert len(shell.desk.intake.unfinished(shell.desk.actor)) == 1
    wizard.show_step(ACCEPT)
    wizard.forward()
    settled()
    assert shell.desk.intake.unfinished(shell.desk.actor) == []


# --- classes and numbers --------------------------------------------------------------------


def test_classes_and_numbers_are_seen_before_they_are_written(
    screen: IntakeScreen, tmp_path: Path, settled: Settled, yes: list[str]
) -> None:
    desk = screen.shell.desk
    rows = [person(n, f"{chr(0x5B89 + n)}然", boy=n % 2 == 0) for n in range(1, 7)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    screen.show_page("placement")
    settled()
    page = screen.placement
    page.count.setText("2")
    settled()
    assert [(deal.gains, deal.new) for deal in page.model.rows] == [(3, True), (3, True)]
    names = [deal.name for deal in page.model.rows]
    assert {row.class_group for row in students(desk)} == {""}
    page.split()
    settled()
    assert sorted({row.class_group for row in students(desk)}) == sorted(names)
    screen.show_page("numbers")
    settled()
    shown = [number for _, number in screen.numbers.model.rows]
    assert len(shown) == 6
    screen.numbers.number()
    settled()
    assert sorted(row.number or "" for row in students(desk)) == sorted(shown)
    assert yes == ["给 2026级 6 人编学号？"]


def test_a_list_places_people_in_classes(
    screen: IntakeScreen, tmp_path: Path, settled: Settled
) -> None:
    desk = screen.shell.desk
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然"), person(2, "白岩")]))
    screen.show_page("placement")
    settled()
    rows = [
        {"姓名": name, "身份证号": person(n, name)["身份证号"], "班级": f"软件260{n}"}
        for n, name in ((1, "安然"), (2, "白岩"))
    ]
    screen.placement.assign_from(write_list(tmp_path / "分班.xlsx", rows, title="分班名单"))
    settled()
    assert {row.name: row.class_group for row in students(desk)} == {
        "安然": "软件2601",
        "白岩": "软件2602",
    }


# --- for everybody --------------------------------------------------------------------------


@pytest.mark.ux("A2")
def test_everything_that_takes_keys_has_a_name(
    screen: IntakeScreen, tmp_path: Path, settled: Settled
) -> None:
    screen.wizard.take([faulty(tmp_path, "汗族")])
    settled()
    nameless: list[str] = []
    pages = [*(("tables", step) for step in range(5)), ("photos", 0), ("placement", 0),
             ("numbers", 0), ("batches", 0)]  # fmt: skip
    for page, step in pages:
        screen.show_page(page)
        screen.wizard.show_step(step)
        settled()
        nameless += [
            f"{page} {step} {type(widget).__name__}"
            for widget in screen.findChildren(QWidget)
            if widget.isVisible()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not widget.accessibleName()
            and not widget.objectName().startswith("qt_")
            and not isinstance(widget, QHeaderView)
        ]
    assert nameless == []


@pytest.mark.ux("A6")
def test_the_screen_fits_the_smallest_window(
    screen: IntakeScreen, tmp_path: Path, settled: Settled
) -> None:
    screen.wizard.take([faulty(tmp_path, "汗族")])
    settled()
    screen.wizard.show_step(FAULTS)
    settled()
    hint = screen.minimumSizeHint()
    assert hint.width() <= 1240 - 56
    assert hint.height() <= 640 - 58 - 30


def test_ctrl_o_is_bound(screen: IntakeScreen) -> None:
    assert QKeySequence("Ctrl+O") in [action.shortcut() for action in screen.actions()]
