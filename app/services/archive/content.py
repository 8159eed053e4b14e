"""What the register hands over for one disc of a cohort. No database, no file is touched here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final

from app.services.archive.tables import DataTable

SECTOR: Final = 2048
RECORDS: Final = "电子档案"
ROSTERS: Final = "MC"  # folder of the rosters, beside those of the classes


class Medium(Enum):
    """光盘种类; the value is the sectors of a blank disc (the smaller of DVD-R and DVD+R)."""

    CD = 359_845
    DVD = 2_295_104
    BD = 11_826_176

    @property
    def usable_sectors(self) -> int:
        """92 %: the outer edge is burned worst and dies first."""
        return self.value * 92 // 100

    @property
    def label(self) -> str:
        return {"CD": "CD-R", "DVD": "DVD±R", "BD": "BD-R"}[self.name]


@dataclass(frozen=True, slots=True)
class ArchivedClass:
    """班级 as it goes on the disc; `code` is ASCII and names its folder."""

    code: str
    name: str
    major: str
    department: str


@dataclass(frozen=True, slots=True)
class ArchivedStudent:
    """学生 as the viewer lists him; there is no place for an identity number here.

    `code` is the ASCII 档号 of his file, `keys` the pinyin forms he can be found by.
    """

    code: str
    name: str
    number: str
    class_code: str
    status: str
    keys: tuple[str, ...] = ()
    former_name: str = ""


@dataclass(frozen=True, slots=True)
class PackageFile:
    """One record file; `path` is inside data/, `open` is called once and gives its bytes.

    `drawn`: they are made from what `open` holds, so that another process can make them.

    `size` is what is known of its length beforehand (0: only drawing tells); it serves the check
    of disk space, not the layout. `code` is the 档号; a file of 电子档案 is named by it.
    """

    path: str
    title: str
    media_type: str
    open: Callable[[], bytes]
    as_of: date
    student: str | None = None
    responsible: str = ""
    secrecy: str = ""
    note: str = ""
    size: int = 0
    drawn: bool = False

    @property
    def code(self) -> str:
        folder, _, name = self.path.rpartition("/")
        return name.rsplit(".", 1)[0] if folder.startswith(RECORDS) else ""


def short_title(file: PackageFile, student: ArchivedStudent) -> str:
    """What the file is, where the student's name stands beside it already."""
    return file.title.removeprefix(student.name).strip() or file.title


@dataclass(frozen=True, slots=True)
class Event:
    """过程记录: what was done to the records before the disc was made."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class DiscContent:
    """Everything that goes on one disc of a cohort; the lead of a build fills it.

    `audit_head` is the head of the operation log, which ties the disc to the register;
    `preliminary` says 预归档: the cohort has not graduated.
    """

    disc_number: str
    title: str
    school: str
    college: str
    cohort: int
    class_groups: tuple[ArchivedClass, ...]
    students: tuple[ArchivedStudent, ...]
    files: tuple[PackageFile, ...]
    tables: tuple[DataTable, ...]
    events: tuple[Event, ...]
    as_of: date
    maker: str
    checker: str
    software: str
    audit_head: str
    preliminary: bool = False
