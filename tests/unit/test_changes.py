"""学籍异动 takes effect whole or not at all, and the refusal names everything that is missing."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from app.models.evidence import Evidence, Signature
from app.models.ledger import LedgerEntry
from app.models.organisation import ClassGroup, Cohort
from app.models.student import FieldChange, Student
from app.models.vocabulary import Kind, Role, Signatory, Status
from app.services.errors import (
    BatchInUse,
    ChangeRefused,
    CorrectionRefused,
    EntryAlreadyReversed,
    NoSuchEntry,
    NotYourRole,
    ReversalRefused,
)
from app.services.progress import finish
from app.services.register import corrections
from app.services.register.casework import UNREVIEWED
from app.services.register.changes import ChangeRow
from app.services.register.evidence import LIMIT, Given
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRow
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import ENTRY_DAY, id_number, person, take_in, write_list

BOTH = frozenset(Signatory)
OCTOBER = date(2026, 10, 1)
TODAY = date(2027, 3, 1)
PDF = b"%PDF-1.7\n% an invented certificate\n%%EOF\n"


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Iterator[Workstation]:
    """安然, 白岩 and 常青 in two classes of one major, 戴月 alone in another major."""
    rows = [
        person(1, "安然", boy=False),
        person(2, "白岩"),
        person(3, "常青"),
        person(4, "戴月", boy=False, 录取专业="物联网应用技术"),
    ]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026, count=2, major="计算机应用技术")
    desk.placement.split(desk.actor, 2026, count=1, major="物联网应用技术")
    return desk


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrections of these tests are made on TODAY."""
    monkeypatch.setattr(corrections, "today", lambda: TODAY)


@pytest.fixture
def proof(tmp_path: Path) -> Given:
    path = tmp_path / "诊断证明扫描.pdf"
    path.write_bytes(PDF)
    return path, "诊断证明"


def who(desk: Workstation, name: str, as_of: date = OCTOBER) -> StudentRow:
    (row,) = [row for row in desk.students.rows(Moment(as_of), Scope()) if row.name == name]
    return row


def suspend(desk: Workstation, proof: Given, on: date = OCTOBER, name: str = "安然") -> ChangeRow:
    return desk.changes.change(
        desk.actor, who(desk, name).id, Kind.SUSPENSION, on, evidence=[proof], signed=BOTH
    )


def signed_change(
    desk: Workstation, name: str, kind: Kind, on: date, **options: object
) -> ChangeRow:
    return desk.changes.change(
        desk.actor,
        who(desk, name).id,
        kind,
        on,
        signed=BOTH,
        **options,  # type: ignore[arg-type]
    )


def count(desk: Workstation, table: type) -> int:
    with desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# --- taking effect ------------------------------------------------------------------------


def test_a_leave_takes_effect_on_its_day_with_its_papers(school: Workstation, proof: Given) -> None:
    row = suspend(school, proof)
    assert row.entry.until == date(2027, 9, 30)
    assert (row.entry.from_status, row.entry.to_status) == (Status.ENROLLED, Status.SUSPENDED)
    assert row.signed == (Signatory.STUDENT, Signatory.GUARDIAN)
    assert row.notes == (UNREVIEWED,)
    (paper,) = row.evidence
    assert paper.sha256 is not None
    assert school.media.get(paper.sha256) == PDF
    assert who(school, "安然", date(2026, 9, 30)).status is Status.ENROLLED
    assert who(school, "安然").status is Status.SUSPENDED
    assert finish(school.vault.verify()).clean


def test_an_original_may_be_filed_on_paper_alone(school: Workstation) -> None:
    (paper,) = suspend(school, (None, "诊断证明")).evidence
    assert (paper.kind, paper.sha256) == ("诊断证明", None)


def test_a_refusal_names_all_that_is_missing_and_leaves_no_trace(school: Workstation) -> None:
    with pytest.raises(ChangeRefused) as refused:
        school.changes.change(
            school.actor, who(school, "安然").id, Kind.SUSPENSION, OCTOBER,
            signed=frozenset({Signatory.STUDENT}), until=date(2026, 9, 30),
        )  # fmt: skip
    sentence = str(refused.value)
    for word in ("监护人签字", "休学原因证明", "诊断证明", "截止日期"):
        assert word in sentence
    assert "学生和监护人" not in sentence
    assert (count(school, Evidence), count(school, Signature)) == (0, 0)
    assert who(school, "安然").status is Status.ENROLLED


