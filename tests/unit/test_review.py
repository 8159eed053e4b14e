"""A file under way: corrected, mapped by hand, kept as a draft, its problems sent back."""

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from app.services import clock
from app.services.errors import EntryYearUnknown, HeaderMissing, TableFileEmpty
from app.services.exchange.batches import Batches
from app.services.exchange.mapping import LEFT_OUT, Hint, recognise
from app.services.exchange.plan import Profile, Verdict
from app.services.exchange.problems import problem_workbook
from app.services.exchange.readers import SourceFile, pasted_table, read_tables
from app.services.exchange.review import (
    Choices,
    Review,
    RowState,
    Unfinished,
    column_index,
    corrected,
)
from app.services.exchange.templates import TemplateKind, template_workbook
from app.services.progress import finish
from app.services.standards import Standards
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list
from tests.tables import rows_of, source, student, write_xlsx


def review(desk: Workstation, file: SourceFile, choices: Choices | None = None) -> Review:
    return finish(desk.intake.review(file, choices or Choices()))


def faulty(*wrong: str) -> SourceFile:
    """A list whose 民族 is wrong in some rows."""
    rows = [student(n) for n in range(1, 5)]
    for row, ethnic in zip(rows, wrong, strict=False):
        row["民族"] = ethnic
    return source([["2026级新生录取名册"], *rows_of(rows)])


@pytest.mark.ux("I4")
def test_a_cell_that_is_mended_is_checked_again_and_the_file_stays_as_it_was(
    desk: Workstation,
) -> None:
    file = faulty("汗族")
    before = review(desk, file)
    (fault,) = before.plan.faults
    assert (fault.row, fault.column, fault.value) == (3, "E", "汗族")
    place = before.place_of(fault)
    assert place == ("名册", 3, 4)
    after = review(desk, file, Choices().with_cells({place: "汉族"}))
    assert after.plan.faults == ()
    assert after.plan.count(Verdict.CREATED) == 4
    assert after.plan.source_sha256 == file.sha256
    assert file.sheets[0].rows[2][4] == "汗族"


@pytest.mark.ux("I4")
def test_all_cells_that_say_the_same_in_the_same_field_are_found_across_sheets(
    desk: Workstation,
) -> None:
    one = faulty("汗族", "汉族", "汗族")
    other = replace(one.sheets[0], name="二班", rows=(one.sheets[0].rows[1], *(
        row for row in source(rows_of([student(8, 民族="汗族")])).sheets[0].rows[1:]
    )))  # fmt: skip
    seen = review(desk, replace(one, sheets=(one.sheets[0], other)))
    place = seen.place_of(seen.plan.faults[0])
    assert place is not None
    alike = seen.alike(place)
    assert alike == (("名册", 3, 4), ("名册", 5, 4), ("二班", 2, 4))
    mended = review(desk, seen.source, Choices().with_cells(dict.fromkeys(alike, "汉族")))
    assert mended.plan.faults == ()


def test_states_count_what_can_be_taken_what_cannot_and_what_is_there_twice(
    desk: Workstation,
) -> None:
    rows = [student(1), student(2), student(2), student(3, 性别="不明")]
    seen = review(desk, source([["2026级新生"], *rows_of(rows)]))
    assert [seen.count(state) for state in RowState] == [2, 1, 1]
    assert seen.changing == {("名册", 3), ("名册", 4)}


def test_a_field_given_by_hand_comes_after_father_and_mother_were_seated() -> None:
    parents = {
        "父亲姓名": "安山",
        "父亲电话": "13900000001",
        "母亲姓名": "白水",
        "母亲电话": "13900000002",
    }
    file = source(rows_of([student(1) | parents], (*student(1), *parents)))
    header = list(file.sheets[0].rows[0])
    column = header.index
    own = recognise(file).parts[0].fields
    assert own["guardian_name"].index == column("父亲姓名")
    assert own["second_guardian_phone"].index == column("母亲电话")
    said = {column("母亲电话"): "phone", column("母亲姓名"): "guardian_name"}
    part = recognise(file, hints={"名册": Hint(fields=said)}).parts[0]
    assert part.fields["phone"].index == column("母亲电话")
    assert part.fields["guardian_name"].index == column("母亲姓名")
    assert part.relations == {"guardian_name": "母亲"}
    fathers = {column("父亲姓名"), column("父亲电话")}
    assert [one.field for one in part.columns if one.index in fathers] == [None, None]


