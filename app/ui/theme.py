"""How the window looks: colours, type and icons from resources/styles/tokens.toml, on Fusion.

One theme is in force at a time. Painting code asks here when it paints, so a change of theme or
of text size shows at once; `changes.changed` tells widgets that keep sizes.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from PySide6.QtCore import (
    QByteArray,
    QDir,
    QLibraryInfo,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTranslator,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontInfo,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.services.resources import resource
from app.ui.preferences import Mode

_FONT_FILES: Final = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "HanaMinB.ttf")
_FAMILIES: Final = ("Noto Sans SC", "HanaMinB")
_STROKE: Final = "1.75"


class _Changes(QObject):
    changed = QtSignal()


changes: Final = _Changes()


class _State:
    mode = Mode.LIGHT
    scale = 1.0
    dark = False


@cache
def _tokens() -> Mapping[str, Any]:
    with resource("styles", "tokens.toml").open("rb") as file:
        return tomllib.load(file)


def names() -> tuple[str, ...]:
    """All colour tokens."""
    return tuple(_tokens()["light"])


def hex_of(token: str, *, dark: bool | None = None) -> str:
    """A colour token as #RRGGBB, of the theme in force unless said."""
    theme = "dark" if (_State.dark if dark is None else dark) else "light"
    colour: str = _tokens()[theme][token]
    return colour


def colour(token: str) -> QColor:
    """A colour of the theme in force."""
    return QColor(hex_of(token))


def mode() -> Mode:
    """What the user chose."""
    return _State.mode


def text_size() -> int:
    """Text size in per cent."""
    return round(_State.scale * 100)


def px(size: float) -> int:
    """A length of the design at the present text size."""
    return round(size * _State.scale)


def font(role: str = "base") -> QFont:
    """The font of a role: title, section, base, strong, table, table-strong, small."""
    described = _tokens()["type"][role]
    made = QFont()
    made.setFamilies(list(_FAMILIES))
    made.setPixelSize(px(described["size"]))
    made.setWeight(QFont.Weight(described["weight"]))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made


def apply(mode: Mode, text_size: int = 100) -> None:
    """Put a theme in force in the whole application."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise TypeError("there is no application to dress")
    _load_fonts()
    _State.mode, _State.scale = mode, text_size / 100
    _State.dark = mode is Mode.DARK or (mode is Mode.SYSTEM and _system_is_dark())
    if application.style().name() != "fusion":
        application.setStyle(QStyleFactory.create("Fusion"))
    application.setFont(font("base"))
    application.setPalette(_palette())
    QDir.setSearchPaths("styles", [str(resource("styles"))])  # where its pictures lie
    application.setStyleSheet(_style_sheet())
    changes.changed.emit()


def follow_system() -> None:
    """Look again what the system wants; does nothing for a theme of the user's choice."""
    if _State.mode is Mode.SYSTEM and _State.dark != _system_is_dark():
        apply(_State.mode, text_size())


def translate(application: QApplication) -> None:
    """Qt's own texts in Chinese, with our words where Qt has others."""
    translator = _Translator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load("qtbase_zh_CN", folder):
        application.installTranslator(translator)


class _Translator(QTranslator):
    """Qt's translation, with the words of the guide."""

    _OURS: Final = {"撤消": "撤销", "丢弃": "放弃"}

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        text = super().translate(context, source, disambiguation, n) or source
        for theirs, ours in self._OURS.items():
            text = text.replace(theirs, ours)
        return text


@cache
def _load_fonts() -> None:
    for name in _FONT_FILES:
        QFontDatabase.addApplicationFont(str(resource("fonts", name)))
    if QFontInfo(font()).family() != _FAMILIES[0]:
        raise RuntimeError("the bundled font was not taken")


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


def _palette() -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    made = QPalette()
    for which, token in (
        (role.Window, "app"),
        (role.WindowText, "text"),
        (role.Base, "surface"),
        (role.AlternateBase, "sunken"),
        (role.Text, "text"),
        (role.PlaceholderText, "text-3"),
        (role.Button, "surface"),
        (role.ButtonText, "text"),
        (role.BrightText, "danger"),
        (role.ToolTipBase, "surface"),
        (role.ToolTipText, "text"),
        (role.Highlight, "selection"),
        (role.HighlightedText, "text"),
        (role.Link, "primary"),
        (role.LinkVisited, "violet"),
        (role.Accent, "primary"),
        (role.Light, "surface"),
        (role.Midlight, "hover"),
        (role.Mid, "border"),
        (role.Dark, "border-strong"),
        (role.Shadow, "border-strong"),
    ):
        made.setColor(which, colour(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, which, colour("text-3"))
    return made


def _style_sheet() -> str:
    text = resource("styles", "app.qss").read_text(encoding="utf-8")
    text = text.replace("@mode", "dark" if _State.dark else "light")
    text = re.sub(r"@([a-z0-9-]+)", lambda found: hex_of(found[1]), text)
    return re.sub(r"\b(\d+)px", lambda found: f"{_scaled(int(found[1]))}px", text)


def _scaled(size: int) -> int:
    """Hairlines stay hairlines."""
    return size if size <= 2 else px(size)


# --- icons --------------------------------------------------------------------------------


def icon(name: str, tint: str = "text-2") -> QIcon:
    """A Lucide icon that takes its colour from the theme when it is painted."""
    return QIcon(_IconEngine(name, tint))


def pixmap(name: str, tint: str, size: int) -> QPixmap:
    """An icon as a picture of the present theme, for labels; sharp at the screen's scale."""
    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    made = QPixmap(QSize(size, size) * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    paint_icon(painter, QRect(0, 0, size, size), name, tint)
    painter.end()
    return made


def paint_icon(painter: QPainter, rect: QRect, name: str, tint: str) -> None:
    """Draw an icon into the rectangle, for delegates."""
    _drawing(name, hex_of(tint)).render(painter, rect.toRectF())


@cache
def _drawing(name: str, colour_hex: str) -> QSvgRenderer:
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    text = text.replace("currentColor", colour_hex)
    text = text.replace('stroke-width="2"', f'stroke-width="{_STROKE}"')
    return QSvgRenderer(QByteArray(text.encode()))


class _IconEngine(QIconEngine):
    """Draws a Lucide icon at any size; a disabled one is paler."""

    def __init__(self, name: str, tint: str) -> None:
        super().__init__()
        self._name, self._tint = name, tint

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        tint = "text-3" if mode is QIcon.Mode.Disabled else self._tint
        side = min(rect.width(), rect.height())  # room beside it keeps it from its word
        square = QRect(rect.left(), rect.top() + (rect.height() - side) // 2, side, side)
        paint_icon(painter, square, self._name, tint)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        return _IconEngine(self._name, self._tint)
