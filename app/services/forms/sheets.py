"""打印记录: every sheet that left the program, and what the code on a sheet answers.

What a sheet said is not kept: it is read out of the register again, as it was known when the sheet
was printed, and counts only when its fingerprint is that of the record. So the answer never rests
on a guess.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import zxingcpp
from PIL import Image
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.models.operator import Operator
from app.models.papers import InstalledForm, PrintedSheet
from app.models.student import Student
from app.models.vocabulary import CountBase
from app.services.clock import today
from app.services.errors import CodeUnreadable, FormError, SheetsNotScanned
from app.services.forms.fields import FORMS
from app.services.forms.filling import Asked, fill
from app.services.forms.library import SHIPPED, Library, shipped_version
from app.services.forms.papers import Paper
from app.services.forms.printing import grouped, printed_values
from app.services.forms.renewal import differences
from app.services.forms.template import Template
from app.services.forms.values import Values, fingerprint, show
from app.services.progress import Step, Work
from app.services.register.evidence import read_scan
from app.services.register.ledger import Moment
from app.services.register.scans import ScanPage, look_at
from app.services.register.students import Scope, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

_MARK: Final = "XUEJI:"
_CODE: Final = re.compile(r"[A-Z2-7]{12}")
_COHORT: Final = re.compile(r"(\d{4})级")
_DAY: Final = r"\d{4}-\d\d-\d\d"
_PERIOD: Final = re.compile(
    rf"（(口径：(?P<base>[^，]+)，)?自 (?P<begin>{_DAY})(，其时按 (?P<known>{_DAY}) 所知)?）$"
)
_KEYS: Final = ("学号", "考生号", "身份证号", "姓名")
_NAMED: Final = 8
#: What a sheet says of its own day; another day is no change of what it says of people.
_OF_THE_DAY: Final = frozenset({"截至日期", "打印日期"})


class Standing(StrEnum):
    """What is to be said of a sheet by its code."""

    UNKNOWN = "查无此码"
    CURRENT = "真，与现在一致"
    CHANGED = "真，内容已变"
    UNTOLD = "真，请人工对照"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One printed sheet: what, whose, when, by whom.

    `number` is that of the form's version (0: the one that ships), None when it is not here.
    """

    id: int
    form: str
    version: str
    number: int | None
    scope: str
    student_id: int | None
    code: str
    fingerprint: str
    ending: str
    operator: str
    at: datetime
    as_of: date | None
    printer: str
    pages: str

    @property
    def grouped_code(self) -> str:
        """The code as it stands on the sheet."""
        return grouped(self.code)


@dataclass(frozen=True, slots=True)
class SheetAnswer:
    """What the code on a sheet tells: the standing, a sentence, the printings, what changed."""

    code: str
    standing: Standing
    sentence: str
    sheets: tuple[SheetRow, ...]
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedSheet:
    """A sheet found in a scan: on which page, from 1, and what its code tells."""

    page: int
    answer: SheetAnswer


@dataclass(frozen=True, slots=True)
class ScannedPile:
    """扫描件 of printed sheets: those whose code could be read, and pages without any."""

    sheets: tuple[ScannedSheet, ...]
    without: tuple[int, ...]


