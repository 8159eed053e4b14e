"""The code tables that ship with the program, and what to offer when a word is not in them.

Where the tables come from and how sure they are: resources/standards/README.md. Each table is read
when it is first asked for and kept.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import Final

from app.models.rules.names import NO_RARE, comparable_name, reading
from app.services.resources import resource

_FORMER_NAME: Final = "former name "

# How people write 政治面貌 when they do not write the words of GB/T 4762. 少先队员 has no code in
# it: the tables of the platform know such a student as 群众.
_POLITICAL_COMMON: Final = {
    "团员": "共青团员",
    "共青团": "共青团员",
    "青年团员": "共青团员",
    "党员": "中共党员",
    "共产党员": "中共党员",
    "预备党员": "中共预备党员",
    "一般群众": "群众",
    "普通群众": "群众",
    "少先队员": "群众",
    "民革党员": "民革会员",
    "无党派人士": "无党派民主人士",
    "无党派": "无党派民主人士",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The official word that is surely meant; to be offered, not silently taken."""

    value: str


@dataclass(frozen=True, slots=True)
class _Words:
    """A list of official words: which texts are they, which texts mean them."""

    official: Mapping[str, str]  # text as compared -> official word
    meant: Mapping[str, str]  # text as compared -> official word to suggest
    choices: tuple[str, ...]

    def look_up(self, text: str) -> str | Suggestion | None:
        key = comparable_name(text)
        if key in self.official:
            return self.official[key]
        found = self.meant.get(key) or self.meant.get(key.zfill(2))
        return Suggestion(found) if found else None


@dataclass(frozen=True, slots=True)
class Division:
    """行政区划 of GB/T 2260 under one code, and the years in which it was in force."""

    code: str
    full_name: str
    first_year: int | None
    last_year: int | None

    def distance(self, year: int) -> int:
        """Years between `year` and the time in force; 0 within it."""
        early = (self.first_year or year) - year
        late = year - (self.last_year or year)
        return max(early, late, 0)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """专业目录: names by code, and the codes that carry a name."""

    names: Mapping[str, str]
    codes: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str]]) -> "_Catalogue":
        names: dict[str, str] = {}
        codes: dict[str, tuple[str, ...]] = {}
        for row in rows:
            key = comparable_name(row["name"])
            names[row["code"]] = row["name"]
            codes[key] = (*codes.get(key, ()), row["code"])
        return cls(names, codes)


