"""字段表: what may stand between {{ and }}, a line a field: for window, command and manual.

All of it comes from fields.py; nothing is written by hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.services.forms.fields import CASE_FORMS, FORM_FIELDS, FORMS, FormField, ValueKind

#: The chapter of the manual that `manual_chapter` makes.
CHAPTER: Final = "12-字段表.md"
_FEW: Final = 5


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field as it is typed, with what it prints; `forms` are those that may use it."""

    path: str
    written: str
    meaning: str
    example: str
    source: str
    kind: ValueKind
    forms: tuple[str, ...]

    @property
    def forms_in_words(self) -> str:
        """The forms, short."""
        return _in_words(self.forms)


def field_lines(form: str = "", words: str = "") -> tuple[FieldLine, ...]:
    """The dictionary in its order: of one form, or of all; `words` narrow it by any column."""
    return tuple(
        line
        for field in FORM_FIELDS
        if not form or form in field.forms
        for line in _lines(field)
        if _matches(line, words)
    )


def _lines(field: FormField) -> Iterator[FieldLine]:
    if field.kind is not ValueKind.LIST:
        yield _line(field.name, field)
        return
    for column in field.columns:
        yield _line(f"{field.name}.{column.name}", column)


def _line(path: str, field: FormField) -> FieldLine:
    written = f"{{{{{path}}}}}"
    return FieldLine(
        path, written, field.meaning, field.example, field.source, field.kind, field.forms
    )


def _matches(line: FieldLine, words: str) -> bool:
    said = f"{line.path} {line.meaning} {line.example} {line.source}".casefold()
    return all(word in said for word in words.casefold().split())


def _in_words(forms: Sequence[str]) -> str:
    named = [form for form in FORMS if form in forms]
    if len(named) == len(FORMS):
        return "各种表"
    if set(CASE_FORMS) <= set(named):
        named = [form for form in named if form not in CASE_FORMS] + ["各种异动申请、审批表"]
    more = f"等 {len(named)} 种" if len(named) > _FEW else ""
    return "、".join(named[:_FEW]) + more


# --- the manual ---------------------------------------------------------------------------


def manual_chapter() -> str:
    """The chapter of the manual, as Markdown: the fields by where their values come from."""
    parts = [
        "# 十二、字段表",
        "",
        "表样的格子里可以键入的字段。写法、格式见第四章；窗口“表样”的“字段表”页可以查找、复制，"
        "命令是 `xueji fields`。",
        "列表字段（名称里有点的）在名册上一人一行往下重复；在卡片上写成 `{{家庭成员[1].姓名}}`、"
        "`{{家庭成员[2].姓名}}`，一格一项。举的例子都是虚构的。",
    ]
    for source, lines in _by_source():
        parts += [
            "",
            f"## {source}",
            "",
            "| 字段 | 意思 | 例子 | 用在 |",
            "| --- | --- | --- | --- |",
        ]
        parts += [
            f"| `{line.written}` | {_cell(line.meaning)} | {_cell(_shown(line))} "
            f"| {_cell(line.forms_in_words)} |"
            for line in lines
        ]
    return "\n".join(parts) + "\n"


def _by_source() -> Iterator[tuple[str, list[FieldLine]]]:
    """Lines by source, the same field of several forms once."""
    found: dict[str, dict[str, FieldLine]] = {}
    for line in field_lines():
        known = found.setdefault(line.source, {})
        if line.path in known:
            forms = tuple(dict.fromkeys((*known[line.path].forms, *line.forms)))
            known[line.path] = FieldLine(
                line.path, line.written, known[line.path].meaning, line.example, line.source,
                line.kind, forms,
            )  # fmt: skip
        else:
            known[line.path] = line
    for source, lines in found.items():
        yield source, list(lines.values())


def _shown(line: FieldLine) -> str:
    if line.kind in (ValueKind.PICTURE, ValueKind.QR):
        return f"（{line.kind.value}，独占一格）"
    return line.example


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
