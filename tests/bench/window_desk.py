"""The work that the bench does in the real window, through its event loop."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.services.vault.vault import Vault
from app.ui import theme
from app.ui.desk_frame import DeskFrame
from app.ui.intake.screen import IntakeScreen
from app.ui.intake.wizard import ACCEPT, COLUMNS, COMPARISON, FAULTS
from app.ui.main_window import MainWindow
from app.ui.navigation import PLACES
from app.ui.papers.cards import CardsScreen
from app.ui.preferences import Preferences
from app.ui.students.screen import StudentsScreen
from app.ui.unlock.behind import load
from tests.bench.registers import PASSWORD

_TICK_MS: Final = 5
_PATIENCE: Final = 60.0  # seconds
_PAGES: Final = 60  # turned in the list
_JUMPS: Final = 40  # from its beginning to its end


class Ticks:
    """The longest time between two ticks on the window's thread since `begin`."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def begin(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    def so_far(self) -> float:
        """Also what the next tick is already late by."""
        return max(self.longest, time.perf_counter() - self._last)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now


class Bench:
    """One window over one register, and what was found in it."""

    def __init__(self, folder: Path) -> None:
        self.application = QApplication([])
        theme.apply(theme.Mode.LIGHT)
        preferences = Preferences(folder.with_name("preferences") / "window.ini")
        self.window = MainWindow(folder, preferences)
        self.window.begin()
        self.window.show()
        self.ticks = Ticks()
        self.measures: list[dict[str, Any]] = []
        load()  # as the gate does while the password is typed
        vault = Vault.open(folder, PASSWORD)
        self.measured("打开学籍库到首页画出", "首页", lambda: self.window.enter(vault))

    @property
    def frame(self) -> DeskFrame:
        """The frame around the screens."""
        if self.window.frame is None:
            raise RuntimeError("the register is not open")
        return self.window.frame

    # --- waiting --------------------------------------------------------------------------

    def wait(self, until: Callable[[], bool]) -> None:
        """Let the window live until something is so."""
        end = time.perf_counter() + _PATIENCE
        while not until():
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, _TICK_MS)
            if time.perf_counter() > end:
                raise TimeoutError("the window did not come to an end")

    def settle(self) -> None:
        """Until nothing is under way, three times in a row, and a tick of rest."""
        quiet = 0

        def settled() -> bool:
            nonlocal quiet
            quiet = 0 if self.window.busy else quiet + 1
            return quiet > 3

        self.wait(settled)
        self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 2 * _TICK_MS)

    def measured(
        self,
        item: str,
        pause: str,
        act: Callable[[], object],
        until: Callable[[], bool] | None = None,
        goal: str = "",
    ) -> float:
        """Seconds of an act until what the user waits for is there, and the pause in it."""
        self.ticks.begin()
        begun = time.perf_counter()
        act()
        self.wait(until) if until is not None else self.settle()
        taken = time.perf_counter() - begun
        self.settle()
        if item:
            self.measures.append({"item": item, "seconds": taken, "goal": goal})
        if pause:
            self.pause(pause)
        return taken

    def pause(self, name: str) -> None:
        """Write down the longest pause since the last beginning."""
        item = f"最长停顿：{name}"
        self.measures.append({"item": item, "seconds": self.ticks.so_far(), "goal": "pause"})


def desk(folder: Path) -> dict[str, Any]:
    """Open every place, then the list, the search, the preview; at the end close the register."""
    bench = Bench(folder)
    places = {place.name: place.title for place in PLACES}
    for name in [name for name in places if name not in {"home", "students"}]:
        bench.measured("", f"打开{places[name]}", lambda name=name: bench.frame.show_screen(name))
    opened = _list(bench)
    walk = _walk(bench)
    walked = _memory()
    _search(bench)
    _preview(bench)
    bench.measured("关闭学籍库", "关闭学籍库", bench.window.close_register)
    return {"measures": bench.measures, "open": opened, "walked": walked, "walk": walk}


def _memory() -> float:
    """MB that the process holds."""
    return float(psutil.Process().memory_info().rss / 1e6)


def _students(bench: Bench) -> StudentsScreen:
    """The list, where it is shown."""
    screen = bench.frame.current
    if not isinstance(screen, StudentsScreen):
        raise TypeError("the list is not there")
    return screen


def _first_page(bench: Bench) -> bool:
    """Whether the answer and its first rows are there."""
    model = _students(bench).model
    if model.loading or model.rowCount() == 0:
        return False
    return model.row_at(0) is not None


