"""Registers of every released schema open with today's code; an upgrade that fails harms nothing.

The fixtures were written at their release (tests/migrations/make.py) and are never made again.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, event, text

from app.models import migrations
from app.services.errors import DiskFull
from app.services.progress import finish
from app.services.vault import audit, keys
from app.services.vault.audit import Anchor
from app.services.vault.database import Database, check_pages, snapshot
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from app.services.workstation import Workstation
from tests.builders import students
from tests.conftest import CHEAP, OPERATOR, PASSWORD, MadeVault
from tests.migrations.make import FACTS, HERE, PICTURE, SECOND, SECOND_PASSWORD

RELEASED = sorted(path.parent.name for path in HERE.glob(f"*/{FACTS}"))


@pytest.fixture(params=RELEASED)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the vault of one released schema."""
    return shutil.copytree(HERE / request.param, tmp_path / "学籍库")


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return facts


@pytest.mark.promise(30)
def test_an_old_register_opens_with_all_that_was_in_it(old: Path) -> None:
    facts = facts_of(old)
    with Vault.open(old, PASSWORD, OPERATOR) as vault:
        desk = Workstation(vault)
        held = {row.name: str(row.status) for row in students(desk, date(2026, 11, 1))}
        assert held == facts["students"]
        assert vault.media.get(facts["picture"]) == PICTURE
        report = finish(vault.verify([Anchor(facts["seq"], facts["head"], "当时的链头")]))
        assert report.sentences == ()
    Vault.open(old, SECOND_PASSWORD, SECOND).close()


@pytest.mark.promise(30)
def test_an_old_sheet_still_opens_its_register(old: Path) -> None:
    code = RecoveryCode.read(facts_of(old)["recovery_code"])
    (old / keys.KEYS_FILE).unlink()
    recovered = Vault.recover(
        old, code, operator=OPERATOR, password="另选 一个 长些 的口令", cost=CHEAP
    )
    with recovered as vault:
        assert len(students(Workstation(vault), date(2026, 11, 1))) == 4


@pytest.mark.promise(58)
def test_an_upgrade_keeps_the_register_as_it_was_beside_it(
    old: Path, next_release: None, tmp_path: Path
) -> None:
    facts = facts_of(old)
    key = RecoveryCode.read(facts["recovery_code"]).key()
    Vault.open(old, PASSWORD, OPERATOR).close()
    (before,) = old.glob("core.before-upgrade-*.db")
    assert check_pages(before, key, sealed=True) == ()
    with snapshot(before, key, sealed=True) as taken:
        assert (audit.head(taken).seq, audit.head(taken).hash) == (facts["seq"], facts["head"])


def schema(path: Path, key: bytes) -> list[Any]:
    with snapshot(path, key) as taken:
        return list(taken.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name")).all())


# --- an upgrade that fails at one of its statements

NEXT = '''"""An invented step."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("clubs", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("students", sa.Column("nickname", sa.String(), nullable=True))
    op.execute("UPDATE students SET nickname = name")
    op.create_index("ix_students_nickname", "students", ["nickname"])
    op.execute("INSERT INTO clubs VALUES (1)")
'''


OURS = migrations.SCHEMA_REVISION


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program as a later release might be: one more step."""
    real = Path(migrations.__file__).parent
    shutil.copytree(real, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    step = tmp_path / "migrations" / "versions" / "9001_invented.py"
    step.write_text(NEXT.format(before=OURS), encoding="utf-8")
    monkeypatch.setattr(migrations, "__file__", str(tmp_path / "migrations" / "__init__.py"))
    monkeypatch.setattr(migrations, "SCHEMA_REVISION", "9001")


@contextmanager
def statements(fail_at: int | None = None) -> Iterator[list[str]]:
    """What is executed in a unit of DDL from here on; the disk is full at one of them."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)
        if fail_at is not None and len(seen) == fail_at:
            raise sqlcipher.OperationalError("database or disk is full")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.promise(58)
def test_an_upgrade_that_fails_at_any_statement_leaves_the_old_version_at_work(
    made: MadeVault, next_release: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = shutil.copytree(made.folder, tmp_path / "all")
    with statements() as seen:
        Database(trial / "core.db", made.key).dispose()
    assert any("nickname" in statement for statement in seen)
    for step in range(1, len(seen) + 1):
        folder = shutil.copytree(made.folder, tmp_path / f"{step}")
        with statements(fail_at=step), pytest.raises(DiskFull):
            Database(folder / "core.db", made.key)
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "SCHEMA_REVISION", OURS)
            assert schema(folder / "core.db", made.key) == schema(made.folder / "core.db", made.key)
            with Vault.open(folder, PASSWORD) as vault:
                assert (step, vault.notices, finish(vault.verify()).sentences) == (step, [], ())


@pytest.mark.promise(58)
def test_after_a_failed_upgrade_the_next_one_succeeds(made: MadeVault, next_release: None) -> None:
    path = made.folder / "core.db"
    with statements(fail_at=12), pytest.raises(DiskFull):
        Database(path, made.key)
    opened = Database(path, made.key)
    with opened.read() as session:
        assert session.scalar(text("SELECT count(*) FROM clubs")) == 1
    opened.dispose()
