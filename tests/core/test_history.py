from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.checks import check
from invopt_xl.core.history import build_history
from invopt_xl.core.tables import Tables
from invopt_xl.settings import Settings
from tests.reference.slow_history import settle_one, sums_per_bucket
from tests.sample_tables import DATA, checked, history, sold


def _row(past, sku):
    return int(np.flatnonzero(past.series["sku"] == sku)[0])


def _random_rows(seed, days=300, skus=6, rows=800):
    random = np.random.default_rng(seed)
    start = dt.date(2024, 1, 1)
    return [
        (
            start + dt.timedelta(days=int(random.integers(0, days))),
            f"S{random.integers(0, skus)}",
            float(random.integers(1, 9)),
        )
        for _ in range(rows)
    ]


def _as_sales(rows):
    return [{"date": day, "sku": sku, "quantity": quantity} for day, sku, quantity in rows]


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("seed", [1, 2])
def test_sales_per_period_agree_with_the_obvious_loop(period, seed):
    rows = [*_random_rows(seed), (dt.date(2024, 1, 1), "S0", 1.0)]
    past = history("2024-10-20", Settings(period=period), Sales=_as_sales(rows))
    expected = sums_per_bucket([row for row in rows if row[0] <= dt.date(2024, 10, 20)], period)
    for i, sku in enumerate(past.series["sku"]):
        for t, start in enumerate(past.starts.tolist()):
            got = past.sales[i, t]
            assert (0.0 if np.isnan(got) else got) == expected.get((sku, start), 0.0)


def test_daily_transactions_become_monday_weeks_by_default():
    past = history(Sales=_as_sales(_random_rows(3)))
    assert past.period == "week"
    assert all(day.weekday() == 0 for day in past.starts.tolist())


def test_monthly_rows_become_months_and_the_last_one_is_full():
    past = history(Sales=sold("A", [5, 6, 7], start="2024-01-01", step="MS"))
    assert past.period == "month"
    assert past.sales.tolist() == [[5, 6, 7]]
    assert past.as_of == pd.Timestamp("2024-03-31")


def test_a_day_within_the_last_month_leaves_that_month_out():
    past = history("2024-03-15", Sales=sold("A", [5, 6, 7], start="2024-01-01", step="MS"))
    assert past.sales.tolist() == [[5, 6]]


def test_a_partial_last_week_is_left_out():
    rows = sold("A", [1] * 17, start="2024-01-01", step="D")
    past = history(Sales=rows)
    assert past.sales.tolist() == [[7, 7]]
    assert history("2024-01-21", Sales=rows).sales.tolist() == [[7, 7, 3]]


def test_a_partial_first_week_is_left_out():
    past = history(Sales=sold("A", [1] * 18, start="2024-01-04", step="D"))
    assert past.starts[0] == np.datetime64("2024-01-08")
    assert past.sales.tolist() == [[7, 7]]


def test_weeks_labelled_by_sunday_stay_whole():
    past = history(Sales=sold("A", [3, 4, 5, 6], start="2024-01-07", step="7D"))
    assert past.sales.tolist() == [[3, 4, 5, 6]]


def test_finer_periods_than_recorded_are_refused_with_a_warning():
    past = history(settings=Settings(period="week"), Sales=sold("A", [5, 6, 7], step="MS"))
    assert past.period == "month"
    assert any("recorded by month" in str(each) for each in past.findings)


def test_a_record_of_a_few_days_is_planned_by_day():
    past = history(Sales=sold("A", [1, 2, 3], start="2024-01-02", step="D"))
    assert past.period == "day"
    assert past.sales.tolist() == [[1, 2, 3]]


def test_periods_before_the_first_sale_are_no_life():
    past = history(Sales=sold("A", [1, 2, 3, 4]) + sold("B", [0, 0, 5, 0]))
    assert np.isnan(past.sales[1, :2]).all()
    assert past.sales[1, 2:].tolist() == [5, 0]
    assert past.series["first_period"].tolist() == [0, 2]


def test_launch_date_before_the_first_sale_begins_life():
    past = history(
        Sales=sold("A", [1] * 6) + sold("B", [0, 0, 0, 5, 0, 0]), Items=[{"sku": "B", "launch_date": "2024-01-10"}]
    )
    assert past.series["first_period"].tolist() == [0, 1]


