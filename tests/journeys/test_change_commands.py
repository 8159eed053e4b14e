"""学籍异动 and reports from a terminal: what is refused, what takes effect, what the papers say."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from app import cli
from app.services.register import corrections
from tests.builders import id_number
from tests.journeys.conftest import AN, BAI, CHANG, Run

SIGNED = ("--signed", "student,guardian")
AUTUMN = ("--from", "2026-09-02", "--to", "2027-01-31")


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrections are made at the end of the autumn term."""
    monkeypatch.setattr(corrections, "today", lambda: date(2027, 1, 31))


def status(run: Run, student: str, day: str) -> str:
    (found,) = run("students", student, "--as-of", day)["students"]
    return str(found["status"])


def test_a_leave_without_its_papers_is_refused_and_named(run: Run) -> None:
    sentence = run("change", AN, "休学", "--date", "2026-10-01", code=1)["error"]
    for word in ("学生和监护人签字", "休学原因证明", "诊断证明"):
        assert word in sentence
    assert status(run, AN, "2026-10-01") == "在校"


def test_a_leave_its_end_and_the_return(run: Run, proof: Path) -> None:
    answer = run(
        "change", AN, "休学", "--date", "2026-10-01",
        "--evidence", f"{proof}=诊断证明", *SIGNED, "--reason", "骨折",
    )  # fmt: skip
    assert (answer["kind"], answer["date"]) == ("休学", "2026-10-01")
    assert answer["until"] == "2027-09-30"
    assert answer["notes"] == ["未经第二人审核"]
    assert answer["evidence"][0]["source_name"] == proof.name
    assert status(run, AN, "2026-09-30") == "在校"
    assert status(run, AN, "2026-10-01") == "休学"
    run("change", AN, "复学", "--date", "2027-09-01", *SIGNED)
    assert status(run, AN, "2027-09-01") == "在校"
    entries = run("ledger", AN)["entries"]
    assert [entry["kind"] for entry in entries] == ["录取", "入学注册", "分班", "休学", "复学"]
    assert run("verify")["clean"]


def test_an_unknown_kind_or_signatory_is_told_what_there_is(run: Run) -> None:
    assert "退学处理" in run("change", AN, "休假", "--date", "2026-10-01", code=1)["error"]
    words = ("change", AN, "退学", "--date", "2026-10-01", "--signed", "teacher")
    assert "guardian" in run(*words, code=1)["error"]
    words = ("change", AN, "休学", "--date", "2026-10-01", "--evidence", "没有等号")
    assert "名称=值" in run(*words, code=1)["error"]


def test_an_entry_is_reversed_once_nothing_rests_on_it(run: Run, proof: Path) -> None:
    paper = ("--evidence", f"{proof}=诊断证明", *SIGNED)
    leave = run("change", AN, "休学", "--date", "2026-10-01", *paper)["entry"]
    back = run("change", AN, "复学", "--date", "2027-02-20", *SIGNED)["entry"]
    assert str(back) in run("reverse", AN, leave, "--reason", "录错", code=1)["error"]
    run("reverse", AN, back, "--reason", "录错")
    run("reverse", AN, leave, "--reason", "录错")
    assert status(run, AN, "2026-10-01") == "在校"
    entries = run("ledger", AN)["entries"]
    assert {entry["entry"] for entry in entries if entry["reversed"]} == {leave, back}
    assert {entry["reverses"] for entry in entries if entry["kind"] == "冲正"} == {leave, back}


def test_key_fields_are_corrected_with_evidence_only(run: Run, proof: Path) -> None:
    words = ("correct", AN, "姓名=安晓萌", "--basis", "派出所更名证明", "--date", "2026-11-01")
    assert "证明材料" in run(*words, code=1)["error"]
    answer = run(*words, "--evidence", f"{proof}=户籍证明")
    assert [(c["label"], c["old"], c["new"]) for c in answer["changes"]] == [
        ("姓名", "安然", "安晓萌"),
        ("曾用名", None, "安然"),
    ]
    (now,) = run("students", AN, "--as-of", "2026-11-01")["students"]
    (before,) = run("students", AN, "--as-of", "2026-10-31")["students"]
    assert (now["name"], now["former_name"]) == ("安晓萌", "安然")
    assert (before["name"], before["former_name"]) == ("安然", None)
    assert [one["exam_number"] for one in run("students", "axm")["students"]] == [AN]


def test_an_identity_number_of_somebody_else_is_refused(run: Run) -> None:
    words = ("correct", AN, f"身份证号={id_number(1)}", "--basis", "户口簿")
    assert "白岩" in run(*words, "--evidence", "=户口簿", code=1)["error"]


