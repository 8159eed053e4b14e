"""What drawing many 学籍卡 takes of memory: a process of its own for each number of cards."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.services.forms import pdf
from app.services.forms.template import compile_template
from app.services.progress import finish
from app.services.resources import resource
from tests.bench.cards import invented
from tests.bench.options import Options
from tests.bench.report import Amount

_STATUS: Final = Path("/proc/self/status")
_SIZES: Final = (100, 1_000, 10_000)
_MOST: Final = 1.5  # times what the fewest cards take


def lines(options: Options) -> Iterator[Amount]:
    """Each number of cards against the smallest one."""
    if not _STATUS.exists():
        return  # only Linux tells the peak of a process apart from that of its parent
    first, *more = options.sizes if len(options.sizes) > 1 else _SIZES
    least = _peak(first, options.folder)
    for count in more:
        peak = _peak(count, options.folder)
        ratio = peak / least
        yield Amount(
            f"学籍卡 PDF 的内存（对 {first:,} 份）", count, f"{peak:,} MB", ratio,
            f"{ratio:.2f} 倍", _MOST, f"{least:,} MB",
        )  # fmt: skip


def _peak(count: int, folder: Path) -> int:
    """Most megabytes that a process held at once while it drew so many cards into a file."""
    asked = [sys.executable, "-m", "tests.bench.memory", str(count), str(folder)]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def _draw(count: int, folder: Path) -> int:
    template = compile_template(resource("forms", "学籍卡.xlsx"))
    cards = (card for card, _ in invented(count, folder))
    with (folder / "cards.pdf").open("wb") as file:
        finish(pdf.draw(template, cards, title="学籍卡", into=file))
    return int(re.findall(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)[0]) >> 10


if __name__ == "__main__":
    sys.stdout.write(str(_draw(int(sys.argv[1]), Path(sys.argv[2]))))
