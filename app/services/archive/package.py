"""What lies on a cohort's disc: the transfer layout of 档发〔2012〕7号 wrapped as a BagIt 1.0 bag.

The root of the bag is the root of the disc. Names are checked before anything is written. Every
file is opened once, while the image is being written: a card is drawn at that moment and its
digests are taken from the very bytes that go on the disc, so nothing is staged, nothing is drawn
twice and no more than a few files are in memory. The manifests can follow because their lengths do
not depend on the contents; see `Bag.tag_files`.
"""

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from string import Template
from typing import Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from app.services.archive import viewer
from app.services.archive.content import (
    RECORDS,
    SECTOR,
    ArchivedStudent,
    DiscContent,
    Medium,
    PackageFile,
    short_title,
)
from app.services.archive.tables import (
    csv_bytes,
    datapackage_bytes,
    harmless,
    workbook_bytes,
)
from app.services.errors import DiscNumberRefused, DiscPathRefused, DiscTextRefused
from app.services.resources import resource

ALGORITHMS: Final = ("sha256", "sha512")
BAG_DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
TABLES: Final = "数据"
WORKBOOK: Final = f"{TABLES}/tables.xlsx"
OTHER: Final = "其他"
CATALOGUE: Final = "文件目录.XML"
README: Final = "说明文件.TXT"

_DEEPEST = 7
_LONGEST_NAME = 64  # UTF-8 bytes: what the Joliet names of pycdlib take
_LONGEST_PATH = 200  # characters, so that a drive letter in front stays within Windows' 260
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NOT_IN_FOLDERS = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*;%#]|[^\x00-\uffff]|[\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_DISC_NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]{0,30}[A-Z0-9])?")
_LINE_BREAKS = re.compile(r"\s*[\r\n]\s*")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Written:
    """A payload file as it was written; `path` is from the root of the bag."""

    path: str
    size: int
    sha256: str
    sha512: str

    @classmethod
    def of(cls, path: str, content: bytes) -> "Written":
        return cls(
            path,
            len(content),
            hashlib.sha256(content).hexdigest(),
            hashlib.sha512(content).hexdigest(),
        )

    @classmethod
    def unknown(cls, path: str) -> "Written":
        """Stands for a file not yet opened; its digests have the right length."""
        return cls(path, 0, "0" * 64, "0" * 128)


