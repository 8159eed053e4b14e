"""学校的设置与机构: what the registrar sets up once and mends later, each change with its trace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Cohort, Department, Major
from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import (
    ClassInhabited,
    CodeRefused,
    NameMissing,
    NameTaken,
    SerialRefused,
    SerialTaken,
    SettingMissing,
    StillInUse,
)
from app.services.register.organisation import (
    ClassGroupRow,
    MajorRow,
    Organisation,
    class_rows,
    find_cohort,
    major_rows,
)
from app.services.settings import LABELS, Settings, change_settings, load_settings
from app.services.standards import Standards
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: Settings that no paper can do without.
DEMANDED: Final = ("school", "number_pattern", "class_pattern", "fonds")
Kept = TypeVar("Kept", Department, Major, ClassGroup)
Uses: TypeAlias = Mapping[str, ColumnElement[bool]]
_CODE: Final = re.compile(r"[A-Za-z0-9-]{0,12}")


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """系部 as the list shows it."""

    id: int
    name: str
    code: str
    majors: int


class Establishment:
    """Settings, departments, majors and classes of one register."""

    def __init__(self, database: Database, standards: Standards) -> None:
        self._database = database
        self._standards = standards

    # --- reading --------------------------------------------------------------------------

    def settings(self) -> Settings:
        """The settings as they stand."""
        with self._database.read() as session:
            return load_settings(session)

    def departments(self) -> list[DepartmentRow]:
        """系部 in the order in which they were made."""
        with self._database.read() as session:
            query = (
                select(Department, func.count(Major.id))
                .outerjoin(Major, Major.department_id == Department.id)
                .group_by(Department.id)
                .order_by(Department.id)
            )
            return [
                DepartmentRow(row.id, row.name, row.code, majors)
                for row, majors in session.execute(query)
            ]

    def majors(self) -> list[MajorRow]:
        """专业 in the order of their 专业序号."""
        with self._database.read() as session:
            return major_rows(session)

    def classes(self) -> list[ClassGroupRow]:
        """班级, the newest cohort first, then 专业 and 班序."""
        with self._database.read() as session:
            return sorted(class_rows(session), key=lambda row: -row.cohort)

    def cohorts(self) -> list[int]:
        """年级, the newest first."""
        with self._database.read() as session:
            return list(session.scalars(select(Cohort.year).order_by(Cohort.year.desc())))

    def example(self) -> dict[str, str | int]:
        """Values to show what a pattern gives: those of the first class of the newest cohort."""
        with self._database.read() as session:
            year = session.scalar(select(func.max(Cohort.year))) or today().year
            rows = class_rows(session, cohort=year)
            majors = {row.name: row for row in major_rows(session)}
            first = rows[0] if rows else None
            major = majors.get(first.major) if first else next(iter(majors.values()), None)
            return {
                "入学年": year,
                "分院代码": load_settings(session).branch_code,
                "专业代码": (major.code if major else "") or "510201",
                "专业序号": major.serial if major else 1,
                "专业简称": major.short_name if major else "计算机",
                "专业名称": major.name if major else "计算机应用技术",
                "班序": first.serial if first else 1,
                "座号": 7,
                "年级流水": 7,
            }

    # --- settings -------------------------------------------------------------------------

    def change_settings(self, actor: Actor, values: Mapping[str, str]) -> Settings:
        """Set some settings by their names in the code; refused whole when one is wrong."""
        actor.require(Role.SYSTEM)
        given = {name: value.strip() for name, value in values.items()}
        for name in DEMANDED:
            if given.get(name, "-") == "":
                raise SettingMissing(label=LABELS[name])
        with self._database.write(actor, "修改设置") as session:
            return change_settings(session, given)

    # --- departments ----------------------------------------------------------------------

    def save_department(self, actor: Actor, department_id: int | None, name: str, code: str) -> int:
        """Make or change a 系部."""
        actor.require(Role.RECORD)
        name = _named("系部", name)
        with self._database.write(actor, "修改系部" if department_id else "新增系部") as session:
            _demand_free(session, Department, "系部", name, department_id)
            row = _row(session, Department, department_id) or _added(session, Department(name=name))
            row.name, row.code = name, _code(code)
            session.flush()
            return row.id

    def remove_department(self, actor: Actor, department_id: int) -> None:
        """Take a 系部 away that no 专业 belongs to."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "删除系部") as session:
            row = session.get_one(Department, department_id)
            _demand_unused(session, "系部", row.name, {"专业": Major.department_id == row.id})
            session.delete(row)

    # --- majors ---------------------------------------------------------------------------

    def save_major(
        self,
        actor: Actor,
        major_id: int | None,
        *,
        name: str,
        short_name: str,
        code: str,
        serial: str,
        department: str,
    ) -> int:
        """Make or change a 专业; an empty serial takes the next one, an empty code the catalogue's.

        `department` is the name of a 系部 there is, or nothing.
        """
        actor.require(Role.RECORD)
        name = _named("专业", name)
        with self._database.write(actor, "修改专业" if major_id else "新增专业") as session:
            _demand_free(session, Major, "专业", name, major_id)
            number = _major_serial(session, serial, major_id)
            row = _row(session, Major, major_id) or _added(session, Major(name=name, serial=number))
            row.name, row.serial = name, number
            row.short_name = short_name.strip()
            row.code = _code(code) or self._standards.major_by_name(name, today().year) or ""
            row.department_id = session.scalar(
                select(Department.id).where(Department.name == department)
            )
            session.flush()
            return row.id

    def remove_major(self, actor: Actor, major_id: int) -> None:
        """Take a 专业 away that no class and no student ever had."""
        actor.require(Role.RECORD)
        entry = LedgerEntry
        with self._database.write(actor, "删除专业") as session:
            row = session.get_one(Major, major_id)
            uses = {
                "班级": ClassGroup.major_id == row.id,
                "学籍记录": or_(entry.to_major_id == row.id, entry.from_major_id == row.id),
            }
            _demand_unused(session, "专业", row.name, uses)
            session.delete(row)

    # --- classes --------------------------------------------------------------------------

    def save_class(
        self,
        actor: Actor,
        class_id: int | None,
        *,
        name: str,
        head_teacher: str,
        cohort: int,
        major: str,
    ) -> int:
        """Make or change a 班级; once a student was in it, its cohort and major stay."""
        actor.require(Role.RECORD)
        name = _named("班级", name)
        with self._database.write(actor, "修改班级" if class_id else "新增班级") as session:
            year = find_cohort(session, cohort)
            belongs = session.scalars(select(Major).where(Major.name == major)).first()
            row = _row(session, ClassGroup, class_id)
            _demand_free_class(session, year, name, class_id)
            if row is None:
                row = Organisation(session, self._standards).class_group(
                    name, cohort=year, major=belongs
                )
            elif (row.cohort_year, row.major_id) != (cohort, belongs.id if belongs else None):
                if _inhabited(session, row.id):
                    raise ClassInhabited(name=row.name)
                row.cohort, row.major = year, belongs
                row.serial = _class_serial(session, row)
            row.name = name
            row.head_teacher = head_teacher.strip()
            session.flush()
            return row.id

    def remove_class(self, actor: Actor, class_id: int) -> None:
        """Take a 班级 away that nobody ever was in."""
        actor.require(Role.RECORD)
        with self._database.write(actor, "删除班级") as session:
            row = session.get_one(ClassGroup, class_id)
            if _inhabited(session, row.id):
                raise StillInUse(kind="班级", name=row.name, users="学生或学籍记录")
            session.delete(row)


