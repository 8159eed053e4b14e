"""The preview is the paper: one PDF for screen, printer and file, and what to look at in it."""

from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import select

from app.models.papers import PrintedSheet
from app.models.vocabulary import PaperFormat
from app.services.clock import today
from app.services.errors import FileInUse, NobodyOnPaper
from app.services.exports import another_name, file_name
from app.services.files import write_new
from app.services.forms.preview import Concern, Preview, glance, preview
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list

OCTOBER = Moment(date(2026, 10, 1))
NAMES = ("安然", "白岩", "陈默", "单晓明")


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    rows = [person(number, name) for number, name in enumerate(NAMES)]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    return desk


def previewed(desk: Workstation, name: str = "学籍卡", scope: Scope | None = None) -> Preview:
    sheet = desk.printing.collect(desk.actor, name, OCTOBER, scope or Scope(cohort=2026))
    return finish(preview(sheet))


def records(desk: Workstation) -> list[PrintedSheet]:
    with desk.database.read() as session:
        return list(session.scalars(select(PrintedSheet).order_by(PrintedSheet.id)))


@pytest.mark.ux("R2")
def test_the_pixels_shown_are_those_of_the_file(school: Workstation, tmp_path: Path) -> None:
    shown = previewed(school)
    target = tmp_path / "卡.pdf"
    finish(school.printing.save(school.actor, shown.sheet, target, shown.file))
    assert target.read_bytes() == shown.file
    picture = shown.pages.picture(1, 96)
    page = pypdfium2.PdfDocument(target)[1]
    bitmap = pypdfium2.PdfBitmap.new_native(picture.width, picture.height, 3)  # BGRx
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, picture.width, picture.height)
    pypdfium2.raw.FPDF_RenderPageBitmap(
        bitmap.raw, page.raw, 0, 0, picture.width, picture.height, 0, pypdfium2.raw.FPDF_ANNOT
    )
    assert bytes(bitmap.buffer) == picture.data


@pytest.mark.ux("R2")
def test_bands_are_the_page_cut_in_pieces(school: Workstation) -> None:
    shown = previewed(school)
    whole = shown.pages.picture(0, 150, grey=True)
    together = b"".join(band.data for _, band in shown.pages.bands(0, 150, 100))
    assert len(together) == len(whole.data)
    assert max(abs(a - b) for a, b in zip(together, whole.data, strict=True)) <= 1  # rounding
    assert whole.data[:10] == b"\xff" * 10  # white ground


def test_looking_leaves_no_record(school: Workstation) -> None:
    previewed(school)
    assert records(school) == []


@pytest.mark.ux("R1")
def test_the_first_document_comes_alone_and_as_it_will_be(school: Workstation) -> None:
    sheet = school.printing.collect(school.actor, "学籍卡", OCTOBER, Scope(cohort=2026))
    first, whole = finish(glance(sheet)), finish(preview(sheet))
    assert first.pages.picture(0, 60) == whole.pages.picture(0, 60)
    assert len(first.pages) < len(whole.pages)


def test_each_page_says_whose_it_is(school: Workstation) -> None:
    shown = previewed(school)
    assert len(shown.starts) == len(NAMES)
    assert shown.owner(shown.starts[3]).startswith("单晓明")
    assert [place.number for place in shown.places[:2]] == [1, 2]


def test_a_missing_photo_is_named_with_its_page(school: Workstation) -> None:
    warnings = [one for one in previewed(school).warnings if one.concern is Concern.NO_PHOTO]
    assert [one.who[:2] for one in warnings] == ["安然", "白岩", "陈默", "单晓"]
    assert warnings[1].page == 2


