"""制作光盘: what will lie on it, whether it fits, where it goes; then the image and its digest."""

import sys
from pathlib import Path
from typing import ClassVar, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.models.vocabulary import Role
from app.services.archive.content import SECTOR, Medium
from app.services.archive.image import ImageReport
from app.services.archive.planning import DiscPlan, PlannedPart
from app.services.errors import AppError
from app.services.files import amount
from app.ui import theme
from app.ui.shell import Shell
from app.ui.widgets.answer import Answer
from app.ui.widgets.basic import (
    Badge,
    Button,
    Card,
    ChoiceBox,
    ElidedLabel,
    EmptyState,
    Label,
    Picture,
)
from app.ui.widgets.files import open_file
from app.ui.widgets.meter import Meter
from app.ui.widgets.path_line import PathLine

_FOLDER: Final = "archive/folder"
_BURNING: Final = {
    "win32": (
        "在资源管理器里右键点镜像文件，选“刻录光盘映像”，勾上“刻录后验证光盘”。"
        "看不到这一项时，按住 Shift 再右键，或在“打开方式”里选“Windows 光盘映像刻录机”。"
    ),
    "darwin": "在访达里选中镜像文件，按住 Control 点按，选“将光盘映像刻录到光盘”。",
    "linux": (
        "在文件管理器里右键点镜像文件，选“写入光盘”或“刻录”（麒麟、统信都自带刻录工具），"
        "选最低的刻录速度，勾上刻录后校验。"
    ),
}


