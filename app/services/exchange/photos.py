"""Photographs taken in: whose they are, whether they serve, what accepting them would do.

The original is kept byte for byte; papers print the card picture that is made from it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.student import Photo
from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import PhotoSourceChanged, PhotoUnfit, PlanOutdated
from app.services.exchange.batches import Accepted, open_batch
from app.services.exchange.photo_owner import Owners, Unmatched
from app.services.exchange.photo_reader import TAKEN, Developed, PhotoReader, Refusal, picture_kind
from app.services.exchange.photo_source import PhotoFile, opened
from app.services.exchange.plan import Verdict, register_state
from app.services.progress import Step, Work
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRow, student_photos, student_rows
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: 教毕指〔2017〕99号, the specification of diploma photographs (standards/photo_spec.csv).
SPEC_WIDTH, SPEC_HEIGHT, SPEC_KILOBYTES = 480, 640, 40
#: Below this a photograph of 26 × 32 mm shows its pixels: 240 dots on 26 mm are 234 dpi.
LEAST_WIDTH, LEAST_HEIGHT = 240, 320
#: What the cut to 3:4 may take off: more than a tenth is told, more than three tenths refused.
_CUT_TOLD, _CUT_REFUSED = 0.1, 0.3
_PORTION: Final = 32  # originals read and kept at a time
_PROFILE: Final = "照片"
ABOUT: Final = f"学历照片规范为 {SPEC_WIDTH}×{SPEC_HEIGHT} 像素"


@dataclass(frozen=True, slots=True)
class PhotoFault:
    """A file that is refused."""

    file: str
    problem: str
    remedy: str

    @property
    def sentence(self) -> str:
        """For people: which file, what is wrong, what to do."""
        return f"{self.file}：{self.problem}。{self.remedy}"


@dataclass(frozen=True, slots=True)
class PhotoNote:
    """Something about a file that deserves a look; nothing is refused for it."""

    file: str
    text: str

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.file}：{self.text}。"


class Pile(StrEnum):
    """Where a picture lies on the table of the registrar."""

    MATCHED = "已匹配"
    DOUBTFUL = "需确认"  # somebody may be meant
    UNMATCHED = "未匹配"  # nobody is named
    UNFIT = "不合用"  # whoever it is


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """One picture and what becomes of it; size in pixels as seen upright, `card` a JPEG.

    `candidates` are the students who may be meant where it is doubtful.
    """

    file: str
    verdict: Verdict
    student_id: int | None = None
    name: str = ""
    sha256: str = ""
    width: int = 0
    height: int = 0
    card: bytes = field(default=b"", repr=False)
    pile: Pile = Pile.MATCHED
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoPlan:
    """Everything accepting the pictures would do; `audit_seq` is the state it was compared with.

    `missing`: how many students who have not left are still without a photograph afterwards;
    `faceless` are those without one before.
    """

    source: Path
    source_name: str
    source_sha256: str
    lines: tuple[PhotoLine, ...]
    faults: tuple[PhotoFault, ...]
    notes: tuple[PhotoNote, ...]
    missing: int
    audit_seq: int
    faceless: frozenset[int] = frozenset()

    @property
    def still_faceless(self) -> frozenset[int]:
        """Students who have not left and will have no photograph afterwards."""
        return self.faceless - {line.student_id for line in self.lines if line.student_id}

    def in_pile(self, pile: Pile) -> tuple[PhotoLine, ...]:
        """The pictures that lie there."""
        return tuple(line for line in self.lines if line.pile is pile)

    def about(self, file: str) -> tuple[str, ...]:
        """Everything that is to be said of one file."""
        faults = [f"{fault.problem}。{fault.remedy}" for fault in self.faults if fault.file == file]
        return (*faults, *(f"{note.text}。" for note in self.notes if note.file == file))

    def count(self, verdict: Verdict) -> int:
        """How many pictures have this verdict."""
        return sum(line.verdict is verdict for line in self.lines)

    @property
    def to_write(self) -> tuple[PhotoLine, ...]:
        """The pictures that accepting writes."""
        return tuple(
            line for line in self.lines if line.verdict in {Verdict.CREATED, Verdict.UPDATED}
        )


@dataclass(frozen=True, slots=True)
class Face:
    """One place of a class sheet; without a picture `card` is empty."""

    student_id: int
    name: str
    number: str
    card: bytes = field(repr=False)


class Photos:
    """The photographs of one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def plan(self, folder: Path) -> Work[PhotoPlan]:
        """What taking in this folder or .zip would do; nothing is written."""
        folder = folder.resolve()
        with self._database.read() as session:
            rows = student_rows(session, Moment(today(), upcoming=True), Scope())
            comparison = _Comparison(rows, _photos_in_use(session))
            audit_seq = register_state(session)
        with opened(folder) as contents, PhotoReader() as reader:
            comparison.notes += [PhotoNote(name, reason) for name, reason in contents.ignored]
            if not contents.files:
                comparison.notes.append(PhotoNote(folder.name, "里面没有照片"))
            for done, file in enumerate(contents.files):
                yield Step(done, len(contents.files), file.name)
                comparison.add(file, reader)
        return PhotoPlan(
            source=folder,
            source_name=folder.name,
            source_sha256=comparison.fingerprint(),
            lines=tuple(comparison.lines),
            faults=tuple(comparison.faults),
            notes=tuple(sorted(comparison.notes, key=lambda note: note.file)),
            missing=len(comparison.faceless - comparison.taken),
            audit_seq=audit_seq,
            faceless=comparison.faceless,
        )

    def assign(self, plan: PhotoPlan, file: str, student_id: int | None) -> PhotoPlan:
        """The plan with one picture given to a student by hand, or (None) set aside.

        Raises PhotoUnfit when the picture serves nobody. Whoever had another picture in this plan
        gets this one instead; the other becomes doubtful.
        """
        line = next(one for one in plan.lines if one.file == file)
        if line.pile is Pile.UNFIT:
            raise PhotoUnfit(file=file, problem=plan.about(file)[0])
        faults = {fault.file: fault for fault in plan.faults if fault.file != file}
        if student_id is None:
            aside = PhotoFault(file, "您选择不用这张", "要用时请拖到学生上。")
            lines = {file: _unowned(line, Pile.UNMATCHED)}
            return _with_lines(plan, lines, {**faults, file: aside})
        with self._database.read() as session:
            moment = Moment(today(), upcoming=True)
            (student,) = student_rows(session, moment, Scope(ids=[student_id]))
            in_use = _photos_in_use(session).get(student_id)
        given = replace(
            line,
            verdict=_verdict(in_use, line.sha256),
            student_id=student.id,
            name=student.name,
            pile=Pile.MATCHED,
            candidates=(),
        )
        lines = {file: given}
        for other in plan.lines:
            if other.student_id == student_id and other.file != file:
                lines[other.file] = _unowned(other, Pile.DOUBTFUL, (student_id,))
                faults[other.file] = _second_picture(other.file, student.name, file)
        return _with_lines(plan, lines, faults)

    def faces(self, scope: Scope) -> list[Face]:
        """Everybody of a class with the picture in use, in the order of the lists."""
        moment = Moment(today(), upcoming=True)
        with self._database.read() as session:
            rows = student_rows(session, moment, scope)
            cards = student_photos(session, [row.id for row in rows], moment)
        return [
            Face(row.id, row.name, row.number or "", self._media.get(cards[row.id]))
            if row.id in cards
            else Face(row.id, row.name, row.number or "", b"")
            for row in rows
        ]

    def preview(self, plan: PhotoPlan) -> Accepted:
        """The counts of the plan, with nothing written."""
        return _accepted(plan, None)

    def accept(self, actor: Actor, plan: PhotoPlan) -> Work[Accepted]:
        """Keep the pictures of the plan, originals and card pictures, as one batch.

        Raises PlanOutdated when the register changed since the plan was made, and
        PhotoSourceChanged when a file is no longer what was checked.
        """
        actor.require(Role.RECORD)
        lines = plan.to_write
        if not lines:
            return _accepted(plan, None)
        with self._database.read() as session:
            _refuse_outdated(session, plan)  # before anything is kept that nobody would name
        yield from self._keep(plan, lines)
        cards = self._media.put_all(line.card for line in lines)
        with self._database.write(actor, "导入照片", plan.source_name) as session:
            _refuse_outdated(session, plan)
            source = (plan.source_name, plan.source_sha256)
            batch = open_batch(session, actor, _PROFILE, source, self.preview(plan))
            session.add_all(
                Photo(
                    student_id=line.student_id,
                    sha256=line.sha256,
                    card_sha256=card,
                    width=line.width,
                    height=line.height,
                    source_name=line.file,
                    recorded_at=batch.recorded_at,
                    batch_id=batch.id,
                )
                for line, card in zip(lines, cards, strict=True)
            )
            batch_id = batch.id
        return _accepted(plan, batch_id)

    def _keep(self, plan: PhotoPlan, lines: Iterable[PhotoLine]) -> Iterator[Step]:
        """Put the originals into media.db, each only if it is the very one that was checked."""
        wanted = {line.file: line.sha256 for line in lines}
        with opened(plan.source) as contents:
            files = [file for file in contents.files if file.name in wanted]
            if len(files) != len(wanted):
                gone = wanted.keys() - {file.name for file in files}
                raise PhotoSourceChanged(file=min(gone, default=plan.source_name))
            for start in range(0, len(files), _PORTION):
                yield Step(start, len(files), files[start].name)
                portion = files[start : start + _PORTION]
                self._media.put_all(_unchanged(file, wanted[file.name]) for file in portion)