class Sheets:
    """The printed sheets of one register."""

    def __init__(self, database: Database, media: MediaStore, library: Library) -> None:
        self._database = database
        self._media = media
        self._library = library

    def rows(self, actor: Actor, words: str = "", limit: int = 500) -> tuple[SheetRow, ...]:
        """The newest printings first; `words` are part of a form, a scope, a name or a code."""
        actor.require_sight()
        with self._database.read() as session:
            return tuple(_rows(session, _matching(words), limit))

    def count(self, actor: Actor) -> int:
        """How many printings are on record."""
        actor.require_sight()
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(PrintedSheet)) or 0

    def answer(self, actor: Actor, text: str) -> SheetAnswer:
        """Whether a sheet is genuine, still true, or what has changed since.

        `text` is what was typed or what the QR code said. Raises CodeUnreadable.
        """
        actor.require_sight()
        code = read_code(text)
        with self._database.read() as session:
            sheets = tuple(_rows(session, PrintedSheet.code == code, 100))
            if not sheets:
                said = "本库没有打印过带这个校验码的纸。请核对有没有看错，例如字母 O 和数字 0。"
                return SheetAnswer(grouped(code), Standing.UNKNOWN, said, ())
            return self._answer(session, sheets)

    def scanned(self, actor: Actor, path: Path) -> Work[ScannedPile]:
        """What the codes on a scan or photograph of printed sheets tell, page by page.

        Raises SheetsNotScanned, or ScanRefused where the file is damaged or harmful.
        """
        actor.require_sight()
        data = read_scan(path)
        if isinstance(data, str):
            raise SheetsNotScanned(problem=data)
        found: list[ScannedSheet] = []
        without: list[int] = []
        number, pages = 0, 1
        while number < pages:
            page = look_at(data, path.name, number)
            number, pages = number + 1, page.pages
            codes = _codes_on(page)
            found += [ScannedSheet(number, self.answer(actor, code)) for code in codes]
            if not codes:
                without.append(number)
            yield Step(number, pages, f"第 {number} 页")
        return ScannedPile(tuple(found), tuple(without))

    # --- inside ---------------------------------------------------------------------------

    def _answer(self, session: Session, sheets: tuple[SheetRow, ...]) -> SheetAnswer:
        newest = sheets[0]
        sheet = session.get_one(PrintedSheet, newest.id)
        printed = f"{newest.at.astimezone():%Y-%m-%d %H:%M} 由{newest.operator}打印"
        template = self._library.of_version(session, sheet.form, sheet.form_version)
        paper = self._library.paper_of(session, sheet.form)
        compared = None
        if template is not None and paper is not None:
            compared = self._compared(session, sheet, template, paper)
        if compared is None:
            why = "这一版表样不在本库" if template is None else "它的内容不能由登记自动重算"
            said = f"确是本库打印：{newest.form}，{printed}。{why}，请与原件人工对照。"
            return SheetAnswer(newest.grouped_code, Standing.UNTOLD, said, sheets)
        before, after = compared
        changes = tuple(_changes(before, after))
        if changes:
            said = f"确是本库打印：{newest.form}，{printed}。此后有 {len(changes)} 处改动。"
            return SheetAnswer(newest.grouped_code, Standing.CHANGED, said, sheets, changes)
        said = f"确是本库打印：{newest.form}，{printed}。内容与现在的登记一致。"
        return SheetAnswer(newest.grouped_code, Standing.CURRENT, said, sheets)

    def _compared(
        self, session: Session, sheet: PrintedSheet, template: Template, paper: Paper
    ) -> tuple[Values, Values] | None:
        """What the sheet said and what it would say now; None when that cannot be told."""
        printed_on = sheet.recorded_at.astimezone().date()
        day = sheet.as_of or printed_on
        present = Moment(today(), upcoming=True) if day >= printed_on else Moment(day)
        for upcoming in (True, False):
            then = Moment(day, sheet.recorded_at, upcoming=upcoming)
            for scope in _scopes(session, sheet, then):
                begin, base, known_begin = period_of(sheet.scope)
                asked = Asked(
                    session, paper, then, scope, begin, lambda _sha256: b"", base,
                    known_begin=known_begin,
                )  # fmt: skip
                for at, said in enumerate(self._said(template, asked)):
                    if fingerprint(said) == sheet.fingerprint:
                        now = self._said(template, replace(asked, moment=present))
                        return said, now[at] if at < len(now) else {}
        return None

    @staticmethod
    def _said(template: Template, asked: Asked) -> list[Values]:
        """What each document of the paper says at a moment; pictures by their digest alone."""
        try:
            _, filled = fill(asked)
        except FormError:  # nobody is on it then, or it is made elsewhere
            return []
        return [printed_values(template, values) for values, _ in filled]


def _codes_on(page: ScanPage) -> list[str]:
    """The codes of ours on a page, as their QR codes say them."""
    with Image.open(BytesIO(page.picture)) as picture:
        qr = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
        seen = zxingcpp.read_barcodes(picture.convert("L"), formats=qr)
    said = dict.fromkeys(code.text for code in seen)
    return [text for text in said if text.startswith(_MARK) and _CODE.fullmatch(text[len(_MARK) :])]


def read_code(text: str) -> str:
    """The twelve characters of a code as typed or scanned, in any grouping and width."""
    plain = unicodedata.normalize("NFKC", text).upper().strip().removeprefix(_MARK)
    plain = re.sub(r"[\s\-—－_.]", "", plain)
    plain = plain.replace("0", "O").replace("1", "I").replace("8", "B")  # none of them is in a code
    if not _CODE.fullmatch(plain):
        raise CodeUnreadable(text=text.strip()[:40])
    return plain


# --- rows ---------------------------------------------------------------------------------


def _matching(words: str) -> ColumnElement[bool] | None:
    words = words.strip()
    if not words:
        return None
    about = [
        PrintedSheet.form.contains(words, autoescape=True),
        PrintedSheet.scope.contains(words, autoescape=True),
        Student.name.contains(words, autoescape=True),
    ]
    with suppress(CodeUnreadable):
        about.append(PrintedSheet.code == read_code(words))
    return or_(*about)


