"""All places at once: every control has a name, is reached by Tab, and fits the smallest window."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCalendarWidget,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

from app.ui import theme
from app.ui.desk_frame import DeskFrame
from app.ui.main_window import SMALLEST, MainWindow
from app.ui.navigation import PLACES
from app.ui.settings.screen import GROUPS
from app.ui.widgets.basic import Button, ElidedLabel

Settled = Callable[[], None]
INTERACTIVE = (
    QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QAbstractSpinBox, QTabBar,
)  # fmt: skip
#: What Qt builds of parts of its own.
BUILT_IN = (QComboBox, QAbstractSpinBox, QTabBar, QAbstractItemView, QLineEdit, QCalendarWidget)
#: Every place, and every page of the places that have pages by name.
WHERES = (
    [(place.name, {}) for place in PLACES]
    + [("system", {"page": page}) for group in GROUPS.values() for page in group]
    + [("headcount", {"page": page}) for page in ("学期注册", "学籍核查")]
    + [("cases", {"page": "处分"})]  # the other matters are laid out alike
)


def name_of(where: tuple[str, dict[str, str]]) -> str:
    return "-".join([where[0], *where[1].values()])


def inside(widget: QWidget) -> Iterator[QWidget]:
    """Every widget of ours below it; what Qt builds into its own is not ours."""
    for child in widget.findChildren(QWidget):
        if not part_of_another(child):
            yield child


def part_of_another(widget: QWidget) -> bool:
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return True
    above = widget.parentWidget()
    while above is not None and not isinstance(above, BUILT_IN):
        above = above.parentWidget()
    return above is not None


def nameless(root: QWidget) -> list[str]:
    """Controls that assistive software could not announce."""
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in inside(root)
        if isinstance(widget, INTERACTIVE)
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]


def test_the_walker_finds_what_it_looks_for(frame: DeskFrame) -> None:
    page = QScrollArea(frame)
    page.setWidget(QLineEdit())
    assert nameless(frame) == ["QLineEdit in QWidget"]


@pytest.mark.ux("A2")
@pytest.mark.parametrize("where", WHERES, ids=name_of)
def test_every_control_has_a_name_and_no_label_takes_markup(
    frame: DeskFrame, settled: Settled, where: tuple[str, dict[str, str]]
) -> None:
    frame.show_screen(*where)
    settled()
    assert nameless(frame) == []
    marked = [
        label.text()
        for label in inside(frame)
        if isinstance(label, QLabel) and label.textFormat() is not Qt.TextFormat.PlainText
        if label.pixmap().isNull()
    ]
    assert marked == []


@pytest.mark.ux("A2")
def test_a_button_that_bears_another_verb_is_spoken_by_it(frame: DeskFrame) -> None:
    button = Button("下一步(&N)", parent=frame)
    assert button.accessibleName() == "下一步"
    button.setText("建立学籍库(&F)")
    assert button.accessibleName() == "建立学籍库"
    button.setAccessibleName("建立江海职业学校的学籍库")
    button.setText("建立…")
    assert button.accessibleName() == "建立江海职业学校的学籍库"


@pytest.mark.ux("A6")
@pytest.mark.parametrize("where", WHERES, ids=name_of)
def test_every_place_fits_the_smallest_window(
    window: MainWindow, settled: Settled, where: tuple[str, dict[str, str]]
) -> None:
    window.resize(*SMALLEST)
    assert window.frame is not None
    window.frame.show_screen(*where)
    settled()
    current = window.frame.current
    assert current is not None
    hint = window.minimumSizeHint()
    assert hint.width() <= SMALLEST[0]
    assert hint.height() <= SMALLEST[1]
    assert (window.width(), window.height()) == SMALLEST


#: The window at its smallest; a 1366×768 screen and a large one in the largest text.
SIGHTS = ((SMALLEST, 100), ((1366, 700), 130), ((1600, 940), 130))


@pytest.mark.ux("A5", "A6", "A7")
@pytest.mark.parametrize("where", WHERES, ids=name_of)
def test_no_words_are_cut_and_nothing_is_pressed_together(
    frame: DeskFrame, settled: Settled, where: tuple[str, dict[str, str]]
) -> None:
    frame.show_screen(*where)
    settled()
    for size, text in SIGHTS:
        if theme.text_size() != text:
            theme.apply(theme.Mode.LIGHT, text)
        frame.window().resize(*size)
        settled()
        seen = [widget for widget in inside(frame) if widget.isVisible()]
        assert [words for widget in seen if (words := cut_words(widget))] == []
        assert [names for widget in seen if (names := overlapping(widget))] == []


def overlapping(parent: QWidget) -> list[str]:
    """Controls and words below it that lie over each other, for want of room."""
    parts = [
        part
        for part in parent.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if isinstance(part, (*INTERACTIVE, QLabel)) and part.isVisible()
        if not part_of_another(part)
    ]
    return [
        f"{one.accessibleName() or type(one)} / {other.accessibleName() or type(other)}"
        for at, one in enumerate(parts)
        for other in parts[at + 1 :]
        if inner(one).intersects(inner(other))
    ]


def inner(part: QWidget) -> QRect:
    """Where it is, without its edge: edges may touch."""
    return part.geometry().adjusted(1, 1, -1, -1)


def cut_words(widget: QWidget) -> str:
    """What a label or a button says, where it has less room than its words need."""
    if isinstance(widget, QAbstractButton):
        return widget.text() if widget.width() < widget.minimumSizeHint().width() else ""
    if not isinstance(widget, QLabel) or isinstance(widget, ElidedLabel) or widget.wordWrap():
        return ""
    lines = widget.text().splitlines()
    need = max((widget.fontMetrics().horizontalAdvance(line) for line in lines), default=0)
    return widget.text() if widget.contentsRect().width() < need else ""


@pytest.mark.ux("A1", "F12")
@pytest.mark.parametrize("where", WHERES, ids=name_of)
def test_tab_reaches_every_control(
    frame: DeskFrame, settled: Settled, where: tuple[str, dict[str, str]]
) -> None:
    frame.show_screen(*where)
    settled()
    window = frame.window()
    current = frame.current
    assert current is not None
    reached: set[QWidget] = set()
    widget: QWidget | None = current
    while widget is not None and widget not in reached:  # the chain is a ring
        reached.add(widget)
        widget = widget.nextInFocusChain()
    missed = [
        f"{type(widget).__name__} {widget.accessibleName()}"
        for widget in inside(window)
        if isinstance(widget, INTERACTIVE) and shown(widget) and not in_turn(widget, reached)
    ]
    assert missed == []


def shown(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled()


def in_turn(widget: QWidget, reached: set[QWidget]) -> bool:
    """Tab stops at it; of a group in which one is chosen, at that one: arrows go on from there."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    chosen = group.checkedButton() if group is not None and group.exclusive() else None
    stop = chosen or widget
    return stop in reached and bool(stop.focusPolicy() & Qt.FocusPolicy.TabFocus)


@pytest.mark.ux("A1")
@pytest.mark.parametrize("where", WHERES, ids=name_of)
def test_what_scrolls_scrolls_by_the_keyboard(
    frame: DeskFrame, settled: Settled, where: tuple[str, dict[str, str]]
) -> None:
    """A scroll area either takes the focus itself or holds something that does."""
    frame.show_screen(*where)
    settled()
    stuck = [
        area.accessibleName()
        for area in inside(frame)
        if isinstance(area, QAbstractScrollArea) and area.isVisible()
        if area.verticalScrollBar().maximum() > 0 and not takes_focus(area)
    ]
    assert stuck == []


def takes_focus(area: QAbstractScrollArea) -> bool:
    tab = Qt.FocusPolicy.TabFocus
    return any(bool(widget.focusPolicy() & tab) for widget in (area, *inside(area)))
