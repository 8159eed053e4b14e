"""首页: what is to be done today, the dates of the year, four figures that open their people."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.services.clock import now, today
from app.services.office.calendar import NodeRow
from app.services.office.drafts import DraftRow
from app.services.office.today import Figure, Overview, Waiting
from app.services.vault.safekeeping import BackupState, backup_state
from app.ui import theme
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.widgets.basic import Badge, Button, Card, EmptyState, Heading, Label, Picture, line
from app.ui.widgets.year_strip import YearStrip, days_phrase, node_tone

#: Which screen finishes what waits, and with which aim.
_PLACES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "leave": ("cases", {}),
    "leaves": ("cases", {"page": "休学和保留"}),
    "cases": ("cases", {"page": "异动个案"}),
    "applications": ("cases", {"page": "书面申请"}),
    "punishments": ("cases", {"page": "处分"}),
    "problems": ("cases", {"page": "问题记录"}),
    "arrival": ("students", {}),
    "placement": ("intake", {"page": "placement"}),
    "numbers": ("intake", {"page": "numbers"}),
    "photos": ("intake", {"page": "photos"}),
}
#: Drafts of these forms are opened by their screen.
_DRAFTS: Final = {"导入": "intake", "学生登记表": "students", "信息变更": "students"}


class HomeScreen(Screen):
    """The first screen in the morning."""

    title: ClassVar[str] = "首页"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._heading = Heading(self.title)
        self.box.addWidget(self._heading)
        self._body = QScrollArea()
        self._body.setWidgetResizable(True)
        self._body.setFrameShape(QScrollArea.Shape.NoFrame)
        self._body.setAccessibleName("首页内容")
        self._body.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.box.addWidget(self._body, 1)

    def visit(self, **where: Any) -> None:
        """Look at the register as it stands."""
        self.refresh()

    def refresh(self) -> None:
        """Read everything anew, off this thread."""
        desk, day = self.shell.desk, today()

        def look() -> tuple[Overview, list[NodeRow], list[DraftRow], BackupState]:
            drafts = [draft for draft in desk.drafts.all(desk.actor) if draft.form in _DRAFTS]
            nodes = desk.calendar.nodes(day)
            return desk.today.overview(day), nodes, drafts, backup_state(desk.vault)

        self.shell.read(look, lambda seen: self._show(*seen))

    def _show(
        self,
        overview: Overview,
        nodes: Sequence[NodeRow],
        drafts: Sequence[DraftRow],
        safety: BackupState,
    ) -> None:
        moment = now()
        greeting = "上午好" if moment.hour < 12 else "下午好" if moment.hour < 18 else "晚上好"
        weekday = "一二三四五六日"[moment.weekday()]
        self._heading.set_title(f"{greeting}，{self.shell.desk.actor.name}")
        self._heading.set_detail(f"{moment:%Y年%-m月%-d日} 星期{weekday}")
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, theme.px(4), 0)
        box.setSpacing(theme.px(16))
        if overview.empty:
            box.addWidget(self._first_day(), 1)
        else:
            box.addLayout(self._figures(overview.figures))
            columns = QHBoxLayout()
            columns.setSpacing(theme.px(16))
            columns.addWidget(self._to_do(overview.waiting, drafts), 1)
            columns.addWidget(self._dates(nodes), 1)
            box.addLayout(columns)
            box.addWidget(self._safety(safety))
            box.addStretch()
        self._body.setWidget(page)

    def _first_day(self) -> QWidget:
        first = Button(
            "导入第一份名册", "file-input", "primary", on_click=lambda: self.shell.go("intake")
        )
        return EmptyState(
            "users",
            "学籍库是空的",
            "从录取名册、在校生名单或平台导出开始都可以：先逐格核对，再写入，整批可以撤销。",
            first,
        )

    def _figures(self, figures: Sequence[Figure]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(16))
        for figure in figures:
            row.addWidget(FigureCard(figure, self.shell))
        return row

    def _to_do(self, waiting: Sequence[Waiting], drafts: Sequence[DraftRow]) -> Card:
        card = Card("今天要办")
        if not waiting and not drafts:
            calm = QHBoxLayout()
            calm.addWidget(Picture("circle-check", "ok"))
            calm.addWidget(Label("没有等着办的事。", tint="ok"))
            calm.addStretch()
            card.box.addLayout(calm)
        for draft in drafts:
            self._offer(
                card, "pen-line", draft.words, "继续", _DRAFTS[draft.form], {"draft": draft}
            )
        for item in waiting:
            screen, where = _PLACES[item.place]
            aim = where or {"ids": item.ids}
            self._offer(card, "clock", item.what, item.step, screen, aim)
        card.box.addStretch()
        return card

    def _safety(self, state: BackupState) -> Card:
        """备份与核验: how the register is kept, and the way to do better."""
        card = Card("备份与核验")
        grid = QGridLayout()
        grid.setSpacing(theme.px(10))
        grid.setColumnStretch(1, 1)
        clean = state.audited is not None and state.audited.clean
        said = [*state.judged(), (f"{state.audit_words}。", clean)]
        for row, (sentence, fine) in enumerate(said):
            icon = (
                Picture("circle-check", "ok", 16) if fine else Picture("triangle-alert", "warn", 16)
            )
            grid.addWidget(icon, row, 0)
            grid.addWidget(Label(sentence, wrap=True), row, 1)
        for row, (step, page) in {
            0: ("去备份", "backup"),
            len(said) - 1: ("去核对", "checks"),
        }.items():
            go = Button(step, on_click=partial(self.shell.go, "system", page=page))
            go.setAccessibleName(f"{step}：{said[row][0]}")
            grid.addWidget(go, row, 2)
        card.box.addLayout(grid)
        return card

    def _offer(
        self, card: Card, icon: str, what: str, step: str, screen: str, where: dict[str, Any]
    ) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.px(10))
        row.addWidget(Picture(icon, "text-3", 16))
        row.addWidget(Label(what, wrap=True), 1)
        button = Button(step, on_click=lambda: self.shell.go(screen, **where))
        button.setAccessibleName(f"{step}：{what}")
        row.addWidget(button)
        card.box.addLayout(row)

    def _dates(self, nodes: Sequence[NodeRow]) -> Card:
        card = Card("时间节点")
        strip = YearStrip()
        strip.show_nodes(nodes, today())
        card.box.addWidget(strip)
        card.box.addWidget(line())
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(16))
        grid.setVerticalSpacing(theme.px(10))
        grid.setColumnStretch(0, 1)
        for row, node in enumerate(nodes):
            grid.addWidget(Label(node.name), row, 0)
            grid.addWidget(Label(span(node), "table", "text-2"), row, 1)
            grid.addWidget(Label(progress(node), "table", "text-2"), row, 2)
            badge = Badge(days_phrase(node, today()), node_tone(node, today()))
            grid.addWidget(badge, row, 3)
        card.box.addLayout(grid)
        card.box.addStretch()
        edit = Button("修改日期", "pencil", "quiet", on_click=lambda: self.shell.go("calendar"))
        card.box.addWidget(edit, alignment=Qt.AlignmentFlag.AlignLeft)
        return card


class FigureCard(Card):
    """A number; pressing it opens the people behind it."""

    def __init__(self, figure: Figure, shell: Shell) -> None:
        super().__init__(margin=14)
        count = len(figure.ids)
        self.box.setSpacing(theme.px(2))
        self.box.addWidget(Label(figure.label, "table", "text-2"))
        row = QHBoxLayout()
        row.addWidget(Label(f"{count:,}", "title"))
        row.addWidget(Label("人", "table", "text-2"))
        row.addStretch()
        self.button = Button(
            "看名单", "list", "quiet", on_click=lambda: shell.go("students", ids=figure.ids)
        )
        self.button.setAccessibleName(f"看{figure.label}名单，{count} 人")
        self.button.setEnabled(count > 0)
        row.addWidget(self.button)
        self.box.addLayout(row)


def span(node: NodeRow) -> str:
    """09-10 至 09-20."""
    if node.begin == node.due:
        return f"{node.due:%m-%d}"
    return f"{node.begin:%m-%d} 至 {node.due:%m-%d}"


def progress(node: NodeRow) -> str:
    """412/486, or how many are concerned."""
    if not node.total:
        return ""
    return f"{node.done:,}/{node.total:,}" if node.done is not None else f"{node.total:,} 人"
