"""All papers at a glance, one picture a group of the library: the first page of each, small."""

from functools import partial
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from app.services.clock import today
from app.services.errors import FormError
from app.services.forms.examples import sample_sheet
from app.services.forms.papers import PAPERS, Paper, PaperGroup, PaperKind
from app.services.forms.preview import glance
from app.services.forms.printing import Sheet
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.services.workstation import Workstation
from app.ui.main_window import MainWindow
from app.ui.papers.page_view import thumbnail
from tests.scenes.scene import Scene

_WIDE: Final = 200  # pixels of a page
_ACROSS: Final = 5
_GAP: Final = 20
_NAME: Final = 26  # height of the line with the name
_POINTS: Final = 72
_LISTS: Final = frozenset({PaperKind.ROSTER, PaperKind.CLASS, PaperKind.CONDUCT})


def _sheet(desk: Workstation, paper: Paper) -> Sheet:
    """The paper of the demonstration's school; of nobody, where that school has none."""
    moment, scope = Moment(today(), upcoming=True), Scope()
    cohort = desk.students.groups()[0]
    if paper.kind in _LISTS:
        scope = Scope(class_id=cohort.classes[0].id)
    elif paper.kind.of_people:
        scope = Scope(ids=[desk.students.rows(moment, Scope(cohort=cohort.year))[0].id])
    try:
        return desk.printing.collect(desk.actor, paper.name, moment, scope)
    except FormError:
        return sample_sheet(desk.library.template(paper.name), paper.name)


def _page(desk: Workstation, paper: Paper) -> QImage:
    made = finish(glance(_sheet(desk, paper)))
    dpi = _WIDE * _POINTS / made.pages.sizes[0][0]
    image = thumbnail(made.pages, 0, dpi)
    made.close()
    return image


def _contact(window: MainWindow, group: PaperGroup) -> QWidget:
    assert window.frame is not None
    desk = window.frame.shell.desk
    pages = [(name, _page(desk, paper)) for name, paper in PAPERS.items() if paper.group is group]
    rows = [pages[at : at + _ACROSS] for at in range(0, len(pages), _ACROSS)]
    tall = [max(page.height() for _, page in row) + _NAME + _GAP for row in rows]
    sheet = QPixmap(QSize(_GAP + _ACROSS * (_WIDE + _GAP), _GAP + sum(tall)))
    sheet.fill(QColor("#e9edf2"))
    painter = QPainter(sheet)
    font = QFont(window.font())
    font.setPixelSize(15)
    painter.setFont(font)
    top = _GAP
    for row, height in zip(rows, tall, strict=True):
        for at, (name, page) in enumerate(row):
            box = QRect(_GAP + at * (_WIDE + _GAP), top, page.width(), page.height())
            painter.drawImage(box.topLeft(), page)
            painter.setPen(QColor("#8894a3"))
            painter.drawRect(box.adjusted(-1, -1, 0, 0))
            painter.setPen(QColor("#1f2933"))
            below = QRect(box.x(), top + height - _NAME - _GAP + 2, _WIDE, _NAME)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        top += height
    painter.end()
    shown = QLabel()
    shown.setPixmap(sheet)
    shown.setFixedSize(sheet.size())
    return shown


SCENES = [Scene(f"全部表样-{group}", partial(_contact, group=group)) for group in PaperGroup]
