"""Work behind a button: computed in a thread while Excel stays alive, one job per workbook. What comes of it is written by a later call from Excel."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from invopt_xl.adapters.ribbon_replies import stopped, working

LOG = logging.getLogger("invopt_xl.ribbon")


class CancelledError(Exception):
    """The planner pressed Esc."""


class Job:
    """One computation.

    Parameters
    ----------
    compute : callable
        Runs in a thread, touches no workbook, and calls its argument with a text whenever it gets on: that is where it can be stopped.
    finish : callable
        Takes what `compute` returned, in a call from Excel; writes it and returns the reply.
    """

    def __init__(self, compute: Callable[[Callable[[str], None]], Any], finish: Callable[[Any], str]) -> None:
        self._compute, self._finish = compute, finish
        self._cancelled = threading.Event()
        self._started = time.monotonic()
        self._text = "starting"
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="invopt-job", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._compute(self._told)
        except BaseException as error:  # noqa: BLE001 - raised again in the call from Excel
            self._error = error

    def _told(self, text: str) -> None:
        if self._cancelled.is_set():
            raise CancelledError
        self._text = text

    def cancel(self) -> str:
        """Ask the job to stop at its next step."""
        self._cancelled.set()
        return working(f"{self._text}; stopping after this step")

    def look(self) -> str | None:
        """Return "working ..." while it runs, the last reply once it is done."""
        if self._thread.is_alive():
            return working(f"{self._text} ({time.monotonic() - self._started:.0f} s)")
        if self._cancelled.is_set() or isinstance(self._error, CancelledError):
            return stopped("Stopped. Nothing was changed.")
        if self._error is not None:
            raise self._error
        return self._finish(self._result)

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Wait until it is computed, so many seconds at most."""
        self._thread.join(seconds)


class Jobs:
    """The jobs of this process, by workbook."""

    def __init__(self) -> None:
        self._by_book: dict[str, Job] = {}

    def start(self, book: str, compute: Callable[[Callable[[str], None]], Any], finish: Callable[[Any], str]) -> str:
        """Start a job and return the reply to the button."""
        running = self._by_book.get(book)
        if running is not None and running.is_running:
            # one that was given up on, say because Excel was reset meanwhile
            running.cancel()
        self._by_book[book] = Job(compute, finish)
        return working("starting")

    def progress(self, book: str) -> str:
        """Return how far the job of a workbook is; what it computed is written by the call that finds it ready."""
        job = self._by_book.get(book)
        if job is None:
            return "done"
        if job.is_running:
            return job.look() or "done"
        del self._by_book[book]
        return job.look() or "done"

    def cancel(self, book: str) -> str:
        """Ask the job of a workbook to stop."""
        job = self._by_book.get(book)
        return job.cancel() if job is not None else working("stopping")

    def wait(self, book: str, seconds: float) -> None:
        """Wait for the job of a workbook."""
        job = self._by_book.get(book)
        if job is not None:
            job.wait(seconds)
