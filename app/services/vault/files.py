"""Writing a file so that after a power cut it is the old one or the new one, whole."""

import errno
import os
import sys
from pathlib import Path

from app.services.errors import DiskFailed, DiskFull


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temp file, fsync, rename, fsync of the folder.

    When it returns the new content is on the disk. On failure the old file stands untouched and
    the part is removed; raises DiskFull or DiskFailed.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise DiskFull from error
        raise DiskFailed(reason=error.strerror or error) from error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
