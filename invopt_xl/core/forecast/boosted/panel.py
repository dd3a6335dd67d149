"""A block of series laid out so that spans of any length are two look-ups: what the features are computed from. Serves the boosted trees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.boosted.task import Task


def sums_over(values: np.ndarray) -> np.ndarray:
    """Return sums of the first t columns, shape (n, T + 1); NaN counts as nothing.

    >>> sums_over(np.array([[1.0, np.nan, 3.0]]))
    array([[0., 1., 1., 4.]])
    """
    result = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(np.nan_to_num(values), axis=1, out=result[:, 1:])
    return result


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where the whole is not above 0."""
    result: np.ndarray = np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)
    return result


@dataclass(frozen=True)
class Panel:
    """Series of a block: demand and its running sums, totals of intervals, and the same of the reference.

    Parameters
    ----------
    series : int array, shape (b,)
        Rows of the task.
    demand : float array, shape (b, T)
        NaN before the first period of life [units].
    sums, known, sold : float array, shape (b, T + 1)
        Of the first t periods: demand [units], periods of life, periods with demand.
    total : float array, shape (b, T)
        Demand of the `width` periods after each one; NaN where it is not complete or life had not begun [units].
    reference : float array, shape (b, T)
        What the statistical forecast said of it.
    width : int array, shape (b,)
    """

    series: np.ndarray
    demand: np.ndarray
    sums: np.ndarray
    known: np.ndarray
    sold: np.ndarray
    total: np.ndarray
    reference: np.ndarray
    width: np.ndarray

    def over(self, sums: np.ndarray, row: np.ndarray, end: np.ndarray, span: int | np.ndarray) -> np.ndarray:
        """Return the sum of the `span` columns before column `end` of each row; columns outside count as nothing."""
        last = sums.shape[1] - 1
        result: np.ndarray = sums[row, np.clip(end, 0, last)] - sums[row, np.clip(end - span, 0, last)]
        return result

    def mean(self, row: np.ndarray, end: np.ndarray, span: int) -> np.ndarray:
        """Return mean demand of the `span` periods before `end`, of those within life; NaN for none [units per period]."""
        return share(self.over(self.sums, row, end, span), self.over(self.known, row, end, span))


def panel_of(task: Task, series: np.ndarray) -> Panel:
    """Return the panel of the given rows of a task."""
    demand = task.demand[series]
    width = task.width[series]
    alive = ~np.isnan(demand)
    sums = sums_over(demand)
    periods = demand.shape[1]
    end = np.arange(1, periods + 1) + width[:, None]  # (b, T)
    rows = np.arange(len(series))[:, None]
    total = np.where(alive & (end <= periods), sums[rows, np.minimum(end, periods)] - sums[:, 1:], np.nan)
    return Panel(series, demand, sums, sums_over(alive), sums_over(demand > 0), total, task.reference[series], width)


def gathered(values: np.ndarray, row: np.ndarray, last: np.ndarray, span: int) -> np.ndarray:
    """Return columns last, last - 1, .. of each row, shape (pairs, span); NaN before column 0.

    >>> gathered(np.array([[1.0, 2.0, 3.0]]), np.array([0]), np.array([1]), 3)
    array([[ 2.,  1., nan]])
    """
    at = last[:, None] - np.arange(span)
    return np.where(at >= 0, values[row[:, None], np.maximum(at, 0)], np.nan)


def ranked(values: np.ndarray, levels: tuple[float, ...]) -> list[np.ndarray]:
    """Return quantiles along the last axis of the values that are known (the next lower one); NaN for none."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = (~np.isnan(values)).sum(axis=1)
    pick = np.arange(len(values))
    return [ordered[pick, np.maximum(np.ceil(level * count).astype(int) - 1, 0)] for level in levels]
