"""Plans kept in this process, one per workbook: what the worksheet functions answer from, in any host.

A plan comes from Refresh (`keep`), or from the first function that needs one: then the workbook is read and planned as `invopt plan` does it,
from the sheets that the host has sent (`offer`), else from the file as it was last saved. A plan lives until the input tables change. Whether
they did is asked at most every `CHECK_SECONDS`: the file's size and time of change say whether to read it again, and the digest of the tables
read says whether to plan again, so that saving our own sheets or a chart costs no plan.

This module loads nothing heavy: INV_STATUS answers before pandas is there.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invopt_xl.adapters.function_registry import ERROR_MARK
from invopt_xl.adapters.host_words import EXCEL, HostWords
from invopt_xl.errors import InvOptError

if TYPE_CHECKING:
    from invopt_xl.adapters.book import Book
    from invopt_xl.adapters.last_plan import LastPlan
    from invopt_xl.adapters.plan_cells import PlanCells
    from invopt_xl.adapters.what_if_results import WhatIfResults
    from invopt_xl.core.plan import Plan
    from invopt_xl.core.stages import Stages
    from invopt_xl.core.tables import Tables

LOG = logging.getLogger("invopt_xl.functions")

#: How often, at most, a workbook is looked at for changes: a recalculation of thousands of cells asks once.
CHECK_SECONDS = 2.0


class NotPlannedError(InvOptError):
    """There is no plan of this workbook; the message says why. In a cell it is #N/A."""

    text = ERROR_MARK + "#N/A"


@dataclass(frozen=True)
class PlannedBook:
    """A plan of a workbook, what it was made from, and when; and what functions worked out of it (`supplier_days`: by chance and name).

    `from_file`: it was made from the file as it was last saved, without what was typed since.
    """

    plan: Plan
    tables: Tables | None
    computed_at: datetime
    from_file: bool = False
    words: HostWords = EXCEL
    supplier_days: dict[float | None, dict[str, float]] = field(default_factory=dict)

    @cached_property
    def cells(self) -> PlanCells:
        """Return the plan as cells."""
        from invopt_xl.adapters.plan_cells import PlanCells

        return PlanCells(self.plan)

    @cached_property
    def what_ifs(self) -> WhatIfResults:
        """Return what is asked of the plan with a changed input.

        Raises
        ------
        NotPlannedError
            The plan was put together from its tables.
        """
        from invopt_xl.adapters.what_if_results import WhatIfResults

        return WhatIfResults(self.stages, self.plan.settings)

    @property
    def stages(self) -> Stages:
        """Return the stages behind the plan.

        Raises
        ------
        NotPlannedError
            The plan was put together from its tables.
        """
        if self.plan.stages is None:
            raise NotPlannedError(self.words.without_stages)
        return self.plan.stages


@dataclass
class _Entry:
    """What is known of one workbook. `stamp` is what it looked like when it was last read; `problem` why it could not be planned."""

    planned: PlannedBook | None = None
    book: Book | None = None
    stamp: str = ""
    digest: str = ""
    problem: str = ""
    next_check: float = 0.0


