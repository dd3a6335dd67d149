"""Reasons: what each group of influences adds to expected demand over the protection interval, in units. Serves the explanations.

A statistical forecast is taken apart exactly, as it is a level times a season plus a trend times what is planned; boosted trees bring the
contributions of their own features (Lundberg et al. 2020, Nature Machine Intelligence 2, 56-67), in the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.horizon import path_total

#: Groups of a statistical forecast; boosted trees have these and more (`boosted.groups`).
USUAL, SEASON, TREND, PROMOTION, PRICE = "usual level", "season", "recent trend", "promotion", "price"

#: Contributions of trees are scaled to the expected demand within this factor; what is beyond goes to the usual level. Where the two differ
#: by more, scaling would blow up influences that nearly cancel out.
_MOST_SCALING = 4.0


@dataclass(frozen=True)
class Reasons:
    """What moves the expected demand of n series over the protection interval.

    Parameters
    ----------
    groups : tuple of str
        Names in words a planner knows; the first is the usual level.
    units : float array, shape (n, G)
        What each group adds; rows add up to the expected demand [units].
    """

    groups: tuple[str, ...]
    units: np.ndarray

    def shares(self) -> np.ndarray:
        """Return `units` as shares of expected demand, rows adding up to 1, shape (n, G); all is usual where nothing is expected.

        >>> Reasons(("usual level", "season"), np.array([[80.0, 20.0], [0.0, 0.0]])).shares()
        array([[0.8, 0.2],
               [1. , 0. ]])
        """
        total = self.units.sum(axis=1, keepdims=True)
        # what is left of influences that cancel out is no base for shares
        some = total > 1e-9 * np.abs(self.units).sum(axis=1, keepdims=True)
        found: np.ndarray = np.divide(self.units, total, out=np.zeros_like(self.units), where=some)
        found[~some[:, 0], 0] = 1.0
        return found


def statistical_reasons(
    path: np.ndarray,
    usual: np.ndarray,
    level: np.ndarray,
    trend: np.ndarray | None,
    periods: np.ndarray,
    elapsed: float,
    *,
    promoted: np.ndarray | None = None,
) -> Reasons:
    """Return what a statistical forecast is made of: usual level, season, recent trend, promotion, price.

    Parameters
    ----------
    path, usual : float array, shape (n, L)
        Expected demand of the coming periods, and the same without promotions and price changes [units].
    level : float array, shape (n,)
        Usual demand per period: without season, trend and promotions. Where it is 0, all of `usual` counts as usual [units].
    trend : float array, shape (n, L), or None
        What the trend adds to `level` in each coming period; None for no trend [units].
    periods : float array, shape (n,)
        Length of the protection interval [periods].
    elapsed : float
        Share of the first period of the path that has passed.
    promoted : bool array, shape (n, L), optional
        Coming periods with a promotion: what `path` differs from `usual` there is due to promotion, elsewhere to price. None: all to promotion.

    Returns
    -------
    Reasons
        Rows add up to the total of `path` over `periods`.

    Notes
    -----
    Season is what is left of `usual` after level and trend, so that nothing is left over, whatever way the forecast was made.

    >>> week = np.array([[36.0, 36.0]])
    >>> made = statistical_reasons(week, week / 1.5, np.array([20.0]), None, np.array([2.0]), 0.0)
    >>> dict(zip(made.groups, made.units[0].tolist()))
    {'usual level': 40.0, 'season': 8.0, 'recent trend': 0.0, 'promotion': 24.0, 'price': 0.0}
    """
    total = path_total(path, periods, elapsed=elapsed)
    without = path_total(usual, periods, elapsed=elapsed)
    known = level > 0
    drift = np.zeros_like(total) if trend is None else np.where(known, path_total(trend, periods, elapsed=elapsed), 0.0)
    flat = np.where(known, level * periods, without)
    effect = total - without
    priced = np.zeros_like(total)
    if promoted is not None:
        priced = path_total(np.where(promoted, 0.0, path - usual), periods, elapsed=elapsed)
    parts = [flat, without - flat - drift, drift, effect - priced, priced]
    return Reasons((USUAL, SEASON, TREND, PROMOTION, PRICE), np.column_stack(parts))


def blended(
    statistical: Reasons, boosted_groups: Sequence[str], boosted_units: np.ndarray, share: np.ndarray
) -> Reasons:
    """Return the reasons of forecasts that boosted trees have a share in.

    Parameters
    ----------
    statistical : Reasons
        Of n series; its rows add up to the expected demand that is explained.
    boosted_groups : sequence of str
        Groups of the trees; the first is the usual level. Equal names are one group.
    boosted_units : float array, shape (n, G)
        Contributions of the trees; they are brought to the expected demand. NaN where the trees say nothing [units].
    share : float array, shape (n,)
        Weight of the trees, in 0..1.

    Returns
    -------
    Reasons
        Groups of both, rows adding up to the rows of `statistical`.

    >>> law = Reasons(("usual level", "season"), np.array([[80.0, 20.0]]))
    >>> both = blended(law, ("usual level", "season", "stock-outs"), np.array([[40.0, 5.0, 5.0]]), np.array([0.5]))
    >>> dict(zip(both.groups, both.units[0].tolist()))
    {'usual level': 80.0, 'season': 15.0, 'stock-outs': 5.0}
    """
    names = tuple(dict.fromkeys([*statistical.groups, *boosted_groups[1:]]))
    wanted = statistical.units.sum(axis=1)
    known = np.isfinite(boosted_units).all(axis=1)
    given = np.where(known[:, None], boosted_units, 0.0)
    total = given.sum(axis=1)
    says = (total > 0) & (wanted > 0)
    scale = np.ones_like(wanted)
    np.divide(wanted, total, out=scale, where=says)
    scaled = given * np.clip(scale, 1 / _MOST_SCALING, _MOST_SCALING)[:, None]
    scaled[:, 0] += wanted - scaled.sum(axis=1)
    weight = np.where(says, share, 0.0)[:, None]
    units = np.zeros((len(wanted), len(names)))
    for at in range(len(statistical.groups)):
        units[:, at] += statistical.units[:, at] * (1 - weight[:, 0])
    for at, name in enumerate(boosted_groups):
        units[:, 0 if at == 0 else names.index(name)] += scaled[:, at] * weight[:, 0]
    return Reasons(names, units)