def _named(kind: str, name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise NameMissing(kind=kind)
    return name


def _code(code: str) -> str:
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise CodeRefused(code=code)
    return code


def _row(session: Session, kind: type[Kept], row_id: int | None) -> Kept | None:
    return None if row_id is None else session.get_one(kind, row_id)


def _added(session: Session, row: Kept) -> Kept:
    session.add(row)
    return row


def _demand_free(
    session: Session, kind: type[Department] | type[Major], word: str, name: str, own: int | None
) -> None:
    owner = session.scalar(select(kind.id).where(kind.name == name))
    if owner is not None and owner != own:
        raise NameTaken(kind=word, name=name)


def _demand_free_class(session: Session, cohort: Cohort, name: str, own: int | None) -> None:
    owner = session.scalar(
        select(ClassGroup.id).where(ClassGroup.cohort_year == cohort.year, ClassGroup.name == name)
    )
    if owner is not None and owner != own:
        raise NameTaken(kind="班级", name=f"{cohort.name}{name}")


def _demand_unused(session: Session, kind: str, name: str, uses: Uses) -> None:
    tables = {"专业": Major.id, "班级": ClassGroup.id, "学籍记录": LedgerEntry.id}
    for users, condition in uses.items():
        if session.scalar(select(tables[users]).where(condition).limit(1)) is not None:
            raise StillInUse(kind=kind, name=name, users=users)


def _major_serial(session: Session, serial: str, own: int | None) -> int:
    text = serial.strip()
    if not text:
        return (session.scalar(select(func.max(Major.serial))) or 0) + 1
    if not text.isdecimal() or int(text) < 1:
        raise SerialRefused(kind="专业序号", serial=serial)
    owner = session.scalars(select(Major).where(Major.serial == int(text))).first()
    if owner is not None and owner.id != own:
        raise SerialTaken(kind="专业序号", serial=int(text), owner=owner.name)
    return int(text)


def _class_serial(session: Session, row: ClassGroup) -> int:
    """The next 班序 of the cohort and major that a class goes to."""
    highest = session.scalar(
        select(func.max(ClassGroup.serial)).where(
            ClassGroup.cohort_year == row.cohort.year,
            ClassGroup.major_id == (row.major.id if row.major else None),
            ClassGroup.id != row.id,
        )
    )
    return (highest or 0) + 1


def _inhabited(session: Session, class_id: int) -> bool:
    entry = LedgerEntry
    query = select(entry.id).where(
        or_(entry.to_class_id == class_id, entry.from_class_id == class_id)
    )
    return session.scalar(query.limit(1)) is not None
