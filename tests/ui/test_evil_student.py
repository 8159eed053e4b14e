"""Hostile names through every screen: shown as they stand, and nothing takes them for markup."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QLineEdit,
    QMessageBox,
    QTextEdit,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.models.vocabulary import Kind
from app.services.errors import NobodyOnPaper
from app.ui.desk_frame import DeskFrame
from app.ui.errors import ErrorWindow
from app.ui.navigation import PLACES
from app.ui.search.picker import PersonPicker
from app.ui.shell import Shell
from tests.builders import ENTRY_DAY
from tests.evil import EVIL, REVERSED, evil_school

pytestmark = [pytest.mark.promise(50), pytest.mark.ux("F13")]
NAMES = (*EVIL, REVERSED)


@pytest.fixture
def school(frame: DeskFrame, tmp_path: Path) -> Shell:
    """Everybody of NAMES, each with a case under way for a reason of the same kind."""
    desk = frame.shell.desk
    for student, name in zip(evil_school(desk, tmp_path, *NAMES), NAMES, strict=True):
        desk.cases.open(desk.actor, student, Kind.SUSPENSION, ENTRY_DAY, reason=name)
    return frame.shell


def visible(root: QWidget) -> Iterator[QWidget]:
    yield from (widget for widget in (root, *root.findChildren(QWidget)) if widget.isVisible())


def words_in(root: QWidget) -> list[str]:
    """All that the widgets say, and what lists say of each row."""
    said: list[str] = []
    for widget in visible(root):
        if isinstance(widget, (QLabel, QLineEdit)):
            said.append(widget.text())
        elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
            said += cells(widget.model())
    return said


def cells(model: QAbstractItemModel) -> Iterator[str]:
    # Qt keeps the count of a list from Python: it is one.
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
    for row in range(model.rowCount()):
        for column in range(columns):
            for role in roles:
                yield str(model.index(row, column).data(role) or "")


def obeying(root: QWidget) -> list[str]:
    """Visible widgets that take a text for markup, or swallow its & as a shortcut."""
    found = []
    for widget in visible(root):
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText:
            found.append(f"{type(widget).__name__}: {widget.text()}")
        if isinstance(widget, QTextEdit) and widget.acceptRichText():
            found.append(type(widget).__name__)
        if isinstance(widget, QAbstractButton) and any(name in widget.text() for name in NAMES):
            found.append(f"{type(widget).__name__}: {widget.text()}")
    return found


def test_every_screen_shows_every_name_as_it_stands(
    school: Shell, frame: DeskFrame, settled: Callable[[], None]
) -> None:
    said: list[str] = []
    for place in PLACES:
        frame.show_screen(place.name)
        settled()
        assert obeying(frame) == [], place.name
        said += words_in(frame)
    for name in NAMES:
        assert any(name in words for words in said), name


def test_a_case_shows_the_name_and_the_reason(
    school: Shell, frame: DeskFrame, settled: Callable[[], None]
) -> None:
    for row in school.desk.cases.rows(school.desk.actor):
        frame.show_screen("cases", {"case": row.id})
        settled()
        assert frame.current is not None
        shown = words_in(frame.current)
        assert sum(row.name in words for words in shown) >= 3, row.name  # list, heading, reason
        assert obeying(frame) == []


def test_the_search_shows_every_name(school: Shell, frame: DeskFrame, qtbot: QtBot) -> None:
    with qtbot.waitActive(frame.window()):
        frame.window().activateWindow()
    box = frame.top.search
    box.begin()
    qtbot.keyClicks(box, "26329900")  # the beginning of everybody's 考生号
    qtbot.waitUntil(lambda: box.panel.list.model().rowCount() == len(NAMES))
    told = list(cells(box.panel.list.model()))
    for name in NAMES:
        assert any(name in words for words in told)
    assert obeying(box.panel) == []


def test_messages_failures_and_the_picker_say_it_as_it_stands(
    school: Shell, frame: DeskFrame, qtbot: QtBot
) -> None:
    for name in NAMES:
        school.say(name, "danger")
        assert frame.messages.text == name
        assert obeying(frame.messages) == []
        picker = PersonPicker(school)
        picker.set_person(school.desk.finder.find(name)[0])
        failure = ErrorWindow(NobodyOnPaper(form=name), "", lambda: None)
        for window in (picker, failure):
            qtbot.addWidget(window)
            window.show()
            assert any(name in words for words in words_in(window)), name
            assert obeying(window) == []
            window.close()


def test_a_question_says_it_as_it_stands(school: Shell) -> None:
    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append((words_in(box), obeying(box)))
        box.reject()

    for name in NAMES:
        seen: list[tuple[list[str], list[str]]] = []
        QTimer.singleShot(0, look)
        assert not school.ask(name, name, yes="好")
        ((words, obeyed),) = seen
        assert words.count(name) == 2
        assert obeyed == []


def test_a_tooltip_says_it_as_it_stands(frame: DeskFrame) -> None:
    for name in NAMES:
        QToolTip.showText(frame.mapToGlobal(frame.rect().center()), name, frame)
        (tip,) = (w for w in QApplication.topLevelWidgets() if w.inherits("QTipLabel"))
        assert words_in(tip) == [name]
        assert obeying(tip) == []
    QToolTip.hideText()
