"""Hostile and broken pictures: each is refused by name, nothing is written where it should not."""

import hashlib
import io
import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from app.services.errors import PhotoArchiveDamaged, PhotoArchiveLocked, PhotosTooMany
from app.services.exchange import photo_child, photo_source
from app.services.exchange.photo_reader import (
    Developed,
    PhotoReader,
    Refusal,
    Trouble,
)
from app.services.exchange.photos import Photos
from app.services.exchange.readers import MIB, Limits
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore
from tests.pictures import enrol, matched, picture, plan_of, problems, put, take_in


@pytest.fixture
def photos(database: Database, media: MediaStore, actor: Actor) -> Photos:
    enrol(database, actor, {"单晓明": "计算机2601", "王芳": "计算机2601"})
    return Photos(database, media)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "照片"
    made.mkdir()
    return made


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side: int) -> bytes:
    """A PNG of some hundred kilobytes that unpacks to side × side pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    row = bytes(1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def refusal(data: bytes, limits: Limits | None = None) -> Refusal:
    with PhotoReader(*([limits] if limits else [])) as reader:
        answer = reader.develop(data)
        assert isinstance(answer, Refusal)
        if limits is None:  # it takes the next picture as if nothing had happened
            assert isinstance(reader.develop(picture()), Developed)
    return answer


# --- pictures -------------------------------------------------------------------------------


@pytest.mark.promise(48)
def test_a_picture_bomb_is_refused_before_it_is_unpacked():
    data = bomb(20_000)
    assert len(data) < MIB
    assert refusal(data).problem == "有 20000×20000 像素，超过 4000 万像素的上限"


def test_a_picture_that_wants_too_much_memory_is_refused():
    """6000 × 6600 is below the cap on pixels; as colours it does not fit into this little."""
    wide = picture(6000, 6600, format="PNG", compress_level=1)
    limits = Limits(file_size=10 * MIB, memory=150 * MIB)
    assert refusal(wide, limits).trouble in {Trouble.MEMORY, Trouble.HARMFUL}


@pytest.mark.promise(48)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_picture_is_refused(share, kind):
    data = picture(format=kind)
    assert refusal(data[: int(len(data) * share)]).trouble is Trouble.BROKEN


def test_a_picture_with_a_wrong_checksum_is_refused():
    data = bytearray(picture(format="PNG"))
    data[data.index(b"IDAT") + 40] ^= 0xFF
    assert refusal(bytes(data)).trouble is Trouble.BROKEN


def test_zeroed_bytes_inside_cannot_be_found_but_the_digest_keeps_what_came(
    photos, media, database, actor, folder
):
    """Pillow decodes such a JPEG without complaint: only the eye finds it, the original stays."""
    data = bytearray(picture(quality=95))
    middle = len(data) * 2 // 3
    data[middle : middle + 64] = bytes(64)
    put(folder, "单晓明.jpg", bytes(data))
    plan = plan_of(photos, folder)
    assert matched(plan) == {"单晓明.jpg": "单晓明"}
    take_in(photos, actor, folder)
    assert media.get(hashlib.sha256(data).hexdigest()) == bytes(data)


@pytest.mark.promise(48)
def test_of_a_polyglot_only_the_picture_reaches_the_card(photos, media, actor, folder):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evil.js", "alert(1)")
    data = picture() + b"<script>alert(1)</script>" + packed.getvalue()
    put(folder, "单晓明.jpg", data)
    (line,) = plan_of(photos, folder).lines
    assert b"script" not in line.card
    assert b"evil.js" not in line.card
    take_in(photos, actor, folder)
    assert media.get(line.sha256) == data


@pytest.mark.promise(48)
def test_nothing_that_a_camera_wrote_reaches_the_card():
    exif = Image.Exif()
    exif[0x010F] = "MARKER-CAMERA"
    exif.get_ifd(0x8825)[2] = (32.0, 3.0, 41.0)
    exif.get_ifd(0x8825)[29] = "2026:09:01"
    data = picture(exif=exif.tobytes(), comment=b"MARKER-COMMENT", xmp=b"<x>MARKER-XMP</x>")
    for marker in (b"MARKER-CAMERA", b"2026:09:01", b"MARKER-COMMENT", b"MARKER-XMP"):
        assert marker in data
    with PhotoReader() as reader:
        developed = reader.develop(data)
    assert isinstance(developed, Developed)
    for marker in (b"MARKER", b"2026:09:01", b"Exif", b"xap", b"ICC_PROFILE"):
        assert marker not in developed.card
    with Image.open(io.BytesIO(developed.card)) as card:
        assert dict(card.getexif()) == {}
        assert card.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


@pytest.mark.parametrize(
    "extra",
    [
        {"exif": b"Exif\0\0II*\0\xff\xff\xff\xff"},
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(200)},
        {"icc_profile": b"no profile at all" * 20},
    ],
)
def test_broken_particulars_do_not_spoil_a_sound_picture(extra):
    with PhotoReader() as reader:
        assert isinstance(reader.develop(picture(**extra)), Developed)


def test_no_mutated_picture_harms_the_program():
    """Each is developed or refused; a process that one brings down is replaced."""
    sound = [picture(quality=90), picture(mode="P", format="PNG"), picture(mode="CMYK")]
    with PhotoReader() as reader:
        for seed in range(150):
            data = bytearray(sound[seed % 3])
            for step in range(1 + seed % 7):
                place = hashlib.sha256(f"{seed}-{step}".encode()).digest()
                within = 400 if step % 2 else len(data)
                data[int.from_bytes(place[:4], "big") % within] = place[4]
            assert isinstance(reader.develop(bytes(data)), Developed | Refusal)
        assert isinstance(reader.develop(picture()), Developed)


# --- the process ----------------------------------------------------------------------------


def script(body: str) -> str:
    return f"import sys, time; {body}"


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit()",
        "sys.stdin.buffer.read(4); sys.exit()",
        "sys.stdin.buffer.read(4); print('no answer', flush=True)",
        'sys.stdin.buffer.read(4); print(\'{"card": 99, "width": 1, "height": 1}\')',
        'sys.stdin.buffer.read(4); print(\'{"card": -1, "width": 1, "height": 1}\', flush=True)',
        "sys.stdin.buffer.read(4); print('x' * 9999999, flush=True)",
    ],
)
def test_a_process_that_dies_or_babbles_costs_one_picture(monkeypatch, body):
    monkeypatch.setattr("app.services.children._SCRIPT", script(body))
    with PhotoReader() as reader:
        answer = reader.develop(picture())
        assert isinstance(answer, Refusal)
        assert answer.trouble is Trouble.HARMFUL
        monkeypatch.undo()
        assert isinstance(reader.develop(picture()), Developed)


def test_a_process_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr("app.services.children._SCRIPT", script("time.sleep(60)"))
    limits = Limits(file_size=10 * MIB, seconds=0.3)
    assert refusal(picture(), limits).problem == "用了 0.3 秒仍没有打开，已停止"


def test_a_picture_that_brings_the_process_down_costs_only_itself(photos, folder, monkeypatch):
    sound = put(folder, "单晓明.jpg").read_bytes()
    put(folder, "王芳.jpg", picture(seed=1, comment=b"KILL"))
    monkeypatch.setattr(
        "app.services.children._SCRIPT",
        "import sys, os; sys.path.insert(0, sys.argv[1])\n"
        "from app.services.exchange import photo_child\n"
        "develop = photo_child.develop\n"
        "photo_child.develop = lambda data: os.abort() if b'KILL' in data else develop(data)\n"
        "photo_child.main()",
    )
    put(folder, "钱不在.jpg", sound)
    assert problems(plan_of(photos, folder)) == {
        "王芳.jpg": "打开它时读取照片的部分意外中止",
        "钱不在.jpg": "学籍登记中没有叫“钱不在”的学生",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="seen through /proc and POSIX limits")
def test_the_process_is_confined_and_gone_afterwards(monkeypatch):
    monkeypatch.setenv("XUEJI_PASSPHRASE", "secret")
    with PhotoReader() as reader:
        reader.develop(picture())
        process = reader._process
        assert process is not None
        limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert [line.split()[-3] for line in limits.splitlines() if "Max file size" in line] == ["0"]
    assert [line.split()[-3] for line in limits.splitlines() if "address space" in line] == [
        str(1024 * MIB)
    ]
    assert b"XUEJI_" not in environment
    assert process.poll() is not None
    assert process.stdout is not None
    assert process.stdout.closed


def test_cancelling_ends_the_process(photos, folder):
    for name in ("单晓明.jpg", "王芳.jpg"):
        put(folder, name)
    started = []

    class Watched(PhotoReader):
        def __enter__(self):
            started.append(self)
            return super().__enter__()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.services.exchange.photos.PhotoReader", Watched)
        work = photos.plan(folder)
        next(work)
        next(work)
        assert started[0]._process is not None
        work.close()
    assert started[0]._process is None


# --- folders and archives -------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_no_link_is_followed(photos, folder, tmp_path):
    secret = put(tmp_path / "别处", "王芳.jpg")
    (folder / "单晓明.jpg").symlink_to(secret)
    (folder / "计算机2601").symlink_to(secret.parent, target_is_directory=True)
    os.mkfifo(folder / "王芳.jpg")
    plan = plan_of(photos, folder)
    assert plan.lines == ()
    assert {note.file: note.text for note in plan.notes if note.file != "照片"} == {
        "单晓明.jpg": "是指向别处的链接，没有跟随",
        "计算机2601": "是指向别处的链接，没有跟随",
        "王芳.jpg": "不是文件，已忽略",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_file_that_becomes_a_link_after_the_listing_is_not_followed(photos, folder, tmp_path):
    secret = put(tmp_path / "别处", "王芳.jpg")
    path = put(folder, "单晓明.jpg")
    work = photos.plan(folder)
    next(work)
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(StopIteration) as end:
        next(work)
    assert problems(end.value.value) == {"单晓明.jpg": "读不出来"}


@pytest.mark.promise(49)
def test_a_zip_writes_nowhere_whatever_its_names_say(photos, actor, tmp_path):
    path = tmp_path / "照片.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (
            "CON.jpg",
            "a.jpg:ads",
            "../../单晓明.jpg",
            "C:\\Windows\\王芳.jpg",
            "/etc/钱不在.jpg",
            "..",
        ):
            archive.writestr(name, picture(seed=len(name)))
        link = zipfile.ZipInfo("链接.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    plan = plan_of(photos, path)
    assert matched(plan) == {"单晓明.jpg": "单晓明", "Windows/王芳.jpg": "王芳"}
    assert {"CON.jpg", "etc/钱不在.jpg"} <= problems(plan).keys()
    assert "链接.jpg" in {note.file for note in plan.notes}
    assert take_in(photos, actor, path).created == 2
    written = {entry for entry in tmp_path.rglob("*") if "学籍库" not in entry.parts}
    assert written == {entry for entry in before if "学籍库" not in entry.parts}


@pytest.mark.promise(42)
def test_a_zip_bomb_is_unpacked_no_further_than_a_picture_may_reach(photos, tmp_path):
    path = tmp_path / "照片.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("单晓明.jpg", picture() + bytes(200 * MIB))
    assert path.stat().st_size < MIB
    assert problems(plan_of(photos, path)) == {"单晓明.jpg": "文件有 10.0 MB，超过 10 MB 的上限"}


def test_a_zip_that_claims_more_than_any_class_has_is_refused(photos, tmp_path, monkeypatch):
    path = tmp_path / "照片.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(5):
            archive.writestr(f"{index}.jpg", picture(seed=index))
    monkeypatch.setattr(photo_source, "MOST_FILES", 4)
    with pytest.raises(PhotosTooMany, match="4 个以上的文件"):
        plan_of(photos, path)
    monkeypatch.setattr(photo_source, "MOST_FILES", 5)
    monkeypatch.setattr(photo_source, "MOST_BYTES", 1000)
    with pytest.raises(PhotosTooMany):
        plan_of(photos, path)


def test_a_damaged_entry_costs_only_itself(photos, tmp_path):
    path = tmp_path / "照片.zip"
    spoilt = picture(seed=1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("单晓明.jpg", picture())
        archive.writestr("王芳.jpg", spoilt)
    path.write_bytes(path.read_bytes().replace(spoilt[-200:], bytes(200)))
    plan = plan_of(photos, path)
    assert matched(plan) == {"单晓明.jpg": "单晓明"}
    assert problems(plan) == {"王芳.jpg": "读不出来"}


def test_half_a_zip_and_one_with_a_password_are_refused_as_a_whole(photos, tmp_path):
    path = tmp_path / "照片.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", picture())
    whole = path.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    path.write_bytes(whole[: directory + 8] + b"\x01" + whole[directory + 9 :])
    with pytest.raises(PhotoArchiveLocked, match="口令"):
        plan_of(photos, path)
    path.write_bytes(whole[:directory] + bytes(20) + whole[directory + 20 :])
    with pytest.raises(PhotoArchiveDamaged, match="照片"):
        plan_of(photos, path)


def test_the_card_picture_is_never_large():
    """What the parent believes of an answer is bounded; the largest true card is far below."""
    noise = Image.effect_noise((960, 1280), 120).convert("RGB")
    target = io.BytesIO()
    noise.save(target, "PNG")
    said, card = photo_child.develop(target.getvalue())
    assert said == {"width": 960, "height": 1280}
    assert len(card) < MIB
