"""Simulated decisions -> what people read: what to conclude, where the planner's rule is better, and sheet specs. Draws nothing."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import OutField
from invopt_xl.core.decision_backtest.comparison import (
    ALL,
    COSTS,
    CURVES,
    EQUAL_SERVICE,
    FEWEST_JUDGED,
    GROUP_FILL,
    PLAN_BETTER,
    POINTS,
    RULE_BETTER,
    SERVICE_KEPT,
    TOO_FEW,
)
from invopt_xl.core.decision_backtest.curves import Curve
from invopt_xl.core.decision_backtest.rules import FORESIGHT, FROZEN_PLAN, PLAN, PLAN_FILL, SMOOTHING, TUNED
from invopt_xl.core.decision_backtest.simulate_decisions import DecisionBacktest
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Role, Series, SheetSpec, Text

#: Fill rates of the chart of stock against service.
_SHOWN_FILLS = (0.80, 0.85, 0.90, 0.93, 0.95, 0.96, 0.97, 0.98, 0.99)

#: Groups that are listed in a sentence at most.
_MOST_LISTED = 6


@dataclass(frozen=True)
class Where:
    """Groups of items in which the tuned planner's rule needs less stock than the plan: clearly, or within chance."""

    clearly: pd.DataFrame
    perhaps: pd.DataFrame


def conclusions(made: DecisionBacktest) -> list[str]:
    """Return what to think of the plan in a few sentences, also when that is nothing good."""
    return [
        each
        for each in (
            _stock_said(made),
            _stockouts_said(made),
            _cost_said(made),
            rule_better_said(made),
            _kept_said(made),
        )
        if each
    ]


def _row(made: DecisionBacktest, *, group: str = ALL) -> pd.Series | None:
    table = made.equal_service
    rows = table[
        (table["group"] == group)
        & (table["rule"] == TUNED)
        & (table["fill_of"] == "units")
        & np.isclose(table["fill_rate"], GROUP_FILL)
    ]
    return None if rows.empty or np.isnan(rows["less_stock"].iloc[0]) else rows.iloc[0]


def _stock_said(made: DecisionBacktest) -> str:
    row = _row(made)
    rule = (
        f"the planner's rule with its window ({made.tuned_window_periods} {made.period}s) and z tuned on earlier data"
    )
    if row is None:
        return f"The plan and {rule} do not both reach {GROUP_FILL:.0%} of units served at once: their stock cannot be compared there."
    less = float(row["less_stock"])
    between = _between(row["less_stock_low"], row["less_stock_high"])
    start = f"To serve {GROUP_FILL:.0%} of units at once, the plan needs {abs(less):.0%} {'less' if less >= 0 else 'more'} stock than {rule}"
    if row["verdict"] == TOO_FEW:
        return f"{start}. These are {row['items']} items: too few to conclude anything."
    clear = row["verdict"] in (PLAN_BETTER, RULE_BETTER)
    return f"{start}{between}." if clear else f"{start}{between}: within chance, so neither is shown to be better."


def _stockouts_said(made: DecisionBacktest) -> str:
    row = _row(made)
    if row is None or np.isnan(row["fewer_stockouts"]):
        return ""
    fewer = float(row["fewer_stockouts"])
    between = _between(row["fewer_stockouts_low"], row["fewer_stockouts_high"], less="fewer")
    return f"With the same stock as that rule, the plan has {abs(fewer):.0%} {'fewer' if fewer >= 0 else 'more'} stock-outs{between}."


def _cost_said(made: DecisionBacktest) -> str:
    rows = made.costs[(made.costs["group"] == ALL) & (made.costs["rule"] == TUNED)]
    if rows.empty or np.isnan(rows["saved"].iloc[0]):
        return ""
    row = rows.iloc[0]
    saved = float(row["saved"])
    between = _between(row["saved_low"], row["saved_high"])
    chance = "" if row["verdict"] in (PLAN_BETTER, RULE_BETTER) else ": within chance"
    return f"As both would be run, the plan costs {abs(saved):.0%} {'less' if saved >= 0 else 'more'}{between}{chance}."


def _kept_said(made: DecisionBacktest) -> str:
    said = [
        f"Asked for {asked:.1%} {measure} service, the plan kept {kept:.1%} over all items."
        for measure, asked, kept in made.service.loc[
            made.service["group"] == ALL, ["measure", "asked", "achieved"]
        ].itertuples(index=False)
    ]
    return " ".join(said)


