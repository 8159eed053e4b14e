"""Disc images: the same bytes every time, readable everywhere, whole or not there at all."""

import errno
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from app.services.archive import image as image_module
from app.services.archive.content import SECTOR, Medium
from app.services.archive.image import build_image, volume_label
from app.services.errors import ArchiveError, DiscTooLarge, ImageNotWritten, NoRoomForImage
from app.services.progress import Step, finish
from tests.unit.disc_samples import READERS, build, disc_content, extract, names_in, paper


@pytest.fixture
def other_time_zone():
    """The clock as it stands far away, until the test ends."""
    before = os.environ.get("TZ")

    def move(zone: str) -> None:
        os.environ["TZ"] = zone
        time.tzset()

    yield move
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_same_cohort_gives_the_same_bytes_in_any_time_zone(tmp_path, other_time_zone):
    other_time_zone("Asia/Shanghai")
    first = build(tmp_path / "first")
    other_time_zone("America/St_Johns")
    second = build(tmp_path / "second")
    assert first.path.read_bytes() == second.path.read_bytes()
    other = build(tmp_path / "other", disc_number="XJ-2026-JX-02")
    assert other.sha256 != first.sha256


@pytest.mark.parametrize("reader", READERS)
def test_every_file_reads_back_identical_in_every_name_space(tmp_path, reader):
    report = build(tmp_path)
    found = extract(report.path, tmp_path / "out", reader)
    expected = {f"data/{file.path}": file.open() for file in disc_content().files}
    assert {path: found[path] for path in expected} == expected
    assert len(found) == report.files
    assert {"index.html", "说明文件.TXT", "文件目录.XML", "其他/events.csv"} < found.keys()


def test_report_states_the_file_that_lies_there(tmp_path):
    report = build(tmp_path)
    data = report.path.read_bytes()
    assert report.path == tmp_path / "XJ-2026-JX-01.iso"
    assert (report.size, report.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert names_in(tmp_path) == ["XJ-2026-JX-01.iso"]


@pytest.mark.parametrize("number", ["XJ-2026-JX-01", "X001-JX.XJ-2026-Y-0001"])
def test_volume_label_is_the_disc_number(tmp_path, number):
    report = build(tmp_path, disc_number=number)
    descriptor = report.path.read_bytes()[16 * SECTOR : 17 * SECTOR]
    assert descriptor[40:72].decode().strip() == volume_label(number)
    command = ["7z", "l", "-tudf", report.path]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert volume_label(number)[-16:] in listing


def test_each_record_is_opened_once(tmp_path):
    opened: Counter[str] = Counter()

    def counted(path: str, content: bytes) -> bytes:
        opened[path] += 1
        return content

    content = disc_content()
    files = tuple(
        replace(file, open=lambda file=file: counted(file.path, file.open()))
        for file in content.files
    )
    finish(build_image(replace(content, files=files), tmp_path, Medium.CD))
    assert opened == Counter(file.path for file in files)


def test_record_that_cannot_be_drawn_leaves_nothing_behind(tmp_path):
    def fails() -> bytes:
        raise ArchiveError()

    files = (*disc_content().files, paper("电子档案/C02/Z.pdf"))
    files = (*files[:-1], replace(files[-1], open=fails))
    with pytest.raises(ArchiveError):
        build(tmp_path, files=files)
    assert names_in(tmp_path) == []


def test_cancelled_build_leaves_nothing_behind(tmp_path):
    work = build_image(disc_content(), tmp_path, Medium.CD)
    assert isinstance(next(work), Step)
    next(work)
    assert names_in(tmp_path) == ["XJ-2026-JX-01.iso.part"]
    work.close()
    assert names_in(tmp_path) == []


def test_failed_build_keeps_the_image_of_before(tmp_path):
    before = build(tmp_path)
    work = build_image(disc_content(maker="另一位"), tmp_path, Medium.CD)
    next(work)
    work.close()
    assert hashlib.sha256(before.path.read_bytes()).hexdigest() == before.sha256


def test_image_that_does_not_fit_is_refused_with_its_size(tmp_path, monkeypatch):
    sectors = build(tmp_path / "whole").size // SECTOR
    limits = {Medium.CD: sectors - 1, Medium.DVD: sectors - 1, Medium.BD: sectors}
    monkeypatch.setattr(Medium, "usable_sectors", property(limits.__getitem__))
    with pytest.raises(DiscTooLarge, match=rf"共 {sectors * SECTOR / 1e6:.1f} MB.*改用 BD-R"):
        build(tmp_path / "cd")
    assert names_in(tmp_path / "cd") == []
    build(tmp_path / "bd", Medium.BD)
    limits[Medium.BD] -= 1
    with pytest.raises(DiscTooLarge, match="分装多张盘"):
        build(tmp_path / "none", Medium.BD)


def test_media_are_filled_to_92_percent():
    assert Medium.CD.usable_sectors == 331_057
    assert Medium.DVD.usable_sectors == 2_111_495


def test_full_disk_is_told_before_work_begins(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=50_000_000)
    monkeypatch.setattr(image_module.shutil, "disk_usage", lambda _: usage)
    files = tuple(replace(file, size=20_000_000) for file in disc_content().files[:1])
    with pytest.raises(NoRoomForImage, match=r"剩余 50\.0 MB"):
        build(tmp_path, files=files)
    assert names_in(tmp_path) == []
    build(tmp_path, files=disc_content().files)  # their sizes are not known: a try is made


def test_disk_that_fills_up_meanwhile_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image_module.os, "fsync", full)
    with pytest.raises(ImageNotWritten, match="磁盘已满"):
        build(tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("limit", [100_000, 700_000, 780_000])
def test_disk_that_takes_no_more_is_told_wherever_it_ends(tmp_path, limit):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(ImageNotWritten, match="上限"):
            build(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_in(tmp_path) == []


def test_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ImageNotWritten):
        build(tmp_path / "file")


def test_clock_and_chance_of_the_library_run_again_afterwards(tmp_path):
    build(tmp_path)
    library = {name: module for name, module in sys.modules.items() if name.startswith("pycdlib.")}
    assert library["pycdlib.headervd"].time is time
    assert {vars(m).get("time", time) for m in library.values()} == {time}
    assert hasattr(library["pycdlib.udf"].random, "SystemRandom")


@pytest.mark.promise(2)
def test_nothing_is_staged_beside_the_image(tmp_path, monkeypatch):
    seen: set[str] = set()
    work = build_image(disc_content(), tmp_path / "out", Medium.CD)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for _ in work:
        seen.update(path.name for path in Path(tmp_path).rglob("*") if path.is_file())
    assert seen == {"XJ-2026-JX-01.iso.part"}