@pytest.mark.ux("L1")
def test_everything_that_is_looked_up_by_row_or_cell_is_ready_before_the_window_gets_it(
    desk: Workstation,
) -> None:
    seen = review(desk, faulty("汗族"))
    lazy = {name for name, member in vars(Review).items() if isinstance(member, cached_property)}
    assert lazy
    assert lazy <= set(vars(seen))
    assert {place: [one.value for one in them] for place, them in seen.faults_at.items()} == {
        ("名册", 3, 4): ["汗族"]
    }
    assert {outcome.value: len(lines) for outcome, lines in seen.outcomes.items()} == {
        "新增": 3, "修改": 0, "无变化": 0, "冲突": 0, "其他问题": 1
    }  # fmt: skip


def test_a_correction_may_fill_a_cell_beyond_the_end_of_its_row(desk: Workstation) -> None:
    file = source([["姓名", "身份证号", "备注"], ["安然", "1"]])
    rows = corrected(file, {("名册", 2, 2): "补", ("名册", 9, 0): "没有这一行"}).sheets[0].rows
    assert rows[1] == ("安然", "1", "补")
    assert corrected(file, {("名册", 2, 1): ""}).sheets[0].rows[1] == ("安然",)


@pytest.mark.parametrize(("letters", "index"), [("A", 0), ("Z", 25), ("AA", 26), ("BC", 54)])
def test_column_letters(letters: str, index: int) -> None:
    assert column_index(letters) == index


# --- mapping by hand ------------------------------------------------------------------------


@pytest.mark.ux("I3")
def test_a_column_is_given_a_field_by_hand_and_another_is_left_out(desk: Workstation) -> None:
    row = student(1) | {"喜好": "13912345678", "说的话": "x"}
    file = source(rows_of([row], (*student(1), "喜好", "说的话")))
    before = review(desk, file).part("名册")
    assert before is not None
    assert [str(column) for column in before.unmatched] == ["H 列「喜好」", "I 列「说的话」"]
    assert before.samples(before.columns[7]) == ("13912345678",)
    choices = Choices().with_field("名册", 7, "phone").with_field("名册", 4, LEFT_OUT)
    after = review(desk, file, choices)
    values = after.rows[0].values
    assert values["phone"] == "13912345678"
    assert "ethnic_group" not in values


def test_a_field_given_to_another_column_leaves_the_first(desk: Workstation) -> None:
    choices = Choices().with_field("名册", 1, "name").with_field("名册", 2, "name")
    assert choices.hints["名册"].fields == {2: "name"}
    assert choices.with_field("名册", 2, None).hints["名册"].fields == {}


def test_the_header_may_be_pointed_at(desk: Workstation) -> None:
    file = source([["甲", "乙"], ["安然", "460303201103050020"], ["白岩", "460303201103050039"]])
    with pytest.raises(HeaderMissing):
        review(desk, file)
    hints = {"名册": Hint(1, {0: "name", 1: "id_number"})}
    seen = review(desk, file, Choices(hints=hints))
    assert [row.values["name"] for row in seen.rows] == ["安然", "白岩"]


@pytest.mark.ux("I3")
def test_what_was_given_by_hand_is_known_the_next_time(desk: Workstation) -> None:
    row = student(1) | {"喜好": "13912345678"}
    file = source(rows_of([row], (*student(1), "喜好")))
    choices = Choices().with_field("名册", 7, "phone").with_field("名册", 4, LEFT_OUT)
    desk.intake.learn(desk.actor, review(desk, file, choices))
    part = review(desk, file).part("名册")
    assert part is not None
    assert part.fields["phone"].header == "喜好"
    assert "ethnic_group" not in part.fields


# --- the year -------------------------------------------------------------------------------


def test_without_a_year_the_review_is_made_but_cannot_be_accepted(desk: Workstation) -> None:
    row = {key: value for key, value in student(1).items() if key != "考生号"}
    file = source(rows_of([row], tuple(row)))
    seen = review(desk, file, Choices(profile=Profile.ADMISSION))
    assert seen.plan.entry_year is None
    with pytest.raises(EntryYearUnknown):
        finish(desk.batches.accept(desk.actor, seen.plan))
    chosen = Choices(profile=Profile.ADMISSION, entry_year=2026)
    assert finish(desk.batches.accept(desk.actor, review(desk, file, chosen).plan)).created == 1


