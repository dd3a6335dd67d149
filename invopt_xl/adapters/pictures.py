"""Pictures of what moves the boosted trees: one over all items, and one per item that is asked for, as PNG files."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pandas as pd

from invopt_xl.adapters.atomic import replace_file
from invopt_xl.adapters.picture_drawing import draw_summary, draw_waterfall
from invopt_xl.adapters.shap_values import explained_by_shap
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.errors import ComputeError, WorkbookError, near_names

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Pictures of a sku without a location: one per location, up to this many.
_MOST_LOCATIONS = 20


@dataclass(frozen=True)
class Drawn:
    """`files` that were written, and what a planner should know of those that were not."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def draw_pictures(trees: Trees | None, folder: Path, *, items: Sequence[str] = ()) -> Drawn:
    """Write `summary.png` and one picture per wanted item into a folder.

    Parameters
    ----------
    trees : Trees or None
        None where no boosted trees were fitted: then nothing is drawn, and the note says why.
    folder : Path
        Made when it does not exist.
    items : sequence of str
        "SKU" or "SKU@LOCATION".

    Raises
    ------
    WorkbookError
        The folder cannot be written.
    """
    if trees is None:
        return Drawn(
            (),
            (
                "No pictures: no boosted trees were fitted (not installed, switched off with boosted_trees=off, or too little history).",
            ),
        )
    try:
        explained = explained_by_shap(trees)
    except ImportError as error:
        return Drawn(
            (), (f"No pictures: {error.name or 'a library'} is not installed. Run: pip install 'invopt-xl[learn]'",)
        )
    except ComputeError as error:
        return Drawn((), (f"No pictures: {error}",))
    _make(folder)
    rows, notes = _rows_of(trees.series, items)
    files = [_save(partial(draw_summary, explained), folder / "summary.png")]
    used = {"summary"}
    for row in rows:
        sku, location = trees.series["sku"].iloc[row], trees.series["location"].iloc[row]
        if np.isnan(explained.scale[row]):
            notes.append(
                f"No picture of {sku} at {location}: the boosted trees say nothing of it, it has no demand yet."
            )
            continue
        name = _free(file_name(sku, location), used, f"{sku}@{location}")
        used.add(name.casefold())
        files.append(_save(partial(draw_waterfall, explained, row), folder / f"{name}.png"))
    return Drawn(tuple(files), tuple(notes))


def file_name(sku: str, location: str) -> str:
    """Return a file name, without its ending, that every system takes and that stays within its folder.

    >>> file_name("A-1", "MAIN"), file_name("../x", "Nord 2")
    ('A-1_MAIN', 'x_Nord_2_1c453f')
    """
    plain = f"{sku}_{location}"
    safe = re.sub(r"[^\w.-]+", "_", plain).strip("._-")[:80] or "item"
    return safe if safe == plain else f"{safe}_{_mark(f'{sku}@{location}')}"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _free(name: str, used: set[str], key: str) -> str:
    """Return the name, marked where another one differs by upper and lower case only, which some systems take for the same."""
    return f"{name}_{_mark(key)}" if name.casefold() in used else name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(
            f"{folder} cannot be made: {error.strerror or error}. Choose another folder with --pictures."
        ) from error


def _rows_of(series: pd.DataFrame, items: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the positions of the wanted items, each once, and notes on those that are not there."""
    sku, location = series["sku"].to_numpy(dtype=object), series["location"].to_numpy(dtype=object)
    rows: dict[int, None] = {}
    notes = []
    for item in items:
        found = np.flatnonzero(sku == item)
        if not len(found) and "@" in item:
            name, _, place = item.rpartition("@")
            found = np.flatnonzero((sku == name) & (location == place))
        if not len(found):
            known = [*dict.fromkeys([*sku, *(f"{s}@{p}" for s, p in zip(sku, location, strict=True))])]
            notes.append(f"No picture of {item}: not among the planned items.{near_names(item, known)}")
        elif len(found) > _MOST_LOCATIONS:
            notes.append(
                f"{item} is at {len(found)} locations; the first {_MOST_LOCATIONS} were drawn. Name one with {item}@LOCATION."
            )
        rows |= dict.fromkeys(int(row) for row in found[:_MOST_LOCATIONS])
    return list(rows), notes


def _save(drawing: Callable[[], Figure], path: Path) -> Path:
    import matplotlib.style

    def write(stream: BinaryIO) -> None:
        with warnings.catch_warnings():
            # a letter that the font lacks is drawn as a box; no reason to stop
            warnings.filterwarnings("ignore", message="Glyph ")
            # the same picture on every machine, whatever its settings of matplotlib
            with matplotlib.style.context("default"):
                drawing().savefig(stream, format="png", dpi=120, metadata={"Software": None})

    replace_file(path, write)
    return path
