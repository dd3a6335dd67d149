"""Everything that a file of scenarios asks for: plans side by side, projected stock, ways around disruptions. What the pipeline calls after the orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.scenarios.change import Change, matching, scope_keys
from invopt_xl.core.scenarios.decide import decide_together, settled
from invopt_xl.core.scenarios.disruption import Disruption, disruption
from invopt_xl.core.scenarios.inputs import DISRUPTED
from invopt_xl.core.scenarios.projection import Projection, project
from invopt_xl.core.scenarios.scenarios import Scenarios, scenarios
from invopt_xl.core.stages import Stages
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Compared:
    """Scenarios with their projected stock and the ways around disruptions."""

    made: Scenarios
    projection: Projection
    disruptions: tuple[Disruption, ...]
    currency: str = ""


def compare(stages: Stages, checked: Checked, changes: Sequence[Change], *, settings: Settings) -> Compared:
    """Return scenarios decided for all items together, as the plan is.

    Parameters
    ----------
    stages : Stages
        Of the plan.
    checked : Checked
        Its tables.
    changes : sequence of Change
        From `change.read_changes`, or a file of scenarios.
    settings : Settings
        Of the plan; `seed` is that of projected stock.

    Raises
    ------
    SettingError
        A change is for no item, or takes an input beyond its limits.
    """
    decide = decide_together(checked.frames)
    stages = settled(stages, decide, settings=settings)
    made = scenarios(stages, changes, settings=settings, decide=decide)
    projection = project(stages, made, seed=settings.seed)
    return Compared(made, projection, _disruptions(stages, checked, changes, settings), settings.currency)


def _disruptions(
    stages: Stages, checked: Checked, changes: Sequence[Change], settings: Settings
) -> tuple[Disruption, ...]:
    """Return the ways around every disruption of a supplier that some change asks for, each supplier and day once."""
    keys, supplier = scope_keys(stages), stages.terms.frame["supplier"]
    wanted: dict[tuple[str, pd.Timestamp], None] = {}
    for change in changes:
        if change.field == DISRUPTED and change.until is not None and change.until > stages.history.as_of:
            for name in supplier[matching(change, keys)].unique():
                if name:
                    wanted[(str(name), change.until)] = None
    return tuple(disruption(stages, checked, supplier=name, until=until, settings=settings) for name, until in wanted)
