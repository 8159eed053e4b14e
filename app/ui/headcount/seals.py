"""已封存: the tables that were signed, and what has changed since, to the last person."""

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from app.services.register.ledger import Moment
from app.services.register.reports import bridge_report, seal_report
from app.services.register.sealing import SealCheck, SealRow
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Card, EmptyState, Label
from app.ui.widgets.report_table import ReportTable

_LIST_WIDTH = 260


class SealsPage(QWidget):
    """The list on the left, the chosen one held against the register on the right.

    `opened` carries a title, the ids of students, and the moment at which they are to be shown.
    """

    opened = QtSignal(str, object, object)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._wanted: int | None = None
        self._check: SealCheck | None = None
        self.list = QListWidget()
        self.list.setAccessibleName("封存的人数审核表")
        self.list.setFixedWidth(theme.px(_LIST_WIDTH))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(4)
        self.list.currentItemChanged.connect(lambda item, _: self._choose(item))
        self.verdict = Badge()
        self._covers = Label(role="table", tint="text-2", wrap=True)
        self.differences = ReportTable("封存后的变动")
        self.since = ReportTable("封存后登记的")
        self._since_title = Label("变动的来由：封存时所知的期末 → 现在所知的期末", "strong")
        self._since_title.setContentsMargins(theme.px(10), 0, 0, 0)
        self._card = Card(margin=0)
        line = QHBoxLayout()
        line.setContentsMargins(*(theme.px(10),) * 4)
        line.addWidget(self.verdict)
        line.addWidget(self._covers, 1)
        self._card.box.addLayout(line)
        self._card.box.addWidget(self.differences, 3)
        self._card.box.addWidget(self._since_title)
        self._card.box.addWidget(self.since, 2)
        self._empty = EmptyState(
            "stamp",
            "还没有封存的表",
            "人数审核表签字以后，在“人数审核表”一页按“封存”原样存下；以后改了哪个数、因为谁，在这里看。",
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        row.addWidget(self.list)
        row.addWidget(self._card, 1)
        row.addWidget(self._empty, 1)
        for table in (self.differences, self.since):
            table.opened.connect(self._open)

    def want(self, seal_id: int) -> None:
        """Choose this one when the list is read next."""
        self._wanted = seal_id

    def refresh(self) -> None:
        """Read the list anew, and hold the chosen one against the register as it now is."""
        desk = self._shell.desk
        self._shell.read(lambda: desk.seals.rows(desk.actor), self._show)

    def _show(self, rows: list[SealRow]) -> None:
        chosen = self._wanted or (self._check.seal.id if self._check else None)
        self._wanted = None
        self.list.blockSignals(True)
        self.list.clear()
        for row in rows:
            item = QListWidgetItem(
                f"{row.begin} 至 {row.end}　{row.base.value}\n"
                f"{row.note or '（没有说明）'}\n"
                f"{row.sealed_at.astimezone():%Y-%m-%d %H:%M}　{row.sealed_by}"
            )
            item.setToolTip(item.text())
            item.setData(Qt.ItemDataRole.UserRole, row.id)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self.list.setVisible(bool(rows))
        self._card.setVisible(bool(rows))
        self._empty.setVisible(not rows)
        ids = [row.id for row in rows]
        if rows:
            place = ids.index(chosen) if chosen in ids else 0
            self.list.setCurrentRow(place)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        desk, seal_id = self._shell.desk, item.data(Qt.ItemDataRole.UserRole)
        self._shell.read(lambda: desk.seals.check(desk.actor, seal_id), self._show_check)

    def _show_check(self, check: SealCheck) -> None:
        self._check = check
        report = seal_report(check)
        self._covers.setText(f"{report.covers}　指纹 {check.seal.code}")
        if not check.sound:
            self.verdict.set("与指纹不符：存下的内容被改动过", "danger", "✗")
        elif check.unchanged:
            self.verdict.set("与现在的登记一致", "ok", "✓")
        else:
            self.verdict.set(f"{len(check.differences):,} 个数变了", "warn", "▲")
        self.differences.show_report(report)
        self.since.show_report(bridge_report(check.since))
        for widget in (self.differences, self._since_title, self.since):
            widget.setVisible(not check.unchanged)

    def _open(self, title: str, ids: tuple[int, ...]) -> None:
        if self._check is not None:
            self.opened.emit(title, ids, Moment(self._check.seal.end))
