"""An open planner's workbook and its buttons, as the tests of the ribbon see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.selected_items import own_table
from invopt_xl.core.recommend import planner_columns
from tests.hosts import planner_book
from tests.hosts.planner_file import pressed

if TYPE_CHECKING:
    from tests.hosts.openpyxl_engine import Excel


@dataclass
class Desk:
    """An open planner's workbook."""

    excel: Excel
    book: Any
    name: str

    def press(self, button: str, *arguments: str) -> str:
        return pressed(ribbon.ACTIONS[button], self.name, *arguments)

    def cell(self, sheet: str, address: str) -> Any:
        return self.book.sheets[sheet].range(address).value

    def table(self, name: str) -> pd.DataFrame:
        found = own_table(self.book, name)
        assert found is not None
        return found.frame

    def row_of(self, sku: str, location: str = "LEEDS") -> int:
        rows = self.table("Recommendations")
        return int(rows.index[(rows["sku"] == sku) & (rows["location"] == location)][0])

    def type_in(self, sheet: str, row: int, column: str, value: object) -> None:
        """Enter something as the planner does, past our log."""
        file = self.book.impl.file[sheet]
        at = [cell.value for cell in file[1]].index(column) + 1
        file.cell(row, at).value = value


def known_plan(tables: Any, *, previous: Any = None, **_: Any) -> Any:
    """Stand in for `pipeline.plan`: the plan that was made once, with the decisions of the one before."""
    if previous is None:
        return planner_book.plan()
    rows = planner_book.plan().recommendations
    return replace(planner_book.plan(), recommendations=rows.assign(**planner_columns(rows, previous)))
