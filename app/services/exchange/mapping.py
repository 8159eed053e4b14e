"""Recognising what a sheet holds: its header under title rows, its columns, its rows of people.

Nothing is dropped in silence: columns that mean nothing to the register, rows of titles, totals and
signatures, and whole sheets are named in the remarks.
"""

import dataclasses
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from app.models.fields import FIELD_BY_NAME, GUARDIANS, IGNORED_HEADERS, STUDENT_FIELDS, Place
from app.services.errors import HeaderMissing, ScoreSheetRefused
from app.services.exchange.child import letters
from app.services.exchange.readers import Cell, FormulaWithoutValue, Sheet, SourceFile

#: A header lies within so many first rows.
HEADER_DEPTH: Final = 40
#: Rows looked at to learn what a column holds.
SAMPLE: Final = 300
#: Fields by which a person is known; a header has one of them and one more.
PERSON_FIELDS: Final = frozenset({"name", "id_number", "exam_number", "number"})

NOTHING_LEARNED: Final[Mapping[str, str]] = MappingProxyType({})

#: In place of a field: the registrar does not want this column.
LEFT_OUT: Final = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the registrar says of one sheet.

    `header` is the row of the header as Excel counts it; `fields` gives columns (from 0) their
    field, or LEFT_OUT.
    """

    header: int | None = None
    fields: Mapping[int, str] = dataclasses.field(default_factory=dict)


NO_HINT: Final = Hint()
NO_HINTS: Final[Mapping[str, Hint]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it is, its header as written, the field that it holds.

    Without a field, `reason` says why; `needless` ones are known and of no use to the register.
    `who` is the family member (父亲, 母亲) whom the header names.
    """

    index: int
    header: str
    field: str | None = None
    reason: str = ""
    needless: bool = False
    who: str = ""

    @property
    def letter(self) -> str:
        """The column's name in Excel."""
        return letters(self.index + 1)

    def __str__(self) -> str:
        return (
            f"{self.letter} 列「{self.header}」" if self.header else f"{self.letter} 列（无标题）"
        )


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of one person; `number` is what Excel shows."""

    number: int
    cells: tuple[Cell, ...]

    def __getitem__(self, index: int) -> Cell:
        return self.cells[index] if index < len(self.cells) else None


@dataclass(frozen=True)
class Part:
    """One sheet with people in it; row numbers are those of Excel."""

    sheet: str
    title: str
    header_rows: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: tuple[SourceRow, ...]
    remarks: tuple[str, ...]

    @cached_property
    def fields(self) -> dict[str, Column]:
        """The column of each field."""
        return {column.field: column for column in self.columns if column.field}

    @cached_property
    def relations(self) -> dict[str, str]:
        """By the field of the name: what a family member is to the student (父亲, 母亲), where the
        header says so and no column does."""
        return {
            f"{which}name": column.who
            for which in GUARDIANS
            if (column := self.fields.get(f"{which}name"))
            and column.who in _PARENTS
            and f"{which}relation" not in self.fields
        }

    @property
    def unmatched(self) -> tuple[Column, ...]:
        """Columns that are not taken in."""
        return tuple(column for column in self.columns if column.field is None)

    def samples(self, column: Column, most: int = 3) -> tuple[str, ...]:
        """What stands in the column, for people to see whether it was understood."""
        texts = (_shown(row[column.index]).strip() for row in self.rows[:SAMPLE])
        return tuple(itertools.islice(dict.fromkeys(text for text in texts if text), most))


@dataclass(frozen=True)
class Table:
    """The people of a file: each sheet that holds some, and what was left out."""

    name: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]
    entry_year: int | None

    @property
    def unmatched(self) -> tuple[str, ...]:
        """Columns that are not taken in, for people to read."""
        return tuple(str(column) for part in self.parts for column in part.unmatched)


def recognise(
    source: SourceFile,
    learned: Mapping[str, str] = NOTHING_LEARNED,
    hints: Mapping[str, Hint] = NO_HINTS,
) -> Table:
    """The people in every visible sheet of a file.

    `learned` maps header_key(header) to a field name and goes before what the program knows, the
    `hints` for a sheet of that name before all else. Raises HeaderMissing when no sheet has a
    header of people, ScoreSheetRefused when scores are all there is.
    """
    parts: list[Part] = []
    remarks: list[str] = []
    scores: list[tuple[str, tuple[Column, ...]]] = []
    for sheet in source.sheets:
        if not any(sheet.rows):
            continue
        if sheet.hidden:
            if recognise_sheet(sheet, learned) is None:
                continue  # word lists of a template
            remarks.append(f"工作表“{sheet.name}”是隐藏的，未读入。需要时请取消隐藏后重新导入。")
            continue
        part = recognise_sheet(sheet, learned, hints.get(sheet.name, NO_HINT))
        if part is None:
            remarks.append(f"工作表“{sheet.name}”没有学生名单的表头，未读入。")
        elif courses := _courses(part):
            scores.append((sheet.name, courses))
            remarks.append(f"工作表“{sheet.name}”是成绩表，未读入。")
        else:
            parts.append(part)
            remarks.extend(part.remarks)
    if not parts and scores:
        name, courses = scores[0]
        headers = "、".join(course.header for course in courses[:3])
        raise ScoreSheetRefused(file=source.name, sheet=name, courses=headers)
    if not parts:
        sheets = "、".join(sheet.name for sheet in source.sheets)
        raise HeaderMissing(file=source.name, sheets=f"工作表：{sheets}")
    years = {year for part in parts if (year := entry_year(part.title))}
    year = years.pop() if len(years) == 1 else None
    return Table(source.name, tuple(parts), tuple(remarks), year)


def recognise_sheet(
    sheet: Sheet, learned: Mapping[str, str] = NOTHING_LEARNED, hint: Hint = NO_HINT
) -> Part | None:
    """The people of one sheet, or None when it has no header of people."""
    if hint.header is None:
        header = _find_header(sheet, learned)
    else:
        header = _header_at(sheet, hint.header, learned)
    if header is None:
        return None
    body = sheet.rows[header.last + 1 :]
    columns = _columns(header, body, _said(header, learned, hint))
    rows, skipped = _rows(columns, header, body)
    title = " ".join(
        _shown(cell) for row in sheet.rows[: header.first] for cell in row if cell is not None
    )
    return Part(
        sheet.name,
        title,
        tuple(range(header.first + 1, header.last + 2)),
        columns,
        rows,
        tuple(_remarks(sheet.name, columns, rows, skipped)),
    )


# --- headers --------------------------------------------------------------------------------

_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_ORNAMENT: Final = "*:·、.。,;_-#※★●▲/\\"
_BRACKETS = re.compile(r"[(\[【<{〔].*?[)\]】>}〕]")
_GUARDIAN = re.compile(
    r"(?:学生)?(?:法定|第一)?(监护人|家长|父母|父亲|母亲|父|母|联系人|家庭成员)"
    r"(?:[/、或及和](?:监护人|家长|母亲|母))*(?:信息|情况|基本信息|基本情况|资料)?([一二三12])?的?(.*)"
)
_PARENTS: Final = {"父亲": "父亲", "父": "父亲", "母亲": "母亲", "母": "母亲"}
_SUBJECT = re.compile(
    r"(?:(?:学生|本人|新生|考生|录取|个人)(?:基本信息|信息)?的?|所属|所在|就读|现)(.+)"
)
_SOMEBODY_ELSE = re.compile(r"父|母|家长|监护|班主任|教师|老师|联系人|辅导员|经办")


@lru_cache(maxsize=4096)
def header_key(header: str) -> str:
    """A header for comparison: half-width, without blanks, line breaks, marks; case-blind."""
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", header))
    plain = re.sub(r"[(\[【](?:必填|选填|必填项|选填项)[)\]】]", "", plain)
    return plain.strip(_ORNAMENT).casefold()


class Match(NamedTuple):
    """A field that a header may mean; `rank` is how sure that is, `who` the family member whose it
    is where the header says so (父亲, 母亲, 监护人2)."""

    field: str
    rank: int
    who: str = ""


def _known_headers() -> dict[str, Match]:
    known: dict[str, Match] = {}
    for field in STUDENT_FIELDS:
        for rank, headers in ((7, (field.label,)), (6, field.synonyms), (5, field.platform)):
            for header in headers:
                known.setdefault(header_key(header), Match(field.name, rank))
    return known


_KNOWN: Final = _known_headers()
_NEEDLESS: Final = frozenset(map(header_key, IGNORED_HEADERS))


def match_header(header: str, learned: Mapping[str, str] = NOTHING_LEARNED) -> Match | None:
    """The field that a header of one line means."""
    key = header_key(header)
    if (taught := learned.get(key)) in FIELD_BY_NAME:
        return Match(str(taught), 9)
    if key in _NEEDLESS:
        return None
    return _match_key(key)


@lru_cache(maxsize=4096)
def _match_key(key: str) -> Match | None:
    if not key:
        return None
    if key in _KNOWN and not key.startswith(("父亲", "母亲")):  # whose rank tells them apart
        return _KNOWN[key]
    base = _BRACKETS.sub("", key).strip(_ORNAMENT)
    inner = "".join(_BRACKETS.findall(key)).strip("()[]【】<>{}〔〕")
    if base != key and _GUARDIAN.fullmatch(inner):  # 联系电话(家长), but also 父亲(监护人)
        guardian = _of_guardian(f"{inner}{base}") or _of_guardian(base)
        if guardian or not _GUARDIAN.fullmatch(base):
            return guardian
    if guardian := _of_guardian(base):
        return guardian
    if _SOMEBODY_ELSE.search(key):
        return None
    tries = [base, inner, base.replace("联系", ""), re.sub("[1一]$", "", base)]
    tries += [base.removesuffix("名称"), base.removesuffix("码")]
    for text in (base, inner):
        while match := _SUBJECT.fullmatch(text):  # 学生本人联系电话
            tries.append(text := match[1])
    # "xm姓名": a platform name and a label in one cell
    tries += [re.sub(r"^[a-z_]+", "", base), re.sub(r"[^a-z_]", "", base)]
    for text in tries:
        if text in _KNOWN:
            return _KNOWN[text]._replace(rank=4)
    return None


def _of_guardian(key: str) -> Match | None:
    """监护人电话, 父亲手机, 家长1姓名: something known of a family member."""
    match = _GUARDIAN.fullmatch(key)
    if match is None:
        return None
    who, order, what = match.groups()
    if who in _PARENTS:
        rank, whose = (2 if who.startswith("母") else 3), _PARENTS[who]
    elif order in {"二", "2", "三"}:
        rank, whose = 2, f"监护人{order}"
    else:
        rank, whose = 3, ""
    if not what:
        return Match("guardian_name", rank, whose)
    for words in (f"监护人{what}", f"家长{what}", what):
        if (found := _KNOWN.get(words)) and FIELD_BY_NAME[found.field].place is Place.GUARDIAN:
            return Match(found.field, rank, whose)
    known = _KNOWN.get(what)
    place_of = {"name": "guardian_name", "phone": "guardian_phone"}
    if known and known.field in place_of:
        return Match(place_of[known.field], rank, whose)
    return None


@dataclass(frozen=True)
class _Header:
    """A header found: rows from 0, and per column its text and what it may mean."""

    first: int
    last: int
    texts: tuple[str, ...]
    matches: tuple[Match | None, ...]

    @property
    def fields(self) -> set[str]:
        return {match.field for match in self.matches if match}

    @property
    def names_people(self) -> bool:
        return bool(self.fields & PERSON_FIELDS)

    @property
    def worth(self) -> tuple[int, int]:
        """More fields are better, then fewer rows."""
        return len(self.fields), self.first - self.last


def _find_header(sheet: Sheet, learned: Mapping[str, str]) -> _Header | None:
    """The rows whose cells name most fields; where they name as many, the fewest and uppermost."""
    best: _Header | None = None
    for first in range(min(HEADER_DEPTH, len(sheet.rows))):
        deep = max(
            (bottom for top, _, bottom, _ in sheet.merged if top == first < bottom <= first + 3),
            default=None,
        )
        lasts = (first, first + 1) if deep is None else (deep,)
        for last in lasts:
            if last >= len(sheet.rows):
                continue
            header = _read_header(sheet, first, last, learned)
            if header.worth > (best.worth if best else (1, -99)) and header.names_people:
                best = header
    return best


def _header_at(sheet: Sheet, number: int, learned: Mapping[str, str]) -> _Header | None:
    """The row that the registrar called the header."""
    if not 0 < number <= len(sheet.rows) or not sheet.rows[number - 1]:
        return None
    return _read_header(sheet, number - 1, number - 1, learned)


def _said(header: _Header, learned: Mapping[str, str], hint: Hint) -> dict[int, str]:
    """Columns of which the registrar said, now or for an earlier file, what they are."""
    before = {
        index: LEFT_OUT
        for index, text in enumerate(header.texts)
        if text and learned.get(header_key(text)) == LEFT_OUT
    }
    return before | dict(hint.fields)


def _read_header(sheet: Sheet, first: int, last: int, learned: Mapping[str, str]) -> _Header:
    """What the rows from `first` to `last` say when they are taken for a header."""
    width = max(len(row) for row in sheet.rows[first : last + 1])
    levels = [_header_texts(sheet, row, width) for row in range(first, last + 1)]
    for level in range(len(levels) - 1):
        _spread(levels[level], levels[level + 1 :])
    texts, matches = [], []
    for path in zip(*levels, strict=True):
        upper, lower = "".join(path[:-1]), path[-1]
        texts.append(_one_line(upper + lower))
        matches.append(_match_two(upper, lower, learned) if upper else match_header(lower, learned))
    return _Header(first, last, tuple(texts), tuple(matches))


def _header_texts(sheet: Sheet, row: int, width: int) -> list[str]:
    cells = sheet.rows[row]
    return [
        cell if index < len(cells) and isinstance(cell := cells[index], str) else ""
        for index in range(width)
    ]


def _spread(upper: list[str], lower: Sequence[list[str]]) -> None:
    """Write a group's header (监护人) over all its columns: blank above, something below."""
    for index in range(1, len(upper)):
        if not upper[index] and any(level[index] for level in lower):
            before = index - 1
            if upper[before] and any(level[before] for level in lower):
                upper[index] = upper[before]


