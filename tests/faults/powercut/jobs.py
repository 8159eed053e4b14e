"""The program's own operations as jobs to be cut short, and what must hold of each afterwards.

A job acknowledges what the program would call done by a line in `acknowledged`; whatever is
acknowledged must be there after a power cut, and whatever is there must be whole.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select, text

from app.models import migrations
from app.models.organisation import Cohort
from app.models.student import Guardian, Student
from app.models.vocabulary import Role
from app.services.archive.verify import verify as verify_disc
from app.services.errors import (
    AppError,
    RegisterNewer,
    VaultMissing,
    VaultMovedAside,
    VaultPutBackStopped,
    VaultUnfinished,
)
from app.services.files import write_new
from app.services.founding import found
from app.services.progress import finish
from app.services.vault import database, keys
from app.services.vault import vault as vault_module
from app.services.vault.aside import asides_of, ready_beside
from app.services.vault.backup import NAME, back_up, restore, verify_backup
from app.services.vault.keys import Cost, key_id
from app.services.vault.recovery import RecoveryCode
from app.services.vault.replacing import put_back, replace_vault
from app.services.vault.vault import Vault
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL

ACKNOWLEDGED: Final = "acknowledged"
VAULT, BACKUPS, RESTORED, DISCS, SHEET = "学籍库", "备份盘", "恢复/学籍库", "光盘", "恢复单.txt"
OTHER: Final = "吴接任"
#: Lists that the import job reads; beside the site, as on the registrar's stick.
LISTS: Final = tuple(range(3))
_PER_LIST: Final = 25

Acknowledge = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """`run` is recorded; `problems` says what is wrong with the site after a cut."""

    name: str
    run: Callable[[Path, Acknowledge], None]
    problems: Callable[[Path, Sequence[str]], Iterator[str]]


def _password(number: int) -> str:
    return f"红砖 水塔 渡口 晨钟 第{number}号"


def derive_cheaply(_cost: Cost, password: str, salt: bytes) -> bytes:
    """What a password gives, without what makes guessing it dear."""
    return hashlib.sha256(salt + password.encode()).digest()


def quicken(patch: pytest.MonkeyPatch) -> None:
    """Passwords that cost nothing, small log files, a mark after every commit."""
    patch.setattr(Cost, "derive", derive_cheaply)
    patch.setattr(vault_module, "calibrate", lambda: CHEAP)
    patch.setattr(vault_module, "_MARK_EVERY", 0.0)
    patch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, ("wal_autocheckpoint", "20", 20)))


def prepare(site: Path) -> None:
    """What all jobs begin with: a vault of two operators and a picture, a backup, lists."""
    vault, _ = Vault.create(site / VAULT, school=SCHOOL, operator=OPERATOR, password=PASSWORD)
    with vault:
        vault.add_operator(OTHER, {Role.RECORD}, _password(0))
        vault.media.put(b"picture" * 3000)
        with vault.database.write(vault.actor, "建立年级") as session:
            session.add(Cohort(year=2026, entry_date=date(2026, 9, 1)))
        finish(back_up(vault, site / BACKUPS))
    shutil.copytree(Path(migrations.__file__).parent, site.parent / "migrations")
    for number in LISTS:
        rows = [
            person(number * _PER_LIST + index, f"第{number}批第{index}人")
            for index in range(_PER_LIST)
        ]
        write_list(site.parent / f"{number}.xlsx", rows)


def opened(site: Path) -> Vault:
    return Vault.open(site / VAULT, PASSWORD, OPERATOR)


def faults_of(folder: Path, operator: str = OPERATOR, password: str = PASSWORD) -> Iterator[str]:
    """What is wrong with a vault: it does not open, it complains, it does not verify."""
    try:
        vault = Vault.open(folder, password, operator)
    except AppError as error:
        yield f"unopenable: {error}"
        return
    with vault:
        yield from (f"complaint: {notice}" for notice in vault.notices if "密钥" not in notice)
        yield from finish(vault.verify()).sentences


# --- single commits


def _commit(site: Path, acknowledge: Acknowledge) -> None:
    with opened(site) as vault:
        for number in range(15):
            picture = vault.media.put(f"picture {number}".encode() * 400)
            acknowledge(f"picture {picture}")
            with vault.database.write(vault.actor, "录入") as session:
                student = Student(
                    name=f"第{number}人", cohort_year=2026, recorded_at=datetime.now(UTC)
                )
                student.guardians.append(Guardian(name=f"第{number}人之母"))
                session.add(student)
            acknowledge(f"student 第{number}人")


def _after_commit(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    with opened(site) as vault:
        with vault.database.read() as session:
            names = set(session.scalars(select(Student.name)))
            mothers = session.scalar(select(func.count()).select_from(Guardian))
        if mothers != len(names):
            yield f"half a unit of work: {len(names)} students, {mothers} guardians"
        told = [line.split() for line in acknowledged]
        pictures = {what for kind, what in told if kind == "picture"}
        lost = {what for kind, what in told if kind == "student"} - names
        lost |= vault.media.missing(pictures)
        yield from (f"lost: {what}" for what in sorted(lost))


# --- an import


def _import(site: Path, acknowledge: Acknowledge) -> None:
    with opened(site) as vault:
        for number in LISTS:
            take_in(Workstation(vault), site.parent / f"{number}.xlsx")
            acknowledge(f"第{number}批")


def _after_import(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    with opened(site) as vault, vault.database.read() as session:
        names = list(session.scalars(select(Student.name)))
    for number in LISTS:
        count = sum(name.startswith(f"第{number}批") for name in names)
        if count not in {0, _PER_LIST}:
            yield f"half a batch: {count}"
        if f"第{number}批" in acknowledged and count == 0:
            yield f"lost: batch {number}"


# --- a backup


def _back_up(site: Path, acknowledge: Acknowledge) -> None:
    with opened(site) as vault:
        for _ in range(2):
            vault.media.put(os.urandom(20_000))
            acknowledge(finish(back_up(vault, site / BACKUPS)).folder.name)


def _after_backup(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    named = {path.name for path in (site / BACKUPS).glob(f"{NAME}-*") if path.suffix != ".part"}
    for name in sorted(named):
        try:
            report = finish(verify_backup(site / BACKUPS / name, PASSWORD))
        except AppError as error:
            yield f"bad backup {name}: {error}"
        else:
            yield from (f"bad backup {name}: {finding}" for finding in report.findings)
    yield from (f"lost: {name}" for name in sorted({*acknowledged} - named))


# --- a new key


def _rotate(site: Path, acknowledge: Acknowledge) -> None:
    def deliver(code: RecoveryCode) -> None:
        write_new(site / SHEET, str(code).encode())

    vault = finish(opened(site).rotate(PASSWORD, deliver))
    acknowledge(vault.key_id)
    with vault:
        vault.media.put(b"after the change" * 500)


def _after_rotation(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    with opened(site) as vault:
        now = vault.key_id
    if acknowledged and [now] != list(acknowledged):
        yield f"lost: the new key, {now} is in force"
    sheet = site / SHEET
    delivered = key_id(RecoveryCode.read(sheet.read_text()).key()) if sheet.exists() else ""
    if now not in {delivered, _first_key(site)}:
        yield "the key in force is on no sheet"


def _first_key(site: Path) -> str:
    backup = next(path for path in (site / BACKUPS).iterdir())
    return Vault.outline(backup).key_id


# --- the slot file


def _passwords(site: Path, acknowledge: Acknowledge) -> None:
    with opened(site) as vault:
        for number in range(1, 8):
            vault.set_password(OTHER, _password(number))
            acknowledge(str(number))


def _after_passwords(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    slot_file, _ = keys.KeyStore(site / VAULT).load()
    slot = slot_file.slot_of(OTHER)
    opens = [n for n in range(8) if slot.unseal(slot_file.vault_id, _password(n)) is not None]
    last = int(acknowledged[-1]) if acknowledged else 0
    if len(opens) != 1 or opens[0] not in {last, last + 1}:
        yield f"lost: password {last} was set, {opens} open"


# --- a vault that is founded


def _found(site: Path, acknowledge: Acknowledge) -> None:
    found(site / RESTORED, school=SCHOOL, operator=OPERATOR, password=PASSWORD, sheet=site / SHEET)
    acknowledge("founded")


def _after_founding(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from _perhaps(site / RESTORED, acknowledged)
    if acknowledged and not (site / SHEET).exists():
        yield "lost: the sheet"


def _perhaps(folder: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    """A new vault counts whole, or says that it does not count yet."""
    try:
        Vault.open(folder, PASSWORD, OPERATOR).close()
    except (VaultMissing, VaultUnfinished) as error:
        if acknowledged:
            yield f"lost: {error}"
    except AppError as error:
        yield f"unopenable: {error}"
    else:
        yield from faults_of(folder)


# --- a restore


def _restore(site: Path, acknowledge: Acknowledge) -> None:
    (saved,) = (site / BACKUPS).iterdir()
    finish(restore(saved, site / RESTORED, PASSWORD, OPERATOR))
    acknowledge("restored")


def _after_restore(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    yield from _perhaps(site / RESTORED, acknowledged)


# --- a restore over the vault at work


def _replace(site: Path, acknowledge: Acknowledge) -> None:
    (saved,) = (site / BACKUPS).iterdir()
    with opened(site) as vault, vault.database.write(vault.actor, "建立年级") as session:
        session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
    acknowledge("later")
    done = finish(replace_vault(saved, site / VAULT, PASSWORD, OPERATOR))
    acknowledge("replaced")
    put_back(site / VAULT, done.aside)
    acknowledge("put back")


def _after_replacing(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    """One of the two is in force or a sentence says which; what came later is never lost."""
    (saved,) = (site / BACKUPS).iterdir()
    try:
        opened(site).close()
    except VaultMovedAside:
        if "replaced" in acknowledged:
            yield "lost: the vault that was restored"
        finish(replace_vault(saved, site / VAULT, PASSWORD, OPERATOR))
    except VaultPutBackStopped:
        if "put back" in acknowledged:
            yield "lost: the vault that was put back"
        put_back(site / VAULT, asides_of(site / VAULT)[-1])
    yield from faults_of(site / VAULT)
    later = 0
    for folder in sorted({site / VAULT, *site.glob(f"{VAULT}.*")} - {ready_beside(site / VAULT)}):
        yield from (f"{folder.name}: {fault}" for fault in faults_of(folder))
        with Vault.open(folder, PASSWORD, OPERATOR) as vault, vault.database.read() as session:
            held = 2027 in session.scalars(select(Cohort.year))
        later += held
        if folder.name == VAULT and "put back" in acknowledged and not held:
            yield "lost: the vault that was put back"
    if "later" in acknowledged and not later:
        yield "lost: what was written before the restore"


# --- a later schema

_STEP: Final = '''"""An invented step."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("clubs", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("students", sa.Column("nickname", sa.String(), nullable=True))
    op.execute("INSERT INTO clubs VALUES (1)")
