"""kill -9 in the middle of work: what was acknowledged is there, all else is not, all is sound."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.audit import AuditEntry
from app.models.student import Guardian, Student
from app.services.errors import VaultInUse
from app.services.progress import finish
from app.services.vault.vault import Vault
from tests.conftest import OPERATOR, PASSWORD, MadeVault

ROOT = Path(__file__).parents[2]

# Writes units of work without end and says each time when one is committed.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import insert
from app.models.student import Guardian, Student
from app.services.vault import audit
from app.services.vault.vault import Vault

vault = Vault.open(Path(sys.argv[1]), sys.stdin.readline().rstrip("\\n"))
per_unit = int(sys.argv[2])
now = datetime.now(UTC)
print("open", flush=True)
unit = 0
while True:
    unit += 1
    with vault.database.write(vault.actor, "录入") as session:
        rows = [
            {"name": f"第{unit}批第{n}人", "cohort_year": 2026, "recorded_at": now}
            for n in range(per_unit)
        ]
        ids = session.scalars(insert(Student).returning(Student.id), rows).all()
        session.execute(insert(Guardian), [{"student_id": i, "name": "某某"} for i in ids])
        audit.touch(session, Student, ids)
    vault.media.put(f"picture {unit}".encode() * 1000)
    print(unit, flush=True)
"""


def start_writer(folder: Path, per_unit: int) -> "subprocess.Popen[str]":
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(per_unit)],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert writer.stdin is not None
    writer.stdin.write(PASSWORD + "\n")
    writer.stdin.flush()
    return writer


def kill_after(writer: "subprocess.Popen[str]", folder: Path, units: int) -> int:
    """Kill once so many units are acknowledged; the last number that was."""
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    with pytest.raises(VaultInUse, match=rf"{OPERATOR}.*进程号 {writer.pid}"):
        Vault.open(folder, PASSWORD)
    for _ in range(units):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=30)
    told = [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return max([units, *told])


@pytest.mark.promise(20, 27)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("per_unit", [1, 400])
def test_after_a_kill_all_acknowledged_work_is_there_and_the_register_is_sound(
    made: MadeVault, per_unit: int
) -> None:
    units = random.Random(per_unit).randint(3, 9)
    acknowledged = kill_after(start_writer(made.folder, per_unit), made.folder, units)
    with Vault.open(made.folder, PASSWORD) as vault:  # so the lock is free
        assert vault.notices == []
        with vault.database.read() as session:
            students = session.scalar(select(func.count()).select_from(Student))
            guardians = session.scalar(select(func.count()).select_from(Guardian))
            logged = session.scalar(
                select(func.count()).select_from(AuditEntry).where(AuditEntry.record == "students")
            )
        assert students is not None
        assert students == guardians == logged
        assert students % per_unit == 0
        assert students // per_unit in (acknowledged, acknowledged + 1)
        assert finish(vault.verify()).clean
