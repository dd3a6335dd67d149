"""Stock at equal aggregate fill: one target allocated over items against the same service for every item.

python tests/bench/allocation.py [items]

First table: by each item's own demand distribution, on generated items (negative binomial demand, lognormal costs, slow to fast). Second table: the same
where unit costs, cycles, margins or demand spread differ more or less between items, which tells where a saving comes from; and on real items, with
their real costs or prices and the moments of their real demand (spareparts_man, online_retail; margins drawn). Third table: on the last 12 months of carparts and hospital (in ../shared/data), which the distributions have not seen: order-up-to levels reviewed monthly with two months' lead
time, backorders; stock is compared at the fill that equal service achieved there, between neighbouring targets in a straight line. Those sets have no
prices, so costs are drawn once (lognormal, sigma 1) or all 1.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.policy.allocation import allocate_target, limits_of
from invopt_xl.core.policy.stock_to_service import ServiceCurves
from tests.bench.demand_sets import DATA, load
from tests.bench.joint_orders import negative_binomial

TARGETS = (0.85, 0.90, 0.95, 0.98)

#: Targets whose results are interpolated in the third table.
SWEEP = (0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998)

LEAD, REVIEW, TEST = 2, 1, 12


def generated(
    n: int,
    weighting: str,
    *,
    cost_sigma: float = 1.0,
    cycles: tuple[float, ...] = (1.0, 2.0, 4.0),
    margins: tuple[float, float] = (0.1, 1.0),
    cv: tuple[float, float] = (0.25, 0.25),
) -> ServiceCurves:
    """Return curves of n items from slow to fast; weighted by units, value or margin.

    `cost_sigma`: standard deviation of log unit costs. `cycles`: periods of demand that an order brings. `margins`: range of the margin as a share of cost.
    `cv`: range of the coefficient of variation that is left for fast items.
    """
    rng = np.random.default_rng(1)
    rate = rng.gamma(0.6, 15, n) + 0.05
    mean = rate * rng.uniform(2, 8, n)
    spread = np.random.default_rng(2).uniform(*cv, n)
    demand = negative_binomial(mean, mean * (1 + rng.gamma(1.5, 1.0, n)) + (spread * mean) ** 2)
    cost = np.exp(2 + cost_sigma * rng.normal(0, 1, n))
    margin = cost * rng.uniform(*margins, n)
    return ServiceCurves(demand, rate * rng.choice(cycles, n), rate * _weight(weighting, cost, margin), cost)


def _weight(weighting: str, cost: np.ndarray, margin: np.ndarray) -> np.ndarray:
    each: dict[str, np.ndarray] = {"units": np.ones(len(cost)), "value": cost + margin, "margin": margin}
    return each[weighting]


def real(name: str, weighting: str) -> ServiceCurves:
    """Return curves of real items: weekly demand and unit cost of spareparts_man, or weekly sales and usual price of online_retail.

    The protection interval is the real lead time there, four weeks here; orders bring four weeks. Online_retail has prices only: cost is taken as 60 % of
    them. Margins of spareparts_man are drawn (20 to 100 % of cost), as it has none. Items sold in fewer than eight weeks are left out.
    """
    weekly, money, lead = (_spare_parts if name == "spareparts_man" else _giftware)()
    kept = ((weekly > 0).sum(axis=1) >= 8) & (money > 0)
    weekly, money, lead = weekly[kept], money[kept], lead[kept]
    mean = weekly.mean(axis=1) * lead
    variance = np.maximum(weekly.var(axis=1, ddof=1) * lead, 1.05 * mean)
    rng = np.random.default_rng(4)
    cost = money if name == "spareparts_man" else 0.6 * money
    margin = cost * rng.uniform(0.2, 1.0, len(cost)) if name == "spareparts_man" else money - cost
    rate = weekly.mean(axis=1)
    return ServiceCurves(negative_binomial(mean, variance), 4 * rate, rate * _weight(weighting, cost, margin), cost)


def _spare_parts() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    folder = DATA / "spareparts_man"
    items = pd.read_parquet(folder / "items.parquet").set_index("sku").sort_index()
    demand = pd.read_parquet(folder / "demand.parquet").pivot_table(
        index="sku", columns="week_start", values="quantity"
    )
    weekly = demand.reindex(items.index).fillna(0.0).to_numpy(dtype=float)[:, 1:-1]
    return weekly, items["unit_cost_eur"].to_numpy(dtype=float), items["lead_time_weeks"].to_numpy(dtype=float)


def _giftware() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = pd.read_parquet(DATA / "online_retail" / "transactions.parquet")
    rows = rows[(rows["quantity"] > 0) & (rows["unit_price"] > 0)]
    week = pd.to_datetime(rows["invoice_date"]).dt.to_period("W")
    weekly = (
        rows.assign(week=week)
        .pivot_table(index="stock_code", columns="week", values="quantity", aggfunc="sum")
        .fillna(0.0)
    )
    price = rows.groupby("stock_code")["unit_price"].median().reindex(weekly.index)
    return weekly.to_numpy(dtype=float), price.to_numpy(dtype=float), np.full(len(weekly), 4.0)


def where_savings_come_from(n: int) -> None:
    """Print the second table."""
    varied: list[tuple[str, dict[str, Any]]] = [
        ("as above", {}),
        ("all unit costs the same", {"cost_sigma": 0.0}),
        ("unit costs spread as spareparts_man (log sd 1.5)", {"cost_sigma": 1.5}),
        ("unit costs spread more (log sd 2.5)", {"cost_sigma": 2.5}),
        ("all cycles 2 periods", {"cycles": (2.0,)}),
        ("cycles 0.5 to 8 periods", {"cycles": (0.5, 1.0, 2.0, 4.0, 8.0)}),
        ("all margins 50 %", {"margins": (0.5, 0.5)}),
        ("margins 2 to 300 %", {"margins": (0.02, 3.0)}),
        ("demand spread 0 to 1 (cv)", {"cv": (0.0, 1.0)}),
    ]
    print("\nsaved against equal fill at 95 %, by what differs between items")
    print(f"{'':50s} units  value margin  largest gap")
    for text, given in varied:
        print(f"{text:50s} {_saved_by(generated, n=n, **given)}", flush=True)
    for name in ("spareparts_man", "online_retail"):
        if (DATA / name).exists():
            curves = real(name, "units")
            log_sd = np.log(curves.unit_cost).std()
            text = f"{name}: {len(curves.weight):,} real items, log sd {log_sd:.2f}"
            print(f"{text:50s} {_saved_by(real, name=name)}", flush=True)


def _saved_by(make: Callable[..., ServiceCurves], **given: Any) -> str:
    saved, gaps = [], []
    for weighting in ("units", "value", "margin"):
        curves = make(weighting=weighting, **given)
        equal = curves.stock(curves.level_of(np.full(len(curves.weight), 0.95))).sum()
        found = allocate_target(curves, 0.95, limits=limits_of(curves, least=0.3))
        saved.append(1 - found.stock[0] / equal)
        gaps.append((found.stock[0] - found.bound[0]) / found.stock[0])
    return " ".join(f"{each:6.1%}" for each in saved) + f" {max(gaps):11.4%}"


def by_distribution(n: int) -> None:
    """Print the first table."""
    print(f"{n} generated items; stock is the value of average stock")
    print(
        "counted  target  equal fill  equal cycle service  allocated  saved against fill  against cycle  proven gap  seconds"
    )
    for weighting in ("units", "value", "margin"):
        curves = generated(n, weighting)
        limits = limits_of(curves, least=0.3)
        for target in TARGETS:
            equal = curves.level_of(np.full(n, target))
            cycle = _same_cycle(curves, target)
            start = time.perf_counter()
            found = allocate_target(curves, target, limits=limits)
            seconds = time.perf_counter() - start
            flat, usual, best = curves.stock(equal).sum(), curves.stock(cycle).sum(), found.stock[0]
            print(
                f"{weighting:8s} {target:6.2f} {flat:11,.0f} {usual:20,.0f} {best:10,.0f} {1 - best / flat:19.1%} {1 - best / usual:14.1%}"
                f" {(best - found.bound[0]) / best:11.4%} {seconds:8.2f}",
                flush=True,
            )


def _same_cycle(curves: ServiceCurves, target: float) -> np.ndarray:
    """Return the levels of the one cycle service that gives the aggregate fill, to a thousandth."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        level = curves.demand.quantile(middle)
        reached = (curves.weight * curves.fill(level)).sum() / curves.weight.sum() >= target
        low, high = (low, middle) if reached else (middle, high)
    return curves.demand.quantile(high)


