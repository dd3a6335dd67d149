"""Checks: from input tables to tables that every later stage can trust, with findings. Second stage.

A bad row is kept out alone; a doubtful value is used and said; a missing input is no alarm.
"""

from invopt_xl.core.checks.check import check
from invopt_xl.core.checks.checked import Checked

__all__ = ["Checked", "check"]
