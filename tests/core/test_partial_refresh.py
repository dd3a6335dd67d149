"""A refresh of some items changes their rows and no others."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.partial_refresh import ITEM_TABLES, partly_refreshed
from tests.hosts import planner_book


def _as_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A table as it comes back from a sheet: objects, empty cells as None."""
    return frame.astype(object).where(frame.notna() & (frame != ""), None)


def test_only_the_chosen_items_come_from_the_new_plan() -> None:
    plan = planner_book.plan()
    before = {name: _as_cells(getattr(plan, name)) for name in ITEM_TABLES}
    before["recommendations"]["order_quantity"] = 777.0
    merged = partly_refreshed(plan, before, [("A-1", "LEEDS")])
    for name in ITEM_TABLES:
        new, old = getattr(merged, name), getattr(plan, name)
        assert list(new.dtypes) == list(old.dtypes), name
        assert len(new) == len(old), name
    rows = merged.recommendations.set_index(["sku", "location"])["order_quantity"]
    assert rows.pop(("A-1", "LEEDS")) == planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert (rows == 777.0).all()


def test_without_a_change_the_plan_comes_out() -> None:
    plan = planner_book.plan()
    merged = partly_refreshed(plan, {name: _as_cells(getattr(plan, name)) for name in ITEM_TABLES}, [("B", "YORK")])
    for name in ("recommendations", "forecast", "explanations"):
        left, right = getattr(merged, name), getattr(plan, name)
        # "" and a missing text are the same empty cell
        pd.testing.assert_frame_equal(_as_cells(left), _as_cells(right))


def test_a_number_that_excel_made_of_an_item_number_is_the_same_item() -> None:
    plan = planner_book.plan()
    before = {"recommendations": _as_cells(plan.recommendations)}
    before["recommendations"]["sku"] = [1001.0 if sku == "1001" else sku for sku in before["recommendations"]["sku"]]
    assert partly_refreshed(plan, before, []).recommendations["sku"].tolist() == plan.recommendations["sku"].tolist()
