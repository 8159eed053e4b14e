"""The one door to the register: how it opens, what it refuses, what a unit of work keeps."""

import hashlib
import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from app.models import migrations
from app.models.audit import AuditEntry
from app.models.schema import Base
from app.models.student import Student
from app.services.errors import (
    DiskFull,
    RegisterDamaged,
    RegisterEmpty,
    RegisterForeign,
    RegisterMissing,
    RegisterNewer,
)
from app.services.progress import finish
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import (
    MEDIA_ID,
    Database,
    check_pages,
    copy_keyed,
    create_keyed,
    disk_errors,
    open_keyed,
    snapshot,
)
from app.services.vault.keys import new_key
from tests.conftest import MadeVault

MARKER = "秘密标记甲乙丙丁戊己"


def make_student(name: str = "钱一", **values: object) -> Student:
    return Student(name=name, cohort_year=2026, recorded_at=datetime.now(UTC), **values)


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Student.name).order_by(Student.id)))


def read_everything(path: Path, key: bytes) -> None:
    """Open a register and read every row of every table."""
    opened = Database(path, key)
    try:
        with opened.read() as session:
            for table in Base.metadata.sorted_tables:
                session.execute(select(table)).all()
    finally:
        opened.dispose()


# --- opening


EXPECTED_PRAGMAS = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "synchronous": 2,
    "temp_store": 2,
    "busy_timeout": 10_000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "recursive_triggers": 1,
    "cache_size": -65536,
    "secure_delete": 1,
    "cipher_page_size": "4096",
    "cipher_hmac_algorithm": "HMAC_SHA512",
}


@pytest.mark.promise(2, 19)
def test_every_pooled_connection_has_every_pragma(database: Database, actor: Actor) -> None:
    def pragmas(session) -> dict[str, object]:
        connection = session.connection()
        return {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in EXPECTED_PRAGMAS
        }

    with database.read() as first, database.read() as second, database.write(actor, "试") as third:
        for session in (first, second, third):
            assert pragmas(session) == EXPECTED_PRAGMAS
        query_only = [
            s.connection().exec_driver_sql("PRAGMA query_only").scalar() for s in (first, third)
        ]
    assert query_only == [1, 0]


@pytest.mark.promise(19)
def test_a_setting_that_does_not_hold_stops_the_program(made: MadeVault, monkeypatch) -> None:
    monkeypatch.setattr("app.services.vault.database._PRAGMAS", (("synchronous", "NORMAL", 2),))
    with pytest.raises(RuntimeError, match="synchronous"):
        open_keyed(made.folder / "core.db", made.key)


@pytest.mark.promise(25)
def test_a_missing_file_is_never_created(tmp_path: Path) -> None:
    with pytest.raises(RegisterMissing, match="不见了"):
        Database(tmp_path / "core.db", new_key())
    assert not list(tmp_path.iterdir())


@pytest.mark.promise(25)
def test_an_empty_file_is_not_taken_for_an_empty_register(made: MadeVault) -> None:
    path = made.folder / "core.db"
    path.write_bytes(b"")
    with pytest.raises(RegisterEmpty, match="0 字节"):
        Database(path, made.key)
    assert path.read_bytes() == b""


@pytest.mark.promise(25)
def test_a_database_of_another_program_is_named_so(made: MadeVault, tmp_path: Path) -> None:
    plain = tmp_path / "plain.db"
    connection = sqlite3.connect(plain)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(RegisterForeign, match="不是本程序"):
        Database(plain, made.key)
    with pytest.raises(RegisterForeign):
        Database(made.folder / "media.db", made.key)


@pytest.mark.promise(26)
def test_a_damaged_first_page_is_damage_not_a_wrong_password(made: MadeVault) -> None:
    path = made.folder / "core.db"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(RegisterDamaged, match=r"口令正确.*已损坏"):
        Database(path, made.key)


@pytest.mark.promise(25)
def test_a_register_of_a_later_program_is_left_alone(made: MadeVault) -> None:
    path = made.folder / "core.db"
    connection = open_keyed(path, made.key, guarded=False)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(RegisterNewer, match="9999"):
        Database(path, made.key)
    assert path.read_bytes() == before


def test_a_register_without_tables_is_not_filled_anew(tmp_path: Path) -> None:
    key = new_key()
    create_keyed(tmp_path / "core.db", key)
    with pytest.raises(RegisterDamaged):
        Database(tmp_path / "core.db", key)


@pytest.mark.promise(58)
def test_before_an_upgrade_a_copy_of_the_old_register_is_left(made: MadeVault, monkeypatch) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError("the step failed")

    path = made.folder / "core.db"
    later = str(int(migrations.SCHEMA_REVISION) + 1).zfill(4)
    old = migrations.SCHEMA_REVISION
    monkeypatch.setattr(migrations, "SCHEMA_REVISION", later)
    monkeypatch.setattr(migrations, "upgrade", fail)
    with pytest.raises(RuntimeError, match="the step failed"):
        Database(path, made.key)
    monkeypatch.setattr(migrations, "SCHEMA_REVISION", old)
    for file in (path, made.folder / f"core.before-upgrade-{old}.db"):
        opened = Database(file, made.key)
        assert opened.head().seq == 2
        opened.dispose()


