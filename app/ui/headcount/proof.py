"""The proof over the head-count: opening + in − out = closing, and who keeps it from closing."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.services.register.headcount import Headcount
from app.ui import theme
from app.ui.widgets.basic import Badge, Button, Label
from app.ui.widgets.look import keep


class Proof(QWidget):
    """One line of numbers; each opens its names through `opened`."""

    opened = QtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("人数核对")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(12), theme.px(6), theme.px(12), theme.px(6))
        row.setSpacing(theme.px(8))
        self.numbers: list[Button] = []
        self._ids: list[tuple[str, Sequence[int]]] = [("", ())] * 4
        for at, (sign, words) in enumerate(
            (("", "期初"), ("＋", "增加"), ("－", "减少"), ("＝", "期末"))
        ):
            if sign:
                row.addWidget(Label(sign, "section", "text-2"))
            row.addWidget(Label(words, tint="text-2"))
            number = Button("0", kind="link", on_click=partial(self._open, at))
            keep(number, role="section")
            self.numbers.append(number)
            row.addWidget(number)
        self.verdict = Badge()
        row.addSpacing(theme.px(8))
        row.addWidget(self.verdict)
        self.culprits = Button("看是谁", "triangle-alert", "link", on_click=self._open_culprits)
        row.addWidget(self.culprits)
        row.addStretch()
        self._causes: tuple[int, ...] = ()

    def show_count(self, count: Headcount) -> None:
        """Show the whole of a head-count."""
        total = count.total
        came = tuple(one for ids in total.entered.values() for one in ids)
        went = tuple(one for ids in total.left.values() for one in ids)
        base = count.base.value
        self._ids = [
            (f"期初{base}", total.opening), ("增加", came), ("减少", went),
            (f"期末{base}", total.closing),
        ]  # fmt: skip
        for button, (words, ids) in zip(self.numbers, self._ids, strict=True):
            button.setText(f"{len(ids):,}")
            button.setAccessibleName(f"{words} {len(ids)} 人，打开名单")
            button.setEnabled(bool(ids))
        self._causes = tuple(
            dict.fromkeys(one for row in (*count.rows, total) for one in row.difference)
        )
        if count.balanced:
            self.verdict.set("平", "ok", "✓")
        else:
            self.verdict.set("不平", "danger", "✗")
        where = "、".join(row.class_group for row in count.rows if not row.balanced)
        self.culprits.setVisible(bool(self._causes))
        self.culprits.setText(f"差在 {len(self._causes):,} 人（{where or '合计'}），看是谁")
        self.culprits.setAccessibleName(self.culprits.text())

    def _open(self, at: int) -> None:
        words, ids = self._ids[at]
        if ids:
            self.opened.emit(words, ids)

    def _open_culprits(self) -> None:
        self.opened.emit("使人数不平的", self._causes)
