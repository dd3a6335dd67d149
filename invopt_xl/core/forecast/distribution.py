"""A distribution of demand per series, as one frozen value on a grid. What the forecast hands to policy and orders.

Between grid points the distribution function is linear. For demand in whole units the grid points are whole numbers and only whole numbers
have probability, so that quantiles, shortages and moments are those of a discrete distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Halvings of the interval when a shortage is inverted: beyond the resolution of a double.
_HALVINGS = 60


@dataclass(frozen=True)
class DemandDistribution:
    """Demand of n series over an interval of time [units], never negative.

    Parameters
    ----------
    grid : float array, shape (n, G)
        Ascending units, the first at least 0.
    cdf : float array, shape (n, G)
        Chance that demand is at most `grid`; ascending, the last is 1. The first is the chance of exactly `grid[:, 0]`.
    whole : bool array, shape (n,)
        Demand comes in whole units; `grid` then holds whole numbers.

    >>> two = DemandDistribution(np.array([[0.0, 1.0, 2.0]]), np.array([[0.5, 0.8, 1.0]]), np.array([True]))
    >>> two.quantile(0.8), two.mean(), two.loss(np.array([1.0]))
    (array([1.]), array([0.7]), array([0.2]))
    """

    grid: np.ndarray
    cdf: np.ndarray
    whole: np.ndarray

    def mean(self) -> np.ndarray:
        """Return expected demand [units], shape (n,)."""
        shift = np.where(self.whole, 0.5, 0.0)[:, None]
        middle = (self.grid[:, 1:] + self.grid[:, :-1]) / 2 + shift * (np.diff(self.grid, axis=1) > 0)
        mean: np.ndarray = self.grid[:, 0] * self.cdf[:, 0] + (middle * np.diff(self.cdf, axis=1)).sum(axis=1)
        return mean

    def sd(self) -> np.ndarray:
        """Return the standard deviation of demand [units], shape (n,)."""
        # around the mean, so that a narrow distribution far from zero keeps its digits
        centre = self.mean()[:, None]
        low, high = self.grid[:, :-1] - centre, self.grid[:, 1:] - centre
        within = (low**2 + low * high + high**2) / 3
        # mean of k^2 over the whole numbers low < k <= high
        step = high - low
        discrete = (low + (step + 1) / 2) ** 2 + (step**2 - 1) / 12
        square = np.where(self.whole[:, None] & (step > 0), discrete, within)
        first = (self.grid[:, 0] - centre[:, 0]) ** 2 * self.cdf[:, 0]
        variance = first + (square * np.diff(self.cdf, axis=1)).sum(axis=1)
        result: np.ndarray = np.sqrt(np.maximum(variance, 0.0))
        return result

    def quantile(self, p: np.ndarray | float) -> np.ndarray:
        """Return the smallest demand that is not exceeded with chance `p` [units], shape (n,).

        Parameters
        ----------
        p : float or float array, shape (n,), in (0, 1)
        """
        p = np.broadcast_to(np.asarray(p, dtype=float), (len(self.grid),))
        above = (self.cdf < p[:, None]).sum(axis=1)
        above = np.minimum(above, self.grid.shape[1] - 1)
        low, high, f_low, f_high = self._cell(above)
        share = np.divide(p - f_low, f_high - f_low, out=np.ones_like(p), where=f_high > f_low)
        value = np.where(above == 0, self.grid[:, 0], low + (high - low) * np.clip(share, 0.0, 1.0))
        # the dust of the interpolation must not lift a whole number to the next one
        return np.where(self.whole, np.ceil(value - 1e-9 * np.maximum(1.0, value)), value)

    def cdf_at(self, x: np.ndarray) -> np.ndarray:
        """Return the chance that demand is at most `x`, shape (n,)."""
        x = self._known(x)
        above = (self.grid <= x[:, None]).sum(axis=1)
        low, high, f_low, f_high = self._cell(np.clip(above, 1, self.grid.shape[1] - 1))
        share = np.divide(x - low, high - low, out=np.ones_like(x), where=high > low)
        inside = f_low + (f_high - f_low) * np.clip(share, 0.0, 1.0)
        return np.where(above == 0, 0.0, np.where(above == self.grid.shape[1], 1.0, inside))

    def loss(self, x: np.ndarray) -> np.ndarray:
        """Return expected demand beyond `x`, E(D - x)+ [units], shape (n,)."""
        wanted = np.broadcast_to(np.asarray(x, dtype=float), (len(self.grid),))
        at = np.maximum(wanted, 0.0)
        cell = np.clip((self.grid <= at[:, None]).sum(axis=1), 1, self.grid.shape[1] - 1)
        result: np.ndarray = self._loss_in(cell, at, self._grid_losses()) + np.maximum(-wanted, 0.0)
        return result

    def level_for_loss(self, shortage: np.ndarray) -> np.ndarray:
        """Return the lowest stock level with expected shortage at most `shortage` [units], shape (n,).

        Parameters
        ----------
        shortage : float array, shape (n,)
            At least 0. A shortage of the mean or more gives 0.
        """
        losses = self._grid_losses()
        cell = np.clip((losses > shortage[:, None]).sum(axis=1), 1, self.grid.shape[1] - 1)
        rows = np.arange(len(self.grid))
        low, high = self.grid[rows, cell - 1], self.grid[rows, cell]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = self._loss_in(cell, middle, losses) <= shortage
            high, low = np.where(enough, middle, high), np.where(enough, low, middle)
        return np.where(self.mean() <= shortage, 0.0, high)

    def _grid_losses(self) -> np.ndarray:
        """Return E(D - grid)+, shape (n, G)."""
        step, missing = np.diff(self.grid, axis=1), 1.0 - self.cdf
        area = step * (missing[:, 1:] + missing[:, :-1]) / 2
        # for whole numbers the distribution function stays at its left value until the next whole number
        area = area + np.where(self.whole[:, None] & (step > 0), (missing[:, :-1] - missing[:, 1:]) / 2, 0.0)
        return np.concatenate([np.cumsum(area[:, ::-1], axis=1)[:, ::-1], np.zeros((len(self.grid), 1))], axis=1)

    def _loss_in(self, cell: np.ndarray, x: np.ndarray, losses: np.ndarray) -> np.ndarray:
        """Return E(D - x)+ for x (n,) at least 0 in the grid cell that ends at column `cell` (n,)."""
        rows = np.arange(len(self.grid))
        low, high, f_low, f_high = self._cell(cell)
        at = np.where(self.whole, np.floor(x + 1e-9), x)
        share = np.divide(at - low, high - low, out=np.ones_like(at), where=high > low)
        # left of the grid nothing has probability, right of it everything has passed
        f_at = np.where(at < low, 0.0, f_low + (f_high - f_low) * np.clip(share, 0.0, 1.0))
        left = np.maximum(high - np.maximum(at, low), 0.0)
        partial = left * (1.0 - (np.maximum(f_at, f_low) + f_high) / 2)
        partial = partial + np.where(self.whole & (left > 0), (f_high - np.maximum(f_at, f_low)) / 2, 0.0)
        # between whole numbers the shortage falls in a straight line
        fraction = np.where(self.whole, np.clip(x - at, 0.0, None), 0.0)
        loss = losses[rows, cell] + partial + np.maximum(low - at, 0.0) - fraction * (1.0 - f_at)
        return np.where(x >= self.grid[:, -1], 0.0, np.maximum(loss, 0.0))

    def take(self, rows: np.ndarray) -> DemandDistribution:
        """Return the distribution of the series `rows`."""
        return DemandDistribution(self.grid[rows], self.cdf[rows], self.whole[rows])

    def _known(self, x: np.ndarray) -> np.ndarray:
        """Return x (n,), for whole-unit demand the whole number at or below it."""
        x = np.broadcast_to(np.asarray(x, dtype=float), (len(self.grid),))
        # a stock level that is whole but for floating-point dust counts as whole
        return np.where(self.whole, np.floor(x + 1e-9), x)

    def _cell(self, above: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return grid and cdf at both ends of the cell that ends at column `above`, each shape (n,)."""
        rows, below = np.arange(len(self.grid)), np.maximum(above - 1, 0)
        return self.grid[rows, below], self.grid[rows, above], self.cdf[rows, below], self.cdf[rows, above]
