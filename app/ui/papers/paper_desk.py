"""One paper on the desk: its pages, how it is printed, what to look at, where it is saved."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.clock import today
from app.services.errors import AppError
from app.services.exports import file_name
from app.services.forms.marks import Mark, marks_of
from app.services.forms.order import Order, Sides
from app.services.forms.preview import Concern, PaperWarning, Preview, glance, preview
from app.services.forms.printing import Sheet
from app.services.progress import finish
from app.ui import theme
from app.ui.papers.page_strip import PageStrip
from app.ui.papers.page_view import FIT_PAGE, FIT_WIDTH, PageView
from app.ui.papers.print_panel import PrintPanel
from app.ui.papers.saving import Saver
from app.ui.printing import Port, PrintMemory, Tally, find_port, print_paper, sheets_in_words
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ElidedLabel, EmptyState, IconButton, Label
from app.ui.widgets.look import keep
from app.ui.widgets.saved_bar import SavedBar

_MANY: Final = 100  # sheets of paper that are worth a question
_FIXED_ZOOMS: Final = (0.5, 0.75, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Aim:
    """What is to be shown: how it is filled, what a file of it is called.

    `sample`: it is of nobody and cannot be printed.
    """

    form: str
    collect: Callable[[], Sheet]
    file_scope: str
    sample: bool = False


class PaperDesk(QWidget):
    """Preview, printing and saving of whatever `show` gives it."""

    printed = QtSignal()
    shown = QtSignal()  # another preview, or none

    def __init__(self, shell: Shell, port: Port | None = None) -> None:
        super().__init__()
        self._shell = shell
        self.port = port or find_port()
        self.memory = PrintMemory(shell.preferences)
        self.preview: Preview | None = None
        self._sheet: Sheet | None = None
        self._aim: Aim | None = None
        self._turn = 0  # which wish is the newest: results of older ones are dropped
        self._build()
        self._show_preview(None)
        shell.closing.connect(self._shut)

    def use_port(self, port: Port) -> None:
        """Print another way."""
        self.port = port
        self.panel.use_port(port)

    # --- showing --------------------------------------------------------------------------

    def show_aim(self, aim: Aim, *, stay: bool = False) -> None:
        """Show a paper; with `stay` on the page that is shown now."""
        self._turn += 1
        turn, self._aim = self._turn, aim
        page = self.view.page if stay else 0

        def first() -> tuple[Sheet, Preview]:
            sheet = aim.collect()
            return sheet, finish(glance(sheet))

        def shown(found: tuple[Sheet, Preview]) -> None:
            sheet, beginning = found
            if turn != self._turn:
                self._drop(beginning)
                return
            whole = len(sheet.documents) == 1
            self._sheet = sheet if whole else None
            if whole or not stay:
                self._show_preview(beginning, page, complete=whole)
            else:
                self._drop(beginning)
            if not whole:
                self._shell.read(preview(sheet), lambda made: self._complete(turn, made, page),
                                 lambda error: self._refused(turn, error))  # fmt: skip

        self._busy.setText("正在排版…")
        self._shell.read(first, shown, lambda error: self._retry(turn, error, aim, page))

    def clear(self, icon: str, title: str, text: str) -> None:
        """Show no paper, and why."""
        self._turn += 1
        self._aim = None
        self._show_preview(None)
        self._say_empty(icon, title, text)

    def jump(self, page: int) -> None:
        """Show a page."""
        self.view.turn(page)

    def focus_print(self) -> None:
        """Ctrl+P while the preview is open already: the button is at hand."""
        self.print_button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _retry(self, turn: int, error: AppError, aim: Aim, page: int) -> None:
        """The first document could not be drawn: the others may."""
        if turn != self._turn:
            return

        def all_of_it() -> Preview:
            return finish(preview(aim.collect()))

        self._shell.read(
            all_of_it,
            lambda made: self._complete(turn, made, page),
            lambda _: self._refused(turn, error),
        )

    def _complete(self, turn: int, made: Preview, page: int) -> None:
        if turn == self._turn:
            here = self.view.page or page
            self._show_preview(made, here)
        else:
            self._drop(made)

    def _refused(self, turn: int, error: AppError) -> None:
        if turn == self._turn:
            self._show_preview(None)
            self._say_empty("circle-alert", "没有可以预览的内容", str(error))

    def _drop(self, made: Preview) -> None:
        """Close it behind everything that may still draw from it."""
        self._shell.read(made.close, lambda _: None)

    def _shut(self) -> None:
        """The register is being closed: nothing of it stays in memory."""
        self._turn += 1
        self.view.show_pages(None)
        self.strip.show_preview(None)
        if self.preview is not None:
            self._drop(self.preview)
            self.preview = None

    def _show_preview(self, made: Preview | None, page: int = 0, *, complete: bool = True) -> None:
        old, self.preview = self.preview, made
        self.view.show_pages(made.pages if made else None, page)
        self.strip.show_preview(made)
        self.strip.select(self.view.page)
        self.panel.show_preview(self._aim.form if self._aim else "", made if complete else None)
        self._show_warnings(made.warnings if made and complete else ())
        self._stack.setCurrentIndex(0 if made else 1)
        self._busy.setText("" if complete else "其余各页正在排版…")
        self._can_send = made is not None and complete and not (self._aim and self._aim.sample)
        self._enable()
        self._say_page()
        if old is not None and old is not made:
            self._drop(old)
        if made is not None and complete:
            self._shell.read(lambda: marks_of(made), lambda marks: self._marked(made, marks))
        self.shown.emit()

    def _marked(self, made: Preview, marks: tuple[Mark, ...]) -> None:
        if made is self.preview:
            self.view.show_marks(marks)

    # --- printing -------------------------------------------------------------------------

    def print_now(self) -> None:
        """Send it to the printer."""
        if self.preview is None or not self._can_send:
            return
        order, sheets = self.panel.order(), self.panel.sheet_count * self.panel.copies.value()
        if sheets > _MANY and not self._shell.ask(
            f"打印 {sheets:,} 张纸？",
            f"“{self.preview.sheet.title}”将送到“{order.printer}”，可以随时停止，再从停下的一张继续。",
            yes=f"打印 {sheets:,} 张",
        ):
            return
        tally = Tally()
        self.panel.remember(order)
        self.print_button.setEnabled(False)
        said: list[str] = []
        job = self._shell.run(
            print_paper(self._shell.desk, self.preview, order, self.port, tally),
            "正在送往打印机",
            lambda _: said.append(self._all_sent(order, tally)),
            lambda error: said.append(self._not_sent(error, tally)),
            changes=False,
        )
        job.ended.connect(lambda: self._print_ended(said, tally))

    def _all_sent(self, order: Order, tally: Tally) -> str:
        if order.sides is Sides.FRONTS:
            self.panel.sides.setCurrentText(Sides.BACKS.value)
            self._shell.say(
                f"正面 {tally.total} 张已送出。打完后把这叠纸翻面放回纸盒，再按“打印”打反面。",
                "info",
            )
        else:
            self.panel.continue_from(1)
            self._shell.say(f"{tally.total} 张已送到“{order.printer}”，打印记录已留下。")
        return "done"

    def _not_sent(self, error: AppError, tally: Tally) -> str:
        self._shell.say(f"{error}{self._so_far(tally)}", "danger")
        return "failed"

    def _print_ended(self, said: list[str], tally: Tally) -> None:
        if not said:
            self._shell.say(f"已停止打印。{self._so_far(tally)}", "warn")
        if tally.sent and not tally.is_whole:
            self.panel.continue_from(tally.next)
        self._enable()
        if tally.sent:
            self.printed.emit()

    @staticmethod
    def _so_far(tally: Tally) -> str:
        if not tally.sent:
            return "没有送出一张。"
        numbers = sheets_in_words([leaf.number for leaf in tally.sent])
        return f"第 {numbers} 张已送出，再按“打印”从第 {tally.next} 张继续。"

    # --- saving ---------------------------------------------------------------------------

    def save_pdf(self) -> None:
        """Save what is shown as PDF."""
        made, desk = self.preview, self._shell.desk
        if made is not None and self._can_send:
            self.saver.save(
                self.name_for(".pdf"),
                lambda target: desk.printing.save(desk.actor, made.sheet, target, made.file),
                "正在保存",
            )

    def save_workbook(self) -> None:
        """Save the same as a workbook."""
        made, desk = self.preview, self._shell.desk
        if made is not None and self._can_send:
            self.saver.save(
                self.name_for(".xlsx"),
                lambda target: desk.printing.save(desk.actor, made.sheet, target),
                "正在保存",
            )

    def name_for(self, ending: str) -> str:
        """The file name that is proposed."""
        if self._aim is None or self.preview is None:
            return ""
        sheet = self.preview.sheet
        return file_name(self._aim.file_scope, sheet.title, sheet.as_of or today(), ending)

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        self.view = PageView(self._shell)
        self.strip = PageStrip(self._shell)
        self.panel = PrintPanel(self._shell, self.port, self.memory)
        self.saved = SavedBar()
        self.saver = Saver(self._shell, self._shell.preferences, self.saved)
        row = QHBoxLayout(self)  # from the outside in: each move of a full part dresses it anew
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        column = QVBoxLayout()
        column.setSpacing(theme.px(8))
        row.addLayout(column, 1)
        column.addWidget(self.saved)
        middle = Card(margin=0)
        column.addWidget(middle, 1)
        middle.box.setSpacing(0)
        middle.box.addLayout(self._tools())
        self._stack = QStackedWidget()
        middle.box.addWidget(self._stack, 1)
        pages, self._empty = QWidget(), QWidget()
        self._stack.addWidget(pages)
        self._stack.addWidget(self._empty)
        sheet = QHBoxLayout(pages)
        sheet.setContentsMargins(0, 0, 0, 0)
        sheet.setSpacing(0)
        sheet.addWidget(self.strip)
        sheet.addWidget(self.view, 1)
        self.side = self._side()
        row.addWidget(self.side)
        self.view.turned.connect(self._turned)
        self.view.zoomed.connect(lambda _: self._say_zoom())
        self.strip.chosen.connect(self.view.turn)
        self._can_send = False

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(8), theme.px(6), theme.px(8), theme.px(6))
        row.setSpacing(theme.px(4))
        step = self.view.turn
        row.addWidget(
            IconButton("chevron-left", "上一页", on_click=lambda: step(self.view.page - 1))
        )
        self._number = QLineEdit()
        self._number.setAccessibleName("页码")
        keep(self._number, width=52)
        self._number.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._number.returnPressed.connect(self._go_to_number)
        row.addWidget(self._number)
        self._of = Label(role="table", tint="text-2")
        row.addWidget(self._of)
        row.addWidget(
            IconButton("chevron-right", "下一页", on_click=lambda: step(self.view.page + 1))
        )
        self._owner = ElidedLabel(role="table", tint="text-2")
        self._owner.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self._owner, 1)
        self._busy = Label(role="table", tint="text-3")
        row.addWidget(self._busy)
        zoom = self.view.step_zoom
        row.addWidget(IconButton("zoom-out", "缩小（Ctrl+滚轮）", on_click=lambda: zoom(-1)))
        self._zoom = Button("100%", kind="quiet", on_click=lambda: self.view.set_zoom(1.0))
        self._zoom.setToolTip("按真实大小显示：用尺子量屏幕，与纸上一样长")
        keep(self._zoom, width=56)
        row.addWidget(self._zoom)
        row.addWidget(IconButton("zoom-in", "放大（Ctrl+滚轮）", on_click=lambda: zoom(1)))
        row.addWidget(
            IconButton(
                "arrow-right-left", "适合宽度", on_click=lambda: self.view.set_zoom(FIT_WIDTH)
            )
        )
        row.addWidget(IconButton("maximize", "整页", on_click=lambda: self.view.set_zoom(FIT_PAGE)))
        return row

    def _side(self) -> QWidget:
        side = Card(margin=12)
        keep(side, width=296)
        self._form = Label(role="strong", wrap=True)
        self._version = Label(role="small", tint="text-3", wrap=True)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme.px(8), 0)
        column.setSpacing(theme.px(8))
        column.addWidget(self._form)
        column.addWidget(self._version)
        column.addWidget(self.panel)
        self._warned = Label(role="strong", wrap=True)
        self.warnings = QListWidget()
        self.warnings.setAccessibleName("提醒")
        keep(self.warnings, role="table")
        self.warnings.setMinimumHeight(theme.px(72))
        self.warnings.setMaximumHeight(theme.px(220))
        self.warnings.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.warnings.currentItemChanged.connect(lambda item, _: self._to_warning(item))
        self.warnings.itemClicked.connect(self._to_warning)
        column.addWidget(self._warned)
        column.addWidget(self.warnings)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        scroll.setAccessibleName("打印设置")
        side.box.addWidget(scroll, 1)
        self.print_button = Button("打印", "printer", "primary", on_click=self.print_now)
        self.print_button.setToolTip("送往打印机（Ctrl+P 把焦点移到这里）")
        self.pdf_button = Button("另存为 PDF", "file-text", on_click=self.save_pdf)
        self.workbook_button = Button(
            "另存为 Excel", "file-spreadsheet", on_click=self.save_workbook
        )
        side.box.addWidget(self.print_button)
        both = QHBoxLayout()
        both.setSpacing(theme.px(8))
        both.addWidget(self.pdf_button)
        both.addWidget(self.workbook_button)
        side.box.addLayout(both)
        return side

    # --- what is said ---------------------------------------------------------------------

    def _show_warnings(self, warnings: tuple[PaperWarning, ...]) -> None:
        self.warnings.clear()
        counts = Counter(warning.concern for warning in warnings)
        words = "，".join(f"{concern.value} {counts[concern]}" for concern in Concern
                         if concern in counts)  # fmt: skip
        self._warned.setText(f"提醒：{words}" if warnings else "")
        self._warned.setVisible(bool(warnings))
        self.warnings.setVisible(bool(warnings))
        for warning in warnings:
            tint = "danger" if warning.concern is Concern.NO_GLYPH else "warn"
            item = QListWidgetItem(
                theme.icon("triangle-alert", tint), f"{warning.concern.value}　{warning.who}"
            )
            item.setToolTip(warning.sentence)
            item.setData(Qt.ItemDataRole.UserRole, warning.page)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{warning.concern.value}：{warning.sentence}"
            )
            self.warnings.addItem(item)

    def _to_warning(self, item: QListWidgetItem | None) -> None:
        page = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if page is not None:
            self.view.turn(page)

    def _turned(self, page: int) -> None:
        self.strip.select(page)
        self._say_page()

    def _say_page(self) -> None:
        made = self.preview
        self._number.setEnabled(made is not None)
        if made is None:
            self._number.clear()
            self._of.setText("")
            self._owner.setText("")
            self._form.setText("")
            self._version.setText("")
            return
        page = self.view.page
        self._number.setText(str(page + 1))
        self._of.setText(f"/ {len(made.pages):,}")
        place = made.places[page]
        side = f"第 {place.number}/{place.of} 页" if len(made.starts) > 1 else ""
        self._owner.setText(f"{side}　{made.owner(page)}".strip())
        self._form.setText(made.sheet.title)
        version = f"表样版本 {made.sheet.template.version[:8]}"
        self._version.setText(f"{made.sheet.scope}\n{version}")
        self._say_zoom()

    def _say_zoom(self) -> None:
        self._zoom.setText(f"{self.view.zoom:.0%}")

    def _go_to_number(self) -> None:
        text = self._number.text().strip()
        if text.isdigit():
            self.view.turn(int(text) - 1)
        self._say_page()

    def _enable(self) -> None:
        for button in (self.print_button, self.pdf_button, self.workbook_button):
            button.setEnabled(self._can_send)

    def _say_empty(self, icon: str, title: str, text: str) -> None:
        old, self._empty = self._empty, EmptyState(icon, title, text)
        self._stack.removeWidget(old)
        old.deleteLater()
        self._stack.addWidget(self._empty)
        self._stack.setCurrentWidget(self._empty)
        self._busy.setText("")
