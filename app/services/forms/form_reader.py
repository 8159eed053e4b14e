"""A form from outside, examined: the bytes go to form_child.py, what is wrong comes back.

Only a workbook that the child could compile within its limits is ever opened in this process.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.services.children import ask
from app.services.errors import FormRefused, FormUnreadable, NoSuchForm
from app.services.exchange.readers import MIB, Limits
from app.services.forms import form_child
from app.services.forms.faults import FormFault
from app.services.forms.fields import FORMS
from app.services.workbooks import look_into

#: What a form may ask of the PC.
LIMITS: Final = Limits(file_size=20 * MIB, unpacked=32 * MIB, seconds=30.0)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the child found: mistakes that forbid the form, notes that do not, its fields."""

    faults: tuple[FormFault, ...]
    notes: tuple[str, ...]
    fields: tuple[str, ...]
    paper: str  # the shipped form by whose fields it was judged; "" where nothing could be read

    def demand_faultless(self, name: str) -> None:
        """Refuse a form with mistakes, each named with its sheet and cell."""
        if self.faults:
            listed = "".join(f"\n{fault}" for fault in self.faults)
            raise FormRefused(name=name, count=len(self.faults), faults=listed)


def form_bytes(path: Path, limits: Limits = LIMITS) -> bytes:
    """The bytes of a form file; raises FormUnreadable."""
    try:
        if path.stat().st_size > limits.file_size:
            raise FormUnreadable(name=path.name, reason=_too_large(limits))
        return path.read_bytes()
    except OSError as error:
        raise FormUnreadable(name=path.name, reason="文件读不出来") from error


def inspect_form(data: bytes, name: str, paper: str = "", limits: Limits = LIMITS) -> Inspection:
    """Examine a form in a process of its own; `paper` is the shipped form whose fields it takes.

    Without `paper` it is judged by that which its fields tell. Raises FormUnreadable.
    """
    if paper and paper not in FORMS:
        raise NoSuchForm(name=paper, version="")
    if reason := _refused_unread(data, limits):
        raise FormUnreadable(name=name, reason=reason)
    said = _ask_child(data, name, paper, limits)
    if "refused" in said:
        raise FormUnreadable(name=name, reason=said["refused"])
    return Inspection(
        faults=tuple(FormFault(*map(str, fault)) for fault in said["faults"]),
        notes=tuple(map(str, said["notes"])),
        fields=tuple(map(str, said["fields"])),
        paper=str(said["paper"]),
    )


def _refused_unread(data: bytes, limits: Limits) -> str:
    """What the bytes and the directory of the zip tell without any parser."""
    if not data:
        return "是空文件"
    if len(data) > limits.file_size:
        return _too_large(limits)
    found = look_into(data, unpacked=limits.unpacked, entries=limits.entries, ratio=limits.ratio)
    return found.fault or ""


def _too_large(limits: Limits) -> str:
    return f"超过 {limits.file_size // MIB} MB"


# --- the child ----------------------------------------------------------------------------


def _ask_child(data: bytes, name: str, paper: str, limits: Limits) -> dict[str, Any]:
    """The child's answer; nothing in it is believed beyond its form."""
    head = json.dumps({"name": name, "paper": paper}).encode() + b"\n"
    try:
        answer = ask(form_child, limits.memory, said=head + data, seconds=limits.seconds)
    except TimeoutError as error:
        raise FormUnreadable(name=name, reason=f"{limits.seconds:g} 秒还没有读完") from error
    if not answer.endswith(b"\n"):
        raise FormUnreadable(name=name, reason="内容有问题，读不出来")
    said: dict[str, Any] = json.loads(answer)
    return said
