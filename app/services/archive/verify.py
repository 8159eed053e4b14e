"""Checking a disc: every bit of an image, every file of a mounted disc, against its manifests.

Everything is read whole; a check of sizes alone would call a changed file sound. What is found is
named as a person knows it, from the catalogue on the disc.
"""

import errno
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pycdlib import PyCdlib
from pycdlib.dr import DirectoryRecord

from app.services.archive.content import SECTOR
from app.services.archive.mastering import undisturbed
from app.services.archive.package import ALGORITHMS, BAG_DECLARATION, CATALOGUE
from app.services.archive.seal import SYSTEM_AREA, seal, sealed_sectors
from app.services.errors import DiscNotFound
from app.services.progress import Step, Work

_PIECE: Final = 1 << 20
_DEEPEST: Final = 16  # our discs have 7 levels; a damaged directory may contain itself
_KEPT_WHOLE: Final = 64 << 20  # tag files up to this size are kept to be understood
_MANIFEST_LINE: Final = re.compile(r"(?P<digest>[0-9a-f]+)  (?P<path>.+)")


_REASONS: Final = {
    errno.ENOENT: "没有这个文件",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EFBIG: "文件大小超过了这种磁盘格式的上限",
    errno.EIO: "读写出错",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘是只读的",
}


def why(error: OSError) -> str:
    """What the system says about a file or a disk, in Chinese where it is one of the usual."""
    return _REASONS.get(error.errno or 0) or error.strerror or "原因不明"


class Difference(StrEnum):
    """What is wrong with a file or with the disc."""

    MISSING = "缺失"
    EXTRA = "多出"
    CHANGED = "内容已改变"
    UNREADABLE = "读不出"
    MANIFEST = "清单受损"
    COUNT = "数量不符"
    STRUCTURE = "结构受损"


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; `path` is from the root of the disc, `title` what the file is."""

    kind: Difference
    path: str
    title: str = ""
    detail: str = ""

    def __str__(self) -> str:
        name = f"{self.title}（{self.path}）" if self.title else self.path
        return f"{name}：{self.kind.value}" + (f"，{self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class VerifiedFile:
    """One file of the disc with its verdict; `difference` is None when it is as it should be."""

    path: str
    title: str
    size: int
    difference: Difference | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """校验结果. `sha256` is that of the whole image, None for a mounted disc or when some of it
    could not be read."""

    path: Path
    disc_number: str
    title: str
    files: int
    size: int
    sha256: str | None
    findings: tuple[Finding, ...]
    titles: Mapping[str, str] = field(default_factory=dict, repr=False)
    sizes: Mapping[str, int] = field(default_factory=dict, repr=False)

    @property
    def sound(self) -> bool:
        """No difference of any kind."""
        return not self.findings

    def listing(self) -> tuple[VerifiedFile, ...]:
        """Every file with its verdict: those with a difference first, then by path."""
        found = {finding.path: finding for finding in reversed(self.findings)}
        wrong = (
            VerifiedFile(path, f.title, self.sizes.get(path, 0), f.kind, f.detail)
            for path, f in sorted(found.items())
        )
        sound = (
            VerifiedFile(path, self.titles.get(path, ""), size, None)
            for path, size in sorted(self.sizes.items())
            if path not in found
        )
        return (*wrong, *sound)


@dataclass(slots=True)
class _Disc:
    """What was read: digests by path for each algorithm, small tag files whole."""

    digests: dict[str, dict[str, str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    sha256: str | None = None
    is_image: bool = False
    sealed: bool = False

    def paths(self) -> set[str]:
        return self.digests.keys() | self.unreadable.keys()

    def found(self, kind: Difference, path: str, detail: str = "") -> None:
        self.findings.append(Finding(kind, path, detail=detail))


def verify(path: Path) -> Work[VerifyReport]:
    """Compare the disc image `path`, or the disc mounted or copied there, with its manifests."""
    disc = _Disc()
    yield from (_read_folder if path.is_dir() else _read_image)(path, disc)
    info = _bag_info(disc)
    _judge(disc, info)
    titles = _titles(disc.tags.get(CATALOGUE, b""))
    findings = {
        Finding(f.kind, f.path, titles.get(f.path, ""), f.detail): None for f in disc.findings
    }
    return VerifyReport(
        path=path,
        disc_number=info.get("External-Identifier", ""),
        title=info.get("External-Description", ""),
        files=len(disc.paths()),
        size=sum(disc.sizes.values()),
        sha256=disc.sha256,
        findings=tuple(findings),
        titles=titles,
        sizes=disc.sizes,
    )


# --- reading ------------------------------------------------------------------------------


class _Reading:
    """Digests of one file as its pieces come by."""

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, 0
        self.digests = {algorithm: hashlib.new(algorithm) for algorithm in ALGORITHMS}
        self.kept = bytearray() if not path.startswith("data/") and size <= _KEPT_WHOLE else None

    def take(self, piece: bytes) -> None:
        self.size += len(piece)
        for digest in self.digests.values():
            digest.update(piece)
        if self.kept is not None:
            self.kept += piece

    def enter(self, disc: _Disc) -> None:
        disc.digests[self.path] = {a: d.hexdigest() for a, d in self.digests.items()}
        disc.sizes[self.path] = self.size
        if self.kept is not None:
            disc.tags[self.path] = bytes(self.kept)


def _read_folder(root: Path, disc: _Disc) -> Work[None]:
    files = sorted(_files_below(root, disc))
    for done, (path, place) in enumerate(files, start=1):
        try:
            with place.open("rb") as file:
                reading = _Reading(path, place.stat().st_size)
                while piece := file.read(_PIECE):
                    reading.take(piece)
            reading.enter(disc)
        except OSError as error:
            disc.unreadable[path] = why(error)
        yield Step(done, len(files), path)


def _files_below(root: Path, disc: _Disc) -> Iterator[tuple[str, Path]]:
    """Every file with its path as the manifests write it; macOS may show names decomposed."""

    def unreadable(error: OSError) -> None:
        place = Path(error.filename).relative_to(root).as_posix()
        disc.found(Difference.UNREADABLE, place, why(error))

    for folder, folders, names in os.walk(root, onerror=unreadable):
        for name in (*folders, *names):
            place = Path(folder, name)
            path = unicodedata.normalize("NFC", place.relative_to(root).as_posix())
            if place.is_symlink():
                disc.found(Difference.EXTRA, path, "是链接，不是文件")
            elif name in names:
                yield path, place


def _read_image(path: Path, disc: _Disc) -> Work[None]:
    """Read the image once from end to end, so that an optical drive need not seek."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise DiscNotFound(path=path, reason=why(error)) from error
    with file:
        places = _places(file, disc)
        image = _Image(file)
        for done, (start, size, name) in enumerate(places, start=1):
            reading = _Reading(name, size)
            if image.read(start, size, reading):
                reading.enter(disc)
            else:
                disc.unreadable[name] = "扇区读不出，或映像不完整"
            yield Step(done, len(places), name)
        image.read_rest()
        image.enter(disc)


