"""Results -> sheet specs: which sheets a plan becomes, what each column is, what is coloured, what a chart shows. Draws nothing."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.change.report import basis_sheet, change_sheet, no_change_sheet
from invopt_xl.core.contracts import (
    ACCURACY,
    DATA_CHECK,
    DECISIONS,
    EXCEPTIONS,
    EXPLANATIONS,
    FORECAST,
    LIMITS,
    ORDERS,
    PLANNER_COLUMNS,
    PRIORITIES,
    RECOMMENDATION_KEY,
    RECOMMENDATIONS,
)
from invopt_xl.core.findings import SEVERITIES
from invopt_xl.core.plan import Plan
from invopt_xl.core.scenarios.report import no_scenarios
from invopt_xl.core.scenarios.report import sheet_specs as scenario_sheets
from invopt_xl.core.sheets import Alert, Block, Chart, Choice, Column, Role, Series, SheetSpec, Text
from invopt_xl.core.table_sheet import SEVERITY_ALERTS, columns, table_sheet

_RECOMMENDATION_ALERTS = (
    Alert("order_quantity", ">", 0.0, "good"),
    Alert("stockout_risk", ">", 0.5, "bad"),
    Alert("stockout_risk", ">", 0.2, "watch"),
    Alert("decision", "in", ("Reject",), "muted"),
    Alert("order_value", "bar"),
)

_RECOMMENDATION_CHOICES = (
    Choice(
        "decision",
        allowed=DECISIONS,
        title="Your decision",
        message="Approve, Change (and give your quantity) or Reject. Kept at every refresh.",
    ),
    Choice(
        "planner_quantity",
        minimum=0,
        title="Your quantity",
        message="With Change: units to order instead of the recommended quantity, 0 or more. With Approve: the quantity that was approved.",
    ),
)


#: Column widths of the dashboard [characters], where 14 is not right.
_WIDTHS = {"figure": 44, "supplier": 22, "exception": 22, "abc": 10, "lines": 8, "count": 8}
#: Suppliers listed on the dashboard, those with most receipts.
_MOST_SUPPLIERS = 40
#: Rows kept free for the dashboard's tables, so that one that grows in the open workbook does not slip under a chart.
_LEAST_ROWS = 13
#: Height of the dashboard's charts [rows].
_CHART_ROWS = 18


def sheet_specs(plan: Plan) -> list[SheetSpec]:
    """Return the sheets of a plan, in the order in which a planner reads them."""
    sheets = [
        dashboard(plan),
        table_sheet(
            "Recommendations",
            RECOMMENDATIONS,
            plan.recommendations,
            freeze=(1, 2),
            key=RECOMMENDATION_KEY,
            kept=PLANNER_COLUMNS,
            alerts=_RECOMMENDATION_ALERTS,
            choices=_RECOMMENDATION_CHOICES,
            tab="good",
        ),
        table_sheet(
            "Exceptions",
            EXCEPTIONS,
            plan.exceptions,
            freeze=(1, 2),
            key=("sku", "location", "code"),
            alerts=SEVERITY_ALERTS,
            tab="bad",
        ),
        table_sheet("Orders", ORDERS, plan.orders, key=("supplier", "sku", "location"), tab="good"),
        _priorities(plan),
        _limits(plan),
        table_sheet("Forecast", FORECAST, plan.forecast, freeze=(1, 2)),
        table_sheet(
            "Explanations", EXPLANATIONS, plan.explanations, freeze=(1, 2), alerts=(Alert("share_units", "bar"),)
        ),
        table_sheet("Accuracy", ACCURACY, plan.accuracy, alerts=(Alert("value_added", "<", 0.0, "watch"),)),
        table_sheet("Data Check", DATA_CHECK, plan.findings, alerts=SEVERITY_ALERTS, tab="watch"),
    ]
    sheets += no_scenarios(plan.as_of) if plan.scenarios is None else scenario_sheets(plan.scenarios)
    sheets.append(no_change_sheet() if plan.changed is None else change_sheet(plan.changed))
    if plan.basis is not None:
        sheets.append(basis_sheet(plan.basis))
    return sheets


def _priorities(plan: Plan) -> SheetSpec:
    """Return the sheet that says what more money would buy."""
    money = f" {plan.currency}".rstrip()
    title = f"What the next {plan.settings.next_money:,.0f}{money} would buy beyond the orders of this plan"
    block = Block("Priorities", plan.priorities, columns(PRIORITIES), row=4, title=title)
    return SheetSpec(
        "Priorities", blocks=(block,), texts=(Text("Priorities", 1, 1, "heading"),), freeze=(4, 3), tab="good"
    )


def _limits(plan: Plan) -> SheetSpec:
    """Return the sheet that says which limits bind and what they cost, also when none does: last week's must not stay."""
    frame = plan.limits
    if frame.empty:
        none = {"kind": "none", "sentence": "No limit changes an order of this plan."}
        frame = pd.DataFrame([none]).reindex(columns=[each.name for each in LIMITS])
        frame = frame.astype({each.name: "float64" for each in LIMITS if each.role == "number"})
    return table_sheet("Limits", LIMITS, frame, freeze=(1, 2), tab="good")


