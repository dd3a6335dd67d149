"""What the last run kept on its hidden sheet is read back from the open workbook: safety stock is damped, and what changed is told."""

from __future__ import annotations

import pandas as pd
import pytest

from invopt_xl.adapters.plan_cache import PLANS, PlanCache
from invopt_xl.adapters.selected_items import own_table
from invopt_xl.core.plan import Plan
from tests.hosts.desk import Desk


def kept(desk: Desk) -> pd.DataFrame:
    found = own_table(desk.book, "Kept Inputs", attribute="basis")
    assert found is not None
    return found.frame


def a_week_ago(desk: Desk) -> None:
    """Have the last run be of a week before, with three times the safety stock."""
    frame = kept(desk)
    for row, day, stock in zip(frame.index, frame["run_day"], frame["run_safety_stock"], strict=True):
        before = pd.Timestamp(day) - pd.Timedelta(days=7)
        desk.type_in("Kept Inputs", int(row), "run_day", f"{before:%Y-%m-%d}")
        desk.type_in("Kept Inputs", int(row), "run_safety_stock", 3 * float(stock))


def damped(made: Plan) -> list[bool]:
    return made.explanations["driver"].eq("safety stock: damped").groupby(made.explanations["sku"]).any().tolist()


@pytest.fixture
def again(desk: Desk) -> Plan:
    """The plan of a second Refresh."""
    assert desk.press("refresh").startswith("done")
    first = PLANS.planned(desk.name).plan
    assert not any(damped(first))
    a_week_ago(desk)
    desk.book.save(desk.name)
    assert desk.press("refresh").startswith("done")
    return PLANS.planned(desk.name).plan


def test_a_second_refresh_follows_the_first_in_steps(desk: Desk, again: Plan) -> None:
    assert any(damped(again))
    assert again.changed is not None
    assert "Order Changes" in [sheet.name for sheet in desk.book.sheets]
    # functions of the saved file would have said the same
    before = kept(desk)
    assert before["start_day"].tolist() != before["run_day"].tolist()


def test_a_third_on_the_same_day_moves_nothing(desk: Desk, again: Plan) -> None:
    assert desk.press("refresh").startswith("done")
    third = PLANS.planned(desk.name).plan
    assert third.recommendations["order_quantity"].tolist() == again.recommendations["order_quantity"].tolist()
    assert third.recommendations["safety_stock"].tolist() == pytest.approx(
        again.recommendations["safety_stock"].tolist(), abs=1e-5
    )


def test_functions_of_the_saved_file_are_damped_alike(desk: Desk, again: Plan) -> None:
    desk.book.save(desk.name)
    functions = PlanCache().planned(desk.name).plan
    assert functions.recommendations["safety_stock"].tolist() == pytest.approx(
        again.recommendations["safety_stock"].tolist(), abs=1e-5
    )