class Bag:
    """The files of one disc: the payload, and the tag files that describe it."""

    def __init__(self, content: DiscContent, medium: Medium) -> None:
        self.content = content
        self.medium = medium
        if not _DISC_NUMBER.fullmatch(content.disc_number):
            raise DiscNumberRefused(number=content.disc_number)
        _check_codes(content)
        _check_texts(content)
        listed = (*content.files, *_table_files(content))
        _check_paths([file.path for file in listed])
        self.files = tuple(sorted(listed, key=lambda file: file.path))
        classes = {group.code: at for at, group in enumerate(content.class_groups)}
        self.students = tuple(
            sorted(content.students, key=lambda s: (classes[s.class_code], s.number, s.code))
        )

    @property
    def payload(self) -> Iterator[tuple[str, PackageFile]]:
        """Path from the root of the bag, and file; sorted."""
        return ((f"data/{file.path}", file) for file in self.files)

    def tag_files(self, written: Sequence[Written]) -> dict[str, bytes]:
        """The files beside data/, given what was written.

        Their lengths are the same for any digests and sizes, so the image can be laid out before
        the first payload file is opened (with `Written.unknown`) and filled in afterwards.
        """
        tags = {
            "bagit.txt": BAG_DECLARATION,
            "bag-info.txt": self._bag_info(written),
            **{f"manifest-{a}.txt": _manifest(a, written) for a in ALGORITHMS},
            **self._described,
        }
        described = [Written.of(path, content) for path, content in sorted(tags.items())]
        return tags | {f"tagmanifest-{a}.txt": _manifest(a, described) for a in ALGORITHMS}

    @cached_property
    def _described(self) -> dict[str, bytes]:
        """Tag files that depend on nothing that is opened."""
        return {
            README: self._readme(),
            CATALOGUE: self._catalogue(),
            **viewer.pages(self.content, self.students, self.files),
            f"{OTHER}/events.csv": self._events(),
            f"{OTHER}/bagit-profile.json": _profile(),
            f"{OTHER}/transfer-form.html": self._transfer_form(),
        }

    def _bag_info(self, written: Sequence[Written]) -> bytes:
        content = self.content
        oxum = f"{sum(w.size for w in written)}.{len(written)}"
        lines = {
            "Source-Organization": content.school,
            "External-Identifier": content.disc_number,
            "External-Description": content.title,
            "Bagging-Date": content.as_of.isoformat(),
            # Blanks behind a value mean nothing in a bag; they keep the length of the file.
            "Payload-Oxum": oxum.ljust(30),
            "Bag-Software-Agent": content.software,
            "BagIt-Profile-Identifier": f"{OTHER}/bagit-profile.json",
            "Audit-Head": content.audit_head,
            "Image-Seal": "sha256, sector 0",
        }
        return "".join(f"{k}: {_LINE_BREAKS.sub(' ', v)}\n" for k, v in lines.items()).encode()

    def _readme(self) -> bytes:
        """说明文件.TXT, for Notepad: with a byte-order mark and CRLF."""
        content, medium = self.content, self.medium
        text = Template(resource("viewer", "readme.txt").read_text("utf-8")).substitute(
            number=content.disc_number,
            title=content.title,
            school=content.school,
            college=content.college,
            cohort=content.cohort,
            stage="预归档（该年级尚未毕业，毕业后另行制作正式归档盘）"
            if content.preliminary
            else "正式归档",
            classes=len(content.class_groups),
            students=len(self.students),
            files=len(self.files),
            as_of=content.as_of.isoformat(),
            maker=content.maker,
            checker=content.checker,
            software=content.software,
            medium=medium.label,
            capacity=f"{medium.value * SECTOR:,}",
            audit_head=content.audit_head,
        )
        return text.replace("\n", "\r\n").encode("utf-8-sig")

    def _catalogue(self) -> bytes:
        """文件目录.XML with the columns of 档发〔2012〕7号."""
        students = {student.code: student for student in self.students}
        root = ET.Element("文件目录", {"光盘编号": self.content.disc_number})
        for ordinal, (path, file) in enumerate(self.payload, start=1):
            row = ET.SubElement(root, "文件")
            for column, value in (
                ("顺序号", str(ordinal)),
                ("档号", file.code),
                ("责任者", file.responsible),
                ("题名", _full_title(file, students.get(file.student or ""))),
                ("日期", f"{file.as_of:%Y%m%d}"),
                ("密级", file.secrecy),
                ("电子档案名称", path),
                ("备注", file.note),
            ):
                ET.SubElement(row, column).text = value
        ET.indent(root)
        out = io.BytesIO()
        ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
        return out.getvalue() + b"\n"

    def _events(self) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(("at", "who", "what"))
        for event in self.content.events:
            writer.writerow((event.at.isoformat(), harmless(event.who), harmless(event.what)))
        return out.getvalue().encode()

    def _transfer_form(self) -> bytes:
        """电子档案移交与接收登记表 for printing; digests are entered from the report of the build,
        since a disc cannot carry its own."""
        content = self.content
        page = Template(resource("viewer", "transfer-form.html").read_text("utf-8"))
        return page.substitute(
            {
                name: escape(str(value))
                for name, value in {
                    "number": content.disc_number,
                    "title": content.title + ("（预归档）" if content.preliminary else ""),
                    "school": content.school,
                    "files": len(self.files),
                    "students": len(self.students),
                    "medium": self.medium.label,
                    "software": content.software,
                    "maker": content.maker,
                    "checker": content.checker,
                    "as_of": content.as_of.isoformat(),
                }.items()
            }
        ).encode()


def _full_title(file: PackageFile, student: ArchivedStudent | None) -> str:
    """题名 with whose it is: 姓名（学号） 学籍卡."""
    if student is None:
        return file.title
    whose = f"{student.name}（{student.number}）" if student.number else student.name
    return f"{whose} {short_title(file, student)}"


def _manifest(algorithm: str, written: Iterable[Written]) -> bytes:
    return "".join(f"{getattr(w, algorithm)}  {w.path}\n" for w in written).encode()


def _table_files(content: DiscContent) -> Iterator[PackageFile]:
    """The tables as files of data/数据/: the small ones are made once and kept."""
    if not content.tables:
        return
    files = {f"{table.name}.csv": csv_bytes(table) for table in content.tables}
    titles = {f"{table.name}.csv": table.title for table in content.tables}
    package = datapackage_bytes(
        content.disc_number, content.title, content.as_of, content.tables, files
    )
    files["datapackage.json"] = package
    titles["datapackage.json"] = "数据表说明"
    types = {"csv": "text/csv", "json": "application/json"}
    for name, data in files.items():
        yield PackageFile(
            path=f"{TABLES}/{name}",
            title=titles[name],
            media_type=types[name.rpartition(".")[2]],
            open=partial(bytes, data),
            as_of=content.as_of,
            responsible=content.school,
            size=len(data),
        )
    yield PackageFile(
        path=WORKBOOK,
        title="全部数据表（电子表格）",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        open=partial(workbook_bytes, content.tables, content.as_of),
        as_of=content.as_of,
        responsible=content.school,
    )


