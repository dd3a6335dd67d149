"""What a button answers: a word in the first line says how it is shown, the other lines are for the planner. See workbook/README.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Lines of a list that a message box has room for.
_MOST_LINES = 8


def done(text: str = "") -> str:
    """Return what stands in the status bar for a moment.

    >>> done("3 rows approved.")
    'done\\n3 rows approved.'
    """
    return f"done\n{text}" if text else "done"


def tell(*lines: str) -> str:
    """Return a message."""
    return "\n".join(("tell", *lines))


def warn(*lines: str) -> str:
    """Return a message with a warning sign."""
    return "\n".join(("warn", *lines))


def ask(*lines: str) -> str:
    """Return a question; Yes calls the same action again."""
    return "\n".join(("ask", *lines))


def working(text: str) -> str:
    """Return how far running work is."""
    return f"working\n{text}"


def stopped(text: str) -> str:
    """Return that the work was cancelled."""
    return f"stopped\n{text}"


def listed(lines: Sequence[str]) -> Iterable[str]:
    """Return the first lines of a list, and how many more there are.

    >>> list(listed([f"row {n}" for n in range(10)]))[-1]
    '... and 2 more.'
    """
    shown = [f"- {line}" for line in lines[:_MOST_LINES]]
    return [*shown, f"... and {len(lines) - _MOST_LINES} more."] if len(lines) > _MOST_LINES else shown


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(2, "row"), counted(0, "entry", "entries")
    ('1 row', '2 rows', '0 entries')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
