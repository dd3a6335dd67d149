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

#: Cuts per term when the prices of all terms of an order are searched together.
_CUTS = 60

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
def _priced_together(lines, prices, data, low, high, mu, chosen, totals):  # type: ignore[no-untyped-def]
    """Return the best dual bound over all prices of terms together; `mu` and `chosen` end there.

    Prices in turn get stuck where two terms pull against each other (many units in little volume): the bound is concave, but has edges. The ellipsoid
    method does not (Bertsimas & Tsitsiklis 1997, Introduction to Linear Optimization, ch. 8): the half that cannot hold the best prices is cut off, and
    what is left is wrapped into a smaller ellipsoid.
    """
    terms = np.flatnonzero((low > 0) | (high < np.inf))
    n = len(terms)
    best_mu, z, size = mu.copy(), np.zeros(n), np.zeros(n)
    best = _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high)
    for j in range(n):
        m = terms[j]
        amount = max(low[m], high[m] if high[m] < np.inf else 0.0, totals[m], 1e-12)
        # ten times what all costs would spread over the term
        size[j] = max(10.0 * (abs(best) + 1e-9) / amount, 4.0 * abs(mu[m]))
        z[j] = mu[m] / size[j]
    shape, slope = np.eye(n), np.zeros(n)
    for _ in range(_CUTS * n):
        for j in range(n):
            mu[terms[j]] = z[j] * size[j]
        slope[:] = 0.0
        for j in range(n):
            # only what has an upper end can be made dearer
            if mu[terms[j]] > 0 and high[terms[j]] == np.inf:
                slope[j] = -1.0
        if not slope.any():
            value = _dual(_evaluate(lines, mu, prices, data, chosen, totals), mu, totals, low, high)
            if value > best:
                best = value
                best_mu[:] = mu
            for j in range(n):
                m = terms[j]
                if mu[m] > 0 or (mu[m] == 0 and totals[m] > high[m]):
                    slope[j] = (totals[m] - high[m]) * size[j]
                elif mu[m] < 0 or totals[m] < low[m]:
                    slope[j] = (totals[m] - low[m]) * size[j]
            # nothing inside the ellipsoid is better than this by more
            if np.sqrt(max(float(slope @ (shape @ slope)), 0.0)) <= 1e-6 * (1.0 + abs(best)):
                break
        step = shape @ slope
        step /= np.sqrt(max(float(slope @ step), 1e-300))
        z = z + step / (n + 1)
        shape = (shape - 2.0 / (n + 1) * np.outer(step, step)) * (n * n / (n * n - 1.0))
    mu[:] = best_mu
    _evaluate(lines, mu, prices, data, chosen, totals)
    return best


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
    if best < enough and (np.abs(mu) > 0).sum() >= 2:
        best = max(best, _priced_together(lines, prices, data, low, high, mu, chosen, totals))
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
def _one_order(lines, prices, data, terms, fill, result):  # type: ignore[no-untyped-def]
    """Fill `result` (lines,) with the best order found and return its priced cost and the bound.

    Only orders of `least` to `most` containers count (of 0 or 1 order where there are none); without one the cost is infinite.
    """
    min_value, min_units, max_units, container, order_cost, least, most = terms
    quantity = data[0]
    size = len(lines)
    chosen, totals = np.empty(size, np.int64), np.zeros(3)
    mu = np.zeros(3)
    nothing = np.zeros(size, np.int64)
    forced, weightless = False, False
    for place in range(size):
        forced = forced or quantity[lines[place], 0] > 0
        weightless = weightless or data[5][lines[place]] <= 0
    best_cost, bound = np.inf, np.inf
    if not forced and least <= 0:
        best_cost = _cost_of(lines, prices, data, nothing)
        bound = best_cost
        result[:] = nothing
    if most < 1:
        return best_cost, bound
    low, high = np.array([min_value, min_units, 0.0]), np.array([np.inf, max_units, np.inf])
    filled, fewest, largest = 0.0, 0.0, np.inf
    if container > 0:
        # more than fits into one container less, and each as full as it must be; goods without a volume need none
        filled = 0.0 if weightless and least <= 1 else least
        fewest, largest = max(fill * filled, filled - 1.0, 0.0) * container, most * container
        low[2], high[2] = fewest, largest
    if (low > high).any():
        # no order keeps its own terms
        return best_cost, bound
    enough = best_cost - order_cost
    placed_bound = _priced(lines, prices, data, low, high, mu, chosen, totals, enough)
    if totals[1] <= 0.0:
        # at these prices nothing is worth ordering, and no term asks for more
        bound = min(bound, placed_bound + (order_cost if least > 0 else 0.0))
        return best_cost, bound
    sides = 1
    full = 0.0
    if container > 0:
        full = min(np.floor(totals[2] / container * (1 + _TOLERANCE)), most)
        number = np.ceil(totals[2] / container * (1 - _TOLERANCE))
        if totals[2] < fill * number * container * (1 - _TOLERANCE):
            sides = 2
    container_bound = np.inf
    start_mu = mu.copy()
    for side in range(sides):
        if sides == 2:
            mu[:] = start_mu
            if side == 0:
                if full < least - (1.0 if weightless and least <= 1 else 0.0) or (full < 1 and not weightless):
                    continue
                low[2], high[2] = fewest, full * container
            else:
                if full + 1 > most:
                    continue
                low[2], high[2] = max(fewest, fill * (full + 1) * container), largest
            side_bound = _priced(lines, prices, data, low, high, mu, chosen, totals, enough)
            container_bound = min(container_bound, side_bound)
        number = 0.0
        if container > 0:
            number = np.ceil(totals[2] / container * (1 - _TOLERANCE))
            if sides == 2:
                number = full + side
            if totals[2] > 0 or not weightless:
                number = max(number, 1.0)
            number = min(max(number, filled), most)
            low[2], high[2] = fill * number * container, number * container
        if _improve(lines, prices, data, low, high, chosen, totals):
            cost = order_cost + _cost_of(lines, prices, data, chosen)
            if cost < best_cost - _DUST * (1.0 + abs(cost)):
                best_cost = cost
                result[:] = chosen
        low[2], high[2] = 0.0, np.inf
    if sides == 2:
        placed_bound = max(placed_bound, container_bound)
    bound = min(bound, order_cost + placed_bound)
    return best_cost, bound


