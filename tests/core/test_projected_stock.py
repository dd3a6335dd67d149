"""Projected stock adds up: what was there, plus what comes, minus what is sold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.projected_stock import COLUMNS, projected_sheet, projected_stock

_STARTS = pd.date_range("2026-01-05", periods=6, freq="7D")


def _forecast(mean: float | list[float] = 5.0, width: float = 2.0) -> pd.DataFrame:
    frame = pd.DataFrame({"period_start": _STARTS, "mean": mean})
    return frame.assign(q05=np.maximum(frame["mean"] - width, 0), q95=frame["mean"] + width)


def _row(**values: object) -> pd.Series:
    usual = {
        "sku": "a",
        "location": "L",
        "on_hand": 40.0,
        "on_order": 0.0,
        "order_quantity": 0.0,
        "expected_receipt": pd.NaT,
        "reorder_point": 12.0,
    }
    return pd.Series({**usual, **values})


def _due(*lines: tuple[float, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["quantity", "due_date"])
    return frame.assign(due_date=pd.to_datetime(frame["due_date"]), quantity=frame["quantity"].astype(float))


def test_stock_falls_by_demand() -> None:
    assert projected_stock(_row(), _forecast(), _due())["stock"].tolist() == [35, 30, 25, 20, 15, 10]


@pytest.mark.parametrize(
    ("day", "period"), [("2025-12-01", 0), ("2026-01-05", 0), ("2026-01-11", 0), ("2026-01-12", 1), ("2026-02-15", 5)]
)
def test_an_open_order_comes_in_the_period_of_its_day_and_an_overdue_one_at_once(day: str, period: int) -> None:
    table = projected_stock(_row(), _forecast(), _due((7.0, day)))
    assert np.flatnonzero(table["orders_due"]).tolist() == [period]


def test_orders_beyond_the_horizon_or_without_a_day_do_not_come() -> None:
    assert projected_stock(_row(), _forecast(), _due((7.0, "2026-02-16"), (9.0, None)))["orders_due"].sum() == 0


def test_units_on_order_without_lines_are_due_first() -> None:
    assert projected_stock(_row(on_order=6.0), _forecast(), _due())["orders_due"].tolist() == [6, 0, 0, 0, 0, 0]
    assert projected_stock(_row(on_order=6.0), _forecast(), _due((6.0, "2026-01-20")))["orders_due"].tolist()[:3] == [
        0,
        0,
        6,
    ]


def test_what_is_missing_is_lost_and_not_owed() -> None:
    table = projected_stock(
        _row(on_hand=3.0, order_quantity=20.0, expected_receipt=pd.Timestamp("2026-01-21")), _forecast(), _due()
    )
    # on Monday and Tuesday of the third week nothing is there to be sold
    assert table["stock"].tolist() == pytest.approx([0, 0, 20 - 25 / 7, 15 - 25 / 7, 10 - 25 / 7, 5 - 25 / 7])
    assert table["without_order"].tolist() == [0] * 6


def test_the_band_of_one_period_is_that_of_its_forecast_and_widens_with_the_root_of_time() -> None:
    table = projected_stock(_row(on_hand=1000.0), _forecast(width=4.0), _due())
    half = ((table["stock_high"] - table["stock_low"]) / 2).to_numpy()
    assert half == pytest.approx(4.0 * np.sqrt(np.arange(1, 7)))


def test_an_order_that_arrives_on_the_last_day_of_a_week_serves_that_day_only() -> None:
    row = _row(on_hand=0.0, order_quantity=50.0, expected_receipt=pd.Timestamp("2026-01-11"))
    assert projected_stock(row, _forecast(7.0), _due())["stock"].tolist()[:2] == pytest.approx([49.0, 42.0])


def test_after_a_stock_out_the_band_is_that_of_the_demand_since() -> None:
    row = _row(on_hand=0.0, order_quantity=100.0, expected_receipt=_STARTS[1])
    table = projected_stock(row, _forecast(width=4.0), _due())
    assert (table["stock"] - table["stock_low"]).tolist()[:3] == pytest.approx([0.0, 4.0, 4.0 * np.sqrt(2.0)])
    assert (table["stock_high"] - table["stock"]).tolist()[:3] == pytest.approx([0.0, 4.0, 4.0 * np.sqrt(2.0)])


def _walked(on_hand: float, received: np.ndarray, demand: np.ndarray) -> list[float]:
    """Return the stock at the end of each week of seven days, the obvious way."""
    level, found = on_hand, []
    for day, (units, wanted) in enumerate(zip(received, demand, strict=True)):
        level = max(level + units - wanted, 0.0)
        if day % 7 == 6:
            found.append(level)
    return found


@given(st.floats(0, 100), st.lists(st.floats(0, 60), min_size=6, max_size=6), st.integers(0, 41), st.integers(0, 41))
def test_expected_stock_is_what_a_walk_day_by_day_finds(
    on_hand: float, demand: list[float], one: int, other: int
) -> None:
    received = np.zeros(42)
    received[one] += 50.0
    received[other] += 13.0
    row = _row(on_hand=on_hand, order_quantity=50.0, expected_receipt=_STARTS[0] + pd.Timedelta(days=one))
    due = _due((13.0, f"{_STARTS[0] + pd.Timedelta(days=other):%Y-%m-%d}"))
    walked = _walked(on_hand, received, np.repeat(np.array(demand) / 7, 7))
    assert projected_stock(row, _forecast(demand), due)["stock"].tolist() == pytest.approx(walked, abs=1e-8)


def test_stock_never_exceeds_what_is_there_and_comes() -> None:
    row = _row(on_hand=5.0, order_quantity=20.0, expected_receipt=_STARTS[2])
    table = projected_stock(row, _forecast(7.0, width=7.0), _due())
    assert (table["stock_high"] <= 5.0 + table["recommended"].cumsum() + 1e-9).all()


def test_a_planned_quantity_can_be_replaced() -> None:
    row = _row(order_quantity=20.0, expected_receipt=pd.Timestamp("2026-01-12"))
    assert projected_stock(row, _forecast(), _due(), order=0.0)["stock"].equals(
        projected_stock(_row(), _forecast(), _due())["stock"]
    )


@given(
    st.floats(0, 500),
    st.lists(st.floats(0, 60), min_size=6, max_size=6),
    st.floats(0, 300),
    st.integers(0, 5),
)
def test_more_order_never_means_less_stock_and_low_is_never_above_high(
    on_hand: float, demand: list[float], quantity: float, week: int
) -> None:
    row = _row(on_hand=on_hand, order_quantity=quantity, expected_receipt=_STARTS[week])
    table = projected_stock(row, _forecast(demand), _due((13.0, "2026-01-14")))
    assert (table["stock"] >= table["without_order"] - 1e-9).all()
    assert (table["stock_low"] <= table["stock_high"] + 1e-9).all()
    assert (table[["stock", "stock_low", "stock_high", "without_order"]] >= 0).all().all()


def test_the_sheet_draws_every_column_that_it_names() -> None:
    sheet = projected_sheet(_row(description="Tea"), projected_stock(_row(), _forecast(), _due()))
    (block,), (chart,) = sheet.blocks, sheet.charts
    assert list(block.frame.columns) == [each.name for each in COLUMNS]
    assert {each.column for each in chart.series} <= set(block.frame.columns)
    assert block.row > chart.row + chart.height, "the table stands below its chart"
    assert sheet.texts[0].text == "Projected stock of a, L: Tea"