def _match_two(upper: str, lower: str, learned: Mapping[str, str]) -> Match | None:
    """The field that a header over a header means: 监护人 over 电话, 出生 over 年月日."""
    if not header_key(_BRACKETS.sub("", lower)):
        return match_header(upper + lower, learned)
    group = header_key(upper)
    together = match_header(upper + lower, learned)
    if together or ((who := _GUARDIAN.fullmatch(group)) and not who[3]):
        return together
    return match_header(lower, learned)


def _one_line(header: str) -> str:
    """A header as it is shown in sentences."""
    words = header.split()
    if all(word.isascii() for word in words):
        return " ".join(words)
    return "".join(words)


# --- columns --------------------------------------------------------------------------------

_ID_LIKE = re.compile(r"\d{17}[\dXx]")
_SCORE_WORDS: Final = frozenset(
    {
        "优", "良", "中", "及格", "不及格", "合格", "不合格", "优秀", "良好", "中等", "通过",
        "缺考", "缓考", "旷考", "作弊", "免修", "免考",
    }
)  # fmt: skip
_NOT_SCORES = re.compile(r"年龄|身高|体重|视力|人数|房|床|号|年|期|龄|量|费|元|钱")


def _columns(
    header: _Header, body: Sequence[tuple[Cell, ...]], said: Mapping[int, str]
) -> tuple[Column, ...]:
    """Every column that has a header or holds something, each field given to one at most."""
    width = max([len(header.texts), *map(len, body)])
    samples = _samples(body, width)
    matches = {
        index: match
        for index, match in enumerate(header.matches)
        if match and not (match.field in {"number", "exam_number"} and _ordinal(samples[index]))
    }
    _match_by_content(header, samples, matches)
    _seat_guardians(matches, samples)
    for index, name in said.items():
        before = matches.pop(index, None)
        if name != LEFT_OUT and index < width:
            matches[index] = Match(name, _SAID, before.who if before else "")
    _part_families(matches, said)
    holders: dict[str, int] = {}
    for index, match in matches.items():
        rival = holders.get(match.field)
        if rival is None or _worth(match, samples[index]) > _worth(matches[rival], samples[rival]):
            holders[match.field] = index
    columns = []
    for index in range(width):
        text = header.texts[index] if index < len(header.texts) else ""
        if not text and not samples[index]:
            continue
        matched = matches.get(index)
        if matched is None and index in said:
            columns.append(Column(index, text, None, "按您的选择不读", needless=True))
        elif matched is None:
            needless = header_key(text) in _NEEDLESS or _ordinal(samples[index])
            reason = "登记中用不到" if needless else "没有对应的登记栏目"
            columns.append(Column(index, text, None, reason, needless))
        elif (holder := holders[matched.field]) == index:
            columns.append(Column(index, text, matched.field, who=matched.who))
        else:
            label = FIELD_BY_NAME[matched.field].label
            reason = f"{label}已取自 {letters(holder + 1)} 列"
            columns.append(Column(index, text, None, reason))
    return tuple(columns)


