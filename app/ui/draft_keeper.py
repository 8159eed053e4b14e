"""Keeps what is half typed in the encrypted register, and offers it again."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.services.office.drafts import DraftRow
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Label, Picture

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


class DraftBar(QWidget):
    """有 1 份未保存的录入: go on with it, or throw it away."""

    resumed = QtSignal(object)
    dropped = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("未保存的录入")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(12), theme.px(6), theme.px(8), theme.px(6))
        row.setSpacing(theme.px(8))
        row.addWidget(Picture("history", "warn"))
        self._text = Label(tint="warn", wrap=True)
        row.addWidget(self._text, 1)
        row.addWidget(Button("继续", kind="quiet", on_click=self._resume))
        row.addWidget(Button("丢弃", kind="quiet", on_click=self._drop))
        self._draft: DraftRow | None = None
        self.setAutoFillBackground(True)
        self._dress()
        theme.changes.changed.connect(self._dress)
        self.hide()

    @property
    def text(self) -> str:
        """What is offered, "" when nothing is."""
        return "" if self.isHidden() else self._text.text()

    def offer(self, draft: DraftRow | None) -> None:
        """Show the draft, if there is one."""
        self._draft = draft
        self.setVisible(draft is not None)
        if draft is not None:
            at = draft.saved_at.astimezone()
            when = f"{at:%H:%M}" if at.date() == at.now().date() else f"{at:%Y-%m-%d %H:%M}"
            self._text.setText(f"有 1 份未保存的录入（{when}，{draft.title}）。")

    def _resume(self) -> None:
        self.hide()
        self.resumed.emit(self._draft)

    def _drop(self) -> None:
        self.hide()
        self.dropped.emit()

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme.colour("warn-weak"))
        self.setPalette(palette)
