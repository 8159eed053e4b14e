"""Work off the window's own thread: one lane writes, so changes never race; one lane reads.

A piece of work is a generator of steps (services/progress.py) or a plain call. What comes of it
arrives on the window's thread, in the order in which it was asked for.
"""

import threading
import time
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Any, Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtCore import Signal as QtSignal

from app.services.progress import Step, Work
from app.ui.background import Background

_STEP_SECONDS: Final = 0.05  # more steps than this would only flood the window


class Job(QObject):
    """One piece of work under way. It belongs to the window's thread; `stop` asks it to end."""

    stepped = QtSignal(object)
    ended = QtSignal()  # whatever the outcome, last of all
    _told = QtSignal(str, object)

    def __init__(
        self,
        work: Work[Any] | Callable[[], Any],
        title: str,
        then: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
    ) -> None:
        super().__init__()
        self.title = title
        self._work = work
        self._then, self._failed = then, failed
        self._stop = threading.Event()
        self._heard = True
        self._background = Background()
        self._told.connect(self._hear, Qt.ConnectionType.QueuedConnection)

    @property
    def can_stop(self) -> bool:
        """Whether stopping leaves no trace: only steps can be interrupted."""
        return isinstance(self._work, Generator)

    def stop(self) -> None:
        """Close the work at its next step; what it did is undone by itself."""
        self._stop.set()

    def run(self) -> None:
        """Do the work; called on the lane's thread."""
        try:
            result = self._drive(self._work) if isinstance(self._work, Generator) else self._work()
        except _Stopped:
            self._told.emit("stopped", None)
        except Exception as error:
            self._told.emit("failed", error)
        else:
            self._told.emit("done", result)

    def _drive(self, work: Work[Any]) -> Any:
        told = 0.0
        while True:
            if self._stop.is_set():
                work.close()
                raise _Stopped
            try:
                step = next(work)
            except StopIteration as end:
                return end.value
            if time.monotonic() - told >= _STEP_SECONDS:
                told = time.monotonic()
                self._told.emit("step", step)

    def forget(self) -> None:
        """Whatever comes of it, nobody is told: who asked is going away."""
        self._heard = False

    def _hear(self, what: str, value: Any) -> None:
        if not self._heard:
            return
        if what == "step":
            self.stepped.emit(value)
            return
        try:
            if what == "done" and self._then is not None:
                self._then(value)
            elif what == "failed" and self._failed is not None:
                self._failed(value)
        finally:
            self.ended.emit()
            self.let_go()
            self.deleteLater()

    def let_go(self) -> None:
        """Nothing will be heard of it any more."""
        self._background.end()


class _Stopped(Exception):
    """The user asked for it."""


class Lane:
    """One thread and what waits for it."""

    def __init__(self, name: str) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._jobs: set[Job] = set()
        self._ending = False
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether something is under way or waits."""
        return bool(self._jobs)

    def start(
        self,
        work: Work[Any] | Callable[[], Any],
        title: str = "",
        then: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> Job:
        """Put work at the end of the lane."""
        job = Job(work, title, then, failed)
        if self._ending:
            job.let_go()
            return job
        self._jobs.add(job)
        job.ended.connect(lambda: self._jobs.discard(job))
        self._queue.put(job)
        return job

    def end(self) -> None:
        """Ask what is under way to end; nothing is heard of it, and nothing more is begun."""
        self._ending = True
        for job in self._jobs:
            job.stop()
            job.forget()
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the thread to end, on any thread."""
        self._thread.join()

    def let_go(self) -> None:
        """It has ended: nothing is under way here any more."""
        for job in self._jobs:
            job.let_go()

    def close(self) -> None:
        """Let what is under way end, and end the thread."""
        self.end()
        self.join()
        self.let_go()

    def _serve(self) -> None:
        while (job := self._queue.get()) is not None:
            job.run()


class Remaining:
    """Time left of a piece of work, smoothed; it is told only after three seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._seconds: float | None = None

    def after(self, step: Step) -> str:
        """A phrase such as 还需约 20 秒, or nothing yet."""
        spent = time.monotonic() - self._began
        if spent < 3 or step.done <= 0 or step.total <= 0:
            return ""
        estimate = spent / step.done * max(step.total - step.done, 0)
        known = estimate if self._seconds is None else self._seconds * 0.7 + estimate * 0.3
        self._seconds = known
        if known >= 90:
            return f"还需约 {round(known / 60)} 分钟"
        return f"还需约 {max(round(known), 1)} 秒"
