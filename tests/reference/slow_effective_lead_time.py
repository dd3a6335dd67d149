"""The obvious effective lead time: every combination of lead times of all orders that can be under way, looked at in every step before a receipt."""

from __future__ import annotations

import itertools
from collections.abc import Sequence


def chances(lead_steps: Sequence[int], interval: int, *, waits: bool) -> dict[int, float]:
    """Return the chance of each effective lead time [steps] at the end of a cycle, with orders every `interval` steps and equally likely lead times."""
    orders = max(lead_steps) // interval + 2
    found: dict[int, float] = {}
    for since_last in range(interval):
        for drawn in itertools.product(lead_steps, repeat=orders + 1):
            # the next order, then the last one, the one before it ...
            placed = [interval - since_last, *(-since_last - j * interval for j in range(orders))]
            arrives = [at + lead for at, lead in zip(placed, drawn, strict=True)]
            if waits:
                arrives = [max(arrives[j:]) for j in range(orders + 1)]
            # only orders placed until the next step can arrive in it
            if not any(at <= 1 and arrival == 1 for at, arrival in zip(placed, arrives, strict=True)):
                continue
            under_way = sum(1 for arrival in arrives[1:] if arrival > 0)
            not_covered = since_last + 1 + interval * under_way
            key = not_covered - interval
            found[key] = found.get(key, 0.0) + 1.0
    total = sum(found.values())
    return {key: found[key] / total for key in sorted(found)}
