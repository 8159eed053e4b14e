"""在 WPS 中修改: a copy of a form on the disk, opened elsewhere, looked at again when it is saved.

The copy is the form alone: cells, texts and fields, nobody's data.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QStandardPaths, QTimer
from PySide6.QtCore import Signal as QtSignal

from app.services.errors import AppError
from app.services.exports import another_name
from app.services.forms.form_reader import Inspection, form_bytes, inspect_form
from app.services.forms.library import FormRow
from app.services.forms.template import Template, compile_template
from app.ui.shell import Shell
from app.ui.widgets.files import open_file

_PAUSE: Final = 400  # ms: programs save in several steps
_FOLDER: Final = "学籍表样"


class WorkingCopy(QObject):
    """One form being changed; `saved` carries what its newest saving is like."""

    saved = QtSignal(object, object)  # Inspection, Template or None while it has mistakes
    refused = QtSignal(str)

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell = shell
        self.row: FormRow | None = None
        self.path = Path()
        self.data = b""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self.look)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._timer.start())
        self._watcher.directoryChanged.connect(lambda _: self._timer.start())
        self._stamp: tuple[int, int] = (0, 0)
        shell.closing.connect(self.end)

    def begin(
        self, row: FormRow, then: Callable[[], object], *, folder: Path | None = None
    ) -> None:
        """Write the copy, open it with what the system opens it with, and watch it."""
        self.end()
        target = (folder or _documents() / _FOLDER) / f"{row.name}.xlsx"
        if target.exists():
            target = another_name(target)
        desk = self._shell.desk

        def written(_: None) -> None:
            self.row, self.path, self.data = row, target, b""
            self._stamp = _stamp(target)
            self._watcher.addPaths([str(target), str(target.parent)])
            open_file(target)
            then()

        self._shell.run(
            lambda: desk.library.export(desk.actor, row.name, None, target),
            "取出表样", written, changes=False,
        )  # fmt: skip

    def look(self) -> None:
        """Look at the file again, if it was saved since."""
        row = self.row
        if row is None or not self.path.exists():
            return
        if str(self.path) not in self._watcher.files():  # saved by replacing it
            self._watcher.addPath(str(self.path))
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        path = self.path

        def read() -> tuple[bytes, Inspection, Template | None]:
            data = form_bytes(path)
            found = inspect_form(data, row.name, row.paper)
            return data, found, None if found.faults else compile_template(data, row.name)

        self._shell.read(read, lambda made: self._read(path, *made), self._failed)

    def end(self) -> None:
        """Watch nothing any more; the copy stays where it is."""
        self._timer.stop()
        watched = [*self._watcher.files(), *self._watcher.directories()]
        if watched:
            self._watcher.removePaths(watched)
        self.row, self.data = None, b""

    def _read(self, path: Path, data: bytes, found: Inspection, template: Template | None) -> None:
        if path == self.path and self.row is not None:
            self.data = data
            self.saved.emit(found, template)

    def _failed(self, error: AppError) -> None:
        """Half written, or no workbook any more: the next saving may be whole."""
        self.refused.emit(str(error))


def _documents() -> Path:
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(place))


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_size
