"""Hostile and broken tables: each is refused by a sentence that names it, and the program lives."""

import io
import random
import re
import resource as posix
import struct
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from app.services import children
from app.services.errors import (
    ExchangeError,
    TableDamaged,
    TableExtentRefused,
    TableFileChanged,
    TableFileEmpty,
    TableFileMissing,
    TableKindDisguised,
    TableKindRefused,
    TableMacroRefused,
    TableMemoryRefused,
    TablePasswordRefused,
    TableReaderDied,
    TableRecordsDisagree,
    TableTextRefused,
    TableTooLarge,
    TableTooSlow,
    TableUnpacksTooLarge,
)
from app.services.exchange import readers
from app.services.exchange.checks import check
from app.services.exchange.mapping import recognise
from app.services.exchange.readers import MIB, Limits, read_tables
from app.services.resources import resource
from app.services.standards import Standards
from tests.tables import rows_of, student, write_dbf, write_xlsx

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are set through POSIX")

SHEET = "xl/worksheets/sheet1.xml"
_OLD_WORKBOOK = "新生录取名册.xls"


def workbook(tmp_path: Path, name: str = "名册.xlsx") -> Path:
    return write_xlsx(tmp_path / name, rows_of([student(1), student(2)]))


def rewrite(path: Path, change: Callable[[str, bytes], bytes], **added: bytes) -> Path:
    """The workbook with its parts changed, and others added."""
    with zipfile.ZipFile(path) as book:
        parts = {name: change(name, book.read(name)) for name in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in {**parts, **added}.items():
            book.writestr(name, content)
    return path


def in_sheet(old: bytes, new: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if name != SHEET:
            return content
        assert old in content
        return content.replace(old, new, 1)

    return change


def old_workbook(tmp_path: Path, change: Callable[[bytes], bytes]) -> Path:
    path = tmp_path / "旧名册.xls"
    path.write_bytes(change(resource("demo", _OLD_WORKBOOK).read_bytes()))
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refused(path: Path, error: type[ExchangeError], limits: Limits | None = None) -> str:
    """The sentence with which the file is refused; it names the file."""
    with pytest.raises(error) as caught:
        read_tables(path, limits)
    assert path.name in str(caught.value)
    return str(caught.value)


# --- workbooks that unpack to more than they should ------------------------------------------


@pytest.mark.promise(42)
def test_zip_bomb_is_refused_from_its_directory_at_once(tmp_path: Path) -> None:
    path = rewrite(workbook(tmp_path), lambda _, content: content, bomb=b"0" * (250 * MIB))
    start = time.monotonic()
    refused(path, TableUnpacksTooLarge)
    assert time.monotonic() - start < 1


@pytest.mark.promise(42)
def test_crowd_of_entries_is_refused(tmp_path: Path) -> None:
    path = rewrite(
        workbook(tmp_path), lambda _, content: content, **{f"a{at}": b"" for at in range(2100)}
    )
    refused(path, TableUnpacksTooLarge)


@pytest.mark.promise(42)
def test_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    def grow(name: str, content: bytes) -> bytes:
        return content + b" " * (20 * MIB) if name == SHEET else content

    path = rewrite(workbook(tmp_path), grow)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        size = struct.pack("<L", book.getinfo(SHEET).file_size)
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = struct.pack("<L", 2000)
    refused(written(path, bytes(data)), TableDamaged)


@pytest.mark.promise(43)
def test_billion_laughs_end_in_a_sentence(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 1000 + b'">'
    for now, before in zip(b"bcdefg", b"abcdef", strict=True):
        laughs += b"<!ENTITY %c '%s'>" % (now, (b"&%c;" % before) * 50)
    laughs += b"]>"

    def declare(name: str, content: bytes) -> bytes:
        if name not in {SHEET, "xl/workbook.xml"}:
            return content
        body = content.removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
        return laughs + body.replace(b'name="', b'name="&g;', 1)

    refused(rewrite(workbook(tmp_path), declare), TableDamaged)


@pytest.mark.promise(43)
def test_entity_cannot_fetch_a_file(tmp_path: Path) -> None:
    secret = written(tmp_path / "secret", b"SECRET")
    entity = b'<!DOCTYPE x [<!ENTITY f SYSTEM "' + secret.as_uri().encode() + b'">]>'

    def fetch(name: str, content: bytes) -> bytes:
        if name != SHEET:
            return content
        return entity + content.replace(b"</t>", b"&f;</t>", 1).replace(b"<v>0</v>", b"<v>&f;</v>")

    try:
        source = read_tables(rewrite(workbook(tmp_path), fetch))
    except ExchangeError:
        return
    assert "SECRET" not in repr(source)


# --- cells where no cell should be ----------------------------------------------------------


def far_cell(tmp_path: Path, cell: str) -> Path:
    book = openpyxl.Workbook()
    book.active["A1"] = "姓名"
    book.active[cell] = "x"
    path = tmp_path / "远.xlsx"
    book.save(path)
    return path


@pytest.mark.promise(44)
@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "XFD1", "A100001", "SG2"])
def test_far_cell_is_refused_by_its_name(tmp_path: Path, cell: str) -> None:
    assert cell in refused(far_cell(tmp_path, cell), TableExtentRefused)


def test_far_cell_that_hides_from_the_search_costs_the_child_only(tmp_path: Path) -> None:
    path = rewrite(far_cell(tmp_path, "XFD1048576"), in_sheet(b'r="XFD1048576"', b"r='XFD1048576'"))
    refused(path, TableReaderDied)


def test_far_blank_cells_of_a_formatted_column_do_no_harm(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    blank = b'<row r="1048576"><c r="XFD1048576" s="0"/><c r="XFE1048576"></c></row></sheetData>'
    sheet = read_tables(rewrite(path, in_sheet(b"</sheetData>", blank))).sheets[0]
    assert len(sheet.rows) == 3


def test_too_many_rows_are_refused_in_every_kind_of_file(tmp_path: Path) -> None:
    limits = Limits(rows=2)
    refused(workbook(tmp_path), TableExtentRefused, limits)
    refused(written(tmp_path / "a.csv", b"a,b\n1,2\n3,4\n"), TableExtentRefused, limits)
    dbf = write_dbf(tmp_path / "a.dbf", {"XM": 8}, [["王安"], ["李宁"]])
    refused(dbf, TableExtentRefused, limits)
    refused(old_workbook(tmp_path, bytes), TableExtentRefused, limits)


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    refused(written(tmp_path / "a.csv", b"," * 600), TableExtentRefused)
    refused(workbook(tmp_path), TableExtentRefused, Limits(columns=3))


# --- limits of the child --------------------------------------------------------------------


@pytest.mark.promise(44)
def test_child_that_asks_for_too_much_memory_dies_alone(tmp_path: Path) -> None:
    before = posix.getrlimit(posix.RLIMIT_AS)
    text = "王安,南京市\n".encode() * 1_500_000
    refused(written(tmp_path / "大.csv", text), TableMemoryRefused, Limits(memory=60 * MIB))
    assert posix.getrlimit(posix.RLIMIT_AS) == before


@pytest.mark.promise(44)
def test_file_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    start = time.monotonic()
    refused(workbook(tmp_path), TableTooSlow, Limits(seconds=0.001))
    assert time.monotonic() - start < 5


def test_child_that_is_killed_is_told_by_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = ["-c", 'import os; print(\'{"sheet": "a"}\'); os.abort()']
    monkeypatch.setattr(children, "command", lambda _child: [sys.executable, *crash])
    refused(workbook(tmp_path), TableReaderDied)


def test_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path)
    ask = readers._ask_child

    def meanwhile(*arguments: object) -> object:
        answer = ask(*arguments)  # type: ignore[arg-type]
        path.write_bytes(path.read_bytes() + b" ")
        return answer

    monkeypatch.setattr(readers, "_ask_child", meanwhile)
    refused(path, TableFileChanged)


# --- files that are not what they are called ------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xls", b"<html><body><table><tr><td>1</td></tr></table>", "网页"),
        ("a.xls", "\ufeff<html xmlns:x='urn:schemas'>".encode(), "网页"),
        ("a.xls", b"MIME-Version: 1.0\nContent-Type: multipart/related", "MHT"),
        ("a.xls", b"<?xml version='1.0'?><Workbook>", "XML"),
        ("a.xls", "姓名\t性别\n王安\t男\n".encode("gbk"), "纯文本"),
        ("a.xls", "姓名\t性别\n".encode("utf-16"), "纯文本"),
        ("a.xlsx", "姓名,性别\n".encode(), "纯文本"),
        ("a.xlsx", b"%PDF-1.7", "PDF"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "图片"),
        ("a.dbf", b"a,b\n1,2\n", "纯文本"),
        ("a.csv", bytes(range(256)) * 20, "无法识别"),
        ("a.xls", b"\x09\x04\x06\x00" + b"\0" * 60, "过旧"),
        ("~$a.xlsx", b"\x06Admin" + b"\0" * 150, "无法识别"),
    ],
)
def test_disguised_file_is_refused_with_what_it_really_is(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    sentence = refused(written(tmp_path / name, content), TableKindDisguised)
    assert said in sentence
    assert "另存为" in sentence


def test_workbooks_under_each_others_ending_are_refused(tmp_path: Path) -> None:
    refused(workbook(tmp_path, "新.xlsx").rename(tmp_path / "新.xls"), TableKindDisguised)
    refused(old_workbook(tmp_path, bytes).rename(tmp_path / "旧.xlsx"), TableKindDisguised)
    refused(workbook(tmp_path, "表.xlsx").rename(tmp_path / "表.csv"), TableKindDisguised)


def test_any_zip_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "包.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("照片.jpg", b"x")
    refused(path, TableKindDisguised)


@pytest.mark.parametrize("name", ["a.ods", "a.docx", "a.txt", "a.et", "a"])
def test_other_endings_are_refused_with_the_ones_that_are_read(tmp_path: Path, name: str) -> None:
    assert ".dbf" in refused(written(tmp_path / name, b"x"), TableKindRefused)


def test_macros_are_refused_under_any_ending(tmp_path: Path) -> None:
    refused(workbook(tmp_path, "宏.xlsx").rename(tmp_path / "宏.xlsm"), TableMacroRefused)
    path = rewrite(workbook(tmp_path), lambda _, content: content, **{"xl/vbaProject.bin": b"x"})
    refused(path, TableMacroRefused)
    marked = old_workbook(tmp_path, lambda data: data + "_VBA_PROJECT_CUR".encode("utf-16-le"))
    refused(marked, TableMacroRefused)


def test_password_is_told_from_damage(tmp_path: Path) -> None:
    wrapped = (
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    )
    refused(written(tmp_path / "密.xlsx", wrapped), TablePasswordRefused)

    def lock(data: bytes) -> bytes:
        begin = data.index(bytes.fromhex("0908100000060500"))
        return data[: begin + 20] + b"\x2f\x00" + data[begin + 22 :]  # FILEPASS after BOF

    refused(old_workbook(tmp_path, lock), TablePasswordRefused)


# --- files that are cut short or empty ------------------------------------------------------


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv", "a.dbf"])
def test_empty_and_missing_files_are_told_apart(tmp_path: Path, name: str) -> None:
    refused(written(tmp_path / name, b""), TableFileEmpty)
    refused(tmp_path / f"no-{name}", TableFileMissing)


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_truncated_workbook_is_refused_as_damaged(tmp_path: Path, part: float) -> None:
    path = workbook(tmp_path)
    data = path.read_bytes()
    refused(written(path, data[: int(len(data) * part)]), TableDamaged)
    refused(old_workbook(tmp_path, lambda old: old[: int(len(old) * part)]), TableDamaged)


def test_workbook_with_rotten_bytes_is_refused_as_damaged(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        at = book.getinfo(SHEET).header_offset + 80
    data[at : at + 40] = bytes(40)
    refused(written(path, bytes(data)), TableDamaged)


def test_file_larger_than_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    assert "0.0 MB" in refused(workbook(tmp_path), TableTooLarge, Limits(file_size=1000))


def test_text_in_no_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    data = "姓名,性别\n王安,男\n".encode() + b"\xff\xff\xff,\x80\n"
    assert "第 3 行" in refused(written(tmp_path / "a.csv", data), TableTextRefused)


# --- dBASE tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("declared", [1, 9, 90_000])
def test_dbf_that_lies_about_its_records_is_refused(tmp_path: Path, declared: int) -> None:
    path = write_dbf(
        tmp_path / "a.dbf", {"XM": 8}, [["王安"], ["李宁"], ["张清"]], declared=declared
    )
    assert str(declared) in refused(path, TableRecordsDisagree)


def test_dbf_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_dbf(tmp_path / "a.dbf", {"XM": 80}, [["王安"]] * 10)
    sentence = refused(written(path, path.read_bytes()[:-300]), TableRecordsDisagree)
    assert "10 条" in sentence


@pytest.mark.promise(44)
@pytest.mark.parametrize("width", [0, 1, 2, 5, 60_000])
def test_dbf_that_would_be_read_for_ever_is_refused(tmp_path: Path, width: int) -> None:
    path = write_dbf(tmp_path / "a.dbf", {"XM": 8}, [["王安"]] * 3)
    data = bytearray(path.read_bytes())
    data[10:12] = struct.pack("<H", width)
    refused(written(path, bytes(data)), ExchangeError)


def test_dbf_with_nonsense_for_fields_is_refused(tmp_path: Path) -> None:
    path = write_dbf(tmp_path / "a.dbf", {"XM": 8}, [["王安"]] * 3)
    data = bytearray(path.read_bytes())
    data[32 + 11] = ord("!")
    refused(written(path, bytes(data)), TableDamaged)


# --- whatever else --------------------------------------------------------------------------


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    "name",
    ["班主任补充信息.xlsx", _OLD_WORKBOOK, "XJZC.dbf", "名册.csv"],
    ids=lambda name: name[-4:],
)
def test_mutated_files_end_in_rows_or_in_a_sentence(tmp_path: Path, name: str) -> None:
    text = "\n".join(",".join(map(str, row)) for row in rows_of([student(1), student(2)]))
    sound = text.encode("gb18030") if name.endswith("csv") else resource("demo", name).read_bytes()
    chance = random.Random(name)
    ends: Counter[str] = Counter()
    for _ in range(12):
        data = bytearray(sound)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(min(len(data), 3000))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        try:
            check(
                recognise(read_tables(written(tmp_path / name, bytes(data) or b" "))), Standards()
            )
            ends["rows"] += 1
        except ExchangeError as error:
            ends["sentence"] += name in str(error)
    assert ends.total() == 12
    assert ends["sentence"]


@pytest.mark.promise(45)
@pytest.mark.parametrize("claimed", ["A1", "A1:B2", "B2:C900000"])
def test_no_row_is_lost_to_an_extent_that_the_file_states_wrongly(
    tmp_path: Path, claimed: str
) -> None:
    """WPS writes A1 for a sheet of any size; a reader that believed it would drop every row."""
    rows = rows_of([student(number) for number in range(1, 60)])
    path = write_xlsx(tmp_path / "名册.xlsx", rows)
    stated = f'<dimension ref="{claimed}"/>'.encode()

    def misstate(name: str, content: bytes) -> bytes:
        return (
            re.sub(rb'<dimension ref="[^"]*"\s*/>', stated, content) if name == SHEET else content
        )

    rewrite(path, misstate)
    with zipfile.ZipFile(path) as book:
        assert stated in book.read(SHEET)
    checked = check(recognise(read_tables(path)), Standards())
    assert len(checked.rows) == 59
