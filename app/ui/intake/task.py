"""One file under way: as it was read, what was decided, what would happen; fixes can be undone."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QUndoCommand

from app.services.errors import AppError
from app.services.exchange.batches import Accepted
from app.services.exchange.readers import SourceFile, pasted_table, read_tables
from app.services.exchange.review import (
    CellPlace,
    Choices,
    Outcome,
    Review,
    RowPlace,
    Unfinished,
    corrected,
)
from app.ui.shell import Shell
from app.ui.worker import Job

_KEEP_MS = 1000  # a draft is on the disk within two seconds of the last change


class Task(QObject):
    """A table that is being reconciled. Reading and planning happen on the reading lane."""

    changed = QtSignal()  # there is a new review, or a problem in its place
    busy = QtSignal(str)  # what is being done, "" when it is done
    accepted = QtSignal(object)
    lost = QtSignal(str)  # the file cannot be read at all

    def __init__(self, shell: Shell, unfinished: Unfinished) -> None:
        super().__init__()
        self._shell = shell
        self._unfinished = unfinished
        self.name = unfinished.name
        self.choices: Choices = unfinished.choices
        self.source: SourceFile | None = None
        self.review: Review | None = None
        self.problem = ""
        self.result: Accepted | None = None
        self._turn = 0
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_KEEP_MS)
        self._timer.timeout.connect(self.keep)

    @classmethod
    def of_file(cls, shell: Shell, path: Path) -> "Task":
        """A file of the disk."""
        return cls(shell, Unfinished(path.name, str(path), ""))

    @classmethod
    def of_text(cls, shell: Shell, text: str, name: str) -> "Task":
        """A block from the clipboard."""
        return cls(shell, Unfinished(name, "", "", pasted=text))

    @property
    def folder(self) -> Path:
        """Where files about this one are proposed to be put."""
        return Path(self._unfinished.path).parent if self._unfinished.path else Path.home()

    @property
    def subject(self) -> str:
        """What its draft is kept under; "" until the file was read."""
        return self._unfinished.sha256

    @property
    def done(self) -> bool:
        """Whether it was taken in."""
        return self.result is not None

    @property
    def shown(self) -> SourceFile | None:
        """The file with its corrections, also where nobody could be recognised in it."""
        if self.review is not None:
            return self.review.source
        return corrected(self.source, self.choices.cells) if self.source is not None else None

    # --- reading --------------------------------------------------------------------------

    def open(self) -> None:
        """Read the file, in a process of its own, and look at it."""
        self.busy.emit(f"读取 {self.name}")
        kept = self._unfinished

        def read() -> SourceFile:
            if kept.pasted:
                return pasted_table(kept.pasted, kept.name)
            return read_tables(Path(kept.path))

        self._shell.read(read, self._read, self._unreadable)

    def _read(self, source: SourceFile) -> None:
        before = self._unfinished
        if before.sha256 and before.sha256 != source.sha256:
            self._shell.say(
                f"“{self.name}”在上次之后改过：列的对应还在，单元格的改动没有套用。", "warn"
            )
            before = self._shell.desk.intake.same_file(before, source)
        self._unfinished = Unfinished(
            before.name, before.path, source.sha256, before.pasted, before.choices
        )
        self.choices = before.choices
        self.source = source
        self.look()

    def _unreadable(self, error: AppError) -> None:
        self.busy.emit("")
        self.lost.emit(str(error))

    def look(self) -> None:
        """Make the review anew; an older one under way is given up."""
        if self.source is None or self.done:
            return
        if self._job is not None:
            self._job.stop()
        self._turn += 1
        turn = self._turn
        self.busy.emit("正在核对")
        work = self._shell.desk.intake.review(self.source, self.choices)
        self._job = self._shell.read(
            work,
            lambda review: self._looked(turn, review, ""),
            lambda error: self._looked(turn, None, str(error)),
        )

    def _looked(self, turn: int, review: Review | None, problem: str) -> None:
        if turn != self._turn:
            return
        self._job = None
        before, self.review, self.problem = self.review, review, problem
        self.busy.emit("")
        self.changed.emit()
        QTimer.singleShot(0, partial(_let_go, before))  # freeing a large one is a turn of its own

    @property
    def chosen(self) -> frozenset[RowPlace]:
        """The rows that accepting writes: all that change something, but for those unticked."""
        return self.review.changing - self.choices.left_out if self.review else frozenset()

    @property
    def year_missing(self) -> bool:
        """Whether nobody knows yet when the new students enter."""
        review = self.review
        return bool(review and review.plan.entry_year is None and review.outcomes[Outcome.NEW])

    # --- deciding -------------------------------------------------------------------------

    def decide(self, choices: Choices) -> None:
        """Take other choices and see what comes of them."""
        self.choices = choices
        self._timer.start()
        self.look()

    def tick(self, places: frozenset[RowPlace], on: bool) -> None:
        """Take lines, or leave them out; nothing has to be compared anew."""
        left = self.choices.left_out
        left = left - places if on else left | places
        self.choices = replace(self.choices, left_out=left)
        self._timer.start()

    def fix(self, cells: Mapping[CellPlace, str]) -> None:
        """Put other text into cells; one step of undo."""
        self._shell.undo.push(_Fix(self, cells))

    def keep(self) -> None:
        """Keep the choices as a draft, now."""
        self._timer.stop()
        if self.source is None or self.done or self.choices == Choices():
            return
        desk, kept = self._shell.desk, self._unfinished
        unfinished = Unfinished(kept.name, kept.path, kept.sha256, kept.pasted, self.choices)
        self._shell.run(lambda: desk.intake.keep(desk.actor, unfinished), "保存草稿", changes=False)

    def abandon(self) -> None:
        """Throw the draft away: the file is given up, or taken in."""
        self._timer.stop()
        self._turn += 1
        if self._job is not None:
            self._job.stop()
        desk, subject = self._shell.desk, self.subject
        if subject:
            self._shell.run(
                lambda: desk.intake.drop(desk.actor, subject), "放弃草稿", changes=False
            )

    # --- taking in ------------------------------------------------------------------------

    def accept(self) -> None:
        """Write what is ticked, as one batch."""
        review = self.review
        if review is None:
            return
        desk = self._shell.desk
        lines = frozenset(review.lines) - self.choices.left_out
        self._shell.run(
            desk.batches.accept(
                desk.actor, review.plan, admitted_only=self.choices.admitted_only, lines=lines
            ),
            f"导入 {self.name}",
            lambda accepted: self._accepted(review, accepted),
            self._refused,
        )

    def _accepted(self, review: Review, accepted: Accepted) -> None:
        self.result = accepted
        desk = self._shell.desk
        self._shell.run(
            lambda: desk.intake.learn(desk.actor, review), "记住表头对应", changes=False
        )
        self.abandon()
        self.accepted.emit(accepted)

    def _refused(self, error: AppError) -> None:
        self._shell.say(str(error), "danger")
        self.look()


def _let_go(_: Review | None) -> None:
    """The last to hold an older review."""


class _Fix(QUndoCommand):
    """Other text in some cells of one file."""

    def __init__(self, task: Task, cells: Mapping[CellPlace, str]) -> None:
        many = f"{len(cells)} 格" if len(cells) > 1 else "一格"
        super().__init__(f"改正{many}（{task.name}）")
        self._task, self._cells = task, dict(cells)
        self._before = {
            place: task.choices.cells[place] for place in cells if place in task.choices.cells
        }

    def redo(self) -> None:
        if self._task.done:
            self.setObsolete(True)
            return
        self._task.decide(self._task.choices.with_cells(self._cells))

    def undo(self) -> None:
        if self._task.done:
            self.setObsolete(True)
            return
        bare = self._task.choices.without_cells(self._cells)
        self._task.decide(bare.with_cells(self._before))
