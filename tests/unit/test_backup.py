"""Backups: whole and checked or not there at all; what was damaged is named, never restored."""

import json
import os
import shutil
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.errors import (
    BackupDamaged,
    BackupInsideVault,
    BackupNotWritten,
    BackupPassword,
    CopyUnsound,
    FolderNotEmpty,
    NoBackup,
    NoRoomForCopy,
    NotYourRole,
    PlaceRefused,
    RestoreNotWritten,
    VaultUnfinished,
    WrongPassword,
)
from app.services.progress import finish
from app.services.vault import backup as backup_module
from app.services.vault import copies, places
from app.services.vault import vault as vault_module
from app.services.vault.backup import Manifest, back_up, restore, verify_backup
from app.services.vault.database import open_keyed
from app.services.vault.keys import KeyStore, new_key
from app.services.vault.places import Volume
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL, MadeVault

LATER_PASSWORD = "红砖 水塔 渡口 晨钟 二号"
FILES = {"core.db", "media.db", "keys.json", "manifest.json"}
PICTURE = b"picture " * 5000


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The other disk."""
    return tmp_path / "备份盘"


def enrol(vault: Vault, *names: str) -> None:
    with vault.database.write(vault.actor, "录入") as session:
        moment = datetime.now(UTC)
        session.add_all(Student(name=n, cohort_year=2026, recorded_at=moment) for n in names)


def names(vault: Vault) -> list[str]:
    with vault.database.read() as session:
        return list(session.scalars(select(Student.name).order_by(Student.id)))


def actions(vault: Vault) -> list[str]:
    with vault.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def saved(vault: Vault, disk: Path) -> Path:
    """A backup of a register with two students and a picture; the vault is closed then."""
    enrol(vault, "钱一", "孙二")
    vault.media.put(PICTURE)
    made = finish(back_up(vault, disk)).folder
    vault.close()
    return made


# --- making


def test_a_backup_is_a_named_folder_with_a_manifest_of_all_it_holds(
    vault: Vault, disk: Path
) -> None:
    enrol(vault, "钱一", "孙二")
    head = vault.database.head()
    report = finish(back_up(vault, disk))
    assert names_in(disk) == {report.folder.name}
    assert report.folder.name.startswith("学籍备份-")
    assert report.folder.name.endswith(f"-{head.seq}")
    assert names_in(report.folder) == FILES
    manifest = Manifest.of(report.folder)
    assert manifest == report.manifest
    assert (manifest.school, manifest.operator, manifest.head) == (SCHOOL, OPERATOR, head)
    assert (manifest.students, manifest.vault_id) == (2, vault.vault_id)
    assert report.bytes == sum(
        (report.folder / n).stat().st_size for n in FILES - {"manifest.json"}
    )
    assert finish(verify_backup(report.folder, PASSWORD)).sound
    assert finish(verify_backup(report.folder, vault.key)).sound


def test_the_log_says_where_the_backup_went(vault: Vault, disk: Path) -> None:
    report = finish(back_up(vault, disk))
    with vault.database.read() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert last is not None
        assert last.action == "备份"
        assert json.loads(last.detail)["文件夹"] == report.folder.name
        assert json.loads(last.detail)["链头"] == report.manifest.head.short


@pytest.mark.promise(29)
def test_a_backup_opens_where_nothing_can_be_written(saved: Path) -> None:
    for path in saved.iterdir():
        path.chmod(stat.S_IRUSR)
    saved.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert finish(verify_backup(saved, PASSWORD)).sound
        assert names_in(saved) == FILES
    finally:
        saved.chmod(stat.S_IRWXU)


@pytest.mark.promise(1)
def test_no_name_and_no_key_is_readable_in_a_backup(saved: Path, made: MadeVault) -> None:
    secrets = ["钱一".encode(), PICTURE[:64], made.key, made.key.hex().encode(), PASSWORD.encode()]
    for path in saved.iterdir():
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content]


@pytest.mark.promise(40)
def test_somebody_who_writes_all_the_time_does_not_hold_a_backup_up(
    vault: Vault, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.vault.database._PAGES_PER_STEP", 8)
    enrol(vault, "钱一", "孙二")
    written = []

    def write() -> None:
        while not done.is_set() and len(written) < 300:
            enrol(vault, f"后来{len(written)}")
            vault.media.put(f"later {len(written)}".encode() * 2000)
            written.append(1)

    done, writer = threading.Event(), threading.Thread(target=write)
    writer.start()
    try:
        report = finish(back_up(vault, disk))
    finally:
        done.set()
        writer.join()
    assert written
    assert report.manifest.students == report.manifest.counts["core.db"]["students"]
    assert 2 <= report.manifest.students < 2 + len(written) or len(written) == 300
    assert finish(verify_backup(report.folder, PASSWORD)).sound


def test_what_is_written_after_a_backup_began_is_not_in_it(vault: Vault, disk: Path) -> None:
    enrol(vault, "钱一")
    work = back_up(vault, disk)
    next(work)
    enrol(vault, "孙二")
    assert finish(work).manifest.students == 1
    assert names(vault) == ["钱一", "孙二"]


def test_every_picture_that_a_backup_names_is_in_it(vault: Vault, disk: Path) -> None:
    """A picture comes before its row: media is copied after the register was fixed."""
    work = back_up(vault, disk)
    next(work)
    vault.media.put(PICTURE)
    assert finish(work).manifest.counts["media.db"]["blobs"] == 1


@pytest.mark.parametrize("steps", [0, 1, 3, 6, 9])
def test_a_cancelled_backup_leaves_nothing(vault: Vault, disk: Path, steps: int) -> None:
    work = back_up(vault, disk)
    for _ in range(steps):
        next(work)
    work.close()
    assert names_in(disk) == set()
    assert finish(vault.verify()).clean


@pytest.mark.promise(18)
def test_what_a_killed_backup_left_is_cleared_by_the_next_one(
    vault: Vault, saved: Path, disk: Path, made: MadeVault, tmp_path: Path
) -> None:
    mine = saved.rename(disk / f"{saved.name}.part")
    (mine / "manifest.json").unlink()
    foreign, _ = Vault.create(
        tmp_path / "别校", school="别校", operator="郑别人", password=PASSWORD, cost=CHEAP
    )
    with foreign:
        theirs = finish(back_up(foreign, disk)).folder
    theirs = theirs.rename(f"{theirs}.part")
    with Vault.open(made.folder, PASSWORD) as again:
        report = finish(back_up(again, disk))
    assert names_in(disk) == {report.folder.name, theirs.name}


def test_a_backup_into_the_vault_itself_is_refused(vault: Vault) -> None:
    for folder in (vault.folder, vault.folder / "备份"):
        with pytest.raises(BackupInsideVault):
            finish(back_up(vault, folder))
    assert not (vault.folder / "备份").exists()


def test_only_the_system_role_backs_up(made: MadeVault, disk: Path) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.add_operator("吴接任", {Role.RECORD}, LATER_PASSWORD)
    with Vault.open(made.folder, LATER_PASSWORD) as vault, pytest.raises(NotYourRole):
        finish(back_up(vault, disk))
    assert not disk.exists()


@pytest.mark.promise(21)
def test_the_room_is_asked_for_before_anything_is_copied(
    vault: Vault, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(vault.folder)._replace(free=1 << 20)
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(NoRoomForCopy, match=r"剩余 1\.0 MB"):
        finish(back_up(vault, disk))
    assert names_in(disk) == set()


@pytest.mark.parametrize(
    ("volume", "word"),
    [
        (Volume("/media/u", "vfat", detachable=True), "移动存储"),
        (Volume("/mnt/n", "cifs"), "网络驱动器"),
        (Volume("/mnt/u", "newfs"), "不能确定"),
        (Volume("/", "ext4"), "同一块磁盘"),
    ],
)
def test_the_registrar_is_told_what_kind_of_disk_it_is(
    vault: Vault, disk: Path, monkeypatch: pytest.MonkeyPatch, volume: Volume, word: str
) -> None:
    monkeypatch.setattr(places, "volume_of", lambda _: volume)
    report = finish(back_up(vault, disk))
    assert [notice for notice in report.notices if word in notice]


def damage_while_reading_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real = backup_module._wrong_files

    def damaged(folder: Path, manifest: Manifest) -> Any:
        flip("media.db")(folder)
        return (yield from real(folder, manifest))

    monkeypatch.setattr(backup_module, "_wrong_files", damaged)


def damage_while_copying(monkeypatch: pytest.MonkeyPatch) -> None:
    real = copies.copy_keyed

    def damaged(taken: Any, target: Path, key: bytes) -> Any:
        yield from real(taken, target, key)
        content = bytearray(target.read_bytes())
        content[-100] ^= 1
        target.write_bytes(content)

    monkeypatch.setattr(copies, "copy_keyed", damaged)


def lose_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is a sound database, but not of all rows."""
    real = copies.copy_keyed

    def short(taken: Any, target: Path, key: bytes) -> Any:
        yield from real(taken, target, key)
        if target.name == "core.db":
            connection = open_keyed(target, key, guarded=False)
            connection.execute("DELETE FROM students WHERE name = '孙二'")
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.close()

    monkeypatch.setattr(copies, "copy_keyed", short)


