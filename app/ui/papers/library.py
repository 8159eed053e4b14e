"""表样: the form library, the field dictionary, and the record of printed sheets."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.services.clock import today
from app.services.errors import AppError, NotYourRole
from app.services.forms.examples import sample_sheet
from app.services.forms.form_reader import Inspection
from app.services.forms.library import KEEPERS, FormRow, VersionRow
from app.services.forms.marks import filled_fields
from app.services.forms.papers import PAPERS, PaperKind
from app.services.forms.printing import Sheet
from app.services.forms.template import Template
from app.services.register.ledger import Moment
from app.services.register.organisation import CohortGroups
from app.services.register.students import Scope
from app.ui import theme
from app.ui.papers.field_table import FieldTable
from app.ui.papers.form_list import FormList
from app.ui.papers.form_versions import VersionsDialog
from app.ui.papers.paper_desk import Aim, PaperDesk
from app.ui.papers.placing import ForeignForm, PlacingDialog, read_foreign
from app.ui.papers.sheet_record import SheetRecord
from app.ui.papers.working_copy import WorkingCopy
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, Heading, Label
from app.ui.widgets.findings import Findings
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_LIBRARY, _DICTIONARY, _RECORD = range(3)
_SAMPLE: Final = "样例（虚构）"
_CHOOSE: Final = "样例是虚构的人，只能看。要打印，先在“预览”里选一个班。"
_ELSEWHERE: Final = "样例是虚构的人，只能看。这张表在办它的地方打印。"
_PRINT, _DATA = range(2)


class LibraryScreen(Screen):
    """Groups of forms, their preview with examples or with a class, their fields, their sheets."""

    title: ClassVar[str] = "表样"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._sees = _may_see(shell)
        self._keeps = not shell.desk.actor.roles.isdisjoint(KEEPERS)
        self._changed: Template | None = None  # the working copy as it was saved last
        self._scopes: list[Scope | None] = [None]
        self._groups: tuple[CohortGroups, ...] = ()
        self.forms = FormList(shell)
        self.search = QLineEdit()
        self.scope = ChoiceBox("预览谁的内容", [_SAMPLE])
        self.desk = PaperDesk(shell)
        self.data = PlainTable("这一份的内容", _DATA_COLUMNS)
        self.copy = WorkingCopy(shell)
        self._build()
        self.forms.chosen.connect(lambda _: self._choose())
        self.desk.shown.connect(self._show_data)
        self.desk.view.turned.connect(lambda _: self._show_data())
        self.copy.saved.connect(self._copy_saved)
        self.copy.refused.connect(lambda said: self.editing.say(said, "danger"))
        self._load()

    # --- being shown ----------------------------------------------------------------------

    def visit(self, **where: Any) -> None:
        """Shown, perhaps with the `form` to open or the `code` of a sheet to answer."""
        if wanted := where.get("form"):
            self.tabs.setCurrentIndex(_LIBRARY)
            self.forms.choose(str(wanted))
        elif code := where.get("code"):
            self.tabs.setCurrentIndex(_RECORD)
            self.record.code.setText(str(code))
            self.record.ask()

    def refresh(self) -> None:
        """The register changed: other forms, other classes, other sheets."""
        self._load()
        if self.tabs.currentIndex() == _RECORD:
            self.record.refresh()

    def print_now(self) -> None:
        """The preview is here: the button is at hand."""
        self.tabs.setCurrentIndex(_LIBRARY)
        self.desk.focus_print()

    def panes(self) -> Sequence[QWidget]:
        """Of the tab that is shown."""
        if self.tabs.currentIndex() == _DICTIONARY:
            return [self.dictionary.words, self.dictionary.table]
        if self.tabs.currentIndex() == _RECORD:
            return [self.record.code, self.record.table]
        return [self.forms, self.desk.view, self.desk.panel.printer]

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        self._heading = Heading(self.title)
        self.import_button = Button("导入外来表样…", "file-input", on_click=self._choose_foreign)
        self.import_button.setEnabled(self._keeps)
        self._heading.add(self.import_button)
        self.box.addWidget(self._heading)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("看什么")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for words in ("表样库", "字段表", "打印记录"):
            self.tabs.addTab(words)
        self.tabs.setTabVisible(_RECORD, self._sees)
        self.box.addWidget(self.tabs)
        self._stack = QStackedWidget()
        self.box.addWidget(self._stack, 1)
        self._library = QWidget()
        self._stack.addWidget(self._library)
        self._fill_library()
        self.tabs.currentChanged.connect(self._change_tab)

    @cached_property
    def dictionary(self) -> FieldTable:
        """字段表, made when first asked for."""
        page = FieldTable(self.shell)
        self._stack.addWidget(page)
        return page

    @cached_property
    def record(self) -> SheetRecord:
        """打印记录, made when first asked for."""
        page = SheetRecord(self.shell)
        self._stack.addWidget(page)
        return page

    def _fill_library(self) -> None:
        """Into the page where it stands: each move of a full page dresses all of it anew."""
        row = QHBoxLayout(self._library)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(12))
        left = Card(margin=8)
        keep(left, width=232)
        self.search.setAccessibleName("查找表样")
        self.search.setPlaceholderText("查找表样")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.forms.filter)
        left.box.addWidget(self.search)
        left.box.addWidget(self.forms, 1)
        row.addWidget(left)
        middle = QVBoxLayout()
        middle.setSpacing(theme.px(8))
        row.addLayout(middle, 1)
        middle.addLayout(self._tools())
        middle.addWidget(self._editing())
        both = QHBoxLayout()
        both.setSpacing(theme.px(12))
        middle.addLayout(both, 1)
        both.addWidget(self.desk, 3)
        self._data_card = Card(margin=8)
        self._data_card.setMaximumWidth(theme.px(360))
        self._data_card.box.addWidget(self.data, 1)
        self._data_card.hide()
        both.addWidget(self._data_card, 2)

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        label = Label("预览", tint="text-2")
        label.setBuddy(self.scope)
        self.scope.setSizeAdjustPolicy(
            ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.scope.setMinimumContentsLength(10)
        self.scope.activated.connect(lambda _: self._preview())
        row.addWidget(label)
        row.addWidget(self.scope)
        self.beside = QTabBar()
        self.beside.setAccessibleName("旁边显示什么")
        self.beside.setDrawBase(False)
        self.beside.setExpanding(False)
        self.beside.setUsesScrollButtons(False)
        for words in ("打印", "内容"):
            self.beside.addTab(words)
        self.beside.currentChanged.connect(self._change_beside)
        row.addWidget(self.beside)
        row.addStretch()
        self.edit_button = Button("在 WPS 中修改", "pen-line", on_click=self.edit)
        self.versions_button = Button("各版与比较", "history", on_click=self.show_versions)
        row.addWidget(self.edit_button)
        row.addWidget(self.versions_button)
        return row

    def _editing(self) -> QWidget:
        """The bar of the working copy: how it is, and what may be done with it."""
        self._editing_card = Card(margin=8)
        self.editing = Findings("这一版要改的地方")
        self.editing.table.fit(1, 4)
        self.install_button = Button("装为新的一版", "check", "primary", on_click=self.install_copy)
        self.stop_button = Button("不改了", kind="quiet", on_click=self.stop_editing)
        row = QHBoxLayout()
        row.addWidget(self.editing, 1)
        row.addWidget(self.install_button)
        row.addWidget(self.stop_button)
        self._editing_card.box.addLayout(row)
        self._editing_card.hide()
        return self._editing_card

    # --- what there is --------------------------------------------------------------------

    def _load(self) -> None:
        self.shell.read(self.shell.desk.library.rows, self._show_forms)
        if self._sees:
            self.shell.read(self.shell.desk.students.groups, self._show_groups)

    def _show_forms(self, rows: tuple[FormRow, ...]) -> None:
        before = self.forms.current
        self.forms.show_rows(rows, self.search.text().strip())
        own = sum(row.number > 0 for row in rows)
        self._heading.set_detail(f"{len(rows):,} 张" + (f"，其中自己的 {own:,} 张" if own else ""))
        if before is not None and before == self.forms.current:
            self._preview(stay=True)

    def _show_groups(self, groups: tuple[CohortGroups, ...]) -> None:
        self._groups = groups
        self._offer_scopes()

    def _offer_scopes(self) -> None:
        """Whom the chosen form may be for: classes and cohorts, or the whole school."""
        row, chosen = self.forms.current, self.scope.currentText()
        kind = PAPERS[row.paper].kind if row is not None else PaperKind.ELSEWHERE
        self.scope.clear()
        self.scope.addItem(_SAMPLE)
        self._scopes = [None]
        if kind is PaperKind.ELSEWHERE:
            return
        if not kind.of_cohort:
            self.scope.addItem("全校")
            self._scopes.append(Scope())
        for cohort in self._groups:
            for one in cohort.classes if kind.of_class else ():
                self.scope.addItem(one.name)
                self._scopes.append(Scope(class_id=one.id))
            if kind.of_cohort:
                self.scope.addItem(f"{cohort.year}级")
                self._scopes.append(Scope(cohort=cohort.year))
        self.scope.setCurrentIndex(max(0, self.scope.findText(chosen)))

    def _change_tab(self, index: int) -> None:
        self.import_button.setVisible(index == _LIBRARY)
        if index == _RECORD:
            self._stack.setCurrentWidget(self.record)
            self.record.refresh()
            self.record.code.setFocus()
        elif index == _DICTIONARY:
            self._stack.setCurrentWidget(self.dictionary)
            if (row := self.forms.current) is not None:
                self.dictionary.show_form(row.paper)
        else:
            self._stack.setCurrentWidget(self._library)

    def _change_beside(self, index: int) -> None:
        self.desk.side.setVisible(index == _PRINT)
        self._data_card.setVisible(index == _DATA)
        self._show_data()

    # --- preview --------------------------------------------------------------------------

    def _choose(self) -> None:
        row = self.forms.current
        if self.copy.row is not None and row is not None and row.name != self.copy.row.name:
            self.stop_editing()
        can = row is not None
        filled = can and self._sees and self._is_filled(row)
        self._offer_scopes()
        self.scope.setEnabled(filled)
        self.edit_button.setEnabled(can and self._keeps)
        self.versions_button.setEnabled(can)
        self._preview()

    @staticmethod
    def _is_filled(row: FormRow | None) -> bool:
        """Whether the form is filled with students; the others are printed where their work is."""
        return row is not None and PAPERS[row.paper].kind is not PaperKind.ELSEWHERE

    def _preview(self, *, stay: bool = False) -> None:
        row = self.forms.current
        if row is None:
            self.desk.clear("file-spreadsheet", "没有这样的表样", "换几个字再找，或者清空查找。")
            return
        scope = self._scopes[max(0, self.scope.currentIndex())] if self.scope.isEnabled() else None
        desk, changed = self.shell.desk, self._changed
        moment = Moment(today(), upcoming=True)

        def collect() -> Sheet:
            if scope is None:
                return sample_sheet(changed or desk.library.template(row.name), row.paper, said)
            if changed is not None:
                return desk.printing.try_on(desk.actor, changed, row.paper, moment, scope)
            return desk.printing.collect(desk.actor, row.name, moment, scope)

        said = _CHOOSE if self.scope.isEnabled() else _ELSEWHERE
        words = "" if scope is None else self.scope.currentText()
        sample = scope is None or changed is not None
        self.desk.show_aim(Aim(row.name, collect, words, sample=sample), stay=stay)

    def _show_data(self) -> None:
        made = self.desk.preview
        if made is None or self.beside.currentIndex() != _DATA:
            self.data.show_rows(())
            return
        document = made.places[self.desk.view.page].document
        person = made.sheet.documents[document].student_id
        warnings = [one for one in made.warnings if one.student_id == person]
        fields = filled_fields(made.sheet, document, warnings)
        self.data.show_rows(sorted(fields, key=lambda field: not field.concern))

    # --- versions -------------------------------------------------------------------------

    def show_versions(self) -> None:
        """Every version of the chosen form."""
        if (row := self.forms.current) is not None:
            dialog = VersionsDialog(self.shell, row)
            dialog.exec()
            dialog.deleteLater()
            self._load()

    def edit(self) -> None:
        """在 WPS 中修改."""
        if (row := self.forms.current) is not None:
            self.edit_in(row, None)

    def edit_in(self, row: FormRow, folder: Path | None) -> None:
        """Write a working copy of a form and watch it."""
        self._changed = None
        self.copy.begin(row, self._editing_begun, folder=folder)

    def _editing_begun(self) -> None:
        self._editing_card.show()
        self.install_button.setEnabled(False)
        self.editing.say(f"正在修改 {self.copy.path.name}：在 WPS 里存盘，这里就重新预览。", "info")

    def _copy_saved(self, found: Inspection, template: Template | None) -> None:
        self._changed = template
        self.install_button.setEnabled(template is not None)
        if template is None:
            said = f"{self.copy.path.name} 有 {len(found.faults)} 处要改，改好再存："
            self.editing.say(said, "danger", [str(fault) for fault in found.faults])
            return
        self.editing.say(f"{self.copy.path.name} 已存盘，下面是改后的样子。", "ok", found.notes)
        self._preview(stay=True)

    def install_copy(self) -> None:
        """Install the working copy as it was saved last."""
        row, data, desk = self.copy.row, self.copy.data, self.shell.desk
        if row is None or not data:
            return
        self.install_button.setEnabled(False)

        def done(made: VersionRow) -> None:
            self.stop_editing()
            self.shell.say(f"“{made.name}”从现在起用第 {made.number} 版，旧版留作重印。")

        def refused(error: AppError) -> None:
            self.install_button.setEnabled(True)
            self.editing.say(str(error), "danger")

        self.shell.run(
            lambda: desk.library.install(desk.actor, data, row.name), "安装表样", done, refused
        )

    def stop_editing(self) -> None:
        """Watch the copy no longer; it stays on the disk."""
        changed = self._changed is not None
        self._changed = None
        self.copy.end()
        self._editing_card.hide()
        if changed:
            self._preview(stay=True)

    # --- forms from outside ---------------------------------------------------------------

    def _choose_foreign(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self.shell.window, "选一张外来的表", "", "Excel 工作簿 (*.xlsx)"
        )
        if chosen:
            self.open_foreign(Path(chosen), self._place)

    def open_foreign(self, path: Path, then: Any) -> None:
        """Examine a form from outside; `then` gets it when it could be read."""
        self.shell.read(lambda: read_foreign(path), then)

    def _place(self, form: ForeignForm) -> None:
        dialog = PlacingDialog(self.shell, form)
        dialog.exec()
        self.placed(dialog)
        dialog.deleteLater()

    def placed(self, dialog: PlacingDialog) -> None:
        """The dialog was closed: show what it installed."""
        made = dialog.installed
        if made is not None:
            self.search.clear()
            self.shell.say(f"已安装“{made.name}”第 {made.number} 版，可以用它打印了。")

            def listed(rows: tuple[FormRow, ...]) -> None:
                self._show_forms(rows)
                self.forms.choose(made.name)

            self.shell.read(self.shell.desk.library.rows, listed)


def _may_see(shell: Shell) -> bool:
    try:
        shell.desk.actor.require_sight()
    except NotYourRole:
        return False
    return True


_DATA_COLUMNS: Final = (
    PlainColumn("字段", lambda row: row.path, 120),
    PlainColumn(
        "内容",
        lambda row: f"▲ {row.concern}　{row.said}" if row.concern else row.said,
        tint=lambda row: "warn" if row.concern else "text",
    ),
    PlainColumn("格子", lambda row: row.places, 64),
)
