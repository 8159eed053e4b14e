"""院系专业班级: three lists, each with the form of the row that is chosen beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from app.models.vocabulary import Role
from app.services.errors import (
    AppError,
    ClassInhabited,
    CodeRefused,
    NameMissing,
    NameTaken,
    SerialRefused,
    SerialTaken,
)
from app.services.register.establishment import DepartmentRow
from app.services.register.organisation import ClassGroupRow, MajorRow
from app.ui import theme
from app.ui.settings.fields import Field, Fields
from app.ui.settings.page import Page, needs
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_FAULTY: Final[dict[type[AppError], str]] = {
    NameMissing: "name",
    NameTaken: "name",
    SerialRefused: "serial",
    SerialTaken: "serial",
    CodeRefused: "code",
    ClassInhabited: "major",
}


@dataclass(frozen=True)
class Kind:
    """One kind of row: how it is shown, filled in, written and taken away."""

    word: str
    columns: Sequence[PlainColumn]
    fields: Sequence[Field]
    values: Callable[[Any], Mapping[str, str]]
    blank: Callable[[], Mapping[str, str]]
    save: Callable[[int | None, Mapping[str, str]], int]
    remove: Callable[[int], None]
    note: str = ""


class Editor(QWidget):
    """The list on the left, the form on the right; one row at a time."""

    def __init__(self, shell: Shell, kind: Kind) -> None:
        super().__init__()
        self.shell, self.kind = shell, kind
        self._id: int | None = None
        self._wanted: int | None = None
        self._may = Role.RECORD in shell.desk.actor.roles
        self.table = PlainTable(kind.word, kind.columns)
        self.fields = Fields(kind.fields)
        self.fields.changed.connect(self._judge)
        self._title = Label(role="section")
        self.save_button = Button("保存", "save", "primary", on_click=self.save)
        self.remove_button = Button(
            f"删除这个{kind.word}", "trash-2", "danger", on_click=self.remove
        )
        self.add_button = Button(f"新增{kind.word}", "plus", on_click=self.add)
        self._lay_out()
        self.table.chosen.connect(self._choose)
        self.add()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.px(12), 0, 0)
        row.setSpacing(theme.px(16))
        left = QVBoxLayout()
        left.setSpacing(theme.px(8))
        head = QHBoxLayout()
        head.addWidget(self.add_button)
        head.addStretch()
        left.addLayout(head)
        left.addWidget(self.table, 1)
        row.addLayout(left, 1)
        card = Card()
        card.setFixedWidth(theme.px(360))
        card.box.addWidget(self._title)
        if not self._may:
            card.box.addWidget(needs(Role.RECORD, "修改"))
        card.box.addWidget(self.fields)
        if self.kind.note:
            card.box.addWidget(Label(self.kind.note, "table", "text-2", wrap=True))
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addStretch()
        buttons.addWidget(self.remove_button)
        card.box.addLayout(buttons)
        card.box.addStretch()
        row.addWidget(card)
        self.fields.set_read_only(not self._may)
        self.add_button.setEnabled(self._may)

    # --- rows -----------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Show the list anew; the row at hand stays chosen."""
        wanted = self._wanted if self._wanted is not None else self._id
        self._wanted = None
        self.table.show_rows(rows)
        self.table.choose(lambda row: row.id == wanted)

    def add(self) -> None:
        """Begin a new row."""
        self.table.clearSelection()
        self.table.setCurrentIndex(self.table.model().index(-1, -1))
        self._id = None
        self._title.setText(f"新增{self.kind.word}")
        self.fields.load(self.kind.blank())
        self._judge()
        self.fields.setFocus()

    def save(self) -> None:
        """Write the row that is in the form."""
        values, row_id = self.fields.values, self._id

        def done(saved: int) -> None:
            self._wanted = saved
            self.fields.load(values)
            self.shell.say(f"已保存{self.kind.word}“{values['name'].strip()}”。")

        self.shell.run(
            lambda: self.kind.save(row_id, values), f"正在保存{self.kind.word}", done, self._refused
        )

    def remove(self) -> None:
        """Take the chosen row away, after asking."""
        row, row_id = self.table.current, self._id
        if row is None or row_id is None:
            return
        word = self.kind.word
        if not self.shell.ask(
            f"删除{word}“{row.name}”？",
            "只有没有用过的才能删除；删除会记入操作记录。",
            yes=f"删除这个{word}",
            danger=True,
        ):
            return

        def done(_: object) -> None:
            self.add()
            self.shell.say(f"已删除{word}“{row.name}”。")

        self.shell.run(lambda: self.kind.remove(row_id), f"正在删除{word}", done)

    def forget(self) -> None:
        """Back to what is saved."""
        self.fields.load(self._saved())
        self._judge()

    def _saved(self) -> Mapping[str, str]:
        row = self.table.current
        return self.kind.values(row) if row is not None else self.kind.blank()

    def _choose(self, row: Any | None) -> None:
        if row is None:
            return
        self._id = row.id
        self._title.setText(f"{self.kind.word}：{row.name}")
        self.fields.load(self.kind.values(row))
        self._judge()

    def _refused(self, error: AppError) -> None:
        name = _FAULTY.get(type(error))
        if name in self.fields.values:
            self.fields.say({str(name): str(error)})
            self.fields.edit(str(name)).setFocus()
        else:
            self.shell.say(str(error), "danger")

    def _judge(self) -> None:
        self.save_button.setEnabled(self._may and self.fields.dirty)
        self.remove_button.setVisible(self._id is not None)
        self.remove_button.setEnabled(self._may)


