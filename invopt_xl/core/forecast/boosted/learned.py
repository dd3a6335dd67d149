"""Fitted trees as plain values that JSON can hold, and back. Serves saving and reusing models; nothing here executes what it reads.

LightGBM writes a model as text, and its reader trusts that text: wrong numbers in it would make it read memory that is not there. So a text
is checked first (see `tree_text.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.boosted.features import CATEGORICAL
from invopt_xl.core.forecast.boosted.scale import FLOOR, RECENT_SHARE
from invopt_xl.core.forecast.boosted.task import LEVELS
from invopt_xl.core.forecast.boosted.training import MODELS
from invopt_xl.core.forecast.boosted.tree_text import check_tree_text
from invopt_xl.errors import ComputeError, InputError

if TYPE_CHECKING:
    import lightgbm

#: Layout and meaning of the values below; raised when either changes.
FORMAT = 1

_AGAIN = "Fit the models again (run without saved models)."


@dataclass(frozen=True)
class Learned:
    """Models that can forecast.

    Parameters
    ----------
    models : mapping of str to lightgbm.Booster
        By the names in `training.MODELS`.
    vocabulary : mapping of str to list of str
        Known texts of each categorical attribute.
    """

    models: Mapping[str, lightgbm.Booster]
    vocabulary: Mapping[str, list[str]]


def kept(
    learned: Learned,
    judged: Learned | None,
    *,
    names: Sequence[str],
    period: Period,
    widths: Sequence[int],
    rows: int,
) -> dict[str, Any]:
    """Return models as texts, numbers, lists and mappings.

    Parameters
    ----------
    learned, judged : Learned
        Fitted on everything; and on what was known before the held-back windows, None for none. The second are kept so that a later run judges
        with models that have not seen those windows, and chooses as the run that fitted them did.
    names : sequence of str
        Features, in the order of the matrix.
    period : {"day", "week", "month"}
    widths : sequence of int
        Shortest and longest interval learned from [periods].
    rows : int
        Windows learned from.
    """
    import lightgbm

    return {
        "format": FORMAT,
        "lightgbm": str(lightgbm.__version__),
        "period": period,
        "levels": list(LEVELS),
        "features": list(names),
        "vocabulary": {name: list(texts) for name, texts in learned.vocabulary.items()},
        "widths": [int(width) for width in widths],
        "scale": {"floor": FLOOR, "recent_share": RECENT_SHARE},
        "rows": int(rows),
        "models": {name: trees_of(model) for name, model in learned.models.items()},
        "judged": {} if judged is None else {name: trees_of(model) for name, model in judged.models.items()},
    }


def trees_of(model: lightgbm.Booster) -> str:
    """Return a model's text without the settings it was fitted with: they include the number of threads, which is no part of the answer."""
    return model.model_to_string().partition("\nparameters:\n")[0]


def opened(values: Mapping[str, Any], *, names: Sequence[str], period: Period) -> Learned:
    """Return the models that `kept` laid down.

    Parameters
    ----------
    values : mapping
    names : sequence of str
        Features that the task at hand has.
    period : {"day", "week", "month"}
        Of the task at hand.

    Raises
    ------
    InputError
        If the values do not have the shape that `kept` gives them.
    ComputeError
        If they are sound but made by another version, for other features, another period or other levels.
    """
    _check_shape(values)
    _check_same(values, names, period)
    return _models(values, "models")


def opened_judged(values: Mapping[str, Any], *, names: Sequence[str], period: Period) -> Learned | None:
    """Return the models that had not seen the held-back windows; None where none were kept. Otherwise as `opened`."""
    _check_shape(values)
    _check_same(values, names, period)
    return _models(values, "judged") if values["judged"] else None


def _models(values: Mapping[str, Any], key: str) -> Learned:
    import lightgbm

    for name in MODELS:
        check_tree_text(values[key][name], features=values["features"], where=f"model {name}")
    models = {name: lightgbm.Booster(model_str=values[key][name]) for name in MODELS}
    return Learned(models, {name: list(values["vocabulary"][name]) for name in CATEGORICAL})


def is_empty(values: Mapping[str, Any]) -> bool:
    """Return whether these are the values of a run that had too little to learn from."""
    return not values.get("models")


#: Key -> types it may have.
_SHAPE: dict[str, tuple[type, ...]] = {
    "format": (int,),
    "lightgbm": (str,),
    "period": (str,),
    "levels": (list, tuple),
    "features": (list, tuple),
    "vocabulary": (Mapping,),
    "widths": (list, tuple),
    "scale": (Mapping,),
    "rows": (int,),
    "models": (Mapping,),
    "judged": (Mapping,),
}


def _check_shape(values: Mapping[str, Any]) -> None:
    version = values.get("format")
    if isinstance(version, int) and version != FORMAT:
        raise ComputeError(f"Saved models: format {version}, expected {FORMAT}. {_AGAIN}")
    for key, types in _SHAPE.items():
        if not isinstance(values.get(key), types) or isinstance(values.get(key), bool):
            raise InputError(f"Saved models: {key} is missing or of the wrong kind. The file is damaged. {_AGAIN}")
    for name in CATEGORICAL:
        texts = values["vocabulary"].get(name)
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"Saved models: vocabulary of {name}: expected a list of texts. {_AGAIN}")
    for key in ("models", "judged"):
        for name in MODELS:
            if (key == "models" or values[key]) and not isinstance(values[key].get(name), str):
                raise InputError(f"Saved models: model {name} is missing. The file is damaged. {_AGAIN}")


def _check_same(values: Mapping[str, Any], names: Sequence[str], period: Period) -> None:
    import lightgbm

    own = str(lightgbm.__version__)
    if values["lightgbm"].split(".")[0] != own.split(".")[0]:
        raise ComputeError(f"Saved models: made by LightGBM {values['lightgbm']}, this is {own}. {_AGAIN}")
    if values["period"] != period:
        raise ComputeError(f"Saved models: made for period {values['period']}, this plan uses {period}. {_AGAIN}")
    if list(values["levels"]) != list(LEVELS) or dict(values["scale"]) != {
        "floor": FLOOR,
        "recent_share": RECENT_SHARE,
    }:
        raise ComputeError(f"Saved models: made for other quantile levels or another scale. {_AGAIN}")
    theirs, ours = set(values["features"]), set(names)
    if list(values["features"]) != list(names):
        different = sorted(map(str, theirs ^ ours))
        found = f"not in both: {', '.join(different[:3])}" if different else "in another order"
        raise ComputeError(f"Saved models: made for other features ({found}). {_AGAIN}")
