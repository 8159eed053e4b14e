"""更正和信息变更: a person's data or place set right, with basis, date and the value before."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.cases import Application
from app.models.fields import FIELD_BY_NAME, STUDENT_FIELDS, Place, StudentField
from app.models.ledger import LedgerEntry
from app.models.rules.names import damaged_by_codepage
from app.models.rules.transitions import KEY_FIELD_PAPER, RULES
from app.models.student import FieldChange, Student
from app.models.vocabulary import Kind, Role, Signatory
from app.services.clock import now, today
from app.services.errors import CorrectionRefused
from app.services.exchange.checks import OWN_NUMBERS, check_person
from app.services.register import ledger
from app.services.register.cases import Case
from app.services.register.evidence import Given, Scan, add_signatures, file_scans, read_scans
from app.services.register.students import as_stored, from_stored, name_keys
from app.services.standards import Standards
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

_FIELDS: Final = {
    word: field
    for field in STUDENT_FIELDS
    for word in (field.name, field.label, *field.synonyms)
    if field.place is Place.PERSON or field.name in {"class_group", "major"}
}
#: These testify against each other: whoever changes one must leave them in accord.
_IDENTITY: Final = ("id_type", "id_number", "sex", "birth_date")


@dataclass(frozen=True, slots=True)
class CorrectedField:
    """One value that was set right; `effective_date` is from when the new one holds."""

    label: str
    old: str | None
    new: str | None
    effective_date: date


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """What a correction did; `entry_id` is the 更正 in the ledger when the place changed,
    `application_id` the 信息变更 that changed key fields rest on."""

    name: str
    number: str | None
    fields: tuple[CorrectedField, ...]
    entry_id: int | None
    application_id: int | None
    notes: tuple[str, ...]


class Corrections:
    """Corrections in one register."""

    def __init__(self, database: Database, media: MediaStore, standards: Standards) -> None:
        self._database = database
        self._media = media
        self._standards = standards

    def correct(
        self,
        actor: Actor,
        student_id: int,
        values: Mapping[str, str],
        *,
        basis: str,
        on: date | None = None,
        evidence: Sequence[Given] = (),
        signed: AbstractSet[Signatory] = frozenset(),
        decision: str = "",
    ) -> CorrectionRow:
        """Set fields (by label or name; empty text clears) right; raises CorrectionRefused.

        `on` is from when the new value holds: the day of entry says that it always did, the
        default is today, and for what was blank the day of entry. A day to come is refused for
        what concerns the person; class and major go through the ledger. Key fields demand evidence
        and make a 信息变更 case; name and identity number together stop until `decision` says who
        decided it, since with both changed nothing else says that it is the same person.
        """
        actor.require(Role.RECORD)
        scans, problems = read_scans(evidence)
        with self._database.write(actor, "更正", basis) as session:
            student = session.get_one(Student, student_id)
            work = Correction(session, actor, student, basis, on)
            work.problems += problems
            given = work.understand(values)
            if any(field.key for field in given) and not any(
                KEY_FIELD_PAPER.accepts(kind) for _, kind in evidence
            ):
                work.problems.append(
                    f"关键信息须凭证明材料（如{'、'.join(KEY_FIELD_PAPER.words)}）"
                )
            work.check_person(given, self._standards)
            work.check_both(decision)
            work.check_place(given)
            if not work.problems and not work.news and not work.case:
                work.problems.append("与现在的登记相同，没有要更正的")
            if work.problems:
                raise CorrectionRefused(name=student.name, problems="；".join(work.problems))
            return work.write(scans, self._media, signed)


class Correction:
    """One correction: what is in its way gathers in `problems`, what it changes in `news`.

    `faults` are the problems of single fields: its name and the sentence for beside it.
    """

    def __init__(
        self, session: Session, actor: Actor, student: Student, basis: str, on: date | None
    ) -> None:
        self.problems: list[str] = [] if basis.strip() else ["没有写明依据"]
        self.faults: list[tuple[str, str]] = []
        self.news: dict[str, Any] = {}
        self.case: Case | None = None
        self._destination: tuple[int | None, int | None] = (None, None)
        self.notes: list[str] = []
        self._application_id: int | None = None
        self._session = session
        self._actor = actor
        self._student = student
        self._basis = basis
        self._on = on

    def understand(self, values: Mapping[str, str]) -> dict[StudentField, str]:
        """The fields that are meant, with the text given for each."""
        given = {}
        for word, text in values.items():
            field = _FIELDS.get(word)
            if field is None:
                known = "、".join(dict.fromkeys(field.label for field in _FIELDS.values()))
                self.problems.append(f"“{word}”不能在这里更正（可以更正：{known}）")
            elif not text and (field.key or field.place is Place.STANDING):
                self._blame(field.name, f"{field.label}不能清空")
            else:
                given[field] = text
        return given

    def _blame(self, name: str, problem: str) -> None:
        self.problems.append(problem)
        self.faults.append((name, f"{problem}。"))

    # --- the person ---

    def check_person(self, given: Mapping[StudentField, str], standards: Standards) -> None:
        """Read the new values as an import would, and compare them with the register."""
        texts = {f.name: text for f, text in given.items() if f.place is Place.PERSON}
        if not texts:
            return
        if self._on and self._on > today():
            labels = "、".join(FIELD_BY_NAME[name].label for name in texts)
            self.problems.append(
                f"{labels}不能从将来的日期（{self._on}）起更正，请到那一天再办，或写不晚于今天的日期"
            )
        read = self._read(texts, standards)
        for name in texts:
            new = from_stored(name, as_stored(read.get(name)))
            if new != getattr(self._student, name):
                self.news[name] = new
        for name in self.news:
            self._check_owner(name)
            self._check_later(name)
        if "name" in self.news:
            self._check_name(follow="former_name" not in texts)

    def check_both(self, decision: str) -> None:
        """Name and number at once: a decision, which the basis then names."""
        if not {"name", "id_number"} <= self.news.keys():
            return
        if decision.strip():
            self._basis = f"{self._basis}；{decision.strip()}"
        else:
            self.problems.append(
                "姓名和身份证号同时变更，要先由省教育厅决定是不是同一个人，请写明批复的文号"
            )

    def _check_name(self, *, follow: bool) -> None:
        """A new name must be whole; with `follow` the old one becomes a 曾用名.

        It does not where the new one holds from the entry day on: then it was a slip of the list.
        """
        new, old = self.news["name"], self._student.name
        if damaged_by_codepage(new):
            self._blame("name", f"新姓名“{new}”有丢失的字，请按证件输入完整的姓名")
        entered = self._student.entry_date
        later = entered is None or self.from_when("name", old) > entered
        if follow and later and not damaged_by_codepage(old):
            former = (self._student.former_name, old)
            self.news["former_name"] = "、".join(dict.fromkeys(filter(None, former)))

    def _read(self, texts: Mapping[str, str], standards: Standards) -> Mapping[str, Any]:
        row = dict(texts)
        if not row.keys().isdisjoint(_IDENTITY):
            row = {name: as_stored(getattr(self._student, name)) or "" for name in _IDENTITY} | row
        checked = check_person(row, standards, "更正")
        for fault in checked.faults:
            if fault.field in texts or "id_number" in texts:
                self.problems.append(f"{fault.header}“{fault.value}”{fault.problem}")
                self.faults.append((fault.field, f"{fault.problem}。{fault.remedy}"))
        self.notes += [
            f"{note.header}：{note.problem}，{note.remedy}"
            for note in checked.notes
            if note.field in texts
        ]
        return checked.rows[0].values

    def _check_owner(self, name: str) -> None:
        """A number that one person has alone."""
        if name not in OWN_NUMBERS or self.news[name] is None:
            return
        other = self._session.scalars(
            select(Student).where(
                getattr(Student, name) == self.news[name],
                Student.voided_at.is_(None),
                Student.id != self._student.id,
            )
        ).first()
        if other is not None:
            label = FIELD_BY_NAME[name].label
            self._blame(name, f"{label}“{self.news[name]}”已是{other.name}的")

    def _check_later(self, name: str) -> None:
        last = self._last_change(name)
        if last and self._on and last > self._on:
            label = FIELD_BY_NAME[name].label
            self._blame(name, f"{label}已有 {last} 起生效的变更，更正日期不能早于它")

    def _last_change(self, name: str) -> date | None:
        return self._session.scalar(
            select(func.max(FieldChange.effective_date)).where(
                FieldChange.student_id == self._student.id, FieldChange.field == name
            )
        )

    def from_when(self, name: str, old: str | None) -> date:
        """From when the new value of a field holds: as was said, or else since it can be known."""
        if self._on:
            return self._on
        if name == "former_name" and "name" in self.news:
            name, old = "name", self._student.name  # the one follows from the other
        begin = (self._student.entry_date if old is None else None) or today()
        return max(filter(None, (min(begin, today()), self._last_change(name))))

    # --- the place ---

    def check_place(self, given: Mapping[StudentField, str]) -> None:
        """A class or major that was entered wrongly: a 更正 in the ledger."""
        texts = {f.name: text for f, text in given.items() if f.place is Place.STANDING}
        if not texts:
            return
        first = self._session.scalar(
            select(func.min(LedgerEntry.effective_date)).where(
                LedgerEntry.student_id == self._student.id
            )
        )
        on = self._on or max(filter(None, (today(), first)))
        case = Case(self._session, self._student, RULES[Kind.CORRECTION], on)
        self._destination = case.destination(texts.get("class_group"), texts.get("major"))
        case.check_later(*self._destination)
        self.problems += [lack.text for lack in case.lacks]
        if any(self._destination):
            self.case = case

    # --- writing ---

    def write(
        self, scans: Sequence[Scan], media: MediaStore, signed: AbstractSet[Signatory]
    ) -> CorrectionRow:
        """Keep what changes, with the values before; nothing can be refused any more."""
        at = now()
        name = self._student.name
        self._open_application(at, signed)
        fields = [self._write_field(field, new, scans, media, at) for field, new in
                  self.news.items()]  # fmt: skip
        if changed := self.news.keys() & {"name", "former_name"}:
            student = self._student
            spoken = None if "name" in changed else student.reading
            keys = name_keys(student.name, student.former_name, spoken=spoken)
            for key, value in keys.items():
                setattr(student, key, value)
        entry = self._write_place(scans, media, at)
        self._session.flush()
        return CorrectionRow(
            name=name,
            number=self._student.number,
            fields=tuple(fields),
            entry_id=entry.id if entry else None,
            application_id=self._application_id,
            notes=tuple(self.notes),
        )

    def _open_application(self, at: datetime, signed: AbstractSet[Signatory]) -> None:
        """The 信息变更 case of key fields, done as soon as it is open."""
        labels = [FIELD_BY_NAME[name].label for name in self.news if FIELD_BY_NAME[name].key]
        if not labels:
            return
        application = Application(
            student_id=self._student.id,
            kind="信息变更",
            content="、".join(labels),
            applied_on=at.date(),
            settled_on=at.date(),
            result=self._basis,
            operator_id=self._actor.id,
            recorded_at=at,
        )
        self._session.add(application)
        self._session.flush()
        self._application_id = application.id
        add_signatures(self._session, self._actor, application, signed, application.applied_on)
        if missing := [who.value for who in Signatory if who not in signed]:
            self.notes.append(f"书面申请还没有登记{'和'.join(missing)}签字（办法第八条）")

    def _write_field(
        self, name: str, new: Any, scans: Sequence[Scan], media: MediaStore, at: datetime
    ) -> CorrectedField:
        old = as_stored(getattr(self._student, name))
        change = FieldChange(
            student_id=self._student.id,
            field=name,
            old=old,
            new=as_stored(new),
            effective_date=self.from_when(name, old),
            recorded_at=at,
            basis=self._basis,
            operator_id=self._actor.id,
        )
        self._session.add(change)
        setattr(self._student, name, new)
        self._session.flush()
        file_scans(
            self._session,
            media,
            scans,
            student_id=self._student.id,
            at=at,
            field_change_id=change.id,
            application_id=self._application_id if FIELD_BY_NAME[name].key else None,
        )
        return CorrectedField(
            FIELD_BY_NAME[name].label, change.old, change.new, change.effective_date
        )

    def _write_place(
        self, scans: Sequence[Scan], media: MediaStore, at: datetime
    ) -> LedgerEntry | None:
        if self.case is None:
            return None
        class_id, major_id = self._destination
        entry = ledger.record(
            self._session,
            self._student,
            Kind.CORRECTION,
            self.case.on,
            operator_id=self._actor.id,
            recorded_at=at,
            to_class_id=class_id,
            to_major_id=major_id,
            reason=self._basis,
        )
        file_scans(
            self._session, media, scans, student_id=self._student.id, at=at, entry_id=entry.id
        )
        return entry
