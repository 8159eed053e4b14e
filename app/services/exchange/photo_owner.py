"""Whose picture it is: a student is found by the numbers, the name and the class in a file name.

    32010220110205699X.jpg      张三_20260101.jpg      001 张三.jpg      计算机2601/张三.jpg

A number decides; a name beside it must agree. Without a number the name must be one student's
only, with the help of the class. When in doubt the file is refused: a card with the wrong face is
worse than a file to rename.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.models.rules.identity import IdentityFault, canonical_number, read_identity
from app.models.rules.names import comparable_name
from app.services.exchange.plan import NUMBERS
from app.services.register.students import StudentRow


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why no student can be named, and what to do; `candidates` are those who may be meant."""

    problem: str
    remedy: str
    candidates: tuple[int, ...] = ()


_FULL_WIDTH: Final = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_RUN = re.compile(r"[0-9A-Za-z]+")
_DIGITS = re.compile(r"\d+[Xx]?")
# Everything that may stand between the parts of a name; dots belong to 查干·巴特尔.
_BETWEEN = re.compile(r"[\s\d!-,/:-@\[-`{-~_–—、，。；：！？（）【】《》“”‘’-]+")
_DOTS: Final = ".·•‧∙⋅・･．"
_LATIN = re.compile(r"[a-z]+")
# What photographers and copying programs add.
_ADDED = re.compile(
    r"(电子|数码|证件|登记|学籍|标准|免冠|近期|毕业|入学|个人)+(照片|相片|照)|照片|相片"
    r"|[大小]?[一二两12]寸|[蓝白红]底|副本|复件"
)
_HAN_NAME = re.compile(r"(?!(?:新生|学生)$)[^\x00-\x7f]{2,4}")
# Shorter digits are places in a list, days or counters of a camera.
_SHORTEST_NUMBER: Final = 6
_IDENTITY_LENGTHS: Final = frozenset({15, 18})
# Groups of one number written apart (320102 2011 …) are put together from this length on.
_SHORTEST_JOINED: Final = 8


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a file name says; texts as they are compared."""

    students: tuple[frozenset[int], ...]  # of each known number, those who have it
    strangers: tuple[str, ...]  # what looks like a number but is nobody's
    words: tuple[str, ...]  # what may be a name
    rest: tuple[str, ...]  # … without what photographers add
    classes: frozenset[str]


class Owners:
    """The students of the register by everything that a file name may call them."""

    def __init__(self, rows: Iterable[StudentRow]) -> None:
        self._rows = {row.id: row for row in rows}
        self._by_number: dict[str, set[int]] = defaultdict(set)
        self._by_name: dict[str, set[int]] = defaultdict(set)
        places: set[str] = set()
        for row in self._rows.values():
            for kind in NUMBERS:
                if number := getattr(row, kind):
                    self._by_number[_bare(number)].add(row.id)
            for name in (row.name, row.person.get("former_name")):
                if name:
                    self._by_name[comparable_name(name)].add(row.id)
            places |= {row.class_group, row.major, row.department}
        self._lengths = _IDENTITY_LENGTHS | {
            len(number) for number in self._by_number if len(number) >= _SHORTEST_NUMBER
        }
        self._classes = {comparable_name(row.class_group) for row in self._rows.values()} - {""}
        self._places = _any_of({place for place in places if len(place) > 1})

    def find(self, folder: str, stem: str) -> StudentRow | Unmatched:
        """The student whose picture the file is; `folder` is the class folder it lies in."""
        parts = self._read(folder, stem)
        if parts.students:
            return self._by_numbers(parts)
        named = self._named(parts)
        if parts.strangers:
            return self._unknown(parts.strangers[0], named)
        return self._by_names(parts, named)

    def _read(self, folder: str, stem: str) -> _Parts:
        text = stem.translate(_FULL_WIDTH)
        found = [*self._places.findall(folder.translate(_FULL_WIDTH)), *self._places.findall(text)]
        classes = frozenset(comparable_name(place) for place in found) & self._classes
        text = self._places.sub(" ", text)
        rest = _words(_ADDED.sub(" ", text))
        known, strangers = self._numbers(text)
        return _Parts(tuple(known), tuple(strangers), (*_words(text), *rest), rest, classes)

    def _numbers(self, text: str) -> tuple[list[frozenset[int]], list[str]]:
        """Who has the known numbers in the text, and what looks like a number but is nobody's."""
        runs = [run.upper() for run in _RUN.findall(text)]
        whole = "".join(runs)
        if len(runs) > 1 and len(whole) >= _SHORTEST_JOINED and whole in self._by_number:
            return [frozenset(self._by_number[whole])], []
        known, strangers = [], []
        for run in runs:
            for number in [run] if run in self._by_number else _DIGITS.findall(run):
                if number in self._by_number:
                    known.append(frozenset(self._by_number[number]))
                elif len(number) in self._lengths:
                    strangers.append(number)
        return known, strangers

    def _by_numbers(self, parts: _Parts) -> StudentRow | Unmatched:
        people = frozenset.intersection(*parts.students)
        if not people:
            return Unmatched(
                f"文件名里的号码指向不同的人：{self._list(frozenset.union(*parts.students))}",
                "请核对照片上是谁，文件名里只留这一个人的号码。",
                tuple(sorted(frozenset.union(*parts.students))),
            )
        named = self._named(parts)
        agreeing = {one for one in people if one in named or self._within(one, parts.words)}
        if len(agreeing or people) > 1:
            return Unmatched(
                f"文件名里的号码有几个人用：{self._list(people)}",
                "请在文件名里改写身份证号。",
                tuple(sorted(agreeing or people)),
            )
        (student,) = agreeing or people
        if not agreeing and (other := self._other_name(parts, named)):
            return Unmatched(
                f"文件名里的号码是{self._describe(student)}的，姓名却写着“{other}”",
                "请核对照片上是谁，改正文件名后重新导入。",
                tuple(sorted({student, *named})),
            )
        other_identity = [n for n in parts.strangers if len(n) in _IDENTITY_LENGTHS]
        if other_identity and self._rows[student].id_number:
            return self._unknown(other_identity[0], {student})
        return self._rows[student]

    def _by_names(self, parts: _Parts, named: set[int]) -> StudentRow | Unmatched:
        if not named:
            word = _name_like(parts.rest)
            return Unmatched(
                f"学籍登记中没有叫“{word}”的学生" if word else "文件名里没有登记过的号码或姓名",
                "请用身份证号、学号、考生号或姓名作文件名；新生请先导入录取名册。",
            )
        people = {one for one in named if not self._rows[one].status.is_final} or named
        if parts.classes:
            within = {one for one in people if self._in(one, parts.classes)}
            if not within and all(self._rows[one].class_group for one in people):
                return Unmatched(
                    f"文件所说的班级里没有这个人，登记的是{self._list(people)}",
                    "请核对照片上是谁，在文件名里写上号码。",
                    tuple(sorted(people)),
                )
            people = within or people
        if len(people) > 1:
            return Unmatched(
                f"这个姓名不止一个人：{self._list(people)}",
                "请在文件名里写上号码，或放进以班级命名的文件夹。",
                tuple(sorted(people)),
            )
        return self._rows[min(people)]

    def _named(self, parts: _Parts) -> set[int]:
        return {one for word in parts.words for one in self._by_name.get(word, ())}

    def _other_name(self, parts: _Parts, named: set[int]) -> str:
        """The name of somebody else beside a number; empty when there is none."""
        if named:
            return self._rows[min(named)].name
        return _name_like(parts.rest)

    def _within(self, student: int, words: Iterable[str]) -> bool:
        """Whether the name stands in one of the words; beside a number that is enough."""
        name = comparable_name(self._rows[student].name)
        return any(name in word for word in words)

    def _unknown(self, number: str, named: set[int]) -> Unmatched:
        problem = f"学籍登记中没有号码 {number}"
        if len(number) in _IDENTITY_LENGTHS and isinstance(
            fault := read_identity(number), IdentityFault
        ):
            problem += f"（{fault.value}）"
        if named:
            problem += f"，文件名里另有{self._list(named)}"
        remedy = "请核对文件名里的号码；新生请先导入录取名册。"
        return Unmatched(problem, remedy, tuple(sorted(named)))

    def _in(self, student: int, classes: frozenset[str]) -> bool:
        return comparable_name(self._rows[student].class_group) in classes

    def _list(self, students: Iterable[int]) -> str:
        return "、".join(self._describe(student) for student in sorted(students))

    def _describe(self, student: int) -> str:
        row = self._rows[student]
        number = row.number or row.exam_number or row.id_number or "无号码"
        return f"{row.name}（{row.class_group or '未分班'}，{number}）"


