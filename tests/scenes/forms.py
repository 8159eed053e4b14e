"""表样: the library, its dictionary and record, versions, placing fields in a form from outside."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QElapsedTimer
from PySide6.QtWidgets import QWidget

from app.services.clock import today
from app.services.forms.library import FormRow
from app.services.forms.placing import place_text
from app.services.progress import finish
from app.services.register.ledger import Moment
from app.services.register.students import Scope
from app.ui.main_window import MainWindow
from app.ui.papers.form_versions import VersionsDialog
from app.ui.papers.library import LibraryScreen
from app.ui.papers.placing import PlacingDialog, read_foreign
from tests.scenes.papers import ScenePort
from tests.scenes.scene import Scene, at_a_glance, settle, variants
from tests.unit.foreign_form import foreign_roster

_PATIENCE_MS = 20_000


def _library(window: MainWindow, form: str = "在校生名册") -> LibraryScreen:
    assert window.frame is not None
    window.frame.show_screen("forms", {"form": form})
    screen = window.frame.current
    assert isinstance(screen, LibraryScreen)
    screen.desk.use_port(ScenePort())
    settle(window)
    screen.tabs.setCurrentIndex(0)
    screen.beside.setCurrentIndex(0)
    screen.forms.choose(form)
    settle(window)
    screen.forms.viewport().repaint()
    clock = QElapsedTimer()
    clock.start()
    while screen.forms.drawing and clock.elapsed() < _PATIENCE_MS:
        settle(window)
    return screen


def _shelf(window: MainWindow) -> QWidget | None:
    _library(window)
    return None


def _beside(window: MainWindow) -> QWidget | None:
    screen = _library(window, "学籍卡")
    screen.scope.setCurrentIndex(1)
    screen._preview()
    settle(window)
    screen.beside.setCurrentIndex(1)
    settle(window)
    return None


def _fields(window: MainWindow) -> QWidget | None:
    screen = _library(window)
    screen.tabs.setCurrentIndex(1)
    screen.dictionary.table.selectRow(3)
    return None


def _record(window: MainWindow) -> QWidget | None:
    screen = _library(window)
    desk, target = screen.shell.desk, TemporaryDirectory()
    with target as folder:
        screen.scope.setCurrentIndex(1)
        screen._preview()
        settle(window)
        made = screen.desk.preview
        assert made is not None
        screen.shell.run(
            desk.printing.save(desk.actor, made.sheet, Path(folder) / "名册.pdf", made.file), "保存"
        )
        settle(window)
    screen.tabs.setCurrentIndex(2)
    settle(window)
    screen.record.table.selectRow(0)
    settle(window)
    return None


def _pile(window: MainWindow) -> QWidget | None:
    """Some cards of a class as a scan."""
    screen = _library(window)
    desk = screen.shell.desk
    people = desk.students.rows(Moment(today()))[:3]
    with TemporaryDirectory() as folder:
        target = Path(folder) / "一叠学籍卡.pdf"
        scope = Scope(ids=[row.id for row in people])
        finish(
            desk.printing.make(desk.actor, "学籍卡", target, moment=Moment(today()), scope=scope)
        )
        screen.tabs.setCurrentIndex(2)
        screen.record.read_scan(target)
        settle(window)
    return None


def _versions(window: MainWindow) -> QWidget:
    screen = _library(window)
    library, actor = screen.shell.desk.library, screen.shell.desk.actor
    row = screen.forms.current
    assert isinstance(row, FormRow)
    if row.number == 0:
        changed = place_text(library.template(row.name).source, row.name, "在校生名册", "A1",
                             "{{学校}}在校学生花名册")  # fmt: skip
        library.install(actor, changed, row.name, note="校办〔2026〕3号")
    dialog = VersionsDialog(screen.shell, row)
    dialog.show()
    settle(window)
    return dialog


def _placing(window: MainWindow) -> QWidget:
    screen = _library(window)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "走读生情况登记表.xlsx"
        target = BytesIO()
        foreign_roster().save(target)
        path.write_bytes(target.getvalue())
        dialog = PlacingDialog(screen.shell, read_foreign(path))
    dialog.show()
    dialog.grid.point("B4")
    settle(window)
    dialog.words.setText("名单.姓名")
    dialog.place()
    settle(window)
    dialog.grid.point("D4")
    dialog.words.setText("住址")
    settle(window)
    dialog._steps.clear()
    return dialog


SCENES = [
    *variants(Scene("表样-库", _shelf)),
    *variants(Scene("表样-内容", _beside)),
    Scene("表样-字段表", _fields),
    Scene("表样-字段表-1240x640", _fields, size=(1240, 640)),
    Scene("表样-打印记录", _record),
    Scene("表样-打印记录-深色", _record, dark=True),
    Scene("表样-打印记录-扫描件", _pile),
    *at_a_glance(Scene("表样-各版", _versions)),
    Scene("表样-填字段", _placing),
    Scene("表样-填字段-深色", _placing, dark=True),
]