def test_a_wrong_status_is_named_beside_what_else_is_missing(school: Workstation) -> None:
    with pytest.raises(
        ChangeRefused, match=r"当时为“在校”，只有“休学”可以办理.*缺学生和监护人签字"
    ):
        school.changes.change(school.actor, who(school, "安然").id, Kind.RESUMPTION, OCTOBER)


def test_before_the_day_of_entry_nothing_can_happen(school: Workstation, proof: Given) -> None:
    with pytest.raises(ChangeRefused, match="还没有入学"):
        suspend(school, proof, date(2026, 8, 31))


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("休学.docx", b"PK\x03\x04", "不是 PDF、JPEG 或 PNG"),
        ("假的.pdf", b"MZ\x90", "不是 PDF、JPEG 或 PNG"),
        ("太大.jpg", b"\xff\xd8\xff" + bytes(LIMIT), "超过 20 MB"),
        ("不在.pdf", None, "找不到"),
    ],
)
def test_a_file_that_is_no_scan_is_refused_by_name(
    school: Workstation, tmp_path: Path, name: str, content: bytes | None, word: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ChangeRefused, match=word) as refused:
        suspend(school, (path, "诊断证明"))
    assert name in str(refused.value)
    assert "还缺" not in str(refused.value)


def test_an_inspector_changes_nothing(school: Workstation, proof: Given) -> None:
    reader = Actor(1, "查阅员", frozenset({Role.READ}))
    with pytest.raises(NotYourRole):
        school.changes.change(
            reader, who(school, "安然").id, Kind.SUSPENSION, OCTOBER, evidence=[proof], signed=BOTH
        )


def test_the_ledger_of_a_student_is_not_for_the_system_role_alone(school: Workstation) -> None:
    technician = Actor(1, "技术员", frozenset({Role.SYSTEM}))
    with pytest.raises(NotYourRole, match="“录入”或“审核”或“查阅”角色，技术员没有"):
        school.changes.entries(technician, who(school, "安然").id)
    inspector = Actor(1, "督查员", frozenset({Role.READ}))
    assert school.changes.entries(inspector, who(school, "安然").id)


def test_an_extension_goes_on_where_the_leave_would_end(school: Workstation, proof: Given) -> None:
    suspend(school, proof)
    row = signed_change(
        school, "安然", Kind.SUSPENSION_EXTENSION, date(2027, 9, 1), evidence=[proof]
    )
    assert row.entry.until == date(2028, 9, 30)


def test_an_end_is_refused_where_there_is_none(school: Workstation) -> None:
    with pytest.raises(ChangeRefused, match="没有截止日期"):
        signed_change(school, "安然", Kind.WITHDRAWAL, OCTOBER, until=date(2027, 1, 1))


def test_an_import_cannot_be_undone_under_a_change(school: Workstation, proof: Given) -> None:
    suspend(school, proof)
    with pytest.raises(BatchInUse):
        school.batches.undo(school.actor, 1)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Kind.ADMISSION, "导入"),
        (Kind.PLACEMENT, "分班"),
        (Kind.CORRECTION, "更正"),
        (Kind.REVERSAL, "指明要冲正"),
        (Kind.TRANSFER_IN, "名单导入"),
    ],
)
def test_what_is_no_change_of_one_student_is_sent_where_it_belongs(
    school: Workstation, kind: Kind, word: str
) -> None:
    with pytest.raises(ChangeRefused, match=word):
        signed_change(school, "安然", kind, OCTOBER)


# --- in the middle of a history -----------------------------------------------------------


def test_a_late_entry_may_not_contradict_what_comes_after_it(
    school: Workstation, proof: Given
) -> None:
    later = signed_change(school, "安然", Kind.WITHDRAWAL, date(2027, 3, 1))
    with pytest.raises(ChangeRefused, match=f"2027-03-01 的“退学”（编号 {later.entry.id}）矛盾"):
        suspend(school, proof)


