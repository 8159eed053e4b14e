"""批量修改: field, value and basis; then old → new of each, and only then it is written."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout

from app.services.register.bulk import BulkPlan, Edit, EditLine, same_for_all
from app.ui import theme
from app.ui.shell import Shell
from app.ui.students.columns import EDITABLE
from app.ui.widgets.basic import Button, ChoiceBox, Label
from app.ui.widgets.grid import CellKind, Grid, GridColumn, MemoryModel, MemoryRow

_COLUMNS: Final = (
    GridColumn("number", "学号", CellKind.DIGITS, 116),
    GridColumn("name", "姓名", CellKind.STRONG, 92),
    GridColumn("old", "现在", width=170),
    GridColumn("new", "改为", width=170),
    GridColumn(
        "result",
        "结果",
        CellKind.BADGE,
        300,
        look=lambda word: ("ok", "●") if word == _WILL else ("danger", "▲"),
    ),
)
_WILL: Final = "将修改"


class BulkDialog(QDialog):
    """For the selected students; `done` hears what was written."""

    def __init__(
        self, shell: Shell, ids: Sequence[int], done: Callable[[BulkPlan], object]
    ) -> None:
        super().__init__(shell.window)
        self._shell, self._ids, self._done = shell, list(ids), done
        self._edits: tuple[Edit, ...] = ()
        self.setWindowTitle("批量修改")
        self.resize(theme.px(900), theme.px(600))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(12))
        box.addWidget(Label(f"批量修改 {len(self._ids):,} 人", "title"))
        hint = "关键信息（姓名、身份证号、性别、出生日期、民族）和班级、专业不在这里改。"
        box.addWidget(Label(hint, "table", "text-2"))
        self.field = ChoiceBox("要修改的项目", [column.label for column in EDITABLE])
        self.value = QLineEdit()
        self.value.setAccessibleName("改为")
        self.value.setPlaceholderText("留空表示清空")
        self.basis = QLineEdit()
        self.basis.setAccessibleName("依据")
        self.basis.setPlaceholderText("如：班主任 9 月 10 日来表")
        self.preview_button = Button("预览", "eye", on_click=self.preview)
        form = QGridLayout()
        form.setHorizontalSpacing(theme.px(12))
        for column, (label, widget) in enumerate(
            (("项目", self.field), ("改为", self.value), ("依据", self.basis))
        ):
            form.addWidget(Label(label, "table", "text-2"), 0, column)
            form.addWidget(widget, 1, column)
            form.setColumnStretch(column, 1)
        form.addWidget(self.preview_button, 1, 3)
        box.addLayout(form)
        self.model = MemoryModel(_COLUMNS, frozen=2)
        self.grid = Grid(self.model, name="修改前后", counted_by="人")
        box.addWidget(self.grid, 1)
        self.summary = Label(
            "选好项目，写明改成什么、依据是什么，然后预览。", tint="text-2", wrap=True
        )
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(Button("取消", on_click=self.reject))
        self.write_button = Button("修改", "check", "primary", on_click=self.write)
        self.write_button.setEnabled(False)
        row.addWidget(self.write_button)
        box.addLayout(row)
        for edit in (self.value, self.basis):
            edit.textEdited.connect(self._outdated)
        self.field.currentIndexChanged.connect(self._outdated)
        self.value.setFocus()

    def _outdated(self, *_: object) -> None:
        """What was previewed is what is written: other words need another preview."""
        self.write_button.setEnabled(False)

    def preview(self) -> None:
        """Show old and new of each."""
        if not self.basis.text().strip():
            self.summary.setText("请先写明依据：谁在什么时候提供的。")
            self.summary.set_tint("danger")
            self.basis.setFocus()
            return
        name = EDITABLE[self.field.currentIndex()].name
        self._edits = same_for_all(self._ids, {name: self.value.text().strip()})
        desk = self._shell.desk
        work = desk.bulk_edits.preview(desk.actor, self._edits, self.basis.text().strip())
        self.preview_button.setEnabled(False)
        self._shell.read(work, self._show, self._refused)

    def _refused(self, error: Exception) -> None:
        self.preview_button.setEnabled(True)
        self.summary.setText(str(error))
        self.summary.set_tint("danger")

    def _show(self, plan: BulkPlan) -> None:
        self.preview_button.setEnabled(True)
        lines = (*plan.refused, *plan.changes)
        self.model.set_rows([_row(place, line) for place, line in enumerate(lines)])
        self.summary.set_tint("text")
        self.summary.setText(
            f"将修改 {plan.people:,} 人；不变 {plan.unchanged:,} 人；"
            f"不能修改 {len(plan.refused):,} 人。"
        )
        self.write_button.setText(f"修改 {plan.people:,} 人")
        self.write_button.setEnabled(plan.people > 0)
        if plan.people:
            self.write_button.setFocus()

    def write(self) -> None:
        """Write what was previewed."""
        desk, basis = self._shell.desk, self.basis.text().strip()
        self.accept()
        work = desk.bulk_edits.apply(desk.actor, self._edits, basis=basis)
        self._shell.run(work, f"正在修改 {len(self._ids):,} 人", self._done)


def _row(place: int, line: EditLine) -> MemoryRow:
    cells = {
        "number": line.number or "",
        "name": line.name,
        "old": line.old or "",
        "new": line.new or "",
        "result": line.problem or _WILL,
    }
    return MemoryRow(place, cells)