def _list(bench: Bench) -> float:
    """The list: open, sort, filter; the memory after opening."""

    def there() -> bool:
        return _first_page(bench)

    def show() -> None:
        bench.frame.show_screen("students")

    bench.measured("打开学生名单到第一页出现", "打开学生", show, there, "quick")
    screen = _students(bench)
    model = screen.model
    opened = _memory()
    for column, said in (("name", "姓名拼音"), ("class_group", "班级")):
        title = f"名单按{said}排序到第一页出现"
        bench.measured(title, "排序", lambda c=column: model.sort_by(c), there, "quick")
    headers = (screen.grid.table.frozen.header, screen.grid.table.header)
    box = next((b for b in (header.box_of("name") for header in headers) if b is not None), None)
    if box is None:
        raise RuntimeError("there is no box over the names")
    whole = model.rowCount()

    def type_filter() -> None:
        QTest.keyClicks(box, "wx")

    def filtered() -> bool:
        return not model.loading and model.rowCount() < whole and (not model.rowCount() or there())

    title = "名单筛选输入两键到结果出现（含等 0.15 秒）"
    bench.measured(title, "筛选", type_filter, filtered, "quick")
    bench.measured("", "", model.clear_filters)
    return opened


def _walk(bench: Bench) -> float:
    """Page by page from the top, then in leaps to the end."""
    screen = _students(bench)
    table, model = screen.grid.table, screen.model
    bar = table.verticalScrollBar()
    bar.setValue(0)
    bench.settle()
    times: list[float] = []

    def shown() -> bool:
        first = max(table.rowAt(1), 0)
        last = min(first + bar.pageStep(), model.rowCount()) - 1
        return model.row_at(first) is not None and model.row_at(last) is not None

    bench.ticks.begin()
    begun = time.perf_counter()
    for _ in range(_PAGES):
        turned = time.perf_counter()
        bar.setValue(bar.value() + bar.pageStep())
        bench.wait(shown)
        times.append(time.perf_counter() - turned)
    for at in range(1, _JUMPS + 1):
        bar.setValue(bar.maximum() * at // _JUMPS)
        bench.wait(shown)
    bench.settle()
    taken = time.perf_counter() - begun
    worst = sorted(times)[int(len(times) * 0.95)]
    bench.measures.append({"item": "名单翻一页，p95", "seconds": worst, "goal": "quick"})
    bench.pause("翻名单")
    return taken


def _search(bench: Bench) -> None:
    """Key by key: until the hits of what was typed stand there."""
    search = bench.frame.top.search
    bench.measured("第一次查找（含建索引）", "", search.begin)
    times: list[float] = []
    bench.ticks.begin()
    for word in ("wangxiaoming", "320106", "zhang"):
        for key in word:
            begun = time.perf_counter()
            QTest.keyClick(search, key)
            _answered(bench, search)
            times.append(time.perf_counter() - begun)
        search.clear()
        bench.settle()
    worst = sorted(times)[int(len(times) * 0.95)]
    item = "查找每键到结果出现，p95（含等 0.04 秒）"
    bench.measures.append({"item": item, "seconds": worst, "goal": "quick"})
    bench.pause("查找")
    QTest.keyClick(search, Qt.Key.Key_Escape)


def _answered(bench: Bench, search: Any) -> None:
    """The pause after the key is over, and what was asked for is there."""
    bench.wait(lambda: not search._timer.isActive() and not bench.window.busy)


def _preview(bench: Bench) -> None:
    """The cards of another class of fifty."""
    bench.frame.show_screen("cards")
    screen = bench.frame.current
    if not isinstance(screen, CardsScreen):
        raise TypeError("the cards did not open")
    bench.settle()
    tree, paper = screen.chooser.tree, screen.desk
    top = tree.topLevelItem(0)
    other = top.child(min(1, top.childCount() - 1)) if top is not None else None
    before = paper.preview

    def drawn() -> bool:
        return paper.preview is not None and paper.preview is not before

    if other is None or other is tree.currentItem():
        bench.measured("", "预览一个班的学籍卡", screen.chooser.reload)
        return
    title = "一个班的学籍卡到第一页预览出现"
    bench.measured(title, "预览一个班的学籍卡", lambda: tree.setCurrentItem(other), drawn)


def intake(folder: Path, path: Path) -> dict[str, Any]:
    """A list through all five steps of 导入与核对."""
    bench = Bench(folder)
    bench.measures.clear()
    bench.frame.show_screen("intake")
    bench.settle()
    screen = bench.frame.current
    if not isinstance(screen, IntakeScreen):
        raise TypeError("the import did not open")
    wizard = screen.wizard
    bench.measured("导入窗口：读表、对应、核对", "导入：读表", lambda: wizard.take([path]))
    for step, name in ((COLUMNS, "表头与对应"), (FAULTS, "核对"), (COMPARISON, "比较"),
                       (ACCEPT, "导入")):  # fmt: skip
        bench.measured("", f"导入：“{name}”一步", lambda step=step: wizard.show_step(step))
    if not wizard.ready:
        raise RuntimeError("the list is not ready to be taken in")
    bench.measured("导入窗口：写入", "导入：写入", wizard.forward)
    if wizard.task is None or not wizard.task.done:
        raise RuntimeError("the list was not taken in")
    return {"measures": bench.measures}
