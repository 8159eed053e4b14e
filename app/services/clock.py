"""The clock of the program: one place to ask it, so that rules never do."""

from datetime import date, datetime


def now() -> datetime:
    """This moment, with its UTC offset."""
    return datetime.now().astimezone()


def today() -> date:
    """This day by the clock of the PC."""
    return now().date()
