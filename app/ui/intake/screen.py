"""导入与核对: tables step by step, photographs, classes, numbers, and what came in so far."""

import zipfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from app.ui import theme
from app.ui.intake.batch_page import BatchPage
from app.ui.intake.photo_page import PhotoPage
from app.ui.intake.placement_page import NumbersPage, PlacementPage
from app.ui.intake.wizard import CHOOSE, Wizard
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Heading

_PAGES: Final = {
    "tables": "表格",
    "photos": "照片",
    "placement": "分班",
    "numbers": "编学号",
    "batches": "导入记录",
}


class IntakeScreen(Screen):
    """Everything that comes from outside goes through here."""

    title: ClassVar[str] = "导入与核对"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        heading = Heading(self.title, "先逐格核对，再写入；一份文件一批，整批可以撤销")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("导入什么")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.stack = QStackedWidget()
        for title in _PAGES.values():
            self.tabs.addTab(title)
        self.box.setSpacing(theme.px(8))
        heading.add(self.tabs)
        self.box.addWidget(heading)
        self.box.addWidget(self.stack, 1)
        self.stack.addWidget(self.wizard)
        self.tabs.currentChanged.connect(self._turn_to)
        self._shortcut("Ctrl+O", self._open)
        self._shortcut("Ctrl+V", self._paste)

    def _shortcut(self, keys: str, then: Any) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda: then())
        self.addAction(action)

    # --- pages, each built when it is first needed ------------------------------------------

    @cached_property
    def wizard(self) -> Wizard:
        """Tables, step by step."""
        page = Wizard(self.shell)
        page.going.connect(self.show_page)
        page.photos.connect(lambda source: self.visit(files=[source]))
        return page

    @cached_property
    def photos(self) -> PhotoPage:
        """Photographs."""
        page = PhotoPage(self.shell)
        page.undone.connect(self.wizard.undo)
        self.stack.addWidget(page)
        return page

    @cached_property
    def placement(self) -> PlacementPage:
        """分班."""
        page = PlacementPage(self.shell)
        page.going.connect(self.show_page)
        self.stack.addWidget(page)
        return page

    @cached_property
    def numbers(self) -> NumbersPage:
        """编学号."""
        page = NumbersPage(self.shell)
        self.stack.addWidget(page)
        return page

    @cached_property
    def batches(self) -> BatchPage:
        """What came in so far."""
        page = BatchPage(self.shell)
        page.undone.connect(self.wizard.undo)
        page.people.connect(self._people)
        self.stack.addWidget(page)
        return page

    def _page(self, name: str) -> QWidget:
        page: QWidget = self.wizard if name == "tables" else getattr(self, name)
        return page

    # --- coming here ----------------------------------------------------------------------

    def visit(
        self,
        files: Sequence[Path] = (),
        page: str = "",
        draft: str = "",
        **where: Any,
    ) -> None:
        """Shown: with files that were dropped, a page, or a draft to go on with."""
        pictures = [path for path in files if _holds_pictures(path)]
        tables = [path for path in files if path not in pictures]
        if draft:
            self.show_page("tables")
            self.wizard.resume(draft)
        elif tables:
            self.show_page("tables")
            self.wizard.take(tables)
        elif pictures:
            self.show_page("photos")
        elif page:
            self.show_page(page)
        else:
            self._turn_to(self.tabs.currentIndex())
        if pictures:
            self.photos.take(pictures[0])
            if tables or len(pictures) > 1:
                self.shell.say("照片在“照片”一页，一次核对一个文件夹", "info")

    def show_page(self, name: str) -> None:
        """Turn to a page by its name."""
        at = list(_PAGES).index(name)
        if self.tabs.currentIndex() == at:
            self._turn_to(at)
        self.tabs.setCurrentIndex(at)

    def _turn_to(self, at: int) -> None:
        page = self._page(list(_PAGES)[at])
        self.stack.setCurrentWidget(page)
        if page is self.wizard:
            if self.wizard.rail.current == CHOOSE:
                self.wizard.refresh_choose()
        elif isinstance(page, PhotoPage | PlacementPage | NumbersPage | BatchPage):
            page.refresh()

    def refresh(self) -> None:
        """The register changed: what was compared with it is compared anew."""
        self.wizard.look_again()
        if "photos" in self.__dict__:
            self.photos.look_again()
        self._turn_to(self.tabs.currentIndex())

    def panes(self) -> Sequence[QWidget]:
        """Tabs, then the page."""
        return [self.tabs, self.stack.currentWidget() or self]

    def keep(self) -> None:
        """Keep a half reconciled file."""
        self.wizard.keep()

    def can_leave(self) -> bool:
        """Going elsewhere loses nothing: the draft is kept."""
        self.keep()
        return True

    # --- keys -----------------------------------------------------------------------------

    def _open(self) -> None:
        self.show_page("tables")
        self.wizard.choose.ask_files()

    def _paste(self) -> None:
        if self.tabs.currentIndex() == 0 and self.wizard.rail.current == CHOOSE:
            self.wizard.paste()

    def _people(self, batch: int) -> None:
        batches = self.shell.desk.batches
        self.shell.read(
            lambda: batches.people(batch), lambda ids: self.shell.go("students", ids=ids)
        )


def _holds_pictures(path: Path) -> bool:
    """Whether it is a folder or an archive: those hold photographs."""
    return path.is_dir() or (path.suffix.lower() == ".zip" and zipfile.is_zipfile(path))
