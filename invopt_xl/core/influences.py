"""Influences: what moves expected demand away from its usual level, as shares and in a planner's words. Serves the explanations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.reasons import PRICE, PROMOTION, SEASON, TREND
from invopt_xl.core.history import History

#: Promotion, where one is planned within the protection interval.
PLANNED = "planned promotions"

#: Influences below this count as usual: a planner's table of trifles hides what matters [share of demand].
_TRIFLE = 0.005

#: From here on a sentence mentions the largest influence [share of demand].
_WORTH_SAYING = 0.10

#: Beyond this, "more than usual" is no longer a number anybody can picture [ratio to the usual level].
_PICTURED = 5.0

_WORDS = {
    SEASON: "because of the season",
    TREND: "because of the recent trend",
    PROMOTION: "because of promotions",
    PRICE: "because of the price",
    "stock-outs": "because of past stock-outs",
    "holidays": "because of holidays",
    "item and place": "as such items go there",
    "age": "at the age of the item",
}


@dataclass(frozen=True)
class Influences:
    """What expected demand over the protection interval is made of, for n series.

    Parameters
    ----------
    groups : tuple of str
        The first is the usual level.
    shares : float array, shape (n, G)
        Of expected demand; rows add up to 1.
    """

    groups: tuple[str, ...]
    shares: np.ndarray

    @property
    def planned(self) -> np.ndarray:
        """Share of expected demand that planned promotions add, shape (n,)."""
        at = self.groups.index(PLANNED) if PLANNED in self.groups else None
        return np.zeros(len(self.shares)) if at is None else self.shares[:, at]

    def largest_in_words(self) -> np.ndarray:
        """Return the largest influence of each series, or "" where none is worth saying, shape (n,); planned promotions have their own words.

        >>> Influences(("usual level", "season"), np.array([[0.8, 0.2], [1.25, -0.25], [0.95, 0.05]])).largest_in_words().tolist()
        ['25% more than usual because of the season', '20% less than usual because of the season', '']
        """
        others = [at for at, name in enumerate(self.groups) if at and name != PLANNED]
        said = np.full(len(self.shares), "", dtype=object)
        if not others:
            return said
        rows, shares = np.arange(len(self.shares)), self.shares[:, others]
        top = np.argmax(np.abs(shares), axis=1)
        for row in np.flatnonzero(np.abs(shares[rows, top]) >= _WORTH_SAYING):
            name = self.groups[others[top[row]]]
            said[row] = _phrase(_WORDS.get(name, f"because of {name}"), shares[row, top[row]], self.shares[row, 0])
        return said


def influences(forecast: Forecast, history: History) -> Influences:
    """Return the influences on expected demand: the reasons of the forecast as shares, trifles counted as usual."""
    shares, groups = forecast.reasons.shares(), forecast.reasons.groups
    trifle = np.abs(shares) < _TRIFLE
    trifle[:, 0] = False
    shares[:, 0] += np.where(trifle, shares, 0.0).sum(axis=1)
    shares[trifle] = 0.0
    if PROMOTION not in groups:
        return Influences(groups, shares)
    at = groups.index(PROMOTION)
    planned = np.where(_promotion_ahead(forecast, history), shares[:, at], 0.0)
    shares[:, at] -= planned
    return Influences((*groups, PLANNED), np.column_stack([shares, planned]))


def _phrase(words: str, share: float, usual: float) -> str:
    word = "more" if share > 0 else "less"
    if usual > 0 and abs(share) <= _PICTURED * usual:
        return f"{abs(share) / usual:.0%} {word} than usual {words}"
    return f"much {word} than usual {words}"


def _promotion_ahead(forecast: Forecast, history: History) -> np.ndarray:
    """Return whether a promotion is planned within the protection interval, shape (n,)."""
    ahead = history.promotions_ahead
    series = ahead["series"].to_numpy()
    days = (ahead["start_date"] - history.as_of).dt.days.to_numpy()
    found = np.zeros(len(history.series), dtype=bool)
    found[series[days <= forecast.protection_periods[series] * history.days_per_period]] = True
    return found
