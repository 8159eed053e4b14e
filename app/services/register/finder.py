"""查找: the index of everybody kept in memory while the register is open, and what a find shows."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from app.models.vocabulary import Status
from app.services.clock import today
from app.services.exchange.plan import register_state
from app.services.register.ledger import Moment
from app.services.register.search import SearchIndex
from app.services.register.students import (
    Scope,
    StudentRow,
    search_index,
    student_photos,
    student_rows,
)
from app.services.vault.database import Database

#: How many people a find shows at most.
LIMIT: Final = 30
_TAIL: Final = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """One person found: `how` says by what, `span` which part of the name to emphasise.

    Of an identity number only its tail is shown.
    """

    id: int
    name: str
    reading: str
    number: str
    cohort: int
    class_group: str
    status: Status
    birth_year: int | None
    photo: str | None
    how: str = ""
    span: tuple[int, int] = (0, 0)

    @property
    def group(self) -> str:
        """What was matched, for a heading over hits of one kind: 姓名, 拼音, 学号 …"""
        return self.how.partition(" ")[0]


class Finder:
    """Finds people as the registrar types; call it from one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = SearchIndex()
        self._state = -1

    def refresh(self) -> None:
        """Take in what changed since; free when nothing did."""
        with self._database.read() as session:
            state = register_state(session)
            if state != self._state:
                self._index = search_index(session)
                self._state = state

    def find(self, text: str, limit: int = LIMIT) -> list[Hit]:
        """The people whom the text finds, best first, those of one kind of match together."""
        self.refresh()
        hits = self._shown(self._index.find(text, limit), text)
        groups = list(dict.fromkeys(hit.group for hit in hits))
        return sorted(hits, key=lambda hit: groups.index(hit.group))

    def people(self, ids: Sequence[int]) -> list[Hit]:
        """These people in this order, for a list of recent ones."""
        return self._shown(ids, "")

    def _shown(self, ids: Sequence[int], text: str) -> list[Hit]:
        with self._database.read() as session:
            moment = Moment(today(), upcoming=True)
            rows = {row.id: row for row in student_rows(session, moment, Scope(ids=ids))}
            photos = student_photos(session, ids, moment)
        hits = []
        for identity in ids:
            row = rows.get(identity)
            if row is None:
                continue
            how, span = _match(row, text)
            hits.append(
                Hit(
                    id=row.id,
                    name=row.name,
                    reading=row.reading,
                    number=row.number or "",
                    cohort=row.cohort,
                    class_group=row.class_group,
                    status=row.status,
                    birth_year=row.birth_date.year if row.birth_date else None,
                    photo=photos.get(row.id),
                    how=how,
                    span=span,
                )
            )
        return hits


def _match(row: StudentRow, text: str) -> tuple[str, tuple[int, int]]:
    """By what the text found this person, and the part of the name that it spells."""
    wanted = "".join(text.lower().split()).replace("'", "")
    if not wanted:
        return "", (0, 0)
    if (start := row.name.lower().find(wanted)) >= 0:
        return "姓名", (start, start + len(wanted))
    if wanted.isalpha() and wanted.isascii():
        return "拼音", _spelled(row.name, row.reading.split(), wanted)
    for how, number in (("学号", row.number), ("考生号", row.exam_number)):
        if number and wanted in number:
            return f"{how} {number}", (0, 0)
    if row.id_number and wanted in row.id_number.lower():
        return f"身份证号尾号 {row.id_number[-_TAIL:]}", (0, 0)
    if wanted in (row.person.get("phone") or ""):
        return f"电话 {row.person['phone']}", (0, 0)
    return "其他", (0, 0)


def _spelled(name: str, syllables: Sequence[str], wanted: str) -> tuple[int, int]:
    """The characters of the name whose initials, or whose pinyin, the letters are."""
    letters = [index for index, character in enumerate(name) if character not in "·•"]
    if len(letters) != len(syllables):
        return 0, 0
    initials = "".join(syllable[0] for syllable in syllables)
    if (at := initials.find(wanted)) >= 0:
        return letters[at], letters[at + len(wanted) - 1] + 1
    whole = "".join(syllables)
    ends = list(accumulate(map(len, syllables)))
    if (at := whole.find(wanted)) >= 0:
        first, last = bisect_right(ends, at), bisect_left(ends, at + len(wanted))
        return letters[first], letters[last] + 1
    return 0, 0