class Standards:
    """Code tables by need, from `folder` (default: the ones that ship)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or resource("standards")

    def ethnic(self, text: str) -> str | Suggestion | None:
        """民族 (GB/T 3304): the official word, what a short word or code means, or None."""
        return self._ethnic.look_up(text)

    def nearest_ethnic(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """民族 that sound or look most like an unknown word: 汗族 -> 汉族 first."""
        return _nearest(text, self.ethnic_groups, "族", limit)

    @cached_property
    def ethnic_groups(self) -> tuple[str, ...]:
        """Every 民族 in the order of its code, for lists to choose from."""
        return self._ethnic.choices

    def political(self, text: str) -> str | Suggestion | None:
        """政治面貌 (GB/T 4762) in its short form, what a common word means, or None."""
        return self._political.look_up(text)

    def nearest_political(self, text: str, limit: int = 3) -> tuple[str, ...]:
        """政治面貌 that sound or look most like an unknown word."""
        return _nearest(text, self.political_statuses, "", limit)

    @cached_property
    def political_statuses(self) -> tuple[str, ...]:
        """Every 政治面貌 in the order of its code, for lists to choose from."""
        return self._political.choices

    def words(self, table: str, column: str = "name") -> tuple[tuple[str, str], ...]:
        """Code and word of every row of one of the shipped tables, in its order."""
        return tuple((row["code"], row[column]) for row in self._rows(table))

    def division_name(self, code: str, year: int | None = None) -> str | None:
        """Full name of a place (GB/T 2260), as it was called in `year` or most recently.

        None: the code is in no list since 1980, which deserves a question, not a refusal.
        """
        divisions = self._divisions.get(code)
        if not divisions:
            return None
        if year is None:
            return max(divisions, key=lambda place: place.last_year or 9999).full_name
        return min(divisions, key=lambda place: place.distance(year)).full_name

    def major_by_name(self, name: str, entry_year: int) -> str | None:
        """专业代码 in the catalogue of that entry year; None when unknown or not unique there."""
        catalogue = self._catalogue(entry_year)
        codes = catalogue.codes.get(comparable_name(name), ()) if catalogue else ()
        return codes[0] if len(codes) == 1 else None

    def major_by_code(self, code: str, entry_year: int) -> str | None:
        """专业名称 in the catalogue of that entry year; a trailing K (国控) is no part of it."""
        catalogue = self._catalogue(entry_year)
        return catalogue.names.get(code.strip().upper().removesuffix("K")) if catalogue else None

    @cached_property
    def pua_map(self) -> Mapping[str, str]:
        """Private-use characters of old GBK files and the characters they stood for."""
        rows = self._rows("gb18030_pua_map")
        return {chr(int(row["pua"].removeprefix("U+"), 16)): row["char"] for row in rows}

    @cached_property
    def extra_readings(self) -> Mapping[str, str]:
        """Readings of rare characters of names, for `names.reading(…, rare=…)`."""
        return {
            row["char"]: row["pinyin"] for row in self._rows("rare_name_chars") if row["pinyin"]
        }

    @cached_property
    def glyph_variants(self) -> Mapping[str, str]:
        """Characters that a search takes for one another (靑 -> 青); names are never converted."""
        return {
            row["form_a"]: row["form_b"]
            for row in self._rows("name_variant_pairs")
            if row["kind"] in {"glyph variant with its own code", "traditional form"}
        }

    @cached_property
    def _ethnic(self) -> _Words:
        rows = self._rows("gb_t_3304_ethnic")
        official = {comparable_name(row["full_name"]): row["full_name"] for row in rows}
        meant = {}
        for row in rows:
            former = row["note"].removeprefix(_FORMER_NAME) if _FORMER_NAME in row["note"] else ""
            for text in (row["short"], row["code"], former, former.removesuffix("族")):
                if text and text not in official:
                    meant[comparable_name(text)] = row["full_name"]
        return _Words(official, meant, tuple(row["full_name"] for row in rows))

    @cached_property
    def _political(self) -> _Words:
        rows = self._rows("gb_t_4762_political")
        official = {
            comparable_name(text): row["short"]
            for row in rows
            for text in (row["short"], row["name"], row["code"], row["code"].lstrip("0"))
        }
        return _Words(official, _POLITICAL_COMMON, tuple(row["short"] for row in rows))

    @cached_property
    def _divisions(self) -> Mapping[str, tuple[Division, ...]]:
        found: dict[str, tuple[Division, ...]] = {}
        for row in self._rows("gb_t_2260_divisions"):
            division = Division(
                row["code"], row["full_name"], _year(row["start_year"]), _year(row["end_year"])
            )
            found[division.code] = (*found.get(division.code, ()), division)
        return found

    def _catalogue(self, entry_year: int) -> _Catalogue | None:
        """The list in force for that cohort; the one of 2015 was not to be had."""
        if entry_year >= 2021:
            return self._catalogue_2021
        return self._catalogue_2004 if entry_year < 2016 else None

    @cached_property
    def _catalogue_2021(self) -> _Catalogue:
        return _Catalogue.of(self._rows("zyml_2021_gaozhi_zhuanke"))

    @cached_property
    def _catalogue_2004(self) -> _Catalogue:
        return _Catalogue.of(self._rows("zyml_2004_gaozhi_gaozhuan"))

    def _rows(self, table: str) -> list[dict[str, str]]:
        with (self._folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def _year(text: str) -> int | None:
    return int(text) if text else None


def _nearest(text: str, choices: Iterable[str], ending: str, limit: int) -> tuple[str, ...]:
    """The choices most like `text`, by sound first: a wrong character usually sounds right."""

    def likeness(choice: str) -> float:
        written, official = text.strip().removesuffix(ending), choice.removesuffix(ending)
        sound = SequenceMatcher(None, reading(written, NO_RARE), reading(official, NO_RARE))
        return sound.ratio() + SequenceMatcher(None, written, official).ratio()

    ranked = sorted(choices, key=likeness, reverse=True)
    return tuple(choice for choice in ranked[:limit] if likeness(choice) >= 0.5)
