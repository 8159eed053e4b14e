"""信息变更: a key field set right, with basis, day and proof; the record tells it for ever."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.models.fields import FIELD_BY_NAME
from app.models.rules.dates import DateFault, read_date
from app.models.rules.transitions import KEY_FIELD_PAPER
from app.services.choices import Choices, ethnic_groups, sexes
from app.services.clock import today
from app.services.office.drafts import DraftRow
from app.services.register.corrections import CorrectionRow
from app.services.register.evidence import Given
from app.ui import theme
from app.ui.draft_keeper import DraftBar, DraftKeeper
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import Button, ElidedLabel, IconButton, Label, clear
from app.ui.widgets.choice_edit import ChoiceEditor
from app.ui.widgets.date_edit import DateEditor
from app.ui.widgets.editors import Editor, LineEditor
from app.ui.widgets.form import FieldOf, Form, SectionOf
from app.ui.widgets.identity_edit import IdentityEditor, MaskedNumber
from app.ui.widgets.sheet import Sheet, ask_leaving

DRAFT: Final = "信息变更"
#: They testify against each other, so that one of them is changed in view of the others.
_TOGETHER: Final = ("id_number", "sex", "birth_date")
_BASIS, _ON, _KIND, _DECISION = "basis", "on", "kind", "decision"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is in the way: the field and the sentence."""

    field: str
    sentence: str


