"""What leaves the program is on record, and what is on record left it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.models.audit import AuditEntry
from app.models.papers import PrintedSheet
from app.models.vocabulary import CountBase, Role
from app.services.errors import DiskFull, FileNotWritable, NotYourRole
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.reports import Report, headcount_report
from app.services.register.students import Scope
from app.services.vault.audit import Actor, Journal
from app.services.workstation import Workstation
from tests.builders import person, take_in, write_list

AUTUMN = (date(2026, 9, 2), date(2027, 1, 31))


@pytest.fixture
def school(desk: Workstation, tmp_path: Path) -> Workstation:
    take_in(desk, write_list(tmp_path / "名单.xlsx", [person(1, "安然"), person(2, "白岩")]))
    return desk


def report(desk: Workstation) -> Report:
    return headcount_report(*desk.reports.headcount(desk.actor, *AUTUMN, CountBase.ON_REGISTER))


def print_roster(desk: Workstation, target: Path) -> None:
    moment = Moment(date(2026, 10, 1))
    finish(desk.printing.make(desk.actor, "新生名册", target, moment=moment, scope=Scope()))


def save_report(desk: Workstation, target: Path) -> None:
    desk.reports.save(desk.actor, report(desk), target)


def on_record(desk: Workstation) -> tuple[int, int]:
    """How many papers are recorded, and how many rows the log has."""
    with desk.database.read() as session:
        return (
            session.scalar(select(func.count()).select_from(PrintedSheet)) or 0,
            session.scalar(select(func.count()).select_from(AuditEntry)) or 0,
        )


Export = Callable[[Workstation, Path], None]
EXPORTS = pytest.mark.parametrize("export", [print_roster, save_report])


@pytest.mark.promise(38)
@EXPORTS
def test_an_export_that_cannot_be_recorded_leaves_no_file(
    school: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, export: Export
) -> None:
    def full(*_: object) -> None:
        raise DiskFull(path="core.db")

    monkeypatch.setattr(Journal, "rows", full)  # asked for at the commit
    with pytest.raises(DiskFull):
        export(school, tmp_path / "出" / "表.xlsx")
    assert list((tmp_path / "出").iterdir()) == []
    monkeypatch.undo()
    export(school, tmp_path / "出" / "表.xlsx")
    assert (tmp_path / "出" / "表.xlsx").stat().st_size > 1000


@EXPORTS
def test_a_file_that_cannot_be_written_leaves_no_record(
    school: Workstation, tmp_path: Path, export: Export
) -> None:
    (tmp_path / "表.xlsx").mkdir()
    before = on_record(school)
    with pytest.raises(FileNotWritable):
        export(school, tmp_path / "表.xlsx")
    assert on_record(school) == before


def test_who_looks_after_the_machine_alone_gets_no_report(
    school: Workstation, tmp_path: Path
) -> None:
    technician = Actor(1, "技术员", frozenset({Role.SYSTEM}))
    made, target = report(school), tmp_path / "表.xlsx"
    with pytest.raises(NotYourRole, match="“录入”或“审核”或“查阅”"):
        school.reports.headcount(technician, *AUTUMN, CountBase.ON_REGISTER)
    with pytest.raises(NotYourRole):
        school.reports.changes(technician, *AUTUMN)
    with pytest.raises(NotYourRole):
        school.reports.save(technician, made, target)
    assert not target.exists()
