"""Backtest: which days, which outcomes, and that forecasts of known worth are told to be worth that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import invopt_xl as iv
from invopt_xl.core.backtest import ROUNDS, Backtest, backtest, round_origins
from invopt_xl.core.contracts import ACCURACY
from invopt_xl.core.forecast.ahead import Ahead
from invopt_xl.core.forecast.coverage_table import COVERAGE
from invopt_xl.core.forecast.decision_cost import DECISION_COST
from invopt_xl.core.forecast.tried import LEVELS
from invopt_xl.core.history import build_history
from invopt_xl.core.replay import Look, known_today
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError, SettingError
from invopt_xl.settings import Settings
from tests.small_world import MONDAYS, weekly_sales, world

Said = Callable[[pd.DataFrame, int], tuple[Ahead, ...]]


def looking(tables: Tables, said: Said, *, width: int | np.ndarray = 3, segment: str = "AX") -> Callable[..., Look]:
    """Return a look that tells what `said` makes of the series and the index of the first period ahead."""
    history = known_today(tables, settings=Settings(), as_of=None).history
    series, n = history.series[["sku", "location"]], len(history.series)

    def look(_: Tables, *, as_of: pd.Timestamp, settings: Settings) -> Look:
        at = int((pd.Series(history.starts) > as_of).to_numpy().argmax())
        return Look(
            as_of=as_of,
            period=history.period,
            last_start=history.starts[at - 1],
            series=series,
            segment=np.full(n, segment, dtype=object),
            service_level=np.full(n, 0.95),
            unit_cost=np.full(n, 2.0),
            width=np.broadcast_to(width, n),
            demand=history.demand[:, :at],
            aheads=said(series, at),
        )

    return look


def points(name: str, total: np.ndarray) -> Ahead:
    """Return a method that is sure of its total."""
    return Ahead(name, total, np.repeat(total[:, None], len(LEVELS), axis=1))


def value(made: Backtest, model: str, measure: str) -> float:
    rows = made.accuracy.query("segment == 'all' and model == @model and measure == @measure")
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


# which days ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("periods", [12, 36, 53, 104, 400])
@pytest.mark.parametrize("rounds", [1, 3, 6, 20])
@pytest.mark.parametrize("widths", [[1], [3, 3, 4], [2, 5, 6, 6, 6]])
def test_rounds_have_half_of_the_history_before_and_their_outcome_after_them(
    periods: int, rounds: int, widths: list[int]
) -> None:
    origins = round_origins(periods, np.array(widths), rounds=rounds)
    assert 1 <= len(origins) <= rounds
    assert origins == sorted(set(origins))
    assert origins[0] + 1 >= periods / 2
    assert np.mean(origins[-1] + np.array(widths) <= periods - 1) >= 0.9
    # the latest possible: one period later the outcomes would not be known
    assert np.mean(origins[-1] + 1 + np.array(widths) <= periods - 1) < 0.9
    steps = np.diff(origins)
    assert len(set(steps)) <= 1
    assert (steps <= max(1, np.median(widths))).all()


def test_rounds_that_do_not_fit_one_interval_apart_stand_closer() -> None:
    assert round_origins(40, np.array([6]), rounds=4) == [21, 25, 29, 33]
    assert round_origins(24, np.array([6]), rounds=4) == [11, 13, 15, 17]
    assert round_origins(24, np.array([10]), rounds=9) == [11, 12, 13]


def test_a_history_that_is_too_short_is_told_with_what_is_needed() -> None:
    with pytest.raises(InputError, match=r"7 periods, and the interval to be forecast 4\. A backtest needs at least 9"):
        round_origins(7, np.array([4]), rounds=2)
    assert round_origins(9, np.array([4]), rounds=2) == [4]


def test_no_round_is_refused() -> None:
    with pytest.raises(SettingError, match="Rounds: expected a whole number of at least 1, got 0"):
        backtest(iv.read_tables(world({"A": 20})), rounds=0)


def test_fewer_rounds_than_asked_for_are_told() -> None:
    tables = iv.read_tables({"Sales": weekly_sales({"A": 20}).tail(12)})
    made = backtest(tables, rounds=9, look=looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),)))
    assert len(made.rounds) < 9
    assert any("instead of 9" in finding.text for finding in made.findings)


def test_every_round_is_given_the_tables_of_its_day_and_no_others() -> None:
    decided = pd.DataFrame({"sku": ["A"], "field": ["demand_per_period"], "value": ["99"]})
    tables = iv.read_tables(world({"A": 30, "B": 6}, Overrides=decided))
    plain = looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),))
    days = []

    def look(given: Tables, *, as_of: pd.Timestamp, settings: Settings) -> Look:
        days.append(as_of)
        sales = given.frames["Sales"]["date"]
        assert sales.max() == as_of - pd.Timedelta(days=6)
        assert "Overrides" not in given.frames
        assert settings.period == "week"
        return plain(given, as_of=as_of, settings=settings)

    made = backtest(tables, rounds=4, look=look)
    assert list(made.rounds["as_of"]) == days


# what came -----------------------------------------------------------------------------------------------------------------------------


def test_outcomes_are_the_restored_demand_of_the_full_history() -> None:
    rng = np.random.default_rng(2)
    sales = weekly_sales({"A": 30, "B": 6}).assign(on_hand=9.0)
    sales.loc[rng.random(len(sales)) < 0.08, ["quantity", "on_hand"]] = 0.0
    tables = iv.read_tables(world({"A": 30, "B": 6}, Sales=sales))
    known = known_today(tables, settings=Settings(), as_of=None)
    history = build_history(known.checked, settings=Settings())
    assert history.restored_units.sum() > 0
    made = backtest(tables, rounds=5, look=looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),)))
    assert len(made.intervals) == 10
    starts = pd.Series(history.starts)
    for row in made.intervals.itertuples():
        at = int((starts > row.as_of).to_numpy().argmax())
        series = list(history.series["sku"]).index(row.sku)
        assert starts[at] == row.as_of + pd.Timedelta(days=1)
        assert row.demand == pytest.approx(history.demand[series, at : at + 3].sum())
    counted = made.rounds.set_index("as_of")["with_stockouts"]
    for day, number in counted.items():
        at = int((starts > day).to_numpy().argmax())
        assert number == history.censored[:, at : at + 3].any(axis=1).sum()
    assert counted.sum() > 0


def test_intervals_that_have_not_ended_are_left_out() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    width = np.array([3, 11])
    made = backtest(
        tables, rounds=4, look=looking(tables, lambda series, _: (points("chosen", np.ones(2)),), width=width)
    )
    end = made.intervals["as_of"] + pd.to_timedelta(7 * made.intervals["width_periods"], unit="D")
    assert end.max() <= made.as_of
    assert made.intervals["sku"].value_counts().to_dict() == {"A": 4, "B": 1}


def test_an_item_counts_from_its_own_first_period_and_not_with_borrowed_history() -> None:
    sales = weekly_sales({"A": 30, "NEW": 10})
    sales = sales[(sales["sku"] != "NEW") | (sales["date"] >= MONDAYS[95])]
    items = pd.DataFrame({"sku": ["A", "NEW"], "like_sku": [None, "A"]})
    tables = iv.read_tables({"Sales": sales, "Items": items})
    made = backtest(
        tables, rounds=12, look=looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),))
    )
    told = made.intervals[made.intervals["sku"] == "NEW"]
    assert len(told) > 0
    assert told["as_of"].min() + pd.Timedelta(days=1) >= MONDAYS[95]
    assert made.intervals.loc[made.intervals["sku"] == "A", "as_of"].min() < MONDAYS[95]


def test_items_whose_history_moved_to_a_successor_meanwhile_are_left_out() -> None:
    launch = MONDAYS[98]
    sales = weekly_sales({"OLD": 30, "NEW": 30, "C": 9})
    sales = sales[~((sales["sku"] == "OLD") & (sales["date"] >= launch))]
    sales = sales[~((sales["sku"] == "NEW") & (sales["date"] < launch))]
    items = pd.DataFrame(
        {"sku": ["OLD", "NEW", "C"], "successor_sku": ["NEW", None, None], "launch_date": [None, launch, None]}
    )
    tables = iv.read_tables({"Sales": sales, "Items": items})
    made = backtest(tables, rounds=6, look=looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),)))
    early = made.intervals[made.intervals["as_of"] < launch]
    assert len(early) > 0
    assert set(early["sku"]) == {"C"}


def test_a_round_that_would_be_planned_in_other_periods_is_left_out_and_told() -> None:
    tables = iv.read_tables(world({"A": 20, "B": 5}))
    plain = looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),))
    turn = iter(range(9))

    def look(*given: Any, **more: Any) -> Look:
        made = plain(*given, **more)
        return replace(made, period="month") if next(turn) == 1 else made

    made = backtest(tables, rounds=4, look=look)
    assert len(made.rounds) == 3
    assert any("is left out" in finding.text and finding.severity == "warning" for finding in made.findings)


# what it is worth ----------------------------------------------------------------------------------------------------------------------


def test_a_perfect_forecaster_loses_nothing_and_costs_nothing() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6, "C": 100}))
    history = known_today(tables, settings=Settings(), as_of=None).history

    def said(series: pd.DataFrame, at: int) -> tuple[Ahead, ...]:
        truth = history.demand[:, at : at + 3].sum(axis=1)
        return points("chosen", truth), points("moving average", truth + 5), points("seasonal naive", truth - 2)

    made = backtest(tables, rounds=4, look=looking(tables, said))
    assert value(made, "chosen", "WAPE") == 0
    assert value(made, "chosen", "scaled pinball") == 0
    assert value(made, "moving average", "bias") > 0
    row = made.decisions.query("segment == 'all' and model == 'chosen'").iloc[0]
    assert (row["cost"], row["value_added"], row["service"]) == (0, 1, 1)
    assert (made.rounds["wape"] == 0).all()
    assert (made.rounds["value_added"] == 1).all()
    np.testing.assert_allclose(made.rounds["forecast"], made.rounds["demand"])
    np.testing.assert_allclose(made.rounds["moving_average"], made.rounds["demand"] + 15)


def test_the_true_distribution_is_covered_as_stated_and_cheaper_than_another() -> None:
    rng = np.random.default_rng(7)
    skus = {f"P{number:03d}": rng.gamma(5.0, 8.0, len(MONDAYS)) for number in range(120)}
    tables = iv.read_tables({"Sales": weekly_sales(skus)})

    def said(series: pd.DataFrame, _: int) -> tuple[Ahead, ...]:
        n, truth = len(series), stats.gamma.ppf(LEVELS, 15.0, scale=8.0)
        return (
            Ahead("chosen", np.full(n, 120.0), np.broadcast_to(truth, (n, len(LEVELS)))),
            Ahead("moving average", np.full(n, 120.0), np.broadcast_to(0.85 * truth, (n, len(LEVELS)))),
        )

    made = backtest(tables, rounds=12, look=looking(tables, said))
    rows = made.coverage.query("segment == 'all' and model == 'chosen'")
    assert (rows["windows"] == 1440).all()
    error = np.sqrt(rows["nominal"] * (1 - rows["nominal"]) / 1440)
    # four standard errors: one seed in 3,000 would fail
    assert (np.abs(rows["covered"] - rows["nominal"]) < 4 * error).all()
    assert (made.coverage.query("segment == 'all' and model == 'moving average'")["verdict"] == "too low").all()
    assert made.decisions.query("segment == 'all' and model == 'chosen'")["value_added"].iloc[0] > 0


def test_segments_are_those_of_each_round() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    names = iter(["AX", "BY", "BY", "CZ"])

    def look(*given: Any, **more: Any) -> Look:
        one = looking(
            tables,
            lambda series, _: (points("chosen", np.ones(len(series))), points("moving average", np.ones(len(series)))),
            segment=next(names),
        )
        return one(*given, **more)

    made = backtest(tables, rounds=4, look=look)
    counts = made.decisions[made.decisions["model"] == "chosen"].set_index("segment")["windows"]
    assert counts.to_dict() == {"all": 8, "AX": 2, "BY": 4, "CZ": 2}


def test_a_single_round_costs_what_all_rounds_cost_with_items_weighed_by_value() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    aheads = (points("chosen", np.array([80.0, 30.0])), points("moving average", np.array([95.0, 17.0])))
    plain = looking(tables, lambda series, _: aheads)

    def look(*given: Any, **more: Any) -> Look:
        return replace(plain(*given, **more), unit_cost=np.array([1.0, 50.0]))

    made = backtest(tables, rounds=1, look=look)
    one, all_rounds = made.rounds.iloc[0], made.decisions.query("segment == 'all' and model == 'chosen'").iloc[0]
    for name in ("cost", "baseline_cost", "value_added"):
        assert one[name] == pytest.approx(all_rounds[name]), name
    assert one["wape"] == pytest.approx(value(made, "chosen", "WAPE"))
    assert one["baseline_wape"] == pytest.approx(value(made, "moving average", "WAPE"))


# with the engine -----------------------------------------------------------------------------------------------------------------------


def test_changing_sales_after_a_rounds_day_never_changes_what_was_said_until_then() -> None:
    skus = {"A": 30.0, "B": 6.0, "C": np.tile([0, 0, 4, 0, 1], 21)[: len(MONDAYS)]}
    sales = weekly_sales(skus)
    made = backtest(iv.read_tables(world(skus, Sales=sales)), rounds=3)
    day = made.rounds["as_of"].iloc[1]
    other = sales.copy()
    late = other["date"] > day
    other.loc[late, "quantity"] = other.loc[late, "quantity"] * 3 + 5
    changed = backtest(iv.read_tables(world(skus, Sales=other)), rounds=3)
    said = [
        "as_of",
        "sku",
        "location",
        "segment",
        "width_periods",
        "service_target",
        "expected",
        "stock",
        "moving_average",
    ]
    until = made.intervals["as_of"] <= day
    assert until.sum() == 6
    pd.testing.assert_frame_equal(made.intervals.loc[until, said], changed.intervals.loc[until, said])
    # and the outcomes are the changed ones
    assert (made.intervals.loc[until, "demand"] != changed.intervals.loc[until, "demand"]).any()
    assert not made.intervals.loc[~until, said].equals(changed.intervals.loc[~until, said])


def test_the_same_seed_gives_the_same_backtest_and_tables_follow_their_contracts() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    steps: list[str] = []
    one = backtest(tables, rounds=2, settings={"seed": 5}, progress=steps.append)
    other = backtest(tables, rounds=2, settings={"seed": 5})
    for name, fields in (
        ("accuracy", ACCURACY),
        ("coverage", COVERAGE),
        ("decisions", DECISION_COST),
        ("rounds", ROUNDS),
    ):
        assert list(getattr(one, name).columns) == [field.name for field in fields]
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert steps[0] == "checking"
    assert [step[:12] for step in steps[1:3]] == ["round 1 of 2", "round 2 of 2"]
    assert {"chosen", "moving average", "seasonal naive"} <= set(one.accuracy["model"])


def test_as_of_hides_later_outcomes() -> None:
    tables = iv.read_tables(world({"A": 30, "B": 6}))
    made = backtest(
        tables,
        rounds=2,
        as_of="2026-06-28",
        look=looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),)),
    )
    assert made.as_of == pd.Timestamp("2026-06-28")
    last = made.intervals["as_of"] + pd.to_timedelta(7 * made.intervals["width_periods"], unit="D")
    assert last.max() <= made.as_of


@pytest.mark.parametrize(
    ("costs", "told"), [((np.nan, np.nan), "No unit cost"), ((4.0, np.nan), "1 item without a unit")]
)
def test_items_without_a_unit_cost_are_told(costs: tuple[float, float], told: str) -> None:
    tables = iv.read_tables({"Sales": weekly_sales({"A": 20, "B": 5})})
    plain = looking(tables, lambda series, _: (points("chosen", np.ones(len(series))),))

    def look(*given: Any, **more: Any) -> Look:
        return replace(plain(*given, **more), unit_cost=np.array(costs))

    made = backtest(tables, rounds=2, look=look)
    assert any(finding.text.startswith(told) for finding in made.findings)
    assert made.decisions["cost"].notna().all()
