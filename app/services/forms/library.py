"""表样库: the forms that ship and those of the school, every version with its number.

A form of the school has a name of its own, or that of a shipped form, in whose place it is used
then. Versions are never changed: a newer one goes before the older, which stays for reprints and
for telling what a sheet printed years ago looked like.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.operator import Operator
from app.models.papers import InstalledForm
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import FormFixed, FormKnown, FormNameRefused, NoSuchForm
from app.services.exports import exported
from app.services.forms.compare import FormDifference, compare_forms
from app.services.forms.fields import FORMS
from app.services.forms.form_reader import form_bytes, inspect_form
from app.services.forms.papers import PAPERS, Paper, unknown_form
from app.services.forms.shelves import FIXED, OWN, SHELVES, shelf_of
from app.services.forms.template import Template, compile_template
from app.services.resources import resource
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Who may install and retire forms.
KEEPERS: Final = (Role.RECORD, Role.SYSTEM)
SHIPPED: Final = 0  # the number of the version that ships with the program
_LONGEST: Final = 40
_NOT_IN_NAMES: Final = frozenset('\\/:*?"<>|[]{}')


@dataclass(frozen=True, slots=True)
class FormRow:
    """表样: one form by its name, in the version that is used now.

    `number` is 0 for the version that ships. `paper` is the shipped form whose fields it takes.
    """

    name: str
    shelf: str
    paper: str
    number: int
    version: str
    own: bool  # the school gave it its name
    versions: int

    @property
    def replaced(self) -> bool:
        """The school's version goes before the shipped one."""
        return not self.own and self.number > SHIPPED


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a form: when it came, by whom, and whether it is the one in use."""

    name: str
    number: int
    version: str
    note: str
    installed_by: str
    installed_at: datetime | None  # None: it ships with the program
    retired_at: datetime | None
    current: bool


class Library:
    """The forms of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media
        self._compiled: dict[tuple[str, str], Template] = {}

    # --- what there is --------------------------------------------------------------------

    def rows(self) -> tuple[FormRow, ...]:
        """Every form that can be used now, group by group; the school's own last in each."""
        with self._database.read() as session:
            installed = _installed(session)
        used = _in_use(installed)
        counts: dict[str, int] = {}
        for one in installed:
            counts[one.name] = counts.get(one.name, 0) + 1
        found = []
        for name in dict.fromkeys((*FORMS, *used)):
            own = name not in FORMS
            row = FormRow(
                name, shelf_of(name), name, SHIPPED, "", own, counts.get(name, 0) + (not own)
            )
            if (newest := used.get(name)) is not None:
                row = replace(row, paper=newest.paper, number=newest.number, shelf=newest.shelf,
                              version=newest.sha256[:16])  # fmt: skip
            else:
                row = replace(row, version=shipped_version(name))
            found.append(row)
        return tuple(sorted(found, key=lambda row: (SHELVES.index(row.shelf), row.own)))

    def versions(self, name: str) -> tuple[VersionRow, ...]:
        """Every version of a form, the newest first; the shipped one last. Raises NoSuchForm."""
        query = (
            select(InstalledForm, Operator.name)
            .join(Operator, Operator.id == InstalledForm.operator_id)
            .where(InstalledForm.name == name)
            .order_by(InstalledForm.number.desc())
        )
        with self._database.read() as session:
            rows = list(session.execute(query))
            used = _in_use(one for one, _ in rows).get(name)
            found = [
                VersionRow(name, one.number, one.sha256[:16], one.note, operator, one.installed_at,
                           one.retired_at, one is used)
                for one, operator in rows
            ]  # fmt: skip
        if name in FORMS:
            version = shipped_version(name)
            found.append(VersionRow(name, SHIPPED, version, "", "", None, None, used is None))
        if not found:
            raise NoSuchForm(name=name, version="")
        return tuple(found)

    def template(self, name: str, number: int | None = None) -> Template:
        """A form compiled: the version in use, or that of a number. Raises NoSuchForm."""
        with self._database.read() as session:
            return self._template(session, name, number)

    def find(self, session: Session, name: str) -> tuple[Template, Paper]:
        """A form that is filled with students, and whom it takes; for whoever is reading already.

        Raises UnknownForm, which names those that read alike.
        """
        used = _used(session, name)
        model = PAPERS.get(used.paper if used is not None else name)
        if model is None:
            own = [one.name for one in _in_use(_installed(session)).values()]
            raise unknown_form(name, dict.fromkeys((*PAPERS, *own)))
        return (shipped_form(name), model) if used is None else (
            self._of(used), replace(model, name=name))  # fmt: skip

    def in_use(self, session: Session, name: str) -> Template:
        """The version in use of a form that has its name from the program."""
        used = _used(session, name)
        return shipped_form(name) if used is None else self._of(used)

    def of_version(self, session: Session, name: str, version: str) -> Template | None:
        """The very form that a sheet was printed with, if it is still here."""
        for one in _installed(session, name):
            if one.sha256.startswith(version):
                return self._of(one)
        if name in FORMS and shipped_version(name) == version:
            return shipped_form(name)
        return None

    def paper_of(self, session: Session, name: str) -> Paper | None:
        """Whom a form takes, whichever of its versions; None for papers not made of students."""
        newest = next(iter(_installed(session, name)), None)
        model = PAPERS.get(newest.paper if newest is not None else name)
        return replace(model, name=name) if model is not None else None

    def compare(self, name: str, before: int, after: int) -> tuple[FormDifference, ...]:
        """What differs between two versions of a form."""
        with self._database.read() as session:
            return compare_forms(
                self._template(session, name, before), self._template(session, name, after)
            )

    # --- changing -------------------------------------------------------------------------

    def install(
        self,
        actor: Actor,
        source: Path | bytes,
        name: str,
        *,
        paper: str = "",
        shelf: str = "",
        note: str = "",
    ) -> VersionRow:
        """Add a form, or a new version of one; it is used from now on.

        Without `paper` it takes the fields of the form it is a version of, or those that its own
        fields tell. Raises FormRefused with every mistake, sheet and cell.
        """
        actor.require_any(*KEEPERS)
        name = name.strip()
        if name in FIXED:
            raise FormFixed(name=name)
        if problem := _name_problem(name):
            raise FormNameRefused(name=name, problem=problem)
        data = form_bytes(source) if isinstance(source, Path) else source
        before = self._newest(name)
        if not paper and before is not None:
            paper = before.paper
        elif not paper and name in FORMS:
            paper = name
        found = inspect_form(data, name, paper)
        found.demand_faultless(name)
        sha256 = self._media.put(data)
        moment = now()
        with self._database.write(actor, "安装表样", name) as session:
            known = _installed(session, name)
            used = _in_use(known).get(name)
            if used is not None and used.sha256 == sha256:
                raise FormKnown(name=name, number=used.number)
            if used is None and name in FORMS and sha256[:16] == shipped_version(name):
                raise FormKnown(name=name, number=SHIPPED)
            row = InstalledForm(
                name=name,
                number=max((one.number for one in known), default=SHIPPED) + 1,
                paper=found.paper,
                shelf=_shelf(name, shelf, before),
                sha256=sha256,
                note=note.strip(),
                operator_id=actor.id,
                installed_at=moment,
            )
            session.add(row)
            session.flush()
            return VersionRow(
                name, row.number, sha256[:16], row.note, actor.name, moment, None, True
            )

    def retire(self, actor: Actor, name: str, number: int) -> None:
        """停用: this version is no longer used; the one before it is, or the shipped one."""
        actor.require_any(*KEEPERS)
        self._set_retired(actor, "停用表样", name, number, now())

    def restore(self, actor: Actor, name: str, number: int) -> None:
        """恢复: a version that was retired may be used again; the newest of them is."""
        actor.require_any(*KEEPERS)
        self._set_retired(actor, "恢复表样", name, number, None)

    def export(self, actor: Actor, name: str, number: int | None, target: Path) -> None:
        """Write the workbook of a form, without any data, to be looked at or changed."""
        actor.require_any(*KEEPERS)
        template = self.template(name, number)
        detail = f"{name} {template.version}"
        with exported(self._database, actor, "取出表样", detail, target, template.source):
            pass

    def _set_retired(
        self, actor: Actor, action: str, name: str, number: int, moment: datetime | None
    ) -> None:
        with self._database.write(actor, action, f"{name} 第 {number} 版") as session:
            _numbered(session, name, number).retired_at = moment

    # --- inside ---------------------------------------------------------------------------

    def _newest(self, name: str) -> InstalledForm | None:
        with self._database.read() as session:
            return next(iter(_installed(session, name)), None)

    def _template(self, session: Session, name: str, number: int | None) -> Template:
        if number is None:
            used = _used(session, name)
        elif number == SHIPPED:
            used = None
        else:
            used = _numbered(session, name, number)
        if used is not None:
            return self._of(used)
        if name not in FORMS:
            raise NoSuchForm(name=name, version="")
        return shipped_form(name)

    def _of(self, row: InstalledForm) -> Template:
        """The compiled form of a row; a child process compiled it before it was installed."""
        key = (row.name, row.sha256)
        found = self._compiled.get(key)
        if found is None:
            found = compile_template(self._media.get(row.sha256), row.name)
            self._compiled[key] = found
        return found


