"""PDFBox Preflight, another project's judge of what is kept for long.

It knows PDF/A-1b alone, so it is given twins: the very pages that are kept as 2b, with what only
1b asks for besides.
"""

import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path
from typing import Final

import pikepdf
from pikepdf import pdfa

_JARS: Final = Path("/usr/share/java")
_NEEDED: Final = (
    "preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "jaxb-api",
    "javax.activation",
)  # fmt: skip


def twin(kept: bytes) -> bytes:
    """A kept PDF/A-2b as 1b: it says so, and each font lists the characters that it holds."""
    target = BytesIO()
    with pikepdf.open(BytesIO(kept)) as document:
        said = document.Root.Metadata.read_bytes()
        said = said.replace(b"<pdfaid:part>2<", b"<pdfaid:part>1<")
        document.Root.Metadata = document.make_stream(
            said, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        for one in document.objects:
            if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/CIDFontType2":
                held = _held(one.CIDToGIDMap.read_bytes())
                one.FontDescriptor.CIDSet = document.make_stream(held)
        settings = pdfa.resolve_save_kwargs(pdfa.Flavour("1b"), deterministic_id=True)
        document.save(target, **settings)
    return target.getvalue()


def _held(glyphs: bytes) -> bytes:
    """A bit for each CID, set where it has a glyph, from the highest of the first byte on.

    CID 0 is the missing glyph, which every font holds.
    """
    cids = [0, *(cid for cid in range(1, len(glyphs) // 2) if any(glyphs[2 * cid : 2 * cid + 2]))]
    bits = bytearray(len(glyphs) // 16 + 1)
    for cid in cids:
        bits[cid // 8] |= 0x80 >> cid % 8
    return bytes(bits)


def refusals(folder: Path) -> dict[str, list[str]]:
    """What Preflight finds in each .pdf of the folder, by file name; one start for all of them."""
    path = ":".join(str(_JARS / f"{name}.jar") for name in _NEEDED)
    judge = ("-cp", path, "org.apache.pdfbox.preflight.Validator_A1b", "xml", "group")
    subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", *judge, folder],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    report = folder.with_name(f"{folder.name}.preflight.xml")
    found = {}
    for one in ET.parse(report).getroot().iter("preflight"):  # noqa: S314 - Preflight's own
        said = [text.text or "" for text in one.iter("details")]
        valid = one.findtext("isValid") == "true"
        found[one.attrib["name"]] = [] if valid else said or ["not valid"]
    return found
