"""Which workbook asks, and what it holds: its file, where that is as it stands on the screen; else its sheets.

A saved workbook without changes is read from its file, as `invopt plan` reads it. One with changes, one that was never saved and one of a kind
that InvOpt XL does not read (.ods) is read from the screen.
"""

import os
import time

import uno
import unohelper
from com.sun.star.util import XModifyListener

from invopt_calc.sheets import read_sheets
from invopt_calc.worker import Unavailable

#: Kinds of files that InvOpt XL reads by itself.
_READABLE = (".xlsx", ".xlsm", ".xlsb", ".xls", ".xltx", ".xltm")
#: At most so often the sheets of a changed workbook are looked at [s]; formulas that are copied down ask thousands of times.
LOOK_SECONDS = 2.0
#: Where looking takes little time, it may be done more often: at most this share of the time goes to it.
LOOK_SHARE = 0.5


class Document:
    """The calling workbook.

    `book` is what its plan is kept by: the file's path, the address of one that lies elsewhere, or a name for one that was never saved.
    `sheets` is (stamp, name, rows by sheet) as they are now; None: the file says it all. `problem` says why they could not be read; "" if they
    could.
    """

    def __init__(self, book, sheets=None, problem=""):
        self.book, self.sheets, self.problem = book, sheets, problem


class Documents:
    """The open documents that have asked."""

    def __init__(self, on_close, clock=time.monotonic):
        self._on_close, self._clock = on_close, clock
        self._watched = {}

    def of(self, caller, with_sheets):
        """Return the workbook that asks; its sheets only `with_sheets`."""
        if caller is None or not hasattr(caller, "RuntimeUID"):
            return Document("")
        url, key = caller.getURL(), caller.RuntimeUID
        book = (uno.fileUrlToSystemPath(url) if url.startswith("file:") else url) or "unsaved " + key
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched(lambda: self._closed(key))
            caller.addModifyListener(watched)
        if watched.book not in ("", book):
            self._on_close(watched.book)
        watched.book = book
        if not with_sheets:
            return Document(book, problem=watched.problem)
        try:
            watched.problem = ""
            return Document(book, self._sheets(caller, watched))
        except Unavailable as reason:
            watched.problem = str(reason)
            raise

    def _sheets(self, document, watched):
        if not document.isModified() and watched.book.lower().endswith(_READABLE):
            return None
        if watched.offer is None or (watched.changes != watched.seen and self._clock() >= watched.next_look):
            _check_days(document)
            if watched.looking:
                raise Unavailable(
                    "The sheets depend on the plan in a way that goes in a circle; recalculate with Ctrl+Shift+F9."
                )
            began, watched.seen, watched.looking = self._clock(), watched.changes, True
            try:
                rows = read_sheets(document)
            finally:
                watched.looking = False
            if watched.offer is None or rows != watched.offer[2]:
                watched.states += 1
                watched.offer = (str(watched.states), _name(document, watched.book), rows)
            now = self._clock()
            watched.next_look = now + min(LOOK_SECONDS, (now - began) / LOOK_SHARE)
        return watched.offer

    def _closed(self, key):
        watched = self._watched.pop(key, None)
        if watched is not None:
            self._on_close(watched.book)


def _check_days(document):
    """Raise `Unavailable` where days have other numbers: which cells are dates is known to the file only."""
    zero = document.NullDate
    if (zero.Year, zero.Month, zero.Day) != (1899, 12, 30):
        raise Unavailable(
            f"Not planned: in this workbook days count from {zero.Year}, so that it can be read from its file only. Save it as .xlsx, then press "
            "Ctrl+Shift+F9."
        )


def _name(document, book):
    return os.path.basename(book) if document.getURL() else document.Title


class _Watched(unohelper.Base, XModifyListener):
    """What is known of an open document; the office tells it of changes and of the end."""

    def __init__(self, closed):
        self._closed = closed
        self.book, self.problem, self.offer, self.looking = "", "", None, False
        self.changes, self.seen, self.states, self.next_look = 0, -1, 0, 0.0

    def modified(self, event):
        self.changes += 1

    def disposing(self, event):
        self._closed()
