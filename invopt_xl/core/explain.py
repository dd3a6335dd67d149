"""Numbers -> words: the sentence behind every order and the drivers that add up to it. Serves `why` and the `Explanations` table.

The order quantity is split along the way it was computed: expected demand over the protection interval, safety stock, what makes an
economic order, less what is there, plus what rounding to minimum order and packs adds. Of expected demand, what the season, the recent trend,
promotions and other influences add to its usual level are drivers of their own. Whatever else moved it (a maximum stock, a standing
decision of the planner, "not needed yet") is a driver of its own, so that the shares of a row always add up to its order quantity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.influences import Influences, influences
from invopt_xl.core.stages import Stages

#: Shares are kept on this grid [units]: a power of two, so that sums of them are exact in binary arithmetic.
_GRID = 2.0**-12

#: Demand over the protection interval below which its causes are not worth a word [units].
_HARDLY = 0.05

#: From here on the sentence says that safety stock is damped [share of it]; the driver always does.
_WORTH_SAYING = 0.10

PERIOD_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375}


@dataclass(frozen=True)
class Explained:
    """`why`: one sentence per series, shape (n,). `drivers`: the Explanations table (contracts.EXPLANATIONS)."""

    why: np.ndarray
    drivers: pd.DataFrame


@dataclass(frozen=True)
class _Driver:
    name: str
    value: np.ndarray
    unit: str | np.ndarray
    share: np.ndarray


def explain(stages: Stages) -> Explained:
    """Return the sentence and the drivers of every recommendation.

    The `share_units` of a series add up to its
    `order_quantity` exactly.
    """
    found = influences(stages.forecast, stages.history)
    drivers = _drivers(stages, found)
    quantity = stages.orders.frame["order_quantity"].to_numpy(dtype=float)
    shares = _exact_shares(np.column_stack([d.share for d in drivers]), quantity)
    why = _sentences(stages, found)
    table = pd.concat([_driver_table(drivers, shares, stages.history.series), _basis(stages)], ignore_index=True)
    position = pd.MultiIndex.from_frame(stages.history.series[["sku", "location"]])
    order = position.get_indexer(pd.MultiIndex.from_frame(table[["sku", "location"]]))
    return Explained(why=why, drivers=table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True))


def _drivers(stages: Stages, found: Influences) -> list[_Driver]:
    forecast, lead_times, history = stages.forecast, stages.lead_times, stages.history
    p, o, t = stages.policy.frame, stages.orders.frame, stages.terms.frame
    quantity = o["order_quantity"].to_numpy(dtype=float)
    demand = p["forecast_protection"].to_numpy(dtype=float)
    over_lead = np.clip(forecast.lead.mean(), 0, demand)
    usual = found.shares[:, 0]
    damped = _damped(stages)
    safety, by_lead_time = p["safety_stock"].to_numpy(dtype=float) - damped, _lead_time_part(forecast)
    per_period = f"units per {history.period}"
    stock = {
        name: t[name].fillna(0).to_numpy(dtype=float) for name in ("on_hand", "on_order", "reserved", "backorders")
    }
    lot = (p["order_up_to"] - p["reorder_point"]).to_numpy(dtype=float)
    drivers = [
        _Driver("demand over the lead time", forecast.demand_per_period, per_period, over_lead * usual),
        _Driver(
            "demand until the next review",
            t["review_period_days"].to_numpy(dtype=float),
            "days",
            (demand - over_lead) * usual,
        ),
        *(
            _Driver(name, share, "share of demand", demand * share)
            for name, share in zip(found.groups[1:], found.shares.T[1:], strict=True)
        ),
        _Driver(
            "safety stock: demand varies", forecast.sd_demand, "units (standard deviation)", safety * (1 - by_lead_time)
        ),
        _Driver(
            "safety stock: lead time varies",
            lead_times.frame["sd_days"].to_numpy(dtype=float),
            "days (standard deviation)",
            safety * by_lead_time,
        ),
        _Driver("safety stock: damped", safety, _damped_unit(stages), damped),
        _Driver("economic order size", p["lot_units"].to_numpy(dtype=float), "units", lot),
        _Driver("in stock", stock["on_hand"], "units", -stock["on_hand"]),
        _Driver("on order", stock["on_order"], "units", -stock["on_order"]),
        _Driver("reserved", stock["reserved"], "units", stock["reserved"]),
        _Driver("backorders", stock["backorders"], "units", stock["backorders"]),
        _Driver("minimum order", t["moq"].to_numpy(dtype=float), "units", o["moq_extra_units"].to_numpy(dtype=float)),
        _Driver(
            "full packs", t["pack_size"].to_numpy(dtype=float), "units", o["pack_extra_units"].to_numpy(dtype=float)
        ),
        *(_Driver(move.name, move.money, "money of expected cost", move.units) for move in stages.moves),
    ]
    rest = quantity - np.sum([d.share for d in drivers], axis=0)
    # smaller than any quantity a planner orders: floating-point dust, not a driver
    rest = np.where(np.abs(rest) < 1e-6 * np.maximum(1, np.abs(demand) + np.abs(stock["on_hand"])), 0.0, rest)
    # what the policy ordered by itself: what limits pulled forward stays "not needed yet"
    ordered = quantity - sum((move.units for move in stages.moves), np.zeros(len(quantity))) > 1e-9
    held = o["held_back"].fillna("").to_numpy(dtype=str) != ""
    for name, mask in (
        ("limits and standing decisions", ordered),
        ("held back", ~ordered & held),
        ("not needed yet", ~ordered & ~held),
    ):
        drivers.append(_Driver(name, np.where(mask, rest, 0.0), "units", np.where(mask, rest, 0.0)))
    return drivers


def _damped(stages: Stages) -> np.ndarray:
    """Return the part of safety stock that is there because it follows the last run's in steps (n,) [units]; negative where that is less."""
    return np.zeros(len(stages.terms.frame)) if stages.damping is None else stages.damping.shown


