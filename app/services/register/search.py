"""查找学生 as the registrar types: names, pinyin, numbers and their tails, over everybody at once.

The words of all people lie in a few long strings that str.find scans; nothing of a query is ever
interpreted. People are kept in blocks, so that a change rewrites one block. Order of the answer:

    a whole number; a whole name or pinyin; the tail of a 身份证号; a beginning; anywhere inside;
    Chinese mixed with letters or figures (王wei, 王伟0012)

and, within each, the order in which people were given.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from types import MappingProxyType
from typing import Final

# Blocks so small that rewriting one is not felt, so large that a scan is not spent on starting.
_BLOCK: Final = 2048
# Up to so many places found, sorting them all is quicker than a scan for each rank.
_FEW: Final = 4000
# Whether there will be too many is told from every so manieth block.
_SAMPLE: Final = 16
# Fewer figures of an ID number tell too little to call them its tail.
_TAIL: Final = 4

_BREAK: Final = "\n"
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_VOWELS: Final = frozenset("aeiouv")
_LONGEST_SYLLABLE: Final = 6  # zhuang
_NO_VARIANTS: Final[Mapping[str, str]] = MappingProxyType({})

# What people put between letters and figures: blanks, apostrophes, middle dots, hyphens, and what
# nobody sees. U+FE00… choose a glyph and are no part of the character.
_IGNORED = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
    r"\U000e0100-\U000e01ef'’‘ʼ`´·•‧∙⋅・.\-‐‑–—]+"
)
_RUNS = re.compile(r"[a-z]+|[0-9]+x?|[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Searchable:
    """What one person can be found by; `keys` are pinyin (names.search_keys) or former names."""

    id: int
    name: str
    keys: Sequence[str] = ()
    number: str = ""
    exam_number: str = ""
    id_number: str = ""
    phone: str = ""


class _Rank(IntEnum):
    NUMBER = 0
    NAME = 1
    TAIL = 2
    BEGINNING = 3
    INSIDE = 4


_WORST: Final = len(_Rank)


class SearchIndex:
    """Everybody's words in memory. `variants` are characters taken for others (靑 for 青)."""

    def __init__(
        self, people: Iterable[Searchable] = (), variants: Mapping[str, str] = _NO_VARIANTS
    ) -> None:
        self._variants = str.maketrans({**variants, "ü": "v"})
        self._blocks: list[_Block] = []
        batch: list[_Words] = []
        ids: list[int] = []
        for person in people:
            ids.append(person.id)
            batch.append(self._words(person))
            if len(ids) == _BLOCK:
                self._blocks.append(_Block(ids, batch))
                ids, batch = [], []
        if ids:
            self._blocks.append(_Block(ids, batch))

    def __len__(self) -> int:
        return sum(len(block.ids) for block in self._blocks)

    def add(self, person: Searchable) -> None:
        """Take in somebody new, as the last in order."""
        if not self._blocks or len(self._blocks[-1].ids) >= _BLOCK:
            self._blocks.append(_Block([], []))
        last = self._blocks[-1]
        self._blocks[-1] = _Block([*last.ids, person.id], [*last.words(), self._words(person)])

    def update(self, person: Searchable) -> None:
        """Replace what is known of somebody, in the same place; KeyError for a stranger."""
        place, record = self._find_id(person.id)
        words = self._blocks[place].words()
        words[record] = self._words(person)
        self._blocks[place] = _Block(self._blocks[place].ids, words)

    def remove(self, identity: int) -> None:
        """Forget somebody; KeyError for a stranger."""
        place, record = self._find_id(identity)
        ids, words = list(self._blocks[place].ids), self._blocks[place].words()
        del ids[record], words[record]
        if ids:
            self._blocks[place] = _Block(ids, words)
        else:
            del self._blocks[place]

    def find(self, query: str, limit: int = 50) -> list[int]:
        """Ids of the people whom the query finds, best first; nobody for an empty query."""
        wanted = self._fold(query)
        if not wanted or limit <= 0:
            return []
        found = _ranked_at_once(self._blocks, wanted)
        if found is None:
            found = _rank_by_rank(self._blocks, wanted, limit)
        found = found[:limit]
        if len(found) < limit:
            _add_mixed(found, self._blocks, _RUNS.findall(wanted), limit)
        return found

    def _find_id(self, identity: int) -> tuple[int, int]:
        for place, block in enumerate(self._blocks):
            if identity in block.ids:
                return place, block.ids.index(identity)
        raise KeyError(identity)

    def _words(self, person: Searchable) -> "_Words":
        fold = self._fold
        numbers = (person.number, person.exam_number, person.phone)
        return (
            fold(person.name),
            _BREAK.join([fold(key) for key in person.keys]),
            fold(person.id_number),
            _BREAK.join([fold(number) for number in numbers if number]),
        )

    def _fold(self, text: str) -> str:
        """Text as it is compared: half-width, small letters, without what people put between."""
        if text.isascii():
            return text.lower() if text.isalnum() else _IGNORED.sub("", text.lower())
        folded = unicodedata.normalize("NFKC", text).casefold().translate(self._variants)
        return folded if folded.isalnum() else _IGNORED.sub("", folded)


