"""What limits cost, as a table and in words that say what the plan would be without them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.replenish.joint.master import Solved
from invopt_xl.core.replenish.joint.problem import JointProblem, Measure
from invopt_xl.core.replenish.joint.without import (
    CONTAINERS,
    MIN_VALUE,
    SharedCost,
    Term,
    TermCost,
    costs_of_limits,
)

LIMIT_COLUMNS = ("kind", "limit", "measure", "allowed", "used", "saving_per_unit", "sentence")

_WORDS: dict[Measure, str] = {"spend": "", "units": " units", "volume": " m3"}


def limit_table(problem: JointProblem, solved: Solved) -> pd.DataFrame:
    """Return the limits that cost something, dearest first; columns LIMIT_COLUMNS.

    `saving_per_unit` is what the next unit of a shared limit saves; of a supplier's term the mean over the units until it no longer matters.
    """
    shared, terms = costs_of_limits(problem, solved)
    rows = [(each.saving, _shared_row(problem, each)) for each in shared]
    rows += [(each.saving, _term_row(problem, each)) for each in terms]
    rows.sort(key=lambda row: -row[0])
    return pd.DataFrame([row for _, row in rows], columns=list(LIMIT_COLUMNS))


def _shared_row(problem: JointProblem, found: SharedCost) -> tuple[object, ...]:
    limit = problem.shared[found.limit]
    label, unit, most = limit.label[found.part], _WORDS[limit.measure], float(limit.most[found.part])
    exactly = "about" if not np.isnan(found.would) else "at most"
    free = f"without this limit the plan would cost {exactly} {_money(found.saving)} less"
    step = f"{_amount(found.step, unit)} more"
    if found.step_saving > 0:
        text = f"{step} {label} would save about {_money(found.step_saving)}; {free}."
    else:
        text = f"{label} of {_amount(most, unit)}: {free}; {step} would save nothing."
    return (limit.name, label, limit.measure, most, found.used, found.step_saving / found.step, text)


def _term_row(problem: JointProblem, found: TermCost) -> tuple[object, ...]:
    t, g, term = problem.terms, found.order, found.terms[0]
    unit = _WORDS[term.measure]
    used, would = _amount(found.used, unit), _amount(found.would, unit)
    names, it = " and ".join(_term_words(problem, each, g) for each in found.terms), "it"
    raises, cuts, changes = "raises", "cuts", "changes"
    if len(found.terms) > 1 or term is CONTAINERS:
        it, raises, cuts, changes = "them", "raise", "cut", "change"
    if len(found.terms) > 1:
        names += " together"
    if found.used <= 0:
        text = f"nothing is ordered because of {names}; without {it} {would} would be ordered"
        text += f" and the plan would cost about {_money(found.saving)} less."
    else:
        text = f"{names} {raises if found.used > found.would else cuts} the order from {would} to {used}"
        if np.isclose(found.used, found.would, rtol=1e-6):
            text = f"{names} {changes} what is in the order"
        text += f"; without {it} the plan would cost about {_money(found.saving)} less."
    allowed = _allowed(problem, term, g, found.used)
    relief = abs(found.used - found.would) if term is CONTAINERS else abs(allowed - found.would)
    each = found.saving / relief if relief > 0 else 0.0
    return (_kind(found), t.name[g], term.measure, allowed, found.used, each, f"{t.name[g]}: {text}")


def _kind(found: TermCost) -> str:
    if len(found.terms) > 1:
        return "supplier terms together"
    return {"max_units": "supplier capacity", "container_volume": "full containers"}.get(
        found.terms[0].column, "supplier minimum"
    )


def _term_words(problem: JointProblem, term: Term, g: int) -> str:
    t = problem.terms
    size = float(getattr(t, term.column)[g])
    if term is CONTAINERS:
        return f"full containers of {_amount(size, ' m3')} (at least {t.container_fill:.0%})"
    word = {"max_units": "the capacity", "min_value": "the minimum order value"}.get(
        term.column, "the minimum quantity"
    )
    return f"{word} of {_amount(size, '' if term is MIN_VALUE else ' units')}"


def _allowed(problem: JointProblem, term: Term, g: int, used: float) -> float:
    """Return the size of a term; of containers the room of all that are used, of one at least."""
    size = float(getattr(problem.terms, term.column)[g])
    return size * max(float(np.ceil(used / size * (1 - 1e-9))), 1.0) if term is CONTAINERS else size


def _amount(value: float, unit: str) -> str:
    """Return an amount with its unit: whole from 100 on, else with up to two digits after the point."""
    text = f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return text + unit


def _money(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"
