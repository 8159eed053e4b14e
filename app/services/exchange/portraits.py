"""One student's photograph: taken in, cut by eye, put back; the original is never touched.

Each step is a new Photo row with the same original or another one; the newest row is in use.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.student import Photo, Student
from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import PhotoRefused
from app.services.exchange.photo_child import CARD_SIZE, Box
from app.services.exchange.photo_reader import PHOTO_LIMITS, Developed, PhotoReader, Refusal
from app.services.exchange.photos import ABOUT, LEAST_WIDTH, unfit
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore

#: Width to height of a card picture.
RATIO: Final = CARD_SIZE[0] / CARD_SIZE[1]


@dataclass(frozen=True, slots=True)
class Original:
    """A photograph as it was delivered: its size, and a JPEG of all of it to be looked at."""

    student_id: int
    name: str
    width: int
    height: int
    picture: bytes

    @property
    def centred(self) -> Box:
        """The part that a card shows when nobody chose: the centre, as large as it goes."""
        ratio = self.width / self.height / RATIO
        wide, tall = min(1 / ratio, 1.0), min(ratio, 1.0)
        return ((1 - wide) / 2, (1 - tall) / 2, (1 + wide) / 2, (1 + tall) / 2)

    @property
    def least(self) -> float:
        """The narrowest part, as a share of the width, that does not show its pixels on paper."""
        return min(LEAST_WIDTH / self.width, self.centred[2] - self.centred[0])


class Portraits:
    """Single photographs in one register."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database = database
        self._media = media

    def original(self, actor: Actor, student_id: int) -> Original | None:
        """The photograph in use as it was delivered; None: there is none."""
        actor.require_sight()
        with self._database.read() as session:
            name = session.get_one(Student, student_id).name
            photo = _in_use(session, student_id)
            if photo is None:
                return None
            data, file = self._media.get(photo.sha256), photo.source_name
        with PhotoReader() as reader:
            seen = _sound(reader.whole(data), file)
        return Original(student_id, name, seen.width, seen.height, seen.card)

    def take(self, actor: Actor, student_id: int, path: Path) -> int:
        """Take in a picture file for this student; answers the id of its Photo row."""
        actor.require(Role.RECORD)
        data = _file(path)
        with PhotoReader() as reader:
            made = _sound(reader.develop(data), path.name)
        if problem := unfit(made):
            raise PhotoRefused(
                file=path.name,
                problem=f"不能用：{problem}",
                remedy=f"请重新采集或重新裁剪；{ABOUT}。",
            )
        sha256, card = self._media.put_all((data, made.card))
        return self._keep(
            actor, "更换照片", Photo(
                student_id=student_id,
                sha256=sha256,
                card_sha256=card,
                width=made.width,
                height=made.height,
                source_name=path.name,
            )
        )  # fmt: skip

    def crop(self, actor: Actor, student_id: int, box: Box) -> int:
        """Let the card show this part of the original in use; answers the id of the new row."""
        actor.require(Role.RECORD)
        with self._database.read() as session:
            used = _in_use(session, student_id)
            if used is None:
                raise PhotoRefused(file="", problem="还没有", remedy="请先拖入或导入一张照片。")
            row = _same(used)
        with PhotoReader() as reader:
            made = _sound(reader.cut(self._media.get(row.sha256), box), row.source_name)
        row.card_sha256 = self._media.put(made.card)
        return self._keep(actor, "裁剪照片", row)

    def use_again(self, actor: Actor, student_id: int, photo_id: int) -> int:
        """Put an earlier photograph into use again, by a row of its own."""
        actor.require(Role.RECORD)
        with self._database.read() as session:
            photo = session.get_one(Photo, photo_id)
            if photo.student_id != student_id:
                raise ValueError("the photograph is another student's")
            row = _same(photo)
        return self._keep(actor, "改用原先的照片", row)

    def in_use(self, student_id: int) -> int | None:
        """The id of the Photo row in use."""
        with self._database.read() as session:
            photo = _in_use(session, student_id)
            return photo.id if photo else None

    def _keep(self, actor: Actor, action: str, photo: Photo) -> int:
        with self._database.write(actor, action, photo.source_name) as session:
            photo.recorded_at = now()
            session.add(photo)
            session.flush()
            return photo.id


def _in_use(session: Session, student_id: int) -> Photo | None:
    return session.scalars(
        select(Photo).where(Photo.student_id == student_id).order_by(Photo.id.desc()).limit(1)
    ).first()


def _same(photo: Photo) -> Photo:
    """A new row that says what this one says."""
    return Photo(
        student_id=photo.student_id,
        sha256=photo.sha256,
        card_sha256=photo.card_sha256,
        width=photo.width,
        height=photo.height,
        source_name=photo.source_name,
    )


def _sound(made: Developed | Refusal, file: str) -> Developed:
    if isinstance(made, Refusal):
        raise PhotoRefused(file=file, problem=made.problem, remedy=made.trouble.remedy)
    return made


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(PHOTO_LIMITS.file_size + 1)
    except OSError as error:
        raise PhotoRefused(
            file=path.name,
            problem=f"读不出来（{error.strerror}）",
            remedy="请检查 U 盘或文件权限。",
        ) from error