def _profile() -> bytes:
    """What our bags promise, as a BagIt profile."""
    required = ("Source-Organization", "External-Identifier", "Bagging-Date", "Payload-Oxum")
    profile = {
        "BagIt-Profile-Info": {
            "BagIt-Profile-Identifier": f"{OTHER}/bagit-profile.json",
            "BagIt-Profile-Version": "1.3.0",
            "Source-Organization": "xueji",
            "External-Description": "学籍档案归档盘",
            "Version": "1.0",
        },
        "Bag-Info": {name: {"required": True} for name in required},
        "Accept-BagIt-Version": ["1.0"],
        "Allow-Fetch.txt": False,
        "Serialization": "forbidden",
        "Manifests-Required": list(ALGORITHMS),
        "Tag-Manifests-Required": list(ALGORITHMS),
        "Tag-Files-Required": [README, CATALOGUE, "index.html", "data.js"],
    }
    return json.dumps(profile, ensure_ascii=False, indent=2).encode() + b"\n"


# --- checks before anything is written ----------------------------------------------------


def _check_codes(content: DiscContent) -> None:
    """One code, one folder: two classes or students never share it."""
    for what, owners in (("班级", content.class_groups), ("学生", content.students)):
        for code, times in Counter(owner.code for owner in owners).items():
            if times > 1:
                raise DiscPathRefused(
                    path=f"data/{RECORDS}/…{code}", problem=f"{times} 个{what}用了同一个编号"
                )


def _check_paths(paths: Sequence[str]) -> None:
    """Refuse any path that one of the disc's four name spaces would lose or change."""
    taken: set[str] = set()
    for path in paths:
        if problem := _problem_with(path):
            raise DiscPathRefused(path=f"data/{path}", problem=problem)
        if path.casefold() in taken:
            raise DiscPathRefused(path=f"data/{path}", problem="与另一个文件重名（不分大小写）")
        taken.add(path.casefold())
    folders: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            if folder.casefold() in taken:
                raise DiscPathRefused(path=f"data/{path}", problem=f"“{folder}”已是一个文件")
            if folders.setdefault(folder.casefold(), folder) != folder:
                raise DiscPathRefused(path=f"data/{path}", problem="文件夹与另一个只有大小写之差")


def _problem_with(path: str) -> str | None:
    """Why `path` (inside data/) cannot go on a disc, or None."""
    parts = path.split("/")
    if len(parts) + 1 > _DEEPEST:
        return f"超过 {_DEEPEST} 级"
    if len(path) > _LONGEST_PATH:
        return f"全长超过 {_LONGEST_PATH} 个字符"
    for part in parts:
        if not part or part.strip(" .") != part:
            return "有空的名称，或名称以空格、句点开头或结尾"
        if bad := _NOT_IN_FOLDERS.search(part):
            return f"含有不能用的字符 U+{ord(bad[0]):04X}"
        if unicodedata.normalize("NFC", part) != part:
            return "名称不是规范组合形式（NFC）"
        if len(part.encode()) > _LONGEST_NAME:
            return f"名称超过 {_LONGEST_NAME} 个字节（约 21 个汉字）"
        if _RESERVED.fullmatch(part):
            return f"“{part}”是 Windows 保留的名称"
    if not _FILE_NAME.fullmatch(parts[-1]):
        return "文件名只能用英文字母、数字和 . _ -"
    return None


def _check_texts(content: DiscContent) -> None:
    """Refuse control characters that XML or a workbook would not hold, naming where they are."""
    for where, text in _texts(content):
        if bad := _NOT_IN_XML.search(text):
            shown = _NOT_IN_XML.sub("□", where)
            raise DiscTextRefused(where=shown, character=f"U+{ord(bad[0]):04X}")


def _texts(content: DiscContent) -> Iterator[tuple[str, str]]:
    """Every text that goes on the disc with the place to name for it."""
    for text in (content.title, content.school, content.college, content.maker, content.checker):
        yield text, text
    for group in content.class_groups:
        for text in (group.name, group.major, group.department):
            yield f"班级 {group.name}", text
    for student in content.students:
        for text in (student.name, student.number, student.status, student.former_name):
            yield f"学生 {student.number} {student.name}", text
    for file in content.files:
        for text in (file.title, file.responsible, file.secrecy, file.note):
            yield f"文件 {file.path}", text
    for table in content.tables:
        for line, row in enumerate(table.rows, start=2):
            for column, value in zip(table.columns, row, strict=True):
                if isinstance(value, str):
                    yield f"数据表 {table.title} 第 {line} 行 {column.title}", value
