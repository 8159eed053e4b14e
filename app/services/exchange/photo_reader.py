"""Pictures from outside, developed: the bytes go to photo_child.py, a card picture comes back."""

import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Final, Self

from app.services.children import start
from app.services.exchange import photo_child
from app.services.exchange.readers import MIB, Limits

#: What the program takes of one picture: file size, seconds and memory of the process.
PHOTO_LIMITS: Final = Limits(file_size=10 * MIB, seconds=20)
_LONGEST_LINE: Final = 4096
_LARGEST_CARD: Final = 4 * MIB


class Trouble(Enum):
    """Why there is no card picture: the value is the problem, `remedy` what to do."""

    EMPTY = "是空文件（0 字节）"
    NO_PICTURE = "不是图片"
    FORMAT = "是 {kind}，不是 JPG 或 PNG 照片"
    BROKEN = "已损坏或没有拷贝完整，打不开"
    PIXELS = "有 {width}×{height} 像素，超过 4000 万像素的上限"
    MEMORY = "打开它需要的内存超过上限"
    LARGE = "文件有 {size:.1f} MB，超过 {limit} MB 的上限"
    HARMFUL = "打开它时读取照片的部分意外中止"
    SLOW = "用了 {seconds} 秒仍没有打开，已停止"

    @property
    def remedy(self) -> str:
        """What the registrar should do, as a Chinese sentence."""
        return _REMEDIES[self]


_REMEDIES: Final = {
    Trouble.EMPTY: "请重新拷贝或重新索取这张照片。",
    Trouble.NO_PICTURE: "请核对文件，或重新索取这张照片。",
    Trouble.FORMAT: "请用看图软件打开，另存为 .jpg 后重新导入。",
    Trouble.BROKEN: "请重新拷贝，或重新索取这张照片。",
    Trouble.PIXELS: "请缩小到 480×640 像素后重新导入。",
    Trouble.MEMORY: "请缩小到 480×640 像素后重新导入。",
    Trouble.LARGE: "请缩小到 480×640 像素后重新导入。",
    Trouble.HARMFUL: "文件可能已损坏，请重新索取这张照片；其他照片不受影响。",
    Trouble.SLOW: "文件可能已损坏，请重新索取这张照片；其他照片不受影响。",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that gives no card picture."""

    trouble: Trouble
    problem: str

    @classmethod
    def of(cls, trouble: Trouble, **details: object) -> "Refusal":
        """The problem in words, with its particulars."""
        return cls(trouble, trouble.value.format(**details))


@dataclass(frozen=True, slots=True)
class Developed:
    """A sound picture: its size in pixels as seen upright, and the JPEG that cards print."""

    width: int
    height: int
    card: bytes


class _SilentError(Exception):
    """The process gave no answer that can be used."""


class PhotoReader:
    """The reading process: started with the first picture, replaced when one brings it down."""

    def __init__(self, limits: Limits = PHOTO_LIMITS) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def develop(self, data: bytes) -> Developed | Refusal:
        """The card picture of one file, or why there is none."""
        return self._make(data, photo_child.CARD)

    def whole(self, data: bytes) -> Developed | Refusal:
        """All of the picture, upright, to be looked at; `card` holds it."""
        return self._make(data, photo_child.WHOLE)

    def cut(self, data: bytes, box: photo_child.Box) -> Developed | Refusal:
        """The card picture that is this part of the picture (shares of its upright size)."""
        return self._make(data, photo_child.CUT, box)

    def _make(
        self, data: bytes, wanted: bytes, box: photo_child.Box | None = None
    ) -> Developed | Refusal:
        if refusal := refused_unread(data, self._limits):
            return refusal
        process = self._process = self._process or start(photo_child, self._limits.memory)
        too_slow = threading.Event()

        def kill() -> None:
            too_slow.set()
            process.kill()

        clock = threading.Timer(self._limits.seconds, kill)
        clock.start()
        try:
            return _ask(process, photo_child.request(len(data), wanted, box), data)
        except (_SilentError, OSError):
            self._stop()
            if too_slow.is_set():
                return Refusal.of(Trouble.SLOW, seconds=f"{self._limits.seconds:g}")
            return Refusal.of(Trouble.HARMFUL)
        finally:
            clock.cancel()

    def _stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # the rest of a picture that nobody reads any more
                    pipe.close()


def refused_unread(data: bytes, limits: Limits = PHOTO_LIMITS) -> Refusal | None:
    """What can be told from size and first bytes alone, without decoding."""
    if not data:
        return Refusal.of(Trouble.EMPTY)
    if len(data) > limits.file_size:
        limit = f"{limits.file_size / MIB:g}"
        return Refusal.of(Trouble.LARGE, size=len(data) / MIB, limit=limit)
    kind = picture_kind(data)
    if kind in TAKEN:
        return None
    return Refusal.of(Trouble.FORMAT, kind=kind) if kind else Refusal.of(Trouble.NO_PICTURE)


#: The kinds of picture that are taken, with the endings that belong to them.
TAKEN: Final = {"JPG": (".jpg", ".jpeg", ".jpe", ".jfif"), "PNG": (".png",)}


def picture_kind(data: bytes) -> str:
    """JPG, PNG or what else the first bytes say in words for people; empty: no known kind."""
    for magic, kind in (
        (b"\xff\xd8\xff", "JPG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF8", "GIF 图片"),
        (b"BM", "BMP 位图"),
        (b"II*\x00", "TIFF 图片"),
        (b"MM\x00*", "TIFF 图片"),
        (b"8BPS", "Photoshop 文件"),
        (b"%PDF", "PDF 文件"),
        (b"PK\x03\x04", "Office 文档或压缩包"),
    ):
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP 图片"
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"avif"}:
        return "HEIC 图片（手机格式）"
    return ""


def _ask(process: subprocess.Popen[bytes], head: bytes, data: bytes) -> Developed | Refusal:
    """Send one picture and take the answer; nothing in it is believed beyond its form."""
    if process.stdin is None or process.stdout is None:
        raise _SilentError
    process.stdin.write(head)
    process.stdin.write(data)
    process.stdin.flush()
    line = process.stdout.readline(_LONGEST_LINE)
    try:
        said: dict[str, Any] = json.loads(line)
        length = int(said["card"])
        if "refused" in said:
            return _refusal(said)
        card = process.stdout.read(min(length, _LARGEST_CARD))
        size = int(said["width"]), int(said["height"])
    except (ValueError, KeyError, TypeError):
        raise _SilentError from None
    if len(card) != length:
        raise _SilentError
    return Developed(*size, card)


def _refusal(said: dict[str, Any]) -> Refusal:
    match said["refused"]:
        case "pixels":
            size = {"width": int(said["width"]), "height": int(said["height"])}
            return Refusal.of(Trouble.PIXELS, **size)
        case "memory":
            return Refusal.of(Trouble.MEMORY)
        case _:
            return Refusal.of(Trouble.BROKEN)