def dashboard(plan: Plan) -> SheetSpec:
    """Return the sheet that a manager reads: figures on the left, what to act on as charts beside them."""
    money = f" [{plan.currency}]" if plan.currency else ""
    figures = _figures(plan, money)
    demand = f"Demand at selling price per {plan.period}{money}"
    if not plan.summary["prices_known"]:
        demand = f"Demand per {plan.period} [units]"
    suppliers = _orders_by_supplier(plan.orders)
    classes = plan.stock_by_class
    exceptions = _exceptions_by_code(plan.exceptions)
    below = 5 + max(_LEAST_ROWS, *(len(frame) for frame in (figures, suppliers, classes, exceptions))) + 1
    data = below + _CHART_ROWS + 2
    blocks = (
        _block("Figures", figures, 4, 1, "In short", figure="text", value="units"),
        _block(
            "Orders_by_supplier",
            suppliers,
            4,
            4,
            "Orders by supplier",
            supplier="text",
            lines="count",
            order_value="money",
        ),
        _block(
            "Stock_by_class",
            classes,
            4,
            8,
            "Stock against target by ABC class",
            abc="text",
            stock_value="money",
            target_value="money",
        ),
        _block(
            "Exceptions_by_code",
            exceptions,
            4,
            12,
            "What needs a look",
            exception="text",
            count="count",
            money_at_stake="money",
        ),
        _block(
            "Demand_by_period",
            plan.totals,
            data,
            1,
            f"{demand}: the figures of the chart",
            period_start="date",
            sold="money",
            expected="money",
        ),
        _block(
            "Supplier_lead_times",
            plan.supplier_lead_times.head(_MOST_SUPPLIERS),
            data,
            4,
            "Lead times of suppliers: agreed and actual [days]",
            supplier="text",
            receipts="count",
            agreed_days="days",
            mean_days="days",
            sd_days="days",
            on_time_share="share",
            mean_delay_days="days",
        ),
    )
    charts = (
        Chart(
            "line",
            demand,
            "Demand_by_period",
            "period_start",
            (Series("sold"), Series("expected", "watch")),
            below,
            1,
            3,
            _CHART_ROWS,
            "",
            f"value{money}" if plan.summary["prices_known"] else "units",
            "money",
        ),
        Chart(
            "bar",
            f"Value to order by supplier{money}",
            "Orders_by_supplier",
            "supplier",
            (Series("order_value"),),
            below,
            4,
            4,
            _CHART_ROWS,
            "",
            f"order value{money}",
            "money",
        ),
        Chart(
            "column",
            f"Stock value against target{money}",
            "Stock_by_class",
            "abc",
            (Series("stock_value"), Series("target_value")),
            below,
            8,
            4,
            _CHART_ROWS,
            "ABC class",
            f"value{money}",
            "money",
        ),
        Chart(
            "bar",
            "Exceptions by kind",
            "Exceptions_by_code",
            "exception",
            (Series("count", "watch"),),
            below,
            12,
            3,
            _CHART_ROWS,
            "",
            "number of items",
            "count",
        ),
    )
    texts = (
        Text("Inventory plan", 1, 1, "heading"),
        Text(
            _subtitle(plan, money),
            2,
            1,
            "note",
        ),
    )
    return SheetSpec(
        "Dashboard", blocks=blocks, charts=charts, texts=texts, freeze=(0, 0), tab="good", printed_rows=data - 2
    )


def _block(name: str, frame: pd.DataFrame, row: int, column: int, title: str, **roles: Role) -> Block:
    return Block(
        name,
        frame,
        tuple(Column(n, role, width=_WIDTHS.get(n, 14)) for n, role in roles.items()),
        row=row,
        column=column,
        title=title,
        is_table=False,
    )


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value)


def _subtitle(plan: Plan, money: str) -> str:
    said = f"Planned on sales up to {plan.as_of:%d %B %Y}. Amounts{money} at unit cost unless named otherwise."
    if not plan.summary["stock_known"]:
        return f"{said} No stock figure was found, so nothing can be ordered: add a sheet Stock with sku and on_hand."
    service = plan.summary["expected_service"]
    return (
        said
        if service is None
        else f"{said} Service expected once these orders have arrived, weighted by demand value: {service:.1%}."
    )


def _figures(plan: Plan, money: str) -> pd.DataFrame:
    s = plan.summary
    rows = [
        ("Items x locations planned", s["series"]),
        ("Lines to order", s["order_lines"]),
        (f"Value to order{money}", _whole(s["order_value"])),
        (f"Stock value{money}", _whole(s["stock_value"])),
        (f"Excess and dead stock{money}", _whole(s["excess_value"])),
        ("Stocked out", s["stocked_out"]),
        ("Will stock out even if ordered today", s["will_stock_out"]),
        ("Exceptions: act now", s["exceptions_error"]),
        ("Exceptions: look this week", s["exceptions_warning"]),
        ("Data findings: rows kept out", s["rows_kept_out"]),
    ]
    return pd.DataFrame(rows, columns=["figure", "value"])


def _orders_by_supplier(orders: pd.DataFrame) -> pd.DataFrame:
    named = orders.assign(supplier=orders["supplier"].replace("", "(no supplier)"))
    grouped = named.groupby("supplier").agg(lines=("sku", "size"), order_value=("value", _sum)).reset_index()
    return grouped.sort_values("order_value", ascending=False, kind="stable").head(12).reset_index(drop=True)


def _sum(values: pd.Series) -> float:
    """Return the sum of the known values; NaN where none is, since 0 would read as no money."""
    return float(values.sum(min_count=1))


def _exceptions_by_code(exceptions: pd.DataFrame) -> pd.DataFrame:
    ranked = exceptions.assign(rank=exceptions["severity"].map({name: n for n, name in enumerate(SEVERITIES)}))
    grouped = (
        ranked.groupby("code")
        .agg(rank=("rank", "min"), count=("sku", "size"), money_at_stake=("money_at_stake", _sum))
        .reset_index()
    )
    grouped = grouped.sort_values(["rank", "count"], ascending=[True, False], kind="stable")
    return grouped.rename(columns={"code": "exception"})[["exception", "count", "money_at_stake"]].reset_index(
        drop=True
    )
