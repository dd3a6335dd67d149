"""Changes of single lines across all orders: bring a plan under its shared limits, then use the room that is left."""

from __future__ import annotations

import numpy as np
from numba import njit

_DUST = 1e-10
_TOLERANCE = 1e-10

#: While mending, a pass changes the lines whose change is at least this share as good as the best one.
_NEAR_BEST = 0.25

#: Passes over all lines; each ends early when nothing changes.
_PASSES = 60


@njit(cache=True)
def _fits_order(after, low, high):  # type: ignore[no-untyped-def]
    for m in range(3):
        if after[m] < low[m] * (1 - _TOLERANCE) or after[m] > high[m] * (1 + _TOLERANCE) + 1e-12:
            return False
    return True


@njit(cache=True)
def _best_change(i, old, data, rows, measure, room, scale, prices, totals, low, high, mending):  # type: ignore[no-untyped-def]
    """Return the best new column of line i and its score; -1 where none helps.

    Mending: most overrun removed per money. Else: most money saved per priced resource, within the room there is.
    """
    quantity, cost, spend, count, volume = data
    best_k, best_score = -1, 0.0
    after = np.empty(3)
    for k in range(count[i]):
        if k == old:
            continue
        change = (
            spend[i, k] - spend[i, old],
            quantity[i, k] - quantity[i, old],
            (quantity[i, k] - quantity[i, old]) * volume[i],
        )
        gain = cost[i, old] - cost[i, k]
        removed, fits, price = 0.0, True, 0.0
        for s in range(rows.shape[1]):
            r = rows[i, s]
            if r < 0:
                continue
            more = change[measure[s]]
            left = room[r] - more
            over_before, over_after = max(-room[r], 0.0), max(-left, 0.0)
            removed += (over_before - over_after) / scale[r]
            if over_after > over_before + _TOLERANCE * scale[r]:
                fits = False
            price += prices[r] * more
        if not fits:
            continue
        for m in range(3):
            after[m] = totals[m] + change[m]
        if not _fits_order(after, low, high):
            continue
        if mending:
            if removed <= 0.0:
                continue
            loss = max(-gain, 0.0)
            score = removed / (loss + 1e-9)
        else:
            if gain <= _DUST * (1.0 + abs(cost[i, old])):
                continue
            # what takes no priced room goes first, by what it saves
            score = gain / (max(price, 0.0) + 1e-9)
        if score > best_score:
            best_k, best_score = k, score
    return best_k, best_score


@njit(cache=True)
def settle(chosen, order, data, rows, measure, room, scale, prices, totals, low, high):  # type: ignore[no-untyped-def]
    """Change `chosen` (n,) in place until all shared limits hold, as far as single lines can, then while that saves money.

    `room` (R,) and `totals` (G, 3) follow; order terms stay kept: `low` and `high` (G, 3).
    """
    quantity, spend, volume = data[0], data[2], data[4]
    n = len(chosen)
    column, score = np.empty(n, np.int64), np.empty(n)
    for _ in range(_PASSES):
        mending = False
        for r in range(len(room)):
            mending = mending or room[r] < -_TOLERANCE * scale[r]
        for i in range(n):
            g = order[i]
            column[i], score[i] = _best_change(
                i, chosen[i], data, rows, measure, room, scale, prices, totals[g], low[g], high[g], mending
            )
        ranked = np.argsort(-score, kind="mergesort")
        moved = 0
        for place in range(n):
            i = ranked[place]
            # while mending, what costs far more than the best change waits: after it less may have to be mended
            if column[i] < 0 or (mending and score[i] < _NEAR_BEST * score[ranked[0]]):
                break
            g, old = order[i], chosen[i]
            # earlier changes of this pass may have taken the room, or the need
            k, _ = _best_change(i, old, data, rows, measure, room, scale, prices, totals[g], low[g], high[g], mending)
            if k < 0:
                continue
            change = (
                spend[i, k] - spend[i, old],
                quantity[i, k] - quantity[i, old],
                (quantity[i, k] - quantity[i, old]) * volume[i],
            )
            for m in range(3):
                totals[g, m] += change[m]
            for s in range(rows.shape[1]):
                if rows[i, s] >= 0:
                    room[rows[i, s]] -= change[measure[s]]
            chosen[i] = k
            moved += 1
        if moved == 0:
            break
