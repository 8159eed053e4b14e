"""A form filled with the invented examples of the dictionary: to be looked at, never printed."""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw

from app.models.rules.dates import DateFault, read_date
from app.services.forms.fields import FormField, ValueKind, fields_of
from app.services.forms.printing import Sheet, document_of, printed_values
from app.services.forms.template import Template
from app.services.forms.values import Picture, QrCode, Values, fingerprint

_ITEMS: Final = 3  # of a list that has numbered slots
_ROWS: Final = 8  # of a list that repeats its row


def example_values(template: Template, paper: str) -> Values:
    """What the form would say of the person in the dictionary; fields of `paper`."""
    repeated = {ref.name for ref in template.fields if ref.is_list}
    return {
        field.name: (
            list(_items(field, _ROWS if field.name in repeated else _ITEMS))
            if field.kind is ValueKind.LIST
            else _example(field, 1)
        )
        for field in fields_of(paper)
    }


def sample_sheet(template: Template, paper: str, scope: str = "") -> Sheet:
    """The form as a paper of nobody, to be previewed; it is never entered as printed.

    `scope` says so beside the preview.
    """
    values = example_values(template, paper)
    mark = fingerprint(printed_values(template, values))
    document = document_of(template, values, mark)
    return Sheet(template, template.name, scope, None, (document,))


def _items(field: FormField, count: int) -> Iterator[Values]:
    for number in range(1, count + 1):
        yield {column.name: _example(column, number) for column in field.columns}


def _example(field: FormField, number: int) -> Any:
    if field.kind is ValueKind.PICTURE:
        return Picture(_portrait())
    if field.kind is ValueKind.QR:
        return QrCode("XUEJI:样张")
    if field.name == "序号":
        return number
    if field.kind is ValueKind.DATE:
        day = read_date(field.example)
        return field.example if isinstance(day, DateFault) else day
    return field.example


@lru_cache(maxsize=1)
def _portrait() -> bytes:
    """A grey head and shoulders: nobody."""
    image = Image.new("L", (120, 160), 225)
    drawing = ImageDraw.Draw(image)
    drawing.ellipse((36, 30, 84, 90), fill=165)
    drawing.ellipse((14, 98, 106, 230), fill=165)
    target = BytesIO()
    image.save(target, "PNG")
    return target.getvalue()
