"""Lists of students: who, in which order, what the boxes let through, what the cells say."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from app.models.rules.identity import IdentityFault, read_identity
from app.models.rules.terms import academic_year, grade_name, term_begin
from app.models.student import Student
from app.models.vocabulary import CountBase, Kind, Signatory, Status
from app.services.clock import now, today
from app.services.errors import PurposeMissing, ViewNameRefused
from app.services.progress import finish
from app.services.register import completeness as card
from app.services.register import listing
from app.services.register.bulk import Edit, same_for_all
from app.services.register.columns import COLUMNS
from app.services.register.filters import chosen, matches, parse
from app.services.register.ledger import Moment
from app.services.register.listexport import ListSheet, proposed_name
from app.services.register.listing import ListQuery, ListRow, SortLevel
from app.services.register.students import Scope
from app.services.register.views import STUDENTS, Shown, View, shipped
from app.services.workstation import Workstation
from tests import builders

NOW = Moment(today())
OCTOBER = Moment(date(2026, 10, 1))
PEOPLE = ("单晓明", "王伟", "阿依古丽·吐尔逊", "仇英", "曾子墨", "赵敏")


@pytest.fixture
def filled(desk: Workstation, tmp_path: Path) -> Workstation:
    """Six students of 2026, all 在校, without classes and numbers."""
    rows = [
        builders.person(index, name, boy=index % 2 == 1)
        for index, name in enumerate(PEOPLE, start=1)
    ]
    builders.take_in(desk, builders.write_list(tmp_path / "新生.xlsx", rows))
    return desk


def names(desk: Workstation, query: ListQuery, moment: Moment = NOW) -> list[str]:
    return [row.cells["name"] for row in desk.listing.page(moment, desk.listing.ids(moment, query))]


def by(column: str, *, descending: bool = False) -> ListQuery:
    return ListQuery(sort=(SortLevel(column, descending),))


def row_of(desk: Workstation, name: str, moment: Moment = NOW) -> ListRow:
    ids = desk.listing.ids(moment, ListQuery({"name": f"={name}"}))
    return desk.listing.page(moment, ids)[0]


# --- order --------------------------------------------------------------------------------------


def test_names_come_in_the_order_of_their_surname_readings(filled: Workstation) -> None:
    found = names(filled, by("name"))
    assert found == ["阿依古丽·吐尔逊", "仇英", "单晓明", "王伟", "曾子墨", "赵敏"]
    assert names(filled, by("name", descending=True)) == found[::-1]


def test_blank_comes_last_whichever_way_the_list_runs(filled: Workstation) -> None:
    student = row_of(filled, "仇英").id
    filled.corrections.correct(filled.actor, student, {"籍贯": "江苏南通"}, basis="补登")
    assert names(filled, by("native_place"))[0] == "仇英"
    assert names(filled, by("native_place", descending=True))[0] == "仇英"


def test_numbers_are_text_and_scores_are_figures(filled: Workstation) -> None:
    student = row_of(filled, "王伟").id
    filled.corrections.correct(filled.actor, student, {"中考成绩": "98.5"}, basis="更正")
    assert names(filled, by("exam_score"))[0] == "王伟"
    with filled.database.write(filled.actor, "测试") as session:
        session.get_one(Student, student).number = "10"
        session.get_one(Student, row_of(filled, "赵敏").id).number = "9"
    assert names(filled, by("number"))[:2] == ["王伟", "赵敏"]


def test_second_level_orders_what_the_first_leaves_equal(filled: Workstation) -> None:
    query = ListQuery(sort=(SortLevel("sex", True), SortLevel("exam_score", True)))
    found = [row.cells["sex"] for row in filled.listing.page(NOW, filled.listing.ids(NOW, query))]
    assert found == ["男", "男", "男", "女", "女", "女"] or found[:3] == ["女"] * 3
    assert names(filled, query)[2] != names(filled, query)[3]


# --- boxes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "words", "expected"),
    [
        ("name", "晓", ["单晓明"]),
        ("name", "sxm", ["单晓明"]),
        ("name", "shan xiao", ["单晓明"]),
        ("name", "qiu|zhao", ["仇英", "赵敏"]),
        ("sex", "=男", ["单晓明", "阿依古丽·吐尔逊", "曾子墨"]),
        ("sex", "＝男｜＝女", list(PEOPLE)),
        ("exam_score", ">504", ["曾子墨", "赵敏"]),
        ("exam_score", ">=504", ["仇英", "曾子墨", "赵敏"]),
        ("exam_score", "<502", ["单晓明"]),
        ("native_place", "空", list(PEOPLE)),
        ("native_place", "非空", []),
        ("name", "不含 明", ["王伟", "阿依古丽·吐尔逊", "仇英", "曾子墨", "赵敏"]),
        ("name", "王|赵|不含 伟", ["赵敏"]),
        ("birth_date", "<=2011-03", list(PEOPLE)),
        ("birth_date", ">2011-03-05", []),
        ("status", "=在校", list(PEOPLE)),
        ("name", "100%", []),
        ("name", "=", []),
    ],
)
def test_a_box_lets_through_what_it_says(
    filled: Workstation, column: str, words: str, expected: list[str]
) -> None:
    assert sorted(names(filled, ListQuery({column: words}))) == sorted(expected)


def test_a_list_in_memory_understands_the_same_words() -> None:
    assert matches(parse("≥ 60"), "100", figures=True)
    assert not matches(parse(">9"), "10")
    assert matches(parse("休学|退"), "退学")
    assert not matches(parse("不含 退"), "退学")
    assert not parse(">")
    assert matches(parse(chosen(["在校", ""])), "")
    assert not matches(parse(chosen(["在校", ""])), "休学")


def test_value_list_counts_under_the_other_boxes(
    filled: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = ListQuery({"sex": "=男", "name": "明|墨"})
    assert filled.listing.values(NOW, "sex", query) == [("男", 2)]
    assert filled.listing.values(NOW, "native_place", ListQuery()) == [("", 6)]
    assert filled.listing.values(NOW, "name", ListQuery(), holding="王") == [("王伟", 1)]
    assert filled.listing.count(NOW, query) == 2
    monkeypatch.setattr(listing, "_PORTION", 2)
    portions = filled.listing.portions()
    assert len(portions) > 1
    assert sum(filled.listing.count(NOW, query, ids) for ids in portions) == 2


def test_every_column_can_be_sorted_and_filtered_now_and_then(filled: Workstation) -> None:
    for moment in (NOW, Moment(date(2026, 9, 2)), Moment(NOW.as_of, now())):
        for column in COLUMNS:
            found = [
                len(
                    filled.listing.ids(
                        moment, ListQuery({column.name: words}, by(column.name).sort)
                    )
                )
                for words in ("空", "非空", ">", "x" * 30)
            ]
            assert found[0] + found[1] == len(PEOPLE), column.name
            assert found[2:] == [len(PEOPLE), 0], column.name


# --- moments ------------------------------------------------------------------------------------


def test_list_of_a_day_shows_standing_and_values_of_that_day(filled: Workstation) -> None:
    student = row_of(filled, "王伟").id
    on = date(2026, 10, 20)
    filled.corrections.correct(filled.actor, student, {"籍贯": "江苏南通"}, basis="补登", on=on)
    filled.changes.change(
        filled.actor, student, Kind.WITHDRAWAL, on, reason="本人申请", signed=frozenset(Signatory),
    )  # fmt: skip
    before, after = row_of(filled, "王伟", OCTOBER), row_of(filled, "王伟", Moment(on))
    assert (before.cells["status"], before.cells["native_place"]) == ("在校", "")
    assert (after.cells["status"], after.cells["native_place"]) == ("退学", "江苏南通")
    assert (after.cells["change_kind"], after.cells["change_date"]) == ("退学", "2026-10-20")
    in_school = ListQuery(base=CountBase.IN_SCHOOL)
    assert len(filled.listing.ids(OCTOBER, in_school)) == 6
    assert len(filled.listing.ids(Moment(on), in_school)) == 5
    term = ListQuery({"change_date": "本学期"})
    assert names(filled, term, Moment(on)) == ["王伟"]


def test_who_comes_in_september_is_seen_in_august_only_when_asked(filled: Workstation) -> None:
    august = date(2026, 8, 15)
    assert len(filled.listing.ids(Moment(august), ListQuery())) == 0
    assert len(filled.listing.ids(Moment(august, upcoming=True), ListQuery())) == 6


def test_kept_standing_equals_the_fold_on_every_day(filled: Workstation) -> None:
    student = row_of(filled, "王伟").id
    changes = filled.changes
    changes.change(
        filled.actor,
        student,
        Kind.WITHDRAWAL,
        date(2026, 10, 20),
        reason="申请",
        signed=frozenset(Signatory),
    )
    with filled.database.read() as session:
        entry = session.execute(text("SELECT max(id) FROM ledger")).scalar_one()
    changes.reverse(filled.actor, student, entry, reason="录错人")
    changes.change(
        filled.actor, row_of(filled, "赵敏").id, Kind.WITHDRAWAL, date(2026, 9, 1), reason="申请",
        signed=frozenset(Signatory),
    )  # fmt: skip
    for day in (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 20), date(2030, 1, 1)):
        for upcoming in (False, True):
            moment = Moment(day, upcoming=upcoming)
            folded = {row.id: row.status for row in filled.students.rows(moment, Scope())}
            listed = filled.listing.page(moment, filled.listing.ids(moment, ListQuery()))
            assert {row.id: Status(row.cells["status"]) for row in listed} == folded
    assert filled.listing.misfits() == []


def test_spoilt_standing_is_found_and_rebuilt(filled: Workstation) -> None:
    student = row_of(filled, "王伟").id
    with filled.database.write(filled.actor, "测试") as session:
        session.connection().exec_driver_sql(
            "UPDATE standings SET status = '退学' WHERE student_id = ?", (student,)
        )
    assert filled.listing.misfits() == [student]
    assert "1 名学生的学籍状态与学籍台账不符" in finish(filled.vault.verify()).sentences[0]
    filled.listing.rebuild(filled.actor)
    assert filled.listing.misfits() == []
    assert row_of(filled, "王伟").cells["status"] == "在校"


# --- completeness and 待核 ----------------------------------------------------------------------


def test_completeness_of_list_and_record_is_one(filled: Workstation) -> None:
    row = row_of(filled, "王伟")
    record = filled.students.records(NOW, Scope(ids=[row.id]))[0]
    assert card.of_record(record) == row.completeness
    assert row.cells["completeness"] == str(row.completeness.percent)
    assert {"籍贯", "照片", "监护人"} <= set(row.completeness.labels)
    assert "考生号" not in row.completeness.labels
    before = row.completeness.percent
    filled.corrections.correct(filled.actor, row.id, {"籍贯": "江苏南通"}, basis="补登")
    assert row_of(filled, "王伟").completeness.percent > before


def test_what_is_wrong_is_told_at_its_cell(filled: Workstation) -> None:
    row = row_of(filled, "王伟")
    number = row.cells["id_number"]
    spoilt = number[:16] + ("1" if number[16] != "1" else "3") + number[17:]
    assert read_identity(spoilt) is IdentityFault.CHECK_DIGIT
    cases = {
        "id_number": (spoilt, "校验码"),
        "birth_date": (date(2011, 3, 6), "出生日期"),
        "name": ("王?", "姓名"),
    }
    for column, (value, words) in cases.items():
        with filled.database.write(filled.actor, "测试") as session:
            student = session.get_one(Student, row.id)
            kept = getattr(student, column)
            setattr(student, column, value)
        (found,) = filled.listing.page(NOW, filled.listing.ids(NOW, ListQuery({"review": "非空"})))
        assert found.id == row.id
        assert words in found.faults[column]
        with filled.database.write(filled.actor, "测试") as session:
            setattr(session.get_one(Student, row.id), column, kept)
    assert names(filled, ListQuery({"review": "非空"})) == []


# --- views --------------------------------------------------------------------------------------


def test_shipped_views_hold_for_every_day(filled: Workstation) -> None:
    found = {view.name: view for view in shipped(date(2030, 9, 10))}
    assert list(found)[:5] == ["全部在校", "信息不完整", "待核", "本学期异动", "毕业年级"]
    moment = Moment(date(2030, 9, 10))
    graduating = filled.listing.ids(moment, found["毕业年级"].query)
    assert len(graduating) == 6  # entered 2026, five years
    assert (academic_year(date(2027, 2, 3)), term_begin(date(2027, 2, 3))) == (
        2026, date(2027, 2, 1),
    )  # fmt: skip
    assert grade_name(5) == "五年级"


def test_saved_view_comes_back_as_it_was_and_a_lost_column_is_left_out(
    filled: Workstation,
) -> None:
    query = ListQuery({"name": "王"}, (SortLevel("name", True),), CountBase.ON_REGISTER)
    view = View("我的名单", (Shown("name", 120), Shown("number")), query, frozen=1)
    kept = filled.views.save(filled.actor, STUDENTS, view)
    (found,) = filled.views.of(STUDENTS)
    assert found == kept
    assert (found.columns, found.query, found.frozen) == (view.columns, query, 1)
    with filled.database.write(filled.actor, "测试") as session:
        session.connection().exec_driver_sql(
            "UPDATE saved_views SET content = replace(content, '\"number\"', '\"shoe_size\"')"
        )
    assert filled.views.of(STUDENTS)[0].columns == (Shown("name", 120),)
    with pytest.raises(ViewNameRefused):
        filled.views.save(filled.actor, STUDENTS, View("全部在校"))
    filled.views.rename(filled.actor, kept.id or 0, "王家")
    assert [v.name for v in filled.views.of(STUDENTS)] == ["王家"]
    filled.views.leave(filled.actor, STUDENTS, view)
    assert filled.views.last(STUDENTS).query == query  # type: ignore[union-attr]
    assert len(filled.views.of(STUDENTS)) == 1
    filled.views.delete(filled.actor, kept.id or 0)
    assert filled.views.of(STUDENTS) == ()


# --- bulk edit ----------------------------------------------------------------------------------


def test_bulk_edit_writes_what_was_previewed_and_undo_is_another_change(
    filled: Workstation,
) -> None:
    ids = [row_of(filled, name).id for name in ("王伟", "赵敏")]
    edits = same_for_all(ids, {"native_place": "江苏南通", "postcode": "226001"})
    plan = finish(filled.bulk_edits.preview(filled.actor, edits))
    assert (plan.people, len(plan.changes), plan.refused) == (2, 4, ())
    assert row_of(filled, "王伟").cells["native_place"] == ""
    done = finish(filled.bulk_edits.apply(filled.actor, edits, basis="班主任来表"))
    assert done == plan
    assert row_of(filled, "王伟").cells["native_place"] == "江苏南通"
    back = finish(filled.bulk_edits.apply(filled.actor, done.undone(), basis="撤销批量修改"))
    assert back.refused == ()
    assert row_of(filled, "赵敏").cells["postcode"] == ""
    with filled.database.read() as session:
        bases = session.execute(text("SELECT basis FROM field_changes ORDER BY id")).scalars().all()
    assert bases == ["班主任来表"] * 4 + ["撤销批量修改"] * 4


def test_bulk_edit_names_why_a_cell_is_refused_and_writes_the_others(filled: Workstation) -> None:
    student = row_of(filled, "王伟").id
    edits = [
        Edit(student, "political_status", "好人"),
        Edit(student, "native_place", "江苏南通"),
        Edit(student, "name", "王威"),
        Edit(student, "class_group", "1班"),
        Edit(student, "ethnic_group", "汉族"),
    ]
    done = finish(filled.bulk_edits.apply(filled.actor, edits))
    assert [line.field for line in done.changes] == ["native_place"]
    refused = {line.field: line.problem for line in done.refused}
    assert set(refused) == {"political_status", "name", "class_group", "ethnic_group"}
    assert "信息变更" in refused["name"]
    assert "好人" in refused["political_status"]
    assert row_of(filled, "王伟").cells["name"] == "王伟"


def test_stopped_bulk_edit_leaves_no_trace(filled: Workstation) -> None:
    edits = same_for_all([row_of(filled, "王伟").id], {"native_place": "江苏南通"})
    work = filled.bulk_edits.apply(filled.actor, edits)
    next(work)
    next(work)
    work.close()
    assert row_of(filled, "王伟").cells["native_place"] == ""


# --- export -------------------------------------------------------------------------------------


@pytest.mark.promise(38)
def test_exported_list_is_what_was_seen_and_its_purpose_is_asked_once(
    filled: Workstation, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    ids = filled.listing.ids(NOW, by("name", descending=True))
    sheet = ListSheet("2026级新生", ("name", "id_number", "completeness"), ids, NOW)
    target = tmp_path / proposed_name("2026级/新生", date(2026, 9, 15))
    assert target.name == "2026级_新生_20260915.xlsx"
    assert filled.list_exports.purpose_of_today(filled.actor) is None
    with pytest.raises(PurposeMissing):
        finish(filled.list_exports.save(filled.actor, sheet, target, " "))
    assert not target.exists()
    assert finish(filled.list_exports.save(filled.actor, sheet, target, "报学院备案")) == 6
    assert filled.list_exports.purpose_of_today(filled.actor) == "报学院备案"
    page = load_workbook(target).active
    assert page is not None
    assert [page.cell(row, 2).value for row in range(3, 10)] == [
        "姓名",
        *names(filled, by("name"))[::-1],
    ]
    cell = page.cell(4, 3)
    assert (cell.data_type, len(cell.value)) == ("s", 18)
    assert page.freeze_panes == "D4"
    assert page.auto_filter.ref == "A3:D9"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.print_title_rows == "$1:$3"


def test_showing_whole_numbers_is_in_the_log(filled: Workstation) -> None:
    filled.listing.reveal(filled.actor, "全部在校", 6)
    with filled.database.read() as session:
        last = session.execute(
            text("SELECT action, reason FROM audit_entries ORDER BY seq DESC LIMIT 1")
        ).one()
    assert tuple(last) == ("显示身份证号", "全部在校")
