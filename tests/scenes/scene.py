"""What a picture shows: how the window is brought there, and how it looks then."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QAbstractAnimation, QElapsedTimer, QEventLoop, QPropertyAnimation, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.ui import theme
from app.ui.main_window import MainWindow

_PATIENCE_MS = 20_000
_MOMENT_MS = 500


@dataclass(frozen=True)
class Scene:
    """One picture. `prepare` acts on the open window; what it returns is drawn instead of it.

    `zoom` other than 1 is drawn by a process of its own, as Qt takes it only at the start.
    Scenes `at_gate` get a window that stands in front of the register.
    """

    name: str
    prepare: Callable[[MainWindow], QWidget | None]
    size: tuple[int, int] = (1600, 940)
    dark: bool = False
    text_size: int = 100
    zoom: float = 1.0
    at_gate: bool = False


def variants(scene: Scene) -> Sequence[Scene]:
    """The same in dark, in the smallest window, on the large screen, at 150 %."""
    name = scene.name
    return (
        scene,
        replace(scene, name=f"{name}-深色", dark=True),
        replace(scene, name=f"{name}-1240x640", size=(1240, 640)),
        replace(scene, name=f"{name}-1920x1080", size=(1920, 1080)),
        replace(scene, name=f"{name}-150%", size=(1280, 720), zoom=1.5),
        replace(scene, name=f"{name}-大字", text_size=130),
    )


def at_a_glance(scene: Scene) -> Sequence[Scene]:
    """The same in dark in the smallest window: both at once where a page is laid out as others."""
    return scene, replace(scene, name=f"{scene.name}-深色小窗", dark=True, size=(1240, 640))


def scenes() -> Iterator[Scene]:
    """All scenes of all modules of this package."""
    for module in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=_name):
        if module.name not in {"__main__", "scene"}:
            yield from importlib.import_module(f"tests.scenes.{module.name}").SCENES


def _name(module: pkgutil.ModuleInfo) -> str:
    return module.name


def pictures_in(chapter: str) -> list[str]:
    """The scenes that a chapter of the manual shows: ![…](pictures/NAME.png)."""
    return re.findall(r"!\[[^]]*\]\(pictures/([^)]+)\.png\)", chapter)


def settle(window: MainWindow) -> None:
    """Wait until nothing is under way in the window."""
    _wait(lambda: window.busy or _moving(window))


def rest(window: MainWindow) -> None:
    """The same, until nothing is about to act either."""
    _wait(lambda: window.busy or _moving(window) or _about_to_act(window))


def _wait(busy: Callable[[], bool]) -> None:
    clock = QElapsedTimer()
    clock.start()
    quiet = 0
    while quiet < 3 and clock.elapsed() < _PATIENCE_MS:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        quiet = 0 if busy() else quiet + 1


def _moving(window: MainWindow) -> bool:
    """Whether something fades in or out: the cross in a line that is typed into."""
    running = QAbstractAnimation.State.Running
    return any(one.state() is running for one in window.findChildren(QPropertyAnimation))


def _about_to_act(window: MainWindow) -> bool:
    """Whether something waits a moment to see if the user goes on: the detail beside a list."""
    timers = window.findChildren(QTimer)
    return any(t.isActive() and t.isSingleShot() and t.interval() <= _MOMENT_MS for t in timers)


def draw(window: MainWindow, scene: Scene, folder: Path) -> Path:
    """Bring the window into the scene and save its picture."""
    theme.apply(theme.Mode.DARK if scene.dark else theme.Mode.LIGHT, scene.text_size)
    window.resize(*scene.size)
    window.show()
    settle(window)
    shown = scene.prepare(window) or window
    rest(window)
    path = folder / f"{scene.name}.png"
    if not shown.grab().save(str(path)):
        raise OSError(f"cannot write {path}")
    if shown is not window and isinstance(shown, QDialog):
        shown.close()
    return path
