"""导入外来表样: point at a cell, choose a field; it is typed into a copy, which is installed."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.errors import AppError
from app.services.forms.dictionary import FieldLine, field_lines
from app.services.forms.faults import FormFault, faults_of
from app.services.forms.fields import ValueKind
from app.services.forms.form_reader import form_bytes, inspect_form
from app.services.forms.library import VersionRow
from app.services.forms.papers import PAPERS, PaperKind
from app.services.forms.placing import field_text, place_text
from app.services.forms.shelves import OWN, SHELVES
from app.services.forms.template import Template, compile_template
from app.ui import theme
from app.ui.papers.form_grid import FormGrid
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, Card, ChoiceBox, Label
from app.ui.widgets.dialog import Line
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_PLAIN: Final = "不写格式"
_PATTERNS: Final = (_PLAIN, "yyyy年m月d日", "yyyy年m月", "yyyy.mm", "yyyy-mm")


@dataclass(frozen=True, slots=True)
class ForeignForm:
    """A workbook from outside that its child process could compile, and whose fields it takes."""

    name: str
    data: bytes
    template: Template
    paper: str


def read_foreign(path: Path) -> ForeignForm:
    """A form from outside, examined by a process of its own before it is opened here."""
    data, name = form_bytes(path), path.stem
    found = inspect_form(data, name)
    if not found.paper:  # it cannot be read at all: a formula, broken braces
        found.demand_faultless(name)
    return ForeignForm(name, data, compile_template(data, name), found.paper)


class PlacingDialog(QDialog):
    """The sheet on the left, the fields on the right, the name below."""

    def __init__(self, shell: Shell, form: ForeignForm) -> None:
        super().__init__(shell.window)
        self._shell = shell
        self._form = form
        self._steps: list[bytes] = []  # what each step began with
        self._busy = False
        self.installed: VersionRow | None = None
        self.setWindowTitle("导入外来表样")
        self.resize(theme.px(1180), theme.px(660))
        self.grid = FormGrid()
        self.sheets = ChoiceBox("工作表", [sheet.name for sheet in form.template.sheets])
        self.text = QLineEdit()
        self.fields = PlainTable("能用的字段", _FIELDS)
        self.words = QLineEdit()
        self.slot = Line("第几项", "", "名册不写；卡片写 1、2…")
        self.pattern = ChoiceBox("日期格式", _PATTERNS)
        self.paper = ChoiceBox(
            "字段取自",
            [name for name, paper in PAPERS.items() if paper.kind is not PaperKind.ELSEWHERE],
        )
        self.name = Line("表样名称", form.name)
        self.shelf = ChoiceBox("组", SHELVES)
        self.note = Line("说明", "", "例如来文的文号")
        self._build()
        self.paper.setCurrentText(form.paper)
        self.shelf.setCurrentText(OWN)
        self._list_fields()
        self._show(form.template)

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label("导入外来表样", "section"))
        said = "在左边点一格，在右边选一个字段，按 Enter 填进去。有文字的格子，字段接在文字后面。"
        box.addWidget(Label(said, "table", "text-2", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(self._left(), 1)
        row.addWidget(self._right())
        box.addLayout(row, 1)
        box.addLayout(self._below())
        self._answer = Answer()
        box.addWidget(self._answer)
        foot = QHBoxLayout()
        self._count = Label(role="table", tint="text-2")
        foot.addWidget(self._count, 1)
        foot.addWidget(Button("取消", on_click=self.reject))
        self.go = Button("安装", "check", "primary", on_click=self.install)
        foot.addWidget(self.go)
        box.addLayout(foot)
        undo = QShortcut(QKeySequence.StandardKey.Undo, self)
        undo.activated.connect(self.take_back)
        for button in self.findChildren(Button):
            button.setAutoDefault(False)

    def _left(self) -> QWidget:
        card = Card(margin=8)
        tools = QHBoxLayout()
        label = Label("工作表", tint="text-2")
        label.setBuddy(self.sheets)
        tools.addWidget(label)
        tools.addWidget(self.sheets)
        tools.addStretch()
        self.undo_button = Button("撤销", "undo-2", "quiet", on_click=self.take_back)
        tools.addWidget(self.undo_button)
        card.box.addLayout(tools)
        card.box.addWidget(self.grid, 1)
        self.sheets.activated.connect(lambda _: self._show(self._form.template))
        self.grid.pointed.connect(self._pointed)
        return card

    def _right(self) -> QWidget:
        card = Card(margin=12)
        keep(card, width=380)
        self._where = Label("还没有点格子", "strong")
        card.box.addWidget(self._where)
        self.text.setAccessibleName("这一格的内容")
        self.text.setPlaceholderText("这一格的内容，可以直接改")
        self.text.returnPressed.connect(lambda: self.write(self.text.text()))
        line = QHBoxLayout()
        line.addWidget(self.text, 1)
        line.addWidget(Button("清空", kind="quiet", on_click=lambda: self.write("")))
        card.box.addLayout(line)
        self.words.setAccessibleName("查找字段")
        self.words.setPlaceholderText("查找字段：名称、意思、例子")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _: self._list_fields())
        self.words.returnPressed.connect(self.place)
        card.box.addWidget(self.words)
        card.box.addWidget(self.fields, 1)
        self.fields.doubleClicked.connect(lambda _: self.place())
        self.fields.chosen.connect(self._chose)
        enter = QShortcut(QKeySequence(Qt.Key.Key_Return), self.fields)
        enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        enter.activated.connect(self.place)
        options = QGridLayout()
        for at, (words, widget) in enumerate(
            (("列表第几项", self.slot), ("日期格式", self.pattern))
        ):
            label = Label(words, tint="text-2")
            label.setBuddy(widget)
            options.addWidget(label, at, 0)
            options.addWidget(widget, at, 1)
        card.box.addLayout(options)
        self.place_button = Button("填进这一格", "pen-line", on_click=self.place)
        card.box.addWidget(self.place_button)
        return card

    def _below(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(8))
        for at, (words, widget) in enumerate(
            (("名称", self.name), ("字段取自", self.paper), ("组", self.shelf), ("说明", self.note))
        ):
            label = Label(words, tint="text-2")
            label.setBuddy(widget)
            grid.addWidget(label, 0, 2 * at)
            grid.addWidget(widget, 0, 2 * at + 1)
            grid.setColumnStretch(2 * at + 1, 1)
        self.paper.activated.connect(lambda _: self._other_paper())
        return grid

    # --- what is shown --------------------------------------------------------------------

    @property
    def answer(self) -> str:
        """What the dialog says at present."""
        return self._answer.text

    @property
    def faults(self) -> tuple[FormFault, ...]:
        """What is still wrong with the form; nothing while there is no field at all."""
        template = self._form.template
        return faults_of(template, self.paper.currentText()) if template.fields else ()

    def _show(self, template: Template) -> None:
        faults = self.faults
        wanted = self.sheets.currentText()
        sheet = next((one for one in template.sheets if one.name == wanted), template.sheets[0])
        self.grid.show_sheet(sheet, {one.cell for one in faults if one.sheet == sheet.name})
        cells = sum(len(places) for places in template.fields.values())
        self._count.setText(
            f"填了 {cells:,} 个字段" + (f"，{len(faults)} 处要改" if faults else "")
        )
        shown = [str(fault) for fault in faults[:3]]
        self._answer.say("\n".join(shown))
        self.undo_button.setEnabled(bool(self._steps))
        if self.grid.current:
            self._pointed(self.grid.current)

    def _pointed(self, ref: str) -> None:
        self._where.setText(f"格子 {ref}")
        self.text.setText(self.grid.text_of(ref))
        self.place_button.setEnabled(self.fields.current is not None)

    def _list_fields(self) -> None:
        self.fields.show_rows(field_lines(self.paper.currentText(), self.words.text()))
        if self.words.text().strip() and self.fields.rows:
            self.fields.selectRow(0)

    def _chose(self, line: FieldLine | None) -> None:
        self.pattern.setEnabled(line is not None and line.kind is ValueKind.DATE)
        self.slot.setEnabled(line is not None and "." in line.path)
        self.place_button.setEnabled(line is not None and bool(self.grid.current))

    def _other_paper(self) -> None:
        self._list_fields()
        self._show(self._form.template)

    # --- steps ----------------------------------------------------------------------------

    def place(self) -> None:
        """Type the chosen field into the cell that is pointed at."""
        line = self.fields.current
        if line is None or not self.grid.current:
            self._answer.say("请先在左边点一格，再选字段。")
            return
        slot = self.slot.words
        if slot and not (slot.isdigit() and int(slot) > 0):
            self._answer.say("第几项要写从 1 开始的数字；名册不写。")
            return
        pattern = self.pattern.currentText() if self.pattern.isEnabled() else _PLAIN
        field = field_text(
            line.path,
            index=int(slot) if slot and "." in line.path else None,
            pattern="" if pattern == _PLAIN else pattern,
        )
        before = self.grid.text_of(self.grid.current)
        self.write(field if "{{" in before else f"{before}{field}")

    def write(self, text: str) -> None:
        """Make `text` the whole content of the cell that is pointed at."""
        ref = self.grid.current
        if not ref or self._busy:
            return
        form, sheet = self._form, self.sheets.currentText()

        def work() -> tuple[bytes, Template]:
            data = place_text(form.data, form.name, sheet, ref, text)
            return data, compile_template(data, form.name)

        self._busy = True
        self._shell.read(work, partial(self._written, form.data), self._refused)

    def take_back(self) -> None:
        """Ctrl+Z: undo the step before."""
        if not self._steps or self._busy:
            return
        data, name = self._steps.pop(), self._form.name
        self._busy = True
        self._shell.read(lambda: (data, compile_template(data, name)),
                         partial(self._written, None), self._refused)  # fmt: skip

    def _written(self, before: bytes | None, made: tuple[bytes, Template]) -> None:
        self._busy = False
        if before is not None:
            self._steps.append(before)
        data, template = made
        self._form = ForeignForm(self._form.name, data, template, self._form.paper)
        self._show(template)

    def _refused(self, error: AppError) -> None:
        self._busy = False
        self.go.setEnabled(True)
        self._answer.say(str(error))

    def install(self) -> None:
        """Install the copy as it now is."""
        desk, data = self._shell.desk, self._form.data
        name, paper = self.name.words, self.paper.currentText()
        shelf, note = self.shelf.currentText(), self.note.words
        self.go.setEnabled(False)
        self._shell.run(
            lambda: desk.library.install(
                desk.actor, data, name, paper=paper, shelf=shelf, note=note
            ),
            "安装表样",
            self._installed,
            self._refused,
        )

    def _installed(self, row: VersionRow) -> None:
        self.installed = row
        self.accept()

    def reject(self) -> None:
        """Close; what was placed and not installed is thrown away only when she says so."""
        if self._steps and self.installed is None:
            question: Any = self._shell.ask
            if not question(
                "放弃填好的字段？",
                f"已经填了 {len(self._steps)} 步，还没有安装。",
                yes="放弃",
                no="留在此处",
                danger=True,
            ):
                return
        super().reject()


_FIELDS: Final = (
    PlainColumn("字段", lambda line: line.path, 150),
    PlainColumn("意思", lambda line: line.meaning),
)