@pytest.mark.promise(39)
@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (damage_while_reading_back, "media.db"),
        (damage_while_copying, "core.db"),
        (lose_a_row, "students 应有 2 行，实有 1 行"),
    ],
)
def test_a_copy_that_differs_does_not_count(
    vault: Vault,
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[pytest.MonkeyPatch], None],
    what: str,
) -> None:
    enrol(vault, "钱一", "孙二")
    with monkeypatch.context() as patch:
        damage(patch)
        with pytest.raises(CopyUnsound, match=what):
            finish(back_up(vault, disk))
    assert names_in(disk) == set()
    assert finish(vault.verify()).clean


@pytest.mark.promise(39)
def test_a_failed_backup_never_takes_an_older_one_with_it(
    vault: Vault, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two backups at the same second, between which nothing was logged."""
    monkeypatch.setattr(backup_module, "_log", lambda *_: ())
    monkeypatch.setattr(backup_module, "now", lambda: datetime(2026, 9, 1, 8, 30, tzinfo=UTC))
    first = finish(back_up(vault, disk)).folder
    with pytest.raises(BackupNotWritten):
        finish(back_up(vault, disk))
    assert names_in(disk) == {first.name}
    assert finish(verify_backup(first, PASSWORD)).sound


# --- looking at one


def flip(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)

    return damage


def cut(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        os.truncate(folder / name, (folder / name).stat().st_size - 4096)

    return damage


def rewrite(**values: Any) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()) | values), encoding="utf-8")

    return damage


DAMAGES = [
    (flip("core.db"), "“core.db”的内容与清单不符"),
    (flip("media.db"), "“media.db”的内容与清单不符"),
    (flip("keys.json"), "“keys.json”的内容与清单不符"),
    (cut("core.db"), r"“core.db”应有 \d+ 字节"),
    (lambda folder: (folder / "media.db").unlink(), "“media.db”不见了"),
    (rewrite(school="别的学校"), "清单 manifest.json 曾被改动"),
]


@pytest.mark.promise(39)
@pytest.mark.parametrize(("damage", "what"), DAMAGES)
def test_a_damaged_backup_is_refused_and_what_differs_is_named(
    saved: Path, tmp_path: Path, damage: Callable[[Path], None], what: str
) -> None:
    damage(saved)
    with pytest.raises(BackupDamaged, match=what):
        finish(restore(saved, tmp_path / "新库", PASSWORD))
    assert not (tmp_path / "新库").exists()


def test_a_core_of_another_day_under_the_same_key_is_noticed(
    saved: Path, made: MadeVault, disk: Path
) -> None:
    """Somebody who has the key put an older register in and made the sums fit."""
    with Vault.open(made.folder, PASSWORD) as vault:
        enrol(vault, "李三")
        later = finish(back_up(vault, disk)).folder
    manifest = json.loads((later / "manifest.json").read_bytes())
    shutil.copy(saved / "core.db", later / "core.db")
    manifest["files"]["core.db"] = json.loads((saved / "manifest.json").read_bytes())["files"][
        "core.db"
    ]
    forged = Manifest.of(later)
    rewrite(files=manifest["files"])(later)
    (later / "manifest.json").write_bytes(Manifest.of(later).signed(made.key).to_json())
    report = finish(verify_backup(later, PASSWORD))
    assert forged.head.short in "".join(report.findings)
    assert any("students 应有 3 行，实有 2 行" in finding for finding in report.findings)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_bytes(b'{"format": "xueji-backup"'),
        rewrite(head=None),
        rewrite(format="else"),
        rewrite(counts={"core.db": {}}),
        rewrite(files={"../core.db": {"size": 1, "sha256": ""}}),
        rewrite(made_at="gestern"),
    ],
)
def test_without_its_manifest_a_folder_is_no_backup(
    saved: Path, damage: Callable[[Path], None]
) -> None:
    damage(saved)
    with pytest.raises(NoBackup, match="学籍备份"):
        finish(verify_backup(saved, PASSWORD))


def test_a_wrong_secret_is_not_called_damage(saved: Path) -> None:
    for secret in ("不是这个口令的口令", new_key()):
        with pytest.raises(BackupPassword, match="备份当时"):
            finish(verify_backup(saved, secret))


# --- bringing one back


def test_a_restored_vault_is_the_register_of_that_time(saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "新电脑" / "学籍库"
    restored = finish(restore(saved, target, PASSWORD))
    manifest = Manifest.of(saved)
    assert (restored.folder, restored.manifest) == (target, manifest)
    assert restored.operators == (OPERATOR,)
    with Vault.open(target, PASSWORD) as vault:
        assert vault.notices == []
        assert names(vault) == ["钱一", "孙二"]
        assert vault.media.get(hash_of(PICTURE)) == PICTURE
        assert finish(vault.verify()).clean
        with vault.database.read() as session:
            entry = session.get_one(AuditEntry, manifest.head.seq + 1)
            assert entry.action == "从备份恢复"
            assert entry.prev == manifest.head.hash
            assert json.loads(entry.detail)["链头"] == manifest.head.short
    assert names_in(target) == {
        "core.db", "media.db", "keys.json", "keys.previous.json", "vault.lock",
    }  # fmt: skip


def hash_of(data: bytes) -> str:
    return backup_module.hashlib.sha256(data).hexdigest()


def test_the_passwords_are_those_of_the_time_of_the_backup(
    saved: Path, made: MadeVault, tmp_path: Path
) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        vault.set_password(OPERATOR, LATER_PASSWORD)
    target = tmp_path / "新库"
    with pytest.raises(BackupPassword):
        finish(restore(saved, target, LATER_PASSWORD))
    finish(restore(saved, target, PASSWORD))
    with pytest.raises(WrongPassword):
        Vault.open(target, LATER_PASSWORD)


def test_a_backup_from_before_a_rotation_opens_with_the_old_key(
    saved: Path, made: MadeVault, tmp_path: Path
) -> None:
    with Vault.open(made.folder, PASSWORD) as vault:
        finish(vault.rotate(PASSWORD, lambda _: None)).close()
    finish(restore(saved, tmp_path / "旧库", PASSWORD))
    restored = Vault.recover(
        tmp_path / "旧库", made.code, operator=OPERATOR, password=LATER_PASSWORD
    )
    with restored:
        assert finish(restored.verify()).clean


def test_with_the_sheet_alone_the_files_of_a_backup_are_a_vault(
    saved: Path, made: MadeVault, tmp_path: Path
) -> None:
    """All passwords are forgotten, even the slot file is lost."""
    target = tmp_path / "新库"
    target.mkdir()
    for name in ("core.db", "media.db"):
        shutil.copy(saved / name, target)
    with Vault.recover(target, made.code, operator=OPERATOR, password=LATER_PASSWORD) as vault:
        assert names(vault) == ["钱一", "孙二"]
        assert finish(vault.verify()).clean


@pytest.mark.promise(41)
@pytest.mark.parametrize("place", ["vault", "letter", "backup"])
def test_a_restore_never_overwrites(
    saved: Path, made: MadeVault, tmp_path: Path, place: str
) -> None:
    (tmp_path / "信").mkdir()
    (tmp_path / "信" / "letter.docx").touch()
    target = {"vault": made.folder, "letter": tmp_path / "信", "backup": saved / "里面"}[place]
    before = names_in(target)
    with pytest.raises(FolderNotEmpty):
        finish(restore(saved, target, PASSWORD))
    assert names_in(target) == before


def test_a_restore_onto_a_stick_is_refused(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "volume_of", lambda _: Volume("/media/u", "vfat", detachable=True))
    with pytest.raises(PlaceRefused):
        finish(restore(saved, tmp_path / "新库", PASSWORD))


def test_a_register_that_was_edited_before_the_backup_is_named(
    vault: Vault, disk: Path, made: MadeVault, tmp_path: Path
) -> None:
    """It is the only one there is: it comes back whole, and what was found in it is told."""
    enrol(vault, "钱一")
    vault.close()
    connection = open_keyed(made.folder / "core.db", made.key, guarded=False)
    connection.execute("UPDATE students SET name = '钱已'")
    connection.close()
    with Vault.open(made.folder, PASSWORD) as opened:
        saved = finish(back_up(opened, disk)).folder
    restored = finish(restore(saved, tmp_path / "新库", PASSWORD))
    (finding,) = restored.findings
    assert "学生 钱已" in finding
    assert "曾被本程序以外的手段改动" in finding


@pytest.mark.parametrize("existed", [True, False])
def test_a_cancelled_restore_leaves_nothing_at_any_step(
    saved: Path, tmp_path: Path, existed: bool
) -> None:
    target = tmp_path / "新库"
    steps = 0
    while True:
        if existed:
            target.mkdir(exist_ok=True)
        work = restore(saved, target, PASSWORD)
        try:
            for _ in range(steps + 1):
                next(work)
        except StopIteration:
            break
        work.close()
        assert target.exists() == existed
        assert names_in(target) == set()
        steps += 4
    assert steps > 8
    Vault.open(target, PASSWORD).close()


def test_a_killed_restore_does_not_count_and_can_be_started_again(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "新库"
    with monkeypatch.context() as patch:
        patch.setattr(backup_module, "_remove", lambda *_, **__: None)
        patch.setattr(backup_module, "finished", lambda _: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            finish(restore(saved, target, PASSWORD))
    with pytest.raises(VaultUnfinished, match="恢复"):
        Vault.open(target, PASSWORD)
    finish(restore(saved, target, PASSWORD))
    Vault.open(target, PASSWORD).close()


def test_a_disk_that_refuses_is_told_and_nothing_stays(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Any:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backup_module, "_copy", refuse)
    with pytest.raises(RestoreNotWritten, match="Input/output error"):
        finish(restore(saved, tmp_path / "新库", PASSWORD))
    assert not (tmp_path / "新库").exists()


def test_a_mark_that_waits_for_an_explanation_waits_in_the_backup_too(
    made: MadeVault, disk: Path, tmp_path: Path
) -> None:
    """An old register was put back; the backup of it must not wash that away."""
    old = (made.folder / "core.db").read_bytes()
    with Vault.open(made.folder, PASSWORD) as vault:
        enrol(vault, "钱一")
    (made.folder / "core.db").write_bytes(old)
    with Vault.open(made.folder, PASSWORD) as vault:
        saved = finish(back_up(vault, disk)).folder
    assert KeyStore(saved).load()[0].high_water.seq > Manifest.of(saved).head.seq - 2
    restored = finish(restore(saved, tmp_path / "新库", PASSWORD))
    assert any("换回了旧文件" in notice for notice in restored.notices)
    assert any("keys.json" in finding for finding in restored.findings)
