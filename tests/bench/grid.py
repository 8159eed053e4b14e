"""表格: the list of students as the grid asks for it, over a register that is encrypted.

Sorting, filtering, the value list and a page of 256 rows, each as one question of the window;
the ids of a list are all that stays in memory, so their size is told with the first line.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Final

from app.services.register.ledger import Moment
from app.services.register.listing import PAGE, Listing, ListQuery, SortLevel
from app.services.register.views import shipped
from app.services.vault.vault import Vault
from tests.bench import registers
from tests.bench.options import Options
from tests.bench.report import Goal, Line
from tests.bench.timing import in_turn, timed

_MOMENT: Final = Moment(date(2026, 11, 23), upcoming=True)
_QUICK: Final = Goal(seconds=0.3)


def lines(options: Options) -> Iterator[Line]:
    """Every question of the grid that the user waits for."""
    for count in options.sizes_for((20_000,), (20_000, 100_000)):
        with Vault.open(registers.filled(options.folder, count), registers.PASSWORD) as vault:
            listing = Listing(vault.database)
            ids = listing.ids(_MOMENT, ListQuery())
            kept = len(ids) * ids.itemsize / 1e6
            middle = len(ids) // 2
            questions = _questions(listing, ids[middle : middle + PAGE])
            runs = in_turn([timed(question) for _, question in questions], 3)
        for at, ((name, _), seconds) in enumerate(zip(questions, runs, strict=True)):
            item = f"{name}（整张名单在内存里占 {kept:.1f} MB）" if at == 0 else name
            # Counts of the tabs come in beside the list; nobody waits for them.
            yield Line(item, count, seconds, None, Goal() if name.startswith("视图") else _QUICK)


def _questions(listing: Listing, page: object) -> list[tuple[str, Callable[[], object]]]:
    def ids(filters: dict[str, str], *levels: str) -> Callable[[], object]:
        sort = tuple(SortLevel(level) for level in levels)
        return partial(listing.ids, _MOMENT, ListQuery(filters, sort))

    incomplete = next(view for view in shipped(_MOMENT.as_of) if view.name == "信息不完整")
    return [
        ("表格按姓名拼音排序", ids({}, "name")),
        ("表格按班级、姓名两级排序", ids({}, "class_group", "name")),
        ("表格筛选姓名拼音首字母", ids({"name": "wx"}, "number")),
        ("表格筛选三列", ids({"home_address": "文昌", "sex": "=男", "cohort": ">2020"}, "name")),
        ("表格值列表（班级）", partial(listing.values, _MOMENT, "class_group", ListQuery())),
        ("表格一页 256 行", partial(listing.page, _MOMENT, page)),
        ("视图“信息不完整”的人数", partial(listing.count, _MOMENT, incomplete.query)),
    ]
