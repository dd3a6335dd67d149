"""Rounding of order quantities to minimum orders and full packs, with what it adds; the one place that knows what orders are multiples of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A quantity this close above a whole number of packs is that number [packs].
_DUST = 1e-6

#: Items sold in fractions (litres, kilos) are ordered in multiples of this [units].
SMALLEST_STEP = 0.01


@dataclass(frozen=True)
class Rounded:
    """Orders (n,) [units], and the units that minimum order and packs add to what was needed."""

    quantity: np.ndarray
    moq_extra: np.ndarray
    pack_extra: np.ndarray


def order_step(pack_size: np.ndarray, *, whole: np.ndarray) -> np.ndarray:
    """Return what the order of each item is a multiple of (n,) [units]: its pack, else whole units, else hundredths.

    Parameters
    ----------
    pack_size : float array, shape (n,)
        [units]; 0 or NaN for none.
    whole : bool array, shape (n,)
        Whether an item comes in whole units only (`sold_whole`).

    >>> order_step(np.array([12.0, np.nan, 0.0]), whole=np.array([True, True, False])).tolist()
    [12.0, 1.0, 0.01]
    """
    return np.where(pack_size > 0, pack_size, np.where(whole, 1.0, SMALLEST_STEP))


def sold_whole(sales: np.ndarray) -> np.ndarray:
    """Return which items have only ever been sold in whole units, bool (n,), from `sales` (n, T), NaN where unknown [units]."""
    sold = np.nan_to_num(sales)
    result: np.ndarray = (sold == np.rint(sold)).all(axis=1)
    return result


def round_order(needed: np.ndarray, *, moq: np.ndarray, pack_size: np.ndarray, most: np.ndarray) -> Rounded:
    """Return orders rounded up to the minimum order and to full packs, but not beyond `most`.

    Parameters
    ----------
    needed : float array, shape (n,)
        [units]; 0 for no order.
    moq, pack_size : float array, shape (n,)
        [units]; 0 means none. Packs may be fractions of a unit.
    most : float array, shape (n,)
        Room below the maximum stock [units]: then full packs are rounded down; nothing is ordered when even that is below the minimum.

    >>> round_order(np.array([36.0000001, 5]), moq=np.array([0, 20.0]), pack_size=np.array([12.0, 12]), most=np.full(2, np.inf))
    Rounded(quantity=array([36., 24.]), moq_extra=array([ 0., 15.]), pack_extra=array([0., 4.]))
    """
    ordered = needed > 0
    raised = np.where(ordered, np.maximum(needed, moq), 0.0)
    quantity = _packs_up(raised, pack_size)
    over = ordered & (quantity > most * (1 + _DUST) + _DUST)
    smaller = _packs_down(np.maximum(np.minimum(raised, most), 0.0), pack_size)
    smaller = np.where(smaller >= np.where(moq > 0, moq, 0.0) * (1 - _DUST), smaller, 0.0)
    quantity = np.where(over, smaller, quantity)
    kept = ordered & (quantity > 0)
    moq_extra = np.where(
        kept & (quantity >= raised * (1 - _DUST)),
        raised - needed,
        np.where(kept, np.maximum(quantity - needed, 0.0), 0.0),
    )
    pack_extra = np.where(kept, np.maximum(quantity - needed - moq_extra, 0.0), 0.0)
    pack_extra = np.where(pack_extra <= _DUST * np.maximum(pack_size, 0.0), 0.0, pack_extra)
    # adding zero turns a negative zero of the rounding into zero
    return Rounded(quantity + 0.0, moq_extra, pack_extra)


def _packs_up(quantity: np.ndarray, pack_size: np.ndarray) -> np.ndarray:
    size = np.where(pack_size > 0, pack_size, 1.0)
    return np.where(pack_size > 0, np.ceil(quantity / size - _DUST) * size, quantity)


def _packs_down(quantity: np.ndarray, pack_size: np.ndarray) -> np.ndarray:
    size = np.where(pack_size > 0, pack_size, 1.0)
    return np.where(pack_size > 0, np.floor(quantity / size + _DUST) * size, quantity)
