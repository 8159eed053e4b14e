"""打印记录: every sheet that left the program; the code on a sheet answers what became of it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.services.errors import AppError
from app.services.forms.sheets import ScannedPile, ScannedSheet, SheetAnswer, SheetRow, Standing
from app.ui import theme
from app.ui.papers.form_versions import number_words
from app.ui.shell import Shell
from app.ui.widgets.basic import Button, Card, Label, Tone
from app.ui.widgets.findings import Findings
from app.ui.widgets.plain_table import PlainColumn, PlainTable

_PAUSE: Final = 250
_MOST: Final = 500
_TONES: Final[dict[Standing, Tone]] = {
    Standing.CURRENT: "ok",
    Standing.CHANGED: "warn",
    Standing.UNTOLD: "info",
    Standing.UNKNOWN: "danger",
}
_GRAVEST: Final = (Standing.UNKNOWN, Standing.CHANGED, Standing.UNTOLD, Standing.CURRENT)


class SheetRecord(QWidget):
    """Above a code and its answer, below the printings."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self._shell = shell
        self._turn = 0
        self._answered = False
        self.code = QLineEdit()
        self.code.setAccessibleName("校验码")
        self.code.setPlaceholderText("键入或扫入纸上的校验码，按 Enter")
        self.code.setClearButtonEnabled(True)
        self.code.returnPressed.connect(self.ask)
        self.answer = Findings("打印以后的改动")
        self.words = QLineEdit()
        self.words.setAccessibleName("查找打印记录")
        self.words.setPlaceholderText("查找：表名、姓名、班级、校验码")
        self.words.setClearButtonEnabled(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self.refresh)
        self.words.textChanged.connect(lambda _: self._timer.start())
        self.table = PlainTable("打印记录", _COLUMNS)
        self.table.chosen.connect(self._choose)
        self._count = Label(role="table", tint="text-2")
        self._build()

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(12))
        asking = Card(margin=12)
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        label = Label("校验码", tint="text-2")
        label.setBuddy(self.code)
        row.addWidget(label)
        row.addWidget(self.code, 1)
        row.addWidget(Button("查这张纸", "scan-line", "primary", on_click=self.ask))
        row.addWidget(Button("读扫描件…", "qr-code", on_click=self._choose_scan))
        asking.box.addLayout(row)
        asking.box.addWidget(self.answer)
        self.answer.table.fit(1, 6)
        box.addWidget(asking)
        listed = Card(margin=12)
        top = QHBoxLayout()
        top.setSpacing(theme.px(8))
        top.addWidget(self.words, 1)
        top.addWidget(self._count)
        listed.box.addLayout(top)
        listed.box.addWidget(self.table, 1)
        box.addWidget(listed, 1)

    def refresh(self) -> None:
        """Look at the record again."""
        self._turn += 1
        turn, desk, words = self._turn, self._shell.desk, self.words.text()

        def look() -> tuple[tuple[SheetRow, ...], int]:
            return desk.sheets.rows(desk.actor, words, _MOST), desk.sheets.count(desk.actor)

        self._shell.read(look, lambda found: self._show(turn, *found))

    def ask(self) -> None:
        """What the code tells."""
        text, desk = self.code.text(), self._shell.desk
        if text.strip():
            self._shell.read(
                lambda: desk.sheets.answer(desk.actor, text), self._tell, self._refused
            )
            self.code.selectAll()

    def _choose_scan(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._shell.window, "选纸的扫描件或照片", "", "扫描件 (*.pdf *.jpg *.jpeg *.png)"
        )
        if chosen:
            self.read_scan(Path(chosen))

    def read_scan(self, path: Path) -> None:
        """What the codes on a scan or photograph of printed sheets tell."""
        desk = self._shell.desk
        self._shell.run(
            desk.sheets.scanned(desk.actor, path), f"读扫描件 {path.name}",
            lambda pile: self._tell_all(path.name, pile), self._refused, changes=False,
        )  # fmt: skip

    def _show(self, turn: int, rows: tuple[SheetRow, ...], total: int) -> None:
        if turn != self._turn:
            return
        self.table.show_rows(rows)
        listed = f"最近 {len(rows):,} 条，" if len(rows) == _MOST else f"{len(rows):,} 条，"
        self._count.setText(f"{listed}共 {total:,} 条")

    def _choose(self, row: SheetRow | None) -> None:
        if row is not None:
            self.code.setText(row.grouped_code)
            self.ask()

    def _tell(self, answer: SheetAnswer) -> None:
        times = f"（打印过 {len(answer.sheets)} 次）" if len(answer.sheets) > 1 else ""
        said = f"{answer.standing.value}　{answer.sentence}{times}"
        self.answer.say(said, _TONES[answer.standing], answer.changes)

    def _tell_all(self, name: str, pile: ScannedPile) -> None:
        if len(pile.sheets) == 1:
            self.code.setText(pile.sheets[0].answer.code)
            self._tell(pile.sheets[0].answer)
            return
        if not pile.sheets:
            said = f"“{name}”上没有读到校验码。请把二维码扫清楚（300 dpi），或照着纸键入。"
            self.answer.say(said, "warn")
            return
        counts = Counter(one.answer.standing for one in pile.sheets)
        parts = [
            f"{standing.value} {counts[standing]} 张" for standing in Standing if counts[standing]
        ]
        if pile.without:
            parts.append(f"{len(pile.without)} 页上没有读到")
        worst = next(standing for standing in _GRAVEST if counts[standing])
        lines = [line for one in pile.sheets for line in _lines(one)]
        self.answer.say(f"“{name}”：{'；'.join(parts)}。", _TONES[worst], lines)

    def _refused(self, error: AppError) -> None:
        self.answer.say(str(error), "danger")


def _lines(one: ScannedSheet) -> Iterator[str]:
    """A sheet of a pile, and what changed since it was printed."""
    yield f"第 {one.page} 页　{one.answer.code}　{one.answer.standing.value}　{one.answer.sentence}"
    yield from (f"　　{change}" for change in one.answer.changes)


def _version(row: SheetRow) -> str:
    return row.version[:8] if row.number is None else number_words(row.number)


def _way(row: SheetRow) -> str:
    pages = f" 第 {row.pages} 页" if row.pages else ""
    return f"{row.printer}{pages}" if row.printer else f".{row.ending} 文件"


_COLUMNS: Final = (
    PlainColumn("何时", lambda row: f"{row.at.astimezone():%Y-%m-%d %H:%M}", 140),
    PlainColumn("表样", lambda row: row.form, 150),
    PlainColumn("版", _version, 110),
    PlainColumn("谁", lambda row: row.scope),
    PlainColumn("校验码", lambda row: row.grouped_code, 150),
    PlainColumn("指纹", lambda row: row.fingerprint[:16], 150),
    PlainColumn("去向", _way, 130),
    PlainColumn("操作员", lambda row: row.operator, 90),
)
