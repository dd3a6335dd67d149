"""The part of the Calc extension that needs no office, for the tests: its package `invopt_calc`."""

from __future__ import annotations

import sys

from invopt_xl.adapters.calc_addin.sources import sources_folder

FOLDER = sources_folder()
if str(FOLDER / "pythonpath") not in sys.path:
    sys.path.insert(0, str(FOLDER / "pythonpath"))
