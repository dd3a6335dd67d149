"""Stage values of a few series with steady demand, made by hand: no forecast is fitted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from tests.reference.stage_values import make_history, make_lead_times, make_terms

#: Demand per week.
RATE = np.array([4.0, 7.0, 10.0])
N = len(RATE)


class PoissonLaw:
    """Poisson demand at RATE per period over any time."""

    def over(self, periods: np.ndarray) -> DemandDistribution:
        mean = RATE * np.broadcast_to(periods, (N, periods.shape[-1])).mean(axis=1)
        top = int(mean.max() + 12 * np.sqrt(mean.max()) + 12)
        grid = np.tile(np.arange(top + 1.0), (N, 1))
        cdf = stats.poisson.cdf(grid, mean[:, None])
        cdf[:, -1] = 1.0
        return DemandDistribution(grid, cdf, np.ones(N, dtype=bool))


class Made:
    """Forecast, policy, terms, lead times (14 days) and history of N weekly series; columns replace terms or, with `policy_`, the policy."""

    def __init__(self, **columns: Any) -> None:
        policy = {
            name.removeprefix("policy_"): columns.pop(name) for name in list(columns) if name.startswith("policy_")
        }
        self.history, self.lead_times = make_history(np.tile(RATE[:, None], (1, 20))), make_lead_times(N)
        self.terms = make_terms(N, **{"unit_cost": 5.0, "source_capacity": np.nan, "supplier": "Acme", **columns})
        law = PoissonLaw()
        review = self.terms.frame["review_period_days"].to_numpy(dtype=float)
        protection = law.over((14.0 + review[:, None]) / 7.0)
        self.forecast: Any = SimpleNamespace(
            law=law,
            protection=protection,
            lead=law.over(np.full((N, 1), 2.0)),
            demand_per_period=RATE,
            outlook=np.tile(RATE[:, None], (1, 30)),
            elapsed=0.0,
            lead_periods=np.full(N, 2.0),
        )
        target = self.terms.frame["service_level"].to_numpy(dtype=float)
        s = protection.quantile(target)
        frame = {
            "service_target": target,
            "service_measure": "cycle",
            "reorder_point": s,
            "order_up_to": s,
            "cycle_units": RATE * review / 7.0,
        }
        self.policy: Any = SimpleNamespace(frame=pd.DataFrame({**frame, **policy}))
