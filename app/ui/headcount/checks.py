"""学籍核查: sheets made class by class, printed, and ticked off as the signed pages come back."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import CheckMark
from app.services.clock import today
from app.services.forms.fields import CHECK_SHEET, CHECK_SUMMARY
from app.services.forms.printing import Sheet
from app.services.register.checksheets import CheckedRow, CheckRow, SheetRow
from app.services.register.ledger import Moment
from app.services.register.organisation import ClassGroupRow
from app.services.register.reports import check_report
from app.services.vault.audit import Actor
from app.ui import theme
from app.ui.papers.paper_desk import Aim
from app.ui.papers.paper_place import PaperPlace
from app.ui.shell import Shell
from app.ui.widgets.basic import (
    Badge,
    Button,
    Card,
    ChoiceBox,
    ElidedLabel,
    EmptyState,
    Label,
    Tone,
)
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.look import keep
from app.ui.widgets.plain_table import PlainColumn, PlainTable
from app.ui.widgets.report_table import ReportTable

_ALL, _OUT, _SUMMARY = range(3)
_VIEWS: Final = ("全部页", "没有收回的页", "汇总")
_CODE_WIDTH, _LINES_WIDTH = 150, 430
_TINTS: Final[dict[CheckMark, str]] = {
    CheckMark.SIGNED: "ok",
    CheckMark.ON_LEAVE: "info",
    CheckMark.UNSIGNED: "warn",
    CheckMark.LOST: "danger",
    CheckMark.WRONG: "danger",
}
_PAGES: Final = (
    PlainColumn("页码", lambda row: row.code, 110),
    PlainColumn("班级", lambda row: row.class_group),
    PlainColumn("第几页", lambda row: f"{row.page} / {row.pages}", 70),
    PlainColumn("人数", lambda row: f"{len(row.lines)}", 56, right=True),
    PlainColumn(
        "收回",
        lambda row: f"✓ {row.returned_on}" if row.returned_on else "▲ 没有收回",
        120,
        tint=lambda row: "ok" if row.returned_on else "warn",
    ),
    PlainColumn("没有正常签字", lambda row: _exceptions(row), 130),
)


def _exceptions(sheet: SheetRow) -> str:
    """What a page says besides signatures: 请假 1，流失 2."""
    found = [line.mark for line in sheet.lines]
    parts = [
        f"{mark.value} {found.count(mark)}"
        for mark in CheckMark
        if mark is not CheckMark.SIGNED and mark in found
    ]
    return "，".join(parts)


class ChecksPage(QWidget):
    """The pages of a check on the left, the people of the chosen one on the right.

    A code that is scanned or typed opens its page; Enter takes it back. `opened` carries a title,
    the ids of students, and the moment at which they are to be shown.
    """

    opened = QtSignal(str, object, object)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setAccessibleName("学籍核查")
        self._shell = shell
        self._checks: Sequence[CheckRow] = ()
        self._sheets: Sequence[SheetRow] = ()
        self._wanted = ""
        self.check = ChoiceBox("哪一次核查")
        self.view = ChoiceBox("看哪些页", _VIEWS)
        self.code = Line("页码", hint="扫描或输入，回车")
        self.pages = PlainTable("核查确认表的各页", _PAGES)
        self.pages.setFrameShape(PlainTable.Shape.NoFrame)
        self.summary = ReportTable("核查汇总表")
        self.sheet = SheetCard()
        self.count = ElidedLabel(role="table", tint="text-2")
        self.paper: PaperPlace | None = None  # made when first asked for
        self._empty = EmptyState(
            "clipboard-check",
            "还没有核查",
            "学籍核查确认表按班打印，每页有页码；学生签字后收回，在这里按页码登记。"
            "请假、未签、流失的人自动列出。",
            Button("制表", "plus", "primary", on_click=self.make),
        )
        self._build()

    # --- parts ----------------------------------------------------------------------------

    def _build(self) -> None:
        self.check.setMinimumContentsLength(12)
        keep(self.code, width=_CODE_WIDTH)
        self._new = Button("制表", "plus", on_click=self.make)
        self._print = Button("打印各页", "printer", on_click=self.print_sheets)
        self._summed = Button("打印汇总", "printer", on_click=self.print_summary)
        self._summed.setToolTip("核查汇总表，后附没有正常签字的")
        top = QHBoxLayout()
        top.setSpacing(theme.px(8))
        for words, field in (("核查", self.check), ("看", self.view), ("收回页码", self.code)):
            label = Label(words, tint="text-2")
            label.setBuddy(field)
            top.addWidget(label)
            top.addWidget(field)
        top.addWidget(self.count, 1)
        for button in (self._print, self._summed, self._new):
            top.addWidget(button)
        lists = Card(margin=0)
        lists.box.addWidget(self.pages)
        lists.box.addWidget(self.summary)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(lists, 1)
        row.addWidget(self.sheet)
        self._work = QWidget()
        work = QVBoxLayout(self._work)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(theme.px(10))
        work.addLayout(top)
        work.addLayout(row, 1)
        self._stack = QStackedWidget()
        for page in (self._empty, self._work):
            self._stack.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self.check.activated.connect(lambda _: self.refresh())
        self.view.activated.connect(lambda _: self._arrange())
        self.code.returnPressed.connect(self._scanned)
        self.pages.chosen.connect(self._choose)
        self.summary.opened.connect(self._open)
        self.sheet.taken.connect(self._take_back)
        self.sheet.undone.connect(self._untick)

    # --- being shown ----------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The check that is chosen, "" while there is none."""
        return self.check.currentData() or ""

    @property
    def list(self) -> QWidget:
        """Where F6 leads within the page."""
        return self.code if self._checks else self._empty

    def refresh(self) -> None:
        """Read the checks and the pages of the chosen one anew."""
        desk, chosen = self._shell.desk, self._wanted or self.title

        def read() -> tuple[list[CheckRow], list[SheetRow]]:
            checks = desk.check_sheets.checks(desk.actor)
            titles = [check.title for check in checks]
            title = chosen if chosen in titles else next(iter(titles), None)
            return checks, desk.check_sheets.rows(desk.actor, title) if title else []

        self._shell.read(read, lambda found: self._show(*found))

    def _show(self, checks: Sequence[CheckRow], sheets: Sequence[SheetRow]) -> None:
        self._checks, self._sheets, self._wanted = checks, sheets, ""
        self.check.clear()
        for check in checks:
            words = f"{check.title}（{check.returned}/{check.pages} 页）"
            self.check.addItem(words, check.title)
        if sheets:
            self.check.setCurrentIndex(self.check.findData(sheets[0].title))
            returned = sum(sheet.returned_on is not None for sheet in sheets)
            day = sheets[0].as_of
            self.count.setText(f"{day} 的名单　{len(sheets)} 页，收回 {returned} 页")
        if self._stack.currentWidget() is not self.paper:
            self._stack.setCurrentIndex(1 if checks else 0)
        self._arrange()

    def _arrange(self) -> None:
        view = self.view.currentIndex()
        self.pages.setVisible(view != _SUMMARY)
        self.summary.setVisible(view == _SUMMARY)
        self.sheet.setVisible(view != _SUMMARY)
        if view == _SUMMARY:
            self.summary.show_report(check_report(self.title, self._sheets))
            return
        chosen = self.sheet.sheet.code if self.sheet.sheet else ""
        shown = [one for one in self._sheets if view == _ALL or one.returned_on is None]
        self.pages.show_rows(shown)
        self.pages.choose(lambda row: row.code == chosen)

    def _choose(self, sheet: SheetRow | None) -> None:
        self.sheet.show_sheet(sheet)

    def _open(self, title: str, ids: tuple[int, ...]) -> None:
        day = self._sheets[0].as_of if self._sheets else today()
        self.opened.emit(title, ids, Moment(day))

    # --- what can be done -----------------------------------------------------------------

    def _scanned(self) -> None:
        """A code was typed or scanned: its page is opened, whichever check it belongs to."""
        code = self.code.words.upper()
        if not code:
            return
        if not any(sheet.code == code for sheet in self._sheets):
            self._shell.say(f"“{self.title}”里没有页码“{code}”，请照纸上的页码输入。", "danger")
            self.code.selectAll()
            return
        self.view.setCurrentIndex(_ALL)
        self._arrange()
        self.pages.choose(lambda row: row.code == code)
        self.code.clear()
        self.sheet.lines.setFocus()

    def _take_back(self, sheet: SheetRow, exceptions: dict[int, tuple[CheckMark, str]]) -> None:
        desk = self._shell.desk
        self._shell.run(
            lambda: desk.check_sheets.tick(desk.actor, sheet.code, exceptions=exceptions),
            "登记收回",
            lambda row: self._returned(row),
        )

    def _returned(self, row: SheetRow) -> None:
        said = _exceptions(row)
        self._shell.say(f"{row.code}（{row.class_group}）已收回{f'：{said}' if said else ''}")
        self.code.setFocus()

    def _untick(self, sheet: SheetRow) -> None:
        reason = Line("原因")
        dialog = FormDialog(
            f"撤回第 {sheet.code} 页的登记",
            "撤回登记",
            self,
            said="这一页又成为没有收回的，页上各人的情况一并撤回；操作记录里留着。",
            check=lambda: "" if reason.words else "请写明原因。",
        )
        dialog.row("原因", reason)
        if dialog.accepted_by_user:
            desk = self._shell.desk
            self._shell.run(
                lambda: desk.check_sheets.untick(desk.actor, sheet.code, reason.words),
                "撤回登记",
                lambda _: self._shell.say(f"{sheet.code} 又成为没有收回的"),
            )

    def make(self) -> None:
        """制表: ask for the name, the day and the classes."""
        self._shell.read(self._shell.desk.establishment.classes, self._ask)

    def _ask(self, classes: Sequence[ClassGroupRow]) -> None:
        dialog = MakeDialog(self, classes)
        if not dialog.accepted_by_user:
            return
        desk, (title, day, ids) = self._shell.desk, dialog.wish
        self._wanted = title
        self._shell.run(
            lambda: desk.check_sheets.make(desk.actor, title, day, ids),
            "制核查确认表",
            lambda rows: self._shell.say(f"已制 {len(rows)} 页：打印后交各班签字"),
        )

    def print_now(self) -> None:
        """The paper of what is looked at (Ctrl+P)."""
        if self.view.currentIndex() == _SUMMARY:
            self.print_summary()
        else:
            self.print_sheets()

    def print_sheets(self) -> None:
        """Open the pages as they will be printed."""
        self._open_paper(CHECK_SHEET, self._shell.desk.case_papers.check_sheets)

    def print_summary(self) -> None:
        """Open the summary, with the names of who did not simply sign."""
        self._open_paper(CHECK_SUMMARY, self._shell.desk.case_papers.check_summary)

    def _open_paper(self, form: str, fill: Callable[[Actor, str], Sheet]) -> None:
        if not self.title:
            return
        if self.paper is None:
            self.paper = PaperPlace(self._shell, "返回核查")
            self.paper.left.connect(self.close_paper)
            self._stack.addWidget(self.paper)
        self._stack.setCurrentWidget(self.paper)
        actor, title = self._shell.desk.actor, self.title
        self.paper.show_aim(Aim(form, lambda: fill(actor, title), title))

    def close_paper(self) -> None:
        """Back to the pages."""
        self._stack.setCurrentIndex(1)
        self.code.setFocus()


