"""New items in the contest: where earlier launches say more than an item's own few sales, their forecast takes its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.contest import Contest
from invopt_xl.core.forecast.launch import Launch, launch_forecast
from invopt_xl.core.forecast.methods import SEASON
from invopt_xl.core.forecast.panel import Run
from invopt_xl.core.forecast.situation import Situation

LAUNCH = "launch curve"


def with_newcomers(contest: Contest, situation: Situation) -> Contest:
    """Return the contest with the forecasts of new items without a like item replaced, where launches of other items tell more."""
    launch = _launches(situation)
    rows = launch.rows
    if not len(rows):
        return contest
    path, model, group, whole = (
        contest.run.path.copy(),
        contest.model.copy(),
        contest.group.copy(),
        contest.whole.copy(),
    )
    path[rows], model[rows], group[rows], whole[rows] = launch.path, LAUNCH, -1, False
    variance, growth = contest.spread.variance.copy(), contest.spread.growth.copy()
    variance[rows], growth[rows] = _spread(launch, situation.width[rows])
    trees = contest.trees_total.copy()
    trees[rows] = np.nan
    share = contest.trees_share.copy()
    share[rows] = 0.0
    return replace(
        contest,
        model=model,
        run=Run(contest.run.one, contest.run.total, path),
        spread=replace(contest.spread, variance=variance, growth=growth),
        group=group,
        whole=whole,
        trees_total=trees,
        trees_share=share,
    )


def _launches(situation: Situation) -> Launch:
    history, terms = situation.history, situation.terms.frame
    borrowed = (
        (history.series["stand_in"] != "").to_numpy() if "stand_in" in history.series else np.zeros(len(terms), bool)
    )
    young = (situation.segments.frame["life_cycle"] == "new").to_numpy() & ~borrowed
    attributes = pd.DataFrame(
        {
            "sku": history.series["sku"].astype("str").to_numpy(dtype=object),
            "category": terms["category"].astype("str").fillna("").to_numpy(dtype=object),
            "supplier": terms["supplier"].astype("str").fillna("").to_numpy(dtype=object),
            "location": history.series["location"].astype("str").to_numpy(dtype=object),
            "unit_cost": terms["unit_cost"].to_numpy(dtype=float),
            "unit_price": terms["unit_price"].to_numpy(dtype=float),
        }
    )
    known = ~np.isnan(situation.base)
    first = np.where(known.any(axis=1), known.argmax(axis=1), situation.periods)
    return launch_forecast(
        situation.base,
        first,
        category=attributes["category"].to_numpy(dtype=object),
        attributes=attributes,
        young=young,
        season=SEASON[situation.period],
        horizon=situation.horizon,
    )


def _spread(launch: Launch, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of the total of `width` periods, and how it grows with them: the doubt about the level is shared by all periods."""
    inside = np.arange(launch.path.shape[1]) < width[:, None]
    path = np.where(inside, launch.path, 0.0)
    total = path.sum(axis=1)
    variance = total**2 * launch.cv2 + launch.noise * (path**2).sum(axis=1)
    one = launch.path[:, 0] ** 2 * (launch.cv2 + launch.noise)
    usable = (width > 1) & (one > 0) & (variance > 0)
    growth = np.log(np.divide(variance, one, out=np.ones_like(one), where=usable)) / np.log(np.maximum(width, 2))
    return variance, np.where(usable, np.clip(growth, 1.0, 2.0), 1.5)
