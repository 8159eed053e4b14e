"""关于: what the program consists of, its licences, and what changed; all from shipped files."""

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from app.services.resources import resource

_PACKAGE: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*)(?: with `\w+`)?")
_ROW: Final = re.compile(r"^\| (?P<first>[^|]+?) \| (?P<rest>.+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Component:
    """A part that is not ours: what it is, which version, under which licence."""

    kind: str
    name: str
    version: str
    licence: str


@cache
def components() -> tuple[Component, ...]:
    """Packages as decision 0002 names them, then fonts and icons as their folders name them."""
    return (
        Component("语言", "Python", sys.version.split()[0], "PSF"),
        *_packages(),
        *_fonts(),
        _ICONS,
    )


def changelog() -> str:
    """变更记录, as Markdown."""
    return resource("docs", "changelog.md").read_text(encoding="utf-8")


def _packages() -> list[Component]:
    """Rows such as `| SQLAlchemy, alembic (MIT) | … |`, or with several licences in one."""
    text = resource("docs", "decisions", "0002-dependencies.md").read_text(encoding="utf-8")
    found = []
    for row in _ROW.finditer(text):
        waiting: list[str] = []
        for part in re.split(r"(\([^)]*\))", row["first"]):
            if part.startswith("("):
                found += [Component("程序库", name, _version(name), part[1:-1]) for name in waiting]
                waiting = []
            else:
                waiting += [match[1] for match in _PACKAGE.finditer(part)]
    return found


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a built program may leave it out
        return ""


def _fonts() -> list[Component]:
    """Rows such as `| NotoSerifSC-Regular.ttf | 宋体 | 2.003-H1 | source | OFL 1.1 | … |`."""
    text = resource("fonts", "README.md").read_text(encoding="utf-8")
    found = []
    for row in _ROW.finditer(text):
        cells = [cell.strip() for cell in row["rest"].split("|")]
        if row["first"].endswith(".ttf"):
            name = row["first"].removesuffix(".ttf")
            found.append(Component("字体", f"{name}（{cells[0]}）", cells[1], cells[3]))
    return found


_ICONS: Final = Component("图标", "Lucide", "", "ISC")
