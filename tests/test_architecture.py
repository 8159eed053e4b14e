"""What the program's own source promises: its layers, and what it never does."""

import ast
import importlib.metadata
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "app").rglob("*.py"))
TERMINAL = {ROOT / "app" / path for path in ("__main__.py", "cli.py", "commands/terminal.py")}


def test_the_import_contracts_are_kept():
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.promise(15)
def test_the_register_is_never_rekeyed_in_place():
    """A disk that fills up during it leaves a file that no key opens (decision 0003)."""
    assert found(re.compile(r"pragma\s+(hex)?rekey", re.IGNORECASE)) == []


def test_only_the_terminal_prints():
    prints = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path not in TERMINAL
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert prints == []


def test_the_program_imports_only_what_is_delivered_with_it():
    """A package of the developers (dbf, bagit, argon2) would be missing on the school's PC."""
    owners = importlib.metadata.packages_distributions()
    lock = (ROOT / "installer" / "locks" / "run.txt").read_text(encoding="utf-8")
    delivered = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    strangers = [
        f"{place}: {module}"
        for place, module in foreign_imports()
        if not delivered & {distribution(name) for name in owners.get(module, [])}
    ]
    assert strangers == []


@pytest.mark.promise(55)
def test_nothing_in_the_program_speaks_to_a_network():
    banned = {
        "socket", "ssl", "http", "urllib", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib",
        "xmlrpc", "asyncio", "socketserver", "requests", "httpx", "aiohttp", "websocket",
    }  # fmt: skip
    harmless, within_this_pc = {"urllib.parse"}, {"QLocalServer", "QLocalSocket"}
    found_imports = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in SOURCES
        for node in ast.walk(tree(path))
        for module in imported_modules(node)
        if (module.split(".")[0] in banned and module not in harmless)
        or (module == "PySide6.QtNetwork" and not names_of(node) <= within_this_pc)
    ]
    assert found_imports == []


@pytest.mark.promise(55)
def test_the_tests_run_without_a_network():
    with socket.socket() as plug, pytest.raises(AssertionError, match="reached for"):
        plug.connect(("127.0.0.1", 9))


@pytest.mark.parametrize("name", ["QSortFilterProxyModel", "QStandardItemModel", "QTableWidget"])
def test_lists_stay_fast_with_a_hundred_thousand_rows(name):
    """These took 12 to 22 seconds over 100,000 rows; sorting and filtering is SQL's work."""
    assert found(re.compile(rf"\b{name}\b")) == []


def test_the_search_finds_what_is_forbidden(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text('connection.execute(f"PRAGMA rekey = {key}")\n', encoding="utf-8")
    assert found(re.compile(r"pragma\s+(hex)?rekey", re.IGNORECASE), [bad]) == ["bad.py:1"]


# --- reading the source -------------------------------------------------------------------


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def found(pattern: re.Pattern[str], paths: list[Path] = SOURCES) -> list[str]:
    """Places of names and texts that match; comments and docstrings may speak of them."""
    return [
        f"{path.name}:{node.lineno}"
        for path in paths
        for node in code_nodes(tree(path))
        if pattern.search(words_of(node))
    ]


def code_nodes(module: ast.Module) -> Iterator[ast.expr | ast.alias]:
    bare_texts = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        named = isinstance(node, (ast.Constant, ast.Name, ast.Attribute, ast.alias))
        if named and id(node) not in bare_texts:
            yield node


def words_of(node: ast.expr | ast.alias) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return ""


def foreign_imports() -> Iterator[tuple[str, str]]:
    """Place and top-level module of every import that is neither ours nor Python's."""
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            for module in imported_modules(node):
                top = module.split(".")[0]
                if top != "app" and top not in sys.stdlib_module_names:
                    yield str(path.relative_to(ROOT)), top


def imported_modules(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
    return []


def names_of(node: ast.AST) -> set[str]:
    return {alias.name for alias in getattr(node, "names", ())}


def distribution(name: str) -> str:
    """A package's name as locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()
