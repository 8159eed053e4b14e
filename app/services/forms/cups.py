"""CUPS: the printers of Linux. The file itself is handed to `lp`, so paper equals preview.

It goes through a pipe: no file with names is left in a temporary folder by us.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.services.errors import PrinterFailed
from app.services.forms.order import Order, Sides

_SECONDS: Final = 30
_SIDES: Final = {
    Sides.LONG: "two-sided-long-edge",
    Sides.SHORT: "two-sided-short-edge",
}
#: What its programs may know of ours: where they are, whose default printer, which server.
_ENVIRONMENT: Final = re.compile(r"PATH|HOME|USER|LOGNAME|CUPS_\w+")
#: Sizes in mm by the name CUPS has for them.
_MEDIA: Final = {
    (210, 297): "A4", (297, 420): "A3", (148, 210): "A5", (182, 257): "B5", (216, 279): "Letter",
}  # fmt: skip
_TRAY_WORDS: Final = {
    "Auto": "自动选择", "Default": "默认", "Upper": "上纸盒", "Lower": "下纸盒",
    "Middle": "中纸盒", "Manual": "手动进纸", "ManualFeed": "手动进纸",
    "MultiPurpose": "多功能纸盒", "MPTray": "多功能纸盒", "Envelope": "信封", "Cassette": "纸盒",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrinterRow:
    """One printer as it is offered."""

    name: str
    description: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Tray:
    """纸盒: what the driver calls it, and what is shown."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a printer can do."""

    duplex: bool
    trays: tuple[Tray, ...]


def available() -> bool:
    """Whether this PC prints through CUPS."""
    return shutil.which("lp") is not None and shutil.which("lpstat") is not None


def printers() -> list[PrinterRow]:
    """All queues; the default one is marked."""
    default = _ask("lpstat", "-d").rpartition(":")[2].strip()
    names = [line.split()[0] for line in _ask("lpstat", "-e").splitlines() if line.strip()]
    return [PrinterRow(name, name.replace("_", " "), name == default) for name in names]


def abilities(printer: str) -> Abilities:
    """Trays and duplex as the driver offers them."""
    duplex, trays = False, []
    for line in _ask("lpoptions", "-p", printer, "-l").splitlines():
        found = re.match(r"(\w+)/[^:]*:\s*(.*)", line)
        if found is None:
            continue
        values = [value.lstrip("*") for value in found[2].split()]
        if found[1] == "Duplex":
            duplex = any(value.startswith("Duplex") for value in values)
        elif found[1] == "InputSlot":
            trays = [Tray(value, tray_words(value)) for value in values]
    return Abilities(duplex, tuple(trays))


def tray_words(key: str) -> str:
    """A tray in Chinese where its name is known."""
    number = re.fullmatch(r"(?:Tray|Cassette|Drawer)[-_ ]?(\d+)", key)
    return f"纸盒 {number[1]}" if number else _TRAY_WORDS.get(key, key)


def trouble(printer: str) -> PrinterFailed | None:
    """What keeps the printer from printing, if anything does; with what to do."""
    state = _ask("lpstat", "-l", "-p", printer)
    if f"printer {printer}" not in state:
        return PrinterFailed(
            printer=printer, problem="找不到了", cure="请检查连线和电源，或选择另一台打印机"
        )
    lowered = state.lower()
    for sign, (problem, cure) in _SIGNS.items():
        if sign in lowered:
            return PrinterFailed(printer=printer, problem=problem, cure=cure)
    if "not accepting" in _ask("lpstat", "-a", printer):
        return PrinterFailed(
            printer=printer, problem="不接收新的任务", cure="请在系统的打印机设置里恢复它"
        )
    return None


#: In `lpstat -l -p`: the reasons a printer gives, the most telling first.
_SIGNS: Final = {
    "media-empty": ("缺纸", "请装纸，再按“打印”从没有打出的一张继续"),
    "media-needed": ("缺纸", "请装纸，再按“打印”从没有打出的一张继续"),
    "media-jam": ("卡纸", "请取出卡住的纸，再从被卡的一张继续"),
    "toner-empty": ("没有墨粉了", "请更换墨粉盒"),
    "door-open": ("盖子没有关好", "请关好盖子"),
    "cover-open": ("盖子没有关好", "请关好盖子"),
    "offline": ("没有联机", "请检查电源和连线"),
    "connecting-to-device": ("连接不上", "请检查电源和连线"),
    "disabled since": ("已暂停", "请在系统的打印机设置里恢复它，再按“打印”"),
}


def send(order: Order, content: bytes, title: str, size: tuple[float, float]) -> str:
    """Hand a PDF to the queue at its true size; answers the number of the job.

    `size` of the pages in points. Raises PrinterFailed with what `lp` says.
    """
    command = [
        "lp", "-d", order.printer, "-t", title, "-n", str(order.copies),
        "-o", "print-scaling=none",
        "-o", f"sides={_SIDES.get(order.sides, 'one-sided')}",
        "-o", f"media={media(size)}",
        *(("-o", f"InputSlot={order.tray}") if order.tray else ()),
        *(("-o", "collate=true") if order.copies > 1 else ()),
        "--", "-",
    ]  # fmt: skip
    done = _run(command, content)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise PrinterFailed(printer=order.printer, problem="没有接下任务", cure=_cure(reason))
    found = re.search(r"request id is (\S+)", done.stdout.decode(errors="replace"))
    return found[1] if found else ""


def media(size: tuple[float, float]) -> str:
    """The paper of a page of that size (points), landscape or not."""
    short, long = sorted(size)
    sides = round(short / 72 * 25.4), round(long / 72 * 25.4)
    for (width, height), name in _MEDIA.items():
        if abs(sides[0] - width) <= 1 and abs(sides[1] - height) <= 1:
            return name
    return f"Custom.{sides[0]}x{sides[1]}mm"


def _cure(reason: str) -> str:
    if "does not exist" in reason or "Unable to locate" in reason:
        return "请检查连线和电源，或选择另一台打印机"
    if "not accepting" in reason:
        return "请在系统的打印机设置里恢复它，再按“打印”"
    if "scheduler" in reason:
        return "系统的打印服务没有运行，请重新启动电脑"
    return f"请检查打印机（{reason[:80]}）" if reason else "请检查打印机"


def _ask(*command: str) -> str:
    return _run(command).stdout.decode(errors="replace")


def _run(command: Sequence[str], content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)}
    try:
        return subprocess.run(  # noqa: S603 - no shell, and the words are ours or a printer's name
            list(command),
            input=content,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**kept, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise PrinterFailed(
            printer=command[2] if len(command) > 2 else "", problem="没有回答",
            cure="请检查电源和连线，或重新启动电脑",
        ) from error  # fmt: skip
    except OSError as error:
        raise PrinterFailed(
            printer="", problem="用不了", cure="系统里没有打印命令，请安装 CUPS"
        ) from error
