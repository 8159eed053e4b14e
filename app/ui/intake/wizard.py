"""The five steps over one file: 选文件 → 表头与对应 → 核对 → 比较 → 导入."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.services.clock import now, today
from app.services.exchange.batches import Accepted, Undone
from app.services.exchange.plan import Verdict
from app.services.exchange.review import Unfinished
from app.services.office.drafts import DraftRow
from app.ui import theme
from app.ui.intake.accept_page import AcceptPage
from app.ui.intake.choose import ChoosePage
from app.ui.intake.columns_page import ColumnsPage
from app.ui.intake.comparison_page import ComparisonPage
from app.ui.intake.faults_page import FaultsPage
from app.ui.intake.task import Task
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.steps import StepRail

STEPS: Final = ("选文件", "表头与对应", "核对", "比较", "导入")
CHOOSE, COLUMNS, FAULTS, COMPARISON, ACCEPT = range(5)
_PAGES: Final = ("choose", "columns", "faults", "comparison", "accepting")
_Page: TypeAlias = ChoosePage | ColumnsPage | FaultsPage | ComparisonPage | AcceptPage


class Wizard(QWidget):
    """Files come in one after another; going back loses nothing."""

    going = QtSignal(str)  # another page of the screen
    photos = QtSignal(object)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.task: Task | None = None
        self.queue: list[Path] = []
        self.rail = StepRail(STEPS)
        self.pages = QStackedWidget()
        self._lay_out()
        self.show_step(CHOOSE)

    # --- pages, each built when it is first shown -------------------------------------------

    @cached_property
    def choose(self) -> ChoosePage:
        """选文件."""
        page = ChoosePage(self._shell)
        page.files.connect(self.take)
        page.photos.connect(self.photos)
        page.pasted.connect(self.paste)
        page.resumed.connect(self.resume)
        page.dropped.connect(self.drop_draft)
        page.unqueued.connect(self._unqueue)
        self.pages.addWidget(page)
        return page

    @cached_property
    def columns(self) -> ColumnsPage:
        """表头与对应."""
        page = ColumnsPage()
        self.pages.addWidget(page)
        return page

    @cached_property
    def faults(self) -> FaultsPage:
        """核对."""
        page = FaultsPage(self._shell)
        self.pages.addWidget(page)
        return page

    @cached_property
    def comparison(self) -> ComparisonPage:
        """比较."""
        page = ComparisonPage()
        page.ticked.connect(self._show_bar)
        self.pages.addWidget(page)
        return page

    @cached_property
    def accepting(self) -> AcceptPage:
        """导入."""
        page = AcceptPage()
        page.undone.connect(self.undo)
        page.going.connect(self.going)
        page.people.connect(self._people)
        page.next_file.connect(self.finish)
        self.pages.addWidget(page)
        return page

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(8))
        box.addWidget(self.rail)
        box.addWidget(self.pages, 1)
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        self.back_button = Button("上一步", "arrow-left", on_click=self.back)
        self.leave_button = Button("放弃这份", kind="quiet", on_click=self.leave)
        self.state = Label("", "table", "text-2")
        self.export_button = Button("导出问题行", "file-warning", on_click=self._ask_export)
        self.next_button = Button("下一步", kind="primary", on_click=self.forward)
        for widget in (self.back_button, self.leave_button, self.state):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(self.export_button)
        row.addWidget(self.next_button)
        box.addWidget(self.bar)

    # --- files ----------------------------------------------------------------------------

    def take(self, paths: Sequence[Path]) -> None:
        """Tables from outside: the first is opened, the others wait their turn."""
        known = {str(path) for path in self.queue}
        self.queue += [path for path in paths if str(path) not in known]
        if self.task is None or self.task.done:
            self._open_next()
        elif paths:
            self._shell.say(f"已排在“{self.task.name}”后面，还有 {len(self.queue)} 份等着", "info")
        self.choose.show_waiting(self.queue)

    def paste(self) -> None:
        """Take what was copied in Excel or WPS."""
        self.take_text(QGuiApplication.clipboard().text())

    def take_text(self, text: str) -> None:
        """Take a block of cells, tab-separated."""
        if not text.strip():
            self._shell.say(
                "剪贴板里没有文字：请先在 Excel 或 WPS 里连表头一起选中、复制，再来粘贴。", "warn"
            )
            return
        self._begin(Task.of_text(self._shell, text, f"粘贴的内容 {now():%H时%M分}"))

    def resume(self, subject: str) -> None:
        """Go on with a file that was left in the middle."""
        desk = self._shell.desk

        def found(unfinished: Unfinished | None) -> None:
            if unfinished is not None:
                self._begin(Task(self._shell, unfinished))

        self._shell.read(lambda: desk.intake.resume(desk.actor, subject), found)

    def drop_draft(self, subject: str) -> None:
        """Throw away what was decided about a file."""
        desk = self._shell.desk
        self._shell.run(
            lambda: desk.intake.drop(desk.actor, subject),
            "放弃草稿",
            lambda _: self.refresh_choose(),
            changes=False,
        )

    def refresh_choose(self) -> None:
        """Look for unfinished files."""
        desk = self._shell.desk
        self._shell.read(lambda: desk.intake.unfinished(desk.actor), self._show_unfinished)

    def _show_unfinished(self, drafts: list[DraftRow]) -> None:
        """The file at hand has its own button to go on."""
        here = self.task.subject if self.task is not None else ""
        self.choose.show_unfinished([draft for draft in drafts if draft.subject != here])

    def _unqueue(self, at: int) -> None:
        del self.queue[at]
        self.choose.show_waiting(self.queue)

    def _open_next(self) -> None:
        if self.queue:
            self._begin(Task.of_file(self._shell, self.queue.pop(0)))
        self.choose.show_waiting(self.queue)

    def _begin(self, task: Task) -> None:
        if self.task is not None and not self.task.done:
            self.task.keep()
        self.task = task
        task.changed.connect(lambda: self._task_changed(task))
        task.busy.connect(lambda text: self._show_busy(task, text))
        task.accepted.connect(self._accepted)
        task.lost.connect(self._lost)
        task.open()
        _ = self.columns  # made while the file is read

    def _lost(self, problem: str) -> None:
        self._shell.say(problem, "danger")
        self.task = None
        self.show_step(CHOOSE)
        self._open_next()

    def _task_changed(self, task: Task) -> None:
        if task is not self.task:
            return
        if self.rail.current == CHOOSE or task.review is None:
            self.show_step(COLUMNS)
        else:
            self.show_step(self.rail.current)

    def _show_busy(self, task: Task, text: str) -> None:
        if task is self.task:
            self.state.setText(f"{text}…" if text else "")
            self._show_bar()

    # --- steps ----------------------------------------------------------------------------

    def show_step(self, step: int) -> None:
        """Go to a step."""
        self.rail.set_current(step)
        page = self._page(step)
        self.pages.setCurrentWidget(page)
        if isinstance(page, ChoosePage):
            self.refresh_choose()
        elif self.task is not None:
            page.show_task(self.task)
        self._show_bar()

    def _page(self, step: int) -> _Page:
        page: _Page = getattr(self, _PAGES[step])
        return page

    def back(self) -> None:
        """One step back; every decision stays."""
        if self.rail.current == COLUMNS and self.task is not None:
            self.task.keep()
        self.show_step(max(self.rail.current - 1, CHOOSE))

    def forward(self) -> None:
        """One step on; at the last one, write."""
        if self.rail.current == ACCEPT:
            if self.task is not None and self.ready:
                self.next_button.setEnabled(False)
                self.task.accept()
            return
        self.show_step(self.rail.current + 1)

    @property
    def ready(self) -> bool:
        """Whether there is something to be written and nothing is wanting."""
        return bool(self.task and self.task.chosen and not self.task.year_missing)

    def leave(self) -> None:
        """Give the file up; the next one comes."""
        if self.task is None:
            return
        decided = bool(self.task.choices.cells or self.task.choices.hints)
        if decided and not self._shell.ask(
            f"放弃“{self.task.name}”？",
            "在这里改过的内容和对应会丢掉；原文件和登记都没有动过。",
            yes="放弃这份",
            no="留在此处",
            danger=True,
        ):
            return
        self.task.abandon()
        self.task = None
        self.show_step(CHOOSE)
        self._open_next()

    def finish(self) -> None:
        """The file is done; the next one comes, or the first step."""
        self.task = None
        self.show_step(CHOOSE)
        self._open_next()

    def _show_bar(self) -> None:
        task, step = self.task, self.rail.current
        review = task.review if task else None
        done = task is not None and task.done
        self.bar.setVisible(task is not None and not (done and step == ACCEPT))
        self.back_button.setVisible(step > CHOOSE and not done)
        self.leave_button.setVisible(step > CHOOSE and not done)
        busy = bool(self.state.text())
        refused = review.plan.count(Verdict.REFUSED) if review else 0
        self.export_button.setVisible(step in {FAULTS, COMPARISON, ACCEPT} and refused > 0)
        self.export_button.setText(f"导出问题行 {refused}")
        self.export_button.setAccessibleName(f"导出问题行，{refused} 行")
        if step == ACCEPT:
            count, ready = len(task.chosen) if task else 0, self.ready
            text = f"导入 {count:,} 行" if ready else self._wanting(count)
            self.next_button.setText(text)
            self.next_button.setEnabled(ready and not busy)
        else:
            going_on = f"继续“{task.name}”" if task else ""
            self.next_button.setText("下一步" if step else going_on)
            self.next_button.setEnabled(review is not None and not busy)

    def _wanting(self, count: int) -> str:
        return "请先填入学年份" if count else "没有要导入的行"

    # --- results --------------------------------------------------------------------------

    def _accepted(self, result: Accepted) -> None:
        self.show_step(ACCEPT)
        said = f"新增 {result.created:,} 人，修改 {result.updated:,} 人"
        if result.batch_id is not None:
            batch = result.batch_id
            self._shell.say(f"已导入：{said}", action=("撤销", lambda: self.undo(batch)))

    def undo(self, batch: int) -> None:
        """Take a batch back, after a question."""
        if not self._shell.ask(
            f"撤销第 {batch} 批导入？",
            "这批新增的学生作废，改过的信息改回原值，照片取下；记录都留在操作记录里。",
            yes="撤销本次导入",
            danger=True,
        ):
            return
        desk = self._shell.desk
        self._shell.run(lambda: desk.batches.undo(desk.actor, batch), "撤销导入", self._undone)

    def _undone(self, undone: Undone) -> None:
        self._shell.say(
            f"已撤销第 {undone.batch_id} 批：{undone.voided} 人作废，"
            f"{undone.restored} 人的信息改回，{undone.photos} 张照片取下"
        )
        if self.task is not None and self.task.done:
            self.finish()

    def _people(self, batch: int) -> None:
        desk = self._shell.desk
        self._shell.read(
            lambda: desk.batches.people(batch), lambda ids: self._shell.go("students", ids=ids)
        )

    def _ask_export(self) -> None:
        if self.task is None:
            return
        stem = Path(self.task.name).stem
        proposed = self.task.folder / f"{stem}-问题行_{today():%Y%m%d}.xlsx"
        name, _ = QFileDialog.getSaveFileName(
            self, "问题行存到哪里", str(proposed), "Excel 工作簿 (*.xlsx)"
        )
        if name:
            self.export_problems(Path(name))

    def export_problems(self, target: Path) -> None:
        """Write the refused rows as a workbook."""
        review = self.task.review if self.task else None
        if review is None:
            return
        desk = self._shell.desk
        self._shell.run(
            lambda: desk.intake.export_problems(desk.actor, review, target),
            "导出问题行",
            lambda rows: self._shell.say(f"已导出 {rows} 行：{target}"),
            changes=False,
        )

    def keep(self) -> None:
        """Keep the draft now."""
        if self.task is not None:
            self.task.keep()

    def look_again(self) -> None:
        """The register changed elsewhere: compare anew."""
        if self.task is not None and not self.task.done:
            self.task.look()
