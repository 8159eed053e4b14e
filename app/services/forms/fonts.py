"""The bundled typefaces: which one holds a character, how wide it is, how a PDF embeds it.

Each face of a form (Song, Hei, Kai) is a chain of TrueType files, and the font is chosen per
character. A file is mapped into memory and only the tables needed are read, so that a 30 MB
fallback costs nothing until a name needs it.

reportlab's own way with TrueType is unsuitable in four places: its
ToUnicode map is wrong beyond the BMP, its subset has wrong widths where `hmtx` has a shared tail,
its canvas writes an empty /Trans and an unembedded Helvetica. This module therefore takes from it
only what is right, the parser and the glyph subsetter, and writes the font objects itself: one
CID font a file, so a line of text is one operator however many characters a document uses. The
code of a character is its place among the characters of the font, whatever else is drawn.
"""

import mmap
import re
import struct
import sys
import threading
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
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
    """字体: the styles of type a form can ask for.

    None of 仿宋 ships (decision 0008): it is the school's own, where it put one beside the others,
    else Song.
    """

    SONG = "宋体"
    HEI = "黑体"
    KAI = "楷体"
    FANG = "仿宋"


_FANG: Final = re.compile(r"仿宋|fang", re.IGNORECASE)
_FAMILIES: Final = (
    (_FANG, Family.FANG),
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
    Family.FANG: ("NotoSerifSC-Regular.ttf", "NotoSerifSC-Bold.ttf"),
}
_BEHIND: Final = {
    Family.SONG: ("HanaMinB.ttf", "NotoSansSC-{weight}.ttf", "LXGWWenKai-Regular.ttf"),
    Family.HEI: ("HanaMinB.ttf", "NotoSerifSC-{weight}.ttf", "LXGWWenKai-Regular.ttf"),
    Family.KAI: ("NotoSerifSC-{weight}.ttf", "HanaMinB.ttf", "NotoSansSC-{weight}.ttf"),
    Family.FANG: ("HanaMinB.ttf", "NotoSansSC-{weight}.ttf", "LXGWWenKai-Regular.ttf"),
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


def _with_boxes(glyphs: dict[int, int]) -> dict[int, int]:
    for box in _BOXES:
        if _BOX in glyphs:
            glyphs.setdefault(box, glyphs[_BOX])
    return glyphs


class _Table(dict[str, Any]):
    """A dictionary that works out an entry when it is first asked for."""

    def __init__(self, work_out: Callable[[str], Any]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: str) -> Any:
        value = self[key] = self._work_out(key)
        return value


class Typeface(TTFontFile):  # type: ignore[misc]  # reportlab ships no types
    """One TrueType file: its characters, their widths, and subsets of it."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FontMissing(path=path)
        with path.open("rb") as file:
            self._ttf_data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.filename = str(path)
        #: Resource name in every PDF.
        self.label = f"F{zlib.crc32(path.name.encode()):08X}"
        self.heavy = "Bold" in path.stem
        super().__init__(str(path), charInfo=0)
        self.charToGlyph: dict[int, int] = self._read_characters()
        (pairs,) = struct.unpack_from(">H", self.get_table("hhea"), 34)
        self.hmetrics = _Metrics(self.get_table("hmtx"), pairs)
        self.defaultWidth = 1000
        self._ordered = sorted(self.charToGlyph)
        self.codes = _Table(self._code)
        self._places: tuple[int, ...] | None = None
        self._lock = threading.Lock()  # the parser's read position is shared

    def _read_characters(self) -> dict[int, int]:
        """Code point -> glyph, from the character map of the full repertoire (format 12) if any."""
        table = self.get_table("cmap")
        (count,) = struct.unpack_from(">H", table, 2)
        for record in range(count):
            platform, encoding, offset = struct.unpack_from(">HHL", table, 4 + 8 * record)
            (kind,) = struct.unpack_from(">H", table, offset)
            if kind == 12 and (platform, encoding) in {(3, 10), (0, 4), (0, 6)}:
                break
        else:
            return self._read_basic_characters()
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
        return _with_boxes(glyphs)

    def _read_basic_characters(self) -> dict[int, int]:
        """The same of a font of the basic plane alone, such as the 仿宋 of Windows."""
        from fontTools.ttLib import TTFont  # slower to load and to read than what ships needs

        with TTFont(self.filename, lazy=True) as font:
            named = font.getBestCmap() or {}
            return _with_boxes({code: font.getGlyphID(name) for code, name in named.items()})

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

    def _code(self, character: str) -> str:
        """The CID of a character, from 1, in hexadecimal.

        Characters that share a glyph have CIDs of their own, so that each extracts as itself.
        """
        return f"{bisect_left(self._ordered, ord(character)) + 1:04X}"

    def subset(self, characters: str) -> tuple[bytes, bytes]:
        """A font file with these characters only, and its glyph for each CID (big-endian pairs).

        CID 0 is the missing glyph.
        """
        new_glyph = {0: 0}
        glyphs = array("H", bytes(2 * (int(self.codes[max(characters)], 16) + 1)))
        for character in characters:
            old = self.charToGlyph[ord(character)]
            glyphs[int(self.codes[character], 16)] = new_glyph.setdefault(old, len(new_glyph))
        if sys.byteorder == "little":
            glyphs.byteswap()
        with self._lock:
            return self.makeSubset([ord(character) for character in characters]), glyphs.tobytes()

    def __reduce__(self) -> tuple[Callable[[str], "Typeface"], tuple[str]]:
        """Another process opens the font itself."""
        return typeface, (Path(self.filename).name,)


@cache
def typeface(file_name: str) -> Typeface:
    """The bundled font of that file name, opened at first use."""
    return Typeface(resource("fonts", file_name))


_MAY_NOT_BE_EMBEDDED: Final = 0x0002  # of fsType
_MOST_CODES: Final = 0xFFFF  # of two bytes
_EM: Final = 1000  # in which PDF measures widths: what most characters have


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
    if len(font.charToGlyph) > _MOST_CODES or "fvar" in font.table:  # fvar: drawn too thin
        return False
    return not rights & _MAY_NOT_BE_EMBEDDED


def _is_fang(name: str) -> bool:
    """Whether a font calls itself 仿宋."""
    font = typeface(name)
    return any(_FANG.search(said) for said in (name, font.name.decode("latin-1")))


class Face:
    """字体 of a form: a family in a weight, with everything that stands in for it."""

    def __init__(self, family: Family, bold: bool) -> None:
        self.family, self.bold = family, bold
        weight = "Bold" if bold else "Regular"
        names = [_OWN[family][bold], *(name.format(weight=weight) for name in _BEHIND[family])]
        own = filter(_is_fang, added()) if family is Family.FANG else ()
        self._chain = tuple(dict.fromkeys((*own, *names, *added())))
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
        """The characters of the text that no bundled font holds, each once; line breaks aside."""
        font = self._font
        return [one for one in dict.fromkeys(text) if font[one] is None and one != "\n"]


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


class Letters:
    """字: the characters that a drawing shows, by the font that draws them."""

    def __init__(self) -> None:
        self._used: dict[Typeface, set[str]] = {}

    def encode(self, font: Typeface, text: str) -> tuple[str, str]:
        """Resource name of the font and the text as a hexadecimal string for `Tj`."""
        self._used.setdefault(font, set()).update(text)
        return font.label, "".join(map(font.codes.__getitem__, text))

    def add(self, others: "Letters") -> None:
        """Those of a part of the drawing."""
        for font, characters in others._used.items():
            self._used.setdefault(font, set()).update(characters)

    def embed(self, document: Any) -> dict[str, Any]:
        """Write the objects of every font, with just these characters; references by name."""
        return {
            font.label: document.Reference(
                _font_object(document, font, "".join(sorted(characters))), font.label
            )
            for font, characters in sorted(self._used.items(), key=lambda used: used[0].label)
        }


def _stream(document: Any, content: bytes, label: str, **entries: object) -> Any:
    stream = pdfdoc.PDFStream(
        pdfdoc.PDFDictionary(dict(entries)), content, filters=[pdfdoc.PDFZCompress]
    )
    return document.Reference(stream, label)


def _font_object(document: Any, font: Typeface, characters: str) -> Any:
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
    widths: list[Any] = []
    for character in characters:
        if (width := round(font.advance(character))) != _EM:
            widths += [int(font.codes[character], 16), pdfdoc.PDFArray([width])]
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
            "DW": _EM,
            "W": pdfdoc.PDFArray(widths),
            "CIDToGIDMap": _stream(document, glyphs, f"glyphs{name}"),
        }
    )
    meaning = _to_unicode(font, characters)
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


def _to_unicode(font: Typeface, characters: str) -> bytes:
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
        f"<{font.codes[character]}> <{character.encode('utf-16-be').hex().upper()}>"
        for character in characters
    ]
    for start in range(0, len(coded), 100):  # a block holds 100 entries at most
        block = coded[start : start + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode("ascii")
