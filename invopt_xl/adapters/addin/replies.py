"""What a button's Python function answers to the add-in: a word that says what to do, then the text for the planner.

`InvOptActions.bas` reads them; `workbook/README.md` says when each is for.
"""

from __future__ import annotations

DONE, TELL, WARN, ASK, WORKING, STOPPED = WORDS = ("done", "tell", "warn", "ask", "working", "stopped")

#: Stands at the end of the arguments when the planner answered a question with Yes.
YES = "yes"

# a message box of VBA shows no more [characters]; the add-in cuts there
LONGEST_TEXT = 1000


def done(text: str = "") -> str:
    """Return the reply that ends an action; the text stands in the status bar for a while.

    >>> done("12 items to order")
    'done\\n12 items to order'
    """
    return _reply(DONE, text)


def tell(text: str) -> str:
    """Return the reply that ends an action with a message box."""
    return _reply(TELL, text)


def warn(text: str) -> str:
    """Return the reply that ends an action with a message box that warns."""
    return _reply(WARN, text)


def ask(text: str) -> str:
    """Return the reply that asks a question; Yes calls the action again with `YES` at the end."""
    return _reply(ASK, text)


def working(text: str) -> str:
    """Return the reply of work that goes on; the text stands in the status bar until `progress` is called.

    >>> working("forecasting, 40%")
    'working\\nforecasting, 40%'
    """
    return _reply(WORKING, text)


def stopped(text: str) -> str:
    """Return the reply that ends an action which the planner stopped."""
    return _reply(STOPPED, text)


def _reply(word: str, text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return f"{word}\n{lines}" if lines else word