def test_items_never_sold_have_no_demand_at_all():
    past = history(Sales=sold("A", [1, 2, 3]), Items=[{"sku": "A"}, {"sku": "Z"}])
    assert past.series["first_period"].tolist() == [0, 3]
    assert np.isnan(past.demand[1]).all()
    assert past.series["launched"].tolist() == [True, False]


def test_series_are_the_union_of_sales_stock_and_items_in_order():
    past = history(
        Sales=sold("B", [1, 2, 3], location="X") + sold("A", [1, 2, 3], location="Y"),
        Stock=[{"sku": "A", "on_hand": 3, "location": "X"}],
        Items=[{"sku": "C"}, {"sku": "A"}],
    )
    assert list(past.series[["sku", "location"]].itertuples(index=False, name=None)) == [
        ("A", "X"),
        ("A", "Y"),
        ("B", "X"),
        ("C", "MAIN"),
    ]


def test_the_only_location_named_is_meant_where_none_is():
    past = history(
        Sales=sold("A", [1, 2, 3], location="Berlin"), Stock=[{"sku": "A", "on_hand": 3}], Items=[{"sku": "B"}]
    )
    assert past.series["location"].tolist() == ["Berlin", "Berlin"]


def test_returns_never_make_demand_negative():
    past = history(Sales=sold("A", [5, 60, -4, 7, -30, 3]))
    assert past.sales.tolist() == [settle_one([5, 60, -4, 7, -30, 3])[0]]
    assert past.findings == ()


def test_returns_beyond_all_sales_are_left_out_and_said():
    past = history(Sales=sold("A", [5, 6, -40, 7]) + sold("B", [1, 1, 1, 1]))
    assert np.nansum(past.sales[0]) == 0
    assert any("22 returned units are more than was ever sold" in str(each) for each in past.findings)


def test_flagged_stockouts_are_restored_from_their_neighbours():
    rows = sold("A", [10] * 8 + [0] + [10] * 8)
    rows[8]["stockout"] = True
    past = history(Sales=rows)
    assert past.censored[0].nonzero()[0].tolist() == [8]
    assert past.demand[0, 8] == pytest.approx(10)
    assert past.sales[0, 8] == 0
    assert past.restored_units[0] == pytest.approx(10)


def test_empty_closing_stock_hides_demand_only_where_sales_are_low():
    rows = sold("A", [10.0] * 16, on_hand=5)
    rows[5] |= {"quantity": 2.0, "on_hand": 0}
    rows[9] |= {"quantity": 30.0, "on_hand": 0}
    past = history(Sales=rows)
    assert past.censored[0].nonzero()[0].tolist() == [5]
    assert past.demand[0, 5] == pytest.approx(10)
    assert past.demand[0, 9] == 30


def test_a_ledger_without_a_report_is_unknown_not_zero():
    rows = [row for n, row in enumerate(sold("A", [10.0] * 24, step="MS", on_hand=5)) if n not in (7, 8)]
    past = history(Sales=rows)
    assert past.censored[0].nonzero()[0].tolist() == [7, 8]
    assert past.demand[0, 7:9] == pytest.approx([10, 10])


def test_transactions_without_rows_are_zero_demand():
    rows = [row for n, row in enumerate(sold("A", [10.0] * 24)) if n not in (7, 8)]
    past = history(Sales=rows)
    assert past.demand[0, 7:9].tolist() == [0, 0]
    assert not past.censored.any()


def test_stock_stays_empty_until_a_new_row_but_not_for_ever():
    rows = sold("A", [10.0] * 60, on_hand=5) + sold("B", [10.0] * 60)
    rows = [row for n, row in enumerate(rows) if not 21 <= n < 60]
    rows[20]["on_hand"] = 0
    past = history(Sales=rows)
    assert past.censored[0, 21:26].all()
    assert not past.censored[0, 34:].any()


