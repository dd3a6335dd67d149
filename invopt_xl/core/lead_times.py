"""Lead times: how long an order takes, as a distribution per series, from receipts or from what was agreed. Sixth stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from invopt_xl.core.buckets import PERIODS_PER_YEAR
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.effective_lead_time import OrderStream, protection_days
from invopt_xl.core.history import History
from invopt_xl.core.order_crossing import crossing_table
from invopt_xl.core.policy.lot import order_interval_days
from invopt_xl.core.receipts import group_statistics, receipt_lines, recent_lines
from invopt_xl.core.series_index import looked_up
from invopt_xl.core.terms import Terms
from invopt_xl.core.weighted_nodes import DECIMALS, weighted_nodes
from invopt_xl.settings import Settings

#: Equal-probability nodes of each lead-time distribution.
NODES = 11
#: Nodes that a wide group (supplier, all receipts) is reduced to before it is blended.
_GROUP_NODES = 49

#: Smaller changes of the time to cover are not worth telling [days].
_LEAST_TOLD = 0.1


@dataclass(frozen=True)
class LeadTimes:
    """Lead times of n series.

    Parameters
    ----------
    frame : DataFrame
        n rows: mean_days, sd_days, receipts (own), source (text), on_time_share, mean_delay_days, recent_mean_days, earlier_mean_days
        (NaN where unknown), drift (bool). The last five are of the own receipts, or of the supplier's where the own are too few.
    atoms : float array, shape (n, NODES)
        Days, ascending; each stands for the same chance. The mean of a row is `mean_days`.
    suppliers : DataFrame
        One row per supplier with receipts or an agreed lead time: supplier, receipts, mean_days, sd_days, on_time_share, mean_delay_days,
        recent_mean_days, earlier_mean_days, drift, agreed_days.
    stream : OrderStream, optional
        How orders follow each other. Default: as if only one were under way at a time.
    """

    frame: pd.DataFrame
    atoms: np.ndarray
    suppliers: pd.DataFrame
    stream: OrderStream | None = None
    _covered: dict[bytes, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def protection_days(self, review_days: np.ndarray) -> np.ndarray:
        """Return equally likely lengths of the time that the reorder point has to cover with reviews every `review_days` (n,), (n, NODES)."""
        if self.stream is None:
            plain: np.ndarray = self.atoms + review_days[:, None]
            return plain
        # several stages ask for the same
        key = review_days.tobytes()
        if key not in self._covered:
            self._covered[key] = protection_days(self.atoms, review_days=review_days, stream=self.stream)
        return self._covered[key]

    def crossing_in_words(self, review_days: np.ndarray) -> np.ndarray:
        """Return what it changes for stock that several orders are under way at once, object (n,); "" where nothing."""
        said = np.full(len(self.atoms), "", dtype=object)
        if self.stream is None:
            return said
        plain, covered = self.atoms + review_days[:, None], self.protection_days(review_days)
        for row in np.flatnonzero(np.abs(covered - plain).max(axis=1) >= _LEAST_TOLD):
            if self.stream.waits[row]:
                more = covered[row].mean() - plain[row].mean()
                said[row] = f"; orders wait for those before them: safety stock covers {more:.1f} days more"
            else:
                said[row] = (
                    f"; later orders overtake late ones: it varies by {self.frame['sd_days'].iloc[row]:.1f} days, of which safety "
                    f"stock has to cover {covered[row].std():.1f}"
                )
        return said


@dataclass(frozen=True)
class _Evidence:
    """Receipt lines with the own group and the supplier's group of each series (-1: none), and the statistics of both kinds of groups.

    A group whose lead time has moved keeps only its recent lines (`own_used`, `supplier_used`).
    """

    lines: pd.DataFrame
    own_of_series: np.ndarray
    supplier_of_series: np.ndarray
    own_of_line: np.ndarray
    supplier_of_line: np.ndarray
    own: pd.DataFrame
    supplier: pd.DataFrame
    supplier_names: pd.Index


def estimate_lead_times(
    checked: Checked, history: History, terms: Terms, *, settings: Settings, step_days: float = 1.0
) -> LeadTimes:
    """Return the lead-time distribution of each series.

    Parameters
    ----------
    checked : Checked
    history : History
    terms : Terms
        For the same n series as history.
    settings : Settings
        lead_time_shrinkage is used.
    step_days : float
        Receipts are booked in steps of this length: by day, unless a simulation has a coarser clock.

    Notes
    -----
    The n own receipts (of the sku, at the location where receipts name one, from the supplier of `terms`) weigh n / (n + k) with
    k = `lead_time_shrinkage`; the rest goes to the receipts of the supplier, which weigh m / (m + k) likewise; what is left goes to the
    lead time agreed with the source or supplier, else to all receipts, else to the default. So with no receipts at all of a supplier, what
    was agreed counts alone. Where the lead time of a group has moved, only its recent third counts. A standing decision sets the mean and
    keeps the relative spread. A disrupted supplier delivers nothing before the day that the disruption ends.
    """
    n = len(history.series)
    evidence = _gather(checked, history, terms)
    agreed, agreed_sd, agreed_by = _agreed(checked, terms)
    k = settings.lead_time_shrinkage
    own_share = _share(evidence.own, evidence.own_of_series, k)
    supplier_share = (1 - own_share) * _share(evidence.supplier, evidence.supplier_of_series, k)
    prior_share = 1 - own_share - supplier_share
    prior, prior_text = _prior(evidence, terms, agreed, agreed_sd, agreed_by, settings)
    atoms = _blend(evidence, own_share, supplier_share, prior_share, prior)
    mean, sd = _moments(evidence, own_share, supplier_share, prior_share, prior)
    source = _sources(evidence, history, terms, own_share, supplier_share, prior_share, prior_text)
    atoms, mean, sd, source = _decided(atoms, mean, sd, source, terms)
    atoms, mean, sd, source = _after_disruption(atoms, mean, sd, source, terms, history)
    told = _told(evidence, n)
    frame = pd.DataFrame({"mean_days": mean, "sd_days": sd}).assign(source=pd.Series(source, dtype="str"), **told)
    columns = [
        "mean_days",
        "sd_days",
        "receipts",
        "source",
        "on_time_share",
        "mean_delay_days",
        "recent_mean_days",
        "earlier_mean_days",
        "drift",
    ]
    return LeadTimes(
        frame=frame[columns],
        atoms=atoms,
        suppliers=_supplier_table(evidence, checked.frames["Suppliers"]),
        stream=_stream(evidence, history, terms, shrinkage=k, step_days=step_days),
    )


def _stream(evidence: _Evidence, history: History, terms: Terms, *, shrinkage: float, step_days: float) -> OrderStream:
    """Return how the orders of each series follow each other: as `order_crossing` says, or as receipts show."""
    t, per_period = terms.frame, history.days_per_period
    lately = history.demand[:, -PERIODS_PER_YEAR[history.period] :]
    known = ~np.isnan(lately)
    lived = np.maximum(known.sum(axis=1), 1)
    usual = np.nan_to_num(lately).sum(axis=1) / lived
    in_period = (np.nan_to_num(lately) > 0).sum(axis=1) / lived
    shown = crossing_table(
        evidence.lines, evidence.supplier_of_line, nodes=_supplier_nodes(evidence), shrinkage=shrinkage
    )["independent"].to_numpy(dtype=float)
    said = t["order_crossing"].to_numpy(dtype=object)
    # a series of an unknown supplier (-1) takes the last row: all receipts
    independent = np.select([said == "yes", said == "auto"], [1.0, shown[evidence.supplier_of_series]], 0.0)
    # what holds up a disrupted supplier holds up all its orders
    free = t["disrupted_until"].isna().to_numpy()
    return OrderStream(
        interval_days=order_interval_days(usual, t, days_per_period=per_period),
        chance=1 - (1 - in_period) ** (1 / per_period),
        independent=np.where(free, independent, 0.0),
        waits=(said == "no") & free,
        step_days=step_days,
    )


def _gather(checked: Checked, history: History, terms: Terms) -> _Evidence:
    lines = receipt_lines(checked.frames["LeadTimes"], checked.frames["Items"])
    supplier_line, found = pd.factorize(lines["supplier"])
    names = pd.Index(found)
    supplier_series = names.get_indexer(pd.Index(terms.frame["supplier"]))
    supplier_series = np.where(terms.frame["supplier"] == "", -1, supplier_series)
    own_series, own_line, groups = _own_groups(lines, history.series, terms.frame["supplier"])
    return _Evidence(
        lines=lines,
        own_of_series=own_series,
        supplier_of_series=supplier_series,
        own_of_line=own_line,
        supplier_of_line=supplier_line,
        own=group_statistics(lines, own_line, groups=groups),
        supplier=group_statistics(lines, supplier_line, groups=len(names)),
        supplier_names=names,
    )


def _own_groups(lines: pd.DataFrame, series: pd.DataFrame, supplier: pd.Series) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the own group of each series, of each line, and their number.

    A line belongs to the sku and location that it names; a series whose location no line names takes the lines without a location.
    """
    keys = ["sku", "supplier", "location"]
    of_line = lines[keys].fillna("").astype("str")
    of_line["supplier"] = of_line["supplier"].where(of_line["supplier"] != "", "?")
    group, groups = pd.factorize(pd.MultiIndex.from_frame(of_line))
    group = np.where(lines["sku"].isna(), -1, group)
    wanted = pd.DataFrame(
        {"sku": series["sku"], "supplier": supplier.where(supplier != "", "?"), "location": series["location"]}
    ).astype("str")
    found = np.full(len(series), -1)
    for who in (wanted["supplier"], pd.Series("?", index=wanted.index)):
        for where in (wanted["location"], pd.Series("", index=wanted.index)):
            at = pd.MultiIndex.from_arrays([wanted["sku"], who, where], names=keys)
            found = np.where(found >= 0, found, groups.get_indexer(at) if len(groups) else -1)
    return found, group, len(groups)


