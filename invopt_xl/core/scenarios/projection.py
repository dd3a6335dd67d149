"""Projected stock of the current plan and of each scenario side by side: bands of the items that a scenario moves most, and value in total."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.scenarios.bands import StockBands, project_stock
from invopt_xl.core.scenarios.replan import Replanned
from invopt_xl.core.scenarios.scenarios import CURRENT, Scenarios
from invopt_xl.core.stages import Stages


@dataclass(frozen=True)
class Projection:
    """What stock comes to.

    Parameters
    ----------
    bands : DataFrame
        scenario, then the columns of `StockBands.frame`: the current plan and every scenario for the same items.
    value : DataFrame
        period_end, and one column per plan: expected value of the stock of these items [money at the unit cost of the current plan].
    items, all_items : int
        Items projected, and items that change in some scenario.
    """

    bands: pd.DataFrame
    value: pd.DataFrame
    items: int
    all_items: int


def project(
    stages: Stages, made: Scenarios, *, most_items: int = 200, periods: int = 13, replications: int = 500, seed: int = 1
) -> Projection:
    """Return the projected stock of the items that scenarios move most.

    Parameters
    ----------
    stages : Stages
        Of the plan that `made` was made from.
    made : Scenarios
    most_items : int
        Items to project, those with most order money moved first.
    periods, replications, seed
        As in `bands.project_stock`; the draws of an item are the same in all plans.
    """
    n = len(made.series)
    some = np.any([each.changed for each in made.scenarios], axis=0) if made.scenarios else np.zeros(n, dtype=bool)
    moved = np.zeros(n)
    for each in made.scenarios:
        moved += np.abs(np.nan_to_num(each.figures["order_value"] - made.current["order_value"]))
    order = np.argsort(-np.where(some, moved, -1.0), kind="stable")
    rows = np.sort(order[: min(most_items, int(some.sum()))])
    cost = np.nan_to_num(stages.terms.frame["unit_cost"].to_numpy(dtype=float)[rows])
    current = project_stock(stages, rows=rows, periods=periods, replications=replications, seed=seed)
    parts, value = [], pd.DataFrame({"period_end": current.ends.astype("datetime64[s]")})
    for name, found in [(CURRENT, current)] + [
        (each.name, _of_scenario(each.replanned, rows, current, replications=replications, seed=seed))
        for each in made.scenarios
    ]:
        parts.append(found.frame().assign(scenario=name))
        value[name] = (np.nan_to_num(found.mean) * cost[:, None]).sum(axis=0)
    bands = pd.concat(parts, ignore_index=True).astype({"scenario": "str"})
    columns = ["scenario", *(name for name in bands.columns if name != "scenario")]
    return Projection(bands[columns], value, len(rows), int(some.sum()))


def _of_scenario(
    replanned: Replanned, rows: np.ndarray, current: StockBands, *, replications: int, seed: int
) -> StockBands:
    """Return the bands of `rows` in a scenario; items that it does not touch keep those of the current plan."""
    place = pd.Index(replanned.rows).get_indexer(pd.Index(rows))
    touched = np.flatnonzero(place >= 0)
    if not len(touched):
        return current
    found = project_stock(
        replanned.stages, rows=place[touched], periods=len(current.ends), replications=replications, seed=seed
    )
    quantiles, mean, short = current.quantiles.copy(), current.mean.copy(), current.short.copy()
    quantiles[touched], mean[touched], short[touched] = found.quantiles, found.mean, found.short
    return replace(current, quantiles=quantiles, mean=mean, short=short)
