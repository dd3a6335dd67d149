"""The compiled methods against their slow versions, and what must hold for all of them."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast import kernels as k
from invopt_xl.core.forecast.methods import methods
from invopt_xl.core.forecast.panel import Panel, Run, build_panel
from tests.reference import slow_forecast
from tests.reference.intermittent import croston_levels, tsb_levels
from tests.reference.smoothing import damped_trend, moving_average, seasonal_naive, seasonal_smoothing, smoothed
from tests.reference.windows import Windows

SEASON = 12


def demand(seed: int = 1, n: int = 7, periods: int = 60) -> np.ndarray:
    """Return (n, T) with zeros and late starts."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(0.6, (n, periods)) * rng.integers(1, 9, (n, periods)).astype(float)
    for row in range(n):
        values[row, : 2 * row] = np.nan
    return values


def panel(values: np.ndarray, width: int = 3, *, period: str = "month") -> Panel:
    n, periods = values.shape
    position = np.arange(periods + 24) / SEASON
    return build_panel(
        values,
        np.full(n, width),
        position,
        period=period,  # type: ignore[arg-type]
        horizon=24,
        category=np.zeros(n, dtype=np.int64),
        like=np.zeros(n, dtype=np.int64),
        intermittent=np.zeros(n, dtype=bool),
    )


def alone(kind: int, p: tuple[float, ...], values: np.ndarray, width: int = 3) -> tuple[Run, list[int]]:
    """Return one method without a seasonal profile on every series, and from which origin it is usable."""
    n, periods = values.shape
    one, total, path = np.zeros((n, periods)), np.zeros((n, periods)), np.zeros((n, 24))
    params = np.zeros(4)
    params[: len(p)] = p
    nothing, usable = np.ones((0, periods + 24)), []
    for i in range(n):
        first = int((~np.isnan(values[i])).argmax())
        args = (np.nan_to_num(values[i]), first, width, SEASON, nothing, nothing, np.zeros(0, dtype=np.int64))
        usable.append(k.run_one(kind, params, *args, one[i], total[i], path[i]))
    return Run(one, total, path), usable


def windows(values: np.ndarray, width: int) -> Windows:
    """Return the same series for the reference versions, time first."""
    turned = values.T
    scored = np.ones(turned.shape, dtype=bool)
    return Windows(turned, np.full(len(values), width), scored, 24, SEASON, np.zeros(0), np.arange(len(values)))


def agree(found: Run, usable: list[int], reference: object, *, since: int = 0) -> None:
    for i, start in enumerate(usable):
        at = slice(max(start, since), None)
        np.testing.assert_allclose(found.total[i, at], reference.total[at, i], rtol=1e-9, atol=1e-9)  # type: ignore[attr-defined]
        np.testing.assert_allclose(found.one[i, at], reference.one[at, i], rtol=1e-9, atol=1e-9)  # type: ignore[attr-defined]
        np.testing.assert_allclose(found.path[i], reference.path[:, i], rtol=1e-9, atol=1e-9)  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [1, 3, 14])
def test_moving_average_is_the_mean_of_the_last_periods(width: int) -> None:
    values = demand(3)
    found, usable = alone(k.MEAN, (12,), values, width)
    agree(found, usable, moving_average(windows(values, width), periods=12))


@pytest.mark.parametrize("alpha", [0.05, 0.4])
def test_simple_smoothing_matches_the_slow_version(alpha: float) -> None:
    values = demand(4)
    found, _ = alone(k.SMOOTHING, (alpha,), values)
    levels = smoothed(values.T, alpha=alpha)
    for i, row in enumerate(values):
        np.testing.assert_allclose(slow_forecast.simple_smoothing(row.tolist(), alpha), levels[:, i])
        np.testing.assert_allclose(found.one[i], levels[:, i], atol=1e-12)


@pytest.mark.parametrize(("alpha", "beta", "phi"), [(0.1, 0.1, 0.95), (0.5, 0.2, 0.85)])
def test_damped_trend_matches_the_slow_version(alpha: float, beta: float, phi: float) -> None:
    values = demand(5) + 4
    found, usable = alone(k.DAMPED, (alpha, beta, phi), values, 5)
    agree(found, usable, damped_trend(windows(values, 5), alpha=alpha, beta=beta, phi=phi))


