"""Before the work begins: an own password for a temporary one; and the change of the data key."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit

from app.services.clock import today
from app.services.errors import AppError
from app.ui.unlock.gate import Centred, NewPassword
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.job_bar import JobBar
from app.ui.widgets.password import PasswordEdit
from app.ui.worker import Lane

if TYPE_CHECKING:  # the window knows this page before anything is open
    from app.services.vault.vault import Vault


class OwnPasswordPage(Centred):
    """换成自己的口令: whoever came in with a temporary password chooses his own first."""

    done = QtSignal()

    def __init__(self, lane: Lane, vault: "Vault") -> None:
        super().__init__(520)
        self._lane, self._vault = lane, vault
        self.box.addWidget(Label("先换成自己的口令", "title"))
        self.box.addWidget(
            Label(
                f"{vault.actor.name}，您现在用的是别人替您设的临时口令，设的人也知道它。"
                "换成只有自己知道的口令以后才能开始工作。",
                tint="text-2",
                wrap=True,
            )
        )
        self.new = NewPassword()
        self.box.addWidget(self.new)
        self._answer = Answer()
        self.box.addWidget(self._answer)
        row = QHBoxLayout()
        row.addStretch()
        self._go = Button("换口令并开始工作", "key-round", "primary", on_click=self.change)
        row.addWidget(self._go)
        self.box.addLayout(row)
        self.setFocusProxy(self.new)

    @property
    def answer(self) -> str:
        """What the page says at present."""
        return self._answer.text

    def change(self) -> None:
        """Take what was typed."""
        password, vault = self.new.password, self._vault
        if self.new.fault:
            self._answer.say(self.new.fault)
            return
        self._answer.say("")
        self._go.setEnabled(False)
        self._lane.start(
            lambda: vault.set_password(vault.actor.name, password),
            then=lambda _: self.done.emit(),
            failed=self._refused,
        )

    def _refused(self, error: Exception) -> None:
        self._go.setEnabled(True)
        if not isinstance(error, AppError):
            raise error
        self._answer.say(str(error))


class RenewKeyPage(Centred):
    """更换密钥: nothing else goes on meanwhile; `renewed` carries the vault opened anew."""

    renewed = QtSignal(object, str)  # the vault, and where the new sheet lies
    back = QtSignal()

    def __init__(self, lane: Lane, vault: "Vault") -> None:
        super().__init__(640)
        self._lane, self._vault = lane, vault
        self.working = False
        self.box.addWidget(Label("更换密钥", "title"))
        self.box.addWidget(
            Label(
                "整个学籍库在新密钥下另存一份，核对一致再换上去，同时出一张新的恢复单。"
                "换完以后：旧恢复单作废；只有您的口令继续有效，其他操作员要重设临时口令；"
                "以前的备份仍用旧口令、旧恢复单打开，请立即重新备份。",
                tint="text-2",
                wrap=True,
            )
        )
        self.box.addWidget(Label("您现在的口令", "table", "text-2"))
        self.password = PasswordEdit("现在的口令")
        self.box.addWidget(self.password)
        self.box.addWidget(Label("新恢复单存为", "table", "text-2"))
        row = QHBoxLayout()
        name = f"恢复单-{vault.folder.name}-{today():%Y%m%d}.pdf"
        self.sheet = QLineEdit(str(vault.folder.with_name(name)))
        self.sheet.setAccessibleName("新恢复单存为")
        row.addWidget(self.sheet, 1)
        row.addWidget(Button("选择…", "folder", on_click=self._choose))
        self.box.addLayout(row)
        self._answer = Answer()
        self.box.addWidget(self._answer)
        self._jobs = JobBar()
        self.box.addWidget(self._jobs)
        row = QHBoxLayout()
        self._back = Button("返回", "arrow-left", on_click=self.back.emit)
        row.addWidget(self._back)
        row.addStretch()
        self._go = Button("更换密钥", "key-round", "danger", on_click=self.renew)
        row.addWidget(self._go)
        self.box.addLayout(row)
        self.password.returnPressed.connect(self.renew)
        self.setFocusProxy(self.password)

    @property
    def answer(self) -> str:
        """What the page says at present."""
        return self._answer.text

    def renew(self) -> None:
        """Go over to a new key; refused with a sentence, and the old key stays."""
        password, sheet = self.password.text(), self.sheet.text().strip()
        if self.working or not password or not sheet:
            self._answer.say("" if self.working else "请输入口令，并写明新恢复单存在哪里。")
            return
        from app.services.founding import renew_key

        self._answer.say("")
        self._set_working(True)
        work = renew_key(self._vault, password, Path(sheet))
        job = self._lane.start(
            work, "正在更换密钥", lambda vault: self._done(vault, sheet), self._refused
        )
        job.ended.connect(lambda: self._set_working(False))
        self._jobs.follow(job)

    def _done(self, vault: "Vault", sheet: str) -> None:
        self.working = False
        self.renewed.emit(vault, sheet)

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, AppError):
            raise error
        self._answer.say(str(error))
        self.password.selectAll()

    def _set_working(self, working: bool) -> None:
        self.working = working
        for widget in (self._go, self._back, self.password, self.sheet):
            widget.setEnabled(not working)

    def _choose(self) -> None:
        file, _ = QFileDialog.getSaveFileName(
            self, "新恢复单存为", self.sheet.text(), "PDF (*.pdf)"
        )
        if file:
            self.sheet.setText(file)
