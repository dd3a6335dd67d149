"""The error tree of InvOpt XL, and the one form that its messages have.

    InvOptError
    ├── InputError      the planner's data cannot be used: a missing sheet, no usable row
    ├── SettingError    a setting or argument is unknown or out of range
    ├── WorkbookError   a workbook cannot be read or written
    │   └── WorkbookBusyError   it is open elsewhere, locked, or changed since it was read
    └── ComputeError    a computation did not reach a usable result

A message says what is wrong, where, what was found and what to do. Bad cells are no errors: they are
collected as findings (`invopt_xl.core.findings`), so that a planner sees all of them at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InvOptError(Exception):
    """Base of every error that InvOpt XL raises on purpose."""

    exit_code = 2


class InputError(InvOptError):
    """The planner's data cannot be used at all."""


class SettingError(InvOptError):
    """A setting or an argument is unknown, of the wrong type or out of range."""


class WorkbookError(InvOptError):
    """A workbook cannot be read or written."""


class WorkbookBusyError(WorkbookError):
    """A workbook is open elsewhere, locked, or was changed since it was read."""

    exit_code = 3


class ComputeError(InvOptError):
    """A computation did not reach a usable result."""


def near_names(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the known name nearest to `name`, or an empty text.

    >>> near_names("servce_level", ["service_level", "seed"])
    " Did you mean 'service_level'?"
    >>> near_names("colour", ["seed"])
    ''
    """
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{match[0]}'?" if match else ""
