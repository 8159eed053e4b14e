"""Departments, majors, cohorts and classes: found by name, made when a list names new ones."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.organisation import ClassGroup, Cohort, Department, Major
from app.models.rules.patterns import CLASS_NAME, NumberPattern
from app.services.errors import NoSuchClass, NoSuchCohort, NoSuchMajor, SeveralClasses
from app.services.register.queries import among
from app.services.settings import load_settings, pattern_sentences
from app.services.standards import Standards


@dataclass(frozen=True, slots=True)
class ClassGroupRow:
    """One class as lists and papers need it."""

    id: int
    name: str
    cohort: int
    major: str
    department: str
    serial: int
    head_teacher: str

    @property
    def full_name(self) -> str:
        """The name that no class of another cohort has."""
        return full_name(self.cohort, self.name)


@dataclass(frozen=True, slots=True)
class CohortGroups:
    """年级 with its classes."""

    year: int
    classes: tuple[ClassGroupRow, ...]


@dataclass(frozen=True, slots=True)
class MajorRow:
    """One major as lists show it."""

    id: int
    name: str
    short_name: str
    code: str
    serial: int
    department: str


class Organisation:
    """What the school is made of, seen from one unit of work; remembers what was made in it."""

    def __init__(self, session: Session, standards: Standards) -> None:
        self._session = session
        self._standards = standards
        self.made: list[str] = []

    def cohort(self, year: int) -> Cohort:
        """年级, made when new; students enter on 1 September."""
        found = self._session.get(Cohort, year)
        if found is None:
            found = Cohort(year=year, entry_date=date(year, 9, 1))
            self._add(found, f"年级 {found.name}")
        return found

    def department(self, name: str) -> Department:
        """系部 by its name, made when new."""
        found = self._session.scalars(select(Department).where(Department.name == name)).first()
        if found is None:
            found = Department(name=name)
            self._add(found, f"系部 {name}")
        return found

    def major(
        self, name: str, *, entry_year: int, code: str = "", department: str = "", years: str = ""
    ) -> Major:
        """专业 by its name, or by its code alone, made when new.

        What the list does not say of name or code is looked up in the catalogue of that year.
        """
        name = name or self._standards.major_by_code(code, entry_year) or code
        found = self._session.scalars(select(Major).where(Major.name == name)).first()
        if found is None:
            serial = self._session.scalar(select(func.coalesce(func.max(Major.serial), 0))) or 0
            code = code or self._standards.major_by_name(name, entry_year) or ""
            found = Major(name=name, code=code, serial=serial + 1, years=years or "5")
            self._add(found, f"专业 {name}" + (f"（{code}）" if code else ""))
        if department and found.department_id is None:
            found.department_id = self.department(department).id
            self._session.flush()
        return found

    def class_group(self, name: str, *, cohort: Cohort, major: Major | None) -> ClassGroup:
        """班级 of a cohort by its name, made when new.

        A class has one major: 1班 of another major, or a name that says no more than its number,
        gets the major's name in front.
        """
        found = self._class_named(name, cohort)
        if major is not None and (_BARE.fullmatch(name) or (found and found.major_id != major.id)):
            name = qualified(name, major.short_name or major.name)
            found = self._class_named(name, cohort)
        if found is None:
            major_id = major.id if major else None
            serial = self._session.scalar(
                select(func.coalesce(func.max(ClassGroup.serial), 0)).where(
                    ClassGroup.cohort_year == cohort.year, ClassGroup.major_id == major_id
                )
            )
            found = ClassGroup(
                name=name, cohort_year=cohort.year, major_id=major_id, serial=(serial or 0) + 1
            )
            self._add(found, f"班级 {name}")
        return found

    def _class_named(self, name: str, cohort: Cohort) -> ClassGroup | None:
        return self._session.scalars(
            select(ClassGroup).where(ClassGroup.cohort_year == cohort.year, ClassGroup.name == name)
        ).first()

    def next_class_name(self, *, cohort: Cohort, major: Major, serial: int) -> str:
        """Name of the major's class no. `serial` by the pattern in the settings."""
        with pattern_sentences():
            pattern = NumberPattern(load_settings(self._session).class_pattern, CLASS_NAME)
            return pattern.render(
                {
                    "专业简称": major.short_name or major.name,
                    "专业名称": major.name,
                    "入学年": cohort.year,
                    "班序": serial,
                }
            )

    def _add(self, thing: Cohort | Department | Major | ClassGroup, what: str) -> None:
        self._session.add(thing)
        self._session.flush()
        self.made.append(what)


