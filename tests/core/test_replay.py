"""Replay: nothing of what came after a day can be seen in what was said on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.replay import Known, Look, cut, known_today, look_ahead
from invopt_xl.core.tables import Tables
from invopt_xl.settings import Settings
from tests.small_world import world

#: Full weeks of the small world, and the one at whose end is looked ahead.
WEEKS, ORIGIN = 103, 90


def tables_of(**changed: pd.DataFrame) -> Tables:
    """Return a small world with every table that could tell of later days."""
    rng = np.random.default_rng(5)
    level = {"A": 40.0, "B": 8.0, "C": np.where(rng.random(WEEKS) < 0.3, rng.integers(1, 9, WEEKS), 0)}
    ordered = pd.date_range("2025-01-06", periods=90, freq="7D")
    frames = world(
        level,
        OpenOrders=pd.DataFrame({"sku": ["A"], "quantity": [50.0], "due_date": ["2026-11-30"]}),
        LeadTimes=pd.DataFrame(
            {
                "sku": "A",
                "order_date": ordered,
                "receipt_date": ordered + pd.to_timedelta(rng.integers(7, 35, 90), unit="D"),
            }
        ),
        Overrides=pd.DataFrame({"sku": ["A"], "field": ["demand_per_period"], "value": ["99"]}),
        Promotions=pd.DataFrame(
            {"sku": ["B"], "start_date": ["2026-08-24"], "end_date": ["2026-09-06"], "uplift": [1.5]}
        ),
        Signals=pd.DataFrame(
            {"date": pd.date_range("2024-11-25", periods=106, freq="7D"), "name": "heat", "value": rng.random(106)}
        ),
    )
    return iv.read_tables({**frames, **changed})


def today(tables: Tables) -> Known:
    return known_today(tables, settings=Settings(), as_of=None)


def said(tables: Tables, origin: int = ORIGIN) -> Look:
    known = today(tables)
    return look_ahead(cut(tables, known, period=origin), as_of=known.last_day(origin), settings=Settings(period="week"))


def changed_after(tables: Tables, day: pd.Timestamp) -> Tables:
    """Return the tables with everything that came after a day told differently."""
    frames = dict(tables.frames)
    sales = frames["Sales"].copy()
    late = (sales["date"] > day).to_numpy()
    sales.loc[late, "quantity"] = sales.loc[late, "quantity"] * 10 + 7
    sales["promotion"] = pd.array(late, dtype="boolean")
    sales["stockout"] = pd.array(late & (np.arange(len(sales)) % 3 == 0), dtype="boolean")
    newcomer = sales[late].head(4).assign(sku="NEW")
    frames["Sales"] = pd.concat([sales, newcomer], ignore_index=True)
    receipts = frames["LeadTimes"].copy()
    late = (receipts["receipt_date"] > day).to_numpy()
    receipts.loc[late, "receipt_date"] += pd.Timedelta(days=200)
    frames["LeadTimes"] = receipts
    frames["Stock"] = frames["Stock"].assign(on_hand=0.0)
    frames["OpenOrders"] = frames["OpenOrders"].assign(quantity=1e6)
    frames["Overrides"] = frames["Overrides"].assign(value="1")
    signals = frames["Signals"].copy()
    # its last three weeks lie after today: so far ahead it was known then as well
    known = day + pd.Timedelta(days=21)
    signals.loc[signals["date"] > known, "value"] += 100
    frames["Signals"] = signals
    return replace(tables, frames=frames)


def test_nothing_that_came_later_changes_what_was_said() -> None:
    before = tables_of()
    day = today(before).last_day(ORIGIN)
    after = changed_after(before, day)
    one, other = said(before), said(after)
    pd.testing.assert_frame_equal(one.series, other.series)
    for name in ("segment", "service_level", "unit_cost", "width", "demand"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert [each.name for each in one.aheads] == [each.name for each in other.aheads]
    for mine, theirs in zip(one.aheads, other.aheads, strict=True):
        np.testing.assert_array_equal(mine.total, theirs.total, err_msg=mine.name)
        np.testing.assert_array_equal(mine.quantiles, theirs.quantiles, err_msg=mine.name)


def test_what_was_known_does_change_it() -> None:
    before = tables_of()
    after = changed_after(before, today(before).last_day(ORIGIN - 5))
    assert not np.array_equal(said(before).aheads[0].total, said(after).aheads[0].total)


def test_cut_tables_hold_nothing_of_later_days_and_the_planned_promotions() -> None:
    tables = tables_of()
    known = today(tables)
    day = known.last_day(ORIGIN)
    assert day == pd.Timestamp("2026-08-23")
    frames = cut(tables, known, period=ORIGIN).frames
    assert frames["Sales"]["date"].max() <= day
    assert len(frames["Sales"]) == 3 * (ORIGIN + 1)
    assert frames["LeadTimes"]["receipt_date"].max() <= day
    assert len(frames["LeadTimes"]) < len(tables.frames["LeadTimes"])
    assert frames["Signals"]["date"].max() <= day + pd.Timedelta(days=21)
    assert (frames["Stock"]["on_hand"] == 0).all()
    assert not {"OpenOrders", "Overrides"} & set(frames)
    assert len(frames["Promotions"]) == 1


def test_signals_that_end_today_ended_on_the_day() -> None:
    tables = tables_of()
    known = today(tables)
    ending = tables.frames["Signals"][tables.frames["Signals"]["date"] <= known.history.as_of]
    frames = cut(replace(tables, frames={**tables.frames, "Signals": ending}), known, period=ORIGIN).frames
    assert frames["Signals"]["date"].max() <= known.last_day(ORIGIN)


@pytest.mark.parametrize("offset", [-3, 2, 3])
def test_a_week_is_cut_whole_whatever_day_it_is_dated(offset: int) -> None:
    tables = tables_of()
    moved = tables.frames["Sales"].assign(date=tables.frames["Sales"]["date"] + pd.Timedelta(days=offset))
    tables = replace(tables, frames={**tables.frames, "Sales": moved})
    known = today(tables)
    assert known.recorded == "week"
    left = cut(tables, known, period=ORIGIN).frames["Sales"]
    demand = known.history.sales[0, : ORIGIN + 1]
    assert left.loc[left["sku"] == "A", "quantity"].sum() == pytest.approx(demand.sum())
    one = said(tables)
    assert one.last_start == known.history.starts[ORIGIN]
    np.testing.assert_allclose(one.demand[0], known.history.demand[0, : ORIGIN + 1])


def test_months_are_cut_at_their_end() -> None:
    months = pd.date_range("2022-01-01", periods=50, freq="MS")
    sales = pd.DataFrame({"date": months, "sku": "A", "quantity": np.arange(50.0) + 1})
    tables = iv.read_tables({"Sales": sales})
    known = today(tables)
    assert known.history.period == "month"
    assert known.last_day(37) == pd.Timestamp("2025-02-28")
    one = look_ahead(cut(tables, known, period=37), as_of=known.last_day(37), settings=Settings(period="month"))
    assert one.demand[0].tolist() == list(np.arange(38.0) + 1)


def test_the_chosen_forecast_and_both_plain_ones_are_told() -> None:
    names = [each.name for each in said(tables_of()).aheads]
    assert {"chosen", "moving average", "seasonal naive"} <= set(names)
