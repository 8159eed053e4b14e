"""统计图: counts of students as bars and lines, with the students behind every one of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from app.models.vocabulary import CountBase
from app.services.register.headcount import ChangeLine
from app.services.register.students import StudentRow

#: More series than this nobody can tell apart; the smallest are put together.
MOST_SERIES: Final = 5
_REST: Final = "其余"
_NONE: Final = "未定"


class Aspect(StrEnum):
    """By what students are counted."""

    COHORT = "年级"
    DEPARTMENT = "系部"
    MAJOR = "专业"
    CLASS_GROUP = "班级"
    SEX = "性别"
    STATUS = "学籍状态"


_ASPECTS: Final[Mapping[Aspect, Callable[[StudentRow], str]]] = {
    Aspect.COHORT: lambda row: f"{row.cohort}级",
    Aspect.DEPARTMENT: lambda row: row.department,
    Aspect.MAJOR: lambda row: row.major,
    Aspect.CLASS_GROUP: lambda row: row.class_group,
    Aspect.SEX: lambda row: row.sex.value if row.sex else "",
    Aspect.STATUS: lambda row: row.status.value,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a figure: who is counted in each category."""

    name: str
    ids: tuple[tuple[int, ...], ...]

    @property
    def values(self) -> tuple[int, ...]:
        """How many in each category."""
        return tuple(map(len, self.ids))


@dataclass(frozen=True, slots=True)
class Figure:
    """统计图: its title, the categories along the axis, the series."""

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]


def breakdown(
    rows: Iterable[StudentRow], base: CountBase, along: Aspect, split: Aspect | None
) -> Figure:
    """How the counted students spread over one aspect, split by another."""
    counted = [row for row in rows if base.counts(row.status)]
    pairs = (
        (row.id, _word(row, along), _word(row, split) if split else f"{base.value}人数")
        for row in counted
    )
    title = f"{base.value}人数 · 按{along}" + (f"，分{split}" if split else "")
    return _figure(title, pairs)


def trend(
    counts: Sequence[tuple[date, Sequence[StudentRow]]], base: CountBase, split: Aspect | None
) -> Figure:
    """How the number of students moves from day to day."""
    pairs = (
        (row.id, str(day), _word(row, split) if split else f"{base.value}人数")
        for day, rows in counts
        for row in rows
        if base.counts(row.status)
    )
    figure = _figure(f"{base.value}人数变化", pairs)
    wanted = tuple(str(day) for day, _ in counts)
    return Figure(figure.title, wanted, tuple(_along(one, figure, wanted) for one in figure.series))


def changes_figure(lines: Iterable[ChangeLine]) -> Figure:
    """学籍异动 by kind, split by department."""
    pairs = ((line.student_id, line.kind.value, line.department or "未定系部") for line in lines)
    return _figure("学籍异动人次 · 按类型，分系部", pairs)


def past_terms(day: date, count: int) -> list[date]:
    """The days when the last terms had begun and everybody was registered, then the day itself."""
    days = [day]
    year = day.year
    while len(days) < count:
        for begun in (date(year, 9, 30), date(year, 3, 31)):
            if begun < day:
                days.append(begun)
        year -= 1
    return sorted(days[:count])


def _word(row: StudentRow, aspect: Aspect) -> str:
    return _ASPECTS[aspect](row) or _NONE


def _along(series: Series, figure: Figure, wanted: Sequence[str]) -> Series:
    """A series over the wanted categories, empty where nothing was counted."""
    known = dict(zip(figure.categories, series.ids, strict=True))
    return Series(series.name, tuple(known.get(category, ()) for category in wanted))


def _figure(title: str, pairs: Iterable[tuple[int, str, str]]) -> Figure:
    """Students by (category, series), in the order in which they come."""
    cells: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    sizes: dict[str, int] = defaultdict(int)
    for student_id, category, name in pairs:
        cells[category][name].append(student_id)
        sizes[name] += 1
    kept = list(sizes)
    if len(kept) > MOST_SERIES:
        largest = sorted(kept, key=lambda name: -sizes[name])[: MOST_SERIES - 1]
        kept = [name for name in kept if name in largest]
    series = [
        Series(name, tuple(tuple(cells[category][name]) for category in cells)) for name in kept
    ]
    rest = tuple(
        tuple(one for name, ids in cells[category].items() if name not in kept for one in ids)
        for category in cells
    )
    if any(rest):
        series.append(Series(_REST, rest))
    return Figure(title, tuple(cells), tuple(series))
