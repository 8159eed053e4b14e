"""Checking discs: any difference is found, wherever it is, and named as the registrar knows it."""

import io
import random
import subprocess
import unicodedata
from pathlib import Path

import pytest

from app.services.archive.content import SECTOR
from app.services.archive.verify import Difference, Finding, VerifyReport, verify
from app.services.errors import DiscNotFound
from app.services.progress import finish
from tests.unit.disc_samples import build, extract, paper

CARD = "data/电子档案/C02/XJ-2026-Y-0002/XJ-2026-Y-0002-01.pdf"
CARD_CONTENT = b"card of XJ-2026-Y-0002 "


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("disc")).path


@pytest.fixture
def disc(sound, tmp_path) -> Path:
    """The disc as a folder, as when it is mounted."""
    extract(sound, tmp_path / "disc")
    return tmp_path / "disc"


def check(path: Path) -> VerifyReport:
    return finish(verify(path))


def damaged(tmp_path: Path, data: bytes) -> VerifyReport:
    image = tmp_path / "damaged.iso"
    image.write_bytes(data)
    return check(image)


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def test_sound_image_is_sound(sound):
    report = check(sound)
    assert report.sound
    assert report.disc_number == "XJ-2026-JX-01"
    assert report.title == "2026级学生学籍档案"
    assert report.files == 30


@pytest.mark.promise(29)
def test_sound_disc_in_a_drive_is_sound(disc):
    report = check(disc)
    assert report.sound
    assert (report.files, report.sha256) == (30, None)


def test_flipped_bit_of_a_card_is_named_with_its_student(sound, tmp_path):
    data = sound.read_bytes()
    report = damaged(tmp_path, flipped(data, data.index(CARD_CONTENT) + 5))
    assert Finding(Difference.CHANGED, CARD, "马𬭎㛃（260202） 学籍卡") in report.findings
    assert not report.sound
    assert str(report.findings[0]) == f"马𬭎㛃（260202） 学籍卡（{CARD}）：内容已改变"


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"BagIt-Version", "bagit.txt"),
        (b"Payload-Oxum", "bag-info.txt"),
        (b"<!DOCTYPE html>\n<html lang", "index.html"),
        (b"window.COHORT=", "data.js"),
    ],
)
def test_flipped_bit_of_a_tag_file_is_named(sound, tmp_path, content, path):
    data = sound.read_bytes()
    report = damaged(tmp_path, flipped(data, data.index(content) + 1))
    assert path in {finding.path for finding in report.findings}


@pytest.mark.parametrize(
    "at",
    [
        SECTOR,  # free space of the system area
        4,  # the seal itself
        16 * SECTOR + 41,  # volume label
        32 * SECTOR + 30,  # UDF descriptor
        200 * SECTOR,  # unused sector
        -1,  # last byte
    ],
)
def test_flipped_bit_outside_all_files_is_found(sound, tmp_path, at):
    data = sound.read_bytes()
    report = damaged(tmp_path, flipped(data, at % len(data)))
    assert Difference.STRUCTURE in {finding.kind for finding in report.findings}


@pytest.mark.parametrize("seed", range(120))
def test_no_damage_goes_unnoticed_or_breaks_the_check(sound, tmp_path, seed):
    chance = random.Random(seed)
    data = bytearray(sound.read_bytes())
    start = chance.randrange(len(data))
    match seed % 4:
        case 0:
            data[start] ^= 1 << chance.randrange(8)
        case 1:
            data[start : start + 5000] = bytes(b ^ 0x5A for b in data[start : start + 5000])
        case 2:  # descriptors and directories
            for _ in range(20):
                data[chance.randrange(16 * SECTOR, 400 * SECTOR)] ^= chance.randrange(1, 256)
        case _:
            del data[start:]
    report = damaged(tmp_path, bytes(data))
    assert not report.sound
    assert all(map(str, report.findings))


def test_padding_that_a_drive_adds_is_no_difference_but_data_is(sound, tmp_path):
    data = sound.read_bytes()
    assert damaged(tmp_path, data + bytes(150 * SECTOR)).sound
    assert not damaged(tmp_path, data + bytes(150 * SECTOR - 1) + b"x").sound


