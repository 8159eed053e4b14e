"""Disc images: ISO 9660 level 3 with Rock Ridge, Joliet and UDF, the same bytes for the same bag.

Every system finds the name space it reads, with every character of a name. The contents are
written by us, sector for sector where pycdlib's layout puts them, since only so is each file
opened once, can the work report and be cancelled, and is no record copied to another place.
"""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from operator import call
from pathlib import Path
from typing import BinaryIO, Final

from pycdlib import PyCdlib

from app.services import crew
from app.services.archive.content import SECTOR, DiscContent, Medium, PackageFile
from app.services.archive.mastering import frozen
from app.services.archive.package import Bag, Written
from app.services.archive.seal import SYSTEM_AREA, seal
from app.services.archive.verify import verify, why
from app.services.errors import DiscTooLarge, ImageNotSound, ImageNotWritten, NoRoomForImage
from app.services.files import amount, make_folder, sync_folder
from app.services.progress import Step, Work

_PIECE: Final = 1 << 20
_SPARE: Final = 32 << 20  # left free on the disk beside the image
_MANY: Final = 40  # papers that another process is worth its start for


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What was built; `sha256` is that of the whole image, for the ledger and the paper forms."""

    path: Path
    size: int
    sha256: str
    files: int


def build_image(content: DiscContent, folder: Path, medium: Medium) -> Work[ImageReport]:
    """Write `content` to `folder`/<disc number>.iso, read it back, and only then give it that name.

    An image of the same number is replaced; whatever stops the work, no part of one stays.
    """
    bag = Bag(content, medium)
    target = folder / f"{content.disc_number}.iso"
    part = target.with_name(f"{target.name}.part")
    with _disk(part):
        make_folder(folder)
        image = part.open("w+b")
    try:
        yield from _write(bag, image, part)
        with _disk(part):
            image.close()
        report = yield from verify(part)
        if not report.sound:
            raise ImageNotSound(finding=report.findings[0])
        with _disk(target):
            part.replace(target)
            sync_folder(folder)
    finally:
        with suppress(OSError):  # a full disk, told already, refuses what was left to write
            image.close()
        part.unlink(missing_ok=True)
    return ImageReport(target, target.stat().st_size, report.sha256 or "", report.files)


def _write(bag: Bag, image: BinaryIO, part: Path) -> Work[None]:
    payload = dict(bag.payload)
    tags = bag.tag_files([Written.unknown(path) for path in payload])
    paths = sorted([*payload, *tags])
    # A layout's order and first sector do not depend on the lengths of the payload.
    sizes = {path: len(tags[path]) if path in tags else 1 for path in paths}
    draft = _layout(bag.content, sizes)
    _check_room(part.parent, draft.pvd.space_size * SECTOR + sum(f.size for f in bag.files))
    drafted = _places(draft, paths)
    sector = min(drafted.values())
    places: dict[str, int] = {}
    written: list[Written] = []
    in_order = sorted(paths, key=drafted.__getitem__)
    with closing(_contents([payload[path] for path in in_order if path in payload])) as contents:
        for path in in_order:
            places[path] = sector
            if path in payload:
                content = next(contents)
                written.append(Written.of(path, content))
                sizes[path] = len(content)
                if sector + _sectors(len(content)) < bag.medium.usable_sectors:
                    _put(image, part, sector, content)  # past the end it is only measured
                yield Step(len(written), len(payload), payload[path].title)
            sector += _sectors(sizes[path])
    _check_capacity(bag.medium, sector + 1)
    layout = _layout(bag.content, sizes)
    if _places(layout, paths) != {path: places[path] for path in paths if sizes[path]}:
        raise RuntimeError("pycdlib laid the image out differently the second time")
    written.sort(key=lambda w: w.path)
    for path, content in bag.tag_files(written).items():
        _put(image, part, places[path], content)
    with _disk(part):
        layout.inodes.clear()  # the contents are written; what is left is the file systems
        with frozen(bag.content.as_of, bag.content.disc_number):
            layout.write_fp(image)
        _seal(image, layout.pvd.space_size)
        image.flush()
        os.fsync(image.fileno())


def _contents(files: Sequence[PackageFile]) -> Generator[bytes, None, None]:
    """The bytes of the files in this order; papers are drawn by several processes."""
    papers = [file.open for file in files if file.drawn]
    helpers = crew.helpers() if len(papers) >= _MANY else 0
    with closing(crew.work_through(_opening, papers, helpers)) as drawn:
        for file in files:
            yield next(drawn) if file.drawn else file.open()


def _opening() -> Callable[[Callable[[], bytes]], bytes]:
    """What a process does with a paper: ask it for its bytes."""
    return call


def _seal(image: BinaryIO, sectors: int) -> None:
    image.seek(SYSTEM_AREA)
    digest = hashlib.sha256()
    while piece := image.read(_PIECE):
        digest.update(piece)
    image.seek(0)
    image.write(seal(sectors, digest.hexdigest()))


# --- layout -------------------------------------------------------------------------------


def _layout(content: DiscContent, sizes: dict[str, int]) -> PyCdlib:
    """The image of files of these sizes, by sorted path; where each lies, but not its bytes."""
    label = volume_label(content.disc_number)
    nothing = io.BytesIO()
    with frozen(content.as_of, content.disc_number):
        image = PyCdlib()
        image.new(
            interchange_level=3,
            vol_ident=label[-16:],  # the length of a Joliet label; the serial stands at the end
            app_ident_str="XUEJI",
            joliet=3,
            rock_ridge="1.09",
            udf="2.60",
        )
        image.pvd.volume_identifier = label.ljust(32).encode("ascii")
        folders = {"": ""}
        for ordinal, (path, size) in enumerate(sizes.items(), start=1):
            folder, _, name = path.rpartition("/")
            image.add_fp(
                nothing,
                size,
                iso_path=f"{_folder(image, folders, folder)}/F{ordinal:07d}.;1",
                rr_name=name,
                joliet_path=f"/{path}",
                udf_path=f"/{path}",
                file_mode=0o100444,
            )
        image.force_consistency()
    return image


def _folder(image: PyCdlib, folders: dict[str, str], path: str) -> str:
    """ISO path of the folder `path`, made with those above it when it is new."""
    if path not in folders:
        above, _, name = path.rpartition("/")
        iso_path = f"{_folder(image, folders, above)}/D{len(folders):07d}"
        image.add_directory(
            iso_path=iso_path,
            rr_name=name,
            joliet_path=f"/{path}",
            udf_path=f"/{path}",
            file_mode=0o040555,
        )
        folders[path] = iso_path
    return folders[path]


def volume_label(disc_number: str) -> str:
    """卷标: the disc number in d-characters."""
    return re.sub("[^A-Z0-9]", "_", disc_number)


def _places(layout: PyCdlib, paths: Sequence[str]) -> dict[str, int]:
    """First sector of every file of `paths`, added in this order; an empty one has none."""
    return {
        path: inode.extent_location()
        for path, inode in zip(paths, layout.inodes, strict=True)
        if inode.get_data_length()
    }


def _sectors(size: int) -> int:
    return -(-size // SECTOR)


# --- disk and medium ----------------------------------------------------------------------


def _put(image: BinaryIO, part: Path, sector: int, content: bytes) -> None:
    with _disk(part):
        image.seek(sector * SECTOR)
        image.write(content)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """A disk that fails, fills or forbids, as a sentence."""
    try:
        yield
    except OSError as error:
        raise ImageNotWritten(path=path, reason=why(error)) from error


def _check_room(folder: Path, need: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < need + _SPARE:
        raise NoRoomForImage(folder=folder, free=amount(free), need=amount(need + _SPARE))


def _check_capacity(medium: Medium, sectors: int) -> None:
    if sectors <= medium.usable_sectors:
        return
    larger = [other for other in Medium if sectors <= other.usable_sectors]
    raise DiscTooLarge(
        size=amount(sectors * SECTOR),
        medium=medium.label,
        capacity=amount(medium.usable_sectors * SECTOR),
        advice=f"请改用 {larger[0].label}。"
        if larger
        else "最大的盘也放不下；分装多张盘将在以后的版本提供。",
    )
