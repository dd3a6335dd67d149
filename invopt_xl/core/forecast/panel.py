"""All series of a run side by side, as the compiled methods want them; and the passes over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast import kernels
from invopt_xl.core.forecast.combine import Evidence, log_posterior, weights
from invopt_xl.core.forecast.methods import SEASON, Methods, methods
from invopt_xl.core.forecast.season_profile import BOUNDS, Profiles, fit_profiles

#: Periods of life before a forecast is judged, and the number of latest origins that are judged.
WARM_UP: dict[Period, int] = {"day": 28, "week": 13, "month": 6}
_JUDGED: dict[Period, int] = {"day": 182, "week": 104, "month": 36}


@dataclass(frozen=True)
class Run:
    """What a method, or a weighted mean of methods, says of n series.

    Parameters
    ----------
    one : float array, shape (n, T)
        Forecast of period t + 1 made at the end of period t; NaN where it was not usable.
    total : float array, shape (n, T)
        Forecast of the total of the `width` periods after t.
    path : float array, shape (n, L)
        Expected demand of the coming periods.
    """

    one: np.ndarray
    total: np.ndarray
    path: np.ndarray


@dataclass(frozen=True)
class Panel:
    """n series of base demand and the methods that compete for them.

    Parameters
    ----------
    base : float array, shape (n, T)
        0 before `first`.
    first, width : int arrays, shape (n,)
        First period of life, and length of the interval [periods].
    scored : int array, shape (n, 2)
        First and last origin that count; last < first for none.
    horizon : int
    season : int
    methods : Methods
    allowed : bool array, shape (n, P)
    like : int array, shape (n,)
        Demand class: series whose experience is shared.
    profiles : Profiles
    """

    base: np.ndarray
    first: np.ndarray
    width: np.ndarray
    scored: np.ndarray
    horizon: int
    season: int
    methods: Methods
    allowed: np.ndarray
    like: np.ndarray
    profiles: Profiles

    def evidence(self, *cutoffs: int) -> tuple[Evidence, ...]:
        """Return what errors say of the methods: on windows that end before each period of `cutoffs`, ascending, and last on all."""
        periods = self.base.shape[1]
        ends = np.array([*(min(cutoff, periods) for cutoff in cutoffs), periods], dtype=np.int64)
        losses = kernels.relative_losses(
            self.base,
            self.first,
            self.width,
            self.scored,
            ends,
            self.methods.kind,
            self.methods.params,
            self.methods.mode,
            self.allowed,
            self.season,
            *self._profiled(),
        )
        first, last = self.scored[:, 0], self.scored[:, 1]
        found = []
        for k, end in enumerate(ends):
            windows = np.maximum(np.minimum(last, end - 1 - self.width) - first + 1, 0) / self.width
            steps = np.maximum(end - 1 - first, 0)
            found.append(Evidence(losses[:, k, 0], losses[:, k, 1], windows.astype(float), steps.astype(float)))
        return tuple(found)

    def combined(self, evidence: Evidence) -> tuple[Run, np.ndarray, np.ndarray]:
        """Return the combination that the evidence speaks for, its methods (n, C), -1 for none, and their weights (n, C)."""
        chosen, share = weights(evidence, prior=self.methods.prior, allowed=self.allowed, like=self.like)
        return self.run(chosen, share), chosen, share

    def family(self, name: str, evidence: Evidence) -> Run:
        """Return one family of methods, each series with the parameters that the evidence speaks for; NaN where it may not be used."""
        members = np.flatnonzero(self.methods.name == name)
        score = log_posterior(evidence, prior=self.methods.prior, allowed=self.allowed, like=self.like)[:, members]
        best = score.argmax(axis=1)
        usable = np.isfinite(score[np.arange(len(score)), best])
        chosen = np.where(usable, members[best], -1)[:, None].astype(np.int64)
        return self.run(chosen, np.ones(chosen.shape))

    def run(self, chosen: np.ndarray, share: np.ndarray) -> Run:
        """Return the weighted mean of the methods `chosen` (n, C) with weights `share` (n, C)."""
        one, total, path = kernels.combined_runs(
            self.base,
            self.first,
            self.width,
            chosen,
            share,
            self.horizon,
            self.methods.kind,
            self.methods.params,
            self.methods.mode,
            self.season,
            *self._profiled(),
        )
        return Run(one, total, path)

    def _profiled(self) -> tuple[np.ndarray, ...]:
        p = self.profiles
        return p.own, p.category, p.waves, p.moments, np.array(BOUNDS)


def build_panel(
    base: np.ndarray,
    width: np.ndarray,
    position: np.ndarray,
    *,
    period: Period,
    horizon: int,
    category: np.ndarray,
    like: np.ndarray,
    intermittent: np.ndarray,
) -> Panel:
    """Return the panel.

    Parameters
    ----------
    base : float array, shape (n, T)
        Base demand; NaN before the first period of life.
    width : int array, shape (n,)
        [periods]
    position : float array, shape (T + L,)
        Position of the middle of each period in the cycle [cycles].
    period : {"day", "week", "month"}
    horizon : int
        L.
    category, like : int arrays, shape (n,)
        Series that share a season, and series that share experience.
    intermittent : bool array, shape (n,)
    """
    known = ~np.isnan(base)
    periods = base.shape[1]
    first = np.where(known.any(axis=1), known.argmax(axis=1), periods).astype(np.int64)
    last = periods - 1 - width
    start = np.maximum(first + WARM_UP[period] - 1, last - _JUDGED[period] + 1)
    offered = methods(period)
    allowed = np.where(intermittent[:, None], offered.intermittent, offered.steady)
    return Panel(
        base=np.ascontiguousarray(np.nan_to_num(base)),
        first=first,
        width=width.astype(np.int64),
        scored=np.stack([start, last], axis=1).astype(np.int64),
        horizon=horizon,
        season=SEASON[period],
        methods=offered,
        allowed=allowed,
        like=like.astype(np.int64),
        profiles=fit_profiles(base, position, category, period=period, season=SEASON[period]),
    )
