"""What a planner is told to do about a missing plan, in the words of the program that the functions are used in: Calc has no button Refresh."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HostWords:
    """Texts for INV_STATUS; each is a sentence, or the end of one.

    Parameters
    ----------
    not_yet : str
        There is no plan of the workbook.
    never_saved : str
        It has no file, and its sheets are not known.
    far_away : str
        Its file lies where it cannot be read.
    without_stages : str
        A plan is there without what it was made from.
    """

    not_yet: str
    never_saved: str
    far_away: str
    without_stages: str


EXCEL = HostWords(
    not_yet="press Refresh, or use a function that needs the plan, such as INV_REORDER.",
    never_saved="the workbook was not saved yet; save it, or press Refresh.",
    far_away="the workbook lies on OneDrive or SharePoint, where its file cannot be read; press Refresh.",
    without_stages="The plan was kept without what it was made from; press Refresh.",
)

# Calc works a function out again when its arguments change, or with these keys
_AGAIN = "press Ctrl+Shift+F9"

CALC = HostWords(
    not_yet="use a function that needs the plan, such as INV_REORDER.",
    never_saved=f"the workbook was not saved yet; save it, then {_AGAIN}.",
    far_away=f"the workbook lies on a server, where its file cannot be read; save it on this computer, then {_AGAIN}.",
    without_stages=f"The plan was kept without what it was made from; {_AGAIN}.",
)
