"""Segments: value class (ABC), steadiness (XYZ), demand class and life cycle of every series. Fourth stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import PERIODS_PER_YEAR
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.findings import Finding
from invopt_xl.core.history import History
from invopt_xl.core.prices import unit_values
from invopt_xl.core.series_index import final_successors, of_sku
from invopt_xl.settings import Settings

#: A yearly figure is extrapolated from no less than this share of a year, so that one first sale makes no fast mover.
_LEAST_YEAR = 0.25
#: Fewer periods of life than this give no steadiness.
_LEAST_PERIODS = 3
_ABC, _XYZ = np.array(["A", "B", "C"], dtype=object), np.array(["X", "Y", "Z"], dtype=object)
#: Without demand; then by interval and, within these, by size.
_DEMAND_CLASSES = np.array(["none", "smooth", "erratic", "intermittent", "lumpy"], dtype=object)
#: A series is fading when it has been silent for half of `dead_days` and for this many of its usual intervals.
_FADING_INTERVALS = 4.0


@dataclass(frozen=True)
class Segments:
    """`frame`, n rows: abc, xyz, segment, demand_class, life_cycle, adi [periods], cv2, cv_per_period, mean_per_period [units],
    annual_units [units], annual_value [money]; and `findings`."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()


def segment(history: History, checked: Checked, *, settings: Settings) -> Segments:
    """Return the segments of all series.

    Value is the yearly demand at selling price, else at cost, else in units (said in a finding). Steadiness is the coefficient of
    variation of demand per period over the last year. The demand class follows Syntetos, Boylan & Croston (2005).
    """
    demand = history.demand
    year = min(demand.shape[1], PERIODS_PER_YEAR[history.period])
    units = yearly_units(demand[:, -year:], periods_per_year=PERIODS_PER_YEAR[history.period])
    value, findings = unit_values(checked, history.series)
    annual_value = units * value
    mean, cv = mean_and_cv(demand[:, -year:])
    shown = np.where(history.censored, np.nan, demand)
    adi, cv2 = intervals_and_sizes(shown)
    abc = abc_classes(annual_value, cuts=settings.abc_cuts)
    xyz = xyz_classes(cv, cuts=settings.xyz_cuts)
    frame = pd.DataFrame(
        {
            "abc": pd.Series(abc, dtype="str"),
            "xyz": pd.Series(xyz, dtype="str"),
            "segment": pd.Series(abc, dtype="str") + pd.Series(xyz, dtype="str"),
            "demand_class": pd.Series(
                demand_classes(adi, cv2, adi_cut=settings.adi_cut, cv2_cut=settings.cv2_cut), dtype="str"
            ),
            "life_cycle": pd.Series(_life_cycles(history, checked, adi, settings), dtype="str"),
            "adi": adi,
            "cv2": cv2,
            "cv_per_period": cv,
            "mean_per_period": mean,
            "annual_units": units,
            "annual_value": annual_value,
        }
    )
    return Segments(frame=frame, findings=tuple(findings))


def yearly_units(demand: np.ndarray, *, periods_per_year: int) -> np.ndarray:
    """Return units per year from the last year's demand (n, T <= one year), NaN before life; a shorter life is extrapolated.

    >>> yearly_units(np.array([[np.nan] * 6 + [10.0] * 6]), periods_per_year=12)
    array([120.])
    """
    known = np.isfinite(demand)
    least = min(demand.shape[1], _LEAST_YEAR * periods_per_year)
    periods = np.maximum(known.sum(axis=1), least)
    units: np.ndarray = np.where(known, demand, 0.0).sum(axis=1) / periods * periods_per_year
    return units


