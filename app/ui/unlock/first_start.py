"""初次使用: from nothing to a register that can be trusted: its sheet was printed and read back,

its first backup lies on another disk. Whoever only wants to look opens the demonstration school.
"""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services import demo, demo_mark
from app.services.errors import AppError, RecoveryCodeForeign
from app.services.founding import Founded, found
from app.services.progress import Work
from app.services.vault.backup import BackupReport, back_up
from app.services.vault.keys import demand_strong, key_id
from app.services.vault.recovery import RecoveryCode
from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.errors import sentence
from app.ui.unlock.gate import Centred, NewPassword, RecoveryCodeEdit
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.dialog import Line
from app.ui.widgets.job_bar import JobBar
from app.ui.widgets.steps import StepRail
from app.ui.worker import Lane

_STEPS = ("学校与操作员", "口令", "恢复单", "第一次备份", "完成")


class FirstStart(Centred):
    """The wizard; `finished` carries the open vault and whether to import at once."""

    finished = QtSignal(object, bool)
    back = QtSignal()

    def __init__(self, lane: Lane, folder: Path) -> None:
        super().__init__(760)
        self._lane, self._folder = lane, folder
        self._founded: Founded | None = None
        self.vault: Vault | None = None
        self.rail = StepRail(_STEPS)
        self._pages = QStackedWidget()
        self._answer = Answer()
        self.jobs = JobBar()
        self._previous = Button("返回", "arrow-left", on_click=self._go_back)
        self.next = Button("下一步", "arrow-right", "primary", on_click=self.go_on)
        self._lay_out()
        self._school_page()
        self._password_page()
        self._sheet_page()
        self._backup_page()
        self._last_page()
        self.show_step(0)

    # --- pages ----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.box.addWidget(Label("建立本校的学籍库", "title"))
        self.box.addWidget(self.rail)
        self.box.addWidget(self._pages)
        self.box.addWidget(self._answer)
        self.box.addWidget(self.jobs)
        row = QHBoxLayout()
        row.addWidget(self._previous)
        row.addStretch()
        row.addWidget(self.next)
        self.box.addLayout(row)

    def _page(self, text: str) -> QVBoxLayout:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, theme.px(8), 0, 0)
        box.setSpacing(theme.px(10))
        box.addWidget(Label(text, tint="text-2", wrap=True))
        self._pages.addWidget(page)
        return box

    def _school_page(self) -> None:
        box = self._page("学校名称印在各种表上；操作员写真实姓名，操作记录里要用。以后都可以改。")
        form = QFormLayout()
        form.setSpacing(theme.px(10))
        self.school = Line("学校名称", hint="例如：江苏联合职业技术学院某某分院")
        self.operator = Line("操作员姓名")
        self.place = Line("学籍库位置")
        self.place.setText(str(self._folder))
        form.addRow(Label("学校名称", tint="text-2"), self.school)
        form.addRow(Label("操作员姓名", tint="text-2"), self.operator)
        row = QHBoxLayout()
        row.addWidget(self.place, 1)
        row.addWidget(Button("选择…", "folder", on_click=self._choose_place))
        form.addRow(Label("学籍库位置", tint="text-2"), row)
        box.addLayout(form)
        box.addStretch()

    def _password_page(self) -> None:
        box = self._page(
            "口令打开加密的学籍库，请记牢，不要写在电脑旁边。忘记时只有下一步的纸质恢复单能打开。"
        )
        self.new = NewPassword()
        box.addWidget(self.new)
        box.addStretch()

    def _sheet_page(self) -> None:
        box = self._page(
            "恢复单就是钥匙。请打印出来，交给分管校长密封保管；"
            "再照着纸上的字输入一遍，证明这张纸读得清。"
        )
        self._sheet = Label(role="table", tint="text-2", wrap=True)
        box.addWidget(self._sheet)
        row = QHBoxLayout()
        row.addWidget(Button("打开恢复单打印", "printer", on_click=self._open_sheet))
        row.addStretch()
        box.addLayout(row)
        self.code = RecoveryCodeEdit()
        box.addWidget(self.code)
        box.addStretch()

    def _backup_page(self) -> None:
        box = self._page(
            "请插上专用的备份盘，选一个文件夹。备份同样加密，写完会读回核对。"
            "硬盘会坏，没有第二份就等于没有。"
        )
        row = QHBoxLayout()
        self.backup = Line("备份文件夹", hint="例如：E:\\学籍备份")
        row.addWidget(self.backup, 1)
        row.addWidget(Button("选择…", "folder", on_click=self._choose_backup))
        box.addLayout(row)
        skip = Button(
            "以后再备份（首页会一直提醒）", kind="link", on_click=lambda: self.show_step(4)
        )
        line = QHBoxLayout()
        line.addWidget(skip)
        line.addStretch()
        box.addLayout(line)
        box.addStretch()

    def _last_page(self) -> None:
        box = self._page(
            "学籍库已建好。接着导入第一份名册（录取名册、在校生名单、平台导出都可以）。"
        )
        self._made = Label(role="table", tint="text-2", wrap=True)
        box.addWidget(self._made)
        row = QHBoxLayout()
        self.import_first = Button(
            "导入第一份名册", "file-input", "primary", on_click=lambda: self.finish(True)
        )
        row.addWidget(self.import_first)
        row.addWidget(Button("先看看首页", "house", on_click=lambda: self.finish(False)))
        row.addStretch()
        box.addLayout(row)
        box.addStretch()

    # --- moving ---------------------------------------------------------------------------

    @property
    def answer(self) -> str:
        """What the wizard says at present."""
        return self._answer.text

    def go_on(self) -> None:
        """The step is done; refused with a sentence when it is not."""
        self._answer.say("")
        step = (self._check_school, self._make, self._check_sheet, self._back_up)
        step[self.rail.current]()

    def _go_back(self) -> None:
        if self.rail.current == 0:
            self.back.emit()
        else:
            self.show_step(self.rail.current - 1)

    def show_step(self, index: int) -> None:
        """Go to a step, from 0."""
        self.rail.set_current(index)
        self._pages.setCurrentIndex(index)
        self._answer.say("")
        self._previous.setVisible(index < 2)  # what is founded is founded
        self.next.setVisible(index < 4)
        self.next.setEnabled(True)
        self.next.setText(("下一步", "建立学籍库", "核对恢复码", "立即备份", "")[index])
        first = (self.school, self.new, self.code, self.backup, self.import_first)[index]
        first.setFocus()

    def _check_school(self) -> None:
        if not self.school.words:
            self._answer.say("请填写学校名称。")
        elif not self.operator.words:
            self._answer.say("请填写操作员姓名，用真实姓名。")
        elif not self.place.words:
            self._answer.say("请选择学籍库放在哪里。")
        else:
            self.show_step(1)

    def _make(self) -> None:
        password = self.new.password
        school, operator = self.school.words, self.operator.words
        try:
            if self.new.fault:
                self._answer.say(self.new.fault)
                return
            demand_strong(password, (operator, school))
        except AppError as error:
            self._answer.say(str(error))
            return
        folder = Path(self.place.words)
        sheet = folder.with_name(f"恢复单-{folder.name}.pdf")
        self.next.setEnabled(False)

        def make() -> tuple[Founded, Vault]:
            made = found(folder, school=school, operator=operator, password=password, sheet=sheet)
            return made, Vault.open(folder, password, operator)

        self.jobs.follow(self._lane.start(make, "正在建立学籍库", self._founded_now, self._refused))

    def _founded_now(self, made: tuple[Founded, Vault]) -> None:
        self._founded, self.vault = made
        self._sheet.setText(f"恢复单：{self._founded.sheet}")
        self.show_step(2)
        if self._founded.warnings:
            self._answer.say("；".join(self._founded.warnings))

    def _check_sheet(self) -> None:
        if self.vault is None:
            return
        try:
            code = RecoveryCode.read(self.code.text)
            if key_id(code.key()) != self.vault.key_id:
                raise RecoveryCodeForeign
        except AppError as error:
            self._answer.say(str(error))
            return
        self.show_step(3)

    def _back_up(self) -> None:
        folder, vault = self.backup.words, self.vault
        if not folder:
            self._answer.say("请选择备份文件夹。")
            return
        if vault is None:
            return
        self.next.setEnabled(False)

        def work() -> Work[BackupReport]:
            return (yield from back_up(vault, Path(folder)))

        job = self._lane.start(work(), "正在备份", self._backed_up, self._refused)
        self.jobs.follow(job)

    def _backed_up(self, report: BackupReport) -> None:
        self._made.setText(f"第一份备份：{report.folder}（读回核对一致）")
        self.show_step(4)
        if report.notices:
            self._answer.say("；".join(report.notices))

    def finish(self, import_first: bool) -> None:
        """Go behind the gate."""
        if self.vault is not None:
            self.finished.emit(self.vault, import_first)

    def _refused(self, error: Exception) -> None:
        self.next.setEnabled(True)
        self._answer.say(sentence(error))

    # --- choices --------------------------------------------------------------------------

    def _choose_place(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "学籍库放在哪个文件夹里")
        if folder:
            self.place.setText(str(Path(folder) / "学籍库"))

    def _choose_backup(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "备份放在哪个文件夹里")
        if folder:
            self.backup.setText(folder)

    def _open_sheet(self) -> None:
        if self._founded is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._founded.sheet)))


def demonstration(folder: Path) -> Work[Vault]:
    """Make the demonstration school and open it."""
    yield from demo.run(folder)
    return Vault.open(folder / "学籍库", demo_mark.PASSPHRASE, demo.OPERATOR)
