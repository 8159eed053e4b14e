"""Handing a file or a folder to the system."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_file(path: Path) -> None:
    """Open it with whatever the system opens it with."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
