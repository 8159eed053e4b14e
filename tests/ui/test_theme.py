"""Colours that can be told apart and read, in both themes; Qt's own words in Chinese."""

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QLabel, QListWidget
from pytestqt.qtbot import QtBot

from app.services.resources import resource
from app.ui import theme
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.dialog import FormDialog
from app.ui.widgets.plain_table import PlainColumn, PlainTable

STATUSES = ("ok", "warn", "danger", "info", "neutral", "violet")
READ = [  # text on ground
    *[(text, ground) for text in ("text", "text-2", "text-3") for ground in ("app", "surface")],
    ("text", "selection"),
    ("text-3", "hover"),
    ("primary", "surface"),
    ("primary", "selection"),
    ("on-primary", "primary"),
    ("nav-text", "nav"),
    ("nav-text", "nav-selected"),
    *[(status, f"{status}-weak") for status in STATUSES],
    *[(status, "surface") for status in STATUSES],
]


def luminance(colour: QColor) -> float:
    """Relative luminance (WCAG 2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in colour.getRgbF()[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str, dark: bool) -> float:
    bright, dim = sorted(
        (luminance(QColor(theme.hex_of(token, dark=dark))) for token in (first, second)),
        reverse=True,
    )
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.ux("A4")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("text", "ground"), READ)
def test_text_is_readable_on_its_ground(text: str, ground: str, dark: bool) -> None:
    assert contrast(text, ground, dark) >= 4.5


@pytest.mark.ux("A4")
@pytest.mark.parametrize("dark", [False, True])
def test_edges_of_controls_can_be_seen(dark: bool) -> None:
    assert contrast("border-strong", "surface", dark) >= 3
    assert contrast("primary", "surface", dark) >= 3


def colours(picture: QImage) -> set[str]:
    """Every colour in a picture, as in the tokens."""
    places = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return {picture.pixelColor(x, y).name().upper() for x, y in places}


@pytest.mark.ux("A4", "A8")
@pytest.mark.parametrize("dark", [False, True])
def test_a_box_to_tick_can_be_seen_and_its_tick_too(qtbot: QtBot, dark: bool) -> None:
    theme.apply(theme.Mode.DARK if dark else theme.Mode.LIGHT)
    box = QCheckBox()
    qtbot.addWidget(box)
    box.show()
    assert theme.hex_of("border-strong") in colours(box.grab().toImage())
    box.setChecked(True)
    ticked = colours(box.grab().toImage())
    assert {theme.hex_of("primary"), theme.hex_of("on-primary")} <= ticked
    tick = resource("styles", f"check-{'dark' if dark else 'light'}.svg").read_text("utf-8")
    assert f'stroke="{theme.hex_of("on-primary")}"' in tick


def test_a_list_without_a_frame_has_none(qtbot: QtBot) -> None:
    """The card that it lies on has one already."""
    names = QListWidget()
    qtbot.addWidget(names)
    names.show()
    edge = names.grab().toImage().pixelColor(0, names.height() // 2).name().upper()
    assert edge == theme.hex_of("border")
    names.setFrameShape(QFrame.Shape.NoFrame)
    theme.apply(theme.Mode.DARK)
    edge = names.grab().toImage().pixelColor(0, names.height() // 2).name().upper()
    assert edge == theme.hex_of("surface")


def test_words_of_qt_are_chinese_and_ours(qapp: QApplication) -> None:
    theme.translate(qapp)
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"
    assert QCoreApplication.translate("QUndoStack", "Undo") == "撤销"
    assert QCoreApplication.translate("没有", "nobody translates this") == "nobody translates this"


@pytest.mark.ux("A7")
def test_larger_text_reaches_widgets_that_are_there_already(qapp: QApplication) -> None:
    label = Label("学籍")
    small = label.font().pixelSize()
    theme.apply(theme.Mode.LIGHT, 130)
    assert label.font().pixelSize() == round(small * 1.3)


@pytest.mark.ux("A7")
def test_larger_text_brings_larger_icons_and_smaller_text_smaller_ones(qapp: QApplication) -> None:
    button = Button("锁定", "lock")
    height = button.iconSize().height()
    theme.apply(theme.Mode.LIGHT, 130)
    assert button.iconSize().height() == round(height * 1.3)
    theme.apply(theme.Mode.LIGHT)
    assert button.iconSize().height() == height


@pytest.mark.ux("A7")
def test_a_dialog_grows_with_what_it_says(qtbot: QtBot) -> None:
    dialog = FormDialog("办理异动", "立案")
    qtbot.addWidget(dialog)
    said = Label(wrap=True)
    dialog.row("", said)
    dialog.show()
    said.setText("签字：学生、监护人。证明：休学原因证明（诊断证明、创业证明、录取通知书）。" * 4)
    qtbot.waitUntil(lambda: said.height() >= said.heightForWidth(said.width()))


@pytest.mark.ux("A6", "A7")
def test_the_column_that_takes_the_rest_keeps_room_for_words(qtbot: QtBot) -> None:
    table = PlainTable(
        "问题",
        [PlainColumn("日期", str, 200), PlainColumn("问题", str), PlainColumn("状态", str, 200)],
    )
    qtbot.addWidget(table)
    table.resize(800, 200)
    table.show()
    assert table.columnWidth(1) == table.viewport().width() - 400
    table.resize(420, 200)
    assert table.columnWidth(1) == 100
    assert table.horizontalScrollBar().maximum() > 0
    table.resize(800, 200)
    assert table.columnWidth(1) == table.viewport().width() - 400
    assert table.horizontalScrollBar().maximum() == 0


@pytest.mark.ux("A8")
def test_the_dark_theme_is_dark_at_once(qapp: QApplication) -> None:
    theme.apply(theme.Mode.DARK)
    assert qapp.palette().window().color().lightness() < 60


@pytest.mark.promise(50)
@pytest.mark.ux("F13")
def test_markup_in_a_name_is_shown_as_it_stands() -> None:
    label = Label("<b>王</b>")
    assert label.text() == "<b>王</b>"
    assert QLabel(label.text()).textFormat() is not label.textFormat()


@pytest.mark.ux("A2")
def test_a_button_is_named_without_its_mnemonic() -> None:
    assert Button("导入(&I)").accessibleName() == "导入"


def test_setting_text_many_times_does_not_kill_the_interpreter() -> None:
    """PySide6 6.12.0 on Python 3.11 died after some 5,000 of these."""
    label = Label()
    for _ in range(20_000):
        label.setText("学")
    assert label.text() == "学"
