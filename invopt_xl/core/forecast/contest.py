"""The contest: the moving average, the combination of statistical methods and boosted trees, on windows that none of them was fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.ahead import Ahead, interval_scales
from invopt_xl.core.forecast.calibrate import Calibration
from invopt_xl.core.forecast.challenger import Challengers, challenge
from invopt_xl.core.forecast.champion import SERVICE_LEVELS, Challenge, choose_champion
from invopt_xl.core.forecast.combine import Evidence
from invopt_xl.core.forecast.common_shock import Clusters, clusters
from invopt_xl.core.forecast.held_back import HeldBackOrigins, held_back_origins, window_means
from invopt_xl.core.forecast.methods import BASELINE
from invopt_xl.core.forecast.panel import Panel, Run, build_panel
from invopt_xl.core.forecast.situation import Situation
from invopt_xl.core.forecast.sleepers import drawn_in, usual_sales
from invopt_xl.core.forecast.spread import Spread, interval_spread, walk_forward_errors
from invopt_xl.core.forecast.statistical import Statistical, calibration_of
from invopt_xl.core.forecast.trial import coming_trial, held_back_trial
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried

#: Expected demand over the protection interval up to which whole units matter for smooth demand as well.
_FEW_UNITS = 15.0

#: Weight of a single family from which a combination is called by its name.
_MOSTLY = 0.6

COMBINATION = "combination"
CHOSEN = "chosen"


@dataclass(frozen=True)
class Contest:
    """Who won, and what everybody said.

    Parameters
    ----------
    model : str array, shape (n,)
        What the planner reads.
    run, spread : Run, Spread
        Of the best statistical forecast of each series.
    calibration : Calibration
    group : int array, shape (n,)
        Class of the calibration.
    whole : bool array, shape (n,)
        Demand follows a count distribution.
    trees_total : float array, shape (n,)
        What the winner with trees expects of the next `width` periods; NaN where the winner is statistical [units].
    trees_quantiles : float array, shape (n, Q)
        Its quantiles at boosted.task.LEVELS.
    trees_share : float array, shape (n,)
        Weight of trees in the winner.
    challengers : Challengers
    tried : tuple of Tried
        All methods on the held-back windows; the last is the chosen mix.
    held : HeldBack
    aheads : tuple of Ahead
        All methods on the interval that lies ahead, if asked for.
    """

    model: np.ndarray
    run: Run
    spread: Spread
    calibration: Calibration
    group: np.ndarray
    whole: np.ndarray
    trees_total: np.ndarray
    trees_quantiles: np.ndarray
    trees_share: np.ndarray
    challengers: Challengers
    tried: tuple[Tried, ...]
    held: HeldBack
    aheads: tuple[Ahead, ...]


def hold_contest(situation: Situation, *, learned: Mapping[str, Any] | None, ahead: bool) -> Contest:
    """Return the outcome.

    Parameters
    ----------
    situation : Situation
    learned : mapping, optional
        Fitted boosted trees to use instead of fitting (`boosted.task.Boosted.learned`).
    ahead : bool
        Also return what every method says of the interval that lies ahead.
    """
    panel = _panel(situation)
    held = held_back_origins(panel.first, situation.width, periods=situation.periods, period=situation.period)
    desk = _Desk(situation, panel, held, _actual(situation, held.origins), pd.factorize(situation.segment)[0])
    *renewed, after = panel.evidence(*held.renewals)
    before = renewed[0]
    late, chosen, share = panel.combined(after)
    early = _renewed(panel, renewed, held)
    late, early = _drawn_in(desk, late, early)
    together = desk.clusters(late, desk.segment)
    whole = _whole(situation, late, desk.spread(late, situation.periods))
    average = panel.family(BASELINE, after)
    simple = desk.calibrated(average, average, whole, together)
    # the correction of today's combination comes from its own past; what it was worth, from what it could know then
    combined = desk.calibrated(late, late, whole, together)
    judged = desk.calibrated(early, late, whole, together)
    reference = _reference(situation, early, late)
    challengers = challenge(situation, held, desk.actual, judged, combined, reference, together, learned=learned)
    champion = _champion(desk, simple, judged, challengers, together)
    tried, aheads = _everybody(desk, before, after, simple, judged, combined, challengers, whole, ahead=ahead)
    picked = [BASELINE, COMBINATION, *(c.tried.name for c in challengers.both)]
    chosen_tried = _picked(CHOSEN, [next(t for t in tried if t.name == name) for name in picked], champion)
    if ahead:
        aheads.append(_picked_ahead([next(a for a in aheads if a.name == name) for name in picked], champion))
    scale, square = interval_scales(situation.history.demand[:, : held.cutoff], situation.width)
    first = champion == 0
    classes = int(desk.segment.max(initial=-1)) + 1
    empty = np.full(len(champion), np.nan)
    total, share_of_trees = empty.copy(), np.zeros(len(champion))
    quantiles = (
        np.full((len(champion), len(challengers.both[0].ahead[0])), np.nan) if challengers.both else empty[:, None]
    )
    for number, each in enumerate(challengers.both, start=2):
        mine = champion == number
        total[mine], quantiles[mine], share_of_trees[mine] = each.ahead_total[mine], each.ahead[mine], each.share
    return Contest(
        model=_names(panel, picked, champion, chosen, share),
        run=Run(*(np.where(first[:, None], a, b) for a, b in _pairs(simple.run, combined.run))),
        spread=Spread(*(np.where(first, a, b) for a, b in _pairs(simple.spread, combined.spread))),
        calibration=_both(simple, combined),
        group=np.where(first, desk.segment, desk.segment + classes),
        whole=whole,
        trees_total=total,
        trees_quantiles=quantiles,
        trees_share=share_of_trees,
        challengers=challengers,
        tried=(*tried, chosen_tried),
        held=HeldBack(desk.actual, scale, square, situation.width),
        aheads=tuple(aheads),
    )


@dataclass(frozen=True)
class _Desk:
    """What every method is judged with: `actual` (n, K) totals at the held-back origins, `segment` codes (n,)."""

    situation: Situation
    panel: Panel
    held: HeldBackOrigins
    actual: np.ndarray
    segment: np.ndarray

    def spread(self, run: Run, end: int) -> Spread:
        """Return the spread of a run by its errors before period `end`."""
        p, s = self.panel, self.situation
        errors = walk_forward_errors(run.one, run.total, p.base, width=p.width, scored=p.scored, end=end)
        age = np.maximum(end - p.first, 0).astype(float)
        return interval_spread(errors, level=run.path.mean(axis=1), age=age, width=s.width)

    def plain(self, early: Run, late: Run, whole: np.ndarray) -> Statistical:
        """Return a forecast as its own errors have it: `early` by what was known before the held-back windows, `late` by everything."""
        now = self.spread(late, self.situation.periods)
        trial = held_back_trial(early, self.spread(early, self.held.cutoff), self.situation, self.held.origins, whole)
        return Statistical(late, now, trial, coming_trial(late, now, self.situation, whole), None, self.segment)

    def clusters(self, run: Run, group: np.ndarray) -> Clusters:
        """Return how far the series of each class `group` (n,) err together, by the errors of a run at every origin."""
        s = self.situation
        every = np.broadcast_to(np.arange(s.periods), run.total.shape)
        effect = window_means(s.drivers.effect, every, s.width)
        sd = np.sqrt(self.spread(run, s.periods).variance)[:, None] * effect
        came = window_means(np.nan_to_num(s.history.demand), every, s.width) * s.width[:, None]
        inside = (every >= self.panel.scored[:, :1]) & (every <= self.panel.scored[:, 1:]) & (sd > 0)
        error = np.where(inside, came - run.total * effect, np.nan) / np.where(sd > 0, sd, np.nan)
        return clusters(error, group, classes=int(group.max(initial=-1)) + 1, width=s.width, origins=self.held.origins)

    def calibrated(self, early: Run, late: Run, whole: np.ndarray, clusters: Clusters) -> Statistical:
        """Return the same with the correction that the held-back windows call for."""
        found = self.plain(early, late, whole)
        return replace(found, calibration=calibration_of(found.trial, self.actual, self.segment, clusters))


def _panel(s: Situation) -> Panel:
    category = pd.factorize(s.terms.frame["category"].astype("str").to_numpy(dtype=object))[0]
    like = pd.factorize(s.segments.frame["demand_class"].to_numpy(dtype=str))[0]
    return build_panel(
        s.base,
        s.width,
        s.position,
        period=s.period,
        horizon=s.horizon,
        category=np.maximum(category, 0),
        like=like,
        intermittent=s.intermittent,
    )


def _renewed(panel: Panel, evidence: Sequence[Evidence], held: HeldBackOrigins) -> Run:
    """Return the combination as it was known at each held-back origin: weighed anew at each renewal, by what was known then."""
    found, _, _ = panel.combined(evidence[0])
    one, total = found.one.copy(), found.total.copy()
    for cutoff, known in zip(held.renewals[1:], evidence[1:], strict=True):
        run, _, _ = panel.combined(known)
        one[:, cutoff - 1 :], total[:, cutoff - 1 :] = run.one[:, cutoff - 1 :], run.total[:, cutoff - 1 :]
    return Run(one, total, found.path)


def _drawn_in(desk: _Desk, late: Run, early: Run) -> tuple[Run, Run]:
    """Return both combinations with slow items drawn towards what is usual."""
    s, p = desk.situation, desk.panel
    effect = window_means(s.drivers.effect, desk.held.origins, s.width)
    return drawn_in(
        late,
        early,
        usual_sales(p.base, p.first, p.like),
        np.where(effect == 1.0, desk.actual, np.nan),
        desk.held.origins,
        width=s.width,
        rows=s.intermittent,
        like=p.like,
        clusters=desk.clusters(late, p.like),
    )


def _actual(s: Situation, origins: np.ndarray) -> np.ndarray:
    """Return the demand that came in the held-back windows, promotions included, shape (n, K)."""
    found: np.ndarray = window_means(np.nan_to_num(s.history.demand), origins, s.width) * s.width[:, None]
    return found


def _whole(s: Situation, run: Run, spread: Spread) -> np.ndarray:
    """Return which series follow a count distribution, shape (n,)."""
    mean = run.path.mean(axis=1) * s.width
    # steadier than counts of independent buyers: rounding it to whole units would only add spread
    few = (mean <= _FEW_UNITS) & (spread.variance >= 0.9 * mean)
    found: np.ndarray = s.units & (s.intermittent | few)
    return found


def _reference(s: Situation, early: Run, late: Run) -> np.ndarray:
    """Return what the combination says at each origin of the total of the next `width` periods, promotions included, shape (n, T)."""
    origins = np.broadcast_to(np.arange(s.periods), early.total.shape)
    effect = window_means(s.drivers.effect, origins, s.width)
    total = early.total.copy()
    total[:, -1] = late.total[:, -1]
    found: np.ndarray = total * effect
    return found


def _champion(
    desk: _Desk, simple: Statistical, combined: Statistical, challengers: Challengers, clusters: Clusters
) -> np.ndarray:
    """Return the champion of each series: 0 moving average, 1 combination, then the challengers in order."""
    s = desk.situation
    cost = s.terms.frame["unit_cost"].to_numpy(dtype=float)
    known = cost[~np.isnan(cost) & (cost > 0)]
    value = np.where(np.isnan(cost) | (cost <= 0), np.median(known) if len(known) else 1.0, cost)
    gain = np.full(len(value), s.settings.min_gain)
    margins = dict(zip("ABC", s.settings.challenger_margin, strict=True))
    abc = s.segments.frame["abc"].to_numpy(dtype=object)
    margin = np.array([margins.get(each, margins["C"]) for each in abc], dtype=float)
    offers = [Challenge(_stock(combined), gain, ~np.isnan(combined.coming.mean[:, 0]))]
    # what is half trees is half as hard to see through
    offers += [Challenge(c.stock, margin * c.share, ~np.isnan(c.ahead_total)) for c in challengers.both]
    return choose_champion(_stock(simple), offers, desk.actual, value=value, segment=desk.segment, clusters=clusters)


def _stock(of: Statistical) -> np.ndarray:
    """Return the stock a forecast would set at SERVICE_LEVELS, shape (n, K, levels)."""
    return np.stack([of.held(level) for level in SERVICE_LEVELS], axis=2)


def _everybody(
    desk: _Desk,
    before: Evidence,
    after: Evidence,
    simple: Statistical,
    judged: Statistical,
    combined: Statistical,
    challengers: Challengers,
    whole: np.ndarray,
    *,
    ahead: bool,
) -> tuple[list[Tried], list[Ahead]]:
    """Return what every method says: the two statistical champions, those with trees, and each family by itself."""
    tried = [_tried(BASELINE, simple), _tried(COMBINATION, judged), *(c.tried for c in challengers.both)]
    aheads = [_ahead(BASELINE, simple), _ahead(COMBINATION, combined)] if ahead else []
    if ahead:
        aheads += [Ahead(c.tried.name, c.ahead_total, c.ahead_at_levels()) for c in challengers.both]
    for name in dict.fromkeys(desk.panel.methods.name):
        if name == BASELINE:
            continue
        early = desk.panel.family(name, before)
        found = desk.plain(early, desk.panel.family(name, after) if ahead else early, whole)
        tried.append(_tried(name, found))
        if ahead:
            aheads.append(_ahead(name, found))
    return tried, aheads


def _tried(name: str, of: Statistical) -> Tried:
    return Tried(name, of.trial.mean, np.stack([of.held(level) for level in LEVELS], axis=2))


def _ahead(name: str, of: Statistical) -> Ahead:
    return Ahead(name, of.coming.mean[:, 0], np.stack([of.ahead(level) for level in LEVELS], axis=1))


def _picked(name: str, options: list[Tried], champion: np.ndarray) -> Tried:
    total, quantiles = options[0].total.copy(), options[0].quantiles.copy()
    for number, option in enumerate(options):
        rows = champion == number
        total[rows], quantiles[rows] = option.total[rows], option.quantiles[rows]
    return Tried(name, total, quantiles)


def _picked_ahead(options: list[Ahead], champion: np.ndarray) -> Ahead:
    total, quantiles = options[0].total.copy(), options[0].quantiles.copy()
    for number, option in enumerate(options):
        rows = champion == number
        total[rows], quantiles[rows] = option.total[rows], option.quantiles[rows]
    return Ahead(CHOSEN, total, quantiles)


def _names(panel: Panel, picked: list[str], champion: np.ndarray, chosen: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return what the planner reads as the model of each series, shape (n,): a combination by the family that makes up most of it."""
    found: np.ndarray = np.array(picked, dtype=object)[champion]
    family, names = pd.factorize(panel.methods.name)
    weight = np.zeros((len(chosen), len(names)))
    rows = np.repeat(np.arange(len(chosen)), chosen.shape[1])
    some = chosen.ravel() >= 0
    np.add.at(weight, (rows[some], family[chosen.ravel()[some]]), share.ravel()[some])
    top = weight.argmax(axis=1)
    by_name = (champion == 1) & (weight[np.arange(len(chosen)), top] >= _MOSTLY)
    found[by_name] = np.asarray(names, dtype=object)[top[by_name]]
    return found


def _pairs(a: Run | Spread, b: Run | Spread) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(vars(a).values(), vars(b).values(), strict=True))


def _both(simple: Statistical, combined: Statistical) -> Calibration:
    """Return both calibrations as one: the classes of the second follow those of the first."""
    parts = [c for c in (simple.calibration, combined.calibration) if c is not None]
    return Calibration(np.concatenate([p.shift for p in parts]), np.concatenate([p.factor for p in parts]))
