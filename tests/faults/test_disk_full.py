"""A disk that is full: what was there stays whole, no half-written file stays, it is told."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.student import Student
from app.services import files
from app.services.errors import (
    BackupNotWritten,
    DiskFailed,
    DiskFull,
    FileNotWritable,
    NoRoomForCopy,
    RestoreNotWritten,
    VaultError,
)
from app.services.files import write_new
from app.services.progress import finish
from app.services.vault import backup, rotation
from app.services.vault import vault as vault_module
from app.services.vault.backup import back_up, restore, verify_backup
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, PASSWORD, MadeVault

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and mounts of Linux")

PICTURES = [os.urandom(100_000) for _ in range(8)]


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of its own, where the system lets us have one."""
    place = tmp_path / "小盘"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def leave_free(disk: Path, size: int) -> None:
    """Fill a disk up to so many bytes."""
    with (disk / "占位").open("wb") as ballast:
        ballast.write(bytes(shutil.disk_usage(disk).free - size))


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The system refuses every byte of any file beyond this one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The room was there when it was asked for, and is used up meanwhile."""
    for module in (backup, rotation):
        monkeypatch.setattr(module, "demand_room", lambda *_: None)


def with_pictures(made: MadeVault) -> MadeVault:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.media.put_all(PICTURES)
    return made


def enrol(vault: Vault, count: int) -> None:
    with vault.database.write(vault.actor, "录入") as session:
        moment = datetime.now(UTC)
        session.add_all(
            Student(name=f"第{n}人", cohort_year=2026, recorded_at=moment) for n in range(count)
        )


def enrolled(vault: Vault) -> int:
    with vault.database.read() as session:
        return session.scalar(select(func.count()).select_from(Student)) or 0


# --- backup


@pytest.mark.promise(21)
@pytest.mark.parametrize("free", [4096, 100_000, 260_000, 700_000, 1_000_000])
def test_a_backup_disk_that_fills_up_keeps_nothing(
    made: MadeVault, small_disk: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    nobody_asks(monkeypatch)
    with_pictures(made)
    leave_free(small_disk, free)
    with Vault.open(made.folder, PASSWORD) as vault:
        with pytest.raises(BackupNotWritten, match=r"空间.*没有留下不完整的备份"):
            finish(back_up(vault, small_disk))
        assert {path.name for path in small_disk.iterdir()} == {"占位"}
        assert finish(vault.verify()).clean
        (small_disk / "占位").unlink()
        assert finish(verify_backup(finish(back_up(vault, small_disk)).folder, PASSWORD)).sound


def test_a_backup_disk_without_room_is_told_beforehand(made: MadeVault, small_disk: Path) -> None:
    with Vault.open(made.folder, PASSWORD) as vault, pytest.raises(NoRoomForCopy, match="剩余"):
        finish(back_up(vault, small_disk))
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("limit", [8192, 150_000, 500_000])
def test_a_disk_that_takes_no_more_bytes_keeps_no_backup(
    made: MadeVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    with_pictures(made)
    with Vault.open(made.folder, PASSWORD) as vault:
        with no_file_beyond(limit), pytest.raises(BackupNotWritten):
            finish(back_up(vault, tmp_path / "备份盘"))
        assert not list((tmp_path / "备份盘").iterdir())
        assert finish(vault.verify()).clean


# --- restore


@pytest.mark.promise(21)
@pytest.mark.parametrize("free", [50_000, 300_000, 900_000, 1_300_000])
def test_a_restore_that_runs_out_of_room_leaves_nothing(
    made: MadeVault, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    nobody_asks(monkeypatch)
    with_pictures(made)
    with Vault.open(made.folder, PASSWORD) as vault:
        saved = finish(back_up(vault, tmp_path / "备份盘")).folder
    leave_free(small_disk, free)
    try:
        finish(restore(saved, small_disk / "学籍库", PASSWORD))
    except RestoreNotWritten:
        assert {path.name for path in small_disk.iterdir()} == {"占位"}
        (small_disk / "占位").unlink()
        finish(restore(saved, small_disk / "学籍库", PASSWORD))
    else:
        assert free > 1_000_000
    Vault.open(small_disk / "学籍库", PASSWORD).close()
    assert finish(verify_backup(saved, PASSWORD)).sound


# --- changing the key


@pytest.mark.promise(14, 21)
@pytest.mark.parametrize("free", [8192, 100_000, 400_000, 1_000_000])
def test_a_disk_that_fills_up_leaves_the_vault_under_the_old_key_or_the_new_one(
    made: MadeVault, small_disk: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    nobody_asks(monkeypatch)
    folder = shutil.copytree(with_pictures(made).folder, small_disk / "学籍库")
    vault = Vault.open(folder, PASSWORD)
    leave_free(small_disk, free)
    with pytest.raises(VaultError, match="磁盘"):
        finish(vault.rotate(PASSWORD, lambda _: None))
    assert not list(folder.glob("*.new*"))
    (small_disk / "占位").unlink()
    vault.close()
    with Vault.open(folder, PASSWORD) as again:
        assert finish(again.verify()).clean
        assert again.media.missing(again.media.put_all(PICTURES)) == set()
        finish(again.rotate(PASSWORD, lambda _: None)).close()


@pytest.mark.promise(14)
@pytest.mark.parametrize("limit", [100_000, 500_000])
def test_a_refused_byte_leaves_the_old_key(
    made: MadeVault, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    with_pictures(made)
    with Vault.open(made.folder, PASSWORD) as vault:
        with no_file_beyond(limit), pytest.raises((DiskFull, DiskFailed)):
            finish(vault.rotate(PASSWORD, lambda _: None))
        assert vault.key == made.key
        assert not list(made.folder.glob("*.new*"))
        assert finish(vault.verify()).clean


# --- daily work


@pytest.mark.promise(21)
def test_a_batch_that_does_not_fit_is_undone_and_work_goes_on(
    made: MadeVault, small_disk: Path
) -> None:
    folder = shutil.copytree(made.folder, small_disk / "学籍库")
    with Vault.open(folder, PASSWORD) as vault:
        enrol(vault, 3)
        leave_free(small_disk, 150_000)
        with pytest.raises(DiskFull, match="没有保存"):
            enrol(vault, 3000)
        assert enrolled(vault) == 3
        (small_disk / "占位").unlink()
        enrol(vault, 5)
        assert enrolled(vault) == 8
        assert finish(vault.verify()).clean


@pytest.mark.promise(21)
@pytest.mark.parametrize("step", ["write", "fsync", "replace", "folder"])
def test_a_file_that_was_asked_for_is_the_old_one_when_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "名册.pdf"
    write_new(path, b"old")
    with monkeypatch.context() as patch:
        if step == "fsync":
            patch.setattr(files.os, "fsync", refuse)
        elif step == "replace":
            patch.setattr(files.os, "replace", refuse)
        elif step == "folder":
            patch.setattr(files, "sync_folder", refuse)
        limit = 100 if step == "write" else resource.RLIM_INFINITY
        with no_file_beyond(limit), pytest.raises(FileNotWritable, match=r"名册\.pdf"):
            write_new(path, b"new" * 1000)
    assert path.read_bytes() == (b"new" * 1000 if step == "folder" else b"old")
    assert [entry.name for entry in tmp_path.iterdir()] == ["名册.pdf"]
