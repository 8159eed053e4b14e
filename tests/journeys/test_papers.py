"""Papers of the register, read by the programs that offices use."""

import csv
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pikepdf.pdfa
import pytest
from openpyxl import load_workbook
from openpyxl.drawing.image import Image as SheetPicture
from PIL import Image
from sqlalchemy import select

from app.models.papers import PrintedSheet
from app.models.vocabulary import Role
from app.services.errors import (
    FieldsUnknown,
    FileNotWritable,
    GlyphMissing,
    NobodyOnPaper,
    NotYourRole,
    UnknownForm,
)
from app.services.forms.printing import Printed
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.resources import resource
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list

RARE = ("杨远\U0002cb4e", "侯礼\U0002c029", "孙㛃", "阿卜杜热合曼·艾合买提")
OCTOBER = Moment(date(2026, 10, 1))


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    rows = [person(i, name, boy=True) for i, name in enumerate(RARE)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    return desk


def make(desk: Workstation, name: str, target: Path, scope: Scope | None = None) -> Printed:
    work = desk.printing.make(
        desk.actor, name, target, moment=OCTOBER, scope=scope or Scope(cohort=2026)
    )
    return finish(work)


def text_of(pdf: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, text=True
    ).stdout


@pytest.mark.parametrize("paper", ["学籍卡", "新生名册", "在校生名册"])
def test_every_name_comes_back_from_the_paper_as_it_is(
    school: Workstation, tmp_path: Path, paper: str
) -> None:
    target = tmp_path / f"{paper}.pdf"
    make(school, paper, target)
    text = text_of(target)
    for name in RARE:
        assert name in text


def test_libreoffice_reads_the_roster_with_its_numbers_as_text(
    school: Workstation, tmp_path: Path
) -> None:
    target = tmp_path / "roster.xlsx"
    make(school, "新生名册", target)
    profile = f"-env:UserInstallation=file://{tmp_path}/office"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", tmp_path, target],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "roster.csv").open(encoding="utf-8", newline="") as file:
        cells = {cell for row in csv.reader(file) for cell in row}
    for row in school.students.rows(OCTOBER):
        assert {row.name, row.id_number, row.exam_number} <= cells


def test_paper_and_spreadsheet_have_the_same_fingerprint(
    school: Workstation, tmp_path: Path
) -> None:
    make(school, "新生名册", tmp_path / "一.pdf")
    make(school, "新生名册", tmp_path / "一.xlsx")
    with school.database.read() as session:
        sheets = session.scalars(select(PrintedSheet)).all()
    assert len(sheets) == 2
    assert len({(sheet.fingerprint, sheet.code) for sheet in sheets}) == 1


def test_a_paper_of_one_cohort_is_recorded_as_such(school: Workstation, tmp_path: Path) -> None:
    make(school, "新生名册", tmp_path / "册.xlsx")
    make(school, "学籍卡", tmp_path / "卡.xlsx")
    with school.database.read() as session:
        sheets = session.scalars(select(PrintedSheet)).all()
    assert len(sheets) == 1 + len(RARE)
    assert {sheet.cohort_year for sheet in sheets} == {2026}


def test_a_paper_of_several_cohorts_is_recorded_as_none_of_them(
    school: Workstation, tmp_path: Path
) -> None:
    take_in(school, write_list(tmp_path / "下届.xlsx", [person(9, "程晚")], "2027级新生名册"))
    moment, target = Moment(date(2027, 10, 1)), tmp_path / "册.xlsx"
    finish(school.printing.make(school.actor, "新生名册", target, moment=moment, scope=Scope()))
    with school.database.read() as session:
        (sheet,) = session.scalars(select(PrintedSheet))
    assert sheet.cohort_year is None


def test_who_looks_after_the_machine_alone_prints_nothing(
    school: Workstation, tmp_path: Path
) -> None:
    technician = Actor(1, "技术员", frozenset({Role.SYSTEM}))
    with pytest.raises(NotYourRole):
        finish(
            school.printing.make(
                technician, "新生名册", tmp_path / "册.xlsx", moment=OCTOBER, scope=Scope()
            )
        )
    assert not (tmp_path / "册.xlsx").exists()


def test_each_card_leaves_its_own_record_and_carries_its_code(
    school: Workstation, tmp_path: Path
) -> None:
    printed = make(school, "学籍卡", tmp_path / "卡.pdf")
    assert printed.documents == len(RARE)
    assert len(set(printed.codes)) == len(RARE)
    text = text_of(tmp_path / "卡.pdf").replace("-", "")
    for code in printed.codes:
        assert code in text


def test_archived_papers_are_pdf_a(school: Workstation, tmp_path: Path) -> None:
    report = finish(school.discs.build(school.actor, 2026, tmp_path / "盘"))
    subprocess.run(
        ["7z", "x", "-y", f"-o{tmp_path / 'x'}", report.path], check=True, capture_output=True
    )
    papers = sorted((tmp_path / "x").rglob("*.pdf"))
    assert len(papers) == len(RARE) + 2
    for paper in papers:
        assert pikepdf.pdfa.validate_written(paper, "2b").passed


def test_a_registrars_own_form_needs_no_installation(school: Workstation, tmp_path: Path) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "姓名", "{{姓名}}"
    sheet["A2"], sheet["B2"] = "身份证号", "{{身份证号}}"
    workbook.save(tmp_path / "便条.xlsx")
    printed = make(school, str(tmp_path / "便条.xlsx"), tmp_path / "便条.pdf")
    assert (printed.form, printed.documents) == ("便条", len(RARE))
    assert RARE[0] in text_of(tmp_path / "便条.pdf")
    sheet["B2"] = "{{身份证}}"
    workbook.save(tmp_path / "便条.xlsx")
    with pytest.raises(FieldsUnknown, match=r"Sheet B2.*身份证号"):
        make(school, str(tmp_path / "便条.xlsx"), tmp_path / "便条.pdf")


def test_a_character_that_no_font_holds_is_refused_by_name(
    desk: Workstation, tmp_path: Path
) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "王\U0002ebf0")]))
    with pytest.raises(GlyphMissing, match=r"26329900000001.*U\+2EBF0"):
        make(desk, "新生名册", tmp_path / "册.pdf")
    assert not (tmp_path / "册.pdf").exists()

    make(desk, "新生名册", tmp_path / "册.xlsx")  # the ways out that the refusal names
    cells = load_workbook(tmp_path / "册.xlsx").active
    assert cells is not None
    assert "王\U0002ebf0" in {cell.value for row in cells.iter_rows() for cell in row}
    own = tmp_path / "在读证明（图片）.xlsx"
    book = load_workbook(resource("forms", "在读证明.xlsx"))
    sheet = book.active
    assert sheet is not None
    for cell in [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]:
        cell.value = cell.value.replace("{{姓名}}", "　　")
    drawn = BytesIO()
    Image.new("L", (80, 40), 0).save(drawn, "PNG")
    sheet.add_image(SheetPicture(drawn), "B3")
    book.save(own)
    student = desk.students.rows(OCTOBER)[0]
    make(desk, str(own), tmp_path / "证明.pdf", Scope(ids=[student.id]))
    with pikepdf.open(tmp_path / "证明.pdf") as paper:
        kinds = [one.get("/Subtype") for one in paper.objects if isinstance(one, pikepdf.Stream)]
    assert "/Image" in kinds


def test_an_unknown_paper_and_an_empty_list_are_named(school: Workstation, tmp_path: Path) -> None:
    with pytest.raises(UnknownForm, match="新生名册"):
        make(school, "老生名册", tmp_path / "册.pdf")
    with pytest.raises(NobodyOnPaper):
        make(school, "新生名册", tmp_path / "册.pdf", Scope(cohort=2031))


def test_a_long_paper_that_is_stopped_or_refused_leaves_no_part_of_it(
    school: Workstation, tmp_path: Path
) -> None:
    sheet = school.printing.collect(school.actor, "学籍卡", OCTOBER, Scope(cohort=2026))
    work = school.printing.write(school.actor, sheet, tmp_path / "新" / "卡.pdf")
    next(work)
    assert [one.name for one in (tmp_path / "新").iterdir()] == ["卡.pdf.part"]
    work.close()
    assert list((tmp_path / "新").iterdir()) == []
    (tmp_path / "文件").touch()
    with pytest.raises(FileNotWritable, match="卡"):
        finish(school.printing.write(school.actor, sheet, tmp_path / "文件" / "卡.pdf"))
    with school.database.read() as session:
        assert session.scalars(select(PrintedSheet)).all() == []
