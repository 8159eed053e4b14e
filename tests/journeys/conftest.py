"""A small school to give commands to: four students in two classes, made once a module."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.commands import terminal
from app.services.vault import keys, vault
from tests.builders import person, write_list
from tests.journeys.test_commands import PASSPHRASE, SCHOOL, command

Run = Callable[..., dict[str, Any]]

PEOPLE = [person(i, name) for i, name in enumerate(("安然", "白岩", "常青", "戴月"))]
AN, BAI, CHANG, DAI = (one["考生号"] for one in PEOPLE)


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A vault with four students in two classes; each test works on a copy."""
    patch = pytest.MonkeyPatch()
    patch.setenv(terminal.PASSPHRASE, PASSPHRASE)
    patch.setattr(vault, "calibrate", lambda: keys.COSTS[-1])
    folder = tmp_path_factory.mktemp("school")
    roster = write_list(folder / "名册.xlsx", PEOPLE)
    for words in (
        ["init", "--school", SCHOOL, "--operator", "梁管理"],
        ["import", str(roster)],
        ["classes", "split", "--cohort", "2026", "--count", "2"],
    ):
        assert cli.main(["--vault", str(folder / "学籍库"), *words]) == 0
    yield folder / "学籍库"
    patch.undo()


@pytest.fixture
def school_folder(placed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that vault, whose passphrase the commands know."""
    monkeypatch.setenv(terminal.PASSPHRASE, PASSPHRASE)
    folder = tmp_path / "学籍库"
    shutil.copytree(placed, folder)
    return folder


@pytest.fixture
def run(school_folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Commands on the copy."""

    def one(*words: object, code: int = 0) -> dict[str, Any]:
        return command(capsys, school_folder, *words, code=code)

    return one


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A scan with a = in its name, as phones make them."""
    path = tmp_path / "IMG=20261001.pdf"
    path.write_bytes(b"%PDF-1.4\n% an invented certificate\n")
    return path
