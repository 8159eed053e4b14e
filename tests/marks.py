"""Which tests say, by a mark of their own, that they hold something: read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]


def marks(folder: Path, mark: str) -> dict[Any, list[str]]:
    """Argument of `@pytest.mark.<mark>(…)` → the tests below `folder`, as pytest names them."""
    found: dict[Any, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for argument in _arguments(node, mark):
                    name = path.relative_to(folder.parent).as_posix()
                    found.setdefault(argument, []).append(f"{name}::{node.name}")
    return found


def _arguments(test: ast.FunctionDef, mark: str) -> Iterator[Any]:
    for written in test.decorator_list:
        if isinstance(written, ast.Call) and ast.unparse(written.func) == f"pytest.mark.{mark}":
            yield from (ast.literal_eval(argument) for argument in written.args)