def _rows(session: Session, wanted: ColumnElement[bool] | None, limit: int) -> Iterator[SheetRow]:
    query = (
        select(PrintedSheet, Operator.name, Student.name)
        .join(Operator, Operator.id == PrintedSheet.operator_id)
        .outerjoin(Student, Student.id == PrintedSheet.student_id)
        .order_by(PrintedSheet.id.desc())
        .limit(limit)
    )
    numbers = _numbers(session)
    for sheet, operator, student in session.execute(query.where(wanted) if wanted is not None
                                                    else query):  # fmt: skip
        yield SheetRow(
            id=sheet.id,
            form=sheet.form,
            version=sheet.form_version,
            number=numbers.get((sheet.form, sheet.form_version)),
            scope=_whose(sheet, student),
            student_id=sheet.student_id,
            code=sheet.code,
            fingerprint=sheet.fingerprint,
            ending=sheet.format.value,
            operator=operator,
            at=sheet.recorded_at,
            as_of=sheet.as_of,
            printer=sheet.printer or "",
            pages=sheet.pages or "",
        )


def _whose(sheet: PrintedSheet, student: str | None) -> str:
    if student is None or student in sheet.scope:
        return sheet.scope
    return f"{student}　{sheet.scope}".strip()


def _numbers(session: Session) -> dict[tuple[str, str], int]:
    """The numbers of the versions that are here, by form and version."""
    query = select(InstalledForm.name, InstalledForm.sha256, InstalledForm.number)
    installed = {(name, sha256[:16]): number for name, sha256, number in session.execute(query)}
    return {(name, shipped_version(name)): SHIPPED for name in FORMS} | installed


# --- whom a list named --------------------------------------------------------------------


def period_of(scope: str) -> tuple[date | None, CountBase, date | None]:
    """Of a paper of a period, by the words of its scope: the first day, whom it counts, `known`.

    See Asked.record.
    """
    found = _PERIOD.search(scope)
    if found is None:
        return None, CountBase.ON_REGISTER, None
    base = CountBase(found["base"]) if found["base"] else CountBase.ON_REGISTER
    known = date.fromisoformat(found["known"]) if found["known"] else None
    return date.fromisoformat(found["begin"]), base, known


def _scopes(session: Session, sheet: PrintedSheet, then: Moment) -> Iterator[Scope]:
    """Whom a sheet may have covered, by the words of its scope."""
    if sheet.student_id is not None:
        yield Scope(ids=[sheet.student_id])
        return
    words = _PERIOD.sub("", sheet.scope).partition("（口径：")[0]
    if words == "全校":
        yield Scope()
    elif cohort := _COHORT.fullmatch(words):
        yield Scope(cohort=int(cohort[1]))
    else:
        seen: dict[int, None] = {}
        for row in student_rows(session, then, Scope()):
            named = f"{row.department} {row.major} {row.class_group}".strip()
            if row.class_id is not None and named == words:
                seen[row.class_id] = None
        for class_id in seen:
            yield Scope(class_id=class_id)
            if sheet.cohort_year is not None:
                yield Scope(class_id=class_id, cohort=sheet.cohort_year)


# --- what changed -------------------------------------------------------------------------


def _changes(before: Values, after: Values) -> Iterator[str]:
    """What differs in words, of a list person by person."""
    if not after:
        yield "现在没有人可以列入了"
        return
    for name in dict.fromkeys((*before, *after)):
        if name in _OF_THE_DAY:
            continue
        old, new = before.get(name), after.get(name)
        if isinstance(old, list) and isinstance(new, list) and _is_people((*old, *new)):
            yield from _of_people(name, old, new)
        else:
            yield from differences({name: old}, {name: new})


def _is_people(items: Sequence[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) and _key(item) for item in items)


def _key(item: Mapping[str, Any]) -> str:
    return next((show(item[key]) for key in _KEYS if item.get(key)), "")


def _called(item: Mapping[str, Any]) -> str:
    return show(item.get("姓名")) or _key(item)


def _of_people(name: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    olds, news = ({_key(item): item for item in side} for side in (old, new))
    for words, missing, of in (("少了", news, olds), ("多了", olds, news)):
        found = [_called(item) for key, item in of.items() if key not in missing]
        if found:
            shown = "、".join(found[:_NAMED])
            more = f"等 {len(found)} 人" if len(found) > _NAMED else ""
            yield f"{name}：{words} {shown}{more}"
    for key, item in olds.items():
        if key in news:
            told = list(differences(_unnumbered(item), _unnumbered(news[key])))
            if told:
                yield f"{_called(item)}　{'；'.join(told)}"


def _unnumbered(item: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a list without its number, which others coming and going change."""
    return {name: value for name, value in item.items() if name != "序号"}
