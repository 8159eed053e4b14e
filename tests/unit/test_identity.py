"""身份证号: every vector of the shipped table, and the ways in which sheets spoil a number."""

import csv
from datetime import date

import pytest

from app.models.rules.identity import (
    Identity,
    IdentityFault,
    IdentityKind,
    canonical_number,
    check_digit,
    looks_damaged,
    read_identity,
)
from app.models.vocabulary import Sex
from app.services.resources import resource

TODAY = date(2026, 9, 1)


def table(name: str) -> list[dict[str, str]]:
    with resource("standards", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


VECTORS = table("id_number_vectors.csv")

#: Why a number is refused, by the words of the table.
FAULTS = {
    "invalid date": IdentityFault.DATE,
    "birth date in the future": IdentityFault.FUTURE,
    "wrong check digit": IdentityFault.CHECK_DIGIT,
    "two neighbouring digits": IdentityFault.CHECK_DIGIT,
    "unknown province": IdentityFault.PLACE,
    "address part all zero": IdentityFault.PLACE,
    "unknown address part": IdentityFault.PLACE,
    "17 characters": IdentityFault.LENGTH,
    "19 characters": IdentityFault.LENGTH,
    "letter O": IdentityFault.CHARACTERS,
    "X in a position": IdentityFault.CHARACTERS,
    "may not contain X": IdentityFault.CHARACTERS,
    "empty": IdentityFault.EMPTY,
}
#: Sound once tidied, or sound in form: the register takes them, the table asks for more.
TAKEN = ("normalise", "blanks inside", "temporary number", "unknown county code")


def test_the_whole_table_of_vectors_is_there():
    assert len(VECTORS) == 48


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['number']} {row['reason'][:30]}")
def test_numbers_of_the_table_are_judged_as_it_says(row):
    found = read_identity(row["number"], today=TODAY)

    fault = next((fault for words, fault in FAULTS.items() if words in row["reason"]), None)
    if row["valid"] == "N" and not any(words in row["reason"] for words in TAKEN):
        assert fault is not None, "the table gives a reason this test does not know"
        assert found is fault
        return
    assert isinstance(found, Identity)
    assert found.number == canonical_number(row["number"])
    if row["valid"] == "Y":
        assert found.number == row["number"]
        assert found.birth_date == date.fromisoformat(row["birth_date"])
        assert found.sex is {"1": Sex.MALE, "2": Sex.FEMALE, "": None}[row["sex"]]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002X", IdentityKind.CITIZEN18),
        ("320102080314991", IdentityKind.CITIZEN15),
        ("81000019070708983X", IdentityKind.RESIDENCE_HMT),
        ("91141019081111984X", IdentityKind.FOREIGNER18),
        ("CAN110081110301", IdentityKind.FOREIGNER15),
        ("999320102000000001", IdentityKind.TEMPORARY),
    ],
)
def test_the_form_of_a_number_tells_the_kind_of_paper(number, kind):
    found = read_identity(number)
    assert isinstance(found, Identity)
    assert found.kind is kind


def test_an_abolished_county_is_no_fault_and_can_be_looked_up():
    found = read_identity("320103190908179856")
    assert isinstance(found, Identity)
    assert found.division_code == "320103"


def test_papers_that_name_no_birth_date_or_sex_claim_none():
    for number in ("CAN110081110301", "999320102000000001"):
        found = read_identity(number)
        assert isinstance(found, Identity)
        assert (found.birth_date, found.sex, found.division_code) == (None, None, None)


@pytest.mark.parametrize("row", [row for row in table("id_number_15_to_18.csv") if row["number18"]])
def test_an_old_number_is_the_same_person_as_its_long_form(row):
    found = read_identity(row["number15"])
    assert isinstance(found, Identity)
    assert found.number18 == row["number18"]


def test_every_other_last_digit_is_refused():
    right = check_digit("46030320090914984")
    for digit in "0123456789X":
        found = read_identity("46030320090914984" + digit)
        assert isinstance(found, Identity) == (digit == right)


@pytest.mark.parametrize(
    "typed",
    [
        "32010219080901905x",
        " 320102 19080901 905Ｘ ",
        "'32010219080901905X",
        "３２０１０２１９０８０９０１９０５Ｘ",
        "\u200b32010219080901905X\ufeff",
        "320102\u300019080901905x\n",
    ],
)
def test_the_same_number_typed_in_many_ways_is_stored_one_way(typed):
    found = read_identity(typed)
    assert isinstance(found, Identity)
    assert found.number == "32010219080901905X"


def test_the_refusal_says_how_many_digits_and_which_characters():
    assert "共 17 位" in IdentityFault.LENGTH.describe("46030320090914984")
    assert "O" in IdentityFault.CHARACTERS.describe("4603032O0909149841")
    assert "20130230" not in IdentityFault.LENGTH.describe("4603")
    assert "20060229" in IdentityFault.DATE.describe("320102200602299839")
    assert "19080231" in IdentityFault.DATE.describe("320102080231991")
    assert "19" in IdentityFault.PLACE.describe("19010120080901983X")


@pytest.mark.parametrize("fault", IdentityFault)
def test_every_fault_says_what_to_do(fault):
    assert fault.remedy.endswith("。")
    assert fault.remedy in fault.describe("1")


@pytest.mark.parametrize(
    "value",
    [
        3.20102201009183e17,
        320102201009183000,
        "3.20102E+17",
        "3.20102e17",
        "3.20102201009183E+17",
        "320102201009180000",
        "320102201009180000.0",
    ],
)
def test_numbers_spoilt_by_a_spreadsheet_are_noticed(value):
    assert looks_damaged(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        20080901,
        320102080314991,  # 15 digits survive in a spreadsheet
        517.5,
        "",
        "32010219080901905X",
        "999320102000000000",
        "26320100000000",
        "E12345678",
    ],
)
def test_sound_values_are_not_called_spoilt(value):
    assert not looks_damaged(value)


def test_a_true_number_that_happens_to_end_in_three_zeros_is_no_damage():
    body = next(
        f"320102200809{day:02}{place:02}0"
        for day in range(1, 29)
        for place in range(100)
        if f"{place:02}0".endswith("00") and check_digit(f"320102200809{day:02}{place:02}0") == "0"
    )
    assert not looks_damaged(body + "0")
    assert isinstance(read_identity(body + "0"), Identity)


def test_a_spoilt_number_is_named_as_such_and_not_as_a_wrong_check_digit():
    assert read_identity("320102201009180000") is IdentityFault.SPOILT
    assert read_identity("3.20102E+17") is IdentityFault.SPOILT
