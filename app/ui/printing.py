"""Printing: the printers of this PC, and the work that sends a previewed paper to one of them.

On CUPS the printer gets the previewed PDF itself. Elsewhere it gets its pixels, 600 to the inch
in grey. Both ways the page is printed at its true size, moved by the correction of that printer
and tray.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import quote

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from app.services.clock import now
from app.services.errors import NoPrinter, PrinterFailed
from app.services.forms import cups
from app.services.forms.calibration import calibration_sheet
from app.services.forms.cups import Abilities, PrinterRow, Tray
from app.services.forms.order import Correction, Imposer, Leaf, Order, Sides, leaves, parcels
from app.services.forms.preview import PagePicture, Pages, Preview
from app.services.progress import Step, Work
from app.services.workstation import Workstation
from app.ui.preferences import Preferences

_DPI: Final = 600
_POINTS: Final = 72
_CHECK_EVERY: Final = 5  # documents between two looks at the printer's state


class Port(Protocol):
    """A way to printers."""

    def printers(self) -> list[PrinterRow]:
        """Those that this PC knows."""
        ...

    def abilities(self, printer: str) -> Abilities:
        """What one of them can do."""
        ...

    def trouble(self, printer: str) -> PrinterFailed | None:
        """What keeps it from printing."""
        ...

    def send(self, order: Order, content: bytes, title: str) -> None:
        """Give it a file; raises PrinterFailed."""
        ...


class CupsPort:
    """Printers of Linux."""

    def printers(self) -> list[PrinterRow]:
        """See Port."""
        return cups.printers()

    def abilities(self, printer: str) -> Abilities:
        """See Port."""
        return cups.abilities(printer)

    def trouble(self, printer: str) -> PrinterFailed | None:
        """See Port."""
        return cups.trouble(printer)

    def send(self, order: Order, content: bytes, title: str) -> None:
        """See Port."""
        pages = Pages(content)
        size = pages.sizes[0]
        pages.close()
        cups.send(order, content, title, size)


class QtPort:
    """Printers of Windows; also of a Linux without CUPS' commands. Paints pixels in bands."""

    def printers(self) -> list[PrinterRow]:
        """See Port."""
        default = QPrinterInfo.defaultPrinterName()
        return [
            PrinterRow(info.printerName(), info.description(), info.printerName() == default)
            for info in QPrinterInfo.availablePrinters()
        ]

    def abilities(self, printer: str) -> Abilities:
        """See Port."""
        info = QPrinterInfo.printerInfo(printer)
        if info.isNull():
            return Abilities(duplex=False, trays=())
        duplex = any(mode is not QPrinter.DuplexMode.DuplexNone
                     for mode in info.supportedDuplexModes())  # fmt: skip
        # which trays a printer has cannot be asked of Qt: those that drivers understand
        return Abilities(duplex, tuple(Tray(one.name, name) for one, name in _SOURCES.items()))

    def trouble(self, printer: str) -> PrinterFailed | None:
        """See Port."""
        info = QPrinterInfo.printerInfo(printer)
        if info.isNull():
            return PrinterFailed(
                printer=printer, problem="找不到了", cure="请检查连线和电源，或选择另一台打印机"
            )
        if info.state() in (QPrinter.PrinterState.Aborted, QPrinter.PrinterState.Error):
            return PrinterFailed(
                printer=printer, problem="报告出错",
                cure="请看打印机是否缺纸、卡纸、盖子没有关好或没有联机",
            )  # fmt: skip
        return None

    def send(self, order: Order, content: bytes, title: str) -> None:
        """See Port."""
        printer = QPrinter(
            QPrinterInfo.printerInfo(order.printer), QPrinter.PrinterMode.HighResolution
        )
        printer.setDocName(title)
        printer.setCopyCount(order.copies)
        printer.setDuplex(_DUPLEX.get(order.sides, QPrinter.DuplexMode.DuplexNone))
        source = next((one for one in _SOURCES if one.name == order.tray), None)
        if source is not None:
            printer.setPaperSource(source)
        paint(printer, content, order.printer)


_DUPLEX: Final = {
    Sides.LONG: QPrinter.DuplexMode.DuplexLongSide,
    Sides.SHORT: QPrinter.DuplexMode.DuplexShortSide,
}
_SOURCES: Final = {
    QPrinter.PaperSource.Auto: "自动选择",
    QPrinter.PaperSource.Upper: "上纸盒",
    QPrinter.PaperSource.Lower: "下纸盒",
    QPrinter.PaperSource.Middle: "中纸盒",
    QPrinter.PaperSource.Manual: "手动进纸",
}


def paint(printer: QPrinter, content: bytes, name: str) -> None:
    """Paint the pages of a PDF on a printer at their true size, whatever edges it cannot print."""
    pages = Pages(content)
    painter = QPainter()
    try:
        printer.setResolution(_DPI)
        for index, size in enumerate(pages.sizes):
            _lay_out(printer, *size)
            begun = painter.begin(printer) if index == 0 else printer.newPage()
            if not begun:
                raise PrinterFailed(
                    printer=name, problem="没有接下任务", cure="请检查打印机，再从这一张继续"
                )
            dpi = printer.resolution()
            for top, band in pages.bands(index, dpi):
                painter.drawImage(0, top, image_of(band))
    finally:
        if painter.isActive():
            painter.end()
        pages.close()


