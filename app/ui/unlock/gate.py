"""解锁: inside the main window, with the answer in place; the register opens off this thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.services.demo_mark import password_of
from app.services.errors import AppError
from app.services.vault.keys import KeyStore, VaultOutline
from app.services.vault.recovery import RecoveryCode
from app.ui import theme
from app.ui.errors import sentence
from app.ui.unlock.behind import open_register, recover_register
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, Card, ChoiceBox, Label, Picture
from app.ui.widgets.password import PasswordEdit
from app.ui.worker import Lane

if TYPE_CHECKING:  # what lies behind the gate is loaded while the password is typed
    from app.services.vault.vault import Vault


class Centred(QWidget):
    """A page with one card in the middle of the desk."""

    def __init__(self, width: int) -> None:
        super().__init__()
        desk = QWidget()
        scroll = QScrollArea()  # large text in a small window: nothing is pressed together
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(desk)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        outer = QVBoxLayout(desk)
        outer.addStretch(2)
        row = QHBoxLayout()
        row.addStretch()
        self.card = Card(margin=28)
        self.card.setFixedWidth(theme.px(width))
        row.addWidget(self.card)
        row.addStretch()
        outer.addLayout(row)
        outer.addStretch(3)
        self.box = self.card.box
        self.box.setSpacing(theme.px(12))

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("app"))


class ClosingPage(Centred):
    """正在关闭: stands there while work ends and both files are closed whole."""

    def __init__(self, school: str) -> None:
        super().__init__(420)
        self.box.addWidget(Label(school, "title"))
        text = "正在关闭学籍库：先让没做完的工作停下，再把数据完整写回磁盘。"
        self.box.addWidget(Label(text, tint="text-2", wrap=True))


class UnlockPage(Centred):
    """Asks the operator for his password; `opened` carries the vault.

    With `present` it is a locked window: the vault is open and only its operator comes back in;
    another operator makes the window close it first.
    """

    opened = QtSignal(object)
    readmitted = QtSignal()
    recovering = QtSignal()
    restoring = QtSignal()
    elsewhere = QtSignal()
    leaving = QtSignal(str, str)  # operator and password of somebody else

    def __init__(self, lane: Lane, folder: Path, present: "Vault | None" = None) -> None:
        super().__init__(420)
        self._lane, self._folder, self._present = lane, folder, present
        self._outline: VaultOutline | None = None
        self._school = Label(role="title")
        self._last = Label(role="table", tint="text-2", wrap=True)
        self._operator = ChoiceBox("操作员")
        self._password = PasswordEdit("口令")
        self._answer = Answer()
        self._open = Button("打开学籍库", "lock-open", "primary", on_click=self._try)
        self._open.setDefault(True)
        self._password.returnPressed.connect(self._try)
        self._build()
        self._look()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Picture("graduation-cap", "primary", 32))
        head.addWidget(Label("学籍学历管理工作站", "section", "text-2"))
        head.addStretch()
        self.box.addLayout(head)
        self.box.addWidget(self._school)
        self.box.addWidget(self._last)
        self.box.addSpacing(theme.px(4))
        self.box.addWidget(Label("操作员", "table", "text-2"))
        self.box.addWidget(self._operator)
        self.box.addWidget(Label("口令", "table", "text-2"))
        self.box.addWidget(self._password)
        self.box.addWidget(self._answer)
        self.box.addWidget(self._open)
        row = QHBoxLayout()
        row.addWidget(Button("忘记口令", kind="link", on_click=self.recovering.emit))
        row.addStretch()
        row.addWidget(Button("从备份恢复", kind="link", on_click=self.restoring.emit))
        row.addStretch()
        row.addWidget(Button("打开别处的学籍库", kind="link", on_click=self.elsewhere.emit))
        self.box.addLayout(row)
        self.setFocusProxy(self._password)

    def _look(self) -> None:
        """Read what is known without a key."""
        try:
            self._outline = KeyStore(self._folder).outline()
        except AppError as error:
            self._answer.say(str(error))
            self._open.setEnabled(False)
            self._school.setText("学籍库打不开")
            return
        self._school.setText(self._outline.school)
        self._operator.addItems(list(self._outline.operators))
        if self._present is not None:
            self._operator.setCurrentText(self._present.actor.name)
            self._last.setText("窗口已锁定，没有保存的录入已存为草稿。")
            self._open.setText("解锁")
        elif password := password_of(self._folder):
            self._last.setText(f"示范学校，里面全是虚构的人。口令：{password}")
        else:
            self._last.setText(str(self._folder))

    @property
    def answer(self) -> str:
        """What the page says at present."""
        return self._answer.text

    def enter(self, password: str, operator: str | None = None) -> None:
        """Try a password, as typing it would."""
        if operator is not None:
            self._operator.setCurrentText(operator)
        self._password.setText(password)
        self._try()

    def _try(self) -> None:
        password, operator = self._password.text(), self._operator.currentText()
        if not password:
            self._answer.say("请输入口令。")
            return
        self._answer.say("")
        self._open.setEnabled(False)
        self._open.setText("正在打开…")
        present = self._present
        if present is None:
            self._lane.start(
                lambda: open_register(self._folder, password, operator),
                then=self.opened.emit,
                failed=self._refused,
            )
        elif operator == present.actor.name:
            self._lane.start(
                lambda: present.readmit(password),
                then=lambda _: self.readmitted.emit(),
                failed=self._refused,
            )
        else:
            self.leaving.emit(operator, password)

    def _refused(self, error: Exception) -> None:
        self._open.setEnabled(True)
        self._open.setText("解锁" if self._present is not None else "打开学籍库")
        self._answer.say(sentence(error))
        self._password.selectAll()
        self._password.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._open.isEnabled():
            self._try()
        else:
            super().keyPressEvent(event)


class RecoveryPage(Centred):
    """忘记口令: the recovery sheet typed in, and a new password for one operator."""

    opened = QtSignal(object)
    back = QtSignal()

    def __init__(self, lane: Lane, folder: Path) -> None:
        super().__init__(560)
        self._lane, self._folder = lane, folder
        self.box.addWidget(Label("用恢复单打开", "title"))
        self.box.addWidget(
            Label(
                "照纸质恢复单逐行输入恢复码（四行，每行 16 个字符，字母大小写、空格和横线不计），"
                "并给操作员设新口令。这件事会记入操作记录。",
                tint="text-2",
                wrap=True,
            )
        )
        self.code = RecoveryCodeEdit()
        self.box.addWidget(self.code)
        self.box.addWidget(Label("操作员", "table", "text-2"))
        self._operator = QLineEdit()
        self._operator.setAccessibleName("操作员")
        self.box.addWidget(self._operator)
        self.new = NewPassword()
        self.box.addWidget(self.new)
        self._answer = Answer()
        self.box.addWidget(self._answer)
        row = QHBoxLayout()
        row.addWidget(Button("返回", "arrow-left", on_click=self.back.emit))
        row.addStretch()
        self._open = Button("打开并换口令", "key-round", "primary", on_click=self.enter)
        row.addWidget(self._open)
        self.box.addLayout(row)
        self.setFocusProxy(self.code)

    @property
    def answer(self) -> str:
        """What the page says at present."""
        return self._answer.text

    def fill(self, lines: Sequence[str], operator: str, password: str) -> None:
        """Fill in everything, as typing would."""
        self.code.fill(lines)
        self._operator.setText(operator)
        self.new.set(password)

    def enter(self) -> None:
        """Try what was typed."""
        operator = self._operator.text().strip()
        try:
            code = RecoveryCode.read(self.code.text)
        except AppError as error:
            self._answer.say(str(error))
            return
        if not operator or self.new.fault:
            self._answer.say(self.new.fault if operator else "请填写操作员的姓名。")
            return
        password = self.new.password
        self._open.setEnabled(False)
        self._answer.say("")
        self._lane.start(
            lambda: recover_register(self._folder, code, operator, password),
            then=self.opened.emit,
            failed=self._refused,
        )

    def _refused(self, error: Exception) -> None:
        self._open.setEnabled(True)
        self._answer.say(sentence(error))


class RecoveryCodeEdit(QWidget):
    """Four lines of sixteen characters, as they stand on the sheet."""

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        self.lines: list[QLineEdit] = []
        for number in range(1, 5):
            row = QHBoxLayout()
            row.addWidget(Label(f"第 {number} 行", "table", "text-2"))
            edit = QLineEdit()
            edit.setAccessibleName(f"恢复码第 {number} 行")
            edit.setPlaceholderText("XXXX XXXX XXXX XXXX")
            edit.setMaxLength(40)
            row.addWidget(edit, 1)
            box.addLayout(row)
            self.lines.append(edit)
        self.setFocusProxy(self.lines[0])

    def fill(self, lines: Sequence[str]) -> None:
        """Fill in all lines, as typing would."""
        for edit, line in zip(self.lines, lines, strict=True):
            edit.setText(line)

    @property
    def text(self) -> str:
        """What was typed, in lines."""
        return "\n".join(line.text() for line in self.lines)


class NewPassword(QWidget):
    """A password that is being set: typed twice, judged while it is typed."""

    changed = QtSignal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        self._first = PasswordEdit("新口令")
        self._second = PasswordEdit("再输一遍")
        box.addWidget(Label("口令（至少 12 个字符，四五个不相干的词最好记）", "table", "text-2"))
        box.addWidget(self._first)
        box.addWidget(Label("再输一遍", "table", "text-2"))
        box.addWidget(self._second)
        for edit in (self._first, self._second):
            edit.textChanged.connect(lambda _text: self.changed.emit())

    @property
    def password(self) -> str:
        """What was typed."""
        return self._first.text()

    @property
    def fault(self) -> str:
        """Why it cannot be taken yet, or nothing. The policy itself is the vault's."""
        if not self._first.text():
            return "请输入口令。"
        if self._first.text() != self._second.text():
            return "两次输入的口令不一样，请重新输入。"
        return ""

    def set(self, password: str) -> None:
        """Fill in both, as typing would."""
        self._first.setText(password)
        self._second.setText(password)
