"""身份证号: taken in any form, shown in groups of 6-8-4 at rest, plain while it is edited."""

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget

from app.models.rules.identity import Identity, IdentityFault, canonical_number, read_identity
from app.services.clock import today
from app.services.register.sight import masked
from app.ui.widgets.editors import LineEditor


def grouped(number: str) -> str:
    """A number of eighteen as people read it aloud; others as they are."""
    if len(number) == 18:
        return f"{number[:6]} {number[6:14]} {number[14:]}"
    return number


class MaskedNumber(LineEditor):
    """A number that cannot be edited here and is not shown whole."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, 40, parent)
        self._value = ""

    @property
    def value(self) -> str:
        return self._value

    def set_value(self, value: str) -> None:
        self._value = value
        self.setText(masked(value))


class IdentityEditor(LineEditor):
    """The number, and what it says of its holder. Set `foreign` for passports and the like."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, 40, parent)
        self.foreign = False

    @property
    def value(self) -> str:
        return canonical_number(self.text())

    def set_value(self, value: str) -> None:
        plain = canonical_number(value)
        self.setText(plain if self.hasFocus() else grouped(plain))

    @property
    def identity(self) -> Identity | None:
        """What a sound number says."""
        said = read_identity(self.value, today()) if self.value and not self.foreign else None
        return said if isinstance(said, Identity) else None

    @property
    def testimony(self) -> dict[str, str]:
        """The birth date and sex that a sound number says, by the names of their fields."""
        said = self.identity
        found = {}
        if said is not None and said.birth_date is not None:
            found["birth_date"] = said.birth_date.isoformat()
        if said is not None and said.sex is not None:
            found["sex"] = said.sex.value
        return found

    @property
    def problem(self) -> str:
        if not self.value or self.foreign:
            return ""
        said = read_identity(self.text(), today())
        return said.describe(self.text()) if isinstance(said, IdentityFault) else ""

    def tidy(self) -> None:
        if self.identity is not None:
            self.setText(grouped(self.value))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.setText(self.value)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setText(grouped(self.value))
