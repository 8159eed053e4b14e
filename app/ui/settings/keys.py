"""恢复单与密钥: the sheet printed again, and the change to a new key."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.founding import reprint_sheet
from app.ui.settings.page import Page, needs
from app.ui.settings.task import TaskDialog
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.files import open_file
from app.ui.widgets.password import PasswordEdit
from app.ui.widgets.path_line import PathLine


class KeysPage(Page):
    """What opens the register when nobody's password does."""

    title: ClassVar[str] = "恢复单与密钥"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "重印恢复单、更换密钥"))
        sheet = Card("恢复单")
        self._ids = Label(role="table", tint="text-2", wrap=True)
        sheet.box.addWidget(
            Label(
                "恢复单就是钥匙，口令全忘了只有它能打开。应有两份，分别封存在两处。"
                "纸张破损、字迹不清时重印一份，重印会记入操作记录。",
                tint="text-2",
                wrap=True,
            )
        )
        sheet.box.addWidget(self._ids)
        self.reprint_button = self._verb(sheet, "重印恢复单", "printer", self.reprint)
        self.box.addWidget(sheet)
        key = Card("更换密钥")
        key.box.addWidget(
            Label(
                "人员交接、恢复单拆封过或下落不明时更换。换完旧恢复单作废，"
                "其他操作员要重设临时口令，以前的备份仍用旧口令打开，请立即重新备份。",
                tint="text-2",
                wrap=True,
            )
        )
        self.renew_button = self._verb(key, "更换密钥…", "key-round", shell.renew_key)
        self.box.addWidget(key)
        self.box.addStretch()
        self.setFocusProxy(self.reprint_button)

    def _verb(self, card: Card, text: str, icon: str, then: Callable[[], object]) -> Button:
        button = Button(text, icon, on_click=then)
        button.setEnabled(self.may(Role.SYSTEM))
        row = QHBoxLayout()
        row.addWidget(button)
        row.addStretch()
        card.box.addLayout(row)
        return button

    def refresh(self) -> None:
        """Which vault and which key this is."""
        vault = self.shell.desk.vault
        self._ids.setText(
            f"库标识 {vault.vault_id}　密钥标识 {vault.key_id}（恢复单上印的应与此相同）"
        )

    def reprint(self) -> None:
        """Write the sheet of the key in force once more."""
        dialog = ReprintDialog(self.shell)
        if dialog.exec():
            sheet = dialog.sheet.path
            self.shell.say(
                f"恢复单：{sheet}。请打印后立即删除这个文件。",
                "warn",
                ("打开打印", lambda: open_file(sheet)),
            )


class ReprintDialog(TaskDialog):
    """重印恢复单: whoever asks proves who he is."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "重印恢复单", "重印恢复单")
        self.password = PasswordEdit("现在的口令")
        self.sheet = PathLine("恢复单存为", aim="save", filter="PDF (*.pdf)")
        folder = shell.desk.vault.folder
        self.sheet.set(folder.with_name(f"恢复单-{folder.name}-{today():%Y%m%d}.pdf"))
        self.form.addWidget(Label("您现在的口令", "table", "text-2"))
        self.form.addWidget(self.password)
        self.form.addWidget(Label("存为（不能放在学籍库里）", "table", "text-2"))
        self.form.addWidget(self.sheet)

    def fault(self) -> str:
        if not self.password.text():
            return "请输入现在的口令。"
        return "" if self.sheet.text else "请写明恢复单存在哪里。"

    def work(self) -> Callable[[], None]:
        vault, password, sheet = self.shell.desk.vault, self.password.text(), self.sheet.path
        return lambda: reprint_sheet(vault, password, sheet)
