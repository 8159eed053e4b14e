"""Every paper that `xueji form` prints, of one small school: what it says and where.

tests/golden/papers has one file a paper: its lines, and the places of three words in millimetres.
After a form was changed on purpose, write them anew with XUEJI_GOLDEN=write and read the diff.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from app.models.papers import Disc
from app.models.student import Student
from app.models.vocabulary import CountBase, Kind, PunishmentKind, ServiceWay, Status
from app.services.errors import NobodyOnPaper, PaperElsewhere, PaperScopeRefused
from app.services.forms import pdf
from app.services.forms.archival import to_archival
from app.services.forms.papers import PAPERS, PaperKind
from app.services.forms.printing import Sheet
from app.services.progress import finish
from app.services.register import conduct, ledger
from app.services.register.headcount import headcount
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.resources import resource
from app.services.settings import change_settings
from app.services.workstation import Workstation
from tests.builders import person, take_in, who, write_list

GOLDEN: Final = Path(__file__).parent.parent / "golden" / "papers"
WRITE: Final = os.environ.get("XUEJI_GOLDEN") == "write"
PRINTED: Final = [name for name, paper in PAPERS.items() if paper.kind is not PaperKind.ELSEWHERE]
DAY: Final = Moment(date(2031, 7, 10))
BEGIN: Final = date(2026, 8, 1)
BACK: Final = date(2029, 2, 28)
_POINTS: Final = 72 / 25.4
_CODE: Final = re.compile(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){2}")
_WORD: Final = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" .*?>(.*?)</word>')

#: What became of whom, and when; who is away was to be back by the last day of February 2029.
FATES: Final = {
    "安然": (),
    "白岩": (),
    "阿卜杜热合曼·艾合买提": ((Kind.SUSPENSION, date(2028, 3, 1), Status.SUSPENDED),),
    "杜若": ((Kind.WITHDRAWAL, date(2027, 10, 12), Status.WITHDRAWN),),
    "方舟": ((Kind.GRADUATION, date(2031, 6, 30), Status.GRADUATED),),
    "杨远\U0002cb4e": ((Kind.GRADUATION, date(2031, 6, 30), Status.GRADUATED),),
    "韩雪": ((Kind.COMPLETION, date(2031, 6, 30), Status.COMPLETED),),
    "江宁": ((Kind.ATTENDANCE, date(2031, 6, 30), Status.ATTENDED),),
}


@pytest.fixture
def school(desk: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workstation:
    """One class of eight after five years: an award, a punishment with its letter, a disc."""
    monkeypatch.setattr(conduct, "today", lambda: DAY.as_of)
    rows = [
        person(at, name, boy=at % 2 == 0, 监护人=f"{name[0]}建国", 家庭住址="城东路 18 号")
        for at, name in enumerate(FATES)
    ]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=1)
    desk.placement.number(desk.actor, 2026)
    actor = desk.actor
    with desk.database.write(actor, "设置") as session:
        change_settings(
            session, {"学校": "城东分院", "学籍管理员": "周学管", "联系电话": "0515-88880000"}
        )
        for name, entries in FATES.items():
            for kind, day, status in entries:
                student = session.get_one(Student, who(desk, name).id)
                ledger.record(
                    session, student, kind, day, operator_id=actor.id, to_status=status,
                    recorded_at=datetime(day.year, day.month, day.day, tzinfo=UTC), reason="如申请",
                    until=BACK if status is Status.SUSPENDED else None,
                )  # fmt: skip
        session.add(
            Disc(number="X001-XJ-2026-01", cohort_year=2026, sha256="9f3a07c1d2b4e586" * 4,
                 size=11 << 20, files=270, operator_id=actor.id,
                 recorded_at=datetime(2031, 7, 9, 4, tzinfo=UTC))
        )  # fmt: skip
    row = desk.conduct.punish(
        actor, who(desk, "安然").id, PunishmentKind.DEMERIT, facts="考试夹带纸条",
        decided_on=date(2028, 11, 2), told_on=date(2028, 10, 28), basis="学生手册第二十条",
        document_number="校学〔2028〕9号", decided_by="校长办公会", until=date(2029, 11, 1),
    )  # fmt: skip
    desk.conduct.serve(actor, row.id, on=date(2028, 11, 4), how=ServiceWay.IN_PERSON)
    desk.conduct.post(actor, row.id, "XA123", on=date(2028, 11, 5), addressee="安建国")
    desk.conduct.reward(
        actor, who(desk, "安然").id, "三好学生", awarded_on=date(2030, 5, 4), level="学校级",
        awarded_by="本校", reason="品学兼优", document_number="校学〔2030〕12号",
    )  # fmt: skip
    return desk


def scope_for(desk: Workstation, name: str) -> Scope:
    """安然, or for what only graduates get, 方舟; lists are of the cohort."""
    kind = PAPERS[name].kind
    if not kind.of_people:
        return Scope()
    if kind in {PaperKind.ROSTER, PaperKind.CLASS, PaperKind.CONDUCT}:
        return Scope(cohort=2026)
    return Scope(ids=[who(desk, "方舟" if name == "毕业证明书" else "安然").id])


def collected(desk: Workstation, name: str, scope: Scope | None = None) -> Sheet:
    wanted = scope_for(desk, name) if scope is None else scope
    return desk.printing.collect(desk.actor, name, DAY, wanted, BEGIN)


@dataclass(frozen=True)
class Word:
    """A word on the paper; its place in millimetres from the upper left corner."""

    page: int
    x: int
    y: int
    text: str


def words_of(drawn: bytes, target: Path) -> list[Word]:
    target.write_bytes(drawn)
    done = subprocess.run(
        ["pdftotext", "-bbox", target, "-"], capture_output=True, check=True, text=True
    )
    return [
        Word(page, round(float(x) / _POINTS), round(float(y) / _POINTS), _CODE.sub("校验码", text))
        for page, part in enumerate(done.stdout.split("<page ")[1:], start=1)
        for x, y, text in _WORD.findall(part)
    ]


def told(words: list[Word]) -> str:
    """The words in lines, and where the first, the middle and the last of them stand."""
    lines: dict[tuple[int, int], list[str]] = {}
    for word in sorted(words, key=lambda one: (one.page, one.y, one.x)):
        lines.setdefault((word.page, word.y), []).append(word.text)
    places = (words[0], words[len(words) // 2], words[-1])
    return "\n".join(
        (
            *(" ".join(line) for line in lines.values()),
            *(f"@ {one.page} {one.x} {one.y} {one.text}" for one in places),
            "",
        )
    )


def differing(school: Workstation, folder: Path) -> Iterator[str]:
    """The papers that are not as expected, each with what is wrong."""
    for name in PRINTED:
        sheet = collected(school, name)
        drawn = finish(
            pdf.draw(sheet.template, sheet.values, title=sheet.title, printed_on=DAY.as_of)
        )
        problems = [str(one) for one in (*drawn.warnings, *drawn.overflows)]
        to_archival(drawn.pdf, sheet.title)
        said = told(words_of(drawn.pdf, folder / "paper.pdf"))
        golden = GOLDEN / f"{name}.txt"
        if WRITE:
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(said, encoding="utf-8")
        expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
        if said != expected:
            changed = set(said.split("\n")) ^ set(expected.split("\n"))
            problems.append("；".join(sorted(changed)))
        if problems:
            yield f"{name}：{'；'.join(problems)}"


def test_every_paper_says_what_it_should_and_where(school: Workstation, tmp_path: Path) -> None:
    assert list(differing(school, tmp_path)) == []
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(PRINTED)


def lines_of(desk: Workstation, name: str) -> list[dict[str, object]]:
    (document,) = collected(desk, name).documents
    return list(document.values["名单"])


def test_rosters_count_and_statistics_agree(school: Workstation) -> None:
    with school.database.read() as session:
        counts = {base: headcount(session, BEGIN, DAY.as_of, base=base).total for base in CountBase}
    left = counts[CountBase.ON_REGISTER].left
    lengths = {
        "在校生名册": len(counts[CountBase.IN_SCHOOL].closing),
        "学籍信息核对表": len(counts[CountBase.ON_REGISTER].closing),
        "毕业生名册": len(left[Kind.GRADUATION]),
        "结业生名册": len(left[Kind.COMPLETION]),
        "肄业生名册": len(left[Kind.ATTENDANCE]),
    }
    assert lengths == {name: len(lines_of(school, name)) for name in lengths}
    assert lengths["在校生名册"] == 2
    assert lengths["学籍信息核对表"] == 3
    assert lengths["毕业生名册"] == 2

    (count,) = collected(school, "学籍人数审核表").documents
    rows = count.values["人数表"]
    assert [row["班级"] for row in rows][-1] == "合　计"
    for row in rows:
        came = sum(row[name] or 0 for name in row if name.startswith("增"))
        went = sum(row[name] or 0 for name in row if name.startswith("减"))
        assert row["期初"] + came - went == row["期末"], row["班级"]
    assert (rows[-1]["期末"], rows[-1]["减毕业"], rows[-1]["减退学"]) == (3, 4, 1)
    assert count.values["平衡"] == "各班和合计均平衡"

    (two,) = collected(school, "人数两日对照表").documents
    assert two.values["核对结果"] == "平"
    assert two.values["后一日人数"] == rows[-1]["期末"]
    assert two.values["对照表"][-1]["人数"] == rows[-1]["期末"]
    for way, total in (("增", two.values["增加人次"]), ("减", two.values["减少人次"])):
        named = [one for one in two.values["对照名单"] if one["增减"] == way]
        assert len(named) == total == sum(one[way] or 0 for one in two.values["对照表"])

    (listed,) = collected(school, "学籍异动汇总表").documents
    (counted,) = collected(school, "学籍异动统计表").documents
    named = [line for line in listed.values["异动清单"] if line]
    assert len(named) == listed.values["人次"]
    assert counted.values["异动统计"][-1]["合计"] == len(named)


def test_a_paper_is_for_whom_it_is_meant(school: Workstation, tmp_path: Path) -> None:
    """Who has no punishment gets one to fill in, a class does not; the rest is refused."""
    student = who(school, "白岩").id
    (blank,) = collected(school, "处分事先告知书", Scope(ids=[student])).documents
    assert blank.student_id == student
    assert "处分种类" not in blank.values
    assert len(collected(school, "处分事先告知书", Scope(cohort=2026)).documents) == 1

    (empty,) = collected(school, "奖惩登记表", Scope(cohort=2025)).documents
    assert set(map(str, empty.values["奖惩"])) == {"{}"}  # lines to write on

    left = Scope(ids=[who(school, "方舟").id])
    with pytest.raises(NobodyOnPaper, match="在读证明"):
        collected(school, "在读证明", left)
    with pytest.raises(PaperScopeRefused, match="全校一份"):
        collected(school, "学籍人数审核表", left)
    for refused in (left, Scope(cohort=2026)):
        with pytest.raises(PaperScopeRefused, match="全校或一个班一份"):
            collected(school, "人数两日对照表", refused)
    before = Moment(BACK)
    with pytest.raises(NobodyOnPaper, match="拟按退学处理"):  # nobody is overdue on that day
        school.printing.collect(school.actor, "拟按退学处理学生汇总表", before, Scope())
    with pytest.raises(PaperElsewhere, match="xueji audit slip"):
        collected(school, "审计锚定单", Scope())

    own = tmp_path / "处分决定书（2027版）.xlsx"  # a version of the paper whose name it bears
    shutil.copy(resource("forms", "处分决定书.xlsx"), own)
    (decided,) = collected(school, str(own), Scope(cohort=2026)).documents
    assert decided.values["处分文号"] == "校学〔2028〕9号"