@pytest.mark.parametrize("name", ["百分之50%.db", "a#b?.db", "有 空格+.db"])
def test_odd_file_names_open_the_file_they_name(tmp_path: Path, name: str) -> None:
    key = new_key()
    create_keyed(tmp_path / name, key, MEDIA_ID)
    open_keyed(tmp_path / name, key, application_id=MEDIA_ID).close()
    assert {path.name for path in tmp_path.iterdir()} == {name}


@pytest.mark.parametrize("hand_over", [bytes, bytes.hex])
def test_a_raw_key_must_not_be_taken_for_a_passphrase(made: MadeVault, hand_over) -> None:
    """The trap: the driver takes 32 bytes, or their hex, and derives another key from them."""
    connection = sqlcipher.connect((made.folder / "core.db").as_uri() + "?mode=rw", uri=True)
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.set_key(hand_over(made.key))
    with pytest.raises(sqlcipher.DatabaseError, match="not a database"):
        connection.execute("SELECT count(*) FROM sqlite_master")
    connection.close()


def test_a_key_of_another_size_is_a_defect(made: MadeVault) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        open_keyed(made.folder / "core.db", made.key.hex().encode())


# --- units of work


def test_what_ended_well_is_kept_and_what_raised_is_not(database: Database, actor: Actor) -> None:
    with database.write(actor, "录入") as session:
        session.add(make_student("钱一"))

    def interrupted() -> None:
        with database.write(actor, "录入") as session:
            session.add(make_student("孙二"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert names(database) == ["钱一"]


def test_a_reader_sees_one_state_while_another_writes(database: Database, actor: Actor) -> None:
    with database.read() as session:
        count = text("SELECT count(*) FROM students")
        assert session.scalar(count) == 0
        with database.write(actor, "录入") as writing:
            writing.add(make_student())
        assert session.scalar(count) == 0
    assert names(database) == ["钱一"]


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"), database.read() as session:
        session.execute(insert(Student).values(name="x", cohort_year=2026, recorded_at=_NOW))


def test_units_of_work_do_not_nest(database: Database, actor: Actor) -> None:
    with (
        database.write(actor, "外"),
        pytest.raises(RuntimeError, match="inside"),
        database.write(actor, "内"),
    ):
        pass


def test_another_thread_waits_for_its_turn(database: Database, actor: Actor) -> None:
    def write_one() -> None:
        with database.write(actor, "录入") as session:
            session.add(make_student("孙二"))

    other = threading.Thread(target=write_one)
    with database.write(actor, "录入") as session:
        other.start()
        session.add(make_student("钱一"))
    other.join(10)
    assert sorted(names(database)) == ["孙二", "钱一"]


@pytest.mark.promise(12)
def test_errors_do_not_carry_personal_data(database: Database, actor: Actor) -> None:
    number = "320102200801011234"
    with pytest.raises(IntegrityError) as caught, database.write(actor, "录入") as session:
        session.add_all([make_student("钱一", id_number=number), make_student(id_number=number)])
    assert number not in str(caught.value)


def test_broken_references_are_refused(database: Database, actor: Actor) -> None:
    with pytest.raises(IntegrityError), database.write(actor, "录入") as session:
        session.add(Student(name="钱一", cohort_year=1999, recorded_at=_NOW))


def test_a_full_disk_is_a_sentence() -> None:
    error = OperationalError("INSERT", {}, sqlcipher.OperationalError("database or disk is full"))
    with pytest.raises(DiskFull, match="没有保存"), disk_errors(Path()):
        raise error


# --- what no connection may do


@pytest.mark.promise(15, 32)
@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA rekey = 'x'",
        "PRAGMA key = 'x'",
        "PRAGMA writable_schema = ON",
        "PRAGMA recursive_triggers = OFF",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA synchronous = OFF",
        "PRAGMA temp_store = FILE",
        "ATTACH ':memory:' AS other",
        "VACUUM",
        "UPDATE audit_entries SET reason = 'x'",
        "DELETE FROM audit_entries",
        "DROP TABLE audit_entries",
        "ALTER TABLE audit_entries RENAME TO elsewhere",
        "DROP TRIGGER audit_entries_no_update",
        "CREATE TEMP TRIGGER t BEFORE INSERT ON audit_entries BEGIN SELECT 1; END",
        "UPDATE sqlite_master SET sql = ''",
        "SELECT load_extension('x')",
    ],
)
def test_the_guard_refuses(made: MadeVault, statement: str) -> None:
    connection = open_keyed(made.folder / "core.db", made.key)
    with pytest.raises(
        sqlcipher.DatabaseError, match=r"not authorized|authorization denied|may not be"
    ):
        connection.execute(statement).fetchall()
    connection.close()


