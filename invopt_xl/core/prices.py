"""What one unit of each series is worth: selling price, else cost. Serves segments and terms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.findings import Finding
from invopt_xl.core.series_index import of_sku

#: Days of sales whose average price stands for an item's missing price.
_PRICE_DAYS = 365


def sold_prices(checked: Checked, skus: pd.Series) -> np.ndarray:
    """Return the average price per sku over the last year of sales, by units; NaN where none is known. Shape (n,)."""
    sales = checked.frames["Sales"]
    recent = (
        (sales["quantity"] > 0)
        & (sales["price"] > 0)
        & (sales["date"] > checked.as_of - pd.Timedelta(days=_PRICE_DAYS))
    )
    if not recent.any():
        return np.full(len(skus), np.nan)
    rows = sales.loc[recent, ["sku", "quantity", "price"]]
    rows = rows.assign(value=rows["quantity"] * rows["price"]).groupby("sku")[["value", "quantity"]].sum()
    prices: np.ndarray = (rows["value"] / rows["quantity"]).reindex(skus).to_numpy()
    return prices


def unit_prices(checked: Checked, skus: pd.Series) -> np.ndarray:
    """Return the selling price of each sku: of its item row, else as sold lately; NaN where none is known. Shape (n,)."""
    own = of_sku(checked.frames["Items"], "unit_price", skus).to_numpy(dtype=float)
    return np.where(own > 0, own, sold_prices(checked, skus))


def unit_values(checked: Checked, series: pd.DataFrame) -> tuple[np.ndarray, list[Finding]]:
    """Return money per unit of each series: price, else cost, else what half of the others are worth; 1 where nothing is known."""
    skus = series["sku"]
    price = unit_prices(checked, skus)
    cost = of_sku(checked.frames["Items"], "unit_cost", skus).to_numpy(dtype=float)
    sources = checked.frames["Sources"].dropna(subset=["unit_cost"])
    cost = np.where(cost > 0, cost, of_sku(sources, "unit_cost", skus).to_numpy(dtype=float))
    value = np.where(price > 0, price, cost)
    unknown = ~(value > 0)
    if not unknown.any():
        return value, []
    fix = "Fill in unit_price or unit_cost on Items."
    if unknown.all():
        text = "No prices or costs are known: ABC classes go by units."
        return np.ones(len(value)), [Finding("warning", "Items", "columns unit_price and unit_cost", text, fix)]
    typical = float(np.median(value[~unknown]))
    text = f"{int(unknown.sum()):,} of {len(value):,} series have neither price nor cost, such as {skus.iloc[int(np.argmax(unknown))]}: the median of the others ({typical:,.6g}) is taken for their ABC class."
    return np.where(unknown, typical, value), [
        Finding("warning", "Items", "columns unit_price and unit_cost", text, fix)
    ]
