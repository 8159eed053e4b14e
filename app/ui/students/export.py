"""导出: where to, what for (asked once a day), and what can be done with the file then."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QCursor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu

from app.services.clock import today
from app.services.errors import AppError, FileNotWritable
from app.services.register.ledger import Moment
from app.services.register.listexport import ListSheet, proposed_name
from app.ui.shell import Shell


class ListExporter:
    """Exports of one list."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def export(
        self, title: str, columns: Sequence[str], ids: Sequence[int], moment: Moment
    ) -> None:
        """Ask for the purpose where it was not given today, then for the file."""
        sheet = ListSheet(title, tuple(columns), ids, moment)
        desk = self._shell.desk

        def known(purpose: str | None) -> None:
            said = purpose or self._ask_purpose()
            if said:
                self._choose(sheet, said, proposed_name(title, today()))

        self._shell.read(lambda: desk.list_exports.purpose_of_today(desk.actor), known)

    def _ask_purpose(self) -> str:
        text = "导出的名单含个人信息，请写明用途（记入操作记录，今天只问一次）："
        purpose, agreed = QInputDialog.getText(self._shell.window, "导出用途", text)
        return purpose.strip() if agreed else ""

    def _choose(self, sheet: ListSheet, purpose: str, name: str) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        path, _ = QFileDialog.getSaveFileName(
            self._shell.window, "导出名单", str(Path(folder) / name), "Excel 工作簿 (*.xlsx)"
        )
        if path:
            target = Path(path)
            if target.suffix.lower() != ".xlsx":
                target = target.with_name(f"{target.name}.xlsx")
            self.save(sheet, target, purpose)

    def save(self, sheet: ListSheet, target: Path, purpose: str) -> None:
        """Write the file; one that another program holds open gets a second name."""
        desk = self._shell.desk

        def refused(error: AppError) -> None:
            self._shell.say(str(error), "danger")
            if isinstance(error, FileNotWritable):
                second = target.with_stem(f"{target.stem}_2").name
                self._choose(sheet, purpose, second)

        self._shell.run(
            desk.list_exports.save(desk.actor, sheet, target, purpose),
            f"导出 {target.name}",
            lambda count: self._tell(target, count),
            refused,
            changes=False,
        )

    def _tell(self, target: Path, count: int) -> None:
        self._shell.say(
            f"已导出 {count:,} 人：{target.name}",
            action=("打开…", lambda: self.menu(target).popup(QCursor.pos())),
        )

    def menu(self, target: Path) -> QMenu:
        """What can be done with the file."""
        menu = QMenu(self._shell.window)
        menu.addAction("打开文件", lambda: _open(target))
        menu.addAction("打开所在文件夹", lambda: _open(target.parent))
        menu.addAction("复制路径", lambda: QGuiApplication.clipboard().setText(str(target)))
        return menu


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
