"""Measuring a printed calibration sheet, as a registrar does with a steel ruler."""

from dataclasses import dataclass

from app.services.forms.preview import PagePicture, Pages

DPI = 600
_DARK = 128
_MM = DPI / 25.4


@dataclass(frozen=True)
class Bar:
    """Where a bar begins and how long it is, in mm."""

    begin: float
    length: float


def measure(content: bytes, page: int = 0) -> tuple[Bar, Bar, Bar]:
    """The level 150 mm bar, the upright one, and the 100 mm bar, of a printed sheet."""
    pages = Pages(content)
    picture = pages.picture(page, DPI, grey=True)
    pages.close()
    return level(picture, 100, 60), upright(picture, 30, 100), level(picture, 100, 84)


def level(picture: PagePicture, x: float, y: float) -> Bar:
    """The dark line that passes near this place (mm), left to right."""
    best = Bar(0, 0)
    for row in range(round((y - 6) * _MM), round((y + 6) * _MM)):
        line = picture.data[row * picture.stride : row * picture.stride + picture.width]
        best = max(best, _run(line, round(x * _MM)), key=lambda bar: bar.length)
    return best


def upright(picture: PagePicture, x: float, y: float) -> Bar:
    """The dark line that passes near this place (mm), top to bottom."""
    best = Bar(0, 0)
    for column in range(round((x - 6) * _MM), round((x + 6) * _MM)):
        line = picture.data[column :: picture.stride]
        best = max(best, _run(line, round(y * _MM)), key=lambda bar: bar.length)
    return best


def _run(line: bytes, at: int) -> Bar:
    if line[at] >= _DARK:
        return Bar(0, 0)
    first = last = at
    while first > 0 and line[first - 1] < _DARK:
        first -= 1
    while last + 1 < len(line) and line[last + 1] < _DARK:
        last += 1
    return Bar(first / _MM, (last + 1 - first) / _MM)
