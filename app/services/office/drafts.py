"""草稿: forms half filled, kept encrypted in the register until they are saved or thrown away."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models.window import Draft
from app.services.clock import now, today
from app.services.vault.audit import Actor
from app.services.vault.database import Database


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One form as it was left: `form` says which, `subject` whose, `values` what was typed."""

    form: str
    subject: str
    title: str
    values: Mapping[str, Any]
    saved_at: datetime

    @property
    def words(self) -> str:
        """有 1 份未保存的录入（10:42，单晓明）; with the day when it was not today."""
        at = self.saved_at.astimezone()
        when = f"{at:%H:%M}" if at.date() == today() else f"{at:%m-%d %H:%M}"
        return f"有 1 份未保存的录入（{when}，{self.title}）"


class Drafts:
    """The drafts of one operator at a time; others never see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self, actor: Actor, form: str, values: Mapping[str, Any], *, subject: str = "", title: str
    ) -> None:
        """Keep what was typed so far, in place of the draft before; it is on the disk after."""
        with self._database.write(actor, "保存草稿") as session:
            draft = _find(session, actor, form, subject)
            if draft is None:
                draft = Draft(operator_id=actor.id, form=form, subject=subject)
                session.add(draft)
            draft.title = title
            draft.content = json.dumps(values, ensure_ascii=False)
            draft.saved_at = now()

    def discard(self, actor: Actor, form: str, *, subject: str = "") -> None:
        """Throw a draft away; harmless when there is none."""
        with self._database.write(actor, "放弃草稿") as session:
            session.execute(
                delete(Draft).where(
                    Draft.operator_id == actor.id, Draft.form == form, Draft.subject == subject
                )
            )

    def find(self, actor: Actor, form: str, *, subject: str = "") -> DraftRow | None:
        """The draft of this form, if there is one."""
        with self._database.read() as session:
            draft = _find(session, actor, form, subject)
            return _row(draft) if draft is not None else None

    def all(self, actor: Actor) -> list[DraftRow]:
        """Everything that this operator left half done, newest first."""
        with self._database.read() as session:
            drafts = session.scalars(
                select(Draft).where(Draft.operator_id == actor.id).order_by(Draft.saved_at.desc())
            )
            return [_row(draft) for draft in drafts]


def _find(session: Session, actor: Actor, form: str, subject: str) -> Draft | None:
    return session.scalars(
        select(Draft).where(
            Draft.operator_id == actor.id, Draft.form == form, Draft.subject == subject
        )
    ).first()


def _row(draft: Draft) -> DraftRow:
    return DraftRow(
        draft.form, draft.subject, draft.title, json.loads(draft.content), draft.saved_at
    )
