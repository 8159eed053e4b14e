"""One page of a scan from outside as pixels, made in a process of its own; nothing is executed.

A PDF may carry scripts, programs to be started, files within it. PDFium as it is used here knows
no script and opens no link; still it may be brought down, so it runs where there is no register
and no key, no file can be written, and it is killed when it takes too long. What is active in the
file is looked for in its bytes, by name, and told.

On standard input comes the number of the page (4 bytes, big-endian), then the file. The answer is
one line of JSON {"pages", "page", "width", "height", "active": […], "unseen": […], "picture":
length}, then a JPEG; or {"refused": broken, password, empty or memory}.
"""

import io
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from typing import Any, Final

from app.services.exchange.child import confine

#: First argument of the built program that makes it this process.
FLAG: Final = "--scan-child"
#: The longer side of the picture of a page, in pixels.
SIDE: Final = 1800
_FINEST: Final = 300 / 72  # a small receipt is not blown up further
_QUALITY: Final = 85
_MOST_UNPACKED: Final = 64 << 20

#: Name in the file → what it is, for people. Short ones are looked for in dictionaries only.
ACTIVE: Final = {
    "JavaScript": "脚本",
    "JS": "脚本",
    "OpenAction": "打开时自动做的动作",
    "AA": "翻页、点按时自动做的动作",
    "Launch": "启动别的程序",
    "EmbeddedFile": "夹带的文件",
    "EmbeddedFiles": "夹带的文件",
    "SubmitForm": "把内容发到网上",
    "ImportData": "读入别的文件",
    "GoToR": "打开别的文件",
    "GoToE": "打开夹带的文件",
    "URI": "网址链接",
    "RichMedia": "音像或动画",
    "Movie": "音像或动画",
    "Sound": "音像或动画",
    "Rendition": "音像或动画",
    "XFA": "动态表单",
}
_LONG_ENOUGH: Final = 5  # shorter names turn up in packed pictures by chance
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_NAMES: Final = b"|".join(name.encode() for name in ACTIVE)
_NAME: Final = re.compile(rb"/(" + _NAMES + rb")(?=[\x00\t\n\f\r ()<>\[\]{}/%]|$)")
_FILTER: Final = re.compile(rb"/Filter\s*(?:/\w+|\[[^\]]*\])")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def active_content(data: bytes) -> tuple[list[str], list[str]]:
    """What a PDF carries that could act, in words; and what of it could not be looked into."""
    found: dict[str, None] = {}
    unseen: dict[str, None] = {}
    if b"/Encrypt" in data:
        unseen["文件加了密，里面查不全"] = None
    found.update(dict.fromkeys(_names(data, short=False)))
    left = _MOST_UNPACKED
    for text, is_objects, problem in _parts(data):
        left -= len(text)
        if left < 0:
            unseen["内容太多，没有查完"] = None
            break
        if problem:
            unseen[problem] = None
        found.update(dict.fromkeys(_names(text, short=is_objects)))
    return list(found), list(unseen)


def _names(text: bytes, *, short: bool) -> Iterator[str]:
    for match in _NAME.finditer(_plain(text)):
        name = match[1].decode()
        if short or len(name) >= _LONG_ENOUGH:
            yield ACTIVE[name]


def _plain(text: bytes) -> bytes:
    """Names as they are meant: /J#61vaScript is /JavaScript."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text)


def _parts(data: bytes) -> Iterator[tuple[bytes, bool, str]]:
    """The text between the streams, and each stream unpacked; whether objects stand in it."""
    last = 0
    for match in _STREAM.finditer(data):
        head = data[last : match.start()]
        yield head, True, ""
        last = match.end()
        dictionary = _plain(head[max(head.rfind(b" obj"), 0) :])
        objects = b"/ObjStm" in dictionary
        text, whole = _unpacked(match[1], dictionary)
        yield text, objects, "" if whole or not objects else "有一段读不出或用了少见的压缩"
    yield data[last:], True, ""


def _unpacked(text: bytes, dictionary: bytes) -> tuple[bytes, bool]:
    """A stream without its packing; whether all of it could be read."""
    named = _FILTER.search(dictionary)
    if named is None:
        return text, b"/Filter" not in dictionary
    filters = re.findall(rb"/(\w+)", named[0].removeprefix(b"/Filter"))
    whole = b"/Predictor" not in dictionary
    for name in filters:
        machine = zlib.decompressobj()
        try:
            if name not in {b"FlateDecode", b"Fl"}:
                return b"", False
            text = machine.decompress(text, _MOST_UNPACKED)
        except zlib.error:
            return b"", False
        whole = whole and not machine.unconsumed_tail
    return text, whole


def draw(data: bytes, page: int) -> tuple[dict[str, Any], bytes]:
    """What is to be said of one page, and its picture."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        wants = code == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower()
        return {"refused": "password" if wants else "broken"}, b""
    if not len(document):
        return {"refused": "empty"}, b""
    page = min(page, len(document) - 1)
    active, unseen = active_content(data)
    if pdfium.FPDFDoc_GetAttachmentCount(document.raw) and ACTIVE["EmbeddedFile"] not in active:
        active.append(ACTIVE["EmbeddedFile"])
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0 and ACTIVE["JS"] not in active:
        active.append(ACTIVE["JS"])
    try:
        shown = document[page]
        width, height = shown.get_size()
        scale = min(SIDE / max(width, height, 1), _FINEST)
        image = shown.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        out = io.BytesIO()
        image.save(out, "JPEG", quality=_QUALITY)
    except MemoryError:
        return {"refused": "memory"}, b""
    except (pypdfium2.PdfiumError, ValueError, OSError):
        return {"refused": "broken"}, b""
    said = {
        "pages": len(document),
        "page": page,
        "width": image.width,
        "height": image.height,
        "active": active,
        "unseen": unseen,
    }
    return said, out.getvalue()


def main() -> None:
    """Draw one page; the last argument caps the memory in bytes."""
    confine(int(sys.argv[-1]))
    with os.fdopen(0, "rb", closefd=False) as given:
        page, data = int.from_bytes(given.read(4), "big"), given.read()
    said, picture = draw(data, page)
    with os.fdopen(1, "wb", closefd=False) as answer:
        answer.write(json.dumps({**said, "picture": len(picture)}).encode() + b"\n" + picture)
        answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
