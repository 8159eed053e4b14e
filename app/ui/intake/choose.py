"""选文件: drop, open or paste a table; what was left half done; templates to be filled in."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.services.exchange.templates import TemplateKind
from app.services.office.drafts import DraftRow
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ElidedLabel, IconButton, Label, Picture, clear

TABLES: Final = "表格 (*.xlsx *.xls *.csv *.dbf)"
_KINDS: Final = {
    TemplateKind.ADMISSION: "新生：姓名、证件号、专业、监护人",
    TemplateKind.SUPPLEMENT: "已在登记的人：住址、电话、家庭",
    TemplateKind.PLACEMENT: "每人一行，写明班级",
}


class DropArea(QWidget):
    """Where files are dropped; the whole window takes them, this says so."""

    def __init__(self, *buttons: QWidget) -> None:
        super().__init__()
        self.setAccessibleName("选文件")
        self.setMinimumHeight(theme.px(230))
        box = QVBoxLayout(self)
        box.setSpacing(theme.px(10))
        centre = Qt.AlignmentFlag.AlignHCenter
        box.addStretch()
        box.addWidget(Picture("file-input", "primary", 40), alignment=centre)
        box.addWidget(Label("把表格拖到窗口里任何地方", "section"), alignment=centre)
        box.addWidget(
            Label(
                ".xlsx .xls .csv .dbf，一次可以拖几个；照片文件夹或 .zip 也行", "table", "text-2"
            ),
            alignment=centre,
        )
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addStretch()
        for button in buttons:
            row.addWidget(button)
        row.addStretch()
        box.addSpacing(theme.px(4))
        box.addLayout(row)
        box.addStretch()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.colour("border-strong"))
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), theme.px(8), theme.px(8))


class ChoosePage(QWidget):
    """The first step."""

    files = QtSignal(object)  # list of paths
    photos = QtSignal(object)  # a folder or .zip
    pasted = QtSignal()
    resumed = QtSignal(str)  # subject of a draft
    dropped = QtSignal(str)
    unqueued = QtSignal(int)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.open_button = Button("打开表格(&O)", "folder-open", "primary", on_click=self.ask_files)
        self.paste_button = Button("粘贴一块", "clipboard-paste", on_click=self.pasted.emit)
        self.paste_button.setToolTip("在 Excel 或 WPS 里连表头一起复制，再点这里（Ctrl+V）")
        folder = Button("照片文件夹", "images", on_click=self._ask_photos)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(theme.px(16))
        left = QVBoxLayout()
        left.setSpacing(theme.px(16))
        left.addWidget(DropArea(self.open_button, self.paste_button, folder), 1)
        self._waiting = Card("等着导入的文件", margin=14)
        self._unfinished = Card("没有做完的", margin=14)
        left.addWidget(self._unfinished)
        left.addWidget(self._waiting)
        columns.addLayout(left, 3)
        columns.addWidget(self._templates(), 2, alignment=Qt.AlignmentFlag.AlignTop)
        self.show_waiting(())
        self.show_unfinished(())

    def _templates(self) -> Card:
        card = Card("模板", margin=14)
        card.box.addWidget(
            Label(
                "发给招生办、班主任填：号码列已设为文本，民族、政治面貌有下拉列表，"
                "“示例”那一行不会导入。",
                "table",
                "text-2",
                wrap=True,
            )
        )
        for kind, about in _KINDS.items():
            row = QHBoxLayout()
            words = QVBoxLayout()
            words.setSpacing(0)
            words.addWidget(Label(kind.value, "strong"))
            words.addWidget(Label(about, "small", "text-2"))
            row.addWidget(Picture("file-spreadsheet", "ok", 20))
            row.addLayout(words, 1)
            save = Button("存为", "download", on_click=partial(self._save_template, kind))
            save.setAccessibleName(f"保存{kind.value}模板")
            row.addWidget(save)
            card.box.addLayout(row)
        return card

    # --- what waits -----------------------------------------------------------------------

    def show_waiting(self, paths: Sequence[Path]) -> None:
        """Files that come next."""
        clear(self._waiting.box)
        for at, path in enumerate(paths):
            holder, row = _row()
            row.addWidget(Picture("file", "text-3", 16))
            row.addWidget(ElidedLabel(path.name), 1)
            away = IconButton("x", f"不导入 {path.name}", on_click=partial(self.unqueued.emit, at))
            row.addWidget(away)
            self._waiting.box.addWidget(holder)
        self._waiting.setVisible(bool(paths))

    def show_unfinished(self, drafts: Sequence[DraftRow]) -> None:
        """Files left in the middle during the last days."""
        clear(self._unfinished.box)
        for draft in drafts:
            holder, row = _row()
            saved = draft.saved_at.astimezone()
            row.addWidget(Picture("pen-line", "text-3", 16))
            row.addWidget(ElidedLabel(draft.title), 1)
            row.addWidget(Label(f"{saved:%m-%d %H:%M}", "table", "text-2"))
            subject = draft.subject
            go_on = Button("继续", on_click=partial(self.resumed.emit, subject))
            go_on.setAccessibleName(f"继续 {draft.title}")
            away = Button("放弃", kind="quiet", on_click=partial(self.dropped.emit, subject))
            away.setAccessibleName(f"放弃 {draft.title} 的改动")
            row.addWidget(go_on)
            row.addWidget(away)
            self._unfinished.box.addWidget(holder)
        self._unfinished.setVisible(bool(drafts))

    # --- dialogs --------------------------------------------------------------------------

    def ask_files(self) -> None:
        """Let the user choose tables."""
        names, _ = QFileDialog.getOpenFileNames(self, "打开要导入的表格", "", TABLES)
        if names:
            self.files.emit([Path(name) for name in names])

    def _ask_photos(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "照片在哪个文件夹里")
        if name:
            self.photos.emit(Path(name))

    def _save_template(self, kind: TemplateKind) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "模板存到哪里", f"{kind.value}模板.xlsx", "Excel 工作簿 (*.xlsx)"
        )
        if name:
            self.save_template(kind, Path(name))

    def save_template(self, kind: TemplateKind, target: Path) -> None:
        """Write a template."""
        intake = self._shell.desk.intake
        self._shell.read(
            lambda: intake.write_template(kind, target),
            lambda _: self._shell.say(f"已存好{kind.value}模板：{target}"),
        )


def _row() -> tuple[QWidget, QHBoxLayout]:
    """One line of a card, thrown away as a whole."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    return holder, row