@pytest.mark.ux("I7")
def test_the_same_file_is_recognised_by_its_batch(desk: Workstation, tmp_path: Path) -> None:
    path = write_list(tmp_path / "名册.xlsx", [person(1, "安然")])
    batch = take_in(desk, path).batch_id
    again = review(desk, read_tables(path))
    assert again.plan.seen_before == batch
    assert any("导入过" in remark for remark in again.plan.remarks)


# --- pasted ---------------------------------------------------------------------------------


@pytest.mark.ux("I1")
def test_a_pasted_block_is_a_file_with_quoted_cells_whole(desk: Workstation) -> None:
    text = (
        '姓名\t身份证号\t专业\t家庭住址\r\n安然\t460303201103050020\t软件技术\t"一路\n二号"\r\n\r\n'
    )
    file = pasted_table(text, "粘贴")
    assert len(file.sheets[0].rows) == 2
    seen = review(desk, file, Choices(profile=Profile.ADMISSION, entry_year=2026))
    assert seen.rows[0].values["home_address"] in {"一路\n二号", "一路二号", "一路 二号"}
    with pytest.raises(TableFileEmpty):
        pasted_table(" \n", "粘贴")


@pytest.mark.ux("I8")
def test_a_pasted_number_that_excel_had_spoilt_is_stopped(desk: Workstation) -> None:
    text = "姓名\t身份证号\t专业\n安然\t3.20102E+17\t软件技术\n白岩\t320102201103050000\t软件技术\n"
    seen = review(desk, pasted_table(text, "粘贴"), Choices(entry_year=2026))
    assert [fault.row for fault in seen.plan.faults] == [2, 3]
    assert {fault.field for fault in seen.plan.faults} == {"id_number"}


# --- drafts ---------------------------------------------------------------------------------


@pytest.mark.ux("I2")
def test_a_draft_brings_everything_back_for_seven_days(desk: Workstation) -> None:
    choices = replace(
        Choices().with_cells({("名册", 3, 4): "汉族"}).with_field("名册", 7, "phone"),
        profile=Profile.ADMISSION,
        entry_year=2026,
        left_out=frozenset({("名册", 5)}),
        admitted_only=True,
    )
    kept = Unfinished("名册.xlsx", "/u/名册.xlsx", "ab", "", choices)
    desk.intake.keep(desk.actor, kept)
    assert desk.intake.resume(desk.actor, "ab") == kept
    assert [row.title for row in desk.intake.unfinished(desk.actor)] == ["名册.xlsx"]
    clock.stop_at(clock.now() + timedelta(days=8))
    try:
        assert desk.intake.unfinished(desk.actor) == []
        assert desk.intake.resume(desk.actor, "ab") is None
    finally:
        clock.stop_at(None)


def test_in_another_version_of_the_file_places_of_cells_mean_nothing(desk: Workstation) -> None:
    choices = Choices().with_cells({("名册", 3, 4): "汉族"}).with_field("名册", 7, "phone")
    kept = Unfinished("名册.xlsx", "", "old", "", choices)
    now = desk.intake.same_file(kept, faulty())
    assert now.choices.cells == {}
    assert now.choices.hints == choices.hints
    assert desk.intake.same_file(replace(kept, sha256="0" * 64), faulty()).choices == choices


# --- problem rows ---------------------------------------------------------------------------


@pytest.mark.ux("I5")
def test_problem_rows_come_in_the_layout_of_the_source_and_go_back_in_alone(
    desk: Workstation, tmp_path: Path
) -> None:
    rows = [student(1), student(2, 民族="汗族"), student(3), student(4, 身份证号=3.20102e17)]
    path = write_xlsx(
        tmp_path / "名册.xlsx", [["2026级新生录取名册"], *rows_of(rows)], merged=["A1:G1"]
    )
    seen = review(desk, read_tables(path))
    target = tmp_path / "问题行.xlsx"
    assert desk.intake.export_problems(desk.actor, seen, target) == 2
    sheet = openpyxl.load_workbook(target)["名册"]
    assert [cell.value for cell in sheet[2]] == list(student(1))
    assert sheet.max_row == 4
    bad = sheet["E3"]
    assert bad.value == "汗族"
    assert bad.fill.fgColor.rgb == "FFFFD9D6"
    assert "原表第 4 行" in bad.comment.text
    assert "没有这个民族" in bad.comment.text
    assert sheet["F4"].value == "3.20102E+17"
    assert sheet["F4"].number_format == "@"
    assert sheet["D3"].comment is None
    finish(desk.batches.accept(desk.actor, seen.plan))
    sheet["E3"].value = "汉族"
    sheet["F4"].value = student(4)["身份证号"]
    sheet.parent.save(target)
    again = review(desk, read_tables(target))
    assert again.plan.faults == ()
    result = finish(desk.batches.accept(desk.actor, again.plan))
    assert (result.created, result.updated, result.unchanged) == (2, 0, 0)


