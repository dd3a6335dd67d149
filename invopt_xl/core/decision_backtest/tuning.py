"""The planner's rule at its best: its window and its z are chosen on the training part, before the first round."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.decision_backtest.curves import SCORES, Tried, kept
from invopt_xl.core.decision_backtest.ground import Ground
from invopt_xl.core.decision_backtest.origins import Rounds
from invopt_xl.core.decision_backtest.rules import TUNED, Rule, normal_levels, planners_rule, window_moments
from invopt_xl.core.decision_backtest.view import View

#: Windows that are tried [periods].
CANDIDATES: dict[Period, tuple[int, ...]] = {
    "day": (28, 56, 91, 182, 364),
    "week": (8, 13, 26, 39, 52, 78, 104),
    "month": (3, 6, 9, 12, 18, 24, 36),
}


@dataclass(frozen=True)
class Tuned:
    """The rule as tuned, the window that was chosen [periods], and the z that cost least."""

    rule: Rule
    window: int
    score: float


def tuned_rule(view: View, place: np.ndarray, ground: Ground, rounds: Rounds) -> Tuned:
    """Return the planner's rule with the window and the z that together cost least.

    Parameters
    ----------
    view : View
        What was known on the first day: nothing later is looked at.
    place : int array, shape (n,)
        Position of the n series of the ground in the view.
    ground : Ground
        Lead times are replaced by those known on the first day.
    rounds : Rounds
        The training part is planned anew as often.
    """
    then = view.history
    known = then.demand[place]
    training = _training(known.shape[1], rounds.apart)
    lead = view.lead_times.atoms[place] / then.days_per_period
    past = replace(ground, demand=np.nan_to_num(known), lead_periods=lead)
    cover, moq = view.cover_periods[place], ground.moq
    tried = {
        window: _tried(window, known, past, training, cover=cover, moq=moq)
        for window in CANDIDATES[then.period]
        if window <= known.shape[1]
    }
    if not tried:
        window = min(CANDIDATES[then.period])
        tried = {window: _tried(window, known, past, training, cover=cover, moq=moq)}
    cost = {window: each.sums["cost"].sum(axis=1) for window, each in tried.items()}
    best = min(cost, key=lambda window: float(cost[window].min()))
    return Tuned(planners_rule(best, TUNED), best, float(SCORES[cost[best].argmin()]))


def _training(periods: int, apart: int) -> Rounds:
    """Return rounds over the last two thirds of the training part; a window that reaches further back takes what there is."""
    first = max(periods // 3 - 1, 0)
    end = periods - 1
    number = max((end - first) // apart, 1)
    step = min(apart, max(end - first, 1))
    return Rounds(tuple(end - step * back for back in range(number, 0, -1)), step, end)


def _tried(
    window: int, known: np.ndarray, past: Ground, training: Rounds, *, cover: np.ndarray, moq: np.ndarray
) -> Tried:
    rounds = [
        normal_levels(*window_moments(known[:, : origin + 1], window), cover=cover, moq=moq)
        for origin in training.origins
    ]
    runs = []
    for score in SCORES:
        s = np.repeat(np.stack([levels(score)[0] for levels in rounds], axis=1), training.apart, axis=1)
        runs.append(
            kept(past.run(s, s + moq[:, None], first=training.origins[0] + 1, end=training.end), past.unit_cost)
        )
    return Tried(str(window), SCORES, {name: np.stack([run[name] for run in runs]) for name in runs[0]}, {})