def _between(low: float, high: float, *, less: str = "less") -> str:
    """Return an interval of savings in words; empty where it is unknown.

    >>> _between(-0.04, 0.18)
    ' (95% interval: 4% more to 18% less)'
    """
    if np.isnan(low) or np.isnan(high):
        return ""
    ends = [f"{abs(end):.0%} {less if end >= 0 else 'more'}" for end in (low, high)]
    return f" (95% interval: {ends[0]} to {ends[1]})"


def where_the_rule_is_better(made: DecisionBacktest) -> Where:
    """Return the segments and demand classes of some size in which the tuned rule needs less stock at the same service, the largest difference first."""
    table = made.equal_service
    known = set(made.items["segment"]) | set(made.items["demand_class"])
    rows = table[
        (table["rule"] == TUNED)
        & (table["fill_of"] == "units")
        & np.isclose(table["fill_rate"], GROUP_FILL)
        & table["group"].isin(known)
        & (table["items"] >= FEWEST_JUDGED)
        & (table["less_stock"] < 0)
    ].sort_values("less_stock", kind="stable")
    clear = rows["verdict"] == RULE_BETTER
    return Where(rows[clear], rows[~clear])


def rule_better_said(made: DecisionBacktest) -> str:
    """Return in plain words where the planner's rule is better."""
    where = where_the_rule_is_better(made)
    if where.clearly.empty and where.perhaps.empty:
        return f"In no segment and no demand class of {FEWEST_JUDGED} items or more does the planner's rule need less stock for the same service."
    said = []
    if len(where.clearly):
        said.append(f"The planner's rule is better for {_listed(where.clearly)}.")
    if len(where.perhaps):
        said.append(f"It is ahead, but within chance, for {_listed(where.perhaps)}.")
    if where.clearly.empty:
        said[0] = said[0].replace("It is ahead", "The planner's rule is ahead")
    return " ".join(said)


def _listed(rows: pd.DataFrame) -> str:
    shown = [
        f"{group} ({items:,d} {'item' if items == 1 else 'items'}; the plan needs {-less:.0%} more stock)"
        for group, items, less in rows[["group", "items", "less_stock"]].head(_MOST_LISTED).itertuples(index=False)
    ]
    more = len(rows) - _MOST_LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def outset(made: DecisionBacktest) -> str:
    """Return in one sentence what was simulated."""
    first, last = made.rounds["as_of"].iloc[0], made.rounds["as_of"].iloc[-1]
    number = len(made.rounds)
    days = f"{first:%Y-%m-%d}" if number == 1 else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    unmet = "lost" if made.lost_sales else "delivered later"
    shared = f", shared by the orders of {made.lead_hold_periods:g} {made.period}s" if made.lead_hold_periods else ""
    overtake = (
        "overtake as receipts show"
        if made.crossover is None
        else "may overtake"
        if made.crossover
        else "never overtake"
    )
    drawn = f"{made.replications} runs with drawn lead times{shared}; later orders {overtake}"
    runs = "1 run" if made.replications == 1 else drawn
    return (
        f"{len(made.items):,d} items x locations, planned anew in {number} {'round' if number == 1 else 'rounds'} ({days}) and simulated over "
        f"{made.simulated_periods} {made.period}s that followed; unmet demand is {unmet}; {runs}."
    )


def stock_by_service(made: DecisionBacktest) -> pd.DataFrame:
    """Return the stock value that each rule needs for a row of fill rates, a column per rule; NaN where its curve does not reach."""
    frame = pd.DataFrame({"fill_rate": _SHOWN_FILLS})
    for name, rows in made.curves.groupby("rule", sort=False):
        fill, value, stockouts = (
            rows[column].to_numpy(dtype=float)[None, :] for column in ("fill_rate", "average_value", "stockouts")
        )
        one = Curve(fill, value, stockouts)
        read = one.at_least if name == FORESIGHT else one.at_fill
        frame[str(name)] = [float(read(each)[0][0]) for each in _SHOWN_FILLS]
    return frame


