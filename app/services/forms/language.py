"""The language of {{ and }}: what a registrar may type into a cell, and what is wrong with it.

    {{字段}}  {{字段|格式}}          a value; the format is a spreadsheet's, or 大写, 中文
    {{名单.姓名}}  {{成绩[3].课程}}    a list: its row is repeated; a slot: its third item
    {{性别|☑男 ☑女}}                 boxes, ticked where the value says so
    {{名单|个数}}  {{名单.学分|合计}}   of a whole list: 个数, 合计, 平均, 最大, 最小
    {{名单.性别|个数=女}}            how many of them
    {{学号|条形码}}  {{学号|二维码}}  {{照片|裁满}}
    {{如果 性别=女}}…{{否则}}…{{完}}   one text or the other
    {{本行如果 备注}}                the rows of this cell are printed only then
    {{分组 名单.班级}}                the rows from here on are repeated for each class;
                                   {{分组 名单.班级|换页}} starts a page for each
    {{名单|本组个数}}                a figure of the class
    {{签字|学生}}  {{盖章|教务处}}      room to sign and to stamp
    {{双面装订}}                     on the backs the left and right margins change places

A condition is 字段, 非 字段, or 字段 and one of = ≠ > ≥ < ≤ with a value; 、 separates values.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias


class MalformedFieldError(ValueError):
    """The sentence saying what is wrong with a field."""


_OVER_LISTS: Final = ("个数", "合计", "平均", "最大", "最小")
BAR_CODE: Final = "条形码"
QR_CODE: Final = "二维码"
CROPPED: Final = "裁满"
GROUP: Final = "分组"
NEW_PAGE: Final = "换页"
TICK: Final = "☑"
EMPTY_BOX: Final = "□"
OF_GROUP: Final = "本组"
DUPLEX: Final = "双面装订"
SIGNATURE: Final = "签字"
STAMP: Final = "盖章"
_DIRECTIVES: Final = frozenset({DUPLEX, SIGNATURE, STAMP})


@dataclass(frozen=True, slots=True)
class FieldRef:
    """字段: what stands between {{ and }}. `index` counts from 1; `pattern` is the value's format.

    `how` says what else is done with it: 合计, 本组个数, 条形码, 分组, a row of ☑ boxes.
    """

    name: str
    index: int | None = None
    column: str | None = None
    pattern: str = ""
    how: str = ""

    @property
    def is_list(self) -> bool:
        """A list field repeats its row."""
        return self.column is not None and self.index is None and not (self.over_list or self.group)

    @property
    def over_list(self) -> bool:
        """A figure about a whole list: 合计, 个数, 本组个数=女."""
        return self.how.removeprefix(OF_GROUP).partition("=")[0] in _OVER_LISTS

    @property
    def of_group(self) -> bool:
        """A figure about the group of the list that its row belongs to."""
        return self.how.startswith(OF_GROUP)

    @property
    def group(self) -> bool:
        """The head of a group: what its rows have in common."""
        return self.how.startswith(GROUP)

    @property
    def directive(self) -> bool:
        """Said to the program, not asked of the values: 签字, 盖章, 双面装订."""
        return self.name in _DIRECTIVES and self.column is None

    @property
    def path(self) -> str:
        """As written, without number and format: 监护人.姓名."""
        return self.name if self.column is None else f"{self.name}.{self.column}"

    @property
    def is_name(self) -> bool:
        """Whether it shows a person's name, which is never broken over lines."""
        last = self.column or self.name
        return last.endswith("姓名") or last in _NAMES


_NAMES: Final = frozenset(
    (
        *("曾用名", "监护人", "家长", "父亲", "母亲", "班主任", "校长", "系主任"),
        *("经办人", "审核人", "联系人", "操作员", "打印人"),
    )
)


@dataclass(frozen=True, slots=True)
class Condition:
    """条件: whether a field has a value (`values` empty), or how it compares with one of some."""

    ref: FieldRef
    relation: str = ""  # "", "=", "≠", ">", "≥", "<", "≤"
    values: tuple[str, ...] = ()
    negated: bool = False

    def holds(self, shown: str) -> bool:
        """Whether it is true of the value as shown."""
        return self._true(shown.strip()) is not self.negated

    def _true(self, shown: str) -> bool:
        if not self.values:
            return shown not in ("", "否", "无", "0")
        if self.relation in "=≠":
            return (shown in self.values) is (self.relation == "=")
        try:
            number, bound = Decimal(shown), Decimal(self.values[0])
        except InvalidOperation:
            number, bound = shown, self.values[0]  # type: ignore[assignment]  # dates as texts
        if not shown:
            return False
        return {
            ">": number > bound,
            "≥": number >= bound,
            "<": number < bound,
            "≤": number <= bound,
        }[self.relation]


