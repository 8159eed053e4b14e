"""Makes the fixture of a released schema: `python -m tests.migrations.make`, once, at its release.

The vault of a few invented people lands in tests/migrations/REVISION and is never made again: a
fixture that today's code wrote would prove nothing about the registers of its time.
"""

import json
import shutil
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.models.migrations import SCHEMA_REVISION
from app.models.vocabulary import Kind, Role, Signatory
from app.services.progress import finish
from app.services.vault.vault import Vault
from app.services.workstation import Workstation
from tests.builders import person, students, take_in, write_list
from tests.conftest import CHEAP, OPERATOR, PASSWORD, SCHOOL

HERE: Final = Path(__file__).parent
FACTS: Final = "facts.json"
SECOND, SECOND_PASSWORD = "吴接任", "红砖 水塔 渡口 晨钟 二号"
PICTURE: Final = b"\xff\xd8\xff an invented picture " * 40


def main() -> int:
    """Make the fixture of SCHEMA_REVISION unless there is one."""
    target = HERE / SCHEMA_REVISION
    if target.exists():
        sys.stderr.write(f"{target} 已有，不再重做。\n")
        return 1
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "学籍库"
        facts = _fill(folder, Path(scratch))
        target.mkdir()
        for name in ("core.db", "media.db", "keys.json"):
            shutil.copy(folder / name, target / name)
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (target / FACTS).write_text(text + "\n", encoding="utf-8")
    return 0


def _fill(folder: Path, scratch: Path) -> dict[str, object]:
    """A small history of everything that the schema can hold by now; what must be found again."""
    vault, code = Vault.create(
        folder, school=SCHOOL, operator=OPERATOR, password=PASSWORD, cost=CHEAP
    )
    with vault:
        desk = Workstation(vault)
        vault.add_operator(SECOND, {Role.RECORD, Role.REVIEW}, SECOND_PASSWORD, cost=CHEAP)
        names = ("㛃一然", "欧阳晓明", "古丽·阿依", "王五")
        rows = [person(index, name) for index, name in enumerate(names)]
        take_in(desk, write_list(scratch / "名册.xlsx", rows))
        desk.placement.split(desk.actor, 2026)
        desk.placement.number(desk.actor, 2026)
        sha256 = vault.media.put(PICTURE)
        desk.changes.change(
            desk.actor,
            desk.students.identify(rows[1]["考生号"]),
            Kind.SUSPENSION,
            date(2026, 10, 12),
            evidence=[(None, "诊断证明")],
            signed=frozenset(Signatory),
            reason="因病",
        )
        finish(vault.verify())
        head = vault.database.head()
        held = {row.name: str(row.status) for row in students(desk, date(2026, 11, 1))}
    return {
        "recovery_code": str(code),
        "seq": head.seq,
        "head": head.hash,
        "picture": sha256,
        "students": held,
    }


if __name__ == "__main__":
    sys.exit(main())
