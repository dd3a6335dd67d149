"""A supplier that delivers nothing until a day: which items run out before, what to buy elsewhere now, from whom, and what that costs more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.contracts import SCENARIO_DISRUPTION
from invopt_xl.core.replenish.cover import days_until
from invopt_xl.core.replenish.orders import arriving
from invopt_xl.core.replenish.rounding import order_step, round_order, sold_whole
from invopt_xl.core.scenarios.change import Change, scope_keys
from invopt_xl.core.scenarios.replan import Replanned, replan
from invopt_xl.core.series_index import looked_up
from invopt_xl.core.sources import unavailable
from invopt_xl.core.stages import Stages
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings

#: One row per item that is short before the supplier delivers again, most money first.
BRIDGE_COLUMNS = tuple(field.name for field in SCENARIO_DISRUPTION)

BUY, LATE, NONE = "buy elsewhere", "buy elsewhere, too late for all of it", "no other source"

_DUST = 1e-9


@dataclass(frozen=True)
class Disruption:
    """`supplier` delivers nothing before `until`. `bridge`: BRIDGE_COLUMNS. `replanned`: its items as planned with that, if nothing is bought elsewhere."""

    supplier: str
    until: pd.Timestamp
    bridge: pd.DataFrame
    replanned: Replanned


def disruption(
    stages: Stages, checked: Checked, *, supplier: str, until: pd.Timestamp | str, settings: Settings
) -> Disruption:
    """Return what a disruption of a supplier does, and how to bridge it.

    Parameters
    ----------
    stages : Stages
        Of the plan.
    checked : Checked
        Its tables: Sources, Suppliers and Items are looked at.
    supplier : str
        Supplier of some items of the plan.
    until : date
        First day of deliveries, after as_of.
    settings : Settings
        Of the plan.

    Notes
    -----
    What is short: the level that covers demand until deliveries begin again at the item's service target (its distribution over the wait and the spread
    of lead times), less what is there and arrives meanwhile from others; less what is expected to be lost before the alternative can arrive. Among the
    other `Sources` of the item whose supplier is neither blocked nor disrupted, the cheapest that arrives before stock runs out is proposed, else the
    fastest. Its lead time is that of the source, else of its supplier's receipts, else as agreed with the supplier, else the default.

    Raises
    ------
    SettingError
        The day is not after as_of, or no item is bought from the supplier.
    """
    day = pd.Timestamp(until).normalize()
    as_of = stages.history.as_of
    if day <= as_of:
        raise SettingError(f"Disruption of {supplier} until {day:%Y-%m-%d}: the day must be after {as_of:%Y-%m-%d}.")
    change = Change("disruption", f"supplier={supplier}", "disrupted_until", "until", until=day)
    found = replan(stages, [change], keys=scope_keys(stages), settings=settings)
    need = _need(found.stages, day)
    offers = _offers(found.stages, checked, supplier, need)
    return Disruption(supplier, day, _bridge(found.stages, need, offers, supplier, day), found)


def _need(stages: Stages, day: pd.Timestamp) -> pd.DataFrame:
    """Return, of the k items of the supplier: free stock with arrivals, days until they run out, units short until the supplier is back."""
    t, history = stages.terms.frame, stages.history
    owed = t["backorders"].fillna(0).to_numpy(dtype=float) + t["reserved"].fillna(0).to_numpy(dtype=float)
    free = t["on_hand"].to_numpy(dtype=float) - owed
    wait = float((day - history.as_of).days)
    supply = np.maximum(free, 0.0) + _elsewhere(stages, day)
    level = stages.forecast.lead.quantile(t["service_level"].to_numpy(dtype=float))
    runs_out = days_until(np.maximum(supply, 0.0), stages.forecast, history.days_per_period)
    blocked = t["blocked"].to_numpy(dtype=bool)
    short = np.where(np.isnan(free) | blocked, 0.0, np.maximum(level - supply + np.maximum(-free, 0.0), 0.0))
    return pd.DataFrame({"supply": supply, "runs_out_days": runs_out, "short": short, "wait": wait})


def _elsewhere(stages: Stages, day: pd.Timestamp) -> np.ndarray:
    """Return units that arrive before the supplier is back: open lines due before that day (its own are delayed to it), and none without a date."""
    lines = stages.terms.open_orders
    n = len(stages.history.series)
    if not len(lines):
        return np.zeros(n)
    early = (lines["due_date"] < day).to_numpy()
    row = lines["series"].to_numpy(dtype=np.int64)
    units: np.ndarray = np.bincount(
        row, weights=np.nan_to_num(lines["quantity"].to_numpy(dtype=float)) * early, minlength=n
    )
    result: np.ndarray = np.minimum(units, arriving(stages.lead_times, stages.terms, stages.history))
    return result


def _offers(stages: Stages, checked: Checked, supplier: str, need: pd.DataFrame) -> pd.DataFrame:
    """Return the best other source of each short item, by position: supplier, unit_cost, days, moq, pack_size; missing where there is none."""
    series = stages.history.series[["sku", "location"]].assign(item=np.arange(len(need)))
    rows = checked.frames["Sources"].merge(series, on="sku", suffixes=("", "_of_item"))
    here = rows["location"].isna() | (rows["location"] == rows["location_of_item"])
    blocked, disrupted = unavailable(checked.frames["Suppliers"], as_of=checked.as_of)
    rows = rows[here & ~rows["supplier"].str.casefold().eq(supplier.casefold())]
    rows = rows[~rows["supplier"].isin(blocked | disrupted)].reset_index(drop=True)
    t = stages.terms.frame
    item = rows["item"].to_numpy(dtype=np.int64)
    received = looked_up(stages.lead_times.suppliers, "supplier", "mean_days", rows["supplier"])
    agreed = looked_up(checked.frames["Suppliers"], "supplier", "lead_time_days", rows["supplier"])
    usual = pd.Series(t["default_lead_time_days"].to_numpy(dtype=float)[item])
    days = rows["lead_time_days"].fillna(received).fillna(agreed).fillna(usual)
    own_cost = pd.Series(t["unit_cost"].to_numpy(dtype=float)[item])
    offers = pd.DataFrame(
        {
            "item": item,
            "alternative": rows["supplier"],
            "unit_cost": rows["unit_cost"].fillna(own_cost),
            "days": np.ceil(days.to_numpy(dtype=float) - _DUST),
            "moq": rows["moq"].fillna(0.0),
            "pack_size": rows["pack_size"].fillna(0.0),
        }
    )
    offers = offers[offers["days"] < need["wait"].to_numpy()[item]]
    item = offers["item"].to_numpy(dtype=np.int64)
    late = ~(offers["days"].to_numpy() <= need["runs_out_days"].to_numpy()[item])
    # in time: the cheapest; too late: the fastest
    ranked = offers.assign(
        late=late, first=np.where(late, offers["days"], offers["unit_cost"].fillna(np.inf)), second=offers["days"]
    )
    ranked = ranked.sort_values(["item", "late", "first", "second"], kind="stable")
    best: pd.DataFrame = ranked.drop_duplicates("item").set_index("item").reindex(range(len(need)))
    return best


def _bridge(stages: Stages, need: pd.DataFrame, offers: pd.DataFrame, supplier: str, day: pd.Timestamp) -> pd.DataFrame:
    history, t = stages.history, stages.terms.frame
    has = offers["alternative"].notna().to_numpy()
    days = offers["days"].to_numpy(dtype=float)
    until_arrival = stages.forecast.law.mean(np.where(has, days, 0.0) / history.days_per_period)
    lost = np.where(has, np.maximum(until_arrival - need["supply"].to_numpy(), 0.0), 0.0)
    wanted = np.where(has, np.maximum(need["short"].to_numpy() - lost, 0.0), 0.0)
    pack = np.nan_to_num(offers["pack_size"].to_numpy(dtype=float))
    moq = np.nan_to_num(offers["moq"].to_numpy(dtype=float))
    step = order_step(pack, whole=sold_whole(history.sales))
    units = round_order(wanted, moq=moq, pack_size=step, most=np.full(len(need), np.inf)).quantity
    late = has & (lost > _DUST)
    own = t["unit_cost"].to_numpy(dtype=float)
    extra = offers["unit_cost"].to_numpy(dtype=float) - own
    runs_out = need["runs_out_days"].to_numpy()
    as_of = np.datetime64(history.as_of, "s")
    frame = pd.DataFrame(
        {
            "sku": history.series["sku"].to_numpy(),
            "location": history.series["location"].to_numpy(),
            "supplier": t["supplier"].to_numpy(),
            "runs_out": _dates(as_of, np.floor(runs_out)),
            "back_on": np.datetime64(day, "s"),
            "days_without": np.maximum(need["wait"].to_numpy() - np.floor(np.nan_to_num(runs_out, nan=np.inf)), 0.0),
            "short_units": need["short"].to_numpy(),
            "action": np.where(has, np.where(late, LATE, BUY), NONE),
            "alternative": offers["alternative"].fillna("").to_numpy(),
            "pull_forward_units": units,
            "order_by": _dates(as_of, np.where(has, np.maximum(np.floor(runs_out) - days, 0.0), np.nan)),
            "arrives": _dates(as_of, np.where(has, days, np.nan)),
            "unit_cost": offers["unit_cost"].to_numpy(dtype=float),
            "extra_unit_cost": extra,
            "extra_cost": units * extra,
        }
    )
    kept = (need["short"] > _DUST).to_numpy() & (~has | (units > 0))
    price = t["unit_price"].to_numpy(dtype=float)
    weight = need["short"].to_numpy() * np.nan_to_num(np.where(price > 0, price, own), nan=1.0)
    order = np.argsort(-weight[kept], kind="stable")
    frame = frame[kept].iloc[order].reset_index(drop=True)
    frame["text"] = pd.Series([_sentence(row) for row in frame.itertuples()], dtype="str")
    texts = ["sku", "location", "supplier", "action", "alternative"]
    return frame.astype(dict.fromkeys(texts, "str"))[list(BRIDGE_COLUMNS)]


def _dates(as_of: np.datetime64, days: np.ndarray) -> np.ndarray:
    whole = np.clip(np.nan_to_num(days, nan=0.0), 0, 36500).astype(np.int64)
    dates = as_of + whole.astype("timedelta64[D]").astype("timedelta64[s]")
    return np.where(np.isnan(days), np.datetime64("NaT", "s"), dates)


def _sentence(row: object) -> str:
    r: _Bridged = row  # type: ignore[assignment]
    out = "lasts" if pd.isna(r.runs_out) or not r.days_without else f"is expected to run out on {r.runs_out:%Y-%m-%d}"
    back = f"{r.supplier} delivers again from {r.back_on:%Y-%m-%d}"
    safe = "" if r.days_without else " on average, but not at its service target"
    start = f"{r.sku} at {r.location} {out}{safe}; {back}. Short of {_units(r.short_units)}"
    if r.action == NONE:
        return f"{start}; no other source that delivers earlier is listed: add one to Sources, or ration what is left."
    cost = (
        ""
        if r.extra_cost != r.extra_cost
        else f", {abs(r.extra_cost):,.2f} {'more' if r.extra_cost >= 0 else 'less'} in all"
    )
    late = " (too late for part of it)" if r.action == LATE else ""
    return f"{start}: buy {_units(r.pull_forward_units)} from {r.alternative} by {r.order_by:%Y-%m-%d}, there {r.arrives:%Y-%m-%d}{late}{cost}."


def _units(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:,.2g}"


class _Bridged:
    """The fields of a row that sentences use; for the type checker only."""

    sku: str
    location: str
    supplier: str
    runs_out: pd.Timestamp
    back_on: pd.Timestamp
    days_without: float
    short_units: float
    action: str
    alternative: str
    pull_forward_units: float
    order_by: pd.Timestamp
    arrives: pd.Timestamp
    extra_cost: float
