"""编号规则: how student numbers and class names are made, shown on an example while it is typed."""

from typing import ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout

from app.models.rules.patterns import (
    CLASS_NAME,
    STUDENT_NUMBER,
    NumberLayout,
    NumberPattern,
    PatternError,
)
from app.models.vocabulary import Role
from app.services.settings import LABELS, Settings
from app.ui.settings.fields import Field, Fields
from app.ui.settings.page import Page, needs
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label

_LAYOUTS: Final = {"number_pattern": STUDENT_NUMBER, "class_pattern": CLASS_NAME}
_TITLES: Final = {"number_pattern": "学号", "class_pattern": "班级名称"}


class NumbersPage(Page):
    """Both patterns, each with its example."""

    title: ClassVar[str] = "编号规则"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "修改编号规则"))
        self._example: dict[str, str | int] = {}
        self._settings = Settings()
        self.fields: dict[str, Fields] = {}
        self.previews: dict[str, Label] = {}
        for name, layout in _LAYOUTS.items():
            self.box.addWidget(self._card(name, layout))
        row = QHBoxLayout()
        self.save_button = Button("保存", "save", "primary", on_click=self.save)
        self._forget = Button("放弃修改", on_click=self.forget)
        row.addWidget(self.save_button)
        row.addWidget(self._forget)
        row.addStretch()
        self.box.addLayout(row)
        self.box.addStretch()
        self.setFocusProxy(self.fields["number_pattern"])
        self._judge()

    def _card(self, name: str, layout: NumberLayout) -> Card:
        card = Card(_TITLES[name])
        fields = Fields([Field(name, LABELS[name])])
        fields.set_read_only(not self.may(Role.SYSTEM))
        fields.changed.connect(self._judge)
        preview = Label(role="strong")
        known = "、".join(f"{{{field}}}" for field in layout.fields)
        note = f"花括号里写栏目和位数，如 {{入学年:4}}。可用：{known}。"
        if name == "number_pattern":
            note += "已编的学号不会变，新规则只管以后编的。"
        card.box.addWidget(fields)
        card.box.addWidget(preview)
        card.box.addWidget(Label(note, "table", "text-2", wrap=True))
        self.fields[name], self.previews[name] = fields, preview
        return card

    def refresh(self) -> None:
        """Read settings and example anew."""
        office = self.shell.desk.establishment
        self.shell.read(
            lambda: (office.settings(), office.example()), lambda read: self._show(*read)
        )

    @property
    def dirty(self) -> bool:
        """Whether a pattern was changed."""
        return any(fields.dirty for fields in self.fields.values())

    def forget(self) -> None:
        """Back to what is saved."""
        self._show(self._settings, self._example)

    def save(self) -> None:
        """Write the patterns that were changed."""
        desk = self.shell.desk
        changes = {k: v for fields in self.fields.values() for k, v in fields.changes.items()}
        if self.save_button.isEnabled() and changes:
            self.shell.run(
                lambda: desk.establishment.change_settings(desk.actor, changes),
                "正在保存编号规则",
                self._saved,
            )

    def _saved(self, settings: Settings) -> None:
        self._show(settings, self._example)
        self.shell.say("已保存编号规则，从下一次编号起用。")

    def _show(self, settings: Settings, example: dict[str, str | int]) -> None:
        self._settings, self._example = settings, example
        for name, fields in self.fields.items():
            fields.load({name: getattr(settings, name)})
        self._judge()

    def _judge(self) -> None:
        """Show what each pattern gives, or what is wrong with it."""
        right = True
        for name, fields in self.fields.items():
            text = fields.values[name]
            try:
                made = NumberPattern(text, _LAYOUTS[name]).render(self._example)
            except PatternError as error:
                right = right and not self._example
                fields.say({name: str(error)} if self._example else {})
                self.previews[name].setText("")
            else:
                fields.say({})
                self.previews[name].setText(f"编出来是：{made}")
        self.save_button.setEnabled(self.dirty and right)
        self._forget.setEnabled(self.dirty)
