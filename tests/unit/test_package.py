"""What lies on a disc: layout, manifests, tables, and names that would not survive."""

import csv
import hashlib
import io
import json
import subprocess
import tempfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import bagit
import openpyxl
import pytest

from app.services.archive.content import ArchivedStudent, Medium
from app.services.archive.package import Bag, Written
from app.services.archive.tables import csv_bytes, harmless, workbook_bytes
from app.services.errors import DiscNumberRefused, DiscPathRefused, DiscTextRefused
from tests.unit.disc_samples import DAY, build, disc_content, extract, paper


def tags_of(bag: Bag) -> dict[str, bytes]:
    return bag.tag_files([Written.of(path, file.open()) for path, file in bag.payload])


def test_other_programs_call_the_bag_valid(tmp_path, monkeypatch):
    extract(build(tmp_path).path, tmp_path / "bag")
    bag = bagit.Bag(str(tmp_path / "bag"))
    assert bag.version_info == (1, 0)
    bag.validate()
    monkeypatch.chdir(tmp_path / "bag")
    for algorithm in ("sha256", "sha512"):
        for manifest in (f"manifest-{algorithm}.txt", f"tagmanifest-{algorithm}.txt"):
            subprocess.run([f"{algorithm}sum", "-c", "--strict", "--quiet", manifest], check=True)


def test_lengths_of_the_tag_files_are_known_before_any_record_is_opened():
    bag = Bag(disc_content(), Medium.CD)
    draft = bag.tag_files([Written.unknown(path) for path, _ in bag.payload])
    assert {path: len(data) for path, data in draft.items()} == {
        path: len(data) for path, data in tags_of(bag).items()
    }
    assert draft != tags_of(bag)


def test_root_holds_what_the_transfer_rule_names():
    bag = Bag(disc_content(), Medium.CD)
    roots = {path.split("/")[0] for path in tags_of(bag)} | {"data"}
    assert {"说明文件.TXT", "文件目录.XML", "其他", "index.html", "data.js", "bagit.txt"} < roots
    folders = {path.split("/")[1] for path, _ in bag.payload}
    assert folders == {"电子档案", "数据"}


def test_readme_opens_in_notepad_and_names_the_disc():
    text = tags_of(Bag(disc_content(preliminary=True), Medium.DVD))["说明文件.TXT"]
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.count(b"\n") == text.count(b"\r\n")
    for said in ("XJ-2026-JX-01", "预归档", "2 个班级，6 名学生", "DVD±R", "17:abab"):
        assert said in text.decode("utf-8-sig")


def test_catalogue_names_every_file_and_whose_it_is():
    bag = Bag(disc_content(), Medium.CD)
    rows = ET.fromstring(tags_of(bag)["文件目录.XML"]).findall("文件")  # noqa: S314 - our own
    assert [row.findtext("电子档案名称") for row in rows] == [path for path, _ in bag.payload]
    columns = ["顺序号", "档号", "责任者", "题名", "日期", "密级", "电子档案名称", "备注"]
    assert [cell.tag for cell in rows[0]] == columns
    card = next(row for row in rows if row.findtext("档号") == "XJ-2026-Y-0002-01")
    assert card.findtext("题名") == "马𬭎㛃（260202） 学籍卡"
    assert card.findtext("日期") == "20260930"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a/b/c/d/e/f/g.pdf", "7 级"),
        ("机电一体化技术专业二〇二六级第一班的学籍档案/a.pdf", "64 个字节"),
        ("𬭎/a.pdf", "U+2CB4E"),
        ("e\u0301/a.pdf", "NFC"),
        ("con/a.pdf", "Windows"),
        ("班 /a.pdf", "空格"),
        ("../a.pdf", "句点"),
        ("/a.pdf", "空的名称"),
        ("a/b:c/a.pdf", "U+003A"),
        ("a/50%/a.pdf", "U+0025"),
        ("a/学籍卡.pdf", "文件名只能用"),
        ("\ud800/a.pdf", "U+D800"),
    ],
)
def test_name_that_a_disc_would_lose_is_refused_with_its_path(path, said):
    with pytest.raises(DiscPathRefused) as refusal:
        Bag(disc_content(files=(paper(path),)), Medium.CD)
    assert said in str(refusal.value)
    assert f"data/{path}" in str(refusal.value)


