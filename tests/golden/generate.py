"""Golden texts of sheet specs: what they are made of, and how to renew them after a change that is meant.

python -m tests.golden.generate
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pandas as pd

from invopt_xl.core.report import sheet_specs
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.core.template import template_specs
from tests.small_world import plan_of, world

GOLDEN = Path(__file__).resolve().parent


def as_text(specs: list[SheetSpec], *, rows: int = 3) -> str:
    """Return sheet specs as indented JSON, with the first rows of each frame."""

    def plain(value: object) -> object:
        if isinstance(value, pd.DataFrame):
            head = value.head(rows)
            return {
                "columns": list(head.columns),
                "rows": [[show(cell) for cell in line] for line in head.itertuples(index=False)],
            }
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if isinstance(value, (tuple, list)):
            return [plain(each) for each in value]
        # a figure within a text belongs to the numbers, which other tests check
        return re.sub(r"\d+\.\d%", "0.0%", value) if isinstance(value, str) else value

    def show(cell: object) -> object:
        if isinstance(cell, float):
            return None if cell != cell else round(cell, 3)
        return str(cell) if isinstance(cell, pd.Timestamp) else None if cell is pd.NaT else cell

    return json.dumps([plain(spec) for spec in specs], indent=1, ensure_ascii=False, default=str) + "\n"


def texts() -> dict[str, str]:
    """Return each golden file's name and the text that the code makes now."""
    plan = plan_of(world({"A": 20, "B": 5}, on_hand=10))
    return {"template.json": as_text(template_specs()), "plan_sheets.json": as_text(sheet_specs(plan), rows=0)}


if __name__ == "__main__":
    for name, text in texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