'''
_OURS: Final = migrations.SCHEMA_REVISION


def _later_program(site: Path, patch: pytest.MonkeyPatch) -> None:
    folder = site.parent / "migrations"
    step = folder / "versions" / "9001_invented.py"
    step.write_text(_STEP.format(before=_OURS), encoding="utf-8")
    patch.setattr(migrations, "__file__", str(folder / "__init__.py"))
    patch.setattr(migrations, "SCHEMA_REVISION", "9001")


def _migrate(site: Path, acknowledge: Acknowledge) -> None:
    with pytest.MonkeyPatch.context() as patch:
        _later_program(site, patch)
        with opened(site):
            acknowledge("upgraded")


def _after_migration(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    """The old program opens it or says that it is newer; the later one opens it in any case."""
    try:
        yield from (f"old program: {fault}" for fault in _old_opens(site))
    except RegisterNewer:
        pass
    else:
        if acknowledged:
            yield "lost: the upgrade"
    with pytest.MonkeyPatch.context() as patch:
        _later_program(site, patch)
        yield from faults_of(site / VAULT)
        with opened(site) as vault, vault.database.read() as session:
            if session.scalar(text("SELECT count(*) FROM clubs")) != 1:
                yield "half an upgrade"


def _old_opens(site: Path) -> list[str]:
    with opened(site) as vault:
        return list(finish(vault.verify()).sentences)


# --- a disc


def _burn(site: Path, acknowledge: Acknowledge) -> None:
    with opened(site) as vault:
        desk = Workstation(vault)
        take_in(desk, write_list(site.parent / "few.xlsx", [person(1, "王五"), person(2, "赵六")]))
        acknowledge(finish(desk.discs.build(desk.actor, 2026, site / DISCS)).path.name)


def _after_burning(site: Path, acknowledged: Sequence[str]) -> Iterator[str]:
    yield from faults_of(site / VAULT)
    images = {path.name: path for path in (site / DISCS).glob("*.iso")}
    for name, image in images.items():
        try:
            report = finish(verify_disc(image))
        except AppError as error:
            yield f"bad disc {name}: {error}"
        else:
            yield from (f"bad disc {name}: {finding}" for finding in report.findings)
    yield from (f"lost: {name}" for name in acknowledged if name not in images)


JOBS: Final = {
    job.name: job
    for job in (
        Job("commit", _commit, _after_commit),
        Job("import", _import, _after_import),
        Job("backup", _back_up, _after_backup),
        Job("rotation", _rotate, _after_rotation),
        Job("slot-file", _passwords, _after_passwords),
        Job("founding", _found, _after_founding),
        Job("restore", _restore, _after_restore),
        Job("replace", _replace, _after_replacing),
        Job("migration", _migrate, _after_migration),
        Job("disc", _burn, _after_burning),
    )
}


def main(name: str, site: Path) -> None:
    """Run one job; the recorder is preloaded."""
    os.environ.pop("LD_PRELOAD", None)  # not for the children that read files

    with pytest.MonkeyPatch.context() as patch, (site / ACKNOWLEDGED).open("wb", 0) as lines:
        quicken(patch)
        JOBS[name].run(site, lambda line: lines.write(f"{line}\n".encode()) and None)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
