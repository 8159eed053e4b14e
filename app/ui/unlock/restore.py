"""从备份恢复, in front of the register: into a new place, or over one that is there, which is moved

aside and can be put back. This way it also helps where the register does not open any more.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtWidgets import QHBoxLayout

from app.services.progress import Work
from app.services.vault.aside import asides_of, stopped
from app.services.vault.keys import KEYS_FILE
from app.ui.errors import sentence
from app.ui.unlock.gate import Centred
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.findings import Findings
from app.ui.widgets.job_bar import JobBar
from app.ui.widgets.password import PasswordEdit
from app.ui.widgets.path_line import PathLine
from app.ui.worker import Lane

if TYPE_CHECKING:  # loaded when it is done
    from app.services.vault.backup import Restored
    from app.services.vault.replacing import Replaced


class RestorePage(Centred):
    """The backup, its password, one verb; `back` leads to the register, restored or not."""

    back = QtSignal()
    elsewhere = QtSignal()

    def __init__(self, lane: Lane, folder: Path) -> None:
        super().__init__(680)
        self._lane, self._folder = lane, folder
        self.working = False
        self.box.addWidget(Label("从备份恢复", "title"))
        note = (
            "备份先在旁边恢复好，逐页核对，再换上去。原来的学籍库不删除，移开留着，随时可以换回。"
            if self._there
            else "备份恢复到这个位置，逐页核对以后才算数。"
        )
        self.box.addWidget(Label(f"{folder}：{note}", tint="text-2", wrap=True))
        self.source = PathLine("用哪一份备份", "名为“学籍备份-日期-…”的文件夹")
        self.password = PasswordEdit("备份当时的口令")
        self.outcome = Findings("恢复的结果")
        self._jobs = JobBar()
        for words, widget in (("备份", self.source), ("备份当时的口令", self.password)):
            self.box.addWidget(Label(words, "table", "text-2"))
            self.box.addWidget(widget)
        self.box.addWidget(self.outcome)
        self.box.addWidget(self._jobs)
        row = QHBoxLayout()
        self._back = Button("返回", "arrow-left", on_click=self._leave)
        self.undo = Button("换回原来的学籍库", "undo-2", on_click=self.put_back)
        self.go = Button("恢复", "history", "danger" if self._there else "primary")
        self.go.clicked.connect(self.restore)
        row.addWidget(self._back)
        row.addStretch()
        row.addWidget(self.undo)
        row.addWidget(self.go)
        self.box.addLayout(row)
        self.password.returnPressed.connect(self.restore)
        self.setFocusProxy(self.source)
        halfway = None if (folder / KEYS_FILE).exists() else stopped(folder)
        self.undo.setVisible(halfway is not None)
        if halfway is not None:
            self.outcome.say(str(halfway), "warn")
            self._back.setText("打开别处的学籍库")

    @property
    def _there(self) -> bool:
        return (self._folder / KEYS_FILE).exists() or stopped(self._folder) is not None

    def _leave(self) -> None:
        if (self._folder / KEYS_FILE).exists() or stopped(self._folder) is None:
            self.back.emit()
        else:
            self.elsewhere.emit()

    def restore(self) -> None:
        """Bring the backup back; whatever stops it, what was there stays."""
        password = self.password.text()
        if self.working:
            return
        if not self.source.text or not password:
            self.outcome.say("请选择备份，并输入备份当时的口令。", "warn")
            return
        self._start(self._work(self.source.path, password), "正在恢复", self._restored)

    def _work(self, source: Path, password: str) -> "Work[Restored | Replaced]":
        from app.services.vault.backup import restore
        from app.services.vault.replacing import replace_vault

        if self._there:
            return (yield from replace_vault(source, self._folder, password))
        return (yield from restore(source, self._folder, password))

    def put_back(self) -> None:
        """Undo: the register that was moved aside takes its place again."""
        asides = asides_of(self._folder)
        if self.working or not asides:
            return

        def work() -> Path:
            from app.services.vault.replacing import put_back

            return put_back(self._folder, asides[-1])

        self._start(work, "正在换回", self._put_back)

    def _restored(self, made: "Restored | Replaced") -> None:
        from app.services.vault.replacing import Replaced

        restored = made.restored if isinstance(made, Replaced) else made
        held, more = restored.manifest, [*restored.findings, *restored.notices]
        if isinstance(made, Replaced):
            more.append(f"原来的学籍库移到 {made.aside}，没有删除。")
            if made.behind:
                more.append(f"原库在这份备份之后还有 {made.behind} 条操作记录，请照纸质材料补录。")
            self.undo.show()
        self.outcome.say(
            f"已恢复：{held.school}，{held.made.astimezone():%Y-%m-%d %H:%M} 的备份，"
            f"学生 {held.students:,} 人，链头 {held.head.short}，请与打印件核对。"
            f"用备份当时的口令打开：{'、'.join(restored.operators)}。",
            "warn" if restored.findings else "ok",
            more,
        )
        self._done()

    def _put_back(self, gone: Path) -> None:
        self.outcome.say(f"已换回原来的学籍库；刚才恢复的那一份移到 {gone}。", "ok")
        self.undo.hide()
        self._done()

    def _done(self) -> None:
        self.password.clear()
        self.go.hide()
        self._back.setText("去打开学籍库")

    def _start(
        self,
        work: Work[Any] | Callable[[], Any],
        title: str,
        then: Callable[[Any], object],
    ) -> None:
        self._set_working(True)
        job = self._lane.start(work, title, then, self._refused)
        job.ended.connect(lambda: self._set_working(False))
        self._jobs.follow(job)

    def _refused(self, error: Exception) -> None:
        self.outcome.say(sentence(error), "danger")

    def _set_working(self, working: bool) -> None:
        self.working = working
        for widget in (self.go, self._back, self.undo, self.source, self.password):
            widget.setEnabled(not working)
