"""Scenarios go out: as text for people, and as plain values for scripts. Their sheets are written with those of the plan."""

from __future__ import annotations

from typing import Any

import pandas as pd

from invopt_xl.core.scenarios.compare import Compared
from invopt_xl.core.scenarios.report import largest_changes
from invopt_xl.core.scenarios.scenarios import CURRENT


def scenario_lines(result: Compared) -> list[str]:
    """Return what a person reads on the terminal."""
    totals = result.made.totals
    money = f" {result.currency}".rstrip()
    now = totals.iloc[0]
    lines = [
        f"  Current plan: order {now['order_value']:,.0f}{money}, average stock aimed at {now['stock_value']:,.0f}{money}, service once it has arrived {_share(now['expected_service'])}; {now['at_risk']:,d} items at risk until then."
    ]
    for each, total in zip(result.made.scenarios, totals.iloc[1:].to_dict("records"), strict=True):
        lines.append(
            f"  {each.name}: order {total['order_value']:,.0f} ({total['order_value_change']:+,.0f}), stock {total['stock_value']:,.0f} "
            f"({total['stock_value_change']:+,.0f}), service {_share(total['expected_service'])}, {total['at_risk']:,d} at risk; "
            f"{total['items_changed']:,d} items change."
        )
        lines += [f"    {text}" for text in largest_changes(result.made, each.name, most=3)]
    lines += [f"  {text}" for each in result.disruptions for text in each.bridge["text"].head(5)]
    return [*lines, *(f"  {finding}" for finding in result.findings)]


def _share(value: float) -> str:
    return "unknown" if value != value else f"{value:.1%}"


def scenario_data(result: Compared) -> dict[str, Any]:
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
        "findings": [str(finding) for finding in result.findings],
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    days = {str(name): frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime")}
    plain = frame.assign(**days).astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]
