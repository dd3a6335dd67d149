"""Check data and Refresh: what the open workbook holds is read, computed aside, and written to our sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from invopt_xl.adapters.kept_models import plan_with_kept_models
from invopt_xl.adapters.live_sheets import check_writable, write_live
from invopt_xl.adapters.plan_cache import PLANS
from invopt_xl.adapters.reading import read_tables
from invopt_xl.adapters.ribbon_replies import counted, done, listed, tell, warn
from invopt_xl.adapters.ribbon_session import JOBS, written
from invopt_xl.adapters.selected_items import ITEM_SHEETS, Item, own_table, selected_items
from invopt_xl.adapters.xlwings_book import XlwingsBook
from invopt_xl.adapters.xlwings_host import find_book, is_read_only
from invopt_xl.core.change.report import BASIS_SHEET
from invopt_xl.core.checks import check
from invopt_xl.core.contracts import DEFAULT_LOCATION
from invopt_xl.core.data_check_sheet import data_check_sheet
from invopt_xl.core.findings import Finding, findings_frame
from invopt_xl.core.partial_refresh import partly_refreshed
from invopt_xl.core.plan import Plan
from invopt_xl.core.recognised import recognised_findings
from invopt_xl.core.report import sheet_specs
from invopt_xl.core.settings_sheet import settings_of
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError
from invopt_xl.pipeline import STAGES, plan

Told = Callable[[str], None]

#: Sheets with one row per item; a refresh of some items leaves the others alone.
_PLAN_SHEETS = ("Dashboard", *ITEM_SHEETS, "Accuracy", "Data Check")
_READ_ONLY = "The workbook was opened read-only: save it under another name to keep this."


def check_data(book: str) -> str:
    """Look through the input sheets and write what was found to the sheet Data Check."""
    live = find_book(book)
    check_writable(live, ["Data Check"])
    source = XlwingsBook(live)

    def compute(told: Told) -> tuple[pd.DataFrame, str]:
        told("reading the sheets")
        tables = read_tables(source)
        told("checking")
        settings, said = settings_of(tables, None)
        try:
            checked = check(tables, settings=settings)
        except InputError as error:
            return findings_frame([*said, *tables.findings, *recognised_findings(tables.recognised)]), str(error)
        return findings_frame([*said, *checked.findings, *recognised_findings(tables.recognised)]), ""

    def finish(found: tuple[pd.DataFrame, str]) -> str:
        findings, stopped_by = found
        now = find_book(book)
        written(now, "Check data", lambda point: write_live(now, [data_check_sheet(findings)], point))
        return _checked(findings, stopped_by)

    return JOBS.start(book, compute, finish)


def _checked(findings: pd.DataFrame, stopped_by: str) -> str:
    errors, warnings = (findings[findings["severity"] == each] for each in ("error", "warning"))
    if stopped_by:
        return warn("This workbook cannot be planned yet.", stopped_by)
    if not len(errors) and not len(warnings):
        return done("Nothing to correct in the data. Sheet Data Check says what was recognised.")
    found = [f"{counted(len(errors), 'error')} (rows were left out)"] if len(errors) else []
    found += [counted(len(warnings), "warning")] if len(warnings) else []
    said = f"{' and '.join(found)} in the data; sheet Data Check lists them with what to do."
    worst = [f"{place}: {text}" if place else text for place, text in zip(errors["place"], errors["text"], strict=True)]
    return warn(said, *listed(worst)) if len(errors) else tell(said)


def refresh(book: str) -> str:
    """Plan the whole workbook and write our sheets."""
    live = find_book(book)
    check_writable(live, _PLAN_SHEETS)
    return _start(book, XlwingsBook(live), previous=_previous(live), basis=_basis(live))


def refresh_selection(book: str, sheet: str, cells: str) -> str:
    """Plan again, and write the selected items only."""
    live = find_book(book)
    items = selected_items(live, sheet, cells)
    check_writable(live, list(ITEM_SHEETS))
    before = {}
    for name, attribute in ITEM_SHEETS.items():
        table = own_table(live, name)
        if table is not None:
            before[attribute] = _with_location(table.frame)
    return _start(book, XlwingsBook(live), previous=_previous(live), basis=_basis(live), items=items, before=before)


def _with_location(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if "location" in frame else frame.assign(location=DEFAULT_LOCATION)


def _previous(live: Any) -> pd.DataFrame | None:
    """Return the recommendations as they stand, with the planner's decisions, for the plan to follow."""
    table = own_table(live, "Recommendations")
    if table is None:
        return None
    frame = _with_location(table.frame).reset_index(drop=True)
    return frame.assign(sku=[item for item, _ in table.items], location=frame["location"].astype("str"))


def _basis(live: Any) -> pd.DataFrame | None:
    """Return the inputs of its orders that the last plan kept in the workbook."""
    table = own_table(live, BASIS_SHEET, attribute="basis")
    if table is None:
        return None
    skus, places = zip(*table.items, strict=True) if len(table.frame) else ((), ())
    return table.frame.reset_index(drop=True).assign(sku=list(skus), location=list(places))


def _start(
    book: str,
    source: XlwingsBook,
    *,
    previous: pd.DataFrame | None,
    basis: pd.DataFrame | None,
    items: list[Item] | None = None,
    before: dict[str, pd.DataFrame] | None = None,
) -> str:
    def compute(told: Told) -> tuple[Plan, Tables]:
        told("reading the sheets")
        tables = read_tables(source)

        def stage(name: str) -> None:
            told(f"{name} (step {STAGES.index(name) + 1} of {len(STAGES)})")

        def make(learned: Mapping[str, Any] | None) -> Plan:
            return plan(tables, previous=previous, previous_basis=basis, learned=learned, progress=stage)

        made = plan_with_kept_models(make, tables, book=source.full_name)
        told("writing the sheets")
        return (made if items is None else partly_refreshed(made, before or {}, items)), tables

    def finish(made: tuple[Plan, Tables]) -> str:
        now, (new, tables) = find_book(book), made
        specs = sheet_specs(new)
        if items is not None:
            specs = [each for each in specs if each.name in ITEM_SHEETS]
        found = written(now, "Refresh recommendations", lambda point: write_live(now, specs, point))
        PLANS.keep(book, new, tables=tables)
        return _refreshed(new, found, read_only=is_read_only(now), items=items)

    return JOBS.start(book, compute, finish)


def _refreshed(new: Plan, found: list[Finding], *, read_only: bool, items: list[Item] | None) -> str:
    rows = new.recommendations
    if items is not None:
        chosen = set(items)
        pairs = zip(rows["sku"], rows["location"], strict=True)
        rows = rows[[pair in chosen for pair in pairs]]
    lines = int((rows["order_quantity"] > 0).sum())
    said = f"{counted(len(rows), 'item')} planned on sales up to {new.as_of:%d %B %Y}: {lines:,} to order."
    errors = int((new.findings["severity"] == "error").sum())
    notes = [str(each) for each in found if each.severity != "info"]
    if errors:
        notes.append(f"{counted(errors, 'error')} in the data left rows out: see sheet Data Check.")
    if read_only:
        notes.append(_READ_ONLY)
    return tell(said, *listed(notes)) if notes else done(said)
