"""窗口: how long the user waits in the real window, and how long it ever stands still.

Each run is a process of its own (window_child.py), without a screen: one that paints its first
picture and ends, against a bare QMainWindow; one that works in a register; one that takes a list
in. A pause is the longest time between two ticks of a 5 ms timer on the window's own thread. Of
several runs the shortest counts: whatever else the machine does only makes it longer.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench import registers
from tests.bench.lists import admission_list
from tests.bench.options import Options
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, timed

_ROUNDS: Final = 3
_MOST_ROWS: Final = 20_000
_SMALL: Final = 1_000  # fewer only show that everything still runs: once is enough
_FIRST: Final = Goal(faster=False, bound=1.3)
_QUICK: Final = Goal(seconds=0.3)
_PAUSE: Final = Goal(seconds=0.1)
_GOALS: Final[Mapping[str, Goal]] = {"quick": _QUICK, "pause": _PAUSE, "": Goal()}


def lines(options: Options) -> Iterator[Line]:
    """The first picture, then the work in a register and the import of a list, size by size."""
    vault = registers.empty(options.folder)
    tasks = (("first", vault), ("gate", vault), ("bare",))
    shown = [timed(partial(_child, *task)) for task in tasks]
    for run in shown:
        run()  # what is compiled once, and read into memory once, is no part of it
    trial = bool(options.sizes) and max(options.sizes) < _SMALL
    first, gate, bare = in_turn(shown, 1 if trial else _ROUNDS + 2)
    yield Line("从启动到窗口出现（对空的 QMainWindow）", 1, first, bare, _FIRST)
    yield Line("从启动到能输口令（对空的 QMainWindow）", 1, gate, bare, Goal(faster=False))
    for count in options.sizes_for((20_000,), (20_000, 100_000)):
        filled, rounds = registers.filled(options.folder, count), range(_ROUNDS)
        if count < _SMALL:
            rounds = range(1)
        yield from _best("desk", count, [_child("desk", filled) for _ in rounds])
        rows = min(count, _MOST_ROWS)
        path = admission_list(options.folder, rows)
        runs = [_child("intake", registers.empty(options.folder), path) for _ in rounds]
        yield from _best("intake", rows, runs)


def _best(task: str, count: int, runs: list[dict[str, Any]]) -> Iterator[Line]:
    for at, measure in enumerate(runs[0]["measures"]):
        seconds = min(run["measures"][at]["seconds"] for run in runs)
        yield Line(measure["item"], count, [seconds], None, _GOALS[measure["goal"]])
    if task == "desk":
        before, after, walk = (min(run[key] for run in runs) for key in ("open", "walked", "walk"))
        item = f"翻完整张名单（常驻内存：打开后 {before:.0f} MB，翻完 {after:.0f} MB）"
        yield Line(item, count, [walk], None, Goal())


def _child(task: str, *arguments: Path) -> dict[str, Any]:
    """What one process found; what it remembers of the window lies beside the registers."""
    command = [sys.executable, "-m", "tests.bench.window_child", task, *map(str, arguments)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": ""}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"the window failed at {task}:\n{run.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(run.stdout or "{}")
    for folder in arguments[:1]:
        shutil.rmtree(folder.with_name("preferences"), ignore_errors=True)
    return found
