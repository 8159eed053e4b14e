"""The papers of a case: its application, the notice of what it lacks, as they will be printed."""

from typing import Final

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.services.forms.applications import form_of
from app.services.forms.casepapers import missing
from app.services.forms.fields import MISSING_NOTICE
from app.services.register.casework import CaseRow
from app.ui import theme
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, ChoiceBox, Label

_WAITING: Final = ("printer", "没有要打印的", "先在左边选一件异动，再点“打印申请表”。")


class PaperPage(QWidget):
    """One paper on the desk, with the way back to its case."""

    left = QtSignal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._case: CaseRow | None = None
        self._template = ""
        self.paper = ChoiceBox("哪一张")
        self.paper.activated.connect(lambda _: self._change_paper())
        self._whose = Label(role="strong")
        self._shipped = Button("用随程序的表样", "undo-2", "quiet", on_click=self._use_shipped)
        self._shipped.hide()
        self.back = Button("返回个案", "chevron-left", on_click=self.left.emit)
        self.desk = PaperDesk(shell)
        own = Button("换用自己的表样…", "file-spreadsheet", "quiet", on_click=self._choose_form)
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        for widget in (self.back, self.paper, self._whose):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(own)
        row.addWidget(self._shipped)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(12))
        box.addLayout(row)
        box.addWidget(self.desk, 1)
        self.desk.clear(*_WAITING)

    def show_case(self, case: CaseRow, paper: str) -> None:
        """Show a paper of this case: its form by name, or the notice."""
        self._case, self._template = case, ""
        self._shipped.hide()
        self.paper.clear()
        self.paper.addItems([form_of(case.kind), *([MISSING_NOTICE] if missing(case) else [])])
        self.paper.setCurrentText(paper)
        self._whose.setText(f"{case.name}　{case.kind.value}　个案编号 {case.id}")
        self._show()

    def follow(self, case: CaseRow | None) -> None:
        """The register changed: the same paper, as the case stands now."""
        if case is None or self._case is None or case.id != self._case.id:
            return
        template = self._template
        self.show_case(case, self.paper.currentText())
        if template:
            self.use_form(template)

    def use_form(self, template: str) -> None:
        """Fill a form of the school's own; "" for the one that ships."""
        self._template = template
        self._shipped.setVisible(bool(template))
        self._show()

    def _show(self) -> None:
        case, name, template = self._case, self.paper.currentText(), self._template
        if case is None:
            return
        desk = self._shell.desk
        fill = desk.case_papers.notice if name == MISSING_NOTICE else desk.case_papers.application
        whose = f"{case.name}{case.number or ''}"
        self.desk.show_aim(Aim(name, lambda: fill(desk.actor, case.id, template), whose))

    def _change_paper(self) -> None:
        self.use_form("")

    def _use_shipped(self) -> None:
        self.use_form("")

    def _choose_form(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._shell.window, "选一张自己的表样", "", "Excel 工作簿 (*.xlsx)"
        )
        if chosen:
            self.use_form(chosen)
