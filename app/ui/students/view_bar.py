"""视图 as tabs: the shipped ones and the school's own, with counts where a count calls."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QInputDialog, QMenu, QTabBar, QWidget

from app.services.register.views import View


class ViewBar(QTabBar):
    """`chosen` carries the view of the tab; `changed` a wish: 重命名, 更新, 删除."""

    chosen = QtSignal(object)
    rename_wanted = QtSignal(object, str)
    update_wanted = QtSignal(object)
    delete_wanted = QtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views: tuple[View, ...] = ()
        self._counts: dict[str, int] = {}
        self.setAccessibleName("视图")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        self.tabBarClicked.connect(self._clicked)
        self.currentChanged.connect(self._changed)

    @property
    def views(self) -> tuple[View, ...]:
        """The views, in the order of the tabs."""
        return self._views

    def set_views(self, views: Sequence[View]) -> None:
        """Other tabs; the one in front stays in front."""
        before = self.view.name if self.view else ""
        self.blockSignals(True)
        while self.count():
            self.removeTab(0)
        self._views = tuple(views)
        for view in self._views:
            self.addTab(self._text(view))
        self.setCurrentIndex(next((n for n, v in enumerate(views) if v.name == before), 0))
        self.blockSignals(False)

    @property
    def view(self) -> View | None:
        """The view of the tab in front."""
        at = self.currentIndex()
        return self._views[at] if 0 <= at < len(self._views) else None

    def put_in_front(self, name: str) -> None:
        """Mark a tab without choosing it."""
        at = next((n for n, view in enumerate(self._views) if view.name == name), -1)
        self.blockSignals(True)
        self.setCurrentIndex(at)
        self.blockSignals(False)

    def set_counts(self, counts: dict[str, int]) -> None:
        """How many people some of the views hold."""
        self._counts = counts
        for at, view in enumerate(self._views):
            self.setTabText(at, self._text(view))

    def _text(self, view: View) -> str:
        count = self._counts.get(view.name)
        return f"{view.name} {count:,}" if count else view.name

    def _changed(self, at: int) -> None:
        if 0 <= at < len(self._views):
            self.chosen.emit(self._views[at])

    def _clicked(self, at: int) -> None:
        """The tab in front, once more: back to the view as it was kept."""
        if at == self.currentIndex():
            self._changed(at)

    def _open_menu(self, point: QPoint) -> None:
        at = self.tabAt(point)
        if at >= 0 and self._views[at].id is not None:
            self.menu(self._views[at]).popup(self.mapToGlobal(point))

    def menu(self, view: View) -> QMenu:
        """What can be done with a view of the school's own."""
        menu = QMenu(self)
        menu.addAction("用现在的样式更新", lambda: self.update_wanted.emit(view))
        menu.addAction("重命名…", lambda: self._rename(view))
        menu.addAction("删除这个视图", lambda: self.delete_wanted.emit(view))
        return menu

    def _rename(self, view: View) -> None:
        name, agreed = QInputDialog.getText(self, "视图改名", "新的名称：", text=view.name)
        if agreed:
            self.rename_wanted.emit(view, name)


def ask_name(parent: QWidget, then: Callable[[str], object]) -> None:
    """Under which name a view is kept."""
    name, agreed = QInputDialog.getText(parent, "保存视图", "名称（如：23级机电在校）：")
    if agreed and name.strip():
        then(name.strip())
