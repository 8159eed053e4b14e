"""A small form in a window of its own: rows, one answer, one verb."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, ButtonKind, Label


class Line(QLineEdit):
    """One line of text with its name."""

    def __init__(self, name: str, text: str = "", hint: str = "") -> None:
        super().__init__(text)
        self.setAccessibleName(name)
        self.setPlaceholderText(hint)

    @property
    def words(self) -> str:
        """What was typed, without blanks around it."""
        return self.text().strip()


class FormDialog(QDialog):
    """Rows over an answer and two buttons; `check` says what is wrong before it closes."""

    def __init__(
        self,
        title: str,
        verb: str,
        parent: QWidget | None = None,
        *,
        said: str = "",
        kind: ButtonKind = "primary",
        check: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._check = check or (lambda: "")
        self.setWindowTitle(title)
        self.setMinimumWidth(theme.px(460))
        box = self._box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label(title, "section"))
        if said:
            box.addWidget(Label(said, "table", "text-2", wrap=True))
        self.form = QFormLayout()
        self.form.setSpacing(theme.px(10))
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        box.addLayout(self.form)
        self._answer = Answer()
        box.addWidget(self._answer)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(Button("取消", on_click=self.reject))
        self.go = Button(verb, kind=kind, on_click=self.accept)
        self.go.setDefault(True)
        row.addWidget(self.go)
        box.addLayout(row)

    def row(self, label: str, widget: QWidget) -> None:
        """Add a row."""
        self.form.addRow(Label(label, tint="text-2"), widget)

    def event(self, event: QEvent) -> bool:
        """Grow with what it says: wrapped words would be cut, or the rows pressed together."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest and self.isVisible():
            need = self._box.totalHeightForWidth(self.width())
            if need > self.height():
                self.resize(self.width(), min(need, self.screen().availableSize().height()))
        return done

    @property
    def answer(self) -> str:
        """What the dialog says at present."""
        return self._answer.text

    def accept(self) -> None:
        """Close, unless something is wrong."""
        fault = self._check()
        self._answer.say(fault)
        if not fault:
            super().accept()

    @property
    def accepted_by_user(self) -> bool:
        """Show it and wait; whether it was taken. What was typed is to be read at once."""
        taken = self.exec() == QDialog.DialogCode.Accepted
        self.deleteLater()  # or its parent would keep every dialog there ever was
        return taken
