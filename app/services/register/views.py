"""视图 of a list: columns, filters and sort under a name; the shipped ones and the school's own.

They are kept in the register, not in a settings file: a filter may hold a name.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.rules.terms import academic_year
from app.models.vocabulary import CountBase
from app.models.window import SavedView
from app.services.errors import ViewNameRefused
from app.services.register.columns import COLUMN_BY_NAME
from app.services.register.listing import ListQuery, SortLevel
from app.services.vault.audit import Actor
from app.services.vault.database import Database

#: The list of students, as saved views name it.
STUDENTS: Final = "students"
#: Under this name a list keeps how it was left; it is no tab.
LAST: Final = ""
_LONGEST: Final = 20
#: How many columns may stand still at the left.
MOST_FROZEN: Final = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a view and its width at text size 100 % (0: the column's own)."""

    name: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """How a list is looked at. `id` is that of the saved row, None for a shipped view."""

    name: str
    columns: tuple[Shown, ...] = ()
    query: ListQuery = field(default_factory=ListQuery)
    frozen: int = 2
    id: int | None = None


_STANDARD: Final = tuple(
    Shown(name)
    for name in (
        "number", "name", "sex", "id_number", "cohort", "major", "class_group", "status",
        "completeness", "phone", "exam_number", "ethnic_group", "political_status", "home_address",
        "guardian_name", "guardian_phone", "origin_school", "remark",
    )
)  # fmt: skip


def shipped(day: date) -> tuple[View, ...]:
    """The views that the program brings, as of a day."""
    by_number = (SortLevel("number"),)

    def view(
        name: str,
        filters: dict[str, str],
        *,
        base: CountBase | None = None,
        beside: str = "",
        sort: tuple[SortLevel, ...] = by_number,
    ) -> View:
        columns = _STANDARD
        if beside:  # what the view is about stands right after the name
            extra = tuple(Shown(word) for word in beside.split())
            rest = [column for column in _STANDARD if column not in extra]
            columns = (*rest[:2], *extra, *rest[2:])
        return View(name, columns, ListQuery(filters, sort, base))

    graduating = str(academic_year(day) + 1)
    latest = (SortLevel("change_date", descending=True),)
    return (
        view("全部在校", {}, base=CountBase.IN_SCHOOL),
        view(
            "信息不完整",
            {"completeness": "<100"},
            base=CountBase.ON_REGISTER,
            beside="completeness",
            sort=(SortLevel("completeness"),),
        ),
        view("待核", {"review": "非空"}, beside="review"),
        view(
            "本学期异动", {"change_date": "本学期"}, beside="change_kind change_date", sort=latest
        ),
        view(
            "毕业年级",
            {"graduation_year": f"={graduating}"},
            base=CountBase.ON_REGISTER,
            beside="graduation_year",
            sort=(SortLevel("class_group"), SortLevel("number")),
        ),
        view("全部", {}),
    )


class Views:
    """The saved views of one register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, listed: str) -> tuple[View, ...]:
        """The school's own views of a list, in their order."""
        with self._database.read() as session:
            rows = session.scalars(
                select(SavedView)
                .where(SavedView.list == listed, SavedView.name != LAST)
                .order_by(SavedView.position, SavedView.id)
            )
            return tuple(_read(row) for row in rows)

    def last(self, listed: str) -> View | None:
        """How the list was left, None the first time."""
        with self._database.read() as session:
            row = _row(session, listed, LAST)
            return None if row is None else _read(row)

    def save(self, actor: Actor, listed: str, view: View) -> View:
        """Keep a view under its name, in place of the one that has it; raises ViewNameRefused."""
        name = view.name.strip()
        if not name or len(name) > _LONGEST or name in {v.name for v in shipped(date.min)}:
            raise ViewNameRefused(name=name, longest=_LONGEST)
        with self._database.write(actor, "保存视图", name) as session:
            return _read(_keep(session, listed, name, view))

    def leave(self, actor: Actor, listed: str, view: View) -> None:
        """Remember how the list was left, when that differs from the last time."""
        with self._database.read() as session:
            row = _row(session, listed, LAST)
            if row is not None and row.content == _content(view):
                return
        with self._database.write(actor, "列表样式") as session:
            _keep(session, listed, LAST, view)

    def rename(self, actor: Actor, view_id: int, name: str) -> None:
        """Give a view another name; raises ViewNameRefused."""
        name = name.strip()
        with self._database.write(actor, "视图改名", name) as session:
            row = session.get_one(SavedView, view_id)
            taken = {v.name for v in shipped(date.min)}
            other = _row(session, row.list, name)
            if not name or len(name) > _LONGEST or name in taken or (other and other is not row):
                raise ViewNameRefused(name=name, longest=_LONGEST)
            row.name = name

    def delete(self, actor: Actor, view_id: int) -> None:
        """Forget a view; nobody it showed is touched."""
        with self._database.write(actor, "删除视图") as session:
            session.delete(session.get_one(SavedView, view_id))

    def arrange(self, actor: Actor, view_ids: Sequence[int]) -> None:
        """Put the views of a list in this order."""
        with self._database.write(actor, "排列视图") as session:
            for position, view_id in enumerate(view_ids, start=1):
                session.get_one(SavedView, view_id).position = position


def _row(session: Session, listed: str, name: str) -> SavedView | None:
    query = select(SavedView).where(SavedView.list == listed, SavedView.name == name)
    return session.scalars(query).one_or_none()


def _keep(session: Session, listed: str, name: str, view: View) -> SavedView:
    row = _row(session, listed, name)
    if row is None:
        last = session.scalar(select(func.max(SavedView.position)).where(SavedView.list == listed))
        row = SavedView(list=listed, name=name, position=(last or 0) + 1, content="")
        session.add(row)
    row.content = _content(view)
    session.flush()
    return row


def _content(view: View) -> str:
    query = view.query
    return json.dumps(
        {
            "columns": [[column.name, column.width] for column in view.columns],
            "filters": dict(query.filters),
            "sort": [[level.column, level.descending] for level in query.sort],
            "base": query.base.value if query.base else None,
            "frozen": view.frozen,
        },
        ensure_ascii=False,
    )


def _read(row: SavedView) -> View:
    """A view as saved; what a later program has no column for any more is left out."""
    content: dict[str, Any] = json.loads(row.content)
    known = COLUMN_BY_NAME if row.list == STUDENTS else None

    def is_known(name: str) -> bool:
        return known is None or name in known

    return View(
        name=row.name,
        columns=tuple(Shown(name, width) for name, width in content["columns"] if is_known(name)),
        query=ListQuery(
            {name: words for name, words in content["filters"].items() if is_known(name)},
            tuple(SortLevel(name, down) for name, down in content["sort"] if is_known(name)),
            CountBase(content["base"]) if content["base"] else None,
        ),
        frozen=content["frozen"],
        id=row.id,
    )
