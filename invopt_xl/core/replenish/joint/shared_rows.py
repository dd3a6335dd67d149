"""Limits that orders share as rows: parts with a finite limit, numbered through."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.replenish.joint.problem import TOLERANCE, JointProblem, Measure

#: Places of the measures in kernel arrays.
MEASURES: tuple[Measure, ...] = ("spend", "units", "volume")


class SharedRows:
    """Shared limits of a problem as R rows: `most` (R,), `finite` (R,), `of_line` (n, limits) with -1 for none, `measure` (limits,)."""

    def __init__(self, problem: JointProblem) -> None:
        self.problem = problem
        self.limits = problem.shared
        most = [limit.most for limit in self.limits]
        offset = np.concatenate([[0], np.cumsum([len(m) for m in most])]).astype(np.int64)
        self.most = np.concatenate([*most, np.zeros(0)])
        self.finite = np.isfinite(self.most)
        n = len(problem.order)
        self.of_line = np.full((n, len(self.limits)), -1, dtype=np.int64)
        for s, limit in enumerate(self.limits):
            row = np.where(limit.part >= 0, offset[s] + limit.part, -1)
            known = np.append(self.finite, False)
            self.of_line[:, s] = np.where(known[row], row, -1)
        self.measure = np.array([MEASURES.index(limit.measure) for limit in self.limits], dtype=np.int64)
        self.offset = offset

    def line_prices(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the price per money spent and per unit of each line (n,), from row prices (R,)."""
        volume, known = self.problem.volume, np.append(price, 0.0)
        spend, unit = np.zeros(len(volume)), np.zeros(len(volume))
        for s, limit in enumerate(self.limits):
            each = known[self.of_line[:, s]]
            if limit.measure == "spend":
                spend += each
            else:
                unit += each * (volume if limit.measure == "volume" else 1.0)
        return spend, unit

    def use(self, chosen: np.ndarray) -> np.ndarray:
        """Return what each order uses of each row, shape (G, R)."""
        amounts = self.problem.amounts(chosen)
        orders, rows = len(self.problem.terms.name), len(self.most)
        total = np.zeros((orders, rows))
        for s, limit in enumerate(self.limits):
            row = self.of_line[:, s]
            inside = row >= 0
            flat = self.problem.order[inside] * rows + row[inside]
            total += np.bincount(flat, weights=amounts[limit.measure][inside], minlength=orders * rows).reshape(
                orders, rows
            )
        return total

    def split(self, price: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return row prices (R,) per shared limit."""
        return tuple(price[self.offset[s] : self.offset[s + 1]] for s in range(len(self.limits)))

    def keeps(self, chosen: np.ndarray) -> bool:
        """Return whether the candidates `chosen` (n,) keep all shared limits."""
        return bool((self.use(chosen).sum(axis=0) <= self.most * (1 + TOLERANCE) + TOLERANCE).all())
