"""What lies behind the gate: loaded while the password is typed, with the register at the latest.

The gate imports none of it, so that it stands there at once: database, forms and discs together
take ten times as long to load as the window.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.services.vault.recovery import RecoveryCode

if TYPE_CHECKING:
    from app.services.vault.vault import Vault

#: The frame with all services; the places of the rail come after them.
_MODULES: Final = ("app.services.vault.vault", "app.services.workstation", "app.ui.desk_frame")


def load() -> None:
    """Load everything that an open register needs, off the window's thread; the next time it
    costs nothing."""
    for name in _MODULES:
        import_module(name)
    from app.ui.navigation import PLACES

    for place in PLACES:
        place.kind()


def open_register(folder: Path, password: str, operator: str) -> "Vault":
    """Vault.open, with what the window shows then."""
    load()
    from app.services.vault.vault import Vault

    return Vault.open(folder, password, operator)


def recover_register(folder: Path, code: RecoveryCode, operator: str, password: str) -> "Vault":
    """Vault.recover, with what the window shows then."""
    load()
    from app.services.vault.vault import Vault

    return Vault.recover(folder, code, operator=operator, password=password)
