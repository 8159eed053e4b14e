"""读表: read_tables (a confined child process) against calamine and openpyxl in this process."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import openpyxl
from python_calamine import CalamineWorkbook

from app.services.exchange.readers import Limits, read_tables
from tests.bench.lists import admission_list
from tests.bench.options import Options
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, timed

_LIMITS: Final = Limits(rows=1_000_000, seconds=600, memory=4 << 30, unpacked=2 << 30)


def lines(options: Options) -> Iterator[Line]:
    """One line a peer and size."""
    for count in options.sizes_for((1_000, 10_000), (1_000, 10_000, 100_000)):
        path = admission_list(options.folder, count)
        runs = (
            timed(partial(read_tables, path, _LIMITS)),
            timed(partial(_calamine, path)),
            timed(partial(_openpyxl, path)),
        )
        rounds = 5 if count <= 10_000 else 3
        ours, calamine, slow = in_turn(runs, rounds)
        yield Line("读 .xlsx（对 calamine）", count, ours, calamine, Goal(False, 2), "行")
        yield Line("读 .xlsx（对 openpyxl 只读）", count, ours, slow, Goal(), "行")


def _calamine(path: Path) -> object:
    workbook = CalamineWorkbook.from_path(str(path))
    return workbook.get_sheet_by_index(0).to_python()


def _openpyxl(path: Path) -> object:
    workbook = openpyxl.load_workbook(path, read_only=True)
    rows = list(workbook.worksheets[0].iter_rows(values_only=True))
    workbook.close()
    return rows
