"""Long work: steps arrive, stopping undoes, failures are said, the window goes on."""

import threading
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.services.errors import NobodyInCohort
from app.services.progress import Step, Work
from app.ui.desk_frame import DeskFrame
from app.ui.shell import Shell
from app.ui.worker import Remaining


@pytest.mark.ux("L2")
def test_stopped_work_is_closed_and_says_nothing(shell: Shell, settled: Callable[[], None]) -> None:
    began, closed = threading.Event(), threading.Event()

    def endless() -> Work[int]:
        try:
            while True:
                began.set()
                yield Step(1, 2)
        finally:
            closed.set()

    heard: list[int] = []
    job = shell.run(endless(), "正在数", heard.append)
    assert began.wait(5)
    job.stop()
    settled()
    assert closed.is_set()
    assert heard == []


def test_results_arrive_in_the_order_asked_for(shell: Shell, settled: Callable[[], None]) -> None:
    heard: list[int] = []
    for number in range(20):
        shell.run(lambda number=number: number, "数", heard.append)
    settled()
    assert heard == list(range(20))


def test_an_expected_failure_is_said_in_its_own_words(
    frame: DeskFrame, settled: Callable[[], None]
) -> None:
    def refuse() -> None:
        raise NobodyInCohort(cohort=2031)

    frame.shell.run(refuse, "归档")
    settled()
    assert frame.messages.text == "2031级没有学生，没有内容可以归档。"


@pytest.mark.ux("L3")
def test_reading_goes_on_while_work_is_written(shell: Shell, qtbot: QtBot) -> None:
    may_end = threading.Event()
    shell.run(lambda: may_end.wait(10), "写")
    read: list[str] = []
    shell.read(lambda: "读到", read.append)
    qtbot.waitUntil(lambda: read == ["读到"])
    may_end.set()


@pytest.mark.ux("L2")
def test_time_left_is_told_only_after_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 1.0, 4.0])
    monkeypatch.setattr("app.ui.worker.time.monotonic", lambda: next(seconds))
    remaining = Remaining()
    assert remaining.after(Step(10, 100)) == ""
    assert remaining.after(Step(40, 100)) == "还需约 6 秒"