#: 1班, （2）班, 三班: a name that many classes may have.
_BARE: Final = re.compile(r"[（(]?[0-9一二三四五六七八九十]{1,2}[）)]?班?")


def qualified(name: str, major: str) -> str:
    """A class name that says its major: 软件技术1班."""
    return f"{major}{name}"


def full_name(cohort: int, name: str) -> str:
    """A class name that says its cohort, for names return every year: 2026级计算机1班."""
    return f"{cohort}级{name}"


def find_cohort(session: Session, year: int) -> Cohort:
    """年级 of that year of entry; the refusal names those there are."""
    found = session.get(Cohort, year)
    if found is None:
        known = session.scalars(select(Cohort.year).order_by(Cohort.year))
        raise NoSuchCohort(year=year, known="、".join(map(str, known)) or "还没有年级")
    return found


def major_rows(session: Session) -> list[MajorRow]:
    """Majors in the order of their 专业序号."""
    query = select(Major, Department.name).outerjoin(Major.department).order_by(Major.serial)
    return [
        MajorRow(
            id=major.id,
            name=major.name,
            short_name=major.short_name or major.name,
            code=major.code,
            serial=major.serial,
            department=department or "",
        )
        for major, department in session.execute(query)
    ]


def class_rows(
    session: Session, *, cohort: int | None = None, ids: Iterable[int] | None = None
) -> list[ClassGroupRow]:
    """Classes, of a cohort or these, in the order of the rules: 年级, 专业, 班序."""
    group = ClassGroup.__table__.c  # plain columns: objects of the mapper cost ten times as much
    query = (
        select(
            group.id, group.name, group.cohort_year,
            func.coalesce(Major.name, ""), func.coalesce(Department.name, ""),
            group.serial, group.head_teacher,
        )
        .outerjoin(ClassGroup.major)
        .outerjoin(Major.department)
        .order_by(group.cohort_year, Major.serial, group.serial)
    )  # fmt: skip
    if cohort is not None:
        query = query.where(group.cohort_year == cohort)
    if ids is not None:
        query = query.where(among(group.id, ids))
    return [ClassGroupRow(*row) for row in session.execute(query)]


def cohort_groups(session: Session) -> tuple[CohortGroups, ...]:
    """All cohorts, the newest first, with their classes."""
    classes = class_rows(session)
    years = session.scalars(select(Cohort.year).order_by(Cohort.year.desc()))
    return tuple(
        CohortGroups(year, tuple(row for row in classes if row.cohort == year)) for year in years
    )


def find_class(session: Session, name: str) -> ClassGroupRow:
    """The one class of this name, or of this name with its cohort; the refusal says which."""
    rows = class_rows(session)
    found = [row for row in rows if name in (row.name, row.full_name)]
    if not found:
        known = "、".join(row.name for row in rows[:20]) or "还没有班级"
        raise NoSuchClass(name=name, known=known)
    if len(found) > 1:
        raise SeveralClasses(name=name, candidates="、".join(row.full_name for row in found))
    return found[0]


def change_major(session: Session, name: str, values: Mapping[str, str]) -> None:
    """Set `short_name`, `code` or `department` of a major; a new department is made."""
    major = session.scalars(select(Major).where(Major.name == name)).first()
    if major is None:
        majors = "、".join(session.scalars(select(Major.name).order_by(Major.serial)))
        raise NoSuchMajor(name=name, known=majors or "还没有专业")
    if "short_name" in values:
        major.short_name = values["short_name"]
    if "code" in values:
        major.code = values["code"]
    if "department" in values:
        name = values["department"]
        known = session.scalars(select(Department).where(Department.name == name)).first()
        major.department = known or Department(name=name)