@dataclass(frozen=True, slots=True)
class Choice:
    """{{如果}}: one text or the other."""

    condition: Condition
    then: "Content"
    otherwise: "Content" = ()


Part: TypeAlias = str | FieldRef | Choice
Content: TypeAlias = tuple[Part, ...]


def fields_in(content: Iterable[Part]) -> Iterator[FieldRef]:
    """Every field of a text, those of its conditions too."""
    for part in content:
        if isinstance(part, FieldRef):
            yield part
        elif isinstance(part, Choice):
            yield part.condition.ref
            yield from fields_in(part.then)
            yield from fields_in(part.otherwise)


def written(content: Iterable[Part]) -> str:
    """A text as it was typed, fields in their braces."""
    return "".join(part if isinstance(part, str) else _typed(part) for part in content)


def _typed(part: FieldRef | Choice) -> str:
    if isinstance(part, Choice):
        otherwise = f"{{{{{_ELSE}}}}}{written(part.otherwise)}" if part.otherwise else ""
        condition = _typed_condition(part.condition)
        return f"{{{{{_IF} {condition}}}}}{written(part.then)}{otherwise}{{{{{_END}}}}}"
    if part.group:
        after = part.how.removeprefix(GROUP)
        return f"{{{{{'|'.join(filter(None, (f'{GROUP} {_typed_path(part)}', after)))}}}}}"
    return f"{{{{{'|'.join(filter(None, (_typed_path(part), part.how, part.pattern)))}}}}}"


def _typed_path(ref: FieldRef) -> str:
    slot = f"[{ref.index}]" if ref.index is not None else ""
    column = f".{ref.column}" if ref.column is not None else ""
    return f"{ref.name}{slot}{column}"


def _typed_condition(condition: Condition) -> str:
    values = "、".join(condition.values)
    negation = "非 " if condition.negated else ""
    return f"{negation}{_typed_path(condition.ref)}{condition.relation}{values}"


# --- reading ------------------------------------------------------------------------------

_FIELD: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH: Final = re.compile(
    r"(?P<name>[^\W\d]\w*)\s*(?:\[\s*(?P<index>\d{1,4})\s*\])?\s*(?:\.\s*(?P<column>\w+))?"
)
_IF: Final = "如果"
_ELSE: Final = "否则"
_END: Final = "完"
_ROW_IF: Final = "本行如果"
_WRITTEN: Final = {"!=": "≠", "<>": "≠", ">=": "≥", "<=": "≤", "＝": "=", "＞": ">", "＜": "<"}
_CONDITION: Final = re.compile(
    r"(?P<not>非\s+)?(?P<path>[^=≠><≥≤!＝＞＜]+?)\s*"
    r"(?:(?P<relation>!=|<>|>=|<=|[=≠><≥≤＝＞＜])\s*(?P<value>.+))?",
    re.DOTALL,
)


def parse_content(text: str) -> Content:
    """Split a cell's text into fixed parts, fields and choices."""
    return tuple(part for part, _ in placed_parts(text))


def placed_parts(text: str) -> list[tuple[Part, int]]:
    """The parts of a text, each with the place of its first character."""
    if re.search(r"｛\s*｛|｝\s*｝|\{｛|｛\{", text):
        raise MalformedFieldError("字段要用半角大括号 {{ }}，这里用了全角")
    return _Reader(text).until(())


def row_condition(text: str) -> tuple[Condition | None, str]:
    """The condition under which the rows of a cell are printed, and its text without it."""
    found: Condition | None = None
    for match in _FIELD.finditer(text):
        inside = match.group(1).strip()
        if inside.startswith(_ROW_IF):
            if found is not None:
                raise MalformedFieldError(f"一格里只能有一个“{_ROW_IF}”")
            found = _condition(inside.removeprefix(_ROW_IF))
    if found is None:
        return None, text
    return found, _FIELD.sub(
        lambda match: "" if match.group(1).strip().startswith(_ROW_IF) else match.group(), text
    )


