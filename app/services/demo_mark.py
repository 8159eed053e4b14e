"""How a demonstration register is known, and what opens it: the gate asks while it is closed."""

from pathlib import Path
from typing import Final

#: Everybody may know it: the demonstration register holds invented people only.
PASSPHRASE: Final = "示范学籍库-只有虚构的人-2026"
#: A file beside the register says that it is one.
MARK: Final = ".xueji-demo"


def password_of(vault: Path) -> str:
    """The password of a demonstration register, which everybody may know; else nothing."""
    return PASSPHRASE if (vault.parent / MARK).exists() else ""
