"""What a disc will hold and about how much, told before anything is written.

Photographs, tables and everything beside data/ have known lengths; of cards, rosters and the lines
of the workbook a few are drawn and the rest is scaled from them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from app.services.archive.content import (
    RECORDS,
    ROSTERS,
    SECTOR,
    DiscContent,
    Medium,
    PackageFile,
)
from app.services.archive.package import TABLES, WORKBOOK, Bag, Written
from app.services.archive.tables import workbook_bytes

_SAMPLES: Final = 3  # cards drawn to learn how large one is
_LINES: Final = 1000  # of the workbook, for the same
#: Sectors that the name spaces of a disc take: once, for a file, for a folder.
_DISC, _FILE, _FOLDER = 290, 1, 4


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A branch of what will lie on the disc; `size` is an estimate where only drawing tells."""

    name: str
    note: str
    files: int
    size: int
    parts: "tuple[PlannedPart, ...]" = ()


@dataclass(frozen=True, slots=True)
class DiscPlan:
    """What the disc of a cohort will hold; `size` counts whole sectors, as a disc does."""

    number: str
    title: str
    cohort: int
    students: int
    as_of: date
    preliminary: bool
    files: int
    size: int
    parts: tuple[PlannedPart, ...]

    def fill(self, medium: Medium) -> float:
        """How much of what may be used of one disc it takes; over 1 it does not fit."""
        return self.size / (medium.usable_sectors * SECTOR)


def plan_of(bag: Bag) -> DiscPlan:
    """Count what the bag will hold; what only drawing tells is drawn for a few and scaled."""
    content = bag.content
    names = {group.code: group.name for group in content.class_groups}
    people = Counter(student.class_code for student in content.students)
    card = _mean_size(
        [file for file in bag.files if file.path.endswith("-01.pdf") and file.student]
    )
    drawn = _roster_sizes(bag, people) | {WORKBOOK: _workbook_size(content)}
    by_folder: dict[str, list[int]] = {}
    for file in bag.files:
        size = file.size or drawn.get(file.path) or card
        by_folder.setdefault(_folder_of(file.path), []).append(size)
    records = [
        PlannedPart(
            names.get(code, "名册"),
            f"{people[code]:,} 人的学籍卡和照片"
            if code in names
            else "各班和全年级，PDF 与电子表格",
            len(sizes),
            sum(sizes),
        )
        for code, sizes in by_folder.items()
        if code != TABLES
    ]
    tables = by_folder.get(TABLES, [])
    tags = bag.tag_files([Written.unknown(path) for path, _ in bag.payload])
    described = [len(tag) for tag in tags.values()]
    parts = (
        PlannedPart("电子档案", "学籍卡、照片、名册", *_totals(records), parts=tuple(records)),
        PlannedPart("数据", "全部数据的 CSV、说明和一份电子表格", len(tables), sum(tables)),
        PlannedPart(
            "浏览页、目录和校验清单", "用浏览器查人，三十年后核对", len(tags), sum(described)
        ),
    )
    every = [size for sizes in by_folder.values() for size in sizes] + described
    return DiscPlan(
        number=content.disc_number,
        title=content.title,
        cohort=content.cohort,
        students=len(content.students),
        as_of=content.as_of,
        preliminary=content.preliminary,
        files=len(every),
        size=_sectors(every, [path for path, _ in bag.payload]) * SECTOR,
        parts=parts,
    )


def _sectors(sizes: Sequence[int], paths: Sequence[str]) -> int:
    """Sectors of an image with files of these sizes; the paths tell how many folders it has."""
    folders = {path[:at] for path in paths for at, letter in enumerate(path) if letter == "/"}
    content = sum(-(-size // SECTOR) for size in sizes)
    return content + _DISC + _FILE * len(sizes) + _FOLDER * len(folders)


def _totals(parts: Sequence[PlannedPart]) -> tuple[int, int]:
    return sum(part.files for part in parts), sum(part.size for part in parts)


def _folder_of(path: str) -> str:
    """The class of a record, MC for rosters, 数据 for tables."""
    top, rest = path.split("/", 1)
    return rest.split("/", 1)[0] if top == RECORDS else top


def _mean_size(files: Sequence[PackageFile]) -> int:
    step = max(len(files) // _SAMPLES, 1)
    drawn = [len(file.open()) for file in files[::step][:_SAMPLES]]
    return sum(drawn) // len(drawn) if drawn else 0


def _roster_sizes(bag: Bag, people: Mapping[str, int]) -> dict[str, int]:
    """Sizes of the rosters after the smallest class's: paper for paper they grow with the lines."""
    rosters = [file for file in bag.files if _folder_of(file.path) == ROSTERS]
    lines = {f"{group.name} 新生名册": people[group.code] for group in bag.content.class_groups} | {
        "全年级 新生名册": len(bag.content.students)
    }
    sizes: dict[str, int] = {}
    for ending in (".pdf", ".xlsx"):
        some = [file for file in rosters if file.path.endswith(ending)]
        counts = [lines.get(file.title.removesuffix("（电子表格）"), 1) for file in some]
        least = min(range(len(some)), key=counts.__getitem__)
        drawn = len(some[least].open())
        for file, count in zip(some, counts, strict=True):
            sizes[file.path] = drawn * max(count, 1) // max(counts[least], 1)
    return sizes


def _workbook_size(content: DiscContent) -> int:
    """Size of the workbook: a long one after some of its lines."""
    every = sum(len(table.rows) for table in content.tables)
    step = max(every // _LINES, 1)
    some = [replace(table, rows=table.rows[::step]) for table in content.tables]
    size = len(workbook_bytes(some, content.as_of))
    if step == 1:
        return size
    blank = len(workbook_bytes([replace(table, rows=()) for table in some], content.as_of))
    return blank + (size - blank) * every // sum(len(table.rows) for table in some)
