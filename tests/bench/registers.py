"""Registers to measure with: an empty vault, copied from one that is made once, and filled ones."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from app.models.base import Base
from app.models.organisation import ClassGroup, Cohort, Major
from app.models.student import Student
from app.models.vocabulary import Kind, Sex, Status
from app.services.clock import now
from app.services.register.students import name_keys
from app.services.vault import audit
from app.services.vault.keys import Cost
from app.services.vault.vault import Vault
from tests.bench.people import Person, people

PASSWORD: Final = "梧桐 雨后 石桥 灯塔 七号"
#: The cheapest the program permits; opening is measured with the cost that it chooses itself.
_CHEAP: Final = Cost(64 * 1024)
#: Students of one year of entry, and of one class.
_COHORT: Final = 4_000
_CLASS: Final = 50
_PORTION: Final = 2_000
_KINDS: Final = (
    (Kind.ADMISSION, None, Status.ADMITTED),
    (Kind.REGISTRATION, Status.ADMITTED, Status.ENROLLED),
    (Kind.PLACEMENT, None, None),
)


def make(folder: Path, cost: Cost | None = _CHEAP) -> Path:
    """A new vault in `folder`; None for the cost that the program would choose here."""
    vault, _ = Vault.create(
        folder, school="示例职业学校", operator="周学管", password=PASSWORD, cost=cost
    )
    vault.close()
    return folder


def empty(folder: Path) -> Path:
    """A fresh copy of an empty vault, at the same place each time."""
    original, copy = folder / "vault-original", folder / "vault"
    if not original.exists():
        make(original)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(original, copy)
    return copy


def filled(folder: Path, count: int, later: int = 0) -> Path:
    """A vault of `count` students of many cohorts with three ledger entries each; made once.

    `later`: so many more entries each, of leaves and changes of class over the years.
    """
    target = folder / f"vault-{count}-{later}"
    if target.exists():
        return target
    make(target)
    with Vault.open(target, PASSWORD) as vault:
        everybody = people(count)
        for start in range(0, count, _COHORT):
            arrivals = everybody[start:][:_COHORT]
            _add_cohort(vault, 2026 - start // _COHORT, start + 1, arrivals, later)
    return target


@dataclass(frozen=True)
class _Places:
    """Ids of what a cohort's students are put into."""

    majors: dict[str, int]
    classes: range


def _add_cohort(
    vault: Vault, year: int, first: int, arrivals: Sequence[Person], later: int
) -> None:
    with vault.database.write(vault.actor, "建立测速数据") as session:
        cohort = Cohort(year=year, entry_date=date(year, 9, 1))
        session.add(cohort)
        majors = {major.name: major.id for major in session.query(Major)}
        for person in arrivals:
            if person.major not in majors:
                major = Major(name=person.major, code=person.major_code, serial=len(majors) + 1)
                session.add(major)
                session.flush()
                majors[person.major] = major.id
        groups = [
            ClassGroup(name=f"{year % 100:02d}{serial:02d}班", cohort_year=year, serial=serial)
            for serial in range(1, -(-len(arrivals) // _CLASS) + 1)
        ]
        session.add_all(groups)
        session.flush()
        places = _Places(majors, range(groups[0].id, groups[-1].id + 1))
        moment = _recorded(cohort.entry_date)
        for start in range(0, len(arrivals), _PORTION):
            part = arrivals[start : start + _PORTION]
            ids = range(first + start, first + start + len(part))
            pairs = list(zip(ids, part, strict=True))
            students = [_student(i, p, year, moment) for i, p in pairs]
            session.execute(insert(Base.metadata.tables["students"]), students)
            session.execute(
                insert(Base.metadata.tables["ledger"]),
                [
                    entry
                    for at, (i, p) in enumerate(pairs, start)
                    for entry in (
                        *_entries(i, p, at, cohort, places, vault.actor.id, moment),
                        *_later(i, at, cohort, places, vault.actor.id, later),
                    )
                ],
            )
            audit.touch(session, Student, ids)


def _recorded(day: date) -> datetime:
    """What took effect on a day was recorded on it; what lies ahead, by now."""
    return min(datetime.combine(day, time(9), UTC), now())


def _student(student_id: int, person: Person, year: int, moment: datetime) -> dict[str, object]:
    return {
        "id": student_id,
        "cohort_year": year,
        "number": person.number,
        "exam_number": person.exam_number,
        "name": person.name,
        **name_keys(person.name),
        "sex": Sex(person.sex),
        "birth_date": person.birth_date,
        "id_number": person.id_number,
        "ethnic_group": person.ethnic_group,
        "political_status": person.political_status,
        "home_address": person.address,
        "phone": person.phone,
        "origin_school": person.origin_school,
        "exam_score": person.exam_score,
        "entry_date": date(year, 9, 1),
        "recorded_at": moment,
    }


def _entries(
    student_id: int,
    person: Person,
    at: int,
    cohort: Cohort,
    places: _Places,
    operator_id: int,
    moment: datetime,
) -> list[dict[str, object]]:
    return [
        {
            "student_id": student_id,
            "kind": kind,
            "effective_date": cohort.entry_date,
            "recorded_at": moment,
            "from_status": before,
            "to_status": after,
            "to_major_id": places.majors[person.major] if kind is Kind.ADMISSION else None,
            "to_class_id": places.classes[at // _CLASS] if kind is Kind.PLACEMENT else None,
            "operator_id": operator_id,
        }
        for kind, before, after in _KINDS
    ]


#: What happens in turn: a leave, the return, another class.
_EVENTS: Final = (
    (Kind.SUSPENSION, Status.ENROLLED, Status.SUSPENDED),
    (Kind.RESUMPTION, Status.SUSPENDED, Status.ENROLLED),
    (Kind.CLASS_CHANGE, None, None),
)
_DAYS_APART: Final = 60


def _later(
    student_id: int,
    at: int,
    cohort: Cohort,
    places: _Places,
    operator_id: int,
    count: int,
) -> Iterator[dict[str, object]]:
    """So many entries after the first ones, some days apart from student to student."""
    for step in range(count):
        kind, before, after = _EVENTS[step % len(_EVENTS)]
        moves = kind is Kind.CLASS_CHANGE
        group = places.classes[(at // _CLASS + step) % len(places.classes)]
        day = cohort.entry_date + timedelta(days=_DAYS_APART * (step + 1) + student_id % 30)
        yield {
            "student_id": student_id,
            "kind": kind,
            "effective_date": day,
            "recorded_at": _recorded(day),
            "from_status": before,
            "to_status": after,
            "to_major_id": None,
            "to_class_id": group if moves else None,
            "operator_id": operator_id,
        }
