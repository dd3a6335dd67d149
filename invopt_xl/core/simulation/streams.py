"""Random numbers by counting: the k-th number of a stream is a hash of (seed, key, replication, k), so nothing depends on the order of work.

Every series has a key and every replication its own stream. The result of a series is therefore the same whatever other series are simulated
beside it and on however many threads; and two policies that order in the same period meet the same demand and the same lead time (common
random numbers; Law 2015, Simulation Modeling and Analysis, 5th ed., sec. 11.2). The hash is SplitMix64 (Steele, Lea & Flood 2014, OOPSLA,
"Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numba import njit

#: Uses of a stream; the counter of a number is 4 x time + use.
LEAD_TIME, PART_OF_STEP, DEMAND, MOMENT = range(4)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_FOUR = np.uint64(4)


@njit(cache=True)
def mixed(z: np.uint64) -> np.uint64:
    """Return the finished hash of a 64-bit number."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit(cache=True)
def stream(seed: np.uint64, key: np.uint64, replication: int) -> np.uint64:
    """Return the start of the stream of one series in one replication."""
    start = mixed(seed + _GOLDEN)
    start = mixed((start ^ key) + _GOLDEN)
    return mixed((start ^ np.uint64(replication)) + _GOLDEN)


@njit(cache=True)
def uniform(start: np.uint64, time: int, use: int) -> float:
    """Return a number in [0, 1) for one moment and use of a stream."""
    counter = np.uint64(time) * _FOUR + np.uint64(use)
    return float(mixed(start + (counter + np.uint64(1)) * _GOLDEN) >> _S11) * 2.0**-53


def stream_keys(series: pd.DataFrame) -> np.ndarray:
    """Return a key per series made from its texts alone, uint64 array of shape (n,).

    Parameters
    ----------
    series : DataFrame
        n rows; all columns count, in their order (sku, location).

    >>> both = pd.DataFrame({"sku": ["A", "B"], "location": ["MAIN", "MAIN"]})
    >>> bool((stream_keys(both)[1:] == stream_keys(both.iloc[1:])).all())
    True
    """
    key: np.ndarray = pd.util.hash_pandas_object(series.astype("str"), index=False).to_numpy(dtype=np.uint64)
    return key
