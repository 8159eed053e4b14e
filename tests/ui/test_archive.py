"""毕业与归档: planned before it is built, read back file by file, remembered."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.services.archive.content import Medium
from app.services.archive.planning import DiscPlan
from app.services.archive.verify import Difference
from app.ui.archive.screen import ArchiveScreen
from app.ui.desk_frame import DeskFrame
from app.ui.preferences import Preferences
from app.ui.widgets.plain_table import PlainTable
from tests.builders import person, take_in, write_list

Settled = Callable[[], None]


@pytest.fixture
def screen(frame: DeskFrame, settled: Settled, tmp_path: Path) -> ArchiveScreen:
    """The screen over a register with three students in a class."""
    desk = frame.shell.desk
    rows = [person(number, name) for number, name in enumerate(("安然", "白岩", "陈木"), start=1)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    frame.show_screen("archive")
    settled()
    shown = frame.current
    assert isinstance(shown, ArchiveScreen)
    return shown


def built(screen: ArchiveScreen, settled: Settled, folder: Path) -> Path:
    screen.build_page.folder.set(folder)
    screen.build_page.build()
    settled()
    assert screen.build_page.image is not None
    return screen.build_page.image


def test_an_empty_register_says_what_comes_first(frame: DeskFrame, settled: Settled) -> None:
    frame.show_screen("archive")
    settled()
    shown = frame.current
    assert isinstance(shown, ArchiveScreen)
    assert "没有学生" in shown.build_page.facts.text()
    assert not shown.build_page.go.isEnabled()


def test_the_contents_are_told_before_anything_is_built(screen: ArchiveScreen) -> None:
    page = screen.build_page
    assert page.plan is not None
    assert page.plan.students == 3
    top = [page.tree.topLevelItem(at) for at in range(page.tree.topLevelItemCount())]
    assert [item.text(0) for item in top if item] == [part.name for part in page.plan.parts]
    assert "1 张" in page.meter.words
    assert page.stage.accessibleName() == "预归档"  # nobody has graduated


def test_what_does_not_fit_is_said_with_the_disc_that_takes_it(screen: ArchiveScreen) -> None:
    page = screen.build_page
    large = 800_000_000
    page._show(DiscPlan(**{**_values(page.plan), "size": large}))
    page.media[Medium.CD].setChecked(True)
    assert "要 2 张" in page.meter.words
    assert "请改用 DVD±R" in page.advice.text
    assert not page.go.isEnabled()
    page.media[Medium.DVD].setChecked(True)
    assert page.go.isEnabled()


def _values(plan: DiscPlan | None) -> dict[str, object]:
    assert plan is not None
    return {name: getattr(plan, name) for name in plan.__slots__}


def test_an_image_is_built_with_its_digest_and_remembered(
    screen: ArchiveScreen, settled: Settled, tmp_path: Path, preferences: Preferences
) -> None:
    screen.build_page.build()
    assert "请选择" in screen.build_page.answer.text
    image = built(screen, settled, tmp_path / "盘")
    (row,) = screen.shelf.table.rows
    assert screen.build_page.digest.text().replace(" ", "").endswith(row.sha256)
    assert image.stat().st_size == row.size
    assert not screen.build_page.result.isHidden()
    assert preferences.get("archive/folder") == str(tmp_path / "盘")


@pytest.mark.ux("L4")
def test_a_folder_that_takes_nothing_is_said_in_place_and_nothing_stays(
    screen: ArchiveScreen, settled: Settled, tmp_path: Path
) -> None:
    (tmp_path / "是文件").write_text("x")
    screen.build_page.folder.set(tmp_path / "是文件")
    screen.build_page.build()
    settled()
    assert screen.build_page.answer.text
    assert screen.build_page.go.isEnabled()
    assert screen.shelf.table.rows == ()


@pytest.mark.ux("L2")
def test_stopping_a_build_leaves_no_trace(
    screen: ArchiveScreen, stop_work: Callable[[], None], settled: Settled, tmp_path: Path
) -> None:
    folder = tmp_path / "盘"
    screen.build_page.folder.set(folder)
    screen.build_page.build()
    stop_work()
    settled()
    assert not folder.exists() or not list(folder.iterdir())
    assert screen.build_page.go.isEnabled()
    assert screen.shelf.table.rows == ()


def test_a_sound_image_is_known_again(
    screen: ArchiveScreen, settled: Settled, tmp_path: Path
) -> None:
    image = built(screen, settled, tmp_path / "盘")
    screen.check(str(image))
    settled()
    page = screen.check_page
    assert page.verdict.text().startswith("完好")
    assert "生成的镜像是同一份" in page.detail.text()
    assert len(page.table.rows) == screen.shelf.table.rows[0].files
    assert screen.shelf.table.rows[0].checked is not None


@pytest.mark.ux("A3")
def test_a_changed_file_is_named_first_with_sign_and_word(
    screen: ArchiveScreen, settled: Settled, tmp_path: Path
) -> None:
    image = built(screen, settled, tmp_path / "盘")
    place = image.read_bytes().index(b"%PDF") + 40
    with image.open("r+b") as file:
        file.seek(place)
        file.write(b"\0")
    screen.check(str(image))
    settled()
    page = screen.check_page
    assert "不能作为归档盘" in page.verdict.text()
    assert Difference.CHANGED in {file.difference for file in page.table.rows}
    assert cell(page.table, 0, 0).startswith("✗ ")
    assert page.shown.currentText() == "只看有问题的"
    page.shown.setCurrentText("全部文件")
    page.shown.activated.emit(0)
    assert len(page.table.rows) > 10


def cell(table: PlainTable, row: int, column: int) -> str:
    return str(table.model().index(row, column).data())


def test_what_is_no_disc_is_said_in_place(
    screen: ArchiveScreen, settled: Settled, tmp_path: Path
) -> None:
    screen.check(str(tmp_path / "没有.iso"))
    settled()
    assert "没有" in screen.check_page.answer.text
    screen.check_page.path.clear()
    screen.check_page.check()
    assert "请选择" in screen.check_page.answer.text


@pytest.mark.ux("L1", "A2")
def test_a_disc_of_many_files_draws_only_what_is_seen_and_speaks_each(
    screen: ArchiveScreen,
) -> None:
    from PySide6.QtCore import Qt

    from app.services.archive.verify import VerifiedFile

    page = screen.check_page
    asked: list[int] = []
    rows = [VerifiedFile(f"data/{number}.pdf", "学籍卡", 10, None) for number in range(50_000)]
    screen.tabs.setCurrentWidget(page)
    page._stack.setCurrentIndex(1)
    page.table.show_rows(rows)
    model = page.table.model()
    original = model.data

    def counted(index: object, role: int = 0) -> object:
        asked.append(index.row())  # type: ignore[attr-defined]
        return original(index, role)  # type: ignore[arg-type]

    model.data = counted  # type: ignore[method-assign]
    page.table.grab()
    assert len(set(asked)) < 200
    spoken = model.index(3, 2).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "位置：data/3.pdf"
