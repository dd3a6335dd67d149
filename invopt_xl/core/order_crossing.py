"""Receipts -> whether later orders overtake earlier ones, per supplier, against what lead times drawn for each order alone would give.

Three things are looked at in pairs of orders of the same item (or of the supplier, where lines name no item), one right after the other:

- how many overtook: the later one was received earlier;
- how many would have overtaken if every order had drawn its own lead time from those of the supplier;
- how lead times go together from one order to the next (serial correlation): one that is late for a reason that lasts makes others late.

Overtaken / expected, and 1 - correlation, both tell how independent lead times are: in a mixture of delays that hold for all orders under way
and lead times drawn for each order, both are the share of the latter. The smaller one counts, of the correlation what is more than chance. Where later orders never overtake although
independent ones would have, receipts already hold the wait for earlier orders, so the lead times that they show are right as they are.

Few pairs are drawn towards all receipts together, those towards "not independent": what is known of no order is taken to be late as a whole.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def crossing_table(lines: pd.DataFrame, group: np.ndarray, *, nodes: np.ndarray, shrinkage: float) -> pd.DataFrame:
    """Return how far orders of each group overtake, and in the last row those of all groups together.

    Parameters
    ----------
    lines : DataFrame
        From `receipts.receipt_lines`.
    group : int array, shape (lines,)
        Supplier of each line; -1 for none.
    nodes : float array, shape (groups, J)
        Equally likely lead times of each group [days].
    shrinkage : float
        Overtakings that the wider evidence counts for.

    Returns
    -------
    DataFrame
        groups + 1 rows: pairs, overtook, expected [pairs], correlation (drawn towards 0) and independent [share].
    """
    groups = len(nodes)
    pairs = _pairs(lines, group)
    at = pairs["group"].to_numpy(dtype=np.int64)
    gap, earlier, later = (pairs[name].to_numpy(dtype=float) for name in ("gap", "earlier", "later"))
    overtook = later + gap < earlier
    chance = _chance_to_overtake(nodes, at, gap)
    mean, variance = nodes.mean(axis=1), nodes.var(axis=1)
    # far apart two orders have little to do with each other: only those under way together tell
    together = gap <= mean[at] if groups else np.zeros(0, dtype=bool)
    near = np.bincount(at, weights=together.astype(float), minlength=groups)
    product = np.where(together, (earlier - mean[at]) * (later - mean[at]), 0.0)
    count = np.bincount(at, minlength=groups).astype(float)
    seen, expected = (np.bincount(at, weights=each.astype(float), minlength=groups) for each in (overtook, chance))
    moved = np.bincount(at, weights=product, minlength=groups)
    spread = np.bincount(at, weights=np.where(together, variance[at], 0.0), minlength=groups)
    frame = pd.DataFrame({"pairs": count, "overtook": seen, "expected": expected, "moved": moved, "spread": spread})
    frame["usual"] = variance
    whole = frame.sum().to_frame().T
    whole["usual"] = float(np.average(variance, weights=count)) if count.sum() else 0.0
    share_of_all = _share(whole["overtook"], whole["expected"], 0.0, shrinkage)
    related_of_all = _related(whole["moved"], whole["spread"], whole["usual"], 0.0, shrinkage)
    every = pd.concat([frame, whole], ignore_index=True)
    share = _share(every["overtook"], every["expected"], share_of_all[0], shrinkage)
    related = _related(every["moved"], every["spread"], every["usual"], related_of_all[0], shrinkage)
    share[-1], related[-1] = share_of_all[0], related_of_all[0]
    every["correlation"] = related
    # independent lead times have a correlation, too, by chance: its standard error is 1 / sqrt(pairs) (Bartlett 1946)
    chance_of = 1 / np.sqrt(np.maximum(np.append(near, near.sum()) + shrinkage, 1.0))
    every["independent"] = np.clip(np.minimum(share, 1 - np.maximum(related - chance_of, 0.0)), 0.0, 1.0)
    return every[["pairs", "overtook", "expected", "correlation", "independent"]]


def _pairs(lines: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Return orders that follow each other: group, gap between their order days, lead times of the earlier and the later [days]."""
    frame = lines.assign(group=group, sku=lines["sku"].fillna(""), location=lines["location"].fillna(""))
    keys = ["group", "sku", "location"]
    # lines ordered on the same day are one order
    daily = frame[frame["group"] >= 0].groupby([*keys, "order_date"], as_index=False)["days"].mean()
    before = daily.shift(1)
    same = np.logical_and.reduce([(daily[key] == before[key]).to_numpy(dtype=bool) for key in keys])
    pairs = pd.DataFrame(
        {
            "group": daily["group"],
            "gap": (daily["order_date"] - before["order_date"]).dt.days,
            "earlier": before["days"],
            "later": daily["days"],
        }
    )
    found: pd.DataFrame = pairs[same].reset_index(drop=True)
    return found


def _chance_to_overtake(nodes: np.ndarray, group: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Return the chance that the later of two independent orders comes first, shape (pairs,)."""
    chance = np.zeros(len(gap))
    if not len(gap):
        return chance
    # how much earlier one of two independent orders would come: all pairs of nodes, ascending
    ahead = np.sort((nodes[:, :, None] - nodes[:, None, :]).reshape(len(nodes), -1), axis=1)
    size = ahead.shape[1]
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(len(nodes) + 1))
    for at in range(len(nodes)):
        rows = order[starts[at] : starts[at + 1]]
        chance[rows] = 1 - np.searchsorted(ahead[at], gap[rows], side="right") / size
    return chance


def _share(overtook: pd.Series, expected: pd.Series, prior: float, weight: float) -> np.ndarray:
    weighed = expected.to_numpy(dtype=float) + weight
    share: np.ndarray = np.divide(
        overtook.to_numpy(dtype=float) + weight * prior, weighed, out=np.full(len(weighed), prior), where=weighed > 0
    )
    return share


def _related(moved: pd.Series, spread: pd.Series, usual: pd.Series, prior: float, weight: float) -> np.ndarray:
    own = weight * usual.to_numpy(dtype=float)
    weighed = spread.to_numpy(dtype=float) + own
    related: np.ndarray = np.divide(
        moved.to_numpy(dtype=float) + own * prior, weighed, out=np.zeros(len(weighed)), where=weighed > 0
    )
    return related
