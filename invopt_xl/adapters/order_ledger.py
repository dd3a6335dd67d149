"""The highest order number of each series that was issued on this computer: it outlives workbooks that are put back from a backup."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
from collections.abc import Sequence
from pathlib import Path

from invopt_xl.adapters.state_folder import state_folder
from invopt_xl.core.order_ids import SERIES_LENGTH, SERIES_LETTERS, series_of
from invopt_xl.errors import WorkbookError


def ledger_file() -> Path:
    """Return the file of the ledger."""
    return state_folder() / "order numbers.json"


def read_ledger() -> dict[str, int]:
    """Return the highest number issued by series.

    Raises
    ------
    WorkbookError
        It is there but cannot be read; issuing a number could then repeat one.
    """
    file = ledger_file()
    try:
        return {str(series): int(number) for series, number in json.loads(file.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise WorkbookError(
            f"The record of issued order numbers cannot be read ({file}: {error}), so no order was made: a number could repeat. Rename that file, then try again; a new series begins where the workbook has none."
        ) from error


def record(order_ids: Sequence[str]) -> None:
    """Note order numbers as issued, before anything is made with them.

    Raises
    ------
    WorkbookError
        The record cannot be written.
    """
    issued = read_ledger()
    for series, number in map(series_of, order_ids):
        issued[series] = max(number, issued.get(series, 0))
    file = ledger_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(f".{os.getpid()}.tmp")
        aside.write_text(json.dumps(issued), encoding="utf-8")
        os.replace(aside, file)
    except OSError as error:
        raise WorkbookError(
            f"The record of issued order numbers cannot be written ({file}: {error}), so no order was made: a number could repeat. Free some space or check your rights, then try again."
        ) from error


def new_series() -> str:
    """Return letters for a series that nobody else has."""
    return "".join(secrets.choice(SERIES_LETTERS) for _ in range(SERIES_LENGTH))


def place_of(full_name: str) -> str:
    """Return the name of a workbook on this computer, as the register keeps it."""
    return hashlib.sha256(f"{platform.node()}|{full_name.casefold()}".encode()).hexdigest()[:10]