@pytest.mark.promise(15)
def test_rekey_occurs_nowhere_in_the_program() -> None:
    root = Path(__file__).parents[2] / "app"
    using = [path.name for path in root.rglob("*.py") if "PRAGMA rekey" in path.read_text("utf-8")]
    assert using == []


# --- the file itself


@pytest.mark.promise(1)
def test_no_plain_text_of_a_record_is_in_any_file(made: MadeVault, actor: Actor) -> None:
    database = Database(made.folder / "core.db", made.key)
    with database.write(actor, "录入", MARKER) as session:
        session.execute(
            insert(Student),
            [
                {
                    "name": f"{MARKER}{n}",
                    "cohort_year": 2026,
                    "recorded_at": _NOW,
                    "voided_at": _NOW,
                }
                for n in range(3000)
            ],
        )
        found = session.scalars(select(Student.id).order_by(Student.name.desc())).all()
        audit.touch(session, Student, found)
    marker = MARKER.encode()
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert any(path.name == "core.db-wal" and path.stat().st_size for path in files)
    assert not [path.name for path in files if marker in path.read_bytes()]
    database.close()
    assert marker not in (made.folder / "core.db").read_bytes()


def test_closing_leaves_one_whole_file(made: MadeVault, actor: Actor) -> None:
    database = Database(made.folder / "core.db", made.key)
    with database.write(actor, "录入") as session:
        session.add(make_student())
    database.close()
    assert not list(made.folder.glob("core.db-*"))


def test_a_copy_under_a_new_key_opens_with_the_new_key_only(
    made: MadeVault, actor: Actor, tmp_path: Path
) -> None:
    old, copy, key = made.folder / "core.db", tmp_path / "copy.db", new_key()
    before = hashlib.sha256(old.read_bytes()).hexdigest()
    with snapshot(old, made.key) as taken:
        finish(copy_keyed(taken, copy, key))
    with pytest.raises(RegisterDamaged):
        open_keyed(copy, made.key)
    copied = Database(copy, key)
    assert copied.head().seq == 2
    assert finish(copied.check()) == ()
    copied.close()
    assert hashlib.sha256(old.read_bytes()).hexdigest() == before


def flip_bit(path: Path, page: int) -> None:
    """Damage one page, counted from 1."""
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 + 2000] ^= 4
    path.write_bytes(content)


@pytest.mark.promise(22)
def test_flipped_bits_are_found_wherever_they_are(made: MadeVault) -> None:
    path = made.folder / "core.db"
    whole = path.read_bytes()
    last = len(whole) // 4096
    for page in {*range(1, last + 1, 7), last}:
        path.write_bytes(whole)
        flip_bit(path, page)
        assert any("core.db" in sentence for sentence in check_pages(path, made.key))


@pytest.mark.promise(22)
def test_reading_a_damaged_page_ends_in_a_sentence(made: MadeVault) -> None:
    path = made.folder / "core.db"
    connection = open_keyed(path, made.key)
    (page,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'cohorts'"
    ).fetchone()
    connection.close()
    flip_bit(path, page)
    with pytest.raises(RegisterDamaged, match="备份恢复"):
        read_everything(path, made.key)


@pytest.mark.promise(23)
def test_a_file_cut_at_a_page_boundary_is_found(made: MadeVault) -> None:
    path = made.folder / "core.db"
    path.write_bytes(path.read_bytes()[:-4096])
    assert check_pages(path, made.key)


@pytest.mark.promise(23)
@pytest.mark.parametrize("cut", [1, 100, 4095, 5000])
def test_a_file_cut_within_a_page_is_found(made: MadeVault, cut: int) -> None:
    path = made.folder / "core.db"
    path.write_bytes(path.read_bytes()[:-cut])
    assert check_pages(path, made.key)


@pytest.mark.promise(24)
def test_a_sound_file_raises_no_alarm(database: Database) -> None:
    assert finish(database.check()) == ()


@pytest.mark.promise(24)
def test_a_crash_copy_with_its_log_raises_no_alarm(
    made: MadeVault, actor: Actor, tmp_path: Path
) -> None:
    database = Database(made.folder / "core.db", made.key)
    with database.write(actor, "录入") as session:
        session.add(make_student())
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("core.db", "core.db-wal"):
        shutil.copy(made.folder / name, crashed)
    database.close()
    again = Database(crashed / "core.db", made.key)
    assert finish(again.check()) == ()
    assert names(again) == ["钱一"]
    again.close()


def test_the_driver_is_named_so_that_its_errors_arrive_wrapped(database: Database) -> None:
    with pytest.raises(DatabaseError), database.read() as session:
        session.execute(text("SELECT nonsense FROM nowhere"))


def test_the_log_is_part_of_the_schema(database: Database) -> None:
    with database.read() as session:
        triggers = session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        ).all()
    assert {
        f"{AuditEntry.__tablename__}_{kind}" for kind in ("append", "no_update", "no_delete")
    } <= set(triggers)


_NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
