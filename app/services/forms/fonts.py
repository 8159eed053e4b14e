"""The bundled typefaces: which one holds a character, how wide it is, how a PDF embeds it.

Each face of a form (Song, Hei, Kai) is a chain of TrueType files, and the font is chosen per
character. A file is mapped into memory and only the tables needed are read, so that a 30 MB
fallback costs nothing until a name needs it.

reportlab's own way with TrueType is unsuitable in four places: its
ToUnicode map is wrong beyond the BMP, its subset has wrong widths where `hmtx` has a shared tail,
its canvas writes an empty /Trans and an unembedded Helvetica. This module therefore takes from it
only what is right, the parser and the glyph subsetter, and writes the font objects itself: one
CID font a file, so a line of text is one operator however many characters a document uses.
"""

import mmap
import re
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import reportlab
from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import TTFError, TTFontFile

from app.services.errors import FontMissing
from app.services.resources import resource

if not reportlab.Version.startswith("5.1"):
    # The subsetter is reached below its public surface: another version has to be read first.
    raise ImportError(f"reportlab 5.1 is needed, not {reportlab.Version}")


class Family(Enum):
    """字体: the three styles of type a form can ask for."""

    SONG = "宋体"
    HEI = "黑体"
    KAI = "楷体"


_FAMILIES: Final = (
    (re.compile(r"楷|kai", re.IGNORECASE), Family.KAI),
    (
        re.compile(
            r"黑|等线|雅黑|圆|hei|yahei|dengxian|arial|calibri|sans|helvetica|tahoma|verdana",
            re.IGNORECASE,
        ),
        Family.HEI,
    ),
)

# Files by family, regular and bold; then those that hold what the family lacks; then those that
# the school put beside them, for CJK Extension G and later.
_OWN: Final = {
    Family.SONG: ("NotoSerifSC-Regular.ttf", "NotoSerifSC-Bold.ttf"),
    Family.HEI: ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    Family.KAI: ("LXGWWenKai-Regular.ttf", "LXGWWenKai-Regular.ttf"),
}
_BEHIND: Final = {
    Family.SONG: ("HanaMinB.ttf", "NotoSansSC-{weight}.ttf", "LXGWWenKai-Regular.ttf"),
    Family.HEI: ("HanaMinB.ttf", "NotoSerifSC-{weight}.ttf", "LXGWWenKai-Regular.ttf"),
    Family.KAI: ("NotoSerifSC-{weight}.ttf", "HanaMinB.ttf", "NotoSansSC-{weight}.ttf"),
}


#: ☐ and ☑ are drawn as □, the tick by pdf.py; they extract from the paper as what they are.
_BOX: Final = ord("□")
_BOXES: Final = (ord("☐"), ord("☑"))


def family_of(font_name: str) -> Family:
    """The bundled family for a font's name in a spreadsheet; Song where nothing better fits."""
    return next((family for known, family in _FAMILIES if known.search(font_name)), Family.SONG)


class _Metrics:
    """Advance width and bearing by glyph, read from `hmtx` when asked (raw units).

    Glyphs in the shared tail have the last full width. reportlab scales that one to 1000 units and
    then writes it unscaled, which gives wrong widths in fonts of another unit (HanaMinB).
    """

    def __init__(self, table: bytes, pairs: int) -> None:
        self._table, self._pairs = table, pairs

    def __getitem__(self, glyph: int) -> tuple[int, int]:
        if glyph < self._pairs:
            width, bearing = struct.unpack_from(">HH", self._table, 4 * glyph)
            return width, bearing
        (width,) = struct.unpack_from(">H", self._table, 4 * self._pairs - 4)
        (bearing,) = struct.unpack_from(">H", self._table, 2 * (self._pairs + glyph))
        return width, bearing


