"""The measurements still run against the program as it is; how fast it is, no test asks."""

import json
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import memory
from tests.bench.options import Options
from tests.bench.report import Amount, Figure, Goal, Line, Missing


def test_each_subject_gives_lines_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = tmp_path / "bench.json"
    subjects = "tables,intake,search,grid,folds,discs,window"
    assert bench.main(["--only", subjects, "--sizes", "20", "--json", str(numbers)]) == 0
    table = capsys.readouterr().out
    lines = json.loads(numbers.read_text("utf-8"))["lines"]
    assert "| 项目" in table
    for line in lines:
        assert line["item"] in table
        assert line["seconds"] > 0
    assert {line["item"].split("，")[0] for line in lines} >= {
        "读 .xlsx（对 calamine）",
        "导入新生：读、查、比、写",
        "查找",
        "光盘映像",
        "最长停顿：关闭学籍库",
    }


def test_ratio_is_taken_round_by_round_and_measured_against_its_goal() -> None:
    ours, peer = [1.0, 3.0, 2.0], [8.0, 30.0, 18.0]
    fast = Line("画", 10, ours, peer, Goal(bound=8))
    slow = Line("读", 10, peer, ours, Goal(faster=False, bound=2))
    assert fast.ratio == 9.0
    assert fast.cells()[4:] == ("快 9.00 倍", "≥ 8 达到")
    assert slow.cells()[4:] == ("用时 9.00 倍", "≤ 2 未达到")


def test_missing_peer_is_said_with_its_reason() -> None:
    line = Line("画", 10, [1.0], Missing("没有 soffice"), Goal(bound=8), "份")
    assert line.cells() == ("画", "10", "10 份/秒", "缺（没有 soffice）", "—", "≥ 8")


def test_a_figure_is_held_against_its_bound_and_what_else_was_asked() -> None:
    good = Figure("像", 3, 0.31, "分页相同 3/3")
    torn = Figure("像", 3, 0.31, "分页相同 2/3", met_besides=False)
    assert good.cells()[2:] == ("p95 0.31 毫米", "—", "分页相同 3/3", "≤ 0.5 毫米 达到")
    assert torn.cells()[-1] == "≤ 0.5 毫米 未达到"
    assert Figure("像", 3, 0.51, "").met is False
    assert Figure("像", 3, None, "没有 soffice").cells()[3] == "缺（没有 soffice）"


def test_an_amount_is_at_least_or_at_most_what_was_asked() -> None:
    share = Amount("字", 9, "8 字", 88.9, "88.9%", 100, least=True)
    assert share.cells() == ("字", "9", "8 字", "—", "88.9%", "≥ 100 未达到")
    assert Amount("内存", 9, "167 MB", 1.38, "1.38 倍", 1.5, "121 MB").met


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux")
def test_memory_is_that_of_a_process_of_its_own(tmp_path: Path) -> None:
    (line,) = memory.lines(Options(tmp_path, sizes=(2, 4)))
    assert 20 < int(line.peer.split()[0]) < 300
    assert line.as_json()["met"] is True


def test_sizes_are_written_with_or_without_k(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.sizes("500,10k") == (500, 10_000)
    with pytest.raises(SystemExit):
        bench.main(["--sizes", "many"])
    assert "应如 500 或 10k" in capsys.readouterr().err