def _seat_guardians(matches: dict[int, Match], samples: list[list[str]]) -> None:
    """Give the columns of one family member to guardian_…, those of another to second_….

    Father and mother are never mixed. Who has no column for the name, or nothing in it, comes
    last; what no header says whose it is belongs to the first.
    """
    columns = [at for at, match in matches.items() if match.field.startswith(GUARDIANS[0])]
    worth: dict[str, tuple[bool, int, int]] = {}
    for at in columns:
        if matches[at].field == "guardian_name":
            worth.setdefault(matches[at].who, (bool(samples[at]), matches[at].rank, -at))
    members = sorted(worth, key=lambda who: worth[who], reverse=True)
    for at in columns:
        who = matches[at].who
        if who in members[1:2]:
            matches[at] = matches[at]._replace(field=f"second_{matches[at].field}")
        elif members and who and who != members[0]:
            del matches[at]


def _part_families(matches: dict[int, Match], said: Mapping[int, str]) -> None:
    """Where the registrar seats the mother himself, nothing of the father stays beside her."""
    for which in GUARDIANS:
        seated = {at: match for at, match in matches.items() if match.field.startswith(which)}
        whose = {match.who for at, match in seated.items() if at in said and match.who}
        for at, match in seated.items():
            if whose and at not in said and match.who and match.who not in whose:
                del matches[at]