def _bare(number: str) -> str:
    """A number as it is looked up: letters and digits only (2026-01-001 -> 202601001)."""
    return "".join(_RUN.findall(canonical_number(number)))


def _any_of(places: set[str]) -> re.Pattern[str]:
    """Finds classes, majors and departments; the longest first, and never within a number."""
    words = []
    for place in sorted(places, key=len, reverse=True):
        word = r"\s*".join(re.escape(char) for char in comparable_name(place))
        before = r"(?<![0-9a-z])" if re.match(r"[0-9a-z]", word) else ""
        after = r"(?![0-9a-z])" if re.search(r"[0-9a-z]$", word) else ""
        words.append(f"{before}{word}{after}")
    return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)


def _name_like(words: Iterable[str]) -> str:
    return next((word for word in words if _HAN_NAME.fullmatch(word)), "")


def _words(text: str) -> tuple[str, ...]:
    """What may be a name, as compared: each word, its Chinese part, and all of them together."""
    words = [comparable_name(word.strip(_DOTS)) for word in _BETWEEN.split(text)]
    words = [word for word in words if word]
    chinese = [_LATIN.sub("", word) for word in words]
    together = ["".join(words), "".join(chinese)]
    return tuple(dict.fromkeys(word for word in (*words, *chinese, *together) if word))
