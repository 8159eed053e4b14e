"""表格: the one grid of every list. `Grid` shows a `GridModel`, paged from SQL or in memory."""

from app.ui.widgets.grid.column import CellEdit, CellKind, GridColumn, Outcome, Row
from app.ui.widgets.grid.grid import Grid
from app.ui.widgets.grid.memory import MemoryModel, MemoryRow
from app.ui.widgets.grid.model import GridModel
from app.ui.widgets.grid.paged import PagedModel, Source

__all__ = [
    "CellEdit",
    "CellKind",
    "Grid",
    "GridColumn",
    "GridModel",
    "MemoryModel",
    "MemoryRow",
    "Outcome",
    "PagedModel",
    "Row",
    "Source",
]
