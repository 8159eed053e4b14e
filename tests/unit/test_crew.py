"""Work shared between processes: in order, whole, and finished whatever becomes of the helpers."""

import errno
import os
import time
from contextlib import closing
from functools import partial
from itertools import count

import psutil
import pytest

from app.services import crew


def square_of(number):
    time.sleep(0.01)
    return number * number, os.getpid()


def squares():
    return square_of


def die_in_helper(home, number):
    if os.getpid() != home:
        os._exit(9)
    time.sleep(0.01)
    return number


def dying(home):
    return partial(die_in_helper, home)


def stumble(number):
    return 12 // (number - 5)


def stumbling():
    return stumble


def test_results_come_in_order_and_both_processes_work():
    results = list(crew.work_through(squares, range(150), 1))
    assert [number for number, _ in results] == [n * n for n in range(150)]
    assert os.getpid() in {pid for _, pid in results}
    assert len({pid for _, pid in results}) == 2


def test_without_a_second_processor_it_is_done_here():
    assert {pid for _, pid in crew.work_through(squares, range(3), 0)} == {os.getpid()}


def test_helpers_that_die_leave_nothing_undone():
    numbers = crew.work_through(partial(dying, os.getpid()), range(150), 1)
    assert list(numbers) == list(range(150))


def test_without_room_for_a_helper_it_is_done_here(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(crew.ProcessPoolExecutor, "submit", refuse)
    assert {pid for _, pid in crew.work_through(squares, range(3), 1)} == {os.getpid()}


def test_a_failure_reaches_whoever_asked():
    with pytest.raises(ZeroDivisionError):
        list(crew.work_through(stumbling, range(9), 1))


def test_whoever_stops_midway_leaves_no_process_behind():
    before = set(psutil.Process().children())
    with closing(crew.work_through(squares, count(), 1)) as results:
        assert next(results)[0] == 0
    started = set(psutil.Process().children()) - before
    _, alive = psutil.wait_procs(started, timeout=20)
    assert not alive