def _samples(body: Sequence[tuple[Cell, ...]], width: int) -> list[list[str]]:
    """What stands in the first cells of each column, blanks left out."""
    samples: list[list[str]] = [[] for _ in range(width)]
    for row in body[:SAMPLE]:
        for index, cell in enumerate(row):
            if cell is not None and (text := _shown(cell).strip()):
                samples[index].append(text)
    return samples


#: Rank of a field that the registrar gave to a column by hand.
_SAID: Final = 10


def _worth(match: Match, sample: list[str]) -> tuple[int, bool, int]:
    """How well a column serves its field, against another that claims it."""
    if match.rank == _SAID:
        return _SAID, True, len(sample)
    fits = match.field != "id_number" or _share(sample, _ID_LIKE.fullmatch) > 0.5
    return match.rank if sample else 0, fits, len(sample)


def _share(sample: list[str], test: object) -> float:
    """Part of the sample that passes a test."""
    return sum(bool(test(text)) for text in sample) / len(sample) if sample else 0.0  # type: ignore[operator]


def _ordinal(sample: list[str]) -> bool:
    """Whether a column counts 1, 2, 3, …: a serial number, whatever its header says."""
    numbers = [text.removesuffix(".0") for text in sample if text.removesuffix(".0").isdecimal()]
    return len(numbers) > 1 and numbers == [str(at) for at in range(1, len(numbers) + 1)]


