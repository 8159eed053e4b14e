"""毕业与归档: make the disc of a cohort, read discs back, know where each of them came from."""

from typing import Any, ClassVar

from PySide6.QtWidgets import QTabWidget, QWidget

from app.ui.archive.build import BuildPage
from app.ui.archive.check import CheckPage
from app.ui.archive.shelf import ShelfPage
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Heading


class ArchiveScreen(Screen):
    """Three pages in the order of the work."""

    title: ClassVar[str] = "毕业与归档"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.heading = Heading(self.title)
        self.box.addWidget(self.heading)
        self.build_page = BuildPage(shell)
        self.check_page = CheckPage(shell)
        self.shelf = ShelfPage(shell)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("归档的步骤")
        self.tabs.addTab(self.build_page, "制作光盘")
        self.tabs.addTab(self.check_page, "回读校验")
        self.tabs.addTab(self.shelf, "光盘登记")
        self.box.addWidget(self.tabs, 1)
        self.build_page.checking.connect(self.check)
        self.shelf.checking.connect(self.check)
        self.setFocusProxy(self.tabs)

    def visit(self, **where: Any) -> None:
        """Show it, perhaps for one cohort, or to check a disc (`check`)."""
        self.refresh()
        if "check" in where:
            self.check(str(where["check"]))
        elif "cohort" in where:
            self.build_page.choose(int(where["cohort"]))
            self.tabs.setCurrentWidget(self.build_page)

    def refresh(self) -> None:
        """Look at the register anew."""
        self.build_page.refresh()
        self.shelf.refresh()

    def panes(self) -> list[QWidget]:
        """The tabs, and the page."""
        page = self.tabs.currentWidget()
        return [self.tabs] if page is None else [self.tabs.tabBar(), page]

    def check(self, path: str) -> None:
        """Go to the check of this image or disc; "" to choose one there."""
        self.tabs.setCurrentWidget(self.check_page)
        if path:
            self.check_page.start(path)
