"""`manage.py screenshots DIR`: draw every scene; the same data and the same day each time."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["TZ"] = "Asia/Shanghai"  # the times that are shown, wherever they are drawn

from PIL import Image
from PySide6.QtWidgets import QApplication

from app.services import clock, demo, demo_mark
from app.services.progress import finish
from app.services.resources import resource
from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.help.manual import PICTURES, chapters
from app.ui.main_window import MainWindow
from app.ui.preferences import Preferences
from tests.scenes.scene import Scene, draw, pictures_in, scenes

_DAY: Final = datetime.fromisoformat("2026-09-09T10:42:18+08:00")
_PICTURE: Final = (1240, 740)


def main() -> int:
    """Draw the scenes whose names begin with one of the words given; all without words."""
    parser = argparse.ArgumentParser(prog="manage.py screenshots")
    parser.add_argument("folder", type=Path)
    parser.add_argument("only", nargs="*", help="只画名称以此开头的")
    parser.add_argument("--manual", action="store_true", help="重画手册里的图，放进手册")
    parser.add_argument("--zoom", type=float, default=1.0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    folder: Path = args.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    time.tzset()
    clock.stop_at(_DAY)
    wanted = [
        scene
        for scene in (_of_manual() if args.manual else scenes())
        if not args.only or any(scene.name.startswith(word) for word in args.only)
    ]
    work = folder / ".work"
    if args.zoom == 1.0:  # what earlier pictures left in the register would be seen
        shutil.rmtree(work, ignore_errors=True)
    _demonstration(work / "示范")
    for path in _draw(work, folder, [scene for scene in wanted if scene.zoom == args.zoom]):
        print(path)  # noqa: T201 - the answer of the command
    if args.manual:
        _put_into_manual(folder, all_anew=not args.only)
    elif args.zoom == 1.0:
        for zoom in sorted({scene.zoom for scene in wanted} - {1.0}):
            command = [sys.executable, "-m", "tests.scenes", str(folder), *args.only]
            environment = {**os.environ, "QT_SCALE_FACTOR": str(zoom)}
            subprocess.run([*command, "--zoom", str(zoom)], env=environment, check=True)
    return 0


def _of_manual() -> list[Scene]:
    """The scenes that the chapters of the manual show, in a window of the size it prints well."""
    named = {name for chapter in chapters() for name in pictures_in(chapter.text)}
    return [replace(scene, size=_PICTURE) for scene in scenes() if scene.name in named]


def _put_into_manual(folder: Path, *, all_anew: bool) -> None:
    """256 colours, as the window has few, and the pictures travel with the program."""
    target = resource("manual", PICTURES)
    if all_anew:  # what no chapter shows any more goes
        shutil.rmtree(target, ignore_errors=True)
    target.mkdir(exist_ok=True)
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
            few.save(target / path.name, optimize=True)


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
            theme.apply(theme.Mode.LIGHT)  # not as the last scene had it
            window = MainWindow(work / "示范" / "学籍库", Preferences(work / "window.ini"))
            window.begin()
            if not at_gate:
                window.enter(Vault.open(window.folder, demo_mark.PASSPHRASE))
            for scene in some:
                yield draw(window, scene, folder)
            window.close()


if __name__ == "__main__":
    sys.exit(main())
