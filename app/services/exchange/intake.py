"""From a file to a plan: read → map → check → compare, the way of every table from outside."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from app.services.exchange.checks import check
from app.services.exchange.learned import learned_headers
from app.services.exchange.mapping import recognise
from app.services.exchange.plan import Plan, Profile, compare
from app.services.exchange.readers import read_tables
from app.services.progress import Step, Work
from app.services.standards import Standards
from app.services.vault.database import Database


class Intake:
    """Plans for files from outside; writing them is for Batches."""

    def __init__(self, database: Database, standards: Standards) -> None:
        self._database = database
        self._standards = standards

    def plan(
        self,
        path: Path,
        *,
        profile: Profile | None = None,
        entry_year: int | None = None,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> Work[Plan]:
        """What accepting this file would do; `fields` assigns headers to fields by hand."""
        yield Step(0, 3, f"读取 {path.name}")
        source = read_tables(path)
        yield Step(1, 3, "核对每一格")
        with self._database.read() as session:
            table = recognise(source, {**learned_headers(session), **fields})
            checked = check(table, self._standards)
            yield Step(2, 3, "与登记比较")
            return compare(
                session,
                checked,
                self._standards,
                source_name=source.name,
                source_sha256=source.sha256,
                profile=profile,
                entry_year=entry_year,
            )
