"""What the run before kept: which of its two states a run starts from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.policy.last_stock import RUN_COLUMNS, STATE_COLUMNS, LastStock, last_stock


def kept(**columns: object) -> pd.DataFrame:
    """Return what a run of 8 November kept of A and B, which started from one of 1 November; B was new then."""
    values: dict[str, object] = {
        "sku": ["A", "B"],
        "location": "MAIN",
        "run_day": "2026-11-08",
        "run_safety_stock": [40.0, 7.0],
        "run_lead_time_days": [14.0, 20.0],
        "run_service_set": [0.95, 0.98],
        "run_service_for": "item, cycle",
        "start_day": ["2026-11-01", ""],
        "start_safety_stock": [44.0, np.nan],
        "start_lead_time_days": [13.0, np.nan],
        "start_service_set": [0.9, np.nan],
        "start_service_for": ["item, fill", ""],
    }
    return pd.DataFrame({**values, **columns})


def of(frame: pd.DataFrame | None, day: str, *skus: str) -> LastStock:
    return last_stock(frame, pd.DataFrame({"sku": skus or ("A", "B"), "location": "MAIN"}), as_of=pd.Timestamp(day))


def test_a_later_day_starts_from_the_run_before() -> None:
    found = of(kept(), "2026-11-15")
    assert found.frame["run_safety_stock"].tolist() == [40.0, 7.0]
    assert found.frame["run_service_set"].tolist() == [0.95, 0.98]
    assert found.days.tolist() == [7.0, 7.0]
    assert found.known.all()


def test_the_same_day_starts_where_the_run_before_started() -> None:
    """B was new then, and is new again."""
    found = of(kept(), "2026-11-08")
    assert found.frame.loc[0].tolist() == ["2026-11-01", 44.0, 13.0, 0.9, "item, fill"]
    assert found.known.tolist() == [True, False]
    assert found.days[0] == 7.0


def test_a_day_before_both_runs_starts_anew() -> None:
    assert not of(kept(), "2026-10-01").known.any()
    # between both: what it started from is still older
    assert of(kept(), "2026-11-04").days[0] == 3.0


def test_items_are_found_by_sku_and_location() -> None:
    found = of(kept(), "2026-11-15", "B", "C", "A")
    assert found.frame["run_safety_stock"].tolist()[::2] == [7.0, 40.0]
    assert found.known.tolist() == [True, False, True]
    other = last_stock(kept(), pd.DataFrame({"sku": ["A"], "location": ["SHOP"]}), as_of=pd.Timestamp("2026-11-15"))
    assert not other.known.any()


@pytest.mark.parametrize("frame", [None, kept().drop(columns="run_day"), kept().iloc[:0], pd.DataFrame()])
def test_nothing_is_known_without_what_a_run_kept(frame: pd.DataFrame | None) -> None:
    found = of(frame, "2026-11-15")
    assert list(found.frame.columns) == list(RUN_COLUMNS)
    assert len(found.frame) == 2
    assert not found.known.any()


def test_cells_of_a_sheet_are_understood() -> None:
    cells = kept().astype(object)
    cells.loc[0, "run_day"] = pd.Timestamp("2026-11-08")
    cells.loc[0, "run_safety_stock"] = "forty"
    cells.loc[1, ["run_service_for", "start_day"]] = None
    found = of(cells, "2026-11-15")
    assert found.known.tolist() == [False, True]
    assert found.frame["run_service_for"].tolist() == ["item, cycle", ""]
    assert set(STATE_COLUMNS) <= set(cells.columns)
