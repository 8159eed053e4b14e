"""需重印: printed cards that no longer say what the register says, in the order of the shelf."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.papers import PrintedSheet
from app.models.vocabulary import PaperFormat
from app.services.clock import today
from app.services.forms.library import Library
from app.services.forms.papers import PAPERS, Occasion, PaperGroup, PaperKind, card_values
from app.services.forms.printing import printed_values
from app.services.forms.template import Template
from app.services.forms.values import Picture, Values, fingerprint, show
from app.services.progress import Step, Work, finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRecord, StudentRow, student_records
from app.services.settings import load_settings
from app.services.vault.audit import Actor
from app.services.vault.database import Database

_CARD: Final = "学籍卡"
_LONGEST: Final = 24
_NAMED: Final = 6


@dataclass(frozen=True, slots=True)
class StaleSheet:
    """One card to be printed again, and why."""

    student: StudentRow
    form: str
    printed_at: datetime
    code: str
    changes: tuple[str, ...]


class Renewal:
    """Compares what was printed with what would be printed now."""

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    def stale(self, actor: Actor, as_of: date | None = None) -> Work[tuple[StaleSheet, ...]]:
        """The students whose newest printed card differs from today's, and what differs.

        What a card said is read out of the register as it was known when it was printed.
        """
        actor.require_sight()
        with self._database.read() as session:
            newest = _newest(session)
            if not newest:
                return ()
            occasion = Occasion(load_settings(session), as_of or today(), "", None)
            template = self._library.in_use(session, _CARD)
            moment = Moment(occasion.as_of, upcoming=True)
            records = student_records(session, moment, Scope(ids=sorted(newest)))
            now_said = {record.row.id: _said(template, record, occasion) for record in records}
            yield Step(0, len(records))
            suspects = [
                record.row
                for record in records
                if newest[record.row.id].form_version != template.version
                or newest[record.row.id].fingerprint != fingerprint(now_said[record.row.id])
            ]
            before = yield from _said_then(session, suspects, newest, template, occasion)
        return tuple(_stale(suspects, newest, before, now_said, template))


def is_current(
    session: Session, library: Library, sheet: PrintedSheet, record: StudentRecord
) -> bool | None:
    """Whether a card on paper would say now what it said; None for any other paper."""
    paper = PAPERS.get(sheet.form)
    if paper is None or paper.kind is not PaperKind.CARD or paper.group is not PaperGroup.ROSTERS:
        return None
    template = library.in_use(session, sheet.form)
    occasion = Occasion(load_settings(session), today(), sheet.scope, sheet.cohort_year)
    now_said = _said(template, record, occasion)
    if sheet.form_version == template.version and sheet.fingerprint == fingerprint(now_said):
        return True
    then_said = finish(
        _said_then(session, [record.row], {record.row.id: sheet}, template, occasion)
    ).get(record.row.id)
    return then_said is not None and not any(differences(then_said, now_said))


def _newest(session: Session) -> dict[int, PrintedSheet]:
    """The newest card on paper of each student."""
    latest = (
        select(func.max(PrintedSheet.id))
        .where(
            PrintedSheet.form == _CARD,
            PrintedSheet.student_id.is_not(None),
            PrintedSheet.format == PaperFormat.PDF,
        )
        .group_by(PrintedSheet.student_id)
    )
    sheets = session.scalars(select(PrintedSheet).where(PrintedSheet.id.in_(latest)))
    return {sheet.student_id: sheet for sheet in sheets if sheet.student_id is not None}


def _said(template: Template, record: StudentRecord, occasion: Occasion) -> Values:
    """What the card shows; the photograph is compared by its digest alone."""
    return printed_values(template, card_values(record, occasion, _no_bytes))


def _no_bytes(_sha256: str) -> bytes:
    return b""


def _said_then(
    session: Session,
    rows: Sequence[StudentRow],
    newest: Mapping[int, PrintedSheet],
    template: Template,
    occasion: Occasion,
) -> Work[dict[int, Values]]:
    """What each of these cards said, rebuilt from the register as it was known then."""
    by_moment: dict[tuple[date, datetime], list[int]] = defaultdict(list)
    for row in rows:
        sheet = newest[row.id]
        day = sheet.as_of or sheet.recorded_at.astimezone().date()
        by_moment[day, sheet.recorded_at].append(row.id)
    said: dict[int, Values] = {}
    for done, ((day, at), ids) in enumerate(by_moment.items(), start=1):
        moment = Moment(day, at, upcoming=True)
        for record in student_records(session, moment, Scope(ids=ids)):
            said[record.row.id] = _said(template, record, occasion)
        yield Step(done, len(by_moment))
    return said


def _stale(
    rows: Sequence[StudentRow],
    newest: Mapping[int, PrintedSheet],
    before: Mapping[int, Values],
    after: Mapping[int, Values],
    template: Template,
) -> Iterator[StaleSheet]:
    for row in rows:
        sheet = newest[row.id]
        changes = tuple(differences(before.get(row.id, {}), after[row.id]))
        if not changes and sheet.form_version != template.version:
            continue  # the form is a newer one, but this card would say the same
        yield StaleSheet(
            row, sheet.form, sheet.recorded_at, sheet.code,
            changes or ("内容与打印时不同",),
        )  # fmt: skip


def differences(before: Values, after: Values) -> Iterator[str]:
    """What differs, in words: 联系电话：138… → 139…."""
    found = [
        name
        for name in dict.fromkeys((*after, *before))
        if fingerprint({name: before.get(name)}) != fingerprint({name: after.get(name)})
    ]
    tell = partial(_difference, before, after)
    yield from map(tell, found[:_NAMED])
    if len(found) > _NAMED:
        yield f"等 {len(found)} 处"


def _difference(before: Values, after: Values, name: str) -> str:
    old, new = before.get(name), after.get(name)
    if isinstance(old, Picture) or isinstance(new, Picture):
        return f"{name}：{'换了' if old and new else '新增' if new else '没有了'}"
    if isinstance(old, list) or isinstance(new, list):
        return (
            f"{name}：{len(old or ())} 项 → {len(new or ())} 项"
            if len(old or ()) != len(new or ())
            else f"{name}：有改动"
        )
    return f"{name}：{_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    text = show(value).strip() or "（空）"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