class BuildPage(QWidget):
    """Contents on the left; medium, folder and outcome on the right."""

    title: ClassVar[str] = "制作光盘"
    checking = QtSignal(str)  # the image to read back

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.plan: DiscPlan | None = None
        self.image: Path | None = None
        self._sha256 = ""
        self._may = Role.RECORD in shell.desk.actor.roles
        self.cohort = ChoiceBox("年级")
        self.cohort.setMinimumWidth(theme.px(120))
        self.cohort.activated.connect(lambda _: self._look())
        self.stage = Badge()
        self.facts = ElidedLabel(role="table", tint="text-2")
        self.tree = self._tree()
        self.nothing = EmptyState(
            "disc-3", "没有可以归档的内容", "先导入一个年级的名册；毕业前也可以预归档。"
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.nothing)
        self._lay_out()
        self.setFocusProxy(self.cohort)

    # --- layout ---------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.px(12), 0, 0)
        row.setSpacing(theme.px(16))
        left = QVBoxLayout()
        left.setSpacing(theme.px(8))
        head = QHBoxLayout()
        head.setSpacing(theme.px(12))
        head.addWidget(self.cohort)
        head.addWidget(self.stage)
        head.addWidget(self.facts, 1)
        left.addLayout(head)
        left.addWidget(self._stack, 1)
        row.addLayout(left, 1)
        side = QWidget()
        box = QVBoxLayout(side)
        box.setContentsMargins(0, 0, theme.px(4), 0)
        box.setSpacing(theme.px(12))
        box.addWidget(self._medium_card())
        self.result = self._result_card()
        box.addWidget(self.result)
        box.addWidget(self._burning_card())
        box.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(side)
        scroll.setFixedWidth(theme.px(390))
        row.addWidget(scroll)

    def _tree(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setAccessibleName("光盘内容")
        tree.setHeaderLabels(["内容", "说明", "文件", "约"])
        for numbers in (2, 3):
            tree.headerItem().setTextAlignment(
                numbers, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        tree.setUniformRowHeights(True)
        tree.setRootIsDecorated(True)
        header = tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        tree.setColumnWidth(0, theme.px(200))
        tree.setColumnWidth(2, theme.px(80))
        tree.setColumnWidth(3, theme.px(100))
        return tree

    def _medium_card(self) -> Card:
        card = Card("用什么盘")
        choice = QHBoxLayout()
        self.media: dict[Medium, QRadioButton] = {}
        for medium in Medium:
            button = QRadioButton(medium.label)
            button.setAccessibleName(f"光盘种类 {medium.label}")
            button.setChecked(medium is Medium.DVD)
            button.toggled.connect(lambda _: self._judge())
            self.media[medium] = button
            choice.addWidget(button)
        choice.addStretch()
        card.box.addLayout(choice)
        self.meter = Meter("光盘占用")
        card.box.addWidget(self.meter)
        self.advice = Answer()
        card.box.addWidget(self.advice)
        card.box.addWidget(Label("镜像存到", "table", "text-2"))
        self.folder = PathLine("镜像文件夹", "一个装得下镜像的文件夹")
        self.folder.set(self.shell.preferences.get(_FOLDER, "") or "")
        card.box.addWidget(self.folder)
        self.go = Button("生成镜像", "disc-3", "primary", on_click=self.build)
        card.box.addWidget(self.go)
        if not self._may:
            note = f"生成镜像需要“{Role.RECORD.value}”角色，您现在只能查看。"
            card.box.addWidget(Label(note, "table", "text-2", wrap=True))
        self.answer = Answer()
        card.box.addWidget(self.answer)
        return card

    def _result_card(self) -> Card:
        card = Card("镜像已生成")
        head = QHBoxLayout()
        head.addWidget(Picture("circle-check", "ok"), alignment=Qt.AlignmentFlag.AlignTop)
        self.made = Label(tint="ok", wrap=True)
        head.addWidget(self.made, 1)
        card.box.addLayout(head)
        self.file = Label(role="table", wrap=True)
        self.digest = Label(role="table", tint="text-2", wrap=True)
        for label in (self.file, self.digest):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.box.addWidget(label)
        row = QHBoxLayout()
        row.addWidget(Button("打开所在文件夹", "folder-open", on_click=self._open))
        row.addWidget(Button("复制校验值", "copy", on_click=self._copy))
        row.addStretch()
        card.box.addLayout(row)
        card.hide()
        return card

    def _burning_card(self) -> Card:
        card = Card("怎样刻录")
        system = "linux" if sys.platform.startswith("linux") else sys.platform
        card.box.addWidget(Label(_BURNING.get(system, _BURNING["linux"]), "table", wrap=True))
        note = (
            "同一个镜像刻三张：封存、查阅、异地各一张。刻完把盘放回光驱，到“回读校验”里再核对一遍。"
            "镜像是明文，刻录校验后请妥善保管或删除。"
        )
        card.box.addWidget(Label(note, "table", "text-2", wrap=True))
        row = QHBoxLayout()
        row.addWidget(
            Button("回读校验", "shield-check", on_click=lambda: self.checking.emit(self._path()))
        )
        row.addStretch()
        card.box.addLayout(row)
        return card

    # --- what will lie on it --------------------------------------------------------------

    def refresh(self) -> None:
        """Read the cohorts, and plan the one that is chosen."""
        self.shell.read(self.shell.desk.establishment.cohorts, self._show_cohorts)

    def choose(self, cohort: int) -> None:
        """Plan another cohort."""
        word = f"{cohort}级"
        if self.cohort.findText(word) < 0:
            self.cohort.addItem(word)
        self.cohort.setCurrentText(word)
        self._look()

    @property
    def medium(self) -> Medium:
        """The kind of disc that is chosen."""
        return next(medium for medium, button in self.media.items() if button.isChecked())

    def _show_cohorts(self, cohorts: list[int]) -> None:
        kept = self.cohort.currentText()
        words = [f"{year}级" for year in cohorts]
        self.cohort.clear()
        self.cohort.addItems(words)
        if kept in words:
            self.cohort.setCurrentText(kept)
        self._look()

    def _look(self) -> None:
        word = self.cohort.currentText()
        if not word:
            self._show_nothing("先导入一个年级的名册；毕业前也可以预归档。")
            return
        cohort, desk = int(word.removesuffix("级")), self.shell.desk
        self.facts.setText("正在清点…")
        self.shell.read(
            desk.discs.plan(desk.actor, cohort),
            self._show,
            lambda error: self._show_nothing(str(error)),
        )

    def _show_nothing(self, why: str) -> None:
        self.plan = None
        self.facts.setText(why if self.cohort.count() else "")
        self.stage.hide()
        self._stack.setCurrentWidget(self.nothing)
        self._judge()

    def _show(self, plan: DiscPlan) -> None:
        if self.cohort.currentText() != f"{plan.cohort}级":
            return  # another one was chosen meanwhile
        self.plan = plan
        self.stage.show()
        if plan.preliminary:
            self.stage.set("预归档", "warn", "◆")
            self.stage.setToolTip(
                "这个年级还没有全部毕业，盘上注明“预归档”；毕业后另做正式的归档盘。"
            )
        else:
            self.stage.set("正式归档", "violet", "■")
            self.stage.setToolTip("")
        self.facts.setText(
            f"{plan.number}　学生 {plan.students:,} 人，{plan.files:,} 个文件，"
            f"约 {amount(plan.size)}，内容截至 {plan.as_of:%Y-%m-%d}"
        )
        self.tree.clear()
        for part in plan.parts:
            self.tree.addTopLevelItem(_item(part))
        self.tree.expandToDepth(0)
        self._stack.setCurrentWidget(self.tree)
        self._judge()

    def _judge(self) -> None:
        plan, medium = self.plan, self.medium
        if plan is None:
            self.meter.set(0, "")
            self.advice.say("")
            self.go.setEnabled(False)
            return
        fill = plan.fill(medium)
        usable = amount(medium.usable_sectors * SECTOR)
        discs = (
            "1 张" if fill <= 1 else f"要 {-(-plan.size // (medium.usable_sectors * SECTOR))} 张"
        )
        self.meter.set(fill, f"约 {amount(plan.size)} / 可用 {usable}（{fill:.1%}），{discs}")
        larger = [other.label for other in Medium if plan.fill(other) <= 1]
        self.advice.say("" if fill <= 1 else _advice(medium, larger))
        self.go.setEnabled(self._may and fill <= 1)

    # --- building -------------------------------------------------------------------------

    def build(self) -> None:
        """Write the image of the cohort that is shown."""
        plan, desk = self.plan, self.shell.desk
        if plan is None or not self.go.isEnabled():
            return
        if not self.folder.text:
            self.answer.say("请选择镜像存到哪个文件夹。")
            return
        self.answer.say("")
        self.result.hide()
        self.go.setEnabled(False)
        job = self.shell.run(
            desk.discs.build(desk.actor, plan.cohort, self.folder.path, self.medium),
            f"正在生成{plan.cohort}级的镜像",
            self._built,
            self._refused,
        )
        job.ended.connect(self._judge)

    def _built(self, report: ImageReport) -> None:
        self.image = report.path
        self.shell.preferences.set(_FOLDER, str(report.path.parent))
        self.made.setText(
            f"{report.files:,} 个文件，{amount(report.size)}，写完已逐字节读回核对一致。"
        )
        self.file.setText(str(report.path))
        self.digest.setText(f"SHA-256 {_grouped(report.sha256)}")
        self._sha256 = report.sha256
        self.result.show()
        self.shell.say(
            f"镜像已生成：{report.path.name}，{amount(report.size)}。",
            action=("打开所在文件夹", self._open),
        )

    def _refused(self, error: AppError) -> None:
        self.answer.say(str(error))

    def _path(self) -> str:
        return str(self.image) if self.image is not None else ""

    def _open(self) -> None:
        if self.image is not None:
            open_file(self.image.parent)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._sha256)
        self.shell.say("已复制镜像的 SHA-256。")


def _item(part: PlannedPart) -> QTreeWidgetItem:
    item = QTreeWidgetItem([part.name, part.note, f"{part.files:,}", amount(part.size)])
    item.setSizeHint(0, QSize(0, theme.px(32)))
    for column in (2, 3):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for inner in part.parts:
        item.addChild(_item(inner))
    return item


def _advice(medium: Medium, larger: list[str]) -> str:
    said = f"一张 {medium.label} 放不下。"
    return said + (f"请改用 {larger[0]}。" if larger else "最大的盘也放不下，请联系维护人员。")


def _grouped(digest: str) -> str:
    """In eights, so that it can be compared by eye and breaks where the card ends."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
