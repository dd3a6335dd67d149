"""Exponential smoothing as a rival: per series the best of simple, damped-trend and seasonal smoothing by its one-step errors.

What statisticians would take from the shelf (Hyndman et al. 2008, Forecasting with Exponential Smoothing). The choice is by mean squared
error over a grid of parameters, not by the information criterion of maximum-likelihood fits, so it is like AutoETS, not AutoETS itself.
"""

from __future__ import annotations

import numpy as np

from invopt_xl.core.decision_backtest.view import View
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.forecast.panel import Panel, build_panel

#: Families of `forecast.methods` that are exponential smoothing.
FAMILIES = (
    "simple smoothing",
    "damped trend",
    "seasonal profile",
    "seasonal profile, trend",
    "seasonal smoothing",
    "seasonal smoothing (additive)",
)


def smoothing_forecast(view: View, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return expected demand of the next `cover` periods, and the root mean squared one-step error, each (n,).

    Parameters
    ----------
    view : View
    cover : float array, shape (n,)
        [periods]
    """
    panel = _panel(view, int(np.ceil(cover.max(initial=1.0))) + 1)
    evidence = panel.evidence(panel.base.shape[1])[1]
    family = np.isin(panel.methods.name.astype(str), FAMILIES)
    loss = np.where(family[None, :] & panel.allowed & np.isfinite(evidence.one), evidence.one, np.inf)
    best = loss.argmin(axis=1)
    # too young to be judged: simple smoothing, middle of its grid
    plain = np.flatnonzero(panel.methods.name == FAMILIES[0])
    best = np.where(np.isfinite(loss.min(axis=1)), best, plain[len(plain) // 2])
    run = panel.run(best[:, None].astype(np.int64), np.ones((len(best), 1)))
    error = run.one[:, :-1] - panel.base[:, 1:]
    known = ~np.isnan(error) & (np.arange(error.shape[1]) >= panel.first[:, None])
    squares = np.where(known, error, 0.0) ** 2
    rmse = np.sqrt(squares.sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    return path_total(run.path, cover, elapsed=view.forecast.elapsed), rmse


def _panel(view: View, horizon: int) -> Panel:
    history = view.history
    n, periods = history.demand.shape
    at = np.arange(periods + horizon)
    if history.period == "month":
        position = (history.starts[0].astype("datetime64[M]").astype(np.int64) + at) / 12
    elif history.period == "week":
        position = (int(history.starts[0].astype("datetime64[D]").astype(np.int64)) + 7 * at + 3.5) / 365.25
    else:
        position = (int(history.starts[0].astype("datetime64[D]").astype(np.int64)) + at) / 7.0
    alone = np.zeros(n, dtype=np.int64)
    return build_panel(
        history.demand,
        np.ones(n, dtype=np.int64),
        position,
        period=history.period,
        horizon=horizon,
        category=alone,
        like=alone,
        intermittent=np.zeros(n, dtype=bool),
    )
