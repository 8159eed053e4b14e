"""The one window for what was not foreseen, and the log of it, in which no person appears."""

import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.services.errors import AppError
from app.ui import theme
from app.ui.widgets.basic import Button, Label, Picture

_log: Final = logging.getLogger("xueji")


def start_log(folder: Path) -> None:
    """Write defects to a small file that renews itself."""
    from logging.handlers import RotatingFileHandler  # loads sockets: after the first picture

    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "xueji.log", maxBytes=200_000, backupCount=2, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)


def report(error: BaseException) -> str:
    """Where it happened and what kind it was: no message and no value, as they may name people."""
    lines = [f"xueji {__version__} Python {sys.version.split()[0]} {sys.platform}"]
    seen: BaseException | None = error
    while seen is not None:
        lines.append(type(seen).__qualname__)
        for frame in traceback.extract_tb(seen.__traceback__):
            lines.append(f"  {_inside(frame.filename)}:{frame.lineno} {frame.name}")
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)


def _inside(file: str) -> str:
    """The path from the package on: the folder of a home names its owner."""
    parts = Path(file).parts
    return "/".join(parts[-3:])


def install(parent: Callable[[], QWidget | None], restart: Callable[[], object]) -> None:
    """From now on everything that nobody caught goes to the window."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        show_error(parent(), error, restart)

    sys.excepthook = hook


def sentence(error: Exception) -> str:
    """What an expected failure says; a defect of ours is raised, for the one window."""
    if not isinstance(error, AppError):
        raise error
    return str(error)


def show_error(parent: QWidget | None, error: BaseException, restart: Callable[[], object]) -> None:
    """Say an expected failure in its words; for a defect of ours show the report."""
    text = report(error)
    if not isinstance(error, AppError):
        _log.error(text)
    if QApplication.instance() is not None:
        ErrorWindow(error, text, restart, parent).exec()


class ErrorWindow(QDialog):
    """程序出错: what to do now, and a report that can be handed on."""

    def __init__(
        self,
        error: BaseException,
        text: str,
        restart: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        expected = isinstance(error, AppError)
        self.setWindowTitle("未能完成" if expected else "程序出错")
        self.setMinimumWidth(theme.px(560))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        head = QHBoxLayout()
        head.addWidget(Picture("circle-alert", "danger", 24))
        said = str(error) if expected else "这一步没有做完，是程序的毛病，不是您操作的问题。"
        head.addWidget(Label(said, "section", wrap=True), 1)
        box.addLayout(head)
        if not expected:
            box.addWidget(
                Label(
                    "没有写完的修改已自动撤回。请继续工作；要是再次出现，把下面的报告交给维护人员"
                    "（报告里没有学生信息）。",
                    tint="text-2",
                    wrap=True,
                )
            )
            shown = QPlainTextEdit(text)
            shown.setReadOnly(True)
            shown.setAccessibleName("出错报告")
            shown.setMinimumHeight(theme.px(160))
            box.addWidget(shown)
        row = QHBoxLayout()
        row.addStretch()
        if not expected:
            row.addWidget(
                Button(
                    "复制报告", "copy", on_click=lambda: QGuiApplication.clipboard().setText(text)
                )
            )
            again = Button("重新启动", "rotate-cw", on_click=self.accept)
            again.clicked.connect(lambda: restart())
            row.addWidget(again)
        go_on = Button("继续", kind="primary", on_click=self.accept)
        go_on.setDefault(True)
        row.addWidget(go_on)
        box.addLayout(row)