def _match_by_content(header: _Header, samples: list[list[str]], matches: dict[int, Match]) -> None:
    """Give columns whose header says nothing the field that their values can only be."""
    taken = {match.field for match in matches.values()}
    for index, sample in enumerate(samples):
        text = header_key(header.texts[index]) if index < len(header.texts) else ""
        if index in matches or len(sample) < 2 or _SOMEBODY_ELSE.search(text):
            continue
        for field, pattern in (
            ("id_number", _ID_LIKE),
            ("sex", re.compile("[男女]")),
            ("ethnic_group", re.compile("[一-龥]{1,6}族")),
        ):
            if field not in taken and _share(sample, pattern.fullmatch) > 0.8:
                matches[index] = Match(field, 1)
                taken.add(field)


def _courses(part: Part) -> tuple[Column, ...]:
    """The courses of a score sheet; nothing for a list of people, even one with exam scores."""
    placing = {
        "name", "sex", "number", "class_group", "major", "major_code", "department", "cohort",
        "exam_score", "remark", "years",
    }  # fmt: skip
    personal = set(part.fields) - placing
    scores = tuple(
        column
        for column in part.unmatched
        if not column.needless and not _NOT_SCORES.search(column.header) and _scores(part, column)
    )
    of_school = re.search(r"成绩|学分|考试", part.title) and not re.search(
        r"录取|新生|招生|中考", part.title
    )
    if of_school and personal <= {"exam_number"}:
        own = part.fields.get("exam_score")
        return scores or ((own,) if own else ())
    return scores if len(scores) >= 2 and not personal else ()