class StructurePage(Page):
    """系部, 专业 and 班级."""

    title: ClassVar[str] = "系部专业班级"
    wide: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._cohorts: list[int] = []
        self._departments: list[str] = []
        self._majors: list[str] = []
        self.departments = Editor(shell, self._department_kind())
        self.majors = Editor(shell, self._major_kind())
        self.classes = Editor(shell, self._class_kind())
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("系部、专业、班级")
        for title, editor in self.editors.items():
            self.tabs.addTab(editor, title)
        self.box.addWidget(self.tabs, 1)
        self.setFocusProxy(self.tabs)

    @property
    def editors(self) -> dict[str, Editor]:
        """The three lists by their words."""
        return {"系部": self.departments, "专业": self.majors, "班级": self.classes}

    def refresh(self) -> None:
        """Read all three anew."""
        office = self.shell.desk.establishment

        def look() -> tuple[Any, ...]:
            return office.departments(), office.majors(), office.classes(), office.cohorts()

        self.shell.read(look, lambda read: self._show(*read))

    @property
    def dirty(self) -> bool:
        """Whether a form was changed."""
        return any(editor.fields.dirty for editor in self.editors.values())

    def forget(self) -> None:
        """Back to what is saved."""
        for editor in self.editors.values():
            editor.forget()

    def _show(
        self,
        departments: Sequence[DepartmentRow],
        majors: Sequence[MajorRow],
        classes: Sequence[ClassGroupRow],
        cohorts: Sequence[int],
    ) -> None:
        self._cohorts = list(cohorts)
        self._departments = [row.name for row in departments]
        self._majors = [row.name for row in majors]
        clean = [editor for editor in self.editors.values() if not editor.fields.dirty]
        self.majors.fields.set_choices("department", ["", *self._departments])
        self.classes.fields.set_choices("major", ["", *self._majors])
        self.classes.fields.set_choices("cohort", [f"{year}级" for year in cohorts])
        for editor, rows in zip(self.editors.values(), (departments, majors, classes), strict=True):
            if editor in clean:
                editor.show_rows(rows)
                if editor.table.current is None:
                    editor.forget()
        for at, (title, editor) in enumerate(self.editors.items()):
            self.tabs.setTabText(at, f"{title} {len(editor.table.rows)}")

    def _department_kind(self) -> Kind:
        desk = self.shell.desk
        return Kind(
            "系部",
            [
                PlainColumn("名称", lambda row: row.name),
                PlainColumn("代码", lambda row: row.code, 100),
                PlainColumn("专业数", lambda row: str(row.majors), 80, right=True),
            ],
            [Field("name", "名称", "例如：信息工程系"), Field("code", "代码", "可以不填")],
            lambda row: {"name": row.name, "code": row.code},
            dict,
            lambda row_id, v: desk.establishment.save_department(
                desk.actor, row_id, v["name"], v["code"]
            ),
            lambda row_id: desk.establishment.remove_department(desk.actor, row_id),
        )

    def _major_kind(self) -> Kind:
        desk = self.shell.desk
        return Kind(
            "专业",
            [
                PlainColumn("序号", lambda row: f"{row.serial:02d}", 64),
                PlainColumn("名称", lambda row: row.name),
                PlainColumn("简称", lambda row: row.short_name, 100),
                PlainColumn("代码", lambda row: row.code, 90),
                PlainColumn("系部", lambda row: row.department or "－", 130),
            ],
            [
                Field("name", "名称", "照专业目录的全称"),
                Field("short_name", "简称", "编班名用，例如：计算机"),
                Field("code", "专业代码", "不填则按目录查"),
                Field("serial", "专业序号", "学号里用，不填则接着排"),
                Field("department", "系部", choice=True),
            ],
            lambda row: {
                "name": row.name,
                "short_name": row.short_name,
                "code": row.code,
                "serial": str(row.serial),
                "department": row.department,
            },
            dict,
            lambda row_id, v: desk.establishment.save_major(desk.actor, row_id, **v),
            lambda row_id: desk.establishment.remove_major(desk.actor, row_id),
            "改了简称、序号，只影响以后编的班名和学号。",
        )

    def _class_kind(self) -> Kind:
        desk = self.shell.desk
        return Kind(
            "班级",
            [
                PlainColumn("年级", lambda row: f"{row.cohort}级", 80),
                PlainColumn("班级", lambda row: row.name, 140),
                PlainColumn("专业", lambda row: row.major or "－"),
                PlainColumn("班序", lambda row: str(row.serial), 60, right=True),
                PlainColumn("班主任", lambda row: row.head_teacher or "－", 100),
            ],
            [
                Field("name", "班级名称"),
                Field("head_teacher", "班主任"),
                Field("cohort", "年级", choice=True),
                Field("major", "专业", choice=True),
            ],
            lambda row: {
                "name": row.name,
                "head_teacher": row.head_teacher,
                "cohort": f"{row.cohort}级",
                "major": row.major,
            },
            lambda: {"cohort": f"{self._cohorts[0]}级"} if self._cohorts else {},
            lambda row_id, v: desk.establishment.save_class(
                desk.actor,
                row_id,
                name=v["name"],
                head_teacher=v["head_teacher"],
                cohort=int(v["cohort"].removesuffix("级") or 0),
                major=v["major"],
            ),
            lambda row_id: desk.establishment.remove_class(desk.actor, row_id),
            "新的年级随录取名册导入而来。分班、编学号在“导入与核对”里做。",
        )
