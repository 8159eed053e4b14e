"""Tables as offices send them, made for tests; every person in them is invented."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

from app.models.rules.identity import check_digit
from app.services.exchange.readers import Sheet, SourceFile

HEADER = ("考生号", "姓名", "性别", "出生日期", "民族", "身份证号", "专业")


def id_number(serial: int = 1, born: date = date(2011, 3, 5), male: bool = True) -> str:
    """A sound 18-digit number of a place code that is used for tests only."""
    body = f"320102{born:%Y%m%d}{(serial * 2 + (1 if male else 0)) % 1000:03d}"
    return body + check_digit(body)


def student(serial: int = 1, **different: Any) -> dict[str, Any]:
    """A faultless row under HEADER, with what the test changes."""
    born = date(2011, 1 + serial % 12, 1 + serial % 28)
    male = serial % 2 == 0
    row = {
        "考生号": f"2632{serial:010d}",
        "姓名": "王李张刘陈杨赵黄周吴"[serial % 10] + "安宁清远嘉禾"[serial % 6] + "文",
        "性别": "男" if male else "女",
        "出生日期": born.isoformat(),
        "民族": "汉族",
        "身份证号": id_number(serial, born, male),
        "专业": "计算机应用技术",
    }
    return row | different


def rows_of(
    students: Iterable[Mapping[str, Any]], header: Sequence[str] = HEADER
) -> list[list[Any]]:
    """A header and a row for each student."""
    return [list(header), *([one.get(name) for name in header] for one in students)]


def source(rows: Sequence[Sequence[Any]], name: str = "名册", **more: Any) -> SourceFile:
    """A file of one sheet as the reader gives it."""
    sheet = Sheet(name, tuple(tuple(row) for row in rows), **more)
    return SourceFile(f"{name}.xlsx", "0" * 64, (sheet,))


def write_xlsx(
    path: Path,
    rows: Sequence[Sequence[Any]],
    merged: Iterable[str] = (),
    sheets: Mapping[str, Sequence[Sequence[Any]]] | None = None,
) -> Path:
    """A workbook; text that begins with = is a formula, without a computed value."""
    book = openpyxl.Workbook()
    book.active.title = "名册"
    for name, content in {"名册": rows, **(sheets or {})}.items():
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        for number, row in enumerate(content, start=1):
            for column, cell in enumerate(row, start=1):
                if cell is not None:
                    sheet.cell(number, column, cell)
    for area in merged:
        book["名册"].merge_cells(area)
    book.save(path)
    return path


def write_dbf(
    path: Path,
    fields: Mapping[str, int],
    records: Sequence[Sequence[str]],
    encoding: str = "gbk",
    deleted: Collection[int] = (),
    declared: int | None = None,
) -> Path:
    """A dBASE table of text columns, as the platform makes them; `declared` may lie."""
    width = 1 + sum(fields.values())
    header = struct.pack(
        "<B3BLHH20x", 3, 126, 9, 1, len(records) if declared is None else declared,
        32 + 32 * len(fields) + 1, width,
    )  # fmt: skip
    for name, length in fields.items():
        header += struct.pack("<11sc4xB15x", name.encode(encoding), b"C", length)
    body = b"".join(
        (b"*" if number in deleted else b" ")
        + b"".join(
            cell.encode(encoding, "replace").ljust(length)[:length]
            for cell, length in zip(record, fields.values(), strict=True)
        )
        for number, record in enumerate(records)
    )
    path.write_bytes(header + b"\r" + body + b"\x1a")
    return path
