"""学籍卡: whose cards, how they look, and to which printer; or those that must be printed again."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.services.clock import today
from app.services.forms.renewal import StaleSheet
from app.services.register.ledger import Moment
from app.services.register.organisation import CohortGroups
from app.services.register.students import Scope
from app.ui import theme
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.papers.people_chooser import PeopleChooser
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Heading, Label
from app.ui.widgets.look import keep

FORM: Final = "学籍卡"
_PAUSE: Final = 250  # ms after the last tick before the cards are drawn anew


class CardsScreen(Screen):
    """Left whom, in the middle the sheets, right the printer."""

    title: ClassVar[str] = "学籍卡"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._moment = Moment(today(), upcoming=True)
        self._template = ""
        self._stay = False
        self._asked_for: list[int] | None = None
        self._heading = Heading("学籍卡")
        self._own = Button(
            "换用自己的表样…", "file-spreadsheet", "quiet", on_click=self._choose_form
        )
        self._heading.add(self._own)
        self._shipped = Button("用随程序的表样", "undo-2", "quiet", on_click=self._use_shipped)
        self._shipped.hide()
        self._heading.add(self._shipped)
        self.chooser = PeopleChooser(shell, self._moment)
        self.desk = PaperDesk(shell)
        self.stale = QListWidget()
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._show)
        self.chooser.changed.connect(self._show)
        self.chooser.ticked.connect(self._timer.start)
        self.desk.printed.connect(self._look_for_stale)
        self._load()

    # --- being shown ----------------------------------------------------------------------

    def visit(self, **where: Any) -> None:
        """Shown, perhaps with `ids` to print or `stale` for those to be printed again."""
        ids = where.get("ids")
        if ids:
            self._asked_for = list(ids)
            self.tabs.setCurrentIndex(0)
            self._heading.set_detail(f"{len(self._asked_for):,} 名学生，由别处选来")
            self.chooser.choose_ids(self._asked_for)
        elif where.get("stale"):
            self.tabs.setCurrentIndex(1)

    def refresh(self) -> None:
        """The register changed: the same cards, drawn anew."""
        self._stay = True
        self._load()
        self.chooser.reload()

    def print_now(self) -> None:
        """The preview is here: the button is at hand."""
        self.desk.focus_print()

    def panes(self) -> Sequence[QWidget]:
        """The students, the sheet, the printer."""
        return [self.chooser.tree, self.desk.view, self.desk.panel.printer]

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        self.box.addWidget(self._heading)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("选哪些学籍卡")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.addTab("选人")
        self.tabs.addTab("需重印")
        self.tabs.currentChanged.connect(self._change_tab)
        self.stale.setAccessibleName("需重印的学籍卡")
        self.stale.setFrameShape(QListWidget.Shape.NoFrame)
        self.stale.setWordWrap(True)
        self.stale.itemChanged.connect(lambda _: self._timer.start())
        self.stale.currentItemChanged.connect(lambda item, _: self._jump_to(item))
        self._none = Label("打印过的学籍卡与登记一致，没有需要重印的。", tint="text-2", wrap=True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._left = QStackedWidget()
        self._left.addWidget(self.chooser)
        self._left.addWidget(self._stale_page())
        side = Card(margin=12)
        keep(side, width=240)
        side.box.addWidget(self.tabs)
        side.box.addWidget(self._left, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(side)
        row.addWidget(self.desk, 1)
        self.box.addLayout(row, 1)

    def _stale_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._none)
        column.addWidget(self.stale, 1)
        return page

    # --- people ---------------------------------------------------------------------------

    def _load(self) -> None:
        self.shell.read(self.shell.desk.students.groups, self._show_groups)
        self._look_for_stale()

    def _show_groups(self, groups: tuple[CohortGroups, ...]) -> None:
        first = self.chooser.tree.topLevelItemCount() == 0
        self.chooser.show_groups(groups)
        if not groups:
            self._nobody()
        elif first and self._asked_for is None:
            self.chooser.choose_first()

    def _look_for_stale(self) -> None:
        desk = self.shell.desk
        self.shell.read(desk.renewal.stale(desk.actor), self._show_stale)

    def _show_stale(self, sheets: tuple[StaleSheet, ...]) -> None:
        self.stale.blockSignals(True)
        self.stale.clear()
        for sheet in sheets:
            row = sheet.student
            printed = f"{sheet.printed_at.astimezone():%Y-%m-%d} 打印"
            item = QListWidgetItem(
                f"{row.name}　{row.class_group or '未分班'}\n{'；'.join(sheet.changes)}"
            )
            item.setToolTip(f"{row.number or ''}　{printed}\n" + "\n".join(sheet.changes))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            item.setData(Qt.ItemDataRole.UserRole, row.id)
            self.stale.addItem(item)
        self.stale.blockSignals(False)
        self.tabs.setTabText(1, f"需重印 {len(sheets):,}" if sheets else "需重印")
        self._none.setVisible(not sheets)
        self.stale.setVisible(bool(sheets))
        if self.tabs.currentIndex() == 1:
            self._timer.start()

    def _change_tab(self, index: int) -> None:
        self._left.setCurrentIndex(index)
        self._timer.start()

    def _jump_to(self, item: QListWidgetItem | None) -> None:
        """Show the card of the one who is pointed at."""
        made = self.desk.preview
        if item is None or made is None:
            return
        wanted = item.data(Qt.ItemDataRole.UserRole)
        for number, document in enumerate(made.sheet.documents):
            if document.student_id == wanted:
                self.desk.jump(made.starts[number])

    # --- the paper ------------------------------------------------------------------------

    def _scope(self) -> tuple[Scope, str]:
        if self.tabs.currentIndex() == 0:
            return self.chooser.scope, self.chooser.words
        items = [self.stale.item(at) for at in range(self.stale.count())]
        ids = [
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        ]
        return Scope(ids=ids), f"需重印{len(ids)}人"

    def _show(self) -> None:
        scope, words = self._scope()
        if scope.ids is not None and not scope.ids:
            self._nobody()
            return
        desk, name, moment = self.shell.desk, self._template or FORM, self._moment
        aim = Aim(FORM, lambda: desk.printing.collect(desk.actor, name, moment, scope), words)
        self.desk.show_aim(aim, stay=self._stay)
        self._stay = False

    def _nobody(self) -> None:
        self.desk.clear(
            "id-card",
            "选好学生，这里就是要打印的学籍卡",
            "在左边点一个班，或者在“学生”里选中几个人，再点“打印学籍卡”。",
        )

    def _choose_form(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self.shell.window, "选一张自己的表样", "", "Excel 工作簿 (*.xlsx)"
        )
        if chosen:
            self.use_form(chosen)

    def use_form(self, template: str) -> None:
        """Draw the cards with a form of the registrar's own; "" for the one that ships."""
        self._template = template
        self._shipped.setVisible(bool(template))
        self._show()

    def _use_shipped(self) -> None:
        self.use_form("")
