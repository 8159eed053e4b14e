"""Reading tables from outside: what stands in the file arrives, at the place that Excel shows."""

import hashlib
import os
from datetime import date
from pathlib import Path

import openpyxl
import psutil
import pytest
import xlsxwriter

from app.services.errors import ExchangeError, TableTextRefused
from app.services.exchange.readers import FormulaWithoutValue, read_tables
from app.services.resources import resource
from tests.tables import write_dbf, write_xlsx


def read_csv(tmp_path: Path, data: bytes) -> list[tuple[object, ...]]:
    path = tmp_path / "名册.csv"
    path.write_bytes(data)
    return list(read_tables(path).sheets[0].rows)


@pytest.mark.promise(45)
def test_cells_keep_their_place_under_blank_rows_and_columns(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "甲.xlsx", [[], [], [None, None, "姓名"], [], [None, None, "王安"]]
    )
    (sheet,) = read_tables(path).sheets
    assert sheet.rows[2] == (None, None, "姓名")
    assert sheet.rows[4] == (None, None, "王安")


def test_numbers_text_dates_and_truths_stay_what_they_are(tmp_path: Path) -> None:
    row = ["0012", 26320400000000, 517.5, date(2011, 3, 5), True]
    path = write_xlsx(tmp_path / "甲.xlsx", [row])
    (cells,) = read_tables(path).sheets[0].rows
    assert cells == ("0012", 26320400000000.0, 517.5, date(2011, 3, 5), True)
    assert isinstance(cells[1], float)
    assert cells[4] is True


def test_formula_without_a_value_is_told_from_a_blank_cell(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "甲.xlsx", [["姓名", "住址"], ["王安", "=1+1"], ["李宁", None]])
    rows = read_tables(path).sheets[0].rows
    assert rows[1] == ("王安", FormulaWithoutValue("1+1"))
    assert rows[2] == ("李宁",)


def test_formula_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "甲.xlsx", [['=IF(A2<1,"男","女")']])
    assert read_tables(path).sheets[0].rows == ((FormulaWithoutValue('IF(A2<1,"男","女")'),),)


def test_formula_with_a_value_reads_as_its_value(tmp_path: Path) -> None:
    path = tmp_path / "甲.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", '="王"&"安"', None, "王安")
        sheet.write_formula("B1", "=VLOOKUP(1,C:D,2)", None, "#N/A")
    assert read_tables(path).sheets[0].rows == (("王安", "#N/A"),)


@pytest.mark.promise(45)
def test_hidden_rows_are_read_and_hidden_sheets_are_marked(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "甲.xlsx", [["姓名"], ["王安"], ["李宁"]], sheets={"旧": [["x"]]})
    book = openpyxl.load_workbook(path)
    book["名册"].row_dimensions[2].hidden = True
    book["旧"].sheet_state = "hidden"
    book.save(path)
    first, second = read_tables(path).sheets
    assert [row[0] for row in first.rows] == ["姓名", "王安", "李宁"]
    assert (first.hidden, second.hidden) == (False, True)


@pytest.mark.promise(45)
def test_merged_cells_hold_their_value_once_and_are_told(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "甲.xlsx", [["名册"], ["姓名", "性别"]], merged=["A1:B1"])
    (sheet,) = read_tables(path).sheets
    assert sheet.rows[0] == ("名册",)
    assert sheet.merged == ((0, 0, 0, 1),)


