"""The best supplier order at given prices of shared resources, with a proven bound: the subproblem of joint optimisation, one per order.

At prices the lines of different orders are independent. Within an order its own terms (minimum value and quantity, capacity, full containers) are
priced in turn by bisection, which bounds the cost from below (Lagrangian duality); the order found on the way is then mended and improved line by
line until no single change helps. With containers both sides are tried: no more than k full containers, or at least k + 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

#: Bisections per price, and rounds over the prices of an order. Each price gives a valid bound; more of them only tighten it.
_BISECTIONS = 26
_ROUNDS = 2

#: Doublings until a price is large enough for any term that can be kept.
_DOUBLINGS = 40

#: A candidate replaces what the policy wants only where it is cheaper by more than this [share of cost, money].
_DUST = 1e-10

#: Limits are kept within this share.
_TOLERANCE = 1e-10


@njit(cache=True)
def _pick(at, unit_price, spend_price, quantity, cost, spend, count, wanted):  # type: ignore[no-untyped-def]
    """Return the cheapest column of line `at` at the prices; what is wanted where it is as cheap."""
    best = wanted[at]
    value = cost[at, best] + spend_price * spend[at, best] + unit_price * quantity[at, best]
    slack = _DUST * (1.0 + abs(value))
    for k in range(count[at]):
        other = cost[at, k] + spend_price * spend[at, k] + unit_price * quantity[at, k]
        if other < value - slack:
            best, value = k, other
    return best


@njit(cache=True)
def _evaluate(lines, mu, prices, data, chosen, totals):  # type: ignore[no-untyped-def]
    """Choose all lines at prices plus `mu` (value, units, volume); fill `totals` (spend, units, volume) and return the cost at `prices` alone."""
    spend_price, unit_price = prices
    quantity, cost, spend, count, wanted, volume = data
    totals[:] = 0.0
    plain = 0.0
    for place in range(len(lines)):
        i = lines[place]
        unit = unit_price[i] + mu[1] + mu[2] * volume[i]
        k = _pick(i, unit, spend_price[i] + mu[0], quantity, cost, spend, count, wanted)
        chosen[place] = k
        totals[0] += spend[i, k]
        totals[1] += quantity[i, k]
        totals[2] += quantity[i, k] * volume[i]
        plain += cost[i, k] + spend_price[i] * spend[i, k] + unit_price[i] * quantity[i, k]
    return plain


@njit(cache=True)
def _dual(plain, mu, totals, low, high):  # type: ignore[no-untyped-def]
    """Return the Lagrangian bound from cost `plain` at the candidates that minimise it with `mu`."""
    value = plain
    for m in range(3):
        if mu[m] > 0:
            value += mu[m] * (totals[m] - high[m])
        elif mu[m] < 0:
            value += mu[m] * (totals[m] - low[m])
    return value


@njit(cache=True)
def _violation(totals, low, high):  # type: ignore[no-untyped-def]
    worst = 0.0
    for m in range(3):
        scale = max(abs(low[m]), 1e-12)
        if totals[m] < low[m] * (1 - _TOLERANCE):
            worst += (low[m] - totals[m]) / scale
        if totals[m] > high[m] * (1 + _TOLERANCE):
            worst += (totals[m] - high[m]) / max(abs(high[m]), 1e-12)
    return worst


@njit(cache=True)
def _raise_one(m, lines, prices, data, low, high, mu, chosen, totals):  # type: ignore[no-untyped-def]
    """Bisect the price of term m, the others fixed; `mu` and `chosen` end where the term is kept. Return the best bound found."""
    mu[m] = 0.0
    best = _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high)
    short = totals[m] < low[m]
    if not short and not totals[m] > high[m]:
        return best
    sign = -1.0 if short else 1.0
    size = 0.01 * max(totals[0], 1.0) / max(totals[m], 1e-6)
    for _ in range(_DOUBLINGS):
        mu[m] = sign * size
        best = max(best, _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high))
        if (short and totals[m] >= low[m]) or (not short and totals[m] <= high[m]):
            break
        size *= 2.0
    little, much = 0.0, size
    for _ in range(_BISECTIONS):
        middle = 0.5 * (little + much)
        mu[m] = sign * middle
        best = max(best, _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high))
        if (short and totals[m] >= low[m]) or (not short and totals[m] <= high[m]):
            much = middle
        else:
            little = middle
    mu[m] = sign * much
    return max(best, _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high))


@njit(cache=True)
def _priced(lines, prices, data, low, high, mu, chosen, totals, enough):  # type: ignore[no-untyped-def]
    """Return the best dual bound found; `mu` and `chosen` end at prices that keep the terms where single prices can.

    Terms are priced in turn. A bound of `enough` ends the search: the order is not worth placing.
    """
    best = _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high)
    for _ in range(_ROUNDS):
        before = mu.copy()
        for m in range(3):
            if low[m] > 0 or high[m] < np.inf:
                best = max(best, _raise_one(m, lines, prices, data, low, high, mu, chosen, totals))
        if best >= enough or np.abs(mu - before).max() <= 1e-9:
            break
    return best


@njit(cache=True)
def _improve(lines, prices, data, low, high, chosen, totals):  # type: ignore[no-untyped-def]
    """Mend broken terms, then lower the cost, one line at a time; return whether all terms are kept."""
    spend_price, unit_price = prices
    quantity, cost, spend, count, _, volume = data
    after = np.empty(3)
    for _ in range(4 * len(lines) + 40):
        broken = _violation(totals, low, high)
        best_place, best_k, best_score = -1, -1, 0.0
        for place in range(len(lines)):
            i, old = lines[place], chosen[place]
            here = cost[i, old] + spend_price[i] * spend[i, old] + unit_price[i] * quantity[i, old]
            for k in range(count[i]):
                if k == old:
                    continue
                more = quantity[i, k] - quantity[i, old]
                after[0] = totals[0] + spend[i, k] - spend[i, old]
                after[1] = totals[1] + more
                after[2] = totals[2] + more * volume[i]
                gain = here - (cost[i, k] + spend_price[i] * spend[i, k] + unit_price[i] * quantity[i, k])
                left = _violation(after, low, high)
                if broken > 0:
                    if left >= broken:
                        continue
                    # cheapest mending per share mended; every score is negative or a gain
                    score = gain / (broken - left) + (1e12 if left == 0.0 and gain >= 0 else 0.0)
                    if best_place < 0 or score > best_score:
                        best_place, best_k, best_score = place, k, score
                elif left == 0.0 and gain > _DUST * (1.0 + abs(here)) and gain > best_score:
                    best_place, best_k, best_score = place, k, gain
        if best_place < 0:
            break
        i, old = lines[best_place], chosen[best_place]
        totals[0] += spend[i, best_k] - spend[i, old]
        totals[1] += quantity[i, best_k] - quantity[i, old]
        totals[2] += (quantity[i, best_k] - quantity[i, old]) * volume[i]
        chosen[best_place] = best_k
    return _violation(totals, low, high) == 0.0


@njit(cache=True)
def _cost_of(lines, prices, data, chosen):  # type: ignore[no-untyped-def]
    spend_price, unit_price = prices
    quantity, cost, spend = data[0], data[1], data[2]
    total = 0.0
    for place in range(len(lines)):
        i, k = lines[place], chosen[place]
        total += cost[i, k] + spend_price[i] * spend[i, k] + unit_price[i] * quantity[i, k]
    return total


@njit(cache=True)
def _one_order(lines, prices, data, terms, fill, result, mu_out):  # type: ignore[no-untyped-def]
    """Fill `result` (lines,) with the best order found and return its priced cost and the bound."""
    min_value, min_units, max_units, container, order_cost = terms
    quantity = data[0]
    size = len(lines)
    chosen, totals = np.empty(size, np.int64), np.zeros(3)
    mu = np.zeros(3)
    nothing = np.zeros(size, np.int64)
    forced = False
    for place in range(size):
        forced = forced or quantity[lines[place], 0] > 0
    best_cost, bound = np.inf, np.inf
    if not forced:
        best_cost = _cost_of(lines, prices, data, nothing)
        bound = best_cost
        result[:] = nothing
    low, high = np.array([min_value, min_units, 0.0]), np.array([np.inf, max_units, np.inf])
    enough = best_cost - order_cost
    placed_bound = _priced(lines, prices, data, low, high, mu, chosen, totals, enough)
    mu_out[:] = mu
    if totals[1] <= 0.0:
        # at these prices nothing is worth ordering, and no term asks for more
        bound = min(bound, placed_bound)
        return best_cost, bound
    sides = 1
    full = 0.0
    if container > 0:
        full = np.floor(totals[2] / container * (1 + _TOLERANCE))
        number = np.ceil(totals[2] / container * (1 - _TOLERANCE))
        if totals[2] < fill * number * container * (1 - _TOLERANCE):
            sides = 2
    container_bound = np.inf
    start_mu = mu.copy()
    for side in range(sides):
        if sides == 2:
            mu[:] = start_mu
            if side == 0:
                if full < 1:
                    continue
                low[2], high[2] = 0.0, full * container
            else:
                low[2], high[2] = fill * (full + 1) * container, np.inf
            side_bound = _priced(lines, prices, data, low, high, mu, chosen, totals, enough)
            container_bound = min(container_bound, side_bound)
        number = 0.0
        if container > 0:
            number = np.ceil(totals[2] / container * (1 - _TOLERANCE))
            if sides == 2:
                number = full + side
            number = max(number, 1.0)
            low[2], high[2] = fill * number * container, number * container
        if _improve(lines, prices, data, low, high, chosen, totals):
            cost = order_cost + _cost_of(lines, prices, data, chosen)
            if cost < best_cost - _DUST * (1.0 + abs(cost)):
                best_cost = cost
                result[:] = chosen
                mu_out[:] = mu
        low[2], high[2] = 0.0, np.inf
    if sides == 2:
        placed_bound = max(placed_bound, container_bound)
    bound = min(bound, order_cost + placed_bound)
    return best_cost, bound


@njit(cache=True)
def _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound, mu):  # type: ignore[no-untyped-def]
    """Solve order g into its places of the results."""
    lines = sorted_lines[order_start[g] : order_start[g + 1]]
    if len(lines) == 0:
        return
    found = np.zeros(len(lines), np.int64)
    own = (terms[0][g], terms[1][g], terms[2][g], terms[3][g], terms[4][g])
    cost[g], bound[g] = _one_order(lines, prices, data, own, fill, found, mu[g])
    for place in range(len(lines)):
        chosen[lines[place]] = found[place]


@njit(cache=True)
def best_orders(sorted_lines, order_start, prices, data, terms, fill):  # type: ignore[no-untyped-def]
    """Return, for G orders at prices, the chosen columns (n,), priced cost (G,), bound (G,) and prices of the terms (G, 3)."""
    orders = len(order_start) - 1
    chosen = np.zeros(len(sorted_lines), np.int64)
    cost, bound, mu = np.zeros(orders), np.zeros(orders), np.zeros((orders, 3))
    for g in range(orders):
        _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound, mu)
    return chosen, cost, bound, mu


@njit(cache=True, parallel=True)
def best_orders_in_parallel(sorted_lines, order_start, prices, data, terms, fill):  # type: ignore[no-untyped-def]
    """Return the same as `best_orders`; worth the threads for many orders."""
    orders = len(order_start) - 1
    chosen = np.zeros(len(sorted_lines), np.int64)
    cost, bound, mu = np.zeros(orders), np.zeros(orders), np.zeros((orders, 3))
    for g in prange(orders):
        _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound, mu)
    return chosen, cost, bound, mu
