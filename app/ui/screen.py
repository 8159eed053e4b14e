"""What every screen is: it receives the shell, shows rows, starts work."""

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import theme
from app.ui.shell import Shell


class Screen(QWidget):
    """One place of the window. Built when it is first opened; `visit` each time it is shown."""

    title: ClassVar[str] = ""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.setAccessibleName(self.title)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(theme.px(20), theme.px(16), theme.px(20), theme.px(16))
        self.box.setSpacing(theme.px(12))

    def visit(self, **where: Any) -> None:
        """It is shown, perhaps with an aim (which student, which file)."""

    def refresh(self) -> None:
        """The register changed; called only while the screen is shown, or when it is shown next."""

    def panes(self) -> Sequence[QWidget]:
        """What F6 walks through within the screen, each where typing goes on."""
        return [self]

    def print_now(self) -> None:
        """Ctrl+P: the preview of what is shown here, or of the cards."""
        self.shell.go("cards")

    def can_leave(self) -> bool:
        """Whether going elsewhere loses nothing; asks once when it would."""
        return True

    def keep(self) -> None:
        """Keep what is half typed as a draft, at once: the window is being locked."""
