"""The words of a filter box: what a registrar types under a column, read once for every list.

    单            holds it (a name: also by pinyin or initials)
    =男  =         is it; is blank
    >2008  >=60   after, from … on; <  <= likewise
    空  非空       is blank, is not
    不含 毕业      does not hold it; ≠毕业 is not it
    在校|休学      one of them; 不含 and ≠ hold beside the others

Full-width signs mean the same, for the input method is always on.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Op(StrEnum):
    """How a value is compared."""

    HOLDS = "含"
    LACKS = "不含"
    IS = "="
    IS_NOT = "≠"
    ABOVE = ">"
    BELOW = "<"
    FROM = ">="
    UP_TO = "<="
    BLANK = "空"
    FILLED = "非空"

    @property
    def excludes(self) -> bool:
        """It holds beside the others, not instead of them."""
        return self in {Op.LACKS, Op.IS_NOT, Op.FILLED}


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison."""

    op: Op
    text: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """What one box asks: one of `any_of` (when there are some), and every one of `all_of`."""

    any_of: tuple[Term, ...] = ()
    all_of: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any_of or self.all_of)


_SIGNS: Final = str.maketrans("＝＞＜｜≧≦", "=><|≥≤")
_WORDS: Final = {"空": Op.BLANK, "空白": Op.BLANK, "非空": Op.FILLED, "不空": Op.FILLED}
_PREFIXES: Final = (
    (">=", Op.FROM), ("≥", Op.FROM), ("<=", Op.UP_TO), ("≤", Op.UP_TO), ("<>", Op.IS_NOT),
    ("≠", Op.IS_NOT), ("!=", Op.IS_NOT), (">", Op.ABOVE), ("<", Op.BELOW), ("=", Op.IS),
    ("不含", Op.LACKS),
)  # fmt: skip


def parse(text: str) -> Filter:
    """What was typed; nothing for an empty box, or for a sign whose word has not come yet."""
    terms = [term for part in text.translate(_SIGNS).split("|") if (term := _term(part.strip()))]
    return Filter(
        tuple(term for term in terms if not term.op.excludes),
        tuple(term for term in terms if term.op.excludes),
    )


def _term(part: str) -> Term | None:
    if part in _WORDS:
        return Term(_WORDS[part])
    for sign, op in _PREFIXES:
        if part.startswith(sign):
            word = part.removeprefix(sign).strip()
            if not word:
                return Term(Op.BLANK) if op is Op.IS else None
            return Term(op, word)
    return Term(Op.HOLDS, part) if part else None


def chosen(values: list[str]) -> str:
    """The text of a box that lets through exactly these values of a list."""
    return "|".join(f"={value}" for value in values)


def matches(wanted: Filter, value: str, *, figures: bool = False) -> bool:
    """Whether a value is let through; with `figures` it is compared as a number."""
    return (not wanted.any_of or any(_holds(term, value, figures) for term in wanted.any_of)) and (
        all(_holds(term, value, figures) for term in wanted.all_of)
    )


def _holds(term: Term, value: str, figures: bool) -> bool:
    folded, text = value.casefold(), term.text.casefold()
    match term.op:
        case Op.BLANK:
            return not value
        case Op.FILLED:
            return bool(value)
        case Op.HOLDS:
            return text in folded
        case Op.LACKS:
            return text not in folded
        case Op.IS:
            return folded == text
        case Op.IS_NOT:
            return folded != text
    if not value:
        return False
    mine, bound = (figure(value), figure(text)) if figures else (folded, text)
    match term.op:
        case Op.ABOVE:
            return mine > bound  # type: ignore[operator]
        case Op.BELOW:
            return mine < bound  # type: ignore[operator]
        case Op.FROM:
            return mine >= bound  # type: ignore[operator]
    return mine <= bound  # type: ignore[operator]


_FIGURE: Final = re.compile(r"\s*[-+]?\d*\.?\d+")


def figure(text: str) -> float:
    """The number that a text begins with, as SQLite casts it; 0 for none."""
    found = _FIGURE.match(text)
    return float(found[0]) if found else 0.0
