"""The window goes first: how Python behaves while a lane is at work beside it.

Turns. The window needs the interpreter for every event, and waits for its turn each time: 5 ms as
Python is shipped, so that a message bar beside a busy lane took 1.3 s to appear. While work is
under way turns are shorter.

Cycles. Python looks for cycles that nobody needs any more on whichever thread makes one object too
many. The look stops all others, for half a second over the objects of a whole list; and what it
throws away may be a widget, which Qt bears on the window's own thread alone. So nothing is looked
for while work is under way. What a big piece of work leaves is then set aside: it is freed by its
reference counts as ever, and later looks pass it by. Cycles in it wait for `tidy`.
"""

import gc
import sys
from typing import Final

#: Seconds a lane may keep the interpreter when the window wants it.
_TURN: Final = 0.001
#: So many new objects are looked through in a few milliseconds; more are set aside.
_FEW: Final = 10_000


class _State:
    """How many pieces of work are under way, and how Python was set before the first."""

    under_way = 0
    collecting = True
    turn = 0.005
    untidy = False


class Background:
    """One piece of work under way, until `end`. Belongs to the window's thread."""

    def __init__(self) -> None:
        self._on = True
        _State.under_way += 1
        if _State.under_way == 1:
            _State.collecting, _State.turn = gc.isenabled(), sys.getswitchinterval()
            gc.disable()
            sys.setswitchinterval(_TURN)

    def end(self) -> None:
        """It is over; harmless a second time."""
        if not self._on:
            return
        self._on = False
        _State.under_way -= 1
        if _State.under_way:
            return
        if _State.untidy:
            tidy()
        elif gc.get_count()[0] > _FEW:
            gc.freeze()
        sys.setswitchinterval(_State.turn)
        if _State.collecting:
            gc.enable()


def tidy() -> None:
    """Look through everything, also what was set aside, once nothing is under way any more.

    For when nobody waits for the window: it was locked, or the register was closed.
    """
    _State.untidy = _State.under_way > 0
    if not _State.untidy:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
