"""What must hold for every simulation, and what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.drawn_demand import DrawnDemand
from invopt_xl.core.simulation.outcome import OUTCOME, TOTAL
from invopt_xl.core.simulation.rule import OrderRule, base_stock
from invopt_xl.core.simulation.streams import stream_keys
from invopt_xl.core.simulation.supply import Costs, StartingStock, Supply
from invopt_xl.core.simulation.walk import walk
from invopt_xl.errors import InputError, SettingError

N, PERIODS = 40, 60


def demand(seed: int = 1, *, n: int = N) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(1.0, 5.0, (n, 1)), (n, PERIODS)).astype(float)


def random_leads(seed: int = 2, *, n: int = N) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).uniform(0, 6, (n, 11)), axis=1)


def levels(values: np.ndarray, periods: float = 4.0) -> np.ndarray:
    return np.ceil(values.mean(axis=1) * periods)


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("crossover", [True, False])
def test_units_are_conserved(lost: bool, crossover: bool) -> None:
    values = demand()
    found = simulate(
        values,
        OrderRule(levels(values), levels(values, 7)),
        Supply(random_leads(), crossover=crossover, shelf_life_periods=3, pack_size=2),
        start=StartingStock(9.0, 2.0, [0, 3], [4, 1], [5.0, 6.0]),
        lost_sales=lost,
        keep_paths=True,
        replications=3,
    ).paths
    on_hand, owed = found["on_hand"][..., -1], found["owed"][..., -1]
    delivered = found["served"].sum(axis=2) + (0 if lost else found["short"].sum(axis=2))
    into = 9.0 + found["received"].sum(axis=2)
    # the two units owed at the start leave too
    np.testing.assert_allclose(into, delivered + found["wasted"].sum(axis=2) + on_hand + 2.0 - owed, atol=1e-9)
    first = np.zeros(N)
    first[[0, 3]] = 5.0, 6.0
    under_way = first[:, None] + (found["ordered"] - found["received"]).sum(axis=2)
    np.testing.assert_allclose(under_way, found["in_transit"][..., -1], atol=1e-9)
    np.testing.assert_array_equal(found["served"] + found["short"], found["demand"])
    assert (found["on_hand"] >= 0).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    more=st.integers(1, 30),
    crossover=st.booleans(),
    review=st.integers(1, 3),
    steps=st.sampled_from([1, 3]),
)
def test_more_stock_never_lowers_service(seed: int, more: int, crossover: bool, review: int, steps: int) -> None:
    values = demand(seed, n=8)
    supply = Supply(random_leads(seed, n=8), crossover=crossover)

    def found(extra: int) -> pd.DataFrame:
        # waiting demand and base stock: every order equals the demand since the last one, whatever the level
        rule = base_stock(levels(values) + extra, review_periods=review)
        start = StartingStock(levels(values) + extra)
        return simulate(values, rule, supply, start=start, lost_sales=False, steps_per_period=steps).items

    less, plenty = found(0), found(more)
    assert (plenty["served"] >= less["served"] - 1e-9).all()
    assert (plenty["stockout_periods"] <= less["stockout_periods"]).all()
    assert (plenty["average_on_hand"] >= less["average_on_hand"]).all()
    assert (plenty["average_owed"] <= less["average_owed"] + 1e-9).all()


def test_orders_that_may_not_overtake_serve_no_better() -> None:
    values = demand()
    start = StartingStock(levels(values))
    found = [
        simulate(
            values,
            base_stock(levels(values)),
            Supply(random_leads(), crossover=crossover),
            start=start,
            lost_sales=False,
            replications=20,
        ).items
        for crossover in (True, False)
    ]
    assert (found[0]["served"] >= found[1]["served"] - 1e-9).all()
    assert found[0]["served"].sum() > found[1]["served"].sum() + 1
    assert (found[0]["average_in_transit"] <= found[1]["average_in_transit"] + 1e-9).all()


def test_a_fixed_lead_time_leaves_nothing_to_overtake() -> None:
    values = demand()
    both = [
        simulate(values, base_stock(levels(values)), Supply(2, crossover=crossover)).items
        for crossover in (True, False)
    ]
    pd.testing.assert_frame_equal(*both)


def test_results_do_not_depend_on_company_or_threads() -> None:
    values, leads = demand(), random_leads()
    keys = stream_keys(pd.DataFrame({"sku": [f"sku {i}" for i in range(N)]}))

    def found(rows: Any) -> pd.DataFrame:
        return simulate(
            values[rows],
            base_stock(levels(values)[rows]),
            Supply(leads[rows]),
            keys=keys[rows],
            replications=7,
            seed=5,
        ).items.reset_index(drop=True)

    every, some = found(slice(None)), np.array([31, 4, 17])
    pd.testing.assert_frame_equal(found(some), every.iloc[some].reset_index(drop=True), check_exact=True)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        pd.testing.assert_frame_equal(found(slice(None)), every, check_exact=True)
    finally:
        numba.set_num_threads(before)


def test_blocks_of_series_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    values = demand()
    given: dict[str, Any] = {
        "start": StartingStock(3.0, 0.0, [5, 39, 20], [2, 1, 3], [7.0, 8.0, 9.0]),
        "replications": 3,
        "keep_paths": True,
    }
    rule, supply = base_stock(levels(values)), Supply(random_leads())
    whole = simulate(values, rule, supply, **given)
    monkeypatch.setattr("invopt_xl.core.simulate._BLOCK", 20)
    parts = simulate(values, rule, supply, **given)
    pd.testing.assert_frame_equal(whole.items, parts.items, check_exact=True)
    pd.testing.assert_frame_equal(whole.replications, parts.replications)
    np.testing.assert_array_equal(whole.paths["on_hand"], parts.paths["on_hand"])


def test_seed_and_replication_change_the_draws_and_repeat_them() -> None:
    values = demand()
    run = lambda seed: simulate(values, base_stock(levels(values)), Supply(random_leads()), seed=seed, replications=2)  # noqa: E731
    again, other = run(1), run(2)
    pd.testing.assert_frame_equal(run(1).items, again.items, check_exact=True)
    assert not np.array_equal(again.items["served"], other.items["served"])
    assert again.replications["served"].nunique() == 2


def test_total_is_what_its_items_add_up_to() -> None:
    values = demand()
    costs = Costs(unit_cost=np.arange(N) + 1.0, holding=0.3, order=2.0, shortage=5.0)
    found = simulate(values, base_stock(levels(values)), Supply(random_leads()), costs=costs, replications=4)
    items, total = found.items, found.total
    assert list(items) == [each.name for each in OUTCOME]
    assert list(total.index) == [each.name for each in TOTAL] == list(found.replications)
    for name in ("demand", "short", "average_value", "orders", "cost", "stockouts"):
        assert total[name] == pytest.approx(items[name].sum())
        assert total[name] == pytest.approx(found.replications[name].mean())
    assert total["fill_rate"] == pytest.approx(items["served"].sum() / items["demand"].sum())
    weight = items["demand"] * costs.unit_cost
    assert total["fill_rate_value"] == pytest.approx((items["fill_rate"].fillna(0) * weight).sum() / weight.sum())
    assert items["cost"].to_numpy() == pytest.approx(
        items["average_on_hand"] * PERIODS * 0.3 + items["orders"] * 2 + items["short"] * 5
    )


def test_an_item_without_demand_costs_its_stock_and_has_no_fill_rate() -> None:
    found = simulate(np.zeros((1, 10)), base_stock(5.0), start=StartingStock(5.0), costs=Costs(3.0, 0.1))
    row = found.items.iloc[0]
    assert np.isnan(row["fill_rate"])
    assert np.isnan(row["nervousness"])
    assert (row["average_value"], row["orders"], row["period_service"]) == (15.0, 0.0, 1.0)
    assert row["holding_cost"] == pytest.approx(5.0)


def test_one_stockout_lasts_until_there_is_stock_again() -> None:
    values = np.array([[4.0, 4, 0, 4, 4, 4]])
    found = simulate(values, OrderRule(-1, 8.0), start=StartingStock(4.0, 0.0, [0], [4], [4.0]))
    row = found.items.iloc[0]
    assert (row["stockouts"], row["stockout_periods"], row["short"]) == (2.0, 3.0, 12.0)
    # first receipt in period 4: the cycle before it and the last, unfinished one both ran short
    assert row["cycle_service"] == 0.0


def test_a_review_on_a_closed_period_is_held_when_the_supplier_is_open_again() -> None:
    open_periods = np.array([True, False, False, True, True, True])
    rule = OrderRule(5.0, 5.0, review_periods=2, order_periods=open_periods)
    found = simulate(np.full((1, 6), 1.0), rule, start=StartingStock(5.0), keep_paths=True)
    # due in periods 0, 2, 4; the one of 2 waits for 3, and the rhythm stays
    assert found.paths["ordered"][0, 0].tolist() == [0, 0, 0, 3, 1, 0]


def test_levels_may_change_from_period_to_period() -> None:
    rule = base_stock(np.array([[2.0, 2, 6, 6]]))
    found = simulate(np.full((1, 4), 1.0), rule, start=StartingStock(2.0), keep_paths=True)
    assert found.paths["ordered"][0, 0].tolist() == [0, 1, 5, 1]


def test_goods_spoil_at_the_end_of_their_life_oldest_sold_first() -> None:
    values = np.array([[1.0, 1, 1, 1]])
    found = simulate(
        values,
        OrderRule(-1.0, 9.0),
        Supply(shelf_life_periods=2),
        start=StartingStock(3.0, 0.0, [0], [1], [2.0]),
        keep_paths=True,
    )
    # three units for periods 0 and 1, two for periods 1 and 2
    assert found.paths["wasted"][0, 0].tolist() == [0, 1, 1, 0]
    assert found.paths["short"][0, 0].tolist() == [0, 0, 0, 1]


def test_minimum_packs_and_capacity_bound_an_order() -> None:
    def first_order(**supply: float) -> float:
        found = simulate(np.full((1, 1), 1.0), base_stock(10.0), Supply(**supply), keep_paths=True)
        return float(found.paths["ordered"][0, 0, 0])

    assert first_order() == 10
    assert first_order(moq=25) == 25
    assert first_order(pack_size=4) == 12
    assert first_order(moq=25, pack_size=4) == 28
    assert first_order(capacity=7) == 7
    assert first_order(capacity=7, pack_size=4) == 4
    assert first_order(capacity=7, moq=8) == 0
    assert first_order(max_stock=11, pack_size=4) == 8


def test_a_shared_capacity_is_shared_out_in_packs_and_minimum_orders() -> None:
    def first_orders(together: float, **supply: object) -> list[float]:
        found = simulate(
            np.ones((3, 1)),
            base_stock(np.array([10.0, 20.0, 30.0])),
            Supply(team=0, team_capacity=together, **supply),
            keep_paths=True,
        )
        return [float(x) for x in found.paths["ordered"][:, 0, 0]]

    assert first_orders(60) == [10, 20, 30]
    assert first_orders(30) == [5, 10, 15]
    # 5, 10, 15 in packs of 4 are 4, 8, 12; the six left over go to the first of those that got the least
    assert first_orders(30, pack_size=4) == [8, 8, 12]
    # half of 10 is below the minimum of 8; the five left over are not enough for it either, so the next takes them
    assert first_orders(30, moq=8) == [0, 15, 15]
    assert first_orders(0) == [0, 0, 0]
    assert first_orders(30, capacity=6) == [6, 6, 6]


def test_a_shared_capacity_is_there_again_in_the_next_period_and_lasts_for_all_its_steps() -> None:
    def ordered(steps: int) -> list[float]:
        found = simulate(
            np.full((2, 3), 6.0),
            base_stock(8.0, review_periods=0),
            Supply(team=0, team_capacity=5.0),
            start=StartingStock(8.0),
            steps_per_period=steps,
            keep_paths=True,
        )
        return found.paths["ordered"][:, 0].sum(axis=0).tolist()

    assert ordered(1) == [0, 5, 5]
    assert ordered(3) == [5, 5, 5]


def test_series_of_a_team_do_as_well_alone_where_the_capacity_never_binds() -> None:
    values, team = demand(), np.arange(N) % 7
    run = lambda **supply: simulate(values, base_stock(levels(values)), Supply(random_leads(), **supply)).items  # noqa: E731
    pd.testing.assert_frame_equal(run(), run(team=team, team_capacity=1e9), check_exact=True)
    pd.testing.assert_frame_equal(run(), run(team=team), check_exact=True)
    assert run(team=team, team_capacity=40.0)["served"].sum() < run()["served"].sum()


def test_parts_of_a_period_of_lead_time_keep_their_mean() -> None:
    found = simulate(
        np.ones((400, 100)), base_stock(0.0), Supply(1.43), start=StartingStock(0.0), lost_sales=False, warm_up=10
    )
    # Little: units on order = rate x lead time; an order arrives before the count at the end of its last period
    assert found.items["average_in_transit"].mean() == pytest.approx(1.43, abs=0.02)


def test_lead_times_are_drawn_evenly_from_their_atoms() -> None:
    atoms = np.array([[0.0, 1, 1, 6]])
    found = simulate(np.ones((1, 40_000)), base_stock(0.0), Supply(atoms), lost_sales=False, warm_up=100)
    assert found.items["average_in_transit"].iloc[0] == pytest.approx(2.0, abs=0.05)


def test_shared_draws_keep_the_lead_times_and_let_fewer_orders_overtake() -> None:
    atoms = np.tile([1.0, 2, 4, 9], (300, 1))

    def found(hold: float) -> pd.DataFrame:
        supply = Supply(atoms, lead_hold_periods=hold)
        return simulate(np.ones((300, 400)), base_stock(0.0), supply, lost_sales=False, warm_up=20).items

    own, shared = found(0.0), found(40.0)
    assert own["average_in_transit"].mean() == pytest.approx(4.0, abs=0.05)
    assert shared["average_in_transit"].mean() == pytest.approx(4.0, abs=0.2)
    # what is on order moves together
    assert shared["average_in_transit"].std() > 3 * own["average_in_transit"].std()


def test_drawn_demand_has_its_distribution_and_season() -> None:
    grid = np.tile(np.arange(4.0), (3, 1))
    cdf = np.tile([0.5, 0.6, 0.9, 1.0], (3, 1))
    law = DemandDistribution(grid, cdf, np.array([True, True, True]))
    season = np.tile([1.0, 3.0], (3, 5000))
    found = simulate(DrawnDemand(law, 10_000, season), base_stock(9.0), keep_paths=True).paths["demand"][:, 0]
    shares = [(found[:, ::2] == value).mean() for value in range(4)]
    np.testing.assert_allclose(shares, [0.5, 0.1, 0.3, 0.1], atol=0.01)
    assert found[:, 1::2].mean() == pytest.approx(3 * law.mean()[0], rel=0.03)
    assert abs(np.corrcoef(found[:, ::2])[0, 1]) < 0.05


def test_more_steps_meet_the_same_demand() -> None:
    values = demand()
    values[::2] += 0.25
    found = simulate(values, base_stock(levels(values)), Supply(1.5), steps_per_period=7, keep_paths=True)
    np.testing.assert_allclose(found.paths["served"] + found.paths["short"], values[:, None], atol=1e-9)
    # whole units stay whole
    assert (found.paths["short"][1::2] % 1 == 0).all()


def test_one_compilation_serves_all_options() -> None:
    values = demand()
    readonly = values.view()
    readonly.flags.writeable = False
    one = values[:1]
    for each in (values, readonly, one):
        simulate(each, base_stock(4.0))
        simulate(each, OrderRule(4.0, order_quantity=2.0), Supply(random_leads(n=len(each))), steps_per_period=2)
    assert len(walk.signatures) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rule": OrderRule(4.0)}, "either an order-up-to level or an order quantity"),
        ({"rule": OrderRule(4.0, 3.0)}, "below its reorder point"),
        ({"rule": OrderRule(4.0, order_quantity=0.0)}, "Order quantity: expected more than 0"),
        ({"rule": base_stock(np.ones(3))}, r"Reorder point: .* each of 40 series"),
        ({"rule": base_stock(4.0, review_periods=0.4)}, "0.4 periods are not a whole number of steps"),
        ({"rule": base_stock(4.0, order_periods=np.ones(3))}, "Order periods: expected shape"),
        ({"supply": Supply(-1.0)}, "Lead times: expected numbers of at least 0"),
        ({"supply": Supply(np.ones(3))}, "one row for each of 40 series, got 3"),
        ({"supply": Supply(moq=np.nan)}, "Minimum order: expected numbers of at least 0, found nan"),
        ({"supply": Supply(team=np.zeros(3))}, "Teams: expected a whole number"),
        ({"supply": Supply(team=0.5)}, "Teams: expected a whole number"),
        ({"supply": Supply(team=2, team_capacity=np.ones(2))}, "Team capacity: .* each of 3 teams"),
        ({"supply": Supply(team=0, team_capacity=-1.0)}, "Team capacity: expected numbers of at least 0, found -1"),
        (
            {"start": StartingStock(open_series=[40], open_period=[1], open_quantity=[1])},
            "Open orders: expected series",
        ),
        ({"start": StartingStock(open_series=[4], open_period=[1])}, "Give as many of each"),
        ({"costs": Costs(order=-1.0)}, "Order cost: expected numbers of at least 0, found -1"),
        ({"replications": 0}, "Replications"),
        ({"warm_up": PERIODS}, "Warm-up: expected from 0 to 59 periods"),
        ({"steps_per_period": 0}, "Steps per period"),
        ({"seed": -1}, "Seed"),
        ({"keys": np.arange(3)}, "Keys"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"rule": base_stock(4.0), "supply": Supply(), **changed}
    with pytest.raises(SettingError, match=message):
        simulate(demand(), arguments.pop("rule"), arguments.pop("supply"), **arguments)


@pytest.mark.parametrize("bad", [np.nan, -1.0])
def test_demand_that_is_no_demand_is_refused(bad: float) -> None:
    values = demand()
    values[3, 5] = bad
    with pytest.raises(InputError, match="Demand of series 3, period 5"):
        simulate(values, base_stock(4.0))
    with pytest.raises(SettingError, match="one row per series"):
        simulate(values[0], base_stock(4.0))


def test_nothing_to_simulate_is_refused() -> None:
    law = DemandDistribution(np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]]), np.array([True]))
    for nothing in (np.zeros((0, 5)), DrawnDemand(law, 0)):
        with pytest.raises(SettingError, match="at least one series and one period"):
            simulate(nothing, base_stock(4.0))


def test_arguments_are_left_as_they_were() -> None:
    values, leads = demand(), random_leads()
    kept = values.copy(), leads.copy()
    supply = Supply(leads, shelf_life_periods=3)
    simulate(values, base_stock(9.0), supply, start=StartingStock(4.0))
    np.testing.assert_array_equal(values, kept[0])
    np.testing.assert_array_equal(leads, kept[1])
    assert dataclasses.asdict(supply)["shelf_life_periods"] == 3


@pytest.mark.parametrize(("lead", "review"), [(0, 1), (2, 1), (2, 3), (5, 4)])
def test_a_level_has_to_cover_lead_time_and_review_as_the_policy_says(lead: int, review: int) -> None:
    # base stock, waiting demand: just before an order arrives, what is short is demand over lead time + review beyond the level
    mean, periods = 4.0, 40_000
    level = stats.poisson.ppf(0.9, mean * (lead + review))
    grid = np.arange(40.0)[None, :]
    law = DemandDistribution(grid, np.append(stats.poisson.cdf(grid[:, :-1], mean), 1.0)[None, :], np.array([True]))
    found = simulate(
        DrawnDemand(law, periods),
        base_stock(level, review_periods=review),
        Supply(float(lead)),
        start=StartingStock(level),
        lost_sales=False,
        keep_paths=True,
    )
    owed = found.paths["owed"][0, 0]
    ends = owed[100 + (lead - 100 - 1) % review :: review]
    expected = stats.poisson.cdf(level, mean * (lead + review))
    # neighbouring cycles overlap by the lead time
    error = np.sqrt(expected * (1 - expected) / len(ends) * (1 + 2 * lead / review))
    assert (ends == 0).mean() == pytest.approx(expected, abs=4 * error)
