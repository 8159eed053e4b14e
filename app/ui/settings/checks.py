"""核验: the log against the records and against what stands on paper; the whole register."""

import re
from typing import ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from app.services.errors import AppError
from app.services.vault.audit import Anchor, AuditReport
from app.services.vault.vault import VaultReport
from app.ui.settings.page import Page
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.findings import Findings

_HEAD: Final = re.compile(r"\s*(\d{1,12})\s*[-—–－]\s*([0-9A-Fa-f]{16,64})\s*")


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
        anchors = []
        if text := self.head.text().strip():
            found = _HEAD.fullmatch(text)
            if found is None:
                said = "链头应是“序号-校验值”，校验值至少 16 位，例如 1532-9f3a52c04b7e11d8。"
                self.chain.say(said, "warn")
                return
            anchors = [Anchor(int(found[1]), found[2], "纸上的链头")]
        self.chain_button.setEnabled(False)
        job = self.shell.run(
            self.shell.desk.vault.verify_audit(anchors),
            "正在核对操作记录",
            self._chain_checked,
            lambda error: self.chain.say(str(error), "danger"),
            changes=False,
        )
        job.ended.connect(lambda: self.chain_button.setEnabled(True))

    def _chain_checked(self, report: AuditReport) -> None:
        warnings = [warning.sentence for warning in report.warnings]
        if report.clean:
            self.chain.say(
                f"完整：{report.entries:,} 条操作记录首尾相连，{report.records:,} 份登记与它一致。"
                f"链头 {report.head.short}。",
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
