"""One button from beginning to end in a process of its own, as on a Mac: nobody reads its reply, so it is shown in Excel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from invopt_xl.adapters.ribbon_session import JOBS

#: Between two looks at running work [seconds].
_LOOK_EVERY = 0.2
_TITLE = "InvOpt XL"
#: How long the last word stands in the status bar [seconds].
_SHOWN_FOR = 10.0
#: Longest text that the status bar shows [characters].
_BAR_LENGTH = 250


def run_alone(
    action: Callable[..., str],
    texts: Sequence[str],
    *,
    progress: Callable[[str], str],
    app: Any = None,
    shown_for: float = _SHOWN_FOR,
) -> str:
    """Run an action, show how far it is in the status bar and its reply in a box, and return the reply."""
    if app is None:
        import xlwings

        app = xlwings.apps.active
    before = app.status_bar
    book = texts[0] if texts else ""
    try:
        reply = _finished(action(*texts), book, progress, app)
        while reply.split("\n")[0] == "ask":
            if app.alert(_rest(reply), _TITLE, "yes_no", "info") != "yes":
                return reply
            reply = _finished(action(*texts, "yes"), book, progress, app)
        word, text = reply.split("\n")[0], _rest(reply)
        if word == "done" and text:
            app.status_bar = f"{_TITLE}: {text}"[:_BAR_LENGTH]
            time.sleep(shown_for)
        elif text:
            app.alert(text, _TITLE, "ok", "info" if word == "tell" else "critical")
        return reply
    finally:
        # False gives the bar back to Excel; anything else was there before
        app.status_bar = before if isinstance(before, str) else False


def _finished(reply: str, book: str, progress: Callable[[str], str], app: Any) -> str:
    while reply.split("\n")[0] == "working":
        app.status_bar = f"{_TITLE}: {_rest(reply)}"[:_BAR_LENGTH]
        JOBS.wait(book, _LOOK_EVERY)
        reply = progress(book)
    return reply


def _rest(reply: str) -> str:
    return reply.partition("\n")[2]
