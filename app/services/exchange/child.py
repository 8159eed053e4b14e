"""The reading of a table from outside, alone in a process of its own.

A hostile or broken file may make a parser crash, loop or swallow all memory; here it may. This
process holds no register and no key, may write no file, has a cap on memory, and is killed when it
takes too long. It is started for one file (in the built program by `--reader-child`), imports
nothing else of the program and of libraries only what the kind of file needs, and answers on
standard output with lines of JSON, which can harm nobody who reads them:

    {"sheet": name, "hidden": …, "merged": [[row, column, row, column]…]}
    {"rows": [[cell…]…]}                the next rows of that sheet
    {"end": true} or {"refused": reason, …}

Rows and columns count from the first of the sheet, as Excel does; a cell is a JSON value or
{"date"}, {"datetime"}, {"formula"} (a formula that carries no value); blank ends are left off.
"""

import datetime
import gc
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

#: First argument of the built program that makes it this process.
FLAG: Final = "--reader-child"
#: Answers longer than this are not a table that a person made.
LONGEST_ANSWER: Final = 256 << 20
#: Rows in one line of the answer: the program takes them in while the next are written.
ROWS_AT_ONCE: Final = 400
#: Merged cells matter in titles and headers only.
MERGED_ROWS: Final = 60

Row = list[Any]


class Sheet(NamedTuple):
    """One sheet as it was found."""

    name: str
    rows: Iterable[Row]
    hidden: bool = False
    merged: list[tuple[int, ...]] = []  # noqa: RUF012 - never changed


class RefusedError(Exception):
    """The file cannot be taken; `answer` says why, in words of readers.py."""

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.answer = {"refused": reason, **details}


class Extent:
    """How many rows and columns a sheet may have."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = columns

    def check(self, rows: int, columns: int, sheet: str) -> None:
        """Refuse a sheet that reaches further."""
        if rows > self.rows or columns > self.columns:
            raise RefusedError("extent", sheet=sheet, cell=f"{letters(columns)}{rows}")


def letters(column: int) -> str:
    """Column 1 -> A, 27 -> AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


# --- limits of this process -----------------------------------------------------------------


def confine(memory: int) -> None:
    """Cap the memory (bytes) of this process; let it write no file and leave no core dump."""
    if sys.platform == "win32":
        _confine_by_job(memory)
    else:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if sys.platform == "win32":

    def _confine_by_job(memory: int) -> None:
        """Put this process into a job object: memory cap, no children, no error dialogs."""
        import ctypes
        from ctypes import wintypes

        class BasicLimits(ctypes.Structure):
            _fields_ = (
                ("process_time", ctypes.c_int64),
                ("job_time", ctypes.c_int64),
                ("flags", wintypes.DWORD),
                ("least_working_set", ctypes.c_size_t),
                ("most_working_set", ctypes.c_size_t),
                ("active_processes", wintypes.DWORD),
                ("affinity", ctypes.c_size_t),
                ("priority", wintypes.DWORD),
                ("scheduling", wintypes.DWORD),
            )

        class ExtendedLimits(ctypes.Structure):
            _fields_ = (
                ("basic", BasicLimits),
                ("io", ctypes.c_uint64 * 6),
                ("process_memory", ctypes.c_size_t),
                ("job_memory", ctypes.c_size_t),
                ("peak_process_memory", ctypes.c_size_t),
                ("peak_job_memory", ctypes.c_size_t),
            )

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.SetInformationJobObject.argtypes = (
            wintypes.HANDLE,
            ctypes.c_int,
            ctypes.c_void_p,
            wintypes.DWORD,
        )
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        kernel.SetErrorMode(0x8007)  # no dialog when a parser crashes
        limits = ExtendedLimits()
        limits.basic.flags = 0x2508  # memory, one process, die with the job, die on crash
        limits.basic.active_processes = 1
        limits.process_memory = memory
        job = kernel.CreateJobObjectW(None, None)
        extended = 9
        if not (
            kernel.SetInformationJobObject(
                job, extended, ctypes.byref(limits), ctypes.sizeof(limits)
            )
            and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
        ):
            raise ctypes.WinError(ctypes.get_last_error())


# --- workbooks ------------------------------------------------------------------------------

# Sheet parts are scanned as bytes: parsing them twice would double the time of reading. These
# patterns only add names to what calamine leaves out; nothing is trusted because of them.
_FAR = re.compile(rb'r="(?:[A-Z]{3,}\d|[A-Z]{1,2}\d{6})')
_FAR_CELL = re.compile(
    rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{3,}\d+|[A-Z]{1,2}\d{6,})"(?:[^>/]|/(?!>))*>\s*<(?!/)'
)
_BARE_FORMULA = re.compile(
    rb"<(?:\w+:)?c(\s[^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*?)?(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v(?:\s[^>]*?)?(?:/>|>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"
)
_ERROR = re.compile(rb'<(?:\w+:)?c(\s[^>]*\bt="e"[^>]*)>(?:(?!</(?:\w+:)?c>).)*?v>([^<]+)<', re.S)
_REFERENCE = re.compile(rb'\sr="([A-Z]+)(\d+)"')


