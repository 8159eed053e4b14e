"""Which pages go on which sheet of paper, and where the corrected page lands on it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.errors import CalibrationRefused, NothingToPrint, PrintRangeRefused
from app.services.forms.calibration import (
    Measured,
    calibration_sheet,
    correction_of,
    measured_by,
)
from app.services.forms.order import (
    Correction,
    Imposer,
    Leaf,
    Order,
    Sides,
    leaves,
    page_range,
    parcels,
)
from app.services.forms.preview import Pages, PreviewPage
from tests.rulers import measure


def places(*counts: int) -> list[PreviewPage]:
    """Pages of documents that are so many pages long."""
    made: list[PreviewPage] = []
    for document, count in enumerate(counts):
        made += [
            PreviewPage(len(made) + number - 1, document, number, count, 595, 842)
            for number in range(1, count + 1)
        ]
    return [PreviewPage(i, p.document, p.number, p.of, 595, 842) for i, p in enumerate(made)]


@pytest.mark.ux("R1")
@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("", {0, 1, 2, 3, 4}),
        ("1-3,5", {0, 1, 2, 4}),
        ("2，4", {1, 3}),
        ("3－4、1", {0, 2, 3}),
        (" 5 ", {4}),
    ],
)
def test_a_range_is_read_as_it_is_typed(text: str, pages: set[int]) -> None:
    assert page_range(text, 5) == pages


@pytest.mark.parametrize("text", ["0", "6", "3-1", "一至三", "2-", "1-9"])
def test_a_range_that_is_none_says_what_to_write(text: str) -> None:
    with pytest.raises(PrintRangeRefused, match=r"1-3,5；本次共 5 页"):
        page_range(text, 5)


@pytest.mark.ux("R5")
def test_on_both_sides_every_document_begins_a_new_sheet() -> None:
    found = leaves(places(2, 3, 1), Order("p", Sides.LONG))
    assert found == (
        Leaf(1, 0, 0, 1),
        Leaf(2, 1, 2, 3),
        Leaf(3, 1, 4),
        Leaf(4, 2, 5),
    )
    assert [len(parcel) for parcel in parcels(found)] == [1, 2, 1]


@pytest.mark.ux("R5")
def test_printing_goes_on_from_a_sheet() -> None:
    found = leaves(places(2, 2, 2), Order("p", Sides.LONG, start=2))
    assert [leaf.number for leaf in found] == [2, 3]
    with pytest.raises(NothingToPrint, match="本次共 3 张"):
        leaves(places(2, 2, 2), Order("p", Sides.LONG, start=4))


@pytest.mark.ux("R5")
def test_backs_for_a_simplex_printer_come_in_step_with_the_fronts() -> None:
    pages = places(2, 3)
    content = calibration_sheet("p", date(2026, 9, 9))
    fronts = leaves(pages, Order("p", Sides.FRONTS))
    backs = leaves(pages, Order("p", Sides.BACKS_REVERSED))
    assert [leaf.front for leaf in fronts] == [0, 2, 4]
    assert [(leaf.number, leaf.back) for leaf in backs] == [(3, None), (2, 3), (1, 1)]
    imposer = Imposer(content, Order("p", Sides.BACKS))
    blank = Pages(imposer.file([Leaf(1, 0, 0)]))
    assert len(blank) == 1
    assert set(blank.picture(0, 20, grey=True).data) == {255}


def test_a_page_that_was_not_asked_for_leaves_its_side_blank() -> None:
    (leaf,) = leaves(places(2), Order("p", Sides.LONG, pages="2"))
    assert (leaf.front, leaf.back) == (None, 1)


@pytest.mark.ux("R3")
def test_the_calibration_sheet_is_true_to_the_tenth_of_a_millimetre() -> None:
    across, down, short = measure(calibration_sheet("HP", date(2026, 9, 9)))
    assert (across.begin, across.length) == pytest.approx((30, 150), abs=0.1)
    assert (down.begin, down.length) == pytest.approx((60, 150), abs=0.4)  # the level bar's width
    assert short.length == pytest.approx(100, abs=0.15)


@pytest.mark.ux("R3")
@given(
    x=st.floats(-5, 5),
    y=st.floats(-5, 5),
    stretch=st.floats(0.98, 1.02),
    tall=st.floats(0.98, 1.02),
)
def test_a_point_lands_true_on_a_printer_that_is_off(
    x: float, y: float, stretch: float, tall: float
) -> None:
    """What the correction does to the page, and then the printer to what it gets, is nothing."""
    measured = Measured(x + 30 * stretch, y + 60 * tall, 150 * stretch, 150 * tall)
    a, _, _, d, e, f = correction_of(measured).matrix(842)
    point = (100.0, 300.0)
    moved = point[0] * a + e, point[1] * d + f
    mm = 72 / 25.4
    paper = moved[0] * stretch + x * mm, 842 - ((842 - moved[1]) * tall + y * mm)
    assert paper == pytest.approx(point, abs=0.05)


@pytest.mark.ux("R3")
def test_a_corrected_file_moves_the_page_on_the_paper() -> None:
    content = calibration_sheet("HP", date(2026, 9, 9))
    correction = Correction(x=2, y=-1.5, scale_x=1.01, scale_y=0.99)
    imposer = Imposer(content, Order("p", correction=correction))
    across, down, short = measure(imposer.file([Leaf(1, 0, 0)]))
    # the printer then adds 2 mm and 1 % again
    assert across.begin * 1.01 + 2 == pytest.approx(30, abs=0.2)
    assert across.length * 1.01 == pytest.approx(150, abs=0.2)
    assert down.length * 0.99 == pytest.approx(150, abs=0.5)
    assert short.length * 1.01 == pytest.approx(100, abs=0.2)


def test_the_measured_numbers_come_back_as_they_were_entered() -> None:
    measured = Measured(31.5, 58.5, 150.5, 149.5)
    assert measured_by(correction_of(measured)) == measured
    assert correction_of(Measured()).is_none


@pytest.mark.ux("R3")
@pytest.mark.parametrize(
    ("measured", "cure"),
    [
        (Measured(across=143), "适合页面"),
        (Measured(left=50), "从纸的边缘量起"),
    ],
)
def test_numbers_that_no_printer_makes_are_refused(measured: Measured, cure: str) -> None:
    with pytest.raises(CalibrationRefused, match=cure):
        correction_of(measured)
