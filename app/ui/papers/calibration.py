"""校准: print the ruler page, measure four lengths, keep what undoes the printer's error."""

from typing import Final

from PySide6.QtCore import QLocale, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.services.errors import AppError
from app.services.forms.calibration import LEFT, LONG, TOP, Measured, correction_of, measured_by
from app.services.forms.order import Correction, Order, Sides
from app.ui import theme
from app.ui.printing import Port, PrintMemory, print_calibration
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Label

_WORDS: Final = (
    ("left", "① 纸的左边缘到横线左端", LEFT),
    ("top", "② 纸的上边缘到竖线上端", TOP),
    ("across", "③ 横线全长", LONG),
    ("down", "④ 竖线全长", LONG),
)


class CalibrationDialog(QDialog):
    """The numbers of one printer and tray; `correction` is what was kept."""

    def __init__(
        self, shell: Shell, port: Port, memory: PrintMemory, order: Order, tray_name: str
    ) -> None:
        super().__init__(shell.window)
        self._shell, self._port, self._memory, self._order = shell, port, memory, order
        self.setWindowTitle("校准打印机")
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label("校准打印机", "section"))
        where = f"{order.printer or '（没有选打印机）'}　{tray_name}".strip()
        box.addWidget(Label(where, tint="text-2"))
        row = QHBoxLayout()
        row.setSpacing(theme.px(20))
        row.addWidget(_Drawing())
        row.addLayout(self._fields(), 1)
        box.addLayout(row)
        self._said = Label(role="table", tint="text-2", wrap=True)
        self._said.setMinimumHeight(theme.px(42))
        box.addWidget(self._said)
        box.addLayout(self._buttons())
        self.show_numbers(measured_by(memory.correction(order.printer, order.tray)))

    @property
    def measured(self) -> Measured:
        """The numbers as they stand."""
        return Measured(**{name: box.value() for name, box in self._boxes.items()})

    def show_numbers(self, measured: Measured) -> None:
        """Fill in the numbers."""
        for name, box in self._boxes.items():
            box.setValue(getattr(measured, name))
        self._tell()

    def keep(self) -> None:
        """Keep the correction, or say which number cannot be."""
        try:
            correction = correction_of(self.measured)
        except AppError as error:
            self._say(str(error), "danger")
            return
        self._memory.set_correction(self._order.printer, self._order.tray, correction)
        self.accept()

    def _fields(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.px(8))
        steps = (
            "打印校准页，用钢尺量四个数（准到半毫米）填在这里。"
            "以后这台打印机、这个纸盒打印时自动校正。"
        )
        column.addWidget(Label(steps, "table", "text-2", wrap=True))
        form = QFormLayout()
        form.setVerticalSpacing(theme.px(8))
        form.setHorizontalSpacing(theme.px(12))
        self._boxes: dict[str, QDoubleSpinBox] = {}
        for name, words, true in _WORDS:
            box = QDoubleSpinBox()
            box.setLocale(QLocale.c())
            box.setAlignment(Qt.AlignmentFlag.AlignCenter)
            box.setDecimals(1)
            box.setSingleStep(0.1)
            box.setRange(0, 400)
            box.setSuffix(" 毫米")
            box.setAccessibleName(words)
            box.setToolTip(f"不偏不斜的打印机量得 {true:g} 毫米")
            box.setMinimumWidth(theme.px(120))
            box.setMinimumHeight(theme.px(32))
            box.valueChanged.connect(self._tell)
            self._boxes[name] = box
            form.addRow(Label(words), box)
        column.addLayout(form)
        column.addStretch()
        return column

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Button("打印校准页", "printer", on_click=lambda: self._print(Correction())))
        self._again = Button("按校正再打一张", on_click=self._print_corrected)
        self._again.setToolTip("带着校正打印，量得的数应为 30、60、150、150")
        row.addWidget(self._again)
        row.addStretch()
        row.addWidget(
            Button("不校正", kind="quiet", on_click=lambda: self.show_numbers(Measured()))
        )
        row.addWidget(Button("取消", on_click=self.reject))
        keep = Button("保存校正", kind="primary", on_click=self.keep)
        keep.setDefault(True)
        row.addWidget(keep)
        return row

    def _tell(self) -> None:
        try:
            correction = correction_of(self.measured)
        except AppError as error:
            self._say(str(error), "danger")
        else:
            self._say(correction_in_words(correction), "text-2")

    def _say(self, text: str, tint: str) -> None:
        self._said.setText(text)
        self._said.set_tint(tint)

    def _print_corrected(self) -> None:
        try:
            self._print(correction_of(self.measured))
        except AppError as error:
            self._say(str(error), "danger")

    def _print(self, correction: Correction) -> None:
        order = Order(
            self._order.printer,
            sides=self._order.sides if self._order.sides is Sides.LONG else Sides.ONE,
            tray=self._order.tray,
            correction=correction,
        )
        self._shell.run(
            lambda: print_calibration(self._port, order),
            "正在打印校准页",
            lambda _: self._say("校准页已送到打印机，请量好四个数。", "ok"),
            lambda error: self._say(str(error), "danger"),
            changes=False,
        )


def correction_in_words(correction: Correction) -> str:
    """What is corrected, for people."""
    if correction.is_none:
        return "不校正：打印机打得准。"
    parts = []
    if correction.x:
        parts.append(f"向{'左' if correction.x > 0 else '右'}移 {abs(correction.x):.1f} 毫米")
    if correction.y:
        parts.append(f"向{'上' if correction.y > 0 else '下'}移 {abs(correction.y):.1f} 毫米")
    for scale, word in ((correction.scale_x, "横"), (correction.scale_y, "竖")):
        if abs(scale - 1) >= 0.0005:
            parts.append(f"{word}向缩放 {1 / scale:.2%}")
    return "校正：" + "，".join(parts)


class _Drawing(QWidget):
    """What to measure, as a small sheet; white as paper is."""

    def sizeHint(self) -> QSize:
        return QSize(theme.px(210), theme.px(240))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sheet = QRectF(8, 8, theme.px(160), theme.px(220))
        painter.fillRect(sheet, Qt.GlobalColor.white)
        painter.setPen(theme.colour("border-strong"))
        painter.drawRect(sheet)
        left = sheet.left() + sheet.width() * 0.24
        top = sheet.top() + sheet.height() * 0.24
        right, bottom = left + sheet.width() * 0.62, top + sheet.height() * 0.6
        painter.setPen(QPen(Qt.GlobalColor.black, 2))
        painter.drawLine(round(left), round(top), round(right), round(top))
        painter.drawLine(round(left), round(top), round(left), round(bottom))
        painter.setFont(theme.font("strong"))
        blue = QPen(theme.colour("chart-2"), 1.5)
        painter.setPen(blue)
        painter.drawLine(round(sheet.left()), round(top + 14), round(left), round(top + 14))
        painter.drawLine(round(left + 14), round(sheet.top()), round(left + 14), round(top))
        tall = QFontMetrics(painter.font()).ascent()
        for mark, x, y in (
            ("①", sheet.left() + 6, top + 18 + tall),
            ("②", left + 18, sheet.top() + 4 + tall),
            ("③", (left + right) / 2, top + 6 + tall),
            ("④", left + 6, (top + bottom) / 2 + tall),
        ):
            painter.drawText(round(x), round(y), mark)