def _share(statistics: pd.DataFrame, group: np.ndarray, k: float) -> np.ndarray:
    """Return the weight n / (n + k) of each series' group, 0 without receipts; n counts the lines used."""
    used = statistics["receipts"].where(~statistics["drift"], statistics["receipts"] // 3)
    count = np.nan_to_num(_take(used, group))
    share: np.ndarray = np.divide(count, count + k, out=np.zeros(len(count)), where=count > 0)
    return share


def _take(values: pd.Series, group: np.ndarray) -> np.ndarray:
    """Return the value of each series' group; NaN without one."""
    padded = np.append(values.to_numpy(dtype=float), np.nan)
    taken: np.ndarray = padded[group]
    return taken


def _agreed(checked: Checked, terms: Terms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return agreed lead time and its standard deviation [days; NaN if none], and who agreed ("" if none)."""
    suppliers, name = checked.frames["Suppliers"], terms.frame["supplier"]
    of_source = terms.frame["source_lead_time_days"].to_numpy(dtype=float)
    of_supplier = looked_up(suppliers, "supplier", "lead_time_days", name).to_numpy(dtype=float)
    sd = looked_up(suppliers, "supplier", "lead_time_sd_days", name).to_numpy(dtype=float)
    days = np.where(np.isfinite(of_source), of_source, of_supplier)
    who = np.where(np.isfinite(of_source), "source ", "supplier ") + name.to_numpy(dtype=object)
    return days, np.nan_to_num(sd), np.where(np.isfinite(days), who, "")


def _prior(
    evidence: _Evidence,
    terms: Terms,
    agreed: np.ndarray,
    agreed_sd: np.ndarray,
    agreed_by: np.ndarray,
    settings: Settings,
) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes (n, _GROUP_NODES) of what counts where receipts are few, and its name (n,)."""
    usual = terms.frame["default_lead_time_days"].to_numpy(dtype=float)
    nodes = np.repeat(usual[:, None], _GROUP_NODES, axis=1)
    text = np.array([f"default: {days:g} days, no receipts found" for days in usual], dtype=object)
    if len(evidence.lines):
        all_lines = np.zeros(len(evidence.lines), dtype=np.int64)
        nodes[:] = weighted_nodes(
            all_lines, evidence.lines["days"].to_numpy(), np.ones(len(all_lines)), groups=1, nodes=_GROUP_NODES
        )
        text[:] = f"all {counted(len(all_lines), 'receipt')}"
    known = np.isfinite(agreed)
    nodes[known] = _gamma_nodes(agreed[known], agreed_sd[known])
    text[known] = [f"{who}: {days:g} days as agreed" for who, days in zip(agreed_by[known], agreed[known], strict=True)]
    return nodes, text


def _gamma_nodes(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return nodes of gamma distributions with these moments, shapes (k,) -> (k, _GROUP_NODES); without spread all equal the mean."""
    nodes = np.repeat(mean[:, None], _GROUP_NODES, axis=1)
    spread = (sd > 0) & (mean > 0)
    if spread.any():
        shape = (mean[spread] / sd[spread]) ** 2
        chance = (np.arange(_GROUP_NODES) + 0.5) / _GROUP_NODES
        raw = stats.gamma.ppf(chance[None, :], shape[:, None]) * (mean[spread] / shape)[:, None]
        # nodes in the middle of each slice lose a little of both tails; scaling gives the mean back
        nodes[spread] = raw * (mean[spread] / raw.mean(axis=1))[:, None]
    return nodes


def _used(lines: pd.DataFrame, group: np.ndarray, statistics: pd.DataFrame) -> np.ndarray:
    """Return the mask of lines that count for their group: all, or the recent third where the lead time has moved."""
    if not len(lines):
        return np.zeros(0, dtype=bool)
    moved = np.append(statistics["drift"].to_numpy(dtype=bool), False)[group]
    used: np.ndarray = (group >= 0) & (~moved | recent_lines(lines, group))
    return used


def _samples(
    evidence: _Evidence, own_share: np.ndarray, supplier_share: np.ndarray, prior_share: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mixture of every series as long columns: series, days, weight. Shares sum to 1 per series."""
    n = len(own_share)
    days = evidence.lines["days"].to_numpy(dtype=float)
    used = _used(evidence.lines, evidence.own_of_line, evidence.own)
    line = np.flatnonzero(used)
    owners = pd.DataFrame({"group": evidence.own_of_series, "series": np.arange(n)})
    pairs = pd.DataFrame({"group": evidence.own_of_line[line], "line": line}).merge(owners, on="group")
    size = np.bincount(pairs["series"].to_numpy(dtype=np.int64), minlength=n)
    own_series = pairs["series"].to_numpy(dtype=np.int64)
    own_weight = own_share[own_series] / size[own_series]
    groups = _supplier_nodes(evidence)
    with_supplier = np.flatnonzero(supplier_share > 0)
    supplier_days = groups[evidence.supplier_of_series[with_supplier]]
    width = _GROUP_NODES
    series = np.concatenate([own_series, np.repeat(with_supplier, width), np.repeat(np.arange(n), width)])
    values = np.concatenate([days[pairs["line"].to_numpy(dtype=np.int64)], supplier_days.ravel(), prior.ravel()])
    weights = np.concatenate(
        [own_weight, np.repeat(supplier_share[with_supplier] / width, width), np.repeat(prior_share / width, width)]
    )
    return series, values, weights


def _supplier_nodes(evidence: _Evidence) -> np.ndarray:
    used = np.flatnonzero(_used(evidence.lines, evidence.supplier_of_line, evidence.supplier))
    groups = len(evidence.supplier_names)
    if not groups:
        return np.empty((0, _GROUP_NODES))
    days = evidence.lines["days"].to_numpy(dtype=float)[used]
    return weighted_nodes(evidence.supplier_of_line[used], days, np.ones(len(used)), groups=groups, nodes=_GROUP_NODES)


def _blend(
    evidence: _Evidence, own_share: np.ndarray, supplier_share: np.ndarray, prior_share: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    series, values, weights = _samples(evidence, own_share, supplier_share, prior_share, prior)
    return weighted_nodes(series, values, weights, groups=len(own_share), nodes=NODES)


def _moments(
    evidence: _Evidence, own_share: np.ndarray, supplier_share: np.ndarray, prior_share: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    series, values, weights = _samples(evidence, own_share, supplier_share, prior_share, prior)
    n = len(own_share)
    mean = np.bincount(series, weights=weights * values, minlength=n)
    variance = np.bincount(series, weights=weights * (values - mean[series]) ** 2, minlength=n)
    return np.round(mean, DECIMALS), np.round(np.sqrt(variance), DECIMALS)


def _sources(
    evidence: _Evidence,
    history: History,
    terms: Terms,
    own_share: np.ndarray,
    supplier_share: np.ndarray,
    prior_share: np.ndarray,
    prior_text: np.ndarray,
) -> np.ndarray:
    """Return what each lead time rests on, in words; the part that weighs most comes first and speaks for the rest."""
    own = np.nan_to_num(_take(evidence.own["receipts"], evidence.own_of_series)).astype(int)
    wide = np.nan_to_num(_take(evidence.supplier["receipts"], evidence.supplier_of_series)).astype(int)
    moved_own = np.nan_to_num(_take(evidence.own["drift"], evidence.own_of_series)) > 0
    moved_wide = np.nan_to_num(_take(evidence.supplier["drift"], evidence.supplier_of_series)) > 0
    sku, supplier = history.series["sku"].to_numpy(), terms.frame["supplier"].to_numpy()
    texts = np.empty(len(own), dtype=object)
    for i in range(len(own)):
        at = f" at {supplier[i]}" if supplier[i] else ""
        parts = []
        if own[i]:
            parts.append((own_share[i], f"{_receipts(own[i], moved_own[i])} of {sku[i]}{at}"))
        if wide[i] and wide[i] > own[i]:
            parts.append((supplier_share[i], f"{_receipts(wide[i], moved_wide[i])} of supplier {supplier[i]}"))
        if not parts:
            parts.append((prior_share[i], str(prior_text[i])))
        texts[i] = " and ".join(text for _, text in sorted(parts, key=lambda part: -part[0]))
    return texts


def _receipts(count: int, moved: bool) -> str:
    return f"latest {count // 3} of {count} receipts" if moved else counted(count, "receipt")


def _decided(
    atoms: np.ndarray, mean: np.ndarray, sd: np.ndarray, source: np.ndarray, terms: Terms
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the same with the planner's decisions: their mean, the relative spread as it was."""
    decided = terms.frame["override_lead_time_days"].to_numpy(dtype=float)
    known = np.isfinite(decided)
    if not known.any():
        return atoms, mean, sd, source
    factor = np.divide(decided, mean, out=np.ones(len(mean)), where=known & (mean > 0))
    atoms = np.where(known[:, None], np.where(mean[:, None] > 0, atoms * factor[:, None], decided[:, None]), atoms)
    text = np.array([f"override: {days:g} days" for days in decided], dtype=object)
    return atoms, np.where(known, decided, mean), np.where(known, sd * factor, sd), np.where(known, text, source)


def _after_disruption(
    atoms: np.ndarray, mean: np.ndarray, sd: np.ndarray, source: np.ndarray, terms: Terms, history: History
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the same where nothing arrives before a disrupted supplier delivers again."""
    until = terms.frame["disrupted_until"]
    wait = (until - history.as_of).dt.days.to_numpy(dtype=float)
    hit = np.nan_to_num(wait) > atoms[:, 0]
    if not hit.any():
        return atoms, mean, sd, source
    pushed = np.where(hit[:, None], np.maximum(atoms, np.nan_to_num(wait)[:, None]), atoms)
    days = until.dt.strftime("%Y-%m-%d").to_numpy(dtype=object)
    text = np.array([f"{said}; nothing before {day}" for said, day in zip(source, days, strict=True)], dtype=object)
    return (
        pushed,
        np.where(hit, pushed.mean(axis=1), mean),
        np.where(hit, pushed.std(axis=1), sd),
        np.where(hit, text, source),
    )


def _told(evidence: _Evidence, n: int) -> dict[str, Any]:
    """Return the statistics columns of the frame: of the own receipts, or of the supplier's where the own are too few for them."""
    own, wide = evidence.own_of_series, evidence.supplier_of_series
    columns: dict[str, Any] = {"receipts": np.nan_to_num(_take(evidence.own["receipts"], own)).astype(np.int64)}
    own_known = np.isfinite(_take(evidence.own["recent_mean_days"], own))
    for name in ("recent_mean_days", "earlier_mean_days", "drift"):
        values = np.where(own_known, _take(evidence.own[name], own), _take(evidence.supplier[name], wide))
        columns[name] = np.nan_to_num(values) > 0 if name == "drift" else values
    for name in ("on_time_share", "mean_delay_days"):
        mine = _take(evidence.own[name], own)
        columns[name] = np.where(np.isfinite(mine), mine, _take(evidence.supplier[name], wide))
    return columns


def _supplier_table(evidence: _Evidence, suppliers: pd.DataFrame) -> pd.DataFrame:
    received = evidence.supplier.drop(columns="receipts").assign(
        supplier=pd.Series(evidence.supplier_names, dtype="str"), receipts=evidence.supplier["receipts"]
    )
    agreed = suppliers.drop_duplicates("supplier")[["supplier", "lead_time_days"]].rename(
        columns={"lead_time_days": "agreed_days"}
    )
    agreed = agreed[agreed["agreed_days"].notna() | agreed["supplier"].isin(received["supplier"])]
    frame = received.merge(agreed, how="outer", on="supplier").sort_values("supplier", ignore_index=True)
    frame["receipts"] = frame["receipts"].fillna(0).astype("int64")
    frame["drift"] = frame["drift"].eq(True)
    columns = [
        "supplier",
        "receipts",
        "mean_days",
        "sd_days",
        "on_time_share",
        "mean_delay_days",
        "recent_mean_days",
        "earlier_mean_days",
        "drift",
        "agreed_days",
    ]
    return frame[columns]
