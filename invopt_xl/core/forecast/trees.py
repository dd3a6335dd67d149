"""The boosted trees of a plan with what they looked at: what pictures are drawn of, and what a saved model's loss is taken from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from invopt_xl.core.forecast.boosted.task import Boosted, Task


@dataclass(frozen=True)
class Trees:
    """Boosted trees over n series.

    Parameters
    ----------
    task : Task
    boosted : Boosted
        What they said of the task.
    series : DataFrame
        n rows: sku, location.
    """

    task: Task
    boosted: Boosted
    series: pd.DataFrame
