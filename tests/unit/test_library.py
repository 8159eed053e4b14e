"""表样库: install, versions, comparing, retiring; mistakes are named with sheet and cell."""

import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from openpyxl.styles import Font
from sqlalchemy import select

from app.models.audit import AuditEntry
from app.models.vocabulary import Kind, Role, Signatory
from app.services import children
from app.services.clock import today
from app.services.errors import (
    CodeUnreadable,
    FormFaulty,
    FormFixed,
    FormKnown,
    FormNameRefused,
    FormRefused,
    FormUnreadable,
    NoSuchForm,
    ScanRefused,
    SheetsNotScanned,
    UnknownForm,
)
from app.services.exchange.readers import Limits
from app.services.forms import form_reader, pdf
from app.services.forms.dictionary import CHAPTER, field_lines, manual_chapter
from app.services.forms.examples import example_values
from app.services.forms.faults import faults_of
from app.services.forms.fields import FORMS
from app.services.forms.form_reader import inspect_form
from app.services.forms.library import Library, shipped_form
from app.services.forms.placing import field_text, place_text
from app.services.forms.sheets import Standing
from app.services.forms.template import compile_template
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.resources import resource
from app.services.vault.audit import Actor
from app.services.vault.database import Database
from app.services.vault.media import MediaStore
from app.services.workstation import Workstation
from tests.builders import person, take_in, who, write_list
from tests.unit.form_samples import form, put, roster, saved, texts


@pytest.fixture
def library(database: Database, media: MediaStore) -> Library:
    return Library(database, media)


def faults(cells: dict[str, Any], paper: str = "学籍卡") -> list[tuple[str, str]]:
    found = faults_of(compile_template(form(cells)), paper)
    assert all(fault.sheet == "卡片" for fault in found)
    return [(fault.cell, fault.sentence) for fault in found]


def list_form() -> Any:
    """A roster with fields that every roster may use."""
    book = roster()
    put(book.active, {"A1": "{{范围}}名册"})
    return book


# --- mistakes -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_a_shipped_form_has_no_mistake_and_can_be_filled_with_examples(name: str) -> None:
    template = shipped_form(name)
    assert [str(fault) for fault in faults_of(template, name)] == []
    values = example_values(template, name)
    drawn = finish(pdf.draw(template, [values], title=name))
    assert drawn.pages[0] >= 1
    assert drawn.overflows == ()


def test_mistakes_are_named_with_their_cell_and_cure() -> None:
    assert faults({"A1": "甲"}) == [("A1", "整张表里没有一个字段，印出来每份都一样。")]
    found = dict(
        faults(
            {
                "A1": "{{姓名}}",
                "A2": "{{姓命}}",
                "A3": "{{家庭成员}}",
                "A4": "{{姓名[2]}}",
                "A5": "相片{{照片}}",
                "A6": "{{姓名|yyyy年}}",
                "A7": "{{入学日期|0.0}}",
                "A8": "{{家庭成员[1].姓名}}",
                "A9": "{{家庭成员[3].姓名}}",
                "B1": "{{名单.姓名}}",
            }
        )
    )
    assert set(found) == {"A2", "A3", "A4", "A5", "A6", "A7", "A9", "B1"}
    assert "是不是“姓名”" in found["A2"]
    assert found["A3"] == "“家庭成员”是列表，要说明印哪一栏，例如 {{家庭成员.称谓}}。"
    assert found["A4"] == "“姓名”不是列表，不能带序号或点。请写成 {{姓名}}。"
    assert "独占一格" in found["A5"]
    assert "是文字，不能带格式“yyyy年”" in found["A6"]
    assert "不是日期格式" in found["A7"]
    assert "没有第 2 格" in found["A9"]
    assert "只能用在" in found["B1"]


def test_a_list_that_has_no_room_and_a_hidden_field_are_named() -> None:
    book = list_form()
    sheet: Any = book.active
    sheet.row_dimensions[2].height, sheet.row_dimensions[3].height = 400, 400
    sheet.column_dimensions["C"].hidden = True
    found = {f.cell: f.sentence for f in faults_of(compile_template(saved(book)), "在校生名册")}
    assert found["A3"].startswith("一页里放不下标题行和一行“名单”")
    assert found["C3"] == "“名单.身份证号”所在的列是隐藏的，印不出来。"


# --- hostile files ------------------------------------------------------------------------


