"""Findings of joint orders: what binds, what cannot be kept, what was left as it is."""

from __future__ import annotations

from invopt_xl.core.findings import Finding
from invopt_xl.core.replenish.joint.joint import JointOrders

#: Sentences about limits that bind; the rest stays in the table.
_MOST_SENTENCES = 10


def said_of(found: JointOrders, *, unknown_cost: int, unknown_volume: int) -> tuple[Finding, ...]:
    """Return what a planner should know about the joint orders.

    Parameters
    ----------
    found : JointOrders
    unknown_cost : int
        Lines without a unit cost, which stay as the policy ordered them.
    unknown_volume : int
        Lines without a volume although containers or storage count them.
    """
    said = []
    if found.conflict:
        text = "These cannot all be kept: " + "; ".join(found.conflict) + "."
        way = "Planned with " + "; ".join(found.given_way) + "."
        said.append(Finding("warning", "Suppliers", "Orders under limits", text, way + " Change one of them."))
    if unknown_cost:
        said.append(
            Finding(
                "warning",
                "Items",
                "Orders under limits",
                f"{unknown_cost} orders have no unit cost: they were not changed and count as nothing in budgets and minimum values.",
                "Enter the unit cost on the Items sheet.",
            )
        )
    if unknown_volume:
        said.append(
            Finding(
                "warning",
                "Items",
                "Orders under limits",
                f"{unknown_volume} items have no unit volume: they count as nothing in containers and storage.",
                "Enter the unit volume on the Items sheet.",
            )
        )
    said.extend(
        Finding("info", "Suppliers", "Orders under limits", str(text), "")
        for text in found.limits["sentence"].head(_MOST_SENTENCES)
    )
    if found.moves:
        text = (
            "The limits were planned together: no other plan has an expected cost lower by more than "
            f"{max(found.total_cost - found.bound, 0.0):,.2f} ({found.gap:.2%})."
        )
        said.append(Finding("info", "", "Orders under limits", text, ""))
    return tuple(said)
