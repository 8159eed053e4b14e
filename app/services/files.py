"""Writing a file so that after a power cut it is the old one or the new one, whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.services.errors import FileInUse, FileNotWritable

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that the registrar asked for, with its folder; raises FileNotWritable."""
    with asked_for(path):
        make_folder(path.parent)
        write_whole(path, data)


@contextmanager
def asked_for(path: Path) -> Iterator[None]:
    """What goes wrong in writing a file that the registrar asked for is said as FileNotWritable."""
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError) and path.is_file() and os.access(path, os.W_OK):
            raise FileInUse(file=path.name) from error  # Windows does not replace an open file
        raise FileNotWritable(file=path, reason=error.strerror or error) from error


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temp file, fsync, rename, fsync of the folder.

    When it returns the new content is on the disk. When it fails (OSError) or is stopped the old
    file stands untouched and the part is removed.
    """
    with part_of(path) as part:
        part.write(data)
        put_in_place(part, path)


@contextmanager
def part_of(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path` to write the new content into; gone again if it is not put in place."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, _CREATE, 0o600), "wb") as stream:  # nobody else's to read
            yield stream
    finally:  # Ctrl-C too: the part may hold personal data
        part.unlink(missing_ok=True)


def put_in_place(part: BinaryIO, path: Path) -> None:
    """What was written into the part of `path` is its content, on the disk when this returns."""
    part.flush()
    os.fsync(part.fileno())
    part.close()
    path.with_name(path.name + ".part").replace(path)
    sync_folder(path.parent)


def amount(size: int) -> str:
    """Bytes in words, as the makers of disks and discs count them."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def make_folder(folder: Path) -> None:
    """A folder with all above it, on the disk when this returns; harmless when it is there."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync_folder(made.parent)


def sync_file(path: Path) -> None:
    """Make what was written to a file durable."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
