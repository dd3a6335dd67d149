"""The data sets that demand forecasts are compared on: demand matrices, what is known of the items, and the origins of the rounds.

Needs numpy and pandas only, so that the peers' environment reads exactly what ours reads.

Choices, made before any result was seen:

- Series: a seeded sample of at most 300 weekly or 500 monthly ones (m4_weekly: 60, of which the last 260 weeks and the test part).
- The set's own width: M3 18, tourism 24, m4_weekly 13 (their competitions' horizons); spareparts_man 13 weeks (lead times there are 7 and 16);
  jewelry and orangejuice_dominicks 4 weeks; else 3 months, which then is no fourth width.
- Rounds: origins are shared by all widths. Nothing is scored at the `earlier` origins: they only serve the peers' calibration.
- Periods without a record stay as planners' tables have them: 0. But car parts whose record stops are left out, and in
  orangejuice_dominicks, where whole stores lack weeks, the last known week stands in (and windows with such a week are not scored).
- The competitions' series end at different dates. They are laid side by side by their ends; `shift` tells the true month.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[3] / "shared" / "data"

#: Series taken of a larger data set.
SAMPLE = {"week": 300, "month": 500}
M4_SERIES, M4_WEEKS = 60, 260

#: Length of the year [periods].
SEASON = {"week": 52, "month": 12}

#: Periods of life a series needs at an origin to be forecast there.
YOUNGEST = 6


@dataclass(frozen=True)
class Panel:
    """Demand of n series over T periods and how it is used.

    Parameters
    ----------
    name : str
    period : {"week", "month"}
    starts : datetime64[D] array, shape (T,)
    demand : float array, shape (n, T)
        NaN before the first demand, as far as it is known to a forecaster [units].
    scored : bool array, shape (n, T)
        The period was recorded.
    items : DataFrame
        n rows of text: sku, location, category.
    widths : tuple of int
        Intervals whose total is forecast, the set's own last [periods].
    tests, earlier : tuple of int
        Origins: number of periods known. Latest first.
    shift : int array, shape (n,)
        Months by which the true calendar is ahead of `starts`.
    known : dict of str to float array, shape (n, T)
        What is known ahead.
    """

    name: str
    period: str
    starts: np.ndarray
    demand: np.ndarray
    scored: np.ndarray
    items: pd.DataFrame
    widths: tuple[int, ...]
    tests: tuple[int, ...]
    earlier: tuple[int, ...]
    shift: np.ndarray
    known: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def origins(self) -> tuple[int, ...]:
        """All origins, latest first."""
        return self.tests + self.earlier

    @property
    def horizon(self) -> int:
        """The widest width."""
        return max(self.widths)

    def alive(self, origin: int) -> np.ndarray:
        """Return positions of the series old enough at `origin`."""
        return np.flatnonzero((~np.isnan(self.demand[:, :origin])).sum(axis=1) >= YOUNGEST)

    def development(self) -> Panel:
        """Return what anybody who develops may look at: everything before the oldest round that is scored, with rounds of its own.

        None of its windows reaches into a window that is scored; short records give shorter intervals and fewer rounds.
        """
        end, step = self.tests[-1], abs(self.tests[0] - self.tests[1])
        cut = lambda values: values[:, :end]  # noqa: E731
        widths = tuple(width for width in self.widths if end - width >= 2 * YOUNGEST)
        last = end - max(widths)
        tests = tuple(at for at in (last, last - step, last - 2 * step) if at >= 2 * YOUNGEST)
        lived = (~np.isnan(cut(self.demand))).any(axis=1)
        return replace(
            self,
            starts=self.starts[:end],
            demand=cut(self.demand)[lived],
            scored=cut(self.scored)[lived],
            items=self.items[lived].reset_index(drop=True),
            widths=widths,
            tests=tests,
            earlier=(),
            shift=self.shift[lived],
            known={name: cut(values)[lived] for name, values in self.known.items()},
        )

    def fingerprint(self) -> str:
        """Return a hash of demand and origins, by which a cached forecast is told to be of another panel."""
        numbers = np.ascontiguousarray(np.nan_to_num(self.demand, nan=-1.0)).tobytes()
        return hashlib.sha256(numbers + repr((self.origins, self.widths)).encode()).hexdigest()[:16]

    def sample(self, most: int) -> Panel:
        """Return at most `most` series, drawn with a fixed seed."""
        if len(self.demand) <= most:
            return self
        rows = np.sort(np.random.default_rng(1).permutation(len(self.demand))[:most])
        return replace(
            self,
            demand=self.demand[rows],
            scored=self.scored[rows],
            items=self.items.iloc[rows].reset_index(drop=True),
            shift=self.shift[rows],
            known={name: values[rows] for name, values in self.known.items()},
        )


@dataclass(frozen=True)
class _File:
    """Where a table is and which columns matter."""

    path: str
    sku: str
    location: str | None
    category: str | None
    time: str
    quantity: str
    period: str
    first: str
    widths: tuple[int, ...] = (1, 3, 6)
    step: int = 3
    earlier: tuple[int, ...] = (3, 6)


_FILES = {
    "stallion_beer": _File("sales.parquet", "sku", "agency", "sku", "month", "volume", "month", "2013-01"),
    "carparts": _File("demand.parquet", "item", None, None, "period_index", "quantity", "month", "1998-01"),
    "hospital": _File("demand.parquet", "item", None, "item_group", "period_index", "quantity", "month", "2000-01"),
    "jewelry": _File(
        "demand.parquet", "item", None, None, "period_index", "quantity", "week", "1998-01-26", (1, 3, 6, 4), 4, (6, 10)
    ),
    "spareparts_man": _File(
        "demand.parquet", "sku", None, None, "week_start", "quantity", "week", "2012-01-02", (1, 3, 6, 13), 4, (13, 17)
    ),
    "spareparts_auto": _File(
        "demand.parquet", "sku", None, None, "period_index", "quantity", "month", "2000-01", step=1, earlier=(3, 6)
    ),
    "usaid_contraceptive": _File(
        "stock_ledger.parquet",
        "product_code",
        "site_code",
        "product_code",
        "month_start",
        "stock_distributed",
        "month",
        "2016-01",
        step=2,
        earlier=(6, 9),
    ),
    "orangejuice_dominicks": _File(
        "sales.parquet", "brand", "store", "brand", "week", "packs", "week", "1990-06-14", (1, 3, 6, 4), 4, (6, 10)
    ),
}


def load(name: str) -> Panel:
    """Return a data set by its name."""
    return (_LOADERS.get(name) or _from_file)(name)


def _from_file(name: str) -> Panel:
    of = _FILES[name]
    frame = pd.read_parquet(DATA / name / of.path)
    if name == "carparts":
        stops = frame.loc[frame[of.quantity].isna(), of.sku].unique()
        frame = frame[~frame[of.sku].isin(stops)]
    key = [of.sku] if of.location is None else [of.sku, of.location]
    frame = frame.assign(_time=frame[of.time].astype(str) if frame[of.time].dtype == object else frame[of.time])
    panel = _wide(name, of, frame, key)
    return panel.sample(SAMPLE[of.period])


def _wide(name: str, of: _File, frame: pd.DataFrame, key: list[str]) -> Panel:
    table = frame.pivot_table(index=key, columns="_time", values=of.quantity, aggfunc="sum").sort_index()
    values = table.to_numpy(dtype=float)
    recorded = np.ones(values.shape, dtype=bool)
    known: dict[str, np.ndarray] = {}
    if name == "orangejuice_dominicks":
        recorded = ~np.isnan(values)
        values = _last_known(values)
        price = frame.pivot_table(index=key, columns="_time", values="price_per_oz").sort_index().to_numpy(dtype=float)
        deal = frame.pivot_table(index=key, columns="_time", values="deal").sort_index().to_numpy(dtype=float)
        known = {"price": _last_known(price), "deal": np.nan_to_num(deal)}
    values = np.nan_to_num(values)
    first = 0
    if name == "spareparts_man":
        # its first and last week were not recorded
        values, recorded, first = values[:, 1:-1], recorded[:, 1:-1], 1
    sold = (values > 0).any(axis=1)
    demand = np.where(np.maximum.accumulate(values > 0, axis=1), values, np.nan)[sold]
    index = table.index[sold]
    text = index.to_frame(index=False).astype(str)
    items = pd.DataFrame(
        {
            "sku": text[of.sku],
            "location": text[of.location] if of.location else "MAIN",
            "category": _category(frame, of, index) if of.category else "",
        }
    )
    periods = demand.shape[1]
    last = periods - max(of.widths)
    tests = tuple(last - of.step * back for back in range(4))
    return Panel(
        name,
        of.period,
        _starts(of.first, of.period, first, periods),
        demand,
        recorded[sold],
        items,
        of.widths,
        tests,
        tuple(tests[-1] - back for back in of.earlier),
        np.zeros(len(demand), dtype=np.int64),
        {each: values[sold] for each, values in known.items()},
    )


def _last_known(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).ffill(axis=1).to_numpy()


def _category(frame: pd.DataFrame, of: _File, index: pd.Index) -> np.ndarray:
    if of.category == of.sku:
        return index.get_level_values(of.sku).astype(str).to_numpy()
    of_sku = frame.drop_duplicates(of.sku).set_index(of.sku)[of.category]
    return of_sku.reindex(index.get_level_values(0)).astype(str).to_numpy()


def _starts(first: str, period: str, skipped: int, periods: int) -> np.ndarray:
    at = skipped + np.arange(periods)
    if period == "month":
        return (np.datetime64(first, "M") + at).astype("datetime64[D]")
    return np.datetime64(first, "D") + 7 * at


def competition(name: str) -> tuple[pd.DataFrame, np.ndarray, int]:
    """Return the series of M3 monthly, tourism monthly or m4_weekly with their values up to the end of the test part, side by side by
    their ends (n, T), NaN before, and the number of test periods."""
    folder = DATA / name
    frequency = "weekly" if name == "m4_weekly" else "monthly"
    parts = [pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "test")]
    both = pd.concat([part[part["frequency"] == frequency] for part in parts]) if "frequency" in parts[0] else None
    rows = both if both is not None else pd.concat(parts)
    order = list(dict.fromkeys(rows["series"]))
    values = {key: group.to_numpy(dtype=float) for key, group in rows.groupby("series", sort=False)["value"]}
    longest = max(len(each) for each in values.values())
    wide = np.full((len(order), longest), np.nan)
    for i, key in enumerate(order):
        wide[i, longest - len(values[key]) :] = values[key]
    horizon = {"m3": 18, "tourism": 24, "m4_weekly": 13}[name]
    series = pd.DataFrame({"series": order})
    if name != "m4_weekly":
        about = pd.read_parquet(folder / "series.parquet")
        series = series.merge(about, on="series", how="left", validate="one_to_one")
    return series, wide, horizon


def competition_panel(name: str) -> Panel:
    """Return all series of a competition as a panel."""
    series, wide, horizon = competition(name)
    period = "week" if name == "m4_weekly" else "month"
    periods = wide.shape[1]
    starts = _starts("2000-01-03" if period == "week" else "2000-01", period, 0, periods)
    shift = np.zeros(len(series), dtype=np.int64)
    category = pd.Series("", index=series.index)
    if period == "month":
        # 0-based month of the column after the last, by the series' own calendar and by ours
        own = series["start_period"].to_numpy() - 1 + (~np.isnan(wide)).sum(axis=1)
        shift = (own - periods) % 12
        category = series["category"].astype(str) + " " + pd.Series(shift).astype(str)
    items = pd.DataFrame({"sku": series["series"], "location": "MAIN", "category": category})
    at = periods - horizon
    back = {"m3": (0, 6), "tourism": (0, 6), "m4_weekly": (0, 13)}[name]
    before = {"m3": (18, 24), "tourism": (24, 30), "m4_weekly": (26, 39)}[name]
    return Panel(
        name,
        period,
        starts,
        wide,
        ~np.isnan(wide),
        items,
        (1, 3, 6, horizon),
        tuple(at - b for b in back),
        tuple(at - b for b in before),
        shift,
    )


def _sampled_competition(name: str) -> Panel:
    panel = competition_panel(name)
    if name != "m4_weekly":
        return panel.sample(SAMPLE[panel.period])
    panel = panel.sample(M4_SERIES)
    cut = panel.demand.shape[1] - M4_WEEKS - panel.horizon
    return replace(
        panel,
        demand=panel.demand[:, cut:],
        scored=panel.scored[:, cut:],
        starts=panel.starts[cut:],
        tests=tuple(o - cut for o in panel.tests),
        earlier=tuple(o - cut for o in panel.earlier),
    )


_LOADERS: dict[str, Callable[[str], Panel]] = {
    "m3": _sampled_competition,
    "tourism": _sampled_competition,
    "m4_weekly": _sampled_competition,
}

#: Every data set, cheapest for the peers first.
SETS = (
    "spareparts_auto",
    "usaid_contraceptive",
    "stallion_beer",
    "m4_weekly",
    "carparts",
    "hospital",
    "spareparts_man",
    "jewelry",
    "orangejuice_dominicks",
    "m3",
    "tourism",
)

if __name__ == "__main__":
    for each in sys.argv[1:] or SETS:
        found = load(each)
        shape = found.demand.shape
        print(each, shape, found.widths, found.tests, found.earlier, found.fingerprint(), found.items.iloc[0].tolist())
