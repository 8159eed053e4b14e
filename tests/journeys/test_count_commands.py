"""Head-counts from a terminal: explained, sealed, compared with who came and who signed."""

from pathlib import Path

from tests.journeys.conftest import AN, BAI, CHANG, DAI, Run
from tests.journeys.test_change_commands import AUTUMN, SIGNED


def test_a_count_is_sealed_and_what_came_after_is_told(run: Run, tmp_path: Path) -> None:
    period = ("--from", "2026-09-01", "--to", "2026-10-31")
    seal = run("headcount", "seal", *period, "--note", "秋季")
    assert run("headcount", "check", seal["seal"])["unchanged"]
    run("change", BAI, "退学", "--date", "2026-10-09", *SIGNED)
    found = run("headcount", "check", seal["seal"], code=1)
    assert found["sound"]
    assert {"合计"} <= {one["class_group"] for one in found["differences"]}
    assert [one["seal"] for one in run("headcount", "list")["seals"]] == [seal["seal"]]
    target = tmp_path / "对照.xlsx"
    bridge = run("bridge", "--from", "2026-09-30", "--to", "2026-10-31", "-o", target)
    (line,) = bridge["lines"]
    assert (line["cause"], [one["name"] for one in line["out"]]) == ("退学", ["白岩"])
    assert (bridge["opening"], bridge["closing"], bridge["balanced"]) == (4, 3, True)
    (code,) = bridge["codes"]
    assert run("sheet", code)["standing"] == "current"
    home = run("students", BAI, "--as-of", "2026-10-01")["students"][0]["class"]
    words = ("bridge", "--from", "2026-10-31", "--known-from", "2026-10-31", "--class", home)
    alone = run(*words, "-o", tmp_path / "一班.pdf")
    told = run("sheet", *alone["codes"])
    assert told["standing"] == "current"
    assert told["sheets"][0]["scope"].endswith(
        f"{home}（口径：在籍，自 2026-10-31，其时按 2026-10-31 所知）"
    )
    run(*words, "-o", tmp_path / "一班.csv")
    assert "后来登记" in (tmp_path / "一班.csv").read_text("utf-8-sig")
    assert ".pdf" in run(*words, "-o", tmp_path / "一班.doc", code=1)["error"]


def test_sums_platform_and_arrivals_stand_in_the_table(run: Run, tmp_path: Path) -> None:
    first, second = (group["name"] for group in run("classes", "list")["classes"])
    run("platform", f"{first}=2", f"{second}=3", "--date", "2026-10-15", "--source", "学籍平台")
    run("term", "open", "2026-2027-1", "--from", "2026-09-01", "--to", "2027-01-31")
    words = ("term", "register", "2026-2027-1")
    run(*words, "请假", CHANG, "--date", "2026-09-01", "--reason", "住院")
    run(*words, "报到", AN, BAI, "--date", "2026-09-01")
    assert "写明原因" in run(*words, "缓注册", DAI, "--date", "2026-09-01", code=1)["error"]
    missing = run("term", "missing", "2026-2027-1", "-o", tmp_path / "未注册.pdf")
    assert [one["name"] for one in missing["students"]] == ["戴月"]
    assert (tmp_path / "未注册.pdf").exists()
    (listed,) = run("sheet", *missing["codes"])["sheets"]
    assert (listed["form"], listed["scope"]) == ("学期注册名单", "2026-2027-1　未注册名单")
    whole = run("report", "headcount", *AUTUMN)
    assert whole["total"]["arrivals"] == {"报到": 2, "请假": 1, "": 1}
    assert whole["total"]["sexes"] == {"男": 4}
    assert [(row["platform"], row["difference"]) for row in whole["rows"]] == [(2, 0), (3, 1)]
    assert whole["differing"] == [second]
    (major,) = whole["sums"]["专业"]
    assert (major["closing"], major["platform"]) == (4, 5)
    assert "2026-2027-1" in run("term", "show", "2025", code=1)["error"]


def test_check_sheets_are_made_ticked_and_summed_up(run: Run, tmp_path: Path) -> None:
    classes = [group["name"] for group in run("classes", "list")["classes"]]
    made = run("check", "make", "秋季核查", *classes, "--as-of", "2026-10-15")["sheets"]
    lost = run("students", AN, "--as-of", "2026-10-15")["students"][0]["class"]
    for sheet in made:
        extra = ("--lost", AN) if sheet["class"] == lost else ()
        ticked = run("check", "tick", sheet["code"], *extra, "--date", "2026-10-20")
        assert ticked["returned_on"] == "2026-10-20"
    assert run("check", "list", "秋季核查", "--outstanding")["sheets"] == []
    summary = run("check", "summary", "秋季核查", "-o", tmp_path / "汇总.xlsx")
    assert summary["form"] == "核查汇总表"
    assert (tmp_path / "汇总.xlsx").exists()
    assert summary["fallen_out"] == {"流失": ["安然"]}
    assert sum(row["marks"].get("已签", 0) for row in summary["classes"]) == 3
    assert "页码" in run("check", "tick", "HC", code=1)["error"]
    run("check", "untick", made[0]["code"], "--reason", "点错")
    assert len(run("check", "list", "--outstanding")["sheets"]) == 1
    assert run("verify")["clean"]
