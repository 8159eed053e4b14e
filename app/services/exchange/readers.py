"""Tables from outside, read: .xlsx, .xls, .csv and .dbf become plain rows.

The file is looked at here (its kind, its size, the directory of its zip) and parsed in child.py,
a process without the register and without keys, which a hostile file may bring down.
"""

import csv
import hashlib
import io
import json
import subprocess
import threading
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from app.services.children import start
from app.services.errors import (
    TableDamaged,
    TableExtentRefused,
    TableFileChanged,
    TableFileEmpty,
    TableFileMissing,
    TableFileUnreadable,
    TableKindDisguised,
    TableKindRefused,
    TableMacroRefused,
    TableMemoryRefused,
    TablePasswordRefused,
    TableReaderDied,
    TableRecordsDisagree,
    TableTextRefused,
    TableTooLarge,
    TableTooSlow,
    TableUnpacksTooLarge,
)
from app.services.exchange import child
from app.services.workbooks import OLE, BookFault, look_into

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of the PC; sizes in bytes."""

    rows: int = 100_000
    columns: int = 500
    seconds: float = 60.0
    memory: int = 1024 * MIB
    file_size: int = 100 * MIB
    unpacked: int = 200 * MIB
    ratio: int = 200  # unpacked to packed; looked at from 10 MiB on, small files do no harm
    entries: int = 2000


@dataclass(frozen=True, slots=True)
class FormulaWithoutValue:
    """A cell whose formula was never computed: what it shows in Excel is not in the file."""

    formula: str

    def __str__(self) -> str:
        return f"={self.formula}"


#: A blank cell is None. Error values (#N/A) are text.
Cell: TypeAlias = str | int | float | bool | date | datetime | FormulaWithoutValue | None
#: First row, first column, last row, last column, from 0.
Merged: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """工作表: its rows as Excel counts them; blank cells at the end of a row are left off."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file from outside as it was read; `sha256` names its bytes for ever."""

    name: str
    sha256: str
    sheets: tuple[Sheet, ...]


def read_tables(path: Path, limits: Limits | None = None) -> SourceFile:
    """Every sheet of a file from outside.

    Raises an ExchangeError that names the file when it is refused, damaged or too much.
    """
    limits = limits or Limits()
    data, before = _content(path, limits)
    kind = _kind(path, data, limits)
    sheets = tuple(_ask_child(path, kind, limits))
    if _stamp(path) != before:
        raise TableFileChanged(file=path.name)
    return SourceFile(path.name, hashlib.sha256(data).hexdigest(), sheets)


def pasted_table(text: str, name: str, limits: Limits | None = None) -> SourceFile:
    """A block copied in Excel or WPS as a file of one sheet; every cell is the text that it showed.

    Raises TableFileEmpty for nothing, TableExtentRefused for too much.
    """
    limits = limits or Limits()
    if not text.strip():
        raise TableFileEmpty(file=name)
    lines = csv.reader(io.StringIO(text, newline=""), dialect="excel-tab")
    rows: list[tuple[Cell, ...]] = []
    try:
        for row in lines:
            if len(rows) >= limits.rows or len(row) > limits.columns:
                cell = f"{child.letters(len(row))}{len(rows) + 1}"
                raise TableExtentRefused(
                    file=name, sheet=name, cell=cell, rows=limits.rows, columns=limits.columns
                )
            rows.append(tuple(cell or None for cell in row))
    except csv.Error as error:
        problem = "有无法识别的内容"
        raise TableTextRefused(file=name, line=lines.line_num, problem=problem) from error
    while rows and not any(rows[-1]):
        rows.pop()
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return SourceFile(name, digest, (Sheet(name, tuple(rows)),))


# --- looking at the file --------------------------------------------------------------------


def _content(path: Path, limits: Limits) -> tuple[bytes, tuple[int, int]]:
    """The bytes of the file and its stamp."""
    if not path.is_file():
        raise TableFileMissing(path=path)
    try:
        before = _stamp(path)
        if before[0] > limits.file_size:
            raise TableTooLarge(file=path.name, size=_mib(before[0]), limit=_mib(limits.file_size))
        data = path.read_bytes()
    except OSError as error:
        raise TableFileUnreadable(path=path, reason=error.strerror) from error
    if not data:
        raise TableFileEmpty(file=path.name)
    return data, before


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MB"


