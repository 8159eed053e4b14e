"""电脑检查 (第十七、十八条): what the PC says of itself, and 查不了 where it says nothing."""

from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.office.workplace import (
    Answer,
    Check,
    Found,
    check_workplace,
    keep_check,
)
from app.ui import theme
from app.ui.settings.page import Page, told
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, ChoiceBox, Label, Tone, clear
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.files import open_file

_WHY: Final = (
    "看杀毒、防火墙、更新、移动盘、软件等十三项。每项说符合、不符合或查不了：普通权限看不到、系统不回答的，"
    "一律是查不了，请人工核对后填上。每月查一次，存检查单签名存档。"
)
_LOOKS: Final[dict[Answer, tuple[Tone, str]]] = {
    Answer.YES: ("ok", "●"),
    Answer.NO: ("danger", "▲"),
    Answer.UNKNOWN: ("warn", "?"),
}


class WorkplacePage(Page):
    """Asks only when it is told to: some answers take seconds."""

    title: ClassVar[str] = "电脑检查"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.check: Check | None = None
        roles = {Role.RECORD, Role.REVIEW, Role.SYSTEM}
        self._may = bool(roles & shell.desk.actor.roles)
        card = Card("专用电脑检查")
        card.box.addWidget(Label(_WHY, tint="text-2", wrap=True))
        self.verdict = Label(role="strong", wrap=True)
        self.check_button = Button("检查这台电脑", "monitor", "primary", on_click=self.look)
        self.check_button.setEnabled(self._may)
        self.keep_button = Button("存检查单…", "file-check", on_click=self._ask)
        row = QHBoxLayout()
        row.addWidget(self.check_button)
        row.addWidget(self.keep_button)
        row.addStretch()
        card.box.addLayout(row)
        card.box.addWidget(self.verdict)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(theme.px(12))
        card.box.addLayout(self.lines)
        self.box.addWidget(card)
        self.box.addStretch()
        self.setFocusProxy(self.check_button)
        self.show_check(None)

    def look(self) -> None:
        """Ask the PC."""
        self.check_button.setEnabled(False)
        job = self.shell.run(
            check_workplace(self.shell.desk.vault), "正在检查电脑", self.show_check, changes=False
        )
        job.ended.connect(lambda: self.check_button.setEnabled(True))

    def show_check(self, check: Check | None) -> None:
        """Show every line."""
        self.check = check
        self.keep_button.setEnabled(check is not None)
        self.verdict.setText(check.words if check is not None else "")
        self.verdict.setVisible(check is not None)
        clear(self.lines)
        for one in check.found if check is not None else ():
            self.lines.addWidget(self._line(one))

    def _line(self, one: Found) -> QWidget:
        by = f"　人工核对：{one.by}" if one.by else ""
        words = [
            Label(f"{one.item}：{one.words}", wrap=True),
            Label(f"依据：{one.source}{by}", "small", "text-3", wrap=True),
        ]
        beside: list[QWidget] = []
        if one.answer is Answer.UNKNOWN:
            button = Button("人工核对…", "pen-line", on_click=partial(self.confirm, one))
            button.setAccessibleName(f"人工核对{one.item}")
            beside.append(button)
        tone, mark = _LOOKS[one.answer]
        return told(*words, beside=[*beside, Badge(one.answer, tone, mark)])

    def confirm(self, one: Found) -> None:
        """A person looked at what cannot be told."""
        dialog = ConfirmDialog(one, self.shell.window)
        if dialog.accepted_by_user and self.check is not None:
            self.show_check(
                self.check.confirmed(
                    one.item, dialog.answer_given, dialog.how.words, self.shell.desk.actor.name
                )
            )

    def save(self, target: Path) -> None:
        """检查单, and the check in the log."""
        if self.check is not None:
            self.shell.run(
                keep_check(self.shell.desk.vault, self.check, target),
                "正在出检查单",
                lambda _: self.shell.say(
                    f"检查单：{target}。请打印签名，存档备查。",
                    action=("打开", lambda: open_file(target)),
                ),
            )

    def _ask(self) -> None:
        name = str(Path.home() / f"专用电脑检查单-{today():%Y%m%d}.pdf")
        file, _ = QFileDialog.getSaveFileName(self, "检查单存为", name, "PDF (*.pdf)")
        if file:
            self.save(Path(file))


class ConfirmDialog(FormDialog):
    """人工核对: what was seen, and how."""

    def __init__(self, one: Found, parent: QWidget | None = None) -> None:
        super().__init__(f"人工核对：{one.item}", "记下", parent, said=one.words, check=self._fault)
        self.choice = ChoiceBox("结果", [Answer.YES, Answer.NO])
        self.how = Line("怎样核对的", hint="例如：打开安全中心看过，病毒库是当天的")
        self.row("结果", self.choice)
        self.row("怎样核对的", self.how)

    @property
    def answer_given(self) -> Answer:
        """What was seen."""
        return Answer(self.choice.currentText())

    def _fault(self) -> str:
        return "" if self.how.words else "请写明怎样核对的，检查单上要印。"
