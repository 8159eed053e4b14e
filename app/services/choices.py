"""What may stand in a coded field, found by code, by pinyin or by the words themselves."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from app.models.rules.names import comparable_name, search_keys
from app.models.vocabulary import Sex
from app.services.standards import Standards

_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One word that may be chosen; `note` is shown behind it."""

    text: str
    code: str = ""
    note: str = ""


class Choices:
    """The words of one field in their order. `strict`: no other word may stand there.

    `meant` says which word a text means that is none of them (汉 for 汉族), `nearest` which ones an
    unknown text is most like.
    """

    def __init__(
        self,
        name: str,
        choices: Iterable[Choice],
        *,
        strict: bool = True,
        meant: Callable[[str], str | None] | None = None,
        nearest: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self.name = name
        self.all = tuple(choices)
        self.strict = strict
        self._meant = meant
        self._nearest = nearest

    @classmethod
    def of(cls, name: str, words: Iterable[str], *, strict: bool = True) -> "Choices":
        """Words without codes."""
        return cls(name, (Choice(word) for word in words), strict=strict)

    def narrowed(self, typed: str) -> list[Choice]:
        """What the text may mean, best first; everything for an empty text."""
        wanted = comparable_name(typed)
        if not wanted:
            return list(self.all)
        ranked = []
        for place, (choice, text, keys) in enumerate(self._keys):
            rank = _rank(wanted, choice, text, keys)
            if rank is not None:
                ranked.append((rank, place, choice))
        ranked.sort(key=lambda found: found[:2])
        return [choice for _, _, choice in ranked]

    def exactly(self, typed: str) -> str | None:
        """The word that the text is, or surely means: 汉族, 汉, 01, hz, hanzu; None: unknown."""
        text = typed.strip()
        wanted = comparable_name(text)
        for choice in self.all:
            if wanted == comparable_name(choice.text):
                return choice.text
        if self._meant is not None and (found := self._meant(text)):
            return found
        first = next(iter(self.narrowed(text)), None)
        if first is not None and wanted.isascii() and wanted.isalnum():
            return first.text
        return None

    def refusal(self, typed: str) -> str:
        """What to say of a text that is none of the words."""
        near = self._nearest(typed) if self._nearest else [
            choice.text for choice in self._like(typed)
        ]  # fmt: skip
        offers = "、".join(f"“{word}”" for word in near[:_FEW])
        cure = f"是否应为{offers}？" if offers else ""
        return f"没有这个{self.name}。{cure}按 F7 选择。"

    def _like(self, typed: str) -> list[Choice]:
        characters = set(comparable_name(typed))
        scored = [(len(characters & set(choice.text)), choice) for choice in self.all]
        return [choice for score, choice in sorted(scored, key=lambda s: -s[0]) if score]

    @cached_property
    def _keys(self) -> list[tuple[Choice, str, tuple[str, ...]]]:
        return [
            (choice, comparable_name(choice.text), search_keys(choice.text)) for choice in self.all
        ]


def _rank(wanted: str, choice: Choice, text: str, keys: Sequence[str]) -> int | None:
    code = comparable_name(choice.code)
    if wanted in {text, code} or (code and wanted.isdigit() and wanted.zfill(len(code)) == code):
        return 0
    if wanted in keys:
        return 1
    if text.startswith(wanted) or any(key.startswith(wanted) for key in keys):
        return 2
    if wanted in text:
        return 3
    return 4 if code.startswith(wanted) else None


# --- the coded fields of a student --------------------------------------------------------


def ethnic_groups(standards: Standards) -> Choices:
    """民族 (GB/T 3304)."""

    def meant(text: str) -> str | None:
        said = standards.ethnic(text)
        return said if said is None or isinstance(said, str) else said.value

    return Choices(
        "民族",
        _coded(standards.words("gb_t_3304_ethnic", "full_name")),
        meant=meant,
        nearest=standards.nearest_ethnic,
    )


def political_statuses(standards: Standards) -> Choices:
    """政治面貌 (GB/T 4762)."""

    def meant(text: str) -> str | None:
        said = standards.political(text)
        return said if said is None or isinstance(said, str) else said.value

    return Choices(
        "政治面貌",
        _coded(standards.words("gb_t_4762_political", "short")),
        meant=meant,
        nearest=standards.nearest_political,
    )


def sexes() -> Choices:
    """性别 (GB/T 2261.1)."""
    return Choices("性别", (Choice(Sex.MALE.value, "1"), Choice(Sex.FEMALE.value, "2")))


#: 家庭关系 that a student's family may have; the other words of GB/T 4761 are typed as they are.
_FAMILY: Final = ("51", "52", "57", "58", "61", "62", "63", "64", "71", "73", "75", "77")


def relations(standards: Standards) -> Choices:
    """家庭关系 (GB/T 4761), as proposals: other words are taken too."""
    words = dict(standards.words("gb_t_4761_family"))
    chosen = [Choice(words[code], code) for code in _FAMILY if code in words]
    return Choices("关系", (*chosen, Choice("监护人"), Choice("其他")), strict=False)


def health_states(standards: Standards) -> Choices:
    """健康状况 (GB/T 2261.3), as proposals."""
    words = standards.words("gb_t_2261_3_health")
    return Choices("健康状况", (Choice(text, code) for code, text in words if len(code) == 1 or
                   code not in {"10", "20", "30", "60"}), strict=False)  # fmt: skip


def household_types(standards: Standards) -> Choices:
    """户口类别 (GA 324.1), as proposals."""
    return Choices("户口类别", _coded(standards.words("ga_324_1_household")), strict=False)


def document_types(standards: Standards) -> Choices:
    """证件类型 (JY/T 1001), with the words that the program reads from a number first."""
    words = standards.words("jyt1001_sfzjlx")
    own = [Choice("港澳台居民居住证"), Choice("外国人永久居留身份证"), Choice("临时编号")]
    return Choices("证件类型", (*_coded(words), *own), strict=False)


def _coded(words: Iterable[tuple[str, str]]) -> Iterable[Choice]:
    return (Choice(text, code) for code, text in words)