def _lay_out(printer: QPrinter, width: float, height: float) -> None:
    """The layout first and full page after it: the other way the layout undoes it."""
    across = width > height
    size = QPageSize(
        QSizeF(min(width, height), max(width, height)),
        QPageSize.Unit.Point,
        "",
        QPageSize.SizeMatchPolicy.FuzzyMatch,
    )
    direction = QPageLayout.Orientation.Landscape if across else QPageLayout.Orientation.Portrait
    layout = QPageLayout(size, direction, QMarginsF(0, 0, 0, 0))
    layout.setMode(QPageLayout.Mode.FullPageMode)
    printer.setPageLayout(layout)
    printer.setFullPage(True)


def image_of(picture: PagePicture) -> QImage:
    """A page's pixels for Qt; the bytes are copied."""
    kind = QImage.Format.Format_Grayscale8 if picture.grey else QImage.Format.Format_RGB32
    return QImage(picture.data, picture.width, picture.height, picture.stride, kind).copy()


def find_port() -> Port:
    """The way to the printers of this PC."""
    return CupsPort() if cups.available() else QtPort()


# --- the work ------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What has gone out: grows while the work goes on, and is right whenever it stops."""

    total: int = 0
    sent: list[Leaf] = field(default_factory=list)
    next: int = 1  # the sheet to continue from

    @property
    def is_whole(self) -> bool:
        """Whether everything went out."""
        return len(self.sent) == self.total


def print_paper(
    desk: Workstation, preview: Preview, order: Order, port: Port, tally: Tally
) -> Work[Tally]:
    """Send a previewed paper, one document after the other, each with its record.

    It can be stopped between two documents; `tally` then says which sheets went out.
    """
    if not order.printer:
        raise NoPrinter
    if trouble := port.trouble(order.printer):
        raise trouble
    imposer = Imposer(preview.file, order)
    try:
        chosen = leaves(preview.places, order)
        tally.total, tally.next = len(chosen), chosen[0].number
        at = now()
        for number, parcel in enumerate(parcels(chosen)):
            if number and number % _CHECK_EVERY == 0 and (trouble := port.trouble(order.printer)):
                raise trouble
            content = imposer.file(parcel)
            title = f"{preview.sheet.title} {parcel[0].number}"
            if order.sides.is_second_pass:
                port.send(order, content, title)
            else:
                with desk.printing.sending(
                    desk.actor,
                    preview.sheet,
                    parcel[0].document,
                    printer=order.printer,
                    pages=_which_pages(preview, parcel),
                    at=at,
                ):
                    port.send(order, content, title)
            tally.sent.extend(parcel)
            tally.next = parcel[-1].number + 1
            yield Step(len(tally.sent), tally.total, f"第 {parcel[-1].number} 张已送到打印机")
    finally:
        imposer.close()
    return tally


def print_calibration(port: Port, order: Order) -> None:
    """Send the calibration sheet: without the correction unless the order carries one."""
    note = "" if order.correction.is_none else "已按校正打印，四个数应等于 30、60、150、150"
    plain = calibration_sheet(order.printer, now().date(), note)
    imposer = Imposer(plain, order)
    sheets = [Leaf(1, 0, 0, 1)]
    if order.sides is Sides.ONE:
        sheets = [Leaf(1, 0, 0), Leaf(2, 0, 1)]
    content = imposer.file(sheets)
    imposer.close()
    port.send(order, content, "校准页")


def _which_pages(preview: Preview, parcel: Sequence[Leaf]) -> str:
    """Which pages of the document go out, empty for all of them."""
    pages = [page for leaf in parcel for page in leaf.pages]
    whole = preview.places[pages[0]].of
    if len(pages) == whole:
        return ""
    return ",".join(str(preview.places[page].number) for page in pages)


# --- what is remembered ---------------------------------------------------------------------


class PrintMemory:
    """Printer, tray and sides by form; the correction by printer and tray. Never a name."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def last(self, form: str) -> tuple[str, str, Sides]:
        """Printer, tray and sides that this form was printed with last."""
        printer, tray, sides = (
            str(self._preferences.get(f"print/{quote(form, safe='')}/{what}", ""))
            for what in ("printer", "tray", "sides")
        )
        return printer, tray, Sides(sides) if sides in [*Sides] else Sides.ONE

    def remember(self, form: str, order: Order) -> None:
        """Keep what was chosen for a form."""
        for what, value in (
            ("printer", order.printer),
            ("tray", order.tray),
            ("sides", order.sides.value),
        ):
            self._preferences.set(f"print/{quote(form, safe='')}/{what}", value)

    def knows(self, form: str) -> bool:
        """Whether the form was printed on this PC."""
        return bool(self.last(form)[0])

    def correction(self, printer: str, tray: str) -> Correction:
        """The correction of a printer and tray; that of the printer where the tray has none."""
        for key in (self._key(printer, tray), self._key(printer, "")):
            kept = str(self._preferences.get(key, ""))
            try:
                numbers = [float(number) for number in kept.split()]
            except ValueError:
                continue
            if len(numbers) == 4:
                return Correction(*numbers)
        return Correction()

    def set_correction(self, printer: str, tray: str, correction: Correction) -> None:
        """Keep the correction of a printer and tray."""
        numbers = (correction.x, correction.y, correction.scale_x, correction.scale_y)
        self._preferences.set(self._key(printer, tray), " ".join(map(repr, numbers)))

    @staticmethod
    def _key(printer: str, tray: str) -> str:
        return f"printers/{quote(printer, safe='')}/{quote(tray, safe='') or 'any'}"


def sheets_in_words(numbers: Sequence[int]) -> str:
    """Numbers as people say them: 1–12、15."""
    return "、".join(
        f"{first}" if first == last else f"{first}–{last}" for first, last in _runs(sorted(numbers))
    )


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last
