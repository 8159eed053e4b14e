"""核验: the log against the records and against what stands on paper; the whole register."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, TypeAlias

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit

from app.services.clock import today
from app.services.errors import AppError
from app.services.progress import Work
from app.services.proof import anchor_slip, audit_statement
from app.services.vault.audit import Anchor, AuditReport
from app.services.vault.safekeeping import backup_anchors, log_audit_check
from app.services.vault.vault import VaultReport
from app.ui.settings.page import Page
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.files import open_file
from app.ui.widgets.findings import Findings

_Checked: TypeAlias = tuple[Sequence[Anchor], AuditReport]


class ChecksPage(Page):
    """Two checks; each says whole or names what is not."""

    title: ClassVar[str] = "核验"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        chain = Card("操作记录链")
        chain.box.addWidget(
            Label(
                "每一次录入、修改、打印都有一条操作记录，首尾相连。核对能查出绕过本程序的改动。",
                tint="text-2",
                wrap=True,
            )
        )
        chain.box.addWidget(Label("纸上抄的链头（可以不填，例如 1532-9f3a…）", "table", "text-2"))
        self.head = QLineEdit()
        self.head.setAccessibleName("纸上抄的链头")
        self.head.setPlaceholderText("打印件、备份登记本或光盘上的链头")
        self.chain_button = Button(
            "核对操作记录", "list-checks", "primary", on_click=self.check_chain
        )
        row = QHBoxLayout()
        row.addWidget(self.head, 1)
        row.addWidget(self.chain_button)
        chain.box.addLayout(row)
        self.chain = Findings("核对操作记录的发现")
        chain.box.addWidget(self.chain)
        self.checked: _Checked | None = None
        self.statement_button = Button("存核验单…", "file-check", on_click=self._ask_statement)
        self.statement_button.setEnabled(False)
        self.slip_button = Button("存审计锚定单…", "stamp", on_click=self._ask_slip)
        row = QHBoxLayout()
        row.addWidget(self.statement_button)
        row.addWidget(self.slip_button)
        row.addStretch()
        chain.box.addLayout(row)
        self.box.addWidget(chain)
        whole = Card("整个学籍库")
        whole.box.addWidget(
            Label(
                "逐页检查两个数据库文件，核对操作记录，再把每张照片、每份扫描件与登记的校验值比对。"
                "学生多时要几分钟，可以停止。",
                tint="text-2",
                wrap=True,
            )
        )
        self.whole_button = Button("检查完整性", "shield-check", on_click=self.check_whole)
        row = QHBoxLayout()
        row.addWidget(self.whole_button)
        row.addStretch()
        whole.box.addLayout(row)
        self.whole = Findings("检查完整性的发现")
        whole.box.addWidget(self.whole)
        self.box.addWidget(whole)
        self.box.addStretch()
        self.setFocusProxy(self.head)

    def check_chain(self) -> None:
        """Check the chain, and the head from paper when one is given."""
        typed, vault = [], self.shell.desk.vault
        try:
            if text := self.head.text().strip():
                typed = [Anchor.read(text, "纸上的链头")]
        except AppError as error:
            self.chain.say(str(error), "warn")
            return

        def work() -> Work[_Checked]:
            anchors = (*typed, *backup_anchors(vault))
            report = yield from vault.verify_audit(anchors)
            log_audit_check(vault, report)
            return anchors, report

        self.chain_button.setEnabled(False)
        job = self.shell.run(
            work(),
            "正在核对操作记录",
            self._chain_checked,
            lambda error: self.chain.say(str(error), "danger"),
        )
        job.ended.connect(lambda: self.chain_button.setEnabled(True))

    def _chain_checked(self, checked: "_Checked") -> None:
        self.checked = checked
        self.statement_button.setEnabled(True)
        anchors, report = checked
        warnings = [warning.sentence for warning in report.warnings]
        if report.clean:
            self.chain.say(
                f"完整：{report.entries:,} 条操作记录首尾相连，{report.records:,} 份登记与它一致，"
                f"与 {len(anchors) + 1} 处链头相符。链头 {report.head.short}。",
                "warn" if warnings else "ok",
                warnings,
            )
        else:
            found = [finding.sentence for finding in report.findings]
            self.chain.say(
                f"有 {len(found)} 处不符。请不要继续录入，先与最近的备份和打印件核对。",
                "danger",
                [*found, *warnings],
            )

    # --- papers ---------------------------------------------------------------------------

    def save_statement(self, target: Path) -> None:
        """核验单: what the last check found, on paper."""
        if self.checked is not None:
            anchors, report = self.checked
            work = audit_statement(self.shell.desk.vault, report, anchors, target)
            self.shell.run(work, "正在出核验单", lambda _: self._saved("核验单", target))

    def save_slip(self, target: Path) -> None:
        """审计锚定单: the end of the chain on paper, to be signed and kept elsewhere."""
        work = anchor_slip(self.shell.desk.vault, target)
        self.shell.run(work, "正在出审计锚定单", lambda _: self._saved("审计锚定单", target))

    def _saved(self, what: str, target: Path) -> None:
        said = f"{what}：{target}。请打印签名，一份存档，一份交监督人保管。"
        self.shell.say(said, action=("打开", lambda: open_file(target)))

    def _ask_statement(self) -> None:
        self._ask("核验单", self.save_statement)

    def _ask_slip(self) -> None:
        self._ask("审计锚定单", self.save_slip)

    def _ask(self, what: str, then: Callable[[Path], None]) -> None:
        name = str(Path.home() / f"{what}-{today():%Y%m%d}.pdf")
        file, _ = QFileDialog.getSaveFileName(self, f"{what}存为", name, "PDF (*.pdf)")
        if file:
            then(Path(file))

    # --- the whole register ---------------------------------------------------------------

    def check_whole(self) -> None:
        """Check files, log and every picture."""
        self.whole_button.setEnabled(False)
        job = self.shell.run(
            self.shell.desk.vault.verify(),
            "正在检查完整性",
            self._whole_checked,
            self._refused,
            changes=False,
        )
        job.ended.connect(lambda: self.whole_button.setEnabled(True))

    def _whole_checked(self, report: VaultReport) -> None:
        if report.clean:
            self.whole.say("学籍库完好：数据库、操作记录、影像全部核对一致。", "ok")
        else:
            said = f"有 {len(report.sentences)} 处不符。请保留原样，取最近的完好备份核对。"
            self.whole.say(said, "danger", report.sentences)

    def _refused(self, error: AppError) -> None:
        self.whole.say(str(error), "danger")
