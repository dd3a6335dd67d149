"""Everything that a file of scenarios asks for: plans side by side, projected stock, ways around disruptions. What the pipeline calls after the orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.findings import Finding
from invopt_xl.core.scenarios.change import Change, matching, scope_keys
from invopt_xl.core.scenarios.decide import decide_together, settled
from invopt_xl.core.scenarios.disruption import BRIDGE_COLUMNS, Disruption, disruption
from invopt_xl.core.scenarios.inputs import DISRUPTED
from invopt_xl.core.scenarios.projection import Projection, project
from invopt_xl.core.scenarios.replan import asked_values
from invopt_xl.core.scenarios.scenarios import CURRENT, Scenarios, scenarios
from invopt_xl.core.stages import Stages
from invopt_xl.errors import SettingError
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Compared:
    """Scenarios with their projected stock and the ways around disruptions; `findings`: scenarios that were left out, and why."""

    made: Scenarios
    projection: Projection
    disruptions: tuple[Disruption, ...]
    currency: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def bridge(self) -> pd.DataFrame:
        """Ways around all disruptions, one after the other: `disruption.BRIDGE_COLUMNS`."""
        parts = [each.bridge for each in self.disruptions if len(each.bridge)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(BRIDGE_COLUMNS))


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

    Notes
    -----
    A scenario with a change that is for no item, or takes an input beyond its limits, is left out with a finding: it does not keep back the plan.
    """
    decide = decide_together(checked.frames)
    stages = settled(stages, decide, settings=settings)
    changes, findings = _possible(stages, changes)
    made = scenarios(stages, changes, settings=settings, decide=decide)
    projection = project(stages, made, seed=settings.seed)
    around = _disruptions(stages, checked, changes, settings)
    return Compared(made, projection, around, settings.currency, tuple(findings))


def _possible(stages: Stages, changes: Sequence[Change]) -> tuple[list[Change], list[Finding]]:
    """Return the changes of scenarios that can be planned, and a finding for each of the others."""
    keys, kept, findings = scope_keys(stages), [], []
    for name in dict.fromkeys(change.scenario for change in changes):
        own = [change for change in changes if change.scenario == name]
        try:
            if name.casefold() == CURRENT:
                raise SettingError(f"A scenario cannot be called '{name}': that is the plan as it is.")
            asked_values(stages, own, keys=keys)
        except SettingError as error:
            fix = "Correct the file of scenarios; the scenario is left out until then."
            findings.append(Finding("warning", "", "Scenarios", str(error), fix))
        else:
            kept += own
    return kept, findings


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
