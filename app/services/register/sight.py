"""Looking at what is hidden: whole identity numbers are shown on demand, and it is written down."""

from typing import Final

from sqlalchemy.orm import Session

from app.services.vault import audit

#: What the log calls it.
SHOWN: Final = "显示身份证号"


def masked(number: str | None) -> str:
    """A number of ten characters or more as lists show it: 320***********0012."""
    if not number or len(number) < 10:
        return number or ""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def log_shown(session: Session, where: str, people: int) -> None:
    """One row in the log: whole numbers of so many people were shown there."""
    audit.event(session, SHOWN, where, {"people": people})
