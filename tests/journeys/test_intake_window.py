"""The sample files through the real window: in, a fault mended, undone, classes, photographs."""

from collections.abc import Callable
from datetime import date

import pytest

from app.services.clock import today
from app.services.resources import resource
from app.ui.desk_frame import DeskFrame
from app.ui.intake.screen import IntakeScreen
from app.ui.intake.wizard import ACCEPT, COMPARISON, FAULTS
from tests.builders import students
from tests.ui.conftest import (  # the window's fixtures
    frame,
    look,
    preferences,
    settled,
    shell,
    window,
)

__all__ = ["frame", "look", "preferences", "settled", "shell", "window"]
ROSTER, EXTRA = resource("demo", "新生录取名册.xls"), resource("demo", "班主任补充信息.xlsx")


@pytest.mark.ux("I2", "I4", "I6", "I7")
def test_a_year_comes_in(
    frame: DeskFrame, settled: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = frame.shell.desk
    monkeypatch.setattr(frame.shell, "ask", lambda *_, **__: True)
    frame.show_screen("intake", {"files": [ROSTER, EXTRA]})
    settled()
    screen = frame.current
    assert isinstance(screen, IntakeScreen)
    wizard = screen.wizard

    # the admission list: nothing is wrong with it
    for _ in range(3):
        wizard.forward()
    assert wizard.next_button.text() == "导入 120 行"
    wizard.forward()
    settled()
    assert len(students(desk)) == 120

    # taken back, and in again: the same file is known
    wizard.accepting.summary.undo_button.click()
    settled()
    assert students(desk) == []
    assert wizard.task is not None  # the next file came up
    wizard.leave()
    settled()
    wizard.take([ROSTER])
    settled()
    wizard.show_step(ACCEPT)
    wizard.forward()
    settled()
    assert len(students(desk)) == 120

    # the class teacher's sheet: nine faults, one is mended where it stands
    wizard.accepting.next_file.emit()
    wizard.take([EXTRA])
    settled()
    wizard.show_step(FAULTS)
    page = wizard.faults
    rows = [fault.row for fault in page.model.rows]
    assert rows == [2, 5, 9, 13, 19, 24, 31, 35, 38]
    page.list.selectRow(rows.index(35))
    page.mend.edit.setText("汉族")
    page.mend.fix_button.click()
    settled()
    assert 35 not in [fault.row for fault in page.model.rows]
    wizard.show_step(COMPARISON)
    written = {
        (line.row, change.field): change.new
        for line in wizard.comparison.model.rows
        for change in line.changes
    }
    assert written
    people = {line.row: line.student_id for line in wizard.comparison.model.rows}
    wizard.show_step(ACCEPT)
    wizard.forward()
    settled()
    later = max(today(), date(2026, 10, 1))  # what is changed holds from today
    now = {row.id: row for row in students(desk, later)}
    for (row, field), new in written.items():  # what was previewed is what was written
        if not field.startswith("guardian_"):
            assert now[people[row] or 0].person[field] == new

    # classes, numbers, photographs
    screen.show_page("placement")
    settled()
    screen.placement.split()
    settled()
    screen.show_page("numbers")
    settled()
    screen.numbers.number()
    settled()
    assert all(row.number and row.class_group for row in students(desk))
    screen.visit(files=[resource("demo", "照片")])
    settled()
    assert screen.photos.accept_button.text() == "导入 117 张"
    screen.photos.accept()
    settled()
    screen.show_page("batches")
    settled()
    names = [row.source_name for row in screen.batches.model.rows]
    assert names == ["照片", EXTRA.name, ROSTER.name, ROSTER.name]
