"""照片: four piles, what is wrong with each and whose it may be; a class to check by eye."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.services.clock import today
from app.services.errors import AppError
from app.services.exchange.batches import Accepted
from app.services.exchange.photos import Face, PhotoLine, PhotoPlan, Pile
from app.services.exchange.plan import Verdict
from app.services.register.ledger import Moment
from app.services.register.organisation import ClassGroupRow, class_rows
from app.services.register.students import Scope, StudentRow
from app.ui import theme
from app.ui.intake.faults_page import Counters
from app.ui.intake.photo_views import PeopleView, Tile, TileModel, TileView
from app.ui.intake.table import Column, RowsModel
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, ChoiceBox, EmptyState, Label, clear
from app.ui.widgets.dialog import Line

_LOOKS: Final = {
    Pile.MATCHED: ("text", ""),
    Pile.DOUBTFUL: ("warn", "▲"),
    Pile.UNMATCHED: ("text-2", "？"),
    Pile.UNFIT: ("danger", "✕"),
}
#: People listed at a time; a word narrows them.
_MOST_PEOPLE: Final = 200


class _Face(QLabel):
    """The photograph, smaller where the window is low: its words stay free of it."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = QPixmap()
        self.setAccessibleName("照片")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumHeight(theme.px(96))
        self.setMaximumHeight(theme.px(208))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)

    def show_picture(self, picture: QPixmap) -> None:
        """Show it at the height there is; an empty one shows nothing."""
        self._whole = picture
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self._whole
        if shown.height() > self.height():
            shown = shown.scaledToHeight(self.height(), Qt.TransformationMode.SmoothTransformation)
        super().setPixmap(shown)


