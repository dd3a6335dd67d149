"""Restore, Settings, Template and Doctor."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from invopt_xl.adapters.doctor import examine
from invopt_xl.adapters.live_sheets import add_planners
from invopt_xl.adapters.restore_point import read_notes
from invopt_xl.adapters.restore_point import restore as take_back
from invopt_xl.adapters.ribbon_replies import ask, done, tell, warn
from invopt_xl.adapters.ribbon_session import check_unmoved, restore_file, written
from invopt_xl.adapters.template_output import write_template
from invopt_xl.adapters.workbook_settings import settings_sheet
from invopt_xl.adapters.xlwings_host import find_book, is_protected, open_copy_of, undisturbed
from invopt_xl.core.contracts import GUIDE_TITLE, INPUT
from invopt_xl.core.template import template_specs
from invopt_xl.errors import WorkbookError

_SETTINGS = INPUT["Settings"].name


def restore(book: str, answer: str = "") -> str:
    """Put our sheets back to how they were before the last button that wrote to them."""
    live = find_book(book)
    file = restore_file(live)
    notes = read_notes(file)
    if not notes:
        return tell(
            "There is nothing to put back: no button has written into this workbook since it was last restored."
        )
    facts = next((note for note in notes if note["take_back"] == "nothing"), None)
    names = {str(sheet.name): sheet for sheet in live.sheets}
    for name in {note["sheet"] for note in notes if "sheet" in note}:
        if name in names and is_protected(names[name]):
            raise WorkbookError(f"Sheet {name} is protected. Press Review, Unprotect Sheet, then try again.")
    if facts is not None:
        check_unmoved(live, facts)
    what = "the last button, which did not come to its end" if facts is None else f"{facts['action']} at {facts['at']}"
    if answer != "yes":
        return ask(f"Put InvOpt XL's sheets back to how they were before {what}?", "Your own sheets are not touched.")
    with undisturbed(live):
        take_back(live, file)
    return done(f"InvOpt XL's sheets are as they were before {what}.")


def settings(book: str) -> str:
    """Show the Settings sheet; add it, with the sheet that explains all settings, where there is none."""
    live = find_book(book)
    sheet = settings_sheet(live)
    if sheet is not None:
        sheet.activate()
        return done(f"Sheet {sheet.name}: name in column setting, value in column value. Press Refresh afterwards.")
    wanted = [
        each for each in template_specs() if each.name == _SETTINGS or (each.name == "Read me" and not _has_guide(live))
    ]
    # Restore must never take a sheet away that the planner has filled in meanwhile
    added = written(live, "Settings", lambda point: add_planners(live, wanted, point), keep=False)
    name = added[[each.name for each in wanted].index(_SETTINGS)]
    live.sheets[name].activate()
    explained = f" Sheet {added[0]} lists all of them." if len(added) > 1 else ""
    return done(
        f"Sheet {name} was added: name in column setting, value in column value.{explained} Press Refresh afterwards."
    )


def _has_guide(live: Any) -> bool:
    return any(sheet.range((1, 1)).value == GUIDE_TITLE for sheet in live.sheets)


def template(book: str = "") -> str:
    """Open a new workbook with empty input sheets and a note on every column."""
    app = find_book(book).app if book else _any_app()
    with tempfile.TemporaryDirectory(prefix="invopt-", ignore_cleanup_errors=True) as folder:
        open_copy_of(app, str(write_template(Path(folder) / "Inventory plan.xlsx")))
    return done("Fill in sales and stock, save the workbook, then press Check data.")


def _any_app() -> Any:
    import xlwings

    for app in xlwings.apps:
        return app
    raise WorkbookError("Excel was not found. Open Excel, then press Template again.")


def doctor(book: str = "") -> str:
    """Examine the installation: what is wrong first, then what is there."""
    from invopt_xl.adapters.addin.server import log_file

    checks = examine(in_excel=True)
    wrong = [f"{each.what}: {each.found} {each.fix}".strip() for each in checks if not each.ok]
    good = [f"{each.what}: {each.found}" for each in checks if each.ok]
    lines = [
        *wrong,
        *([""] if wrong else ["Everything that was examined is in order.", ""]),
        *good,
        f"Log: {log_file()}",
    ]
    return warn(*lines) if wrong else tell(*lines)