def test_who_cannot_be_printed_is_left_out_by_name(desk: Workstation, tmp_path: Path) -> None:
    rows = [person(1, "安然"), person(2, "侯\U0003134a")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    shown = previewed(desk)
    assert [document.values["姓名"] for document in shown.sheet.documents] == ["安然"]
    (missing,) = [one for one in shown.warnings if one.concern is Concern.NO_GLYPH]
    assert "U+3134A" in missing.sentence
    assert missing.page is None


def test_a_text_made_much_smaller_is_named_with_its_page(desk: Workstation, tmp_path: Path) -> None:
    rows = [person(1, "安然"), person(2, "阿卜杜热合曼·艾合买提江·买买提")]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    small = [one for one in previewed(desk).warnings if one.concern is Concern.SHRUNK]
    assert {one.who[:2] for one in small} == {"阿卜"}
    assert {one.page for one in small} <= {0, 1}  # 阿 comes first


@pytest.mark.ux("R5")
def test_what_was_sent_is_on_record_with_its_printer(school: Workstation) -> None:
    shown = previewed(school)
    with school.printing.sending(school.actor, shown.sheet, 2, printer="Office", pages="1"):
        pass
    (sheet,) = records(school)
    assert (sheet.printer, sheet.pages, sheet.as_of) == ("Office", "1", OCTOBER.as_of)
    assert sheet.student_id == shown.sheet.documents[2].student_id
    assert sheet.format is PaperFormat.PDF


def test_what_could_not_be_sent_is_not_on_record(school: Workstation) -> None:
    shown = previewed(school)
    with (
        pytest.raises(NobodyOnPaper),
        school.printing.sending(school.actor, shown.sheet, 0, printer="Office"),
    ):
        raise NobodyOnPaper(form="学籍卡")
    assert records(school) == []


# --- 需重印 --------------------------------------------------------------------------------


def print_all(desk: Workstation, tmp_path: Path) -> None:
    work = desk.printing.make(
        desk.actor,
        "学籍卡",
        tmp_path / "卡.pdf",
        moment=Moment(today()),
        scope=Scope(),
    )
    finish(work)


def test_a_card_is_stale_once_its_data_changed_and_says_what(
    school: Workstation, tmp_path: Path
) -> None:
    print_all(school, tmp_path)
    assert finish(school.renewal.stale(school.actor)) == ()
    row = next(one for one in school.students.rows(OCTOBER) if one.name == "陈默")
    again = [person(2, "陈默", 联系电话="13900000000")]
    take_in(school, write_list(tmp_path / "补充.xlsx", again))
    (stale,) = finish(school.renewal.stale(school.actor))
    assert stale.student.id == row.id
    assert stale.changes == ("联系电话：13800000002 → 13900000000",)


def test_a_card_printed_again_is_no_longer_stale(school: Workstation, tmp_path: Path) -> None:
    print_all(school, tmp_path)
    take_in(school, write_list(tmp_path / "补.xlsx", [person(2, "陈默", 联系电话="13900000000")]))
    print_all(school, tmp_path)
    assert finish(school.renewal.stale(school.actor)) == ()


def test_who_is_printed_with_does_not_make_a_card_stale(
    school: Workstation, tmp_path: Path
) -> None:
    """The same card says the same whether a class or one student was chosen."""
    whole = previewed(school)
    alone = previewed(school, scope=Scope(ids=[whole.sheet.documents[0].student_id or 0]))
    assert alone.sheet.documents[0].code == whole.sheet.documents[0].code


# --- files -----------------------------------------------------------------------------------


@pytest.mark.ux("E2")
def test_a_file_gets_a_name_that_every_system_takes() -> None:
    day = date(2026, 9, 15)
    assert file_name("2023级", "在校生名册", day, ".xlsx") == "2023级在校生名册_20260915.xlsx"
    assert (
        file_name("计算机/2601 班:", "学籍卡", day, ".pdf") == "计算机_2601 班_学籍卡_20260915.pdf"
    )


@pytest.mark.ux("E3")
def test_a_file_open_elsewhere_gets_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "名册.xlsx"
    target.write_bytes(b"old")

    def locked(*_: object) -> None:
        raise PermissionError(13, "locked")

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(FileInUse, match="正被其他程序打开"):
        write_new(target, b"new")
    assert another_name(target).name == "名册(2).xlsx"
