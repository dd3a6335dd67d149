"""What the buttons of the ribbon call. Texts in, a text out; workbook/README.md says which, and what the words of a reply mean.

On a Mac, where Excel starts Python anew for every button:  python -m invopt_xl.adapters.ribbon FUNCTION BOOK [SHEET CELLS ...]
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from invopt_xl.adapters.ribbon_replies import warn
from invopt_xl.errors import InvOptError

LOG = logging.getLogger("invopt_xl.ribbon")


def _answered(action: Callable[..., str]) -> Callable[..., str]:
    """Turn errors into replies: what the planner can mend is told as it is, anything else goes to the log file."""

    @functools.wraps(action)
    def call(*arguments: str) -> str:
        try:
            return action(*arguments)
        except InvOptError as error:
            LOG.warning("%s: %s", action.__name__, error)
            return warn(str(error))
        except Exception:
            LOG.exception("%s failed", action.__name__)
            from invopt_xl.adapters.addin.server import log_file

            return warn(
                "Something went wrong inside InvOpt XL. If one of its sheets looks incomplete, press Restore.",
                "Press the button again; if it happens again, send the log file to who supports you:",
                str(log_file()),
            )

    return call


@_answered
def check_data(book: str) -> str:
    """Look through the input sheets."""
    from invopt_xl.adapters import ribbon_plan

    return ribbon_plan.check_data(book)


@_answered
def refresh(book: str) -> str:
    """Plan the whole workbook."""
    from invopt_xl.adapters import ribbon_plan

    return ribbon_plan.refresh(book)


@_answered
def refresh_selection(book: str, sheet: str, cells: str) -> str:
    """Plan the selected items."""
    from invopt_xl.adapters import ribbon_plan

    return ribbon_plan.refresh_selection(book, sheet, cells)


@_answered
def explain_row(book: str, sheet: str, cells: str) -> str:
    """Say why the selected items are ordered as they are."""
    from invopt_xl.adapters import ribbon_views

    return ribbon_views.explain_row(book, sheet, cells)


@_answered
def projected_stock(book: str, sheet: str, cells: str) -> str:
    """Draw the coming stock of the selected item."""
    from invopt_xl.adapters import ribbon_views

    return ribbon_views.projected_stock(book, sheet, cells)


@_answered
def scenario(book: str, sheet: str, cells: str, change: str) -> str:
    """Show what would be ordered if one input of the selected items were different."""
    from invopt_xl.adapters import ribbon_views

    return ribbon_views.scenario(book, sheet, cells, change)


@_answered
def approve(book: str, sheet: str, cells: str, answer: str = "") -> str:
    """Approve the selected recommendations."""
    from invopt_xl.adapters import ribbon_decisions

    return ribbon_decisions.approve(book, sheet, cells, answer)


@_answered
def clear_decisions(book: str, sheet: str, cells: str) -> str:
    """Empty the decisions of the selected rows."""
    from invopt_xl.adapters import ribbon_decisions

    return ribbon_decisions.clear_decisions(book, sheet, cells)


@_answered
def create_orders(book: str, answer: str = "") -> str:
    """Make order sheets from the approved lines."""
    from invopt_xl.adapters import ribbon_orders

    return ribbon_orders.create_orders(book, answer)


@_answered
def restore(book: str, answer: str = "") -> str:
    """Put our sheets back to how they were before the last button that wrote to them."""
    from invopt_xl.adapters import ribbon_workbook

    return ribbon_workbook.restore(book, answer)


@_answered
def settings(book: str) -> str:
    """Open the Settings sheet."""
    from invopt_xl.adapters import ribbon_workbook

    return ribbon_workbook.settings(book)


@_answered
def template(book: str = "") -> str:
    """Open a new workbook with empty input sheets."""
    from invopt_xl.adapters import ribbon_workbook

    return ribbon_workbook.template(book)


@_answered
def doctor(book: str = "") -> str:
    """Examine the installation."""
    from invopt_xl.adapters import ribbon_workbook

    return ribbon_workbook.doctor(book)


@_answered
def progress(book: str) -> str:
    """Say how far the running work is, and write what it has computed."""
    from invopt_xl.adapters.ribbon_session import JOBS

    return JOBS.progress(book)


@_answered
def cancel(book: str) -> str:
    """Ask the running work to stop."""
    from invopt_xl.adapters.ribbon_session import JOBS

    return JOBS.cancel(book)


#: Functions by the name that a button sends.
ACTIONS: dict[str, Callable[..., str]] = {
    each.__name__: each
    for each in (
        check_data,
        refresh,
        refresh_selection,
        explain_row,
        projected_stock,
        scenario,
        approve,
        clear_decisions,
        create_orders,
        restore,
        settings,
        template,
        doctor,
    )
}


def main(arguments: Sequence[str] | None = None, *, app: Any = None) -> int:
    """Run one button from beginning to end and show its reply in Excel: where nobody reads replies, as on a Mac."""
    name, *texts = sys.argv[1:] if arguments is None else arguments
    if name not in ACTIONS:
        sys.stderr.write(f"{name} is no button. Known: {', '.join(ACTIONS)}.\n")
        return 2
    from invopt_xl.adapters.addin.server import log_file
    from invopt_xl.adapters.ribbon_alone import run_alone

    log_file().parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log_file(), level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    )
    run_alone(ACTIONS[name], texts, progress=progress, app=app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
