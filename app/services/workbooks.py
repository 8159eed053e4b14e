"""The directory of an .xlsx, looked at before any parser opens it: what it would unpack to."""

import io
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: The first bytes of a compound file: an old .xls, or a workbook behind a password.
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SMALL: Final = 10 << 20  # bytes unpacked; below it no packing does harm


class BookFault(StrEnum):
    """Why a workbook is not opened; the value says it after its name."""

    OLE = "是旧的 .xls 格式或加了打开密码"
    DAMAGED = "不是 .xlsx 工作簿或已损坏"
    MACROS = "带有宏"
    LARGE = "解压后太大"
    LOCKED = "加了打开密码"
    OTHER = "是别的压缩包，不是 .xlsx 工作簿"


@dataclass(frozen=True, slots=True)
class Contents:
    """What the directory tells: the bytes unpacked, and why not to unpack them, if anything."""

    size: int
    fault: BookFault | None


def look_into(data: bytes, *, unpacked: int, entries: int = 2000, ratio: int = 200) -> Contents:
    """The directory of a workbook that may unpack to so many bytes and files.

    `ratio` is the most that may come of one packed byte.
    """
    if data.startswith(OLE[:4]):
        return Contents(0, BookFault.OLE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            members = book.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return Contents(0, BookFault.DAMAGED)
    names = {member.filename.replace("\\", "/").lower() for member in members}
    size = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    fault = None
    if any("vbaproject" in name for name in names):
        fault = BookFault.MACROS
    elif size > unpacked or len(members) > entries or (size > _SMALL and size > ratio * packed):
        fault = BookFault.LARGE
    elif any(member.flag_bits & 1 for member in members):
        fault = BookFault.LOCKED
    elif "xl/workbook.xml" not in names:
        fault = BookFault.OTHER
    return Contents(size, fault)
