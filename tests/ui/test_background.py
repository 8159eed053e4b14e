"""While work is under way: no look for cycles, short turns; afterwards all is as before."""

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.services.errors import NobodyInCohort
from app.ui.background import Background, tidy
from app.ui.main_window import MainWindow
from app.ui.shell import Shell

Settled = Callable[[], None]


@pytest.fixture
def looks() -> Iterator[list[str]]:
    """The names of the threads on which Python looked for cycles."""
    heard: list[str] = []

    def hear(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            heard.append(threading.current_thread().name)

    gc.callbacks.append(hear)
    yield heard
    gc.callbacks.remove(hear)


def _knot() -> dict[str, Any]:
    """Something that only the look for cycles can free."""
    knot: dict[str, Any] = {}
    knot["me"] = knot
    return knot


@pytest.mark.ux("L1")
def test_widgets_are_never_thrown_away_on_the_thread_of_a_lane(
    shell: Shell, settled: Settled, looks: list[str]
) -> None:
    for _ in range(50):
        widget = QWidget()
        widget.knot = widget  # type: ignore[attr-defined]
        del widget
    shell.read(lambda: [_knot() for _ in range(30_000)] and None, lambda _: None)
    shell.run(lambda: [_knot() for _ in range(30_000)] and None, "写")
    settled()
    assert set(looks) <= {threading.main_thread().name}
    gc.collect()


@pytest.mark.ux("L1")
def test_while_work_is_under_way_turns_are_short_and_all_is_as_before_when_it_failed(
    shell: Shell, settled: Settled
) -> None:
    settled()
    before = gc.isenabled(), sys.getswitchinterval()
    seen: list[tuple[bool, float]] = []

    def work() -> None:
        seen.append((gc.isenabled(), sys.getswitchinterval()))
        raise NobodyInCohort(cohort=2031)

    shell.read(work, lambda _: None, lambda _: None)
    settled()
    ((collecting, turn),) = seen
    assert not collecting
    assert turn < before[1]
    assert (gc.isenabled(), sys.getswitchinterval()) == before


def test_the_last_to_end_puts_things_back() -> None:
    assert gc.isenabled()
    first, second = Background(), Background()
    first.end()
    first.end()
    assert not gc.isenabled()
    second.end()
    assert gc.isenabled()


@pytest.mark.ux("L1")
def test_what_a_big_piece_of_work_leaves_is_not_looked_through_again(
    shell: Shell, settled: Settled
) -> None:
    tidy()
    left: list[list[object]] = []
    shell.read(lambda: [[] for _ in range(200_000)], left.extend)
    settled()
    assert len(left) == 200_000
    gc.collect(0)
    assert sum(gc.get_count()) < 5_000
    assert len(gc.get_objects()) < 100_000


def test_once_it_is_locked_and_untouched_the_cycles_set_aside_are_freed(
    window: MainWindow, settled: Settled, qtbot: QtBot
) -> None:
    freed: list[int] = []

    class Knot:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            freed.append(1)

    Knot()
    gc.freeze()
    gc.collect()
    assert freed == []
    window.lock()
    settled()
    assert freed == []  # the password may be on its way: nothing stands in its way
    with qtbot.waitSignal(window.idle.at_rest):
        window.idle._rest.start(1)
    assert freed == [1]
