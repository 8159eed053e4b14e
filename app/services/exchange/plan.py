"""Comparing a checked table with the register: what accepting it would do, line by line.

What is previewed here is exactly what `batches.accept` writes.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.audit import AuditEntry
from app.models.exchange import Batch
from app.models.fields import FIELD_BY_NAME, GUARDIANS, Place, of_guardian
from app.models.organisation import ClassGroup, Department, Major
from app.models.rules.names import comparable_name, matches_damaged
from app.models.student import Guardian, Student
from app.models.vocabulary import Status
from app.services.clock import today
from app.services.errors import EntryYearUnknown
from app.services.exchange.checks import (
    CATALOGUE_YEARS,
    CheckedRow,
    CheckedTable,
    Conflict,
    Fault,
    Note,
)
from app.services.register.ledger import Moment
from app.services.register.queries import among
from app.services.register.students import Scope, StudentRow, student_rows
from app.services.settings import Settings
from app.services.standards import Standards


class Profile(StrEnum):
    """What a table is taken for."""

    ADMISSION = "录取名册"  # may create students
    SUPPLEMENT = "补充信息"  # only adds to students who are in the register


class Verdict(StrEnum):
    """What accepting a line does."""

    CREATED = "新增"
    UPDATED = "修改"
    UNCHANGED = "无变化"
    REFUSED = "拒绝"


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that accepting the line writes; `guardian` is the place of that guardian."""

    field: str
    old: Any
    new: Any
    guardian: int | None = None

    @property
    def label(self) -> str:
        """The Chinese name of the field."""
        return FIELD_BY_NAME[self.field].label


