"""扫描件: what was handed in, looked at inside the program, and nowhere else.

Never handed to the system's own viewer: that would leave plain files behind and might do what a
PDF asks for. Pages come as pixels from scan_child.py, pictures from photo_child.py.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from app.services.children import ask
from app.services.errors import ScanRefused
from app.services.exchange.photo_reader import PhotoReader, Refusal, Trouble
from app.services.exchange.readers import MIB, Limits
from app.services.register import scan_child
from app.services.vault.audit import Actor
from app.services.vault.media import MediaStore

#: What the drawing of one page may take.
SCAN_LIMITS: Final = Limits(file_size=20 * MIB, seconds=20)
_LARGEST_PAGE: Final = 32 * MIB
_MARK_WITHIN: Final = 1024
_REFUSED: Final = {
    "broken": ("已损坏，打不开", "请找交来的人重新扫描；原件以纸质为准。"),
    "password": ("设了打开口令", "请去掉口令，重新扫描或另存后再添加。"),
    "empty": ("里面没有一页", "请重新扫描。"),
    "memory": ("这一页太大", "请降低扫描精度，重新扫描。"),
    "harmful": ("使读取它的部分意外中止", "文件可能有害，请找交来的人重新扫描；其他材料不受影响。"),
    "slow": (
        "用了太久仍没有打开，已停止",
        "文件可能有害，请找交来的人重新扫描；其他材料不受影响。",
    ),
}


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One page as a JPEG; `active`: what the file carries that could act, `unseen`: cannot tell."""

    name: str
    pages: int
    page: int
    width: int
    height: int
    picture: bytes = field(repr=False)
    active: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What should be known of the file, "" for nothing."""
        said = []
        if self.active:
            said.append(
                f"这份 PDF 里有{'、'.join(self.active)}。本程序只看画面，从不执行；"
                "请不要用别的软件打开它，并问清来历"
            )
        if self.unseen:
            said.append(f"是否还有别的活动内容查不了：{'、'.join(self.unseen)}")
        return "；".join(said) + "。" if said else ""


class Scans:
    """Scans in evidence, page by page."""

    def __init__(self, media: MediaStore, limits: Limits = SCAN_LIMITS) -> None:
        self._media = media
        self._limits = limits

    def look(self, actor: Actor, sha256: str, name: str, page: int = 0) -> ScanPage:
        """A page (from 0) of the scan of this name; raises ScanRefused."""
        actor.require_sight()
        return look_at(self._media.get(sha256), name, page, self._limits)


def look_at(data: bytes, name: str, page: int = 0, limits: Limits = SCAN_LIMITS) -> ScanPage:
    """A page (from 0) of a PDF, or a picture, as the process beside this one saw it."""
    if b"%PDF-" in data[:_MARK_WITHIN]:
        return page_of(data, name, page, limits)
    with PhotoReader(limits) as reader:
        made = reader.whole(data)
    if isinstance(made, Refusal):
        why = {Trouble.SLOW: "slow", Trouble.HARMFUL: "harmful", Trouble.PIXELS: "memory"}
        raise _refused(name, why.get(made.trouble, "broken"))
    return ScanPage(name, 1, 0, made.width, made.height, made.card)


# --- inside -------------------------------------------------------------------------------


def page_of(data: bytes, name: str, page: int, limits: Limits = SCAN_LIMITS) -> ScanPage:
    """A page of a PDF, drawn by a process that is gone afterwards; raises ScanRefused."""
    said_page = page.to_bytes(4, "big") + data
    try:
        answer = ask(scan_child, limits.memory, said=said_page, seconds=limits.seconds)
    except TimeoutError as error:
        raise _refused(name, "slow") from error
    line, _, picture = answer.partition(b"\n")
    try:
        said: dict[str, Any] = json.loads(line)
        if "refused" in said:
            raise _refused(name, str(said["refused"]))
        made = ScanPage(
            name,
            int(said["pages"]),
            int(said["page"]),
            int(said["width"]),
            int(said["height"]),
            picture,
            _words(said["active"]),
            _words(said["unseen"]),
        )
        sound = len(picture) == int(said["picture"]) <= _LARGEST_PAGE
    except (ValueError, KeyError, TypeError):
        raise _refused(name, "harmful") from None
    if not sound:
        raise _refused(name, "harmful")
    return made


def _words(said: object) -> tuple[str, ...]:
    """Nothing in the answer is believed beyond its form."""
    if not isinstance(said, list):
        raise TypeError("no list")
    return tuple(str(word)[:40] for word in said[:20])


def _refused(name: str, why: str) -> ScanRefused:
    problem, remedy = _REFUSED.get(why, _REFUSED["harmful"])
    return ScanRefused(file=name, problem=problem, remedy=remedy)
