"""Standing is a fold of the ledger: as of any day, as known on any day."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.student import Student
from app.models.vocabulary import Kind, Status
from app.services.errors import EntryAlreadyReversed
from app.services.register import ledger
from app.services.register.ledger import Moment
from app.services.vault.audit import Actor
from app.services.vault.database import Database

ENTRY = date(2026, 9, 1)
LATER = datetime(2027, 3, 10, 8, tzinfo=UTC)


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T08:00:00+00:00")


@pytest.fixture
def session(database: Database, actor: Actor) -> Session:
    with database.write(actor, "试验") as session:
        yield session


@pytest.fixture
def student(session: Session) -> Student:
    """Registered in September, on leave from March, back since the next September."""
    student = Student(cohort_year=2026, name="钱多多", recorded_at=at("2026-08-20"))
    session.add(student)
    session.flush()
    for kind, day, status in (
        (Kind.ADMISSION, ENTRY, Status.ADMITTED),
        (Kind.REGISTRATION, ENTRY, Status.ENROLLED),
        (Kind.SUSPENSION, date(2027, 3, 1), Status.SUSPENDED),
        (Kind.RESUMPTION, date(2027, 9, 1), Status.ENROLLED),
    ):
        ledger.record(
            session, student, kind, day, operator_id=1, recorded_at=at(day.isoformat()),
            to_status=status,
        )  # fmt: skip
    return student


def status(session: Session, student: Student, moment: Moment) -> Status | None:
    return ledger.position(session, student.id, moment)[0]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 8, 31), None),
        (ENTRY, Status.ENROLLED),
        (date(2027, 2, 28), Status.ENROLLED),
        (date(2027, 3, 1), Status.SUSPENDED),
        (date(2027, 8, 31), Status.SUSPENDED),
        (date(2027, 9, 1), Status.ENROLLED),
    ],
)
def test_status_is_what_was_in_force_that_day(
    session: Session, student: Student, day: date, expected: Status | None
) -> None:
    assert status(session, student, Moment(day)) is expected


def test_each_entry_says_where_the_student_stood_before(session: Session, student: Student) -> None:
    entries = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
    assert [entry.from_status for entry in entries] == [
        None,
        Status.ADMITTED,
        Status.ENROLLED,
        Status.SUSPENDED,
    ]


def test_what_was_not_yet_recorded_is_not_known(session: Session, student: Student) -> None:
    known_in_winter = Moment(date(2027, 4, 1), at("2027-01-01"))
    assert status(session, student, known_in_winter) is Status.ENROLLED


def test_who_begins_later_is_seen_as_on_his_first_day(session: Session, student: Student) -> None:
    assert status(session, student, Moment(date(2026, 8, 20), upcoming=True)) is Status.ENROLLED


def test_a_reversed_entry_no_longer_counts_but_stays(session: Session, student: Student) -> None:
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == Kind.SUSPENSION)).one()
    ledger.reverse(session, entry, operator_id=1, recorded_at=LATER, reason="录错人")
    assert status(session, student, Moment(date(2027, 4, 1))) is Status.ENROLLED
    before = Moment(date(2027, 4, 1), at("2027-03-05"))
    assert status(session, student, before) is Status.SUSPENDED
    rows = ledger.history(session, [student.id], Moment(date(2028, 1, 1)))[student.id]
    assert [row.kind for row in rows if row.reversed] == [Kind.SUSPENSION]
    with pytest.raises(EntryAlreadyReversed, match="休学"):
        ledger.reverse(session, entry, operator_id=1, recorded_at=LATER, reason="再来一次")


def test_a_late_entry_for_an_earlier_day_does_not_undo_what_came_after(
    session: Session, student: Student
) -> None:
    ledger.record(
        session, student, Kind.CORRECTION, date(2026, 10, 1), operator_id=1, recorded_at=LATER,
        to_status=Status.ENROLLED,
    )  # fmt: skip
    assert status(session, student, Moment(date(2027, 4, 1))) is Status.SUSPENDED


def test_the_history_of_who_begins_later_shows_his_first_day(
    session: Session, student: Student
) -> None:
    august = Moment(date(2026, 8, 20), upcoming=True)
    rows = ledger.history(session, [student.id], august)[student.id]
    assert [row.kind for row in rows] == [Kind.ADMISSION, Kind.REGISTRATION]
    assert rows[-1].to_status is status(session, student, august)
    assert ledger.history(session, [student.id], Moment(date(2026, 8, 20)))[student.id] == []
