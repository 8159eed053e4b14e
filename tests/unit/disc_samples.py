"""A small invented cohort for the tests of archive discs, and other programs that read images."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from app.services.archive.content import (
    ArchivedClass,
    ArchivedStudent,
    DiscContent,
    Event,
    Medium,
    PackageFile,
)
from app.services.archive.image import ImageReport, build_image
from app.services.archive.tables import DataColumn, DataTable
from app.services.progress import finish

DAY = date(2026, 9, 30)
EVIL = "<img src=x onerror=\"document.title='owned'\">"

#: name, pinyin keys, former name, status
PEOPLE = (
    ("张三", ("zhangsan", "zs"), "", "在校"),
    ("马𬭎㛃", ("mahongjie", "mhj"), "马小红", "休学"),
    ("单晓明", ("shanxiaoming", "danxiaoming", "sxm", "dxm"), "", "在校"),
    ("古丽仙·买买提", ("gulixianmaimaiti", "glxmmt"), "", "转出"),
    (EVIL, ("evil", "e"), "", "在校"),
    ("吕布", ("lvbu", "lb"), "", "毕业"),
)


def paper(path: str, data: bytes = b"%PDF-1.7 paper", **more: Any) -> PackageFile:
    """A record file that belongs to nobody unless told otherwise."""
    fields = {"title": "新生名册", "media_type": "application/pdf", "as_of": DAY}
    return PackageFile(path=path, open=partial(bytes, data), **{**fields, **more})


def disc_content(**changes: Any) -> DiscContent:
    """A sound cohort of two classes; `changes` replace whole fields."""
    students, files = [], []
    for at, (name, keys, former, status) in enumerate(PEOPLE):
        code, group = f"XJ-2026-Y-{at + 1:04d}", f"C0{at % 2 + 1}"
        students.append(
            ArchivedStudent(
                code, name, f"26{at % 2 + 1:02d}{at + 1:02d}", group, status, keys, former
            )
        )
        place = f"电子档案/{group}/{code}/{code}"
        card = f"card of {code} ".encode() * (200 + at)
        files.append(paper(f"{place}-01.pdf", card, title=f"{name} 学籍卡", student=code))
        photo = bytes([0xFF, 0xD8, at]) * 500
        files.append(
            paper(
                f"{place}-02.jpg", photo,
                title=f"{name} 照片", media_type="image/jpeg", student=code,
            )
        )  # fmt: skip
    files.append(paper("电子档案/MC/XJ-2026-Y-MC001.pdf", responsible="示例学校"))
    files.append(paper("电子档案/MC/XJ-2026-Y-MC002.pdf", b"", title="空白名册"))
    content = DiscContent(
        disc_number="XJ-2026-JX-01",
        title="2026级学生学籍档案",
        school="示例高等职业技术学校",
        college="示例学院",
        cohort=2026,
        class_groups=(
            ArchivedClass("C01", "机电2601", "机电一体化技术", "机电工程系"),
            ArchivedClass("C02", "会计2602", "大数据与会计", "财经系"),
        ),
        students=tuple(students),
        files=tuple(files),
        tables=(
            DataTable(
                "students",
                "学生",
                (
                    DataColumn("姓名", "姓名"),
                    DataColumn("人数", "人数", "integer"),
                    DataColumn("分数", "分数", "number"),
                    DataColumn("日期", "日期", "date"),
                    DataColumn("备注", "备注"),
                ),
                (
                    ("张三", -5, Decimal("88.50"), DAY, "=HYPERLINK(1)"),
                    ("马𬭎㛃", 0, None, None, " +86 25"),
                ),
            ),
        ),
        events=(Event(datetime(2026, 9, 1, 8, tzinfo=UTC), "示例老师", "导入（6 条记录）"),),
        as_of=date(2026, 10, 8),
        maker="示例老师",
        checker="",
        software="学籍学历管理工作站 0.1.0",
        audit_head="17:" + "ab" * 32,
    )
    return replace(content, **changes)


def build(folder: Path, medium: Medium = Medium.CD, **changes: Any) -> ImageReport:
    return finish(build_image(disc_content(**changes), folder, medium))


def _seven_zip(kind: str, image: Path, folder: Path) -> None:
    subprocess.run(
        ["7z", "x", "-y", f"-t{kind}", f"-o{folder}", image], check=True, capture_output=True
    )


def _xorriso(image: Path, folder: Path) -> None:
    command = ["xorriso", "-osirrox", "on", "-indev", image, "-extract", "/", folder]
    subprocess.run(command, check=True, capture_output=True)


#: The three name spaces that systems read, each through a program that is not ours.
READERS: dict[str, Callable[[Path, Path], None]] = {
    "UDF": partial(_seven_zip, "udf"),
    "Joliet": partial(_seven_zip, "iso"),
    "Rock Ridge": _xorriso,
}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def extract(image: Path, folder: Path, reader: str = "UDF") -> dict[str, bytes]:
    """All files of an image by path, as another program reads them."""
    READERS[reader](image, folder)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