def test_restoring_follows_the_season_of_all_series():
    season = [10.0] * 11 + [40.0]
    rows = sold("A", season * 3, step="MS") + sold("B", season * 3, step="MS")
    rows[23] |= {"quantity": 0.0, "stockout": True}
    past = history(Sales=rows)
    assert past.demand[0, 23] == pytest.approx(40, rel=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_restoring_never_lowers_demand_and_changes_censored_periods_only(seed):
    random = np.random.default_rng(seed)
    rows = []
    for sku in "ABCDE":
        for row in sold(sku, random.poisson(6, 80).astype(float).tolist()):
            rows.append(row | {"on_hand": float(random.integers(0, 4)), "stockout": bool(random.random() < 0.05)})
    past = history(Sales=rows)
    life = np.isfinite(past.sales)
    assert (past.demand[life] >= past.sales[life]).all()
    assert (past.demand == past.sales)[life & ~past.censored].all()
    assert np.nansum(past.demand, axis=1) == pytest.approx(np.nansum(past.sales, axis=1) + past.restored_units)


def test_outliers_are_marked_and_kept():
    usual = (np.random.default_rng(4).poisson(20, 60)).astype(float).tolist()
    usual[30] = 400.0
    past = history(Sales=sold("A", usual))
    assert past.outlier[0].nonzero()[0].tolist() == [30]
    assert past.demand[0, 30] == 400


def test_single_sales_of_an_intermittent_item_are_no_outliers():
    quantities = [0.0] * 60
    for n, size in zip(range(0, 60, 6), [3, 4, 3, 5, 2, 4, 3, 4, 5, 3], strict=True):
        quantities[n] = size
    assert not history(Sales=sold("A", quantities)).outlier.any()


def test_a_low_period_is_an_outlier_only_where_demand_is_regular():
    steady = [100.0, 110, 90, 105] * 10
    steady[20] = 2.0
    assert history(Sales=sold("A", steady)).outlier[0].nonzero()[0].tolist() == [20]
    rare = [value if n % 3 == 0 else 0.0 for n, value in enumerate(steady)]
    rare[21] = 2.0
    assert not history(Sales=sold("A", rare)).outlier.any()


def test_a_peak_that_comes_back_every_year_is_no_outlier():
    year = [20.0, 22, 19, 21] * 13
    year[50] = 200.0
    assert not history(Sales=sold("A", year * 2)).outlier.any()


def test_a_promotion_is_marked_and_is_no_outlier():
    rows = sold("A", [20.0, 22, 19, 21] * 10)
    rows[20] |= {"quantity": 300.0, "promotion": True}
    past = history(Sales=rows)
    assert past.promoted[0].nonzero()[0].tolist() == [20]
    assert not past.outlier.any()


def test_promotions_of_the_table_mark_every_period_they_touch():
    past = history(
        Sales=sold("A", [5.0] * 8, location="X") + sold("A", [5.0] * 8, location="Y"),
        Promotions=[
            {"sku": "A", "start_date": "2024-01-10", "end_date": "2024-01-22", "location": "X"},
            {"sku": "A", "start_date": "2024-02-12", "end_date": "2024-02-12"},
        ],
    )
    assert past.promoted[0].nonzero()[0].tolist() == [1, 2, 3, 6]
    assert past.promoted[1].nonzero()[0].tolist() == [6]


def test_history_moves_to_the_last_successor():
    past = history(
        Sales=sold("A", [5, 5, 5, 0]) + sold("B", [0, 1, 1, 0]) + sold("C", [0, 0, 0, 7]),
        Items=[{"sku": "A", "successor_sku": "B"}, {"sku": "B", "successor_sku": "C"}],
    )
    assert past.demand[_row(past, "C")].tolist() == [5, 6, 6, 7]
    assert np.isnan(past.demand[_row(past, "A")]).all()
    assert np.isnan(past.demand[_row(past, "B")]).all()


def test_stock_of_a_replaced_item_says_nothing_of_its_successor():
    rows = sold("A", [5.0] * 12, on_hand=9) + sold("B", [5.0] * 24, on_hand=9)
    rows[11] |= {"quantity": 0.0, "on_hand": 0.0}
    past = history(Sales=rows, Items=[{"sku": "A", "successor_sku": "B"}])
    assert not past.censored.any()


def test_a_successor_of_the_future_does_not_replace_yet():
    past = history(
        Sales=sold("A", [5, 5, 5, 5]),
        Items=[{"sku": "A", "successor_sku": "B"}, {"sku": "B", "launch_date": "2025-01-01"}],
    )
    assert past.demand[_row(past, "A")].tolist() == [5, 5, 5, 5]


def test_the_like_item_stands_in_scaled_to_the_overlap():
    past = history(
        Sales=sold("A", [10.0] * 20) + sold("N", [0.0] * 14 + [5.0] * 6), Items=[{"sku": "N", "like_sku": "A"}]
    )
    new = _row(past, "N")
    assert past.demand[new] == pytest.approx([5.0] * 20)
    assert past.series["stand_in"][new] == "A"
    assert past.series["first_period"][new] == 0
    assert past.series["own_first_period"][new] == 14
    assert np.isnan(past.sales[new, :14]).all()


def test_the_like_item_stands_in_as_it_is_for_an_item_never_sold():
    past = history(Sales=sold("A", [10.0, 8, 9, 12]), Items=[{"sku": "N", "like_sku": "A"}])
    assert past.demand[_row(past, "N")].tolist() == [10, 8, 9, 12]


def test_an_established_item_needs_no_stand_in():
    past = history(
        Sales=sold("A", [10.0] * 80) + sold("N", [0.0] * 10 + [5.0] * 70), Items=[{"sku": "N", "like_sku": "A"}]
    )
    assert past.series["stand_in"].eq("").all()


def test_order_of_rows_does_not_matter():
    rows = _as_sales(_random_rows(9))
    one, other = history(Sales=rows), history(Sales=rows[::-1])
    assert np.array_equal(one.demand, other.demand, equal_nan=True)


def _parquet(folder, name):
    path = DATA / folder / name
    if not path.exists():
        pytest.skip(f"{folder} is not beside the repository")
    return pd.read_parquet(path)


def _built(sales):
    return build_history(check(Tables({"Sales": sales}), settings=Settings()), settings=Settings())


@pytest.mark.realdata
def test_online_retail_cancelled_giants_vanish():
    raw = _parquet("online_retail", "transactions.parquet")
    sales = pd.DataFrame(
        {
            "date": raw["invoice_date"].astype("datetime64[s]"),
            "sku": raw["stock_code"].astype("str"),
            "quantity": raw["quantity"].astype("float64"),
        }
    )
    past = _built(sales)
    assert past.period == "week"
    # 2010-12-01 was a Wednesday and 2011-12-09 a Friday: both weeks are partial
    assert past.starts[[0, -1]].tolist() == [dt.date(2010, 12, 6), dt.date(2011, 11, 28)]
    # the largest orders, 80,995 units of 23843 and 74,215 of 23166, were cancelled
    assert np.nansum(past.sales[_row(past, "23843")]) == 0
    assert np.nanmax(past.sales[_row(past, "23166")]) < 5000


@pytest.mark.realdata
def test_stallion_beer_is_planned_by_month_and_complete():
    raw = _parquet("stallion_beer", "sales.parquet")
    sales = pd.DataFrame(
        {
            "date": pd.to_datetime(raw["month"]).astype("datetime64[s]"),
            "sku": raw["sku"],
            "location": raw["agency"],
            "quantity": raw["volume"],
        }
    )
    past = _built(sales)
    assert past.period == "month"
    assert past.sales.shape == (350, 60)
    assert np.nansum(past.sales) == pytest.approx(raw["volume"].sum())
    assert past.as_of == pd.Timestamp("2017-12-31")


@pytest.mark.realdata
def test_usaid_stockouts_are_inferred_from_closing_stock():
    raw = _parquet("usaid_contraceptive", "stock_ledger.parquet")
    sales = pd.DataFrame(
        {
            "date": pd.to_datetime(raw["month_start"]).astype("datetime64[s]"),
            "sku": raw["product_code"],
            "location": raw["site_code"],
            "quantity": raw["stock_distributed"].astype("float64"),
            "on_hand": raw["stock_end"].astype("float64"),
        }
    )
    past = _built(sales)
    assert past.sales.shape == (848, 36)
    assert np.nansum(past.sales) == raw["stock_distributed"].sum()
    assert past.restored_units.sum() > 0.05 * np.nansum(past.sales)
    life = np.isfinite(past.sales)
    assert (past.demand[life] >= past.sales[life]).all()


def test_checked_is_not_changed_by_building():
    good = checked(Sales=sold("A", [1, 2, 3]))
    before = good.frames["Sales"].copy()
    build_history(good, settings=Settings())
    pd.testing.assert_frame_equal(good.frames["Sales"], before)