def test_croston_sba_and_tsb_match_the_slow_versions() -> None:
    values = demand(6)
    croston = croston_levels(values.T, alpha=0.1, average_start=True)
    tsb = tsb_levels(values.T, alpha_size=0.2, alpha_chance=0.1, average_start=True)
    np.testing.assert_allclose(alone(k.CROSTON, (0.1, 1.0), values)[0].one[:, -1], croston[-1])
    np.testing.assert_allclose(alone(k.CROSTON, (0.1, 0.95), values)[0].one[:, -1], croston[-1] * 0.95)
    np.testing.assert_allclose(alone(k.TSB, (0.2, 0.1), values)[0].one[:, -1], tsb[-1])


def slow_imapa(values: list[float], alpha: float) -> float:
    """Return the mean over aggregation levels up to the mean demand interval of the smoothed rate of whole blocks, newest block last."""
    life = len(values)
    levels = min(12, max(1, int(np.ceil(life / max(sum(v > 0 for v in values), 1)))))
    rates = []
    for size in range(1, levels + 1):
        whole = values[life % size :]
        blocks = [sum(whole[b : b + size]) for b in range(0, len(whole), size)]
        if blocks:
            rates.append(slow_forecast.simple_smoothing(blocks, alpha)[-1] / size)
    return float(np.mean(rates))


@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_imapa_matches_the_slow_version_at_every_origin(alpha: float) -> None:
    row = demand(7)[0]
    found, _ = alone(k.IMAPA, (alpha,), row[None, :])
    expected = [slow_imapa(row[: t + 1].tolist(), alpha) for t in range(len(row))]
    np.testing.assert_allclose(found.one[0], expected, atol=1e-12)


def test_theta_adds_half_the_slope_of_the_straight_line() -> None:
    row = 50 + 3.0 * np.arange(40) + np.random.default_rng(8).normal(0, 2, 40)
    found, _ = alone(k.THETA, (0.3, 0.5), row[None, :], 4)
    slope = np.polyfit(np.arange(40), row, 1)[0]
    level = slow_forecast.simple_smoothing(row.tolist(), 0.3)[-1]
    expected = [level + 0.5 * slope * (h - 1 + 1 / 0.3) for h in range(1, 5)]
    np.testing.assert_allclose(found.path[0, :4], expected)
    assert found.total[0, -1] == pytest.approx(sum(expected))


@pytest.mark.parametrize("width", [1, 5, 12, 17])
def test_seasonal_naive_repeats_the_last_cycle(width: int) -> None:
    values = np.nan_to_num(demand(4))
    found, usable = alone(k.SEASONAL_NAIVE, (), values, width)
    agree(found, usable, seasonal_naive(windows(values, width)))
    for i, row in enumerate(values):
        for t, expected in slow_forecast.seasonal_totals(row.tolist(), SEASON, width).items():
            assert found.total[i, t] == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "additive"), [(k.SEASONAL_RATIO, False), (k.SEASONAL_SUM, True)])
def test_seasonal_smoothing_without_trend_matches_the_slow_version(kind: int, additive: bool) -> None:
    values = demand(9) + 20 + 5 * np.sin(2 * np.pi * np.arange(60) / SEASON)
    # the phase of the reference starts with the record, ours too
    values = np.nan_to_num(values, nan=20.0)
    found, usable = alone(kind, (0.15, 0.3, 0.0, 0.95), values, 7)
    agree(found, usable, seasonal_smoothing(windows(values, 7), alpha=0.15, gamma=0.3, additive=additive), since=23)


def test_a_yearly_pattern_is_learned_by_every_seasonal_method() -> None:
    pattern = 100 + 30 * np.sin(2 * np.pi * np.arange(72) / SEASON)
    view = panel(pattern[None, :])
    evidence = view.evidence(60)[1]
    for name in dict.fromkeys(methods("month").name):
        if "season" in name:
            run = view.family(name, evidence)
            np.testing.assert_allclose(run.path[0, :12], pattern[:12], rtol=0.06, err_msg=name)


