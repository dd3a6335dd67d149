"""LibreOffice as the judge of our workbooks: it opens, recalculates and prints them, in a profile of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def needs_libreoffice() -> None:
    """Skip where LibreOffice is missing; fail where it was promised (INVOPT_REQUIRE_LIBREOFFICE)."""
    if SOFFICE is None:
        if os.environ.get("INVOPT_REQUIRE_LIBREOFFICE"):
            pytest.fail("LibreOffice is required here and was not found")
        pytest.skip("LibreOffice is not on this machine")


def convert(path: Path, kind: str, folder: Path) -> Path:
    """Return the file that LibreOffice makes of a workbook: `kind` is xlsx (recalculated), pdf ..."""
    needs_libreoffice()
    assert SOFFICE
    profile = (folder / "profile").resolve().as_uri()
    command = [
        SOFFICE,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    made = folder / f"{path.stem}.{kind}"
    assert made.exists(), done.stderr
    return made
