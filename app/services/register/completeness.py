"""信息完整度: what a 学籍卡 still lacks, defined once for lists, details and the day's work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.models.fields import FIELD_BY_NAME
from app.services.register.students import StudentRecord

#: What belongs to a card beside the fields of the register.
PHOTO: Final = "photo"
SCHOOLING: Final = "schooling"

#: The boxes of the card that somebody has to fill in; the rest follow from settings and ledger.
CARD_FIELDS: Final = (
    "number", "exam_number", "class_group", "sex", "birth_date", "id_number", "ethnic_group",
    "political_status", "native_place", "health", "household_type", "household_address",
    "home_address", "postcode", "phone", "origin_school", "exam_score", "entry_date",
    "guardian_name", "guardian_phone", SCHOOLING, PHOTO,
)  # fmt: skip

_OTHER_LABELS: Final = {PHOTO: "照片", SCHOOLING: "学习简历"}


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the card is there; `missing` are names of CARD_FIELDS in the order of the card."""

    missing: tuple[str, ...]

    @property
    def percent(self) -> int:
        """100 only when nothing is missing."""
        return (len(CARD_FIELDS) - len(self.missing)) * 100 // len(CARD_FIELDS)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is missing, as people call it."""
        return tuple(card_label(name) for name in self.missing)


def card_label(name: str) -> str:
    """What people call one of CARD_FIELDS."""
    return _OTHER_LABELS.get(name) or FIELD_BY_NAME[name].label


def completeness(values: Mapping[str, object]) -> Completeness:
    """Of the values by the names of CARD_FIELDS; what is empty or absent is missing."""
    return Completeness(tuple(name for name in CARD_FIELDS if not values.get(name)))


def of_record(record: StudentRecord) -> Completeness:
    """Of one student's whole record."""
    row = record.row
    guardian = record.guardians[0] if record.guardians else None
    return completeness(
        {
            **row.person,
            "number": row.number,
            "class_group": row.class_group,
            "guardian_name": guardian and guardian.name,
            "guardian_phone": guardian and guardian.phone,
            SCHOOLING: record.schooling,
            PHOTO: record.photo,
        }
    )
