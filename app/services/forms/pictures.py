"""Pictures and codes on a paper: brought to the size in which they are printed, fitted, placed."""

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

import zxingcpp
from openpyxl.drawing.spreadsheet_drawing import OneCellAnchor, TwoCellAnchor
from PIL import Image, ImageOps, UnidentifiedImageError

from app.services.errors import PictureUnreadable

PRINT_DPI: Final = 300
EMU_PER_POINT: Final = 12700  # the unit in which a workbook places pictures
#: Finer by less than this is taken as it is: scaling 480 × 640 costs half of drawing a card.
_ROOM: Final = 1.6
_END_OF_JPEG: Final = b"\xff\xd9"
QUIET: Final = 2  # modules kept white around a QR code; the cell gives the rest
_DARK: Final = re.compile(rb"\0+")
_PNG_MODULE: Final = 6  # pixels


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture ready to embed: a JPEG in grey or RGB, and its size in pixels."""

    jpeg: bytes
    width: int
    height: int
    grey: bool


@lru_cache(maxsize=64)
def prepare(data: bytes, width: float, height: float, *, crop: bool = False) -> Raster:
    """The picture as JPEG, upright, no finer than paper shows in a box of that size (points).

    A JPEG that is already right is taken as it is. Transparency becomes white; CMYK becomes RGB.
    With `crop` what does not fit the box is cut off on both sides, so that it fills the box.
    """
    try:
        with Image.open(BytesIO(data)) as image:
            if crop:
                upright = ImageOps.exif_transpose(image)
                if (cut := _to_shape(upright, width / height)) is not upright:
                    return _prepare(cut, data, width, height)
            return _prepare(image, data, width, height)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise PictureUnreadable() from error


def _to_shape(image: Image.Image, shape: float) -> Image.Image:
    """The middle of the picture in that proportion (width to height); itself when it is so."""
    wide = min(image.width, round(image.height * shape))
    tall = min(image.height, round(image.width / shape))
    if image.width - wide < 2 and image.height - tall < 2:
        return image
    left, top = (image.width - wide) // 2, (image.height - tall) // 2
    return image.crop((left, top, left + wide, top + tall))


def _prepare(image: Image.Image, data: bytes, wide: float, tall: float) -> Raster:
    most = (max(1, round(wide / 72 * PRINT_DPI)), max(1, round(tall / 72 * PRINT_DPI)))
    turned = image.getexif().get(0x0112, 1) != 1
    small = image.width <= most[0] * _ROOM and image.height <= most[1] * _ROOM
    if image.format == "JPEG" and image.mode in ("L", "RGB") and small and not turned:
        if not data.rstrip(b"\0").endswith(_END_OF_JPEG):
            image.load()  # one that is cut off is found here, not by the reader of the paper
        return Raster(data, image.width, image.height, image.mode == "L")
    if not small:
        image.draft("RGB", most)
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        flat = Image.new("RGB", upright.size, "white")
        layer = upright.convert("RGBA")
        flat.paste(layer, mask=layer.getchannel("A"))
        upright = flat
    upright = upright.convert("L" if upright.mode in ("1", "L", "I;16") else "RGB")
    upright.thumbnail(most, Image.Resampling.LANCZOS)
    target = BytesIO()
    upright.save(target, "JPEG", quality=92, optimize=False)
    return Raster(target.getvalue(), upright.width, upright.height, upright.mode == "L")


def fit(width: float, height: float, box_width: float, box_height: float) -> tuple[float, ...]:
    """Offset from the box's top left corner, and size, of a picture fitted and centred in it."""
    scale = min(box_width / width, box_height / height)
    wide, tall = width * scale, height * scale
    return (box_width - wide) / 2, (box_height - tall) / 2, wide, tall


# --- QR codes -----------------------------------------------------------------------------


def _symbol(text: str, format: zxingcpp.BarcodeFormat, **options: str) -> Image.Image:
    """A symbol of one pixel a module, black on white, without quiet zones."""
    symbol = zxingcpp.create_barcode(text, format, **options)
    return Image.fromarray(symbol.to_image(scale=1, add_quiet_zones=False))


def _qr_symbol(text: str) -> Image.Image:
    """A QR code, error correction M."""
    return _symbol(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")


def qr_code(text: str) -> tuple[int, list[tuple[int, int, int]]]:
    """Modules on a side of a QR code, and its dark bars: row, first module, length."""
    symbol = _qr_symbol(text)
    side, modules = symbol.width, symbol.tobytes()
    rows = [modules[row * side : (row + 1) * side] for row in range(side)]
    return side, [
        (number, bar.start(), bar.end() - bar.start())
        for number, row in enumerate(rows)
        for bar in _DARK.finditer(row)
    ]


def qr_png(text: str) -> bytes:
    """A QR code as PNG, for the workbook."""
    image = ImageOps.expand(_qr_symbol(text), QUIET, "white")
    target = BytesIO()
    ImageOps.scale(image, _PNG_MODULE, Image.Resampling.NEAREST).save(target, "PNG")
    return target.getvalue()


# --- bar codes ----------------------------------------------------------------------------

_BAR_QUIET: Final = 10  # modules kept white on either side (ISO/IEC 15417)


def bar_code(text: str) -> tuple[int, list[tuple[int, int]]]:
    """Modules of a Code 128 symbol, quiet zones included, and its bars: first module, length.

    Raises ValueError when the text has anything but letters, digits and signs of ASCII.
    """
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError(text)
    symbol = _symbol(text, zxingcpp.BarcodeFormat.Code128)
    row = symbol.tobytes()[: symbol.width]  # all rows are the same
    bars = [(_BAR_QUIET + bar.start(), bar.end() - bar.start()) for bar in _DARK.finditer(row)]
    return symbol.width + 2 * _BAR_QUIET, bars


def bar_png(text: str) -> bytes:
    """A bar code as PNG, for the workbook."""
    modules, bars = bar_code(text)
    image = Image.new("1", (modules * 4, 120), 1)
    for start, length in bars:
        image.paste(0, (start * 4, 0, (start + length) * 4, 120))
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


# --- where a workbook has placed a picture ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """Corner cells (from 0) and offsets in points; `size` where the workbook states it."""

    row: int
    column: int
    x: float
    y: float
    end_row: int = 0
    end_column: int = 0
    end_x: float = 0
    end_y: float = 0
    size: tuple[float, float] | None = None


def _points(emu: int) -> float:
    return emu / EMU_PER_POINT


def place_anchor(anchor: Any) -> Anchor:
    """Where a picture of the form stands."""
    if isinstance(anchor, TwoCellAnchor):
        start, end = anchor._from, anchor.to
        return Anchor(
            start.row,
            start.col,
            _points(start.colOff),
            _points(start.rowOff),
            end.row,
            end.col,
            _points(end.colOff),
            _points(end.rowOff),
        )
    if isinstance(anchor, OneCellAnchor):
        start = anchor._from
        size = _points(anchor.ext.width), _points(anchor.ext.height)
        return Anchor(start.row, start.col, _points(start.colOff), _points(start.rowOff), size=size)
    size = _points(anchor.ext.width), _points(anchor.ext.height)
    return Anchor(0, 0, _points(anchor.pos.x), _points(anchor.pos.y), size=size)
