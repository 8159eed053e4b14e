"""Keeps what is half typed in the encrypted register, and offers it again."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtCore import Signal as QtSignal

from app.services.office.drafts import DraftRow
from app.ui.shell import Shell
from app.ui.widgets.basic import Button
from app.ui.widgets.strip import Strip

#: After the last key; with the writing itself it is on the disk within two seconds.
DELAY_MS: Final = 1000


class DraftKeeper(QObject):
    """The draft of one open form: `form` says which, `subject` whose."""

    def __init__(
        self,
        shell: Shell,
        form: str,
        subject: str,
        content: Callable[[], tuple[str, Mapping[str, str]]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._shell, self._form, self._subject = shell, form, subject
        self._content = content
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.keep)
        self._kept = False

    def touch(self) -> None:
        """Something was typed."""
        self._timer.start()
        self._kept = True

    def keep(self) -> None:
        """Write the draft now, if there is anything that was not written."""
        if not self._kept:
            return
        self._kept = False
        self._timer.stop()
        desk, form, subject = self._shell.desk, self._form, self._subject
        title, values = self._content()
        self._shell.run(
            lambda: desk.drafts.save(desk.actor, form, values, subject=subject, title=title),
            "保存草稿",
            changes=False,
        )

    def discard(self) -> None:
        """The form was saved, or its content given up."""
        self._timer.stop()
        self._kept = False
        desk, form, subject = self._shell.desk, self._form, self._subject
        self._shell.run(
            lambda: desk.drafts.discard(desk.actor, form, subject=subject),
            "放弃草稿",
            changes=False,
        )

    def look(self, then: Callable[[DraftRow | None], object]) -> None:
        """Find what was left here before."""
        desk, form, subject = self._shell.desk, self._form, self._subject
        self._shell.read(lambda: desk.drafts.find(desk.actor, form, subject=subject), then)


class DraftBar(Strip):
    """有 1 份未保存的录入: go on with it, or throw it away."""

    resumed = QtSignal(object)
    dropped = QtSignal()

    def __init__(self) -> None:
        self._draft: DraftRow | None = None
        goes_on = Button("继续", kind="link", on_click=self._resume)
        super().__init__(
            "history", "warn", goes_on, Button("放弃", kind="link", on_click=self._drop)
        )

    def offer(self, draft: DraftRow | None) -> None:
        """Show the draft, if there is one."""
        self._draft = draft
        self.say(draft.words if draft is not None else "")

    def _resume(self) -> None:
        self.hide()
        self.resumed.emit(self._draft)

    def _drop(self) -> None:
        self.hide()
        self.dropped.emit()