def test_a_late_entry_that_fits_is_taken(school: Workstation, proof: Given) -> None:
    signed_change(school, "安然", Kind.WITHDRAWAL, date(2027, 3, 1))
    target = next(name for name in ("计算机应用技术2601", "计算机应用技术2602")
                  if name != who(school, "安然").class_group)  # fmt: skip
    signed_change(school, "安然", Kind.CLASS_CHANGE, OCTOBER, to_class=target)
    assert who(school, "安然").class_group == target
    assert who(school, "安然", date(2027, 3, 1)).status is Status.WITHDRAWN


def test_a_change_to_come_is_known_but_not_in_force(school: Workstation) -> None:
    signed_change(school, "安然", Kind.WITHDRAWAL, date(2099, 1, 1))
    assert who(school, "安然", date(2098, 12, 31)).status is Status.ENROLLED
    assert who(school, "安然", date(2099, 1, 1)).status is Status.WITHDRAWN


# --- class and major ----------------------------------------------------------------------


def test_a_change_of_major_takes_the_only_class_of_the_new_one(school: Workstation) -> None:
    signed_change(school, "安然", Kind.MAJOR_CHANGE, OCTOBER, to_major="物联网应用技术")
    row = who(school, "安然")
    assert (row.major, row.class_group) == ("物联网应用技术", who(school, "戴月").class_group)


def test_a_change_of_major_asks_which_class_when_there_are_several(school: Workstation) -> None:
    with pytest.raises(ChangeRefused, match=r"没有指明新班级.*2601、.*2602"):
        signed_change(school, "戴月", Kind.MAJOR_CHANGE, OCTOBER, to_major="计算机应用技术")
    signed_change(school, "戴月", Kind.MAJOR_CHANGE, OCTOBER, to_class="计算机应用技术2602")
    assert who(school, "戴月").major == "计算机应用技术"


@pytest.mark.parametrize(
    ("kind", "options", "word"),
    [
        (Kind.MAJOR_CHANGE, {}, "没有指明新专业"),
        (Kind.MAJOR_CHANGE, {"to_major": "计算机应用技术"}, "已经在"),
        (Kind.MAJOR_CHANGE, {"to_major": "不存在"}, "没有专业“不存在”"),
        (Kind.CLASS_CHANGE, {}, "没有指明新班级"),
        (Kind.CLASS_CHANGE, {"to_class": "不存在"}, "没有班级“不存在”"),
        (Kind.CLASS_CHANGE, {"to_class": "物联网应用技术2601"}, "另一个专业"),
        (Kind.REPEAT_YEAR, {"to_class": "计算机应用技术2601"}, "不是下面年级的班"),
        (Kind.WITHDRAWAL, {"to_class": "计算机应用技术2601"}, "不换班级"),
    ],
)
def test_a_class_or_major_that_does_not_fit_is_refused(
    school: Workstation, kind: Kind, options: dict[str, str], word: str
) -> None:
    with pytest.raises(ChangeRefused, match=word):
        signed_change(school, "安然", kind, OCTOBER, **options)


def test_a_repeater_finds_the_class_of_that_name_in_the_next_cohort(school: Workstation) -> None:
    here = who(school, "安然").class_group
    with school.database.write(school.actor, "建班") as session:
        session.add(Cohort(year=2027, entry_date=date(2027, 9, 1)))
        session.flush()
        mine = session.scalars(select(ClassGroup).where(ClassGroup.name == here)).one()
        lower = ClassGroup(name=here, cohort_year=2027, major_id=mine.major_id, serial=1)
        session.add(lower)
    row = signed_change(school, "安然", Kind.REPEAT_YEAR, date(2027, 9, 1), to_class=here)
    with school.database.read() as session:
        assert session.get_one(LedgerEntry, row.entry.id).to_class_id == lower.id


# --- 冲正 ---------------------------------------------------------------------------------


def test_a_reversal_restores_the_standing_and_keeps_both_entries(
    school: Workstation, proof: Given
) -> None:
    entry = suspend(school, proof).entry
    student = who(school, "安然").id
    school.changes.reverse(school.actor, student, entry.id, reason="录错了人")
    assert who(school, "安然").status is Status.ENROLLED
    kinds = [
        (row.entry.kind, row.entry.reversed)
        for row in school.changes.entries(school.actor, student)
    ]
    assert kinds[-2:] == [(Kind.SUSPENSION, True), (Kind.REVERSAL, False)]
    with pytest.raises(EntryAlreadyReversed):
        school.changes.reverse(school.actor, student, entry.id, reason="再来一次")


