"""字段表: what may be typed between {{ and }}, found by any word, copied as it is typed."""

from typing import Final

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.forms.dictionary import FieldLine, field_lines
from app.services.forms.fields import FORMS
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, Label
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_ALL: Final = "各种表"


class FieldTable(QWidget):
    """The dictionary; `复制` puts a field on the clipboard, to be pasted into a cell."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.form = ChoiceBox("用在哪张表", [_ALL, *FORMS])
        self.form.activated.connect(lambda _: self._show())
        self.words = QLineEdit()
        self.words.setAccessibleName("查找字段")
        self.words.setPlaceholderText("查找：名称、意思、例子、来源")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _: self._show())
        self.table = PlainTable("字段表", _COLUMNS)
        self.copy_button = Button("复制", "copy", on_click=self.copy)
        self.table.chosen.connect(lambda row: self.copy_button.setEnabled(row is not None))
        self.copy_button.setToolTip("复制字段的写法，到 WPS 的格子里粘贴")
        self._count = Label(role="table", tint="text-2")
        card = Card(margin=12)
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        label = Label("用在", tint="text-2")
        label.setBuddy(self.form)
        row.addWidget(label)
        row.addWidget(self.form)
        row.addWidget(self.words, 1)
        row.addWidget(self._count)
        row.addWidget(self.copy_button)
        card.box.addLayout(row)
        card.box.addWidget(self.table, 1)
        hint = (
            "日期、数字可以带格式：{{入学日期|yyyy年m月d日}}。名称里有点的是列表：名册上一人一行，"
            "卡片上写成 {{家庭成员[1].姓名}}。"
        )
        card.box.addWidget(Label(hint, "table", "text-3", wrap=True))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(card)
        self._show()

    def show_form(self, form: str) -> None:
        """The fields of one form."""
        self.form.setCurrentIndex(max(0, self.form.findText(form)))
        self._show()

    def copy(self) -> None:
        """Put the chosen field on the clipboard."""
        line = self.table.current
        if line is not None:
            QGuiApplication.clipboard().setText(line.written)
            self._shell.say(f"已复制 {line.written}，到表样的格子里粘贴。")

    def _show(self) -> None:
        form = "" if self.form.currentIndex() == 0 else self.form.currentText()
        lines = field_lines(form, self.words.text())
        self.table.show_rows(lines)
        self.copy_button.setEnabled(False)
        self._count.setText(f"{len(lines):,} 个字段")


def _example(line: FieldLine) -> str:
    return line.example or f"（{line.kind.value}）"


_COLUMNS: Final = (
    PlainColumn("字段", lambda line: line.written, 230),
    PlainColumn("意思", lambda line: line.meaning),
    PlainColumn("例子（虚构）", _example, 220, lambda _: "text-2"),
    PlainColumn("种类", lambda line: line.kind.value, 70),
    PlainColumn("来源", lambda line: line.source, 100),
    PlainColumn("用在", lambda line: line.forms_in_words, 220),
)
