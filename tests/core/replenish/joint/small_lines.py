"""Small joint problems for tests: lines with Poisson demand over the protection interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.replenish.joint.candidates import Candidates, list_candidates
from invopt_xl.core.replenish.joint.curve import CostCurve, implied_curve
from invopt_xl.core.replenish.joint.price_breaks import PriceBreaks, one_price
from invopt_xl.core.replenish.joint.problem import JointProblem, OrderTerms, SharedLimit
from invopt_xl.core.replenish.rounding import round_order


def poisson(mean: Sequence[float] | np.ndarray) -> DemandDistribution:
    """Return Poisson demand of n lines over the protection interval."""
    mean = np.asarray(mean, dtype=float)
    top = int(mean.max() + 10 * np.sqrt(mean.max()) + 10)
    grid = np.tile(np.arange(top + 1.0), (len(mean), 1))
    cdf = stats.poisson.cdf(grid, mean[:, None])
    cdf[:, -1] = 1.0
    return DemandDistribution(grid, cdf, np.ones(len(mean), dtype=bool))


class Lines:
    """n lines with Poisson demand, a service target, and the policy's orders; any array may be given as one number."""

    def __init__(
        self,
        mean: Sequence[float] | np.ndarray,
        *,
        position: object = 0.0,
        unit_cost: object = 10.0,
        moq: object = 0.0,
        pack: object = 1.0,
        lot: object = 0.0,
        target: float = 0.95,
        periods: float = 3.0,
        most: object = None,
        least: object = 0.0,
        prices: PriceBreaks | None = None,
    ) -> None:
        self.demand = poisson(mean)
        n = len(self.demand.grid)

        def full(value: object) -> np.ndarray:
            return np.broadcast_to(np.asarray(value, dtype=float), (n,)).copy()

        self.position, self.unit_cost, self.moq, self.pack = full(position), full(unit_cost), full(moq), full(pack)
        self.per_period = np.asarray(mean, dtype=float) / periods
        self.reorder_point = self.demand.quantile(target)
        self.order_up_to = self.reorder_point + full(lot)
        needed = np.where(self.position <= self.reorder_point, self.order_up_to - self.position, 0.0)
        room = np.full(n, np.inf) if most is None else full(most)
        self.wanted = round_order(np.maximum(needed, 0), moq=self.moq, pack_size=self.pack, most=room).quantity
        self.most = (
            np.maximum(self.wanted, self.order_up_to - self.position + 3 * self.per_period)
            if most is None
            else full(most)
        )
        self.least = full(least)
        self.prices = prices or one_price(self.unit_cost)
        self.curve: CostCurve = implied_curve(
            self.demand,
            position=self.position,
            wanted=self.wanted,
            reorder_point=self.reorder_point,
            order_up_to=self.order_up_to,
            cycle_units=np.maximum(np.maximum(full(lot), self.per_period), self.moq),
            demand_per_period=self.per_period,
            holding_cost=0.2 / 52 * self.unit_cost,
        )

    def candidates(self, most_candidates: int = 48) -> Candidates:
        """Return the candidates of the lines."""
        return list_candidates(
            self.curve,
            self.prices,
            wanted=self.wanted,
            least=self.least,
            moq=self.moq,
            step=self.pack,
            most=self.most,
            most_candidates=most_candidates,
        )

    def problem(
        self,
        *,
        order: Sequence[int] | None = None,
        volume: object = 1.0,
        shared: tuple[SharedLimit, ...] = (),
        most_candidates: int = 48,
        **terms: object,
    ) -> JointProblem:
        """Return the joint problem of the lines; all in one order unless said."""
        n = len(self.wanted)
        of_line = np.zeros(n, dtype=np.int64) if order is None else np.asarray(order, dtype=np.int64)
        return JointProblem(
            candidates=self.candidates(most_candidates),
            order=of_line,
            volume=np.broadcast_to(np.asarray(volume, dtype=float), (n,)).copy(),
            terms=order_terms(int(of_line.max()) + 1, **terms),
            shared=shared,
        )


def order_terms(orders: int, *, container_fill: float = 0.9, **terms: object) -> OrderTerms:
    """Return terms of supplier orders; any array may be given as one number."""
    default = {"min_value": 0.0, "min_units": 0.0, "max_units": np.inf, "container_volume": 0.0, "order_cost": 0.0}
    full = {k: np.broadcast_to(np.asarray(v, dtype=float), (orders,)).copy() for k, v in {**default, **terms}.items()}
    return OrderTerms(
        name=tuple(f"supplier {chr(65 + g)}" for g in range(orders)), container_fill=container_fill, **full
    )


def budget(most: float, n: int) -> SharedLimit:
    """Return one budget over all n lines."""
    return SharedLimit("budget", "spend", np.zeros(n, dtype=np.int64), np.array([float(most)]), ("budget",))


def storage(most: float, n: int) -> SharedLimit:
    """Return one storage limit over all n lines."""
    return SharedLimit("storage", "volume", np.zeros(n, dtype=np.int64), np.array([float(most)]), ("storage at MAIN",))
