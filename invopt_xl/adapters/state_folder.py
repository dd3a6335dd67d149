"""Where what must outlive a workbook is kept: restore points and the last order numbers issued, in the user's own profile."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """Return the folder; it may not be there yet."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "InvOptXL" / "state"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "InvOptXL"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "invoptxl" / "state"
