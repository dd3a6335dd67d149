"""What a planner types is read as the input that they mean, and a scenario with the planned value is the plan."""

from __future__ import annotations

import pytest

from invopt_xl.core.scenario import read_change, scenario, scenario_sheet
from invopt_xl.errors import InputError
from tests.hosts import planner_book


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("lead_time_days = 21", "lead_time_days", 21.0),
        ("Lead-time days=21", "lead_time_days", 21.0),
        ("service_level = 98", "service_level", 0.98),
        ("service_level = 98%", "service_level", 0.98),
        ("service_level=0,98", "service_level", 0.98),
        ("demand factor: 1.2", "demand_factor", 1.2),
        ("demand factor = 120%", "demand_factor", 1.2),
        ("on_hand = -4", "on_hand", -4.0),
        ("demand x1.2", "demand_factor", 1.2),
        ("Demand = x 1,5", "demand_factor", 1.5),
        ("demand: +20%", "demand_factor", 1.2),
        ("demand -10%", "demand_factor", 0.9),
    ],
)
def test_ways_to_write_a_change(text: str, field: str, value: float) -> None:
    assert read_change(text) == (field, pytest.approx(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21",
        "lead_time_days",
        "moq = many",
        "colour = 3",
        "service_level = 120",
        "moq = nan",
        "demand = 500",
        "demand",
    ],
)
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_change(text)


def test_the_planned_value_gives_the_planned_figures() -> None:
    plan, stages = planner_book.plan(), planner_book.plan().stages
    rows = [0, 3]
    for row in rows:
        value = float(plan.recommendations["lead_time_days"].iloc[row])
        frame = scenario(plan, stages, rows=[row], field="lead_time_days", value=value)
        assert frame["difference"].abs().max() == pytest.approx(0.0, abs=1e-4)
    frame = scenario(plan, stages, rows=rows, field="on_hand", value=0.0)
    assert frame["sku"].nunique() == len(set(plan.recommendations["sku"].iloc[rows]))
    assert (
        scenario_sheet(frame, field="on_hand", value=0.0).blocks[0].frame["figure"].tolist() == frame["figure"].tolist()
    )
