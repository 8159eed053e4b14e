"""Hostile names through all that lists, exports, prints and archives: shown as they stand."""

import csv
import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from app.models.vocabulary import Kind, Signatory
from app.services.errors import ChangeRefused, GlyphMissing
from app.services.progress import finish
from app.services.register.listexport import ListSheet
from app.services.register.listing import ListQuery
from app.services.register.reports import changes_report
from app.services.register.students import Scope
from app.services.resources import resource
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY
from tests.evil import EVIL, OCTOBER, REVERSED, evil_school
from tests.unit.disc_samples import extract
from tests.unit.form_samples import texts

pytestmark = pytest.mark.promise(50)


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    evil_school(desk, tmp_path)
    return desk


def cells_of(workbook: Path) -> dict[str, str]:
    """Text → type of every cell, as a spreadsheet program takes it: `f` would be worked out."""
    book = openpyxl.load_workbook(workbook)
    return {
        str(cell.value): cell.data_type
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def print_(desk: Workstation, paper: str, target: Path) -> Path:
    scope = Scope(cohort=2026)
    finish(desk.printing.make(desk.actor, paper, target, moment=OCTOBER, scope=scope))
    return target


def test_every_list_gives_the_names_as_they_stand(school: Workstation) -> None:
    everybody = set(EVIL)
    ids = school.listing.ids(OCTOBER, ListQuery())
    assert {row.cells["name"] for row in school.listing.page(OCTOBER, ids)} == everybody
    assert {row.name for row in school.students.rows(OCTOBER)} == everybody
    assert {hit.name for hit in school.finder.people(ids)} == everybody


@pytest.mark.parametrize("name", EVIL)
def test_a_name_is_found_by_what_it_says_and_by_nothing_else(
    school: Workstation, name: str
) -> None:
    assert name in {hit.name for hit in school.finder.find(name)}
    query = ListQuery({"name": f"={name}"})
    found = school.listing.page(OCTOBER, school.listing.ids(OCTOBER, query))
    assert [row.cells["name"] for row in found] == [name]


@pytest.mark.parametrize("name", EVIL)
def test_a_refusal_names_the_student_as_he_is_called(school: Workstation, name: str) -> None:
    student = next(row for row in school.students.rows(OCTOBER) if row.name == name)
    with pytest.raises(ChangeRefused) as refusal:
        school.changes.change(school.actor, student.id, Kind.RESUMPTION, ENTRY_DAY)
    assert name in str(refusal.value)


@pytest.mark.promise(47)
def test_an_exported_list_holds_text_and_no_formula(school: Workstation, tmp_path: Path) -> None:
    ids = school.listing.ids(OCTOBER, ListQuery())
    sheet = ListSheet(EVIL[2], ("name", "class_group", "home_address"), ids, OCTOBER)
    target = tmp_path / "名单.xlsx"
    finish(school.list_exports.save(school.actor, sheet, target, EVIL[2]))
    assert {cells_of(target)[name] for name in EVIL} == {"s"}


@pytest.mark.promise(47)
@pytest.mark.parametrize("paper", ["新生名册", "学籍卡"])
def test_a_filled_form_holds_text_and_no_formula(
    school: Workstation, tmp_path: Path, paper: str
) -> None:
    cells = cells_of(print_(school, paper, tmp_path / f"{paper}.xlsx"))
    assert {cells[name] for name in EVIL} == {"s"}
    assert "f" not in cells.values()


@pytest.mark.promise(47)
def test_a_report_holds_text_and_no_formula(school: Workstation, tmp_path: Path) -> None:
    day = OCTOBER.as_of
    for row in school.students.rows(OCTOBER):
        school.changes.change(
            school.actor, row.id, Kind.WITHDRAWAL, day, reason=row.name,
            evidence=[(None, "退学申请")], signed=frozenset(Signatory),
        )  # fmt: skip
    lines = school.reports.changes(school.actor, day, day)
    for target in (tmp_path / "汇总.xlsx", tmp_path / "汇总.csv"):
        school.reports.save(school.actor, changes_report(lines, day, day), target)
    cells = cells_of(tmp_path / "汇总.xlsx")
    assert {cells[name] for name in EVIL} == {"s"}
    assert "f" not in cells.values()
    with (tmp_path / "汇总.csv").open(encoding="utf-8-sig", newline="") as file:
        written = {cell for row in csv.reader(file) for cell in row}
    assert {f"'{name}" if name[0] in "=@-" else name for name in EVIL} <= written


@pytest.mark.parametrize("paper", ["新生名册", "在校生名册", "学籍卡"])
def test_paper_shows_every_name_as_it_stands(
    school: Workstation, tmp_path: Path, paper: str
) -> None:
    printed = "".join(texts(print_(school, paper, tmp_path / "纸.pdf").read_bytes()))
    together = "".join(printed.split())
    for name in EVIL:
        assert "".join(name.split()) in together


def test_what_would_turn_a_line_round_is_refused_before_printing(
    desk: Workstation, tmp_path: Path
) -> None:
    evil_school(desk, tmp_path, REVERSED)
    with pytest.raises(GlyphMissing, match="U\\+202E"):
        print_(desk, "新生名册", tmp_path / "纸.pdf")
    assert not (tmp_path / "纸.pdf").exists()


class _Page(HTMLParser):
    """The text of a page, piece by piece, and how often each element stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: Counter[str] = Counter()
        self.feed(html)

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.elements[tag] += 1

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_disc_shows_every_name_as_it_stands(school: Workstation, tmp_path: Path) -> None:
    """That no browser runs one when the page builds its table is tried in test_viewer."""
    built = finish(school.discs.build(school.actor, 2026, tmp_path / "光盘"))
    files = extract(built.path, tmp_path / "盘")
    data = files["data.js"].decode()
    assert "</script" not in data
    told = json.loads(data.removeprefix("window.COHORT=").rstrip(";\n"))
    assert {student[0] for student in told["students"]} == set(EVIL)
    page = _Page(files["index.html"].decode())
    own = _Page(resource("viewer", "index.html").read_text(encoding="utf-8")).elements
    assert {tag: page.elements[tag] for tag in ("b", "img", "script")} == {
        tag: own[tag] for tag in ("b", "img", "script")
    }
    for name in EVIL:
        assert any(name in words for words in page.words)
