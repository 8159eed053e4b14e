"""封存的人数审核表: frozen with a fingerprint when signed; what was entered since is named."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.audits import HeadcountSeal
from app.models.operator import Operator
from app.models.vocabulary import CountBase, Role
from app.services.clock import now, today
from app.services.errors import NoSuchSeal, SealRefused
from app.services.register.bridge import Bridge, bridge
from app.services.register.headcount import Headcount, HeadcountRow, headcount
from app.services.register.ledger import Moment
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_SHORT = 16


@dataclass(frozen=True, slots=True)
class SealRow:
    """One sealed table; `rows` is what was signed: class, opening, in, out, closing by names."""

    id: int
    begin: date
    end: date
    base: CountBase
    rows: tuple[Mapping[str, Any], ...]
    fingerprint: str
    note: str
    sealed_by: str
    sealed_at: datetime

    @property
    def code(self) -> str:
        """The short form of the fingerprint that the paper carries."""
        return self.fingerprint[:_SHORT].upper()


@dataclass(frozen=True, slots=True)
class SealedDifference:
    """One number that would be another one today: who was signed for, who is there now."""

    class_group: str
    what: str
    sealed: tuple[int, ...]
    now: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SealCheck:
    """A sealed table held against the register of today; `since` explains it by names."""

    seal: SealRow
    sound: bool  # the content still has its fingerprint
    differences: tuple[SealedDifference, ...]
    since: Bridge

    @property
    def unchanged(self) -> bool:
        """Whether the same table would be signed today."""
        return self.sound and not self.differences


class Seals:
    """The sealed head-counts of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seal(
        self,
        actor: Actor,
        begin: date,
        end: date,
        *,
        base: CountBase = CountBase.ON_REGISTER,
        note: str = "",
    ) -> SealRow:
        """Freeze the table of a period that has ended and balances."""
        actor.require_any(Role.RECORD, Role.REVIEW)
        with self._database.write(actor, "封存人数审核表", note) as session:
            if end > today():
                raise SealRefused(problem=f"期末 {end} 还没有到")
            count = headcount(session, begin, end, base=base)
            if not count.balanced:
                names = "、".join(row.class_group for row in count.rows if not row.balanced)
                raise SealRefused(problem=f"这些班不平：{names or '合计'}")
            content = _content(count)
            row = HeadcountSeal(
                begin_date=begin,
                end_date=end,
                base=base,
                content=content,
                fingerprint=_fingerprint(content),
                note=note,
                operator_id=actor.id,
                sealed_at=now(),
            )
            session.add(row)
            session.flush()
            return _row(session, row)

    def rows(self, actor: Actor) -> list[SealRow]:
        """All sealed tables, the newest first."""
        actor.require_sight()
        with self._database.read() as session:
            query = select(HeadcountSeal).order_by(HeadcountSeal.id.desc())
            return [_row(session, row) for row in session.scalars(query)]

    def check(self, actor: Actor, seal_id: int) -> SealCheck:
        """What was entered after the sealing and changes what was signed."""
        actor.require_sight()
        with self._database.read() as session:
            stored = session.get(HeadcountSeal, seal_id)
            if stored is None:
                raise NoSuchSeal(number=seal_id)
            seal = _row(session, stored)
            count = headcount(session, seal.begin, seal.end, base=seal.base)
            present = tuple(json.loads(_content(count)))
            since = bridge(
                session, Moment(seal.end, seal.sealed_at), Moment(seal.end), base=seal.base
            )
        return SealCheck(
            seal,
            _fingerprint(stored.content) == stored.fingerprint,
            tuple(_differences(seal.rows, present)),
            since,
        )


def _content(count: Headcount) -> str:
    """The rows as JSON in one fixed way; people are their ids, in order."""
    rows = [_plain(row) for row in (*count.rows, count.total)]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plain(row: HeadcountRow) -> dict[str, Any]:
    return {
        "class_id": row.class_id,
        "class": row.class_group,
        "cohort": row.cohort,
        "major": row.major,
        "department": row.department,
        "opening": sorted(row.opening),
        "in": {kind.value: sorted(ids) for kind, ids in row.entered.items()},
        "out": {kind.value: sorted(ids) for kind, ids in row.left.items()},
        "closing": sorted(row.closing),
        "statuses": {status.value: sorted(ids) for status, ids in row.statuses.items()},
    }


def _fingerprint(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _row(session: Session, row: HeadcountSeal) -> SealRow:
    operator = session.get(Operator, row.operator_id)
    return SealRow(
        id=row.id,
        begin=row.begin_date,
        end=row.end_date,
        base=row.base,
        rows=tuple(json.loads(row.content)),
        fingerprint=row.fingerprint,
        note=row.note,
        sealed_by=operator.name if operator else "",
        sealed_at=row.sealed_at,
    )


def _differences(
    sealed: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]
) -> list[SealedDifference]:
    """Row by row and number by number; the same number of other people differs too."""
    before = {(row["class_id"], row["class"]): _numbers(row) for row in sealed}
    after = {(row["class_id"], row["class"]): _numbers(row) for row in present}
    return [
        SealedDifference(key[1], what, tuple(was), tuple(is_now))
        for key in dict.fromkeys([*before, *after])
        for what in dict.fromkeys([*before.get(key, {}), *after.get(key, {})])
        if (was := before.get(key, {}).get(what, []))
        != (is_now := after.get(key, {}).get(what, []))
    ]


def _numbers(row: Mapping[str, Any]) -> dict[str, list[int]]:
    """The numbers of one row by what they count, each as its people."""
    numbers: dict[str, list[int]] = {"期初": row["opening"]}
    numbers |= {f"增：{kind}": ids for kind, ids in row["in"].items()}
    numbers |= {f"减：{kind}": ids for kind, ids in row["out"].items()}
    numbers["期末"] = row["closing"]
    return numbers | {f"其中{status}": ids for status, ids in row["statuses"].items()}
