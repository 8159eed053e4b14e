"""One student beside the list: who, what is known, what happened, what was printed and changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import Role
from app.services.clock import today
from app.services.office.drafts import DraftRow
from app.services.register.conduct import PunishmentRow, RewardRow
from app.services.register.dossier import Dossier, EvidenceItem
from app.services.register.editing import Edited
from app.services.register.ledger import Moment
from app.ui import theme
from app.ui.navigation import has_place
from app.ui.screen import Screen
from app.ui.shell import Shell
from app.ui.students.correction import DRAFT as CORRECTION_DRAFT
from app.ui.students.correction import CorrectionSheet
from app.ui.students.crop import CropSheet
from app.ui.students.form import StudentForm
from app.ui.students.pages import (
    BasicPage,
    ConductPage,
    EvidencePage,
    FamilyPage,
    HistoryPage,
    LedgerPage,
    Page,
    PapersPage,
)
from app.ui.students.photo import PhotoLabel
from app.ui.students.steps import edited_step, photo_step
from app.ui.widgets.basic import (
    Badge,
    Button,
    EmptyState,
    IconButton,
    Label,
    line,
    status_look,
)
from app.ui.widgets.dialog import FormDialog, Line
from app.ui.widgets.scan_sheet import ScanSheet
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.strip import Strip

_GRADES: Final = "一二三四五六七八九"
_PICTURES: Final = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Found:
    """What is read of a student at once."""

    dossier: Dossier | None
    rewards: tuple[RewardRow, ...] = ()
    punishments: tuple[PunishmentRow, ...] = ()


class StudentDetail(QFrame):
    """`show_student` shows somebody; `edited` tells of changes, `step` of PgUp and PgDn.

    `back` is Esc, or the cross that is there while it can be closed (`set_closable`). `walk` are
    the ids that the crop dialog steps through; the list sets it, else it is this one.
    """

    edited = QtSignal()
    step = QtSignal(int)
    back = QtSignal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setAccessibleName("学生详情")
        self.shell = shell
        self.walk: Callable[[], Sequence[int]] | None = None
        self.student_id: int | None = None
        self.moment: Moment | None = None
        self.dossier: Dossier | None = None
        self.sheet: Sheet | None = None
        self._found = Found(None)
        self._revealed = False
        self._stale = False  # the register changed while nobody looked
        self._stack = QStackedWidget()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._stack)
        self.empty = EmptyState(
            "user", "没有选中学生", "在名单里选一名学生，登记显示在这里。", least=280
        )
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._page())
        self._shortcuts()
        self.setAcceptDrops(True)
        shell.changed.connect(self._changed)
        theme.changes.changed.connect(self._redraw)

    # --- building -------------------------------------------------------------------------

    def _page(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(*(theme.px(16),) * 4)
        box.setSpacing(theme.px(10))
        self.strip = Strip("history", "warn")
        box.addWidget(self.strip)
        box.addLayout(self._head())
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("学生的各页")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._dress()
        self.tabs.currentChanged.connect(lambda _: self._show_tab())
        under = QVBoxLayout()
        under.setSpacing(0)
        under.addWidget(self.tabs)
        under.addWidget(line())
        box.addLayout(under)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("这一页的内容")
        box.addWidget(self._scroll, 1)
        foot = QHBoxLayout()
        foot.setSpacing(theme.px(8))
        self.editing = Button("编辑", "pencil", "primary", on_click=lambda: self.edit())
        self.editing.setToolTip("编辑登记（F2）")
        self.changing = Button("办理异动", "shuffle", on_click=self._go_cases)
        self.carding = Button("学籍卡", "id-card", on_click=self._go_cards)
        for button in (self.editing, self.changing, self.carding):
            foot.addWidget(button)
        foot.addStretch()
        box.addLayout(foot)
        return page

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        self.photo = PhotoLabel()
        self.photo.pressed.connect(self._photo_menu)
        row.addWidget(self.photo, alignment=Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(theme.px(4))
        self.name = Label(role="title", wrap=True)
        named = QHBoxLayout()
        named.setSpacing(theme.px(2))
        named.addWidget(self.name, 1)
        self.renaming = IconButton(
            "pencil", "变更姓名（须凭证明）", on_click=lambda: self.correct("name")
        )
        self.renaming.setProperty("kind", "link")
        named.addWidget(self.renaming)
        column.addLayout(named)
        spoken = QHBoxLayout()
        spoken.setSpacing(theme.px(2))
        self.reading = Label(role="table", tint="text-2")
        spoken.addWidget(self.reading)
        self.reading_button = IconButton("pencil", "更正姓名读音", on_click=self.correct_reading)
        self.reading_button.setProperty("kind", "link")
        spoken.addWidget(self.reading_button)
        spoken.addStretch()
        column.addLayout(spoken)
        self.number = Label(role="table", tint="text")
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.number)
        badges = QHBoxLayout()
        badges.setSpacing(theme.px(6))
        self.status = Badge()
        self.grade = Badge()
        badges.addWidget(self.status)
        badges.addWidget(self.grade)
        badges.addStretch()
        column.addLayout(badges)
        column.addStretch()
        row.addLayout(column, 1)
        self.closing = IconButton("x", "关闭详情（Esc）", on_click=self.back.emit)
        self.closing.hide()
        row.addWidget(self.closing, alignment=Qt.AlignmentFlag.AlignTop)
        return row

    def _shortcuts(self) -> None:
        for keys, then in (
            ("PgUp", lambda: self.step.emit(-1)),
            ("PgDown", lambda: self.step.emit(1)),
            ("F2", lambda: self.edit()),
            ("F9", self.reveal),
            ("Esc", self.back.emit),
            ("Ctrl+Tab", lambda: self.turn(1)),
            ("Ctrl+Shift+Tab", lambda: self.turn(-1)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(then)
        self.setFocusProxy(self.tabs)

    def set_closable(self, closable: bool) -> None:
        """Whether it lies over the list and bears a cross."""
        self.closing.setVisible(closable)

    # --- showing --------------------------------------------------------------------------

    def show_student(self, student_id: int | None, moment: Moment | None = None) -> None:
        """Show somebody, today or as of a moment; None: nobody."""
        if student_id != self.student_id:
            self._revealed = False
        self.student_id, self.moment = student_id, moment
        self.refresh()

    @property
    def past(self) -> Moment | None:
        """The moment that is looked at, when it is not today."""
        moment = self.moment
        if moment is None or (moment.as_of == today() and moment.known_on is None):
            return None
        return moment

    @property
    def editable(self) -> bool:
        """Whether what is shown may be changed here."""
        return self.past is None and Role.RECORD in self.shell.desk.actor.roles

    def _changed(self) -> None:
        """The register changed: look again, or when it is shown again."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def refresh(self) -> None:
        """Read the student anew."""
        self._stale = False
        if self.student_id is None:
            self._found, self.dossier = Found(None), None
            self._stack.setCurrentIndex(0)
            return
        desk, student_id, past = self.shell.desk, self.student_id, self.past

        def look() -> Found:
            dossier = desk.dossiers.of(desk.actor, student_id, past)
            if dossier is None:
                return Found(None)
            day = dossier.moment.as_of
            return Found(
                dossier,
                tuple(r for r in desk.conduct.rewards(desk.actor, student_id)
                      if r.awarded_on <= day),
                tuple(p for p in desk.conduct.punishments(desk.actor, student_id)
                      if p.decided_on <= day),
            )  # fmt: skip

        self.shell.read(look, lambda found: self._show(student_id, found))

    def _show(self, student_id: int, found: Found) -> None:
        if student_id != self.student_id:
            return  # the list has gone on meanwhile
        self._found, self.dossier = found, found.dossier
        if found.dossier is None:
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        self._fill_head(found.dossier)
        self._fill_tabs()
        past = self.past
        self.strip.say(f"历史视图 {past.as_of}，只能看，不能改" if past else "")
        self.editing.setVisible(self.editable)
        self.changing.setVisible(self.editable and has_place("cases"))
        self.carding.setVisible(past is None and has_place("cards"))
        self.renaming.setVisible(self.editable)
        self.reading_button.setVisible(self.editable)

    def _dress(self) -> None:
        self.tabs.setFont(theme.font("table"))
        self.tabs.setStyleSheet(f"QTabBar::tab {{ padding: 0 {theme.px(9)}px; }}")

    def _redraw(self) -> None:
        self._dress()
        if self.dossier is not None:
            self._fill_head(self.dossier)
            self._show_tab()

    def _fill_head(self, dossier: Dossier) -> None:
        row = dossier.record.row
        self.name.setText(row.name)
        self.reading.setText(row.reading)
        self.number.setText(f"学号 {row.number}" if row.number else "还没有编学号")
        tone, mark = status_look(row.status)
        self.status.set(row.status.value, tone, mark)
        self.grade.set(_grade(dossier), "neutral")
        self.photo.set_picture(dossier.picture, f"{row.name}的照片")

    def _fill_tabs(self) -> None:
        titles = ["基本", "家庭", "学籍"]
        if self._found.rewards or self._found.punishments:
            titles.append("奖惩")
        titles += ["档案", "附件", "修改记录"]
        at = self.tabs.tabText(self.tabs.currentIndex()) if self.tabs.count() else ""
        if titles != [self.tabs.tabText(index) for index in range(self.tabs.count())]:
            self.tabs.blockSignals(True)
            while self.tabs.count():
                self.tabs.removeTab(0)
            for title in titles:
                self.tabs.addTab(title)
            self.tabs.setCurrentIndex(titles.index(at) if at in titles else 0)
            self.tabs.blockSignals(False)
        self._show_tab()

    def turn(self, step: int) -> None:
        """Another tab, round and round."""
        if self.tabs.count():
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + step) % self.tabs.count())

    def show_tab(self, title: str) -> None:
        """Go to a tab by its title."""
        for index in range(self.tabs.count()):
            if self.tabs.tabText(index) == title:
                self.tabs.setCurrentIndex(index)

    @property
    def page(self) -> QWidget | None:
        """The page that is shown."""
        return self._scroll.widget()

    def _show_tab(self) -> None:
        if self.dossier is None or not self.tabs.count():
            return
        place = self._scroll.verticalScrollBar().value()
        page = self._make(self.tabs.tabText(self.tabs.currentIndex()), self.dossier)
        same = type(self._scroll.widget()) is type(page)
        self._scroll.setWidget(page)  # the one before is thrown away
        self._scroll.verticalScrollBar().setValue(place if same else 0)

    def _make(self, title: str, dossier: Dossier) -> Page:
        match title:
            case "家庭":
                return FamilyPage(dossier)
            case "学籍":
                return LedgerPage(dossier)
            case "奖惩":
                return ConductPage(self._found.rewards, self._found.punishments)
            case "档案":
                return PapersPage(dossier.papers)
            case "附件":
                evidence = EvidencePage(dossier.evidence)
                evidence.view_wanted.connect(self._view)
                return evidence
            case "修改记录":
                return HistoryPage(dossier.history, revealed=self._revealed)
        basic = BasicPage(dossier, revealed=self._revealed, editable=self.editable)
        basic.reveal_wanted.connect(self.reveal)
        basic.fill_wanted.connect(self.edit)
        basic.correct_wanted.connect(self.correct)
        return basic

    def reveal(self) -> None:
        """F9: show the identity number whole, which is written down; or mask it again."""
        dossier = self.dossier
        if dossier is None:
            return
        if self._revealed:
            self._revealed = False
            self._show_tab()
            return
        desk, name = self.shell.desk, dossier.record.row.name
        student_id = self.student_id

        def shown(_: None) -> None:
            if student_id == self.student_id:
                self._revealed = True
                self._show_tab()

        self.shell.run(
            lambda: desk.listing.reveal(desk.actor, f"学生详情：{name}", 1),
            "显示身份证号",
            shown,
            changes=False,
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """Whoever comes back asks again for the whole number."""
        super().hideEvent(event)
        if self._revealed:
            self._revealed = False
            self._show_tab()

    # --- changing -------------------------------------------------------------------------

    def edit(self, aim: str = "") -> None:
        """编辑, perhaps with the focus on one field."""
        if self.student_id is not None and self.editable and self.dossier is not None:
            self._open_form(self.student_id, aim)

    def new_student(self) -> None:
        """新增学生."""
        if Role.RECORD in self.shell.desk.actor.roles:
            self._open_form(None)

    def open_draft(self, draft: DraftRow) -> None:
        """Go on with a form that was left half typed."""
        subject, _, field = draft.subject.partition(":")
        student_id = int(subject) if subject else None
        if student_id is not None:
            self.show_student(student_id)
        if draft.form == CORRECTION_DRAFT and student_id is not None:
            self._correct_when_read(student_id, field, draft)
        else:
            self._open_form(student_id, draft=draft)

    def _open_form(
        self, student_id: int | None, aim: str = "", draft: DraftRow | None = None
    ) -> None:
        if self.sheet is not None:
            self.sheet.raise_()
            return
        form = StudentForm(self.shell, self._stage, student_id, aim=aim, draft=draft)
        form.saved.connect(lambda _: self.edited.emit())
        form.unlock_wanted.connect(self._unlock)
        self._open(form)

    @property
    def _stage(self) -> QWidget:
        """The screen it stands on: a sheet goes away with that, not with the pane alone."""
        place: QWidget | None = self
        while place is not None and not isinstance(place, Screen):
            place = place.parentWidget()
        return place or self

    def _open(self, sheet: Sheet) -> None:
        self.sheet = sheet
        sheet.finished.connect(self._forget)
        sheet.open()

    def _forget(self) -> None:
        self.sheet = None

    def _unlock(self, student_id: int, field: str) -> None:
        """The pencil within the form: the form is left first."""
        if self.sheet is not None and self.sheet.close():
            self._correct_when_read(student_id, field)

    def correct(self, field: str) -> None:
        """信息变更 of a key field of whoever is shown."""
        if self.student_id is not None and self.editable:
            self._correct_when_read(self.student_id, field)

    def _correct_when_read(
        self, student_id: int, field: str, draft: DraftRow | None = None
    ) -> None:
        desk = self.shell.desk

        def begin(values: dict[str, str]) -> None:
            if self.sheet is not None:
                return
            sheet = CorrectionSheet(
                self.shell, self._stage, student_id, values.get("name", ""), field, values, draft
            )
            sheet.written.connect(lambda _: self.edited.emit())
            self._open(sheet)

        self.shell.read(lambda: desk.editing.values(desk.actor, student_id), begin)

    def correct_reading(self) -> None:
        """Another reading of the name; the name itself stays."""
        dossier = self.dossier
        if dossier is None or not self.editable:
            return
        row = dossier.record.row
        spoken = Line("姓名读音", row.reading, "shan xiao ming")
        dialog = FormDialog(
            f"更正“{row.name}”的读音",
            "保存",
            self,
            said="写成拼音，字与字之间空一格；查找和按姓名排序都照它。清空则按字典读音。",
        )
        dialog.row("读音", spoken)
        if dialog.accepted_by_user and spoken.words != row.reading:
            self.save_reading(spoken.words)

    def save_reading(self, spoken: str) -> None:
        """Keep another reading of the name."""
        desk, student_id = self.shell.desk, self.student_id
        if student_id is None:
            return

        def saved(edited: Edited) -> None:
            self.shell.undo.push(edited_step(self.shell, edited))
            self.shell.say("已更正读音。", "ok", ("撤销", self.shell.undo.undo))
            self.edited.emit()

        self.shell.run(
            lambda: desk.editing.edit(
                desk.actor, student_id, {"reading": spoken}, basis="更正姓名读音"
            ),
            "正在保存",
            saved,
        )

    # --- photographs and evidence ---------------------------------------------------------

    def _photo_menu(self) -> None:
        if not self.editable or self.dossier is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.dossier.record.photo:
            menu.addAction(theme.icon("crop"), "裁剪照片", self.crop)
        menu.addAction(theme.icon("upload"), "更换照片…", self._choose_photo)
        menu.popup(self.photo.mapToGlobal(self.photo.rect().bottomLeft()))

    def crop(self) -> None:
        """Choose what of the photograph the card shows."""
        if self.student_id is None or not self.editable or self.sheet is not None:
            return
        ids = list(self.walk()) if self.walk is not None else []
        if self.student_id not in ids:
            ids = [self.student_id]
        sheet = CropSheet(self.shell, self._stage, ids, self.student_id)
        sheet.cropped.connect(lambda _: self.edited.emit())
        self._open(sheet)

    def _choose_photo(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "选择照片", "", "照片 (*.jpg *.jpeg *.png)")
        if chosen:
            self.take_photo(Path(chosen))

    def take_photo(self, path: Path) -> None:
        """Another photograph for whoever is shown."""
        dossier, student_id = self.dossier, self.student_id
        if dossier is None or student_id is None or not self.editable:
            return
        desk, name = self.shell.desk, dossier.record.row.name

        def work() -> tuple[int | None, int]:
            before = desk.portraits.in_use(student_id)
            return before, desk.portraits.take(desk.actor, student_id, path)

        def taken(rows: tuple[int | None, int]) -> None:
            before, after = rows
            action = None
            if before is not None:
                self.shell.undo.push(photo_step(self.shell, student_id, name, before, after))
                action = ("撤销", self.shell.undo.undo)
            self.shell.say(f"已收下{name}的照片 {path.name}。", "ok", action)
            self.edited.emit()

        self.shell.run(work, "正在收下照片", taken)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in self._dropped(event):
            self.take_photo(path)

    def _dropped(self, event: QDropEvent) -> list[Path]:
        """The one picture that is dropped on the person; lists are the window's affair."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls()]
        fits = len(paths) == 1 and paths[0].suffix.lower() in _PICTURES and self.editable
        return paths if fits and self.dossier is not None else []

    def _view(self, item: EvidenceItem) -> None:
        if item.sha256 is not None:
            self._open(ScanSheet(self.shell, self._stage, item.kind, item.sha256, item.source_name))

    # --- places and leaving ---------------------------------------------------------------

    def _go_cases(self) -> None:
        self.shell.go("cases", student=self.student_id)

    def _go_cards(self) -> None:
        self.shell.go("cards", ids=[self.student_id])

    def can_leave(self) -> bool:
        """Whether going elsewhere loses nothing."""
        return self.sheet is None or self.sheet.may_leave()

    def keep(self) -> None:
        """The window is being locked: keep what is half typed."""
        if isinstance(self.sheet, StudentForm | CorrectionSheet):
            self.sheet.keep()


def _grade(dossier: Dossier) -> str:
    """2026级 · 一年级, while he is on the register."""
    row, day = dossier.record.row, dossier.moment.as_of
    years = day.year - row.cohort + (day.month >= 8)
    if row.status.on_register and 1 <= years <= len(_GRADES):
        return f"{row.cohort}级 · {_GRADES[years - 1]}年级"
    return f"{row.cohort}级"