@dataclass(frozen=True, slots=True)
class Difference:
    """The file says otherwise than the register, and accepting it changes nothing there."""

    sheet: str
    row: int
    column: str
    field: str
    name: str
    here: str
    there: str

    @property
    def sentence(self) -> str:
        """For people: who, what, here and there."""
        label = FIELD_BY_NAME[self.field].label
        here = self.here or "空"
        return f"第 {self.row} 行 {self.name}：{label}本机为“{here}”，文件为“{self.there}”。"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row of the file and what becomes of it; `name` is the student's, as far as known."""

    sheet: str
    row: int
    verdict: Verdict
    student_id: int | None
    values: Mapping[str, Any]
    changes: tuple[CellChange, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything accepting a file would do; `audit_seq` is the state that it was compared with.

    `seen_before` is the batch by which the very same file is in already.
    """

    source_name: str
    source_sha256: str
    profile: Profile
    entry_year: int | None
    lines: tuple[PlanLine, ...]
    faults: tuple[Fault, ...]
    notes: tuple[Note, ...]
    remarks: tuple[str, ...]
    differences: tuple[Difference, ...]
    makes: tuple[str, ...]
    audit_seq: int
    seen_before: int | None = None

    def count(self, verdict: Verdict) -> int:
        """How many lines have this verdict."""
        return sum(line.verdict is verdict for line in self.lines)


#: Numbers that name a person; what stands here in the register is never overwritten by a file.
NUMBERS: Final = ("exam_number", "number", "id_number")


def compare(
    session: Session,
    checked: CheckedTable,
    standards: Standards,
    *,
    source_name: str,
    source_sha256: str,
    profile: Profile | None = None,
    entry_year: int | None = None,
    year_needed: bool = True,
) -> Plan:
    """Match each faultless row with the register and say what it would change.

    Raises EntryYearUnknown for new students of nobody knows which year; with `year_needed` false
    the plan is made without one, and cannot be accepted yet.
    """
    comparison = _Comparison(session, checked, standards)
    profile = profile or comparison.profile()
    lines = [comparison.line(row, profile) for row in checked.rows]
    year = None
    if any(line.verdict is Verdict.CREATED for line in lines):
        year = entry_year or checked.entry_year or _year_of_exam_numbers(lines)
        if year is None and year_needed:
            raise EntryYearUnknown(file=source_name)
    waiting = comparison.waiting if profile is Profile.ADMISSION else 0
    seen = _seen_before(session, source_sha256)
    return Plan(
        source_name=source_name,
        source_sha256=source_sha256,
        profile=profile,
        entry_year=year,
        lines=tuple(lines),
        faults=tuple(sorted([*checked.faults, *comparison.faults], key=lambda f: (f.sheet, f.row))),
        notes=checked.notes,
        remarks=(
            *checked.remarks,
            *([_seen_sentence(seen)] if seen else ()),
            *([_WAITING.format(count=waiting)] if waiting else ()),
        ),
        differences=tuple(comparison.differences),
        makes=tuple(_makes(session, lines, year)),
        audit_seq=register_state(session),
        seen_before=seen.id if seen else None,
    )


#: 学制 where the list says none: the five-year course.
_COURSE: Final = "5"

_WAITING: Final = (
    "有 {count} 人在登记中还是“已录取”，再导入名册不会替他们注册；"
    "报到后用 xueji change 考生号 入学注册 --date 日期 逐人办理。"
)


def register_state(session: Session) -> int:
    """A number that is another one after every change of a record; looking changes nothing."""
    changes = select(AuditEntry.seq).where(AuditEntry.record != "")
    return session.scalar(changes.order_by(AuditEntry.seq.desc()).limit(1)) or 0


class _Comparison:
    """One table against the register as it stands."""

    def __init__(self, session: Session, checked: CheckedTable, standards: Standards) -> None:
        self._standards = standards
        self._codes = set(session.scalars(select(Major.code).where(Major.code != "")))
        self._checked = checked
        scope = Scope(ids=_candidates(session, checked.rows))
        rows = student_rows(session, Moment(today(), upcoming=True), scope)
        self._rows = {row.id: row for row in rows}
        self._guardians: dict[int, list[Guardian]] = defaultdict(list)
        guardians = select(Guardian).where(among(Guardian.student_id, self._rows))
        for guardian in session.scalars(guardians.order_by(Guardian.position)):
            self._guardians[guardian.student_id].append(guardian)
        self._by_number: dict[str, dict[str, int]] = {name: {} for name in NUMBERS}
        self._by_person: dict[tuple[str, date | None], list[int]] = defaultdict(list)
        for row in self._rows.values():
            for name in NUMBERS:
                if number := getattr(row, name):
                    self._by_number[name][number] = row.id
            self._by_person[comparable_name(row.name), row.birth_date].append(row.id)
        self.waiting = 0  # known, yet not registered: a list does not do that unasked
        self._said_of_majors: set[tuple[str, str, str]] = set()
        self._met: dict[int, CheckedRow] = {}
        self.faults: list[Fault] = []
        self.differences: list[Difference] = []

    def profile(self) -> Profile:
        """Only a list that names each student's major can be an admission list."""
        columns = set(self._checked.columns)
        by_title = bool(self._checked.majors)
        if not (by_title or columns & {"major", "major_code"}) or not columns & {
            "exam_number",
            "id_number",
        }:
            return Profile.SUPPLEMENT
        if ("exam_number" in columns and not by_title) or not self._rows:
            return Profile.ADMISSION
        sound = [row for row in self._checked.rows if not row.faults]
        known = sum(bool(self._matches(row)) for row in sound)
        return Profile.SUPPLEMENT if known * 2 > len(sound) else Profile.ADMISSION

    def line(self, row: CheckedRow, profile: Profile) -> PlanLine:
        """The verdict on one row."""
        if row.faults:
            return self._as(row, Verdict.REFUSED)
        if row.repeats is not None:
            return self._as(row, Verdict.UNCHANGED)
        matches = self._matches(row)
        if len(set(matches.values())) > 1:
            return self._refuse(row, *self._contradiction(matches))
        if not matches:
            return self._stranger(row, profile)
        found = self._rows[next(iter(matches.values()))]
        earlier = self._met.setdefault(found.id, row)
        if earlier is not row:
            problem = f"与第 {earlier.row} 行是同一名学生（{found.name}）"
            return self._refuse(row, next(iter(matches)), problem, "请合并成一行，或删去其中一行。")
        conflicts = [fault for fault in self._conflicts(row, found) if fault]
        if conflicts:
            self.faults.extend(conflicts)
            return self._as(row, Verdict.REFUSED, found.id)
        changes = (*self._person_changes(row, found), *self._family_changes(row, found))
        self.differences.extend(self._standing_differences(row, found))
        self.waiting += found.status is Status.ADMITTED
        return replace(
            self._as(row, Verdict.UPDATED if changes else Verdict.UNCHANGED, found.id),
            changes=changes,
            name=found.name,
        )

    def _matches(self, row: CheckedRow) -> dict[str, int]:
        """Students that the row's numbers lead to; without any, the one of that name and birth.

        Nobody is meant whom one of the row's numbers contradicts: namesakes are born on one day.
        """
        found = {
            name: self._by_number[name][number]
            for name in NUMBERS
            if (number := str(row.values.get(name, ""))) in self._by_number[name]
        }
        # The school's own 学号 and the platform's may coincide for two people: it decides alone.
        if len(found) > 1:
            found.pop("number", None)
        name, born = row.values.get("name"), row.values.get("birth_date")
        if not found and name and isinstance(born, date):
            people = [
                person
                for person in self._by_person.get((comparable_name(str(name)), born), [])
                if not self._contradicted(row, self._rows[person])
            ]
            if len(people) == 1:
                found = {"name": people[0]}
        return found

    @staticmethod
    def _contradicted(row: CheckedRow, person: StudentRow) -> bool:
        return any(
            name in row.values and getattr(person, name) not in (None, row.values[name])
            for name in NUMBERS
        )

    def _stranger(self, row: CheckedRow, profile: Profile) -> PlanLine:
        if profile is Profile.SUPPLEMENT:
            return self._refuse(
                row,
                next((name for name in (*NUMBERS, "name") if name in row.values), "name"),
                "学籍登记中没有这个人",
                "请核对号码和姓名；新生请先用录取名册导入。",
            )
        if row.name_damaged:
            return self._refuse(
                row,
                "name",
                "姓名中有字在原表里已变成“??”",
                "请到原表或身份证上查出这个字，改好后重新导入这一行。",
            )
        if "major" not in row.values and not self._known_code(row):
            return self._refuse(
                row,
                "major_code" if "major_code" in row.values else "major",
                "没有专业，或专业代码不在专业目录里",
                "请补上录取专业的名称后重新导入这一行。",
            )
        return self._as(row, Verdict.CREATED)

    def _known_code(self, row: CheckedRow) -> bool:
        """Whether the code alone says which major it is: in the register or in a catalogue."""
        code = str(row.values.get("major_code", ""))
        return code in self._codes or any(
            self._standards.major_by_code(code, year) for year in CATALOGUE_YEARS
        )

    def _conflicts(self, row: CheckedRow, found: StudentRow) -> Iterable[Fault | None]:
        """Key fields that the register holds otherwise: a 信息变更 case, never an update."""
        for name, new in row.values.items():
            field = FIELD_BY_NAME[name]
            old = found.person.get(name)
            if not field.key or old is None or self._same(row, name, old, new):
                continue
            yield self._conflict(
                row,
                name,
                f"与登记不一致：登记的{field.label}是“{old}”",
                "关键信息不随导入改变。若文件有误请改文件；若登记应改，请凭证明办理信息变更。",
            )

    @staticmethod
    def _same(row: CheckedRow, name: str, old: Any, new: Any) -> bool:
        if name != "name":
            return bool(old == new)
        if row.name_damaged:
            return matches_damaged(new, old)
        return comparable_name(old) == comparable_name(new)

    def _person_changes(self, row: CheckedRow, found: StudentRow) -> Iterable[CellChange]:
        for name, new in row.values.items():
            field = FIELD_BY_NAME[name]
            if field.place is not Place.PERSON or (name == "name" and found.name):
                continue
            old = found.person.get(name)
            if old == new or (field.key and old is not None):
                continue
            if name == "exam_number" and old is not None:
                self.differences.append(self._difference(row, name, found, old, str(new)))
                continue
            yield CellChange(name, old, new)

    def _family_changes(self, row: CheckedRow, found: StudentRow) -> Iterable[CellChange]:
        """A guardian is known by name: another name is another member of the family."""
        known = self._guardians[found.id]
        position = max((item.position for item in known), default=0) + 1
        for which in GUARDIANS:
            given = of_guardian(row.values, which)
            # a second one without a name is nobody, the first may be meant by his place
            if given and (which == GUARDIANS[0] or "name" in given):
                changes = list(self._guardian_changes(given, known, position))
                position += any(change.guardian == position for change in changes)
                yield from changes

    @staticmethod
    def _guardian_changes(
        given: Mapping[str, Any], known: Sequence[Guardian], free: int
    ) -> Iterable[CellChange]:
        """What one family member's cells change; who is not known yet gets the place `free`."""
        guardian = next(
            (
                item
                for item in known
                if "name" not in given
                or comparable_name(item.name) == comparable_name(str(given["name"]))
            ),
            None,
        )
        if guardian is None and "name" not in given:
            return  # a telephone of nobody
        position = guardian.position if guardian else free
        for name, new in sorted(given.items(), key=lambda item: item[0] != "name"):
            old = getattr(guardian, name) if guardian else None
            if old != new and not (guardian and name == "name"):
                yield CellChange(f"guardian_{name}", old, new, guardian=position)

    def _standing_differences(self, row: CheckedRow, found: StudentRow) -> Iterable[Difference]:
        here = {
            "number": found.number or "",
            "class_group": found.class_group,
            "major": found.major,
            "cohort": str(found.cohort),
        }
        for name, value in here.items():
            there = str(row.values.get(name, ""))
            same = {value, value.removeprefix(found.major)} if name == "class_group" else {value}
            if there and there.removesuffix("级") not in same:
                yield self._difference(row, name, found, value, there)
        if row.values.get("major", found.major) == found.major:
            yield from self._major_differences(row, found)

    def _major_differences(self, row: CheckedRow, found: StudentRow) -> Iterable[Difference]:
        """What the file says otherwise of the major itself, once for each major."""
        for name, here in (("major_code", found.major_code), ("department", found.department)):
            there = str(row.values.get(name, ""))
            said = (name, found.major, there)
            if there and there != here and said not in self._said_of_majors:
                self._said_of_majors.add(said)
                yield replace(
                    self._difference(row, name, found, here, there), name=f"专业“{found.major}”"
                )

    def _contradiction(self, matches: Mapping[str, int]) -> tuple[str, str, str]:
        people = "，".join(
            f"{FIELD_BY_NAME[name].label}是{self._rows[found].name}的"
            for name, found in matches.items()
        )
        return next(iter(matches)), f"号码指向两个人：{people}", "请核对这一行的号码。"

    def _difference(
        self, row: CheckedRow, name: str, found: StudentRow, here: str, there: str
    ) -> Difference:
        column = row.columns.get(name)
        letter = column.letter if column else ""
        return Difference(row.sheet, row.row, letter, name, found.name, here, there)

    def _refuse(self, row: CheckedRow, name: str, problem: str, remedy: str) -> PlanLine:
        self.faults.append(self._fault(row, name, problem, remedy))
        return self._as(row, Verdict.REFUSED)

    def _fault(self, row: CheckedRow, name: str, problem: str, remedy: str) -> Fault:
        column = row.columns.get(name)
        return Fault(
            sheet=row.sheet,
            row=row.row,
            column=column.letter if column else "",
            header=column.header if column else FIELD_BY_NAME[name].label,
            field=name,
            value=str(row.values.get(name, "")),
            problem=problem,
            remedy=remedy,
        )

    def _conflict(self, row: CheckedRow, name: str, problem: str, remedy: str) -> Conflict:
        fault = self._fault(row, name, problem, remedy)
        return Conflict(*(getattr(fault, part.name) for part in fields(Fault)))

    @staticmethod
    def _as(row: CheckedRow, verdict: Verdict, student_id: int | None = None) -> PlanLine:
        name = str(row.values.get("name", ""))
        return PlanLine(row.sheet, row.row, verdict, student_id, row.values, name=name)


def _candidates(session: Session, rows: Sequence[CheckedRow]) -> list[int]:
    """Ids of all students that a row might mean: by a number, or by the day of birth."""
    numbers = {name: {str(row.values.get(name, "")) for row in rows} - {""} for name in NUMBERS}
    born = {row.values["birth_date"] for row in rows if "birth_date" in row.values}
    return list(
        session.scalars(
            select(Student.id).where(
                Student.voided_at.is_(None),
                or_(
                    *(among(getattr(Student, name), found) for name, found in numbers.items()),
                    among(Student.birth_date, map(str, born)),
                ),
            )
        )
    )


def person_values(line: PlanLine, settings: Settings, entry_year: int) -> dict[str, Any]:
    """The columns of a new student: the row, and what follows from the year of entry."""
    years = str(line.values.get("years") or _COURSE)
    values: dict[str, Any] = {
        "level": settings.level,
        "study_form": settings.study_form,
        "years": years,
        "entry_date": date(entry_year, 9, 1),
        "expected_graduation": date(entry_year + course_years(years), 6, 30),
    }
    given = {
        name: value
        for name, value in line.values.items()
        if FIELD_BY_NAME[name].place is Place.PERSON
    }
    return values | given


def course_years(text: str) -> int:
    """Years until graduation of a 学制 such as 5, 4.5 or 3+2."""
    return math.ceil(sum(map(float, text.split("+"))))


def _year_of_exam_numbers(lines: Sequence[PlanLine]) -> int | None:
    """The first two digits of most 考生号: 26… entered in 2026."""
    starts = Counter(
        str(line.values["exam_number"])[:2]
        for line in lines
        if line.verdict is Verdict.CREATED and line.values.get("exam_number")
    )
    start = starts.most_common(1)[0][0] if starts else ""
    return 2000 + int(start) if start.isascii() and start.isdigit() else None


def _seen_before(session: Session, sha256: str) -> Batch | None:
    return session.scalars(
        select(Batch).where(Batch.source_sha256 == sha256, Batch.undone_at.is_(None))
    ).first()


def _seen_sentence(batch: Batch) -> str:
    day = batch.recorded_at.astimezone().date()
    return f"同一份文件已于 {day} 导入过（第 {batch.id} 批）。"


def _makes(session: Session, lines: Sequence[PlanLine], year: int | None) -> Iterable[str]:
    """Names of majors, departments and classes that the new students bring with them."""
    new = [line.values for line in lines if line.verdict is Verdict.CREATED]
    for field, label, known in (
        ("major", "专业", set(session.scalars(select(Major.name)))),
        ("department", "系部", set(session.scalars(select(Department.name)))),
        (
            "class_group",
            "班级",
            set(session.scalars(select(ClassGroup.name).where(ClassGroup.cohort_year == year))),
        ),
    ):
        names = dict.fromkeys(values[field] for values in new if values.get(field))
        yield from (f"{label} {name}" for name in names if name not in known)
