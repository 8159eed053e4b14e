"""A second pair of hands: long work in pieces, done by several processes of this program.

Pieces and what comes of them go through pipes between the processes; nothing is written down. Only
work that needs no register and no key is given away.
"""

import logging
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, Generic, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_MOST_HELPERS: Final = 3
_AHEAD: Final = 2  # pieces that lie ready for each helper
_WAITING: Final = 8  # finished pieces that wait for one before them
_log = logging.getLogger(__name__)


def helpers() -> int:
    """Processes to start beside this one: one for each further processor."""
    return min((os.cpu_count() or 1) - 1, _MOST_HELPERS)


def work_through(
    begin: Callable[[], Callable[[Piece], Result]],
    pieces: Iterable[Piece],
    count: int,
) -> Generator[Result, None, None]:
    """The work done on each piece, in the order of the pieces, with so many helpers.

    `begin` makes in each process what does it; it, the pieces and the results can be pickled. This
    process works too, instead of waiting; should the helpers die, it does the rest alone.
    """
    if count < 1:
        yield from map(begin(), pieces)
        return
    work = begin()
    pool = ProcessPoolExecutor(count, get_context("spawn"), _start, (begin,))
    try:
        try:
            ready = pool.submit(_do_nothing)
        except OSError as error:  # no memory for another process
            _log.warning("no helper process: %s", type(error).__name__)
            yield from map(work, pieces)
        else:
            yield from _Shared(pool, ready, count * _AHEAD, work).through(pieces)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Shared(Generic[Piece, Result]):
    """Work that is shared between this process and a pool of helpers."""

    def __init__(
        self,
        pool: ProcessPoolExecutor,
        ready: Future[None],
        most: int,
        work: Callable[[Piece], Result],
    ) -> None:
        self._pool, self._ready, self._most, self._work = pool, ready, most, work
        self._waiting: deque[tuple[Piece, Future[Result]]] = deque()

    def through(self, pieces: Iterable[Piece]) -> Iterator[Result]:
        """The results in order."""
        for piece in pieces:
            future = self._given(piece) if self._can_take() else self._done_here(piece)
            self._waiting.append((piece, future))
            while self._waiting and (self._waiting[0][1].done() or len(self._waiting) >= _WAITING):
                yield self._next()
        while self._waiting:
            yield self._next()

    def _can_take(self) -> bool:
        """Whether the helpers are there and soon without work."""
        if not self._ready.done() or self._ready.exception() is not None:
            return False
        return sum(not future.done() for _, future in self._waiting) < self._most

    def _given(self, piece: Piece) -> "Future[Result]":
        """A piece as the helpers have it."""
        # here, not in the pool's own thread: reading a photograph belongs to this one
        packed = pickle.dumps(piece)
        try:
            return self._pool.submit(_do, packed)
        except BrokenProcessPool as error:
            broken: Future[Result] = Future()
            broken.set_exception(error)
            return broken

    def _done_here(self, piece: Piece) -> "Future[Result]":
        done: Future[Result] = Future()
        done.set_result(self._work(piece))
        return done

    def _next(self) -> Result:
        """The first result, when it is there."""
        piece, future = self._waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool as error:
            _log.warning("a helper process ended: %s", type(error).__name__)
            self._ready = Future()  # never again
            return self._work(piece)


# --- in the helper ------------------------------------------------------------------------

_work: Callable[[Any], Any] = len  # until it is started


def _start(begin: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it stops it
    _work = begin()


def _do(packed: bytes) -> Any:
    return _work(pickle.loads(packed))  # noqa: S301 - packed by this program


def _do_nothing() -> None:
    """Answers, once a helper has started."""