class _Reader:
    """Reads a text from left to right; choices may stand within choices."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_FIELD.finditer(text))
        self._next = 0
        self._end = 0  # of what has been read

    def until(self, closing: tuple[str, ...]) -> list[tuple[Part, int]]:
        """The parts up to one of the closing words, or to the end of the text."""
        parts: list[tuple[Part, int]] = []
        while self._next < len(self._tokens):
            match = self._tokens[self._next]
            inside = match.group(1).strip()
            parts += self._fixed(match.start())
            if inside in (_ELSE, _END):
                if inside not in closing:
                    raise MalformedFieldError(f"{{{{{inside}}}}} 前面没有 {{{{{_IF} …}}}}")
                return parts
            self._next += 1
            self._end = match.end()
            if _opens(inside):
                parts.append((self._choice(inside), match.start()))
            else:
                parts.append((_field(inside), match.start()))
        if closing:
            raise MalformedFieldError(f"{{{{{_IF} …}}}} 后面缺 {{{{{_END}}}}}")
        return parts + self._fixed(len(self._text))

    def _choice(self, inside: str) -> Choice:
        condition = _condition(inside.removeprefix(_IF))
        then = tuple(part for part, _ in self.until((_ELSE, _END)))
        otherwise: Content = ()
        if self._tokens[self._next].group(1).strip() == _ELSE:
            self._close()
            otherwise = tuple(part for part, _ in self.until((_END,)))
        self._close()
        return Choice(condition, then, otherwise)

    def _close(self) -> None:
        self._end = self._tokens[self._next].end()
        self._next += 1

    def _fixed(self, end: int) -> list[tuple[Part, int]]:
        start, self._end = self._end, end
        part = self._text[start:end]
        if "{{" in part or "}}" in part:
            raise MalformedFieldError(f"“{part.strip()[:20]}”的大括号 {{{{ }}}} 不成对")
        return [(part, start)] if part else []


def _opens(inside: str) -> bool:
    return re.match(rf"{_IF}[\s　(（]", inside) is not None


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text.strip("（）() \u3000"))
    if match is None:
        raise MalformedFieldError(
            f"条件“{text.strip()[:20]}”写法不对，应如 {_IF} 性别=女、{_IF} 备注、{_IF} 非 备注"
        )
    relation = match["relation"] or ""
    values = tuple(value.strip() for value in (match["value"] or "").split("、") if value.strip())
    ref = _field(match["path"])
    return Condition(ref, _WRITTEN.get(relation, relation), values, bool(match["not"]))


def _field(inside: str) -> FieldRef:
    path, _, rest = inside.partition("|")
    path = path.strip().replace("．", ".").replace("［", "[").replace("］", "]")
    if not path:
        raise MalformedFieldError("{{ }} 中没有字段名")
    how, pattern = _how(rest.strip())
    if path.startswith(GROUP) and path[len(GROUP) :][:1] in (" ", "\u3000"):
        if rest.strip() not in ("", NEW_PAGE):
            raise MalformedFieldError(f"{GROUP}后面只能写“{NEW_PAGE}”")
        path, how, pattern = path[len(GROUP) :].strip(), GROUP + rest.strip(), ""
    if path.startswith(("#", "/")):
        raise MalformedFieldError(f"没有“{path}”这种写法")
    match = _PATH.fullmatch(path)
    if match is None:
        raise MalformedFieldError(
            f"字段“{path[:20]}”写法不对，应如 姓名、名单.姓名、监护人[1].姓名"
        )
    index = match["index"]
    if index is not None and int(index) == 0:
        raise MalformedFieldError(f"字段“{path}”的序号从 1 开始")
    ref = FieldRef(match["name"], int(index) if index else None, match["column"], pattern, how)
    _check(ref, path)
    return ref


def _how(rest: str) -> tuple[str, str]:
    """What is done with the value, and its format: 合计|0.0."""
    first, _, second = rest.partition("|")
    first = first.strip()
    if first in (BAR_CODE, QR_CODE, CROPPED) or TICK in first or _figure(first):
        return first, second.strip()
    return "", rest


def _figure(word: str) -> bool:
    return word.removeprefix(OF_GROUP).partition("=")[0].strip() in _OVER_LISTS


def _check(ref: FieldRef, path: str) -> None:
    if ref.group and (ref.column is None or ref.index is not None):
        raise MalformedFieldError(f"{GROUP}要写成 {GROUP} 名单.班级")
    if not ref.over_list:
        return
    word = ref.how.removeprefix(OF_GROUP)
    if ref.index is not None:
        raise MalformedFieldError(f"“{path}”只是一项，不能{word}")
    if ref.column is None and word != "个数":
        raise MalformedFieldError(f"“{path}|{word}”要写出哪一列，如 {ref.name}.学分|{word}")
