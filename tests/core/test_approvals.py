"""Nothing is ordered without a word of the planner, and what is large or far off not without a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.approvals import APPROVED, HELD, NOTHING, OPEN, REJECTED, approvals


def _rows(*rows: tuple[float, object, float | None, str], unit_cost: float = 2.0) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["order_quantity", "decision", "planner_quantity", "reason"])
    return frame.assign(order_value=frame["order_quantity"] * unit_cost)


@pytest.mark.parametrize(
    ("row", "state", "quantity"),
    [
        ((10, "Approve", None, ""), APPROVED, 10),
        ((10, " approve ", 10, ""), APPROVED, 10),
        ((500, "Approve", 100, "agreed with Jo"), HELD, 500),
        ((0, "Approve", 100, ""), HELD, 0),
        ((10, "Change", 12, ""), APPROVED, 12),
        ((10, "Change", 0, ""), NOTHING, 0),
        ((10, "Change", None, ""), HELD, 0),
        ((10, "Change", -3, ""), HELD, 0),
        ((10, "Change", 90, ""), HELD, 90),
        ((10, "Change", 90, "fair"), APPROVED, 90),
        ((10, "Change", 1, ""), HELD, 1),
        ((0, "Change", 5, ""), HELD, 5),
        ((10, "Reject", 5, ""), REJECTED, 0),
        ((10, "ok", None, ""), HELD, 0),
        ((10, "", None, ""), OPEN, 0),
        ((10, None, 5, ""), OPEN, 0),
        ((0, "Approve", None, ""), NOTHING, 0),
        ((0, "", None, ""), NOTHING, 0),
        ((np.nan, "", None, ""), NOTHING, 0),
    ],
)
def test_states_of_a_line(row: tuple[float, object, float | None, str], state: str, quantity: float) -> None:
    found = approvals(_rows(row)).iloc[0]
    assert (found["state"], found["quantity"]) == (state, quantity)
    assert bool(found["why"]) == (state == HELD)


def test_a_value_above_the_limit_is_held_and_the_limit_itself_is_not() -> None:
    rows = _rows((50, "Approve", None, ""), (51, "Approve", None, ""), (51, "Approve", None, "Jo"))
    found = approvals(rows, value_limit=100.0)
    assert found["state"].tolist() == [APPROVED, HELD, APPROVED]
    assert found["limit"].tolist() == ["", "value", ""]
    assert "102.00 is above the limit of 100.00" in found["why"].iloc[1]


def test_a_value_that_is_not_known_counts_as_above_the_limit() -> None:
    rows = _rows((0, "Change", 5, ""), (0, "Change", 5, "Jo"), (0, "Approve", None, ""))
    found = approvals(rows, value_limit=100.0, change_limit=None)
    assert found["state"].tolist() == [HELD, APPROVED, NOTHING]
    assert "no unit cost" in found["why"].iloc[0]


def test_a_changed_quantity_is_valued_at_the_cost_of_a_unit() -> None:
    assert approvals(_rows((10, "Change", 12, "")))["value"].tolist() == [24.0]
    bought = _rows((0, "Change", 5, "try")).assign(unit_cost=3.0)
    assert approvals(bought)["value"].tolist() == [15.0]
    assert np.isnan(approvals(_rows((0, "Change", 5, "try")))["value"].item())


def test_without_limits_only_the_decision_counts() -> None:
    rows = _rows((10, "Change", 1e6, ""), (1e9, "Approve", None, ""))
    assert approvals(rows, value_limit=None, change_limit=None)["state"].tolist() == [APPROVED, APPROVED]


_lines = st.tuples(
    st.floats(0, 1e6),
    st.sampled_from(["", "Approve", "Change", "Reject", "maybe"]),
    st.none() | st.floats(-10, 1e6),
    st.sampled_from(["", "x"]),
)


@given(st.lists(_lines, min_size=1, max_size=8), st.none() | st.floats(0, 1e6))
def test_only_approved_and_held_lines_have_a_quantity(
    lines: list[tuple[float, object, float | None, str]], limit: float | None
) -> None:
    rows = _rows(*lines)
    found = approvals(rows, value_limit=limit)
    assert (found.loc[found["quantity"] > 0, "state"].isin([APPROVED, HELD])).all()
    assert (found.loc[found["state"] == APPROVED, "quantity"] > 0).all()
    assert rows.loc[(found["state"] == APPROVED).to_numpy(), "decision"].isin(["Approve", "Change"]).all()
    over = found["value"] > (np.inf if limit is None else limit)
    assert (rows.loc[(over & (found["state"] == APPROVED)).to_numpy(), "reason"] != "").all()
