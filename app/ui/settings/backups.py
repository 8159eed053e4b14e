"""备份与恢复: a second copy, the proof that it is one, and the way back."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout

from app.models.vocabulary import Role
from app.services.clock import now
from app.services.errors import AppError
from app.services.files import amount
from app.services.progress import Work
from app.services.vault.backup import (
    BackupEntry,
    BackupReport,
    Restored,
    back_up,
    last_backups,
    restore,
    verify_backup,
)
from app.ui import theme
from app.ui.settings.page import Page, needs
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.findings import Findings
from app.ui.widgets.password import PasswordEdit
from app.ui.widgets.path_line import PathLine
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_FOLDER: Final = "backup/folder"
_LATE_DAYS: Final = 7


class BackupPage(Page):
    """Three cards: make one, prove one, bring one back."""

    title: ClassVar[str] = "备份与恢复"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "备份"))
        self.box.addWidget(self._make_card())
        self.box.addWidget(self._check_card())
        self.box.addWidget(self._restore_card())
        self.box.addStretch()
        self.setFocusProxy(self.folder)

    def _make_card(self) -> Card:
        card = Card("备份")
        self.last = Label(role="strong", wrap=True)
        self.folder = PathLine("备份文件夹", "另一块磁盘上的文件夹，例如 E:\\学籍备份")
        self.folder.set(self.shell.preferences.get(_FOLDER, "") or "")
        self.make_button = Button("立即备份", "database-backup", "primary", on_click=self.back_up)
        self.make_button.setEnabled(self.may(Role.SYSTEM))
        self.made = Findings("备份的提示")
        self.table = PlainTable(
            "做过的备份",
            [
                PlainColumn("时间", lambda row: f"{row.at:%Y-%m-%d %H:%M}", 150),
                PlainColumn("操作员", lambda row: row.operator, 100),
                PlainColumn("文件夹", lambda row: row.name),
                PlainColumn("磁盘", lambda row: row.disk, 120),
                PlainColumn("链头", lambda row: row.head, 190),
            ],
        )
        self.table.setMinimumHeight(theme.px(170))
        card.box.addWidget(self.last)
        card.box.addWidget(self.folder)
        row = QHBoxLayout()
        row.addWidget(self.make_button)
        row.addStretch()
        card.box.addLayout(row)
        card.box.addWidget(self.made)
        card.box.addWidget(self.table)
        note = "请把链头抄在备份登记本上：以后换回旧库、改动记录，对一对就能发现。"
        card.box.addWidget(Label(note, "table", "text-2", wrap=True))
        return card

    def _check_card(self) -> Card:
        card = Card("核对一份备份")
        self.check_folder = PathLine("要核对的备份", "名为“学籍备份-日期-…”的文件夹")
        self.check_password = PasswordEdit("备份当时的口令")
        self.check_button = Button("核对", "shield-check", on_click=self.check)
        self.checked = Findings("核对备份的结果")
        card.box.addWidget(self.check_folder)
        card.box.addWidget(Label("备份当时的口令", "table", "text-2"))
        row = QHBoxLayout()
        row.addWidget(self.check_password, 1)
        row.addWidget(self.check_button)
        card.box.addLayout(row)
        card.box.addWidget(self.checked)
        return card

    def _restore_card(self) -> Card:
        card = Card("从备份恢复")
        note = "恢复只进空文件夹或新文件夹，从不覆盖现有的学籍库；备份之后录入的内容不在里面。"
        card.box.addWidget(Label(note, tint="text-2", wrap=True))
        self.source = PathLine("用哪一份备份", "名为“学籍备份-日期-…”的文件夹")
        self.target = PathLine("恢复到", "本机磁盘上的空文件夹或新文件夹")
        self.restore_password = PasswordEdit("备份当时的口令")
        self.restore_button = Button("恢复", "history", on_click=self.restore)
        self.restored = Findings("恢复的结果")
        for words, widget in (("备份", self.source), ("恢复到", self.target)):
            card.box.addWidget(Label(words, "table", "text-2"))
            card.box.addWidget(widget)
        card.box.addWidget(Label("备份当时的口令", "table", "text-2"))
        row = QHBoxLayout()
        row.addWidget(self.restore_password, 1)
        row.addWidget(self.restore_button)
        card.box.addLayout(row)
        card.box.addWidget(self.restored)
        return card

    def refresh(self) -> None:
        """Read the list of backups anew."""
        database = self.shell.desk.database
        self.shell.read(lambda: last_backups(database), self._show)

    # --- making ---------------------------------------------------------------------------

    def back_up(self) -> None:
        """Make a backup now."""
        if not self.folder.text:
            self.made.say("请选择备份文件夹，最好在另一块磁盘上。", "warn")
            return
        vault, folder = self.shell.desk.vault, self.folder.path
        self.make_button.setEnabled(False)

        def work() -> Work[BackupReport]:
            return (yield from back_up(vault, folder))

        job = self.shell.run(work(), "正在备份", self._made, self._not_made)
        job.ended.connect(lambda: self.make_button.setEnabled(True))

    def _made(self, report: BackupReport) -> None:
        self.shell.preferences.set(_FOLDER, str(report.folder.parent))
        held = report.manifest
        self.made.say(
            f"已备份到 {report.folder}（{amount(report.bytes)}，学生 {held.students:,} 人），"
            f"已读回核对一致。链头 {held.head.short}。",
            "ok",
            report.notices,
        )

    def _not_made(self, error: AppError) -> None:
        self.made.say(str(error), "danger")

    # --- proving --------------------------------------------------------------------------

    def check(self) -> None:
        """Check the backup that is named, byte for byte and as a register."""
        password = self.check_password.text()
        if not self.check_folder.text or not password:
            self.checked.say("请选择一份备份，并输入备份当时的口令。", "warn")
            return
        self.check_button.setEnabled(False)
        job = self.shell.run(
            verify_backup(self.check_folder.path, password),
            "正在核对备份",
            self._checked,
            lambda error: self.checked.say(str(error), "danger"),
            changes=False,
        )
        job.ended.connect(lambda: self.check_button.setEnabled(True))

    def _checked(self, report: BackupReport) -> None:
        self.check_password.clear()
        held = report.manifest
        if report.sound:
            self.checked.say(
                f"完好：{held.school}，{held.made:%Y-%m-%d %H:%M} 的备份，"
                f"学生 {held.students:,} 人，"
                f"逐字节与清单一致，打开清点也一致。链头 {held.head.short}，请与登记本核对。",
                "ok",
            )
        else:
            self.checked.say("这份备份已损坏，不能用来恢复。请换一份。", "danger", report.findings)

    # --- bringing back --------------------------------------------------------------------

    def restore(self) -> None:
        """Make a register of a backup in another folder."""
        password = self.restore_password.text()
        if not self.source.text or not self.target.text or not password:
            self.restored.say("请选择备份和恢复到的文件夹，并输入备份当时的口令。", "warn")
            return
        self.restore_button.setEnabled(False)
        job = self.shell.run(
            restore(self.source.path, Path(self.target.text), password),
            "正在恢复",
            self._restored,
            lambda error: self.restored.say(str(error), "danger"),
            changes=False,
        )
        job.ended.connect(lambda: self.restore_button.setEnabled(True))

    def _restored(self, made: Restored) -> None:
        self.restore_password.clear()
        held = made.manifest
        self.restored.say(
            f"已恢复到 {made.folder}：{held.school}，学生 {held.students:,} 人，"
            f"链头 {held.head.short}，请与打印件核对。"
            f"锁定窗口后选“打开别处的学籍库”进入，用备份当时的口令：{'、'.join(made.operators)}。",
            "ok" if not made.findings else "warn",
            (*made.findings, *made.notices),
        )

    def _show(self, rows: Sequence[BackupEntry]) -> None:
        self.table.show_rows(rows)
        self.table.setVisible(bool(rows))
        if not rows:
            self.last.setText("还没有备份过。硬盘会坏，没有第二份就等于没有。")
            self.last.set_tint("danger")
            return
        days = (now().date() - rows[0].at.date()).days
        ago = {0: "今天", 1: "昨天"}.get(days, f"{days} 天前")
        late = "，请尽快再备份一份" if days > _LATE_DAYS else ""
        self.last.setText(f"上次备份：{ago} {rows[0].at:%H:%M}{late}")
        self.last.set_tint("warn" if late else "ok")
