"""Data tables of a disc: CSV with a Data Package for machines, one workbook for people.

Everything is made in memory: a workbook writer that spools to a temporary folder would leave
records on the disk.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

import xlsxwriter

from app.services.errors import TableNotWritable

CellValue: TypeAlias = str | int | Decimal | date | None

#: A cell that a spreadsheet would run; any line of it counts, also behind blanks.
_FORMULA_START = re.compile(r"(?:\A|(?<=[\r\n]))(?= *[=+\-@\t\r])")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
_SHEET_NAME_LENGTH = 31


@dataclass(frozen=True, slots=True)
class DataColumn:
    """One column: `name` heads the CSV, `title` heads the workbook; `kind` is a Table Schema type
    (string, integer, number, date)."""

    name: str
    title: str
    kind: str = "string"
    description: str = ""


@dataclass(frozen=True, slots=True)
class DataTable:
    """数据表: one CSV file `name`.csv and one sheet `title`."""

    name: str
    title: str
    columns: tuple[DataColumn, ...]
    rows: tuple[tuple[CellValue, ...], ...]


def harmless(text: str) -> str:
    """`text` as a CSV cell that no spreadsheet takes for a formula."""
    return _FORMULA_START.sub("'", text)


def _written(value: CellValue) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def csv_bytes(table: DataTable) -> bytes:
    """UTF-8 without a mark (readers of Data Packages take one for part of the header), CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.name for column in table.columns)
    for row in table.rows:
        writer.writerow(harmless(v) if isinstance(v, str) else _written(v) for v in row)
    return out.getvalue().encode()


def workbook_bytes(tables: Sequence[DataTable], as_of: date) -> bytes:
    """One .xlsx with a sheet per table, every cell text, the same bytes for the same tables."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(as_of.year, as_of.month, as_of.day)})  # noqa: DTZ001 - a day, stamped without a clock
    head = book.add_format({"bold": True, "bg_color": "#F8FAFC", "bottom": 1})
    for table, name in zip(tables, _sheet_names(tables), strict=True):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(table.columns):
            sheet.set_column(at, at, _width(table, at))
            sheet.write_string(0, at, column.title, head)
        for line, row in enumerate(table.rows, start=1):
            for at, value in enumerate(row):
                if value is not None and sheet.write_string(line, at, _written(value)) != 0:
                    raise TableNotWritable(
                        table=table.title, row=line + 1, column=table.columns[at].title
                    )
    book.close()
    return out.getvalue()


def _sheet_names(tables: Iterable[DataTable]) -> list[str]:
    """Titles cut down to what a sheet may be called; an ordinal keeps equal ones apart."""
    names: list[str] = []
    for table in tables:
        stem = _NOT_IN_SHEET_NAMES.sub(" ", table.title)[:_SHEET_NAME_LENGTH].strip()
        name, ordinal = stem or table.name, 1
        while name.casefold() in {taken.casefold() for taken in names}:
            ordinal += 1
            name = f"{stem[: _SHEET_NAME_LENGTH - 3]} {ordinal}"
        names.append(name)
    return names


def _width(table: DataTable, at: int) -> int:
    """Column width in digits; a Chinese character is two."""
    texts = [table.columns[at].title, *(_written(row[at]) for row in table.rows[:200])]
    return min(50, 2 + max(sum(1 + (ch > "\u2e7f") for ch in text) for text in texts))


def datapackage_bytes(
    name: str,
    title: str,
    as_of: date,
    tables: Sequence[DataTable],
    files: Mapping[str, bytes],
) -> bytes:
    """datapackage.json (Data Package v2) that describes `files`, the CSV bytes by file name."""
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name.lower(),
        "title": title,
        "created": f"{as_of.isoformat()}T00:00:00Z",
        "resources": [_resource(table, files[f"{table.name}.csv"]) for table in tables],
    }
    return json.dumps(package, ensure_ascii=False, indent=2).encode() + b"\n"


def _resource(table: DataTable, content: bytes) -> dict[str, object]:
    return {
        "name": table.name,
        "type": "table",
        "title": table.title,
        "description": "文本单元格若以 = + - @ 开头，前面加有一个半角单引号，读取时去掉。",
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {
            "fields": [
                {
                    "name": column.name,
                    "title": column.title,
                    "type": column.kind,
                    "description": column.description,
                }
                for column in table.columns
            ],
            "missingValues": [""],
        },
    }
