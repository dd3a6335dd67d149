"""Stage values built by hand, for tests of the stages that use them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.history import History
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms

#: Cut-offs of Syntetos, Boylan & Croston (2005).
ADI_CUT, CV2_CUT = 1.32, 0.49


def make_history(
    demand: np.ndarray, *, period: str = "week", as_of: str | None = None, first: str | None = None
) -> History:
    """Return a history of `demand` (n, T), full periods up to as_of, nothing promoted or censored."""
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    n, width = demand.shape
    if period == "month":
        starts = (np.datetime64(first or "2020-01", "M") + np.arange(width)).astype("datetime64[D]")
        end = (starts[-1].astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    else:
        days = 7 if period == "week" else 1
        starts = np.datetime64(first or "2020-01-06", "D") + days * np.arange(width)
        end = starts[-1] + days - 1
    known = ~np.isnan(demand)
    series = pd.DataFrame(
        {
            "sku": pd.Series([f"P{i:05d}" for i in range(n)], dtype="str"),
            "location": pd.Series(["MAIN"] * n, dtype="str"),
            "first_period": np.where(known.any(axis=1), known.argmax(axis=1), width).astype("int64"),
            "launched": known.any(axis=1),
        }
    )
    no = np.zeros(demand.shape, dtype=bool)
    return History(
        series=series,
        period=period,  # type: ignore[arg-type]
        starts=starts,
        days_per_period={"day": 1.0, "week": 7.0, "month": 30.4375}[period],
        sales=demand,
        demand=demand,
        censored=no,
        promoted=no,
        outlier=no,
        restored_units=np.zeros(n),
        as_of=pd.Timestamp(as_of) if as_of else pd.Timestamp(end),
    )


def make_segments(demand: np.ndarray, *, by_volume: bool = False) -> Segments:
    """Return segments with the demand class of each series of `demand` (n, T); ABC by units sold and XYZ by variation if asked for, else AX."""
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    classes, adis = [], []
    for row in demand:
        life = row[~np.isnan(row)]
        sizes = life[life > 0]
        adi = len(life) / len(sizes) if len(sizes) else np.inf
        cv2 = (sizes.std() / sizes.mean()) ** 2 if len(sizes) else 0.0
        name = (
            ("lumpy" if cv2 > CV2_CUT else "intermittent")
            if adi > ADI_CUT
            else ("erratic" if cv2 > CV2_CUT else "smooth")
        )
        classes.append(name if len(sizes) else "none")
        adis.append(adi)
    n = len(demand)
    abc, xyz = np.full(n, "A", dtype=object), np.full(n, "X", dtype=object)
    if by_volume:
        volume = np.nansum(demand, axis=1)
        order = np.argsort(-volume, kind="stable")
        before = np.empty(n)
        before[order] = np.concatenate([[0.0], np.cumsum(volume[order])[:-1]]) / volume.sum()
        abc = np.select([before < 0.8, before < 0.95], ["A", "B"], "C").astype(object)
        life = [row[~np.isnan(row)] for row in demand]
        cv = np.array([row.std() / row.mean() if len(row) and row.mean() > 0 else np.inf for row in life])
        xyz = np.select([cv < 0.5, cv < 1.0], ["X", "Y"], "Z").astype(object)
    frame = pd.DataFrame(
        {
            "abc": abc,
            "xyz": xyz,
            "segment": abc + xyz,
            "demand_class": classes,
            "life_cycle": ["mature" if c != "none" else "dead" for c in classes],
            "adi": adis,
        }
    )
    return Segments(frame)


def make_terms(n: int, **columns: object) -> Terms:
    """Return terms of n series: no limits, 95 % cycle service, a review every 7 days, an empty shelf; `columns` replace any of these."""
    values: dict[str, object] = {
        "category": "",
        "supplier": "",
        "unit_cost": np.nan,
        "unit_price": np.nan,
        "moq": 0.0,
        "pack_size": 0.0,
        "shelf_life_days": np.nan,
        "service_level": 0.95,
        "service_measure": "cycle",
        "review_period_days": 7.0,
        "order_cost": 0.0,
        "holding_rate": 0.2,
        "min_stock": np.nan,
        "max_stock": np.nan,
        "blocked": False,
        "disrupted_until": np.datetime64("NaT", "s"),
        "on_hand": 0.0,
        "on_order": 0.0,
        "reserved": 0.0,
        "backorders": 0.0,
        "override_safety_stock": np.nan,
        "override_reorder_point": np.nan,
        "override_order_up_to": np.nan,
        "override_lead_time_days": np.nan,
        "override_demand_per_period": np.nan,
        "override_note": "",
    }
    values.update(columns)
    frame = pd.DataFrame({name: np.broadcast_to(np.asarray(value), (n,)) for name, value in values.items()})
    lines = pd.DataFrame(
        {"series": np.zeros(0, dtype="int64"), "quantity": np.zeros(0), "due_date": np.zeros(0, dtype="datetime64[s]")}
    )
    return Terms(frame=frame, open_orders=lines)


def make_lead_times(n: int, days: object = 14.0, *, atoms: object = None) -> LeadTimes:
    """Return lead times of n series: `days` for certain, or the equally likely `atoms` (J,) or (n, J)."""
    nodes = (
        np.asarray(atoms, dtype=float)
        if atoms is not None
        else np.repeat(np.broadcast_to(days, (n,))[:, None], 11, axis=1)
    )
    nodes = np.broadcast_to(nodes, (n, nodes.shape[-1])).astype(float)
    frame = pd.DataFrame({"mean_days": nodes.mean(axis=1), "sd_days": nodes.std(axis=1)})
    return LeadTimes(frame=frame, atoms=nodes, suppliers=pd.DataFrame())
