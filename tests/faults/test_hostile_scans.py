"""PDF scans with active content: shown as pixels, told, never run."""

import io
import os
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.services import children
from app.services.errors import ScanRefused
from app.services.exchange.readers import Limits
from app.services.register.scan_child import active_content
from app.services.register.scans import Scans
from app.services.vault.audit import Actor
from app.services.vault.media import MediaStore
from tests.pictures import picture
from tests.scans import packed, pdf

PROGRAM = b"<< /S /Launch /F (%s) >>"

SAMPLES = {
    "open action": (pdf(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
                    {"打开时自动做的动作", "脚本"}),
    "launch": (pdf(page=b"/AA << /O << /S /Launch /F (/bin/sh) >> >>"),
               {"启动别的程序", "翻页、点按时自动做的动作"}),
    "attachment": (pdf(b"<< /Type /Filespec /F (x.exe) /EF << /F 101 0 R >> >>",
                       b"<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream",
                       catalog=b"/Names << /EmbeddedFiles << /Names [(x) 100 0 R] >> >>"),
                   {"夹带的文件"}),
    "inline script in an annotation": (
        pdf(page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] "
                 b"/A << /S /JavaScript /JS (x) >> >>]"), {"脚本"}),
    "escaped name": (pdf(catalog=b"/OpenAction << /S /J#61vaScript /J#53 (x) >>"), {"脚本"}),
    "in a packed object stream": (pdf(packed(b"7 0 << /S /JavaScript /JS (x) >>")), {"脚本"}),
    "to the network": (pdf(b"<< /S /SubmitForm /F (http://x) >>", b"<< /S /URI /URI (http://x) >>"),
                       {"把内容发到网上", "网址链接"}),
    "form of its own": (pdf(catalog=b"/AcroForm << /XFA 100 0 R >>"), {"动态表单"}),
}  # fmt: skip


@pytest.mark.promise(52)
@pytest.mark.parametrize("name", SAMPLES)
def test_active_content_is_flagged(name: str) -> None:
    data, wanted = SAMPLES[name]
    active, unseen = active_content(data)
    assert wanted <= set(active)
    assert unseen == []


@pytest.mark.promise(52)
def test_a_plain_scan_is_not_flagged_whatever_its_pixels_are() -> None:
    noise = os.urandom(1 << 20) + b"/JS (/AA "
    packed_noise = packed(noise, b"/Type /XObject /Subtype /Image")
    assert active_content(pdf(packed_noise)) == ([], [])


@pytest.mark.promise(52)
def test_what_cannot_be_looked_into_is_said() -> None:
    assert active_content(pdf(catalog=b"/Encrypt 100 0 R"))[1] == ["文件加了密，里面查不全"]
    odd = b"<< /Type /ObjStm /Filter [/ASCII85Decode /FlateDecode] >>\nstream\nxx\nendstream"
    assert active_content(pdf(odd))[1] == ["有一段读不出或用了少见的压缩"]
    broken = b"<< /Type /ObjStm /Filter /FlateDecode /Length 4 >>\nstream\nxxxx\nendstream"
    assert active_content(pdf(broken))[1] == ["有一段读不出或用了少见的压缩"]
    nested = zlib.compress(zlib.compress(b"7 0 << /S /JavaScript >>"))
    twice = b"<< /Type /ObjStm /Filter [/FlateDecode /FlateDecode] >>\nstream\n" + nested
    assert active_content(pdf(twice + b"\nendstream")) == (["脚本"], [])
    bomb = zlib.compress(bytes(80 << 20))
    stream = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + bomb + b"\nendstream"
    assert active_content(pdf(stream, stream))[1] != []


@pytest.mark.promise(52)
def test_a_page_is_pixels_and_nothing_is_run(
    media: MediaStore, actor: Actor, tmp_path: Path
) -> None:
    witness = tmp_path / "跑过了"
    program = tmp_path / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {witness}\n", encoding="utf-8")
    program.chmod(0o755)
    action = PROGRAM % str(program).encode()
    data = pdf(catalog=b"/OpenAction " + action, page=b"/AA << /O " + action + b" >>", pages=2)
    scans = Scans(media)
    shown = scans.look(actor, media.put(data), "诊断证明.pdf", page=1)
    assert (shown.pages, shown.page) == (2, 1)
    image = Image.open(io.BytesIO(shown.picture))
    assert image.size == (shown.width, shown.height)
    assert image.convert("L").getextrema()[0] < 220  # the grey square, not an empty page
    assert not witness.exists()
    assert "启动别的程序" in shown.warning
    assert "从不执行" in shown.warning
    assert scans.look(actor, media.put(pdf()), "干净.pdf").warning == ""


def test_a_picture_is_shown_without_what_the_camera_wrote(media: MediaStore, actor: Actor) -> None:
    shown = Scans(media).look(actor, media.put(picture(quality=90)), "证明.jpg")
    assert (shown.pages, shown.active) == (1, ())
    assert b"Exif" not in shown.picture


@pytest.mark.promise(44, 52)
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\n" + bytes(range(256)) * 8, "已损坏"),
        (pdf()[:300], "已损坏"),
        (pdf(pages=0), "没有一页|已损坏"),
        (b"\xff\xd8\xff" + bytes(100), "已损坏"),
    ],
)
def test_a_damaged_scan_is_a_sentence(
    media: MediaStore, actor: Actor, data: bytes, said: str
) -> None:
    with pytest.raises(ScanRefused, match=said):
        Scans(media).look(actor, media.put(data), "证明.pdf")


@pytest.mark.promise(44, 52)
def test_one_that_takes_too_long_or_dies_harms_nobody(
    media: MediaStore, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = media.put(pdf())
    with pytest.raises(ScanRefused, match="太久"):
        Scans(media, Limits(seconds=0.01)).look(actor, sha256, "证明.pdf")
    monkeypatch.setattr(children, "_SCRIPT", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ScanRefused, match="意外中止"):
        Scans(media).look(actor, sha256, "证明.pdf")
