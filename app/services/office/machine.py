"""What an ordinary account may ask this PC, each question with its honest failure.

A question answers what the system said, or a `Silence` that says why there is no answer. Nothing
here judges; `workplace.py` does. Commands have fixed words, no shell and ten seconds.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

PATIENCE: Final = 10.0  # seconds
_LONGEST: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, and why: for people."""

    why: str


_NO_REGISTRY: Final = Silence("没有注册表")


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive that is there now."""

    mount: str
    device: str
    removable: bool | None  # None: cannot tell


class Machine(Protocol):
    """The PC as its questions are put to it."""

    windows: bool

    def run(self, *command: str) -> Told | Silence:
        """What a command said."""

    def text(self, path: str) -> str | Silence:
        """A file of the system; of a folder, the contents of all files in it."""

    def changed(self, path: str) -> float | Silence:
        """When a file of the system was last written (seconds since 1970)."""

    def registry(self, key: str, value: str) -> str | Silence:
        """A value of the Windows registry; the key begins with HKLM or HKCU."""

    def keys(self, key: str) -> Sequence[str] | Silence:
        """The keys below one of the registry."""

    def health(self, provider: int) -> int | Silence:
        """WscGetSecurityProviderHealth: 0 good, 1 not monitored, 2 poor, 3 snoozed."""

    def drives(self) -> Sequence[Drive]:
        """Drives that are there now."""

    def networks(self) -> Sequence[str]:
        """Network adapters that are up, without the machine's own loop."""


class ThisMachine:
    """The PC on which the program runs."""

    windows = sys.platform == "win32"

    def run(self, *command: str) -> Told | Silence:
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=False,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except FileNotFoundError:
            return Silence(f"没有 {command[0]}")
        except PermissionError:
            return Silence(f"不许运行 {command[0]}")
        except subprocess.TimeoutExpired:
            return Silence(f"{command[0]} 十秒没有回答")
        except OSError as error:
            return Silence(f"{command[0]}：{error.strerror}")
        return Told(done.returncode, done.stdout[:_LONGEST].decode("utf-8", "replace"))

    def text(self, path: str) -> str | Silence:
        place = Path(path)
        try:
            if place.is_dir():
                return "\n".join(
                    each.read_text(encoding="utf-8", errors="replace")
                    for each in sorted(place.iterdir())
                    if each.is_file()
                )
            return place.read_text(encoding="utf-8", errors="replace")[:_LONGEST]
        except FileNotFoundError:
            return Silence(f"没有 {path}")
        except OSError as error:
            return Silence(f"读不到 {path}（{error.strerror}）")

    def changed(self, path: str) -> float | Silence:
        try:
            return Path(path).stat().st_mtime
        except FileNotFoundError:
            return Silence(f"没有 {path}")
        except OSError as error:
            return Silence(f"读不到 {path}（{error.strerror}）")

    def registry(self, key: str, value: str) -> str | Silence:
        if sys.platform == "win32":
            return _registry(key, value)
        else:
            return _NO_REGISTRY

    def keys(self, key: str) -> Sequence[str] | Silence:
        if sys.platform == "win32":
            return _keys(key)
        else:
            return _NO_REGISTRY

    def health(self, provider: int) -> int | Silence:
        if sys.platform == "win32":
            return _health(provider)
        else:
            return Silence("这个系统没有统一的查询办法")

    def drives(self) -> Sequence[Drive]:
        import psutil

        from app.services.vault.places import DriveKind, judge

        made = []
        for part in psutil.disk_partitions():
            verdict = judge(Path(part.mountpoint))
            removable = None if not verdict.certain else verdict.kind is DriveKind.REMOVABLE
            made.append(Drive(part.mountpoint, part.device, removable))
        return made

    def networks(self) -> Sequence[str]:
        import psutil

        return [
            name
            for name, about in psutil.net_if_stats().items()
            if about.isup and not name.lower().startswith(("lo", "docker", "veth", "br-"))
        ]


if sys.platform == "win32":

    def _registry(key: str, value: str) -> str | Silence:
        import winreg

        try:
            with winreg.OpenKey(*_opened(key)) as opened:
                return str(winreg.QueryValueEx(opened, value)[0])
        except FileNotFoundError:
            return Silence("没有这一项")
        except OSError as error:
            return Silence(f"读不到（{error.strerror}）")

    def _keys(key: str) -> Sequence[str] | Silence:
        import winreg

        try:
            with winreg.OpenKey(*_opened(key)) as opened:
                return [winreg.EnumKey(opened, at) for at in range(winreg.QueryInfoKey(opened)[0])]
        except FileNotFoundError:
            return Silence("没有这一项")
        except OSError as error:
            return Silence(f"读不到（{error.strerror}）")

    def _opened(key: str) -> tuple[int, str]:
        import winreg

        root, _, below = key.partition("\\")
        return {"HKLM": winreg.HKEY_LOCAL_MACHINE, "HKCU": winreg.HKEY_CURRENT_USER}[root], below

    def _health(provider: int) -> int | Silence:
        import ctypes

        try:
            centre = ctypes.WinDLL("wscapi.dll")
        except OSError:
            return Silence("这个版本的 Windows 没有安全中心")
        found = ctypes.c_int(-1)
        answer = centre.WscGetSecurityProviderHealth(provider, ctypes.byref(found))
        return Silence("安全中心的服务没有运行") if answer != 0 else found.value
