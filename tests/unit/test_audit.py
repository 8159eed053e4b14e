"""Every change leaves its row, and what was done around the program is found and named."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import insert, select, update

from app.models.audit import GENESIS, AuditEntry
from app.models.ledger import LedgerEntry
from app.models.student import Guardian, Student
from app.models.vocabulary import Kind, Status
from app.services.progress import finish
from app.services.vault import audit, records
from app.services.vault.audit import Actor, Anchor, AuditReport
from app.services.vault.database import Database
from tests.conftest import OPERATOR, MadeVault

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


def make_student(name: str, **values: object) -> Student:
    return Student(name=name, cohort_year=2026, recorded_at=NOW, **values)


def entries(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def last(database: Database) -> AuditEntry:
    return entries(database)[-1]


def verified(database: Database, *anchors: Anchor) -> AuditReport:
    return finish(audit.verify(database, anchors))


@pytest.fixture
def students(database: Database, actor: Actor) -> list[int]:
    """赵一, 钱二 and 孙三 with a guardian each; their ids."""
    with database.write(actor, "录入") as session:
        added = [make_student(name) for name in ("赵一", "钱二", "孙三")]
        for student in added:
            student.guardians.append(Guardian(name=f"{student.name}之母"))
        session.add_all(added)
        session.flush()
        return [student.id for student in added]


# --- rows that are written


def test_a_new_record_leaves_one_row_with_all_its_values(
    database: Database, actor: Actor, students: list[int]
) -> None:
    rows = [entry for entry in entries(database) if entry.record == "students"]
    assert [row.record_id for row in rows] == [str(student) for student in students]
    row = rows[0]
    assert (row.operator_name, row.action, row.operator_id) == (OPERATOR, "录入", 1)
    detail = json.loads(row.detail)
    assert detail[f"students#{students[0]}"]["name"] == [None, "赵一"]
    (guardian,) = [part for part in detail if part.startswith("guardians#")]
    assert detail[guardian]["name"] == [None, "赵一之母"]


def test_a_change_shows_before_and_after(
    database: Database, actor: Actor, students: list[int]
) -> None:
    with database.write(actor, "更正", "派出所证明 第12号") as session:
        session.get_one(Student, students[0]).birth_date = date(2010, 2, 3)
    row = last(database)
    assert (row.reason, row.record_id) == ("派出所证明 第12号", str(students[0]))
    assert json.loads(row.detail) == {
        f"students#{students[0]}": {"birth_date": [None, "2010-02-03"]}
    }


def test_several_flushes_keep_the_first_before_and_the_last_after(
    database: Database, actor: Actor, students: list[int]
) -> None:
    with database.write(actor, "更正") as session:
        student = session.get_one(Student, students[0])
        for name in ("赵甲", "赵乙"):
            student.name = name
            session.flush()
    assert json.loads(last(database).detail)[f"students#{students[0]}"]["name"] == ["赵一", "赵乙"]


def test_a_change_of_a_guardian_is_a_change_of_the_student(
    database: Database, actor: Actor, students: list[int]
) -> None:
    before = last(database).digest
    with database.write(actor, "更正") as session:
        guardian = session.scalars(select(Guardian).where(Guardian.student_id == students[2])).one()
        guardian.phone = "13900000000"
    row = last(database)
    assert (row.record, row.record_id) == ("students", str(students[2]))
    assert row.digest != before


def test_a_row_that_moves_is_a_change_of_both_records(
    database: Database, actor: Actor, students: list[int]
) -> None:
    with database.write(actor, "更正") as session:
        guardian = session.scalars(select(Guardian).where(Guardian.student_id == students[0])).one()
        guardian.student_id = students[1]
    touched = {entry.record_id for entry in entries(database)[-2:]}
    assert touched == {str(students[0]), str(students[1])}
    assert verified(database).clean


def test_a_removed_record_leaves_a_row_without_digest(
    database: Database, actor: Actor, students: list[int]
) -> None:
    with database.write(actor, "删除") as session:
        student = session.get_one(Student, students[0])
        for guardian in student.guardians:
            session.delete(guardian)
        session.delete(student)
    row = last(database)
    assert (row.record_id, row.digest) == (str(students[0]), "")
    assert json.loads(row.detail)[f"students#{students[0]}"]["name"] == ["赵一", None]
    assert verified(database).clean


def test_a_unit_that_changed_nothing_leaves_no_row(
    database: Database, actor: Actor, students: list[int]
) -> None:
    before = last(database).seq
    with database.write(actor, "查看") as session:
        student = session.get_one(Student, students[0])
        student.name = str(student.name)
    assert last(database).seq == before


def test_what_was_undone_leaves_no_row(
    database: Database, actor: Actor, students: list[int]
) -> None:
    before = last(database).seq

    def interrupted() -> None:
        with database.write(actor, "更正") as session:
            session.get_one(Student, students[0]).name = "赵甲"
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert last(database).seq == before
    assert verified(database).clean


def test_an_event_needs_no_record(database: Database, actor: Actor) -> None:
    with database.write(actor, "导出") as session:
        audit.event(session, "导出名册", "报送市教育局", {"人数": 42})
    row = last(database)
    assert (row.action, row.reason, row.record, row.digest) == ("导出名册", "报送市教育局", "", "")
    assert json.loads(row.detail) == {"人数": 42}


def test_bulk_statements_are_named_by_touch(database: Database, actor: Actor) -> None:
    with database.write(actor, "导入") as session:
        rows = [{"name": f"批{n}", "cohort_year": 2026, "recorded_at": NOW} for n in range(30)]
        ids = session.scalars(insert(Student).returning(Student.id), rows).all()
        session.execute(
            insert(LedgerEntry),
            [
                {
                    "student_id": student,
                    "kind": Kind.REGISTRATION,
                    "effective_date": date(2026, 9, 1),
                    "recorded_at": NOW,
                    "to_status": Status.ENROLLED,
                    "operator_id": actor.id,
                }
                for student in ids
            ],
        )
        audit.touch(session, Student, ids, {ids[0]: {"来源": "第 1 行"}})
    report = verified(database)
    assert report.clean
    rows_written = [e for e in entries(database) if e.action == "导入"]
    assert [row.record_id for row in rows_written] == [str(student) for student in ids]
    assert json.loads(rows_written[0].detail) == {"来源": "第 1 行"}


@pytest.mark.parametrize(
    "statement",
    [
        insert(Student).values(name="x", cohort_year=2026, recorded_at=NOW),
        insert(Student.__table__).values(name="x", cohort_year=2026, recorded_at=NOW),
        update(Student).values(name="x"),
        update(Guardian).values(name="x"),
    ],
)
def test_a_bulk_statement_that_nobody_named_is_undone(
    database: Database, actor: Actor, students: list[int], statement
) -> None:
    def forget() -> None:
        with database.write(actor, "导入") as session:
            session.execute(statement)

    with pytest.raises(RuntimeError, match=r"without audit\.touch.*students"):
        forget()
    assert verified(database).clean


def test_committing_in_the_middle_does_not_lose_the_row(database: Database, actor: Actor) -> None:
    with database.write(actor, "录入") as session:
        session.add(make_student("赵一"))
        session.commit()
    assert verified(database).clean
    assert last(database).record == "students"


def test_the_log_cannot_be_written_by_hand(database: Database, actor: Actor) -> None:
    def forge() -> None:
        with database.write(actor, "伪造") as session:
            session.add(
                AuditEntry(
                    seq=99, at=NOW, operator_id=1, operator_name="x", action="x", reason="",
                    record="", record_id="", detail="", digest="", prev="", hash="", alg="",
                )
            )  # fmt: skip

    with pytest.raises(Exception, match=r"末尾追加|journal alone|no table"):
        forge()


def test_rows_are_chained_from_the_first(database: Database, students: list[int]) -> None:
    chain = entries(database)
    assert chain[0].prev == GENESIS
    assert [row.prev for row in chain[1:]] == [row.hash for row in chain[:-1]]
    assert [row.seq for row in chain] == list(range(1, len(chain) + 1))
    head = database.head()
    assert (head.seq, head.hash) == (chain[-1].seq, chain[-1].hash)
    assert head.short == f"{head.seq}-{head.hash[:16]}"
    assert len(head.sm3) == 64


def test_a_digest_is_over_the_stored_values_that_are_not_null(
    database: Database, students: list[int]
) -> None:
    """So a later schema with more nullable columns does not make every record look forged."""
    expected = hashlib.sha256()
    with database.read() as session:
        connection = session.connection()
        for table, owner in (("students", "id"), ("guardians", "student_id")):
            row = (
                connection.exec_driver_sql(
                    f"SELECT * FROM {table} WHERE {owner} = ?",  # noqa: S608
                    (students[0],),
                )
                .mappings()
                .one()
            )
            state = {name: row[name] for name in sorted(row) if row[name] is not None}
            text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
            expected.update(f"{table}\x00{text}\n".encode())
        found = records.digests(connection, records.kinds()["students"], students)
    assert found[students[0]] == expected.hexdigest()
    assert len(set(found.values())) == 3


def test_every_table_says_whose_it_is() -> None:
    assert set(records.root_of()) == {
        table.name
        for table in Student.metadata.sorted_tables
        if table.name not in {"audit_entries", "drafts", "standings"}  # no records of the chain
    }


# --- attacks around the program (security.md §4.2)


@dataclass(frozen=True)
class Intruder:
    """Someone with the key and a tool of his own, who knows SQLite well."""

    path: Path
    key: bytes

    def run(self, *statements: str) -> None:
        connection = sqlcipher.connect(self.path, isolation_level=None)
        connection.set_key(f"x'{self.key.hex()}'")
        for statement in statements:
            connection.execute(statement)
        connection.close()

    def tamper(self, *statements: str) -> None:
        """With the triggers of the log out of the way."""
        rules = [
            f"DROP TRIGGER audit_entries_{rule}" for rule in ("append", "no_update", "no_delete")
        ]
        self.run(*rules, *statements)

    def rechain(self, from_seq: int) -> None:
        """Make the chain look sound again from an entry on."""
        connection = sqlcipher.connect(self.path, isolation_level=None)
        connection.set_key(f"x'{self.key.hex()}'")
        names = ", ".join(audit._FIELDS)
        prev = connection.execute(
            "SELECT hash FROM audit_entries WHERE seq = ?", (from_seq - 1,)
        ).fetchone()[0]
        rows = connection.execute(
            f"SELECT {names} FROM audit_entries WHERE seq >= ? ORDER BY seq",  # noqa: S608
            (from_seq,),
        ).fetchall()
        for row in rows:
            values = (*row[:-1], prev)
            new = hashlib.sha256(audit._canonical(values)).hexdigest()
            connection.execute(
                "UPDATE audit_entries SET prev = ?, hash = ? WHERE seq = ?", (prev, new, row[1])
            )
            prev = new
        connection.close()


@pytest.fixture
def intruder(made: MadeVault) -> Intruder:
    return Intruder(made.folder / "core.db", made.key)


@pytest.fixture
def sound(database: Database, actor: Actor, students: list[int]) -> Iterator[Database]:
    """A register with some history."""
    with database.write(actor, "更正") as session:
        session.get_one(Student, students[1]).phone = "13900000001"
    assert verified(database).clean
    return database


def sentences(report: AuditReport) -> str:
    return "\n".join(finding.sentence for finding in report.findings)


def test_a_sound_register_has_no_findings(sound: Database) -> None:
    report = verified(sound)
    assert (report.clean, report.first_bad_seq, report.warnings) == (True, None, ())
    assert report.entries == 6
    assert report.records == 5


@pytest.mark.promise(31)
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE students SET name = '改名' WHERE name = '钱二'", "学生 改名"),
        ("UPDATE guardians SET phone = '1' WHERE name = '孙三之母'", "学生 孙三"),
        ("DELETE FROM guardians WHERE name = '赵一之母'", "学生 赵一"),
        ("UPDATE cohorts SET entry_date = '2020-01-01'", "年级（编号 2026）"),
        ("UPDATE operators SET roles = '查阅'", f"操作员 {OPERATOR}"),
    ],
)
def test_a_row_changed_from_outside_names_its_record(
    sound: Database, intruder: Intruder, statement: str, named: str
) -> None:
    intruder.run(statement)
    report = verified(sound)
    assert len(report.findings) == 1
    assert named in sentences(report)
    assert "本程序以外" in sentences(report)


@pytest.mark.promise(31)
def test_a_record_slipped_in_from_outside_is_named(sound: Database, intruder: Intruder) -> None:
    intruder.run(
        "INSERT INTO students (name, cohort_year, reading, search_keys, recorded_at)"
        " VALUES ('李外', 2026, '', '', '2026-09-01T00:00:00.000000+00:00')"
    )
    assert "学生 李外" in sentences(verified(sound))
    assert "没有操作记录" in sentences(verified(sound))


@pytest.mark.promise(31)
def test_a_record_removed_from_outside_is_named(
    sound: Database, intruder: Intruder, students: list[int]
) -> None:
    intruder.run(
        f"DELETE FROM guardians WHERE student_id = {students[2]}",  # noqa: S608
        f"DELETE FROM students WHERE id = {students[2]}",  # noqa: S608
    )
    assert f"学生（编号 {students[2]}）" in sentences(verified(sound))
    assert "已不存在" in sentences(verified(sound))


def test_a_removed_record_that_comes_back_is_named(
    database: Database, actor: Actor, intruder: Intruder
) -> None:
    with database.write(actor, "录入") as session:
        session.add(make_student("赵一", id=70))
    with database.write(actor, "删除") as session:
        session.delete(session.get_one(Student, 70))
    intruder.run(
        "INSERT INTO students (id, name, cohort_year, reading, search_keys, recorded_at)"
        " VALUES (70, '赵一', 2026, '', '', '2026-09-01T00:00:00.000000+00:00')"
    )
    assert "已删除，库中却存在" in sentences(verified(database))


@pytest.mark.promise(32)
def test_an_edited_log_row_is_the_first_bad_one(sound: Database, intruder: Intruder) -> None:
    intruder.tamper("UPDATE audit_entries SET operator_name = '吴他人' WHERE seq = 4")
    report = verified(sound)
    assert report.first_bad_seq == 4
    assert "第 4 条操作记录的内容与其校验值不符" in sentences(report)


@pytest.mark.promise(32)
def test_a_log_row_deleted_in_the_middle_is_a_gap(sound: Database, intruder: Intruder) -> None:
    intruder.tamper("DELETE FROM audit_entries WHERE seq = 3")
    report = verified(sound)
    assert "第 3 至 3 条操作记录缺失" in sentences(report)
    assert "学生 赵一" in sentences(report)  # of whom that row spoke


@pytest.mark.promise(32)
def test_a_cut_tail_is_found_by_the_record_and_by_the_mark(
    sound: Database, intruder: Intruder
) -> None:
    head = sound.head()
    intruder.tamper("DELETE FROM audit_entries WHERE seq = 6")
    report = verified(sound, Anchor(head.seq, head.hash, "打印件"))
    assert "学生 钱二" in sentences(report)
    assert "打印件记有第 6 条，操作记录只到第 5 条" in sentences(report)


@pytest.mark.promise(33)
def test_a_rechained_log_is_found_by_an_anchor_only(
    sound: Database, intruder: Intruder, students: list[int]
) -> None:
    head = sound.head()
    intruder.tamper(
        "UPDATE students SET name = '改名' WHERE name = '钱二'",
        f"UPDATE audit_entries SET digest = 'forged' WHERE seq = 6 AND record_id = '{students[1]}'",  # noqa: S608
    )
    with sound.read() as session:
        state = records.digests(session.connection(), records.kinds()["students"], [students[1]])
    intruder.run(f"UPDATE audit_entries SET digest = '{state[students[1]]}' WHERE seq = 6")  # noqa: S608
    intruder.rechain(6)
    assert verified(sound).clean  # nothing inside the file can tell
    report = verified(sound, Anchor(head.seq, head.hash[:16], "2026年9月学籍卡"))
    assert "2026年9月学籍卡所记的第 6 条校验值与操作记录不符" in sentences(report)


@pytest.mark.promise(34)
def test_an_old_file_put_back_is_found_by_the_mark(
    made: MadeVault, actor: Actor, students: list[int], database: Database
) -> None:
    head = database.head()
    database.close()
    older = made.folder / "older.db"
    (made.folder / "core.db").rename(older)
    template = Database(older, made.key)
    assert "操作记录只到第 5 条" not in sentences(verified(template, Anchor(5, head.hash, "备份")))
    report = verified(template, Anchor(head.seq + 3, "0" * 16, "密钥文件"))
    assert "换回了旧的数据库" in sentences(report)
    template.dispose()


def test_a_mark_behind_the_chain_is_no_finding(sound: Database) -> None:
    third = entries(sound)[2]
    assert verified(sound, Anchor(third.seq, third.hash, "密钥文件"), Anchor(0, "", "新")).clean


@pytest.mark.promise(36)
def test_a_clock_set_back_is_a_warning_and_order_stays(
    made: MadeVault, database: Database, actor: Actor, students: list[int]
) -> None:
    late = Database(
        made.folder / "core.db", made.key, clock=lambda: datetime.now(UTC) - timedelta(days=365)
    )
    with late.write(actor, "更正") as session:
        session.get_one(Student, students[0]).phone = "1"
    report = verified(late)
    late.dispose()
    assert report.clean
    (warning,) = report.warnings
    assert (warning.seq, "时钟" in warning.sentence) == (report.entries, True)


@pytest.mark.promise(32)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET reason = 'x' WHERE seq = 1",
        "DELETE FROM audit_entries WHERE seq = 1",
        "REPLACE INTO audit_entries SELECT seq, at, operator_id, '吴他人', action, reason, record,"
        " record_id, detail, digest, prev, hash, alg FROM audit_entries WHERE seq = 1",
        "INSERT INTO audit_entries SELECT 99, at, operator_id, operator_name, action, reason,"
        " record, record_id, detail, digest, prev, hash, alg FROM audit_entries WHERE seq = 1",
        "INSERT INTO audit_entries SELECT (SELECT max(seq) + 1 FROM audit_entries), at,"
        " operator_id, operator_name, action, reason, record, record_id, detail, digest,"
        " 'wrong', hash, alg FROM audit_entries WHERE seq = 1",
    ],
)
def test_the_triggers_hold_even_against_a_plain_tool(
    sound: Database, intruder: Intruder, statement: str
) -> None:
    with pytest.raises(sqlcipher.IntegrityError, match="操作记录"):
        intruder.run("PRAGMA recursive_triggers = OFF", statement)
    assert verified(sound).clean


def test_verification_tells_how_far_it_is_and_can_be_closed(sound: Database) -> None:
    work = audit.verify(sound)
    step = next(work)
    assert 0 < step.done <= step.total
    work.close()
    assert verified(sound).clean
