"""`manage.py screenshots DIR`: draw every scene; the same data and the same day each time."""

import argparse
import importlib
import os
import pkgutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["TZ"] = "Asia/Shanghai"  # the times that are shown, wherever they are drawn

from PySide6.QtWidgets import QApplication

import tests.scenes as package
from app.services import clock, demo, demo_mark
from app.services.progress import finish
from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.scenes.scene import Scene, draw

_DAY = datetime.fromisoformat("2026-09-09T10:42:18+08:00")


def scenes() -> Iterator[Scene]:
    """All scenes of all modules of this package."""
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if module.name not in {"__main__", "scene"}:
            yield from importlib.import_module(f"tests.scenes.{module.name}").SCENES


def main() -> int:
    """Draw the scenes whose names begin with one of the words given; all without words."""
    parser = argparse.ArgumentParser(prog="manage.py screenshots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("only", nargs="*", help="只画名称以此开头的")
    parser.add_argument("--zoom", type=float, default=1.0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder: Path = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    time.tzset()
    clock.stop_at(_DAY)
    wanted = [
        scene
        for scene in scenes()
        if not args.only or any(scene.name.startswith(word) for word in args.only)
    ]
    work = folder / ".work"
    _demonstration(work / "示范")
    for path in _draw(work, folder, [scene for scene in wanted if scene.zoom == args.zoom]):
        print(path)  # noqa: T201 - the answer of the command
    if args.zoom == 1.0:
        for zoom in sorted({scene.zoom for scene in wanted} - {1.0}):
            command = [sys.executable, "-m", "tests.scenes", str(folder), *args.only]
            environment = {**os.environ, "QT_SCALE_FACTOR": str(zoom)}
            subprocess.run([*command, "--zoom", str(zoom)], env=environment, check=True)
    return 0


def _demonstration(folder: Path) -> None:
    if not (folder / "学籍库").exists():
        finish(demo.run(folder))


def _draw(work: Path, folder: Path, wanted: list[Scene]) -> Iterator[Path]:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    application.setCursorFlashTime(0)  # a caret that blinks would be a picture by chance
    theme.translate(application)
    theme.apply(theme.Mode.LIGHT)
    for at_gate in (True, False):
        some = [scene for scene in wanted if scene.at_gate is at_gate]
        if some:
            window = MainWindow(work / "示范" / "学籍库", Preferences(work / "window.ini"))
            if not at_gate:
                window.enter(Vault.open(window.folder, demo_mark.PASSPHRASE))
            for scene in some:
                yield draw(window, scene, folder)
            window.close()


if __name__ == "__main__":
    sys.exit(main())
