"""规则: by what the school goes, since when, who said so; confirmed or changed from a day on."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from app.models.rules.rulebook import RuleFault, how_written, read_value
from app.services.clock import today
from app.services.register.rulebook import DECIDERS, RuleRow, TouchedCase
from app.ui import theme
from app.ui.settings.page import Page, needs
from app.ui.settings.task import TaskDialog
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, Label
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import Line
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_ALL, _OPEN, _CONFIRMED = "全部", "未确认", "已确认"
_OWN: Final = "学校"


class RulesPage(Page):
    """The rules in force on a day; below, every version of the one that is chosen."""

    title: ClassVar[str] = "规则"
    wide: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._rows: list[RuleRow] = []
        self._day = today()
        self._may = any(self.may(role) for role in DECIDERS)
        if not self._may:
            self.box.addWidget(needs(DECIDERS[0], "确认、修改规则"))
        self.day = DateEditor("截至日期", self._day)
        keep(self.day, width=130)
        self.day.editingFinished.connect(self._change_day)
        self.state = ChoiceBox("学校确认", [_ALL, _OPEN, _CONFIRMED])
        self.state.activated.connect(lambda _: self._filter())
        self.words = QLineEdit()
        self.words.setAccessibleName("规则名称含有")
        self.words.setPlaceholderText("名称含有，如 休学")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _: self._filter())
        self.table = PlainTable("规则", _columns())
        self.table.chosen.connect(self._choose)
        self.versions = PlainTable("这条规则的各个版本", _columns(of_one=True))
        self.versions.fit(1, 4)
        self._count = Label(role="table", tint="text-2", wrap=True)
        self._chosen = Label(role="strong")
        self.confirm_button = Button("确认这一条", "check", on_click=self.confirm)
        self.confirm_all_button = Button("确认列出的", "check", on_click=self.confirm_all)
        self.change_button = Button("修改…", "pencil", "primary", on_click=self.change)
        self._lay_out()
        self.setFocusProxy(self.words)

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.addWidget(Label("截至", tint="text-2"))
        tools.addWidget(self.day)
        tools.addWidget(self.words, 1)
        tools.addWidget(self.state)
        told = QHBoxLayout()
        told.setSpacing(theme.px(8))
        told.addWidget(self._count, 1)
        for button in (self.confirm_all_button, self.confirm_button, self.change_button):
            told.addWidget(button)
        self.box.addLayout(tools)
        self.box.addLayout(told)
        self.table.setMinimumHeight(self.table.sizeHint().height())
        self.box.addWidget(self.table, 1)
        card = Card(margin=12)
        card.box.addWidget(self._chosen)
        card.box.addWidget(self.versions)
        self.box.addWidget(card)

    # --- what is shown --------------------------------------------------------------------

    def refresh(self) -> None:
        """Read every version of every rule anew."""
        desk, day = self.shell.desk, self._day
        self.shell.read(lambda: desk.rulebook.rows(day, everything=True), self._show)

    @property
    def shown(self) -> list[RuleRow]:
        """The rules in the list."""
        return list(self.table.rows)

    def _show(self, rows: list[RuleRow]) -> None:
        self._rows = rows
        self._filter()

    def _filter(self) -> None:
        chosen = self.table.current
        words, state = self.words.text().strip(), self.state.currentText()
        current = [row for row in self._rows if row.current]
        rows = [
            row for row in current
            if words in row.name and state in (_ALL, _CONFIRMED if row.confirmed else _OPEN)
        ]  # fmt: skip
        sure = sum(row.confirmed for row in current)
        self._count.setText(
            f"列出 {len(rows):,} 条。共 {len(current):,} 条，学校已确认 {sure:,} 条；"
            "没有确认的是随程序带来的建议，请对照文件原文。"
        )
        self.table.show_rows(rows)
        name = chosen.name if chosen else ""
        self.table.choose(lambda row: row.name == name)
        if self.table.current is None and rows:
            self.table.selectRow(0)
        self._judge()

    def _choose(self, row: RuleRow | None) -> None:
        self._chosen.setText(f"{row.name}：各个版本" if row else "选一条规则，看它的各个版本")
        same = [one for one in self._rows if row is not None and one.name == row.name]
        self.versions.show_rows(same)
        self._judge()

    def _judge(self) -> None:
        row = self.table.current
        waiting = len(self._waiting)
        self.confirm_button.setEnabled(self._may and row is not None and not row.confirmed)
        self.change_button.setEnabled(self._may and row is not None)
        self.confirm_all_button.setEnabled(self._may and waiting > 0)
        self.confirm_all_button.setText(f"确认列出的 {waiting:,} 条" if waiting else "确认列出的")

    @property
    def _waiting(self) -> list[str]:
        """Of the rules in the list, those that nobody has confirmed."""
        return [row.name for row in self.table.rows if not row.confirmed]

    def _change_day(self) -> None:
        if self.day.fault() or self.day.day is None:
            self.shell.say(self.day.fault(), "warn")
            self.day.setText(self._day.isoformat())
        elif self.day.day != self._day:
            self._day = self.day.day
            self.refresh()

    # --- the school's word ----------------------------------------------------------------

    def confirm(self) -> None:
        """Say that the school goes by the chosen rule."""
        if self.table.current is not None:
            self._confirm([self.table.current.name])

    def confirm_all(self) -> None:
        """The same for all that are in the list."""
        self._confirm(self._waiting)

    def _confirm(self, names: Sequence[str]) -> None:
        if names and ConfirmDialog(self.shell, names, self._day).exec():
            self.shell.say(f"已确认 {len(names):,} 条规则。")

    def change(self) -> None:
        """Another value from a day on."""
        row = self.table.current
        if row is None:
            return
        dialog = ChangeDialog(self.shell, row)
        if dialog.exec():
            self.shell.say(f"“{row.name}”自 {dialog.begin.text()} 起改为 {dialog.value.words}。")


class _Cases(PlainTable):
    """The cases that a step would touch."""

    def __init__(self) -> None:
        super().__init__(
            "涉及的个案",
            [
                PlainColumn("个案", lambda case: str(case.case_id), 60),
                PlainColumn("学生", lambda case: f"{case.name}　{case.number or ''}", 190),
                PlainColumn("异动", lambda case: case.kind.value, 110),
                PlainColumn("生效日期", lambda case: case.effective_date.isoformat(), 100),
                PlainColumn("怎样办", _follows, 0, lambda case: "warn" if case.open else "text-2"),
            ],
        )
        self.fit(2, 6)


def _follows(case: TouchedCase) -> str:
    return "未生效，将按新规则" if case.open else "已生效，仍按当时的规则"


class _TouchingDialog(TaskDialog):
    """A step that touches cases: they are listed before it is done."""

    def __init__(self, shell: Shell, title: str, verb: str) -> None:
        super().__init__(shell, title, verb)
        self.setMinimumWidth(theme.px(660))
        self.cases = _Cases()
        self.touched = Label(role="strong", wrap=True)

    def look_for_cases(self, look: Callable[[], list[TouchedCase]]) -> None:
        """List the cases; until they are there the step cannot be taken."""
        self.go.setEnabled(False)
        self.touched.setText("正在查涉及哪些个案…")
        self.shell.read(look, self._show_cases)

    def _show_cases(self, cases: list[TouchedCase]) -> None:
        waiting = sum(case.open for case in cases)
        self.touched.setText(
            f"涉及 {len(cases):,} 件个案，其中 {waiting:,} 件没有生效，将按新规则办："
            if cases
            else "没有涉及的个案。"
        )
        self.cases.show_rows(cases)
        self.cases.setVisible(bool(cases))
        self.go.setEnabled(True)
        self.adjustSize()


class ConfirmDialog(_TouchingDialog):
    """What is confirmed, and for whom it becomes binding."""

    def __init__(self, shell: Shell, names: Sequence[str], day: date) -> None:
        title = f"确认“{names[0]}”" if len(names) == 1 else f"确认 {len(names):,} 条规则"
        super().__init__(shell, title, "确认")
        self._names, self._day = list(names), day
        said = (
            f"学校按 {day} 有效的值办。确认以后，审批、次数、累计期限不再只是提示，不合的办不了。"
        )
        self.form.addWidget(Label(said, "table", "text-2", wrap=True))
        self.form.addWidget(self.touched)
        self.form.addWidget(self.cases)
        desk = shell.desk
        self.look_for_cases(
            lambda: desk.rulebook.touched_by_confirming(desk.actor, self._names, day)
        )

    def work(self) -> Callable[[], Any]:
        """Confirm them."""
        desk = self.shell.desk
        return lambda: desk.rulebook.confirm(desk.actor, self._names, self._day)


class ChangeDialog(_TouchingDialog):
    """Another value, where it stands, since when; the old one stays for older cases."""

    def __init__(self, shell: Shell, row: RuleRow) -> None:
        super().__init__(shell, f"修改“{row.name}”", "从这天起改用")
        self._row = row
        unit = f"（{row.unit}）" if row.unit else ""
        self.value = Line("值", row.value)
        self.document = Line("出处", _OWN, "文件名或文号；学校自定的写“学校”")
        self.article = Line("条款", "", "可以不写")
        self.begin = DateEditor("起始日期", today())
        self.end = DateEditor("截止日期", None, "一直有效就不写")
        hint = f"{how_written(row.name)}。现在是：{row.value}{row.unit}（{row.source}）"
        for label, widget in (
            (f"值{unit}", self.value), ("出处", self.document), ("条款", self.article),
            ("自", self.begin), ("至", self.end),
        ):  # fmt: skip
            line = QHBoxLayout()
            name = Label(label, tint="text-2")
            keep(name, width=72)
            line.addWidget(name)
            line.addWidget(widget, 1)
            self.form.addLayout(line)
            if widget is self.value:
                self.form.addWidget(Label(hint, "table", "text-3", wrap=True))
        for day in (self.begin, self.end):
            day.editingFinished.connect(self._look)
        self.form.addWidget(self.touched)
        self.form.addWidget(self.cases)
        self._asked: tuple[date | None, date | None] | None = None
        self._look()

    def fault(self) -> str:
        """What is wrong with what was typed."""
        try:
            read_value(self._row.name, self.value.words)
        except RuleFault as fault:
            return f"值：{fault}。"
        if not self.document.words:
            return "出处：请写明文件名或文号；学校自定的写“学校”。"
        if said := self.begin.fault() or self.end.fault(may_be_empty=True):
            return said
        if self._asked != self._days:  # a day was typed and not left: show its cases first
            self._look()
            return "日期改过，请看一遍涉及的个案再按。"
        return ""

    def work(self) -> Callable[[], Any]:
        """Add the version."""
        desk, begin = self.shell.desk, self.begin.day
        if begin is None:
            raise ValueError("the dialog was not judged")
        name, value, end = self._row.name, self.value.words, self.end.day
        document, article = self.document.words, self.article.words
        return lambda: desk.rulebook.change(
            desk.actor, name, value, document=document, article=article,
            valid_from=begin, valid_to=end,
        )  # fmt: skip

    @property
    def _days(self) -> tuple[date | None, date | None]:
        return self.begin.day, self.end.day

    def _look(self) -> None:
        """The cases of the days that stand there."""
        begin, end = self._days
        if begin is None or self._asked == (begin, end):
            return
        self._asked = (begin, end)
        desk, name = self.shell.desk, self._row.name
        self.look_for_cases(lambda: desk.rulebook.touched(desk.actor, name, begin, end))


def _columns(*, of_one: bool = False) -> list[PlainColumn]:
    """What is said of a rule, and of a version of one rule."""
    first = (
        PlainColumn("有效", lambda row: "● 现行" if row.current else "", 80, lambda _: "ok")
        if of_one
        else PlainColumn("规则", lambda row: row.name, 190)
    )
    return [
        first,
        PlainColumn("值", _value),
        PlainColumn("出处", lambda row: row.source, 210),
        PlainColumn("自", lambda row: _day(row.valid_from), 100),
        PlainColumn("至", lambda row: _day(row.valid_to), 100),
        PlainColumn("学校确认", _confirmed, 200, _confirmed_tint),
    ]


def _value(row: RuleRow) -> str:
    return f"{row.value} {row.unit}".strip()


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _confirmed(row: RuleRow) -> str:
    if row.confirmed_at is None:
        return "▲ 未确认"
    return f"● {row.confirmed_by} {row.confirmed_at.astimezone():%Y-%m-%d}"


def _confirmed_tint(row: RuleRow) -> str:
    return "ok" if row.confirmed else "warn"