def test_old_workbook_reads_like_a_new_one() -> None:
    source = read_tables(resource("demo", "新生录取名册.xls"))
    (sheet,) = source.sheets
    assert sheet.name == "录取名册"
    assert len(sheet.rows) == 125
    assert sheet.rows[3][4] == date(2011, 10, 6)
    data = resource("demo", "新生录取名册.xls").read_bytes()
    assert source.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_table_is_read_in_any_usual_encoding(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [["姓名", "身份证号", "住址"], ["田舒婷", "320102201103050017", "南京市1号"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert read_csv(tmp_path, text.encode(encoding)) == [tuple(line) for line in lines]


def test_every_cell_of_a_text_table_is_text(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b"a,b\n001,2011-03-05\n") == [("a", "b"), ("001", "2011-03-05")]


def test_guards_against_formulas_are_taken_off_again(tmp_path: Path) -> None:
    data = b'a,b,c,d,e\n\'=1+1,\'-2,"=""0012""",O\'Neil,123\t\n'
    assert read_csv(tmp_path, data)[1] == ("=1+1", "-2", "0012", "O'Neil", "123")


def test_line_breaks_in_a_quoted_cell_do_not_move_the_rows(tmp_path: Path) -> None:
    rows = read_csv(tmp_path, '姓名,"住\n址"\n\n王安,南京\n'.encode())
    assert rows == [("姓名", "住\n址"), (), ("王安", "南京")]


def test_separator_line_of_excel_is_no_row(tmp_path: Path) -> None:
    assert read_csv(tmp_path, b"sep=;\r\na;b\r\n") == [("a", "b")]


def test_unpaired_quote_is_refused_before_rows_vanish_in_it(tmp_path: Path) -> None:
    with pytest.raises(TableTextRefused, match="双引号"):
        read_csv(tmp_path, '姓名,住址\n王安,"南京\n李宁,苏州\n'.encode())


def test_dbf_starts_with_its_field_names_and_leaves_deleted_records_out(tmp_path: Path) -> None:
    fields = {"XM": 20, "SFZH": 18}
    records = [["王安", "1"], ["李宁", "2"], ["张清", "3"]]
    path = write_dbf(tmp_path / "A.dbf", fields, records, deleted={1})
    assert read_tables(path).sheets[0].rows == (("XM", "SFZH"), ("王安", "1"), ("张清", "3"))


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8"])
def test_dbf_is_read_whatever_its_code_page_byte_says(tmp_path: Path, encoding: str) -> None:
    path = write_dbf(tmp_path / "A.dbf", {"XM": 40}, [["田舒婷"], ["阿卜杜·艾合买提"]], encoding)
    assert [row[0] for row in read_tables(path).sheets[0].rows[1:]] == ["田舒婷", "阿卜杜·艾合买提"]


def test_old_private_use_characters_stay_as_they_were_read(tmp_path: Path) -> None:
    path = tmp_path / "A.dbf"
    write_dbf(path, {"XM": 10}, [["李xx"]])
    path.write_bytes(path.read_bytes().replace(b"xx", b"\xfe\x9f"))
    name = str(read_tables(path).sheets[0].rows[1][0])
    assert name == "李" + b"\xfe\x9f".decode("gb18030")


def test_ending_in_capitals_is_accepted(tmp_path: Path) -> None:
    assert read_tables(write_dbf(tmp_path / "XJZC.DBF", {"XM": 8}, [["王安"]])).name == "XJZC.DBF"


def test_odd_characters_in_a_path_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "新生 [2026] & 'a' %PATH%"
    folder.mkdir()
    assert read_tables(write_dbf(folder / "a[1] b.dbf", {"XM": 8}, [["王安"]])).sheets


@pytest.mark.promise(11)
def test_passphrase_does_not_reach_the_reading_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUEJI_PASSPHRASE", "梧桐")
    seen: list[dict[str, str]] = []
    import subprocess

    start = subprocess.Popen

    def watch(*arguments: object, **options: object) -> object:
        seen.append(dict(options["env"]))  # type: ignore[call-overload]
        return start(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", watch)
    read_tables(write_dbf(tmp_path / "a.dbf", {"XM": 8}, [["王安"]]))
    assert seen
    assert not any(name.startswith("XUEJI") for name in seen[0])


@pytest.mark.skipif(os.name != "posix", reason="descriptors are counted in /proc")
def test_reading_leaves_no_process_and_no_file_open(tmp_path: Path) -> None:
    path = write_dbf(tmp_path / "a.dbf", {"XM": 8}, [["王安"]])
    read_tables(path)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    children = psutil.Process().children()
    for _ in range(3):
        read_tables(path)
    with pytest.raises(ExchangeError):
        read_tables(write_dbf(tmp_path / "b.dbf", {"XM": 8}, [["王安"]], declared=9))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert psutil.Process().children() == children
