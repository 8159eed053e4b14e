"""The rulebook and the cases desk from a terminal, by the one door that every path uses."""

from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import terminal
from tests.journeys.conftest import AN, BAI, Run
from tests.journeys.test_change_commands import SIGNED, status

SECOND = "秦审核"
STEPS = ("班主任", "系部", "教务处", "分管校长")


def lacks(answer: dict[str, Any]) -> str:
    return "；".join(lack["text"] for lack in answer["lacks"])


def test_rules_are_listed_confirmed_and_changed(run: Run) -> None:
    shipped = run("rules", "list", "休学·", "--on", "2026-10-01")["rules"]
    assert {rule["name"] for rule in shipped} >= {"休学·期限", "休学·材料", "休学·审批"}
    assert not any(rule["confirmed"] for rule in shipped)
    assert run("rules", "confirm", "休学·期限")["rules"][0]["confirmed"]
    assert "已经确认" in run("rules", "confirm", "休学·期限", code=1)["error"]
    words = ("rules", "change", "休学·期限", "6", "--from", "2027-01-01", "--document", "学校")
    assert run(*words)["rule"]["value"] == "6"
    assert "正整数" in run(*words[:3], "半年", *words[4:], code=1)["error"]
    (rule,) = run("rules", "list", "休学·期限", "--on", "2027-01-01")["rules"]
    assert (rule["value"], rule["source"]) == ("6", "学校")
    every = run("rules", "list", "休学·期限", "--all")["rules"]
    assert [rule["value"] for rule in every] == ["12", "12", "6"]
    assert "rules list" in run("rules", "confirm", "没有", code=1)["error"]


def test_a_case_is_opened_completed_and_put_into_effect(run: Run, proof: Path) -> None:
    case = run("case", "open", AN, "休学", "--date", "2026-10-01", "--reason", "骨折")
    assert case["step"] == "申请"
    assert "学生和监护人签字" in lacks(case)
    number = case["case"]
    assert "休学原因证明" in run("case", "effect", number, code=1)["error"]
    run("case", "add", number, *SIGNED, "--signed-on", "2026-09-20", "--consent", "电话")
    case = run("case", "add", number, "--evidence", f"{proof}=诊断证明")
    assert (case["step"], case["consent"]) == ("生效", "电话")
    run("case", "approve", number, "系部", "甲主任", "--date", "2026-09-25")
    case = run("case", "effect", number)
    assert case["step"] == "上报"
    assert status(run, AN, "2026-10-01") == "休学"
    run("case", "report", number, "--receipt", "回执7")
    case = run("case", "file", number, "--place", "3 盒 12 页")
    assert (case["step"], case["open"]) == ("办结", False)
    assert run("case", "list")["cases"] == []
    (listed,) = run("case", "list", "--all", "--student", AN)["cases"]
    assert (listed["case"], listed["approvals"][0]["person"]) == (number, "甲主任")
    assert run("verify")["clean"]


def test_a_direct_change_and_a_withdrawn_case(run: Run) -> None:
    run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED)
    (unreviewed,) = run("case", "list", "--unreviewed")["cases"]
    assert (unreviewed["name"], unreviewed["step"]) == ("白岩", "上报")
    case = run("case", "open", AN, "转班", "--date", "2026-10-01")["case"]
    assert run("case", "amend", case, "--reason", "换班")["reason"] == "换班"
    assert run("case", "withdraw", case, "--reason", "不办了")["step"] == "撤回"
    assert [c["case"] for c in run("case", "list", "--step", "上报")["cases"]] == [
        unreviewed["case"]
    ]
    assert "这一步" in run("case", "effect", case, code=1)["error"]


def test_the_second_person_is_demanded_on_the_command_too(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(terminal.NEW_PASSPHRASE, "海风 山路 黄昏 铁桥 九号")
    run("operator", "add", SECOND, "--roles", "审核")
    run("rules", "confirm", "退学·审批")
    refused = run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED, code=1)["error"]
    for word in (*STEPS, "审核人审核"):
        assert word in refused
    case = run("case", "open", BAI, "退学", "--date", "2026-10-09", *SIGNED)["case"]
    for step in STEPS:
        run("case", "approve", case, step, "某人", "--date", "2026-10-08")
    assert "由另一人审核" in run("case", "review", case, code=1)["error"]


