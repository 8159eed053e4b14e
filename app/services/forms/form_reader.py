"""A form from outside, examined: the bytes go to form_child.py, what is wrong comes back.

Only a workbook that the child could compile within its limits is ever opened in this process.
"""

import json
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from app.services.errors import FormRefused, FormUnreadable, NoSuchForm
from app.services.forms import form_child
from app.services.forms.faults import FormFault
from app.services.forms.fields import FORMS

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a form may ask of the PC; sizes in bytes."""

    file_size: int = 20 * MIB
    unpacked: int = 32 * MIB
    entries: int = 2000
    seconds: float = 30.0
    memory: int = 1024 * MIB


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the child found: mistakes that forbid the form, notes that do not, its fields."""

    faults: tuple[FormFault, ...]
    notes: tuple[str, ...]
    fields: tuple[str, ...]
    paper: str  # the shipped form by whose fields it was judged; "" where nothing could be read

    def demand_faultless(self, name: str) -> None:
        """Refuse a form with mistakes, each named with its sheet and cell."""
        if self.faults:
            listed = "".join(f"\n{fault}" for fault in self.faults)
            raise FormRefused(name=name, count=len(self.faults), faults=listed)


def form_bytes(path: Path, limits: Limits = LIMITS) -> bytes:
    """The bytes of a form file; raises FormUnreadable."""
    try:
        if path.stat().st_size > limits.file_size:
            raise FormUnreadable(name=path.name, reason=_too_large(limits))
        return path.read_bytes()
    except OSError as error:
        raise FormUnreadable(name=path.name, reason="文件读不出来") from error


def inspect_form(data: bytes, name: str, paper: str = "", limits: Limits = LIMITS) -> Inspection:
    """Examine a form in a process of its own; `paper` is the shipped form whose fields it takes.

    Without `paper` it is judged by that which its fields tell. Raises FormUnreadable.
    """
    if paper and paper not in FORMS:
        raise NoSuchForm(name=paper, version="")
    if reason := _refused_unread(data, limits):
        raise FormUnreadable(name=name, reason=reason)
    said = _ask_child(data, name, paper, limits)
    if "refused" in said:
        raise FormUnreadable(name=name, reason=said["refused"])
    return Inspection(
        faults=tuple(FormFault(*map(str, fault)) for fault in said["faults"]),
        notes=tuple(map(str, said["notes"])),
        fields=tuple(map(str, said["fields"])),
        paper=str(said["paper"]),
    )


def _refused_unread(data: bytes, limits: Limits) -> str:
    """What the bytes and the directory of the zip tell without any parser."""
    if not data:
        return "是空文件"
    if len(data) > limits.file_size:
        return _too_large(limits)
    if data[:4] == b"\xd0\xcf\x11\xe0":
        return "是旧的 .xls 格式或加了打开密码"
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            members = book.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return "不是 .xlsx 工作簿或已损坏"
    if any("vbaproject" in member.filename.lower() for member in members):
        return "带有宏"
    if any(member.flag_bits & 1 for member in members):
        return "加了打开密码"
    total = sum(member.file_size for member in members)
    if total > limits.unpacked or len(members) > limits.entries:
        return "解压后太大"
    return ""


def _too_large(limits: Limits) -> str:
    return f"超过 {limits.file_size // MIB} MB"


# --- the child ----------------------------------------------------------------------------

# The program's own folder is on no path of an isolated interpreter.
_SCRIPT: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from app.services.forms import form_child; form_child.main()"
)


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, form_child.FLAG]
    folder = Path(__file__).resolve().parents[3]
    return [sys.executable, "-I", "-X", "utf8", "-c", _SCRIPT, str(folder)]


def _ask_child(data: bytes, name: str, paper: str, limits: Limits) -> dict[str, Any]:
    """The child's answer; nothing in it is believed beyond its form."""
    process = subprocess.Popen(  # noqa: S603 - our own program, no shell
        [*_command(), str(limits.memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    too_slow = threading.Event()

    def stop() -> None:
        too_slow.set()
        process.kill()

    clock = threading.Timer(limits.seconds, stop)
    clock.start()
    head = json.dumps({"name": name, "paper": paper}).encode() + b"\n"
    with process:
        try:
            answer, _ = process.communicate(head + data)
        finally:
            clock.cancel()
            process.kill()
    if not answer.endswith(b"\n"):
        reason = f"{limits.seconds:g} 秒还没有读完" if too_slow.is_set() else "内容有问题，读不出来"
        raise FormUnreadable(name=name, reason=reason)
    said: dict[str, Any] = json.loads(answer)
    return said
