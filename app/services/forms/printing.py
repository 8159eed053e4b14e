"""Making papers: values into a form, to PDF or .xlsx, and the record that it was printed."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy.orm import Session

from app.models.papers import PrintedSheet
from app.models.vocabulary import CountBase, PaperFormat
from app.services.clock import now, today
from app.services.errors import FieldsUnknown, PaperTypeUnknown
from app.services.exports import exported
from app.services.files import asked_for, make_folder, part_of
from app.services.forms import pdf, xlsx
from app.services.forms.archival import to_archival
from app.services.forms.faults import likely_paper
from app.services.forms.fields import fields_of, unknown_fields
from app.services.forms.filling import Asked, Filled, fill, fill_with
from app.services.forms.form_reader import form_bytes, inspect_form
from app.services.forms.language import FieldRef
from app.services.forms.library import Library
from app.services.forms.papers import (
    PAPERS,
    Occasion,
    Paper,
    find_paper,
)
from app.services.forms.template import Template, compile_template
from app.services.forms.values import QrCode, Values, fingerprint
from app.services.progress import Step, Work, finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRecord
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

_FORMATS: Final = {".pdf": PaperFormat.PDF, ".xlsx": PaperFormat.XLSX}


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a paper: one student's card or one list, with its values and its code."""

    values: Values
    fingerprint: str
    code: str
    student_id: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper that is filled and can be drawn or written; without `cohort` it covers several.

    `as_of` is the day its content is true for.
    """

    template: Template
    title: str
    scope: str
    cohort: int | None
    documents: tuple[Document, ...]
    as_of: date | None = None

    @property
    def values(self) -> list[Values]:
        """The values of each document, with what only the printing adds."""
        return [
            {
                **document.values,
                "校验码": grouped(document.code),
                "二维码": QrCode(f"XUEJI:{document.code}"),
            }
            for document in self.documents
        ]


@dataclass(frozen=True, slots=True)
class Printed:
    """What a print or export made."""

    form: str
    path: Path
    documents: int
    codes: tuple[str, ...]
    warnings: tuple[str, ...]


class Printing:
    """Papers of one register."""

    def __init__(self, database: Database, media: MediaStore, library: Library) -> None:
        self._database = database
        self._media = media
        self._library = library

    def make(
        self,
        actor: Actor,
        name: str,
        target: Path,
        *,
        moment: Moment,
        scope: Scope,
        begin: date | None = None,
        base: CountBase = CountBase.ON_REGISTER,
    ) -> Work[Printed]:
        """Fill a paper (by its name, or a template of the registrar's own) and write `target`.

        The ending of `target` chooses PDF or .xlsx. Each document leaves a PrintedSheet.
        """
        actor.require_sight()
        format_of(target)
        sheet = self.collect(actor, name, moment, scope, begin, base)
        return (yield from self.write(actor, sheet, target))

    def write(self, actor: Actor, sheet: Sheet, target: Path) -> Work[Printed]:
        """Write a filled paper as the file `target`; a .pdf page by page, whatever its length."""
        actor.require_sight()
        if format_of(target) is PaperFormat.XLSX:
            return (yield from self.save(actor, sheet, target))
        with asked_for(target):
            make_folder(target.parent)
            with part_of(target) as part:
                drawn = yield from pdf.draw(
                    sheet.template, sheet.values, title=sheet.title, printed_on=today(), into=part
                )
                self._export(actor, sheet, target, part)
        return _printed(sheet, target, tuple(map(str, (*drawn.warnings, *drawn.overflows))))

    def collect(
        self,
        actor: Actor,
        name: str,
        moment: Moment,
        scope: Scope,
        begin: date | None = None,
        base: CountBase = CountBase.ON_REGISTER,
        known_begin: date | None = None,
    ) -> Sheet:
        """Fill a paper, by its name or a template file, with whom the scope names.

        `begin` is the first day of a paper of a period (default: of the 学年), `base` whom a
        head-count counts, `known_begin` on which day the first of two counts was known.
        """
        actor.require_sight()
        own = template_of(name) if name.lower().endswith(".xlsx") else None
        with self._database.read() as session:
            template, paper = own or self._library.find(session, name)
            asked = Asked(
                session, paper, moment, scope, begin, self._media.get, base, says_known=True,
                known_begin=known_begin,
            )  # fmt: skip
            return self._filled(template, asked)

    def try_on(
        self, actor: Actor, template: Template, paper: str, moment: Moment, scope: Scope
    ) -> Sheet:
        """Fill a form that is not installed as `paper` would be, to be looked at."""
        actor.require_sight()
        model = replace(find_paper(paper), name=template.name)
        with self._database.read() as session:
            return self._filled(
                template, Asked(session, model, moment, scope, None, self._media.get)
            )

    @staticmethod
    def _filled(template: Template, asked: Asked) -> Sheet:
        occasion, filled = fill(asked)
        covers = f"{occasion.scope}{asked.record}"
        return _sheet(template, replace(occasion, scope=covers), filled)

    def form(self, session: Session, name: str) -> Template:
        """The version in use of a form, for whoever is reading already."""
        return self._library.in_use(session, name)

    def save(
        self,
        actor: Actor,
        sheet: Sheet,
        target: Path,
        drawn: bytes = b"",
    ) -> Work[Printed]:
        """Write a filled paper as the file `target`; a .pdf is `drawn`, as it was previewed."""
        actor.require_sight()
        if format_of(target) is PaperFormat.PDF:
            content = drawn
            yield Step(1, 1, target.name)
        else:
            content = yield from xlsx.fill(
                sheet.template, sheet.values, title=sheet.title, printed_on=today()
            )
        self._export(actor, sheet, target, content)
        return _printed(sheet, target)

    def _export(self, actor: Actor, sheet: Sheet, target: Path, content: bytes | BinaryIO) -> None:
        action = f"打印{sheet.template.name}"
        with exported(self._database, actor, action, sheet.scope, target, content) as session:
            self.enter(session, actor, [sheet], format_of(target))

    @contextmanager
    def sending(
        self,
        actor: Actor,
        sheet: Sheet,
        document: int,
        *,
        printer: str,
        pages: str = "",
        at: datetime | None = None,
    ) -> Iterator[None]:
        """One document goes to the printer inside this block: sent and on record, or neither.

        `pages` says which, where it is not the whole document; `at` is the same for all
        documents of one order.
        """
        actor.require_sight()
        one = replace(sheet, documents=(sheet.documents[document],))
        with self._database.write(actor, f"打印{sheet.template.name}", sheet.scope) as session:
            self.enter(session, actor, [one], PaperFormat.PDF, printer=printer, pages=pages, at=at)
            session.flush()
            yield

    @staticmethod
    def sheet(
        template: Template, asked: Asked, occasion: Occasion, records: Sequence[StudentRecord]
    ) -> Sheet:
        """Fill a paper with these students, whomever its scope names."""
        return _sheet(template, occasion, fill_with(asked, occasion, records))

    @staticmethod
    def archival(sheet: Sheet) -> bytes:
        """The sheet as PDF/A-2b."""
        drawn = finish(pdf.draw(sheet.template, sheet.values, title=sheet.title))
        return to_archival(drawn.pdf, sheet.title)

    @staticmethod
    def workbook(sheet: Sheet) -> bytes:
        """The sheet as .xlsx."""
        return finish(xlsx.fill(sheet.template, sheet.values, title=sheet.title))

    @staticmethod
    def enter(
        session: Session,
        actor: Actor,
        sheets: Iterable[Sheet],
        form: PaperFormat,
        *,
        printer: str = "",
        pages: str = "",
        at: datetime | None = None,
    ) -> None:
        """Leave a PrintedSheet for each document of these sheets."""
        moment = at or now()
        for sheet in sheets:
            for document in sheet.documents:
                session.add(
                    PrintedSheet(
                        form=sheet.template.name,
                        form_version=sheet.template.version,
                        format=form,
                        student_id=document.student_id,
                        cohort_year=sheet.cohort,
                        scope=sheet.scope,
                        fingerprint=document.fingerprint,
                        code=document.code,
                        operator_id=actor.id,
                        recorded_at=moment,
                        as_of=sheet.as_of,
                        printer=printer or None,
                        pages=pages or None,
                    )
                )


def _printed(sheet: Sheet, target: Path, warnings: tuple[str, ...] = ()) -> Printed:
    return Printed(
        form=sheet.template.name,
        path=target,
        documents=len(sheet.documents),
        codes=tuple(document.code for document in sheet.documents),
        warnings=warnings,
    )


def format_of(target: Path) -> PaperFormat:
    """What the ending of a file asks for."""
    form = _FORMATS.get(target.suffix.lower())
    if form is None:
        raise PaperTypeUnknown(file=target.name)
    return form


def printed_values(template: Template, values: Values) -> Values:
    """Of the values only what the form shows: the rest may change without touching the paper."""
    return {
        name: values[name] if columns is None else _shown(values[name], columns)
        for name, columns in template.shown.items()
        if name in values
    }


def _shown(value: Any, columns: Iterable[str]) -> Any:
    """Of each item of a list these columns; of one that is only counted, how many there are."""
    if value is None:
        return value
    return [{name: item.get(name) for name in columns} for item in value]


def grouped(code: str) -> str:
    """A code as people read it: in fours."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def template_of(name: str) -> tuple[Template, Paper]:
    """A template file of the school's own: a version of the paper that its name or fields tell."""
    data = form_bytes(Path(name))
    inspect_form(data, Path(name).stem)
    template = compile_template(data, Path(name).stem)
    model = PAPERS[likely_paper(template)]
    demand_known(template, model.name)
    return template, replace(model, name=template.name)


def demand_known(template: Template, form: str) -> None:
    """Refuse a template that asks for what the paper `form` cannot give."""
    if problems := list(_unknown(template, form)):
        raise FieldsUnknown(form=template.name, fields="".join(problems))


def _unknown(template: Template, form: str) -> Iterator[str]:
    """What the form asks for and nobody can give, with the cells where it asks."""
    places = {
        field.path: "、".join(f"{place.sheet} {place.cell}" for place in found)
        for field, found in template.fields.items()
        if not _counts(field, form)
    }
    for problem in unknown_fields(places, form):
        yield f"\n{places[problem.name]}：{problem}"


def _counts(field: FieldRef, form: str) -> bool:
    """Whether the field only counts a list that the form knows: 名单|个数."""
    if field.column is not None or not field.over_list:
        return False
    return any(known.name == field.name and known.columns for known in fields_of(form))


def document_of(
    template: Template, values: Values, mark: str, student_id: int | None = None
) -> Document:
    """A document of that fingerprint, with its code."""
    return Document(values, mark, _code(template.version, mark), student_id)


def _sheet(template: Template, occasion: Occasion, filled: Iterable[Filled]) -> Sheet:
    documents = tuple(_document(template, values, whose) for values, whose in filled)
    return Sheet(
        template, template.name, occasion.scope, occasion.cohort, documents, occasion.as_of
    )


def _document(template: Template, values: Values, student_id: int | None) -> Document:
    mark = fingerprint(printed_values(template, values))
    return document_of(template, values, mark, student_id)


def _code(version: str, mark: str) -> str:
    """Twelve characters that stand for this form with these values."""
    digest = hashlib.sha256(f"{version}:{mark}".encode()).digest()
    return base64.b32encode(digest).decode()[:12]
