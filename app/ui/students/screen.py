"""学生: the list of students, its views and commands; beside it one student."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import product
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from app.models.rules.terms import since
from app.models.vocabulary import CountBase, Role
from app.services.clock import today
from app.services.register.bulk import TYPED, BulkPlan, Edit
from app.services.register.ledger import Moment
from app.services.register.listing import ListQuery
from app.services.register.views import STUDENTS, Shown, View, shipped
from app.ui import theme
from app.ui.navigation import has_place
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.students.as_of import DayPopup, PastStrip
from app.ui.students.bulk_dialog import BulkDialog
from app.ui.students.columns import GRID_COLUMNS
from app.ui.students.detail import StudentDetail
from app.ui.students.export import ListExporter
from app.ui.students.source import StudentSource
from app.ui.students.view_bar import ViewBar, ask_name
from app.ui.widgets.basic import Button, Card, EmptyState, Heading, Label
from app.ui.widgets.grid import CellEdit, Grid, Outcome, PagedModel
from app.ui.widgets.grid.grid import ROW_HEIGHTS

#: Views whose number of people calls for work.
_COUNTED: Final = ("信息不完整", "待核", "本学期异动")
#: Narrower than this the student lies over the list as a drawer.
_DRAWER: Final = 1180
_DETAIL_WIDTH: Final = 372
_HEIGHT_KEY: Final = "list/row_height"


class StudentsScreen(Screen):
    """`visit(ids=…)` shows these people, `visit(student=…)` goes to one of them."""

    title: ClassVar[str] = "学生"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._day: date | None = None
        self._among: tuple[int, ...] | None = None
        self._mine = False  # the change under way comes from a cell of this list
        self._aim: int | None = None
        self._whole = 0
        self._counting = 0  # which round of counts is wanted; earlier ones are left aside
        self._base: CountBase | None = None
        self._first = True
        self._exporter = ListExporter(shell)
        self.model = PagedModel(
            self._source(shipped(today())[0]), shell.read, GRID_COLUMNS, frozen=2,
            writer=self._write, parent=self,
        )  # fmt: skip
        self.grid = Grid(
            self.model,
            name="学生名单",
            counted_by="人",
            undo=shell.undo,
            ask=lambda title, text, yes: shell.ask(title, text, yes=yes),
            row_height=self._row_height(),
        )
        self.views = ViewBar()
        self.heading = Heading(self.title)
        self.strip = PastStrip(lambda: self.show_day(None), self.show_day)
        self.among_bar = _AmongBar(self._show_everybody)
        self.detail = StudentDetail(shell)
        self._following = QTimer(self, singleShot=True, interval=120)
        self._following.timeout.connect(self._follow)
        self._make_commands()
        self._lay_out()
        self._connect()

    # --- building -------------------------------------------------------------------------

    def _row_height(self) -> int:
        height = int(self.shell.preferences.get(_HEIGHT_KEY, 32))
        return height if height in ROW_HEIGHTS else 32

    def _make_commands(self) -> None:
        """Commands of the selected people: on the bar, in the menu, each with its key."""
        self._bulk = self._command("批量修改", "pencil", "Ctrl+Shift+E", self.bulk_edit)
        self._change = self._command(
            "办理异动",
            "shuffle",
            "Ctrl+Shift+Y",
            lambda: self.shell.go("cases", ids=self._chosen()),
        )
        self._cards = self._command("打印学籍卡", "printer", "", self.print_now)
        self._export = self._command(
            "导出所选", "file-output", "Ctrl+Shift+X", lambda: self.export(self._chosen())
        )
        for action in (self._bulk, self._change, self._cards, self._export):
            self.grid.add_command(action, on_bar=True)

    def _command(self, text: str, icon: str, keys: str, then: Callable[[], object]) -> QAction:
        action = QAction(theme.icon(icon), text, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: then())
        return action

    def _lay_out(self) -> None:
        self.take_in = Button("导入", "file-input", on_click=lambda: self.shell.go("intake"))
        self.export_button = Button("导出", "file-output", on_click=self._open_export_menu)
        self.export_button.setShortcut(QKeySequence("Ctrl+E"))
        self.print_button = Button("打印", "printer", on_click=lambda: self.shell.go("rosters"))
        self.new_button = Button("新增学生", "plus", "primary", on_click=self.new_student)
        self.new_button.setShortcut(QKeySequence("Ctrl+N"))
        for button in (self.take_in, self.export_button, self.print_button, self.new_button):
            self.heading.add(button)
        self.clear_button = Button(
            "清除筛选", "funnel-x", "quiet", on_click=self.model.clear_filters
        )
        self.save_button = Button("保存视图", "bookmark", "quiet", on_click=self.save_view)
        self.columns_button = Button("列", "columns-3", "quiet", on_click=self._choose_columns)
        self.day_button = Button("截至今天", "history", "quiet", on_click=self._ask_day)
        row = QHBoxLayout()
        row.setSpacing(theme.px(4))
        row.addWidget(self.views, 1)
        for button in (self.clear_button, self.save_button, self.columns_button, self.day_button):
            row.addWidget(button)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(10))
        column.addWidget(self.heading)
        column.addLayout(row)
        column.addWidget(self.strip)
        column.addWidget(self.among_bar)
        sheet = Card(margin=1)
        sheet.layout().setContentsMargins(1, 1, 1, 1)  # type: ignore[union-attr]
        sheet.box.addWidget(self.grid)
        column.addWidget(sheet, 1)
        self._left = left
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(theme.px(16))
        self.splitter.addWidget(left)
        self.splitter.setStretchFactor(0, 1)
        self.box.addWidget(self.splitter, 1)
        self._narrow = False
        self.detail.setMinimumWidth(theme.px(340))
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(1, 0)

    def _connect(self) -> None:
        self.model.counted.connect(self._counted)
        self.model.arranged.connect(self._arranged)
        self.grid.said.connect(self.shell.say)
        self.grid.opened.connect(self.open)
        self.grid.current_changed.connect(lambda _: self._following.start())
        self.grid.revealed.connect(self._revealed)
        self.grid.back.connect(self.close_drawer)
        self.views.chosen.connect(self.show_view)
        self.views.update_wanted.connect(lambda view: self._keep_view(view.name))
        self.views.rename_wanted.connect(self._rename_view)
        self.views.delete_wanted.connect(self._delete_view)
        for keys, by in (("Ctrl+Tab", 1), ("Ctrl+Shift+Tab", -1)):
            action = QAction("下一视图" if by > 0 else "上一视图", self._left)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _=False, by=by: self._next_view(by))
            self._left.addAction(action)  # the student's pane turns its own tabs by these keys
        self.detail.walk = lambda: self.model.ids
        self.detail.step.connect(self.grid.step)
        self.detail.edited.connect(self.model.refresh_cells)
        self.detail.back.connect(self.close_drawer)

    # --- the frame asks -------------------------------------------------------------------

    def visit(self, **where: Any) -> None:
        """Show the list; only some people, or one of them, where that is asked."""
        if self._first:
            self._first = False
            self._begin(where)
            return
        self._aim_at(where)

    def _begin(self, where: dict[str, Any]) -> None:
        desk = self.shell.desk

        def look() -> tuple[tuple[View, ...], View | None]:
            return desk.views.of(STUDENTS), desk.views.last(STUDENTS)

        def show(found: tuple[tuple[View, ...], View | None]) -> None:
            own, last = found
            self.views.set_views((*shipped(today()), *own))
            self.show_view(last or self.views.views[0])
            self._aim_at(where)
            self._count()

        self._update_commands()
        self.shell.read(look, show)

    def _aim_at(self, where: dict[str, Any]) -> None:
        ids, student = where.get("ids"), where.get("student")
        if ids is not None:
            self._show_only(ids)
        if student is not None:
            self._aim = int(student)
            if self.model.loading:
                return
            self._take_aim()
        if where.get("new"):
            self.new_student()
        draft = where.get("draft")
        if draft is not None:
            self._show_drawer()
            self.detail.open_draft(draft)
        self.grid.setFocus()

    def refresh(self) -> None:
        """The register changed. After an edit in a cell the rows stay where they are."""
        if self._mine:
            self._mine = False
            self.model.refresh_cells()
        else:
            self.model.reload()
        self._count()

    def panes(self) -> Sequence[QWidget]:
        """Views, list, student."""
        return [self.views, self.grid, self.detail]

    def print_now(self) -> None:
        """Ctrl+P: the cards of who is selected."""
        self.shell.go("cards", ids=self._chosen())

    def can_leave(self) -> bool:
        """The list is left as it is; the student may hold something half typed."""
        if not self.detail.can_leave():
            return False
        self._remember()
        return True

    def keep(self) -> None:
        """The window is being locked."""
        self.detail.keep()
        self._remember()
        if self.model.revealed:
            self.model.reveal(False)

    def _remember(self) -> None:
        desk = self.shell.desk
        if self._first or Role.RECORD not in desk.actor.roles:
            return
        view = self.view_as_it_is("")
        self.shell.run(
            lambda: desk.views.leave(desk.actor, STUDENTS, view), "记住名单样式", changes=False
        )

    # --- what is listed -------------------------------------------------------------------

    @property
    def moment(self) -> Moment:
        """Today, with who is about to begin; or the day that is looked at."""
        if self._day is not None:
            return Moment(self._day)
        return Moment(today(), upcoming=True)

    def _source(self, view: View) -> StudentSource:
        return StudentSource(self.shell.desk.listing, self.moment, view.query.base, self._among)

    def show_view(self, view: View) -> None:
        """Take over columns, boxes and order of a view."""
        self._among = None
        self.among_bar.hide()
        self._base = view.query.base
        self.views.put_in_front(self._name_of(view))
        self.model.set_source(self._source(view), reload=False)
        self.model.arrange(
            [(shown.name, shown.width) for shown in view.columns],
            view.query.filters,
            view.query.sort,
            view.frozen,
        )

    def _name_of(self, view: View) -> str:
        """The tab that asks what the view asks; the remembered list has no name of its own."""
        if view.name:
            return view.name
        alike = (v.name for v in self.views.views if v.query == view.query)
        return next(alike, "")

    def view_as_it_is(self, name: str) -> View:
        """The list as it is arranged now, as a view."""
        model = self.model
        columns = tuple(Shown(c.name, model.widths.get(c.name, 0)) for c in model.shown)
        query = ListQuery(dict(model.filters), model.sort_levels, self._base)
        return View(name, columns, query, model.frozen)

    def _resource(self) -> None:
        self.model.set_source(
            StudentSource(self.shell.desk.listing, self.moment, self._base, self._among)
        )

    def _show_only(self, ids: Sequence[int]) -> None:
        """Only these people, whatever the boxes said before."""
        everybody = next(view for view in self.views.views if view.name == "全部")
        self.show_view(everybody)
        self._among = tuple(ids)
        self.views.put_in_front("")
        self.among_bar.show_count(len(self._among))
        self._resource()

    def _show_everybody(self) -> None:
        self.show_view(self.views.views[0])

    def show_day(self, day: date | None) -> None:
        """The list as of a day, which is only looked at; None: today."""
        self._day = day if day != today() else None
        self.model.read_only = self._day is not None
        self.strip.show_day(self._day)
        self.day_button.setText(f"截至 {self._day}" if self._day else "截至今天")
        self._update_commands()
        self._resource()
        self._count()

    def _ask_day(self) -> None:
        self.shell.read(self.shell.desk.establishment.cohorts, self._open_days)

    def _open_days(self, cohorts: list[int]) -> None:
        first = since(cohorts, today())
        self.strip.set_since(first)
        DayPopup(self, self.show_day, first).open_below(self.day_button)

    def _count(self) -> None:
        """How many there are, and how many each view that calls for work holds.

        One small question after the other, so that pages of the list are read in between.
        """
        self._counting += 1
        asked, listing, moment = self._counting, self.shell.desk.listing, self.moment
        wanted = {"": ListQuery()}
        wanted |= {v.name: v.query for v in shipped(moment.as_of) if v.name in _COUNTED}
        counts = dict.fromkeys(wanted, 0)
        waiting: list[tuple[str, range]] = []

        def begin(portions: list[range]) -> None:
            waiting.extend(product(wanted, portions))
            ask()

        def ask() -> None:
            if asked != self._counting:
                return
            if not waiting:
                self._show_counts(counts)
                return
            name, ids = waiting.pop(0)

            def arrived(count: int) -> None:
                counts[name] += count
                ask()

            self.shell.read(lambda: listing.count(moment, wanted[name], ids), arrived)

        self.shell.read(listing.portions, begin)

    def _show_counts(self, counts: dict[str, int]) -> None:
        self._whole = counts.pop("")
        self.views.set_counts(counts)
        self._say_counts()
        self._show_empty()

    def _counted(self) -> None:
        self._say_counts()
        self._show_empty()
        if self._aim is not None:
            self._take_aim()
        elif self.model.rowCount() and not self.grid.table.currentIndex().isValid():
            self.grid.table.setCurrentIndex(self.model.index(0, min(1, len(self.model.shown) - 1)))

    def _say_counts(self) -> None:
        self.heading.set_detail(f"全校 {self._whole:,} 人　·　当前 {self.model.rowCount():,} 人")

    def _arranged(self) -> None:
        count = self.model.active_filters
        self.clear_button.setText(f"清除筛选 {count}")
        self.clear_button.setVisible(count > 0)

    def _show_empty(self) -> None:
        if self.model.rowCount() or self.model.loading:
            self.grid.show_empty(None)
        elif not self._whole and self._day is None:
            first = Button(
                "导入第一份名册", "file-input", "primary", on_click=lambda: self.shell.go("intake")
            )
            first.setVisible(has_place("intake"))
            self.grid.show_empty(
                EmptyState("users", "还没有学生", "从录取名册或在校生名单开始。", first)
            )
        else:
            self.grid.show_empty(None)

    def _take_aim(self) -> None:
        """Go to the person who is looked for; who is not in the list is shown alone."""
        student, self._aim = self._aim, None
        if student is None or self.grid.select_id(student):
            if student is not None:
                self._show_drawer()
            return
        if self._among != (student,):
            self._aim = student
            self._show_only([student])

    # --- views ----------------------------------------------------------------------------

    def save_view(self) -> None:
        """Keep the list as it is arranged now under a name."""
        ask_name(self, self._keep_view)

    def _keep_view(self, name: str) -> None:
        desk, view = self.shell.desk, self.view_as_it_is(name)
        self.shell.run(
            lambda: desk.views.save(desk.actor, STUDENTS, view),
            "保存视图",
            lambda kept: self._reload_views(kept.name, f"已保存视图“{kept.name}”"),
            changes=False,
        )

    def _rename_view(self, view: View, name: str) -> None:
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.views.rename(desk.actor, view.id or 0, name),
            "视图改名",
            lambda _: self._reload_views(name, f"视图已改名为“{name}”"),
            changes=False,
        )

    def _delete_view(self, view: View) -> None:
        text = "只是不再显示这个视图，名单里的学生不受影响。"
        if not self.shell.ask(f"删除视图“{view.name}”？", text, yes=f"删除视图“{view.name}”"):
            return
        desk = self.shell.desk
        self.shell.run(
            lambda: desk.views.delete(desk.actor, view.id or 0),
            "删除视图",
            lambda _: self._reload_views("", f"已删除视图“{view.name}”"),
            changes=False,
        )

    def _reload_views(self, name: str, sentence: str) -> None:
        self.shell.say(sentence)

        def show(own: tuple[View, ...]) -> None:
            self.views.set_views((*shipped(today()), *own))
            self.views.put_in_front(name)

        self.shell.read(lambda: self.shell.desk.views.of(STUDENTS), show)

    def _next_view(self, by: int) -> None:
        self.views.setCurrentIndex((self.views.currentIndex() + by) % self.views.count())

    def _choose_columns(self) -> None:
        corner = self.columns_button.mapToGlobal(self.columns_button.rect().bottomLeft())
        self.grid.choose_columns(corner)

    # --- commands -------------------------------------------------------------------------

    def _update_commands(self) -> None:
        """What cannot be done now is not offered: no such place, no such role, a past day."""
        records = Role.RECORD in self.shell.desk.actor.roles and self._day is None
        self._bulk.setEnabled(records)
        self._change.setEnabled(records)
        self.take_in.setVisible(has_place("intake"))
        self.new_button.setEnabled(records)

    def _chosen(self) -> list[int]:
        """Who is selected: several rows, or the one at hand."""
        return self.grid.selected_ids() or [i for i in (self.grid.current_id,) if i >= 0]

    def new_student(self) -> None:
        """Begin a new record in the pane of the student."""
        self._show_drawer()
        self.detail.new_student()

    def bulk_edit(self) -> None:
        """批量修改 of the selected people."""
        ids = self._chosen()
        if ids:
            BulkDialog(self.shell, ids, self._bulk_done).open()

    def _bulk_done(self, plan: BulkPlan) -> None:
        edits = [
            CellEdit(line.student_id, line.field, line.old or "", line.new or "")
            for line in plan.changes
        ]
        self.grid.take_written(Outcome(tuple(edits)), "批量修改")
        self.shell.say(f"已修改 {plan.people:,} 人", action=("撤销", self.shell.undo.undo))

    def _write(
        self, edits: Sequence[CellEdit], title: str, then: Callable[[Outcome], object]
    ) -> None:
        desk = self.shell.desk
        basis = TYPED if not title.startswith(("撤销", "重做")) else title
        wanted = [Edit(edit.row_id, edit.column, edit.new) for edit in edits]

        def told(plan: BulkPlan) -> None:
            self._mine = True
            applied = tuple(
                CellEdit(line.student_id, line.field, line.old or "", line.new or "")
                for line in plan.changes
            )
            refused = tuple(f"{line.name}「{line.label}」{line.problem}" for line in plan.refused)
            then(Outcome(applied, refused))

        self.shell.run(
            desk.bulk_edits.apply(desk.actor, wanted, basis=basis, action=f"名单{title}"),
            f"{title} {len(wanted):,} 格",
            told,
        )

    def _revealed(self, on: bool) -> None:
        if not on:
            self.shell.say("身份证号已重新遮住", "info")
            return
        desk, count = self.shell.desk, self.model.rowCount()
        view = self.views.view
        what = view.name if view is not None else "名单"
        self.shell.run(
            lambda: desk.listing.reveal(desk.actor, what, count), "显示身份证号", changes=False
        )
        self.shell.say("名单里的身份证号已显示全部数字，并记入操作记录。按 F9 遮住。", "info")

    def _open_export_menu(self) -> None:
        corner = self.export_button.mapToGlobal(self.export_button.rect().bottomLeft())
        self.export_menu().popup(corner)

    def export_menu(self) -> QMenu:
        """What can be exported."""
        menu = QMenu(self)
        shown, some = self.model.rowCount(), len(self.grid.selected_rows())
        menu.addAction(f"所见的列，当前 {shown:,} 人", lambda: self.export(self.model.ids))
        menu.addAction(
            f"全部的列，当前 {shown:,} 人", lambda: self.export(self.model.ids, every=True)
        )
        if some > 1:
            menu.addAction(f"所见的列，所选 {some:,} 人", lambda: self.export(self._chosen()))
        return menu

    def export(self, ids: Sequence[int], *, every: bool = False) -> None:
        """导出 as .xlsx, rows and columns as they are seen."""
        if not len(ids):
            self.shell.say("名单里没有人，没有可导出的内容。", "warn")
            return
        columns = self.model.all_columns if every else self.model.shown
        self._exporter.export(
            self.export_title(), [column.name for column in columns], ids, self.moment
        )

    def export_title(self) -> str:
        """What the sheet is called: the cohort that is filtered for, and the view."""
        view = self.views.view
        name = view.name if view is not None else "学生"
        cohort = self.model.filters.get("cohort", "").lstrip("=＝").strip()
        title = f"{cohort}级{name}" if cohort.isdigit() else name
        return f"{title}学生名单" if "名单" not in title else title

    # --- the student beside the list ------------------------------------------------------

    def open(self, student_id: int) -> None:
        """Open the record beside the list, and go there."""
        self._follow()
        self._show_drawer()
        if self.grid.current_id == student_id:
            self.detail.setFocus()

    def _follow(self) -> None:
        """The student beside the list is the one at hand."""
        current = self.grid.current_id
        if current >= 0 and self.detail.isVisible():
            self.detail.show_student(current, self.moment)

    def _show_drawer(self) -> None:
        if self._narrow:
            self._place_drawer()
            self.detail.show()
            self.detail.raise_()
            self._follow()

    def close_drawer(self) -> None:
        """Esc: the list alone again."""
        if self._narrow:
            self.detail.hide()
        self.grid.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(_DRAWER)
        if narrow != self._narrow:
            self._narrow = narrow
            self.detail.set_closable(narrow)
            if narrow:
                self.detail.setParent(self)
                self.detail.hide()
            else:
                self.splitter.addWidget(self.detail)
                self.detail.show()
                self._following.start()
        if not narrow:
            wide = theme.px(_DETAIL_WIDTH)
            self.splitter.setSizes([self.splitter.width() - wide, wide])
        self._place_drawer()

    def _place_drawer(self) -> None:
        if self._narrow:
            wide = theme.px(_DETAIL_WIDTH)
            margin = theme.px(16)
            self.detail.setGeometry(
                self.width() - wide - margin, margin, wide, self.height() - 2 * margin
            )


class _AmongBar(QWidget):
    """Says that only some people are shown, and leads back to all."""

    def __init__(self, back: Callable[[], object]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._label = Label("", "table", "text-2")
        row.addWidget(self._label)
        row.addWidget(Button("看全部", kind="link", on_click=back))
        row.addStretch()
        self.hide()

    def show_count(self, count: int) -> None:
        """How many are shown."""
        self._label.setText(f"只显示指定的 {count:,} 人")
        self.show()
