"""What all tables share: the declarative base, names of constraints, how values are stored."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Dialect, Enum, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A point in time, kept as ISO-8601 text in UTC of one width: text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Text of an aware datetime; a naive one is a defect of ours and refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its UTC offset")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        """Aware datetime in UTC; screens turn it into local time."""
        return None if value is None else datetime.fromisoformat(value)


def by_value(kind: type[StrEnum]) -> list[str]:
    """The words of a closed list as stored: its Chinese values, not its English names."""
    return [member.value for member in kind]


class Words(Enum):
    """A closed list kept as its words; reading one is a look into a table, for lists are long."""

    cache_ok = True

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Any:
        """The member of a word; a word that is none raises LookupError, as ever."""
        members: dict[str | None, Any] = {member.value: member for member in self.enum_class or ()}
        return (members | {None: None}).__getitem__


def words_of(kind: type[StrEnum]) -> Words:
    """The type of a column of one closed list, for what is read by the thousand."""
    return Words(
        kind, native_enum=False, create_constraint=False, length=32, values_callable=by_value
    )


class Base(DeclarativeBase):
    """Base of every table.

    For the audit chain each table says whose it is. A root is a record of its own and names it
    in `__record_name__` (学生, 班级 …). A table that is part of another record names the root's
    table and its own column that holds the root's id in `__belongs_to__`, such as
    `("students", "student_id")`; a change of its rows is then a change of that student. What is
    no part of the register yet (a draft) is not `__logged__`.
    """

    __abstract__ = True
    __record_name__: ClassVar[str] = ""
    __belongs_to__: ClassVar[tuple[str, str] | None] = None
    __logged__: ClassVar[bool] = True

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        StrEnum: Enum(
            StrEnum, native_enum=False, create_constraint=False, length=32, values_callable=by_value
        ),
    }
