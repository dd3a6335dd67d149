"""From the checked tables to the terms of supplier orders, price breaks, and limits that orders share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.replenish.joint.price_breaks import DiscountKind, PriceBreaks
from invopt_xl.core.replenish.joint.problem import OrderTerms, SharedLimit


@dataclass(frozen=True)
class SupplierOrderIndex:
    """Supplier orders as they are placed, one per supplier and location: `of_line` (n,), and `supplier` and `location` of each (G,)."""

    of_line: np.ndarray
    supplier: np.ndarray
    location: np.ndarray

    def names(self) -> tuple[str, ...]:
        """Return each order in the planner's words; the location only where there are several."""
        several = len(np.unique(self.location)) > 1
        return tuple(
            (f"supplier {s}" if s else "no supplier") + (f" at {place}" if several else "")
            for s, place in zip(self.supplier, self.location, strict=True)
        )


def index_orders(supplier: np.ndarray, location: np.ndarray) -> SupplierOrderIndex:
    """Return the orders of lines with `supplier` and `location` (n,)."""
    pairs = pd.DataFrame({"supplier": supplier, "location": location})
    grouped = pairs.groupby(["supplier", "location"], sort=True)
    keys = pairs.drop_duplicates().sort_values(["supplier", "location"], kind="stable")
    return SupplierOrderIndex(
        grouped.ngroup().to_numpy(dtype=np.int64), keys["supplier"].to_numpy(object), keys["location"].to_numpy(object)
    )


def order_terms(
    index: SupplierOrderIndex, suppliers: pd.DataFrame, *, order_cost: float, container_fill: float
) -> OrderTerms:
    """Return the terms of each supplier order.

    Parameters
    ----------
    index : SupplierOrderIndex
    suppliers : DataFrame
        The checked Suppliers table.
    order_cost : float
        Of placing one order with a named supplier, whatever is in it [money].
    container_fill : float
        Least share of containers that goods must fill.
    """
    listed = suppliers.drop_duplicates("supplier").set_index("supplier")

    def of(column: str, missing: float) -> np.ndarray:
        values = pd.Series(index.supplier).map(listed[column]).astype("float64").to_numpy()
        return np.nan_to_num(values, nan=missing)

    # the capacity of a supplier with several orders is shared by them
    alone = ~pd.Series(index.supplier).duplicated(keep=False).to_numpy(dtype=bool)
    return OrderTerms(
        name=index.names(),
        min_value=of("min_order_value", 0.0),
        min_units=of("min_order_quantity", 0.0),
        max_units=np.where(alone, of("capacity", np.inf), np.inf),
        container_volume=of("container_volume", 0.0),
        order_cost=np.where(index.supplier != "", order_cost, 0.0).astype(np.float64),
        container_fill=container_fill,
    )


def shared_capacity(index: SupplierOrderIndex, suppliers: pd.DataFrame) -> SharedLimit | None:
    """Return the capacities of suppliers that several orders share; None where there are none."""
    listed = suppliers.drop_duplicates("supplier").set_index("supplier")["capacity"].dropna()
    counts = pd.Series(index.supplier).value_counts()
    names = sorted(set(listed.index) & set(counts[counts > 1].index))
    if not names:
        return None
    place = {name: at for at, name in enumerate(names)}
    of_order = np.array([place.get(name, -1) for name in index.supplier], dtype=np.int64)
    return SharedLimit(
        name="supplier capacity",
        measure="units",
        part=of_order[index.of_line],
        most=listed.loc[names].to_numpy(dtype=float),
        label=tuple(f"capacity of supplier {name}" for name in names),
    )


def storage_limit(
    location: np.ndarray, locations: pd.DataFrame, *, volume: np.ndarray, on_arrival: np.ndarray, part_of: np.ndarray
) -> SharedLimit | None:
    """Return the room that is left at each location when orders arrive; None where no room is known.

    Parameters
    ----------
    location : object array, shape (N,)
        Of all series.
    locations : DataFrame
        The checked Locations table.
    volume, on_arrival : float array, shape (N,)
        Of all series: m3 per unit (0 unknown), and units expected in stock before today's order arrives.
    part_of : int array, shape (n,)
        Series of each line.
    """
    listed = locations.drop_duplicates("location").set_index("location")["storage_volume"].dropna()
    names = [name for name in listed.index if name in set(location)]
    if not names:
        return None
    place = {name: at for at, name in enumerate(names)}
    part = np.array([place.get(name, -1) for name in location], dtype=np.int64)
    inside = part >= 0
    taken = np.bincount(part[inside], weights=(volume * on_arrival)[inside], minlength=len(names))
    return SharedLimit(
        name="storage",
        measure="volume",
        part=part[part_of],
        most=np.maximum(listed.loc[names].to_numpy(dtype=float) - taken, 0.0),
        label=tuple(f"storage at {name}" for name in names),
    )


def money_limit(name: str, most: float, n: int) -> SharedLimit:
    """Return one limit on what all n lines cost to buy, such as a budget [money]."""
    return SharedLimit(name, "spend", np.zeros(n, dtype=np.int64), np.array([float(most)]), (name,))


def price_breaks(
    table: pd.DataFrame, *, sku: np.ndarray, supplier: np.ndarray, unit_cost: np.ndarray, kind: DiscountKind
) -> PriceBreaks:
    """Return the prices of n lines.

    Parameters
    ----------
    table : DataFrame
        The checked PriceBreaks table. A row for the line's own supplier wins over rows for any; rows for another supplier do not count.
    sku, supplier : object array, shape (n,)
    unit_cost : float array, shape (n,)
        Price below the first break [money per unit].
    kind : {"all-units", "incremental"}
    """
    lines = pd.DataFrame({"sku": sku, "own": supplier, "line": np.arange(len(sku))})
    rows = table[["sku", "min_quantity", "unit_cost", "supplier"]].merge(lines, on="sku")
    rows["exact"] = rows["supplier"].notna() & (rows["supplier"] == rows["own"])
    rows = rows[rows["exact"] | rows["supplier"].isna() | (rows["supplier"] == "")]
    rows = rows[rows["exact"] | ~rows.groupby("line")["exact"].transform("any")]
    rows = rows[rows["min_quantity"].notna() & rows["unit_cost"].notna()]
    rows = rows.sort_values(["line", "min_quantity"], kind="stable").drop_duplicates(["line", "min_quantity"])
    rank = rows.groupby("line").cumcount().to_numpy(dtype=np.int64)
    width = int(rank.max(initial=-1)) + 1
    quantity, cost = np.full((len(sku), width), np.inf), np.repeat(unit_cost[:, None], width, axis=1)
    at = rows["line"].to_numpy(dtype=np.int64)
    quantity[at, rank], cost[at, rank] = rows["min_quantity"], rows["unit_cost"]
    return PriceBreaks(unit_cost, quantity, cost, kind)
