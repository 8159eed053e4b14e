"""系统 → 规则: what holds is listed; a change shows its cases first, then holds from its day."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from shiboken6 import isValid

from app.models.vocabulary import Kind, Role
from app.services import clock
from app.services.vault.audit import Actor
from app.ui import theme
from app.ui.desk_frame import DeskFrame
from app.ui.settings.rules import ChangeDialog, ConfirmDialog, RulesPage
from app.ui.settings.screen import SystemScreen
from app.ui.shell import Shell
from tests.builders import person, take_in, write_list

Settled = Callable[[], None]
LENGTH, STEPS = "休学·期限", "休学·审批"
OCTOBER = date(2026, 10, 8)


@pytest.fixture(autouse=True)
def october() -> Iterator[None]:
    clock.stop_at(datetime.fromisoformat("2026-10-08T10:00:00+08:00"))
    yield
    clock.stop_at(None)


@pytest.fixture
def student(shell: Shell, tmp_path: Path) -> int:
    """One student in school, by id."""
    take_in(shell.desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然")]))
    return shell.desk.finder.find("安然")[0].id


@pytest.fixture
def page(frame: DeskFrame, student: int, settled: Settled) -> Iterator[RulesPage]:
    """The page over a register with one open case of 休学."""
    desk = frame.shell.desk
    desk.cases.open(desk.actor, student, Kind.SUSPENSION, OCTOBER)
    frame.show_screen("system", {"page": "rules"})
    settled()
    screen = frame.current
    assert isinstance(screen, SystemScreen)
    assert isinstance(screen.page, RulesPage)
    shown = screen.page
    yield shown
    assert isValid(shown)


def choose(page: RulesPage, name: str) -> None:
    page.table.choose(lambda row: row.name == name)
    assert page.table.current is not None


def test_the_pages_keep_their_distance_when_this_one_is_opened_first(page: RulesPage) -> None:
    screen = page.shell.window.findChild(SystemScreen)
    assert screen is not None
    rows = [screen.list.visualItemRect(screen.list.item(at)) for at in range(screen.list.count())]
    assert all(row.height() >= theme.px(30) for row in rows)
    assert all(below.top() >= above.bottom() for above, below in pairwise(rows))


def test_the_list_is_narrowed_by_name_and_by_what_is_confirmed(
    page: RulesPage, shell: Shell, settled: Settled
) -> None:
    everything = len(page.shown)
    page.words.setText("休学·")
    assert {row.name.partition("·")[0] for row in page.shown} == {"休学"}
    assert 0 < len(page.shown) < everything
    page.state.setCurrentText("已确认")
    page.state.activated.emit(2)
    assert page.shown == []
    assert not page.change_button.isEnabled()
    shell.desk.rulebook.confirm(shell.desk.actor, [LENGTH])
    page.refresh()
    settled()
    assert [row.name for row in page.shown] == [LENGTH]


def test_a_change_lists_its_cases_and_holds_from_its_day(
    page: RulesPage, shell: Shell, settled: Settled
) -> None:
    choose(page, LENGTH)
    row = page.table.current
    assert row is not None
    dialog = ChangeDialog(shell, row)
    dialog.show()
    settled()
    assert [case.name for case in dialog.cases.rows] == ["安然"]
    dialog.value.setText("6")
    dialog.begin.setText("2027-01-01")
    dialog.accept()  # the day was typed and never left: its cases were not seen
    settled()
    assert "看一遍涉及的个案" in dialog.answer
    assert dialog.cases.rows == ()
    dialog.accept()
    settled()
    assert not dialog.isVisible()
    page.refresh()
    settled()
    assert next(row.value for row in page.shown if row.name == LENGTH) == "12"
    page.day.setText("2027-01-01")
    page.day.editingFinished.emit()
    settled()
    choose(page, LENGTH)
    assert page.table.current is not None
    assert page.table.current.value == "6"
    assert [version.value for version in page.versions.rows] == ["12", "6"]


@pytest.mark.parametrize(
    ("value", "document", "begin", "word"),
    [
        ("一年", "学校", "2026-10-08", "正整数"),
        ("6", " ", "2026-10-08", "文件名"),
        ("6", "学校", "2026-13-01", "没有这一天"),
    ],
)
def test_what_is_no_value_is_refused_in_place(
    page: RulesPage, shell: Shell, settled: Settled, value: str, document: str, begin: str,
    word: str,
) -> None:  # fmt: skip
    choose(page, LENGTH)
    row = page.table.current
    assert row is not None
    dialog = ChangeDialog(shell, row)
    dialog.show()
    settled()
    dialog.value.setText(value)
    dialog.document.setText(document)
    dialog.begin.setText(begin)
    dialog.accept()
    settled()
    assert dialog.isVisible()
    assert word in dialog.answer
    dialog.reject()


def test_confirming_says_for_whom_it_becomes_binding(
    page: RulesPage, shell: Shell, settled: Settled
) -> None:
    dialog = ConfirmDialog(shell, [STEPS, LENGTH], OCTOBER)
    dialog.show()
    settled()
    assert "涉及 1 件个案，其中 1 件没有生效" in dialog.touched.text()
    dialog.accept()
    settled()
    page.refresh()
    settled()
    choose(page, STEPS)
    assert page.table.current is not None
    assert page.table.current.confirmed_by == shell.desk.actor.name
    assert not page.confirm_button.isEnabled()


def test_whoever_only_enters_cases_decides_no_rule(
    shell: Shell, frame: DeskFrame, settled: Settled
) -> None:
    shell.desk.actor = Actor(1, "录入员", frozenset({Role.RECORD}))
    page = RulesPage(shell)
    page.refresh()
    settled()
    choose(page, LENGTH)
    buttons = (page.confirm_button, page.confirm_all_button, page.change_button)
    assert not any(button.isEnabled() for button in buttons)