@pytest.mark.parametrize(
    "paths",
    [
        ("a/x.pdf", "a/x.pdf"),
        ("a/x.pdf", "a/X.pdf"),
        ("a/x.pdf", "A/y.pdf"),
        ("a/x.pdf", "a/x.pdf/y.pdf"),
    ],
)
def test_two_files_never_share_a_name(paths):
    with pytest.raises(DiscPathRefused):
        Bag(disc_content(files=tuple(map(paper, paths))), Medium.CD)


def test_two_students_never_share_a_file_number():
    first, second = disc_content().students[:2]
    students = (first, replace(second, code=first.code))
    with pytest.raises(DiscPathRefused, match="2 个学生"):
        Bag(disc_content(students=students, files=()), Medium.CD)


@pytest.mark.parametrize("number", ["", "xj-1", "XJ/1", "XJ-光盘", "-XJ", "X" * 33])
def test_disc_number_becomes_a_label_or_is_refused(number):
    with pytest.raises(DiscNumberRefused):
        Bag(disc_content(disc_number=number), Medium.CD)


def test_control_character_in_a_name_is_refused_naming_the_student():
    student = ArchivedStudent("XJ-1", "李\x0b四", "260199", "C01", "在校")
    with pytest.raises(DiscTextRefused, match=r"260199 李□四.*U\+000B"):
        Bag(disc_content(students=(student,), files=()), Medium.CD)


def test_no_record_is_opened_while_names_are_checked():
    def never() -> bytes:
        raise AssertionError("opened")

    good = paper("a/x.pdf")
    bad = paper("a/y .pdf")
    for file in (good, bad):
        object.__setattr__(file, "open", never)
    with pytest.raises(DiscPathRefused):
        Bag(disc_content(files=(good, bad)), Medium.CD)


# --- tables -------------------------------------------------------------------------------


@pytest.mark.promise(47)
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("+86 25", "'+86 25"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("上\n=1", "上\n'=1"),
        ("上\r\n-1", "上\r\n'-1"),
        ("a=b", "a=b"),
        ("张三 - 李四", "张三 - 李四"),
        ("", ""),
    ],
)
def test_csv_cell_never_runs_as_a_formula(text, written):
    assert harmless(text) == written


def test_csv_keeps_numbers_dates_and_rare_characters():
    table = disc_content().tables[0]
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode(), newline="")))
    assert rows == [
        ["姓名", "人数", "分数", "日期", "备注"],
        ["张三", "-5", "88.50", DAY.isoformat(), "'=HYPERLINK(1)"],
        ["马𬭎㛃", "0", "", "", "' +86 25"],
    ]


def test_workbook_holds_text_only_and_is_the_same_every_time(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))  # nothing may be spooled
    tables = disc_content().tables * 2
    data = workbook_bytes(tables, DAY)
    assert data == workbook_bytes(tables, DAY)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["学生", "学生 2"]
    cells = [cell for row in book["学生"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in book["学生"][2]] == [
        "张三", "-5", "88.50", "2026-09-30", "=HYPERLINK(1)",
    ]  # fmt: skip


def test_data_package_describes_the_csv_beside_it():
    payload = dict(Bag(disc_content(), Medium.CD).payload)
    package = json.loads(payload["data/数据/datapackage.json"].open())
    (resource,) = package["resources"]
    content = payload[f"data/数据/{resource['path']}"].open()
    assert resource["bytes"] == len(content)
    assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    fields = resource["schema"]["fields"]
    assert [field["type"] for field in fields] == ["string", "integer", "number", "date", "string"]
    assert package["created"] == "2026-10-08T00:00:00Z"