def test_people_read_what_is_lacking(
    run: Run,
    school_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("case", "open", AN, "休学", "--date", "2026-10-01")
    base = ["--vault", str(school_folder)]
    assert cli.main([*base, "case", "show", "1"]) == 0
    said = capsys.readouterr().out
    for word in ("个案 1", "缺　", "监护人签字", "未经第二人审核", "在校 → 休学"):
        assert word in said
    assert cli.main([*base, "rules", "list", "休学·期限"]) == 0
    assert "未确认" in capsys.readouterr().out


def test_leaves_requests_and_conduct_have_their_commands(
    run: Run, proof: Path, tmp_path: Path
) -> None:
    paper = ("--evidence", f"{proof}=诊断证明", *SIGNED)
    leave = run("change", AN, "休学", "--date", "2025-10-01", "--until", "2026-09-30", code=1)
    assert "还没有入学" in leave["error"]
    entry = run("change", AN, "休学", "--date", "2026-10-01", *paper)["entry"]
    target = tmp_path / "上会.xlsx"
    late = run("leaves", "--on", "2027-10-10", "--overdue", "-o", target)
    assert [(row["name"], row["days_left"]) for row in late["leaves"]] == [("安然", -10)]
    assert run("sheet", *late["codes"])["sheets"][0]["form"] == "拟按退学处理学生汇总表"
    assert run("leaves", "--on", "2026-10-02", "--due")["leaves"] == []
    assert run("reverse", AN, entry, "--show")["entries"] == []

    asked = run("application", "open", BAI, "在读证明", "--date", "2026-10-01")
    assert len(asked["lacks"]) == 2
    number = asked["application"]
    assert "签字" in run("application", "settle", number, "--result", "已开", code=1)["error"]
    run("application", "add", number, *SIGNED)
    assert not run("application", "settle", number, "--result", "已开")["open"]
    assert run("application", "list")["applications"] == []

    run("reward", "add", BAI, "三好学生", "--date", "2026-10-05", "--level", "校级")
    assert run("reward", "list", "--student", BAI)["rewards"][0]["level"] == "校级"
    given = run(
        "punishment", "add", AN, "警告", "--facts", "旷课", "--date", "2026-10-06",
        "--told", "2026-10-05", "--document", "校发9号",
    )  # fmt: skip
    assert given["marks"] == ["未挂号告知家长"]
    number = given["punishment"]
    run("punishment", "serve", number, "--date", "2026-10-07")
    posted = run(
        "punishment", "post", number, "--letter", "XA1", "--to", "安建国", "--date", "2026-10-08"
    )
    letter = posted["letters"][0]["id"]
    assert run("punishment", "receipt", letter, "--date", "2026-10-12")["complete"]
    assert run("punishment", "list", "--incomplete")["punishments"] == []

    found = run("problem", "add", "名册错一人", "--by", "王主任", "--date", "2026-10-09")["problem"]
    run("problem", "report", found, "--to", "学院", "--date", "2026-10-09")
    assert not run("problem", "settle", found, "--how", "重印", "--date", "2026-10-10")["open"]

    assert run("void", "show", BAI)["entries"] == 3
    assert run("void", "propose", BAI, "--reason", "重复录入")["done"]
    assert [one["exam_number"] for one in run("students")["students"]].count(BAI) == 0
    assert run("verify")["clean"]


def test_the_papers_of_a_case_and_of_a_check_are_printed(run: Run, tmp_path: Path) -> None:
    run("case", "open", AN, "休学", "--date", "2026-10-01")
    made = run("case", "print", 1, "-o", tmp_path / "申请.pdf")
    assert (made["form"], made["documents"], made["warnings"]) == ("休学申请表", 1, [])
    assert (tmp_path / "申请.pdf").read_bytes().startswith(b"%PDF")
    notice = run("case", "print", 1, "--missing", "-o", tmp_path / "通知.xlsx")
    assert notice["form"] == "缺材料通知"
    run("case", "add", 1, *SIGNED, "--evidence", "=诊断证明")
    refused = run("case", "print", 1, "--missing", "-o", tmp_path / "又.pdf", code=1)
    assert "没有缺的材料" in refused["error"]
    assert not (tmp_path / "又.pdf").exists()
    assert "请先制表" in run("check", "print", "秋季", "-o", tmp_path / "表.pdf", code=1)["error"]


def test_several_are_done_at_once_after_a_look_at_the_counts(run: Run) -> None:
    words = ("case", "many", "休学", AN, BAI, "--date", "2026-10-08", "--reason", "同去治疗")
    assert not run(*words, code=1)["good"]
    words = (*words, *SIGNED, "--paper", "诊断证明")
    seen = run(*words, "--dry-run")
    assert (seen["written"], len(seen["good"])) == (False, 2)
    counts = {one["what"]: one["before"] - one["after"] for one in seen["counts"]}
    assert (counts["全校在籍"], counts["全校在校"]) == (0, 2)
    assert status(run, AN, "2026-10-08") == "在校"
    assert run(*words)["written"]
    assert {status(run, one, "2026-10-08") for one in (AN, BAI)} == {"休学"}
