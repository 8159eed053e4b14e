"""备份与恢复: a second copy, the proof that it is one, the drill, and the way back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.errors import AppError, SettingNotDays
from app.services.files import amount
from app.services.proof import drill_record
from app.services.settings import LABELS, Settings
from app.services.vault.backup import (
    BackupEntry,
    BackupReport,
    Restored,
    last_backups,
    restore,
    verify_backup,
)
from app.services.vault.recovery import RecoveryCode
from app.services.vault.rehearsal import Rehearsal, rehearse
from app.services.vault.safekeeping import BackupState, back_up_all, backup_state
from app.ui.settings.fields import Field, Fields
from app.ui.settings.page import Page, needs
from app.ui.shell import Shell
from app.ui.unlock.gate import RecoveryCodeEdit
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.files import open_file
from app.ui.widgets.findings import Findings
from app.ui.widgets.password import PasswordEdit
from app.ui.widgets.path_line import PathLine
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_ONE: Final = "名为“学籍备份-日期-…”的文件夹"
_HINTS: Final = {
    "backup_target": "另一块磁盘上的文件夹，例如 E:\\学籍备份",
    "second_target": "第三处，例如机要室的移动硬盘（可以不填）",
}
_SETTINGS: Final = (
    "backup_target", "second_target", "backup_days", "drill_days", "password_days",
)  # fmt: skip


class BackupPage(Page):
    """How safe the register is; make a copy, prove one, rehearse, bring one back."""

    title: ClassVar[str] = "备份与恢复"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "备份"))
        self._settings = Settings()
        for card in (
            self._make_card(),
            self._places_card(),
            self._check_card(),
            self._drill_card(),
            self._restore_card(),
        ):
            self.box.addWidget(card)
        self.box.addStretch()
        self.setFocusProxy(self.make_button)

    # --- layout ---------------------------------------------------------------------------

    def _make_card(self) -> Card:
        card = Card("备份")
        self.state = Label(role="strong", wrap=True)
        self.more = Label(role="table", tint="text-2", wrap=True)
        self.make_button = Button("立即备份", "database-backup", "primary", on_click=self.back_up)
        self.make_button.setEnabled(self.may(Role.SYSTEM))
        self.folder = PathLine("这一次备份到", "不填则备份到下面设定的位置")
        self.made = Findings("备份的提示")
        self.table = PlainTable(
            "做过的备份",
            [
                PlainColumn("时间", lambda row: f"{row.at:%Y-%m-%d %H:%M}", 140),
                PlainColumn("操作员", lambda row: row.operator, 100),
                PlainColumn("文件夹", lambda row: row.name),
                PlainColumn("磁盘", lambda row: row.disk, 120),
                PlainColumn("链头", lambda row: row.head, 190),
            ],
        )
        self.table.fit(1, 5)
        card.box.addWidget(self.state)
        card.box.addWidget(self.more)
        _row(card, self.folder, self.make_button)
        card.box.addWidget(self.made)
        card.box.addWidget(self.table)
        note = "请把链头抄在备份登记本上：以后换回旧库、改动记录，对一对就能发现。"
        card.box.addWidget(Label(note, "table", "text-2", wrap=True))
        return card

    def _places_card(self) -> Card:
        card = Card("备份位置与间隔")
        self.fields = Fields(
            [Field(name, LABELS[name], _HINTS.get(name, "")) for name in _SETTINGS]
        )
        self.fields.set_read_only(not self.may(Role.SYSTEM))
        self.fields.changed.connect(self._judge)
        self.save_button = Button("保存", "save", on_click=self.save)
        card.box.addWidget(self.fields)
        row = QHBoxLayout()
        row.addWidget(self.save_button)
        row.addStretch()
        card.box.addLayout(row)
        return card

    def _check_card(self) -> Card:
        card = Card("核对一份备份")
        self.check_folder = PathLine("要核对的备份", _ONE)
        self.check_password = PasswordEdit("备份当时的口令")
        self.check_button = Button("核对", "shield-check", on_click=self.check)
        self.checked = Findings("核对备份的结果")
        card.box.addWidget(self.check_folder)
        card.box.addWidget(Label("备份当时的口令", "table", "text-2"))
        _row(card, self.check_password, self.check_button)
        card.box.addWidget(self.checked)
        return card

    def _drill_card(self) -> Card:
        card = Card("恢复演练")
        note = (
            "拆封一份恢复单，用它试恢复一份备份：打得开、核对得上，才知道真出事时用得上。"
            "试恢复在临时文件夹里做，做完即删；恢复单用完当日重新封存。"
        )
        card.box.addWidget(Label(note, tint="text-2", wrap=True))
        self.drill_folder = PathLine("演练用的备份", _ONE)
        self.code = RecoveryCodeEdit()
        self.drill_button = Button("开始演练", "history", on_click=self.drill)
        self.record_button = Button("存演练记录…", "file-check", on_click=self._ask_record)
        self.record_button.hide()
        self.drilled = Findings("恢复演练的结果")
        self.rehearsal: Rehearsal | None = None
        card.box.addWidget(self.drill_folder)
        card.box.addWidget(self.code)
        row = QHBoxLayout()
        row.addWidget(self.drill_button)
        row.addWidget(self.record_button)
        row.addStretch()
        card.box.addLayout(row)
        card.box.addWidget(self.drilled)
        return card

    def _restore_card(self) -> Card:
        card = Card("从备份恢复")
        note = "恢复只进空文件夹或新文件夹，从不覆盖现有的学籍库；备份之后录入的内容不在里面。"
        card.box.addWidget(Label(note, tint="text-2", wrap=True))
        self.source = PathLine("用哪一份备份", _ONE)
        self.target = PathLine("恢复到", "本机磁盘上的空文件夹或新文件夹")
        self.restore_password = PasswordEdit("备份当时的口令，恢复用")
        self.restore_button = Button("恢复", "history", on_click=self.restore)
        self.restored = Findings("恢复的结果")
        for words, widget in (("备份", self.source), ("恢复到", self.target)):
            card.box.addWidget(Label(words, "table", "text-2"))
            card.box.addWidget(widget)
        card.box.addWidget(Label("备份当时的口令", "table", "text-2"))
        _row(card, self.restore_password, self.restore_button)
        card.box.addWidget(self.restored)
        return card

    # --- reading --------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read how things stand, off this thread: a place may be slow to answer."""
        desk = self.shell.desk

        def look() -> tuple[BackupState, list[BackupEntry], Settings]:
            settings = desk.establishment.settings()
            return backup_state(desk.vault), last_backups(desk.database), settings

        self.shell.read(look, lambda read: self.show_state(*read))

    def show_state(
        self, state: BackupState, rows: Sequence[BackupEntry], settings: Settings
    ) -> None:
        """Show how safe the register is."""
        first, *more = state.sentences
        self.state.setText(first)
        none = state.days_since_copy is None
        self.state.set_tint("danger" if none else "warn" if state.copy_due else "ok")
        self.more.setText("\n".join(more))
        self.more.setVisible(bool(more))
        self.table.show_rows(rows)
        self.table.setVisible(bool(rows))
        self._settings = settings
        if not self.fields.dirty:
            self.forget()

    @property
    def dirty(self) -> bool:
        """Whether places or intervals were changed."""
        return self.fields.dirty

    def forget(self) -> None:
        """Back to what is saved."""
        self.fields.load({name: getattr(self._settings, name) for name in _SETTINGS})
        self._judge()

    def save(self) -> None:
        """Write places and intervals."""
        desk, changes = self.shell.desk, self.fields.changes

        def refused(error: AppError) -> None:
            wrong = [name for name in changes if name.endswith("_days")]
            if isinstance(error, SettingNotDays):
                self.fields.say({name: str(error) for name in wrong if LABELS[name] in str(error)})
            else:
                self.shell.say(str(error), "danger")

        self.shell.run(
            lambda: desk.establishment.change_settings(desk.actor, changes),
            "正在保存备份位置",
            self._saved,
            refused,
        )

    def _saved(self, settings: Settings) -> None:
        self._settings = settings
        self.forget()
        self.shell.say("已保存备份位置与间隔。")

    def _judge(self) -> None:
        self.save_button.setEnabled(self.fields.dirty)

    # --- making ---------------------------------------------------------------------------

    def back_up(self) -> None:
        """Make a backup now, where it was said or in every place that is set."""
        vault = self.shell.desk.vault
        folder = self.folder.path if self.folder.text else None
        self.make_button.setEnabled(False)
        job = self.shell.run(back_up_all(vault, folder), "正在备份", self._made, _tell(self.made))
        job.ended.connect(lambda: self.make_button.setEnabled(True))

    def _made(self, reports: list[BackupReport]) -> None:
        held = reports[0].manifest
        places = "、".join(str(report.folder) for report in reports)
        self.made.say(
            f"已备份到 {places}（{amount(reports[0].bytes)}，学生 {held.students:,} 人），"
            f"已读回核对一致。链头 {held.head.short}。",
            "ok",
            [notice for report in reports for notice in report.notices],
        )

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
            _tell(self.checked),
            changes=False,
        )
        job.ended.connect(lambda: self.check_button.setEnabled(True))

    def _checked(self, report: BackupReport) -> None:
        self.check_password.clear()
        held = report.manifest
        if report.sound:
            self.checked.say(
                f"完好：{held.school}，{held.made:%Y-%m-%d %H:%M} 的备份，"
                f"学生 {held.students:,} 人，逐字节与清单一致，打开清点也一致。"
                f"链头 {held.head.short}，请与登记本核对。",
                "ok",
            )
        else:
            self.checked.say("这份备份已损坏，不能用来恢复。请换一份。", "danger", report.findings)

    # --- rehearsing -----------------------------------------------------------------------

    def drill(self) -> None:
        """Restore a backup with the paper sheet, look at it, take it away again."""
        if not self.drill_folder.text:
            self.drilled.say("请选择演练用的备份。", "warn")
            return
        try:
            code = RecoveryCode.read(self.code.text)
        except AppError as error:
            self.drilled.say(str(error), "danger")
            return
        self.drill_button.setEnabled(False)
        job = self.shell.run(
            rehearse(self.shell.desk.vault, self.drill_folder.path, code),
            "正在做恢复演练",
            self._drilled,
            _tell(self.drilled),
        )
        job.ended.connect(lambda: self.drill_button.setEnabled(True))

    def _drilled(self, done: Rehearsal) -> None:
        self.rehearsal = done
        self.code.fill([""] * len(self.code.lines))
        self.record_button.show()
        if not done.passed:
            self.drilled.say("恢复演练未通过，请另取一份备份再试。", "danger", done.findings)
            return
        self.drilled.say(
            f"恢复单有效：{done.source.name} 能恢复，学生 {done.students:,} 人，"
            f"影像 {done.pictures:,} 件，全部核对相符。请取出下列学生的纸质学籍卡核对：",
            "ok",
            [
                f"{row.number or row.exam_number or '－'}　{row.name}　{row.class_group}　"
                f"{row.status.value}"
                for row in done.drawn
            ],
        )

    def save_record(self, target: Path) -> None:
        """恢复演练记录, to be signed and kept."""
        if self.rehearsal is not None:
            self.shell.run(
                drill_record(self.shell.desk.vault, self.rehearsal, target),
                "正在出演练记录",
                lambda _: self.shell.say(
                    f"演练记录：{target}。请打印签名存档。",
                    action=("打开", lambda: open_file(target)),
                ),
            )

    def _ask_record(self) -> None:
        name = str(Path.home() / f"恢复演练记录-{today():%Y%m%d}.pdf")
        file, _ = QFileDialog.getSaveFileName(self, "演练记录存为", name, "PDF (*.pdf)")
        if file:
            self.save_record(Path(file))

    # --- bringing back --------------------------------------------------------------------

    def restore(self) -> None:
        """Make a register of a backup in another folder."""
        password = self.restore_password.text()
        if not self.source.text or not self.target.text or not password:
            self.restored.say("请选择备份和恢复到的文件夹，并输入备份当时的口令。", "warn")
            return
        self.restore_button.setEnabled(False)
        job = self.shell.run(
            restore(self.source.path, self.target.path, password),
            "正在恢复",
            self._restored,
            _tell(self.restored),
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


def _row(card: Card, wide: PathLine | PasswordEdit, button: Button) -> None:
    row = QHBoxLayout()
    row.addWidget(wide, 1)
    row.addWidget(button)
    card.box.addLayout(row)


def _tell(findings: Findings) -> Callable[[AppError], None]:
    return lambda error: findings.say(str(error), "danger")