def read_workbook(path: Path, extent: Extent, parts: "Parts | None") -> Iterator[Sheet]:
    """Every sheet of an .xls or (with its `parts`) .xlsx workbook."""
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            for index, about in enumerate(book.sheets_metadata):
                if about.typ is not calamine.SheetTypeEnum.WorkSheet:
                    continue
                gaps = parts.gaps(index, about.name, extent) if parts else []
                sheet = book.get_sheet_by_index(index)
                bottom, right = sheet.end or (-1, -1)
                extent.check(bottom + 1, right + 1, about.name)
                yield Sheet(
                    about.name,
                    filled(placed(sheet.iter_rows(), sheet.start), gaps),
                    about.visible is not calamine.SheetVisibleEnum.Visible,
                    [
                        (*first, *last)
                        for first, last in sheet.merged_cell_ranges or ()
                        if first[0] < MERGED_ROWS
                    ],
                )
    except calamine.PasswordError:
        raise RefusedError("password") from None
    except calamine.CalamineError:
        raise RefusedError("damaged") from None


def placed(rows: Iterable[Row], start: tuple[int, int] | None) -> Iterator[Row]:
    """Rows that begin in column A; calamine gives blank rows above, not blank columns before."""
    before = [""] * start[1] if start else []
    return ([*before, *row] for row in rows) if before else iter(rows)


def filled(rows: Iterable[Row], gaps: Iterable[tuple[int, int, object]]) -> Iterator[Row]:
    """The rows with the cells that calamine leaves empty or, at the end, leaves off."""
    by_row: dict[int, list[tuple[int, object]]] = {}
    for row, column, cell in gaps:
        by_row.setdefault(row, []).append((column, cell))
    number = 0
    for number, cells in enumerate(rows, start=1):
        yield _with_gaps(cells, by_row.pop(number, ()))
    for missing in range(number + 1, max(by_row, default=0) + 1):
        yield _with_gaps([], by_row.get(missing, ()))


def _with_gaps(cells: Row, gaps: Iterable[tuple[int, object]]) -> Row:
    for column, cell in gaps:
        cells.extend([""] * (column - len(cells)))
        if cells[column - 1] == "":
            cells[column - 1] = cell
    return cells


def trimmed(rows: Iterable[Row]) -> list[Row]:
    """Rows with None for a blank cell and without blank ends."""
    kept = []
    for row in rows:
        cells = [None if cell == "" else cell for cell in row] if "" in row else row
        while cells and cells[-1] is None:
            cells.pop()
        kept.append(cells)
    return kept


class Parts:
    """The sheet parts of an .xlsx file, for what calamine does not tell."""

    def __init__(self, path: Path) -> None:
        import zipfile
        import zlib

        from defusedxml.ElementTree import ParseError, fromstring

        self._broken = (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            LookupError,  # a part that is named but not there
            NotImplementedError,  # a way of packing that no spreadsheet uses
        )
        try:
            self._book = zipfile.ZipFile(path)
            # some programs write xl\\Workbook.xml
            self._entries = {
                name.replace("\\", "/").lower(): name for name in self._book.namelist()
            }
            targets = {
                element.get("Id"): element.get("Target", "")
                for element in fromstring(self._read("xl/_rels/workbook.xml.rels"))
            }
            self._names = [
                _part_name(targets[_attribute(element.attrib, "id")])
                for element in fromstring(self._read("xl/workbook.xml")).iter()
                if element.tag.endswith("}sheet")
            ]
        except (*self._broken, ParseError, ValueError):  # ValueError: entities, forbidden
            raise RefusedError("damaged") from None

    def _read(self, name: str) -> bytes:
        return self._book.read(self._entries[name.lower()])

    def gaps(self, index: int, sheet: str, extent: Extent) -> list[tuple[int, int, object]]:
        """Row, column and cell of the formulas without a value and of error values.

        A cell that holds something beyond `extent` is refused: calamine would lay out memory for
        the whole rectangle up to it and take the process down.
        """
        try:
            data = self._read(self._names[index])
        except self._broken:
            raise RefusedError("damaged") from None
        if _FAR.search(data):
            for match in _FAR_CELL.finditer(data):
                row, column = _place(b' r="%b"' % match[1])
                extent.check(row, column, sheet)
        found: list[tuple[int, int, object]] = []
        if _may_hold_formulas(data):
            from html import unescape

            for attributes, formula in _BARE_FORMULA.findall(data):
                # t="str" with nothing in it is a formula whose value is the empty text
                if b't="str"' not in attributes and (place := _place(attributes)) != (0, 0):
                    found.append(
                        (*place, {"formula": unescape(formula.decode("utf-8", "replace"))})
                    )
        if b't="e"' in data:
            for attributes, value in _ERROR.findall(data):
                if (place := _place(attributes)) != (0, 0):
                    found.append((*place, value.decode("ascii", "replace")))
        return found


