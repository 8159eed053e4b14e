"""时间节点: the dates of the school year as the school has them."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.models.rules.terms import academic_year
from app.services.clock import today
from app.services.office.calendar import NodeRow
from app.ui import theme
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, Heading, IconButton, Label, clear, line
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.year_strip import YearStrip, days_phrase, node_tone


class CalendarScreen(Screen):
    """Every node with its dates; shipped ones can be moved, the school's own added."""

    title: ClassVar[str] = "时间节点"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        heading = Heading(self.title)
        self._heading = heading
        heading.add(Button("添加节点", "plus", "primary", on_click=self._add))
        self.box.addWidget(heading)
        card = Card()
        self._strip = YearStrip()
        card.box.addWidget(self._strip)
        card.box.addWidget(line())
        self._holder = QVBoxLayout()
        card.box.addLayout(self._holder)
        self.box.addWidget(card)
        self.box.addWidget(
            Label(
                "随程序附带的日期只是建议，学院另有通知时改成通知的日期。",
                "table",
                "text-3",
                wrap=True,
            )
        )
        self.box.addStretch()

    def visit(self, **where: Any) -> None:
        """Show the year."""
        self.refresh()

    def refresh(self) -> None:
        """Read the nodes anew."""
        desk, day = self.shell.desk, today()
        self.shell.read(lambda: desk.calendar.nodes(day), self._show)

    def _show(self, nodes: list[NodeRow]) -> None:
        year = academic_year(today())
        self._heading.set_detail(f"{year}—{year + 1} 学年")
        self._strip.show_nodes(nodes, today())
        clear(self._holder)
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(20))
        grid.setVerticalSpacing(theme.px(8))
        grid.setColumnStretch(3, 1)
        for column, title in enumerate(("事项", "日期", "涉及人数", "依据", "状态")):
            grid.addWidget(Label(title, "table-strong", "text-2"), 0, column)
        for row, node in enumerate(nodes, start=1):
            self._row(grid, row, node)
        self._holder.addWidget(table)

    def _row(self, grid: QGridLayout, row: int, node: NodeRow) -> None:
        total = f"{node.total:,}" if node.total else ""
        done = f"{node.done:,}/" if node.done is not None and node.total else ""
        for column, text in enumerate((node.name, f"{node.begin} 至 {node.due}", done + total)):
            grid.addWidget(Label(text, "base" if column == 0 else "table"), row, column)
        grid.addWidget(Label(node.source or "本校", "table", "text-2"), row, 3)
        badge = Badge(days_phrase(node, today()), node_tone(node, today()))
        grid.addWidget(badge, row, 4)
        actions = QHBoxLayout()
        if node.done_on is None:
            finish = Button("已完成", "check", on_click=lambda: self._done(node, today()))
        else:
            finish = Button("未完成", "undo-2", on_click=lambda: self._done(node, None))
        finish.setAccessibleName(f"{node.name}：{finish.text()}")
        actions.addWidget(finish)
        actions.addWidget(
            IconButton("pencil", f"修改{node.name}", on_click=lambda: self._edit(node))
        )
        remove = IconButton("trash-2", f"删除{node.name}", on_click=lambda: self._remove(node))
        remove.setEnabled(node.id is not None)
        actions.addWidget(remove)
        grid.addLayout(actions, row, 5)

    def _add(self) -> None:
        day = today()
        self._edit(NodeRow(None, "", "", day, day, "", None))

    def _edit(self, node: NodeRow) -> None:
        dialog = NodeDialog(node, self)
        if dialog.accepted_by_user:
            self._save(dialog.node, f"已保存“{dialog.node.name}”")

    def _done(self, node: NodeRow, on: date | None) -> None:
        said = f"“{node.name}”已标为完成" if on else f"“{node.name}”改回未完成"
        self._save(replace(node, done_on=on), said)

    def _save(self, node: NodeRow, said: str) -> None:
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.calendar.save(desk.actor, node),
            "保存时间节点",
            lambda _: self.shell.say(said),
        )

    def _remove(self, node: NodeRow) -> None:
        if node.id is None:
            return
        shipped = "随程序附带的日期重新有效。" if node.duty else ""
        if not self.shell.ask(
            f"删除“{node.name}”？",
            f"{node.begin} 至 {node.due}。{shipped}",
            yes="删除",
            danger=True,
        ):
            return
        desk, identity = self.shell.desk, node.id
        self.shell.run(
            lambda: desk.calendar.remove(desk.actor, identity),
            "删除时间节点",
            lambda _: self.shell.say(f"已删除“{node.name}”"),
        )


class NodeDialog(FormDialog):
    """Name and dates of one node; `node` is what was typed."""

    def __init__(self, node: NodeRow, parent: QWidget | None = None) -> None:
        title = f"修改“{node.name}”" if node.name else "添加时间节点"
        super().__init__(title, "保存", parent, check=self._fault)
        self._node = node
        self.name = Line("名称", node.name)
        self.begin, self.due = DateEditor("开始日期", node.begin), DateEditor("截止日期", node.due)
        for edit in (self.name, self.begin, self.due):
            self.row(edit.accessibleName(), edit)

    @property
    def node(self) -> NodeRow:
        """The node as it was typed."""
        begin, due = self.begin.day or self._node.begin, self.due.day or self._node.due
        return replace(self._node, name=self.name.words, begin=begin, due=due)

    def _fault(self) -> str:
        if not self.name.words:
            return "请填写名称。"
        return self.begin.fault() or self.due.fault()
