"""A clock that cannot be right is noticed; one that merely stood still over a holiday is not."""

from datetime import UTC, datetime, timedelta

import pytest

from app.services.clock import doubt

NOW = datetime(2026, 9, 7, 8, tzinfo=UTC)
DAY = timedelta(days=1)
#: Every working day of the last year, newest first.
HISTORY = [NOW - n * DAY for n in range(1, 365)]


def test_an_ordinary_history_raises_no_doubt() -> None:
    assert doubt(HISTORY, NOW) == ""
    assert doubt([], NOW) == ""
    assert doubt([NOW - 60 * DAY, NOW - 61 * DAY], NOW) == ""  # the summer holidays


@pytest.mark.promise(36)
@pytest.mark.parametrize("error", [-DAY, -10 * 365 * DAY, timedelta(hours=-2)])
def test_a_clock_set_back_is_doubted(error: timedelta) -> None:
    assert "早于已有的记录" in doubt(HISTORY, HISTORY[0] + error)


@pytest.mark.promise(36)
def test_a_clock_that_leapt_ahead_is_doubted_for_weeks() -> None:
    ahead = NOW + 10 * 365 * DAY
    assert "一下到了" in doubt(HISTORY, ahead)
    worked_on = [ahead + 3 * DAY, ahead, *HISTORY]
    assert "一下到了" in doubt(worked_on, ahead + 4 * DAY)


@pytest.mark.promise(36)
def test_once_set_right_again_the_entries_from_the_future_are_named() -> None:
    assert "2036" in doubt([NOW + 10 * 365 * DAY, *HISTORY], NOW)
