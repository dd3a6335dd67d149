"""On which past days it is planned anew, and which periods are simulated."""

from __future__ import annotations

from dataclasses import dataclass

from invopt_xl.core.buckets import Period
from invopt_xl.core.checks.grouping import counted
from invopt_xl.errors import InputError

#: Share of the history that lies before the first round at least.
_LEAST_BEFORE = 0.5

#: Levels are planned anew at least this often, as planners do: every week for days, every four weeks, every month [periods].
_MOST_APART: dict[Period, int] = {"day": 7, "week": 4, "month": 1}


@dataclass(frozen=True)
class Rounds:
    """Rounds of planning.

    Parameters
    ----------
    origins : tuple of int
        Last known period of each round, oldest first; `apart` periods from one to the next.
    apart : int
        Periods for which the levels of a round hold.
    end : int
        The last period that is simulated.
    """

    origins: tuple[int, ...]
    apart: int
    end: int

    @property
    def periods(self) -> int:
        """Number of periods that count."""
        return self.end - self.origins[0]


def decision_rounds(periods: int, *, period: Period, rounds: int, apart: int | None = None) -> Rounds:
    """Return the latest rounds that fit: all their periods are known, and half of the history lies before the first.

    Parameters
    ----------
    periods : int
        Full periods of history.
    period : {"day", "week", "month"}
    rounds : int
    apart : int, optional
        Periods between rounds. Default: as many as use the second half of the history, at most a week of days, four weeks or a month.

    Raises
    ------
    InputError
        The history is too short for a single round.

    >>> decision_rounds(104, period="week", rounds=6)
    Rounds(origins=(79, 83, 87, 91, 95, 99), apart=4, end=103)
    """
    room = periods - max(int(-(-periods * _LEAST_BEFORE // 1)), 2)
    if room < 1:
        raise InputError(
            f"The history has {counted(periods, 'period')}; a simulation of decisions needs 3. Add older sales."
        )
    step = min(apart or min(max(room // rounds, 1), _MOST_APART[period]), room)
    number = min(rounds, room // step)
    end = periods - 1
    return Rounds(tuple(end - step * back for back in range(number, 0, -1)), step, end)
