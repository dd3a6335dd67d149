"""What pictures are drawn from."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.boosted.boost import boost
from invopt_xl.core.forecast.boosted.frame import explainable
from invopt_xl.errors import ComputeError
from tests.core.forecast.boosted.planted import planted


def test_model_and_frame_give_the_total() -> None:
    task = planted(series=20)
    said = boost(task, seed=1, judge=False, threads=1)
    frame, mean, scale = explainable(task, said)
    assert frame.shape == (20, mean.num_feature())
    assert "season same window 1 years ago" in frame.columns
    raw = np.asarray(mean.predict(frame.to_numpy(), raw_score=True))
    np.testing.assert_allclose(np.exp(raw) * scale, said.total, rtol=1e-12)


def test_without_a_model_there_is_nothing_to_explain() -> None:
    task = planted(series=5, periods=20, held_back=2)
    with pytest.raises(ComputeError, match="no model to explain"):
        explainable(task, boost(task, seed=1))
