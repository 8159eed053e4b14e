"""A record entered and edited by hand: checked as an import is, kept with its past, taken back."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from app.models.vocabulary import Kind, Role, Status
from app.services.clock import today
from app.services.errors import EditRefused, NotYourRole
from app.services.progress import finish
from app.services.register.editing import Added, Edited
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRecord
from app.services.vault import audit
from app.services.vault.audit import Actor
from app.services.workstation import Workstation
from tests.builders import id_number, person, take_in, write_list

NEW = {
    "name": "单晓明",
    "id_number": id_number(1),
    "ethnic_group": "汉族",
    "major": "计算机应用技术",
    "exam_number": "26329900000001",
    "phone": "13800000001",
    "guardian_name:1": "单建国",
    "guardian_relation:1": "父亲",
    "guardian_phone:1": "13900000001",
    "guardian_name:2": "解芳",
    "schooling_period:1": "2017.09-2023.06",
    "schooling_place:1": "文昌市第一小学",
}


@pytest.fixture
def added(desk: Workstation) -> Added:
    return desk.editing.add(desk.actor, NEW, entry_year=2026)


def record(desk: Workstation, student_id: int, as_of: date = date(2026, 10, 1)) -> StudentRecord:
    (found,) = desk.students.records(Moment(as_of, upcoming=True), Scope(ids=[student_id]))
    return found


def edit(desk: Workstation, student_id: int, **values: str) -> Edited:
    return desk.editing.edit(
        desk.actor, student_id, {name.replace("__", ":"): text for name, text in values.items()}
    )


def faults(error: EditRefused) -> dict[str, str]:
    told = error.details["faults"]
    assert isinstance(told, tuple)
    return {fault.field: fault.sentence for fault in told}


def test_who_is_entered_by_hand_stands_as_one_from_a_list(desk: Workstation, added: Added) -> None:
    seen = record(desk, added.student_id)
    assert seen.row.status is Status.ENROLLED
    assert [entry.kind for entry in seen.ledger] == [Kind.ADMISSION, Kind.REGISTRATION]
    assert seen.ledger[0].effective_date == date(2026, 9, 1)
    assert (seen.row.birth_date, str(seen.row.sex)) == (date(2011, 3, 5), "男")
    assert seen.row.person["expected_graduation"] == date(2031, 6, 30)
    assert [(g.name, g.relation) for g in seen.guardians] == [("单建国", "父亲"), ("解芳", None)]
    assert seen.schooling[0].place == "文昌市第一小学"
    assert desk.students.find("sxm") == [added.student_id]


def test_the_chain_is_sound_after_every_kind_of_edit(desk: Workstation, added: Added) -> None:
    edited = edit(desk, added.student_id, phone="13800000009", guardian_name__2="", reading="")
    desk.editing.take_back(desk.actor, edited)
    assert finish(audit.verify(desk.database)).clean


def test_entering_is_taken_back_as_a_batch(desk: Workstation, added: Added) -> None:
    assert desk.batches.undo(desk.actor, added.batch_id).voided == 1
    assert desk.students.find("单晓明") == []


def test_only_admitted_waits_for_arrival(desk: Workstation) -> None:
    added = desk.editing.add(desk.actor, NEW, entry_year=2026, admitted_only=True)
    assert record(desk, added.student_id).row.status is Status.ADMITTED


def test_a_form_with_faults_names_every_field_at_once(desk: Workstation) -> None:
    wrong = {
        "name": "单晓明",
        "id_number": "46030320110305",
        "ethnic_group": "汗族",
        "guardian_phone:1": "139",
        "schooling_period:1": "2017.09",
    }
    with pytest.raises(EditRefused) as refused:
        desk.editing.add(desk.actor, wrong, entry_year=2026)
    told = faults(refused.value)
    assert told.keys() >= {
        "major", "id_number", "ethnic_group", "guardian_name:1", "schooling_place:1"
    }  # fmt: skip
    assert "汉族" in told["ethnic_group"]
    assert desk.students.find("单晓明") == []


def test_sex_that_disagrees_with_the_number_is_said_and_not_overwritten(desk: Workstation) -> None:
    said = desk.editing.check({"id_number": id_number(1), "sex": "女"})
    assert [fault.field for fault in said.faults] == ["sex"]
    assert said.values["sex"] == "女"
    assert said.values["birth_date"] == date(2011, 3, 5)


def test_nobody_is_entered_twice(desk: Workstation, added: Added) -> None:
    with pytest.raises(EditRefused, match="登记里已有单晓明"):
        desk.editing.add(desk.actor, NEW, entry_year=2026)


def test_a_number_of_somebody_else_is_told_while_typing(desk: Workstation, added: Added) -> None:
    (fault,) = desk.editing.check({"exam_number": NEW["exam_number"]}).faults
    assert "已是单晓明（26329900000001）的" in fault.sentence
    assert not desk.editing.check({"exam_number": NEW["exam_number"]}, added.student_id).faults


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("major", "没听说过专业", "没有专业“没听说过专业”"),
        ("class_group", "计算机2699", "2026级没有班级“计算机2699”"),
    ],
)
def test_a_slip_makes_no_new_major_or_class(
    desk: Workstation, field: str, text: str, words: str
) -> None:
    with pytest.raises(EditRefused, match=words):
        desk.editing.add(desk.actor, NEW | {field: text}, entry_year=2026)


def test_what_fills_a_blank_was_always_so_what_replaces_holds_from_today(
    desk: Workstation, added: Added
) -> None:
    edited = edit(desk, added.student_id, native_place="海南文昌", phone="13800000002")
    begin = {change.field: change.effective_date for change in edited.changes}
    assert begin == {"native_place": min(date(2026, 9, 1), today()), "phone": today()}
    yesterday = record(desk, added.student_id, today() - timedelta(days=1))
    assert yesterday.row.person["phone"] == "13800000001"


def test_guardians_and_schooling_are_seen_as_they_were(desk: Workstation, added: Added) -> None:
    edit(
        desk,
        added.student_id,
        guardian_phone__1="13900000008",
        guardian_name__2="",
        guardian_name__3="仇小英",
        schooling_place__1="文昌市第二小学",
        schooling_period__2="2023.09-2026.06",
        schooling_place__2="文昌中学",
    )
    now = record(desk, added.student_id, today())
    assert [g.name for g in now.guardians] == ["单建国", "仇小英"]
    assert [line.place for line in now.schooling] == ["文昌市第二小学", "文昌中学"]
    before = record(desk, added.student_id, today() - timedelta(days=1))
    assert before.guardians[0].phone == "13900000001"
    assert [g.name for g in before.guardians][:2] == ["单建国", "解芳"]
    assert before.schooling[0].place == "文昌市第一小学"


def test_half_a_guardian_is_refused(desk: Workstation, added: Added) -> None:
    with pytest.raises(EditRefused) as refused:
        edit(desk, added.student_id, guardian_name__1="")
    assert faults(refused.value) == {"guardian_name:1": "没有写姓名。请补上姓名，或把这一行清空。"}


def test_key_fields_are_refused_and_blank_ones_filled(desk: Workstation) -> None:
    values = {name: text for name, text in NEW.items() if name != "ethnic_group"}
    added = desk.editing.add(desk.actor, values, entry_year=2026)
    assert edit(desk, added.student_id, ethnic_group="汉族").changes[0].new == "汉族"
    with pytest.raises(EditRefused, match="关键信息"):
        edit(desk, added.student_id, ethnic_group="回族")
    with pytest.raises(EditRefused, match="由台账决定"):
        edit(desk, added.student_id, class_group="计算机2601")


def test_an_edit_is_taken_back_by_changes_that_stay(desk: Workstation, added: Added) -> None:
    before = desk.editing.values(desk.actor, added.student_id)
    edited = edit(
        desk,
        added.student_id,
        phone="13800000007",
        guardian_name__2="",
        former_name="单小明",
        schooling_place__1="",
        schooling_period__1="",
    )
    assert edit(desk, added.student_id).changes == ()
    desk.editing.take_back(desk.actor, edited)
    assert desk.editing.values(desk.actor, added.student_id) == before
    dossier = desk.dossiers.of(desk.actor, added.student_id)
    assert dossier is not None
    assert [row.what for row in dossier.history].count("联系电话") == 2


def test_what_was_changed_since_is_not_taken_back(desk: Workstation, added: Added) -> None:
    edited = edit(desk, added.student_id, phone="13800000007")
    edit(desk, added.student_id, phone="13800000008")
    with pytest.raises(EditRefused, match="后来又改过"):
        desk.editing.take_back(desk.actor, edited)


@pytest.mark.ux("S2")
def test_a_corrected_reading_is_kept_and_found_by(desk: Workstation, added: Added) -> None:
    edited = edit(desk, added.student_id, reading="Chán xiǎo míng")
    assert edited.changes[0].new == "chan xiao ming"
    assert desk.students.find("cxm") == [added.student_id]
    edit(desk, added.student_id, former_name="单小明")
    assert record(desk, added.student_id).row.reading == "chan xiao ming"
    with pytest.raises(EditRefused, match="拼音"):
        edit(desk, added.student_id, reading="单")


def test_who_only_reads_changes_nothing(desk: Workstation, added: Added) -> None:
    reader = Actor(desk.actor.id, "查阅员", frozenset({Role.READ}))
    with pytest.raises(NotYourRole):
        desk.editing.edit(reader, added.student_id, {"phone": "13800000007"})


def test_an_import_may_still_fill_what_a_form_left_blank(
    desk: Workstation, added: Added, tmp_path: Path
) -> None:
    row = person(1, "单晓明", 籍贯="海南文昌")
    row["考生号"], row["身份证号"] = NEW["exam_number"], NEW["id_number"]
    accepted = take_in(desk, write_list(tmp_path / "补充.xlsx", [row]))
    assert accepted.updated == 1
    assert record(desk, added.student_id).row.person["native_place"] == "海南文昌"
