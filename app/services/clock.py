"""The clock of the program: one place to ask it, so that rules never do."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

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


def end_of(day: date) -> datetime:
    """The last moment of a day by the clock of the PC: what had been recorded on it is known."""
    return datetime.combine(day, time.max).astimezone()


_TOLERANCE: Final = timedelta(hours=1)
_LONG: Final = timedelta(days=150)  # no school rests so long
_RECENT: Final = timedelta(days=60)


def doubt(times: Sequence[datetime], moment: datetime) -> str:
    """Why the clock of the PC is not to be believed at `moment`, "" when nothing speaks against it.

    `times` are those of things done before, newest first by their order, not by the clock.
    """
    if not times:
        return ""
    latest = max(times)
    if latest > moment + _TOLERANCE:
        return (
            f"电脑时钟是 {_words(moment)}，早于已有的记录（{_words(latest)}）。"
            "请核对日期和时间；在此之前不会清理旧备份。"
        )
    for newer, older in zip((moment, *times), times, strict=False):
        if newer - older > _LONG and moment - newer < _RECENT:
            return (
                f"电脑时钟从 {_words(older)} 一下到了 {_words(newer)}。"
                "如果中间确实没有使用，不必理会；否则请核对日期和时间。在此期间不会清理旧备份。"
            )
    return ""


def _words(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
