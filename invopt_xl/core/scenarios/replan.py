"""Changed inputs -> the stages of the changed items, computed again: the forecast is scaled and read over a new interval, never fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.choose import Forecast
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.law import DemandLaw
from invopt_xl.core.lead_times import LeadTimes
from invopt_xl.core.policy.damped_policy import carried_damping
from invopt_xl.core.scenarios.change import Change, matching
from invopt_xl.core.scenarios.decide import Decide, decide_row_by_row
from invopt_xl.core.scenarios.inputs import DEMAND_FACTOR, DISRUPTED, LEAD_TIME, NUMBER_LIMITS, REVIEW, RUN_SETTINGS
from invopt_xl.core.scenarios.taken import take, take_law
from invopt_xl.core.stages import Stages
from invopt_xl.core.terms import Terms
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings

#: Service targets closer than this are the same [probability].
_SAME_TARGET = 1e-9


@dataclass(frozen=True)
class Replanned:
    """`rows` (k,): positions of the items that were computed again. `stages`: of these k items, with the changed inputs."""

    rows: np.ndarray
    stages: Stages


def replan(
    stages: Stages,
    changes: Sequence[Change],
    *,
    keys: pd.DataFrame,
    settings: Settings,
    decide: Decide | None = None,
) -> Replanned:
    """Return the stages of the items that the changes of one scenario are for.

    Parameters
    ----------
    stages : Stages
        Of the plan, n series.
    changes : sequence of Change
        Applied one after the other.
    keys : DataFrame
        `change.scope_keys` of the stages.
    settings : Settings
        Of the plan.
    decide : callable, optional
        As in `scenarios.scenarios`.

    Raises
    ------
    SettingError
        A change is for no item, or takes an input beyond its limits.
    """
    settings = _run_settings(changes, settings, whole=decide is not None)
    values, until, touched = asked_values(stages, changes, keys=keys)
    rows = np.arange(len(touched)) if decide is not None else np.flatnonzero(touched)
    return Replanned(
        rows,
        _recomputed(
            take(stages, rows),
            {name: value[rows] for name, value in values.items()},
            until[rows],
            settings=settings,
            decide=decide or decide_row_by_row,
        ),
    )


def replan_rows(stages: Stages, *, rows: np.ndarray, values: Mapping[str, np.ndarray], settings: Settings) -> Replanned:
    """Return the stages of `rows` (k,), each with its own values of some inputs (k,); NaN leaves an input as it is. A row may come several times."""
    none = np.full(len(rows), np.datetime64("NaT", "s"))
    taken = take(stages, rows)
    return Replanned(rows, _recomputed(taken, values, none, settings=settings, decide=decide_row_by_row))


def current_value(stages: Stages, field: str) -> np.ndarray:
    """Return what the plan uses of an input, shape (n,); NaN where it is unknown."""
    if field == DEMAND_FACTOR:
        return np.ones(len(stages.history.series))
    if field == LEAD_TIME:
        return stages.lead_times.frame["mean_days"].to_numpy(dtype=float)
    return stages.terms.frame[field].to_numpy(dtype=float)


def _run_settings(changes: Sequence[Change], settings: Settings, *, whole: bool) -> Settings:
    """Return the settings of the run with those that a scenario changes."""
    for change in changes:
        if change.field not in RUN_SETTINGS:
            continue
        if not whole:
            raise SettingError(
                f"Scenario '{change.scenario}': {change.field} is shared by all items; it needs a plan of all items together."
            )
        now = float(getattr(settings, change.field))
        new = float(_changed(change, now))
        settings = Settings.from_mapping({change.field: new}, base=settings)
    return settings


def asked_values(
    stages: Stages, changes: Sequence[Change], *, keys: pd.DataFrame
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return the changed inputs of items, NaN where they stay; the day of a disruption, NaT for none; whether some change is for the item; all (n,).

    Raises
    ------
    SettingError
        A change is for no item, or takes an input beyond its limits.
    """
    n = len(stages.history.series)
    values: dict[str, np.ndarray] = {}
    until, touched = np.full(n, np.datetime64("NaT", "s")), np.zeros(n, dtype=bool)
    for change in changes:
        if change.field in RUN_SETTINGS:
            continue
        mask = matching(change, keys)
        touched |= mask
        if change.field == DISRUPTED:
            until[mask] = np.datetime64(change.until, "s")
            continue
        before = values.setdefault(change.field, np.full(n, np.nan))
        now = np.where(np.isnan(before), current_value(stages, change.field), before)
        new = _changed(change, now, per=stages.forecast.demand_per_period if change.field == DEMAND_FACTOR else 1.0)
        _check(change, new, mask, stages)
        before[mask] = new[mask]
    return values, until, touched


