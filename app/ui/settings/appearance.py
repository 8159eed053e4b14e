"""外观与输入: how the window looks on this PC, which input method runs, where printers are set."""

import os
from typing import ClassVar

import psutil
from PySide6.QtWidgets import QFormLayout, QHBoxLayout

from app.ui import theme
from app.ui.input_method import diagnosis
from app.ui.navigation import has_place
from app.ui.preferences import TEXT_SIZES, Mode
from app.ui.settings.page import Page
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, Label


class AppearancePage(Page):
    """A choice here shows at once."""

    title: ClassVar[str] = "外观与输入"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.mode = ChoiceBox("外观", [mode.value for mode in Mode])
        self.mode.setCurrentText(shell.preferences.mode.value)
        self.text_size = ChoiceBox("文字大小", [f"{size}%" for size in TEXT_SIZES])
        self.text_size.setCurrentText(f"{shell.preferences.text_size}%")
        self.mode.activated.connect(lambda _: self._apply())
        self.text_size.activated.connect(lambda _: self._apply())
        card = Card("外观")
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(16))
        for edit, words in ((self.mode, "明暗"), (self.text_size, "文字大小")):
            edit.setMinimumWidth(theme.px(160))
            label = Label(words, tint="text-2")
            label.setMinimumWidth(theme.px(96))
            row = QHBoxLayout()
            row.addWidget(edit)
            row.addStretch()
            form.addRow(label, row)
        card.box.addLayout(form)
        card.box.addWidget(
            Label(
                "选了立即生效，只记在这台电脑上；打印出来的表不受影响。",
                "table",
                "text-2",
                wrap=True,
            )
        )
        self.box.addWidget(card)
        self.box.addWidget(self._input_card())
        self.box.addWidget(self._printer_card())
        self.box.addStretch()
        self.setFocusProxy(self.mode)

    def _input_card(self) -> Card:
        card = Card("输入法")
        self.input_method = Label("正在查看…", wrap=True)
        card.box.addWidget(self.input_method)
        row = QHBoxLayout()
        row.addWidget(Button("重新检查", "refresh-cw", on_click=self.refresh))
        row.addStretch()
        card.box.addLayout(row)
        return card

    def _printer_card(self) -> Card:
        card = Card("打印机")
        card.box.addWidget(
            Label(
                "印出来偏左偏右、偏高偏低时，打一张校准页，量四个数填回去即可；按打印机和纸盒分别记住。",
                tint="text-2",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        go = Button("到“学籍卡”校准打印机", "ruler", on_click=lambda: self.shell.go("cards"))
        go.setEnabled(has_place("cards"))
        row.addWidget(go)
        row.addStretch()
        card.box.addLayout(row)
        return card

    def refresh(self) -> None:
        """Look which input method runs now."""
        self.shell.read(
            lambda: diagnosis(dict(os.environ), running_programs()), self.input_method.setText
        )

    def _apply(self) -> None:
        mode = Mode(self.mode.currentText())
        size = TEXT_SIZES[self.text_size.currentIndex()]
        self.shell.preferences.set_look(mode, size)
        theme.apply(mode, size)


def running_programs() -> frozenset[str]:
    """Names of the programs that run on this PC."""
    return frozenset(
        name for process in psutil.process_iter(["name"]) if (name := process.info["name"])
    )
