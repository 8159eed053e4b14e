"""How it is to be printed: printer, tray, sides, copies, which pages, from which sheet on."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.errors import AppError
from app.services.forms.cups import Abilities, PrinterRow
from app.services.forms.order import Order, Sides, leaf_count
from app.services.forms.preview import Preview
from app.ui import theme
from app.ui.papers.calibration import CalibrationDialog, correction_in_words
from app.ui.printing import Port, PrintMemory
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, ChoiceBox, Label
from app.ui.widgets.look import keep

_NO_TRAY: Final = "打印机默认"
_MOST_COPIES: Final = 99


class PrintPanel(QWidget):
    """The choices of one order; what was chosen for a form comes back with it."""

    changed = QtSignal()

    def __init__(self, shell: Shell, port: Port, memory: PrintMemory) -> None:
        super().__init__()
        self._shell, self._port, self._memory = shell, port, memory
        self._form = ""
        self._preview: Preview | None = None
        self._printers: list[PrinterRow] = []
        self._loaded = False
        self._build()
        self._load()

    # --- the order ------------------------------------------------------------------------

    def order(self) -> Order:
        """What is chosen."""
        printer, tray = self.printer.currentData() or "", self.tray.currentData() or ""
        return Order(
            printer=printer,
            sides=Sides(self.sides.currentText()),
            copies=self.copies.value(),
            tray=tray,
            pages=self.pages.text().strip(),
            start=self.start.value(),
            correction=self._memory.correction(printer, tray),
        )

    def show_preview(self, form: str, preview: Preview | None) -> None:
        """Another paper: its range starts anew, its printer comes back."""
        if form != self._form:
            self._form = form
            self.pages.clear()
            self.start.set_value(1)
            self._recall()
        self._preview = preview
        self._count()

    def continue_from(self, sheet: int) -> None:
        """从第 n 张继续: after a jam, or when she stopped."""
        self.start.set_value(sheet)

    def remember(self, order: Order) -> None:
        """Keep printer, tray and sides for this form."""
        self._memory.remember(self._form, order)

    @property
    def sheet_count(self) -> int:
        """How many sheets of paper the order takes; 0 while its range is not one."""
        if self._preview is None:
            return 0
        try:
            order = self.order()
            total = leaf_count(self._preview.places, order)
        except AppError:
            return 0
        return max(0, total - order.start + 1)

    def use_port(self, port: Port) -> None:
        """Print another way, and ask again which printers there are."""
        self._port = port
        self._load()

    # --- building -------------------------------------------------------------------------

    def _build(self) -> None:
        self.printer = ChoiceBox("打印机")
        self.tray = ChoiceBox("纸盒")
        self.sides = ChoiceBox("单双面", [side.value for side in Sides])
        for box in (self.printer, self.tray, self.sides):
            box.setSizeAdjustPolicy(
                ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(6)
        self.copies = CountBox("份数", _MOST_COPIES)
        self.start = CountBox("从第几张起", 1)
        self.pages = QLineEdit()
        self.pages.setAccessibleName("页码范围")
        self.pages.setPlaceholderText("全部，或 1-3,5")
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(8))
        grid.setVerticalSpacing(theme.px(8))
        grid.setColumnStretch(1, 1)
        for row, (words, field) in enumerate(
            (
                ("打印机", self.printer),
                ("纸盒", self.tray),
                ("单双面", self.sides),
                ("页码", self.pages),
            )
        ):
            label = Label(words, tint="text-2")
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        counts = QHBoxLayout()
        counts.setSpacing(theme.px(4))
        counts.addWidget(self.copies)
        counts.addWidget(Label("份", tint="text-2"))
        counts.addStretch()
        counts.addWidget(Label("从第", tint="text-2"))
        counts.addWidget(self.start)
        counts.addWidget(Label("张起", tint="text-2"))
        grid.addWidget(Label("份数", tint="text-2"), 4, 0)
        grid.addLayout(counts, 4, 1)
        self._counted = Label(role="table", tint="text-2", wrap=True)
        self._corrected = Label(role="small", tint="text-3", wrap=True)
        self.calibrate = Button("校准…", kind="link", on_click=self.calibrate_printer)
        below = QHBoxLayout()
        below.addWidget(self._corrected, 1)
        below.addWidget(self.calibrate)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addLayout(grid)
        column.addWidget(self._counted)
        column.addLayout(below)
        self.printer.activated.connect(self._choose_printer)
        self.tray.activated.connect(self._count)
        self.sides.currentTextChanged.connect(self._count)
        self.pages.textChanged.connect(self._count)
        self.start.counted.connect(self._count)
        self.copies.counted.connect(self._count)

    def calibrate_printer(self) -> None:
        """Open the ruler page of this printer and tray."""
        dialog = CalibrationDialog(
            self._shell, self._port, self._memory, self.order(), self.tray.currentText()
        )
        dialog.exec()
        self._count()

    # --- printers -------------------------------------------------------------------------

    def _load(self) -> None:
        self._shell.read(self._port.printers, self._show_printers)

    def _show_printers(self, printers: list[PrinterRow]) -> None:
        self._printers, self._loaded = printers, True
        self.printer.clear()
        for row in printers:
            self.printer.addItem(row.description or row.name, row.name)
        if not printers:
            self.printer.addItem("没有打印机", "")
        self.printer.setEnabled(bool(printers))
        self.calibrate.setEnabled(bool(printers))
        self._recall()

    def _recall(self) -> None:
        printer, tray, sides = self._memory.last(self._form)
        if not self._memory.knows(self._form) and self._form == "学籍卡":
            sides = Sides.LONG  # its two pages are the two sides of one leaf
        self.sides.setCurrentText(sides.value)
        if not self._loaded:
            return
        usual = next((row.name for row in self._printers if row.is_default), "")
        for wanted in (printer, usual):
            at = self.printer.findData(wanted) if wanted else -1
            if at >= 0:
                self.printer.setCurrentIndex(at)
                break
        self._choose_printer(tray=tray)

    def _choose_printer(self, _index: int = 0, *, tray: str = "") -> None:
        name = self.printer.currentData() or ""
        self.tray.clear()
        self.tray.addItem(_NO_TRAY, "")
        self._count()
        if name:
            self._shell.read(
                lambda: self._port.abilities(name), lambda found: self._able(name, found, tray)
            )

    def _able(self, printer: str, found: Abilities, tray: str) -> None:
        if printer != self.printer.currentData():
            return
        for one in found.trays:
            self.tray.addItem(one.name, one.key)
        self.tray.setCurrentIndex(max(0, self.tray.findData(tray)))
        asks_for_both = self.sides.currentText() in (Sides.LONG, Sides.SHORT)
        if asks_for_both and not found.duplex and not self._memory.knows(self._form):
            self.sides.setCurrentText(Sides.FRONTS.value)
        self._count()

    def _count(self) -> None:
        order = self.order()
        self._corrected.setText(correction_in_words(order.correction))
        fault = ""
        if self._preview is None:
            said = ""
        else:
            try:
                total = leaf_count(self._preview.places, order)
                self.start.set_most(max(1, total))
                sheets = max(0, total - order.start + 1) * order.copies
                said = f"共 {len(self._preview.places):,} 页，用纸 {sheets:,} 张，按 100% 打印"
            except AppError as error:
                said = fault = str(error)
        self._counted.setText(said)
        self._counted.set_tint("danger" if fault else "text-2")
        self.pages.setProperty("fault", bool(fault))
        self.pages.style().polish(self.pages)
        self.changed.emit()


class CountBox(QLineEdit):
    """A small number from 1 on; ↑ and ↓ step it."""

    counted = QtSignal(int)

    def __init__(self, name: str, most: int) -> None:
        super().__init__("1")
        self.setAccessibleName(name)
        keep(self, width=52)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._most = most
        self.setMaxLength(6)
        self.setValidator(QIntValidator(1, 999_999, self))
        self.textChanged.connect(lambda _: self.counted.emit(self.value()))
        self.editingFinished.connect(lambda: self.set_value(self.value()))

    def value(self) -> int:
        """The number; 1 while nothing is typed."""
        return min(max(1, int(self.text() or 1)), self._most)

    def set_value(self, value: int) -> None:
        """Show a number."""
        self.setText(str(min(max(1, value), self._most)))

    def set_most(self, most: int) -> None:
        """The largest number."""
        self._most = most

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if step:
            self.set_value(self.value() + step)
        else:
            super().keyPressEvent(event)
