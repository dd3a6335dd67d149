"""Stages of some of the items: open order lines go with their items, as often as these are taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from invopt_xl.core.scenarios.taken import _lines_of

_SERIES = st.lists(st.integers(0, 6), max_size=12).map(lambda values: np.array(values, dtype=np.int64))


@given(_SERIES, _SERIES)
def test_lines_are_those_of_a_join(series: np.ndarray, rows: np.ndarray) -> None:
    lines = pd.DataFrame({"series": series, "line": np.arange(len(series))})
    wanted = pd.DataFrame({"series": rows, "copy": np.arange(len(rows))})
    joined = lines.merge(wanted, on="series", how="inner", sort=False)
    line, copy = _lines_of(series, rows)
    assert line.tolist() == joined["line"].tolist()
    assert copy.tolist() == joined["copy"].tolist()
