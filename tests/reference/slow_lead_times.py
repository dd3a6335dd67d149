"""The obvious blend of lead times for one series: three groups of receipts with weights, cut into equal slices of probability."""

from __future__ import annotations


def blended_mean(own: list[float], supplier: list[float], prior: list[float], k: float) -> float:
    own_weight = len(own) / (len(own) + k) if own else 0.0
    supplier_weight = (1 - own_weight) * (len(supplier) / (len(supplier) + k) if supplier else 0.0)
    mean = (1 - own_weight - supplier_weight) * sum(prior) / len(prior)
    if own:
        mean += own_weight * sum(own) / len(own)
    if supplier:
        mean += supplier_weight * sum(supplier) / len(supplier)
    return mean


def slice_means(values: list[float], weights: list[float], nodes: int) -> list[float]:
    """Return the mean of each slice of probability by filling the slices from the smallest value up."""
    total = sum(weights)
    pairs = sorted(zip(values, weights, strict=True))
    result = []
    position, left = 0, pairs[0][1] / total
    for _ in range(nodes):
        need, amount = 1.0 / nodes, 0.0
        while need > 1e-15:
            take = min(need, left)
            amount += take * pairs[position][0]
            need -= take
            left -= take
            if left <= 1e-15:
                if position + 1 == len(pairs):
                    amount += need * pairs[position][0]
                    break
                position += 1
                left = pairs[position][1] / total
        result.append(amount * nodes)
    return result
