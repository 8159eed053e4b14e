"""The recovery sheet is typed again years later, by someone else, with mistakes."""

import random

import pytest

from app.services.errors import RecoveryCodeWrong
from app.services.vault.recovery import RecoveryCode

KEY = bytes(range(7, 39))
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def plain_rows(code: RecoveryCode) -> list[str]:
    return [line.replace("-", "") for line in code.lines]


def test_the_code_is_the_key() -> None:
    for key in (KEY, bytes(32), b"\xff" * 32, bytes(range(200, 232))):
        assert RecoveryCode.read(str(RecoveryCode.of_key(key))).key() == key


def test_the_sheet_has_four_lines_of_four_groups_of_four() -> None:
    lines = RecoveryCode.of_key(KEY).lines
    assert [[len(group) for group in line.split("-")] for line in lines] == [[4] * 4] * 4


def test_case_blanks_full_width_and_look_alikes_do_not_matter() -> None:
    code = RecoveryCode.of_key(KEY)
    sloppy = str(code).lower().replace("-", "  ").replace("0", "o").replace("1", "l")
    full_width = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in str(code))
    in_one_run = "".join(plain_rows(code))
    for typed in (sloppy, full_width, in_one_run, f"\n\n{code}\n"):
        assert RecoveryCode.read(typed).key() == KEY


@pytest.mark.promise(7)
def test_up_to_three_typing_errors_in_a_line_are_always_noticed_and_the_line_is_named() -> None:
    chance = random.Random(20260901)
    code = RecoveryCode.of_key(chance.randbytes(32))
    for _ in range(10_000):
        rows = plain_rows(code)
        line = chance.randrange(4)
        row = list(rows[line])
        for place in chance.sample(range(16), chance.randint(1, 3)):
            row[place] = chance.choice(ALPHABET.replace(row[place], ""))
        rows[line] = "".join(row)
        with pytest.raises(RecoveryCodeWrong) as caught:
            RecoveryCode.read("\n".join(rows))
        assert caught.value.details == {"lines": str(line + 1)}


@pytest.mark.promise(7)
def test_two_swapped_characters_are_noticed() -> None:
    rows = plain_rows(RecoveryCode.of_key(KEY))
    for line, row in enumerate(rows):
        for place in range(15):
            swapped = row[:place] + row[place + 1] + row[place] + row[place + 2 :]
            if swapped != row:
                with pytest.raises(RecoveryCodeWrong, match=f"第 {line + 1} 行"):
                    RecoveryCode.read("\n".join([*rows[:line], swapped, *rows[line + 1 :]]))


@pytest.mark.promise(7)
def test_lines_in_the_wrong_order_are_both_named() -> None:
    first, second, third, fourth = RecoveryCode.of_key(KEY).lines
    with pytest.raises(RecoveryCodeWrong, match="第 2、3 行"):
        RecoveryCode.read("\n".join([first, third, second, fourth]))


@pytest.mark.parametrize(
    ("damage", "lines"),
    [
        (lambda rows: rows[:3], "4"),
        (lambda rows: [rows[0][:-1], *rows[1:]], "1"),
        (lambda rows: [rows[0], rows[1] + "0", *rows[2:]], "2"),
        (lambda rows: [rows[0], rows[1][:-1] + "U", *rows[2:]], "2"),
        (lambda _: [], "1、2、3、4"),
    ],
)
def test_missing_or_impossible_characters_name_the_line(damage, lines) -> None:
    rows = plain_rows(RecoveryCode.of_key(KEY))
    with pytest.raises(RecoveryCodeWrong) as caught:
        RecoveryCode.read("\n".join(damage(rows)))
    assert caught.value.details == {"lines": lines}


@pytest.mark.promise(11)
def test_the_code_does_not_show_itself_in_logs() -> None:
    code = RecoveryCode.of_key(KEY)
    assert code.lines[0][:4] not in repr(code)
