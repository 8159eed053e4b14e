"""系统: what is set up once and looked after: the school, its security, the program itself."""

from typing import Any, ClassVar, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QStackedWidget, QWidget

from app.ui import theme
from app.ui.screen import Screen
from app.ui.settings.about import AboutPage
from app.ui.settings.appearance import AppearancePage
from app.ui.settings.backups import BackupPage
from app.ui.settings.checks import ChecksPage
from app.ui.settings.handover import HandOverPage
from app.ui.settings.keys import KeysPage
from app.ui.settings.numbers import NumbersPage
from app.ui.settings.operators import OperatorsPage
from app.ui.settings.page import Page
from app.ui.settings.rules import RulesPage
from app.ui.settings.school import SchoolPage
from app.ui.settings.structure import StructurePage
from app.ui.settings.workplace import WorkplacePage
from app.ui.shell import Shell
from app.ui.widgets.basic import Heading

_ROW: Final = 34
_NAME: Final = Qt.ItemDataRole.UserRole
#: Groups of pages, each page under the name by which others ask for it.
GROUPS: Final[dict[str, dict[str, type[Page]]]] = {
    "设置": {
        "school": SchoolPage,
        "structure": StructurePage,
        "numbers": NumbersPage,
        "rules": RulesPage,
        "appearance": AppearancePage,
    },
    "安全": {
        "operators": OperatorsPage,
        "backup": BackupPage,
        "keys": KeysPage,
        "checks": ChecksPage,
        "handover": HandOverPage,
        "workplace": WorkplacePage,
    },
    "关于": {"about": AboutPage},
}
_PAGES: Final = {name: kind for group in GROUPS.values() for name, kind in group.items()}


class SystemScreen(Screen):
    """Pages on the left, the one that is open on the right; each is built when first opened."""

    title: ClassVar[str] = "系统"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.box.addWidget(Heading(self.title))
        self.list = QListWidget()
        self.list.setAccessibleName("系统的各页")
        self.list.setProperty("pages", True)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        for group, pages in GROUPS.items():
            self._head(group)
            for name, kind in pages.items():
                item = QListWidgetItem(kind.title)
                item.setData(_NAME, name)
                self.list.addItem(item)
        self._stack = QStackedWidget()
        self._pages: dict[str, Page] = {}
        self._name = ""
        row = QHBoxLayout()
        row.setSpacing(theme.px(20))
        row.addWidget(self.list)
        row.addWidget(self._stack, 1)
        self.box.addLayout(row, 1)
        self.list.currentItemChanged.connect(lambda *_: self._choose())
        theme.changes.changed.connect(self._dress)
        self._dress()

    def visit(self, **where: Any) -> None:
        """Show the page that is asked for (`page`), or the one that was open."""
        self.open(str(where.get("page", self._name or "school")))

    def refresh(self) -> None:
        """Look again, unless that would take away what is being typed."""
        page = self.page
        if page is not None and not page.dirty:
            page.refresh()

    def can_leave(self) -> bool:
        """Ask before something typed is lost."""
        page = self.page
        if page is None or not page.dirty:
            return True
        if self.shell.ask(
            "有修改没有保存",
            f"“{page.title}”里改过的内容还没有保存。",
            yes="放弃修改",
            no="留在此处",
            danger=True,
        ):
            page.forget()
            return True
        return False

    def panes(self) -> list[QWidget]:
        """The list of pages, and the page."""
        return [self.list, self._stack]

    @property
    def page(self) -> Page | None:
        """The page that is open."""
        return self._pages.get(self._name)

    def open(self, name: str) -> Page:
        """Open a page by its name."""
        for at in range(self.list.count()):
            if self.list.item(at).data(_NAME) == name:
                self.list.setCurrentRow(at)
        return self._pages[self._name]

    def _choose(self) -> None:
        item = self.list.currentItem()
        name = item.data(_NAME) if item is not None else None
        if not name or name == self._name:
            return
        if not self.can_leave():
            self.open(self._name)
            return
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = _PAGES[name](self.shell)
            self._stack.addWidget(page)
        self._name = name
        self._stack.setCurrentWidget(page)
        page.refresh()

    def _head(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)

    def _dress(self) -> None:
        self.list.setFixedWidth(theme.px(172))
        for at in range(self.list.count()):
            item = self.list.item(at)
            page = bool(item.data(_NAME))
            item.setFont(theme.font("base" if page else "small"))
            # of its own: a list that is measured before it is dressed would keep its rows too low
            item.setSizeHint(QSize(0, theme.px(_ROW)))
            if not page:
                item.setForeground(theme.colour("text-3"))
