"""登记表: a new student by hand, or an existing record edited; nothing typed is ever lost."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QWidget

from app.models.rules.dates import read_date
from app.services.clock import today
from app.services.errors import AppError, EditRefused
from app.services.office.drafts import DraftRow
from app.services.register.editing import Added, CheckedForm, Edited, FieldSaid, Places
from app.ui.draft_keeper import DraftBar, DraftKeeper
from app.ui.shell import Shell
from app.ui.students.fields import ADMITTED, KEPT, REGISTERED, Describer, class_choices
from app.ui.students.steps import added_step, edited_step
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.choice_edit import ChoiceEditor
from app.ui.widgets.form import Form
from app.ui.widgets.identity_edit import IdentityEditor
from app.ui.widgets.sheet import Sheet, ask_leaving

DRAFT: Final = "学生登记表"
_OURS: Final = ("entry_year", "beginning")  # of the form, not of the record
_TESTIFIED: Final = ("sex", "birth_date")  # the number says them too
_SIZE: Final = (920, 720)


class StudentForm(Sheet):
    """`student_id` None: 新增学生. `saved` tells the id of each record that was written."""

    saved = QtSignal(int)
    unlock_wanted = QtSignal(int, str)

    def __init__(
        self,
        shell: Shell,
        opener: QWidget,
        student_id: int | None = None,
        *,
        aim: str = "",
        draft: DraftRow | None = None,
    ) -> None:
        super().__init__(shell, "新增学生" if student_id is None else "编辑登记", opener, _SIZE)
        self.student_id = student_id
        self.form: Form | None = None
        self._aim = aim
        self._draft = draft  # to go on with; else what is found is offered
        self._name = ""
        self._places: Places | None = None
        self._describer = Describer(shell.desk.standards)
        self._touched: set[str] = set()
        self._asked = 0  # which check is awaited; the answer to an earlier one is left aside
        self._refusal: dict[str, str] = {}  # what saving refused, and the value it refused
        self._closing = False
        self._keeper: DraftKeeper | None = None
        self.draft_bar = DraftBar()
        self.draft_bar.resumed.connect(self._resume)
        self.draft_bar.dropped.connect(self._drop)
        self.body.addWidget(self.draft_bar)
        self.saving = Button("保存", "save", "primary", on_click=self.save)
        self.saving.setToolTip("保存（F8 或 Ctrl+S）")
        self.again = QCheckBox("连续新增（保留年级、专业、班级和日期）")
        self._state = Label(role="small", tint="text-3")
        self.foot.addWidget(self.again)
        self.foot.addWidget(self._state)
        self.foot.addStretch()
        self.foot.addWidget(Button("关闭", on_click=self.close))
        self.foot.addWidget(self.saving)
        for keys, then in (("F8", self.save), ("Ctrl+S", self.save), ("F5", self.renew)):
            QShortcut(QKeySequence(keys), self).activated.connect(then)
        self.hidden_away.connect(self.keep)
        self._begin()

    # --- opening --------------------------------------------------------------------------

    def _begin(self) -> None:
        desk, student_id = self.shell.desk, self.student_id

        def look() -> tuple[dict[str, str], Places]:
            values = {} if student_id is None else desk.editing.values(desk.actor, student_id)
            return values, desk.editing.places()

        self.read(look, lambda found: self._build(*found))

    def _build(self, values: dict[str, str], places: Places) -> None:
        new = self.student_id is None
        if self.form is not None:
            self.form.hide()
            self.body.removeWidget(self.form)
            self.form.deleteLater()
        self._forget_checks()
        self._places = places
        self._name = values.get("name", "")
        title = "新增学生" if new else f"编辑登记 · {self._name}"
        self.title.setText(title)
        self.setWindowTitle(title)
        self.again.setVisible(new)
        form = Form(title, self._describer.sections(values, new=new, places=places))
        form.repeated = self.shell.kept.get(DRAFT, {})
        form.set_saved(values)
        if new:
            year = places.cohorts[0] if places.cohorts else today().year
            form.propose({"entry_year": str(year), "beginning": REGISTERED})
            self._offer_classes(form)
        form.typed.connect(self._typed)
        form.left.connect(self._left)
        form.ended.connect(self.saving.setFocus)
        form.unlock_wanted.connect(self._unlock)
        self.form = form
        self.body.addWidget(form, 1)
        self._keeper = DraftKeeper(
            self.shell, DRAFT, str(self.student_id or ""), self._content, self
        )
        if self._draft is None:
            self._keeper.look(self.if_open(self.draft_bar.offer))
        self._state.setText("")
        if self._aim:
            form.focus(self._aim)
        else:
            form.focus_first()
        if self._draft is not None:
            self._resume(self._draft)
            self._draft = None

    def renew(self) -> None:
        """F5: begin another new record."""
        if not self.may_leave():
            return
        self.student_id = None
        self._begin()

    # --- drafts ---------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep what was typed as a draft at once."""
        if self._keeper is not None:
            self._keeper.keep()

    def _content(self) -> tuple[str, Mapping[str, str]]:
        if self.form is None:
            return "", {}
        values = self.form.changed
        return values.get("name") or self._name or "新学生", values

    def _resume(self, draft: DraftRow) -> None:
        if self.form is not None:
            self.form.put(draft.values)
            self._touched.update(draft.values)
            self._typed()
            self._check()

    def _drop(self) -> None:
        if self._keeper is not None:
            self._keeper.discard()

    # --- typing ---------------------------------------------------------------------------

    def _typed(self) -> None:
        if self._keeper is not None and self.form is not None:
            self._keeper.touch()
            count = len(self.form.changed)
            self._state.setText(f"改了 {count} 栏，草稿自动保存" if count else "")

    def _left(self, name: str) -> None:
        if self.form is None:
            return
        if self.form.cells[name].changed:
            self._touched.add(name)
        if name in {"id_number", "id_type"}:
            self._follow_number()
        if name in {"entry_year", "major"}:
            self._offer_classes(self.form)
        if name in self._touched:
            self._check()

    def _offer_classes(self, form: Form) -> None:
        """Only classes of the year and major that stand there are offered."""
        classes = form.cells["class_group"].editor
        if self._places is not None and isinstance(classes, ChoiceEditor):
            year, major = self._entry_year(form), form.values["major"]
            classes.set_choices(class_choices(self._places, year, major))

    def _follow_number(self) -> None:
        """身份证号 fills 出生日期 and 性别 where nothing stands; a disagreement is only shown."""
        form = self.form
        if form is None or "id_number" not in form.cells:
            return
        editor = form.cells["id_number"].editor
        if not isinstance(editor, IdentityEditor):
            return
        kind = form.cells["id_type"].editor.value
        editor.foreign = kind not in {"", "居民身份证"} and "身份证" not in kind
        for name, text in editor.testimony.items():
            if not form.cells[name].editor.value:
                form.put({name: text})
                self._touched.add(name)

    def _check(self) -> None:
        """Ask the services what they think of what was typed; only left fields are told of."""
        form = self.form
        if form is None:
            return
        values = {
            name: text
            for name, text in form.values.items()
            if text and name not in _OURS and (name in self._touched or self._of_touched_row(name))
        }
        for name in ("id_number", "sex", "birth_date", "id_type"):  # they testify together
            if name in form.cells and form.cells[name].editor.value:
                values[name] = form.cells[name].editor.value
        desk, student_id = self.shell.desk, self.student_id
        self._asked += 1
        asked = self._asked

        def told(said: CheckedForm) -> None:
            if asked == self._asked:
                self._told(form, said)

        self.read(lambda: desk.editing.check(values, student_id), told)

    def _of_touched_row(self, name: str) -> bool:
        kind, _, place = name.partition(":")
        row = (kind.partition("_")[0], place)
        return bool(place) and any(
            (other.partition("_")[0], other.partition(":")[2]) == row for other in self._touched
        )

    def _told(self, form: Form, said: CheckedForm) -> None:
        """Say it below the fields that were left; what saving refused stays until it is changed."""
        faults = {fault.field: fault.sentence for fault in said.faults} | form.problems
        notes = {note.field: note.sentence for note in said.notes}
        for name, cell in form.cells.items():
            asked = name in self._touched or name in _TESTIFIED
            if not asked or cell.editor.hasFocus() or self._refusal.get(name) == cell.editor.value:
                continue
            fault, note = faults.get(name, ""), notes.get(name, "")
            if (fault, note) != (cell.fault, cell.note):
                form.say(name, fault, note)

    def _forget_checks(self) -> None:
        """Another record is begun: nothing was left, nothing refused, no answer is awaited."""
        self._asked += 1
        self._touched.clear()
        self._refusal = {}

    # --- saving ---------------------------------------------------------------------------

    def save(self) -> None:
        """F8, Ctrl+S: write the record, or say everything that is in the way."""
        form = self.form
        if form is None:
            return
        self.setFocus()  # the field at hand is left, and tidied
        self._asked += 1  # saving says more than the check that leaving it began
        if problems := form.problems:
            self._refuse(form.missing | problems)
            return
        if not form.is_changed:
            self.shell.say("没有改动，不用保存。", "info")
            if self._closing:
                self.accept()
            return
        desk = self.shell.desk
        if self.student_id is None:
            values = {
                name: text for name, text in form.values.items() if text and name not in _OURS
            }
            year = self._entry_year(form)
            if year is None:
                self._refuse({"entry_year": "没有写入学年份，或写得不对。请写四位数，如 2026。"})
                return
            waits = form.cells["beginning"].editor.value == ADMITTED
            self.write(
                lambda: desk.editing.add(desk.actor, values, entry_year=year, admitted_only=waits),
                "正在新增学生",
                self._added,
                self._refused,
            )
            return
        student_id, changed = self.student_id, form.changed
        self.write(
            lambda: desk.editing.edit(desk.actor, student_id, changed),
            "正在保存",
            self._edited,
            self._refused,
        )

    @staticmethod
    def _entry_year(form: Form) -> int | None:
        text = form.cells["entry_year"].editor.value.removesuffix("级")
        return int(text) if isinstance(read_date(f"{text}-09-01"), date) else None

    def _added(self, added: Added) -> None:
        self._done(added_step(self.shell, added))
        self.shell.say(f"已新增 {added.name}。", "ok", ("撤销", self.shell.undo.undo))
        self.saved.emit(added.student_id)
        form = self.form
        if self._closing or not self.again.isChecked() or form is None:
            self.accept()
            return
        kept = {name: form.values.get(name, "") for name in KEPT}
        form.set_saved({})
        form.propose(kept)
        form.repeated = self.shell.kept[DRAFT]
        self._forget_checks()
        self._state.setText(f"已新增 {added.name}，请录入下一名。")
        form.focus("name")

    def _edited(self, edited: Edited) -> None:
        if edited.changes:
            self._done(edited_step(self.shell, edited))
            labels = "、".join(change.label for change in edited.changes[:3])
            more = f"等 {len(edited.changes)} 栏" if len(edited.changes) > 3 else ""
            self.shell.say(
                f"已保存 {edited.name}：{labels}{more}。", "ok", ("撤销", self.shell.undo.undo)
            )
        self.saved.emit(edited.student_id)
        self.accept()

    def _done(self, step: Any) -> None:
        if self.form is not None:
            self.shell.kept[DRAFT] = {name: text for name, text in self.form.values.items() if text}
        if self._keeper is not None:
            self._keeper.discard()
        self.shell.undo.push(step)

    def _refuse(self, faults: Mapping[str, str]) -> None:
        """Say what is in the way of saving, and go to the first of it."""
        self._closing = False
        form = self.form
        if form is not None:
            form.show_faults(faults.items())
            self._refusal = {name: form.values.get(name, "") for name in faults}
            form.focus(next((name for name in form.cells if name in faults), ""))

    def _refused(self, error: AppError) -> None:
        self._closing = False
        if isinstance(error, EditRefused) and self.form is not None:
            told: tuple[FieldSaid, ...] = error.details["faults"]  # type: ignore[assignment]
            self._refuse({fault.field: fault.sentence for fault in told})
        else:
            self.shell.say(str(error), "danger")

    # --- leaving --------------------------------------------------------------------------

    def may_leave(self) -> bool:
        """Ask once, when something would be lost."""
        if not super().may_leave():
            return False
        if self.form is None or not self.form.is_changed:
            return True
        match ask_leaving(self, f"{self._content()[0]}的登记"):
            case "discard":
                self._drop()
                return True
            case "save":
                self._closing = True
                self.save()
        return False

    def _unlock(self, name: str) -> None:
        if self.student_id is not None:
            self.unlock_wanted.emit(self.student_id, name)
