"""Rules are tried: levels of every round, laid end to end, simulated for a row of service targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from invopt_xl.core.decision_backtest.curves import TARGETS, Tried, kept, own_point
from invopt_xl.core.decision_backtest.ground import Ground
from invopt_xl.core.decision_backtest.origins import Rounds
from invopt_xl.core.decision_backtest.rules import FORESIGHT, Levels, Rule, foresight
from invopt_xl.core.decision_backtest.view import View


def try_rule(
    rule: Rule,
    views: Sequence[View],
    places: Sequence[np.ndarray],
    ground: Ground,
    rounds: Rounds,
    *,
    own: float | None = None,
) -> Tried:
    """Return what comes of a rule that is planned anew in every round.

    Parameters
    ----------
    rule : Rule
    views : sequence of View
        One per round.
    places : sequence of int arrays, shape (n,)
        Position of each of the n series of the ground in each view.
    ground : Ground
    rounds : Rounds
    own : float, optional
        What the rule would be run with. Default: the service target of every series, or its z.
    """
    made = [
        (rule.prepare(view), place) for view, place in zip(views[: 1 if rule.frozen else None], places, strict=False)
    ]
    runs = [
        kept(
            ground.run(*_laid(made, [target] * len(made), rounds), first=rounds.origins[0] + 1, end=rounds.end),
            ground.unit_cost,
        )
        for target in rule.targets
    ]
    alone = ground.run(
        *_laid(made, [rule.own(view) if own is None else own for view in views[: len(made)]], rounds),
        first=rounds.origins[0] + 1,
        end=rounds.end,
    )
    return Tried(rule.name, rule.targets, _stacked(runs), own_point(alone, ground.unit_cost))


def try_foresight(ground: Ground, rounds: Rounds, *, own: float) -> Tried:
    """Return what comes of knowing all demand beforehand; `own` is the quantile of the lead time that it is run with."""
    first, end = rounds.origins[0] + 1, rounds.end
    # with the same lead time always, every target is the same
    runs = [
        kept(ground.run(*foresight(ground, rounds, target), first=first, end=end), ground.unit_cost)
        for target in TARGETS
    ]
    alone = ground.run(*foresight(ground, rounds, own), first=first, end=end)
    return Tried(FORESIGHT, TARGETS, _stacked(runs), own_point(alone, ground.unit_cost))


def _laid(
    made: Sequence[tuple[Levels, np.ndarray]], targets: Sequence[np.ndarray | float], rounds: Rounds
) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels of all simulated periods, (n, P): those of a round hold until the next."""
    low, high = [], []
    for (levels, place), target in zip(made, targets, strict=True):
        s, up_to = levels(target)
        low.append(s[place])
        high.append(np.maximum(up_to, s)[place])
    hold = [rounds.periods] if len(made) == 1 else [rounds.apart] * len(made)
    return np.repeat(np.stack(low, axis=1), hold, axis=1), np.repeat(np.stack(high, axis=1), hold, axis=1)


def _stacked(runs: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]}