@lru_cache(maxsize=64)
def shipped_form(name: str) -> Template:
    """The form of this name that ships with the program, compiled once."""
    return compile_template(resource("forms", f"{name}.xlsx"))


@lru_cache(maxsize=128)
def shipped_version(name: str) -> str:
    """The version of the form of this name that ships, without compiling it."""
    return hashlib.sha256(resource("forms", f"{name}.xlsx").read_bytes()).hexdigest()[:16]


def _installed(session: Session, name: str | None = None) -> list[InstalledForm]:
    """The versions that the school installed, the newest first."""
    query = select(InstalledForm).order_by(InstalledForm.number.desc())
    if name is not None:
        query = query.where(InstalledForm.name == name)
    return list(session.scalars(query))


def _numbered(session: Session, name: str, number: int) -> InstalledForm:
    for row in _installed(session, name):
        if row.number == number:
            return row
    raise NoSuchForm(name=name, version=f"的第 {number} 版")


def _in_use(rows: Iterable[InstalledForm]) -> dict[str, InstalledForm]:
    """Of each name the newest version that is not retired."""
    used: dict[str, InstalledForm] = {}
    for row in rows:
        if row.retired_at is None and (row.name not in used or used[row.name].number < row.number):
            used[row.name] = row
    return used


def _used(session: Session, name: str) -> InstalledForm | None:
    return _in_use(_installed(session, name)).get(name)


def _shelf(name: str, wanted: str, before: InstalledForm | None) -> str:
    if wanted in SHELVES:
        return wanted
    if before is not None:
        return before.shelf
    return shelf_of(name) if name in FORMS else OWN


def _name_problem(name: str) -> str:
    if not name:
        return "没有写名称"
    if len(name) > _LONGEST:
        return f"最多 {_LONGEST} 个字"
    if bad := sorted({char for char in name if char in _NOT_IN_NAMES or not char.isprintable()}):
        return f"名称里不能有 {' '.join(bad)}"
    if name.lower().endswith(".xlsx"):
        return "名称不带扩展名"
    return ""
