"""What GB 18030-2022 asks to be printed, and what Unicode has beyond it."""

import csv
import random
import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import zip_longest
from typing import Final

import openpyxl
import pikepdf
from fontTools.ttLib import TTFont

from app.services.forms.pdf import draw
from app.services.forms.template import Template, compile_template
from app.services.progress import finish
from app.services.resources import resource
from tests.unit.form_samples import put, saved, texts

#: 汉字 of level 3: basic block, 〇's neighbours aside; extensions A to F, as the standard has them.
_IDEOGRAPHS: Final = (
    range(0x4E00, 0x9FF0),
    range(0x3400, 0x4DB6),
    range(0x20000, 0x2A6D7),
    range(0x2A700, 0x2B735),
    range(0x2B740, 0x2B81E),
    range(0x2B820, 0x2CEA2),
    range(0x2CEB0, 0x2EBE1),
)
_COMPATIBLE: Final = "\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27\ufa28\ufa29"
_KANGXI: Final = range(0x2F00, 0x2FD6)
_COMPONENTS: Final = range(0x2E80, 0x2F00)  # those of two bytes since GBK


def repertoire() -> list[str]:
    """The 88,115 characters of the standard: 87,887 汉字 and 228 部首."""
    found = [chr(code) for block in (*_IDEOGRAPHS, _KANGXI) for code in block]
    found += _COMPATIBLE
    found += [chr(code) for code in _COMPONENTS if len(chr(code).encode("gb18030")) == 2]
    return found


def general_standard() -> list[str]:
    """通用规范汉字表: 8,105 characters."""
    return [row["char"] for row in _rows("tgh_8105.csv")]


def rare_in_names() -> list[str]:
    """Rare characters of names, up to Extension F."""
    return [row["char"] for row in _rows("rare_name_chars.csv") if ord(row["char"]) < 0x2EBF0]


def from_all_planes(count: int) -> list[str]:
    """As many visible characters of any script and plane; the same each time."""
    visible = [
        character
        for character in map(chr, range(0x110000))
        if unicodedata.category(character)[0] in "LNPS"
    ]
    return random.Random(18030).sample(visible, count)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with resource("standards", name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


_MEANING: Final = re.compile(r"^<([0-9A-F]{4})> <([0-9A-F]+)>$", re.MULTILINE)
_A_NAME: Final = 32  # characters
_A_FILE: Final = 20_000  # of them; one font of a file holds 32,000 at most


def lost_on_paper(characters: Sequence[str]) -> list[str]:
    """Print names of these characters; those that do not come back from the PDF as themselves.

    A character counts as lost, too, when its font in the file has no shape for it.
    """
    lost = []
    for start in range(0, len(characters), _A_FILE):
        part = characters[start : start + _A_FILE]
        names = ["".join(part[at : at + _A_NAME]) for at in range(0, len(part), _A_NAME)]
        drawn = finish(draw(_form(), [{"名单": [{"姓名": name} for name in names]}], title="字"))
        shaped = _shaped(drawn.pdf)
        back = re.sub(r"\s", "", "".join(texts(drawn.pdf)))
        lost += [
            one
            for one, read in zip_longest(part, back, fillvalue="")
            if one != read or one not in shaped
        ]
    return lost


def _form() -> Template:
    book = openpyxl.Workbook()
    put(book.active, {"A1": "{{名单.姓名}}"})
    book.active.column_dimensions["A"].width = 90
    return compile_template(saved(book))


def _shaped(drawn: bytes) -> set[str]:
    """The characters for which the fonts within a PDF have an outline, by their own tables."""
    found = set()
    with pikepdf.open(BytesIO(drawn)) as document:
        for one in document.objects:
            if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/Type0":
                (below,) = one.DescendantFonts
                program = below.FontDescriptor.FontFile2.read_bytes()
                glyphs = struct.iter_unpack(">H", below.CIDToGIDMap.read_bytes())
                places = TTFont(BytesIO(program), lazy=True)["loca"]
                meant = {
                    int(code, 16): bytes.fromhex(text).decode("utf-16-be")
                    for code, text in _MEANING.findall(one.ToUnicode.read_bytes().decode())
                }
                for code, (glyph,) in enumerate(glyphs):
                    if places[glyph + 1] > places[glyph] and code in meant:
                        found.add(meant[code])
    return found