class PhotoPage(QWidget):
    """Photographs of a folder or .zip, or (without one) those of a class."""

    undone = QtSignal(int)

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self.plan: PhotoPlan | None = None
        self._source: Path | None = None
        self._people: tuple[StudentRow, ...] = ()
        self.stack = QStackedWidget()
        self.sheet = ClassSheet(shell)
        self.sheet.chosen.connect(self.ask)
        self.stack.addWidget(self.sheet)
        self.stack.addWidget(self._table())
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.stack)
        theme.changes.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._people_side.setMinimumWidth(theme.px(340))

    def _table(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(8))
        top = QHBoxLayout()
        self.counters = Counters("按情况筛选", lambda _: self._show_pile())
        for _ in Pile:
            self.counters.add("")
        top.addWidget(self.counters)
        top.addStretch()
        self._about = Label("", "table", "text-2")
        top.addWidget(self._about)
        box.addLayout(top)
        self.tiles = TileModel(drag=True)
        self.view = TileView("照片", self.tiles, drag=True)
        self.view.picked.connect(self._pick)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self._picture_card())
        split.addWidget(self._people_card())
        split.setStretchFactor(0, 1)
        split.setSizes([theme.px(560), theme.px(280), theme.px(340)])
        box.addWidget(split, 1)
        row = QHBoxLayout()
        row.addWidget(Button("换一个文件夹", "folder-open", on_click=self.ask))
        row.addWidget(Button("看班级照片", "layout-grid", "quiet", on_click=self.leave))
        row.addStretch()
        self.accept_button = Button("导入", kind="primary", on_click=self.accept)
        row.addWidget(self.accept_button)
        box.addLayout(row)
        return page

    def _picture_card(self) -> Card:
        card = Card(margin=14)
        card.setMinimumWidth(theme.px(240))
        self._face = _Face()
        card.box.addWidget(self._face, 1)
        self._file = Label("", "strong", wrap=True)
        self._file.setMinimumWidth(0)
        card.box.addWidget(self._file)
        self.said = Label("", "table", wrap=True)
        card.box.addWidget(self.said)
        self._offers = QVBoxLayout()
        card.box.addLayout(self._offers)
        card.box.addStretch()
        self.aside_button = Button("不用这张", kind="quiet", on_click=self._aside)
        card.box.addWidget(self.aside_button)
        return card

    def _people_card(self) -> Card:
        self._people_side = card = Card(margin=14)
        card.box.addWidget(Label("把照片拖到学生上，或选中学生", "strong"))
        self.search = Line("查找学生", hint="姓名、拼音、号码、班级；空着列出缺照片的")
        self.search.textChanged.connect(lambda _: self._show_people())
        card.box.addWidget(self.search)
        self.people: RowsModel[StudentRow] = RowsModel(
            [
                Column("姓名", lambda row: row.name, 84),
                Column("班级", lambda row: row.class_group or "未分班"),
                Column("号码", lambda row: row.number or row.exam_number or "", 128),
            ]
        )
        self.people_view = PeopleView("学生", self.people)
        self.people_view.dropped.connect(self._dropped)
        self.people_view.opened.connect(lambda row: self._give(self.people.rows[row].id))
        card.box.addWidget(self.people_view, 1)
        self.give_button = Button("是这名学生", "user-check", on_click=self._give_selected)
        card.box.addWidget(self.give_button)
        return card

    # --- coming here ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Shown again."""
        self.sheet.refresh()

    def look_again(self) -> None:
        """The register changed: pictures under way are compared anew."""
        if self.plan is not None and self._source is not None:
            self.take(self._source)

    def ask(self) -> None:
        """Let the user choose a folder of photographs."""
        name = QFileDialog.getExistingDirectory(self, "照片在哪个文件夹里")
        if name:
            self.take(Path(name))

    def leave(self) -> None:
        """Back to the classes; nothing was written."""
        self.plan = self._source = None
        self.stack.setCurrentIndex(0)
        self.sheet.refresh()

    def take(self, source: Path) -> None:
        """Look at a folder or .zip; reading happens beside the window and can be stopped."""
        self._source = source
        desk = self._shell.desk
        self._shell.run(
            desk.photos.plan(source),
            f"核对照片 {source.name}",
            self._planned,
            self._refused,
            changes=False,
        )

    def _refused(self, error: AppError) -> None:
        self.leave()
        self._shell.say(str(error), "danger")

    def _planned(self, plan: PhotoPlan) -> None:
        students = self._shell.desk.students
        self._shell.read(
            lambda: students.rows(Moment(today(), upcoming=True), Scope()), self._take_people
        )
        self.stack.setCurrentIndex(1)
        self._show_plan(plan)

    def _take_people(self, rows: list[StudentRow]) -> None:
        self._people = tuple(row for row in rows if not row.status.is_final)
        self._show_people()
        self._show_pile()

    # --- piles ----------------------------------------------------------------------------

    @property
    def _pile(self) -> Pile:
        return list(Pile)[self.counters.current]

    def _show_plan(self, plan: PhotoPlan) -> None:
        self.plan = plan
        for at, pile in enumerate(Pile):
            self.counters.set(at, f"{pile} {len(plan.in_pile(pile)):,}")
        self._about.setText(f"{plan.source_name}　导入后还缺照片 {plan.missing:,} 人")
        count = len(plan.to_write)
        self.accept_button.setText(f"导入 {count:,} 张" if count else "没有新的照片")
        self.accept_button.setAccessibleName(f"导入 {count} 张照片")
        self.accept_button.setEnabled(count > 0)
        self._show_people()
        self._show_pile()

    def _show_pile(self) -> None:
        if self.plan is None:
            return
        here = self.view.currentIndex().row()
        lines = self.plan.in_pile(self._pile)
        self.tiles.show_tiles([self._tile(line) for line in lines])
        if lines:
            self.view.setCurrentIndex(self.tiles.index(min(max(here, 0), len(lines) - 1)))
        else:
            self._pick(-1)

    def _tile(self, line: PhotoLine) -> Tile:
        tint, mark = _LOOKS[line.pile]
        stem = Path(line.file).name
        if line.pile is Pile.MATCHED:
            known = {Verdict.UNCHANGED: "已有这张", Verdict.UPDATED: "替换原照片"}
            return Tile(line.file, line.name, known.get(line.verdict, stem), line.card)
        return Tile(line.file, stem, line.pile.value, line.card, tint, mark)

    @property
    def line(self) -> PhotoLine | None:
        """The picture at hand."""
        row = self.view.currentIndex().row()
        if self.plan is None or not 0 <= row < len(self.tiles.tiles):
            return None
        key = self.tiles.tiles[row].key
        return next((one for one in self.plan.lines if one.file == key), None)

    def _pick(self, _row: int) -> None:
        line = self.line
        clear(self._offers)
        if line is None or self.plan is None:
            self._face.show_picture(QPixmap())
            self._file.setText("这一堆是空的")
            self.said.setText("")
            self.aside_button.setVisible(False)
            self.give_button.setEnabled(False)
            return
        self._show_face(line)
        self._file.setText(f"{line.name}　{line.file}" if line.name else line.file)
        tint = _LOOKS[line.pile][0]
        self.said.set_tint("text-2" if line.pile is Pile.MATCHED else tint)
        fit = line.width and line.pile is not Pile.UNFIT
        size = f"{line.width}×{line.height} 像素。" if fit else ""
        self.said.setText("\n".join([*self.plan.about(line.file), size]).strip())
        self.aside_button.setVisible(line.pile in {Pile.MATCHED, Pile.DOUBTFUL})
        self.give_button.setEnabled(line.pile is not Pile.UNFIT)
        by_id = {row.id: row for row in self._people}
        for student in line.candidates:
            if student in by_id:
                row = by_id[student]
                words = f"是{row.name}（{row.class_group or '未分班'}）"
                offer = Button(words, "user-check")
                offer.clicked.connect(lambda _=False, student=student: self._give(student))
                self._offers.addWidget(offer)

    def _show_face(self, line: PhotoLine) -> None:
        pixmap = QPixmap()
        if line.card:
            pixmap.loadFromData(line.card)
        else:
            pixmap = theme.pixmap("image", "text-3", theme.px(64))
        if line.card:
            pixmap = pixmap.scaledToHeight(
                theme.px(208), Qt.TransformationMode.SmoothTransformation
            )
        self._face.show_picture(pixmap)

    # --- whose it is ----------------------------------------------------------------------

    def _show_people(self) -> None:
        words = self.search.words.casefold()
        if words:
            found = [row for row in self._people if _speaks_of(row, words)]
        else:
            wanted = self.plan.still_faceless if self.plan else frozenset()
            found = [row for row in self._people if row.id in wanted]
        self.people.show_rows(found[:_MOST_PEOPLE])

    def _give_selected(self) -> None:
        row = self.people_view.currentIndex().row()
        if 0 <= row < len(self.people.rows):
            self._give(self.people.rows[row].id)
        else:
            self._shell.say("请先在右边选中一名学生。", "info")

    def _dropped(self, file: str, row: int) -> None:
        self.assign(file, self.people.rows[row].id)

    def _give(self, student: int) -> None:
        if self.line is not None:
            self.assign(self.line.file, student)

    def _aside(self) -> None:
        if self.line is not None:
            self.assign(self.line.file, None)

    def assign(self, file: str, student: int | None) -> None:
        """Give a picture to a student, or (None) set it aside; nothing is written yet."""
        plan, photos = self.plan, self._shell.desk.photos
        if plan is not None:
            self._shell.read(lambda: photos.assign(plan, file, student), self._show_plan)

    # --- taking in ------------------------------------------------------------------------

    def accept(self) -> None:
        """Write what is matched, as one batch."""
        plan = self.plan
        if plan is None:
            return
        desk = self._shell.desk
        self.accept_button.setEnabled(False)
        self._shell.run(
            desk.photos.accept(desk.actor, plan),
            f"导入照片 {plan.source_name}",
            self._accepted,
            self._not_accepted,
        )

    def _not_accepted(self, error: AppError) -> None:
        self._shell.say(str(error), "danger")
        self.look_again()

    def _accepted(self, accepted: Accepted) -> None:
        self.leave()
        if accepted.batch_id is None:
            self._shell.say("没有要导入的照片", "info")
            return
        batch = accepted.batch_id
        self._shell.say(
            f"已导入照片：新增 {accepted.created:,}，更换 {accepted.updated:,}，"
            f"未导入 {accepted.refused:,}",
            action=("撤销", lambda: self.undone.emit(batch)),
        )