def test_the_count_closes_after_every_kind_of_change(run: Run, proof: Path) -> None:
    paper = ("--evidence", f"{proof}=诊断证明", *SIGNED)
    run("change", AN, "休学", "--date", "2026-10-01", *paper)
    run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED)
    (chang,) = run("students", CHANG, "--as-of", "2026-10-01")["students"]
    classes = {group["name"] for group in run("classes", "list")["classes"]}
    (other,) = classes - {chang["class"]}
    run("change", CHANG, "转班", "--class", other, "--date", "2026-11-02", *SIGNED)

    whole = run("report", "headcount", "--from", "2026-09-01", "--to", "2027-01-31")
    assert whole["balanced"]
    assert {row["class"] for row in whole["rows"]} == classes
    for row in whole["rows"]:
        assert row["base"] == "在籍"
        came, went = sum(row["in"].values()), sum(row["out"].values())
        assert row["opening"] + came - went == row["closing"]
    assert sum(row["closing"] for row in whole["rows"]) == 3
    assert whole["total"]["in"] == {"入学注册": 4}
    assert whole["total"]["out"] == {"退学": 1}
    assert {move["exam_number"] for move in whole["movements"] if move["kind"] == "退学"} == {BAI}

    in_school = run("report", "headcount", *AUTUMN, "--base", "在校")
    assert in_school["balanced"]
    assert in_school["total"]["out"] == {"休学": 1, "退学": 1}
    assert in_school["total"]["closing"] == 2

    changes = run("report", "changes", *AUTUMN)["rows"]
    assert [(row["name"], row["kind"], row["date"]) for row in changes] == [
        ("安然", "休学", "2026-10-01"),
        ("白岩", "退学", "2026-10-09"),
        ("常青", "转班", "2026-11-02"),
    ]
    summary = run("report", "summary", *AUTUMN)
    assert {row["kind"]: row["total"] for row in summary["rows"]} == {
        "休学": 1,
        "退学": 1,
        "转班": 1,
    }
    assert summary["total"] == 3


def test_reports_are_workbooks_that_offices_open(run: Run, tmp_path: Path) -> None:
    run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED, "--reason", "=1+1")
    target = tmp_path / "审核表.xlsx"
    answer = run("report", "headcount", *AUTUMN, "-o", target)
    assert answer["file"] == str(target)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["学籍人数审核表", "增减名单"]
    sheet = book.worksheets[0]
    assert sheet["A1"].value == "学籍人数审核表"
    assert "口径：在籍" in sheet["A2"].value
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$3")
    total = next([cell.value for cell in row] for row in sheet if row[3].value == "合计")
    assert (total[3], total[-1]) == ("合计", "平")
    assert [cell.value for cell in book.worksheets[1][4]][1:6] == [
        "减", answer["movements"][0]["class"], "退学", None, "白岩",
    ]  # fmt: skip
    changes = tmp_path / "汇总.xlsx"
    run("report", "changes", *AUTUMN, "-o", changes)
    lines = openpyxl.load_workbook(changes).active
    reason = next(lines.cell(4, cell.column) for cell in lines[3] if cell.value == "原因")
    assert (reason.value, reason.data_type) == ("=1+1", "s")


@pytest.mark.promise(47)
def test_a_csv_is_read_by_excel_and_runs_no_formula(run: Run, tmp_path: Path) -> None:
    run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED, "--reason", "=1+1")
    target = tmp_path / "汇总.csv"
    run("report", "changes", *AUTUMN, "-o", target)
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    with target.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["姓名"], row["原因"]) == ("白岩", "'=1+1")
    assert ".csv" in run("report", "changes", *AUTUMN, "-o", tmp_path / "表.pdf", code=1)["error"]


@pytest.mark.promise(38)
def test_what_was_exported_is_in_the_log(run: Run, tmp_path: Path) -> None:
    def entries_of(*words: object) -> int:
        before = run("audit", "verify")["entries"]
        run("report", "headcount", *AUTUMN, *words)
        return int(run("audit", "verify")["entries"]) - before

    assert entries_of("-o", tmp_path / "表.xlsx") == entries_of() + 1


def test_people_read_sentences(school_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["--vault", str(school_folder)]
    assert cli.main([*base, "change", BAI, "退学", "--date", "2026-10-09", *SIGNED]) == 0
    out = capsys.readouterr().out
    assert "白岩" in out
    assert "在校 → 退学" in out
    assert "未经第二人审核" in out
    assert cli.main([*base, "report", "headcount", *AUTUMN]) == 0
    assert "学籍人数审核表" in capsys.readouterr().out