class PlanCache:
    """The plans of this process.

    Parameters
    ----------
    clock : callable
        Seconds that only ever rise.
    now : callable
        The time of day, for `INV_STATUS`.
    words : HostWords
        Of the program that asks.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
        words: HostWords = EXCEL,
    ) -> None:
        self._clock, self._now, self.words = clock, now, words
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.RLock()

    def keep(self, book: str, plan: Plan, *, tables: Tables | None = None) -> None:
        """Keep a plan that was just computed, by Refresh, for the functions of the workbook `book` (its full name).

        `tables` are what it was computed from; INV_WHATIF needs them, and so does telling whether they have changed.
        """
        with self._lock:
            entry = self._entries.setdefault(_key(book), _Entry())
            entry.planned = PlannedBook(plan, tables, self._now(), words=self.words)
            entry.stamp, entry.digest, entry.problem = _stamp(book, entry.book), _digest(tables), ""
            entry.next_check = self._clock() + CHECK_SECONDS

    def offer(self, book: str, sheets: Book, *, stamp: str) -> None:
        """Take the sheets of a workbook from the host, instead of its file; `stamp` is another text whenever they have changed."""
        with self._lock:
            entry = self._entries.setdefault(_key(book), _Entry())
            entry.book = _Offered(sheets, stamp)
            entry.next_check = 0.0

    def forget(self, book: str) -> None:
        """Drop what is known of a workbook, such as one that was closed; its next function reads it anew."""
        with self._lock:
            self._entries.pop(_key(book), None)

    def planned(self, book: str) -> PlannedBook:
        """Return the plan of a workbook, computed now if there is none or its tables have changed.

        Raises
        ------
        NotPlannedError
            It cannot be read or planned.
        """
        entry = self._entries.get(_key(book))
        if entry is None or self._clock() >= entry.next_check:
            with self._lock:
                entry = self._entries.setdefault(_key(book), _Entry())
                self._refresh(book, entry)
        if entry.planned is None:
            raise NotPlannedError(entry.problem)
        return entry.planned

    def status(self, book: str) -> str:
        """Return the state of the plan of a workbook in one line."""
        entry = self._entries.get(_key(book))
        if entry is None or (entry.planned is None and not entry.problem):
            return f"Not planned yet: {self.words.not_yet}"
        if entry.planned is None:
            return f"Not planned: {entry.problem}"
        said = _status_of(entry.planned)
        return (
            f"{said} The workbook has changed since and could not be planned again: {entry.problem}"
            if entry.problem
            else said
        )

    def _refresh(self, book: str, entry: _Entry) -> None:
        """Bring the plan of a workbook up to date, or note why there is none."""
        stamp = _stamp(book, entry.book)
        # a plan that was kept, of a workbook that cannot be looked at, lives until the next Refresh
        if (stamp and stamp == entry.stamp) or (not stamp and entry.planned is not None):
            entry.next_check = self._clock() + CHECK_SECONDS
            return
        try:
            self._read_and_plan(book, entry)
        except InvOptError as error:
            entry.problem = str(error)
        except Exception:
            LOG.exception("planning for the functions of %s failed", book)
            entry.problem = "an internal error; the log file of the functions tells more."
        entry.stamp = stamp
        entry.next_check = self._clock() + CHECK_SECONDS

    def _read_and_plan(self, book: str, entry: _Entry) -> None:
        from invopt_xl.adapters.reading import read_tables

        tables = read_tables(entry.book if entry.book is not None else self._path(book))
        digest = _digest(tables)
        if entry.planned is None or digest != entry.digest:
            from invopt_xl.pipeline import plan

            last = self._last_plan(book, entry)

            def make(learned: Mapping[str, Any] | None) -> Plan:
                return plan(tables, previous=last.recommendations, previous_basis=last.basis, learned=learned)

            entry.planned = PlannedBook(
                _planned(make, tables, book), tables, self._now(), from_file=entry.book is None, words=self.words
            )
        entry.digest, entry.problem = digest, ""

    def _path(self, book: str) -> Path:
        """Return the file of a workbook by its full name.

        Raises
        ------
        NotPlannedError
            It has none on this machine.
        """
        if "://" in book:
            raise NotPlannedError(self.words.far_away)
        path = Path(book)
        if not book or not path.exists():
            raise NotPlannedError(self.words.never_saved)
        return path

    def _last_plan(self, book: str, entry: _Entry) -> LastPlan:
        """Return what the plan before left: of sheets that a host has sent the one in memory, else what is in the file."""
        from invopt_xl.adapters.last_plan import LastPlan, last_plan
        from invopt_xl.adapters.sources import Source

        if entry.book is not None and entry.planned is not None:
            return LastPlan(entry.planned.plan.recommendations, entry.planned.plan.basis)
        try:
            return last_plan(Source(self._path(book)))
        except NotPlannedError:
            # it was never saved: there are only the sheets that the host has sent
            return LastPlan()


def _planned(make: Callable[[Mapping[str, Any] | None], Plan], tables: Tables, book: str) -> Plan:
    """Return the plan that the button Refresh would make, with the same trees: functions and sheets say the same."""
    from invopt_xl.adapters.kept_models import plan_with_kept_models

    if "://" not in book and not os.path.isabs(book):
        # never saved: the next new workbook will have this name, too
        return make(None)
    try:
        return plan_with_kept_models(make, tables, book=book)
    except OSError:
        LOG.exception("the trees of %s cannot be kept; the plan is made with new ones", book)
        return make(None)


def _key(book: str) -> str:
    """Return a full name as plans are kept by it: on Windows the same file may be named in other capitals."""
    return os.path.normcase(book)


class _Offered:
    """Sheets that a host has sent, with what tells one state of them from another."""

    def __init__(self, book: Book, stamp: str) -> None:
        self.name, self.fingerprint, self.grids = book.name, book.fingerprint, book.grids
        self.stamp = stamp


def _stamp(book: str, offered: object) -> str:
    """Return what changes when the workbook does, at the cost of a look at its directory entry; "" where there is none."""
    if isinstance(offered, _Offered):
        return offered.stamp
    if "://" in book or not book:
        return ""
    try:
        files = sorted(Path(book).iterdir()) if os.path.isdir(book) else [Path(book)]
        return ";".join(f"{about.st_mtime_ns}-{about.st_size}" for about in map(os.stat, files))
    except OSError:
        return ""


def _digest(tables: Tables | None) -> str:
    """Return a digest of the values of all input tables; "" for none."""
    if tables is None:
        return ""
    import hashlib

    from pandas.util import hash_pandas_object

    digest = hashlib.sha256()
    for name, frame in sorted(tables.frames.items()):
        digest.update(f"{name}|{'|'.join(frame.columns)}|{len(frame)}".encode())
        digest.update(hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _status_of(planned: PlannedBook) -> str:
    plan, summary = planned.plan, planned.plan.summary
    source = f"{plan.source or 'the workbook'}{' as last saved' if planned.from_file else ''}"
    return (
        f"Planned {planned.computed_at:%Y-%m-%d %H:%M} from {source}, sales up to {plan.as_of:%Y-%m-%d}: "
        f"{summary['series']:,d} items x places, {summary['order_lines']:,d} to order; findings in the data: {summary['findings']:,d}."
    )


#: The plans of this process.
PLANS = PlanCache()


def status_text(book: str) -> str:
    """INV_STATUS."""
    return PLANS.status(book)
