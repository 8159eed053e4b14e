"""表样库, 字段表 and the code on a sheet from a terminal."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.commands import terminal
from tests.builders import person, write_list
from tests.conftest import PASSWORD, MadeVault
from tests.journeys.conftest import Run
from tests.journeys.test_commands import command
from tests.unit.foreign_form import foreign_roster


@pytest.fixture
def run(
    made: MadeVault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Commands on a register of two students that opens quickly."""
    monkeypatch.setenv(terminal.PASSPHRASE, PASSWORD)

    def one(*words: object, code: int = 0) -> dict[str, Any]:
        return command(capsys, made.folder, *words, code=code)

    one("import", write_list(tmp_path / "名册.xlsx", [person(1, "安然"), person(2, "白岩")]))
    return one


def test_a_form_is_checked_installed_printed_compared_and_retired(run: Run, tmp_path: Path) -> None:
    form = tmp_path / "走读生登记表.xlsx"
    book = foreign_roster()
    sheet = book["走读生"]
    for cell, text in (("A4", "{{名单.序号}}"), ("B4", "{{名单.姓命}}"), ("C4", "{{名单.学号}}")):
        sheet[cell] = text
    book.save(form)
    (fault,) = run("forms", "check", str(form), code=1)["faults"]
    assert (fault["sheet"], fault["cell"]) == ("走读生", "B4")
    sheet["B4"] = "{{名单.姓名}}"
    book.save(form)
    assert run("forms", "install", str(form), "--note", "校办3号")["number"] == 1
    sheet["A1"] = "走读生登记表（2026年）"
    book.save(form)
    assert run("forms", "install", str(form))["number"] == 2
    (one,) = run("forms", "compare", "走读生登记表", "1", "2")["differences"]
    assert (one["place"], one["after"]) == ("A1", "走读生登记表（2026年）")
    (own,) = [row for row in run("forms", "list")["forms"] if row["own"]]
    assert (own["group"], own["number"]) == ("自有表样", 2)
    printed = run("form", "走读生登记表", "--cohort", "2026", "-o", str(tmp_path / "表.xlsx"))
    filled = openpyxl.load_workbook(tmp_path / "表.xlsx").worksheets[0]
    assert filled["A1"].value == "走读生登记表（2026年）"
    assert "安然" in [cell.value for cell in filled["B"]]
    (code,) = printed["codes"]
    answer = run("sheet", code)
    assert (answer["standing"], answer["sheets"][0]["number"]) == ("current", 2)
    assert run("sheet", "--find", "走读")["sheets"][0]["code"] == code
    assert run("sheet", "AAAABBBBCCCC", code=1)["standing"] == "unknown"
    assert "不是校验码" in run("sheet", "123", code=1)["error"]
    run("forms", "retire", "走读生登记表", "2")
    assert [v["current"] for v in run("forms", "list", "走读生登记表")["versions"]] == [False, True]
    run("forms", "restore", "走读生登记表", "2")
    target = tmp_path / "取出.xlsx"
    run("forms", "export", "走读生登记表", "-o", str(target))
    assert target.read_bytes() == form.read_bytes()
    known = run("form", "走读登记表", "--cohort", "2026", "-o", str(tmp_path / "无.pdf"), code=1)[
        "error"
    ]
    assert "走读生登记表" in known


def test_the_dictionary_needs_no_register(run: Run) -> None:
    (field,) = run("fields", "监护人", "电话", "--form", "学籍卡")["fields"]
    assert field["name"] == "监护人电话"
    assert run("fields", "--markdown")["markdown"].startswith("# 十二、字段表")
