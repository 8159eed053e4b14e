"""证明材料 and 签字: what an application rests on; scans are kept as blobs, named by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.cases import Application, StatusChange
from app.models.evidence import Evidence, Signature
from app.models.vocabulary import Signatory
from app.services.clock import now
from app.services.vault.audit import Actor
from app.services.vault.media import MediaStore

#: File and what the registrar calls it; without a file the original alone is filed on paper.
Given: TypeAlias = tuple[Path | None, str]

LIMIT: Final = 20 * 1024 * 1024
_PDF_WITHIN: Final = 1024  # readers allow so much before the mark
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Scan:
    """One paper as it was handed in; the content is kept, never opened here."""

    kind: str
    source_name: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One paper behind an entry; `sha256` None: only the original on paper."""

    kind: str
    source_name: str
    sha256: str | None


def read_scans(given: Sequence[Given]) -> tuple[list[Scan], list[str]]:
    """The papers that can be taken, and for each other one what is wrong with it."""
    scans, problems = [], []
    for path, kind in given:
        data = None if path is None else read_scan(path)
        if isinstance(data, str):
            problems.append(data)
        elif not kind.strip():
            problems.append(f"证明材料“{path.name if path else ''}”没有写明是什么材料")
        else:
            scans.append(Scan(kind.strip(), path.name if path else "", data))
    return scans, problems


def read_scan(path: Path) -> bytes | str:
    """The content of a PDF or picture, or a sentence on why it cannot be taken."""
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError:
        return f"找不到文件“{path}”"
    except OSError as error:
        return f"打不开文件“{path}”（{error.strerror}）"
    if len(data) > LIMIT:
        return f"文件“{path.name}”超过 {LIMIT // 1024 // 1024} MB，请降低扫描精度"
    if not data.startswith(_PICTURES) and b"%PDF-" not in data[:_PDF_WITHIN]:
        return f"文件“{path.name}”不是 PDF、JPEG 或 PNG 文件"
    return data


def add_signatures(
    session: Session,
    actor: Actor,
    owner: StatusChange | Application,
    signatories: Iterable[Signatory],
    signed_on: date | None,
) -> None:
    """Note whose signatures an application bears; who has signed already is left alone."""
    column = Signature.case_id if isinstance(owner, StatusChange) else Signature.application_id
    present = set(session.scalars(select(Signature.signatory).where(column == owner.id)))
    wanted = set(signatories) - present
    session.add_all(
        Signature(
            student_id=owner.student_id,
            signatory=who,
            signed_on=signed_on,
            operator_id=actor.id,
            recorded_at=now(),
            **{column.key: owner.id},
        )
        for who in Signatory
        if who in wanted
    )
    session.flush()


def file_scans(
    session: Session,
    media: MediaStore,
    scans: Sequence[Scan],
    *,
    student_id: int,
    at: datetime,
    **owners: int | None,
) -> None:
    """Keep the blobs, then name them in the register; call it when nothing can be refused.

    `owners` are the ids of what rests on the papers, by their columns: case_id, entry_id …
    """
    for scan in scans:
        session.add(
            Evidence(
                student_id=student_id,
                **owners,
                kind=scan.kind,
                sha256=None if scan.data is None else media.put(scan.data),
                source_name=scan.source_name,
                recorded_at=at,
            )
        )