def _changed(change: Change, now: np.ndarray | float, *, per: np.ndarray | float = 1.0) -> np.ndarray:
    """Return an input after a change; what is added counts in units of `per`. What is unknown stays unknown, unless it is set."""
    now, per = np.asarray(now, dtype=float), np.asarray(per, dtype=float)
    new = np.full(now.shape, change.amount)
    if change.how == "times":
        new = now * change.amount
    elif change.how == "add":
        # no factor makes demand of none
        new = now + np.divide(change.amount, per, out=np.zeros(np.broadcast(now, per).shape), where=per > 0)
    return new


def _check(change: Change, new: np.ndarray, mask: np.ndarray, stages: Stages) -> None:
    low, high = NUMBER_LIMITS[change.field]
    bad = mask & ((new < low) | (new > high))
    if bad.any():
        at = int(np.argmax(bad))
        sku = stages.history.series["sku"].iloc[at]
        raise SettingError(
            f"Scenario '{change.scenario}': {change.field} of {sku} would be {new[at]:g}; it must be from {low:g} to {high:g}."
        )


def _recomputed(
    taken: Stages, values: Mapping[str, np.ndarray], until: np.ndarray, *, settings: Settings, decide: Decide
) -> Stages:
    values = {name: value for name, value in values.items() if (~np.isnan(value)).any()}
    terms = _terms(taken, values, until)
    lead_times = _lead_times(taken, values, until)
    demand = _forecast(taken, values, terms=terms, lead_times=lead_times, disrupted=~np.isnat(until))
    damping = carried_damping(taken.damping, demand, new_target=_new_target(taken, values), settings=settings)
    made = decide(demand, terms, lead_times, taken.history, settings, damping)
    return replace(
        taken,
        terms=made.terms,
        lead_times=lead_times,
        forecast=demand,
        policy=made.policy,
        orders=made.orders,
        moves=made.moves,
    )


def _new_target(taken: Stages, values: Mapping[str, np.ndarray]) -> np.ndarray | bool:
    """Return where the service target is another one (k,)."""
    if "service_level" not in values:
        return False
    moved = np.abs(values["service_level"] - taken.terms.frame["service_level"].to_numpy(dtype=float))
    new: np.ndarray = np.nan_to_num(moved) > _SAME_TARGET
    return new


def _terms(taken: Stages, values: Mapping[str, np.ndarray], until: np.ndarray) -> Terms:
    terms, frame = taken.terms, taken.terms.frame.copy()
    for name, value in values.items():
        if name in frame:
            frame[name] = np.where(np.isnan(value), frame[name].to_numpy(dtype=float), value)
    if "service_level" in values:
        # where one target holds for all items, items of another target are a segment of their own
        value, rule = values["service_level"], frame["service_level_rule"].to_numpy(dtype=float)
        frame["service_level_rule"] = np.where(np.isnan(value), rule, value)
    lines = terms.open_orders
    if "on_order" in values and len(lines):
        lines = _more_on_order(lines, values["on_order"])
    hit = ~np.isnat(until)
    if hit.any():
        frame["disrupted_until"] = np.where(hit, until, frame["disrupted_until"].to_numpy(dtype="datetime64[s]"))
        lines = _delayed(lines, frame["supplier"], until)
    return replace(terms, frame=frame, open_orders=lines)


def _more_on_order(lines: pd.DataFrame, wanted: np.ndarray) -> pd.DataFrame:
    """Return the lines with more or fewer units on the same dates."""
    row = lines["series"].to_numpy(dtype=np.int64)
    quantity = lines["quantity"].to_numpy(dtype=float)
    listed = np.bincount(row, weights=np.nan_to_num(quantity), minlength=len(wanted))
    scale = np.divide(wanted, listed, out=np.ones(len(wanted)), where=(listed > 0) & ~np.isnan(wanted))
    return lines.assign(quantity=quantity * scale[row])


def _delayed(lines: pd.DataFrame, supplier: pd.Series, until: np.ndarray) -> pd.DataFrame:
    """Return the lines with what the disrupted supplier still owes due when the disruption ends; lines of other suppliers as they are."""
    row = lines["series"].to_numpy(dtype=np.int64)
    theirs = lines["supplier"].fillna("").to_numpy(dtype=object)
    own = supplier.to_numpy(dtype=object)[row]
    due = lines["due_date"].to_numpy(dtype="datetime64[s]")
    late = ~np.isnat(until[row]) & ((theirs == own) | (theirs == "")) & (np.isnat(due) | (due < until[row]))
    return lines.assign(due_date=np.where(late, until[row], due))


