"""What one unit more of a limit would save: shadow prices, as numbers and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.replenish.joint.master import MEASURES, Solved
from invopt_xl.core.replenish.joint.problem import JointProblem

LIMIT_COLUMNS = ("kind", "limit", "measure", "allowed", "used", "saving_per_unit", "sentence")

#: Steps in which a planner would change a limit [money, units, m3].
_STEPS = {"spend": 1000.0, "units": 100.0, "volume": 1.0}

_LimitRow = tuple[str, str, str, float, float, float, str]

_WORDS = {"spend": "", "units": " units", "volume": " m3"}


def limit_table(problem: JointProblem, solved: Solved) -> pd.DataFrame:
    """Return the limits that cost something, dearest first by what they cost at their size; columns LIMIT_COLUMNS."""
    rows = [*_shared(problem, solved), *_terms(problem, solved)]
    rows.sort(key=lambda row: -row[5] * row[3])
    return pd.DataFrame(rows, columns=list(LIMIT_COLUMNS))


def _shared(problem: JointProblem, solved: Solved) -> list[_LimitRow]:
    amounts = problem.amounts(solved.chosen)
    found: list[_LimitRow] = []
    for limit, price in zip(problem.shared, solved.shared_price, strict=False):
        used = limit.used(amounts[limit.measure])
        for part in np.flatnonzero(price > 1e-9):
            step = _STEPS[limit.measure]
            text = f"{step:,.0f}{_WORDS[limit.measure]} more {limit.label[part]} would save about {_money(price[part] * step)}."
            found.append(
                (
                    limit.name,
                    limit.label[part],
                    limit.measure,
                    float(limit.most[part]),
                    float(used[part]),
                    float(price[part]),
                    text,
                )
            )
    return found


def _terms(problem: JointProblem, solved: Solved) -> list[_LimitRow]:
    t, size = problem.terms, len(problem.terms.name)
    amounts = problem.amounts(solved.chosen)
    total = {m: np.bincount(problem.order, weights=amounts[m], minlength=size) for m in MEASURES}
    found: list[_LimitRow] = []
    for g in np.flatnonzero((total["units"] > 0) & (np.abs(solved.term_price) > 1e-9).any(axis=1)):
        for m, measure in enumerate(MEASURES):
            price = float(solved.term_price[g, m])
            if abs(price) <= 1e-9:
                continue
            kind, word, allowed = _term(problem, int(g), measure, price, float(total[measure][g]))
            step = _STEPS[measure]
            text = f"{t.name[g]}: {step:,.0f}{_WORDS[measure]} {word} would save about {_money(abs(price) * step)}."
            found.append((kind, t.name[g], measure, allowed, float(total[measure][g]), abs(price), text))
    return found


def _term(problem: JointProblem, g: int, measure: str, price: float, used: float) -> tuple[str, str, float]:
    """Return kind, words of the relief, and size of the term that a price belongs to; negative prices belong to least amounts."""
    t = problem.terms
    if measure == "volume":
        full = t.container_volume[g] * np.ceil(used / t.container_volume[g] - 1e-9)
        return "full containers", "less to fill" if price < 0 else "more container room", float(full)
    if measure == "units" and price > 0:
        return "supplier capacity", "more capacity", float(t.max_units[g])
    least = t.min_value[g] if measure == "spend" else t.min_units[g]
    return (
        "supplier minimum",
        "less minimum order value" if measure == "spend" else "less minimum quantity",
        float(least),
    )


def _money(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}"
