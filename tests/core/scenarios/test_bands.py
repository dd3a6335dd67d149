"""Bands of projected stock: against the law itself, against a slow walk, and in what must always hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.scenarios.bands import arrivals, project_stock
from invopt_xl.core.scenarios.projection import project
from invopt_xl.core.scenarios.scenarios import CURRENT, scenarios
from invopt_xl.core.scenarios.taken import take
from invopt_xl.core.stages import Stages
from invopt_xl.errors import SettingError
from tests.core.scenarios.plans import asked, at, plan, stages


def _stocked(on_hand: float, *, order: float = 0.0) -> Stages:
    """Return the stages with so much stock that nothing runs out, and one order."""
    base = stages()
    frame = base.terms.frame.assign(on_hand=on_hand, on_order=0.0, reserved=0.0, backorders=0.0)
    terms = replace(base.terms, frame=frame, open_orders=base.terms.open_orders.iloc[:0])
    return replace(base, terms=terms, orders=replace(base.orders, frame=base.orders.frame.assign(order_quantity=order)))


def test_without_shortage_the_band_is_the_law_itself() -> None:
    """Stock after t periods is stock less the demand of t periods: its quantiles are exactly known."""
    made = project_stock(_stocked(1e6), periods=8, replications=4000, seed=3)
    law = stages().forecast.law
    for t in (1, 4, 8):
        over = law.over(np.full((len(law.path), 1), float(t)))
        for q, level in enumerate(made.levels):
            found = 1e6 - made.quantiles[:, t - 1, q]
            # of 4000 draws the chance is known within 1.5 points
            low, high = over.quantile(max(1 - level - 0.015, 1e-4)), over.quantile(min(1 - level + 0.015, 1 - 1e-4))
            assert ((found >= low - 1.0) & (found <= high + 1.0)).all(), (t, level)
        assert np.allclose(1e6 - made.mean[:, t - 1], over.mean(), rtol=0.03, atol=0.2)


@pytest.mark.parametrize("lost", [True, False])
def test_shortages_are_lost_or_wait(lost: bool) -> None:
    """Stock of 0 and an order of 1e5 units: what waited is served from it, what was lost is not."""
    base = _stocked(0.0, order=1e5)
    atoms = np.full_like(base.lead_times.atoms, 21.0)
    base = replace(base, lead_times=replace(base.lead_times, atoms=atoms))
    made = project_stock(base, rows=np.array([at("J")]), periods=4, replications=300, seed=5, lost_sales=lost)
    demand = base.forecast.law.mean(np.array([2.0, 3.0, 3.0]).repeat(len(base.history.series)).reshape(3, -1).T)[
        at("J")
    ]
    sold = demand[1] - demand[0] if lost else demand[1]
    assert made.mean[0, 2] == pytest.approx(1e5 - sold, rel=1e-3)
    assert made.short[0, :2] == pytest.approx([1.0, 1.0])
    assert (made.quantiles[0, :2] == 0).all()


def test_bands_are_ordered_and_more_stock_is_never_less() -> None:
    few, many = (project_stock(_stocked(stock), periods=6, replications=200) for stock in (20.0, 60.0))
    assert (np.diff(few.quantiles, axis=2) >= 0).all()
    assert (many.quantiles >= few.quantiles).all()
    assert (many.short <= few.short).all()


def test_the_same_seed_gives_the_same_band_whatever_other_items_are_projected() -> None:
    all_items = project_stock(stages(), periods=5, replications=100, seed=7)
    alone = project_stock(stages(), rows=np.array([at("E")]), periods=5, replications=100, seed=7)
    assert np.array_equal(all_items.quantiles[at("E")], alone.quantiles[0])
    other = project_stock(stages(), rows=np.array([at("E")]), periods=5, replications=100, seed=8)
    assert not np.array_equal(other.mean, alone.mean)


def test_an_item_without_a_stock_figure_has_no_band() -> None:
    made = project_stock(stages(), rows=np.array([at("D"), at("A")]), periods=3, replications=50)
    assert np.isnan(made.quantiles[0]).all()
    assert not np.isnan(made.quantiles[1]).any()


def test_open_orders_arrive_in_the_period_of_their_due_date() -> None:
    """As of 2026-11-15: due 11-20 in the first week, 12-20 in the fifth, whose last day that is; B has 5 units without a date."""
    s = stages()
    found = arrivals(s.terms, s.lead_times, s.history, periods=6)
    assert found[at("A")].tolist() == [30.0, 0.0, 0.0, 0.0, 20.0, 0.0]
    assert found[at("B")].sum() == 5.0
    half = s.lead_times.frame["mean_days"].iloc[at("B")] / 2 / 7
    assert found[at("B")][int(np.ceil(half)) - 1] == 5.0


def test_the_order_of_today_arrives_after_its_lead_time() -> None:
    with_order, without = (
        project_stock(_stocked(1e6, order=1000.0), periods=5, replications=50, with_order=flag)
        for flag in (True, False)
    )
    lead = stages().lead_times.atoms.mean(axis=1) / 7
    after = with_order.mean - without.mean
    assert np.allclose(after[:, 4], 1000.0)
    row = at("G")
    assert lead[row] == pytest.approx(3.0)
    assert np.allclose(after[row], [0, 0, 1000, 1000, 1000])


def test_a_projection_shows_current_plan_and_scenarios_of_the_same_items() -> None:
    made = scenarios(
        stages(), asked(("high", "all", "demand", "x1.5"), ("one", "sku=A", "on_hand", 500)), settings=plan().settings
    )
    found = project(stages(), made, periods=4, replications=100, seed=2)
    assert list(found.value.columns) == ["period_end", CURRENT, "high", "one"]
    bands = found.bands.set_index(["scenario", "sku", "period_end"])
    same = [sku for sku in bands.loc["one"].index.get_level_values("sku").unique() if sku != "A"]
    assert bands.loc["one"].loc[same].equals(bands.loc[CURRENT].loc[same])
    first = pd.Timestamp("2026-11-22")
    assert bands.loc[("one", "A", first), "mean"] > bands.loc[(CURRENT, "A", first), "mean"] + 300
    assert (bands.loc["high"]["mean"].dropna() <= bands.loc[CURRENT]["mean"].dropna() + 1e-9).xs(first, level=1).all()


def test_only_the_items_that_move_most_are_projected() -> None:
    made = scenarios(stages(), asked(("high", "all", "demand", "x1.5")), settings=plan().settings)
    found = project(stages(), made, most_items=2, periods=2, replications=50)
    assert (found.items, found.all_items) == (2, int(made.scenarios[0].changed.sum()))
    table, now = made.table("high"), made.current["order_value"]
    most = table["sku"][np.argsort(-np.abs(np.nan_to_num(table["order_value"] - now)), kind="stable")[:2]]
    assert set(found.bands["sku"]) == set(most)


@pytest.mark.parametrize(
    "wrong", [{"periods": 0}, {"replications": 5}, {"seed": -1}, {"levels": (0.9, 0.1)}, {"levels": ()}]
)
def test_numbers_out_of_range_are_told(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="projected stock"):
        project_stock(stages(), **wrong)  # type: ignore[arg-type]


def test_no_items_give_empty_bands() -> None:
    made = project_stock(take(stages(), np.zeros(0, dtype=np.int64)), periods=2, replications=20)
    assert made.mean.shape == (0, 2)
    assert made.frame().empty
