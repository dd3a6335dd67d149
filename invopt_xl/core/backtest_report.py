"""A backtest -> what people read: the comparison by segment, the conclusion in one sentence, and sheet specs. Draws nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.backtest import BASELINE, CHOSEN, NAIVE, ROUNDS, Backtest
from invopt_xl.core.contracts import ACCURACY, OutField
from invopt_xl.core.forecast.accuracy_table import ALL_SEGMENTS
from invopt_xl.core.forecast.coverage_table import COVERAGE, TOO_FEW, WITHIN
from invopt_xl.core.forecast.decision_cost import DECISION_COST
from invopt_xl.core.sheets import Alert, Block, Chart, Column, Role, Series, SheetSpec, Text

#: Quantile whose coverage is told first.
_TOLD_LEVEL = 0.95

#: Differences in cost below this are called none.
_SAME = 0.005

#: Methods of the comparison and the words for them in column names.
_COMPARED = ((CHOSEN, "chosen"), (BASELINE, "average"), (NAIVE, "naive"))

#: Measures of the comparison: what it is called, its role on a sheet, its note.
COMPARED_MEASURES: tuple[tuple[str, Role, str], ...] = (
    ("wape", "share", "Absolute errors of the total of an interval, relative to demand."),
    ("pinball", "number", "Mean loss of the quantiles, relative to how much the series usually moves."),
    ("covered", "share", "Share of intervals whose demand stayed within the 95 % quantile."),
    ("cost", "number", "Simulated cost per unit of demand: see Backtest Decisions."),
)

_WORDS = {"chosen": "chosen forecast", "average": "moving average", "naive": "seasonal naive"}


def comparison(made: Backtest) -> pd.DataFrame:
    """Return one row per segment, "all" first: intervals, and each measure of `COMPARED_MEASURES` for the chosen forecast, the moving average
    and seasonal naive, as `<measure>_<chosen|average|naive>`; NaN where it could not be measured.

    Every method is measured on the intervals on which the moving average ran as well.
    """
    decisions = made.decisions
    frame = pd.DataFrame({"segment": decisions["segment"].drop_duplicates().to_list()}, dtype="str")
    counts = decisions[decisions["model"] == CHOSEN].set_index("segment")["windows"]
    frame["intervals"] = counts.reindex(frame["segment"]).fillna(0).to_numpy(dtype=np.int64)
    sources = {
        "wape": _measured(made.accuracy, "WAPE"),
        "pinball": _measured(made.accuracy, "scaled pinball"),
        "covered": _measured(made.accuracy, f"coverage of {_TOLD_LEVEL:.0%}"),
        "cost": decisions.set_index(["model", "segment"])["cost"],
    }
    for measure, found in sources.items():
        for model, word in _COMPARED:
            wanted = pd.MultiIndex.from_product([[model], frame["segment"]])
            frame[f"{measure}_{word}"] = found.reindex(wanted).to_numpy(dtype=float)
    return frame


def _measured(accuracy: pd.DataFrame, measure: str) -> pd.Series:
    rows = accuracy[accuracy["measure"] == measure]
    return rows.set_index(["model", "segment"])["value"]


def conclusion(made: Backtest) -> str:
    """Return in one sentence what to think of the chosen forecast, also when that is nothing good."""
    rows = made.decisions[(made.decisions["segment"] == ALL_SEGMENTS) & (made.decisions["model"] == CHOSEN)]
    if rows.empty or rows["value_added"].isna().all():
        return "Nothing could be compared: no interval has an outcome and a moving average."
    added = float(rows["value_added"].iloc[0])
    rounds = made.rounds["value_added"].dropna()
    won = f"better in {int((rounds > 0).sum())} of {len(rounds)} rounds"
    if abs(added) < _SAME:
        return f"The chosen forecast has the same simulated cost as the moving average ({won})."
    if added > 0:
        return f"The chosen forecast lowers the simulated cost by {added:.0%} against the moving average ({won})."
    return f"The chosen forecast raises the simulated cost by {-added:.0%} against the moving average ({won}): stock set by the moving average would have cost less."


def coverage_said(made: Backtest) -> str:
    """Return in one sentence whether the 95 % quantile of the chosen forecast holds what it says; empty without a window."""
    table = made.coverage
    rows = table[
        (table["segment"] == ALL_SEGMENTS) & (table["model"] == CHOSEN) & np.isclose(table["nominal"], _TOLD_LEVEL)
    ]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    verdict = str(row["verdict"])
    said = f"Demand stayed within its {_TOLD_LEVEL:.0%} quantile in {row['covered']:.1%} of {int(row['windows']):,d} intervals"
    if verdict == WITHIN:
        return f"{said}: within 2 points of what it says."
    return f"{said}: {verdict}." if verdict == TOO_FEW else f"{said}: coverage is {verdict}."


def outset(made: Backtest) -> str:
    """Return in one sentence what was replayed."""
    if made.rounds.empty or not len(made.intervals):
        return f"No interval with an outcome up to {made.as_of:%Y-%m-%d}."
    first, last = made.rounds["as_of"].iloc[0], made.rounds["as_of"].iloc[-1]
    number = len(made.rounds)
    days = f"{first:%Y-%m-%d}" if number == 1 else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    series = len(made.intervals[["sku", "location"]].drop_duplicates())
    width = made.intervals["width_periods"].mean()
    return (
        f"{number} {'round' if number == 1 else 'rounds'} from sales known at {days}: {len(made.intervals):,d} intervals of "
        f"{series:,d} items x locations, {width:.1f} {made.period}s long on average."
    )


# sheets --------------------------------------------------------------------------------------------------------------------------------

#: Height of the charts [rows].
_CHART_ROWS = 18

#: Row of the first table's header on the summary sheet: below heading, sentences and its title.
_FIRST_ROW = 8

_FOOTNOTE = (
    "Each round was planned anew from what was known on its day. Segments, intervals and service targets are those of that day; items, suppliers and "
    "settings are those of today. Standing decisions (Overrides) are left out."
)


def sheet_specs(made: Backtest) -> list[SheetSpec]:
    """Return the sheets of a backtest. Their names begin with Backtest, so that they never stand in for sheets of a plan."""
    return [
        _summary(made),
        _table_sheet("Backtest Accuracy", ACCURACY, made.accuracy, (Alert("value_added", "<", 0.0, "watch"),)),
        _table_sheet(
            "Backtest Coverage",
            COVERAGE,
            made.coverage,
            (
                Alert("verdict", "==", "too low", "bad"),
                Alert("verdict", "==", "too high", "watch"),
                Alert("verdict", "==", WITHIN, "good"),
                Alert("verdict", "==", TOO_FEW, "muted"),
            ),
        ),
        _table_sheet("Backtest Decisions", DECISION_COST, made.decisions, (Alert("value_added", "<", 0.0, "watch"),)),
        _rounds(made),
    ]


def _table_sheet(
    name: str,
    fields: tuple[OutField, ...],
    frame: pd.DataFrame,
    alerts: tuple[Alert, ...],
    charts: tuple[Chart, ...] = (),
) -> SheetSpec:
    columns = tuple(Column(each.name, each.role, each.note, _WIDTHS.get(each.name)) for each in fields)
    block = Block(name.replace(" ", "_"), frame, columns, alerts=alerts)
    return SheetSpec(name, blocks=(block,), charts=charts)


#: Column widths [characters], where the role's is not right.
_WIDTHS = {"model": 30.0, "measure": 38.0, "verdict": 18.0}


def _rounds(made: Backtest) -> SheetSpec:
    chart = Chart(
        "line",
        "Demand of the intervals after each day [units]",
        "Backtest_Rounds",
        "as_of",
        (Series("demand"), Series("forecast", "good"), Series("moving_average", "watch")),
        len(made.rounds) + 4,
        1,
        8,
        _CHART_ROWS,
        "sales known up to",
        "units",
        "units",
    )
    charts = (chart,) if len(made.rounds) else ()
    return _table_sheet("Backtest Rounds", ROUNDS, made.rounds, (Alert("value_added", "<", 0.0, "watch"),), charts)


def _summary(made: Backtest) -> SheetSpec:
    segments, covered = comparison(made), _covered(made)
    data = _FIRST_ROW + len(segments) + 4
    charts_at = data + len(covered) + 3
    words = [word for _, word in _COMPARED]
    roles: dict[str, tuple[Role, str]] = {"segment": ("text", ""), "intervals": ("count", "")}
    roles |= {f"{name}_{word}": (role, note) for name, role, note in COMPARED_MEASURES for word in words}
    blocks = (
        _plain(
            "Backtest_Segments",
            segments,
            _FIRST_ROW,
            "Chosen forecast, moving average and seasonal naive by segment",
            roles,
        ),
        _plain(
            "Backtest_Covered",
            covered,
            data,
            "Share of intervals whose demand stayed within each quantile, all segments",
            {str(name): ("share", "") for name in covered.columns},
        ),
    )
    return SheetSpec(
        "Backtest",
        blocks=blocks,
        charts=_summary_charts(segments, charts_at) if len(segments) else (),
        texts=(
            Text("Backtest", 1, 1, "heading"),
            Text(conclusion(made), 2),
            Text(coverage_said(made), 3),
            Text(outset(made), 4, 1, "note"),
            Text(_FOOTNOTE, 5, 1, "note"),
        ),
        freeze=(0, 0),
        tab="good",
        printed_rows=charts_at + _CHART_ROWS,
    )


def _covered(made: Backtest) -> pd.DataFrame:
    """Return nominal coverage and that of the compared methods, over all segments."""
    rows = made.coverage[made.coverage["segment"] == ALL_SEGMENTS]
    table = rows.pivot_table(index="nominal", columns="model", values="covered")
    table = table.reindex(columns=[model for model, _ in _COMPARED]).set_axis([word for _, word in _COMPARED], axis=1)
    return table.rename_axis("stated").reset_index().astype("float64")


def _plain(name: str, frame: pd.DataFrame, row: int, title: str, roles: dict[str, tuple[Role, str]]) -> Block:
    columns = tuple(Column(each, role, note, 12) for each, (role, note) in roles.items())
    return Block(name, frame, columns, row=row, title=title, is_table=False)


def _summary_charts(segments: pd.DataFrame, row: int) -> tuple[Chart, ...]:
    def by_segment(measure: str, title: str, value_title: str, role: Role, column: int, width: int) -> Chart:
        series = tuple(
            Series(f"{measure}_{word}") for _, word in _COMPARED if segments[f"{measure}_{word}"].notna().any()
        )
        return Chart(
            "column",
            title,
            "Backtest_Segments",
            "segment",
            series,
            row,
            column,
            width,
            _CHART_ROWS,
            "",
            value_title,
            role,
        )

    return (
        by_segment("cost", "Simulated cost by segment", "cost per unit of demand", "number", 1, 7),
        by_segment("wape", "Forecast error (WAPE) by segment", "share of demand", "share", 8, 6),
    )
