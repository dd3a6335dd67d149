"""Real data planned end to end through a workbook, with the columns named as their owners named them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import invopt_xl as iv

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not beside the repository"),
]


def save(path: Path, **sheets: pd.DataFrame) -> Path:
    """Write frames as plain sheets, as a planner's export looks."""
    with pd.ExcelWriter(
        path, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    ) as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return path


def planned(path: Path, **settings: object) -> iv.Plan:
    """Read, plan and write back in place; check what must hold for every plan."""
    before = openpyxl.load_workbook(path, read_only=True).sheetnames
    tables = iv.read_tables(path, settings=settings)
    plan = iv.plan(tables, settings=settings)
    iv.write_plan(plan, path)
    assert openpyxl.load_workbook(path, read_only=True).sheetnames[: len(before)] == before
    r = plan.recommendations
    assert not r.duplicated(["sku", "location"]).any()
    for name in ("order_quantity", "reorder_point", "forecast_protection", "demand_per_period"):
        assert np.isfinite(r[name]).all(), name
        assert (r[name] >= 0).all(), name
    shares = plan.explanations.groupby(["sku", "location"])["share_units"].agg(math.fsum)
    quantity = r.set_index(["sku", "location"])["order_quantity"]
    assert np.allclose(shares.reindex(quantity.index).fillna(0), quantity, atol=1e-9, rtol=0)
    assert r["why"].str.len().gt(10).all()
    return plan


def test_stallion_beer_is_planned_by_month(tmp_path: Path) -> None:
    beer = pd.read_parquet(DATA / "stallion_beer" / "sales.parquet")
    sales = beer[["agency", "sku", "month", "volume", "price_actual"]]
    last = sales[sales["month"] == sales["month"].max()]
    stock = last[["agency", "sku"]].assign(on_hand=last["volume"].round())
    plan = planned(save(tmp_path / "beer.xlsx", Sales=sales, Stock=stock))
    assert plan.period == "month"
    assert len(plan.recommendations) == 350
    assert f"{plan.as_of:%Y-%m}" == "2017-12"
    mean = beer.groupby(["sku", "agency"])["volume"].mean()
    ours = plan.recommendations.set_index(["sku", "location"])["demand_per_period"]
    assert ours.sum() == pytest.approx(mean.sum(), rel=0.35)


def test_man_spare_parts_are_planned_from_the_makers_own_workbook_layout(tmp_path: Path) -> None:
    items = pd.read_parquet(DATA / "spareparts_man" / "items.parquet")
    demand = pd.read_parquet(DATA / "spareparts_man" / "demand.parquet")
    wide = demand.pivot_table(index="sku", columns="week_start", values="quantity", aggfunc="sum").reset_index()
    wide.columns = [
        str(name) if isinstance(name, str) else pd.Timestamp(name).strftime("%Y-%m-%d") for name in wide.columns
    ]
    master = items.rename(columns={"unit_cost_eur": "unit_cost", "moq_units": "moq"})[
        ["sku", "unit_cost", "moq", "supply_region"]
    ]
    suppliers = (
        items.groupby("supply_region").agg(lead_time_days=("lead_time_weeks", lambda w: 7 * w.iloc[0])).reset_index()
    )
    stock = items[["sku"]].assign(on_hand=2)
    book = save(
        tmp_path / "man.xlsx",
        Demand=wide,
        Items=master.rename(columns={"supply_region": "supplier"}),
        Suppliers=suppliers.rename(columns={"supply_region": "supplier"}),
        Stock=stock,
    )
    plan = planned(book)
    assert plan.period == "week"
    assert len(plan.recommendations) == 3451
    assert set(plan.recommendations["lead_time_days"].round()) == {49.0, 112.0}
    ordered = plan.recommendations[plan.recommendations["order_quantity"] > 0]
    assert len(ordered) > 100
    moq = items.assign(sku=items["sku"].astype("str")).set_index("sku")["moq_units"].reindex(ordered["sku"])
    assert (ordered["order_quantity"].to_numpy() >= moq.to_numpy() - 1e-9).all()


def test_stock_outs_are_inferred_from_closing_stock_alone_in_the_contraceptive_ledger(tmp_path: Path) -> None:
    ledger = pd.read_parquet(DATA / "usaid_contraceptive" / "stock_ledger.parquet")
    sales = ledger[["site_code", "product_code", "month_start", "stock_distributed", "stock_end"]]
    last = ledger.sort_values("month_start").groupby(["product_code", "site_code"]).tail(1)
    stock = last[["product_code", "site_code", "stock_end"]]
    plan = planned(
        save(tmp_path / "ledger.xlsx", Ledger=sales, Stock=stock),
        **{"map.Sales": "Ledger", "map.Sales.quantity": "stock_distributed", "map.Sales.on_hand": "stock_end"},
    )
    assert plan.period == "month"
    assert len(plan.recommendations) == 848
    assert plan.findings["text"].str.contains("hidden demand").any()
    assert (plan.exceptions["code"] == "STOCKED OUT").sum() > 50


def test_online_retail_settles_the_huge_cancelled_order(tmp_path: Path) -> None:
    lines = pd.read_parquet(DATA / "online_retail" / "transactions.parquet")
    top = lines["stock_code"].value_counts().index[:300].tolist()
    some = lines[lines["stock_code"].isin([*top, "23843", "23166"])]
    sales = some[["invoice", "stock_code", "description", "quantity", "invoice_date", "unit_price"]]
    plan = planned(save(tmp_path / "retail.xlsx", Transactions=sales))
    r = plan.recommendations.set_index("sku")
    assert plan.period == "week"
    assert r.loc["23843", "forecast_protection"] < 5000  # 80,995 were ordered and cancelled within minutes
    assert (r["order_quantity"] == 0).all()  # no stock sheet, so nothing is ordered
    assert plan.exceptions.empty or not plan.exceptions["code"].isin(["STOCKED OUT", "WILL STOCK OUT"]).any()
