"""What pictures of an explanation need: readable features of the last origin, and the model of the mean. Serves the boosted trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.boosted.boost import final_features
from invopt_xl.core.forecast.boosted.features import feature_names
from invopt_xl.core.forecast.boosted.learned import is_empty, opened
from invopt_xl.core.forecast.boosted.task import Boosted, Task
from invopt_xl.errors import ComputeError

if TYPE_CHECKING:
    import lightgbm


def explainable(task: Task, boosted: Boosted) -> tuple[pd.DataFrame, lightgbm.Booster, np.ndarray]:
    """Return the features of each series at the end of its history, the model of the mean, and the scale.

    Parameters
    ----------
    task : Task
    boosted : Boosted
        What `boost` said of the same task.

    Returns
    -------
    X : DataFrame
        n rows, one column per feature, with readable names in the order of the model. Categories are numbers, as the model takes them.
    mean : lightgbm.Booster
        Its raw output is the log of total / scale.
    scale : float array, shape (n,)
        NaN where nothing can be said [units].

    Raises
    ------
    ComputeError
        If there was too little to learn from, so that there is no model.
    """
    if is_empty(boosted.learned):
        raise ComputeError("Boosted trees: there is no model to explain, too little was known to fit one.")
    learned = opened(boosted.learned, names=feature_names(task), period=task.period)
    found = final_features(task, learned.vocabulary)
    readable = [name.replace("_", " ") for name in found.names]
    return pd.DataFrame(found.matrix, columns=readable), learned.models["mean"], found.scale
