"""平台人数: what a platform says of each class, typed or pasted from its export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from PySide6.QtWidgets import QWidget

from app.services.clock import today
from app.services.register.organisation import ClassGroupRow
from app.ui import theme
from app.ui.widgets.basic import ChoiceBox
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog
from app.ui.widgets.editors import NoteEditor

_SOURCES: Final = ("中职学生系统", "学院学籍系统")
_LENGTH: Final = 20_000  # a line for each of several hundred classes


@dataclass(frozen=True, slots=True)
class PlatformWish:
    """The numbers by class (its id), the day they were read, the platform."""

    counts: Mapping[int, int]
    on: date
    source: str


def ask_platform(
    parent: QWidget, classes: Sequence[ClassGroupRow], on: date
) -> PlatformWish | None:
    """Ask for the numbers; None when nothing was taken."""
    dialog = PlatformDialog(parent, classes, min(on, today()))
    return dialog.wish if dialog.accepted_by_user else None


class PlatformDialog(FormDialog):
    """A line for each class; two columns copied from Excel or WPS are such lines."""

    def __init__(self, parent: QWidget, classes: Sequence[ClassGroupRow], on: date) -> None:
        super().__init__(
            "登记平台人数",
            "登记",
            parent,
            said="一行一个班：班级、空格、人数；也可从 Excel 或 WPS 复制两列粘贴进来。",
            check=self._fault,
        )
        self._classes = classes
        self.source = ChoiceBox("平台", _SOURCES)
        self.source.setEditable(True)
        self.day = DateEditor("查得日期", on)
        self.lines = NoteEditor("各班人数", _LENGTH)
        self.lines.setPlaceholderText("机电2601 42\n机电2602 40")
        self.lines.setMinimumHeight(theme.px(240))
        for label, field in (("平台", self.source), ("查得日期", self.day)):
            self.row(label, field)
        self.row("各班人数", self.lines)

    @property
    def wish(self) -> PlatformWish:
        """What was typed; to be read once it was accepted."""
        counts, _ = self._read()
        return PlatformWish(counts, self.day.day or today(), self.source.currentText().strip())

    def _read(self) -> tuple[dict[int, int], str]:
        """The numbers by class, and what is wrong with the first line that is."""
        counts: dict[int, int] = {}
        for number, line in enumerate(self.lines.value.splitlines(), start=1):
            name, _, count = line.strip().replace("\t", " ").rpartition(" ")
            if not line.strip():
                continue
            if not name or not count.isdecimal():
                return {}, f"第 {number} 行“{line.strip()}”：请写成 班级、空格、人数。"
            found = [one for one in self._classes if name.strip() in (one.name, one.full_name)]
            if len(found) != 1:
                why = "有几个，请写上年级" if found else "没有这个班"
                return {}, f"第 {number} 行“{name.strip()}”：{why}。"
            if found[0].id in counts:
                return {}, f"第 {number} 行“{name.strip()}”：前面已经写过。"
            counts[found[0].id] = int(count)
        return counts, "" if counts else "请至少写一个班的人数。"

    def _fault(self) -> str:
        if not self.source.currentText().strip():
            return "请写明是哪个平台。"
        if fault := self.day.fault():
            return fault
        if self.day.held > today():
            return "查得日期还没有到。"
        return self._read()[1]
