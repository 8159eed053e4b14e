"""The commands of the spine, as somebody at a terminal meets them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import terminal
from app.services.resources import resource
from app.services.vault import keys, vault

PASSPHRASE = "梧桐树下-2026-晨读"
SCHOOL = "江苏联合职业技术学院虚构分院"
TRUTH = json.loads(resource("demo", "truth.json").read_text("utf-8"))
PEOPLE = {person["考生号"]: person for person in TRUTH["people"]}
DEMO = resource("demo")

Run = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(terminal.PASSPHRASE, PASSPHRASE)


def command(
    capsys: pytest.CaptureFixture[str], folder: Path, *words: object, code: int = 0
) -> dict[str, Any]:
    """Run one command with --json; standard output must be that object and nothing else."""
    answered = cli.main(["--vault", str(folder), *map(str, words), "--json"])
    out = capsys.readouterr().out
    assert answered == code, out
    answer: dict[str, Any] = json.loads(out)
    return answer


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A vault with the sample admission list in it; each test works on a copy."""
    patch = pytest.MonkeyPatch()
    patch.setenv(terminal.PASSPHRASE, PASSPHRASE)
    patch.setattr(vault, "calibrate", lambda: keys.COSTS[-1])
    folder = tmp_path_factory.mktemp("school") / "学籍库"
    words = ["init", "--school", SCHOOL, "--operator", "梁管理"]
    assert cli.main(["--vault", str(folder), *words]) == 0
    assert cli.main(["--vault", str(folder), "import", str(DEMO / "新生录取名册.xls")]) == 0
    yield folder
    patch.undo()


