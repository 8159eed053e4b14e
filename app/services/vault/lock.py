"""One program at a time: an operating-system lock on the vault folder.

The system frees the lock when its process ends, however it ends, so there is no stale lock to
clear. Who holds it is written beside it for the sentence that a second copy shows.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from app.services.errors import FolderUnwritable, VaultInUse

LOCK_FILE = "vault.lock"
HOLDER_FILE = "holder.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the register open: process, operator ("" until known), since when (local time)."""

    pid: int
    operator: str
    since: str

    def __str__(self) -> str:
        who = f"操作员 {self.operator}，" if self.operator else ""
        return f"{who}{self.since} 起，进程号 {self.pid}"


class VaultLock:
    """The exclusive right to use a vault folder; taken on construction, kept until `release`."""

    def __init__(self, folder: Path) -> None:
        """Take the lock or raise VaultInUse, which names the holder."""
        self._holder_file = folder / HOLDER_FILE
        self._since = datetime.now().astimezone()
        # A soft lock would outlive its process: where the system cannot lock, refuse instead.
        self._lock = FileLock(
            folder / LOCK_FILE, blocking=False, thread_local=False, fallback_to_soft=False
        )
        try:
            self._lock.acquire()
        except Timeout:
            raise VaultInUse(path=folder, holder=_describe(self._holder_file)) from None
        except (OSError, NotImplementedError) as error:
            raise FolderUnwritable(path=folder, reason=_reason(error)) from error
        self.name_holder("")

    def name_holder(self, operator: str) -> None:
        """Say who is at work, once it is known."""
        holder = Holder(os.getpid(), operator, f"{self._since:%Y-%m-%d %H:%M}")
        part = self._holder_file.with_suffix(".part")
        part.write_text(json.dumps(asdict(holder), ensure_ascii=False), encoding="utf-8")
        part.replace(self._holder_file)

    def release(self) -> None:
        """Give the folder free; harmless when it is free already."""
        if self._lock.is_locked:
            self._holder_file.unlink(missing_ok=True)
            self._lock.release()


def _describe(holder_file: Path) -> str:
    """The holder in words; it may be writing its name at this very moment."""
    try:
        return str(Holder(**json.loads(holder_file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return "本机的另一个程序窗口"


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
