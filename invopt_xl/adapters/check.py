"""One thing that the doctor has looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What was looked at, whether it is as it must be, what was found, and what to do if not."""

    what: str
    ok: bool
    found: str
    fix: str = ""