class _Comparison:
    """The pictures of one source against the register as it stands."""

    def __init__(self, rows: list[StudentRow], in_use: Mapping[int, str]) -> None:
        self._rows = rows
        self._owners = Owners(rows)
        self._in_use = in_use
        self._taken: dict[int, str] = {}  # student -> file
        self.faceless = frozenset(
            row.id for row in rows if not row.status.is_final and row.id not in in_use
        )
        self._seen: dict[str, str] = {}  # SHA-256 -> file, of the pictures that serve
        self._digests: list[tuple[str, str]] = []
        self.lines: list[PhotoLine] = []
        self.faults: list[PhotoFault] = []
        self.notes: list[PhotoNote] = []

    def add(self, file: PhotoFile, reader: PhotoReader) -> None:
        """The verdict on one file; files come in the order of their names."""
        data = _read(file)
        if data is None:
            return self._refuse(file, "读不出来", "请检查 U 盘或文件权限，或重新拷贝这张照片。")
        sha256 = _sha256(data)
        self._digests.append((file.name, sha256))
        picture = reader.develop(data)
        if isinstance(picture, Refusal):
            return self._refuse(file, picture.problem, picture.trouble.remedy)
        if problem := unfit(picture):
            return self._refuse(file, problem, f"请重新采集或重新裁剪；{ABOUT}。", picture)
        student = self._owners.find(file.folder, file.stem)
        if isinstance(student, Unmatched):
            fault = PhotoFault(file.name, student.problem, student.remedy)
            return self._doubt(fault, sha256, picture, student.candidates)
        if student.id in self._taken:
            fault = _second_picture(file.name, student.name, self._taken[student.id])
            return self._doubt(fault, sha256, picture, (student.id,))
        self._taken[student.id] = file.name
        self._note(file, data, sha256, picture)
        self.lines.append(
            PhotoLine(
                file=file.name,
                verdict=_verdict(self._in_use.get(student.id), sha256),
                student_id=student.id,
                name=student.name,
                sha256=sha256,
                width=picture.width,
                height=picture.height,
                card=picture.card,
            )
        )
        return None

    @property
    def taken(self) -> frozenset[int]:
        """Students who have a picture among these."""
        return frozenset(self._taken)

    def fingerprint(self) -> str:
        """Digest of names and contents of all pictures."""
        lines = (f"{sha256}  {name}\n" for name, sha256 in sorted(self._digests))
        return _sha256("".join(lines).encode("utf-8", "surrogatepass"))

    def _refuse(
        self, file: PhotoFile, problem: str, remedy: str, picture: Developed | None = None
    ) -> None:
        """A picture that serves nobody; what can be seen of it is shown."""
        self.faults.append(PhotoFault(file.name, problem, remedy))
        line = PhotoLine(file.name, Verdict.REFUSED, pile=Pile.UNFIT)
        if picture is not None:
            line = replace(line, width=picture.width, height=picture.height, card=picture.card)
        self.lines.append(line)

    def _doubt(
        self, fault: PhotoFault, sha256: str, picture: Developed, candidates: tuple[int, ...]
    ) -> None:
        """A picture that would serve, if one knew of whom it is."""
        self.faults.append(fault)
        self.lines.append(
            PhotoLine(
                file=fault.file,
                verdict=Verdict.REFUSED,
                sha256=sha256,
                width=picture.width,
                height=picture.height,
                card=picture.card,
                pile=Pile.DOUBTFUL if candidates else Pile.UNMATCHED,
                candidates=candidates,
            )
        )

    def _note(self, file: PhotoFile, data: bytes, sha256: str, picture: Developed) -> None:
        kind = picture_kind(data)
        if file.ending and file.ending not in TAKEN[kind]:
            self.notes.append(
                PhotoNote(file.name, f"扩展名是 {file.ending}，内容是 {kind} 图片，已按内容读取")
            )
        if remarks := _beyond_specification(len(data), picture):
            self.notes.append(PhotoNote(file.name, f"{remarks}，上报学历照片前须处理"))
        if (cut := _cut(picture)) > _CUT_TOLD:
            self.notes.append(
                PhotoNote(file.name, f"不是 3:4，打印时居中裁去 {cut:.0%}，请看头像是否完整")
            )
        if sha256 in self._seen:
            self.notes.append(
                PhotoNote(file.name, f"与“{self._seen[sha256]}”是同一张照片，请核对是谁")
            )
        self._seen.setdefault(sha256, file.name)


