"""The bar on top: find a person, the date that comes next, who is at work, lock."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.services.clock import now, today
from app.services.office.calendar import NodeRow
from app.services.vault.safekeeping import BackupState, backup_state
from app.ui import theme
from app.ui.search.box import SearchBox
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Label, Picture
from app.ui.widgets.year_strip import days_phrase, node_tone


class _Bar(QWidget):
    """A white strip across the window, as high as the text size asks."""

    def __init__(self, name: str, height: int, spacing: int) -> None:
        super().__init__()
        self._height = height
        self.setAccessibleName(name)
        self.setAutoFillBackground(True)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.px(20), 0, theme.px(16), 0)
        self.row.setSpacing(theme.px(spacing))
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), theme.colour("surface"))
        self.setPalette(palette)
        self.setFixedHeight(theme.px(self._height))


class TopBar(_Bar):
    """Stands over every screen."""

    def __init__(self, shell: Shell) -> None:
        super().__init__("顶栏", height=58, spacing=12)
        self._shell = shell
        self.search = SearchBox(shell)
        self.search.picked.connect(lambda identity: shell.go("students", student=identity))
        self.row.addWidget(self.search, 2)
        key = Label("Ctrl+F", "small", "text-3")
        self.row.addWidget(key)
        self.row.addStretch(1)
        self._node = Badge()
        self._node.hide()
        self.row.addWidget(self._node)
        self.row.addSpacing(theme.px(8))
        self.row.addWidget(Picture("user", "text-2"))
        name = Label(shell.desk.actor.name, "base", "text-2")
        name.setToolTip("、".join(sorted(role.value for role in shell.desk.actor.roles)))
        self.row.addWidget(name)
        lock = Button("锁定", "lock", "quiet", on_click=shell.lock)
        lock.setToolTip("锁定窗口（Ctrl+L）")
        self.row.addWidget(lock)

    def refresh(self) -> None:
        """Look which node of the year comes next."""
        desk, day = self._shell.desk, today()
        self._shell.read(lambda: desk.calendar.next(day), self._show_node)

    def _show_node(self, node: NodeRow | None) -> None:
        self._node.setVisible(node is not None)
        if node is not None:
            done = f" {node.done:,}/{node.total:,}" if node.done is not None and node.total else ""
            text = f"{node.name} {days_phrase(node, today())}{done}"
            self._node.set(text, node_tone(node, today()))
            self._node.setToolTip(f"{node.begin} 至 {node.due}")


class StatusBar(_Bar):
    """The bar below: when the last change was written; how the register is kept safe."""

    def __init__(self, shell: Shell) -> None:
        super().__init__("状态栏", height=30, spacing=8)
        self._shell = shell
        self.saved = Label("每次改动立即写入", "small", "text-2")
        self.copy = Label(role="small", tint="text-2")
        self.audit = Label(role="small", tint="text-2")
        self.row.addWidget(self.saved)
        self.row.addStretch()
        for icon, label in (("database-backup", self.copy), ("shield-check", self.audit)):
            self.row.addSpacing(theme.px(12))
            self.row.addWidget(Picture(icon, "text-3", 14))
            self.row.addWidget(label)
        shell.changed.connect(self._tell_saved)

    def refresh(self) -> None:
        """Look when the register was last copied and its log last checked."""
        vault = self._shell.desk.vault
        self._shell.read(lambda: backup_state(vault), self._show)

    def _show(self, state: BackupState) -> None:
        self.copy.setText(state.copy_words)
        self.copy.set_tint("warn" if state.copy_due else "text-2")
        self.audit.setText(state.audit_words)
        broken = state.audited is not None and not state.audited.clean
        self.audit.set_tint("danger" if broken else "text-2")

    def _tell_saved(self) -> None:
        self.saved.setText(f"已写入 {now().astimezone():%H:%M:%S}")
