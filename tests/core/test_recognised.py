"""The plan says on its Data Check sheet what each sheet and column was taken for."""

from __future__ import annotations

import invopt_xl as iv
from tests.small_world import plan_of, world


def test_each_sheet_is_listed_with_the_headers_that_differ() -> None:
    tables = world({"A": 20})
    tables["Sales"] = tables["Sales"].rename(columns={"quantity": "Qty sold", "sku": "Item no."})
    tables["Demand 2025"] = tables.pop("Sales")
    found = plan_of(tables).findings
    said = found[found["text"].str.startswith("read as")].set_index("table")
    assert "quantity from Qty sold" in said.loc["Sales", "text"]
    assert "sku from Item no." in said.loc["Sales", "text"]
    assert "date from" not in said.loc["Sales", "text"]
    assert said.loc["Stock", "text"].endswith("all columns by their own names.")
    assert set(said["severity"]) == {"info"}


def test_information_is_not_counted_as_a_finding_of_the_run() -> None:
    plan = plan_of(world({"A": 20}))
    assert plan.summary["findings"] == int((plan.findings["severity"] != "info").sum())
    assert isinstance(plan, iv.Plan)
