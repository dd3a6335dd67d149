"""What an order line costs to buy: one price, all-units discounts or incremental discounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

DiscountKind = Literal["all-units", "incremental"]


@dataclass(frozen=True)
class PriceBreaks:
    """Prices of n lines.

    Parameters
    ----------
    unit_cost : float array, shape (n,)
        Price below the first break [money per unit].
    min_quantity, cost : float array, shape (n, B)
        Breaks, ascending [units, money per unit]; infinite quantities where a line has fewer.
    kind : {"all-units", "incremental"}
        Whether a break's price holds for the whole order or for the units beyond the break.
    """

    unit_cost: np.ndarray
    min_quantity: np.ndarray
    cost: np.ndarray
    kind: DiscountKind = "all-units"

    def spend(self, quantity: np.ndarray) -> np.ndarray:
        """Return what `quantity` (n,) costs to buy [money].

        >>> listed = dict(unit_cost=np.array([10.0]), min_quantity=np.array([[100.0]]), cost=np.array([[9.0]]))
        >>> PriceBreaks(**listed).spend(np.array([120.0])), PriceBreaks(**listed, kind="incremental").spend(np.array([120.0]))
        (array([1080.]), array([1180.]))
        """
        if self.kind == "incremental":
            prices = np.concatenate([self.unit_cost[:, None], self.cost], axis=1)
            steps = np.where(np.isfinite(self.min_quantity), np.diff(prices, axis=1), 0.0)
            beyond = np.maximum(quantity[:, None] - self.min_quantity, 0.0)
            return np.asarray(self.unit_cost * quantity + (steps * beyond).sum(axis=1))
        price = self.unit_cost
        for place in range(self.cost.shape[1]):
            price = np.where(quantity >= self.min_quantity[:, place], self.cost[:, place], price)
        return np.asarray(price * quantity)

    def take(self, rows: np.ndarray) -> PriceBreaks:
        """Return the prices of the lines `rows`."""
        return PriceBreaks(self.unit_cost[rows], self.min_quantity[rows], self.cost[rows], self.kind)


def one_price(unit_cost: np.ndarray) -> PriceBreaks:
    """Return prices without breaks; `unit_cost` (n,) [money per unit]."""
    n = len(unit_cost)
    return PriceBreaks(unit_cost, np.full((n, 0), np.inf), np.zeros((n, 0)))
