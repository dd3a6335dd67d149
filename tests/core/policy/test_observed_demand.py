"""Past demand in cells: which empty cell means nothing sold, and moments as spreadsheets give them."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.policy.observed_demand import lived_demand, mean_and_sd

_CELLS = st.lists(
    st.lists(st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)), min_size=5, max_size=5), min_size=1, max_size=4
).map(np.array)


def _slow(row: np.ndarray, width: int) -> list[float]:
    """Read one row cell by cell."""
    read, lived = [], False
    for cell in row[:width]:
        lived = lived or cell == cell
        read.append(cell if cell == cell else 0.0 if lived else np.nan)
    return read


@given(_CELLS)
def test_empty_cells_are_read_as_one_by_one(cells: np.ndarray) -> None:
    some = [place for place in range(5) if not np.isnan(cells[:, place]).all()]
    width = some[-1] + 1 if some else 0
    np.testing.assert_array_equal(
        lived_demand(cells), np.array([_slow(row, width) for row in cells]).reshape(len(cells), width)
    )


@given(_CELLS)
def test_moments_are_those_of_the_statistics_module(cells: np.ndarray) -> None:
    for row, mean, sd in zip(cells, *mean_and_sd(cells), strict=True):
        known = row[~np.isnan(row)].tolist()
        assert mean == pytest.approx(statistics.mean(known), abs=1e-6) if known else np.isnan(mean)
        assert sd == pytest.approx(statistics.stdev(known), abs=1e-4) if len(known) > 1 else np.isnan(sd)


def test_one_column_has_no_spread() -> None:
    mean, sd = mean_and_sd(np.array([[4.0], [5.0]]))
    assert mean.tolist() == [4.0, 5.0]
    assert np.isnan(sd).all()
