"""The fitted trees of a workbook's last Refresh, kept in the user's profile: the next Refresh need not fit them again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from invopt_xl.adapters.model_reuse import ENDING, plan_with_models
from invopt_xl.adapters.state_folder import state_folder
from invopt_xl.core.checks import check
from invopt_xl.core.plan import Plan
from invopt_xl.core.settings_sheet import settings_of
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError


def kept_models_file(full_name: str) -> Path:
    """Return the file of the trees of a workbook."""
    digest = hashlib.sha256(full_name.casefold().encode()).hexdigest()[:24]
    return state_folder() / "models" / f"{digest}{ENDING}"


def plan_with_kept_models(make: Callable[[Mapping[str, Any] | None], Plan], tables: Tables, *, book: str) -> Plan:
    """Return the plan that `make` makes with the trees of the last time, or with new ones where those are old or of other items."""
    settings, _ = settings_of(tables, None)
    if settings.boosted_trees == "off":
        return make(None)
    checked = check(tables, settings=settings)
    file = kept_models_file(book)
    file.parent.mkdir(parents=True, exist_ok=True)
    skus = checked.frames["Sales"]["sku"].unique()
    try:
        return plan_with_models(make, file, as_of=checked.as_of, skus=skus, settings=settings).plan
    except InputError:
        if not file.exists():
            raise
        # another workbook has this name by now, or the file is damaged; it is ours alone, so it may go
        file.unlink()
        return plan_with_models(make, file, as_of=checked.as_of, skus=skus, settings=settings).plan