_DBF_VERSIONS: Final = frozenset(bytes.fromhex("0203 3031 3243 6383 8b8e cbe5 f5fb"))


def _kind(path: Path, data: bytes, limits: Limits) -> str:
    """xlsx, xls, csv or dbf: what the name says, once the bytes agree."""
    ending = path.suffix.lower()
    if ending in {".xlsm", ".xlsb", ".xltm", ".xlam"}:
        raise TableMacroRefused(file=path.name)
    if ending not in {".xlsx", ".xls", ".csv", ".dbf"}:
        raise TableKindRefused(file=path.name)
    real = _real_kind(data)
    if real == ".zip" and ending == ".xlsx":
        _check_zip(path, data, limits)
    elif real == ".ole" and ending in {".xlsx", ".xls"}:
        _check_ole(path, data, ending)
    elif real != ending and not (real in _TEXTS and ending == ".csv"):
        raise TableKindDisguised(file=path.name, ending=ending, kind=_KIND_NAMES[real])
    return ending[1:]


_TEXTS: Final = frozenset({".csv"})
_KIND_NAMES: Final = {
    ".zip": "压缩包或 .xlsx 工作簿",
    ".ole": "旧版 .xls 工作簿",
    ".dbf": "DBF 数据表",
    ".csv": "纯文本",
    ".html": "网页表格（HTML）",
    ".mht": "单个文件网页（MHT）",
    ".xml": "XML 表格",
    ".pdf": "PDF 文件",
    ".picture": "图片",
    ".biff": "过旧的 .xls 工作簿（Excel 4.0 及以前）",
    ".unknown": "无法识别的数据",
}


def _real_kind(data: bytes) -> str:
    """The kind that the first bytes tell."""
    for magic, kind in (
        (b"PK\x03\x04", ".zip"),
        (b"PK\x05\x06", ".zip"),
        (OLE, ".ole"),
        (b"%PDF", ".pdf"),
        (b"\x89PNG", ".picture"),
        (b"\xff\xd8\xff", ".picture"),
        (b"\x09\x00\x04\x00", ".biff"),
        (b"\x09\x02\x06\x00", ".biff"),
        (b"\x09\x04\x06\x00", ".biff"),
    ):
        if data.startswith(magic):
            return kind
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _text_kind(data[:4096].replace(b"\0", b""))
    if _looks_like_dbf(data):
        return ".dbf"
    return _text_kind(data[:4096])


def _text_kind(head: bytes) -> str:
    """Plain text, or one of the texts that programs save under the name .xls."""
    text = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").lstrip().lower()
    if text.startswith(b"mime-version") or b"content-type: multipart/related" in text[:1000]:
        return ".mht"
    if b"<html" in text or b"<table" in text or text.startswith(b"<!doctype html"):
        return ".html"
    if text.startswith(b"<?xml") or b"<workbook" in text[:1000]:
        return ".xml"
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1a\0" for byte in head)
    zeros = head.count(0)
    if control * 20 > len(head) or (zeros and not len(head) / 8 < zeros <= len(head) / 2):
        return ".unknown"
    return ".csv"


def _looks_like_dbf(data: bytes) -> bool:
    """Whether the header of a dBASE table stands at the start: version, month and day, lengths."""
    if len(data) < 65 or data[0] not in _DBF_VERSIONS:
        return False
    header, record = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    return header >= 65 and record >= 2 and data[2] <= 12 and data[3] <= 31


_BOOK_FAULTS: Final = {
    BookFault.DAMAGED: TableDamaged,
    BookFault.MACROS: TableMacroRefused,
    BookFault.LARGE: TableUnpacksTooLarge,
    BookFault.LOCKED: TablePasswordRefused,
}


