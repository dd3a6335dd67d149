"""Drawing what moves the boosted trees: a summary over all items and a waterfall of one. Serves the pictures.

Drawn here and not by `shap`, whose plots draw on the global figure, take their scatter from the global random state, and speak of log units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from invopt_xl.adapters.shap_values import Explained
from invopt_xl.core.forecast.boosted.contributions import logarithmic_mean
from invopt_xl.core.forecast.boosted.task import Task
from invopt_xl.core.forecast.feature_words import NONE, value_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Influences shown in the summary, and in the picture of one item.
_IN_SUMMARY, _IN_ITEM = 15, 9

#: Room for title and subtitle [inches].
_HEAD = 0.7

#: Dots per influence: more only cover each other.
_MOST_DOTS = 2000

#: Told apart by readers with any colour vision (Okabe & Ito, 2008).
_MORE, _LESS, _NEUTRAL = "#0072B2", "#D55E00", "#999999"

#: Marks of the axis of effects [share of demand].
_EFFECTS = (-0.9, -0.8, -0.65, -0.5, -0.35, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 9.0)


def _figure(width: float, height: float) -> Figure:
    """Return a figure that no global state of matplotlib knows of [inches]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # layout within what the titles leave
    engine = ConstrainedLayoutEngine(rect=(0.0, 0.0, 1.0, 1 - _HEAD / height))
    figure = Figure(figsize=(width, height), layout=engine, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def draw_summary(explained: Explained) -> Figure:
    """Return a picture with one line per influence and one dot per series."""
    known = ~np.isnan(explained.scale)
    logs = explained.logs[known]
    order = np.argsort(-np.abs(logs).mean(axis=0), kind="stable")[:_IN_SUMMARY]
    order = order[np.abs(logs[:, order]).max(axis=0, initial=0) > 0]
    figure = _figure(10, 2.2 + 0.42 * max(len(order), 1))
    axes = figure.add_subplot()
    dots = np.unique(np.linspace(0, max(len(logs) - 1, 0), _MOST_DOTS).astype(int)) if len(logs) else np.zeros(0, int)
    for place, column in enumerate(order[::-1]):
        effect = logs[dots, column]
        ordered = explained.words[column].kind != NONE
        colours = _colours(explained.inputs[known, column], ordered=ordered)[dots]
        axes.scatter(effect, place + _spread(effect), s=9, c=colours, linewidths=0, zorder=2, rasterized=True)
    axes.axvline(0, color="#444444", linewidth=0.8, zorder=1)
    labels = [explained.words[column].text for column in order[::-1]]
    _lines(axes, labels)
    _effect_axis(axes, logs[:, order])
    axes.set_xlabel("effect on the forecast of an item at a location")
    shown = f"{len(logs):,} items x locations" + (f" ({len(dots):,} drawn)" if len(dots) < len(logs) else "")
    _titles(
        figure,
        "What moves the forecast of the boosted trees",
        f"{shown}, one dot each. To the right: more demand, to the left: less. The influences that move most are on top.",
    )
    _colour_key(figure, axes)
    return figure


def draw_waterfall(explained: Explained, row: int) -> Figure:
    """Return a picture of the way from the usual level to the forecast of one series, in units."""
    task, series = explained.trees.task, explained.trees.series
    sku, location = series["sku"].iloc[row], series["location"].iloc[row]
    scale, width = float(explained.scale[row]), int(task.width[row])
    logs = explained.logs[row]
    start = scale * float(np.exp(explained.base))
    total = start * float(np.exp(logs.sum()))
    units = logs * float(logarithmic_mean(np.array([total]), np.array([start]))[0])
    order = np.argsort(-np.abs(units), kind="stable")
    top, rest = order[:_IN_ITEM], order[_IN_ITEM:]
    steps = [(_label(explained, row, int(column)), float(units[column])) for column in top if units[column] != 0]
    others = int((units[rest] != 0).sum())
    if others:
        steps.append((f"{others} smaller influences", float(units[rest].sum())))
    figure = _figure(10, 2.0 + 0.42 * (len(steps) + 2))
    axes = figure.add_subplot()
    _bars(axes, (_start_label(task, row), start), steps, total)
    span = f"{width} {task.period}{'' if width == 1 else 's'}"
    lowest = axes.get_xlim()[0]
    axes.set_xlabel(f"units over {span}" + (f" (the axis begins at {_units(lowest)}, not at 0)" if lowest else ""))
    _titles(
        figure,
        f"{sku} at {location}: why the boosted trees expect {_units(total)} units over {span}",
        "From the statistical forecast and recent demand, step by step, to what the trees expect. Blue adds units, orange takes them away.",
    )
    return figure


def _label(explained: Explained, row: int, column: int) -> str:
    task, words = explained.trees.task, explained.words[column]
    if explained.attributes[column]:
        value = str(task.attributes[explained.attributes[column]].iloc[row]) or "unknown"
    else:
        value = value_text(
            float(explained.inputs[row, column]),
            words.kind,
            scale=float(explained.scale[row]),
            width=float(task.width[row]),
            period=task.period,
        )
    return f"{words.text}: {value}" if value else words.text


def _start_label(task: Task, row: int) -> str:
    """Say what the first bar is made of: the scale of the series, times what the trees say of an average item."""
    said = float(task.reference[row, -1])
    return "recent demand" if np.isnan(said) else f"statistical forecast ({_units(said)}) and recent demand"


def _bars(axes: Axes, first: tuple[str, float], steps: Sequence[tuple[str, float]], total: float) -> None:
    first_label, start = first
    changes = np.array([change for _, change in steps])
    ends = start + np.cumsum(changes)
    begins = ends - changes
    place = len(steps)
    axes.barh(place + 1, start, color=_NEUTRAL, height=0.62)
    axes.barh(0, total, color="#444444", height=0.62)
    for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        y = place - at
        axes.barh(y, end - begin, left=begin, color=_MORE if end >= begin else _LESS, height=0.62)
        axes.plot([begin, begin], [y - 0.31, y + 1.31], color="#444444", linewidth=0.7)
    axes.plot([total, total], [-0.31, 1.31], color="#444444", linewidth=0.7)
    reach = max(start, total, *(ends if len(ends) else [0.0]), 1e-12)
    lowest = min(start, total, *(ends if len(ends) else [start]))
    # steps of a few percent cannot be seen on an axis from 0
    begin_at = 0.9 * lowest if lowest > 0.5 * reach else 0.0
    axes.set_xlim(begin_at, reach + 0.12 * (reach - begin_at))
    axes.xaxis.set_major_formatter(lambda number, _: f"{number:,.10g}")
    pad = 0.008 * (reach - begin_at)
    axes.text(start + pad, place + 1, _units(start), va="center", fontsize=9)
    axes.text(total + pad, 0, _units(total), va="center", fontsize=9, fontweight="bold")
    for at, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        axes.text(max(begin, end) + pad, place - at, _signed(end - begin), va="center", fontsize=9)
    labels = ["forecast of the boosted trees", *[text for text, _ in steps[::-1]], first_label]
    _lines(axes, labels)


def _lines(axes: Axes, labels: Sequence[str]) -> None:
    """Name the lines of a picture from the bottom up; names are text, never formulas, whatever a sku is made of."""
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels([_cut(label) for label in labels], fontsize=9, parse_math=False)
    axes.set_ylim(-0.6, max(len(labels), 1) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)


def _cut(text: str, *, most: int = 64) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _titles(figure: Figure, title: str, below: str) -> None:
    """Write a title and a line below it, from the left edge of the picture."""
    height = float(figure.get_figheight())
    for text, inches, size, weight in ((title, 0.3, 12, "bold"), (below, 0.55, 9, "normal")):
        colour = "#000000" if weight == "bold" else "#444444"
        figure.text(
            0.01,
            1 - inches / height,
            _cut(text, most=150),
            fontsize=size,
            weight=weight,
            color=colour,
            parse_math=False,
        )


def _effect_axis(axes: Axes, logs: np.ndarray) -> None:
    """Mark an axis of log effects with what they do to demand, in percent."""
    low, high = float(logs.min(initial=0.0)), float(logs.max(initial=0.0))
    room = max(0.05 * (high - low), 0.02)
    axes.set_xlim(low - room, high + room)
    marks = [mark for mark in _EFFECTS if low - room <= np.log1p(mark) <= high + room]
    # keep marks apart: those next to a kept one by less than a twelfth of the axis are left out, 0 always stays
    kept: list[float] = []
    for mark in sorted(marks, key=abs):
        if all(abs(np.log1p(mark) - np.log1p(other)) > (high - low + 2 * room) / 12 for other in kept):
            kept.append(mark)
    axes.set_xticks([np.log1p(mark) for mark in kept])
    axes.set_xticklabels([f"{mark:+.0%}" if mark else "0%" for mark in kept])


def _spread(effect: np.ndarray) -> np.ndarray:
    """Return offsets that put dots with nearly the same effect beside each other, shape (dots,), within ±0.4."""
    if not len(effect):
        return np.zeros(0)
    low, high = float(effect.min()), float(effect.max())
    bins = np.round(120 * (effect - low) / max(high - low, 1e-12)).astype(int)
    order = np.argsort(bins, kind="stable")
    _, first = np.unique(bins[order], return_index=True)
    rank = np.empty(len(effect), dtype=int)
    rank[order] = np.arange(len(effect)) - np.repeat(first, np.diff(np.append(first, len(effect))))
    # 0, 1, -1, 2, -2 ...
    offset = (rank + 1) // 2 * np.where(rank % 2, 1, -1)
    result: np.ndarray = offset * (0.4 / max(np.abs(offset).max(), 8))
    return result


def _colours(values: np.ndarray, *, ordered: bool) -> np.ndarray:
    """Return a colour per series by the rank of its value, shape (n, 4); grey where it has none, where all are the same or have no order."""
    import matplotlib

    finite = np.isfinite(values)
    rank = pd.Series(np.where(finite, values, np.nan)).rank(pct=True).to_numpy()
    colours: np.ndarray = matplotlib.colormaps["viridis"](np.nan_to_num(rank, nan=0.0))
    same = not finite.any() or bool(np.ptp(values[finite]) == 0)
    colours[~finite | same | (not ordered)] = (0.6, 0.6, 0.6, 1.0)
    return colours


def _colour_key(figure: Figure, axes: Axes) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(cmap="viridis"), ax=axes, ticks=[0, 1], location="bottom", aspect=40, shrink=0.5, pad=0.02
    )
    bar.ax.set_xticklabels(["low", "high"], fontsize=9)
    bar.set_label("value of the influence itself (grey: unknown, the same for all, or not a number)", fontsize=9)
    bar.outline.set_visible(False)


def _units(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _signed(number: float) -> str:
    text = _units(abs(number))
    return f"+{text}" if number >= 0 else f"−{text}"
