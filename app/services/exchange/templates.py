"""导入模板: an empty table for each kind of import, that the reader takes in without a question.

Columns of numbers are text before anybody types; coded columns have their word lists; the header
says what belongs there; the example row is recognised by its first cell and passed over.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from app.models.fields import FIELD_BY_NAME, FieldKind
from app.models.rules.identity import check_digit
from app.models.vocabulary import Sex
from app.services.exchange.mapping import EXAMPLE
from app.services.standards import Standards


class TemplateKind(StrEnum):
    """Kinds of tables that are taken in."""

    ADMISSION = "录取名册"
    SUPPLEMENT = "补充信息"
    PLACEMENT = "分班名单"


_GUARDIAN: Final = ("guardian_name", "guardian_relation", "guardian_phone", "guardian_employer")
_COLUMNS: Final[Mapping[TemplateKind, tuple[str, ...]]] = {
    TemplateKind.ADMISSION: (
        "exam_number", "name", "sex", "birth_date", "ethnic_group", "id_number",
        "political_status", "origin_school", "exam_score", "department", "major_code", "major",
        "years", "phone", "home_address", *_GUARDIAN,
    ),
    TemplateKind.SUPPLEMENT: (
        "number", "name", "id_number", "political_status", "former_name", "native_place",
        "source_place", "household_type", "household_address", "home_address", "postcode",
        "phone", "email", "health", *_GUARDIAN, "remark",
    ),
    TemplateKind.PLACEMENT: ("exam_number", "name", "id_number", "class_group"),
}  # fmt: skip
#: Without these nobody can be taken in, or found.
_NEEDED: Final[Mapping[TemplateKind, frozenset[str]]] = {
    TemplateKind.ADMISSION: frozenset({"name", "id_number", "major"}),
    TemplateKind.SUPPLEMENT: frozenset({"name", "id_number"}),
    TemplateKind.PLACEMENT: frozenset({"name", "id_number", "class_group"}),
}
_NUMBERS: Final = frozenset({FieldKind.IDENTITY, FieldKind.DIGITS, FieldKind.PHONE})
_HINTS: Final[Mapping[FieldKind, str]] = {
    FieldKind.NAME: "照证件填写，少数民族姓名的间隔号用“·”。",
    FieldKind.SEX: "从列表中选：男、女。",
    FieldKind.DATE: "写成 2011-03-05 或 20110305。",
    FieldKind.IDENTITY: "18 位，本列已设为文本，可直接输入。",
    FieldKind.DIGITS: "本列已设为文本，以 0 开头的不会丢 0。",
    FieldKind.PHONE: "11 位手机号，或带区号的座机。",
    FieldKind.ETHNIC: "从列表中选，写全称（汉族、回族……）。",
    FieldKind.POLITICAL: "从列表中选。",
    FieldKind.DECIMAL: "只写数字。",
    FieldKind.YEARS: "只写年数，例如 5。",
    FieldKind.TEXT: "照实填写，没有的留空。",
}
_BODY: Final = "460303" + "20110305" + "001"  # a place that hardly registers any birth
_EXAMPLES: Final[Mapping[str, str]] = {
    "exam_number": "26320000000001",
    "number": "2600010101",
    "name": "示例学生",
    "sex": "男",
    "birth_date": "2011-03-05",
    "ethnic_group": "汉族",
    "id_number": _BODY + check_digit(_BODY),
    "political_status": "共青团员",
    "native_place": "江苏南京",
    "source_place": "南京市",
    "household_type": "非农业家庭户口",
    "household_address": "某市某区某路 1 号",
    "home_address": "某市某区某路 1 号",
    "postcode": "210000",
    "phone": "13900000000",
    "email": "example@example.cn",
    "health": "健康或良好",
    "origin_school": "某市第一初级中学",
    "exam_score": "600",
    "department": "信息工程系",
    "major_code": "510201",
    "major": "计算机应用技术",
    "years": "5",
    "class_group": "计算机2601",
    "guardian_name": "示例家长",
    "guardian_relation": "父亲",
    "guardian_phone": "13900000001",
    "guardian_employer": "某公司",
}
#: Rows that are ready to be filled in.
_ROWS: Final = 3000
_WORDS: Final = "代码"


def template_workbook(kind: TemplateKind, standards: Standards) -> bytes:
    """The table of that kind, as the bytes of an .xlsx file."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    page, words = book.add_worksheet(kind.value), book.add_worksheet(_WORDS)
    lists = _word_lists(words, standards)
    words.hide()
    columns = _COLUMNS[kind]
    text, plain = book.add_format({"num_format": "@"}), book.add_format({})
    head = {"bold": True, "border": 1, "align": "center", "valign": "vcenter"}
    needed = book.add_format({**head, "bg_color": "#1B5E9E", "font_color": "#FFFFFF"})
    other = book.add_format({**head, "bg_color": "#E4EFF9"})
    grey = {"num_format": "@", "font_color": "#5F6E80", "italic": True, "bg_color": "#F3F5F8"}
    example = book.add_format(grey)
    page.set_row(0, 26)
    page.write_string(0, 0, "序号", other)
    page.write_string(1, 0, EXAMPLE, example)
    page.write_comment(0, 0, "第一格写着“示例”的行不会导入，可以留着。", _COMMENT)
    page.set_column(0, 0, 8, plain)
    for at, name in enumerate(columns, start=1):
        field = FIELD_BY_NAME[name]
        page.set_column(at, at, _width(name), text)
        page.write_string(0, at, field.label, needed if name in _NEEDED[kind] else other)
        must = "必填。" if name in _NEEDED[kind] else ""
        page.write_comment(0, at, must + _HINTS[field.kind], _COMMENT)
        page.write_string(1, at, _EXAMPLES.get(name, ""), example)
        if field.kind in lists:
            page.data_validation(1, at, _ROWS, at, _one_of(field.label, lists[field.kind]))
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.activate()
    book.close()
    return stream.getvalue()


_COMMENT: Final = {"author": "学籍学历管理工作站", "x_scale": 1.6, "y_scale": 0.7}


def _width(name: str) -> int:
    wide = {"id_number": 21, "home_address": 28, "household_address": 28, "exam_number": 17}
    return wide.get(name, 16 if FIELD_BY_NAME[name].kind in _NUMBERS else 14)


def _word_lists(page: Any, standards: Standards) -> dict[FieldKind, str]:
    """Write the code tables into the hidden sheet; answers where each stands."""
    lists: dict[FieldKind, Sequence[str]] = {
        FieldKind.SEX: (Sex.MALE.value, Sex.FEMALE.value),
        FieldKind.ETHNIC: standards.ethnic_groups,
        FieldKind.POLITICAL: standards.political_statuses,
    }
    ranges = {}
    for column, (kind, words) in enumerate(lists.items()):
        page.write_column(0, column, words)
        letter = chr(ord("A") + column)
        ranges[kind] = f"={_WORDS}!${letter}$1:${letter}${len(words)}"
    return ranges


def _one_of(label: str, words: str) -> dict[str, Any]:
    return {
        "validate": "list",
        "source": words,
        "error_title": label,
        "error_message": f"请从列表中选一个{label}。",
        "error_type": "warning",
    }
