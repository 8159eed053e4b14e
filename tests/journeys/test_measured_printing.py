"""Printed through a real CUPS queue and measured: 100 % to half a millimetre, edges or no edges."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from app.services.forms.calibration import LEFT, LONG, SHORT, TOP, calibration_sheet
from app.services.forms.cups import Tray
from app.services.forms.order import Correction, Order, Sides
from app.services.forms.preview import Pages
from app.ui.desk_frame import DeskFrame
from app.ui.papers.cards import CardsScreen
from app.ui.printing import CupsPort, print_calibration
from tests.builders import person, take_in, write_list
from tests.print_server import QUEUE, PrintServer, printed
from tests.rulers import measure
from tests.ui.conftest import (  # the window's fixtures
    frame,
    look,
    preferences,
    settled,
    shell,
    window,
)

__all__ = ["frame", "look", "preferences", "printed", "settled", "shell", "window"]
HALF = 0.5  # mm: what a registrar's steel ruler may show at most
_DPI = 300


@pytest.mark.ux("R3")
def test_the_bars_of_the_calibration_sheet_are_true(printed: PrintServer) -> None:
    print_calibration(CupsPort(), Order(QUEUE))
    (paper,) = printed.papers()
    across, down, short = measure(paper)
    assert (across.begin, across.length) == pytest.approx((LEFT, LONG), abs=HALF)
    assert (down.begin, down.length) == pytest.approx((TOP, LONG), abs=HALF)
    assert short.length == pytest.approx(SHORT, abs=HALF)
    drawn = calibration_sheet(QUEUE, date(2026, 9, 1))
    assert ink(paper, 1) == pytest.approx(ink(drawn, 1), abs=HALF)


@pytest.mark.ux("R3")
def test_this_printer_would_shrink_what_is_fitted_to_its_page(printed: PrintServer) -> None:
    sheet = calibration_sheet(QUEUE, date(2026, 9, 1))
    printed.ask("lp", "-d", QUEUE, "-o", "fit-to-page", "-o", "media=A4", "-", content=sheet)
    across, _, short = measure(printed.papers()[0])
    assert across.length < LONG - 5  # what the ruler is for: it does show a wrong scale
    assert short.length < SHORT - 3


@pytest.mark.ux("R3")
def test_the_correction_moves_and_stretches_what_is_printed(printed: PrintServer) -> None:
    print_calibration(CupsPort(), Order(QUEUE, Sides.LONG, correction=Correction(2, -1, 1.01, 1)))
    across, down, _ = measure(printed.papers()[0])
    # a printer that adds 2 mm and 1 %, and stands 1 mm too high, makes 30, 60 and 150 of these
    assert (across.begin * 1.01 + 2, across.length * 1.01) == pytest.approx((LEFT, LONG), abs=HALF)
    assert down.begin - 1 == pytest.approx(TOP, abs=HALF)


@pytest.mark.ux("R1", "R2", "R3")
def test_a_card_comes_out_where_the_preview_shows_it(
    printed: PrintServer, frame: DeskFrame, settled: Callable[[], None], tmp_path: Path
) -> None:
    desk = frame.shell.desk
    rows = [person(number, name) for number, name in enumerate(("安然", "白岩", "单晓明"))]
    take_in(desk, write_list(tmp_path / "名册.xlsx", rows))
    desk.placement.split(desk.actor, 2026)
    frame.show_screen("cards")
    settled()
    screen = frame.current
    assert isinstance(screen, CardsScreen)
    panel, preview = screen.desk.panel, screen.desk.preview
    assert panel.printer.currentData() == QUEUE
    assert CupsPort().abilities(QUEUE).trays == (Tray("Auto", "自动选择"), Tray("Tray2", "纸盒 2"))
    assert panel.sides.currentText() == Sides.LONG
    assert preview is not None
    screen.desk.print_now()
    settled()
    papers = printed.papers()
    assert len(papers) == 3  # a card a job: each can be printed again alone
    for number, paper in enumerate(papers):
        for side in range(2):
            shown = preview.file
            assert ink(paper, side) == pytest.approx(ink(shown, 2 * number + side), abs=HALF)


def ink(content: bytes, page: int = 0) -> tuple[float, float, float, float]:
    """From the left and upper edge of the paper (mm) where ink begins and where it ends."""
    pages = Pages(content)
    picture = pages.picture(page, _DPI, grey=True)
    pages.close()
    image = Image.frombytes(
        "L", (picture.width, picture.height), picture.data, "raw", "L", picture.stride
    )
    box = image.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None, "一张白纸"
    left, top, right, bottom = (edge / _DPI * 25.4 for edge in box)
    return left, top, right, bottom