class ClassSheet(QWidget):
    """全班照片: everybody of a class with his picture; who has none is grey."""

    chosen = QtSignal()

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._stack = QStackedWidget()
        start = Button("选照片文件夹", "folder-open", "primary", on_click=self.chosen.emit)
        self._stack.addWidget(
            EmptyState(
                "images",
                "把照片文件夹或 .zip 拖到窗口里",
                "按文件名里的身份证号、学号、考生号，或姓名加班级认人；认不准的由您来指。"
                "先看清再写入，原件原样保存。",
                start,
            )
        )
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(8))
        top = QHBoxLayout()
        top.addWidget(Label("班级", tint="text-2"))
        self.classes = ChoiceBox("班级")
        self.classes.setMinimumWidth(theme.px(240))
        self.classes.currentIndexChanged.connect(lambda _: self._look())
        top.addWidget(self.classes)
        self._count = Label("", "table", "text-2")
        top.addWidget(self._count)
        top.addStretch()
        top.addWidget(Button("导入照片", "folder-open", "primary", on_click=self.chosen.emit))
        box.addLayout(top)
        self.tiles = TileModel()
        self.view = TileView("全班照片", self.tiles)
        box.addWidget(self.view, 1)
        self._stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def refresh(self) -> None:
        """Read the classes anew; the one at hand stays."""
        database = self._shell.desk.database

        def look() -> list[ClassGroupRow]:
            with database.read() as session:
                return class_rows(session)

        self._shell.read(look, self._show_classes)

    def _show_classes(self, rows: list[ClassGroupRow]) -> None:
        here = self.classes.currentData()
        self.classes.blockSignals(True)
        self.classes.clear()
        for row in rows:
            self.classes.addItem(row.full_name, row.id)
        ids = [row.id for row in rows]
        self.classes.setCurrentIndex(ids.index(here) if here in ids else 0 if ids else -1)
        self.classes.blockSignals(False)
        self._stack.setCurrentIndex(1 if rows else 0)
        self._look()

    def _look(self) -> None:
        group = self.classes.currentData()
        if group is None:
            return
        photos = self._shell.desk.photos
        self._shell.read(lambda: photos.faces(Scope(class_id=group)), self._show_faces)

    def _show_faces(self, faces: list[Face]) -> None:
        missing = sum(not face.card for face in faces)
        self._count.setText(
            f"{len(faces)} 人" + (f"，缺 {missing} 张（灰的）" if missing else "，照片齐全")
        )
        self.tiles.show_tiles(
            [Tile(str(face.student_id), face.name, face.number, face.card) for face in faces]
        )


def _speaks_of(row: StudentRow, words: str) -> bool:
    texts = (row.name, row.class_group, row.number, row.exam_number, row.id_number)
    return words in row.search_keys or any(words in (text or "").casefold() for text in texts)
