"""A column of numbers and texts side by side, put together exactly: its cells as texts, and what kind the package says each one is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_NUMBER, _TEXT, _FLAG = range(3)
_KINDS = {b"": _NUMBER, b"s": _TEXT, b"str": _TEXT, b"inlineStr": _TEXT, b"b": _FLAG}
_SPAN = 3
_FLAGS = {"true": True, "false": False}


def mixed_column(texts: Any, rows: np.ndarray, kinds: np.ndarray, *, first: int) -> pd.Series | None:
    """Return a column as raw cells, or None when that cannot be done exactly.

    Parameters
    ----------
    texts : pyarrow.Array of string
        The cells, each as a text; the first one stands in row `first` (1-based).
    rows, kinds : (cells,)
        1-based rows of the cells in the package and the kind of each, b"" for numbers.

    >>> import pyarrow as pa
    >>> mixed_column(pa.array(["7", "7", None]), np.array([2, 3]), np.array([b"", b"s"]), first=2).tolist()
    [7.0, '7', None]
    """
    count = len(texts)
    inside = (rows >= first) & (rows < first + count)
    codes, distinct = pd.factorize(kinds[inside])
    known = np.array([_KINDS.get(kind, -1) for kind in distinct], dtype=np.int64)
    kind = np.full(count, -1, dtype=np.int64)
    kind[rows[inside] - first] = known[codes]
    encoded = texts.dictionary_encode()
    at = np.flatnonzero(encoded.indices.is_valid().to_numpy(zero_copy_only=False))
    if (kind[at] < 0).any():
        return None
    words = encoded.dictionary.to_pylist()
    pairs, unique = pd.factorize(encoded.indices.drop_null().to_numpy() * _SPAN + kind[at])
    try:
        cells = [_cell(words[pair // _SPAN], pair % _SPAN) for pair in unique.tolist()]
    except (ValueError, KeyError):
        # a date, or a value in a form of its own: such columns are read cell by cell
        return None
    result = np.full(count, None, dtype=object)
    result[at] = np.array([*cells, None], dtype=object)[pairs]
    return pd.Series(result, dtype=object)


def _cell(text: str, kind: int) -> object:
    if kind == _TEXT:
        return text
    return _FLAGS[text] if kind == _FLAG else float(text)
