"""One student with everything behind him: what is missing, printed, in evidence, done when."""

import io
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.models.student import Photo
from app.models.vocabulary import Kind
from app.services import clock
from app.services.clock import now, today
from app.services.errors import PhotoRefused
from app.services.progress import finish
from app.services.register.dossier import Dossier
from app.services.register.ledger import Moment
from app.services.register.sight import masked
from app.services.register.students import Scope
from app.services.workstation import Workstation
from tests.builders import id_number
from tests.pictures import picture, put

NEW = {
    "name": "单晓明",
    "id_number": id_number(1),
    "ethnic_group": "汉族",
    "major": "计算机应用技术",
    "phone": "13800000001",
}


@pytest.fixture
def who(desk: Workstation) -> int:
    return desk.editing.add(desk.actor, NEW, entry_year=2026).student_id


def dossier(desk: Workstation, who: int, as_of: date | None = None) -> Dossier:
    found = desk.dossiers.of(desk.actor, who, Moment(as_of) if as_of else None)
    assert found is not None
    return found


def test_what_is_missing_is_named(desk: Workstation, who: int) -> None:
    missing = dossier(desk, who).completeness.labels
    assert {"监护人", "照片", "学习简历", "学号"} <= set(missing)
    assert "联系电话" not in missing


def test_history_tells_who_when_what_and_why(desk: Workstation, who: int) -> None:
    desk.editing.edit(desk.actor, who, {"phone": "13800000002"})
    desk.corrections.correct(
        desk.actor, who, {"民族": "回族"}, basis="户籍证明", evidence=[(None, "户籍证明")]
    )
    said = dossier(desk, who)
    assert [row.what for row in said.history] == ["民族", "联系电话", "新增学生"]
    ethnic = said.history[0]
    assert (ethnic.old, ethnic.new, ethnic.basis) == ("汉族", "回族", "户籍证明")
    assert ethnic.operator == desk.actor.name
    assert [(item.kind, item.behind) for item in said.evidence] == [
        ("户籍证明", f"{today()} 民族变更")
    ]


def test_as_of_a_day_leaves_out_what_was_done_after_it(desk: Workstation, who: int) -> None:
    clock.stop_at(now() + timedelta(days=3))
    try:
        desk.editing.edit(desk.actor, who, {"phone": "13800000009"})
    finally:
        clock.stop_at(None)
    assert dossier(desk, who).history[0].new == "13800000009"
    then = dossier(desk, who, today() + timedelta(days=2))
    assert "13800000009" not in {row.new for row in then.history}
    assert then.history  # what was done before is there


def test_as_of_a_day_shows_that_day(desk: Workstation, who: int) -> None:
    desk.editing.edit(desk.actor, who, {"phone": "13800000002"})
    assert dossier(desk, who).record.row.person["phone"] == "13800000002"
    yesterday = dossier(desk, who, today() - timedelta(days=1))
    assert yesterday.record.row.person["phone"] == "13800000001"
    assert desk.dossiers.of(desk.actor, who, Moment(date(2026, 8, 1))) is None


def test_a_paper_is_current_until_the_record_changes(
    desk: Workstation, who: int, tmp_path: Path
) -> None:
    finish(
        desk.printing.make(
            desk.actor,
            "学籍卡",
            tmp_path / "卡.pdf",
            moment=Moment(today()),
            scope=Scope(ids=[who]),
        )
    )
    (paper,) = dossier(desk, who).papers
    assert (paper.form, paper.format, paper.current) == ("学籍卡", "pdf", True)
    desk.editing.edit(desk.actor, who, {"phone": "13800000002"})
    assert dossier(desk, who).papers[0].current is False


def test_changes_carry_the_case_behind_them(desk: Workstation, who: int) -> None:
    kinds = [row.entry.kind for row in dossier(desk, who).changes]
    assert kinds == [Kind.ADMISSION, Kind.REGISTRATION]


def test_a_number_is_masked_but_for_its_ends() -> None:
    assert masked(id_number(1)) == re.sub(r"^(...).{11}", r"\1***********", id_number(1))
    assert masked("0012") == "0012"


# --- the photograph -----------------------------------------------------------------------


def halves(width: int = 600, height: int = 800) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), (200, 0, 0))
    image.paste((0, 0, 200), (width // 2, 0, width, height))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=95)
    return target.getvalue()


def centre(data: bytes) -> tuple[int, int, int]:
    with Image.open(io.BytesIO(data)) as image:
        colour = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(colour, tuple)
    return colour[0], colour[1], colour[2]


@pytest.mark.ux("P3")
def test_a_cut_shows_its_part_and_leaves_the_original(
    desk: Workstation, who: int, tmp_path: Path
) -> None:
    data = halves()
    first = desk.portraits.take(desk.actor, who, put(tmp_path, "单晓明.jpg", data))
    desk.portraits.crop(desk.actor, who, (0.55, 0.1, 0.95, 0.5))
    said = dossier(desk, who)
    assert said.picture is not None
    assert centre(said.picture)[2] > 150
    assert [photo.sha256 for photo in said.photos] == [said.photos[1].sha256] * 2
    assert desk.media.get(said.photos[0].sha256) == data
    with Image.open(io.BytesIO(said.picture)) as image:
        assert image.width * 4 == image.height * 3

    desk.portraits.crop(desk.actor, who, (0.05, 0.1, 0.45, 0.5))
    again = dossier(desk, who)
    assert again.picture is not None
    assert centre(again.picture)[0] > 150
    desk.portraits.use_again(desk.actor, who, first)
    assert dossier(desk, who).photos[0].card_sha256 == again.photos[2].card_sha256


@pytest.mark.ux("P3")
def test_a_picture_taken_lying_on_its_side_is_cut_upright(
    desk: Workstation, who: int, tmp_path: Path
) -> None:
    image = Image.new("RGB", (800, 600), (200, 0, 0))  # as the sensor saw it, turned by EXIF
    image.paste((0, 0, 200), (0, 300, 800, 600))
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    image.save(target, "JPEG", quality=95, exif=exif)
    desk.portraits.take(desk.actor, who, put(tmp_path, "侧.jpg", target.getvalue()))
    original = desk.portraits.original(desk.actor, who)
    assert original is not None
    assert (original.width, original.height) == (600, 800)
    desk.portraits.crop(desk.actor, who, (0.0, 0.2, 0.4, 0.6))  # the left half, upright
    said = dossier(desk, who)
    assert said.picture is not None
    assert centre(said.picture)[2] > 150


def test_the_centred_part_has_the_ratio_of_a_card(
    desk: Workstation, who: int, tmp_path: Path
) -> None:
    desk.portraits.take(desk.actor, who, put(tmp_path, "方.jpg", picture(700, 800)))
    original = desk.portraits.original(desk.actor, who)
    assert original is not None
    left, top, right, bottom = original.centred
    assert (right - left) * 700 / ((bottom - top) * 800) == pytest.approx(0.75)
    assert (left + right, top + bottom) == (pytest.approx(1), pytest.approx(1))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"%PDF-1.4", "PDF"), (picture(800, 600), "横的"), (picture(150, 200), "太小")],
)
def test_what_is_no_portrait_is_refused(
    desk: Workstation, who: int, tmp_path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(PhotoRefused, match=words):
        desk.portraits.take(desk.actor, who, put(tmp_path, "照.jpg", data))
    with desk.database.read() as session:
        assert session.scalars(select(Photo)).all() == []
