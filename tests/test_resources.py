"""What ships with the program: fonts with their licences, code tables with their sources."""

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.services.resources import resource

FONTS = sorted(resource("fonts").glob("*.ttf"))
TABLES = sorted(resource("standards").glob("*.csv"))
FSTYPE_RESTRICTED = 0x0002


@pytest.fixture(scope="module")
def held() -> set[int]:
    """Code points that at least one shipped font draws."""
    codes: set[int] = set()
    for font in FONTS:
        with TTFont(font, lazy=True) as face:
            codes |= set(face.getBestCmap())
    return codes


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_font_has_its_licence_beside_it(font: Path):
    family = font.stem.split("-")[0]
    licence = font.with_name(f"{family}-LICENSE.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licence
    assert "Copyright" in licence


def test_font_list_names_every_font_with_its_digest():
    listed = dict(
        re.findall(
            r"^\| (\S+\.ttf) \|.*`([0-9a-f]{64})`",
            resource("fonts", "README.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    actual = {font.name: hashlib.sha256(font.read_bytes()).hexdigest() for font in FONTS}
    assert listed == actual


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_font_can_be_embedded_in_what_we_archive(font: Path):
    """Static TrueType outlines (reportlab draws no others) and no restriction on embedding."""
    with TTFont(font, lazy=True) as face:
        assert "glyf" in face
        assert "fvar" not in face
        assert not face["OS/2"].fsType & FSTYPE_RESTRICTED


def test_fonts_together_hold_every_ideograph_of_the_national_standard(held):
    """GB 18030-2022 level 3: the basic block, 〇 and extensions A to F."""
    standard = [
        range(0x4E00, 0xA000),
        range(0x3400, 0x4DC0),
        range(0x20000, 0x2A6E0),
        range(0x2A700, 0x2B739),
        range(0x2B740, 0x2B81E),
        range(0x2B820, 0x2CEA2),
        range(0x2CEB0, 0x2EBE1),
    ]
    missing = [f"U+{code:04X}" for block in standard for code in block if code not in held]
    assert missing == []
    assert ord("〇") in held
    assert ord("·") in held


def test_fonts_hold_every_character_of_the_invented_names(held):
    people = json.loads(resource("demo", "truth.json").read_text(encoding="utf-8"))["people"]
    names = "".join(person["姓名"] + person["监护人"] for person in people)
    assert {char for char in names if ord(char) not in held} == set()


def test_rare_name_characters_that_no_font_holds_are_the_two_known_ones(held):
    """Extension I is newer than the standard; the program refuses such a name before printing."""
    with resource("standards", "rare_name_chars.csv").open(encoding="utf-8", newline="") as file:
        lost = {row["codepoint"] for row in csv.DictReader(file) if ord(row["char"]) not in held}
    assert lost == {"U+2EBF0", "U+2EE5D"}


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_code_table_says_where_it_comes_from_and_is_whole(table: Path):
    about = resource("standards", "README.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {re.escape(table.name)} \| (\d+) \| \S", about, re.MULTILINE)
    assert row, f"{table.name} is not described in README.md"
    data = table.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    header, *rows = csv.reader(data.decode("utf-8").splitlines(keepends=True))
    assert len(rows) == int(row[1])
    assert {len(cells) for cells in rows} == {len(header)}
