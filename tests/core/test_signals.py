from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import bucket_starts
from invopt_xl.core.signals import signals_by_period

SERIES = pd.DataFrame({"sku": ["A", "A", "B", "C"], "location": ["EAST", "WEST", "EAST", "WEST"]})
CATEGORY = np.array(["Tea", "Tea", "Tea", ""])
WEEKS = bucket_starts(2930 + np.arange(4), period="week")  # from 2026-03-02


def _signals(rows):
    """Return Signals of rows (day in March 2026, name, value, sku, category, location)."""
    frame = pd.DataFrame(rows, columns=["date", "name", "value", "sku", "category", "location"])
    return frame.assign(date=pd.to_datetime(frame["date"].map(lambda day: f"2026-03-{day:02d}")))


def _of(rows, **more):
    given = {"series": SERIES, "category": CATEGORY, "starts": WEEKS, "period": "week", **more}
    return signals_by_period(_signals(rows), **given)


def _slow(rows, starts):
    """The most specific kind of row that matches the series in the period, one cell at a time."""
    frame = _signals(rows)
    found = np.full((len(SERIES), len(starts)), np.nan)
    for i, (sku, location) in enumerate(zip(SERIES["sku"], SERIES["location"], strict=True)):
        own = {"sku": sku, "category": CATEGORY[i], "location": location}
        for t, start in enumerate(starts):
            best: dict[int, list[float]] = {}
            for row in frame.itertuples():
                if not 0 <= (row.date.to_datetime64().astype("datetime64[D]") - start).astype(int) < 7:
                    continue
                given = {name: getattr(row, name) for name in own if pd.notna(getattr(row, name))}
                if all(own[name] == value for name, value in given.items()):
                    rank = 4 * ("sku" in given) + 2 * ("category" in given) + ("location" in given)
                    best.setdefault(rank, []).append(row.value)
            if best:
                found[i, t] = np.mean(best[max(best)])
    return found


def test_scopes_agree_with_looking_at_every_row():
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(60):
        sku, category, location = (rng.choice(each) for each in (["A", "B"], ["Tea"], ["EAST", "WEST"]))
        keep = rng.integers(0, 2, 3)
        scope = [value if kept else None for value, kept in zip((sku, category, location), keep, strict=True)]
        rows.append((int(rng.integers(1, 32)), "rain", float(rng.integers(0, 50)), *scope))
    np.testing.assert_allclose(_of(rows)["rain"], _slow(rows, WEEKS))


def test_a_signal_is_unknown_where_no_row_speaks_of_it():
    found = _of([(3, "rain", 1.0, "A", None, None), (10, "rain", 2.0, None, None, "EAST")])["rain"]
    np.testing.assert_array_equal(found[:, :2], [[1, 2], [1, np.nan], [np.nan, 2], [np.nan, np.nan]])
    assert np.isnan(found[:, 2:]).all()


def test_signals_are_kept_apart_by_name():
    found = _of([(2, "rain", 1.0, None, None, None), (3, "heat", 30.0, None, None, None)])
    assert sorted(found) == ["heat", "rain"]
    assert found["rain"][:, 0].tolist() == [1.0] * 4
    assert found["heat"][:, 0].tolist() == [30.0] * 4


def test_a_value_per_month_holds_for_the_weeks_of_the_month():
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-03-01", "2026-04-01", "2026-05-01"]),
            "name": "income",
            "value": [1.0, 2.0, 3.0],
            "sku": None,
            "category": None,
            "location": None,
        }
    )
    weeks = bucket_starts(2930 + np.arange(6), period="week")
    found = signals_by_period(frame, series=SERIES, category=CATEGORY, starts=weeks, period="week")["income"]
    # the week from 30 March has its middle, 2 April, in April
    assert found[0].tolist() == [1.0, 1.0, 1.0, 1.0, 2.0, 2.0]


def test_no_signals_give_no_signals():
    assert _of([]) == {}
