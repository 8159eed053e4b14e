"""各版: every version of a form, what differs between two of them, retiring and restoring."""

from functools import partial
from typing import Any, Final

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout

from app.services.errors import AppError
from app.services.forms.compare import FormDifference
from app.services.forms.library import KEEPERS, SHIPPED, FormRow, VersionRow
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, ChoiceBox, Label
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_NONE: Final = "两版一样。"


class VersionsDialog(QDialog):
    """The versions above, what differs between two of them below."""

    def __init__(self, shell: Shell, row: FormRow) -> None:
        super().__init__(shell.window)
        self._shell, self._row = shell, row
        self._rows: tuple[VersionRow, ...] = ()
        self.setWindowTitle(f"“{row.name}”的各版")
        self.resize(theme.px(880), theme.px(600))
        box = QVBoxLayout(self)
        box.setContentsMargins(*(theme.px(20),) * 4)
        box.setSpacing(theme.px(10))
        box.addWidget(Label(f"“{row.name}”的各版", "section"))
        self.table = PlainTable("各版", _VERSIONS)
        self.table.fit(2, 5)
        self.table.chosen.connect(self._choose)
        box.addWidget(self.table)
        box.addLayout(self._tools())
        self._said = Label(role="strong", wrap=True)
        box.addWidget(self._said)
        self.differences = PlainTable("两版的差别", _DIFFERENCES)
        box.addWidget(self.differences, 1)
        self._answer = Answer()
        box.addWidget(self._answer)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(Button("关闭", on_click=self.accept))
        box.addLayout(foot)
        self._load()

    def _tools(self) -> QHBoxLayout:
        tools = QHBoxLayout()
        tools.setSpacing(theme.px(8))
        label = Label("与它比较", tint="text-2")
        self.other = ChoiceBox("与哪一版比较")
        self.other.setMinimumContentsLength(16)
        self.other.activated.connect(lambda _: self._compare())
        label.setBuddy(self.other)
        tools.addWidget(label)
        tools.addWidget(self.other)
        tools.addStretch()
        self.retire_button = Button("停用这一版", "ban", on_click=self._retire)
        self.restore_button = Button("恢复这一版", "undo-2", on_click=self._restore)
        tools.addWidget(self.retire_button)
        tools.addWidget(self.restore_button)
        return tools

    @property
    def said(self) -> str:
        """What is said of the comparison."""
        return self._said.text()

    # --- loading --------------------------------------------------------------------------

    def _load(self) -> None:
        library, name = self._shell.desk.library, self._row.name
        self._shell.read(lambda: library.versions(name), self._show)

    def _show(self, rows: tuple[VersionRow, ...]) -> None:
        self._rows = rows
        self.table.show_rows(rows)
        self.table.selectRow(0)

    def _choose(self, row: VersionRow | None) -> None:
        may = not self._shell.desk.actor.roles.isdisjoint(KEEPERS)
        own = row is not None and row.number != SHIPPED and may
        retired = row is not None and row.retired_at is not None
        self.retire_button.setVisible(own and not retired)
        self.restore_button.setVisible(own and retired)
        self.other.clear()
        for one in self._rows:
            if row is not None and one.number != row.number:
                self.other.addItem(version_words(one), one.number)
        older = [one for one in self._rows if row is not None and one.number < row.number]
        if older:
            self.other.setCurrentIndex(self.other.findData(older[0].number))
        self.other.setEnabled(self.other.count() > 0)
        self._compare()

    def _compare(self) -> None:
        row, other = self.table.current, self.other.currentData()
        if row is None or other is None:
            self._said.setText("只有一版，没有可以比较的。" if row is not None else "")
            self.differences.show_rows(())
            return
        before, after = sorted((row.number, other))
        library, name = self._shell.desk.library, self._row.name
        self._shell.read(
            lambda: library.compare(name, before, after), partial(self._tell, before, after),
            self._refused,
        )  # fmt: skip

    def _tell(self, before: int, after: int, found: tuple[FormDifference, ...]) -> None:
        said = f"从{number_words(before)}到{number_words(after)}：{len(found):,} 处不同"
        self._said.setText(said if found else _NONE)
        self.differences.show_rows(found)

    # --- changing -------------------------------------------------------------------------

    def _retire(self) -> None:
        row = self.table.current
        if row is None or not self._shell.ask(
            f"停用“{row.name}”第 {row.number} 版？",
            "以后打印改用前一版；已经打印的纸照样查得到。停用以后可以恢复。",
            yes="停用这一版",
        ):
            return
        self.set_retired(row, retired=True)

    def _restore(self) -> None:
        if (row := self.table.current) is not None:
            self.set_retired(row, retired=False)

    def set_retired(self, row: VersionRow, *, retired: bool) -> None:
        """Retire a version, or let it be used again."""
        desk = self._shell.desk
        act: Any = desk.library.retire if retired else desk.library.restore
        self._shell.run(
            lambda: act(desk.actor, row.name, row.number),
            "停用表样" if retired else "恢复表样",
            lambda _: self._load(),
            self._refused,
        )

    def _refused(self, error: AppError) -> None:
        self._answer.say(str(error))


def number_words(number: int) -> str:
    """A version by its number."""
    return "随程序的一版" if number == SHIPPED else f"第 {number} 版"


def version_words(row: VersionRow) -> str:
    """A version for a list to choose from."""
    when = f"　{row.installed_at.astimezone():%Y-%m-%d}" if row.installed_at else ""
    return f"{number_words(row.number)}{when}"


def _state(row: VersionRow) -> str:
    return "● 在用" if row.current else "– 已停用" if row.retired_at else "旧版，留作重印"


_VERSIONS: Final = (
    PlainColumn("版", lambda row: number_words(row.number), 120),
    PlainColumn("状态", _state, 130, lambda row: "ok" if row.current else "text-2"),
    PlainColumn("安装", lambda row: (
        f"{row.installed_at.astimezone():%Y-%m-%d %H:%M} {row.installed_by}"
        if row.installed_at else ""), 210),
    PlainColumn("说明", lambda row: row.note),
    PlainColumn("指纹", lambda row: row.version, 150),
)  # fmt: skip
_DIFFERENCES: Final = (
    PlainColumn("工作表", lambda one: one.sheet, 120),
    PlainColumn("位置", lambda one: one.place, 110),
    PlainColumn("什么", lambda one: one.what, 100),
    PlainColumn("原来", lambda one: one.before),
    PlainColumn("现在", lambda one: one.after),
)
