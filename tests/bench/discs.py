"""光盘映像: built out of a tree of files, against sha256sum and xorriso over the same tree.

The program takes SHA-256 and SHA-512, writes the catalogue and the pages of the viewer, three
name spaces (Rock Ridge, Joliet, UDF), reads the whole image back and checks it; the peer takes
SHA-256 and writes Rock Ridge and Joliet.
"""

import random
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from app.models.rules.names import search_keys
from app.services.archive.content import (
    RECORDS,
    ArchivedClass,
    ArchivedStudent,
    DiscContent,
    Medium,
    PackageFile,
)
from app.services.archive.image import build_image
from app.services.progress import finish
from tests.bench.options import Options
from tests.bench.people import Person, people
from tests.bench.report import Goal, Line, Missing
from tests.bench.timing import in_turn, timed

_AS_OF: Final = date(2026, 11, 23)
_CARD, _PHOTO = 120_000, 60_000  # bytes
_CLASS: Final = 50
_MANIFEST: Final = "manifest"


def lines(options: Options) -> Iterator[Line]:
    """Two files a student: a card and a photograph."""
    for count in options.sizes_for((500,), (500, 4_000)):
        tree = options.folder / f"tree-{count}"
        content = _content(count, tree)
        built = options.folder / f"image-{count}"
        runs = [timed(partial(_build, content, built))]
        lacking = [name for name in ("xorriso", "sha256sum") if shutil.which(name) is None]
        if not lacking:
            runs.append(timed(partial(_peer, tree, options.folder / "peer.iso")))
        ours, *peer = in_turn(runs, 3)
        found = peer[0] if peer else Missing(f"没有 {'、'.join(lacking)}")
        item = "光盘映像，人（对 sha256sum + xorriso）"
        yield Line(item, count, ours, found, Goal(faster=False))
        shutil.rmtree(tree)
        shutil.rmtree(built)


def _build(content: DiscContent, folder: Path) -> None:
    finish(build_image(content, folder, Medium.DVD))


def _peer(tree: Path, image: Path) -> None:
    image.unlink(missing_ok=True)
    paths = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.*") if path.is_file())
    with (tree / _MANIFEST).open("wb") as manifest:
        subprocess.run(["sha256sum", *paths], cwd=tree, check=True, stdout=manifest)
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-R", "-J",
               "-joliet-long", "-V", "BENCH", "-o", str(image), str(tree)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)


def _content(count: int, tree: Path) -> DiscContent:
    dice = random.Random(count)
    everybody = people(count)
    students = [_student(at, person) for at, person in enumerate(everybody)]
    files = []
    for student in students:
        folder = f"{RECORDS}/{student.class_code}/{student.code}"
        (tree / folder).mkdir(parents=True)
        for suffix, title, media_type, size in (
            ("01.pdf", "学籍卡", "application/pdf", _CARD),
            ("02.jpg", "照片", "image/jpeg", _PHOTO),
        ):
            path = f"{folder}/{student.code}-{suffix}"
            (tree / path).write_bytes(dice.randbytes(size))
            files.append(
                PackageFile(
                    path=path,
                    title=f"{student.name} {title}",
                    media_type=media_type,
                    open=(tree / path).read_bytes,
                    as_of=_AS_OF,
                    student=student.code,
                    size=size,
                )
            )
    classes = dict.fromkeys(student.class_code for student in students)
    return DiscContent(
        disc_number="BENCH-XJ-2026-01",
        title="2026级学生学籍档案",
        school="示例职业学校",
        college="示例学院",
        cohort=2026,
        class_groups=tuple(
            ArchivedClass(code, f"计算机26{code[1:]}", "计算机应用技术", "信息工程系")
            for code in classes
        ),
        students=tuple(students),
        files=tuple(files),
        tables=(),
        events=(),
        as_of=_AS_OF,
        maker="周学管",
        checker="",
        software="学籍学历管理工作站",
        audit_head=f"1:{'0' * 64}",
        preliminary=True,
    )


def _student(at: int, person: Person) -> ArchivedStudent:
    return ArchivedStudent(
        code=f"BENCH-XJ-2026-Y-{at + 1:06d}",
        name=person.name,
        number=person.number,
        class_code=f"C{at // _CLASS + 1:04d}",
        status="在校",
        keys=search_keys(person.name),
    )