class Typeface(TTFontFile):  # type: ignore[misc]  # reportlab ships no types
    """One TrueType file: its characters, their widths, and subsets of it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FontMissing(path=path)
        with path.open("rb") as file:
            self._ttf_data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.filename = str(path)
        self.heavy = "Bold" in path.stem
        super().__init__(str(path), charInfo=0)
        self.charToGlyph: dict[int, int] = self._read_characters()
        (pairs,) = struct.unpack_from(">H", self.get_table("hhea"), 34)
        self.hmetrics = _Metrics(self.get_table("hmtx"), pairs)
        self.defaultWidth = 1000
        self._places: tuple[int, ...] | None = None
        self._lock = threading.Lock()  # the parser's read position is shared

    def _read_characters(self) -> dict[int, int]:
        """Code point -> glyph, from the full-repertoire character map (format 12)."""
        table = self.get_table("cmap")
        (count,) = struct.unpack_from(">H", table, 2)
        for record in range(count):
            platform, encoding, offset = struct.unpack_from(">HHL", table, 4 + 8 * record)
            (kind,) = struct.unpack_from(">H", table, offset)
            if kind == 12 and (platform, encoding) in {(3, 10), (0, 4), (0, 6)}:
                break
        else:
            raise FontMissing(path=self.filename)
        (groups,) = struct.unpack_from(">L", table, offset + 12)
        glyphs: dict[int, int] = {}
        body = table[offset + 16 : offset + 16 + 12 * groups]
        for first, last, glyph in struct.iter_unpack(">LLL", body):
            if first == last:
                glyphs[first] = glyph
            else:
                glyphs.update(
                    zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True)
                )
        for box in _BOXES:
            if _BOX in glyphs:
                glyphs.setdefault(box, glyphs[_BOX])
        return glyphs

    @property
    def glyphPos(self) -> tuple[int, ...]:
        """Offset of each glyph's outline; read when the first subset is made."""
        if self._places is None:
            (long,) = struct.unpack_from(">H", self.get_table("head"), 50)
            table = self.get_table("loca")
            size = 4 if long else 2
            count = len(table) // size
            places = struct.unpack(f">{count}{'L' if long else 'H'}", table[: count * size])
            self._places = places if long else tuple(2 * place for place in places)
        return self._places

    def holds(self, character: str) -> bool:
        """Whether the font has a shape for the character."""
        return self.charToGlyph.get(ord(character), 0) != 0

    def advance(self, character: str) -> float:
        """Width of a character in thousandths of the type size."""
        glyph = self.charToGlyph.get(ord(character), 0)
        return float(self.hmetrics[glyph][0] * 1000 / self.unitsPerEm)

    def subset(self, characters: Iterable[str]) -> tuple[bytes, bytes]:
        """A font file with these characters only, and its glyph for each CID (big-endian pairs).

        CID 0 is the missing glyph, CID n the n-th character; characters that share a glyph keep
        CIDs of their own, so that each extracts as itself.
        """
        codes = [ord(character) for character in characters]
        new_glyph = {0: 0}
        cids = [0]
        for code in codes:
            old = self.charToGlyph[code]
            cids.append(new_glyph.setdefault(old, len(new_glyph)))
        with self._lock:
            return self.makeSubset(codes), struct.pack(f">{len(cids)}H", *cids)


@cache
def typeface(file_name: str) -> Typeface:
    """The bundled font of that file name, opened at first use."""
    return Typeface(resource("fonts", file_name))


_MAY_NOT_BE_EMBEDDED: Final = 0x0002  # of fsType


@cache
def added() -> tuple[str, ...]:
    """The fonts that stand beside those that ship and can be drawn and embedded, by name."""
    ours = {name for pair in _OWN.values() for name in pair} | {"HanaMinB.ttf"}
    found = sorted(path.name for path in resource("fonts").glob("*.ttf") if path.name not in ours)
    return tuple(name for name in found if _is_fit(name))


def _is_fit(name: str) -> bool:
    """Whether a font from outside has outlines that we draw and leave to put them into a PDF."""
    try:
        font = typeface(name)
        (rights,) = struct.unpack_from(">H", font.get_table("OS/2"), 8)
    except (FontMissing, TTFError, struct.error, KeyError, ValueError):
        return False
    return "fvar" not in font.table and not rights & _MAY_NOT_BE_EMBEDDED  # fvar: drawn too thin


class _Table(dict[str, Any]):
    """A dictionary that works out an entry when it is first asked for."""

    def __init__(self, work_out: Callable[[str], Any]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: str) -> Any:
        value = self[key] = self._work_out(key)
        return value


class Face:
    """字体 of a form: a family in a weight, with everything that stands in for it."""

    def __init__(self, family: Family, bold: bool) -> None:
        self.family, self.bold = family, bold
        weight = "Bold" if bold else "Regular"
        names = [_OWN[family][bold], *(name.format(weight=weight) for name in _BEHIND[family])]
        self._chain = (*names, *added())
        self._font = _Table(self._choose)
        self._advance = _Table(self._measure)

    def _choose(self, character: str) -> Typeface | None:
        if _is_private(character):
            return None
        return next(
            (font for name in self._chain if (font := typeface(name)).holds(character)), None
        )

    def _measure(self, character: str) -> float:
        font = self._font[character]
        return 1.0 if font is None else font.advance(character) / 1000

    def runs(self, text: str) -> list[tuple[Typeface, str]]:
        """The text in pieces of one font each; characters that no font holds are left out."""
        return [
            (font, "".join(piece))
            for font, piece in groupby(text, self._font.__getitem__)
            if font is not None
        ]

    def width(self, text: str) -> float:
        """Width of the text at type size 1."""
        return float(sum(map(self._advance.__getitem__, text)))

    def missing(self, text: str) -> list[str]:
        """The characters of the text that no bundled font holds, each once."""
        font = self._font
        return [character for character in dict.fromkeys(text) if font[character] is None]


