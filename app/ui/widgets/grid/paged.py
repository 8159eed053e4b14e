"""A grid model over ids: who is there is one query, what the cells say is read page by page."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from PySide6.QtCore import QObject

from app.services.register.listing import PAGE, SortLevel
from app.ui.widgets.grid.column import CellEdit, GridColumn, Outcome, Row
from app.ui.widgets.grid.model import _NOWHERE, GridModel, Index

Result = TypeVar("Result")
_PAGES_KEPT: Final = 24


class Source(Protocol):
    """Where rows come from; called on the thread that reads."""

    def ids(self, filters: Mapping[str, str], sort: Sequence[SortLevel]) -> Sequence[int]: ...
    def page(self, ids: Sequence[int]) -> Sequence[Row]: ...
    def values(
        self, column: str, filters: Mapping[str, str], holding: str
    ) -> list[tuple[str, int]]: ...


class Read(Protocol):
    """How something is read without holding up the window (Shell.read)."""

    def __call__(
        self, work: Callable[[], Result], then: Callable[[Result], object], /
    ) -> object: ...


Writer = Callable[[Sequence[CellEdit], str, Callable[[Outcome], object]], object]


class PagedModel(GridModel):
    """Rows of a source, 256 at a time. `writer` writes cells; without one nothing is edited."""

    def __init__(
        self,
        source: Source,
        read: Read,
        columns: Sequence[GridColumn],
        shown: Sequence[str] = (),
        *,
        frozen: int = 0,
        writer: Writer | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, shown, frozen=frozen, parent=parent)
        self._source, self._read, self._writer = source, read, writer
        self._ids: Sequence[int] = ()
        self._pages: OrderedDict[int, dict[int, Row]] = OrderedDict()
        self._awaited: set[int] = set()
        self._asked = 0  # which question the rows answer; later ones make earlier answers stale
        self.loading = False

    @property
    def ids(self) -> Sequence[int]:
        """Who is in the list, in its order."""
        return self._ids

    def set_source(self, source: Source, *, reload: bool = True) -> None:
        """Rows of another source (another day), under the same boxes."""
        self._source = source
        if reload:
            self.reload()

    def reload(self) -> None:
        self._asked += 1
        asked, source = self._asked, self._source
        filters, sort = dict(self.filters), self.sort_levels
        self.loading = True

        def arrived(ids: Sequence[int]) -> None:
            if asked == self._asked:
                self._take(ids)

        self._read(lambda: source.ids(filters, sort), arrived)

    def _take(self, ids: Sequence[int]) -> None:
        self.loading = False
        self.beginResetModel()
        self._ids = ids
        self._forget_pages()
        self.endResetModel()
        self.counted.emit()

    def refresh_cells(self) -> None:
        """The rows may say something else now; who is there and the order stay."""
        self._asked += 1
        self._forget_pages()
        if self._ids:
            last = self.index(len(self._ids) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _forget_pages(self) -> None:
        self._pages.clear()
        self._awaited.clear()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._ids)

    def row_at(self, row: int) -> Row | None:
        number = row // PAGE
        page = self._pages.get(number)
        if page is None:
            self._ask_for(number)
            return None
        self._pages.move_to_end(number)
        return page.get(self._ids[row])

    def _ask_for(self, number: int) -> None:
        if number in self._awaited:
            return
        self._awaited.add(number)
        asked, source = self._asked, self._source
        wanted = list(self._ids[number * PAGE : (number + 1) * PAGE])

        def arrived(rows: Sequence[Row]) -> None:
            if asked != self._asked:
                return
            self._awaited.discard(number)
            self._pages[number] = {row.id: row for row in rows}
            while len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
            first = number * PAGE
            last = min(first + PAGE, len(self._ids)) - 1
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

        self._read(lambda: source.page(wanted), arrived)

    def id_at(self, row: int) -> int:
        return self._ids[row]

    def place_of(self, row_id: int) -> int:
        try:
            return self._ids.index(row_id)
        except ValueError:
            return -1

    def fetch(self, rows: Sequence[int], then: Callable[[list[Row]], object]) -> None:
        source, wanted = self._source, [self._ids[row] for row in rows]

        def read() -> list[Row]:
            found: list[Row] = []
            for start in range(0, len(wanted), PAGE):
                found.extend(source.page(wanted[start : start + PAGE]))
            return found

        self._read(read, then)

    def values(
        self, column: str, holding: str, then: Callable[[list[tuple[str, int]]], object]
    ) -> None:
        source, filters = self._source, dict(self.filters)
        self._read(lambda: source.values(column, filters, holding), then)

    def can_edit(self, column: GridColumn) -> bool:
        return self._writer is not None and super().can_edit(column)

    def write(self, edits: Sequence[CellEdit], title: str, then: Callable[[Outcome], Any]) -> None:
        if self._writer is not None:
            self._writer(edits, title, then)
