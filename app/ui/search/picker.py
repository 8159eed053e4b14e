"""Choosing one person inside a form: type, see who is meant, take one."""

from PySide6.QtCore import QModelIndex, QTimer
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QListView, QVBoxLayout, QWidget

from app.services.register.finder import Hit
from app.ui import theme
from app.ui.search.hit_delegate import HitDelegate
from app.ui.search.hits import HitModel
from app.ui.search.query_line import QueryLine, move_by
from app.ui.shell import Shell

_SHOWN = 5


class PersonPicker(QWidget):
    """A line and the people it finds; `chosen` carries the person, None while nobody is."""

    chosen = QtSignal(object)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.person: Hit | None = None
        self.line = QueryLine()
        self.line.setAccessibleName("学生")
        self.line.setPlaceholderText("姓名、拼音首字母、学号、证件号后四位")
        self._model = HitModel()
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(HitDelegate(self.list))
        self.list.setAccessibleName("找到的学生")
        self.list.setFixedHeight(theme.px(52) * _SHOWN)
        self.list.setMouseTracking(True)
        self.list.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(4))
        box.addWidget(self.line)
        box.addWidget(self.list)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._look)
        self.line.textEdited.connect(lambda _: self._timer.start())
        self.line.composed.connect(self._timer.start)
        self.line.stepped.connect(lambda rows: move_by(self.list, rows))
        self.line.taken.connect(lambda: self._take(self.list.currentIndex()))
        self.list.clicked.connect(self._take)
        self.setFocusProxy(self.line)

    def set_person(self, hit: Hit) -> None:
        """Take this person."""
        self.person = hit
        self.line.setText(
            f"{hit.name}　{hit.number or '无学号'}　{hit.class_group}　{hit.status.value}"
        )
        self.list.hide()
        self.chosen.emit(hit)

    def _look(self) -> None:
        text = self.line.query.strip()
        self.person = None
        self.chosen.emit(None)
        if not text:
            self.list.hide()
            return
        finder = self._shell.desk.finder
        self._shell.read(lambda: finder.find(text), lambda hits: self._show(text, hits))

    def _show(self, text: str, hits: list[Hit]) -> None:
        if self.line.query.strip() != text or self.person is not None:
            return
        self._model.show(hits, {})
        self.list.setVisible(bool(hits))
        if hits:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _take(self, index: QModelIndex) -> None:
        hit = self._model.at(index.row())
        if hit is not None and self.list.isVisible():
            self.set_person(hit)
