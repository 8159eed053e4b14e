"""The page that opens on a disc in any browser: index.html and its data in data.js.

Browsers refuse modules, fetch and workers on file addresses, so it is one page of ES5 with its
data in a classic script. Identity numbers are not in it.
"""

import base64
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.services.archive.content import (
    RECORDS,
    ArchivedClass,
    ArchivedStudent,
    DiscContent,
    PackageFile,
    short_title,
)
from app.services.resources import resource

if TYPE_CHECKING:  # loaded when a disc is made, not with the program
    from fontTools.ttLib import TTFont

#: Asked in this order for a character; a font that is not shipped is passed over.
_FONTS: Final = (
    "NotoSansSC-Regular.ttf",
    "NotoSerifSC-Regular.ttf",
    "LXGWWenKai-Regular.ttf",
    "HanaMinB.ttf",
    "BabelStoneHan.ttf",
)

_FIRST_IDEOGRAPH: Final = "\u2e80"


def pages(
    content: DiscContent, students: Sequence[ArchivedStudent], files: Sequence[PackageFile]
) -> dict[str, bytes]:
    """index.html and data.js for `students` in the order given."""
    papers: dict[str, list[PackageFile]] = {student.code: [] for student in students}
    for file in files:
        if file.student is not None:
            papers[file.student].append(file)
    return {
        "index.html": _page(content, students, papers),
        "data.js": _data(content, students, papers, files),
    }


def _address(file: PackageFile) -> str:
    return f"data/{file.path}"


def _data(
    content: DiscContent,
    students: Sequence[ArchivedStudent],
    papers: Mapping[str, Sequence[PackageFile]],
    files: Sequence[PackageFile],
) -> bytes:
    """Rows as arrays; the page says what stands where."""
    groups = {group.code: at for at, group in enumerate(content.class_groups)}
    sizes = [0] * len(groups)
    for student in students:
        sizes[groups[student.class_code]] += 1
    cohort = {
        "disc": content.disc_number,
        "classes": [
            [group.code, group.name, group.major, group.department, size]
            for group, size in zip(content.class_groups, sizes, strict=True)
        ],
        "students": [
            [
                student.name,
                student.number,
                groups[student.class_code],
                student.status,
                student.former_name,
                list(student.keys),
                [[short_title(file, student), _address(file)] for file in papers[student.code]],
                next(map(_address, filter(_is_photo, papers[student.code])), ""),
            ]
            for student in students
        ],
        "files": [
            [file.title, _address(file)]
            for file in sorted(files, key=lambda file: not file.path.startswith(RECORDS))
            if file.student is None
        ],
    }
    text = json.dumps(cohort, ensure_ascii=False, separators=(",", ":"))
    # Line separators that end a string in ES5; and no "</script>" should the data be inlined.
    for character, written in (("\u2028", r"\u2028"), ("\u2029", r"\u2029"), ("<", r"\u003c")):
        text = text.replace(character, written)
    return f"window.COHORT={text};\n".encode()


def _is_photo(file: PackageFile) -> bool:
    return file.media_type.startswith("image/")


def _page(
    content: DiscContent,
    students: Sequence[ArchivedStudent],
    papers: Mapping[str, Sequence[PackageFile]],
) -> bytes:
    fonts = list(_rare_fonts(_rare_characters(content, students)))
    page = Template(resource("viewer", "index.html").read_text("utf-8"))
    return page.substitute(
        title=escape(content.title),
        number=escape(content.disc_number),
        school=escape(content.school),
        as_of=content.as_of.isoformat(),
        stage='<span class="stage">预归档 · 尚未毕业</span>' if content.preliminary else "",
        fonts="\n".join(fonts),
        families="".join(f'"Rare{at}", ' for at in range(len(fonts))),
        static_list="\n".join(_static_list(content.class_groups, students, papers)),
    ).encode()


def _static_list(
    groups: Iterable[ArchivedClass],
    students: Sequence[ArchivedStudent],
    papers: Mapping[str, Sequence[PackageFile]],
) -> Iterator[str]:
    """All students by class, for a browser that runs no script."""
    for group in groups:
        yield f"<section><h2>{escape(group.name)}</h2><ul class=files>"
        for student in students:
            if student.class_code == group.code:
                links = " ".join(
                    f'<a href="{quote(_address(file))}">{escape(short_title(file, student))}</a>'
                    for file in papers[student.code]
                )
                number, name = escape(student.number), escape(student.name)
                yield f"<li>{number} {name} {escape(student.status)} {links}</li>"
        yield "</ul></section>"


# --- characters that a system may lack ----------------------------------------------------


def _rare_characters(content: DiscContent, students: Iterable[ArchivedStudent]) -> set[str]:
    """Chinese characters outside GB 2312, which every Chinese system has."""
    texts = [content.title, content.school]
    texts += [text for student in students for text in (student.name, student.former_name)]
    texts += [group.name for group in content.class_groups]
    return {ch for ch in set("".join(texts)) if ch >= _FIRST_IDEOGRAPH and not _in_gb2312(ch)}


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _rare_fonts(characters: set[str]) -> Iterator[str]:
    """@font-face rules Rare0, Rare1, …: the shapes of `characters` and no others, inside the page.

    A character that no shipped font has is left to the system.
    """
    from fontTools.ttLib import TTFont

    wanted = set(map(ord, characters))
    ordinal = 0
    for name in _FONTS:
        path = resource("fonts", name)
        if not wanted or not path.is_file():
            continue
        with TTFont(path, lazy=True, recalcTimestamp=False) as font:
            held = wanted & font.getBestCmap().keys()
            if held:
                data = base64.b64encode(_shapes(font, held)).decode()
                points = ",".join(f"U+{point:X}" for point in sorted(held))
                yield (
                    f'@font-face {{ font-family: "Rare{ordinal}"; unicode-range: {points};\n'
                    f"  src: url(data:font/woff;base64,{data}); }}"
                )
                ordinal += 1
        wanted -= held


def _shapes(font: "TTFont", points: set[int]) -> bytes:
    """A WOFF of the glyphs of `points`."""
    from fontTools import subset

    options = subset.Options(hinting=False, layout_features=[], recalc_timestamp=False)
    options.drop_tables += ["FFTM", "meta"]  # of the font's maker, no use in a page
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    return out.getvalue()
