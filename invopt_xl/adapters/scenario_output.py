"""Scenarios go out: as text for people, as plain values for scripts, and as sheets of a workbook beside the plan's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.scenarios.change import Change, matching, scope_keys
from invopt_xl.core.scenarios.decide import decide_together, settled
from invopt_xl.core.scenarios.disruption import Disruption, disruption
from invopt_xl.core.scenarios.inputs import DISRUPTED
from invopt_xl.core.scenarios.projection import Projection, project
from invopt_xl.core.scenarios.report import largest_changes, sheet_specs
from invopt_xl.core.scenarios.scenarios import CURRENT, Scenarios, scenarios
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.core.stages import Stages
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class ScenarioResult:
    """Scenarios with their projected stock and the ways around disruptions."""

    made: Scenarios
    projection: Projection
    disruptions: tuple[Disruption, ...]
    settings: Settings

    def specs(self) -> list[SheetSpec]:
        """Return the sheets, to be written with those of the plan."""
        return sheet_specs(
            self.made, projection=self.projection, disruptions=self.disruptions, currency=self.settings.currency
        )


def run_scenarios(stages: Stages, checked: Checked, changes: Sequence[Change], *, settings: Settings) -> ScenarioResult:
    """Return everything that a file of scenarios asks for, decided for all items together as in the plan.

    Parameters
    ----------
    stages : Stages
        Of the plan.
    checked : Checked
        Its tables.
    changes : sequence of Change
    settings : Settings
        Of the plan.

    Raises
    ------
    SettingError
        A change is for no item, or takes an input beyond its limits.
    """
    decide = decide_together(checked.frames)
    stages = settled(stages, decide, settings=settings)
    made = scenarios(stages, changes, settings=settings, decide=decide)
    return ScenarioResult(
        made, project(stages, made, seed=settings.seed), _disruptions(stages, checked, changes, settings), settings
    )


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


def scenario_lines(result: ScenarioResult) -> list[str]:
    """Return what a person reads on the terminal."""
    totals = result.made.totals
    money = f" {result.settings.currency}".rstrip()
    now = totals.iloc[0]
    lines = [
        f"  Current plan: order {now['order_value']:,.0f}{money}, average stock aimed at {now['stock_value']:,.0f}{money}, service {_share(now['expected_service'])}."
    ]
    for each, total in zip(result.made.scenarios, totals.iloc[1:].to_dict("records"), strict=True):
        lines.append(
            f"  {each.name}: order {total['order_value']:,.0f} ({total['order_value_change']:+,.0f}), stock {total['stock_value']:,.0f} "
            f"({total['stock_value_change']:+,.0f}), service {_share(total['expected_service'])}; {total['items_changed']:,d} items change."
        )
        lines += [f"    {text}" for text in largest_changes(result.made, each.name, most=3)]
    lines += [f"  {text}" for each in result.disruptions for text in each.bridge["text"].head(5)]
    return lines


def _share(value: float) -> str:
    return "unknown" if value != value else f"{value:.1%}"


def scenario_data(result: ScenarioResult) -> dict[str, Any]:
    """Return scenarios as values that JSON can hold; unknown numbers are null, days are texts."""
    return {
        "totals": _records(result.made.totals),
        "items": _records(result.made.items()),
        "run_again": {each.name: each.rerun_in_words for each in result.made.scenarios},
        "disruptions": [
            {
                "supplier": each.supplier,
                "until": f"{each.until:%Y-%m-%d}",
                "bridge": _records(each.bridge),
            }
            for each in result.disruptions
        ],
        "current": CURRENT,
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    days = {str(name): frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime")}
    plain = frame.assign(**days).astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]
