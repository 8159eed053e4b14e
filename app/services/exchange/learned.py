"""Headers that the registrar assigned to a field by hand."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.exchange import LearnedHeader
from app.models.fields import FIELD_BY_LABEL, FIELD_BY_NAME
from app.services.errors import UnknownField
from app.services.exchange.mapping import header_key


def learned_headers(session: Session) -> dict[str, str]:
    """Header, as headers are compared → field name."""
    return {row.header: row.field for row in session.scalars(select(LearnedHeader))}


def named_fields(pairs: Mapping[str, str]) -> dict[str, str]:
    """Header → field name from header → field, the field by its label or its name in the code."""
    fields = {}
    for header, given in pairs.items():
        field = FIELD_BY_LABEL.get(given) or FIELD_BY_NAME.get(given)
        if field is None:
            raise UnknownField(name=given, known="、".join(FIELD_BY_LABEL))
        fields[header_key(header)] = field.name
    return fields


def learn_headers(session: Session, fields: Mapping[str, str]) -> None:
    """Remember header → field name for the next file."""
    for header, field in fields.items():
        session.merge(LearnedHeader(header=header, field=field))
    session.flush()
