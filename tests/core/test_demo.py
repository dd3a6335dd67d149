"""The demo world holds what it promises, and is the same every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.contracts import INPUT
from invopt_xl.core.demo import demo_tables


@pytest.fixture(scope="module")
def demo() -> dict[str, pd.DataFrame]:
    return demo_tables()


def test_the_same_seed_gives_the_same_tables_and_another_seed_others() -> None:
    first, again, other = (demo_tables(seed=seed, skus=10, locations=2, weeks=40) for seed in (5, 5, 6))
    for name in first:
        pd.testing.assert_frame_equal(first[name], again[name])
    assert not first["Sales"].equals(other["Sales"])


def test_size_is_200_items_at_3_locations_over_130_weeks(demo: dict[str, pd.DataFrame]) -> None:
    assert len(demo["Items"]) == 200
    assert len(demo["Stock"]) == 600
    assert demo["Sales"]["date"].nunique() == 130


def test_columns_are_those_of_the_contract(demo: dict[str, pd.DataFrame]) -> None:
    for name, frame in demo.items():
        assert set(frame.columns) <= set(INPUT[name].names)
        assert set(INPUT[name].required) <= set(frame.columns)


def test_stock_moves_by_sales_and_receipts_only(demo: dict[str, pd.DataFrame]) -> None:
    sales = demo["Sales"].dropna(subset=["on_hand"])
    one = sales[(sales["sku"] == "00101") & (sales["location"] == "MAIN")].sort_values("date")
    moved = one["on_hand"].diff() + one["quantity"]
    assert (moved.dropna() >= 0).all()  # what is not explained by sales came in


def test_it_has_stock_outs_returns_promotions_late_receipts_and_overdue_orders(demo: dict[str, pd.DataFrame]) -> None:
    sales, receipts = demo["Sales"], demo["LeadTimes"]
    assert 0.01 < (sales["on_hand"] <= 0).mean() < 0.2
    assert (sales["quantity"] < 0).sum() > 20
    assert sales["promotion"].sum() > 500
    assert 0.2 < (receipts["receipt_date"] > receipts["promised_date"]).mean() < 0.8
    assert len(demo["Promotions"]) > 3


def test_skus_keep_their_leading_zeros(demo: dict[str, pd.DataFrame]) -> None:
    assert demo["Items"]["sku"].str.startswith("00").all()


def test_one_supplier_got_slower(demo: dict[str, pd.DataFrame]) -> None:
    receipts = demo["LeadTimes"]
    days = (receipts["receipt_date"] - receipts["order_date"]).dt.days
    late = receipts["receipt_date"] >= receipts["receipt_date"].max() - pd.Timedelta(
        days=90
    )  # by receipt: no order is cut off
    own = receipts["supplier"] == "Eastgate"
    assert days[own & late].mean() > 1.2 * days[own & ~late].mean()
    assert np.isclose(days[~own & late].mean(), days[~own & ~late].mean(), rtol=0.15)