@njit(cache=True)
def _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound):  # type: ignore[no-untyped-def]
    """Solve order g into its places of the results."""
    lines = sorted_lines[order_start[g] : order_start[g + 1]]
    if len(lines) == 0:
        return
    found = np.zeros(len(lines), np.int64)
    own = (terms[0][g], terms[1][g], terms[2][g], terms[3][g], terms[4][g], terms[5][g], terms[6][g])
    cost[g], bound[g] = _one_order(lines, prices, data, own, fill, found)
    for place in range(len(lines)):
        chosen[lines[place]] = found[place]


@njit(cache=True)
def best_orders(sorted_lines, order_start, prices, data, terms, fill):  # type: ignore[no-untyped-def]
    """Return, for G orders at prices, the chosen columns (n,), priced cost (G,) and bound (G,)."""
    orders = len(order_start) - 1
    chosen = np.zeros(len(sorted_lines), np.int64)
    cost, bound = np.zeros(orders), np.zeros(orders)
    for g in range(orders):
        _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound)
    return chosen, cost, bound


@njit(cache=True, parallel=True)
def best_orders_in_parallel(sorted_lines, order_start, prices, data, terms, fill):  # type: ignore[no-untyped-def]
    """Return the same as `best_orders`; worth the threads for many orders."""
    orders = len(order_start) - 1
    chosen = np.zeros(len(sorted_lines), np.int64)
    cost, bound = np.zeros(orders), np.zeros(orders)
    for g in prange(orders):
        _solve_into(g, sorted_lines, order_start, prices, data, terms, fill, chosen, cost, bound)
    return chosen, cost, bound
