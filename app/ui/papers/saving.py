"""Choosing where a file goes: a proposed name, asking before replacing, another name if locked."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog

from app.services.errors import AppError, FileInUse
from app.services.exports import another_name
from app.services.progress import Work
from app.ui.preferences import Preferences
from app.ui.shell import Shell
from app.ui.widgets.saved_bar import SavedBar

_FOLDER: Final = "papers/folder"
_KINDS: Final = {
    ".pdf": "PDF 文件 (*.pdf)",
    ".xlsx": "Excel 工作簿 (*.xlsx)",
    ".csv": "CSV 文件 (*.csv)",
}


class Saver:
    """Saves what a screen made; the folder of the last time is offered again."""

    def __init__(self, shell: Shell, preferences: Preferences, bar: SavedBar) -> None:
        self._shell, self._preferences, self._bar = shell, preferences, bar

    def save(self, name: str, work: Callable[[Path], Work[object]], title: str) -> None:
        """Ask where, under the proposed `name`, and do the work that writes it there."""
        target = self.ask(name)
        if target is not None:
            self.write(target, work, title)

    def ask(self, name: str) -> Path | None:
        """Where the file goes; Qt asks before an existing one is replaced."""
        ending = Path(name).suffix
        chosen, _ = QFileDialog.getSaveFileName(
            self._shell.window, "另存为", str(self.folder / name), _KINDS.get(ending, "")
        )
        if not chosen:
            return None
        path = Path(chosen)
        path = path if path.suffix.lower() == ending else path.with_name(path.name + ending)
        self._preferences.set(_FOLDER, str(path.parent))
        return path

    @property
    def folder(self) -> Path:
        """Where the last file went; at first the user's documents."""
        kept = str(self._preferences.get(_FOLDER, ""))
        if kept and Path(kept).is_dir():
            return Path(kept)
        place = QStandardPaths.StandardLocation.DocumentsLocation
        return Path(QStandardPaths.writableLocation(place))

    def write(self, target: Path, work: Callable[[Path], Work[object]], title: str) -> None:
        """Do it; a file that is open elsewhere gets another name if she wants."""

        def failed(error: AppError) -> None:
            other = another_name(target)
            if isinstance(error, FileInUse) and self._shell.ask(
                "文件正被其他程序打开",
                f"“{target.name}”在 WPS 或 Excel 里开着，现在不能替换。可以另存为“{other.name}”。",
                yes=f"另存为 {other.name}",
            ):
                self.write(other, work, title)
            else:
                self._shell.say(str(error), "danger")

        self._shell.run(work(target), title, lambda _: self._bar.say(target), failed, changes=False)