def mean_and_cv(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean per period and coefficient of variation (population) of each row, NaN left out; the latter NaN without demand."""
    known = np.isfinite(demand)
    count = known.sum(axis=1)
    filled = np.where(known, demand, 0.0)
    mean = np.divide(filled.sum(axis=1), count, out=np.zeros(len(demand)), where=count > 0)
    spread = np.where(known, demand - mean[:, None], 0.0)
    sd = np.sqrt(np.divide((spread**2).sum(axis=1), count, out=np.zeros(len(demand)), where=count > 0))
    usable = (mean > 0) & (count >= min(_LEAST_PERIODS, demand.shape[1]))
    return mean, np.divide(sd, mean, out=np.full(len(demand), np.nan), where=usable)


def intervals_and_sizes(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return average inter-demand interval and squared coefficient of variation (population) of non-zero demands.

    Parameters
    ----------
    demand : float array, shape (n, T)
        Units per period; NaN (before life, or unknown) is left out.

    Returns
    -------
    adi : float array, shape (n,)
        Known periods of life / periods with demand [periods]; NaN without demand.
    cv2 : float array, shape (n,)
        NaN without demand.

    Examples
    --------
    >>> adi, cv2 = intervals_and_sizes(np.array([[0, 0, 3, 0, 0, 0, 5, 0, 2, 0, 0, 4, 0, 0, 0, 0, 6, 0, 3, 0]], dtype=float))
    >>> adi.round(4), cv2.round(4)
    (array([3.3333]), array([0.1229]))
    """
    known = np.isfinite(demand)
    # comparisons with NaN are false, here and below
    some = known & (demand > 0)
    count = some.sum(axis=1)
    sold = count > 0
    nothing = np.full(len(demand), np.nan)
    adi = np.divide(known.sum(axis=1), count, out=nothing.copy(), where=sold)
    mean = np.divide(np.where(some, demand, 0.0).sum(axis=1), count, out=nothing.copy(), where=sold)
    spread = np.where(some, demand - mean[:, None], 0.0)
    variance = np.divide((spread**2).sum(axis=1), count, out=nothing, where=sold)
    return adi, variance / mean**2


def abc_classes(value: np.ndarray, *, cuts: tuple[float, float]) -> np.ndarray:
    """Return "A", "B" or "C": where the cumulated share of all larger values stays below the cuts. Equal values share a class.

    >>> abc_classes(np.array([70.0, 20.0, 10.0, 0.0]), cuts=(0.8, 0.95)).tolist()
    ['A', 'A', 'B', 'C']
    """
    # fmax takes the number where the other is NaN
    amount = np.minimum(np.fmax(value, 0.0), np.finfo(float).max)
    total = amount.sum()
    if total <= 0:
        return np.full(len(value), "C", dtype=object)
    falling = -np.sort(-amount)
    # before each value, all larger ones; equal values are found at the first of them
    before = np.zeros(len(falling))
    np.cumsum(falling[:-1], out=before[1:])
    larger = before[np.searchsorted(-falling, -amount)] / total
    place = np.where(amount > 0, 0 + (larger >= cuts[0]) + (larger >= cuts[1]), 2)
    named: np.ndarray = _ABC[place]
    return named


def xyz_classes(cv: np.ndarray, *, cuts: tuple[float, float]) -> np.ndarray:
    """Return "X" (steady), "Y" or "Z"; an unknown coefficient of variation is "Z".

    >>> xyz_classes(np.array([0.5, 0.8, 1.2, np.nan]), cuts=(0.5, 1.0)).tolist()
    ['X', 'Y', 'Z', 'Z']
    """
    # an unknown one is below no cut
    named: np.ndarray = _XYZ[2 - (cv <= cuts[0]) - (cv <= cuts[1])]
    return named


def demand_classes(adi: np.ndarray, cv2: np.ndarray, *, adi_cut: float, cv2_cut: float) -> np.ndarray:
    """Return smooth, erratic, intermittent or lumpy, or none without demand.

    References
    ----------
    Syntetos, Boylan & Croston (2005), Journal of the Operational Research Society 56, 495-503.

    >>> demand_classes(np.array([1.0, 3.3333]), np.array([0.6, 0.1229]), adi_cut=1.32, cv2_cut=0.49).tolist()
    ['erratic', 'intermittent']
    """
    named: np.ndarray = _DEMAND_CLASSES[np.isfinite(adi) * (1 + 2 * (adi > adi_cut) + (cv2 > cv2_cut))]
    return named


def _life_cycles(history: History, checked: Checked, adi: np.ndarray, settings: Settings) -> np.ndarray:
    """Return new, mature, ending or dead. What the planner wrote in `status` comes first."""
    items, days = checked.frames["Items"], history.days_per_period
    width = history.demand.shape[1]
    first = history.series["own_first_period"].to_numpy()
    sold = np.nan_to_num(history.sales) > 0
    silent = np.where(sold.any(axis=1), sold[:, ::-1].argmax(axis=1), width) * days
    status = of_sku(items, "status", history.series["sku"]).to_numpy()
    replaced = history.series["sku"].isin(final_successors(items, as_of=checked.as_of)).to_numpy()
    new = _young(history, items, settings.new_days) | (status == "new")
    unknown_age = (first >= width) & (width * days < settings.dead_days)
    dead = silent >= settings.dead_days
    interval = np.where(np.isfinite(adi), adi, 0.0) * days
    fading = silent > np.maximum(settings.dead_days / 2, _FADING_INTERVALS * interval)
    ending = np.isin(status, ["ending", "blocked"]) | replaced
    choices = [ending & ~dead, dead & ~new, new | unknown_age, fading]
    return np.select(choices, ["ending", "dead", "new", "ending"], "mature").astype(object)


def _young(history: History, items: pd.DataFrame, new_days: float) -> np.ndarray:
    """Return series launched less than `new_days` ago. A series sold in the first period of the record may be of any age."""
    width = history.demand.shape[1]
    first = history.series["own_first_period"].to_numpy()
    age = (width - first) * history.days_per_period
    launch = of_sku(items, "launch_date", history.series["sku"])
    launched_days = (history.as_of - launch).dt.days.to_numpy(dtype=float)
    by_sales = (first > 0) & (first < width) & (age < new_days)
    young: np.ndarray = np.where(np.isfinite(launched_days), launched_days < new_days, by_sales)
    return young