def _is_private(character: str) -> bool:
    """Private-use code points: each font draws something else there, so none may be printed."""
    code = ord(character)
    return 0xE000 <= code <= 0xF8FF or code >= 0xF0000


@cache
def face(family: Family = Family.SONG, bold: bool = False) -> Face:
    """The face of a family and weight."""
    return Face(family, bold)


def missing(text: str) -> set[str]:
    """Characters of the text that cannot be printed with the bundled fonts."""
    return set(face().missing(re.sub(r"\s", "", text)))


def name_characters(characters: Iterable[str]) -> str:
    """Characters with their code points, for a sentence: `𰻞(U+30EDE)`."""
    return "、".join(f"{character}(U+{ord(character):04X})" for character in characters)


# --- embedding ----------------------------------------------------------------------------


class _Codes(dict[str, str]):
    """Numbers characters from 1 in the order of their first use, in hexadecimal."""

    def __missing__(self, character: str) -> str:
        code = self[character] = f"{len(self) + 1:04X}"
        return code


@dataclass(slots=True)
class _Embedded:
    """One typeface inside one PDF: its resource name and the code of each character used."""

    name: str
    codes: _Codes


class FontShelf:
    """The fonts of one PDF; collects the characters used and embeds just those at the end."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._fonts: dict[Typeface, _Embedded] = {}
        document.delayedFonts.append(self)  # reportlab calls addObjects before it writes

    def encode(self, font: Typeface, text: str) -> tuple[str, str]:
        """Resource name of the font and the text as a hexadecimal string for `Tj`."""
        embedded = self._fonts.get(font)
        if embedded is None:
            name = f"F{len(self._fonts) + 1}"
            embedded = self._fonts[font] = _Embedded(name, _Codes())
        return embedded.name, "".join(map(embedded.codes.__getitem__, text))

    def addObjects(self, document: Any) -> None:
        """Write the font objects of every font used."""
        fonts = document.idToObject["BasicFonts"].dict
        for font, embedded in self._fonts.items():
            made = _font_object(document, font, list(embedded.codes))
            fonts[embedded.name] = document.Reference(made, embedded.name)


def _stream(document: Any, content: bytes, label: str, **entries: object) -> Any:
    stream = pdfdoc.PDFStream(
        pdfdoc.PDFDictionary(dict(entries)), content, filters=[pdfdoc.PDFZCompress]
    )
    return document.Reference(stream, label)


def _font_object(document: Any, font: Typeface, characters: list[str]) -> Any:
    """A composite font (Type 0, Identity-H) whose CIDs are our own numbering."""
    name = "/XUEJIA+" + font.name.decode("ascii")
    program, glyphs = font.subset(characters)
    descriptor = pdfdoc.PDFDictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": name,
            "Flags": 4,  # symbolic: encoded by our own numbers
            "FontBBox": pdfdoc.PDFArray([round(edge) for edge in font.bbox]),
            "ItalicAngle": 0,
            "Ascent": round(font.ascent),
            "Descent": round(font.descent),
            "CapHeight": round(font.capHeight),
            "StemV": font.stemV,
            "FontFile2": _stream(document, program, f"file{name}", Length1=len(program)),
        }
    )
    widths = [round(font.advance(character)) for character in characters]
    descendant = pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": name,
            "CIDSystemInfo": pdfdoc.PDFDictionary(
                {
                    "Registry": pdfdoc.PDFString("Adobe"),
                    "Ordering": pdfdoc.PDFString("Identity"),
                    "Supplement": 0,
                }
            ),
            "FontDescriptor": document.Reference(descriptor, f"descriptor{name}"),
            "DW": 1000,
            "W": pdfdoc.PDFArray([1, pdfdoc.PDFArray(widths)]),
            "CIDToGIDMap": _stream(document, glyphs, f"glyphs{name}"),
        }
    )
    meaning = to_unicode(characters)
    return pdfdoc.PDFDictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": name,
            "Encoding": "/Identity-H",
            "DescendantFonts": pdfdoc.PDFArray(
                [document.Reference(descendant, f"descendant{name}")]
            ),
            "ToUnicode": _stream(document, meaning, f"unicode{name}"),
        }
    )


def to_unicode(characters: list[str]) -> bytes:
    """The map from our codes back to text: UTF-16BE, so names beyond the BMP extract whole."""
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    coded = [
        f"<{code:04X}> <{character.encode('utf-16-be').hex().upper()}>"
        for code, character in enumerate(characters, start=1)
    ]
    for start in range(0, len(coded), 100):  # a block holds 100 entries at most
        block = coded[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
