"""AuditEntry 操作记录: the append-only, hash-chained log of everything that was done."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

#: `prev` of the first entry.
GENESIS: Final = "0" * 64


class AuditEntry(Base):
    """操作记录: one entry for each record that a unit of work touched, or for an event.

    `record` is the table of the touched root and `record_id` its id as text, both empty for an
    event (opening, export, print). `detail` is JSON: what changed, before → after. `digest` is
    the SHA-256 of the record's state afterwards, empty when the record is gone or there is none.
    `hash` is the digest named in `alg` over all other columns, `prev` the hash before.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_record", "record", "record_id"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    operator_id: Mapped[int] = mapped_column(ForeignKey("operators.id"))
    operator_name: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    record: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    alg: Mapped[str] = mapped_column(String(16))


#: Made after the table, in the migration: the log takes only the next entry and keeps it.
APPEND_ONLY: Final = (
    f"""CREATE TRIGGER audit_entries_append BEFORE INSERT ON audit_entries
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_entries)
          OR NEW.prev IS NOT coalesce(
              (SELECT hash FROM audit_entries ORDER BY seq DESC LIMIT 1), '{GENESIS}')
        BEGIN SELECT RAISE(ABORT, '操作记录只能在末尾追加'); END""",  # noqa: S608 (our own constant)
    """CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
        BEGIN SELECT RAISE(ABORT, '操作记录不能修改'); END""",
    """CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, '操作记录不能删除'); END""",
)
