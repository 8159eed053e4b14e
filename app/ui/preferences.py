"""What this PC remembers of the window: size, theme, paths, printers. Never a name."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSettings, QStandardPaths


class Mode(StrEnum):
    """外观: light, dark, or as the system is."""

    SYSTEM = "跟随系统"
    LIGHT = "浅色"
    DARK = "深色"


#: 文字大小 in per cent.
TEXT_SIZES: Final = (100, 115, 130)


class Preferences:
    """Typed access to one INI file; `file` only for tests and pictures."""

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._store = QSettings(
                QSettings.Format.IniFormat, QSettings.Scope.UserScope, "xueji", "xueji"
            )
        else:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def mode(self) -> Mode:
        """外观."""
        value = str(self._store.value("look/mode", Mode.SYSTEM.value))
        return Mode(value) if value in [*Mode] else Mode.SYSTEM

    @property
    def text_size(self) -> int:
        """文字大小 in per cent."""
        value = str(self._store.value("look/text_size", "100"))
        return int(value) if value in map(str, TEXT_SIZES) else 100

    def set_look(self, mode: Mode, text_size: int) -> None:
        """Remember the look."""
        self._store.setValue("look/mode", mode.value)
        self._store.setValue("look/text_size", text_size)

    @property
    def surface(self) -> str:
        """#RRGGBB of the empty window as it looked last, to show before the theme is there."""
        return str(self._store.value("look/surface", ""))

    def set_surface(self, colour: str) -> None:
        """Remember it for the next start."""
        if colour != self.surface:
            self._store.setValue("look/surface", colour)

    @property
    def vault(self) -> Path | None:
        """The vault opened last."""
        value = str(self._store.value("vault/folder", ""))
        return Path(value) if value else None

    def set_vault(self, folder: Path) -> None:
        """Remember the vault for the next start."""
        self._store.setValue("vault/folder", str(folder))

    def get(self, key: str, default: Any = None) -> Any:
        """Something one place of the window remembers, under `place/what`."""
        return self._store.value(key, default)

    def set(self, key: str, value: Any) -> None:
        """Remember something of the window, a printer or a path."""
        self._store.setValue(key, value)


def log_folder() -> Path:
    """Where the log lies, for support."""
    place = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(place))
