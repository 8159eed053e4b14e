"""查找学生 from anywhere (Ctrl+F): hits appear while one types, also before pinyin is committed."""

from typing import Final

from PySide6.QtCore import (
    QEvent,
    Qt,
    QTimer,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.services.errors import BlobMissing
from app.services.register.finder import Hit
from app.ui import theme
from app.ui.search.hit_delegate import HitDelegate
from app.ui.search.hits import HitModel
from app.ui.search.query_line import QueryLine, move_by
from app.ui.shell import Shell
from app.ui.widgets.basic import Label

_RECENT: Final = 10
_DRAFT: Final = "最近查看"
_PAUSE_MS: Final = 40


class SearchBox(QueryLine):
    """One box for 姓名, 拼音, 学号, 身份证号, 考生号, 电话; `picked` carries a student's id."""

    picked = QtSignal(int)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._before: QWidget | None = None
        self._recent: list[int] = []
        self._asked = 0
        self.setAccessibleName("查找学生")
        self.setPlaceholderText("查找学生：姓名、拼音首字母、学号、身份证号后四位")
        self.addAction(
            QAction(theme.icon("search"), "查找", self), QLineEdit.ActionPosition.LeadingPosition
        )
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(theme.px(260))
        self.setMaximumWidth(theme.px(520))
        self._model = HitModel()
        self.panel = _Panel(self._model, self)
        self.panel.list.clicked.connect(lambda index: self._pick(index.row()))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        self.textChanged.connect(lambda _text: self._timer.start())
        self.composed.connect(self._timer.start)
        self.stepped.connect(lambda rows: move_by(self.panel.list, rows))
        self.taken.connect(lambda: self._pick(max(self.panel.row, 0)))
        find = QAction("查找学生", self)
        find.setShortcut(QKeySequence("Ctrl+F"))
        find.triggered.connect(self.begin)
        shell.window.addAction(find)
        kept = shell.desk.drafts.find(shell.desk.actor, _DRAFT)
        if kept is not None:
            self._recent = list(kept.values.get("ids", []))

    def begin(self) -> None:
        """Take the focus; Esc gives it back."""
        had = self._shell.window.focusWidget()
        if had is not self:
            self._before = had
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._look()

    def _look(self) -> None:
        text = self.query.strip()
        self._asked += 1
        asked, finder, media = self._asked, self._shell.desk.finder, self._shell.desk.media

        def find() -> tuple[list[Hit], dict[str, bytes]]:
            hits = finder.find(text) if text else finder.people(self._recent)
            photos: dict[str, bytes] = {}
            for hit in hits:
                if hit.photo and not self._model.known(hit.photo):
                    try:
                        photos[hit.photo] = media.get(hit.photo)
                    except BlobMissing:
                        continue  # the integrity check tells of it; a find goes on
            return hits, photos

        def show(found: tuple[list[Hit], dict[str, bytes]]) -> None:
            if asked != self._asked or not self.hasFocus():
                return
            self._model.show(*found)
            self.panel.open_below(self, text, len(found[0]))

        self._shell.read(find, show)

    def _pick(self, row: int) -> None:
        hit = self._model.at(row)
        if hit is None:
            return
        self._recent = [hit.id, *[known for known in self._recent if known != hit.id]][:_RECENT]
        desk, ids = self._shell.desk, list(self._recent)
        self._shell.run(
            lambda: desk.drafts.save(desk.actor, _DRAFT, {"ids": ids}, title=_DRAFT),
            "记住最近查看",
            changes=False,
        )
        self._close()
        self.clear()
        self._give_back()
        self.picked.emit(hit.id)

    def _give_back(self) -> None:
        if self._before is not None and isValid(self._before):
            self._before.setFocus()

    def _close(self) -> None:
        self._asked += 1
        self.panel.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
            if self.text():
                self.clear()
            self._give_back()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.forget_composition()
        self._close()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.setMaximumWidth(theme.px(520))


class _Panel(QFrame):
    """The hits below the box; it never takes the focus from it."""

    def __init__(self, model: HitModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(6),) * 4)
        box.setSpacing(theme.px(4))
        self._said = Label(role="small", tint="text-2")
        self._said.setContentsMargins(theme.px(8), theme.px(4), 0, theme.px(2))
        self.list = QListView()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName("查找结果")
        self.list.setProperty("bare", True)
        self.list.setModel(model)
        self.list.setItemDelegate(HitDelegate(self.list))
        self.list.setMouseTracking(True)
        box.addWidget(self._said)
        box.addWidget(self.list)
        self.hide()

    @property
    def said(self) -> str:
        """The line over the hits."""
        return self._said.text()

    @property
    def row(self) -> int:
        """The row that is marked, -1 for none."""
        return self.list.currentIndex().row()

    def open_below(self, box: QLineEdit, text: str, count: int) -> None:
        """Stand below the box, as high as its hits."""
        window = box.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        if text:
            said = f"找到 {count} 人，↑↓ 选择，回车打开" if count else f"没有找到“{text}”"
        else:
            said = "最近查看" if count else "输入姓名、拼音首字母、学号或证件号后四位"
        self._said.setText(said)
        self.list.setVisible(count > 0)
        rows = sum(self.list.sizeHintForRow(row) for row in range(min(count, 8)))
        height = theme.px(40) + rows + (theme.px(10) if count else 0)
        place = box.mapTo(window, box.rect().bottomLeft())
        self.setGeometry(
            place.x(), place.y() + theme.px(4), max(box.width(), theme.px(460)), height
        )
        if count:
            self.list.setCurrentIndex(self.list.model().index(0, 0))
        self.show()
        self.raise_()