def _scores(part: Part, column: Column) -> bool:
    cells = [cell for row in part.rows[:SAMPLE] if (cell := row[column.index]) is not None]
    return len(cells) > 0 and sum(map(_is_score, cells)) >= 0.6 * len(cells)


def _is_score(cell: Cell) -> bool:
    text = _shown(cell).strip()
    return text in _SCORE_WORDS or bool(re.fullmatch(r"1?\d{1,2}(\.\d+)?", text))


# --- rows -----------------------------------------------------------------------------------

_FOOT = re.compile(
    r"以上(?:共|合计|名单|学生|人员|所列|信息|内容|\d)|合计|总计|共计|小计|总数|累计|本页(?:共|小计|合计)"
    r"|(?:制表|填表|填报|填写|上报|报送|经办|审核|复核|审批|核对|校对|打印|统计|承办|主管|分管)"
    r"(?:人|者|单位|部门|日期|时间|说明|要求|领导|签字|意见)"
    r"|(?:制表|填表|审核|复核|核对|校对|经办|说明|备注|附注|附|注|日期|时间|主管|领导|联系人|联系电话"
    r"|专业|专业名称|班级|系部|院系|系别|校长|院长|系主任|班主任|教务处?|学生处|招生办公?室?)[:(]"
    r"|注意|负责人|盖章|公章|第\d+页|共\d+[人页名]|[*※]|[一二三四五六七八九十]+、"
)
_SIGNED = re.compile(r"签[字名章]|盖章|公章")
#: What marks the filled row of a template.
EXAMPLE: Final = "示例"
_LONG_NUMBER = re.compile(r"[^一-龥:：]*\d{6}[^一-龥:：]*")
_COUNTED = re.compile(r".*\d+人\)?")
_NUMBER_LIKE = re.compile(r"[0-9A-Za-z.+*?\-]{3,}")
_NAME_LIKE = re.compile(
    r"[^\W\d_?？□〓]{1,6}[?？□〓]{0,4}|(?=.*[·•.])[^\d]{3,40}|[A-Za-z][A-Za-z .'-]{1,60}"
)


def _rows(
    columns: Sequence[Column], header: _Header, body: Sequence[tuple[Cell, ...]]
) -> tuple[tuple[SourceRow, ...], tuple[SourceRow, ...]]:
    """The rows of people, and those of totals, signatures, headings and repeated headers."""
    taken = [column.index for column in columns if column.field]
    by_field = {column.field: column.index for column in columns if column.field}
    numbers = [by_field[name] for name in PERSON_FIELDS - {"name"} if name in by_field]
    fields = {index: field for field, index in by_field.items()}
    people: list[SourceRow] = []
    skipped: list[SourceRow] = []
    for number, cells in enumerate(body, start=header.last + 2):
        row = SourceRow(number, cells)
        if _is_example(cells):
            skipped.append(row)
            continue
        if any(_is_long_number(row[index]) for index in numbers):
            people.append(row)
            continue
        filled = {
            index: text
            for index, cell in enumerate(cells)
            if cell is not None and (text := _plain(cell))
        }
        if any(index in filled for index in taken):
            no_person = _is_header_again(filled, fields) or _is_no_person(
                filled, numbers, by_field.get("name")
            )
            (skipped if no_person else people).append(row)
        elif not all(text.removesuffix(".0").isdecimal() for text in filled.values()):
            skipped.append(row)  # a serial number alone is a row that nobody has filled in
    return tuple(people), tuple(skipped)


def _is_example(cells: Sequence[Cell]) -> bool:
    """Whether the row shows how a template is filled in: 示例 stands in its first filled cell."""
    first = next((cell for cell in cells if cell is not None), None)
    return isinstance(first, str) and first.strip().startswith(EXAMPLE)


def _is_long_number(cell: Cell) -> bool:
    """Whether a cell of a number column holds one: such a row is a person, whatever else it is."""
    if isinstance(cell, str):
        return len(cell) >= 6 and _LONG_NUMBER.fullmatch(cell) is not None
    return isinstance(cell, int | float) and abs(cell) >= 1e5


def _is_header_again(filled: Mapping[int, str], fields: Mapping[int, str]) -> bool:
    """Whether at least two cells name the very field of their column."""
    hits = (
        match.field == fields[index]
        for index, text in filled.items()
        if index in fields and len(text) < 20 and (match := match_header(text))
    )
    return sum(hits) >= 2


