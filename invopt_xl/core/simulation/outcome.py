"""What came out of a simulation: sums of the walk -> service, stock, orders and cost per series and in total."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import OutField
from invopt_xl.core.simulation.walk import SUMS

OUTCOME: tuple[OutField, ...] = (
    OutField("demand", "units", "Units wanted in the counted periods."),
    OutField("served", "units", "Units delivered at once, from stock."),
    OutField("short", "units", "Units not delivered at once: lost, or delivered later."),
    OutField("fill_rate", "share", "served / demand."),
    OutField("cycles", "number", "Cycles, from one receipt to the next; the last, unfinished one counts."),
    OutField(
        "cycle_service",
        "share",
        "Share of the cycles, from one receipt to the next, in which all demand was met at once.",
    ),
    OutField("period_service", "share", "Share of the periods in which all demand was met at once."),
    OutField("stockouts", "number", "Stock-outs: each lasts from the first unmet demand until there is stock again."),
    OutField("stockout_periods", "number", "Periods with unmet demand."),
    OutField("average_on_hand", "units", "Mean stock on hand at the end of a period."),
    OutField("average_in_transit", "units", "Mean units on order at the end of a period."),
    OutField("average_owed", "units", "Mean units of waiting demand at the end of a period."),
    OutField("average_value", "money", "average_on_hand at unit cost."),
    OutField("average_in_transit_value", "money", "average_in_transit at unit cost."),
    OutField("orders", "number", "Orders placed."),
    OutField("ordered", "units", "Units ordered."),
    OutField("received", "units", "Units received."),
    OutField("wasted", "units", "Units that spoiled."),
    OutField("holding_cost", "money", "Of stock on hand at the ends of the periods."),
    OutField("order_cost", "money", "Of placing orders."),
    OutField("shortage_cost", "money", "Of lost units, or of units waiting at the ends of the periods."),
    OutField("waste_cost", "money", "Spoilt units at unit cost."),
    OutField("cost", "money", "All four."),
    OutField(
        "nervousness",
        "number",
        "Mean absolute change of the quantity ordered from one period to the next / mean demand.",
    ),
)

#: The same in total, with what only a total has.
TOTAL: tuple[OutField, ...] = (
    *OUTCOME,
    OutField("fill_rate_value", "share", "Fill rate with units weighted by unit cost."),
)


@dataclass(frozen=True)
class Simulation:
    """Outcomes of n series, each the mean over the replications, for the counted periods.

    Parameters
    ----------
    items : DataFrame
        n rows, columns of `OUTCOME`.
    total : Series
        `TOTAL`; sums of units and money, pooled shares; nervousness weighted by demand value.
    replications : DataFrame
        One row per replication, columns of `TOTAL`.
    periods : int
        Counted periods.
    paths : dict of float arrays, shape (n, replications, T)
        By name of `walk.PATHS`, from the first period on; empty unless asked for.
    """

    items: pd.DataFrame
    total: pd.Series
    replications: pd.DataFrame
    periods: int
    paths: dict[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Simulation({len(self.items)} series, {self.periods} periods, {len(self.replications)} replications)"


@dataclass(frozen=True)
class Rates:
    """Cost rates, each of shape (n,); `shortage` of a unit lost, or of a unit owed for one period, as `lost` says."""

    unit_cost: np.ndarray
    holding: np.ndarray
    order: np.ndarray
    shortage: np.ndarray
    lost: np.ndarray


def amounts(sums: np.ndarray, rates: Rates, *, periods: int) -> dict[str, np.ndarray]:
    """Return everything of `sums` (n, 15) that adds up over series, by name, each (n,)."""
    by_name = {name: sums[:, at] for at, name in enumerate(SUMS)}
    on_hand, in_transit, owed = (by_name.pop(name) for name in ("on_hand", "in_transit", "owed"))
    by_name |= {
        "periods": np.full(len(sums), float(periods)),
        "average_on_hand": on_hand / periods,
        "average_in_transit": in_transit / periods,
        "average_owed": owed / periods,
        "average_value": on_hand / periods * rates.unit_cost,
        "average_in_transit_value": in_transit / periods * rates.unit_cost,
        "demand_value": by_name["demand"] * rates.unit_cost,
        "short_value": by_name["short"] * rates.unit_cost,
        "changed_value": by_name["changed"] * rates.unit_cost,
        "holding_cost": on_hand * rates.holding,
        "order_cost": by_name["orders"] * rates.order,
        "shortage_cost": np.where(rates.lost, by_name["short"], owed) * rates.shortage,
        "waste_cost": by_name["wasted"] * rates.unit_cost,
    }
    parts = (by_name[name] for name in ("holding_cost", "order_cost", "shortage_cost", "waste_cost"))
    return by_name | {"cost": sum(parts, np.zeros(len(sums)))}


def item_table(amount: dict[str, np.ndarray], *, periods: int) -> pd.DataFrame:
    """Return `OUTCOME` of what `amounts` gives, one row per series."""
    return _table(amount, _changes(amount["changed"], amount["demand"], periods), OUTCOME)


def total_table(amount: dict[str, np.ndarray], *, periods: int) -> pd.DataFrame:
    """Return `TOTAL` of amounts that were added up, one row per total."""
    return _table(amount, _changes(amount["changed_value"], amount["demand_value"], periods), TOTAL)


def _changes(changed: np.ndarray, demand: np.ndarray, periods: int) -> np.ndarray:
    """Return nervousness: mean absolute change between the orders of neighbouring periods, relative to mean demand.

    De Kok & Inderfurth (1997, EJOR 103, 55-82) measure quantity nervousness by the same difference, relative to the largest possible one.
    """
    return _ratio(changed / max(periods - 1, 1), demand / periods)


def _table(amount: dict[str, np.ndarray], nervousness: np.ndarray, fields: tuple[OutField, ...]) -> pd.DataFrame:
    every = {
        **amount,
        "fill_rate": _ratio(amount["served"], amount["demand"]),
        "fill_rate_value": 1 - _ratio(amount["short_value"], amount["demand_value"]),
        "cycle_service": 1 - _ratio(amount["short_cycles"], amount["cycles"]),
        "period_service": 1 - amount["short_periods"] / amount["periods"],
        "stockouts": amount["occurrences"],
        "stockout_periods": amount["short_periods"],
        "nervousness": nervousness,
    }
    return pd.DataFrame({each.name: every[each.name] for each in fields})


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below; NaN where there is nothing to relate to."""
    result: np.ndarray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return result