def _damped_unit(stages: Stages) -> str | np.ndarray:
    """Return the unit of what is needed, with the reason why another safety stock is kept, object (n,)."""
    if stages.damping is None:
        return "units needed"
    return np.array(["units needed; " + reason for reason in stages.damping.reason], dtype=object)


def _lead_time_part(forecast: Forecast) -> np.ndarray:
    """Return the part of safety stock that lead-time spread causes, by standard deviations, shape (n,), in 0..1."""
    total = np.asarray(forecast.sd_total, dtype=float)
    steady = np.minimum(np.asarray(forecast.sd_demand, dtype=float), total)
    share: np.ndarray = np.divide(total - steady, total, out=np.zeros_like(total), where=total > 0)
    return share


def _exact_shares(shares: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Return shares (n, drivers) on the binary grid; the dust goes to the largest driver, so that rows sum to `quantity` (n,)."""
    exact: np.ndarray = np.round(shares / _GRID) * _GRID
    if not len(exact):
        return exact
    largest = np.argmax(np.abs(exact), axis=1)
    rows = np.arange(len(exact))
    others = exact.sum(axis=1) - exact[rows, largest]
    exact[rows, largest] = quantity - others
    return exact


def _driver_table(drivers: list[_Driver], shares: np.ndarray, series: pd.DataFrame) -> pd.DataFrame:
    row, which = np.nonzero(shares)
    values = np.column_stack([np.asarray(d.value, dtype=float) for d in drivers])
    names = np.array([d.name for d in drivers], dtype=object)
    units = np.column_stack([np.broadcast_to(np.asarray(d.unit, dtype=object), len(series)) for d in drivers])
    return pd.DataFrame(
        {
            "sku": series["sku"].to_numpy()[row],
            "location": series["location"].to_numpy()[row],
            "driver": pd.Series(names[which], dtype="str"),
            "value": values[row, which],
            "unit": pd.Series(units[row, which], dtype="str"),
            "share_units": shares[row, which],
        }
    )


def _basis(stages: Stages) -> pd.DataFrame:
    """Return the figures behind the drivers and where they come from, two rows per series, with a share of 0.

    A default is named as such; a rule's value stays visible where the item's own value wins.
    """
    t, series = stages.terms.frame, stages.history.series
    rule = t["service_level_rule"].to_numpy(dtype=float)
    own = t["service_level"].to_numpy(dtype=float)
    beside = [
        f"; the rule would give {r:.1%}" if r == r and abs(r - o) > 1e-9 else "" for r, o in zip(rule, own, strict=True)
    ]
    service = [
        f"share, {m} service, from {f}{b}"
        for m, f, b in zip(t["service_measure"], t["service_level_from"], beside, strict=True)
    ]
    told = stages.lead_times.crossing_in_words(t["review_period_days"].to_numpy(dtype=float))
    lead = [f"days, from {source}{more}" for source, more in zip(stages.lead_times.frame["source"], told, strict=True)]
    rows = [
        ("service target", own, service),
        ("lead time", stages.lead_times.frame["mean_days"].to_numpy(dtype=float), lead),
    ]
    parts = [
        pd.DataFrame(
            {
                "sku": series["sku"],
                "location": series["location"],
                "driver": name,
                "value": value,
                "unit": unit,
                "share_units": 0.0,
            }
        )
        for name, value, unit in rows
    ]
    return pd.concat(parts, ignore_index=True).astype({"driver": "str", "unit": "str"})


def _sentences(stages: Stages, found: Influences) -> np.ndarray:
    forecast = stages.forecast
    frame = pd.concat([stages.policy.frame, stages.orders.frame], axis=1)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    t = stages.terms.frame
    frame = frame.assign(
        supplier=t["supplier"].fillna("").to_numpy(),
        on_hand=t["on_hand"].to_numpy(dtype=float),
        on_order=t["on_order"].fillna(0).to_numpy(dtype=float),
        reserved=t["reserved"].fillna(0).to_numpy(dtype=float),
        backorders=t["backorders"].fillna(0).to_numpy(dtype=float),
        pack_size=t["pack_size"].fillna(0).to_numpy(dtype=float),
        moq=t["moq"].fillna(0).to_numpy(dtype=float),
        per_period=forecast.demand_per_period,
        periods=forecast.protection_periods,
        lead_sd=stages.lead_times.frame["sd_days"].to_numpy(dtype=float),
        by_lead_time=_lead_time_part(forecast) > 0.5,
        promoted=found.planned,
        influence=found.largest_in_words(),
        override_note=t["override_note"].fillna("").to_numpy(),
        lead_source=stages.lead_times.frame["source"].to_numpy(),
        damped=_damped(stages),
        damped_because="" if stages.damping is None else stages.damping.reason,
        moved=sum((move.units for move in stages.moves), np.zeros(len(t))),
        moved_by=_moved_in_words(stages),
    )
    write = _Writer(stages.history.period)
    return np.array([write.row(row) for row in frame.itertuples(index=False)], dtype=object)


def _moved_in_words(stages: Stages) -> np.ndarray:
    """Return what limits changed of each order, object (n,); "" where nothing."""
    found = np.full(len(stages.terms.frame), "", dtype=object)
    for move in stages.moves:
        rows = np.flatnonzero(np.abs(move.units) > 1e-9)
        for row in rows:
            amount = move.units[row]
            found[row] += f"; {units(abs(amount))} {'more' if amount > 0 else 'less'}: {move.name}"
    return found


class _Writer:
    """Writes sentences; holds the word for a period."""

    def __init__(self, period: str) -> None:
        self.period = period

    def row(self, row: object) -> str:
        r: _Row = row  # type: ignore[assignment]
        text = self._order(row) if r.order_quantity > 0 else self._no_order(row)
        note, source = str(r.override_note), str(r.lead_source)
        if source.startswith("default") and r.order_quantity > 0:
            text += f" The lead time is a {source}."
        needed = units(r.safety_stock - r.damped)
        if (
            r.damped_because
            and abs(r.damped) >= _WORTH_SAYING * abs(r.safety_stock)
            and needed != units(r.safety_stock)
        ):
            text += f" Safety stock {r.damped_because}; the service target needs {needed}."
        return f"{text} Standing decision: {note}." if note else text

    def _order(self, row: object) -> str:
        r: _Row = row  # type: ignore[assignment]
        if r.moved_by and abs(r.order_quantity - r.moved) < 1e-9 and r.inventory_position > r.reorder_point:
            return self._pulled_forward(r)
        fraction = abs(r.order_quantity - round(r.order_quantity)) > 1e-9
        digits = 3 if r.order_quantity < 1 else 2 if fraction else 0 if r.order_quantity >= 10 else 1
        plus = [
            (r.safety_stock, f"safety stock {self._because(r)}"),
            (r.order_up_to - r.reorder_point, "to make an economic order"),
            (r.backorders, "backordered"),
            (r.reserved, "reserved"),
        ]
        rounding = [
            (r.moq_extra_units, f"raised by {{}} to the minimum order of {units(r.moq)}"),
            (r.pack_extra_units, _packs_text(r)),
        ]
        plus = [(round(number, digits), text) for number, text in plus if round(number, digits) != 0]
        rounding = [(round(number, digits), text) for number, text in rounding if round(number, digits) > 0]
        have, coming = round(r.on_hand, digits), round(r.on_order, digits)
        # the demand estimate absorbs display rounding, so that a planner who adds the numbers up gets the order
        total = r.order_quantity - r.moved - sum(n for n, _ in plus) - sum(n for n, _ in rounding) + have + coming
        limited = abs(total - r.forecast_protection) > 3 * 10.0**-digits
        parts = [f"plus {_shown(number, digits)} {text}" for number, text in plus]
        if have < 0:
            parts.append(f"plus {_shown(-have, digits)} that stock is below zero")
            parts.append(f"minus {_shown(coming, digits)} on order")
        else:
            parts.append(f"minus {_shown(have, digits)} in stock and {_shown(coming, digits)} on order")
        tail = "".join("; " + text.format(_shown(number, digits)) for number, text in rounding) + r.moved_by
        demand = _shown(r.forecast_protection if limited else total, digits)
        text = f"Order {_shown(r.order_quantity, digits)}{_pack_count(r)}: {self._demand(r)} ({demand}{_influence(r)}{_promotion(r)}), {', '.join(parts)}{tail}"
        return text + ("; changed by a limit or a standing decision (see Explanations)." if limited else ".")

    def _because(self, r: _Row) -> str:
        if r.by_lead_time and r.lead_sd > 0:
            return (
                f"because {('supplier ' + r.supplier) if r.supplier else 'the supplier'} varies by {r.lead_sd:.0f} days"
            )
        return f"for {r.service_target:.1%} service because demand varies".replace(".0%", "%")

    def _demand(self, r: _Row) -> str:
        periods = f"{r.periods:.1f}".removesuffix(".0")
        return f"demand of {units(r.per_period)} a {self.period} for {periods} {self.period}{'' if periods == '1' else 's'}"

    def _pulled_forward(self, r: _Row) -> str:
        """Return the sentence of an order that is not due yet: what the policy would make of it must not be added to it."""
        point = f"reorder point {units(r.reorder_point)} ({self._basis(r)})"
        return f"Order {units(r.order_quantity)}{_pack_count(r)}, though none is due yet: {self._have(r)}, {point}{r.moved_by}."

    def _have(self, r: _Row) -> str:
        return f"{units(r.inventory_position)} in stock{' and on order' if r.on_order else ''}"

    def _basis(self, r: _Row) -> str:
        safety = f", plus {units(r.safety_stock)} safety stock" if r.safety_stock else ""
        return f"{self._demand(r)} ({units(r.forecast_protection)}{_influence(r)}){safety}"

    def _no_order(self, row: object) -> str:
        r: _Row = row  # type: ignore[assignment]
        if r.on_hand != r.on_hand:
            return "No order: no stock figure was found for this item; add it to the Stock sheet."
        have = self._have(r)
        if r.held_back:
            return f"No order: {r.held_back}. {have}, reorder point {units(r.reorder_point)}."
        if r.per_period <= 0 and r.reorder_point <= 0:
            return f"No order: no demand expected; {have}."
        if r.forecast_protection < _HARDLY and r.reorder_point <= 0:
            return f"No order: hardly any demand expected ({units(r.per_period)} a {self.period}); {have}."
        due = "" if pd.isna(r.order_by) else f" Next order by {r.order_by:%Y-%m-%d}."
        return f"No order: {have}, reorder point {units(r.reorder_point)} ({self._basis(r)}).{due}"


class _Row:
    """The fields of a row that sentences use; for the type checker only."""

    order_quantity: float
    order_up_to: float
    reorder_point: float
    safety_stock: float
    forecast_protection: float
    service_target: float
    inventory_position: float
    on_hand: float
    on_order: float
    reserved: float
    backorders: float
    moq: float
    pack_size: float
    moq_extra_units: float
    pack_extra_units: float
    per_period: float
    periods: float
    lead_sd: float
    lead_source: str
    damped: float
    damped_because: str
    override_note: str
    by_lead_time: bool
    promoted: float
    influence: str
    supplier: str
    held_back: str
    moved: float
    moved_by: str
    order_by: pd.Timestamp


def _shown(number: float, digits: int) -> str:
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _influence(r: _Row) -> str:
    return f", {r.influence}" if r.influence else ""


def _promotion(r: _Row) -> str:
    if abs(r.promoted) < 0.005:
        return ""
    return (
        f", {r.promoted:.0%} of it from a planned promotion"
        if r.promoted > 0
        else f", less {-r.promoted:.0%} by a planned promotion"
    )


def _pack_count(r: _Row) -> str:
    packs = r.order_quantity / r.pack_size if r.pack_size > 0 and r.pack_size != 1 else 0.0
    return f" ({units(packs)} {'pack' if round(packs, 6) == 1 else 'packs'})" if packs else ""


def _packs_text(r: _Row) -> str:
    whole = r.pack_size in (0.0, 1.0)
    return "rounded up by {} to whole units" if whole else f"rounded up by {{}} to full packs of {units(r.pack_size)}"


def units(number: float) -> str:
    """Return a quantity as a planner writes it: whole where it is large or whole, else one decimal.

    >>> units(1234.0), units(3.25), units(12.4), units(0.02)
    ('1,234', '3.2', '12', '0.02')
    >>> units(0.0004)
    'less than 0.01'
    """
    if number != number:
        return "?"
    if abs(number - round(number)) < 1e-9 or abs(number) >= 10:
        return f"{round(number):,d}"
    if 0 < number < 0.01:
        return "less than 0.01"
    return f"{number:.1f}" if abs(number) >= 0.1 else f"{number:.2g}"
