"""Invented people, valid unless told otherwise; a test states its one difference."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook

from app.models.operator import Operator
from app.models.rules.identity import check_digit
from app.models.vocabulary import Role
from app.services.exchange.batches import Accepted
from app.services.exchange.plan import Plan
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope, StudentRow
from app.services.vault.audit import Actor
from app.services.workstation import Workstation

HEADERS = ("考生号", "姓名", "性别", "出生日期", "民族", "身份证号", "录取专业", "总分", "联系电话")
ENTRY_DAY = date(2026, 9, 1)


def id_number(index: int, *, born: str = "20110305", boy: bool = True) -> str:
    """A sound identity number of nobody: county 460303 hardly registers any birth."""
    body = f"460303{born}{500 + index * 2 + (1 if boy else 0):03d}"
    return body + check_digit(body)


def person(index: int, name: str, *, boy: bool = True, **values: str) -> dict[str, str]:
    """One row of an admission list."""
    row = {
        "考生号": f"2632990000{index:04d}",
        "姓名": name,
        "性别": "男" if boy else "女",
        "出生日期": "2011-03-05",
        "民族": "汉族",
        "身份证号": id_number(index, boy=boy),
        "录取专业": "计算机应用技术",
        "总分": str(500 + index),
        "联系电话": f"1380000{index:04d}",
    }
    return row | values


def write_list(path: Path, rows: Sequence[dict[str, str]], title: str = "2026级新生名册") -> Path:
    """An .xlsx as an office would send it: a title, a header, a row a person."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([title])
    sheet.append(headers)
    for row in rows:
        sheet.append([row.get(header) for header in headers])
    workbook.save(path)
    return path


def plan_of(desk: Workstation, path: Path, **options: object) -> Plan:
    """What importing the file would do."""
    return finish(desk.intake.plan(path, **options))  # type: ignore[arg-type]


def take_in(desk: Workstation, path: Path, **options: object) -> Accepted:
    """Import the file whole."""
    plan = plan_of(desk, path)
    return finish(desk.batches.accept(desk.actor, plan, **options))  # type: ignore[arg-type]


def students(desk: Workstation, as_of: date = date(2026, 10, 1)) -> list[StudentRow]:
    """Everybody on the register that day."""
    return desk.students.rows(Moment(as_of), Scope())


def who(desk: Workstation, name: str, as_of: date = date(2026, 10, 1)) -> StudentRow:
    """The one student of that name, as he stood that day."""
    (row,) = [row for row in students(desk, as_of) if row.name == name]
    return row


def second_operator(desk: Workstation, *roles: Role) -> Actor:
    """Another operator at work here, who need not open the vault himself."""
    with desk.database.write(desk.actor, "设操作员") as session:
        operator = Operator(
            name="秦审核", roles=frozenset(roles), created_at=datetime(2026, 9, 1, tzinfo=UTC)
        )
        session.add(operator)
        session.flush()
        return Actor(operator.id, operator.name, frozenset(roles))
