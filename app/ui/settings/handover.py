"""人员交接 (第十一条): the steps below each other; what is done, what comes now, what stops it."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.office.handover import (
    Done,
    HandOver,
    Stage,
    begin,
    give_up,
    hand_over,
    hand_over_paper,
    note_sheet,
    retire,
)
from app.services.proof import anchor_slip
from app.services.vault.safekeeping import back_up_all
from app.ui import theme
from app.ui.settings.page import Page, needs, told
from app.ui.settings.task import TaskDialog
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, Label, clear
from app.ui.widgets.dialog import Line
from app.ui.widgets.files import open_file

_WHY = (
    "学籍管理员换人时照这八步做：接手人进来、备份、打印链头、移交恢复单、移交人退出、更换密钥、"
    "再备份、三方签字。每一步做没做由操作记录说了算，中间可以停下，换人、改天接着做。"
)


class HandOverPage(Page):
    """The sequence; each step has its one verb, and only the next one can be pressed."""

    title: ClassVar[str] = "人员交接"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.made: HandOver | None = None
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "人员交接"))
        card = Card("人员交接")
        card.box.addWidget(Label(_WHY, tint="text-2", wrap=True))
        self.people = Label(role="strong", wrap=True)
        card.box.addWidget(self.people)
        self.steps = QVBoxLayout()
        self.steps.setSpacing(theme.px(12))
        card.box.addLayout(self.steps)
        row = QHBoxLayout()
        self.begin_button = Button("开始交接…", "key-round", "primary", on_click=self.begin)
        self.begin_button.setEnabled(self.may(Role.SYSTEM))
        self.give_up_button = Button("放弃这次交接", kind="link", on_click=self.give_up)
        row.addWidget(self.begin_button)
        row.addStretch()
        row.addWidget(self.give_up_button)
        card.box.addLayout(row)
        self.box.addWidget(card)
        self.box.addStretch()
        self.setFocusProxy(self.begin_button)
        self.show_state(None)

    def refresh(self) -> None:
        """Read from the log how far it is."""
        if self.may(Role.SYSTEM):
            vault = self.shell.desk.vault
            self.shell.read(lambda: hand_over(vault), self.show_state)

    def show_state(self, made: HandOver | None) -> None:
        """Show each step: done, next, or still to come."""
        self.made = made
        under_way = made is not None and made.next is not None
        self.people.setVisible(made is not None)
        self.begin_button.setVisible(not under_way)
        self.begin_button.setText("开始交接…" if made is None else "开始新的交接…")
        self.give_up_button.setVisible(under_way)
        clear(self.steps)
        if made is None:
            return
        over = "" if under_way else "　已做完"
        self.people.setText(
            f"{made.predecessor} 移交给 {made.successor}，监交人 {made.supervisor}{over}"
        )
        for number, stage in enumerate(Stage, start=1):
            self.steps.addWidget(self._step(number, stage, made))

    def _step(self, number: int, stage: Stage, made: HandOver) -> QWidget:
        done, here = made.done.get(stage), stage is made.next
        words = [
            Label(f"{number}　{stage.title}", "strong" if here else "base"),
            Label(_told(done) if done is not None else stage.words, "table", "text-2", wrap=True),
        ]
        if here and made.hint:
            words.append(Label(made.hint, "table", "warn", wrap=True))
        if done is not None:
            state: QWidget = Badge("已做", "ok", "●")
        else:
            state = self._verb(stage, made) if here else Badge("待做", "neutral")
        return told(*words, beside=[state])

    def _verb(self, stage: Stage, made: HandOver) -> Button:
        """What is pressed for a step: the deed itself, or the way to where it is done."""
        if stage is Stage.SUCCESSOR or made.hint:
            add = "添加" in made.hint or "改角色" in made.hint
            if add:
                return Button(
                    "到操作员与口令",
                    "users",
                    "primary",
                    on_click=lambda: self.shell.go("system", page="operators"),
                )
            return Button("锁定窗口", "lock", "primary", on_click=self.shell.lock)
        text, icon, then = {
            Stage.BACKUP: ("备份并核对", "database-backup", self.back_up),
            Stage.HEAD: ("存审计锚定单…", "stamp", self._ask_slip),
            Stage.SHEET: ("登记移交恢复单…", "file-check", self.note_sheet),
            Stage.PREDECESSOR: (f"停用{made.predecessor}", "ban", self.retire),
            Stage.KEY: ("更换密钥…", "key-round", self.shell.renew_key),
            Stage.COPY: ("备份并核对", "database-backup", self.back_up),
            Stage.PAPER: ("存交接单…", "pen-line", self._ask_paper),
        }[stage]
        return Button(text, icon, "primary", on_click=then)

    # --- the steps ------------------------------------------------------------------------

    def begin(self) -> None:
        """Name the people."""
        dialog = BeginDialog(self.shell)
        if dialog.exec():
            self.show_state(dialog.result_of_work)

    def give_up(self) -> None:
        """No hand-over after all."""
        if self.shell.ask(
            "放弃这次交接？",
            "已经做过的步骤不会撤回；以后可以重新开始。",
            yes="放弃这次交接",
            danger=True,
        ):
            vault = self.shell.desk.vault
            self.shell.run(lambda: give_up(vault), "正在放弃交接", lambda _: self.show_state(None))

    def back_up(self) -> None:
        """To every place that is set, read back."""
        self.shell.run(
            back_up_all(self.shell.desk.vault),
            "正在备份",
            lambda reports: self._go_on(f"已备份，链头 {reports[0].manifest.head.short}。"),
        )

    def save_slip(self, target: Path) -> None:
        """审计锚定单."""
        work = anchor_slip(self.shell.desk.vault, target)
        self.shell.run(work, "正在出审计锚定单", lambda _: self._saved("审计锚定单", target))

    def note_sheet(self) -> None:
        """The recovery sheets went over."""
        dialog = SheetDialog(self.shell)
        if dialog.exec():
            self.show_state(dialog.result_of_work)

    def retire(self) -> None:
        """The account of whoever hands over is switched off by the successor."""
        made, vault = self.made, self.shell.desk.vault
        if made is None or not self.shell.ask(
            f"停用{made.predecessor}？",
            f"{made.predecessor}的口令从此打不开学籍库。请确认他在场，该交的都已交清。",
            yes=f"停用{made.predecessor}",
            danger=True,
        ):
            return
        self.shell.run(lambda: retire(vault), "正在停用账号", self.show_state)

    def save_paper(self, target: Path) -> None:
        """交接单."""
        work = hand_over_paper(self.shell.desk.vault, target)
        self.shell.run(work, "正在出交接单", lambda _: self._saved("交接单", target))

    def _saved(self, what: str, target: Path) -> None:
        said = f"{what}：{target}。请打印签名，各存一份。"
        self.shell.say(said, action=("打开", lambda: open_file(target)))
        self.refresh()

    def _go_on(self, said: str) -> None:
        self.shell.say(said)
        self.refresh()

    def _ask_slip(self) -> None:
        self._ask("审计锚定单", self.save_slip)

    def _ask_paper(self) -> None:
        self._ask("交接单", self.save_paper)

    def _ask(self, what: str, then: Callable[[Path], None]) -> None:
        name = str(Path.home() / f"{what}-{today():%Y%m%d}.pdf")
        file, _ = QFileDialog.getSaveFileName(self, f"{what}存为", name, "PDF (*.pdf)")
        if file:
            then(Path(file))


def _told(done: Done) -> str:
    when = f"{done.at.astimezone():%Y-%m-%d %H:%M}"
    return "　".join(filter(None, (when, done.operator, done.words)))


class BeginDialog(TaskDialog):
    """开始交接: to whom, and who watches."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "开始交接", "开始交接")
        self.successor = Line("接手人", hint="真实姓名，与他的账号相同")
        self.supervisor = Line("监交人", hint="分管校长或部门负责人")
        for words, edit in (
            (f"移交人：{shell.desk.actor.name}", None),
            ("接手人", self.successor),
            ("监交人", self.supervisor),
        ):
            self.form.addWidget(Label(words, "table", "text-2"))
            if edit is not None:
                self.form.addWidget(edit)

    def work(self) -> Callable[[], HandOver]:
        vault, successor = self.shell.desk.vault, self.successor.words
        supervisor = self.supervisor.words
        return lambda: begin(vault, successor, supervisor)


class SheetDialog(TaskDialog):
    """移交恢复单: how many, and who keeps them."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "登记移交恢复单", "登记移交")
        self.copies = Line("份数", "2")
        self.kept = Line("由谁保管", hint="例如：校长室、机要室各一份")
        note = "请当面点清、验看封口。更换密钥以后这些恢复单只能打开以前的备份，随旧备份封存。"
        self.form.addWidget(Label(note, "table", "text-2", wrap=True))
        for words, edit in (("份数", self.copies), ("由谁保管", self.kept)):
            self.form.addWidget(Label(words, "table", "text-2"))
            self.form.addWidget(edit)

    def fault(self) -> str:
        if not self.copies.words.isdecimal() or int(self.copies.words) == 0:
            return "份数请填 1 以上的整数。"
        return "" if self.kept.words else "请写明由谁保管、放在哪里。"

    def work(self) -> Callable[[], HandOver]:
        vault, copies = self.shell.desk.vault, int(self.copies.words)
        kept = self.kept.words
        return lambda: note_sheet(vault, copies, kept)
