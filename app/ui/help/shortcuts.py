"""快捷键: the page is made of the actions themselves, so that it never tells what is not so."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.screen import Screen
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_HERE: Final = "这个窗口"
#: What Qt's own widgets do by themselves, everywhere.
_QT: Final = (
    ("Tab / Shift+Tab", "下一处 / 上一处"),
    ("Alt+↓", "展开选择框"),
    ("Ctrl+C / Ctrl+V", "复制 / 粘贴"),
    ("Esc", "取消、关闭对话框"),
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One key, what it does, and where it works."""

    where: str
    keys: str
    does: str


def shortcuts_of(frame: QWidget, screen: Screen | None) -> list[Shortcut]:
    """The keys of the frame and of the screen that is shown, each once."""
    found: dict[tuple[str, str], Shortcut] = {}
    for widget in (frame, *frame.findChildren(QWidget)):
        home = _screen_of(widget)
        if home is None or home is screen:
            for action in widget.actions():
                _add(found, home.title if home else _HERE, action)
    listed = [*found.values(), *(Shortcut("处处", keys, does) for keys, does in _QT)]
    return sorted(listed, key=lambda one: (one.where == "处处", one.where == _HERE))


def _screen_of(widget: QWidget) -> Screen | None:
    """The screen that a widget lies in; None for what belongs to the frame."""
    above: QWidget | None = widget
    while above is not None and not isinstance(above, Screen):
        above = above.parentWidget()
    return above


def _add(found: dict[tuple[str, str], Shortcut], where: str, action: QAction) -> None:
    keys = " 或 ".join(
        sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in action.shortcuts()
    )
    does = action.text().partition("(&")[0].replace("&", "")
    if keys and does:
        found.setdefault((keys, does), Shortcut(where, keys, does))


class Shortcuts(QDialog):
    """Every key that works in this place."""

    def __init__(self, rows: list[Shortcut], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("快捷键")
        self.resize(theme.px(560), theme.px(520))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label("快捷键", "section"))
        self.table = PlainTable(
            "快捷键",
            [
                PlainColumn("在哪里", lambda row: row.where, 120),
                PlainColumn("按键", lambda row: row.keys, 160),
                PlainColumn("做什么", lambda row: row.does),
            ],
        )
        self.table.show_rows(rows)
        box.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(Button("关闭", on_click=self.accept))
        box.addLayout(row)
        self.table.setFocus()
