"""What each influence adds to the forecast of the boosted trees, item by item, in words a planner reads. Serves the pictures.

The values are exact tree SHAP values (Lundberg et al. 2020, Nature Machine Intelligence 2, 56-67), computed by `shap`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from invopt_xl.core.forecast.boosted.frame import explainable
from invopt_xl.core.forecast.feature_words import NONE, FeatureWords, words_of
from invopt_xl.core.forecast.trees import Trees

if TYPE_CHECKING:
    import lightgbm


@dataclass(frozen=True)
class Explained:
    """The way from the statistical forecast to that of the trees, for n series and G influences.

    Parameters
    ----------
    trees : Trees
    words : tuple of G FeatureWords
        Each text once: features that say the same thing to a planner are one influence.
    inputs : float array, shape (n, G)
        Of the influences, as the trees take them; NaN for unknown.
    attributes : tuple of G str
        The attribute of the item that an influence is, or "".
    logs : float array, shape (n, G)
        What each influence adds to the log of the forecast.
    base : float
        Log of forecast over scale before all influences.
    scale : float array, shape (n,)
        NaN where the trees say nothing [units].
    """

    trees: Trees
    words: tuple[FeatureWords, ...]
    inputs: np.ndarray
    attributes: tuple[str, ...]
    logs: np.ndarray
    base: float
    scale: np.ndarray


def explained_by_shap(trees: Trees) -> Explained:
    """Return the influences on every series.

    Raises
    ------
    ImportError
        If `shap` or LightGBM is not installed.
    ComputeError
        If there is no model to explain.
    """
    features, model, scale = explainable(trees.task, trees.boosted)
    matrix = features.to_numpy()
    logs, base = shap_values(model, matrix)
    names = [str(name) for name in features.columns]
    return _by_words(trees, names, matrix, logs, base, scale)


def shap_values(model: lightgbm.Booster, matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """Return SHAP values of each feature, shape (n, F), and the value before all of them, both on the scale of the model's raw output."""
    with warnings.catch_warnings():
        # what libraries tell each other about coming versions is nothing for the planner
        warnings.simplefilter("ignore")
        import shap  # type: ignore[import-untyped]

        explainer = shap.TreeExplainer(model)
        values = np.asarray(explainer.shap_values(matrix), dtype=float)
    return values, float(np.ravel(explainer.expected_value)[0])


def _by_words(
    trees: Trees, names: list[str], matrix: np.ndarray, logs: np.ndarray, base: float, scale: np.ndarray
) -> Explained:
    """Add up features with the same words; SHAP values may be added. The value shown is that of the first one whose value can be written."""
    words = [words_of(name, period=trees.task.period) for name in names]
    texts = list(dict.fromkeys(each.text for each in words))
    summed = np.zeros((len(logs), len(texts)))
    for column, each in enumerate(words):
        summed[:, texts.index(each.text)] += logs[:, column]
    shown = []
    for text in texts:
        columns = [column for column, each in enumerate(words) if each.text == text]
        shown.append(next((column for column in columns if words[column].kind != NONE), columns[0]))
    return Explained(
        trees=trees,
        words=tuple(words[column] for column in shown),
        inputs=np.asarray(matrix[:, shown], dtype=float),
        attributes=tuple(_attribute(names[column], trees) for column in shown),
        logs=summed,
        base=base,
        scale=scale,
    )


def _attribute(feature: str, trees: Trees) -> str:
    name = "_".join(feature.split()).removeprefix("item_")
    return name if name in trees.task.attributes and not name.startswith("unit_") else ""
