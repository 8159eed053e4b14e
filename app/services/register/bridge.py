"""人数的来龙去脉 between two days or two states of knowledge: opening + in − out = closing.

The way from one moment to another has two legs: what was learned since, seen on the first day;
then what happened from the first day to the second, as is known at the second.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.models.ledger import LedgerEntry
from app.models.student import Student
from app.models.vocabulary import CountBase, Kind
from app.services.register.headcount import headcount, present_in
from app.services.register.ledger import Moment
from app.services.register.queries import among
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: Causes that are no kind of entry.
VOIDED: Final = "作废"
RESTATED: Final = "先后次序"

#: Who came and who went, and how often, by the cause and whether it was learned.
_Moves: TypeAlias = defaultdict[tuple[str, bool], tuple[Counter[int], Counter[int]]]


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody behind a number."""

    id: int
    name: str
    number: str | None


@dataclass(frozen=True, slots=True)
class BridgeLine:
    """One cause and who came or went by it; `learned`: it was entered between the two moments.

    Who went, came back and went again has gone twice by the one cause and come once by the other.
    """

    cause: str
    learned: bool
    entered: tuple[Named, ...]
    left: tuple[Named, ...]

    @property
    def label(self) -> str:
        """As the table shows it."""
        return f"后来登记：{self.cause}" if self.learned else self.cause


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one moment to another, for the whole register or one class."""

    base: CountBase
    first: Moment
    second: Moment
    opening: tuple[int, ...]
    lines: tuple[BridgeLine, ...]
    closing: tuple[int, ...]

    @property
    def balanced(self) -> bool:
        """Opening + in − out = closing, person by person."""
        expected = Counter(self.opening)
        for line in self.lines:
            expected.update(person.id for person in line.entered)
            expected.subtract(person.id for person in line.left)
        return expected == Counter(self.closing)


class Bridges:
    """Explanations of two counts of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(
        self,
        actor: Actor,
        first: Moment,
        second: Moment,
        *,
        base: CountBase = CountBase.ON_REGISTER,
        class_id: int | None = None,
    ) -> Bridge:
        """How the count of the first moment becomes that of the second."""
        actor.require_sight()
        with self._database.read() as session:
            return bridge(session, first, second, base=base, class_id=class_id)


def bridge(
    session: Session,
    first: Moment,
    second: Moment,
    *,
    base: CountBase = CountBase.ON_REGISTER,
    class_id: int | None = None,
) -> Bridge:
    """See Bridges.between."""
    opening = present_in(session, base, first, class_id)
    middle = present_in(session, base, Moment(first.as_of, second.known_on), class_id)
    closing = present_in(session, base, second, class_id)
    moves: _Moves = defaultdict(lambda: (Counter(), Counter()))
    for student_id, cause in _learned(session, opening ^ middle, first, second).items():
        moves[cause, True][student_id in opening][student_id] += 1
    for (kind, entered), ids in _happened(session, first, second, base, class_id).items():
        moves[kind.value, False][not entered].update(ids)
    people = _people(session, {one for sides in moves.values() for side in sides for one in side})
    lines = (
        BridgeLine(
            cause,
            learned,
            tuple(people[one] for one in sorted((came - went).elements())),
            tuple(people[one] for one in sorted((went - came).elements())),
        )
        for (cause, learned), (came, went) in sorted(moves.items(), key=_order)
        if came != went  # who came and went by the same cause has not moved
    )
    return Bridge(base, first, second, tuple(sorted(opening)), tuple(lines), tuple(sorted(closing)))


def _order(item: tuple[tuple[str, bool], object]) -> tuple[bool, int, bool, str]:
    """What was learned first, then the kinds in the order of the vocabulary, then their 冲正."""
    cause, learned = item[0]
    kinds = [kind.value for kind in Kind]
    word = cause.removeprefix(Kind.REVERSAL.value)
    place = kinds.index(word) if word in kinds else len(kinds)
    return not learned, place, cause != word, cause


def _happened(
    session: Session, first: Moment, second: Moment, base: CountBase, class_id: int | None
) -> dict[tuple[Kind, bool], list[int]]:
    """Who crossed the border between the two days; backwards what came in went out."""
    if first.as_of == second.as_of:
        return {}
    forwards = first.as_of < second.as_of
    begin, end = sorted((first.as_of, second.as_of))
    count = headcount(session, begin + timedelta(days=1), end, base=base, known_on=second.known_on)
    found: dict[tuple[Kind, bool], list[int]] = defaultdict(list)
    for move in count.movements:
        if move.class_id == class_id if class_id is not None else move.at_border:
            found[move.kind, move.entered == forwards].append(move.student_id)
    return found


def _learned(session: Session, moved: set[int], first: Moment, second: Moment) -> dict[int, str]:
    """What was entered between the two moments of knowledge about each who came or went by it."""
    if not moved:
        return {}
    begin, end = _span(first.known_on, second.known_on)
    reversed_entry = aliased(LedgerEntry)
    query = (
        select(LedgerEntry.student_id, LedgerEntry.kind, reversed_entry.kind)
        .outerjoin(reversed_entry, reversed_entry.id == LedgerEntry.reverses_id)
        .where(
            among(LedgerEntry.student_id, moved),
            LedgerEntry.effective_date <= first.as_of,
        )
        .order_by(LedgerEntry.recorded_at, LedgerEntry.id)
    )
    if begin is not None:
        query = query.where(LedgerEntry.recorded_at > begin)
    if end is not None:
        query = query.where(LedgerEntry.recorded_at <= end)
    causes = {
        student_id: f"{kind.value}{of.value}" if of else kind.value
        for student_id, kind, of in session.execute(query)
    }
    voided = select(Student.id).where(among(Student.id, moved), Student.voided_at.is_not(None))
    if begin is not None:
        voided = voided.where(Student.voided_at > begin)
    if end is not None:
        voided = voided.where(Student.voided_at <= end)
    causes |= dict.fromkeys(session.scalars(voided), VOIDED)
    return {one: causes.get(one, RESTATED) for one in moved}


def _span(one: datetime | None, other: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The earlier and the later knowledge; None is now, the latest of all."""
    if one is None or other is None:
        return one or other, None
    return min(one, other), max(one, other)


def _people(session: Session, ids: Iterable[int]) -> dict[int, Named]:
    query = select(Student.id, Student.name, Student.number).where(among(Student.id, ids))
    return {row[0]: Named(*row) for row in session.execute(query)}
