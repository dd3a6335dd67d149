"""Makes the workbooks of this folder from the contracts: the blank template and a filled sample.

python templates/generate.py
"""

from __future__ import annotations

from pathlib import Path

from invopt_xl.adapters.template_output import write_filled
from invopt_xl.core.demo import demo_tables

FOLDER = Path(__file__).parent
BLANK, SAMPLE = "invopt_template.xlsx", "invopt_sample.xlsx"


def generate(folder: Path) -> None:
    """Write both workbooks into `folder`."""
    write_filled(None, folder / BLANK)
    # small enough to open in a second, large enough to show every demand pattern
    write_filled(demo_tables(seed=1, skus=12, locations=2, weeks=60), folder / SAMPLE)


if __name__ == "__main__":
    generate(FOLDER)
