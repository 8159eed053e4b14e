"""Archiving a cohort: what goes on its disc, drawn out of the register as the image is written.

What will lie there, and about how much of it, is told beforehand without writing anything.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import __version__
from app.models.audit import AuditEntry
from app.models.fields import STUDENT_FIELDS, Place, field_label
from app.models.operator import Operator
from app.models.organisation import ClassGroup
from app.models.papers import Disc, PrintedSheet
from app.models.student import FieldChange
from app.models.vocabulary import PaperFormat, Role, Status
from app.services.archive.content import (
    RECORDS,
    ROSTERS,
    ArchivedClass,
    ArchivedStudent,
    DiscContent,
    Event,
    Medium,
    PackageFile,
)
from app.services.archive.image import ImageReport, build_image
from app.services.archive.package import Bag
from app.services.archive.planning import DiscPlan, plan_of
from app.services.archive.tables import CellValue, DataColumn, DataTable
from app.services.archive.verify import VerifyReport, verify
from app.services.clock import now
from app.services.errors import NobodyInCohort
from app.services.forms.fields import FRESHMAN_ROSTER, STUDENT_CARD
from app.services.forms.filling import Asked
from app.services.forms.papers import PAPERS, Occasion, file_code
from app.services.forms.printing import Printing, Sheet
from app.services.progress import Step, Work
from app.services.register.ledger import Moment
from app.services.register.organisation import find_cohort, full_name
from app.services.register.students import Scope, StudentRecord, student_records
from app.services.settings import Settings, load_settings
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Records whose changes do not change what is archived.
_NOT_ARCHIVED: Final = ("", PrintedSheet.__tablename__, Disc.__tablename__)
_CHECK: Final = "校验归档光盘"
_UNPLACED: Final = "C0000"
_SHEETS: Final = (STUDENT_CARD, FRESHMAN_ROSTER)
_LEFT: Final = frozenset(status for status in Status if status.is_final)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The last change of the register that a disc shows: it dates the disc, ties it to the chain.

    Taking the date from here, not from the clock, makes the same register give the same bytes.
    """

    seq: int
    head: str
    day: date


@dataclass(frozen=True, slots=True)
class DiscRow:
    """An image that was built, and how its last check ended (None: it was never read back)."""

    id: int
    number: str
    cohort: int
    size: int
    files: int
    sha256: str
    operator: str
    built: datetime
    checked: datetime | None
    findings: int


@dataclass(frozen=True, slots=True)
class DiscCheck:
    """A disc or image that was read back; `known` is what the register has of it."""

    report: VerifyReport
    known: DiscRow | None


