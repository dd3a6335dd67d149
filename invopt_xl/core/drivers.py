"""What moves demand beside its own past: promotions, prices, holidays and outside signals, for past and coming periods. Serves the forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period
from invopt_xl.core.findings import Finding

#: Coming periods for which drivers are laid out.
COMING: dict[Period, int] = {"day": 182, "week": 104, "month": 36}


@dataclass(frozen=True)
class Drivers:
    """Drivers of n series over T past and L = COMING[period] coming periods: columns 0 .. T + L - 1.

    Parameters
    ----------
    effect : float array, shape (n, T + L)
        What promotions and price changes multiply usual demand by; 1 without. Of the first coming period only the days after as_of count.
    promotion : float array, shape (n, T + L)
        Share of the period's days under a promotion.
    discount : float array, shape (n, T + L)
        Depth of the promotion's discount; 0 without [share of the usual price].
    price : float array, shape (n, T + L)
        Price relative to the series' usual price until then; 1 where unknown.
    holidays : float array, shape (T + L,)
        Public holidays of the period [days].
    signals : mapping of str to float array, shape (n, T + L)
        Outside variables by name; NaN where not known (then also: not known ahead).
    estimates : DataFrame
        What was estimated: see `build_drivers`.
    findings : tuple of Finding
    """

    effect: np.ndarray
    promotion: np.ndarray
    discount: np.ndarray
    price: np.ndarray
    holidays: np.ndarray
    signals: Mapping[str, np.ndarray] = field(default_factory=dict)
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()


def no_drivers(series: int, periods: int, *, period: Period) -> Drivers:
    """Return drivers of `series` series with `periods` past periods that say nothing."""
    shape = (series, periods + COMING[period])
    one, nothing = np.ones(shape), np.zeros(shape)
    return Drivers(effect=one, promotion=nothing, discount=nothing, price=one, holidays=np.zeros(shape[1]))
