"""Limits that cannot all be kept: the smallest set that conflicts, and by how much each limit must give way.

Only what must be ordered can conflict; everything else may be left out. The smallest set comes from a deletion filter: a limit without which the
rest can be kept stays in the set, any other leaves it (Chinneck 2008, Feasibility and Infeasibility in Optimization, ch. 6). Whole groups are tried
first, so that few trials are needed. The relaxed limits come from the elastic program: least overrun, each limit measured by its own size (ibid.).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.problem import TOLERANCE, JointProblem
from invopt_xl.core.replenish.joint.program import ColumnProgram, Row, limit_rows

#: With more lines that must be ordered than this, they are named by supplier order.
MOST_NAMED_LINES = 20

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
    program = _program(problem, line_names)
    overrun = _overrun(program, np.ones(len(program.rows), dtype=bool))
    if overrun.sum() <= _DUST:
        return Conflict((), (), problem)
    named, moved = np.flatnonzero(_smallest(program)), np.flatnonzero(overrun > _DUST)
    return Conflict(
        limits=tuple(program.rows[k].name for k in named),
        given_way=tuple(_given_way(program.rows[k], float(overrun[k])) for k in moved),
        problem=_relaxed(problem, program.rows, overrun),
    )


def _program(problem: JointProblem, line_names: tuple[str, ...]) -> ColumnProgram:
    """Return the program of the orders that must be placed; other orders can stay unplaced."""
    t, first = problem.terms, problem.candidates.quantity[:, 0]
    forced = first > 0
    active = np.bincount(problem.order[forced], minlength=len(t.name)) > 0
    # without a least amount to reach, what must be ordered is enough, in its smallest quantity
    growing = active & ((t.min_value > 0) | (t.min_units > 0) | (t.container_volume > 0))
    in_play = np.flatnonzero(active[problem.order] & (forced | growing[problem.order]))
    columns = np.where(growing[problem.order[in_play]], problem.candidates.count[in_play], 1)
    names = line_names or tuple(f"line {i + 1}" for i in range(len(first)))
    rows = [*_must_rows(problem, forced, names), *limit_rows(problem, np.flatnonzero(active))]
    return ColumnProgram(problem, rows, in_play=in_play, columns=columns)


def _must_rows(problem: JointProblem, forced: np.ndarray, names: tuple[str, ...]) -> list[Row]:
    lines, first = np.flatnonzero(forced), problem.candidates.quantity[:, 0]
    if len(lines) <= MOST_NAMED_LINES:
        return [Row(f"{names[i]}: at least {first[i]:,.6g} must be ordered", np.array([i]), "must") for i in lines]
    orders = problem.order[lines]
    return [
        Row(f"{problem.terms.name[g]}: {(orders == g).sum()} lines must be ordered", lines[orders == g], "must")
        for g in np.unique(orders)
    ]


def _overrun(program: ColumnProgram, on: np.ndarray) -> np.ndarray:
    """Return by what share of its size each limit must give way where the limits `on` hold."""
    found = program.solve(on=on, elastic=True, gap=1e-4)
    # every limit can give way, so a plan is always found unless the tree was cut off; then nothing is proven to conflict
    return np.zeros(len(program.rows)) if found is None else found.overrun


def _smallest(program: ColumnProgram) -> np.ndarray:
    """Return a smallest set of limits that cannot be kept together, bool per limit."""
    on = np.ones(len(program.rows), dtype=bool)
    size = len(on)
    while size > 1:
        size = max(size // 4, 1)
        for start in range(0, len(on), size):
            trial = on.copy()
            trial[start : start + size] = False
            if trial.sum() < on.sum() and _overrun(program, trial).sum() > _DUST:
                on = trial
    return on


def _given_way(row: Row, share: float) -> str:
    if row.measure == "container":
        return f"{row.subject}: off by {share:.1%} of a container"
    by = row.sign * share * row.size
    return f"{row.subject} {'raised' if by > 0 else 'lowered'} from {row.right:,.6g} to {row.right + by:,.6g}"


def _relaxed(problem: JointProblem, rows: list[Row], overrun: np.ndarray) -> JointProblem:
    """Return the problem with its limits relaxed by `overrun`, a little further than needed for rounding."""
    shared = tuple(replace(limit, most=limit.most.copy()) for limit in problem.shared)
    names = ("min_value", "min_units", "max_units", "container_volume")
    terms = {name: getattr(problem.terms, name).copy() for name in names}
    for k in np.flatnonzero(overrun > TOLERANCE):
        row, by = rows[k], overrun[k] * rows[k].size * (1 + _DUST) + TOLERANCE
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