def test_what_later_entries_rest_on_is_not_reversed(school: Workstation, proof: Given) -> None:
    entry = suspend(school, proof).entry
    back = signed_change(school, "安然", Kind.RESUMPTION, date(2027, 9, 1)).entry
    with pytest.raises(ReversalRefused, match=f"复学”（编号 {back.id}）以它为前提"):
        school.changes.reverse(school.actor, who(school, "安然").id, entry.id, reason="录错")


def test_only_the_student_s_own_entries_are_reversed(school: Workstation, proof: Given) -> None:
    entry = suspend(school, proof).entry
    with pytest.raises(NoSuchEntry):
        school.changes.reverse(school.actor, who(school, "白岩").id, entry.id, reason="录错")


def test_the_admission_and_a_reversal_are_not_reversed(school: Workstation, proof: Given) -> None:
    student = who(school, "安然").id
    admission = school.changes.entries(school.actor, student)[0].entry
    with pytest.raises(ReversalRefused, match="导入批次"):
        school.changes.reverse(school.actor, student, admission.id, reason="录错")
    reversal = school.changes.reverse(
        school.actor, student, suspend(school, proof).entry.id, reason="录错"
    )
    with pytest.raises(ReversalRefused, match="重新办理"):
        school.changes.reverse(school.actor, student, reversal.entry.id, reason="又要")


# --- 更正 ---------------------------------------------------------------------------------


