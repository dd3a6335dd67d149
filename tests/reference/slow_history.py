"""The obvious versions of bucketing, returns, intervals and sizes: one series, one row at a time."""

from __future__ import annotations

import datetime as dt


def bucket_start(day: dt.date, period: str) -> dt.date:
    if period == "month":
        return day.replace(day=1)
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    return day


def sums_per_bucket(rows: list[tuple[dt.date, str, float]], period: str) -> dict[tuple[str, dt.date], float]:
    """Return units per sku and bucket start."""
    total: dict[tuple[str, dt.date], float] = {}
    for day, sku, quantity in rows:
        key = (sku, bucket_start(day, period))
        total[key] = total.get(key, 0.0) + quantity
    return total


def settle_one(net: list[float]) -> tuple[list[float], float]:
    """Take each return from the same and earlier periods, the nearest first, newest return first; what is left from later ones."""
    sales = [max(value, 0.0) for value in net]
    open_returns = [max(-value, 0.0) for value in net]
    for period in reversed(range(len(net))):
        for earlier in range(period, -1, -1):
            taken = min(sales[earlier], open_returns[period])
            sales[earlier] -= taken
            open_returns[period] -= taken
    rest = sum(open_returns)
    for period in range(len(net)):
        taken = min(sales[period], rest)
        sales[period] -= taken
        rest -= taken
    return sales, rest


def cancelled_one(lines: list[tuple[int, float]]) -> list[bool]:
    """Mark lines (day, quantity) of one series: each return undoes the latest open sale of its size up to its day."""
    order = sorted(range(len(lines)), key=lambda i: (lines[i][0], lines[i][1] < 0, i))
    open_sales: dict[float, list[int]] = {}
    gone = [False] * len(lines)
    for i in order:
        quantity = lines[i][1]
        if quantity > 0:
            open_sales.setdefault(quantity, []).append(i)
        elif quantity < 0 and open_sales.get(-quantity):
            gone[i] = gone[open_sales[-quantity].pop()] = True
    return gone


def interval_and_size(demand: list[float]) -> tuple[float, float]:
    """Return ADI and population CV2 of non-zero demands."""
    sizes = [value for value in demand if value > 0]
    mean = sum(sizes) / len(sizes)
    variance = sum((value - mean) ** 2 for value in sizes) / len(sizes)
    return len(demand) / len(sizes), variance / mean**2
