"""PDF files as scanners and as strangers make them; every one is invented."""

import zlib
from collections.abc import Sequence


def pdf(
    *objects: bytes, catalog: bytes = b"", page: bytes = b"", pages: int = 1, loose: bytes = b""
) -> bytes:
    """A small sound PDF: `pages` grey pages, more in the catalogue and in each page.

    The further `objects` are numbered from 100; `loose` stands before the directory.
    """
    content = b"0.8 g 60 60 400 600 re f"
    kids = b" ".join(b"%d 0 R" % (10 + number) for number in range(pages))
    made: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        2: b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages,
        3: b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
    }
    for number in range(pages):
        made[10 + number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R " + page + b" >>"
        )
    made.update({100 + number: body for number, body in enumerate(objects)})
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in made.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    out += loose
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += b"trailer\n<< /Size 300 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def packed(body: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4") -> bytes:
    """A stream in which objects stand, packed."""
    data = zlib.compress(body)
    return (
        b"<< " + dictionary + b" /Filter /FlateDecode /Length %d >>\nstream\n" % len(data)
        + data + b"\nendstream"
    )  # fmt: skip


def names(words: Sequence[str]) -> bytes:
    """Those names as keys of a dictionary."""
    return b"<< " + b" ".join(b"/%s 1" % word.encode() for word in words) + b" >>"