@pytest.fixture
def run(founded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Commands on a copy of the vault."""
    folder = tmp_path / "学籍库"
    shutil.copytree(founded, folder)

    def one(*words: object, code: int = 0) -> dict[str, Any]:
        return command(capsys, folder, *words, code=code)

    return one


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> Run:
    """Commands on a vault without students."""
    monkeypatch.setattr(vault, "calibrate", lambda: keys.COSTS[-1])
    folder = tmp_path / "空库"

    def one(*words: object, code: int = 0) -> dict[str, Any]:
        return command(capsys, folder, *words, code=code)

    one("init", "--school", SCHOOL, "--operator", "梁管理")
    return one


# --- init ---------------------------------------------------------------------------------


def test_init_puts_the_recovery_sheet_beside_the_vault(founded: Path) -> None:
    sheet = founded.parent / "恢复单-学籍库.pdf"
    text = subprocess.run(["pdftotext", sheet, "-"], capture_output=True, check=True).stdout
    assert "恢复" in text.decode()
    assert not list(founded.glob("*.pdf"))


def test_init_refuses_a_recovery_sheet_inside_the_vault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "库"
    words = ("init", "--school", SCHOOL, "--operator", "梁管理", "--sheet", folder / "单.pdf")
    answer = command(capsys, folder, *words, code=1)
    assert "不能放在学籍库" in answer["error"]
    assert not folder.exists()


def test_init_never_overwrites_a_recovery_sheet_nor_leaves_a_vault_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sheet = tmp_path / "库", tmp_path / "恢复单-库.pdf"
    sheet.write_text("另一个库的恢复单")
    words = ("init", "--school", SCHOOL, "--operator", "梁管理")
    assert "恢复单" in command(capsys, folder, *words, code=1)["error"]
    assert sheet.read_text() == "另一个库的恢复单"
    assert not folder.exists()
    (tmp_path / "文件").touch()
    nowhere = tmp_path / "文件" / "单.pdf"
    assert "写不了文件" in command(capsys, folder, *words, "--sheet", nowhere, code=1)["error"]
    assert not folder.exists()
    command(capsys, folder, *words, "--sheet", tmp_path / "好.pdf")


def test_wrong_usage_exits_2_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import"]) == 2
    assert "用法不对：缺少" in capsys.readouterr().err
    assert cli.main(["students", "--as-of", "20xx", "--json"]) == 2
    assert "不是日期" in json.loads(capsys.readouterr().out)["error"]


def test_names_beyond_the_code_page_are_answered_all_the_same(founded: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "--vault", founded, "students", "杨远\U0002cb4e", "--json"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "gbk"},
    )
    assert json.loads(done.stdout.decode("utf-8"))["students"][0]["name"] == "杨远\U0002cb4e"


def test_a_refusal_exits_1_with_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(terminal.PASSPHRASE, "不是这个口令-2026")
    assert "口令" in run("students", code=1)["error"]


# --- import -------------------------------------------------------------------------------


def test_the_admission_list_creates_exactly_its_people(run: Run) -> None:
    students = run("students")["students"]
    assert len(students) == len(PEOPLE)
    for student in students:
        person = PEOPLE[student["exam_number"]]
        assert student["name"] == person["姓名"]
        assert student["sex"] == person["性别"]
        assert student["birth_date"] == person["出生日期"]
        assert student["id_number"] == person["身份证号"]
        assert student["ethnic_group"] == person["民族"]
        assert student["political_status"] == person["政治面貌"]
        assert student["major"] == person["专业名称"]
        assert student["major_code"] == person["专业代码"]
        assert student["years"] == person["学制"]
        assert student["origin_school"] == person["毕业学校"]
        assert student["exam_score"] == str(person["中考成绩"])
        assert student["home_address"] == person["家庭住址"]
        assert student["phone"] == person["联系电话"]
        assert [guardian["name"] for guardian in student["guardians"]] == [person["监护人"]]
        assert student["status"] == "在校"
        assert student["cohort"] == 2026
        assert not student["number"]


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    answer = run("import", DEMO / "新生录取名册.xls")
    counts = (answer["created"], answer["updated"], answer["unchanged"], answer["refused"])
    assert counts == (0, 0, 120, 0)
    assert answer["batch"] is None
    assert any("导入过" in remark for remark in answer["remarks"])


def test_the_supplement_reports_the_faults_and_applies_the_good_rows(run: Run) -> None:
    answer = run("import", DEMO / "班主任补充信息.xlsx")
    expected = sorted(map(int, TRUTH["faults_in_班主任补充信息.xlsx"]))
    assert [fault["row"] for fault in answer["faults"]] == expected
    assert answer["created"] == 0
    assert answer["refused"] == len(expected)
    assert answer["updated"] + answer["unchanged"] == 40 - len(expected)
    for fault in answer["faults"]:
        assert fault["column"]
        assert fault["problem"]
        assert fault["remedy"]


def test_the_platform_table_shows_differences_and_spoils_no_name(run: Run) -> None:
    names = {student["exam_number"]: student["name"] for student in run("students")["students"]}
    answer = run("import", DEMO / "XJZC.dbf")
    assert (answer["created"], answer["refused"]) == (0, 0)
    fields = {difference["field"] for difference in answer["differences"]}
    assert {"number", "class_group"} <= fields
    after = run("students")["students"]
    assert {student["exam_number"]: student["name"] for student in after} == names
    assert not any(student["number"] or student["class"] for student in after)


def test_the_platform_export_names_who_differs(run: Run) -> None:
    answer = run("import", DEMO / "平台在籍导出.xls")
    expected = TRUTH["differences_in_平台在籍导出.xls"]
    conflicts = {fault["row"] for fault in answer["faults"]}
    majors = {
        difference["name"] for difference in answer["differences"] if difference["field"] == "major"
    }
    wanted_majors = {name for name, what in expected if what == "major differs"}
    wanted_conflicts = [name for name, what in expected if what.split()[0] in {"name", "birth"}]
    assert majors == wanted_majors
    assert len(conflicts) == len(wanted_conflicts)


def test_a_dry_run_writes_nothing(empty: Run) -> None:
    answer = empty("import", DEMO / "新生录取名册.xls", "--dry-run")
    assert (answer["created"], answer["batch"]) == (120, None)
    assert empty("students")["students"] == []


def test_undo_takes_the_batch_back_and_the_file_can_come_again(run: Run) -> None:
    assert run("undo", 1)["voided"] == 120
    assert run("students")["students"] == []
    assert run("import", DEMO / "新生录取名册.xls")["created"] == 120
    assert run("verify")["clean"]


def test_undo_is_refused_once_something_depends_on_the_batch(run: Run) -> None:
    run("classes", "split", "--cohort", 2026, "--count", 2)
    assert "不能撤销" in run("undo", 1, code=1)["error"]


def test_undoing_a_supplement_restores_the_old_values(run: Run) -> None:
    before = run("students")["students"]
    answer = run("import", DEMO / "XJZC.dbf")
    answer = run("import", DEMO / "班主任补充信息.xlsx") if answer["batch"] is None else answer
    if answer["batch"] is not None:
        run("undo", answer["batch"])
    assert run("students")["students"] == before


def test_admitted_students_wait_for_their_arrival(empty: Run) -> None:
    empty("import", DEMO / "新生录取名册.xls", "--as", "admitted")
    assert {student["status"] for student in empty("students")["students"]} == {"已录取"}


def test_only_chosen_rows_are_taken(empty: Run) -> None:
    assert empty("import", DEMO / "新生录取名册.xls", "--rows", "4,6-8")["created"] == 4


def test_photos_are_matched_and_the_bad_ones_named(run: Run) -> None:
    answer = run("photos", DEMO / "照片")
    named = {fault["file"] for fault in answer["faults"]}
    assert named == set(TRUTH["bad_photos"])
    assert answer["refused"] == len(named)
    files = [path for path in (DEMO / "照片").iterdir() if path.name != "Thumbs.db"]
    assert answer["created"] == len(files) - len(named)
    again = run("photos", DEMO / "照片")
    assert (again["created"], again["updated"]) == (0, 0)


# --- classes, numbers, students -----------------------------------------------------------


def test_classes_are_split_evenly_and_numbers_follow_the_order(run: Run) -> None:
    placed = run("classes", "split", "--cohort", 2026, "--count", 2)["placed"]
    assert sorted(placed.values()) == [20] * 6
    answer = run("numbers", "assign", "--cohort", 2026)
    assert answer["assigned"] == 120
    students = run("students")["students"]
    numbers = [student["number"] for student in students]
    assert len(set(numbers)) == 120
    assert numbers == sorted(numbers)
    as_of = run("students", "--as-of", "2026-09-30")["students"]
    assert [student["number"] for student in as_of] == numbers


def test_classes_can_come_from_a_table(run: Run) -> None:
    run("classes", "from", DEMO / "XJZC.dbf", "--cohort", 2026)
    for student in run("students")["students"]:
        assert student["class"] == PEOPLE[student["exam_number"]]["班级"]


def test_students_are_found_by_name_initials_and_numbers(run: Run) -> None:
    def names(query: str) -> list[str]:
        return [student["name"] for student in run("students", query)["students"]]

    assert "夏侯烨" in names("xhy")
    assert "查雨" in names("zhayu")
    assert "沈远宇" in names("沈远")
    person = TRUTH["people"][7]
    for number in (person["身份证号"], person["考生号"]):
        assert names(number) == [person["姓名"]]
    assert person["姓名"] in names(person["身份证号"][-6:])


def test_before_the_day_of_entry_nobody_is_on_the_register(run: Run) -> None:
    assert run("students", "--as-of", "2026-08-31")["students"] == []
    assert len(run("students", "--as-of", "2026-09-01")["students"]) == 120
    assert run("students", "--known-on", "2026-01-01")["students"] == []


# --- papers and the disc ------------------------------------------------------------------


def test_papers_print_before_classes_numbers_and_photos_exist(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "名册.pdf"
    run("form", "新生名册", "--cohort", 2026, "-o", target)
    text = subprocess.run(
        ["pdftotext", "-layout", target, "-"], capture_output=True, check=True
    ).stdout.decode()
    for person in PEOPLE.values():
        assert person["姓名"] in text
        assert person["身份证号"] in text


def test_a_card_is_printed_for_one_student(run: Run, tmp_path: Path) -> None:
    person = next(p for p in PEOPLE.values() if "\U0002cb4e" in p["姓名"])
    target = tmp_path / "卡.pdf"
    answer = run("form", "学籍卡", "--student", person["考生号"], "-o", target)
    assert answer["documents"] == 1
    text = subprocess.run(["pdftotext", target, "-"], capture_output=True, check=True)
    assert person["姓名"] in text.stdout.decode()


def test_a_paper_of_the_school_is_printed_for_a_period(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "人数.pdf"
    asked = ("form", "学籍人数审核表", "--from", "2026-09-01", "--as-of", "2026-10-31")
    assert run(*asked, "-o", target)["documents"] == 1
    text = subprocess.run(["pdftotext", target, "-"], capture_output=True, check=True)
    assert "2026年9月1日 至 2026年10月31日" in text.stdout.decode()
    assert "全校一份" in run(*asked, "--cohort", 2026, "-o", target, code=1)["error"]


def test_the_cohort_goes_on_a_disc_twice_with_the_same_bytes(run: Run, tmp_path: Path) -> None:
    one = run("disc", "build", "--cohort", 2026, "-o", tmp_path / "一")
    two = run("disc", "build", "--cohort", 2026, "-o", tmp_path / "二")
    assert one["sha256"] == two["sha256"]
    images = list((tmp_path / "一").glob("*.iso"))
    assert [str(image) for image in images] == [one["image"]]
    assert run("disc", "verify", one["image"])["sound"]
    content = bytearray(images[0].read_bytes())
    place = content.index(b"%PDF-")
    content[place + 2000] ^= 1
    images[0].write_bytes(content)
    assert not run("disc", "verify", one["image"], code=1)["sound"]


def test_the_chain_and_the_vault_verify(run: Run) -> None:
    assert run("audit", "verify")["clean"]
    assert run("verify")["clean"]
