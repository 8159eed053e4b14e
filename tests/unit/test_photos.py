"""Photographs from a folder or .zip: whose they are, whether they serve, what is kept of them."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from PIL import Image
from sqlalchemy import select

from app.models.exchange import Batch
from app.models.student import Photo
from app.models.vocabulary import Role, Status
from app.services.errors import (
    NotYourRole,
    PhotoSourceChanged,
    PhotoSourceMissing,
    PhotoSourceRefused,
    PlanOutdated,
)
from app.services.exchange import photo_child
from app.services.exchange import photos as module
from app.services.exchange.batches import Batches
from app.services.exchange.photo_owner import Owners, Unmatched
from app.services.exchange.photo_reader import Developed, PhotoReader
from app.services.exchange.photos import Photos
from app.services.exchange.plan import Verdict
from app.services.progress import finish
from app.services.register.students import StudentRow
from app.services.resources import resource
from app.services.standards import Standards
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore
from tests.builders import id_number
from tests.pictures import enrol, matched, picture, plan_of, problems, put, take_in


@pytest.fixture
def photos(database: Database, media: MediaStore) -> Photos:
    return Photos(database, media)


@pytest.fixture
def numbers(database: Database, actor: Actor) -> dict[str, str]:
    """Four students in two classes; two are called 王芳."""
    return enrol(
        database,
        actor,
        {
            "单晓明": "计算机2601",
            "王芳": "计算机2601",
            "王芳*": "机电2601",
            "查干·巴特尔": "机电2601",
        },
    )


def row(index: int, name: str, class_group: str, **values: object) -> StudentRow:
    """A student in school as lists show them, numbered like those of `numbers`."""
    plain = {
        "id": index + 1,
        "number": f"2026{index:04d}",
        "name": name,
        "sex": None,
        "birth_date": None,
        "id_number": id_number(index),
        "exam_number": f"2632990000{index:04d}",
        "cohort": 2026,
        "department": "信息工程系",
        "major": "计算机应用技术",
        "major_code": "",
        "class_id": None,
        "class_group": class_group,
        "status": Status.ENROLLED,
        "reading": "",
        "search_keys": "",
        "person": {},
    }
    return StudentRow(**plain | values)  # type: ignore[arg-type]


PEOPLE = [
    row(0, "单晓明", "计算机2601"),
    row(1, "王芳", "计算机2601"),
    row(2, "王芳", "机电2601"),
    row(3, "查干·巴特尔", "机电2601", person={"former_name": "白查干"}),
]


def owner(file: str, people: list[StudentRow] = PEOPLE) -> StudentRow | Unmatched:
    """Whose picture a file of that name is."""
    place = PurePosixPath(file)
    return Owners(people).find(place.parent.name, place.stem)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "照片"
    made.mkdir()
    return made


def rows(database: Database) -> list[Photo]:
    with database.read() as session:
        return list(session.scalars(select(Photo).order_by(Photo.id)))


# --- whose picture it is --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "{id}.jpg",
        "20260000.jpg",
        "26329900000000.JPG",
        "单晓明.jpeg",
        "单晓明_{id}.jpg",
        "{id}单晓明.jpg",
        "单晓明{id}.jpg",
        "{id}（单晓明）.jpg",
        "001 单晓明.jpg",
        "1.单晓明.jpg",
        "计算机2601_07_单晓明.jpg",
        "单 晓 明 一寸照片.jpg",
        "单晓明-蓝底证件照 (2).jpg",
        "{id} - 副本.jpg",
        "{wide}.jpg",
        "460303 20110305 501{last}.jpg",
        "计算机2601/单晓明.jpg",
        "计算机2601班/{id}.jpg",
        "机电2601/{id}.jpg",  # the number decides, he may have changed class
        "IMG_20260901_{id}.jpg",
    ],
)
def test_a_student_is_found_by_numbers_and_name(name):
    number = PEOPLE[0].id_number
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    assert owner(name.format(id=number, wide=wide, last=number[-1])) == PEOPLE[0]


def test_a_lower_case_x_is_the_same_digit():
    student = row(0, "单晓明", "计算机2601", id_number="46030320110305933X")
    assert owner("46030320110305933x.jpg", [student]) == student
    assert owner("单晓明46030320110305933Ｘ.jpg", [student]) == student


@pytest.mark.parametrize(
    "name", ["查干·巴特尔", "查干.巴特尔", "查干•巴特尔", "003查干・巴特尔", "白查干"]
)
def test_any_middle_dot_and_the_former_name_mean_the_same_student(name):
    assert owner(f"{name}.jpg") == PEOPLE[3]


def test_a_name_that_ends_like_a_word_for_pictures_is_still_a_name():
    people = [row(0, "李照", ""), row(1, "李新生", "")]
    assert [owner("李照.jpg", people), owner("李新生证件照.jpg", people)] == people


def test_who_has_left_does_not_stand_in_the_way_of_who_is_here():
    people = [row(0, "单晓明", "", status=Status.GRADUATED), row(1, "单晓明", "")]
    assert owner("单晓明.jpg", people) == people[1]
    assert owner(f"{people[0].id_number}.jpg", people) == people[0]


def test_two_students_of_one_name_are_both_shown():
    refused = owner("王芳.jpg")
    assert isinstance(refused, Unmatched)
    assert "王芳（计算机2601，20260001）、王芳（机电2601，20260002）" in refused.problem


@pytest.mark.parametrize("name", ["机电2601/王芳.jpg", "机电2601王芳.jpg", "王芳 机电2601.jpg"])
def test_the_class_tells_two_students_of_one_name_apart(name):
    assert owner(name) == PEOPLE[2]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("460303201103059990.jpg", "学籍登记中没有号码 460303201103059990（身份证号的校验码不对）"),
        ("20269999.jpg", "学籍登记中没有号码 20269999"),
        ("单晓明_20269999.jpg", "没有号码 20269999，文件名里另有单晓明"),
        ("钱不在.jpg", "没有叫“钱不在”的学生"),
        ("IMG_0001.jpg", "文件名里没有登记过的号码或姓名"),
        ("单晓明丰.jpg", "没有叫“单晓明丰”的学生"),
        ("{id}_王芳.jpg", "号码是单晓明（计算机2601，20260000）的，姓名却写着“王芳”"),
        ("{id}_单小明.jpg", "姓名却写着“单小明”"),
        ("{id}_20260001.jpg", "指向不同的人：单晓明（计算机2601，20260000）、王芳"),
        ("机电2601/单晓明.jpg", "文件所说的班级里没有这个人"),
    ],
)
def test_a_doubtful_name_is_refused(name, says):
    refused = owner(name.format(id=PEOPLE[0].id_number))
    assert isinstance(refused, Unmatched)
    assert says in refused.problem


def test_a_class_folder_is_walked_and_a_fault_names_the_file_in_it(photos, numbers, folder):
    put(folder, "机电2601/王芳.jpg")
    put(folder, "王芳.jpg", picture(seed=1))
    plan = plan_of(photos, folder)
    assert [line.student_id for line in plan.lines] == [3, None]
    (fault,) = plan.faults
    assert fault.sentence == f"王芳.jpg：{fault.problem}。{fault.remedy}"


def test_of_two_files_for_one_student_the_later_is_at_fault(photos, numbers, folder):
    put(folder, "20260000.jpg")
    put(folder, "单晓明.jpg", picture(seed=1))
    plan = plan_of(photos, folder)
    assert matched(plan) == {"20260000.jpg": "单晓明"}
    assert problems(plan) == {"单晓明.jpg": "单晓明已有照片文件“20260000.jpg”"}


def test_a_broken_file_does_not_stand_in_the_way_of_a_sound_one(photos, numbers, folder):
    put(folder, "20260000.jpg", picture()[:900])
    put(folder, "单晓明.jpg")
    assert matched(plan_of(photos, folder)) == {"单晓明.jpg": "单晓明"}


def test_one_picture_for_two_students_is_pointed_out(photos, numbers, folder):
    put(folder, "20260000.jpg")
    put(folder, "20260001.jpg")
    (note,) = plan_of(photos, folder).notes
    assert note.sentence == "20260001.jpg：与“20260000.jpg”是同一张照片，请核对是谁。"


# --- whether it serves ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "是空文件（0 字节）"),
        (b"no picture at all", "不是图片"),
        (b"%PDF-1.7 ...", "是 PDF 文件，不是 JPG 或 PNG 照片"),
        (picture(format="WEBP"), "是 WebP 图片，不是 JPG 或 PNG 照片"),
        (picture(format="BMP"), "是 BMP 位图，不是 JPG 或 PNG 照片"),
        (b"\xff\xd8\xff\xe0 not a picture", "已损坏或没有拷贝完整，打不开"),
        (picture(640, 480), "照片是横的（640×480 像素），应为竖的"),
        (picture(600, 600), "照片是方的（600×600 像素），应为竖的"),
        (picture(150, 210), "照片太小（150×210 像素），至少要 240×320 像素"),
        (picture(400, 900), "照片太窄（400×900 像素），宽高比应为 3:4"),
        (picture() + bytes(10 << 20), "文件有 10.0 MB，超过 10 MB 的上限"),
    ],
)
def test_a_file_that_does_not_serve_is_refused_with_its_reason(photos, numbers, folder, data, says):
    put(folder, "单晓明.jpg", data)
    plan = plan_of(photos, folder)
    assert problems(plan) == {"单晓明.jpg": says}
    assert plan.faults[0].remedy.startswith("请")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("单晓明.jpg", picture(format="PNG"), "扩展名是 .jpg，内容是 PNG 图片，已按内容读取"),
        ("单晓明.bmp", picture(), "扩展名是 .bmp，内容是 JPG 图片，已按内容读取"),
        ("单晓明.dat", picture(), "扩展名是 .dat，内容是 JPG 图片，已按内容读取"),
        ("单晓明.jpg", picture(295, 413), "295×413 像素，小于学历照片规范的 480×640"),
        ("单晓明.jpg", picture(480, 800), "居中裁去 20%"),
        ("单晓明.jpg", picture() + bytes(60 << 10), "KB，大于学历照片规范的 40 KB"),
    ],
)
def test_what_deserves_a_look_is_a_note(photos, numbers, folder, name, data, says):
    put(folder, name, data)
    plan = plan_of(photos, folder)
    assert matched(plan) == {name: "单晓明"}
    (note,) = plan.notes
    assert says in note.sentence


def test_files_that_are_no_pictures_are_ignored_by_name(photos, numbers, folder):
    put(folder, "单晓明.jpg")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "名单.txt", "计算机2601/Thumbs.db"):
        put(folder, name, b"something else")
    put(folder, "计算机2601/往年/王芳.jpg")
    plan = plan_of(photos, folder)
    assert [note.file for note in plan.notes] == [
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
        "名单.txt",
        "计算机2601/Thumbs.db",
        "计算机2601/往年",
    ]
    assert (plan.count(Verdict.CREATED), plan.faults) == (1, ())


def test_the_specification_is_that_of_the_table():
    with resource("standards", "photo_spec.csv").open(encoding="utf-8", newline="") as file:
        spec = {row["item"]: row["value"] for row in csv.DictReader(file)}
    assert (int(spec["width"]), int(spec["height"])) == (module.SPEC_WIDTH, module.SPEC_HEIGHT)
    assert int(spec["file_size_typical_max"]) == module.SPEC_KILOBYTES
    assert photo_child.CARD_SIZE == (module.SPEC_WIDTH, module.SPEC_HEIGHT)
    assert int(spec["resolution"]) == photo_child.CARD_DPI


# --- the card picture -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader() -> Iterator[PhotoReader]:
    with PhotoReader() as process:
        yield process


def card_of(reader: PhotoReader, data: bytes) -> Image.Image:
    developed = reader.develop(data)
    assert isinstance(developed, Developed)
    card = Image.open(io.BytesIO(developed.card))
    card.load()
    return card


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (picture(), (480, 640)),
        (picture(1200, 1600), (480, 640)),
        (picture(1080, 1600), (480, 640)),
        (picture(295, 413), (295, 393)),
        (picture(mode="L"), (480, 640)),
        (picture(mode="1", format="PNG"), (480, 640)),
        (picture(mode="CMYK"), (480, 640)),
        (picture(mode="P", format="PNG"), (480, 640)),
        (picture(mode="RGBA", format="PNG"), (480, 640)),
        (picture(mode="LA", format="PNG"), (480, 640)),
        (picture(mode="I;16", format="PNG"), (480, 640)),
    ],
)
def test_a_card_picture_is_a_jpeg_of_three_to_four_in_colour(reader, data, size):
    card = card_of(reader, data)
    assert (card.format, card.mode, card.size) == ("JPEG", "RGB", size)
    assert card.info["dpi"] == (300, 300)


def test_transparency_becomes_white(reader):
    target = io.BytesIO()
    Image.new("RGBA", (480, 640), (200, 0, 0, 0)).save(target, "PNG")
    assert card_of(reader, target.getvalue()).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_of_grey_keep_their_shades(reader):
    target = io.BytesIO()
    Image.new("I;16", (480, 640), 32896).save(target, "PNG")
    red, *_ = card_of(reader, target.getvalue()).getpixel((5, 5))
    assert red == pytest.approx(128, abs=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_taken_sideways_stands_upright(reader, orientation):
    """The red half is on top once it stands, however the camera was held."""
    upright = Image.new("RGB", (600, 800), "blue")
    upright.paste("red", (0, 0, 600, 400))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation in back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = io.BytesIO()
    stored.save(target, "JPEG", exif=exif)
    card = card_of(reader, target.getvalue())
    assert card.size == (480, 640)
    assert card.getpixel((240, 100))[0] > 200
    assert card.getpixel((240, 540))[2] > 200


def test_the_same_picture_gives_the_same_bytes(reader):
    data = picture(900, 1200)
    with PhotoReader() as another:
        assert reader.develop(data) == another.develop(data)


# --- accepting ------------------------------------------------------------------------------


def test_original_and_card_picture_are_kept(photos, numbers, database, media, actor, folder):
    original = put(folder, "单晓明.jpg").read_bytes()
    accepted = take_in(photos, actor, folder)
    assert (accepted.created, accepted.updated, accepted.refused) == (1, 0, 0)
    (row,) = rows(database)
    assert row.sha256 == hashlib.sha256(original).hexdigest()
    assert media.get(row.sha256) == original
    assert media.get(row.card_sha256).startswith(b"\xff\xd8")
    assert (row.width, row.height, row.source_name) == (480, 640, "单晓明.jpg")
    assert row.batch_id == accepted.batch_id


def test_what_was_previewed_is_what_is_written(photos, numbers, database, actor, folder):
    put(folder, "单晓明.jpg")
    put(folder, "20260001.jpg", picture(seed=1))
    put(folder, "钱不在.jpg", picture(seed=2))
    plan = plan_of(photos, folder)
    preview = photos.preview(plan)
    assert rows(database) == []
    accepted = finish(photos.accept(actor, plan))
    assert (preview.created, preview.refused, preview.batch_id) == (2, 1, None)
    assert (accepted.created, accepted.refused) == (2, 1)
    with database.read() as session:
        batch = session.get_one(Batch, accepted.batch_id)
    assert (batch.profile, batch.source_name, batch.created) == ("照片", "照片", 2)
    assert batch.source_sha256 == plan.source_sha256


def test_how_many_are_still_missing(photos, numbers, actor, folder):
    put(folder, "单晓明.jpg")
    assert plan_of(photos, folder).missing == 3
    take_in(photos, actor, folder)
    put(folder, "20260001.jpg", picture(seed=1))
    assert plan_of(photos, folder).missing == 2


def test_the_same_photo_again_changes_nothing(photos, numbers, database, actor, folder):
    put(folder, "单晓明.jpg")
    take_in(photos, actor, folder)
    again = take_in(photos, actor, folder)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert again.batch_id is None
    assert len(rows(database)) == 1


def test_another_photo_takes_the_place_of_the_first_until_it_is_undone(
    photos, numbers, database, actor, folder
):
    first = put(folder, "单晓明.jpg").read_bytes()
    take_in(photos, actor, folder)
    put(folder, "单晓明.jpg", picture(seed=9))
    accepted = take_in(photos, actor, folder)
    assert (accepted.created, accepted.updated) == (0, 1)
    assert len(rows(database)) == 2
    undone = Batches(database, Standards()).undo(actor, accepted.batch_id)
    assert (undone.photos, undone.voided, undone.restored) == (1, 0, 0)
    assert [row.sha256 for row in rows(database)] == [hashlib.sha256(first).hexdigest()]
    assert plan_of(photos, folder).count(Verdict.UPDATED) == 1
    assert finish(audit.verify(database)).clean


def test_a_plan_is_refused_when_the_register_has_changed_since(
    photos, numbers, database, media, actor, folder
):
    data = put(folder, "单晓明.jpg").read_bytes()
    plan = plan_of(photos, folder)
    enrol(database, actor, {"孙后来": "计算机2601"})
    with pytest.raises(PlanOutdated, match="照片"):
        finish(photos.accept(actor, plan))
    assert rows(database) == []
    assert not media.has(hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(picture(seed=5)), Path.unlink])
def test_a_plan_is_refused_when_a_file_has_changed_since(
    photos, numbers, database, actor, folder, change
):
    path = put(folder, "单晓明.jpg")
    plan = plan_of(photos, folder)
    change(path)
    with pytest.raises(PhotoSourceChanged, match=r"单晓明\.jpg"):
        finish(photos.accept(actor, plan))
    assert rows(database) == []


def test_cancelling_leaves_no_photo(photos, numbers, database, actor, folder):
    put(folder, "单晓明.jpg")
    work = photos.accept(actor, plan_of(photos, folder))
    next(work)
    work.close()
    assert rows(database) == []


def test_only_who_records_may_take_in_photos(photos, numbers, folder):
    put(folder, "单晓明.jpg")
    inspector = Actor(1, "检查员", frozenset({Role.READ}))
    with pytest.raises(NotYourRole):
        take_in(photos, inspector, folder)


# --- folders and archives -------------------------------------------------------------------


@pytest.mark.promise(49)
def test_a_zip_with_names_in_gbk_is_read_without_unpacking(photos, numbers, media, actor, tmp_path):
    path = tmp_path / "照片.zip"
    data = picture()
    name = "照片/计算机2601/王芳.jpg".encode("gb18030")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("A" * len(name), data)
    # zipfile would mark the name as UTF-8; Windows in Chinese writes GBK and no mark
    path.write_bytes(path.read_bytes().replace(b"A" * len(name), name))
    plan = plan_of(photos, path)
    assert matched(plan) == {"照片/计算机2601/王芳.jpg": "王芳"}
    assert plan.lines[0].student_id == 2
    finish(photos.accept(actor, plan))
    assert media.get(hashlib.sha256(data).hexdigest()) == data
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "学籍库"] == ["照片.zip"]


def test_a_zip_with_names_in_utf8_is_read(photos, numbers, tmp_path):
    path = tmp_path / "照片.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("单晓明.jpg", picture())
        archive.writestr("__MACOSX/._单晓明.jpg", b"\0\5\x16\7")
    plan = plan_of(photos, path)
    assert matched(plan) == {"单晓明.jpg": "单晓明"}
    assert [note.file for note in plan.notes] == ["__MACOSX/._单晓明.jpg"]


def test_a_source_that_is_none_is_refused(photos, numbers, tmp_path):
    with pytest.raises(PhotoSourceMissing, match="没有这里"):
        plan_of(photos, tmp_path / "没有这里")
    with pytest.raises(PhotoSourceRefused, match=r"照片\.rar"):
        plan_of(photos, put(tmp_path, "照片.rar", b"Rar!\x1a\x07"))


def test_a_folder_without_pictures_says_so(photos, numbers, folder):
    plan = plan_of(photos, folder)
    assert [note.sentence for note in plan.notes] == ["照片：里面没有照片。"]
    assert photos.preview(plan).created == 0