def _may_hold_formulas(data: bytes) -> bool:
    """Whether a letter f stands among the cells: plain lists have none, and one byte is found ten
    times as fast as two."""
    cells = data.find(b"sheetData"), data.rfind(b"sheetData")
    return data.find(b"f", *cells) >= 0 and b"f>" in data


def _attribute(attributes: dict[str, str], name: str) -> str | None:
    """Value of the attribute of that local name in whatever namespace."""
    return next((v for k, v in attributes.items() if k.endswith("}" + name)), None)


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else "xl/" + target


def _place(attributes: bytes) -> tuple[int, int]:
    """Row and column of a cell's r="C5"; (0, 0) without one."""
    match = _REFERENCE.search(attributes)
    if match is None:
        return 0, 0
    column = 0
    for letter in match[1][:6]:
        column = column * 26 + letter - 64
    return int(match[2]), column


# --- text -----------------------------------------------------------------------------------

_GUARD = re.compile(r"(?m)^'(?=\s*[=+\-@\t\r])")
_AS_TEXT = re.compile(r'="([^"]*)"')


def read_csv(path: Path, extent: Extent) -> Iterator[Sheet]:
    """The one sheet of a text table; every cell is text."""
    import io

    data = path.read_bytes()
    encoding, start = encoding_of(data)
    head = data[start : start + 20_000].decode(encoding, "ignore")
    body = io.BytesIO(data)
    body.seek(start)
    text = io.TextIOWrapper(body, encoding, newline="")
    directive = re.match(r"sep=(.)\r?\n", head)  # Excel's own first line, which it does not show
    if directive:
        text.readline()
    delimiter = directive[1] if directive else delimiter_of(head)
    yield Sheet(path.stem, _csv_rows(text, delimiter, path.stem, extent))


def _csv_rows(text: Iterable[str], delimiter: str, sheet: str, extent: Extent) -> Iterator[Row]:
    import csv

    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            extent.check(number, len(cells), sheet)
            yield [plain(cell) for cell in cells]
    except csv.Error:
        raise RefusedError("quote", line=reader.line_num) from None


def plain(cell: str) -> str:
    """The text behind a guard against formulas (ours: ') or the ="0012" of other programs."""
    if "'" in cell:
        cell = _GUARD.sub("", cell)
    elif cell.startswith('="') and (match := _AS_TEXT.fullmatch(cell)):
        return match[1]
    return cell.rstrip("\t")  # a tab after a number keeps it text for other programs


