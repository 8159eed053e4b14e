"""What every page of 系统 is: cards below each other, scrolling where the window is low."""

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.models.vocabulary import Role
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Label, Picture

_WIDEST = 880


class Page(QScrollArea):
    """One page; `refresh` looks at the register anew."""

    title: ClassVar[str] = ""
    #: Pages that show a table use all the width.
    wide: ClassVar[bool] = False

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.title)
        body = QWidget()
        self.box = QVBoxLayout(body)
        self.box.setContentsMargins(0, 0, theme.px(8), theme.px(8))
        self.box.setSpacing(theme.px(16))
        if not self.wide:
            body.setMaximumWidth(theme.px(_WIDEST))
        self.setWidget(body)

    def refresh(self) -> None:
        """The register changed, or the page is shown."""

    @property
    def dirty(self) -> bool:
        """Whether something typed here would be lost."""
        return False

    def forget(self) -> None:
        """Throw away what was typed."""

    def may(self, role: Role) -> bool:
        """Whether the operator at work holds this role."""
        return role in self.shell.desk.actor.roles


def told(*words: QWidget, beside: Sequence[QWidget]) -> QWidget:
    """Lines below each other on the left, and what belongs to them on the right."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.px(12))
    lines = QVBoxLayout()
    lines.setSpacing(theme.px(2))
    for line in words:
        lines.addWidget(line)
    row.addLayout(lines, 1)
    for widget in beside:
        row.addWidget(widget)
    return holder


def needs(role: Role, what: str) -> QWidget:
    """A line that says whose work this is."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.px(8))
    row.addWidget(Picture("lock", "text-3", 16), alignment=Qt.AlignmentFlag.AlignTop)
    row.addWidget(Label(f"{what}需要“{role.value}”角色，您现在只能查看。", "table", "text-2"), 1)
    return holder
