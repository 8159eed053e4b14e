"""Students without papers and pictures of nobody, for the tests of photographs."""

import io
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select

from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup
from app.models.student import Student
from app.models.vocabulary import Kind, Status
from app.services.exchange.batches import Accepted
from app.services.exchange.photos import PhotoPlan, Photos
from app.services.progress import finish
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from tests.builders import ENTRY_DAY, id_number

RECORDED = datetime(2026, 9, 1, 8, tzinfo=UTC)


def enrol(
    database: Database, actor: Actor, names: Mapping[str, str], **values: Any
) -> dict[str, str]:
    """Students in school by name, with their class; answers their 身份证号 by name and class."""
    numbers = {}
    with database.write(actor, "录入") as session:
        for name, class_name in names.items():
            index = len(session.scalars(select(Student)).all())
            student = Student(
                cohort_year=2026,
                name=name.strip("*"),  # an asterisk tells two of one name apart
                number=f"2026{index:04d}",
                exam_number=f"2632990000{index:04d}",
                id_number=id_number(index),
                entry_date=ENTRY_DAY,
                recorded_at=RECORDED,
            )
            for field, value in values.items():
                setattr(student, field, value)
            group = session.scalars(select(ClassGroup).where(ClassGroup.name == class_name)).first()
            if group is None:
                group = ClassGroup(name=class_name, cohort_year=2026, serial=1)
            session.add_all([student, group])
            session.flush()
            common = {
                "student_id": student.id,
                "effective_date": ENTRY_DAY,
                "recorded_at": RECORDED,
                "reason": "",
                "operator_id": actor.id,
            }
            session.add(LedgerEntry(kind=Kind.REGISTRATION, to_status=Status.ENROLLED, **common))
            session.add(LedgerEntry(kind=Kind.PLACEMENT, to_class_id=group.id, **common))
            numbers[name] = id_number(index)
    return numbers


def picture(
    width: int = 480, height: int = 640, *, seed: int = 0, mode: str = "RGB", **options: Any
) -> bytes:
    """A picture of nobody as JPEG (or `format`): a light ground with a dark shape in the middle."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (100, 197, 255))
    shade = tuple(chance.randrange(20, 90) for _ in range(3))
    image.paste(shade, (width // 4, height // 6, width * 3 // 4, height))
    target = io.BytesIO()
    image.convert(mode).save(target, **{"format": "JPEG", "quality": 80} | options)
    return target.getvalue()


def put(folder: Path, name: str, data: bytes | None = None) -> Path:
    """A file in the folder; a picture unless told otherwise."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture() if data is None else data)
    return path


def plan_of(photos: Photos, source: Path) -> PhotoPlan:
    """What taking in the source would do."""
    return finish(photos.plan(source))


def take_in(photos: Photos, actor: Actor, source: Path) -> Accepted:
    """Take in every picture that serves."""
    return finish(photos.accept(actor, plan_of(photos, source)))


def matched(plan: PhotoPlan) -> dict[str, str]:
    """Files and the names of the students whose pictures they are."""
    return {line.file: line.name for line in plan.lines if line.student_id is not None}


def problems(plan: PhotoPlan) -> dict[str, str]:
    """Refused files and why."""
    return {fault.file: fault.problem for fault in plan.faults}
