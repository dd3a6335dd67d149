"""The ordering rules that are compared: the plan, the planner's rule, both frozen, smoothing with normal safety stock, and foresight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from invopt_xl.core.buckets import Period
from invopt_xl.core.decision_backtest.curves import SCORES, TARGETS
from invopt_xl.core.decision_backtest.ground import Ground
from invopt_xl.core.decision_backtest.origins import Rounds
from invopt_xl.core.decision_backtest.smoothing import smoothing_forecast
from invopt_xl.core.decision_backtest.view import View
from invopt_xl.core.policy.policy import set_policy

#: Reorder point and order-up-to level for a service target (or z), a number or one per series, each (n,) [units].
Levels = Callable[[np.ndarray | float], tuple[np.ndarray, np.ndarray]]

PLAN, PLAN_FILL, FORESIGHT, TUNED, SMOOTHING = (
    "plan",
    "plan, fill targets",
    "demand known beforehand",
    "rule, tuned",
    "smoothing, normal",
)
FROZEN_PLAN, FROZEN_RULE = "plan, frozen", "rule, frozen"

#: Windows of the planner's rule: half a year and a year [periods], and how they are called.
WINDOWS: dict[Period, tuple[tuple[int, str], ...]] = {
    "day": ((182, "rule, 26 weeks"), (364, "rule, 52 weeks")),
    "week": ((26, "rule, 26 weeks"), (52, "rule, 52 weeks")),
    "month": ((6, "rule, 6 months"), (12, "rule, 12 months")),
}


@dataclass(frozen=True)
class Rule:
    """One way to set levels.

    Parameters
    ----------
    name : str
    prepare : callable
        From what was known on a day to levels for any service target, or any z: the work that does not depend on it is done once.
    by_score : bool
        Levels are asked for by z instead of by service target.
    frozen : bool
        The levels of the first day hold for ever.
    """

    name: str
    prepare: Callable[[View], Levels]
    by_score: bool = False
    frozen: bool = False

    @property
    def targets(self) -> np.ndarray:
        """What the rule is tried with: service targets, or z."""
        return SCORES if self.by_score else TARGETS

    def own(self, view: View) -> np.ndarray:
        """Return what the rule is run with, (n,): the service targets of the series, or their z."""
        score: np.ndarray = special.ndtri(view.own_target)
        return score if self.by_score else view.own_target


def usual_rules(period: Period) -> tuple[Rule, ...]:
    """Return the rules that need nothing but a view, the plan first."""
    long_window, long_name = WINDOWS[period][1]
    return (
        Rule(PLAN, plan_levels),
        Rule(PLAN_FILL, lambda view: plan_levels(view, measure="fill")),
        Rule(FROZEN_PLAN, plan_levels, frozen=True),
        *(planners_rule(window, name) for window, name in WINDOWS[period]),
        replace(planners_rule(long_window, long_name), name=FROZEN_RULE, frozen=True),
        Rule(SMOOTHING, smoothing_levels, by_score=True),
    )


def plan_levels(view: View, *, measure: str | None = None) -> Levels:
    """Return the levels of the plan: of the distribution that was forecast. Without `measure` each series keeps its own."""

    def levels(target: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        frame = view.terms.frame.assign(service_level=np.broadcast_to(target, len(view.terms.frame)))
        if measure is not None:
            frame = frame.assign(service_measure=measure)
        terms = replace(view.terms, frame=frame)
        policy = set_policy(view.forecast, terms, view.lead_times, view.history, settings=view.settings).frame
        return policy["reorder_point"].to_numpy(dtype=float), policy["order_up_to"].to_numpy(dtype=float)

    return levels


def planners_rule(window: int, name: str) -> Rule:
    """Return what planners do: mean and standard deviation of the last periods, z sqrt(lead time + review), maximum = reorder point + minimum order."""

    def prepare(view: View) -> Levels:
        mean, sd = window_moments(view.history.demand, window)
        return normal_levels(mean, sd, cover=view.cover_periods, moq=np.nan_to_num(view.number("moq")))

    return Rule(name, prepare, by_score=True)


def window_moments(demand: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sample standard deviation of the last `window` known periods, each (n,).

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before life.
    window : int

    >>> window_moments(np.array([[np.nan, 9.0, 1.0, 3.0]]), 2)
    (array([2.]), array([1.41421356]))
    """
    last = demand[:, -window:]
    known = ~np.isnan(last)
    count = known.sum(axis=1)
    mean = np.where(known, last, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(known, (last - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1))


def normal_levels(mean: np.ndarray, sd: np.ndarray, *, cover: np.ndarray, moq: np.ndarray) -> Levels:
    """Return levels of normal demand by z: mean x cover + z sd sqrt(cover), and that + minimum order.

    Parameters
    ----------
    mean, sd : float array, shape (n,)
        Of demand per period [units].
    cover : float array, shape (n,)
        Lead time + review [periods].
    moq : float array, shape (n,)
    """

    def levels(score: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        s = np.maximum(mean * cover + score * sd * np.sqrt(cover), 0.0)
        return s, s + moq

    return levels


def smoothing_levels(view: View) -> Levels:
    """Return levels of exponential smoothing, chosen per series by its one-step errors, with normal safety stock."""
    cover = view.cover_periods
    total, sd = smoothing_forecast(view, cover)
    mean = np.divide(total, cover, out=np.zeros_like(total), where=cover > 0)
    return normal_levels(mean, sd, cover=cover, moq=np.nan_to_num(view.number("moq")))


def foresight(ground: Ground, rounds: Rounds, target: float) -> tuple[np.ndarray, np.ndarray]:
    """Return levels of each simulated period and some before, (n, P), for somebody who knows all demand beforehand, but no lead time.

    The level of a period is the demand until the order of the next review arrives, if the lead time is its quantile at `target`. Demand
    beyond the end of the history is that of the last periods again. With several steps per period the level of a period reaches as far as its
    last review has to: then the stock is more than the least possible.
    """
    steps = ground.steps
    at = np.clip(int(np.ceil(target * ground.lead_periods.shape[1])) - 1, 0, ground.lead_periods.shape[1] - 1)
    # a lead time takes whole steps; a review late in the period reaches further
    lead = np.ceil(ground.lead_periods[:, at] * steps - 1e-9) / steps
    cover = lead + np.maximum(ground.review_periods, 1 / steps) + (steps - 1) / steps
    longest = int(np.ceil(cover.max(initial=1.0))) + 1
    again = np.tile(ground.demand, -(-longest // ground.demand.shape[1]))[:, -longest:]
    known = np.concatenate([ground.demand, again], axis=1)
    sums = np.concatenate([np.zeros((len(known), 1)), np.cumsum(known, axis=1)], axis=1)
    first = rounds.origins[0] + 1
    start = np.arange(first - min(first, ground.usual_cover), rounds.end + 1)
    whole = np.floor(cover).astype(np.int64)
    stop = np.minimum(start[None, :] + whole[:, None], known.shape[1] - 1)
    rows = np.arange(len(known))[:, None]
    level = sums[rows, stop] + (cover - whole)[:, None] * known[rows, stop] - sums[rows, start[None, :]]
    return level, level
