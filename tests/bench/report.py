"""The table: one line a comparison, in words for people and in numbers for --json."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from tests.bench.timing import ratio

_TITLES: Final = ("项目", "规模", "本程序", "同行", "比值", "目标")


@dataclass(frozen=True)
class Goal:
    """目标: how the ratio is written and what it should be.

    `faster`: peer / ours, at least `bound`; else ours / peer, at most `bound`. Without a bound the
    figure only informs. `seconds` bounds the program's own time, whatever the peer does.
    """

    faster: bool = True
    bound: float | None = None
    seconds: float | None = None

    def compare(self, ours: Sequence[float], peer: Sequence[float]) -> float:
        """The ratio of two series that took turns."""
        return ratio(peer, ours) if self.faster else ratio(ours, peer)

    def met(self, ours: float, found: float | None) -> bool | None:
        """Whether it is reached; None where nothing is asked or the peer is missing."""
        if self.seconds is not None:
            return ours <= self.seconds
        if self.bound is None or found is None:
            return None
        return found >= self.bound if self.faster else found <= self.bound

    def written(self, ours: float, found: float | None) -> str:
        """For the table: the bound and whether it is reached."""
        if self.seconds is not None:
            wanted = f"≤ {_time(self.seconds)}"
        elif self.bound is not None:
            wanted = f"{'≥' if self.faster else '≤'} {self.bound:g}"
        else:
            return "—"
        met = self.met(ours, found)
        return wanted if met is None else f"{wanted} {'达到' if met else '未达到'}"


@dataclass(frozen=True)
class Missing:
    """A peer that this machine does not have, and why."""

    reason: str


@dataclass(frozen=True)
class Line:
    """One comparison. Times are seconds for `count` pieces; `rate` names a piece (份, 行) where
    pieces a second say more than a time."""

    item: str
    count: int
    ours: Sequence[float]
    peer: Sequence[float] | Missing | None
    goal: Goal
    rate: str = ""

    @property
    def ratio(self) -> float | None:
        """As the goal counts it; None without a peer."""
        if self.peer is None or isinstance(self.peer, Missing):
            return None
        return self.goal.compare(self.ours, self.peer)

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        own, found = median(self.ours), self.ratio
        written = "—"
        if found is not None:
            written = f"{'快' if self.goal.faster else '用时'} {found:.2f} 倍"
        return (
            self.item,
            f"{self.count:,}",
            self._amount(own),
            self._peer(),
            written,
            self.goal.written(own, found),
        )

    def as_json(self) -> dict[str, Any]:
        """The same in numbers, times in seconds."""
        peer = self.peer
        return {
            "item": self.item,
            "count": self.count,
            "seconds": median(self.ours),
            "peer_seconds": None if peer is None or isinstance(peer, Missing) else median(peer),
            "ratio": self.ratio,
            "ratio_is": "peer/ours" if self.goal.faster else "ours/peer",
            "bound": self.goal.bound,
            "bound_seconds": self.goal.seconds,
            "met": self.goal.met(median(self.ours), self.ratio),
            "missing": peer.reason if isinstance(peer, Missing) else None,
            "rounds": len(self.ours),
        }

    def _peer(self) -> str:
        if self.peer is None:
            return "—"
        if isinstance(self.peer, Missing):
            return f"缺（{self.peer.reason}）"
        return self._amount(median(self.peer))

    def _amount(self, seconds: float) -> str:
        if not self.rate:
            return _time(seconds)
        return f"{self.count / seconds:,.0f} {self.rate}/秒"


@dataclass(frozen=True)
class Figure:
    """精度: a deviation in millimetres, which is no race; `said` is what else was found."""

    item: str
    count: int
    millimetres: float | None  # None where there was nothing to compare with
    said: str
    bound: float = 0.5
    met_besides: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept, and what else was asked."""
        if self.millimetres is None:
            return None
        return self.millimetres <= self.bound and self.met_besides

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        if self.millimetres is None:
            return (
                self.item,
                f"{self.count:,}",
                "—",
                f"缺（{self.said}）",
                "—",
                f"≤ {self.bound:g} 毫米",
            )
        goal = f"≤ {self.bound:g} 毫米 {'达到' if self.met else '未达到'}"
        return (
            self.item, f"{self.count:,}", f"p95 {self.millimetres:.2f} 毫米", "—", self.said, goal,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The same in numbers."""
        return {
            "item": self.item,
            "count": self.count,
            "millimetres": self.millimetres,
            "bound_millimetres": self.bound,
            "met": self.met,
            "said": self.said,
        }


@dataclass(frozen=True)
class Amount:
    """数量: what is counted, not timed: a share, megabytes; `value` is held against `bound`.

    `shown` and `peer` are the columns in words, `said` tells what `value` is.
    """

    item: str
    count: int
    shown: str
    value: float
    said: str
    bound: float
    peer: str = "—"
    least: bool = False  # whether the bound is the least or the most

    @property
    def met(self) -> bool:
        """Whether the bound is kept."""
        return self.value >= self.bound if self.least else self.value <= self.bound

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        goal = f"{'≥' if self.least else '≤'} {self.bound:g} {'达到' if self.met else '未达到'}"
        return (self.item, f"{self.count:,}", self.shown, self.peer, self.said, goal)

    def as_json(self) -> dict[str, Any]:
        """The same in numbers."""
        return {
            "item": self.item,
            "count": self.count,
            "value": self.value,
            "bound": self.bound,
            "met": self.met,
            "said": self.said,
        }


def table(lines: Iterable[Line | Figure | Amount]) -> str:
    """The whole table, in Markdown, columns aligned for a terminal."""
    rows = [_TITLES, *(line.cells() for line in lines)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    written = [
        "| " + " | ".join(_padded(*cell) for cell in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} 微秒"
    return f"{seconds * 1e3:.3g} 毫秒" if seconds < 1 else f"{seconds:.3g} 秒"
