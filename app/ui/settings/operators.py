"""操作员: one account a person, with roles; everybody changes his own password."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.models.vocabulary import Role
from app.services.vault.vault import OperatorRow
from app.ui import theme
from app.ui.settings.page import Page, needs
from app.ui.settings.task import TaskDialog
from app.ui.shell import Shell
from app.ui.unlock.gate import NewPassword
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.password import PasswordEdit
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_ROLES = {
    Role.RECORD: "录入、办理、打印、归档",
    Role.REVIEW: "审核别人办理的异动",
    Role.READ: "只看不改，督导检查用",
    Role.SYSTEM: "操作员、设置、备份、密钥",
}


class OperatorsPage(Page):
    """The accounts, and the own password."""

    title: ClassVar[str] = "操作员与口令"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        mine = Card("我的口令")
        mine.box.addWidget(
            Label(
                f"{shell.desk.actor.name}（{'、'.join(sorted(shell.desk.actor.roles))}）。"
                "口令只有自己知道；忘了要拆封恢复单，或请有“系统”角色的操作员设临时口令。",
                tint="text-2",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        self.own = Button("修改我的口令", "key-round", on_click=self.change_own)
        row.addWidget(self.own)
        row.addStretch()
        mine.box.addLayout(row)
        self.box.addWidget(mine)
        self.table = PlainTable(
            "操作员",
            [
                PlainColumn("姓名", lambda row: row.name, 120),
                PlainColumn("角色", lambda row: "、".join(row.roles)),
                PlainColumn("口令", _password_words, 220, _password_tint),
                PlainColumn(
                    "状态", lambda row: "在用" if row.active else "已停用", 80, _state_tint
                ),
            ],
        )
        self.table.fit(4, 10)
        self.table.chosen.connect(lambda _: self._judge())
        self._buttons: list[Button] = []
        card = Card("操作员")
        if not self.may(Role.SYSTEM):
            card.box.addWidget(needs(Role.SYSTEM, "添加、停用操作员"))
        card.box.addWidget(self.table)
        card.box.addLayout(self._commands())
        self.box.addWidget(card)
        self.box.addStretch()
        self.setFocusProxy(self.own)
        self._judge()

    def _commands(self) -> QHBoxLayout:
        row = QHBoxLayout()
        add = Button("添加操作员", "user-plus", "primary", on_click=self.add)
        add.setEnabled(self.may(Role.SYSTEM))
        row.addWidget(add)
        row.addStretch()
        for text, icon, then in (
            ("改角色", "pencil", self.change_roles),
            ("设临时口令", "key-round", self.reset_password),
            ("停用", "ban", self.deactivate),
        ):
            button = Button(text, icon, "danger" if text == "停用" else "plain", on_click=then)
            self._buttons.append(button)
            row.addWidget(button)
        return row

    def refresh(self) -> None:
        """Read the accounts anew."""
        self.shell.read(self.shell.desk.vault.operators, self._show)

    def add(self) -> None:
        """A new account with a temporary password."""
        dialog = AddDialog(self.shell)
        if dialog.exec():
            self.shell.say(f"已添加{dialog.name.text().strip()}。请其首次打开时换成自己的口令。")

    def change_roles(self) -> None:
        """Other roles for the chosen one."""
        if (row := self.table.current) and RolesDialog(self.shell, row).exec():
            self.shell.say(f"已改{row.name}的角色，下次打开学籍库时生效。")

    def reset_password(self) -> None:
        """A temporary password for the chosen one."""
        if (row := self.table.current) and ResetDialog(self.shell, row).exec():
            self.shell.say(f"已给{row.name}设临时口令，请其首次打开时更换。")

    def deactivate(self) -> None:
        """Switch the chosen account off."""
        if (row := self.table.current) and DeactivateDialog(self.shell, row).exec():
            self.shell.say(
                f"已停用{row.name}。其口令仍能打开以前的备份；交接时请更换密钥。", "warn"
            )

    def change_own(self) -> None:
        """Change the own password."""
        if OwnDialog(self.shell).exec():
            self.shell.say("口令已更换，下次打开用新口令。")

    def _show(self, rows: tuple[OperatorRow, ...]) -> None:
        name = self.table.current.name if self.table.current else ""
        self.table.show_rows(rows)
        self.table.choose(lambda row: row.name == name)
        self._judge()

    def _judge(self) -> None:
        row = self.table.current
        on = self.may(Role.SYSTEM) and row is not None and row.active
        other = row is not None and row.name != self.shell.desk.actor.name
        for button in self._buttons:
            button.setEnabled(on and (other or button.text() == "改角色"))


def _password_words(row: OperatorRow) -> str:
    if row.password_made is None:
        return "没有口令，请设临时口令" if row.active else "－"
    made = f"{row.password_made.astimezone():%Y-%m-%d} 设定"
    return f"临时口令，{made}" if row.temporary else made


def _password_tint(row: OperatorRow) -> str:
    return "warn" if row.active and (row.temporary or row.password_made is None) else "text"


def _state_tint(row: OperatorRow) -> str:
    return "ok" if row.active else "text-3"


class _Roles(QWidget):
    """A box for each role, with what it is for."""

    def __init__(self, held: tuple[Role, ...] = ()) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(2))
        self.boxes: dict[Role, QCheckBox] = {}
        for role, what in _ROLES.items():
            check = QCheckBox(f"{role.value}：{what}")
            check.setAccessibleName(f"角色 {role.value}")
            check.setChecked(role in held)
            self.boxes[role] = check
            box.addWidget(check)

    @property
    def roles(self) -> list[Role]:
        return [role for role, check in self.boxes.items() if check.isChecked()]


def _line(name: str, hint: str = "") -> QLineEdit:
    edit = QLineEdit()
    edit.setAccessibleName(name)
    edit.setPlaceholderText(hint)
    edit.setMaxLength(64)
    return edit


class AddDialog(TaskDialog):
    """添加操作员."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "添加操作员", "添加操作员")
        self.name = _line("姓名", "真实姓名，操作记录里要用")
        self.roles = _Roles((Role.RECORD,))
        self.new = NewPassword()
        self.form.addWidget(Label("姓名", "table", "text-2"))
        self.form.addWidget(self.name)
        self.form.addWidget(Label("角色", "table", "text-2"))
        self.form.addWidget(self.roles)
        note = "下面是临时口令：当面告诉本人，首次打开时必须换掉。"
        self.form.addWidget(Label(note, "table", "text-2", wrap=True))
        self.form.addWidget(self.new)

    def fault(self) -> str:
        return _role_fault(self.roles.roles) or self.new.fault

    def work(self) -> Callable[[], None]:
        name, roles, password = self.name.text(), self.roles.roles, self.new.password
        return lambda: self.shell.desk.vault.add_operator(name, roles, password)