#: The words of one person: name, keys, ID number, other numbers; several are joined by _BREAK.
_Words = tuple[str, str, str, str]


class _Column:
    """One kind of words of a block in one string, each word between two breaks.

    `whole` and `tail` are the ranks of somebody whose word is the query, or ends with it.
    """

    __slots__ = ("_lengths", "_letters", "_starts", "_text", "tail", "whole")

    def __init__(
        self, entries: Sequence[str], whole: _Rank = _Rank.NUMBER, tail: _Rank = _Rank.INSIDE
    ) -> None:
        self.whole, self.tail = whole, tail
        self._text = f"{_BREAK}{_BREAK.join(entries)}{_BREAK}"
        # Where the break before each entry lies, and the last one.
        self._starts = array("I", accumulate((len(entry) + 1 for entry in entries), initial=0))
        self._letters = {letter for letter in _ALPHABET if letter in self._text}
        self._lengths = {len(word) for word in self._text.split(_BREAK)}

    def entries(self) -> list[str]:
        return [self.entry(record) for record in range(len(self._starts) - 1)]

    def entry(self, record: int) -> str:
        return self._text[self._starts[record] + 1 : self._starts[record + 1]]

    def may_hold(self, wanted: str) -> bool:
        """A quick no: most columns hold only letters or only figures."""
        return not wanted.isascii() or not wanted.isalnum() or self._letters.issuperset(wanted)

    def count(self, wanted: str) -> int:
        return self._text.count(wanted)

    def records(self, pattern: str) -> Iterator[int]:
        """Records that hold the pattern, in order, each once."""
        place = self._text.find(pattern)
        while place >= 0:
            record = bisect_right(self._starts, place) - 1
            yield record
            place = self._text.find(pattern, self._starts[record + 1])

    def pattern(self, wanted: str, rank: _Rank) -> str | None:
        """What to look for to find those of one rank (and some of a better one); None: nobody."""
        if not self.may_hold(wanted):
            return None
        if rank is _Rank.INSIDE:
            return wanted
        if rank is _Rank.BEGINNING:
            return f"{_BREAK}{wanted}"
        if rank is self.whole and len(wanted) in self._lengths:
            return f"{_BREAK}{wanted}{_BREAK}"
        return f"{wanted}{_BREAK}" if rank is self.tail and len(wanted) >= _TAIL else None

    def rank_all(self, wanted: str, best: dict[int, int], first: int, few: int) -> int:
        """Note the best rank of everybody found, under `first` + record; how many places it took.

        Stops when more than `few` places were found.
        """
        text, starts, size = self._text, self._starts, len(wanted)
        tail = self.tail if size >= _TAIL else _Rank.INSIDE
        count = 0
        place = text.find(wanted)
        while place >= 0 and count <= few:
            begins, ends = text[place - 1] == _BREAK, text[place + size] == _BREAK
            rank = self.whole if begins and ends else _Rank.BEGINNING if begins else _Rank.INSIDE
            if ends and not begins:
                rank = tail
            person = first + bisect_right(starts, place) - 1
            if rank < best.get(person, _WORST):
                best[person] = rank
            count += 1
            place = text.find(wanted, place + 1)
        return count


class _Block:
    """Some people in the order given: their ids and the columns of their words."""

    __slots__ = ("columns", "id_numbers", "ids", "keys", "names", "numbers")

    def __init__(self, ids: Sequence[int], words: Sequence[_Words]) -> None:
        self.ids = array("q", ids)
        names, keys, id_numbers, numbers = zip(*words, strict=True) if words else ((),) * 4
        self.names, self.keys = _Column(names, whole=_Rank.NAME), _Column(keys, whole=_Rank.NAME)
        self.id_numbers = _Column(id_numbers, tail=_Rank.TAIL)
        self.numbers = _Column(numbers)
        self.columns = (self.names, self.keys, self.id_numbers, self.numbers)

    def count(self, wanted: str) -> int:
        return sum(column.count(wanted) for column in self.columns if column.may_hold(wanted))

    def words(self) -> list[_Words]:
        return list(zip(*(column.entries() for column in self.columns), strict=True))