class Discs:
    """Archive images of one register."""

    def __init__(self, database: Database, media: MediaStore, printing: Printing) -> None:
        self._database = database
        self._media = media
        self._printing = printing

    def build(
        self, actor: Actor, cohort: int, folder: Path, medium: Medium = Medium.DVD
    ) -> Work[ImageReport]:
        """Write the image of one cohort into `folder` and enter it in the register of discs."""
        actor.require(Role.RECORD)
        with self._database.read() as session:
            find_cohort(session, cohort)  # a year that is not there is a slip
            assembly = _Assembly(session, self._media, self._printing, cohort)
            content = assembly.content(actor)
        report = yield from build_image(content, folder, medium)
        with self._database.write(actor, "生成归档镜像", content.disc_number) as session:
            session.add(
                Disc(
                    number=content.disc_number,
                    cohort_year=cohort,
                    sha256=report.sha256,
                    size=report.size,
                    files=report.files,
                    operator_id=actor.id,
                    recorded_at=now(),
                )
            )
            self._printing.enter(session, actor, assembly.sheets(), PaperFormat.PDF)
        return report

    def plan(self, actor: Actor, cohort: int) -> Work[DiscPlan]:
        """What the disc of a cohort will hold, and about how large; nothing is written."""
        actor.require_sight()
        with self._database.read() as session:
            find_cohort(session, cohort)
            assembly = _Assembly(session, self._media, self._printing, cohort)
            yield Step(0, 2, "清点内容")
            content = assembly.content(actor)
            bag = Bag(content, Medium.DVD)
            yield Step(1, 2, "估算大小")
            return plan_of(bag)

    def built(self) -> list[DiscRow]:
        """All images that were built, newest first, each with its last check."""
        with self._database.read() as session:
            return _built(session)

    def check(self, actor: Actor, path: Path) -> Work[DiscCheck]:
        """Read back an image, or a disc that is mounted or copied there, and log the outcome."""
        actor.require_sight()
        report = yield from verify(path)
        with self._database.write(actor, _CHECK) as session:
            detail = {
                "校验值": report.sha256 or "",
                "文件": report.files,
                "差异": len(report.findings),
            }
            audit.event(session, _CHECK, report.disc_number, detail)
        with self._database.read() as session:
            rows = [row for row in _built(session) if _is_of(row, report)]
        return DiscCheck(report, rows[0] if rows else None)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Draws a paper that is filled when it is first asked for; another process gets it filled."""

    draw: Callable[[Sheet], bytes]
    sheet: Callable[[], Sheet]

    def __call__(self) -> bytes:
        return self.draw(self.sheet())

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return partial, (self.draw, self.sheet())


class _Assembly:
    """The content of one cohort's disc; records are drawn only when the image asks for them."""

    def __init__(
        self, session: Session, media: MediaStore, printing: Printing, cohort: int
    ) -> None:
        self._session = session
        self._media = media
        self._printing = printing
        self._forms = {name: printing.form(session, name) for name in _SHEETS}
        self._cohort = cohort
        self._settings: Settings = load_settings(session)
        self._anchor = anchor(session)
        moment, scope = Moment(self._anchor.day, upcoming=True), Scope(cohort=cohort)
        self._asked = {
            name: Asked(session, PAPERS[name], moment, scope, None, media.get)
            for name in self._forms
        }
        self._records = student_records(session, moment, scope)
        if not self._records:
            raise NobodyInCohort(cohort=cohort)
        self._classes = self._archived_classes()
        self._sizes = media.sizes(record.original for record in self._records if record.original)
        self._sheets: list[Callable[[], Sheet]] = []

    def sheets(self) -> Iterator[Sheet]:
        """Every card and roster, in the order of the papers."""
        return (sheet() for sheet in self._sheets)

    def content(self, actor: Actor) -> DiscContent:
        """Everything for the disc, in the order of the papers."""
        settings = self._settings
        return DiscContent(
            disc_number=f"{settings.fonds}-XJ-{self._cohort}-01",
            title=f"{settings.school}{self._cohort}级学生学籍档案",
            school=settings.school,
            college=settings.college,
            cohort=self._cohort,
            class_groups=tuple(dict.fromkeys(self._classes.values())),
            students=tuple(self._archived(record) for record in self._records),
            files=tuple(self._files()),
            tables=tuple(self._tables()),
            events=tuple(self._events()),
            as_of=self._anchor.day,
            maker=actor.name,
            checker="",
            software=f"学籍学历管理工作站 {__version__}",
            audit_head=f"{self._anchor.seq}:{self._anchor.head}",
            preliminary=any(record.row.status not in _LEFT for record in self._records),
        )

    # --- students and classes -------------------------------------------------------------

    def _archived_classes(self) -> dict[int | None, ArchivedClass]:
        """Class id → class of the disc; those without a class stand together.

        A class of another cohort, where a repeater sits, says so: its name may be here twice.
        """
        cohorts = {
            group.id: group.cohort_year for group in self._session.scalars(select(ClassGroup))
        }
        classes: dict[int | None, ArchivedClass] = {}
        for record in self._records:
            row = record.row
            code, name = _UNPLACED, "未分班"
            if row.class_id is not None:
                code, name = f"C{row.class_id:04d}", row.class_group
                if cohorts[row.class_id] != self._cohort:
                    name = full_name(cohorts[row.class_id], name)
            classes.setdefault(row.class_id, ArchivedClass(code, name, row.major, row.department))
        return classes

    def _archived(self, record: StudentRecord) -> ArchivedStudent:
        row = record.row
        return ArchivedStudent(
            code=self._code(record),
            name=row.name,
            number=row.number or "",
            class_code=self._classes[row.class_id].code,
            status=row.status.value,
            keys=tuple(row.search_keys.split()),
            former_name=row.person["former_name"] or "",
        )

    def _code(self, record: StudentRecord) -> str:
        return file_code(self._settings, record.row)

    # --- files ----------------------------------------------------------------------------

    def _files(self) -> Iterator[PackageFile]:
        yield from self._rosters()
        for record in self._records:
            yield from self._records_of(record)

    def _records_of(self, record: StudentRecord) -> Iterator[PackageFile]:
        code, row = self._code(record), record.row
        folder = f"{RECORDS}/{self._classes[row.class_id].code}/{code}"
        card = self._sheet(STUDENT_CARD, [record], row.class_group)
        yield self._file(
            f"{folder}/{code}-01.pdf", f"{row.name} 学籍卡", "application/pdf", code,
            _Drawing(self._printing.archival, card), drawn=True,
        )  # fmt: skip
        if record.original:
            yield self._file(
                f"{folder}/{code}-02.jpg", f"{row.name} 照片", "image/jpeg", code,
                partial(self._media.get, record.original), self._sizes.get(record.original, 0),
            )  # fmt: skip

    def _rosters(self) -> Iterator[PackageFile]:
        """One roster a class and one of the whole cohort, as PDF and as .xlsx."""
        classes: dict[int, list[StudentRecord]] = {}
        for record in self._records:
            if record.row.class_id is not None:
                classes.setdefault(record.row.class_id, []).append(record)
        rosters = [("全年级", self._records)]
        rosters += [(self._classes[class_id].name, found) for class_id, found in classes.items()]
        for number, (scope, records) in enumerate(rosters, start=1):
            name = f"{self._settings.fonds}-XJ-{self._cohort}-Y-MC{number:03d}"
            stem = f"{RECORDS}/{ROSTERS}/{name}"
            sheet = self._sheet(FRESHMAN_ROSTER, records, scope)
            sheet()  # it names its classes, which the register knows
            title = f"{scope} 新生名册"
            yield self._file(
                f"{stem}-01.pdf", title, "application/pdf", None,
                _Drawing(self._printing.archival, sheet), drawn=True,
            )  # fmt: skip
            yield self._file(
                f"{stem}-02.xlsx", f"{title}（电子表格）", _XLSX, None,
                _Drawing(self._printing.workbook, sheet), drawn=True,
            )  # fmt: skip

    def _file(
        self,
        path: str,
        title: str,
        media_type: str,
        student: str | None,
        content: Any,
        size: int = 0,
        *,
        drawn: bool = False,
    ) -> PackageFile:
        return PackageFile(
            path=path,
            title=title,
            media_type=media_type,
            open=content,
            as_of=self._anchor.day,
            student=student,
            responsible=self._settings.school,
            size=size,
            drawn=drawn,
        )

    def _sheet(
        self, name: str, records: Sequence[StudentRecord], scope: str
    ) -> Callable[[], Sheet]:
        """A paper that is filled when it is first asked for: a plan asks for a few only.

        What asks the register for more than the records is asked for while it is being read.
        """
        occasion = Occasion(self._settings, self._anchor.day, scope, self._cohort)
        form, asked = self._forms[name], self._asked[name]
        sheet = cache(partial(self._printing.sheet, form, asked, occasion, records))
        self._sheets.append(sheet)
        return sheet

    # --- data -----------------------------------------------------------------------------

    def _tables(self) -> Iterator[DataTable]:
        yield self._student_table()
        yield _table(
            "guardians",
            "家庭成员",
            {"档号": "", "姓名": "", "关系": "", "成员姓名": "", "联系电话": "", "工作单位": ""},
            (
                (
                    self._code(record), record.row.name, guardian.relation,
                    guardian.name, guardian.phone, guardian.employer,
                )
                for record in self._records
                for guardian in record.guardians
            ),
        )  # fmt: skip
        yield _table(
            "ledger",
            "学籍台账",
            dict.fromkeys(
                ("档号", "姓名", "类别", "生效日期", "至", "状态", "班级", "专业", "原因"), ""
            )
            | {"已冲正": "是：这一条后来被冲正"},
            (
                (
                    self._code(record), record.row.name, entry.kind.value, entry.effective_date,
                    entry.until, entry.to_status and entry.to_status.value, entry.to_class,
                    entry.to_major, entry.reason, "是" if entry.reversed else "",
                )
                for record in self._records
                for entry in record.ledger
            ),
        )  # fmt: skip
        yield self._change_table()

    def _student_table(self) -> DataTable:
        personal = [field for field in STUDENT_FIELDS if field.place is Place.PERSON]
        standing = ("学号", "年级", "系部", "专业", "专业代码", "班级", "学籍状态")
        return _table(
            "students",
            "学生",
            dict.fromkeys(("档号", *standing, *(field.label for field in personal)), ""),
            (
                (
                    self._code(record), record.row.number, str(record.row.cohort),
                    record.row.department, record.row.major, record.row.major_code,
                    record.row.class_group, record.row.status.value,
                    *(record.row.person[field.name] for field in personal),
                )
                for record in self._records
            ),
        )  # fmt: skip

    def _change_table(self) -> DataTable:
        codes = {record.row.id: self._code(record) for record in self._records}
        changes = self._session.scalars(select(FieldChange).order_by(FieldChange.id))
        return _table(
            "field_changes",
            "信息变更",
            dict.fromkeys(("档号", "栏目", "原值", "新值", "生效日期", "依据"), ""),
            (
                (
                    codes[change.student_id],
                    field_label(change.field),
                    change.old,
                    change.new,
                    change.effective_date,
                    change.basis,
                )
                for change in changes
                if change.student_id in codes
            ),
        )

    def _events(self) -> Iterator[Event]:
        """What was done to the register, one line a unit of work; no personal data."""
        entry = AuditEntry
        works = self._session.execute(
            select(entry.at, entry.operator_name, entry.action, func.count())
            .where(entry.record.not_in(_NOT_ARCHIVED), entry.seq <= self._anchor.seq)
            .group_by(entry.at, entry.operator_name, entry.action)
            .order_by(func.min(entry.seq))
        )
        for at, who, what, count in works:
            yield Event(at, who, f"{what}（{count} 条记录）")