def _lead_times(taken: Stages, values: Mapping[str, np.ndarray], until: np.ndarray) -> LeadTimes:
    """Return lead times with another mean and the same relative spread, as a standing decision does; nothing before a disruption ends."""
    lead_times = taken.lead_times
    frame, atoms = lead_times.frame, lead_times.atoms
    if LEAD_TIME in values:
        mean = frame["mean_days"].to_numpy(dtype=float)
        days = np.where(np.isnan(values[LEAD_TIME]), mean, values[LEAD_TIME])
        factor = np.divide(days, mean, out=np.ones(len(mean)), where=mean > 0)
        atoms = np.where(mean[:, None] > 0, atoms * factor[:, None], days[:, None])
        frame = frame.assign(mean_days=days, sd_days=frame["sd_days"].to_numpy(dtype=float) * factor)
    wait = (until - np.datetime64(taken.history.as_of, "s")).astype("timedelta64[s]").astype(float) / 86400
    wait = np.where(np.isnat(until), -np.inf, wait)
    hit = wait > atoms[:, 0]
    if hit.any():
        atoms = np.where(hit[:, None], np.maximum(atoms, wait[:, None]), atoms)
        frame = frame.assign(
            mean_days=np.where(hit, atoms.mean(axis=1), frame["mean_days"]),
            sd_days=np.where(hit, atoms.std(axis=1), frame["sd_days"]),
        )
        if lead_times.stream is not None:
            # what holds up a disrupted supplier holds up all its orders
            lead_times = replace(lead_times, stream=lead_times.stream.held(hit))
    return replace(lead_times, frame=frame, atoms=atoms)


def _forecast(
    taken: Stages,
    values: Mapping[str, np.ndarray],
    *,
    terms: Terms,
    lead_times: LeadTimes,
    disrupted: np.ndarray,
) -> Forecast:
    """Return the forecast over the interval that terms and lead times now ask for, with demand multiplied where that was asked."""
    forecast, per_period = taken.forecast, taken.history.days_per_period
    n = len(taken.history.series)
    factor = np.nan_to_num(values.get(DEMAND_FACTOR, np.ones(n)), nan=1.0)
    moved = disrupted.copy()
    for name in (LEAD_TIME, REVIEW):
        moved |= ~np.isnan(values.get(name, np.full(n, np.nan)))
    if not moved.any() and (factor == 1).all():
        return forecast
    law = scaled_law(forecast.law, factor)
    days = terms.frame["review_period_days"].to_numpy(dtype=float)
    review, lead = days / per_period, lead_times.atoms / per_period
    mean_lead = lead_times.frame["mean_days"].to_numpy(dtype=float) / per_period
    protection, mean_protection = lead_times.protection_days(days) / per_period, mean_lead + review
    means = law.mean(lead + review[:, None])
    covered, variances = law.moments(protection)
    _, fixed = law.moments(mean_protection)
    corrected = law.corrected_mean_factor(mean_protection)
    path = law.path * corrected[:, None]
    demand = np.divide(
        means.mean(axis=1) * corrected, mean_protection, out=path[:, 0].copy(), where=mean_protection > 0
    )
    return replace(
        forecast,
        law=law,
        path=forecast.path * factor[:, None],
        path_quantiles=forecast.path_quantiles * factor[:, None, None],
        outlook=path,
        protection=_over(forecast.protection, law, protection, factor=factor, moved=moved),
        lead=_over(forecast.lead, law, lead, factor=factor, moved=moved),
        protection_periods=mean_protection,
        lead_periods=mean_lead,
        demand_per_period=demand,
        sd_demand=np.sqrt(fixed),
        sd_total=np.sqrt(variances.mean(axis=1) + ((covered - means.mean(axis=1)[:, None]) ** 2).mean(axis=1)),
    )


def scaled_law(law: DemandLaw, factor: np.ndarray) -> DemandLaw:
    """Return the law with demand multiplied by `factor` (n,): mean in proportion, variance with its square, counts never below Poisson."""
    scale = factor[:, None]
    return replace(
        law,
        path=law.path * scale,
        usual=law.usual * scale,
        factor=law.factor * factor,
        stretch=law.stretch * scale[:, :, None] if len(law.stretch) else law.stretch,
    )


def _over(
    before: DemandDistribution, law: DemandLaw, periods: np.ndarray, *, factor: np.ndarray, moved: np.ndarray
) -> DemandDistribution:
    """Return the distribution of the law over `periods` (n, J).

    Where the interval is the same, a multiple of continuous demand has the same distribution on a scaled grid; all else is worked out anew.
    """
    anew = moved | ((factor != 1) & (before.whole | (factor <= 0)))
    grid, cdf = before.grid * np.where(anew, 1.0, factor)[:, None], before.cdf
    rows = np.flatnonzero(anew)
    if len(rows):
        found = take_law(law, rows).over(periods[rows])
        cdf = cdf.copy()
        grid[rows], cdf[rows] = found.grid, found.cdf
    return DemandDistribution(grid, cdf, before.whole)
