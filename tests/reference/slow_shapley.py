"""Slow, obvious versions for tests of the split between two runs: Shapley over all orders of arrival, and one order worked out by itself."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy import special


def slow_shapley(value_of: Callable[[frozenset[int]], float], parts: int) -> list[float]:
    """Return what each part adds, averaged over all orders in which the parts may come."""
    shares = [0.0] * parts
    orders = list(itertools.permutations(range(parts)))
    for order in orders:
        here: frozenset[int] = frozenset()
        for part in order:
            after = here | {part}
            shares[part] += (value_of(after) - value_of(here)) / len(orders)
            here = after
    return shares


def slow_tail(row: Mapping[str, object]) -> float:
    """Return the correction of the tail at the service target: straight between the kept points, fading from the run's own."""
    points = {0.50: "tail_at_50", 0.80: "tail_at_80", 0.90: "tail_at_90", 0.95: "tail_at_95", 0.98: "tail_at_98"}
    points[0.99] = "tail_at_99"
    scores = [float(special.ndtri(p)) for p in points]
    values = [float(row[name]) for name in points.values()]  # type: ignore[arg-type]
    wanted = float(special.ndtri(row["service_level"]))
    own = float(special.ndtri(row["tail_service"]))
    near = max(0.0, 1 - abs(wanted - own) / 0.25)
    kept = float(row["tail_correction"])  # type: ignore[arg-type]
    return float(np.interp(wanted, scores, values) + near * (kept - np.interp(own, scores, values)))


def slow_order(row: Mapping[str, object]) -> float:
    """Return the order of one item from its kept inputs, step by step as a planner would; cycle service only."""

    def number(name: str) -> float:
        return float(row[name])  # type: ignore[arg-type]

    def known(name: str) -> bool:
        return not math.isnan(number(name))

    if row["blocked"] or not known("on_hand"):
        return 0.0
    rate, review = number("demand_per_day"), number("review_period_days")
    days = number("lead_time_days") + review
    mean = rate * days * number("demand_correction")
    sd_reference = number("demand_cv") * rate * number("demand_cv_days") * number("demand_correction")
    variance = sd_reference**2 * (days / number("demand_cv_days")) ** number("demand_cv_growth")
    variance += (rate * number("lead_time_sd_days")) ** 2
    sd = math.sqrt(variance)
    level = float(special.gammaincinv((mean / sd) ** 2, number("service_level"))) * sd**2 / mean if sd > 0 else mean
    level += slow_tail(row) * sd
    safety = max(level + number("damping_units"), 0.0) - mean
    if known("min_stock"):
        safety = max(safety, number("min_stock"))
    if known("override_safety_stock"):
        safety = number("override_safety_stock")
    s = max(mean + safety, 0.0)
    if known("override_reorder_point"):
        s = number("override_reorder_point")
    if known("unit_cost") and number("unit_cost") * number("holding_rate") > 0 and number("order_cost") > 0:
        yearly = rate * 365.25
        lot = math.sqrt(2 * yearly * number("order_cost") / (number("unit_cost") * number("holding_rate")))
        lot = max(lot, number("moq"))
    elif review > 0:
        lot = rate * review
    else:
        lot = max(number("moq"), number("pack_size"), rate * number("period_days"))
    up_to = s + (max(lot - rate * review, 0.0) if review > 0 else lot)
    if known("override_order_up_to"):
        up_to = number("override_order_up_to")
    s = min(s, up_to)
    for cap in ("shelf_cap", "max_stock"):
        if known(cap):
            up_to = min(up_to, number(cap))
    s = min(s, up_to)
    position = number("on_hand") + number("on_order") - number("reserved") - number("backorders")
    due = position <= s + 1e-9 * max(1.0, up_to) if up_to - s > 1e-9 * max(1.0, up_to) else position < s - 1e-9
    if not due or up_to - position <= 1e-9 * max(1.0, up_to):
        return 0.0
    step = number("pack_size") or (1.0 if row["whole_units"] else 0.01)
    wanted = max(up_to - position, number("moq"))
    quantity = math.ceil(wanted / step - 1e-6) * step
    if known("max_stock") and quantity > (number("max_stock") - position) * (1 + 1e-6) + 1e-6:
        quantity = math.floor(min(wanted, number("max_stock") - position) / step + 1e-6) * step
        quantity = 0.0 if quantity < number("moq") * (1 - 1e-6) else quantity
    return max(quantity, 0.0)
