"""Where photographs come from: a folder with class folders in it, or a .zip of one.

Nothing is unpacked to the disk and no link is followed. Names are only ever read, never used as
a place to write to.
"""

import os
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from app.services.errors import (
    PhotoArchiveDamaged,
    PhotoArchiveLocked,
    PhotoSourceMissing,
    PhotoSourceRefused,
    PhotoSourceUnreadable,
    PhotosTooMany,
)
from app.services.exchange.photo_reader import PHOTO_LIMITS, TAKEN, picture_kind

#: Files and, unpacked, bytes of one import.
MOST_FILES: Final = 20_000
MOST_BYTES: Final = 4 << 30

_PICTURES: Final = frozenset(
    (*(ending for endings in TAKEN.values() for ending in endings),
     ".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif", ".psd")
)  # fmt: skip
_SYSTEM_FILES: Final = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store"})
_HEAD: Final = 16  # bytes that tell the kind of a picture
_WHOLE: Final = PHOTO_LIMITS.file_size + 1  # one more, so that too large a file shows
_LINK: Final = "是指向别处的链接，没有跟随"


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """One file that is, or claims to be, a picture.

    `name` is its place in the source, for people; `folder` the class folder it lies in, or empty.
    `read` gives its bytes (of too large a file one more than the limit); raises OSError.
    """

    name: str
    folder: str
    stem: str
    ending: str
    read: Callable[[], bytes] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """The pictures of a source in the order of their names; `ignored` has name and reason."""

    files: tuple[PhotoFile, ...]
    ignored: tuple[tuple[str, str], ...]


class _Entry(NamedTuple):
    """Anything that lies in a source; with a `reason` it is passed over."""

    place: PurePosixPath
    reason: str
    read: Callable[[int], bytes]


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """The pictures of a folder or .zip, readable within the block.

    Raises an ExchangeError when nothing in it can be read.
    """
    with ExitStack() as stack:
        try:
            contents = _contents(path.name, _entries(path, stack))
        except OSError as error:
            reason = error.strerror or "读取出错"
            raise PhotoSourceUnreadable(path=error.filename or path, reason=reason) from error
        yield contents


def _entries(path: Path, stack: ExitStack) -> Iterator[_Entry]:
    if path.is_dir():
        return _walk(path)
    if not path.is_file():
        raise PhotoSourceMissing(path=path)
    if not zipfile.is_zipfile(path):
        raise PhotoSourceRefused(file=path.name)
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise PhotoArchiveDamaged(file=path.name) from error
    return _unpack(path.name, archive)


def _contents(source: str, entries: Iterator[_Entry]) -> Contents:
    files: dict[str, PhotoFile] = {}
    ignored: list[tuple[str, str]] = []
    for count, (place, reason, read) in enumerate(entries):
        if count >= MOST_FILES:
            limit = f"{MOST_FILES} 个"
            raise PhotosTooMany(file=source, found=f"{limit}以上的文件", limit=limit)
        name = str(place)
        reason = _system_file(place) or reason or _no_picture(place, read)
        if reason or name in files:
            ignored.append((name, reason or "有两个文件叫这个名字，只看第一个"))
        else:
            whole = partial(read, _WHOLE)
            folder, ending = place.parent.name, place.suffix.lower()
            files[name] = PhotoFile(name, folder, place.stem, ending, whole)
    in_order = sorted(files.values(), key=lambda file: file.name)
    return Contents(tuple(in_order), tuple(sorted(ignored)))


def _system_file(place: PurePosixPath) -> str:
    hidden = place.name.startswith(".") or place.name.lower() in _SYSTEM_FILES
    return "是系统自动生成的文件，已忽略" if hidden else ""


def _no_picture(place: PurePosixPath, read: Callable[[int], bytes]) -> str:
    """A file with another ending is a picture still if its bytes begin like one."""
    if place.suffix.lower() in _PICTURES:
        return ""
    try:
        return "" if picture_kind(read(_HEAD)) in TAKEN else "不是照片，已忽略"
    except OSError:
        return "不是照片，已忽略"


def _visible(name: str) -> str:
    """A file name without the signs that nobody can see, or that turn the line around."""
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(char for char in name if unicodedata.category(char) not in unseen)


def _decoded(names: Sequence[bytes]) -> list[str]:
    """Names of one system as text: UTF-8 if all of them are, else what Chinese Windows writes."""
    try:
        return [name.decode("utf-8") for name in names]
    except UnicodeDecodeError:
        return [name.decode("gb18030", "replace") for name in names]


# --- folders --------------------------------------------------------------------------------


def _walk(folder: Path) -> Iterator[_Entry]:
    """The files of the folder and of the class folders in it."""
    for entry in _listed(folder):
        place = PurePosixPath(_shown(entry.name))
        if not entry.is_dir(follow_symlinks=False):
            yield _found(place, entry)
            continue
        for inner in _listed(Path(entry.path)):
            yield _found(place / _shown(inner.name), inner)


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _shown(name: str) -> str:
    """The name as text, also where the disk came from another system."""
    return _visible(_decoded([os.fsencode(name)])[0])


def _found(place: PurePosixPath, entry: os.DirEntry[str]) -> _Entry:
    if entry.is_symlink():
        reason = _LINK
    elif entry.is_dir(follow_symlinks=False):
        reason = "是更下一层的文件夹，没有打开"
    else:
        reason = "" if entry.is_file(follow_symlinks=False) else "不是文件，已忽略"
    return _Entry(place, reason, partial(_read_file, Path(entry.path)))


def _read_file(path: Path, most: int) -> bytes:
    # No link is followed and no device waited for, whatever has come here since the listing.
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"not a file: {path.name}")
        return file.read(most)


# --- archives -------------------------------------------------------------------------------


def _unpack(source: str, archive: zipfile.ZipFile) -> Iterator[_Entry]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.flag_bits & 1 for info in infos):
        raise PhotoArchiveLocked(file=source)
    total = sum(info.file_size for info in infos)
    if total > MOST_BYTES:
        raise PhotosTooMany(
            file=source,
            found=f"展开后 {total / (1 << 30):.1f} GB 的内容",
            limit=f"{MOST_BYTES >> 30} GB",
        )
    for info, name in zip(infos, _names(infos), strict=True):
        reason = _LINK if stat.S_ISLNK(info.external_attr >> 16) else ""
        yield _Entry(_place(_visible(name)), reason, partial(_read_packed, archive, info))


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names in their own language.

    A name without the mark for UTF-8 was taken for cp437. zipfile's own `metadata_encoding` fails
    as a whole over one name that is in another encoding, and knows only one.
    """
    names = {index: info.orig_filename for index, info in enumerate(infos)}
    unmarked = [index for index, info in enumerate(infos) if not info.flag_bits & 0x800]
    raw = [names[index].encode("cp437") for index in unmarked]
    names.update(zip(unmarked, _decoded(raw), strict=True))
    return list(names.values())


def _place(name: str) -> PurePosixPath:
    """Folder and name of a packed file; roots, drives and ways upward are left out."""
    parts = name.replace("\\", "/").split("/")
    drive = 2  # C:
    kept = [
        part
        for part in parts
        if part not in {"", ".", ".."} and not (len(part) == drive and part.endswith(":"))
    ]
    return PurePosixPath(*kept)


def _read_packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack into memory, no further than `most`."""
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise OSError("packed in a way that nothing common can unpack")
    try:
        with archive.open(info) as file:
            return file.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise OSError(str(error)) from error
