"""The stages of some of the items, in any order and as often as wanted: what a scenario works on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.law import DemandLaw
from invopt_xl.core.forecast.spread import Spread
from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.policy import Policy
from invopt_xl.core.replenish.joint.stages import Move
from invopt_xl.core.replenish.orders import Orders
from invopt_xl.core.segments import Segments
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms


def take(stages: Stages, rows: np.ndarray) -> Stages:
    """Return the stages of the series `rows`.

    Parameters
    ----------
    stages : Stages
        Of n series.
    rows : int array, shape (k,)
        A row may come several times.
    """
    return Stages(
        history=_history(stages.history, rows),
        segments=Segments(_frame(stages.segments.frame, rows), stages.segments.findings),
        terms=_terms(stages.terms, rows),
        lead_times=LeadTimes(
            _frame(stages.lead_times.frame, rows),
            stages.lead_times.atoms[rows],
            stages.lead_times.suppliers,
            None if stages.lead_times.stream is None else stages.lead_times.stream.take(rows),
        ),
        forecast=_forecast(stages.forecast, rows),
        policy=Policy(_frame(stages.policy.frame, rows)),
        orders=Orders(_frame(stages.orders.frame, rows)),
        moves=tuple(Move(each.name, each.units[rows], each.money[rows]) for each in stages.moves),
        damping=None if stages.damping is None else stages.damping.take(rows),
    )


def _frame(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    return frame.iloc[rows].reset_index(drop=True)


def _history(history: History, rows: np.ndarray) -> History:
    return replace(
        history,
        series=_frame(history.series, rows),
        sales=history.sales[rows],
        demand=history.demand[rows],
        censored=history.censored[rows],
        promoted=history.promoted[rows],
        outlier=history.outlier[rows],
        restored_units=history.restored_units[rows],
    )


def _terms(terms: Terms, rows: np.ndarray) -> Terms:
    line, copy = _lines_of(terms.open_orders["series"].to_numpy(dtype=np.int64), rows)
    lines = terms.open_orders.iloc[line].reset_index(drop=True).assign(series=copy)
    return replace(terms, frame=_frame(terms.frame, rows), open_orders=lines)


def _lines_of(series: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which lines, of the series (L,), belong to the rows (k,), each line once per time that its row comes; and to which place of these."""
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    first = np.searchsorted(ranked, series)
    count = np.searchsorted(ranked, series, side="right") - first
    line = np.repeat(np.arange(len(series)), count)
    return line, order[np.arange(len(line)) + np.repeat(first - np.cumsum(count) + count, count)]


def _forecast(forecast: Forecast, rows: np.ndarray) -> Forecast:
    return replace(
        forecast,
        model=forecast.model[rows],
        path=forecast.path[rows],
        path_quantiles=forecast.path_quantiles[rows],
        outlook=forecast.outlook[rows],
        law=take_law(forecast.law, rows),
        protection=forecast.protection.take(rows),
        lead=forecast.lead.take(rows),
        protection_periods=forecast.protection_periods[rows],
        lead_periods=forecast.lead_periods[rows],
        demand_per_period=forecast.demand_per_period[rows],
        sd_demand=forecast.sd_demand[rows],
        sd_total=forecast.sd_total[rows],
        seasonal_share=forecast.seasonal_share[rows],
        tried_width=forecast.tried_width[rows],
    )


def take_law(law: DemandLaw, rows: np.ndarray) -> DemandLaw:
    """Return the law of the series `rows`."""
    return replace(
        law,
        path=law.path[rows],
        usual=law.usual[rows],
        spread=Spread(*(column[rows] for column in vars(law.spread).values())),
        factor=law.factor[rows],
        level=law.level[rows],
        whole=law.whole[rows],
        intermittent=law.intermittent[rows],
        chance=law.chance[rows],
        group=law.group[rows] if len(law.group) else law.group,
        stretch=law.stretch[rows] if len(law.stretch) else law.stretch,
    )