def by_segment(made: DecisionBacktest) -> pd.DataFrame:
    """Return what the plan saves against the tuned rule per segment: items, less_stock with its interval, saved cost, verdict."""
    table = made.equal_service
    rows = table[
        (table["rule"] == TUNED)
        & (table["fill_of"] == "units")
        & np.isclose(table["fill_rate"], GROUP_FILL)
        & table["group"].isin([ALL, *made.items["segment"].unique()])
    ]
    cost = made.costs[made.costs["rule"] == TUNED].set_index("group")["saved"]
    columns = ["group", "items", "less_stock", "less_stock_low", "less_stock_high", "fewer_stockouts", "verdict"]
    frame = rows[columns].reset_index(drop=True)
    frame.insert(6, "less_cost", cost.reindex(frame["group"]).to_numpy(dtype=float))
    return frame


# sheets --------------------------------------------------------------------------------------------------------------------------------

#: Height of the charts [rows].
_CHART_ROWS = 20
#: Letters of a line of text on the summary.
_LINE_LETTERS = 150
#: Column widths [characters], where the role's is not right.
_WIDTHS = {"rule": 26.0, "group": 18.0, "verdict": 20.0}
#: What a verdict looks like.
_VERDICTS = (
    Alert("verdict", "==", PLAN_BETTER, "good"),
    Alert("verdict", "==", RULE_BETTER, "bad"),
    Alert("verdict", "==", TOO_FEW, "muted"),
)

ITEM_COLUMNS: tuple[OutField, ...] = (
    OutField("sku", "key", "Item number."),
    OutField("location", "key", "Location."),
    OutField("abc", "text", "Value class on the first day."),
    OutField("segment", "text", "Value and steadiness on the first day."),
    OutField("demand_class", "text", "Demand class on the first day."),
    OutField("unit_cost", "money", "What a unit counts."),
    OutField("service_target", "share", "Its own service target."),
    OutField("demand", "units", "Units wanted in the simulated periods."),
    OutField("plan_fill_rate", "share", "Share of units delivered at once with the plan."),
    OutField("plan_average_value", "money", "Mean stock on hand at unit cost with the plan."),
    OutField("plan_stockouts", "number", "Stock-outs with the plan."),
    OutField("plan_cost", "money", "Cost with the plan."),
    OutField("rule_fill_rate", "share", "Share of units delivered at once with the tuned planner's rule."),
    OutField("rule_average_value", "money", "Mean stock on hand at unit cost with the tuned planner's rule."),
    OutField("rule_stockouts", "number", "Stock-outs with the tuned planner's rule."),
    OutField("rule_cost", "money", "Cost with the tuned planner's rule."),
)

ROUND_COLUMNS: tuple[OutField, ...] = (
    OutField("as_of", "date", "Day up to which sales were known."),
    OutField("from_period", "date", "First day of the first period in which its levels held."),
    OutField("to_period", "date", "First day of the last one."),
    OutField("series", "count", "Items x locations that were planned."),
)

_FOOTNOTES = (
    "Every rule meets the same demand, lead times, minimum orders and packs. Fill rate: share of units delivered at once. Intervals: items drawn with "
    "replacement.",
    "Planner's rule: mean and sd of the last weeks or months; reorder point = mean x (lead time + review) + z x sd x root of (lead time + review); "
    "maximum = reorder point + minimum order.",
)


def sheet_specs(made: DecisionBacktest) -> list[SheetSpec]:
    """Return the sheets. Their names begin with Simulation, so that they never stand in for sheets of a plan."""
    return [
        _summary(made),
        _table_sheet("Simulation Service", EQUAL_SERVICE, made.equal_service, _VERDICTS),
        _table_sheet("Simulation Costs", COSTS, made.costs, _VERDICTS),
        _table_sheet("Simulation Curves", CURVES, made.curves, ()),
        _table_sheet("Simulation Items", ITEM_COLUMNS, made.items, (Alert("plan_stockouts", "bar"),)),
        _table_sheet("Simulation Rounds", ROUND_COLUMNS, made.rounds, ()),
    ]


def _table_sheet(name: str, fields: tuple[OutField, ...], frame: pd.DataFrame, alerts: tuple[Alert, ...]) -> SheetSpec:
    columns = tuple(Column(each.name, each.role, each.note, _WIDTHS.get(each.name)) for each in fields)
    shown = frame[[each.name for each in fields]]
    return SheetSpec(name, blocks=(Block(name.replace(" ", "_"), shown, columns, alerts=alerts),))


