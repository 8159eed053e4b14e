"""The paper is the spreadsheet's: every character where LibreOffice puts it, on the same page."""

import pytest

from tests.bench import fidelity, soffice

#: Millimetres; what the two programs differ in by themselves (a cell's inner margin, rounding).
NEAR = 0.5
#: A line of these ends a character earlier, as in Excel: no line begins with 。; Calc has 避头尾
#: too, but turned off in every .xlsx.
ANOTHER_LINE_END = {"恢复单"}


#: Of ours, one of each kind; `manage.py bench --only fidelity` has them all.
OURS = {
    "学籍卡",
    "在校生名册",
    "学籍核查确认表",
    "休学申请表",
    "恢复单",
    "审计锚定单",
    "学籍信息核对表",
}


@pytest.fixture(scope="module")
def papers() -> dict[str, tuple[bytes, bytes]]:
    return {**fidelity.own(OURS), **fidelity.others()}


@pytest.fixture(scope="module")
def verdicts(papers, tmp_path_factory: pytest.TempPathFactory) -> list[fidelity.Verdict]:
    program = soffice.program()
    if program is None:
        pytest.skip("没有 soffice")
    return fidelity.Judge(program, tmp_path_factory.mktemp("judge")).compare(papers)


def test_every_form_and_every_foreign_workbook_breaks_into_the_same_pages(verdicts):
    assert len(verdicts) >= 17
    differing = [(v.name, v.pages, v.peer_pages) for v in verdicts if v.pages != v.peer_pages]
    assert not differing


def test_characters_stand_within_half_a_millimetre_of_the_spreadsheets_own(verdicts):
    far = {
        verdict.name: round(verdict.p95, 2)
        for verdict in verdicts
        if verdict.p95 > NEAR and verdict.name not in ANOTHER_LINE_END
    }
    assert not far
    assert fidelity.figure("全部", verdicts).met


def test_no_line_ends_elsewhere(verdicts):
    moved = {
        verdict.name: [place for _, place, _ in verdict.astray[:6]]
        for verdict in verdicts
        if verdict.astray and verdict.name not in ANOTHER_LINE_END
    }
    assert not moved


def test_the_judge_tells_papers_apart(papers):
    one, other = papers["恢复单"][1], papers["审计锚定单"][1]
    assert fidelity.verdict("同一份", one, one).p95 == 0
    assert fidelity.verdict("另一份", one, other).lost > 0.3