def encoding_of(data: bytes) -> tuple[str, int]:
    """Encoding of a .csv file, told by its mark or by its bytes, and where its text starts."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if data.startswith(mark):
            return _first_that_fits(data[len(mark) :], (encoding,)), len(mark)
    head = data[:4096]
    if b"\0" in head:
        # commas, digits and line ends of UTF-16 have one zero byte, on the same side
        even, odd = head[::2].count(0), head[1::2].count(0)
        return _first_that_fits(data, ("utf-16-le" if odd > even else "utf-16-be",)), 0
    return _first_that_fits(data, ("utf-8", "gb18030")), 0


def _first_that_fits(data: bytes, encodings: tuple[str, ...]) -> str:
    line = 0
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = max(line, data.count(b"\n", 0, error.start) + 1)
        else:
            if "\0" in text:
                raise RefusedError("binary")
            return encoding
    raise RefusedError("encoding", line=line)


def delimiter_of(text: str) -> str:
    """The one of comma, semicolon and tab that splits the first lines most evenly."""
    import csv
    import io

    def worth(delimiter: str) -> tuple[int, int]:
        sample = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths = [len(cells) for cells in itertools.islice(sample, 30) if cells]
        if not widths:
            return 0, 0
        common = max(set(widths), key=lambda width: (widths.count(width), width))
        return (widths.count(common) if common > 1 else 0), common

    return max(",;\t", key=worth)


# --- dbf ------------------------------------------------------------------------------------


def read_dbf(path: Path, extent: Extent) -> Iterator[Sheet]:
    """The one sheet of a dBASE or FoxPro table: field names, then the records not deleted."""
    import struct

    import dbfread

    class Parser(dbfread.FieldParser):  # type: ignore[misc]  # dbfread ships no types
        """Text by the encoding found for the file; what is no number or date stays as written."""

        def parse(self, field: Any, data: bytes) -> object:
            try:
                return super().parse(field, data)
            except (ValueError, struct.error):
                return data.decode("gb18030", "replace").strip(" \0")

    check_dbf(path, extent)

    def rows() -> Iterator[Row]:
        try:
            table = dbfread.DBF(
                path,
                ignorecase=False,
                encoding=dbf_encoding(path),
                char_decode_errors="replace",
                parserclass=Parser,
                recfactory=None,
                ignore_missing_memofile=True,
            )
            yield table.field_names
            found = 0
            for record in table:
                found += 1
                yield [value.strip() if isinstance(value, str) else value for _, value in record]
            if found + len(table.deleted) != table.header.numrecords:
                raise RefusedError("records", declared=table.header.numrecords, found=found)
        except (dbfread.DBFNotFound, ValueError, struct.error, LookupError):
            raise RefusedError("damaged") from None

    yield Sheet(path.stem, rows())


def check_dbf(path: Path, extent: Extent) -> None:
    """Refuse a table whose header disagrees with itself or with the size of the file.

    Such tables made the library read for ever, or give rows that were never written.
    """
    with path.open("rb") as file:
        head = file.read(32)
        records = int.from_bytes(head[4:8], "little")
        start, width = _record_layout(head)
        fields = file.read(max(0, start - 32))
    lengths = []
    for at in range(0, len(fields), 32):
        if fields[at] in b"\r\n" or len(fields) - at < 32:
            break
        kind, length, high = fields[at + 11 : at + 12], fields[at + 16], fields[at + 17]
        lengths.append(length | high << 8 if kind == b"C" else length)
    if not lengths or width != 1 + sum(lengths):
        raise RefusedError("damaged")
    extent.check(records + 1, len(lengths), path.stem)
    held = (path.stat().st_size - start) // width
    if held < records:
        raise RefusedError("records", declared=records, found=max(0, held))


def _record_layout(head: bytes) -> tuple[int, int]:
    """Where the records start, and the width of one."""
    return int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")


def dbf_encoding(path: Path) -> str:
    """gb18030 unless all of it is UTF-8: the code page byte of such files is rarely true."""
    data = path.read_bytes()
    start, _ = _record_layout(data)
    try:
        data[start:].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


# --- the answer -----------------------------------------------------------------------------


def encode(cell: object) -> object:
    """A cell that JSON has no word for."""
    if isinstance(cell, datetime.datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, datetime.date):
        return {"date": cell.isoformat()}
    return None if isinstance(cell, bytes) else str(cell)  # bytes: flags of FoxPro


def answer(path: Path, kind: str, extent: Extent) -> Iterator[dict[str, Any]]:
    """What is to be said of the file, line by line."""
    readers: dict[str, Callable[[], Iterator[Sheet]]] = {
        "xlsx": lambda: read_workbook(path, extent, Parts(path)),
        "xls": lambda: read_workbook(path, extent, None),
        "csv": lambda: read_csv(path, extent),
        "dbf": lambda: read_dbf(path, extent),
    }
    try:
        for sheet in readers[kind]():
            yield {"sheet": sheet.name, "hidden": sheet.hidden, "merged": sheet.merged}
            rows = iter(sheet.rows)
            while some := list(itertools.islice(rows, ROWS_AT_ONCE)):
                yield {"rows": trimmed(some)}
        yield {"end": True}
    except RefusedError as refusal:
        yield refusal.answer
    except MemoryError:
        yield {"refused": "memory"}


def lines(answers: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The answers as they go to the program."""
    length = 0
    for document in answers:
        text = json.dumps(document, default=encode, ensure_ascii=False, separators=(",", ":"))
        line = text.encode("utf-8", "surrogatepass") + b"\n"
        length += len(line)
        if length > LONGEST_ANSWER:
            yield b'{"refused":"memory"}\n'
            return
        yield line


def main() -> None:
    """Read the file that the arguments name: path, kind, rows, columns, memory."""
    path, kind, rows, columns, memory = sys.argv[-5:]
    confine(int(memory))
    gc.disable()  # nothing here makes cycles, and the process ends soon
    # a built program without a console has no sys.stdout, but the pipe is there
    with os.fdopen(1, "wb", buffering=0, closefd=False) as pipe:
        for line in lines(answer(Path(path), kind, Extent(int(rows), int(columns)))):
            pipe.write(line)
    os._exit(0)  # giving back the memory piece by piece would only take time