def on_real_demand(name: str, *, priced: bool) -> None:
    """Print the rows of one data set in the third table."""
    panel = load(name)
    demand = np.nan_to_num(panel.demand)
    known = demand[:, :-TEST]
    kept = known[:, -24:].sum(axis=1) > 0
    demand, known = demand[kept], known[kept]
    n, width = len(known), LEAD + REVIEW
    totals = np.lib.stride_tricks.sliding_window_view(known, width, axis=1).sum(axis=2)
    mean, variance = totals.mean(axis=1), np.maximum(totals.var(axis=1, ddof=1), totals.mean(axis=1) * 1.05)
    usable = mean > 0
    dist: DemandDistribution = negative_binomial(mean[usable], variance[usable])
    demand, per_month = demand[usable], mean[usable] / width
    cost = np.exp(np.random.default_rng(3).normal(0, 1, n))[usable] if priced else np.ones(int(usable.sum()))
    curves = ServiceCurves(dist, per_month * REVIEW, per_month, cost)
    limits = limits_of(curves, least=0.0)
    allocated = [_lived(demand, allocate_target(curves, t, limits=limits).level, cost) for t in SWEEP]
    fills, stocks = np.array(allocated).T
    for target in TARGETS:
        equal_fill, equal_stock = _lived(demand, curves.level_of(np.full(len(cost), target)), cost)
        cycle_fill, cycle_stock = _lived(demand, _same_cycle(curves, target), cost)
        shown = [
            np.interp(f, fills, stocks) if fills[0] <= f <= fills[-1] else np.nan for f in (equal_fill, cycle_fill)
        ]
        print(
            f"{name:9s} {'drawn' if priced else 'all 1':6s} {target:6.2f} {equal_fill:13.1%} {equal_stock:12,.0f} {shown[0]:10,.0f} {1 - shown[0] / equal_stock:6.1%}"
            f" {cycle_fill:14.1%} {cycle_stock:12,.0f} {shown[1]:10,.0f} {1 - shown[1] / cycle_stock:6.1%}",
            flush=True,
        )