class _Image:
    """An image read forward: digests of all of it and of what its seal covers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._failed = False
        self._all = hashlib.sha256()
        self._sealed = hashlib.sha256()
        self._system_area = b""
        self._sectors: int | None = None
        self._beyond = False

    def read(self, start: int, size: int, reading: _Reading) -> bool:
        """Read the file that lies there; False when any of it could not be read."""
        if start < self._at:  # in a sound image no two files share a sector
            return self._again(start, min(start + size, self._at), reading) and self._forward(
                start + size, reading
            )
        self._forward(start)  # a bad sector between two files harms neither
        return self._at == start and self._forward(start + size, reading)

    def read_rest(self) -> None:
        self._forward(self._file.seek(0, os.SEEK_END))

    def _again(self, at: int, end: int, reading: _Reading) -> bool:
        """Read for `reading` alone what was read before."""
        try:
            self._file.seek(at)
            while at < end:
                piece = self._file.read(min(_PIECE, end - at))
                if not piece:
                    return False
                reading.take(piece)
                at += len(piece)
        except OSError:
            return False
        return True

    def _forward(self, end: int, reading: _Reading | None = None) -> bool:
        self._file.seek(self._at)
        while self._at < end:
            try:
                piece = self._file.read(min(_PIECE, end - self._at))
            except OSError:
                self._failed, self._at = True, end
                return False
            if not piece:
                return False
            self._take(piece)
            if reading is not None:
                reading.take(piece)
        return True

    def _take(self, piece: bytes) -> None:
        self._all.update(piece)
        start, self._at = self._at, self._at + len(piece)
        if start < SYSTEM_AREA:
            self._system_area += piece[: SYSTEM_AREA - start]
            self._sectors = sealed_sectors(self._system_area)
        end = self._at if self._sectors is None else self._sectors * SECTOR
        self._sealed.update(piece[max(0, SYSTEM_AREA - start) : max(0, end - start)])
        self._beyond |= any(piece[max(0, end - start) :])

    def enter(self, disc: _Disc) -> None:
        if self._failed:
            disc.found(Difference.UNREADABLE, "光盘映像", "有扇区读不出")
        else:
            disc.sha256 = self._all.hexdigest()
        disc.sealed = (
            self._sectors is not None
            and self._at >= self._sectors * SECTOR
            and not self._beyond
            and self._system_area == seal(self._sectors, self._sealed.hexdigest())
        )
        disc.is_image = True


def _places(file: BinaryIO, disc: _Disc) -> list[tuple[int, int, str]]:
    """First byte, length and path of every file of the image, in the order they lie there."""
    image = PyCdlib()
    try:
        with undisturbed():
            image.open_fp(file)
        with closing(image):
            return sorted(_files_in(image, "/", disc))
    # A damaged image makes the parser fail in any way at all (struct, index, encoding, memory);
    # each of them means the same to the registrar, and the rest of the image is still read.
    except Exception as error:
        disc.found(Difference.STRUCTURE, "光盘映像", f"目录读不出（{type(error).__name__}）")
        return []


def _files_in(
    image: PyCdlib, folder: str, disc: _Disc, depth: int = 0
) -> Iterator[tuple[int, int, str]]:
    if depth > _DEEPEST:
        disc.found(Difference.STRUCTURE, folder.strip("/"), "文件夹层层相套")
        return
    for record in image.list_children(rr_path=folder):
        if not isinstance(record, DirectoryRecord) or record.is_dot() or record.is_dotdot():
            continue
        if record.rock_ridge is None:
            disc.found(Difference.STRUCTURE, folder.strip("/") or "/", "有的文件名读不出")
            continue
        path = f"{folder}{record.rock_ridge.name().decode()}"
        if record.is_dir():
            yield from _files_in(image, f"{path}/", disc, depth + 1)
        else:
            yield record.extent_location() * SECTOR, record.get_data_length(), path[1:]


# --- judging ------------------------------------------------------------------------------


def _judge(disc: _Disc, info: Mapping[str, str]) -> None:
    for path, reason in disc.unreadable.items():
        disc.found(Difference.UNREADABLE, path, reason)
    payload = {path for path in disc.paths() if path.startswith("data/")}
    tags = disc.paths() - payload
    _compare(disc, "manifest", payload)
    _compare(disc, "tagmanifest", {path for path in tags if not path.startswith("tagmanifest-")})
    if "bagit.txt" in disc.digests and disc.tags.get("bagit.txt") != BAG_DECLARATION:
        disc.found(Difference.CHANGED, "bagit.txt")
    counted = f"{sum(disc.sizes.get(path, 0) for path in payload)}.{len(payload)}"
    if "bag-info.txt" in disc.digests and info.get("Payload-Oxum") != counted:
        stated = info.get("Payload-Oxum", "")
        disc.found(
            Difference.COUNT, "bag-info.txt", f"记载的字节数和文件数是 {stated}，实有 {counted}"
        )
    if disc.is_image and not disc.sealed and (disc.findings or "Image-Seal" in info):
        disc.found(Difference.STRUCTURE, "光盘映像", "全盘校验值不符，文件以外的部分也可能有改变")


def _compare(disc: _Disc, kind: str, present: Iterable[str]) -> None:
    """Compare the files `present` with the manifests of this kind."""
    listed = {name: lines for name in _names(kind) if (lines := _lines(disc, name)) is not None}
    if not listed:
        return
    for path in sorted({path for lines in listed.values() for path in lines}.union(present)):
        digests = disc.digests.get(path)
        names = [name for name, lines in listed.items() if path in lines]
        if not names:
            disc.found(Difference.EXTRA, path)
        elif digests is None and path not in disc.unreadable:
            if len(names) == len(listed):
                disc.found(Difference.MISSING, path)
            else:
                disc.found(Difference.MANIFEST, names[0], f"列有盘上没有的 {path}")
        else:
            for name in listed.keys() - names:
                disc.found(Difference.MANIFEST, name, f"没有列出 {path}")
            if digests is not None:
                _compare_digests(disc, path, {name: listed[name][path] for name in names})


def _compare_digests(disc: _Disc, path: str, stated: Mapping[str, str]) -> None:
    """All manifests disagree: the file changed. Only one does: that manifest is damaged."""
    wrong = [name for name, digest in stated.items() if digest not in disc.digests[path].values()]
    if len(wrong) == len(stated):
        disc.found(Difference.CHANGED, path)
    else:
        for name in wrong:
            disc.found(Difference.MANIFEST, name, f"{path} 的校验值与另一份清单不一致")


def _names(kind: str) -> list[str]:
    return [f"{kind}-{algorithm}.txt" for algorithm in ALGORITHMS]


def _lines(disc: _Disc, name: str) -> dict[str, str] | None:
    """Digest by path, as far as the lines can be read; None without the manifest.

    Strict to the letter, so that no flipped bit of a manifest passes as another way to write it.
    """
    if name not in disc.tags:
        if name not in disc.unreadable:
            disc.found(Difference.MISSING, name)
        return None
    text = disc.tags[name].decode(errors="replace")
    lines = [_MANIFEST_LINE.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    if text and (not all(lines) or not text.endswith("\n")):
        disc.found(Difference.MANIFEST, name, "有的行读不懂")
    return {line["path"]: line["digest"] for line in lines if line}


def _bag_info(disc: _Disc) -> dict[str, str]:
    text = disc.tags.get("bag-info.txt", b"").decode(errors="replace")
    pairs = (line.split(":", 1) for line in text.split("\n") if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _titles(catalogue: bytes) -> dict[str, str]:
    """题名 by path from 文件目录.XML; of a damaged one, none."""
    try:
        rows = fromstring(catalogue).iter("文件")
    except (ParseError, DefusedXmlException, ValueError):
        return {}
    return {row.findtext("电子档案名称", ""): row.findtext("题名", "") for row in rows}
