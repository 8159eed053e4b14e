"""全盘校验值: a line of text in the system area of an image, which every file system leaves free.

The manifests cover files only; the seal covers every other bit of the image too (descriptors,
directories, padding), and travels inside the image so that it cannot be lost.
"""

import re
from typing import Final

from app.services.archive.content import SECTOR

SYSTEM_AREA: Final = 16 * SECTOR
_SECTORS = re.compile(rb"\bSECTORS: (\d{1,9})\r\n")


def seal(sectors: int, digest: str) -> bytes:
    """The whole system area of an image of `sectors`, given the SHA-256 of all that follows it."""
    text = (
        "XUEJI ARCHIVE DISC IMAGE\r\n"
        f"SECTORS: {sectors}\r\n"
        f"SHA-256 OF SECTORS 16 TO THE LAST: {digest}\r\n"
    )
    return text.encode("ascii").ljust(SYSTEM_AREA, b"\0")


def sealed_sectors(system_area: bytes) -> int | None:
    """How many sectors the seal says the image has; a dump of a disc may be longer."""
    found = _SECTORS.search(system_area[:SECTOR])
    return int(found[1]) if found else None
