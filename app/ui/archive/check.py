"""回读校验: an image, or a disc in its drive, file by file against its own manifests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.archive.discs import DiscCheck
from app.services.archive.verify import VerifiedFile
from app.services.errors import AppError
from app.services.files import amount
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, Card, ChoiceBox, EmptyState, Label, Picture
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_ALL, _WRONG = "全部文件", "只看有问题的"


class CheckPage(QWidget):
    """Choose, read, judge: the list shows every file with its verdict, the bad ones first."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.outcome: DiscCheck | None = None
        self._files: Sequence[VerifiedFile] = ()
        self.path = QLineEdit()
        self.path.setAccessibleName("要校验的镜像或光盘")
        self.path.setPlaceholderText("镜像文件（.iso），或光盘所在的盘符、文件夹")
        self.path.returnPressed.connect(self.check)
        self.go = Button("开始校验", "shield-check", "primary", on_click=self.check)
        self.answer = Answer()
        self.sign = Picture("circle-check", "ok", 24)
        self.verdict = Label(role="section", wrap=True)
        self.detail = Label(role="table", tint="text-2", wrap=True)
        self.shown = ChoiceBox("显示哪些文件", [_ALL, _WRONG])
        self.shown.activated.connect(lambda _: self._fill())
        self.table = PlainTable(
            "逐个文件的结论",
            [
                PlainColumn("结论", _verdict, 120, _tint),
                PlainColumn("题名", lambda file: file.title, 220),
                PlainColumn("位置", lambda file: file.path),
                PlainColumn(
                    "大小", lambda file: f"{file.size:,}" if file.size else "", 100, right=True
                ),
                PlainColumn("说明", lambda file: file.detail, 330),
            ],
        )
        self._lay_out()
        self.setFocusProxy(self.path)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.px(12), 0, 0)
        box.setSpacing(theme.px(12))
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.path, 1)
        row.addWidget(Button("选择镜像…", "file", on_click=self._choose_image))
        row.addWidget(Button("选择光盘…", "disc-3", on_click=self._choose_disc))
        row.addWidget(self.go)
        box.addLayout(row)
        box.addWidget(self.answer)
        card = Card(margin=12)
        head = QHBoxLayout()
        head.setSpacing(theme.px(12))
        head.addWidget(self.sign, alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        words.addWidget(self.verdict)
        words.addWidget(self.detail)
        head.addLayout(words, 1)
        head.addWidget(self.shown, alignment=Qt.AlignmentFlag.AlignTop)
        card.box.addLayout(head)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.px(12))
        inner.addWidget(card)
        inner.addWidget(self.table, 1)
        self.nothing = EmptyState(
            "shield-check",
            "光盘刻好以后，再读一遍",
            "选镜像文件，或把光盘放进光驱选它的盘符：逐个文件与盘上的清单核对，"
            "变了、少了、多了都点名。每年抽查一次旧盘也在这里做，结果记入光盘登记。",
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(page)
        box.addWidget(self._stack, 1)

    def start(self, path: str) -> None:
        """Check this image or disc at once."""
        self.path.setText(path)
        self.check()

    def check(self) -> None:
        """Read it from end to end."""
        text, desk = self.path.text().strip(), self.shell.desk
        if not text:
            self.answer.say("请选择镜像文件，或光盘所在的盘符、文件夹。")
            return
        self.answer.say("")
        self.go.setEnabled(False)
        job = self.shell.run(
            desk.discs.check(desk.actor, Path(text)), "正在校验光盘", self._done, self._refused
        )
        job.ended.connect(lambda: self.go.setEnabled(True))

    def _done(self, outcome: DiscCheck) -> None:
        self.outcome = outcome
        report, known = outcome.report, outcome.known
        self._files = report.listing()
        sound = report.sound
        self.sign.set("circle-check" if sound else "circle-alert", "ok" if sound else "danger")
        self.verdict.setText(
            f"完好：{report.files:,} 个文件全部与清单一致。"
            if sound
            else f"有 {len(report.findings):,} 处不符，这张盘不能作为归档盘。请换一张重新刻录。"
        )
        self.verdict.set_tint("ok" if sound else "danger")
        said = [f"{report.disc_number or '编号读不出'}　{report.title}", amount(report.size)]
        if known is not None:
            said.append(f"与 {known.built:%Y-%m-%d} 由{known.operator}生成的镜像是同一份")
        elif sound:
            said.append("这个学籍库的光盘登记里没有它：可能是别的学籍库生成的")
        self.detail.setText("，".join(said))
        self.shown.setCurrentText(_ALL if sound else _WRONG)
        self._fill()
        self._stack.setCurrentIndex(1)

    def _fill(self) -> None:
        wrong_only = self.shown.currentText() == _WRONG
        self.table.show_rows(
            [file for file in self._files if file.difference is not None or not wrong_only]
        )

    def _refused(self, error: AppError) -> None:
        self.answer.say(str(error))

    def _choose_image(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self, "要校验的镜像", self.path.text(), "光盘镜像 (*.iso)"
        )
        if file:
            self.path.setText(file)

    def _choose_disc(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "要校验的光盘", self.path.text())
        if folder:
            self.path.setText(folder)


def _verdict(file: VerifiedFile) -> str:
    return "✓ 一致" if file.difference is None else f"✗ {file.difference.value}"


def _tint(file: Any) -> str:
    return "ok" if file.difference is None else "danger"
