"""What a screen may ask of the frame around it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QMessageBox, QWidget

from app.services.errors import AppError
from app.services.progress import Work
from app.services.workstation import Workstation
from app.ui.preferences import Preferences
from app.ui.widgets.basic import Tone
from app.ui.worker import Job, Lane

Result = TypeVar("Result")
Action = tuple[str, Callable[[], object]]


class Frame(Protocol):
    """The window around the screens, as the shell needs it."""

    def show_message(self, text: str, tone: Tone, action: Action | None) -> None: ...
    def show_job(self, job: Job) -> None: ...
    def show_screen(self, name: str, where: dict[str, Any]) -> None: ...
    def lock(self) -> None: ...
    def renew_key(self) -> None: ...


class Shell(QObject):
    """The desk with all services, the two lanes of work, messages, questions, navigation.

    `changed` is sent after work that may have changed the register.
    """

    changed = QtSignal()
    closing = QtSignal()  # the register is about to be closed

    def __init__(
        self, desk: Workstation, window: QWidget, frame: Frame, preferences: Preferences
    ) -> None:
        super().__init__(window)
        self.desk = desk
        self.preferences = preferences
        self.window = window
        self.undo = QUndoStack(self)
        self.undo.setUndoLimit(100)
        #: What a form remembers of the record saved last (`..`, Ctrl+D), until the window closes.
        self.kept: dict[str, dict[str, str]] = {}
        self._frame = frame
        self._writing = Lane("write")
        self._reading = Lane("read")

    # --- work -----------------------------------------------------------------------------

    def run(
        self,
        work: Work[Result] | Callable[[], Result],
        title: str,
        then: Callable[[Result], object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        *,
        changes: bool = True,
    ) -> Job:
        """Do work that may change the register; an expected failure is said in its own words.

        `failed` takes the refusal instead of the message bar. With `changes` false the screens
        are not told to look again (an export, a check).
        """

        def done(result: Result) -> None:
            if then is not None:
                then(result)
            if changes:
                self.changed.emit()

        job = self._writing.start(work, title, done, lambda error: self._refused(error, failed))
        self._frame.show_job(job)
        return job

    def read(
        self,
        work: Work[Result] | Callable[[], Result],
        then: Callable[[Result], object],
        failed: Callable[[AppError], object] | None = None,
    ) -> Job:
        """Look something up without holding up the window; goes on while work is written."""
        return self._reading.start(work, "", then, lambda error: self._refused(error, failed))

    @property
    def busy(self) -> bool:
        """Whether work that writes is under way."""
        return self._writing.busy

    @property
    def occupied(self) -> bool:
        """Whether anything is under way, reading included."""
        return self._writing.busy or self._reading.busy

    def close(self) -> None:
        """Let work end; the desk is closed after this by whoever opened it."""
        self.end()
        self.join()
        self.let_go()

    def end(self) -> None:
        """The register is being closed: ask work to end, and begin nothing more."""
        self.closing.emit()
        self._reading.end()
        self._writing.end()

    def join(self) -> None:
        """Wait until work has ended, on any thread."""
        self._reading.join()
        self._writing.join()

    def let_go(self) -> None:
        """Work has ended: nothing is under way here any more."""
        self._reading.let_go()
        self._writing.let_go()

    def _refused(self, error: Exception, failed: Callable[[AppError], object] | None) -> None:
        if not isinstance(error, AppError):
            raise error
        if failed is not None:
            failed(error)
        else:
            self.say(str(error), "danger")

    # --- words ----------------------------------------------------------------------------

    def say(self, text: str, tone: Tone = "ok", action: Action | None = None) -> None:
        """Say it in the message bar; what went wrong stays until it is closed."""
        self._frame.show_message(text, tone, action)

    def ask(
        self, title: str, text: str, *, yes: str, no: str = "取消", danger: bool = False
    ) -> bool:
        """A decision only the user can take; the safe answer is the default."""
        box = QMessageBox(self.window)
        box.setWindowTitle(title)
        box.setText(title)
        box.setInformativeText(text)
        box.setIcon(QMessageBox.Icon.Warning if danger else QMessageBox.Icon.Question)
        go = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
        if danger:
            go.setProperty("kind", "danger")
        box.setDefaultButton(stay if danger else go)
        box.setEscapeButton(stay)
        box.exec()
        box.deleteLater()  # or the window would keep every question there ever was
        return box.clickedButton() is go

    # --- places ---------------------------------------------------------------------------

    def go(self, screen: str, **where: Any) -> None:
        """Show another screen (navigation.py), perhaps with an aim."""
        self._frame.show_screen(screen, where)

    def lock(self) -> None:
        """Lock the window now."""
        self._frame.lock()

    def renew_key(self) -> None:
        """Change the data key: the window closes its register meanwhile and opens it anew."""
        self._frame.renew_key()
