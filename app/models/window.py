"""What the window keeps in the register because it may name people: drafts, views, time nodes."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Draft(Base):
    """草稿: a form as it was half filled, so that no lock, crash or power cut loses typing.

    It is no part of the register yet, so it leaves no row in the log; `content` is JSON.
    """

    __tablename__ = "drafts"
    __record_name__ = "草稿"
    __logged__ = False
    __table_args__ = (UniqueConstraint("operator_id", "form", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    form: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # whose: the id of a student, a file's digest
    title: Mapped[str]
    content: Mapped[str]
    saved_at: Mapped[datetime]


class SavedView(Base):
    """视图: columns, filters and sort of one list under a name; `content` is JSON."""

    __tablename__ = "saved_views"
    __record_name__ = "视图"
    __table_args__ = (UniqueConstraint("list", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list: Mapped[str]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    content: Mapped[str]


class TimeNode(Base):
    """时间节点 (附表): a date of the year by which something must be done; the school edits it.

    `duty` says which work of the program finishes it ("" for one of the school's own).
    """

    __tablename__ = "time_nodes"
    __record_name__ = "时间节点"
    __table_args__ = (UniqueConstraint("name", "due_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    duty: Mapped[str] = mapped_column(default="")
    begin_date: Mapped[date]
    due_date: Mapped[date]
    source: Mapped[str] = mapped_column(default="")
    done_on: Mapped[date | None]
