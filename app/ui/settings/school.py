"""学校: what the school says of itself on every paper."""

from typing import ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout

from app.models.vocabulary import Role
from app.services.errors import AppError, SettingMissing
from app.services.register.establishment import DEMANDED
from app.services.settings import LABELS, Settings
from app.ui.settings.fields import Field, Fields
from app.ui.settings.page import Page, needs
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card

_CARDS: Final = {
    "学校": ("school", "college", "college_code", "branch_code", "address", "phone"),
    "签章与经办": ("principal", "vice_principal", "office", "registrar"),
    "档案与学籍": ("fonds", "level", "study_form"),
}
_HINTS: Final = {
    "school": "印在各种表上的全称",
    "branch_code": "学号里用，两位",
    "fonds": "档案馆（室）给的编号，光盘和档号用它开头",
    "registrar": "学籍学历专职管理员的姓名",
}


class SchoolPage(Page):
    """All settings but the patterns of numbers."""

    title: ClassVar[str] = "学校"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if not self.may(Role.SYSTEM):
            self.box.addWidget(needs(Role.SYSTEM, "修改学校设置"))
        self.cards: list[Fields] = []
        for title, names in _CARDS.items():
            card = Card(title)
            fields = Fields([Field(name, LABELS[name], _HINTS.get(name, "")) for name in names])
            fields.changed.connect(self._judge)
            fields.set_read_only(not self.may(Role.SYSTEM))
            card.box.addWidget(fields)
            self.cards.append(fields)
            self.box.addWidget(card)
        row = QHBoxLayout()
        self.save_button = Button("保存", "save", "primary", on_click=self.save)
        self._forget = Button("放弃修改", on_click=self.forget)
        row.addWidget(self.save_button)
        row.addWidget(self._forget)
        row.addStretch()
        self.box.addLayout(row)
        self.box.addStretch()
        self._settings = Settings()
        self.setFocusProxy(self.cards[0])
        self._judge()

    def refresh(self) -> None:
        """Read the settings anew."""
        self.shell.read(self.shell.desk.establishment.settings, self._show)

    @property
    def dirty(self) -> bool:
        """Whether something was changed."""
        return any(fields.dirty for fields in self.cards)

    def forget(self) -> None:
        """Back to what is saved."""
        self._show(self._settings)

    def save(self) -> None:
        """Write what was changed; the name of the school also stands on the door."""
        desk = self.shell.desk
        changes = {name: value for card in self.cards for name, value in card.changes.items()}
        faults = self._faults()
        for card in self.cards:
            card.say(faults)
        if not changes or faults:
            return

        def work() -> Settings:
            saved = desk.establishment.change_settings(desk.actor, changes)
            if "school" in changes:
                desk.vault.rename_school(saved.school)
            return saved

        self.shell.run(work, "正在保存设置", self._saved, self._refused)

    def _faults(self) -> dict[str, str]:
        values = {name: value for card in self.cards for name, value in card.values.items()}
        return {
            name: str(SettingMissing(label=LABELS[name]))
            for name in DEMANDED
            if not values.get(name, "-").strip()
        }

    def _saved(self, settings: Settings) -> None:
        self._show(settings)
        self.shell.say("已保存学校设置，以后打印的表都用新的内容。")

    def _refused(self, error: AppError) -> None:
        self.shell.say(str(error), "danger")

    def _show(self, settings: Settings) -> None:
        self._settings = settings
        for card in self.cards:
            card.load({name: getattr(settings, name) for name in card.values})
        self._judge()

    def _judge(self) -> None:
        self.save_button.setEnabled(self.dirty)
        self._forget.setEnabled(self.dirty)
