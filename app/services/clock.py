"""The clock of the program: one place to ask it, so that rules never do."""

from datetime import date, datetime

_stopped: datetime | None = None


def stop_at(moment: datetime | None) -> None:
    """Let the clock stand still, for pictures and tests that must not change from day to day."""
    global _stopped
    _stopped = moment


def now() -> datetime:
    """This moment, with its UTC offset."""
    return _stopped or datetime.now().astimezone()


def today() -> date:
    """This day by the clock of the PC."""
    return now().date()