def _ranked_at_once(blocks: Sequence[_Block], wanted: str) -> list[int] | None:
    """Everybody found, best first, by one scan; None when there are too many to sort."""
    sample = blocks[::_SAMPLE]
    if sum(block.count(wanted) for block in sample) * len(blocks) > _FEW * len(sample):
        return None
    best: dict[int, int] = {}
    places = 0
    firsts = list(accumulate((len(block.ids) for block in blocks), initial=0))
    for first, block in zip(firsts, blocks, strict=False):
        for column in block.columns:
            if column.may_hold(wanted):
                places += column.rank_all(wanted, best, first, _FEW - places)
                if places > _FEW:
                    return None
    ids: list[int] = []
    for person in sorted(best, key=lambda person: (best[person], person)):
        place = bisect_right(firsts, person) - 1
        ids.append(blocks[place].ids[person - firsts[place]])
    return ids


def _rank_by_rank(blocks: Sequence[_Block], wanted: str, limit: int) -> list[int]:
    """The first `limit` of very many people, best first: the scan ends when they are found."""
    found: dict[int, None] = {}
    for rank in _Rank:
        for block in blocks:
            records: set[int] = set()
            for column in block.columns:
                pattern = column.pattern(wanted, rank)
                if pattern is not None:
                    records.update(column.records(pattern))
            found.update(dict.fromkeys(block.ids[record] for record in sorted(records)))
            if len(found) >= limit:
                return list(found)
    return list(found)


def _add_mixed(found: list[int], blocks: Sequence[_Block], runs: list[str], limit: int) -> None:
    """Add the people whom 王wei or 王伟0012 finds, up to `limit`."""
    figures = [run for run in runs if run[0] in "0123456789"]
    letters = [run for run in runs if _is_letters(run)]
    spelled = [run for run in runs if run not in figures]
    if len(runs) < 2 or len(spelled) == len(letters):
        return
    written = [run for run in spelled if not _is_letters(run)]
    known = set(found)
    for block in blocks:
        for record in _holders(block, written, letters):
            keys = block.keys.entry(record).split(_BREAK)
            if (
                block.ids[record] not in known
                and _has_figures(block, record, figures)
                and spells(spelled, block.names.entry(record), keys)
            ):
                found.append(block.ids[record])
                if len(found) >= limit:
                    return


def _holders(block: _Block, written: Sequence[str], letters: Sequence[str]) -> Iterator[int]:
    """Records that hold every part of a mixed query somewhere; looked for by the rarest part."""
    parts = [(block.names, run) for run in written] + [(block.keys, run) for run in letters]
    parts.sort(key=lambda part: part[0].count(part[1]))
    (rarest, first), others = parts[0], parts[1:]
    for record in rarest.records(first):
        for column, run in others:
            if run not in column.entry(record):
                break
        else:
            yield record


def _has_figures(block: _Block, record: int, figures: Sequence[str]) -> bool:
    numbers = f"{block.id_numbers.entry(record)}{_BREAK}{block.numbers.entry(record)}"
    return all(figure in numbers for figure in figures)


def spells(runs: Sequence[str], name: str, keys: Sequence[str]) -> bool:
    """Whether characters and letters in turn spell neighbouring characters of the name.

    Letters are initials (王xm) or pinyin, the last syllable perhaps begun only (王xiaom). Keys of
    the length of the name are taken for its initials, one for each character.
    """
    initials = [key for key in keys if len(key) == len(name)]
    fulls = [(key, starts) for key in keys for known in initials for starts in _starts(key, known)]

    def ends_of(run: str, at: int) -> Iterator[int]:
        """Where in the name the run may end when it begins at `at`."""
        if not _is_letters(run):
            if name.startswith(run, at):
                yield at + len(run)
            return
        if any(key.startswith(run, at) for key in initials):
            yield at + len(run)
        for key, starts in fulls:
            if key.startswith(run, starts[at]):
                yield bisect_left(starts, starts[at] + len(run))

    def spelled_from(runs: Sequence[str], at: int) -> bool:
        if not runs:
            return True
        return at < len(name) and any(spelled_from(runs[1:], end) for end in ends_of(runs[0], at))

    return any(spelled_from(runs, at) for at in range(len(name)))


def _starts(key: str, initials: str, at: int = 0) -> Iterator[tuple[int, ...]]:
    """Where the syllables with these initials may begin in the key from `at` on, and its end."""
    if not initials:
        if at == len(key):
            yield (at,)
        return
    if key.startswith(initials[0], at):
        last = len(key) - len(initials) + 1  # the others need a letter each
        for end in range(at + 1, min(at + _LONGEST_SYLLABLE, last) + 1):
            if not _VOWELS.isdisjoint(key[at:end]):
                for rest in _starts(key, initials[1:], end):
                    yield (at, *rest)


def _is_letters(run: str) -> bool:
    return run.isascii() and run.isalpha()