class SheetCard(Card):
    """One page: who stands on it and what is said of each; it is taken back, or out again.

    `taken` carries the page and its exceptions by student, `undone` the page.
    """

    taken = QtSignal(object, object)
    undone = QtSignal(object)

    def __init__(self) -> None:
        super().__init__(margin=12)
        self.sheet: SheetRow | None = None
        self._marks: dict[int, CheckMark] = {}
        keep(self, width=_LINES_WIDTH)
        self.setAccessibleName("这一页上的学生")
        head = QHBoxLayout()
        self.title = Label(role="strong", wrap=True)
        self.state = Badge()
        head.addWidget(self.title, 1)
        head.addWidget(self.state, alignment=Qt.AlignmentFlag.AlignTop)
        self.lines = _Lines(self._mark, self.take_back)
        self.lines.verticalHeader().setDefaultSectionSize(theme.px(30))
        marks = QHBoxLayout()
        marks.setSpacing(theme.px(4))
        self._buttons = [
            Button(f"{at} {mark.value}", kind="quiet", on_click=partial(self._mark, mark))
            for at, mark in enumerate(CheckMark, start=1)
        ]
        for button in self._buttons:
            marks.addWidget(button)
        marks.addStretch()
        self.note = Label("没有另标的都算已签；选中一人按 1–5 标记，回车收回这一页。", "table",
                          "text-2", wrap=True)  # fmt: skip
        self.take = Button("收回这一页", "check", "primary", on_click=self.take_back)
        self.undo = Button("登记错了…", "undo-2", "quiet", on_click=self._undo)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.undo)
        foot.addWidget(self.take)
        self.box.addLayout(head)
        self.box.addWidget(self.lines, 1)
        self.box.addLayout(marks)
        self.box.addWidget(self.note)
        self.box.addLayout(foot)
        self.show_sheet(None)

    def show_sheet(self, sheet: SheetRow | None) -> None:
        """Show a page; None: none is chosen."""
        if sheet is None or self.sheet is None or sheet.code != self.sheet.code:
            self._marks = {}
        self.sheet = sheet
        out = sheet is not None and sheet.returned_on is None
        self.state.setVisible(sheet is not None)
        self.lines.setEnabled(sheet is not None)
        for widget in (*self._buttons, self.note, self.take):
            widget.setVisible(out)
        self.undo.setVisible(sheet is not None and not out)
        if sheet is None:
            self.title.setText("左边选一页，或扫描纸上的页码。")
            self.lines.show_rows(())
            return
        self.title.setText(f"{sheet.code}　{sheet.class_group}　第 {sheet.page}/{sheet.pages} 页")
        look: tuple[str, Tone, str] = ("没有收回", "warn", "▲")
        if sheet.returned_on is not None:
            look = (f"{sheet.returned_on} 收回", "ok", "✓")
        self.state.set(*look)
        self._show_lines()

    def _show_lines(self, at: int = 0) -> None:
        sheet = self.sheet
        if sheet is None:
            return
        self.lines.show_rows(
            [
                (place, line, line.mark or self._marks.get(line.student.id))
                for place, line in enumerate(sheet.lines, start=1)
            ]
        )
        self.lines.selectRow(min(at, len(sheet.lines) - 1))

    def _mark(self, mark: CheckMark) -> None:
        """What the page says of the chosen one; the next is chosen."""
        row = self.lines.current
        if row is None or self.sheet is None or self.sheet.returned_on is not None:
            return
        place, line, _ = row
        self._marks[line.student.id] = mark
        if mark is CheckMark.SIGNED:
            del self._marks[line.student.id]
        self._show_lines(place)

    def take_back(self) -> None:
        """The page came back: everybody has signed but for those who are marked."""
        if self.sheet is not None and self.sheet.returned_on is None:
            self.taken.emit(self.sheet, {one: (mark, "") for one, mark in self._marks.items()})

    def _undo(self) -> None:
        if self.sheet is not None:
            self.undone.emit(self.sheet)


