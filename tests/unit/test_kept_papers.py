"""Every form as it is kept for long: two judges accept it, and its text comes back whole."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf

from app.services.forms.examples import sample_sheet
from app.services.forms.fields import FORMS
from app.services.forms.library import shipped_form
from app.services.forms.printing import Printing, printed_values
from tests.preflight import refusals, twin
from tests.unit.form_samples import texts

RARE = "杨远\U0002cb4e\U00020164"  # of two fonts, the second with units of its own


def said(value: Any) -> Iterator[str]:
    """The texts within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from said(one)
    elif isinstance(value, list):
        for one in value:
            yield from said(one)


def bare(text: str) -> str:
    """Without the white space that setting a text in lines adds."""
    return re.sub(r"\s", "", text)


def broken(kept: bytes) -> bytes:
    """A twin whose widths are not those of its font."""
    target = BytesIO()
    with pikepdf.open(BytesIO(twin(kept))) as document:
        for one in document.objects:
            if isinstance(one, pikepdf.Dictionary) and one.get("/Subtype") == "/CIDFontType2":
                one.W[1][0] = int(one.W[1][0]) + 40
        document.save(target)
    return target.getvalue()


def test_two_judges_accept_every_form_and_its_text_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "twins"
    folder.mkdir()
    lost = []
    for name in FORMS:
        template = shipped_form(name)
        sheet = sample_sheet(template, name)
        document = sheet.documents[0]
        document.values["姓名"] = RARE
        kept = Printing.archival(sheet)  # the first judge; it would raise ArchivalRefused
        (folder / f"{name}.pdf").write_bytes(twin(kept))
        text = bare("".join(texts(kept)))
        shown = set(map(bare, said(printed_values(template, sheet.values[0]))))
        lost += [f"{name}：{one}" for one in sorted(shown) if one not in text]
    (folder / "字宽不对.pdf").write_bytes(broken(kept))
    found = refusals(folder)
    assert set(found) == {*(f"{name}.pdf" for name in FORMS), "字宽不对.pdf"}
    (refused,) = [name for name, faults in found.items() if faults]
    assert refused == "字宽不对.pdf", found
    assert lost == [], lost