def _verdict(in_use: str | None, sha256: str) -> Verdict:
    """What a picture is to a student, beside the one in use."""
    if in_use is None:
        return Verdict.CREATED
    return Verdict.UNCHANGED if in_use == sha256 else Verdict.UPDATED


def _second_picture(file: str, name: str, first: str) -> PhotoFault:
    return PhotoFault(
        file,
        f"{name}已有照片文件“{first}”",
        "一名学生只留一张，请删去不用的一张后重新导入。",
    )


def _unowned(line: PhotoLine, pile: Pile, candidates: tuple[int, ...] = ()) -> PhotoLine:
    return replace(
        line,
        verdict=Verdict.REFUSED,
        student_id=None,
        name="",
        pile=pile,
        candidates=candidates,
    )


def _with_lines(
    plan: PhotoPlan, lines: Mapping[str, PhotoLine], faults: Mapping[str, PhotoFault]
) -> PhotoPlan:
    changed = replace(
        plan,
        lines=tuple(lines.get(line.file, line) for line in plan.lines),
        faults=tuple(faults.values()),
    )
    return replace(changed, missing=len(changed.still_faceless))


def unfit(picture: Developed) -> str:
    """Why a sound picture does not serve as a portrait; empty when it does."""
    size = f"{picture.width}×{picture.height} 像素"
    if picture.width >= picture.height:
        shape = "方的" if picture.width == picture.height else "横的"
        return f"照片是{shape}（{size}），应为竖的"
    if _cut(picture) > _CUT_REFUSED:
        return f"照片太窄（{size}），宽高比应为 3:4"
    if picture.width < LEAST_WIDTH or picture.height < LEAST_HEIGHT:
        return f"照片太小（{size}），至少要 {LEAST_WIDTH}×{LEAST_HEIGHT} 像素"
    return ""


