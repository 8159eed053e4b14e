"""Two versions of a form beside each other: what was changed in texts, widths, looks and paper."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openpyxl.utils import get_column_letter

from app.services.forms.language import written
from app.services.forms.sheetstyle import MILLIMETRE, Page, Sides
from app.services.forms.template import Cell, Sheet, Template

_SAME: Final = 0.1 * MILLIMETRE  # lengths that differ by less were only rounded
_BLANK: Final = "（空）"


@dataclass(frozen=True, slots=True)
class FormDifference:
    """One difference: sheet, where on it, what kind, and how it was and is."""

    sheet: str
    place: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.sheet}　{self.place}　{self.what}：{self.before} → {self.after}"


def compare_forms(before: Template, after: Template) -> tuple[FormDifference, ...]:
    """What somebody would see if both forms lay beside each other, sheet by sheet."""
    olds = {sheet.name: sheet for sheet in before.sheets}
    news = {sheet.name: sheet for sheet in after.sheets}
    if len(olds) == len(news) == 1:  # the one sheet may have been given another name
        (old,), (new,) = olds.values(), news.values()
        named = _changed(new.name, "工作表", "名称", old.name, new.name)
        return (*named, *_sheet(old, new))
    found: list[FormDifference] = []
    for name in dict.fromkeys((*olds, *news)):
        if name not in news:
            found.append(FormDifference(name, "工作表", "没有了", name, _BLANK))
        elif name not in olds:
            found.append(FormDifference(name, "工作表", "新增", _BLANK, name))
        else:
            found += _sheet(olds[name], news[name])
    return tuple(found)


# --- one sheet ----------------------------------------------------------------------------


def _sheet(before: Sheet, after: Sheet) -> Iterator[FormDifference]:
    yield from _page(before, after)
    yield from _lengths(before, after)
    olds = {cell.ref: cell for cell in before.cells}
    news = {cell.ref: cell for cell in after.cells}
    for ref in sorted({*olds, *news}, key=lambda ref: _order(olds.get(ref) or news[ref])):
        yield from _cell(after.name, ref, olds.get(ref), news.get(ref))
    yield from _ruled(before, after)


def _order(cell: Cell) -> tuple[int, int]:
    return cell.row, cell.column


def _cell(sheet: str, ref: str, old: Cell | None, new: Cell | None) -> Iterator[FormDifference]:
    before, after = (written(cell.content) if cell else "" for cell in (old, new))
    if old is None or new is None:
        yield FormDifference(
            sheet, ref, "新增" if old is None else "没有了", before or _BLANK, after or _BLANK
        )
        return
    yield from _changed(sheet, ref, "文字", before, after)
    yield from _changed(sheet, ref, "合并", _extent(old), _extent(new))
    yield from _changed(sheet, ref, "数字格式", old.number_format, new.number_format)
    styles = [
        (name, getattr(old.style, key), getattr(new.style, key)) for key, name in _STYLE.items()
    ]
    for name, was, now in styles:
        yield from _changed(sheet, ref, name, _said(was), _said(now))


_STYLE: Final = {
    "family": "字体",
    "size": "字号",
    "bold": "加粗",
    "italic": "倾斜",
    "underline": "下划线",
    "colour": "颜色",
    "horizontal": "水平对齐",
    "vertical": "垂直对齐",
    "wrap": "自动换行",
    "shrink": "缩小填充",
    "rotation": "文字方向",
}


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "#" + "".join(f"{round(part * 255):02X}" for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return _WORDS.get(getattr(value, "name", ""), str(getattr(value, "value", value)))


_WORDS: Final = {
    "GENERAL": "常规", "LEFT": "左", "CENTRE": "居中", "RIGHT": "右", "DISTRIBUTED": "分散",
    "TOP": "上", "BOTTOM": "下", "SONG": "宋体", "HEI": "黑体", "KAI": "楷体",
}  # fmt: skip


def _extent(cell: Cell) -> str:
    rows, columns = cell.row_end - cell.row, cell.column_end - cell.column
    return f"{rows} 行 × {columns} 列" if (rows, columns) != (1, 1) else "不合并"


# --- lengths, borders, paper --------------------------------------------------------------


def _lengths(before: Sheet, after: Sheet) -> Iterator[FormDifference]:
    def widths(sheet: Sheet) -> dict[str, float]:
        edges = sheet.columns
        return {
            get_column_letter(sheet.first_column + at): edges[at + 1] - edges[at]
            for at in range(len(edges) - 1)
        }

    def heights(sheet: Sheet) -> dict[str, float]:
        return {str(sheet.first_row + at): height for at, height in enumerate(sheet.heights)}

    for words, what, measure in (("{} 列", "列宽", widths), ("第 {} 行", "行高", heights)):
        yield from _measures(after.name, words, what, measure(before), measure(after))


def _measures(
    sheet: str, words: str, what: str, olds: Mapping[str, float], news: Mapping[str, float]
) -> Iterator[FormDifference]:
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        if old is not None and new is not None and abs(old - new) < _SAME:
            continue
        yield FormDifference(sheet, words.format(name), what, _millimetres(old), _millimetres(new))


def _millimetres(length: float | None) -> str:
    if length is None:
        return "没有"
    return f"{length / MILLIMETRE:.1f} 毫米" if length else "隐藏"


def _ruled(before: Sheet, after: Sheet) -> Iterator[FormDifference]:
    for what, olds, news in (
        ("边框", _sides(before), _sides(after)),
        ("底色", _fills(before), _fills(after)),
    ):
        differ = sorted(place for place in {*olds, *news} if olds.get(place) != news.get(place))
        if differ:
            row, column = differ[0]
            first = f"{get_column_letter(after.first_column + column)}{after.first_row + row}"
            place = first if len(differ) == 1 else f"{first} 等 {len(differ)} 格"
            yield FormDifference(after.name, place, what, "原来的", "有改动")


def _sides(sheet: Sheet) -> dict[tuple[int, int], Sides]:
    return sheet.borders.sides


def _fills(sheet: Sheet) -> dict[tuple[int, int], Any]:
    return {(fill[0], fill[1]): fill[2:] for fill in sheet.fills}


def _page(before: Sheet, after: Sheet) -> Iterator[FormDifference]:
    old, new = _setup(before), _setup(after)
    for what in old:
        yield from _changed(after.name, "页面设置", what, old[what], new[what])


def _setup(sheet: Sheet) -> dict[str, str]:
    page = sheet.page
    size = f"{page.width / MILLIMETRE:.0f} × {page.height / MILLIMETRE:.0f} 毫米"
    margins = "上 {:.1f} 下 {:.1f} 左 {:.1f} 右 {:.1f} 毫米".format(
        *(length / MILLIMETRE for length in (page.top, page.bottom, page.left, page.right))
    )
    titles = "没有"
    if sheet.titles:
        titles = (
            f"第 {sheet.first_row + sheet.titles[0]} 至 {sheet.first_row + sheet.titles[1] - 1} 行"
        )
    return {
        "纸张": size + ("（横放）" if page.width > page.height else ""),
        "页边距": margins,
        "缩放": _scale(page),
        "居中": "、".join(
            word for word, on in (("水平", page.centre_across), ("垂直", page.centre_down)) if on
        )
        or "不居中",
        "顶端标题行": titles,
        "分页": "、".join(f"第 {sheet.first_row + row} 行前" for row in sorted(sheet.breaks))
        or "没有",
        "页眉页脚": "；".join(
            f"{'页眉' if text.top else '页脚'} {written(text.content)}"
            for text in sheet.margin_texts
        )
        or "没有",
        "图片": f"{len(sheet.pictures)} 张",
    }


def _scale(page: Page) -> str:
    if page.fit_width or page.fit_height:
        return f"缩到 {page.fit_width or '任意'} 页宽 {page.fit_height or '任意'} 页高"
    return f"{page.scale:.0%}"


def _changed(
    sheet: str, place: str, what: str, before: str, after: str
) -> Iterator[FormDifference]:
    if before != after:
        yield FormDifference(sheet, place, what, before or _BLANK, after or _BLANK)
