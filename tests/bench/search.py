"""查找: the index in memory against a LIKE scan over the same words in SQLite, key by key.

A key is one more character typed: each beginning of each query is a search of its own. The figure
is the 95th of 100 keys. The program also ranks what it finds, the scan stops at the first 50.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import quantiles
from typing import Final

from app.models.rules.names import reading, search_keys
from app.services.register.search import Searchable, SearchIndex
from tests.bench.options import Options
from tests.bench.people import people
from tests.bench.report import Goal, Line
from tests.bench.timing import CLOCK, Run, in_turn, timed

_LIMIT: Final = 50
#: What a registrar types: a name, pinyin, initials, the tail of a 身份证号, numbers, a mixture.
_PEOPLE_ASKED_FOR: Final = 6
_SEEN_AT_ONCE: Final = 0.016  # seconds: one frame of the screen
_QUERY: Final = (
    "SELECT id FROM people WHERE name LIKE :like OR keys LIKE :like OR id_number LIKE :like"
    " OR number LIKE :like OR exam_number LIKE :like OR phone LIKE :like LIMIT :limit"
)


def lines(options: Options) -> Iterator[Line]:
    """The slowest keys, and how long the index takes to be made."""
    for count in options.sizes_for((200_000,), (1_000, 10_000, 100_000, 200_000)):
        everybody = _searchables(count)
        index = SearchIndex(everybody)
        keys = _keys(everybody)
        with sqlite3.connect(":memory:") as connection:
            _fill(connection, everybody)
            scan = partial(_scan, connection)
            ours, peer = in_turn([_p95(partial(index.find, limit=_LIMIT), keys),
                                  _p95(scan, keys)], 3)  # fmt: skip
        connection.close()
        yield Line("查找，每键 p95（对 LIKE）", count, ours, peer, Goal(seconds=_SEEN_AT_ONCE))
        made = in_turn([timed(partial(SearchIndex, everybody))], 3)[0]
        yield Line("建立查找索引", count, made, None, Goal())


def _searchables(count: int) -> list[Searchable]:
    return [
        Searchable(
            id=identity,
            name=person.name,
            keys=search_keys(person.name),
            number=person.number,
            exam_number=person.exam_number,
            id_number=person.id_number,
            phone=person.phone,
        )
        for identity, person in enumerate(people(count), start=1)
    ]


def _keys(everybody: Sequence[Searchable]) -> list[str]:
    """Every beginning of what is typed to find some people spread over the register."""
    step = max(1, len(everybody) // _PEOPLE_ASKED_FOR)
    queries = []
    for person in everybody[step // 2 :: step]:
        queries += [
            person.name,
            person.keys[0],
            person.keys[-1],
            person.id_number[-4:],
            person.number[:-2],
            person.name[0] + "".join(reading(person.name).split()[1:]),
        ]
    return [query[:end] for query in queries for end in range(1, len(query) + 1)]


def _p95(find: Callable[[str], object], keys: Sequence[str]) -> Run:
    """A run over all keys; its seconds are those that one in twenty keys exceeds."""

    def run() -> float:
        taken = []
        for key in keys:
            begun = CLOCK.read()
            find(key)
            taken.append(CLOCK.read() - begun)
        return quantiles(taken, n=20)[-1]

    return run


def _fill(connection: sqlite3.Connection, everybody: Sequence[Searchable]) -> None:
    connection.execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name, keys, id_number, number, exam_number,"
        " phone)"
    )
    connection.executemany(
        "INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (p.id, p.name, " ".join(p.keys), p.id_number, p.number, p.exam_number, p.phone)
            for p in everybody
        ),
    )


def _scan(connection: sqlite3.Connection, key: str) -> list[tuple[int]]:
    return connection.execute(_QUERY, {"like": f"%{key}%", "limit": _LIMIT}).fetchall()