def correct(desk: Workstation, name: str, values: dict[str, str], **options: object) -> None:
    desk.corrections.correct(
        desk.actor, who(desk, name).id, values, basis="本人申请",
        **options,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_correction_keeps_the_value_before(school: Workstation) -> None:
    correct(school, "安然", {"联系电话": "13911112222"}, on=OCTOBER)
    assert who(school, "安然").person["phone"] == "13911112222"
    assert who(school, "安然", date(2026, 9, 30)).person["phone"] == "13800000001"


def test_a_new_name_is_found_and_so_is_the_former_one(school: Workstation) -> None:
    correct(school, "安然", {"姓名": "安晓萌"}, on=OCTOBER, evidence=[(None, "户籍证明")])
    row = who(school, "安晓萌")
    assert row.person["former_name"] == "安然"
    assert row.reading == "an xiao meng"
    for query in ("axm", "anxiaomeng", "安然", "anran"):
        assert school.students.find(query)[0] == row.id
    before = who(school, "安然", date(2026, 9, 30))
    assert before.person["former_name"] is None


PAPER: Final[dict[str, object]] = {"evidence": [(None, "户籍证明")]}


def former_name(desk: Workstation, name: str) -> str | None:
    return who(desk, name, date(2099, 1, 1)).person["former_name"]


def test_a_name_that_was_misspelt_on_the_list_is_no_former_name(school: Workstation) -> None:
    correct(school, "安然", {"姓名": "安冉"}, on=ENTRY_DAY, **PAPER)
    assert former_name(school, "安冉") is None
    assert who(school, "安冉", ENTRY_DAY).person["former_name"] is None


@pytest.mark.parametrize(("given", "kept"), [("安小然", "安小然"), ("", None)])
def test_what_the_registrar_says_of_the_former_name_stands(
    school: Workstation, given: str, kept: str | None
) -> None:
    correct(school, "安然", {"姓名": "安晓萌", "曾用名": given}, on=OCTOBER, **PAPER)
    assert former_name(school, "安晓萌") == kept


def test_a_name_with_lost_characters_is_refused_and_never_a_former_name(
    school: Workstation,
) -> None:
    with pytest.raises(CorrectionRefused, match=r"“安小\?\?”有丢失的字"):
        correct(school, "安然", {"姓名": "安小??"}, on=OCTOBER, **PAPER)
    with school.database.write(school.actor, "改动") as session:
        session.get_one(Student, who(school, "白岩").id).name = "白??"
    correct(school, "白??", {"姓名": "白㛃"}, on=OCTOBER, **PAPER)
    assert former_name(school, "白㛃") is None


def test_what_concerns_the_person_is_not_corrected_from_a_day_to_come(school: Workstation) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(CorrectionRefused, match=r"联系电话不能从将来的日期（2027-03-02）起更正"):
        correct(school, "安然", {"联系电话": "13911112222"}, on=tomorrow)
    correct(school, "安然", {"联系电话": "13911112222"}, on=TODAY)


def test_before_the_day_of_entry_a_blank_is_filled_from_today(
    school: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    august = date(2026, 8, 20)
    monkeypatch.setattr(corrections, "today", lambda: august)
    row = school.corrections.correct(
        school.actor, who(school, "安然").id, {"备注": "走读"}, basis="家长来电"
    )
    assert [field.effective_date for field in row.fields] == [august]


def test_a_key_field_needs_evidence_that_is_kept_with_the_change(
    school: Workstation, proof: Given
) -> None:
    with pytest.raises(CorrectionRefused, match="关键信息须凭证明材料"):
        correct(school, "安然", {"民族": "回族"})
    correct(school, "安然", {"民族": "回族"}, evidence=[(proof[0], "户籍证明")])
    with school.database.read() as session:
        paper = session.scalars(select(Evidence)).one()
        change = session.get_one(FieldChange, paper.field_change_id)
    assert (change.field, change.old, change.new) == ("ethnic_group", "汉族", "回族")
    assert finish(school.vault.verify()).clean


def test_identity_number_birth_and_sex_must_stay_in_accord(school: Workstation) -> None:
    number = id_number(1, born="20110315", boy=False)
    paper = {"evidence": [(None, "户籍证明")]}
    with pytest.raises(CorrectionRefused, match="身份证号表示 2011-03-15 出生"):
        correct(school, "安然", {"身份证号": number}, **paper)
    with pytest.raises(CorrectionRefused, match="与身份证号不符"):
        correct(school, "安然", {"性别": "男"}, **paper)
    correct(school, "安然", {"身份证号": number, "出生日期": "2011-03-15"}, **paper)
    row = who(school, "安然", date(2099, 1, 1))
    assert (row.id_number, row.birth_date) == (number, date(2011, 3, 15))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"身份证号": id_number(2)}, "已是白岩的"),
        ({"身份证号": "46030320110305900X"}, "身份证号"),
        ({"姓名": ""}, "不能清空"),
        ({"学号": "123"}, "不能在这里更正"),
        ({"星座": "白羊"}, "不能在这里更正"),
        ({"民族": "汉族"}, "没有要更正的"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    school: Workstation, values: dict[str, str], word: str
) -> None:
    with pytest.raises(CorrectionRefused, match=word):
        correct(school, "常青", values, evidence=[(None, "户籍证明")])


def test_a_correction_needs_its_basis(school: Workstation) -> None:
    with pytest.raises(CorrectionRefused, match="没有写明依据"):
        school.corrections.correct(
            school.actor, who(school, "安然").id, {"备注": "走读"}, basis=" "
        )


def test_a_field_is_not_corrected_behind_a_later_change(school: Workstation) -> None:
    correct(school, "安然", {"联系电话": "13911112222"}, on=date(2027, 1, 1))
    with pytest.raises(CorrectionRefused, match="已有 2027-01-01 起生效的变更"):
        correct(school, "安然", {"联系电话": "13933334444"}, on=OCTOBER)


def test_a_value_can_be_cleared(school: Workstation) -> None:
    correct(school, "安然", {"联系电话": ""})
    assert who(school, "安然", date(2099, 1, 1)).person["phone"] is None


def test_a_class_is_corrected_by_an_entry_of_the_ledger(school: Workstation) -> None:
    student = who(school, "安然")
    target = next(name for name in ("计算机应用技术2601", "计算机应用技术2602")
                  if name != student.class_group)  # fmt: skip
    correct(school, "安然", {"班级": target}, on=date(2026, 9, 1))
    assert who(school, "安然", date(2026, 9, 1)).class_group == target
    last = school.changes.entries(school.actor, student.id)[-1]
    assert (last.entry.kind, last.entry.reason, last.notes) == (Kind.CORRECTION, "本人申请", ())