def test_image_cut_short_names_what_is_gone(sound, tmp_path):
    data = sound.read_bytes()
    report = damaged(tmp_path, data[: data.index(CARD_CONTENT) + 100])
    assert not report.sound
    unreadable = {f.path for f in report.findings if f.kind is Difference.UNREADABLE}
    assert not unreadable or CARD in unreadable


def test_file_that_is_no_image_is_told_as_such(tmp_path):
    report = damaged(tmp_path, b"no image at all" * 10_000)
    assert Difference.STRUCTURE in {finding.kind for finding in report.findings}
    assert {"manifest-sha256.txt", "tagmanifest-sha512.txt"} <= {f.path for f in report.findings}


def test_path_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(DiscNotFound, match="没有这个文件"):
        check(tmp_path / "nothing.iso")


def test_empty_folder_is_no_disc(tmp_path):
    assert not check(tmp_path).sound


def test_changed_missing_and_extra_files_of_a_mounted_disc_are_named(disc):
    (disc / CARD).write_bytes(b"another")
    (disc / CARD.replace("-01.pdf", "-02.jpg")).unlink()
    (disc / "Thumbs.db").write_bytes(b"x")
    (disc / "data/电子档案/.DS_Store").write_bytes(b"x")
    found = {(f.kind, f.path) for f in check(disc).findings}
    assert {
        (Difference.CHANGED, CARD),
        (Difference.MISSING, CARD.replace("-01.pdf", "-02.jpg")),
        (Difference.EXTRA, "Thumbs.db"),
        (Difference.EXTRA, "data/电子档案/.DS_Store"),
    } <= found
    assert Difference.COUNT in {kind for kind, _ in found}


@pytest.mark.parametrize(
    "name",
    [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "其他/events.csv",
    ],
)
def test_deleted_tag_file_is_noticed(disc, name):
    (disc / name).unlink()
    assert name in {f.path for f in check(disc).findings if f.kind is Difference.MISSING}


@pytest.mark.parametrize("name", ["tagmanifest-sha256.txt", "tagmanifest-sha512.txt"])
def test_every_bit_of_the_tag_manifests_counts(disc, name):
    manifest = disc / name
    data = manifest.read_bytes()
    chance = random.Random(name)
    for at in (0, 64, 65, 66, len(data) - 1, *chance.sample(range(len(data)), 60)):
        manifest.write_bytes(flipped(data, at, chance.randrange(8)))
        assert name in {finding.path for finding in check(disc).findings}, at


def test_link_on_a_mounted_disc_is_not_followed(disc, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (disc / "data" / "link.pdf").symlink_to(tmp_path / "secret")
    findings = check(disc).findings
    assert [(f.kind, f.path) for f in findings] == [(Difference.EXTRA, "data/link.pdf")]


def test_names_shown_decomposed_are_the_same_names(tmp_path):
    report = build(tmp_path, files=(paper("电子档案/Bézier班/a.pdf"),))
    extract(report.path, tmp_path / "disc")
    folder = tmp_path / "disc/data/电子档案/Bézier班"
    folder.rename(folder.with_name(unicodedata.normalize("NFD", folder.name)))  # as macOS does
    assert check(tmp_path / "disc").sound


class _ScratchedDisc(io.BytesIO):
    """A drive that cannot read one sector."""

    scratch = 0

    def read(self, size: int | None = -1) -> bytes:
        start = self.tell()
        length = len(self.getbuffer()) - start if size is None or size < 0 else size
        if start <= self.scratch < start + length:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("beyond", [0, 10_000])
def test_sector_that_cannot_be_read_is_named_and_the_rest_still_checked(sound, monkeypatch, beyond):
    data = sound.read_bytes()
    # the card, or the padding behind the last file of the disc
    _ScratchedDisc.scratch = data.index(CARD_CONTENT) + 100 if not beyond else len(data) - 100
    monkeypatch.setattr(Path, "open", lambda *_: _ScratchedDisc(data))
    report = check(sound)
    unreadable = [f.path for f in report.findings if f.kind is Difference.UNREADABLE]
    assert unreadable == (["光盘映像"] if beyond else ["光盘映像", CARD])
    assert not [f for f in report.findings if f.kind is Difference.CHANGED]
    assert report.sha256 is None


def test_whole_image_digest_is_what_other_programs_say(sound):
    said = subprocess.run(["sha256sum", sound], check=True, capture_output=True, text=True).stdout
    assert check(sound).sha256 == said.split()[0]