class RolesDialog(TaskDialog):
    """改角色."""

    def __init__(self, shell: Shell, row: OperatorRow) -> None:
        super().__init__(shell, f"改{row.name}的角色", "改角色")
        self._name = row.name
        self.roles = _Roles(row.roles)
        self.reason = _line("原因", "例如：接任录入")
        self.form.addWidget(self.roles)
        self.form.addWidget(Label("原因（记入操作记录）", "table", "text-2"))
        self.form.addWidget(self.reason)

    def fault(self) -> str:
        return _role_fault(self.roles.roles)

    def work(self) -> Callable[[], None]:
        name, roles, reason = self._name, self.roles.roles, self.reason.text().strip()
        return lambda: self.shell.desk.vault.set_roles(name, roles, reason)


class ResetDialog(TaskDialog):
    """设临时口令."""

    def __init__(self, shell: Shell, row: OperatorRow) -> None:
        super().__init__(shell, f"给{row.name}设临时口令", "设临时口令")
        self._name = row.name
        self.new = NewPassword()
        note = "当面告诉本人；首次打开时必须换成自己的口令。原来的口令从此无效。"
        self.form.addWidget(Label(note, "table", "text-2", wrap=True))
        self.form.addWidget(self.new)

    def fault(self) -> str:
        return self.new.fault

    def work(self) -> Callable[[], None]:
        name, password = self._name, self.new.password
        return lambda: self.shell.desk.vault.set_password(name, password, temporary=True)


class DeactivateDialog(TaskDialog):
    """停用操作员."""

    def __init__(self, shell: Shell, row: OperatorRow) -> None:
        super().__init__(shell, f"停用操作员{row.name}", f"停用{row.name}", kind="danger")
        self._name = row.name
        self.reason = _line("原因", "例如：调离")
        note = "停用后其口令打不开现在的学籍库；账号不删除，旧记录里的名字不变。"
        self.form.addWidget(Label(note, "table", "text-2", wrap=True))
        self.form.addWidget(Label("原因（记入操作记录）", "table", "text-2"))
        self.form.addWidget(self.reason)

    def fault(self) -> str:
        return "" if self.reason.text().strip() else "请写明停用的原因。"

    def work(self) -> Callable[[], None]:
        name, reason = self._name, self.reason.text().strip()
        return lambda: self.shell.desk.vault.remove_operator(name, reason)


class OwnDialog(TaskDialog):
    """修改我的口令: the present one is asked for, since a window may stand open."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, "修改我的口令", "修改口令")
        self.present = PasswordEdit("现在的口令")
        self.new = NewPassword()
        self.form.addWidget(Label("现在的口令", "table", "text-2"))
        self.form.addWidget(self.present)
        self.form.addWidget(self.new)

    def fault(self) -> str:
        return self.new.fault if self.present.text() else "请输入现在的口令。"

    def work(self) -> Callable[[], None]:
        vault, present, password = self.shell.desk.vault, self.present.text(), self.new.password

        def change() -> None:
            vault.confirm(present)
            vault.set_password(vault.actor.name, password)

        return change


def _role_fault(roles: list[Role]) -> str:
    return "" if roles else "请至少选一个角色。"
