"""Limits that cannot all be kept: the smallest set that conflicts, and by how much each limit must give way.

Only what must be ordered can conflict; everything else may be left out. The smallest set comes from a deletion filter: a limit without which the
rest can be kept stays in the set, any other leaves it (Chinneck 2008, Feasibility and Infeasibility in Optimization, ch. 6). Whole groups are tried
first, so that few trials are needed. The relaxed limits come from the elastic program: least overrun, each limit measured by its own size (ibid.).

Small problems are judged exactly. In large ones packs, minimum orders and containers may be split for the judgement: what conflicts then conflicts for
certain; what only packs make impossible is not named, but relaxed as far as the nearest plan needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.master import least_plan
from invopt_xl.core.replenish.joint.problem import JointProblem
from invopt_xl.core.replenish.joint.program import ColumnProgram, Row, limit_rows

#: With more lines that must be ordered than this they are named by supplier order, with more orders than this all at once.
MOST_NAMED = 20

#: Problems with at most this many candidates in play are judged exactly.
_SMALL = 1000

#: Smaller overruns are dust of the solver [share of a limit].
_DUST = 1e-6


@dataclass(frozen=True)
class Conflict:
    """`limits`: what cannot be kept together, in words; empty if nothing conflicts. `given_way`: how each limit was relaxed, in words.

    `problem`: the same lines under limits that can be kept.
    """

    limits: tuple[str, ...]
    given_way: tuple[str, ...]
    problem: JointProblem


def resolve_conflicts(problem: JointProblem, *, line_names: tuple[str, ...] = ()) -> Conflict:
    """Return the conflict of a joint problem, and the problem with limits relaxed so far that a plan exists.

    Parameters
    ----------
    problem : JointProblem
    line_names : tuple of str, n of them
        For the words; default "line 1", "line 2" ...
    """
    least = np.zeros(len(problem.order), dtype=np.int64)
    if not problem.breaches(least):
        return Conflict((), (), problem)
    judge = _Judge(problem, line_names)
    overrun = judge.overrun(np.ones(len(judge.program.rows), dtype=bool))
    conflicts = overrun.sum() > _DUST
    relaxed = _relaxed(problem, judge.program.rows, overrun) if conflicts else problem
    attainable = _attainable(relaxed) if conflicts or not judge.exact else relaxed
    named = np.flatnonzero(judge.smallest()) if conflicts else np.zeros(0, dtype=np.int64)
    return Conflict(
        limits=tuple(judge.program.rows[k].name for k in named),
        given_way=_given_way(problem, attainable),
        problem=attainable,
    )


class _Judge:
    """Says whether limits can be kept together: the program of the orders that must be placed; other orders can stay unplaced."""

    def __init__(self, problem: JointProblem, line_names: tuple[str, ...]) -> None:
        t, first = problem.terms, problem.candidates.quantity[:, 0]
        forced = first > 0
        active = np.bincount(problem.order[forced], minlength=len(t.name)) > 0
        # without a least amount to reach, what must be ordered is enough, in its smallest quantity
        growing = active & ((t.min_value > 0) | (t.min_units > 0) | (t.container_volume > 0))
        in_play = np.flatnonzero(active[problem.order] & (forced | growing[problem.order]))
        self.exact = bool(problem.candidates.count[in_play].sum() <= _SMALL)
        names = line_names or tuple(f"line {i + 1}" for i in range(len(first)))
        rows = [*_must_rows(problem, forced, names), *limit_rows(problem, np.flatnonzero(active))]
        ends = np.full(len(in_play), not self.exact)
        self.program = ColumnProgram(problem, rows, in_play=in_play, ends=ends)

    def overrun(self, on: np.ndarray) -> np.ndarray:
        """Return by what share of its size each limit must give way where the limits `on` hold."""
        found = self.program.solve(on=on, elastic=True, whole=self.exact, gap=1e-4)
        # every limit can give way, so a plan is always found unless the tree was cut off; then nothing is proven to conflict
        return np.zeros(len(on)) if found is None else found.overrun

    def smallest(self) -> np.ndarray:
        """Return a smallest set of limits that cannot be kept together, bool per limit."""
        on = np.ones(len(self.program.rows), dtype=bool)
        size = len(on)
        while size > 1:
            size = max(size // 4, 1)
            for start in range(0, len(on), size):
                trial = on.copy()
                trial[start : start + size] = False
                if trial.sum() < on.sum() and self.overrun(trial).sum() > _DUST:
                    on = trial
        return on


def _must_rows(problem: JointProblem, forced: np.ndarray, names: tuple[str, ...]) -> list[Row]:
    lines, first = np.flatnonzero(forced), problem.candidates.quantity[:, 0]
    if len(lines) <= MOST_NAMED:
        return [Row(f"{names[i]}: at least {first[i]:,.6g} must be ordered", np.array([i]), "must") for i in lines]
    orders = np.unique(problem.order[lines])
    if len(orders) > MOST_NAMED:
        return [Row(f"{len(lines)} lines of {len(orders)} orders must be ordered", lines, "must")]
    by_order = [lines[problem.order[lines] == g] for g in orders]
    return [
        Row(f"{problem.terms.name[g]}: {len(own)} lines must be ordered", own, "must")
        for g, own in zip(orders, by_order, strict=True)
    ]


def _relaxed(problem: JointProblem, rows: list[Row], overrun: np.ndarray) -> JointProblem:
    """Return the problem with its limits relaxed by `overrun`, a little further than needed for rounding."""
    shared = tuple(replace(limit, most=limit.most.copy()) for limit in problem.shared)
    names = ("min_value", "min_units", "max_units", "container_volume")
    terms = {name: getattr(problem.terms, name).copy() for name in names}
    for k in np.flatnonzero(overrun > _DUST):
        row, by = rows[k], overrun[k] * rows[k].size * (1 + _DUST)
        if row.measure == "container":
            # goods that fill no container are sent as they are
            terms["container_volume"][row.order] = 0.0
        elif row.shared[0] >= 0:
            shared[row.shared[0]].most[row.shared[1]] += by
        elif row.sign > 0:
            terms["max_units"][row.order] += by
        else:
            name = "min_value" if row.measure == "spend" else "min_units"
            terms[name][row.order] = max(terms[name][row.order] - by, 0.0)
    return problem.relaxed(terms=replace(problem.terms, **terms), shared=shared)


def _attainable(problem: JointProblem) -> JointProblem:
    """Return the problem with limits relaxed as far as the plan that uses least needs; unchanged where that plan keeps them."""
    plan = least_plan(problem)
    if not problem.breaches(plan):
        return problem
    amounts, t = problem.amounts(plan), problem.terms
    shared = tuple(
        replace(limit, most=np.maximum(limit.most, limit.used(amounts[limit.measure]))) for limit in problem.shared
    )
    spend, units = (np.bincount(problem.order, weights=amounts[m], minlength=len(t.name)) for m in ("spend", "units"))
    placed = units > 0
    terms = replace(
        t,
        min_value=np.where(placed, np.minimum(t.min_value, spend), t.min_value),
        min_units=np.where(placed, np.minimum(t.min_units, units), t.min_units),
        max_units=np.where(placed, np.maximum(t.max_units, units), t.max_units),
    )
    within = problem.relaxed(terms=terms, shared=shared)
    boxed = [text.split(":")[0] for text in within.breaches(plan)]
    unfilled = np.array([name in boxed for name in t.name])
    return within.relaxed(terms=replace(terms, container_volume=np.where(unfilled, 0.0, t.container_volume)))


def _given_way(problem: JointProblem, relaxed: JointProblem) -> tuple[str, ...]:
    """Return in words how the limits of `relaxed` differ."""
    said = []
    words = {
        "min_value": "minimum order value lowered",
        "min_units": "minimum order quantity lowered",
        "max_units": "capacity raised",
    }
    for name, word in words.items():
        old, new = getattr(problem.terms, name), getattr(relaxed.terms, name)
        moved = np.flatnonzero(~np.isclose(new, old, rtol=_DUST, atol=0.0))
        said += [f"{problem.terms.name[g]}: {word} from {old[g]:,.6g} to {new[g]:,.6g}" for g in moved]
    loose = np.flatnonzero(problem.terms.container_volume != relaxed.terms.container_volume)
    said += [f"{problem.terms.name[g]}: containers need not be full" for g in loose]
    for before, after in zip(problem.shared, relaxed.shared, strict=True):
        moved = np.flatnonzero(after.most > before.most * (1 + _DUST) + 1e-12)
        said += [f"{before.label[p]} raised from {before.most[p]:,.6g} to {after.most[p]:,.6g}" for p in moved]
    return tuple(said)
