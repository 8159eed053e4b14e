"""In which group of the form library a form stands, and which forms nobody may replace."""

from typing import Final

from app.services.forms.fields import (
    ANCHOR_SLIP,
    AUDIT_STATEMENT,
    CASE_FORMS,
    CHECK_SHEET,
    DATA_SHEET,
    DRILL_RECORD,
    FRESHMAN_ROSTER,
    MISSING_NOTICE,
    RECOVERY_SHEET,
    STUDENT_CARD,
    STUDENT_ROSTER,
)

CARDS: Final = "学籍卡与名册"
COUNTS: Final = "核对与统计"
CASES: Final = "异动与申请"
SECURITY: Final = "安全与交接"
OWN: Final = "自有表样"

#: The groups in the order in which they are shown.
SHELVES: Final = (
    CARDS, COUNTS, CASES, "奖惩", "证明与证书", "档案", "光盘", SECURITY, OWN,
)  # fmt: skip

_SHELF: Final = {
    STUDENT_CARD: CARDS,
    FRESHMAN_ROSTER: CARDS,
    STUDENT_ROSTER: CARDS,
    DATA_SHEET: COUNTS,
    CHECK_SHEET: COUNTS,
    **dict.fromkeys((*CASE_FORMS, MISSING_NOTICE), CASES),
    **dict.fromkeys((RECOVERY_SHEET, ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD), SECURITY),
}

#: Papers that prove or open the register: what they look like is part of what they say.
FIXED: Final = frozenset({RECOVERY_SHEET, ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD})


def shelf_of(name: str) -> str:
    """The group of a shipped form."""
    return _SHELF.get(name, OWN)