class _Lines(PlainTable):
    """The people of a page; 1–5 say what it says of the chosen one, Enter takes it back."""

    def __init__(self, mark: Callable[[CheckMark], object], take: Callable[[], object]) -> None:
        super().__init__(
            "这一页上的学生",
            (
                PlainColumn("", lambda row: f"{row[0]}", 34, right=True),
                PlainColumn("姓名", lambda row: row[1].student.name),
                PlainColumn("学号", lambda row: row[1].student.number or "", 120),
                PlainColumn("情况", _said, 96, tint=lambda row: _TINTS.get(row[2], "text-3")),
            ),
        )
        self._keys = dict(zip("12345", CheckMark, strict=True))
        self._mark, self._take = mark, take

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() in self._keys and event.text():
            self._mark(self._keys[event.text()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        else:
            super().keyPressEvent(event)


def _said(row: tuple[int, CheckedRow, CheckMark | None]) -> str:
    """已签 in brackets until the page is back."""
    _, line, mark = row
    if mark is None:
        return "（已签）"
    return f"{mark.value}　{line.note}".rstrip()


class MakeDialog(FormDialog):
    """What the check is called, of which day, of which classes."""

    def __init__(self, parent: QWidget, classes: Sequence[ClassGroupRow]) -> None:
        super().__init__(
            "制学籍核查确认表",
            "制表",
            parent,
            said="名单按那一天的在籍学生定下，以后不变；每页 25 人，各有页码。",
            check=self._fault,
        )
        term = "秋季" if today().month >= 8 else "春季"
        self.name = Line("核查名称", f"{today().year}年{term}学籍核查")
        self.day = DateEditor("名单日期", today())
        self.classes = QListWidget()
        self.classes.setAccessibleName("班级")
        self.classes.setMinimumHeight(theme.px(220))
        self.classes.setSpacing(3)
        for group in classes:
            item = QListWidgetItem(group.full_name)
            item.setData(Qt.ItemDataRole.UserRole, group.id)
            item.setCheckState(Qt.CheckState.Checked)
            self.classes.addItem(item)
        every = QWidget()
        row = QHBoxLayout(every)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Button("全选", kind="quiet", on_click=lambda: self.tick_all(True)))
        row.addWidget(Button("全不选", kind="quiet", on_click=lambda: self.tick_all(False)))
        row.addStretch()
        self.row("核查名称", self.name)
        self.row("名单日期", self.day)
        self.row("班级", self.classes)
        self.row("", every)

    def tick_all(self, on: bool) -> None:
        """Every class, or none."""
        state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        for at in range(self.classes.count()):
            self.classes.item(at).setCheckState(state)

    @property
    def wish(self) -> tuple[str, date, list[int]]:
        """Name, day, ids of the classes; to be read once it was accepted."""
        return self.name.words, self.day.day or today(), self._chosen

    @property
    def _chosen(self) -> list[int]:
        items = [self.classes.item(at) for at in range(self.classes.count())]
        return [
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        ]

    def _fault(self) -> str:
        if not self.name.words:
            return "请写明这次核查叫什么。"
        if fault := self.day.fault():
            return fault
        return "" if self._chosen else "请至少选一个班。"
