"""The obvious simulation of one series, or of some that share a capacity, in one replication: lists of orders under way and of batches on the shelf,
walked step by step."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator
from dataclasses import dataclass, field

Outcome = tuple[dict[str, float], dict[str, list[float]]]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def split_mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(seed: int, key: int, replication: int, time: int, use: int) -> float:
    start = split_mix((seed + _GOLDEN) & _MASK)
    start = split_mix(((start ^ key) + _GOLDEN) & _MASK)
    start = split_mix(((start ^ replication) + _GOLDEN) & _MASK)
    return (split_mix((start + (4 * time + use + 1) * _GOLDEN) & _MASK) >> 11) / 2**53


@dataclass
class Case:
    """One series. Times in periods unless named steps."""

    demand: list[float]
    s: list[float]
    up_to: list[float] | None = None
    quantity: float | None = None
    review: float = 1
    first_review: int = 0
    open_for_orders: list[bool] | None = None
    lead: list[float] = field(default_factory=lambda: [0.0])
    crossover: bool = True
    hold: float = 0.0
    moq: float = 0.0
    pack: float = 0.0
    capacity: float = math.inf
    max_stock: float = math.inf
    life: float = 0.0
    lost: bool = True
    on_hand: float = 0.0
    backorders: float = 0.0
    open_orders: list[tuple[int, float]] = field(default_factory=list)
    steps: int = 1
    warm_up: int = 0
    seed: int = 1
    key: int = 0
    replication: int = 0


def rounded_down(most: float, pack: float) -> float:
    return math.floor(most / pack + 1e-9) * pack if pack else most


def order_size(case: Case, position: float, s: float, up_to: float | None) -> float:
    if case.quantity is not None:
        if position > s + 1e-9 * max(1, abs(s)):
            return 0.0
        needed = case.quantity
        while position + needed <= s + 1e-9 * case.quantity:
            needed += case.quantity
    else:
        assert up_to is not None
        dust = 1e-9 * max(1, abs(up_to))
        base_stock = up_to - s <= dust
        if (position >= s - dust) if base_stock else (position > s + dust):
            return 0.0
        needed = up_to - position
        if needed <= dust:
            return 0.0
    wanted = max(needed, case.moq)
    size = math.ceil(wanted / case.pack - 1e-9) * case.pack if case.pack else wanted
    most = min(case.capacity, case.max_stock - position)
    if size > most + 1e-9 * (1 + most):
        size = rounded_down(max(min(wanted, most), 0.0), case.pack)
        if size < case.moq * (1 - 1e-9):
            return 0.0
    return size


def whole_steps(case: Case, step: int) -> int:
    draw = lambda time, use: uniform(case.seed, case.key, case.replication, time, use)  # noqa: E731
    hold = max(round(case.hold * case.steps), 1)
    stretch = (step + int(draw(-1, 0) * hold)) // hold
    length = case.lead[0] if len(case.lead) == 1 else case.lead[int(draw(stretch, 0) * len(case.lead))]
    length *= case.steps
    if abs(length - round(length)) <= 1e-9 * max(1.0, length):
        return round(length)
    return math.floor(length + draw(step, 1))


def simulate_slowly(case: Case) -> Outcome:
    """Return sums over the counted periods, and every period."""
    return simulate_team_slowly([case], math.inf)[0]


def simulate_team_slowly(cases: list[Case], capacity: float) -> list[Outcome]:
    """Return the same of series on the same clock that together may order `capacity` units a period."""
    walks = [walked(case) for case in cases]
    sizes, steps, step = [next(walk) for walk in walks], cases[0].steps, 0
    left = capacity
    while True:
        if step % steps == 0:
            left = capacity
        granted = shared_out(cases, sizes, left)
        left -= sum(granted)
        step += 1
        found, sizes = [], []
        for walk, size in zip(walks, granted, strict=True):
            try:
                sizes.append(walk.send(size))
            except StopIteration as end:
                found.append(end.value)
        if found:
            return found


def shared_out(cases: list[Case], sizes: list[float], most: float) -> list[float]:
    """Return what each order gets of `most` units: the same share of all, then what is left over to those with the smallest share first."""

    def packs(case: Case, units: float) -> float:
        whole = rounded_down(units, case.pack)
        return 0.0 if whole <= 1e-9 or whole < case.moq * (1 - 1e-9) else whole

    total = sum(sizes)
    if total <= most + 1e-9 * (1 + most):
        return sizes
    granted = [packs(case, size * (most / total)) for case, size in zip(cases, sizes, strict=True)]
    left = most - sum(granted)
    ranked = sorted((j for j in range(len(cases)) if sizes[j] > 0), key=lambda j: round(1e6 * granted[j] / sizes[j]))
    for j in ranked:
        more = max(packs(cases[j], min(sizes[j], granted[j] + left)), granted[j])
        left -= more - granted[j]
        granted[j] = more
    return granted


def walked(case: Case) -> Generator[float, float, Outcome]:
    """Walk one series: yield what it wants to order in each step, and be sent what it gets."""
    m = case.steps
    batches: list[list[float]] = []  # [last step in which it can be sold, units], oldest first
    endless = 10**9
    life = round(case.life * m)
    owed = case.backorders
    at_once = min(case.on_hand, owed)
    owed -= at_once
    batches.append([life - 1 if life else endless, case.on_hand - at_once])
    under_way = [(max(math.ceil(due * m - 1e-9), 0), units) for due, units in case.open_orders]
    latest = max((due for due, _ in under_way), default=0)
    on_hand = lambda: sum(units for _, units in batches)  # noqa: E731
    waiting_review = in_stockout = short_cycle = False
    names = ("demand", "served", "short", "ordered", "received", "wasted", "on_hand", "in_transit", "owed")
    paths: dict[str, list[float]] = {name: [] for name in names}
    sums = dict.fromkeys(("short_periods", "occurrences", "cycles", "short_cycles", "orders"), 0.0)
    for t, wanted in enumerate(case.demand):
        counted = t >= case.warm_up
        if t == case.warm_up:
            short_cycle = False
        row = dict.fromkeys(names, 0.0)
        row["demand"] = wanted
        in_units = m > 1 and wanted == int(wanted)
        phase = 0.0
        if in_units:
            phase = (int(uniform(case.seed, case.key, case.replication, t, 3) * m) + 0.5) / m
        for part in range(m):
            step = t * m + part
            # order
            since = step - case.first_review * m
            if since >= 0 and since % max(round(case.review * m), 1) == 0:
                waiting_review = True
            size = 0.0
            if waiting_review and (case.open_for_orders is None or case.open_for_orders[t]):
                waiting_review = False
                position = on_hand() + sum(units for _, units in under_way) - owed
                size = order_size(case, position, case.s[t], None if case.up_to is None else case.up_to[t])
            size = yield size
            if size > 0:
                due = step + whole_steps(case, step)
                if not case.crossover:
                    due = latest = max(due, latest)
                under_way.append((due, size))
                row["ordered"] += size
                sums["orders"] += counted
            # receive
            arrived = sum(units for due, units in under_way if due == step)
            under_way = [(due, units) for due, units in under_way if due != step]
            if arrived > 0:
                row["received"] += arrived
                sums["cycles"] += counted
                sums["short_cycles"] += counted and short_cycle
                short_cycle = False
                paid = min(owed, arrived)
                owed -= paid
                batches.append([step + life - 1 if life else endless, arrived - paid])
                if on_hand() > 1e-9:
                    in_stockout = False
            # demand
            if in_units:
                units = math.floor(wanted * (part + 1) / m + phase) - math.floor(wanted * part / m + phase)
            else:
                units = wanted / m
            open_demand = float(units)
            for batch in batches:
                taken = min(batch[1], open_demand)
                batch[1] -= taken
                open_demand -= taken
            if open_demand <= 1e-9 * max(1.0, units):
                open_demand = 0.0
            row["served"] += units - open_demand
            row["short"] += open_demand
            if open_demand > 0:
                sums["occurrences"] += counted and not in_stockout
                in_stockout = short_cycle = True
                if not case.lost:
                    owed += open_demand
            # spoil
            row["wasted"] += sum(units for end, units in batches if end == step)
            batches = [batch for batch in batches if batch[0] != step and batch[1] > 0]
        row |= {"on_hand": on_hand(), "in_transit": sum(units for _, units in under_way), "owed": owed}
        for name in names:
            paths[name].append(row[name])
        sums["short_periods"] += counted and row["short"] > 0
    sums["cycles"] += 1
    sums["short_cycles"] += short_cycle
    for name in names:
        sums[name] = sum(paths[name][case.warm_up :])
    ordered = paths["ordered"][case.warm_up :]
    sums["changed"] = sum(abs(b - a) for a, b in itertools.pairwise(ordered))
    return sums, paths
