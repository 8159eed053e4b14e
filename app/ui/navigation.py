"""The table of screens: name, title, icon, and how each is built when it is first opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.ui.screen import Screen
from app.ui.shell import Shell


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the rail; `below` draws the line before it."""

    name: str
    title: str
    icon: str
    build: Callable[[Shell], Screen]
    below: bool = False


def _home(shell: Shell) -> Screen:
    from app.ui.home.screen import HomeScreen

    return HomeScreen(shell)


def _cases(shell: Shell) -> Screen:
    from app.ui.cases.screen import CasesScreen

    return CasesScreen(shell)


def _headcount(shell: Shell) -> Screen:
    from app.ui.headcount.screen import HeadcountScreen

    return HeadcountScreen(shell)


def _calendar(shell: Shell) -> Screen:
    from app.ui.calendar.screen import CalendarScreen

    return CalendarScreen(shell)


PLACES: Final = (
    Place("home", "首页", "house", _home),
    Place("cases", "学籍异动", "shuffle", _cases),
    Place("headcount", "人数", "users", _headcount),
    Place("calendar", "时间节点", "calendar-clock", _calendar, below=True),
)
