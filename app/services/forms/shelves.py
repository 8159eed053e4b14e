"""In which group of the form library a form stands, and which forms nobody may replace."""

from typing import Final

from app.services.forms.fields import ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD, RECOVERY_SHEET
from app.services.forms.papers import PAPERS, PaperGroup

OWN: Final = "自有表样"

#: The groups in the order in which they are shown.
SHELVES: Final = (*(group.value for group in PaperGroup), OWN)

#: Papers that prove or open the register: what they look like is part of what they say.
FIXED: Final = frozenset({RECOVERY_SHEET, ANCHOR_SLIP, AUDIT_STATEMENT, DRILL_RECORD})


def shelf_of(name: str) -> str:
    """The group of a shipped form."""
    return PAPERS[name].group.value if name in PAPERS else OWN
