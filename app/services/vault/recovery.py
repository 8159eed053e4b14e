"""The recovery code 恢复码: the data key itself, made to be printed and typed again.

256 bits are 52 characters of Crockford's base32 (no I, L, O, U): four lines of 13, each with
three check characters. The checks are a Reed-Solomon code over GF(32) on the line and its
number: up to three wrong characters in a line, two swapped ones, or lines in the wrong order are
always noticed, and the line is named.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.services.errors import RecoveryCodeWrong

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LINES, _DATA, _CHECKS, _GROUP = 4, 13, 3, 4
_PADDING: Final = _LINES * _DATA * 5 - 256


def _powers() -> tuple[int, ...]:
    """Powers of the generator of GF(32), modulo x^5 + x^2 + 1."""
    powers = [1]
    while len(powers) < 31:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 32 else doubled)
    return tuple(powers)


_POWER: Final = _powers()
_LOG: Final = {value: exponent for exponent, value in enumerate(_POWER)}


def _times(left: int, right: int) -> int:
    return _POWER[(_LOG[left] + _LOG[right]) % 31] if left and right else 0


def _generator() -> tuple[int, ...]:
    """Coefficients after the leading 1 of (x - a)(x - a²)(x - a³)."""
    polynomial = [1]
    for root in _POWER[1 : _CHECKS + 1]:
        shifted = [*polynomial, 0]
        scaled = [0, *(_times(coefficient, root) for coefficient in polynomial)]
        polynomial = [high ^ low for high, low in zip(shifted, scaled, strict=True)]
    return tuple(polynomial[1:])


_GENERATOR: Final = _generator()


def _checks(line: int, data: Sequence[int]) -> list[int]:
    """The three check values of line 1 to 4: remainder of its polynomial by the generator."""
    remainder = [0] * _CHECKS
    for value in (line, *data):
        factor = value ^ remainder[0]
        remainder = [
            high ^ _times(factor, coefficient)
            for high, coefficient in zip([*remainder[1:], 0], _GENERATOR, strict=True)
        ]
    return remainder


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """恢复码: four lines of four groups of four characters; `repr` keeps them to itself."""

    lines: tuple[str, ...] = field(repr=False)

    @classmethod
    def of_key(cls, key: bytes) -> "RecoveryCode":
        """The code of a data key of 32 bytes."""
        number = int.from_bytes(key, "big") << _PADDING
        values = [(number >> shift) & 31 for shift in range(_LINES * _DATA * 5 - 5, -1, -5)]
        lines = []
        for line in range(_LINES):
            data = values[line * _DATA : (line + 1) * _DATA]
            text = "".join(_ALPHABET[value] for value in (*data, *_checks(line + 1, data)))
            lines.append("-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP)))
        return cls(tuple(lines))

    @classmethod
    def read(cls, text: str) -> "RecoveryCode":
        """The code as typed, in lines or in one run; raises RecoveryCodeWrong with the lines."""
        plain = unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
        rows = ["".join(filter(str.isalnum, row)) for row in plain.splitlines()]
        rows = [row for row in rows if row]
        width = _DATA + _CHECKS
        if len(rows) == 1:
            rows = [rows[0][at : at + width] for at in range(0, len(rows[0]), width)]
        rows = rows[:_LINES] + [""] * (_LINES - len(rows))
        _values(rows)
        return cls(
            tuple("-".join(r[at : at + _GROUP] for at in range(0, width, _GROUP)) for r in rows)
        )

    def key(self) -> bytes:
        """The data key; raises RecoveryCodeWrong with the lines that cannot be right."""
        number = 0
        for value in _values([line.replace("-", "") for line in self.lines]):
            number = number << 5 | value
        return (number >> _PADDING).to_bytes(32, "big")

    def __str__(self) -> str:
        return "\n".join(self.lines)


def _values(rows: Sequence[str]) -> list[int]:
    """The data values of the four rows, every check made."""
    decoded = [_line_values(line, row) for line, row in enumerate(rows, start=1)]
    wrong = [str(line) for line, data in enumerate(decoded, start=1) if data is None]
    if wrong:
        raise RecoveryCodeWrong(lines="、".join(wrong))
    return [value for data in decoded for value in data or ()]


def _line_values(line: int, row: str) -> list[int] | None:
    """The data values of one row, None when it cannot be right."""
    values = [_VALUES[character] for character in row if character in _VALUES]
    data, checks = values[:_DATA], values[_DATA:]
    if len(row) != _DATA + _CHECKS or len(values) != len(row) or checks != _checks(line, data):
        return None
    if line == _LINES and data[-1] & ((1 << _PADDING) - 1):
        return None
    return data