def _summary(made: DecisionBacktest) -> SheetSpec:
    said = [line for each in conclusions(made) for line in _broken(each)]
    lines = [Text("Simulated decisions", 1, 1, "heading"), *(Text(each, 2 + at) for at, each in enumerate(said))]
    below = 2 + len(said)
    notes = [line for each in (outset(made), *_FOOTNOTES) for line in _broken(each)]
    lines += [Text(each, below + at, 1, "note") for at, each in enumerate(notes)]
    charts_at = below + len(notes) + 1
    first = charts_at + _CHART_ROWS + 2
    stock, segments = stock_by_service(made), by_segment(made)
    shown_points = made.points
    second = first + len(stock) + 3
    third = second + len(segments) + 3
    fourth = third + len(shown_points) + 3
    rules = [str(name) for name in stock.columns[1:]]
    blocks = (
        _plain(
            "Simulation_Stock",
            stock,
            first,
            "Mean stock (at unit cost) that each rule needs to serve so many units at once",
            {"fill_rate": "share", **dict.fromkeys(rules, "money")},
        ),
        _plain(
            "Simulation_Segments",
            segments,
            second,
            f"What the plan saves against the tuned planner's rule at {GROUP_FILL:.0%} of units served at once, by segment; negative: the rule is better",
            {
                "group": "text",
                "items": "count",
                **dict.fromkeys(
                    ["less_stock", "less_stock_low", "less_stock_high", "fewer_stockouts", "less_cost"], "share"
                ),
                "verdict": "text",
            },
            _VERDICTS,
        ),
        _plain(
            "Simulation_Rules",
            shown_points,
            third,
            "Every rule as it would be run, each item at its own service target",
            {each.name: each.role for each in POINTS},
        ),
        _plain(
            "Simulation_Kept",
            made.service,
            fourth,
            "Service that the plan was asked for and kept, by ABC class",
            {each.name: each.role for each in SERVICE_KEPT},
        ),
    )
    return SheetSpec(
        "Simulation",
        blocks=blocks,
        charts=_charts(stock, segments, charts_at),
        texts=tuple(lines),
        freeze=(0, 0),
        tab="good",
        printed_rows=fourth + len(made.service),
    )


def _broken(text: str) -> list[str]:
    """Return a text in lines that the sheet is wide enough for."""
    return textwrap.wrap(text, _LINE_LETTERS, subsequent_indent="   ", break_on_hyphens=False)


def _plain(
    name: str, frame: pd.DataFrame, row: int, title: str, roles: dict[str, Role], alerts: tuple[Alert, ...] = ()
) -> Block:
    notes = {each.name: each.note for each in (*POINTS, *SERVICE_KEPT, *EQUAL_SERVICE)}
    columns = tuple(
        Column(each, role, notes.get(each, ""), 26.0 if at == 0 else 13.0)
        for at, (each, role) in enumerate(roles.items())
    )
    return Block(name, frame, columns, row=row, title=title, is_table=False, alerts=alerts)


def _charts(stock: pd.DataFrame, segments: pd.DataFrame, row: int) -> tuple[Chart, ...]:
    tones = {PLAN: "good", TUNED: "bad", FORESIGHT: "muted"}
    # the plan's variants and smoothing lie too close to be told apart in a picture: they are in the table below
    left_out = (PLAN_FILL, FROZEN_PLAN, SMOOTHING)
    drawn = [str(name) for name in stock.columns[1:] if name not in left_out and stock[name].notna().any()]
    found = [
        Chart(
            "line",
            "Stock that each rule needs for the same service",
            "Simulation_Stock",
            "fill_rate",
            tuple(Series(name, tones.get(name)) for name in drawn),  # type: ignore[arg-type]
            row,
            1,
            6,
            _CHART_ROWS,
            "units served at once",
            "mean stock at unit cost",
            "money",
        )
    ]
    if segments["less_stock"].notna().any():
        found.append(
            Chart(
                "column",
                "Stock the plan saves against the tuned planner's rule, by segment",
                "Simulation_Segments",
                "group",
                (Series("less_stock", "good"),),
                row,
                7,
                5,
                _CHART_ROWS,
                "",
                "less stock at the same service",
                "share",
            )
        )
    return tuple(found)