def test_no_method_sees_the_future() -> None:
    values = np.nan_to_num(demand(5)) + 3
    changed = values.copy()
    changed[:, 45:] *= 50
    before, after = panel(values), panel(changed)
    for j in range(len(before.methods.kind)):
        chosen, share = np.full((len(values), 1), j), np.ones((len(values), 1))
        one, other = before.run(chosen, share), after.run(chosen, share)
        name = f"{before.methods.name[j]} {before.methods.params[j]}"
        # a profile is fitted at moments, always on what was known then
        np.testing.assert_allclose(one.total[:, :45], other.total[:, :45], err_msg=name)
        np.testing.assert_allclose(one.one[:, :45], other.one[:, :45], err_msg=name)


def test_evidence_before_a_cutoff_knows_nothing_after_it() -> None:
    values = np.nan_to_num(demand(5)) + 3
    changed = values.copy()
    changed[:, 50:] *= 50
    one, other = (panel(v).evidence(50)[0] for v in (values, changed))
    np.testing.assert_array_equal(one.total, other.total)
    np.testing.assert_array_equal(one.one, other.one)


def test_evidence_at_several_cutoffs_is_that_of_each_alone() -> None:
    view = panel(np.nan_to_num(demand(5)) + 3)
    together = view.evidence(40, 50, 60)
    for found, cutoff in zip(together, (40, 50, 60), strict=False):
        alone = view.evidence(cutoff)
        for name in ("total", "one"):
            np.testing.assert_array_equal(getattr(found, name), getattr(alone[0], name))
            np.testing.assert_array_equal(getattr(together[-1], name), getattr(alone[-1], name))


def test_the_path_of_a_steady_method_adds_up_to_its_last_total() -> None:
    # far from zero, where nothing is cut off
    values = np.nan_to_num(demand(6)) + 40
    view = panel(values, 5)
    for j in np.flatnonzero((view.methods.mode == k.NO_PROFILE) & (view.methods.kind < k.SEASONAL_RATIO)):
        run = view.run(np.full((len(values), 1), j), np.ones((len(values), 1)))
        np.testing.assert_allclose(run.path[:, :5].sum(axis=1), run.total[:, -1], err_msg=view.methods.name[j])


def test_relative_losses_are_those_of_the_errors() -> None:
    values = np.nan_to_num(demand(10)) + 2
    view = panel(values, 3)
    found = view.evidence(50)[1].total
    start, last = view.scored[0]
    for j in (1, 8, 30):
        errors = []
        for method in (j, 0):
            run = view.run(np.full((len(values), 1), method), np.ones((len(values), 1)))
            at = [t for t in range(start, last + 1) if not np.isnan(run.total[0, t])]
            errors.append(np.mean([(run.total[0, t] - values[0, t + 1 : t + 4].sum()) ** 2 for t in at]))
        # 5 % of the variance of three periods is ground that no method is credited for going below
        ground = 0.05 * 3 * values[0].var()
        assert found[0, j] == pytest.approx(np.log((errors[0] + ground) / (errors[1] + ground)), abs=1e-4)


def test_an_item_that_slept_through_the_windows_proves_nothing() -> None:
    values = demand(12, n=1, periods=60)
    values[0, 30:] = 0.0
    view = panel(values, 3)
    # the moving average says nothing will sell and is right; smoothing still remembers
    losses = view.evidence(60)[1].total[0]
    smoothing = np.flatnonzero(view.methods.name == "simple smoothing")[2]
    assert 0 <= losses[smoothing] < 1.5


def test_a_series_never_sold_gets_no_forecast_and_disturbs_no_other() -> None:
    values = demand(11)
    empty = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
    one, other = panel(values), panel(empty)
    a, b = (v.combined(v.evidence(50)[1])[0] for v in (one, other))
    np.testing.assert_allclose(a.path, b.path[:-1])
    assert (b.path[-1] == 0).all()
