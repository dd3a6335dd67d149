"""Planning with fitted trees from a file: reused while they are fresh, else fitted anew and saved."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from invopt_xl.adapters.model_store import load_models, save_models
from invopt_xl.core.findings import Finding, findings_frame
from invopt_xl.core.forecast.boosted_age import (
    LEAST_KNOWN,
    SETTINGS_THAT_MATTER,
    Saved,
    held_back_loss,
    is_stale,
    known_share,
    sku_mark,
)
from invopt_xl.core.plan import Plan
from invopt_xl.errors import ComputeError, InputError
from invopt_xl.settings import Settings

#: Ending of files whose name we choose.
ENDING = ".models.json.gz"


@dataclass(frozen=True)
class Planned:
    """A plan, and what was done with saved trees; the finding is in the plan, too."""

    plan: Plan
    finding: Finding


def models_path(given: Path, stem: str) -> Path:
    """Return the file of saved trees: `given`, or if that is a folder, the one in it for a source.

    >>> models_path(Path("models.json"), "book").name, models_path(Path("kept"), "book").as_posix()
    ('models.json', 'kept/book.models.json.gz')
    """
    return given if given.suffix and not given.is_dir() else given / f"{stem}{ENDING}"


def plan_with_models(
    make: Callable[[Mapping[str, Any] | None], Plan],
    path: Path,
    *,
    as_of: pd.Timestamp,
    skus: Iterable[str],
    settings: Settings,
) -> Planned:
    """Return the plan with the trees of a file, or with trees that were fitted anew and then saved to it.

    Parameters
    ----------
    make : callable
        Plans with these learned trees, or with trees fitted now if None.
    path : Path
        Need not exist yet.
    as_of : Timestamp
        Last day with known sales.
    skus : iterable of str
        Items with sales.
    settings : Settings

    Raises
    ------
    InputError
        The file is refused: not ours, damaged, or fitted on other items, another period or other features. It is left as it is.
    """
    saved = load_models(path) if path.exists() else None
    if saved is None:
        return _fitted_anew(make(None), path, settings, because="there was no such file yet")
    known = known_share(saved, skus)
    if known < LEAST_KNOWN:
        raise _foreign(path, f"holds trees of other items: they know {known:.0%} of those with sales here")
    because = is_stale(saved, as_of, settings, math.nan)
    if not because:
        try:
            made = make(saved.learned)
        except ComputeError as error:
            raise _foreign(path, f"does not fit this plan: {error}") from error
        because = is_stale(saved, made.as_of, settings, _latest_loss(made, saved))
        if not because:
            return _reused(made, saved, path)
    return _fitted_anew(make(None), path, settings, because=because, older=saved)


def _latest_loss(made: Plan, saved: Saved) -> float:
    return math.nan if made.trees is None else held_back_loss(made.trees, since=saved.trained_on)


def _reused(made: Plan, saved: Saved, path: Path) -> Planned:
    if made.trees is None:
        text = "Boosted trees were not used: not installed, switched off, or too little history."
        return _told(made, Finding("info", "", _place(path), text, "Nothing to do; the file was left as it is."))
    text = f"Boosted trees fitted on sales up to {saved.trained_on:%Y-%m-%d} were used again."
    return _told(made, Finding("info", "", _place(path), text, "Delete the file to have them fitted anew."))


def _fitted_anew(made: Plan, path: Path, settings: Settings, *, because: str, older: Saved | None = None) -> Planned:
    if made.trees is None or not made.learned:
        text = "No boosted trees were fitted (not installed, switched off, or too little history), so none were saved."
        return _told(made, Finding("info", "", _place(path), text, "Nothing to do."))
    text = f"Boosted trees were fitted anew: {because}."
    if older is not None and older.trained_on > made.as_of:
        # a plan of the past must not take away what knows more
        return _told(
            made, Finding("info", "", _place(path), text, "They were not saved; the file keeps those that know more.")
        )
    save_models(
        Saved(
            learned=made.learned,
            trained_on=made.as_of,
            skus=frozenset(map(sku_mark, made.trees.series["sku"])),
            loss=held_back_loss(made.trees),
            settings={name: getattr(settings, name) for name in SETTINGS_THAT_MATTER},
        ),
        path,
    )
    return _told(made, Finding("info", "", _place(path), text, "They are saved for the next run; nothing to do."))


def _told(made: Plan, finding: Finding) -> Planned:
    findings = pd.concat([made.findings, findings_frame([finding])], ignore_index=True)
    return Planned(dataclasses.replace(made, findings=findings), finding)


def _place(path: Path) -> str:
    return f"Saved models {path.name}"


def _foreign(path: Path, problem: str) -> InputError:
    return InputError(
        f"{path} {problem}. It is not used and left as it is. Name another file with --models, or delete this one to have the trees fitted anew."
    )