def _cut(picture: Developed) -> float:
    """The share of the picture that the cut to 3:4 takes off."""
    ratio = picture.width * SPEC_HEIGHT / (picture.height * SPEC_WIDTH)
    return 1 - min(ratio, 1 / ratio)


def _beyond_specification(size: int, picture: Developed) -> str:
    kilobytes = size / 1024
    remarks = []
    if picture.width < SPEC_WIDTH or picture.height < SPEC_HEIGHT:
        remarks.append(
            f"{picture.width}×{picture.height} 像素，小于学历照片规范的 {SPEC_WIDTH}×{SPEC_HEIGHT}"
        )
    if kilobytes > SPEC_KILOBYTES:
        remarks.append(f"文件 {kilobytes:.1f} KB，大于学历照片规范的 {SPEC_KILOBYTES} KB")
    return "；".join(remarks)


def _photos_in_use(session: Session) -> dict[int, str]:
    """SHA-256 of the original in use, by student: the newest row counts."""
    rows = session.execute(select(Photo.student_id, Photo.sha256).order_by(Photo.id))
    return {row.student_id: row.sha256 for row in rows}


def _refuse_outdated(session: Session, plan: PhotoPlan) -> None:
    if register_state(session) != plan.audit_seq:
        raise PlanOutdated(file=plan.source_name)


def _accepted(plan: PhotoPlan, batch_id: int | None) -> Accepted:
    return Accepted(
        batch_id=batch_id,
        created=plan.count(Verdict.CREATED),
        updated=plan.count(Verdict.UPDATED),
        unchanged=plan.count(Verdict.UNCHANGED),
        refused=plan.count(Verdict.REFUSED),
        made=(),
    )


def _read(file: PhotoFile) -> bytes | None:
    try:
        return file.read()
    except OSError:
        return None


def _unchanged(file: PhotoFile, sha256: str) -> bytes:
    """The bytes of a file, which must still be those that were checked."""
    data = _read(file)
    if data is None or _sha256(data) != sha256:
        raise PhotoSourceChanged(file=file.name)
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
