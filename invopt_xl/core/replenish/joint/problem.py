"""The joint ordering problem: lines with candidate quantities, the terms of each supplier order, and limits that orders share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from invopt_xl.core.replenish.joint.candidates import Candidates

Measure = Literal["spend", "volume", "units"]

#: Sums within this share of a limit keep it: dust of floating-point sums.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class OrderTerms:
    """Terms of G supplier orders; they hold where anything is ordered.

    Parameters
    ----------
    name : tuple of str, G of them
        In the planner's words: "supplier Acme".
    min_value : float array, shape (G,)
        Smallest value of an order [money]; 0 for none.
    min_units, max_units : float array, shape (G,)
        Smallest and largest quantity [units]; 0 and infinity for none.
    container_volume : float array, shape (G,)
        [m3]; 0 where orders need not fill containers.
    order_cost : float array, shape (G,)
        Cost of placing the order, whatever is in it [money].
    container_fill : float
        Least share of the volume of all containers that goods must fill.
    """

    name: tuple[str, ...]
    min_value: np.ndarray
    min_units: np.ndarray
    max_units: np.ndarray
    container_volume: np.ndarray
    order_cost: np.ndarray
    container_fill: float = 0.9

    def any(self) -> np.ndarray:
        """Return which orders have terms at all, bool (G,)."""
        asked = (self.min_value > 0) | (self.min_units > 0) | (self.container_volume > 0) | (self.order_cost > 0)
        result: np.ndarray = asked | np.isfinite(self.max_units)
        return result


def no_terms(name: tuple[str, ...]) -> OrderTerms:
    """Return terms that ask for nothing."""
    zero = np.zeros(len(name))
    return OrderTerms(name, zero, zero, np.full(len(name), np.inf), zero, zero)


@dataclass(frozen=True)
class SharedLimit:
    """One kind of limit over many orders, such as a budget, or the room at each location.

    Parameters
    ----------
    name : str
        Kind: "budget".
    measure : {"spend", "volume", "units"}
        What of a line counts.
    part : int array, shape (n,)
        Which of the P limits each line counts in; -1 for none.
    most : float array, shape (P,)
        Largest sum [money, m3 or units]; infinity for none.
    label : tuple of str, P of them
        In the planner's words: "storage at MAIN".
    """

    name: str
    measure: Measure
    part: np.ndarray
    most: np.ndarray
    label: tuple[str, ...]

    def used(self, amount: np.ndarray) -> np.ndarray:
        """Return the sum of `amount` (n,) in each part (P,)."""
        inside = self.part >= 0
        return np.bincount(self.part[inside], weights=amount[inside], minlength=len(self.most)).astype(np.float64)

    def of_line(self, value: np.ndarray) -> np.ndarray:
        """Return each line's value of `value` (P,), 0 outside, shape (n,)."""
        known = np.append(value, 0.0)
        result: np.ndarray = known[self.part]  # -1 is the appended zero
        return result


@dataclass(frozen=True)
class JointProblem:
    """n candidate lines in G supplier orders.

    Parameters
    ----------
    candidates : Candidates
    order : int array, shape (n,)
        Supplier order of each line, in 0..G-1.
    volume : float array, shape (n,)
        [m3 per unit]
    terms : OrderTerms
    shared : tuple of SharedLimit
    """

    candidates: Candidates
    order: np.ndarray
    volume: np.ndarray
    terms: OrderTerms
    shared: tuple[SharedLimit, ...] = ()

    @cached_property
    def sorted_lines(self) -> np.ndarray:
        """Return the lines ordered by supplier order (n,)."""
        return np.argsort(self.order, kind="stable").astype(np.int64)

    @cached_property
    def order_start(self) -> np.ndarray:
        """Return where each order starts in `sorted_lines` (G + 1,)."""
        sizes = np.bincount(self.order, minlength=len(self.terms.name))
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def amounts(self, chosen: np.ndarray) -> dict[Measure, np.ndarray]:
        """Return what each line (n,) counts in each measure, with the candidates `chosen` (n,)."""
        quantity, _, spend = self.candidates.at(chosen)
        return {"spend": spend, "units": quantity, "volume": quantity * self.volume}

    def cost(self, chosen: np.ndarray) -> float:
        """Return the expected cost of all lines and of the orders placed [money]."""
        quantity, cost, _ = self.candidates.at(chosen)
        placed = np.bincount(self.order, weights=quantity, minlength=len(self.terms.name)) > 0
        return float(cost.sum() + self.terms.order_cost[placed].sum())

    def breaches(self, chosen: np.ndarray) -> list[str]:
        """Return every limit that the candidates `chosen` (n,) break, in words."""
        amounts = self.amounts(chosen)
        found = [
            f"{limit.label[part]}: {used:,.6g} of {limit.most[part]:,.6g}"
            for limit in self.shared
            for part, used in enumerate(limit.used(amounts[limit.measure]))
            if used > limit.most[part] * (1 + TOLERANCE) + TOLERANCE
        ]
        return found + self._order_breaches(amounts)

    def _order_breaches(self, amounts: dict[Measure, np.ndarray]) -> list[str]:
        t, size = self.terms, len(self.terms.name)
        total = {m: np.bincount(self.order, weights=a, minlength=size) for m, a in amounts.items()}
        placed = total["units"] > 0
        containers = np.ceil(
            np.divide(total["volume"], t.container_volume, out=np.zeros(size), where=t.container_volume > 0)
            * (1 - TOLERANCE)
        )
        checks = (
            ("below the minimum value", total["spend"] < t.min_value * (1 - TOLERANCE)),
            ("below the minimum quantity", total["units"] < t.min_units * (1 - TOLERANCE)),
            ("above capacity", total["units"] > t.max_units * (1 + TOLERANCE)),
            (
                "containers not full",
                total["volume"] < t.container_fill * containers * t.container_volume * (1 - TOLERANCE),
            ),
        )
        return [f"{t.name[g]}: {text}" for text, broken in checks for g in np.flatnonzero(placed & broken)]

    def relaxed(
        self, *, terms: OrderTerms | None = None, shared: tuple[SharedLimit, ...] | None = None
    ) -> JointProblem:
        """Return the same lines under other limits."""
        return replace(
            self, terms=self.terms if terms is None else terms, shared=self.shared if shared is None else shared
        )