def _lived(demand: np.ndarray, level: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """Return fill rate in units and value of stock at month ends, in the last TEST months with order-up-to `level` (n,).

    With backorders the net stock at the end of a month is the level less demand of this and the LEAD months before; what is short in a month is
    what becomes backordered in it.
    """
    months = range(demand.shape[1] - TEST, demand.shape[1])
    short, kept = 0.0, 0.0
    for t in months:
        begin = level - demand[:, t - LEAD : t].sum(axis=1)
        end = begin - demand[:, t]
        short += float((np.maximum(-end, 0) - np.maximum(-begin, 0)).sum())
        kept += float((np.maximum(end, 0) * cost).sum())
    return 1 - short / demand[:, -TEST:].sum(), kept / TEST


def main() -> None:
    """Print all tables."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    by_distribution(n)
    where_savings_come_from(min(n, 3000))
    if not DATA.exists():
        print("no real demand: ../shared/data is not there")
        return
    print("\nlast 12 months, not seen; stock at the fill that equal service achieved")
    print(
        "set       costs  target   equal: fill        stock  allocated  saved    cycle: fill        stock  allocated  saved"
    )
    for name in ("carparts", "hospital"):
        for priced in (True, False):
            on_real_demand(name, priced=priced)


if __name__ == "__main__":
    main()
