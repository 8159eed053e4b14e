"""The table of screens: name, title, icon, and what each is; it is loaded behind the gate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.ui.screen import Screen


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the rail; `below` draws the line before it."""

    name: str
    title: str
    icon: str
    kind: Callable[[], type[Screen]]  # loads it, the first time
    below: bool = False


def _home() -> type[Screen]:
    from app.ui.home.screen import HomeScreen

    return HomeScreen


def _intake() -> type[Screen]:
    from app.ui.intake.screen import IntakeScreen

    return IntakeScreen


def _cases() -> type[Screen]:
    from app.ui.cases.screen import CasesScreen

    return CasesScreen


def _students() -> type[Screen]:
    from app.ui.students.screen import StudentsScreen

    return StudentsScreen


def _cards() -> type[Screen]:
    from app.ui.papers.cards import CardsScreen

    return CardsScreen


def _rosters() -> type[Screen]:
    from app.ui.papers.rosters import RostersScreen

    return RostersScreen


def _library() -> type[Screen]:
    from app.ui.papers.library import LibraryScreen

    return LibraryScreen


def _headcount() -> type[Screen]:
    from app.ui.headcount.screen import HeadcountScreen

    return HeadcountScreen


def _calendar() -> type[Screen]:
    from app.ui.calendar.screen import CalendarScreen

    return CalendarScreen


def _archive() -> type[Screen]:
    from app.ui.archive.screen import ArchiveScreen

    return ArchiveScreen


def _system() -> type[Screen]:
    from app.ui.settings.screen import SystemScreen

    return SystemScreen


PLACES: Final = (
    Place("home", "首页", "house", _home),
    Place("students", "学生", "users", _students),
    Place("intake", "导入与核对", "file-input", _intake),
    Place("cases", "学籍异动", "shuffle", _cases),
    Place("headcount", "人数", "clipboard-check", _headcount),
    Place("cards", "学籍卡", "id-card", _cards),
    Place("rosters", "名册与统计", "table-properties", _rosters),
    Place("archive", "毕业与归档", "graduation-cap", _archive),
    Place("calendar", "时间节点", "calendar-clock", _calendar, below=True),
    Place("forms", "表样", "file-spreadsheet", _library),
    Place("system", "系统", "settings", _system),
)


def has_place(name: str) -> bool:
    """Whether there is a place of this name."""
    return any(place.name == name for place in PLACES)
