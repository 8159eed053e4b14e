"""Whom a card is for: a cohort or class on the left, its students below, each can be unticked."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.services.register.ledger import Moment
from app.services.register.organisation import CohortGroups
from app.services.register.students import Scope, StudentRow
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.look import keep

_ROLE: Final = Qt.ItemDataRole.UserRole
_ID: Final = Qt.ItemDataRole.UserRole
_KEYS: Final = Qt.ItemDataRole.UserRole + 1


class PeopleChooser(QWidget):
    """`changed`: other people were looked up; `ticked`: some were left out. `scope` says whom."""

    changed = QtSignal()
    ticked = QtSignal()

    def __init__(self, shell: Shell, moment: Moment) -> None:
        super().__init__()
        self._shell = shell
        self._at = moment
        self._base = Scope(ids=[])
        self._quiet = False
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName("年级和班级")
        self.tree.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.tree.setIndentation(theme.px(14))
        self.tree.setUniformRowHeights(True)
        self.tree.currentItemChanged.connect(lambda item, _: self._choose(item))
        self.search = QLineEdit()
        self.search.setPlaceholderText("在这些人里找：姓名、拼音、学号")
        self.search.setAccessibleName("在选中的学生里查找")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.people = QListWidget()
        self.people.setAccessibleName("学生")
        self.people.setFrameShape(QListWidget.Shape.NoFrame)
        self.people.setUniformItemSizes(True)
        keep(self.people, role="table")
        self.people.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.people.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.people.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.people.itemChanged.connect(lambda _: self._ticked())
        self._count = Label(role="table", tint="text-2")
        all_of_them = Button("全选", kind="link", on_click=lambda: self._tick_all(True))
        none = Button("全不选", kind="link", on_click=lambda: self._tick_all(False))
        foot = QHBoxLayout()
        foot.addWidget(self._count, 1)
        foot.addWidget(all_of_them)
        foot.addWidget(none)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, theme.px(6), 0, 0)
        column.setSpacing(theme.px(6))
        column.addWidget(self.search)
        column.addWidget(self.people, 1)
        column.addLayout(foot)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.tree)
        splitter.addWidget(below)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(splitter)

    # --- whom -----------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """Whom the card is for: the class or cohort whole, or those who are ticked."""
        ticked = self._ticked_ids()
        if len(ticked) == self.people.count():
            return self._base
        return Scope(ids=ticked)

    @property
    def words(self) -> str:
        """The scope for a file name."""
        ticked = [item for item in self._items() if item.checkState() is Qt.CheckState.Checked]
        if len(ticked) == 1:
            return ticked[0].text().split()[0]
        item = self.tree.currentItem()
        if item is None:
            return f"{len(ticked)}人"
        whole = len(ticked) == self.people.count()
        return item.text(0).split("　")[0] + ("" if whole else f"{len(ticked)}人")

    def show_groups(self, groups: Sequence[CohortGroups]) -> None:
        """Fill the tree; what was chosen stays chosen."""
        chosen = self.tree.currentItem()
        wanted = chosen.data(0, _ROLE) if chosen is not None else None
        self._quiet = True
        self.tree.clear()
        for cohort in groups:
            top = QTreeWidgetItem([f"{cohort.year}级"])
            top.setData(0, _ROLE, ("cohort", cohort.year))
            top.setSizeHint(0, QSize(0, theme.px(28)))
            self.tree.addTopLevelItem(top)
            for row in cohort.classes:
                item = QTreeWidgetItem([row.name])
                item.setToolTip(0, f"{row.department} {row.major} {row.name}".strip())
                item.setData(0, _ROLE, ("class", row.id))
                top.addChild(item)
        for newest in self._tops()[:1]:
            newest.setExpanded(True)
        self._quiet = False
        if wanted is not None:
            self._select(wanted)

    def choose_first(self) -> None:
        """The first class of the newest cohort, so that there is something to see."""
        for newest in self._tops()[:1]:
            self.tree.setCurrentItem(newest.child(0) or newest)

    def choose_ids(self, ids: Sequence[int]) -> None:
        """Exactly these students, from another screen."""
        self._quiet = True
        self.tree.setCurrentIndex(QModelIndex())
        self._quiet = False
        self._load(Scope(ids=list(ids)))

    def reload(self) -> None:
        """Look the same people up again."""
        if self._base.ids is None or self._base.ids:
            self._load(self._base)

    # --- parts ----------------------------------------------------------------------------

    def _select(self, wanted: object) -> None:
        for top in self._tops():
            for item in (top, *(top.child(number) for number in range(top.childCount()))):
                if item is not None and item.data(0, _ROLE) == wanted:
                    self._quiet = True
                    self.tree.setCurrentItem(item)
                    self._quiet = False
                    return

    def _tops(self) -> list[QTreeWidgetItem]:
        found = (self.tree.topLevelItem(at) for at in range(self.tree.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self._quiet:
            return
        what, number = item.data(0, _ROLE)
        scope = Scope(cohort=number) if what == "cohort" else Scope(class_id=number)
        self._load(scope)

    def _load(self, scope: Scope) -> None:
        self._base, moment = scope, self._at
        self._shell.read(
            lambda: self._shell.desk.students.rows(moment, scope),
            lambda rows: self._show(scope, rows),
        )

    def _show(self, scope: Scope, rows: Sequence[StudentRow]) -> None:
        if scope is not self._base:
            return
        self._quiet = True
        self.people.clear()
        self.search.clear()
        for row in rows:
            number = row.number or row.exam_number or ""
            item = QListWidgetItem(f"{row.name}　{number}")
            item.setToolTip(f"{row.name} {number}\n{row.class_group} {row.status}")
            item.setSizeHint(QSize(0, theme.px(28)))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            item.setData(_ID, row.id)
            item.setData(_KEYS, f"{row.name} {row.number or ''} {row.search_keys}".lower())
            self.people.addItem(item)
        self._quiet = False
        self._tell()
        self.changed.emit()

    def _items(self) -> list[QListWidgetItem]:
        return [self.people.item(at) for at in range(self.people.count())]

    def _ticked_ids(self) -> list[int]:
        return [
            item.data(_ID) for item in self._items() if item.checkState() is Qt.CheckState.Checked
        ]

    def _ticked(self) -> None:
        if not self._quiet:
            self._tell()
            self.ticked.emit()

    def _tick_all(self, on: bool) -> None:
        """Of those in sight."""
        self._quiet = True
        for item in self._items():
            if not item.isHidden():
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._quiet = False
        self._ticked()

    def _filter(self, text: str) -> None:
        words = text.strip().lower()
        for item in self._items():
            item.setHidden(bool(words) and words not in item.data(_KEYS))

    def _tell(self) -> None:
        self._count.setText(f"已选 {len(self._ticked_ids()):,} / {self.people.count():,} 人")