def test_a_form_is_read_by_a_process_of_its_own_that_may_die(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = form({"A1": "{{姓名}}", "A2": "{{监护人姓命}}"})
    (fault,) = inspect_form(good, "卡", "学籍卡").faults
    assert (fault.sheet, fault.cell) == ("卡片", "A2")
    with pytest.raises(NoSuchForm, match="学藉卡"):
        inspect_form(good, "卡", "学藉卡")
    assert inspect_form(saved(list_form()), "表").paper == "在校生名册"
    (fault,) = inspect_form(form({"B3": "=1+1"}), "卡", "学籍卡").faults
    assert (fault.cell, fault.sentence[:3]) == ("B3", "含公式")
    with pytest.raises(FormUnreadable, match="秒还没有读完"):
        inspect_form(good, "卡", "学籍卡", Limits(seconds=0.01))
    monkeypatch.setattr(children, "_SCRIPT", "import os; os.abort()")
    with pytest.raises(FormUnreadable, match="读不出来"):
        inspect_form(good, "卡", "学籍卡")


@pytest.mark.promise(42)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空文件"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "旧的 .xls"),
        (b"PK\x03\x04 nothing", "已损坏"),
        ("macro", "带有宏"),
        ("bomb", "解压后太大"),
    ],
)
def test_what_is_no_workbook_is_refused_before_any_parser(
    data: bytes | str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a parser was started")

    monkeypatch.setattr(form_reader, "_ask_child", never)
    if isinstance(data, str):
        target = BytesIO(form({"A1": "{{姓名}}"}))
        with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as book:
            name = "xl/vbaProject.bin" if data == "macro" else "xl/media/much.bin"
            book.writestr(name, b"x" if data == "macro" else bytes(40 << 20))
        data = target.getvalue()
    with pytest.raises(FormUnreadable, match=reason):
        inspect_form(data, "来表")


# --- versions -----------------------------------------------------------------------------


def test_a_new_version_goes_before_the_shipped_one_and_leaves_it_for_reprints(
    library: Library, database: Database, actor: Actor
) -> None:
    before = next(row for row in library.rows() if row.name == "在校生名册")
    assert (before.number, before.shelf, before.replaced) == (0, "学籍卡与名册", False)
    own = saved(list_form())
    made = library.install(actor, own, "在校生名册", note="校办〔2026〕3号")
    assert (made.number, made.current) == (1, True)
    with pytest.raises(FormKnown, match="第 1 版"):
        library.install(actor, own, "在校生名册")
    with pytest.raises(FormKnown):
        library.install(actor, shipped_form("新生名册").source, "新生名册")
    assert library.template("在校生名册").version == made.version
    assert library.template("在校生名册", 0).version == before.version
    with database.read() as session:
        found = library.of_version(session, "在校生名册", before.version)
        assert found is not None
        assert library.of_version(session, "在校生名册", "0" * 16) is None
        assert library.find(session, "在校生名册")[0].version == made.version
    newer = list_form()
    put(newer.active, {"A1": "{{学校}}{{范围}}学生名册"})
    newer.active["A2"].font = Font(name="黑体", size=12, bold=True)
    newer.active.column_dimensions["B"].width = 20
    newer.active.page_setup.orientation = "landscape"
    newer.active["D3"] = "{{名单.性别}}"
    newer.active["B2"] = None
    second = library.install(actor, saved(newer), "在校生名册")
    assert [row.number for row in library.versions("在校生名册")] == [2, 1, 0]
    told = {(one.place, one.what): (one.before, one.after) for one in library.compare(
        "在校生名册", 1, 2)}  # fmt: skip
    assert told["A1", "文字"] == ("{{范围}}名册", "{{学校}}{{范围}}学生名册")
    assert told["A2", "加粗"] == ("否", "是")
    assert told["A2", "字号"] == ("10.5", "12")
    assert told["B2", "没有了"] == ("姓名", "（空）")
    assert told["D3", "新增"] == ("（空）", "{{名单.性别}}")
    assert told["B 列", "列宽"][0] != told["B 列", "列宽"][1]
    assert told["页面设置", "纸张"][1].endswith("（横放）")
    library.retire(actor, "在校生名册", second.number)
    assert library.template("在校生名册").version == made.version
    library.retire(actor, "在校生名册", 1)
    assert library.template("在校生名册").version == before.version
    library.restore(actor, "在校生名册", 1)
    assert library.template("在校生名册").version == made.version
    with database.read() as session:
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
    assert actions[-5:] == ["安装表样", "安装表样", "停用表样", "停用表样", "恢复表样"]


def test_an_own_form_gets_its_place_and_a_wrong_one_leaves_no_trace(
    library: Library, database: Database, media: MediaStore, actor: Actor, tmp_path: Path
) -> None:
    head, kept = database.head(), media.count()
    with pytest.raises(FormRefused, match=r"2 处要改：\n工作表“卡片”A1：.*\n工作表“卡片”B2："):
        library.install(actor, form({"A1": "{{姓命}}", "B2": "{{照骗}}"}), "校友卡")
    for name in ("", "甲/乙", "长" * 41, "卡.xlsx"):
        with pytest.raises(FormNameRefused):
            library.install(actor, form({"A1": "{{姓名}}"}), name)
    with pytest.raises(FormFixed, match="恢复单"):
        library.install(actor, shipped_form("恢复单").source, "恢复单")
    with pytest.raises(FormUnreadable, match="读不出来"):
        library.install(actor, tmp_path / "没有.xlsx", "校友卡")
    assert (database.head(), media.count()) == (head, kept)
    keeper = Actor(1, "机房", frozenset({Role.SYSTEM}))
    path = tmp_path / "校友卡.xlsx"
    path.write_bytes(form({"A1": "{{姓名}}", "A2": "{{照片}}"}))
    library.install(keeper, path, "校友卡", shelf="档案")
    (row,) = [row for row in library.rows() if row.own]
    assert (row.name, row.shelf, row.paper, row.number) == ("校友卡", "档案", "学籍卡", 1)
    library.retire(actor, "校友卡", 1)
    assert not [row for row in library.rows() if row.own]
    with pytest.raises(NoSuchForm):
        library.template("校友卡")
    with pytest.raises(NoSuchForm, match="第 7 版"):
        library.retire(actor, "校友卡", 7)
    with database.read() as session, pytest.raises(UnknownForm):
        library.find(session, "校友卡")


def test_a_field_is_typed_into_the_cell_that_was_pointed_at() -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "来表"
    put(sheet, {"A1": "学生情况表", "A3": "姓名"})
    sheet.merge_cells("B3:C4")
    data = place_text(saved(book), "来表", "来表", "C4", field_text("姓名"))
    data = place_text(data, "来表", "来表", "D3", field_text("家庭成员.姓名", index=2))
    data = place_text(data, "来表", "来表", "D4", field_text("入学日期", pattern="yyyy年m月"))
    written = {place.cell: ref for ref, places in compile_template(data).fields.items()
               for place in places}  # fmt: skip
    assert (written["B3"].path, written["D3"].index, written["D4"].pattern) == (
        "姓名", 2, "yyyy年m月",
    )  # fmt: skip
    emptied = place_text(data, "来表", "来表", "B3", "")
    assert "B3" not in {p.cell for places in compile_template(emptied).fields.values()
                        for p in places}  # fmt: skip
    with pytest.raises(FormFaulty, match="B3"):
        place_text(data, "来表", "来表", "B3", "{{姓名")


# --- the dictionary -----------------------------------------------------------------------


def test_the_chapter_of_the_manual_is_the_dictionary_of_the_code() -> None:
    text = resource("manual", CHAPTER).read_text(encoding="utf-8")
    assert text == manual_chapter(), "xueji fields --markdown > resources/manual/" + CHAPTER
    assert all(f"`{line.written}`" in text for line in field_lines())


def test_the_dictionary_is_searched_by_any_of_its_columns() -> None:
    assert [line.path for line in field_lines("学籍卡", "监护人 电话")] == ["监护人电话"]
    assert "名单.姓名" in [line.path for line in field_lines("在校生名册", "欧阳晓明")]
    assert field_lines("学籍卡", "没有这种字") == ()


# --- printed with it ----------------------------------------------------------------------


def test_an_installed_form_is_what_its_name_prints_and_what_the_record_names(
    desk: Workstation, tmp_path: Path
) -> None:
    take_in(desk, write_list(tmp_path / "名册.xlsx", [person(1, "安然"), person(2, "白岩")]))
    made = desk.library.install(desk.actor, saved(list_form()), "走读生名册")
    desk.library.install(desk.actor, form({"A1": "{{姓名}}", "A2": "{{校验码}}"}), "学籍卡")
    moment = Moment(date(2026, 10, 1))
    target = tmp_path / "走读.pdf"
    finish(desk.printing.make(desk.actor, "走读生名册", target, moment=moment, scope=Scope()))
    (page,) = texts(target.read_bytes())
    assert "安然" in page
    assert "共2人" in page
    (sheet,) = desk.sheets.rows(desk.actor)
    assert (sheet.form, sheet.version, sheet.number) == ("走读生名册", made.version, 1)
    cards = tmp_path / "卡.pdf"
    finish(desk.printing.make(desk.actor, "学籍卡", cards, moment=moment, scope=Scope()))
    assert [text.splitlines()[0] for text in texts(cards.read_bytes())] == ["安然", "白岩"]
    assert finish(desk.renewal.stale(desk.actor)) == ()


# --- the code on a sheet --------------------------------------------------------------------


def test_the_code_on_a_sheet_answers_genuine_current_or_what_changed(
    desk: Workstation, tmp_path: Path
) -> None:
    rows = [person(n, name) for n, name in enumerate(("安然", "白岩", "陈默"))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    moment, target = Moment(today(), upcoming=True), tmp_path / "名册.pdf"
    printed = finish(
        desk.printing.make(
            desk.actor,
            "在校生名册",
            target,
            moment=moment,
            scope=Scope(class_group="计算机应用技术2601"),
        )
    )
    card = finish(
        desk.printing.make(
            desk.actor, "学籍卡", tmp_path / "卡.pdf", moment=moment,
            scope=Scope(ids=[who(desk, "白岩", today()).id]),
        )
    )  # fmt: skip
    (code,) = printed.codes
    scanned = f"xueji:{code[:4].lower()}－{code[4:8]} {code[8:]}"
    answer = desk.sheets.answer(desk.actor, scanned)
    assert (answer.standing, answer.changes) == (Standing.CURRENT, ())
    assert desk.sheets.answer(desk.actor, card.codes[0]).standing is Standing.CURRENT
    desk.editing.edit(desk.actor, who(desk, "白岩", today()).id, {"phone": "13900000000"})
    desk.changes.change(
        desk.actor, who(desk, "陈默", today()).id, Kind.SUSPENSION, today(),
        evidence=[(None, "诊断证明")], signed=frozenset(Signatory), reason="因病",
    )  # fmt: skip
    changed = desk.sheets.answer(desk.actor, code)
    assert changed.standing is Standing.CHANGED
    assert "名单：少了 陈默" in changed.changes
    assert "人数：3 → 2" in changed.changes
    (told,) = desk.sheets.answer(desk.actor, card.codes[0]).changes
    assert told == "联系电话：13800000001 → 13900000000"
    with pytest.raises(CodeUnreadable):
        desk.sheets.answer(desk.actor, "7K3M")
    assert desk.sheets.answer(desk.actor, "AAAA-BBBB-CCCC").standing is Standing.UNKNOWN
    assert [row.form for row in desk.sheets.rows(desk.actor)] == ["学籍卡", "在校生名册"]
    assert [row.form for row in desk.sheets.rows(desk.actor, "白岩")] == ["学籍卡"]
    assert desk.sheets.count(desk.actor) == 2


def test_the_codes_are_read_off_a_scan_of_a_pile(desk: Workstation, tmp_path: Path) -> None:
    rows = [person(n, name) for n, name in enumerate(("安然", "白岩"))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    moment, target = Moment(today(), upcoming=True), tmp_path / "卡.pdf"
    made = finish(desk.printing.make(desk.actor, "学籍卡", target, moment=moment, scope=Scope()))
    desk.editing.edit(desk.actor, who(desk, "白岩", today()).id, {"phone": "13900000000"})
    with pypdfium2.PdfDocument(target) as drawn:
        faces = [page.render(scale=200 / 72).to_pil().convert("L") for page in drawn]
    askew = [face.rotate(1.5, fillcolor=250, expand=True) for face in faces]  # as a feeder does
    askew[0].save(tmp_path / "扫描.pdf", save_all=True, append_images=askew[1:])
    pile = finish(desk.sheets.scanned(desk.actor, tmp_path / "扫描.pdf"))
    told = [(one.page, one.answer.code, one.answer.standing) for one in pile.sheets]
    codes = [code[:4] + "-" + code[4:8] + "-" + code[8:] for code in made.codes]
    assert told == [(2, codes[0], Standing.CURRENT), (4, codes[1], Standing.CHANGED)]
    assert pile.without == (1, 3)  # the fronts; the code is on the back
    askew[1].rotate(90, expand=True).save(tmp_path / "照片.jpg")
    (one,) = finish(desk.sheets.scanned(desk.actor, tmp_path / "照片.jpg")).sheets
    assert one.answer.standing is Standing.CURRENT


def test_what_is_no_scan_is_refused_with_its_name(desk: Workstation, tmp_path: Path) -> None:
    (tmp_path / "表.xlsx").write_bytes(b"PK")
    with pytest.raises(SheetsNotScanned, match=r"表\.xlsx.*不是 PDF"):
        finish(desk.sheets.scanned(desk.actor, tmp_path / "表.xlsx"))
    with pytest.raises(SheetsNotScanned, match="找不到"):
        finish(desk.sheets.scanned(desk.actor, tmp_path / "无.pdf"))
    (tmp_path / "坏.pdf").write_bytes(b"%PDF-1.7\n...")
    with pytest.raises(ScanRefused, match=r"坏\.pdf.*损坏"):
        finish(desk.sheets.scanned(desk.actor, tmp_path / "坏.pdf"))