_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def anchor(session: Session) -> Anchor:
    """The newest entry of the operation log that changed what a disc shows."""
    entry = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.record.not_in(_NOT_ARCHIVED))
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    ).one()
    return Anchor(entry.seq, entry.hash, entry.at.astimezone().date())


def _table(
    name: str, title: str, columns: dict[str, str], rows: Iterator[Sequence[CellValue]] | Any
) -> DataTable:
    return DataTable(
        name=name,
        title=title,
        columns=tuple(
            DataColumn(name=label, title=label, description=text) for label, text in columns.items()
        ),
        rows=tuple(tuple(row) for row in rows),
    )


# --- remembering -------------------------------------------------------------------------


def _built(session: Session) -> list[DiscRow]:
    checks = audit.events_of(session, _CHECK)
    query = select(Disc, Operator.name).join(Operator, Disc.operator_id == Operator.id)
    discs = session.execute(query.order_by(Disc.id.desc())).all()
    times = Counter(disc.number for disc, _ in discs)
    rows = []
    for disc, operator in discs:
        last = next((check for check in checks if _is_check_of(check, disc, times)), None)
        rows.append(
            DiscRow(
                disc.id,
                disc.number,
                disc.cohort_year,
                disc.size,
                disc.files,
                disc.sha256,
                operator,
                disc.recorded_at.astimezone(),
                last.at.astimezone() if last else None,
                int(last.detail["差异"]) if last else 0,
            )
        )
    return rows


def _is_check_of(check: audit.EventRow, disc: Disc, times: Mapping[str, int]) -> bool:
    """An image is known by its digest; a mounted disc by its number, if that is of one image."""
    if digest := check.detail["校验值"]:
        return bool(digest == disc.sha256)
    return check.reason == disc.number and times[disc.number] == 1


def _is_of(row: DiscRow, report: VerifyReport) -> bool:
    if report.sha256 is not None:
        return row.sha256 == report.sha256
    return row.number == report.disc_number