def _check_zip(path: Path, data: bytes, limits: Limits) -> None:
    """The directory of an .xlsx: no macros, and no more in it than a table can need."""
    found = look_into(data, unpacked=limits.unpacked, entries=limits.entries, ratio=limits.ratio)
    if found.fault is BookFault.OTHER:
        raise TableKindDisguised(file=path.name, ending=".xlsx", kind="别的压缩包")
    if found.fault is not None:
        raise _BOOK_FAULTS[found.fault](file=path.name, size=_mib(found.size))


def _check_ole(path: Path, data: bytes, ending: str) -> None:
    """A compound file is an .xls, or an .xlsx behind a password."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise TablePasswordRefused(file=path.name)
    if ending != ".xls":
        raise TableKindDisguised(file=path.name, ending=ending, kind=_KIND_NAMES[".ole"])
    if "_VBA_PROJECT_CUR".encode("utf-16-le") in data:
        raise TableMacroRefused(file=path.name)


# --- the child ------------------------------------------------------------------------------


def _ask_child(path: Path, kind: str, limits: Limits) -> list[Sheet]:
    """The sheets as the reading process finds them; it is gone when this returns or raises."""
    asked = (path.resolve(), kind, limits.rows, limits.columns, limits.memory)
    process = start(child, *asked, stdin=subprocess.DEVNULL, pipesize=MIB)
    too_slow = threading.Event()

    def stop() -> None:
        too_slow.set()
        process.kill()

    clock = threading.Timer(limits.seconds, stop)
    clock.start()
    with process:
        try:
            return _listen(path, process.stdout or io.BytesIO(), limits)
        except TableReaderDied:
            if too_slow.is_set():
                raise TableTooSlow(file=path.name, seconds=f"{limits.seconds:g}") from None
            raise
        finally:
            clock.cancel()
            process.kill()


def _listen(path: Path, pipe: IO[bytes], limits: Limits) -> list[Sheet]:
    """Put together what the reading process says, line by line."""
    sheets: list[dict[str, Any]] = []
    for line in pipe:
        if not line.endswith(b"\n"):
            break  # it died in the middle of a line
        said = json.loads(line.decode("utf-8", "surrogatepass"), object_hook=_cell_or_object)
        if "refused" in said:
            raise _refusal(path, said, limits)
        if "rows" in said:
            sheets[-1]["rows"].extend(map(tuple, said["rows"]))
        elif "sheet" in said:
            sheets.append({**said, "rows": []})
        else:
            return [_sheet(parts) for parts in sheets]
    raise TableReaderDied(file=path.name)


def _sheet(parts: dict[str, Any]) -> Sheet:
    """One sheet of the answer, without blank rows at its end."""
    rows = parts["rows"]
    while rows and not rows[-1]:
        rows.pop()
    return Sheet(parts["sheet"], tuple(rows), parts["hidden"], tuple(map(tuple, parts["merged"])))


def _cell_or_object(said: dict[str, Any]) -> Any:
    """A cell that JSON has no word for, as child.py writes it; other objects stay."""
    if "date" in said:
        return date.fromisoformat(said["date"])
    if "datetime" in said:
        return datetime.fromisoformat(said["datetime"])
    if "formula" in said:
        return FormulaWithoutValue(said["formula"])
    return said


def _refusal(path: Path, answer: dict[str, Any], limits: Limits) -> Exception:
    """The error for what the reading process refused."""
    name = path.name
    match answer["refused"]:
        case "password":
            return TablePasswordRefused(file=name)
        case "memory":
            return TableMemoryRefused(file=name)
        case "records":
            return TableRecordsDisagree(
                file=name, declared=answer["declared"], found=answer["found"]
            )
        case "extent":
            return TableExtentRefused(
                file=name,
                sheet=answer["sheet"],
                cell=answer["cell"],
                rows=limits.rows,
                columns=limits.columns,
            )
        case "quote":
            problem = "双引号不成对，读不出后面的行"
            return TableTextRefused(file=name, line=answer["line"], problem=problem)
        case "encoding":
            problem = "有无法识别的文字编码"
            return TableTextRefused(file=name, line=answer["line"], problem=problem)
        case "binary":
            return TableKindDisguised(file=name, ending=".csv", kind=_KIND_NAMES[".unknown"])
        case _:
            return TableDamaged(file=name)
