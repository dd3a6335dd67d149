"""Safety stock from run to run: what is needed now and what was kept last time -> what to keep, so that orders do not flutter.

The rule
--------
A change of what is needed is followed only as far as it is more than chance, and then in part:

    excess = gap - gap cut to +- noise            with gap = needed - previous
    kept   = max(previous + share x excess, least)

- `noise` is the standard error of the safety stock itself: a standard deviation estimated from m forecast errors is uncertain by about 1 / sqrt(2 m) of
  itself (Ahn & Fessler 2003, "Standard errors of mean, variance, and standard deviation estimators", Univ. of Michigan). The surer the forecast, the
  narrower.
- `share` is the part of the excess followed since the last run, more of it the longer ago that was: fractional adjustment, which trades speed for calm (Dejonckheere, Disney, Lambrecht & Towill 2003,
  EJOR 147, 567-590). A rising need is followed faster than a falling one; of critical items and after a lead time got longer, at once; with
  suppliers that are often late a falling need is followed more slowly.
- `least` is what the service target less a stated slack needs: damping never goes below.

Kept stock never falls when the need or the stock kept last time rises; it lies between both, unless `least` lifts it; and where the need stays, it comes to
within `noise` of it. `tests/bench/damping.py` measures what that costs and saves by itself, `tests/bench/damped_plans.py` in plans of the whole engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from invopt_xl.errors import SettingError

#: Share of a rise, and of a fall, that is followed in a week.
RISE, FALL = 0.5, 0.25

#: Words for critical items in the column criticality, casefolded.
CRITICAL = ("a", "critical", "high", "vital", "very high", "yes", "1")

#: Factor on the share of a fall for critical items.
_CRITICAL_FALL = 0.5

#: On-time share of a supplier nothing is known of; one below it is said to be late.
_USUAL_ON_TIME = 0.8

_DUST = 1e-9

#: Why stock is what it is, by code of `Damped.cause`.
FIRST, SAME, CHANCE, RISING, AT_ONCE, FALLING, FLOOR = range(7)


@dataclass(frozen=True)
class DampingTerms:
    """How fast each of n items follows: `noise` [units], `rise` and `fall` [share in this run], each of shape (n,); `why` (n,) says in words what makes
    it faster up or slower down than usual, "" where nothing does."""

    noise: np.ndarray
    rise: np.ndarray
    fall: np.ndarray
    why: np.ndarray


@dataclass(frozen=True)
class Damped:
    """`safety_stock` to keep [units], `cause` (a code of this module) and `reason` in words, each of shape (n,)."""

    safety_stock: np.ndarray
    cause: np.ndarray
    reason: np.ndarray


def damping_terms(
    needed: np.ndarray,
    *,
    observations: np.ndarray,
    on_time_share: np.ndarray,
    critical: np.ndarray,
    lead_time_longer: np.ndarray,
    weeks: np.ndarray | float = 1.0,
    rise: float = RISE,
    fall: float = FALL,
) -> DampingTerms:
    """Return how fast each item's safety stock follows what is needed.

    Parameters
    ----------
    needed : float array, shape (n,)
        Safety stock that this run asks for [units].
    observations : float array, shape (n,)
        Forecast errors that its spread was estimated from; less than 1 counts as 1.
    on_time_share : float array, shape (n,)
        Of the supplier's deliveries; NaN where nothing is known.
    critical, lead_time_longer : bool array, shape (n,)
        The item is critical; its lead time became longer since the last run.
    weeks : float or float array, shape (n,)
        Time since the last run: who plans daily follows as fast as who plans weekly.
    rise, fall : float
        Share of the excess that is followed in a week, in (0, 1].

    Raises
    ------
    SettingError
        A share is out of range.

    >>> terms = damping_terms(np.array([40.0]), observations=np.array([50.0]), on_time_share=np.array([0.5]),
    ...     critical=np.array([False]), lead_time_longer=np.array([False]))
    >>> terms.noise, terms.rise, terms.fall, terms.why[0]
    (array([4.]), array([0.5]), array([0.125]), 'its supplier is on time with 50% of deliveries')
    """
    for name, share in (("rise", rise), ("fall", fall)):
        if not 0 < share <= 1:
            raise SettingError(f"Damping of safety stock: {name} must be above 0 and at most 1, got {share:g}.")
    noise = np.abs(needed) / np.sqrt(2 * np.maximum(np.nan_to_num(observations, nan=1.0), 1.0))
    on_time = np.clip(np.where(np.isnan(on_time_share), _USUAL_ON_TIME, on_time_share), 0.0, 1.0)
    slow = fall * on_time * np.where(critical, _CRITICAL_FALL, 1.0)
    return DampingTerms(
        noise=noise,
        rise=np.where(critical | lead_time_longer, 1.0, _within(rise, weeks)),
        fall=_within(slow, weeks),
        why=_why(critical, lead_time_longer, on_time),
    )


def _within(share: np.ndarray | float, weeks: np.ndarray | float) -> np.ndarray:
    """Return the share that is followed in some weeks where `share` is followed in one."""
    result: np.ndarray = 1.0 - (1.0 - np.asarray(share, dtype=float)) ** np.asarray(weeks, dtype=float)
    return result


def _why(critical: np.ndarray, longer: np.ndarray, on_time: np.ndarray) -> np.ndarray:
    why = np.full(len(critical), "", dtype=object)
    late = on_time < _USUAL_ON_TIME
    why[late] = [f"its supplier is on time with {share:.0%} of deliveries" for share in on_time[late]]
    why[longer] = "its lead time became longer"
    why[critical] = "the item is critical"
    return why


def damped_safety_stock(previous: Any, needed: Any, *, least: Any, terms: DampingTerms) -> Damped:
    """Return the safety stock to keep.

    Parameters
    ----------
    previous : float array, shape (n,)
        Kept in the last run [units]; NaN for none: then what is needed is kept.
    needed : float array, shape (n,)
        What this run asks for [units].
    least : float array, shape (n,)
        What the service target less the slack needs [units]; values above `needed` count as `needed`.
    terms : DampingTerms

    Examples
    --------
    Needed are 60 after 40, of which 4 may be chance: half of the other 16 is followed.

    >>> terms = DampingTerms(np.array([4.0]), np.array([0.5]), np.array([0.25]), np.array([""], dtype=object))
    >>> made = damped_safety_stock(np.array([40.0]), np.array([60.0]), least=np.array([45.0]), terms=terms)
    >>> made.safety_stock, made.reason[0]
    (array([48.]), 'raised by 8 of 20: 4 of the change may be chance, the rest follows over the next runs')
    """
    before, now = np.asarray(previous, dtype=float), np.asarray(needed, dtype=float)
    known = ~np.isnan(before)
    start = np.where(known, before, now)
    gap = now - start
    excess = gap - np.clip(gap, -terms.noise, terms.noise)
    free = start + np.where(excess > 0, terms.rise, terms.fall) * excess
    floor = np.minimum(np.asarray(least, dtype=float), now)
    kept = np.where(known, np.maximum(free, floor), now)
    same = np.abs(gap) <= _DUST * np.maximum(1.0, np.abs(now))
    cause = np.select(
        [~known, same, kept > free + _DUST, excess == 0, (excess > 0) & (terms.rise >= 1), excess > 0],
        [FIRST, SAME, FLOOR, CHANCE, AT_ONCE, RISING],
        FALLING,
    )
    return Damped(kept, cause, _reasons(cause, kept - start, gap, terms))


def _reasons(cause: np.ndarray, moved: np.ndarray, gap: np.ndarray, terms: DampingTerms) -> np.ndarray:
    texts = np.empty(len(cause), dtype=object)
    texts[cause == FIRST] = "as needed: no earlier run to compare with"
    texts[cause == SAME] = "as needed: nothing changed"
    # a turn per item whose need moved: each text holds its own numbers
    for i in np.flatnonzero((cause != FIRST) & (cause != SAME)):
        by, of, chance = (_units(abs(value[i])) for value in (moved, gap, terms.noise))
        rest = f"{chance} of the change may be chance, the rest follows over the next runs"
        because = f"because {terms.why[i]}" if terms.why[i] else ""
        texts[i] = {
            CHANCE: f"kept: a change of {of} is no more than chance moves it ({chance})",
            RISING: f"raised by {by} of {of}: {rest}",
            AT_ONCE: f"raised by {by} of {of} at once{', ' + because if because else ''}: {chance} of the change may be chance",
            FALLING: f"lowered by {by} of {of}: {rest}{', slowly ' + because if because else ''}",
            FLOOR: f"raised by {by} of {of}: no less than the service target, less its slack, needs",
        }[int(cause[i])]
    return texts


def is_critical(criticality: np.ndarray) -> np.ndarray:
    """Return which items a workbook's column criticality calls critical (n,).

    >>> is_critical(np.array(["A", "low", "", "Vital"], dtype=object))
    array([ True, False, False,  True])
    """
    words = np.char.lower(np.char.strip(np.asarray(criticality, dtype=str)))
    result: np.ndarray = np.isin(words, CRITICAL)
    return result


def _units(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or abs(number - round(number)) < _DUST else f"{number:.2g}"
