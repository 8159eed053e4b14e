"""批量修改: the same correction for many, or cells pasted into a list; seen before, kept as one.

What was previewed is what is written: in one unit of work, each record with its FieldChange and
its row in the log. Taking it back is another change, it erases nothing. Key fields have no place
here: 信息变更 of one student with evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.fields import FIELD_BY_NAME
from app.models.student import Student
from app.models.vocabulary import Role
from app.services.progress import Step, Work
from app.services.register.columns import COLUMN_BY_NAME
from app.services.register.corrections import Correction
from app.services.register.queries import among
from app.services.register.students import as_stored
from app.services.standards import Standards
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: The basis of what is typed into a list without another being said.
TYPED: Final = "在名单中修改"


@dataclass(frozen=True, slots=True)
class Edit:
    """One cell: whose, which field, and the text that is to stand there."""

    student_id: int
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class EditLine:
    """What one edit would do. `problem` says why it is refused; without, `old` ≠ `new`."""

    student_id: int
    name: str
    number: str | None
    field: str
    old: str | None
    new: str | None
    problem: str = ""

    @property
    def label(self) -> str:
        """What people call the field."""
        return FIELD_BY_NAME[self.field].label


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What would be changed, what is refused, and how many cells are as they should be."""

    changes: tuple[EditLine, ...]
    refused: tuple[EditLine, ...]
    unchanged: int

    @property
    def people(self) -> int:
        """How many records would be changed."""
        return len({line.student_id for line in self.changes})

    def undone(self) -> tuple[Edit, ...]:
        """The edits that take the changes back."""
        return tuple(Edit(line.student_id, line.field, line.old or "") for line in self.changes)


class BulkEdits:
    """Edits of many cells in one register."""

    def __init__(self, database: Database, media: MediaStore, standards: Standards) -> None:
        self._database = database
        self._media = media
        self._standards = standards

    def preview(self, actor: Actor, edits: Sequence[Edit], basis: str = TYPED) -> Work[BulkPlan]:
        """What the edits would do; writes nothing."""
        actor.require(Role.RECORD)
        with self._database.read() as session:
            plan, _ = yield from self._plan(session, actor, edits, basis)
        return plan

    def apply(
        self,
        actor: Actor,
        edits: Sequence[Edit],
        *,
        basis: str = TYPED,
        action: str = "批量修改",
    ) -> Work[BulkPlan]:
        """Write what can be written in one unit of work; answers what was done and refused.

        Closed in the middle nothing is changed.
        """
        actor.require(Role.RECORD)
        with self._database.write(actor, action, basis) as session:
            plan, ready = yield from self._plan(session, actor, edits, basis)
            for done, correction in enumerate(ready, start=1):
                correction.write((), self._media, frozenset())
                yield Step(done, len(ready), "写入")
        return plan

    def _plan(
        self, session: Session, actor: Actor, edits: Sequence[Edit], basis: str
    ) -> Work[tuple[BulkPlan, list[Correction]]]:
        wanted: dict[int, dict[str, str]] = {}
        for edit in edits:
            wanted.setdefault(edit.student_id, {})[edit.field] = edit.text
        people = {
            student.id: student
            for student in session.scalars(select(Student).where(among(Student.id, wanted)))
        }
        changes: list[EditLine] = []
        refused: list[EditLine] = []
        ready: list[Correction] = []
        cells = 0
        for done, (student_id, values) in enumerate(wanted.items(), start=1):
            student = people[student_id]
            cells += len(values)
            good, correction = self._sort_out(session, actor, student, values, basis, refused)
            if correction is not None and correction.news:
                ready.append(correction)
                changes += [line for line in good if line.old != line.new]
            yield Step(done, len(wanted), student.name)
        unchanged = cells - len(changes) - len(refused)
        return BulkPlan(tuple(changes), tuple(refused), unchanged), ready

    def _sort_out(
        self,
        session: Session,
        actor: Actor,
        student: Student,
        values: Mapping[str, str],
        basis: str,
        refused: list[EditLine],
    ) -> tuple[list[EditLine], Correction | None]:
        """The correction of one student's good cells; the bad ones join `refused`.

        A cell is tried alone only when something is wrong with the row.
        """
        good = dict(values)
        for name, text in values.items():
            if problem := _no_place(student, name):
                refused.append(_line(student, name, text, problem))
                del good[name]
        correction = self._tried(session, actor, student, good, basis)
        if correction.problems:
            for name, text in list(good.items()):
                alone = self._tried(session, actor, student, {name: text}, basis)
                if alone.problems:
                    refused.append(_line(student, name, text, "；".join(alone.problems)))
                    del good[name]
            correction = self._tried(session, actor, student, good, basis)
        if correction.problems:
            problem = "；".join(correction.problems)
            refused += [_line(student, name, text, problem) for name, text in good.items()]
            return [], None
        return [
            _line(student, name, as_stored(correction.news[name]))
            for name in good
            if name in correction.news
        ], correction

    def _tried(
        self,
        session: Session,
        actor: Actor,
        student: Student,
        values: Mapping[str, str],
        basis: str,
    ) -> Correction:
        correction = Correction(session, actor, student, basis, None)
        correction.check_person(correction.understand(values), self._standards)
        return correction


def _no_place(student: Student, name: str) -> str:
    """Why a field cannot be edited in a list; empty: it can."""
    column = COLUMN_BY_NAME[name]
    if student.voided_at is not None:
        return "这条登记已作废"
    if column.key:
        return f"{column.label}是关键信息，请打开该生办理“信息变更”"
    if not column.editable:
        return f"{column.label}不在名单里修改"
    return ""


def _line(student: Student, name: str, new: str | None, problem: str = "") -> EditLine:
    old = as_stored(getattr(student, name, None))
    return EditLine(student.id, student.name, student.number, name, old, new, problem)


def same_for_all(student_ids: Iterable[int], values: Mapping[str, str]) -> tuple[Edit, ...]:
    """The edits that give each of these students the same values."""
    return tuple(
        Edit(student_id, name, text) for student_id in student_ids for name, text in values.items()
    )