class CorrectionSheet(Sheet):
    """Opened by the pencil of one field; `written` tells that the register changed."""

    written = QtSignal(object)

    def __init__(
        self, shell: Shell, opener: QWidget, student_id: int, name: str, field: str,
        present: dict[str, str], draft: DraftRow | None = None,
    ) -> None:  # fmt: skip
        label = FIELD_BY_NAME[field].label
        super().__init__(shell, f"信息变更 · {name}的{label}", opener, (760, 760))
        self.student_id = student_id
        self._name = name
        self.files: list[Path] = []
        fields = _TOGETHER if field in _TOGETHER else (field,)
        self.body.addWidget(
            Label(
                "姓名、身份证号、性别、出生日期、民族只凭证明变更。原值、新值、依据和材料都会留在"
                "修改记录里；办理以后要再改，须另办一次变更，不能用撤销退回。",
                "table",
                "text-2",
                wrap=True,
            )
        )
        self.draft_bar = DraftBar()
        self.draft_bar.resumed.connect(self._resume)
        self.draft_bar.dropped.connect(self._drop)
        self.body.addWidget(self.draft_bar)
        self.form = Form(self.windowTitle(), self._sections(fields, present))
        self.form.set_saved({f"old {name}": present.get(name, "") for name in fields})
        self.form.propose({_ON: today().isoformat()})
        self.form.typed.connect(self._typed)
        self.form.left.connect(self._left)
        self.form.ended.connect(lambda: self.adding.setFocus())
        self.body.addWidget(self.form, 1)
        self._fields = fields
        self._present = present
        self.body.addLayout(self._papers())
        self.answer = Answer()
        self.body.addWidget(self.answer)
        self.go = Button("办理变更", "badge-check", "primary", on_click=self.save)
        self.foot.addStretch()
        self.foot.addWidget(Button("取消", on_click=self.close))
        self.foot.addWidget(self.go)
        for keys in ("F8", "Ctrl+S"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.save)
        self._keeper = DraftKeeper(
            shell,
            DRAFT,
            f"{student_id}:{field}",
            lambda: (f"{name}的{label}", self._content()),
            self,
        )
        if draft is None:
            self._keeper.look(self.if_open(self.draft_bar.offer))
        else:
            self._resume(draft)
        self.hidden_away.connect(self.keep)
        self.form.focus(field)

    def _sections(self, fields: Sequence[str], present: dict[str, str]) -> list[SectionOf]:
        values: list[FieldOf] = []
        for name in fields:
            label = FIELD_BY_NAME[name].label
            old = MaskedNumber if name == "id_number" else LineEditor
            values.append(FieldOf(f"old {name}", f"现登记的{label}", _shown(old)))
            hint = "不变的可以留空" if len(fields) > 1 else ""
            values.append(FieldOf(name, f"新的{label}", self._maker(name), 1, hint=hint))
        kinds = Choices.of("证明材料", KEY_FIELD_PAPER.words, strict=False)
        about = [
            FieldOf(_BASIS, "依据", LineEditor, 2, hint="如：派出所更正证明〔2026〕18 号"),
            FieldOf(_ON, "从哪天起", DateEditor, hint="登记时就写错的，写入学日期"),
            FieldOf(_KIND, "证明材料", lambda label: ChoiceEditor(label, kinds)),
        ]
        if "id_number" in fields or "name" in fields:
            hint = "姓名和身份证号先后都变更时填写批复文号"
            about.append(FieldOf(_DECISION, "省教育厅批复", LineEditor, 2, hint=hint))
        return [SectionOf("", values, 2), SectionOf("依据和材料", about, 3)]

    def _maker(self, name: str) -> Callable[[str], Editor]:
        standards = self.shell.desk.standards
        if name == "ethnic_group":
            return lambda label: ChoiceEditor(label, ethnic_groups(standards))
        if name == "sex":
            return lambda label: ChoiceEditor(label, sexes())
        if name == "birth_date":
            return DateEditor
        return IdentityEditor if name == "id_number" else LineEditor

    def _papers(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(theme.px(4))
        row = QHBoxLayout()
        self.adding = Button("添加扫描件…", "upload", on_click=self._choose)
        self.adding.setToolTip("PDF、JPG 或 PNG")
        row.addWidget(self.adding)
        row.addSpacing(theme.px(8))
        self.original = QCheckBox("没有扫描件，原件已收存")
        row.addWidget(self.original)
        row.addStretch()
        box.addLayout(row)
        self._listed = QVBoxLayout()
        self._listed.setSpacing(0)
        box.addLayout(self._listed)
        return box

    # --- papers ---------------------------------------------------------------------------

    def _choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self, "选择证明材料的扫描件", "", "扫描件 (*.pdf *.jpg *.jpeg *.png)"
        )
        self.add_files([Path(name) for name in chosen])

    def add_files(self, paths: Sequence[Path]) -> None:
        """Take scans; the content is read when the change is written."""
        self.files += [path for path in paths if path not in self.files]
        self._list()

    def _list(self) -> None:
        clear(self._listed)
        for path in self.files:
            holder = QWidget()
            row = QHBoxLayout(holder)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(ElidedLabel(path.name, "table"), 1)
            row.addWidget(
                IconButton("x", f"去掉 {path.name}", on_click=partial(self._remove, path))
            )
            self._listed.addWidget(holder)

    def _remove(self, path: Path) -> None:
        self.files.remove(path)
        self._list()

    @property
    def given(self) -> list[Given]:
        """The papers as the services take them."""
        kind = self.form.values[_KIND] or KEY_FIELD_PAPER.name
        if self.files:
            return [(path, kind) for path in self.files]
        return [(None, kind)] if self.original.isChecked() else []

    # --- typing ---------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep what was typed as a draft at once."""
        self._keeper.keep()

    def _content(self) -> dict[str, str]:
        return {
            name: text for name, text in self.form.values.items() if not name.startswith("old ")
        }

    def _resume(self, draft: DraftRow) -> None:
        self.form.put(draft.values)

    def _drop(self) -> None:
        self._keeper.discard()

    def _typed(self) -> None:
        self.answer.say("")
        self._keeper.touch()

    def _left(self, name: str) -> None:
        """A new number says a sex and a birth date: they follow where nothing was typed."""
        editor = self.form.cells["id_number"].editor if "id_number" in self._fields else None
        if name != "id_number" or not isinstance(editor, IdentityEditor):
            return
        for other, text in editor.testimony.items():
            if not self.form.values[other] and text != self._present.get(other):
                self.form.put({other: text})
                self.form.say(other, note="按新的身份证号填写，请核对。")

    # --- writing --------------------------------------------------------------------------

    def _problems(self) -> list[Wrong]:
        values = self.form.values
        found = [Wrong(name, sentence) for name, sentence in self.form.problems.items()]
        if not any(values[name] for name in self._fields):
            found.append(Wrong(self._fields[0], "没有写新的内容。请照证明材料填写。"))
        if not values[_BASIS]:
            found.append(Wrong(_BASIS, "没有写依据。请写明凭什么变更，如证明的名称和文号。"))
        on = read_date(values[_ON])
        if isinstance(on, DateFault) and not any(wrong.field == _ON for wrong in found):
            found.append(Wrong(_ON, on.describe(values[_ON])))
        return found

    def save(self) -> None:
        """F8, Ctrl+S: write the change, or say what is in the way."""
        self.setFocus()
        wrong = self._problems()
        self.form.show_faults((one.field, one.sentence) for one in wrong)
        if wrong:
            self.form.focus(wrong[0].field)
            return
        if not self.given:
            self.answer.say("关键信息须凭证明材料。请添加扫描件，或注明原件已收存。")
            self.adding.setFocus()
            return
        values = self.form.values
        changes = {name: values[name] for name in self._fields if values[name]}
        on = read_date(values[_ON])
        desk, student_id, given = self.shell.desk, self.student_id, self.given
        self.write(
            lambda: desk.corrections.correct(
                desk.actor,
                student_id,
                changes,
                basis=values[_BASIS],
                on=None if isinstance(on, DateFault) else on,
                evidence=given,
                decision=values.get(_DECISION, ""),
            ),
            "正在办理信息变更",
            self._corrected,
            lambda error: self.answer.say(str(error)),
        )

    def _corrected(self, row: CorrectionRow) -> None:
        self._keeper.discard()
        changed = "、".join(change.label for change in row.fields)
        self.shell.say(f"已变更 {self._name}：{changed}。{''.join(row.notes)}")
        self.written.emit(row)
        self.accept()

    def may_leave(self) -> bool:
        """Ask once, when something would be lost."""
        if not super().may_leave():
            return False
        if not self.form.is_changed and not self.files:
            return True
        match ask_leaving(self, self.windowTitle()):
            case "discard":
                self._drop()
                return True
            case "save":
                self.save()
        return False


def _shown(editor: Callable[[str], LineEditor]) -> Callable[[str], Editor]:
    """An editor that only shows."""

    def make(label: str) -> LineEditor:
        made = editor(label)
        made.setReadOnly(True)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return made

    return make
