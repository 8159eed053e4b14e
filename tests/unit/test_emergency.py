"""The emergency reader opens a vault with the sheet alone, without a line of the program."""

import ast
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.models.student import Student
from app.services.progress import finish
from app.services.resources import resource
from app.services.vault import vault as vault_module
from app.services.vault.backup import back_up
from app.services.vault.keys import new_key
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from tests.conftest import CHEAP, PASSWORD, MadeVault

READER = resource("emergency", "read_vault.py")
PICTURE = b"an invented picture" * 999


@pytest.fixture(autouse=True)
def _cheap_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_module, "calibrate", lambda: CHEAP)


def read(source: Path, target: Path, code: RecoveryCode, *, ok: bool = True) -> str:
    sheet = target.with_suffix(".txt")
    sheet.write_text(str(code).lower(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", READER, source, target, sheet], capture_output=True, text=True
    )
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout + done.stderr


def enrol(vault: Vault, *names: str) -> None:
    with vault.database.write(vault.actor, "录入") as session:
        moment = datetime.now(UTC)
        session.add_all(Student(name=n, cohort_year=2026, recorded_at=moment) for n in names)


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [
            row[0]
            for row in plain.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]
        held = {name: plain.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}  # noqa: S608
    plain.close()
    return held


@pytest.mark.promise(8, 29, 30)
def test_a_backup_becomes_a_plain_database_with_the_sheet_alone(
    vault: Vault, made: MadeVault, tmp_path: Path
) -> None:
    enrol(vault, *(f"第{n}人㛃" for n in range(300)))
    sha256 = vault.media.put(PICTURE)
    saved = finish(back_up(vault, tmp_path / "备份盘")).folder
    assert "各页完好" in read(saved / "core.db", tmp_path / "登记.sqlite", made.code)
    held = everything(tmp_path / "登记.sqlite")
    with vault.database.read() as session:
        counts = {
            name: session.scalar(text(f'SELECT count(*) FROM "{name}"'))  # noqa: S608
            for name in held
            if not name.startswith("sqlite_")
        }
    # the backup's own entry came after it
    assert {name: len(rows) for name, rows in held.items() if name in counts} == {
        **counts,
        "audit_entries": counts["audit_entries"] - 1,
    }
    assert "第299人㛃" in {row[value] for row in held["students"] for value in range(len(row))}
    read(saved / "media.db", tmp_path / "影像.sqlite", made.code)
    assert (sha256, len(PICTURE), PICTURE) in everything(tmp_path / "影像.sqlite")["blobs"]


@pytest.mark.promise(29)
def test_what_was_committed_but_not_yet_in_the_main_file_is_read_from_the_log(
    made: MadeVault, tmp_path: Path
) -> None:
    vault = Vault.open(made.folder, PASSWORD)
    enrol(vault, "钱一", "孙二")
    crashed = shutil.copytree(made.folder, tmp_path / "断电后")
    vault.close()
    with (crashed / "core.db-wal").open("ab") as log:
        log.write(bytes(5000))  # and a torn frame behind it
    read(crashed / "core.db", tmp_path / "登记.sqlite", made.code)
    names = {value for row in everything(tmp_path / "登记.sqlite")["students"] for value in row}
    assert {"钱一", "孙二"} <= names


def test_another_sheet_opens_nothing_and_a_damaged_page_is_named(
    made: MadeVault, tmp_path: Path
) -> None:
    wrong = RecoveryCode.of_key(new_key())
    told = read(made.folder / "core.db", tmp_path / "a.sqlite", wrong, ok=False)
    assert "打不开" in told
    assert not (tmp_path / "a.sqlite").exists()
    damaged = shutil.copy(made.folder / "core.db", tmp_path / "core.db")
    content = bytearray(damaged.read_bytes())
    content[4 * 4096 + 77] ^= 1
    damaged.write_bytes(content)
    assert "损坏的页：[5]" in read(damaged, tmp_path / "b.sqlite", made.code)
    told = read(made.folder / "core.db", tmp_path / "b.sqlite", made.code, ok=False)
    assert "FileExistsError" in told  # never over an existing file


def test_it_needs_nothing_but_python_and_cryptography() -> None:
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(READER.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    foreign = {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names)
    assert foreign == {"cryptography"}
    assert len(READER.read_text(encoding="utf-8").splitlines()) < 170
