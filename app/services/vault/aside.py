"""What stands beside a vault while another is put in its place, and after that was stopped."""

from pathlib import Path
from typing import Final

from app.services.errors import VaultError, VaultMovedAside, VaultPutBackStopped
from app.services.vault.keys import KEYS_FILE

#: What is added to a vault's name while it is restored over: the old one, the new one.
ASIDE: Final = ".恢复前"
READY: Final = ".恢复中"


def ready_beside(folder: Path) -> Path:
    """Where the vault is made that is to take the place of `folder`."""
    return folder.with_name(folder.name + READY)


def asides_of(folder: Path) -> list[Path]:
    """The vaults that were moved aside from `folder`, oldest first."""
    return sorted(folder.parent.glob(f"{folder.name}{ASIDE}-*"))


def stopped(folder: Path) -> VaultError | None:
    """What to tell whoever looks for a vault in `folder`, where there is none, but beside it."""
    asides, ready = asides_of(folder), ready_beside(folder)
    if not asides:
        return None
    if (ready / KEYS_FILE).exists():
        return VaultMovedAside(path=folder, aside=asides[-1], ready=ready, name=folder.name)
    return VaultPutBackStopped(path=folder, aside=asides[-1], name=folder.name)