@pytest.mark.ux("I5")
def test_the_export_of_problem_rows_is_in_the_audit_log(desk: Workstation, tmp_path: Path) -> None:
    desk.intake.export_problems(desk.actor, review(desk, faulty("汗族")), tmp_path / "问题.xlsx")
    assert "导出问题行" in [row.action for row in audit_rows(desk)]


def audit_rows(desk: Workstation) -> list[object]:
    from sqlalchemy import select

    from app.models.audit import AuditEntry

    with desk.database.read() as session:
        return list(session.scalars(select(AuditEntry)))


def test_a_fault_without_a_column_is_told_in_the_first_that_is_read(desk: Workstation) -> None:
    row = {key: value for key, value in student(1).items() if key != "专业"}
    file = source([["2026级新生"], *rows_of([row], tuple(row))])
    seen = review(desk, file, Choices(profile=Profile.ADMISSION))
    sheet = openpyxl.load_workbook(BytesIO(problem_workbook(seen))).active
    assert "没有专业" in sheet["A3"].comment.text


# --- templates ------------------------------------------------------------------------------


@pytest.mark.ux("I9")
@pytest.mark.parametrize("kind", TemplateKind)
def test_every_column_of_a_template_is_recognised_and_the_example_is_passed_over(
    kind: TemplateKind, tmp_path: Path
) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(template_workbook(kind, Standards()))
    (part,) = recognise(read_tables(path)).parts
    assert [column.header for column in part.unmatched] == ["序号"]
    assert part.rows == ()
    assert any("示例" in remark for remark in part.remarks)


@pytest.mark.ux("I9")
def test_a_template_keeps_numbers_as_text_and_offers_the_words(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(BytesIO(template_workbook(TemplateKind.ADMISSION, Standards())))
    sheet = book["录取名册"]
    header = {cell.value: cell for cell in sheet[1]}
    assert sheet.freeze_panes == "A2"
    assert "18 位" in header["身份证号"].comment.text
    letter = header["身份证号"].column_letter
    assert sheet[f"{letter}2"].number_format == "@"
    assert sheet.column_dimensions[letter].number_format == "@"
    lists = {str(one.sqref).split(":")[0].rstrip("0123456789"): one.formula1
             for one in sheet.data_validations.dataValidation}  # fmt: skip
    assert lists[header["民族"].column_letter] == "代码!$B$1:$B$59"
    assert book["代码"].sheet_state == "hidden"
    assert book["代码"]["B1"].value == "汉族"


@pytest.mark.ux("I9")
def test_a_template_that_was_filled_in_comes_in_whole(desk: Workstation, tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    desk.intake.write_template(TemplateKind.ADMISSION, path)
    book = openpyxl.load_workbook(path)
    sheet = book["录取名册"]
    places = {cell.value: cell.column for cell in sheet[1]}
    for name, value in student(1).items():
        sheet.cell(3, places["专业名称" if name == "专业" else name]).value = value
    book.save(path)
    assert take_in(desk, path).created == 1
    assert [row.name for row in students(desk)] == [student(1)["姓名"]]


# --- batches --------------------------------------------------------------------------------


@pytest.mark.ux("I7")
def test_a_batch_says_who_took_it_in_and_what_stands_against_taking_it_back(
    desk: Workstation, tmp_path: Path
) -> None:
    batches: Batches = desk.batches
    batch = take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然")])).batch_id
    assert batch is not None
    (row,) = batches.rows()
    assert (row.source_name, row.operator, row.created) == ("名册.xlsx", desk.actor.name, 1)
    assert batches.obstacle(batch) == ""
    assert batches.people(batch) == tuple(one.id for one in students(desk))
    desk.placement.split(desk.actor, 2026)
    assert "安然" in batches.obstacle(batch)
