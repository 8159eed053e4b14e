"""The vault's life from a terminal: operators, backup and restore, a new key, a lost password."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import terminal
from app.services.resources import resource
from app.services.vault import keys, vault

PASSPHRASE = "梧桐树下-2026-晨读"
OTHER_PASSPHRASE = "红砖水塔-渡口-晨钟-二号"
THIRD_PASSPHRASE = "石桥灯塔-雨后-麦田-七号"
SCHOOL = "江苏联合职业技术学院虚构分院"
DEMO = resource("demo")

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A vault with the sample admission list in it; each test works on a copy."""
    folder = tmp_path_factory.mktemp("school") / "学籍库"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(terminal.PASSPHRASE, PASSPHRASE)
        patch.setattr(vault, "calibrate", lambda: keys.COSTS[-1])
        words = ["init", "--school", SCHOOL, "--operator", "梁管理"]
        assert cli.main(["--vault", str(folder), *words]) == 0
        assert cli.main(["--vault", str(folder), "import", str(DEMO / "新生录取名册.xls")]) == 0
        yield folder


@pytest.fixture
def run(
    founded: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Commands with --json on a copy of the vault, or on another folder by `at`."""
    shutil.copytree(founded, tmp_path / "学籍库")
    monkeypatch.setattr(vault, "calibrate", lambda: keys.COSTS[-1])

    def one(
        *words: object,
        code: int = 0,
        at: Path = tmp_path / "学籍库",
        passphrase: str = PASSPHRASE,
        new: str = OTHER_PASSPHRASE,
    ) -> dict[str, Any]:
        monkeypatch.setenv(terminal.PASSPHRASE, passphrase)
        monkeypatch.setenv(terminal.NEW_PASSPHRASE, new)
        answered = cli.main(["--vault", str(at), *map(str, words), "--json"])
        out = capsys.readouterr().out
        assert answered == code, out
        answer: dict[str, Any] = json.loads(out)
        return answer

    return one


def code_on(sheet: Path) -> str:
    """The recovery code as somebody reads it off the sheet."""
    text = subprocess.run(["pdftotext", "-layout", sheet, "-"], capture_output=True, check=True)
    return "\n".join(re.findall(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", text.stdout.decode()))


# --- operators ----------------------------------------------------------------------------


def test_an_operator_is_added_listed_and_removed(run: Run) -> None:
    run("operator", "add", "吴接任", "--roles", "录入,审核")
    (first, second) = run("operator", "list")["operators"]
    assert first["roles"] == ["录入", "审核", "系统"]
    assert (second["name"], second["roles"]) == ("吴接任", ["录入", "审核"])
    assert second["active"]
    assert second["temporary"]
    assert run("students", passphrase=OTHER_PASSPHRASE)["students"]
    run("operator", "remove", "吴接任", "--reason", "调离")
    assert not run("operator", "list")["operators"][1]["active"]
    assert "口令不正确" in run("students", passphrase=OTHER_PASSPHRASE, code=1)["error"]


def test_a_temporary_passphrase_is_asked_to_be_changed(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("operator", "add", "吴接任", "--roles", "录入")
    assert cli.main(["--vault", str(tmp_path / "学籍库"), "batches"]) == 0
    assert "换成自己的" not in capsys.readouterr().err
    answer = run("operator", "password", passphrase=OTHER_PASSPHRASE, new=THIRD_PASSPHRASE)
    assert answer == {"name": "吴接任", "temporary": False}
    run("students", passphrase=THIRD_PASSPHRASE)


def test_a_colleague_resets_a_forgotten_passphrase(run: Run) -> None:
    run("operator", "add", "吴接任", "--roles", "录入")
    assert run("operator", "password", "吴接任", new=THIRD_PASSPHRASE)["temporary"]
    run("students", passphrase=THIRD_PASSPHRASE)


@pytest.mark.parametrize(
    "words",
    [
        ("operator", "list"),
        ("operator", "add", "郑某", "--roles", "查阅"),
        ("operator", "remove", "梁管理", "--reason", "试"),
        ("operator", "password", "梁管理"),
        ("rotate",),
        ("backup", "备份盘"),
    ],
)
def test_all_this_needs_the_system_role(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("operator", "add", "吴接任", "--roles", "录入,审核")
    answer = run(*words, passphrase=OTHER_PASSPHRASE, new=THIRD_PASSPHRASE, code=1)
    assert "“系统”角色" in answer["error"]
    assert {path.name for path in tmp_path.iterdir()} == {"学籍库"}


@pytest.mark.parametrize(
    "words",
    [
        ("students",),
        ("ledger", "26329900000001"),
        ("report", "headcount", "--from", "2026-09-01", "--to", "2027-01-31"),
        ("form", "新生名册", "--cohort", "2026", "-o", "名册.xlsx"),
        ("import", "名册.xls", "--dry-run"),
        ("photos", "照片", "--dry-run"),
        ("batches",),
        ("undo", "1"),
        ("classes", "list"),
        ("disc", "build", "--cohort", "2026", "-o", "光盘"),
    ],
)
def test_who_looks_after_the_machine_alone_sees_no_student(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("operator", "add", "孙技术", "--roles", "系统")
    answer = run(*words, passphrase=OTHER_PASSPHRASE, code=1)
    assert "“录入”或“审核”或“查阅”角色，孙技术没有" in answer["error"]
    assert {path.name for path in tmp_path.iterdir()} == {"学籍库"}


def test_who_looks_after_the_machine_alone_does_look_after_it(run: Run, tmp_path: Path) -> None:
    run("operator", "add", "孙技术", "--roles", "系统")
    assert run("settings", "phone=0510-1234567", passphrase=OTHER_PASSPHRASE)["phone"]
    assert run("operator", "list", passphrase=OTHER_PASSPHRASE)["operators"]
    assert run("verify", passphrase=OTHER_PASSPHRASE)["clean"]
    assert run("audit", "verify", passphrase=OTHER_PASSPHRASE)["clean"]
    assert run("backup", tmp_path / "备份盘", passphrase=OTHER_PASSPHRASE)["students"] == 120


def test_refusals_are_sentences(run: Run) -> None:
    add = ("operator", "add", "吴接任", "--roles", "录入")
    assert "不能使用" in run(*add, new="12345678", code=1)["error"]
    assert "没有名为" in run("operator", "remove", "无此人", "--reason", "试", code=1)["error"]
    last = run("operator", "remove", "梁管理", "--reason", "调离", code=1)
    assert "最后一位" in last["error"]
    run(*add)
    last = run("operator", "remove", "梁管理", "--reason", "调离", code=1)
    assert "“系统”角色" in last["error"]
    assert run("verify")["clean"]


def test_an_unknown_role_is_wrong_usage(run: Run) -> None:
    answer = run("operator", "add", "吴接任", "--roles", "录入,校长", code=2)
    assert "录入、审核、查阅、系统" in answer["error"]


# --- backup and restore -------------------------------------------------------------------


@pytest.mark.promise(41)
def test_a_lost_disk_costs_nothing_but_what_came_after_the_backup(run: Run, tmp_path: Path) -> None:
    run("photos", DEMO / "照片")
    before = run("students")["students"]
    answer = run("backup", tmp_path / "备份盘")
    made = Path(answer["backup"])
    assert {path.name for path in made.iterdir()} == {
        "core.db", "media.db", "keys.json", "manifest.json",
    }  # fmt: skip
    assert (answer["students"], answer["school"]) == (120, SCHOOL)
    assert any("同一块磁盘" in notice for notice in answer["notices"])
    shutil.rmtree(tmp_path / "学籍库")
    new = tmp_path / "新电脑" / "学籍库"
    restored = run("restore", made, "--to", new)
    assert restored["head"] == answer["head"]
    assert (restored["operators"], restored["findings"]) == (["梁管理"], [])
    assert run("students", at=new)["students"] == before
    assert run("verify", at=new)["clean"]
    person = next(student for student in before if student["name"] == "夏侯烨")
    card = tmp_path / "卡.pdf"
    run("form", "学籍卡", "--student", person["exam_number"], "-o", card, at=new)
    assert card.stat().st_size > 10_000


def test_a_damaged_backup_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    made = Path(run("backup", tmp_path / "备份盘")["backup"])
    content = bytearray((made / "core.db").read_bytes())
    content[-1000] ^= 1
    (made / "core.db").write_bytes(content)
    answer = run("restore", made, "--to", tmp_path / "新库", code=1)
    assert "“core.db”的内容与清单不符" in answer["error"]
    assert not (tmp_path / "新库").exists()


def test_restore_never_goes_over_a_vault(run: Run, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "备份盘")["backup"]
    assert "不是空的" in run("restore", made, "--to", tmp_path / "学籍库", code=1)["error"]
    assert "不是本程序做成的备份" in run("restore", DEMO, "--to", tmp_path / "新", code=1)["error"]
    assert run("verify")["clean"]


# --- a new key, a lost password -----------------------------------------------------------


@pytest.mark.promise(6, 10)
def test_at_the_hand_over_the_key_changes_and_a_new_sheet_is_made(run: Run, tmp_path: Path) -> None:
    run("operator", "add", "吴接任", "--roles", "录入,审核,系统")
    old = run("backup", tmp_path / "备份盘")["backup"]
    before = run("students")["students"]
    answer = run("rotate", "--sheet", tmp_path / "单" / "新恢复单.pdf")
    assert answer["need_password"] == ["吴接任"]
    assert run("students")["students"] == before
    assert run("verify")["clean"]
    assert run("audit", "verify")["clean"]
    assert "口令不正确" in run("students", passphrase=OTHER_PASSPHRASE, code=1)["error"]
    code = tmp_path / "恢复码.txt"
    code.write_text(code_on(Path(answer["sheet"])).lower(), encoding="utf-8")
    recovered = run("recover", "--operator", "吴接任", "--code-file", code, new=THIRD_PASSPHRASE)
    assert recovered == {"operator": "吴接任", "need_password": []}
    run("students", passphrase=THIRD_PASSPHRASE)
    run("restore", old, "--to", tmp_path / "旧库", passphrase=OTHER_PASSPHRASE)


def test_the_old_sheet_no_longer_opens_after_a_rotation(
    run: Run, tmp_path: Path, founded: Path
) -> None:
    code = tmp_path / "旧恢复码.txt"
    code.write_text(code_on(founded.parent / "恢复单-学籍库.pdf"), encoding="utf-8")
    recover = ("recover", "--operator", "梁管理", "--code-file", code)
    run(*recover, new=OTHER_PASSPHRASE)
    sheet = Path(run("rotate", passphrase=OTHER_PASSPHRASE)["sheet"])
    assert sheet.parent == tmp_path
    assert "不是这个学籍库现用的" in run(*recover, code=1)["error"]


def test_a_sheet_is_never_written_over_nor_into_the_vault(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "恢复单.pdf"
    sheet.write_bytes(b"the sheet of the present key")
    assert "已经存在" in run("rotate", "--sheet", sheet, code=1)["error"]
    inside = tmp_path / "学籍库" / "单.pdf"
    assert "不能放在" in run("rotate", "--sheet", inside, code=1)["error"]
    assert sheet.read_bytes() == b"the sheet of the present key"
    assert run("verify")["clean"]


def test_when_the_key_stays_no_sheet_stays(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    sheet = tmp_path / "恢复单.pdf"
    with monkeypatch.context() as patch:
        patch.setattr("app.services.vault.copies.shutil.disk_usage", lambda _: usage)
        assert "剩余" in run("rotate", "--sheet", sheet, code=1)["error"]
    assert not sheet.exists()
    assert run("verify")["clean"]


@pytest.mark.promise(7)
def test_a_mistyped_code_names_its_line(run: Run, tmp_path: Path, founded: Path) -> None:
    lines = code_on(founded.parent / "恢复单-学籍库.pdf").splitlines()
    lines[2] = lines[2][::-1]
    code = tmp_path / "恢复码.txt"
    code.write_text("\n".join(lines), encoding="utf-8")
    recover = ("recover", "--operator", "梁管理", "--code-file")
    assert "第 3 行" in run(*recover, code, code=1)["error"]
    assert "读不了" in run(*recover, tmp_path / "没有.txt", code=1)["error"]
    assert "恢复码" in run(*recover[:-1], code=1)["error"]


# --- day by day ---------------------------------------------------------------------------


def test_the_year_of_a_careful_registrar(run: Run, tmp_path: Path, founded: Path) -> None:
    """Targets set once, a backup a day, a slip a month, a check and a drill a year."""
    assert "备份位置" in run("backup", code=1)["error"]
    disk, stick = tmp_path / "备份盘", tmp_path / "移动硬盘"
    run("settings", f"备份位置={disk}", f"第二备份位置={stick}")
    assert run("backups")["copy_due"]
    made = run("backup")
    assert {Path(each).parent for each in made["backups"]} == {disk, stick}
    slip = run("audit", "slip", "-o", tmp_path / "锚定单.pdf")
    anchor = f"{slip['seq']}-{slip['head'][:16]}"
    run("import", DEMO / "班主任补充信息.xlsx")
    checked = run("audit", "verify", "--anchor", anchor, "-o", tmp_path / "核验单.pdf")
    assert (checked["clean"], checked["anchors"], checked["differing"]) == (True, 3, [])
    assert (tmp_path / "核验单.pdf").read_bytes().startswith(b"%PDF")
    code = tmp_path / "恢复码.txt"
    code.write_text(code_on(founded.parent / "恢复单-学籍库.pdf"), encoding="utf-8")
    drill = run("drill", made["backup"], "--code-file", code, "-o", tmp_path / "演练.pdf")
    assert (drill["passed"], drill["students"], len(drill["drawn"])) == (True, 120, 5)
    state = run("backups", "--check")
    assert (state["days_since_copy"], state["days_since_drill"]) == (0, 0)
    assert [check["sound"] for check in state["checked"]] == [True, True]
    text = subprocess.run(
        ["pdftotext", tmp_path / "演练.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert all(name in "".join(text.split()) for name in drill["drawn"])


def test_a_wrong_anchor_is_a_finding(run: Run, tmp_path: Path) -> None:
    slip = run("audit", "slip", "-o", tmp_path / "锚定单.pdf")
    wrong = "0123456789abcdef"
    answer = run("audit", "verify", "--anchor", f"{slip['seq']}-{wrong}", code=1)
    assert answer["first_bad_seq"] == slip["seq"]
    assert "照锚定单" in run("audit", "verify", "--anchor", "十五", code=1)["error"]


def test_a_restore_in_place_can_be_taken_back(run: Run, tmp_path: Path) -> None:
    made = run("backup", tmp_path / "备份盘")["backup"]
    run("import", DEMO / "班主任补充信息.xlsx")
    now = run("students")["students"]
    answer = run("restore", made, "--to", tmp_path / "学籍库", "--replace")
    assert answer["behind"] > 0
    assert run("students")["students"] != now
    run("restore", answer["aside"], "--to", tmp_path / "学籍库", "--undo")
    assert run("students")["students"] == now
    assert run("verify")["clean"]


def test_before_the_key_changes_the_program_makes_a_copy(run: Run, tmp_path: Path) -> None:
    run("rotate", "--sheet", tmp_path / "新恢复单.pdf")
    (copy,) = (tmp_path / "学籍库-自动备份").iterdir()
    assert run("restore", copy, "--to", tmp_path / "旧库")["students"] == 120


def test_the_emergency_reader_is_handed_out(run: Run, tmp_path: Path) -> None:
    file = Path(run("emergency", tmp_path / "应急")["file"])
    assert file.read_bytes() == resource("emergency", "read_vault.py").read_bytes()


def test_a_hand_over_is_begun_refused_out_of_turn_and_given_up(run: Run, tmp_path: Path) -> None:
    assert run("handover", "show") == {"under_way": False, "steps": [], "next": None}
    begun = run("handover", "begin", "钱接班", "--supervisor", "孙监交")
    assert (begun["predecessor"], begun["next"]) == ("梁管理", "接手人进来")
    assert len(begun["steps"]) == 8
    for words in (("sheet", "--kept", "机要室"), ("retire",), ("paper", "-o", tmp_path / "单.pdf")):
        assert "请先做“接手人进来”" in run("handover", *words, code=1)["error"]
    assert not (tmp_path / "单.pdf").exists()
    run("handover", "cancel")
    assert "没有正在进行的交接" in run("handover", "cancel", code=1)["error"]


@pytest.mark.promise(53)
def test_the_check_of_the_pc_is_kept_with_what_a_person_saw(run: Run, tmp_path: Path) -> None:
    refused = run("workplace", "--confirm", "杀毒=符合:看过", code=1)
    assert "不是检查的项目" in refused["error"]
    words = ("workplace", "--confirm", "杀毒软件=符合:看过安全中心", "-o", tmp_path / "检查单.pdf")
    code = 1 if any(i["answer"] == "不符合" for i in look(run)["items"]) else 0
    kept = run(*words, code=code)
    by = {each["item"]: each["by"] for each in kept["items"]}
    assert by["杀毒软件"] == "梁管理"
    assert (tmp_path / "检查单.pdf").stat().st_size > 0


def look(run: Run) -> dict[str, Any]:
    """The check without a record, whatever this PC is like."""
    try:
        return run("workplace")
    except AssertionError:
        return run("workplace", code=1)