def _is_no_person(filled: Mapping[int, str], numbers: Sequence[int], name: int | None) -> bool:
    """Whether a row without a long number is a total, a line of signatures or a heading."""
    first = next(iter(filled.values()))
    if _FOOT.match(first) or _SIGNED.search(first) or _COUNTED.fullmatch(first):
        return True
    named = filled.get(name, "") if name is not None else ""
    if _FOOT.match(named):
        return True
    if len(filled) > 1 or any(_NUMBER_LIKE.fullmatch(filled.get(index, "")) for index in numbers):
        return False
    return not (named and _NAME_LIKE.fullmatch(named) and not re.search("[班系]$|专业", named))


def _plain(cell: Cell) -> str:
    """A cell's text for recognising: half-width, without blanks."""
    if isinstance(cell, str):
        return _BLANKS.sub("", unicodedata.normalize("NFKC", cell))
    return _shown(cell)


def _shown(cell: Cell) -> str:
    """A cell's text for titles and samples."""
    match cell:
        case None:
            return ""
        case FormulaWithoutValue():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


# --- words for people -----------------------------------------------------------------------


def _remarks(
    sheet: str,
    columns: Sequence[Column],
    rows: Sequence[SourceRow],
    skipped: Sequence[SourceRow],
) -> Iterator[str]:
    """What of a sheet was left out, and why."""
    left_out: dict[str, list[str]] = {}
    for column in columns:
        if column.field is None:
            left_out.setdefault(column.reason, []).append(str(column))
    for reason, names in left_out.items():
        yield f"工作表“{sheet}”未读入 {'、'.join(names)}：{reason}。"
    if skipped:
        shown = "、".join(f"第 {row.number} 行“{_first_words(row)}”" for row in skipped[:8])
        more = f"等 {len(skipped)} 行" if len(skipped) > 8 else ""
        yield f"工作表“{sheet}”{shown}{more}不是学生，未读入。"
    if not rows:
        yield f"工作表“{sheet}”表头下面没有学生。"


def _first_words(row: SourceRow) -> str:
    words = next((text for cell in row.cells if (text := _shown(cell).strip())), "")
    return words if len(words) <= 16 else f"{words[:15]}…"


_ENTRY_YEAR: Final = (
    re.compile(r"(20\d\d)级"),
    re.compile(r"(?<!\d)(\d\d)级"),
    re.compile(
        r"(20\d\d)(?:[-—–~至/]+(?:20)?\d\d)?(?:学年|年)?度?[^\d月日]{0,16}?(?:新生|录取|招生|入学|五年)"
    ),
)
_CHINESE_DIGITS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")


def entry_year(title: str) -> int | None:
    """The year of entry that a title tells (2026 年五年制…, 2026级), or None.

    A date of printing or a school year is none.
    """
    plain = _BLANKS.sub("", unicodedata.normalize("NFKC", title))
    plain = re.sub(
        r"[二2][〇○零0][一二三四五六七八九〇○零]{2}",
        lambda match: match[0].translate(_CHINESE_DIGITS),
        plain,
    )
    for pattern in _ENTRY_YEAR:
        years = {
            int(year) if len(year) == 4 else 2000 + int(year) for year in _found(pattern, plain)
        }
        if len(years) == 1:
            return years.pop()
    return None


_MAJOR_SAID = re.compile(r"专业(?:名称)?: ?([一-龥()]+)")
_MAJOR_NAMED = re.compile(r"([一-龥()]+?)专业(?!:)")


def major_told(part: Part, known: Callable[[str], bool]) -> str | None:
    """The one major that the title (专业：…, 2026级…专业录取名册) or the name of a sheet tells.

    `known` says whether a catalogue has a major of that name: a title is no place to guess.
    """
    title = " ".join(_plain(text) for text in part.title.split())
    said = {match[1] for match in _MAJOR_SAID.finditer(title)}
    sheet = re.sub("[^一-龥()]", "", _plain(part.sheet)).removesuffix("专业")
    for text in (sheet, *(match[1] for match in _MAJOR_NAMED.finditer(title))):
        endings = (text[start:] for start in range(len(text)))
        said.update(itertools.islice(filter(known, endings), 1))
    return said.pop() if len(said) == 1 else None


def _found(pattern: re.Pattern[str], text: str) -> Iterable[str]:
    return (match[1] for match in pattern.finditer(text))
