"""The fake Excel leaves nothing behind."""

from __future__ import annotations

import sys

import pytest

from tests.hosts.fake_excel import fake_excel

pytest.importorskip("xlwings", reason="xlwings is not installed (extra 'excel')")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has its own pywin32; the fake is for other systems"
)


def test_xlwings_is_as_it_was_after_the_fake() -> None:
    import xlwings

    with fake_excel():
        assert "pythoncom" in sys.modules
        assert sys.modules["xlwings"] is not xlwings
    assert "pythoncom" not in sys.modules
    assert sys.modules["xlwings"] is xlwings
    assert "excel" not in [engine.name for engine in xlwings.engines]
