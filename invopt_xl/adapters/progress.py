"""Progress of long work: a bar on a terminal, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Tells which stage is running; `step` has the form that `pipeline.plan(progress=...)` calls.

    Parameters
    ----------
    total : int
        Number of steps.
    label : str
        What is worked on.
    quiet : bool
        Say nothing at all.
    stream : text stream
        Where to; default standard error, so that results can be piped.
    """

    def __init__(self, total: int, label: str, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.label, self.quiet = label, quiet
        self.started = time.perf_counter()
        self._bar = None
        if not quiet and self.stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=total, desc=label, file=self.stream, leave=False, bar_format="{desc}: {bar:24} {postfix}"
            )

    def step(self, stage: str) -> None:
        """Tell that `stage` starts."""
        if self._bar is not None:
            self._bar.set_postfix_str(stage, refresh=False)
            self._bar.update(1)
        elif not self.quiet:
            self.stream.write(f"{self.label}: {stage} ({time.perf_counter() - self.started:.1f} s)\n")
            self.stream.flush()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


@contextmanager
def progress(total: int, label: str, *, quiet: bool) -> Iterator[Progress]:
    """Give a Progress that is closed whatever happens."""
    shown = Progress(total, label, quiet=quiet)
    try:
        yield shown
    finally:
        shown.close()
