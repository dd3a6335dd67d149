"""The extension put into a real LibreOffice and taken out again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from invopt_xl.adapters.calc_addin.command import install, uninstall
from invopt_xl.adapters.calc_addin.office import IDENTIFIER, Office
from invopt_xl.errors import WorkbookError
from tests.hosts.calc_office import needs_calc, new_folder, unopkg

pytestmark = pytest.mark.libreoffice


@pytest.fixture
def libreoffice() -> Office:
    needs_calc()
    folder = new_folder()
    return Office(unopkg(folder), folder / "profile")


def test_it_is_put_in_replaced_and_taken_out(libreoffice: Office) -> None:
    assert not libreoffice.has(IDENTIFIER)
    for _ in range(2):
        install(office=libreoffice)
        assert libreoffice.has(IDENTIFIER)
    assert "no longer" in uninstall(office=libreoffice)
    assert not libreoffice.has(IDENTIFIER)
    assert "nothing to remove" in uninstall(office=libreoffice)


def test_a_damaged_extension_is_refused(libreoffice: Office, tmp_path: Path) -> None:
    (tmp_path / "bad.oxt").write_bytes(b"no zip file")
    with pytest.raises(WorkbookError, match="unopkg add failed"):
        libreoffice.add(tmp_path / "bad.oxt")


def test_an_activated_environment_does_not_lead_the_offices_python_astray(
    libreoffice: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [str(Path(sys.executable).parent), str(Path(sys.base_prefix) / "bin")]
    monkeypatch.setenv("PATH", os.pathsep.join([*own, os.environ["PATH"]]))
    install(office=libreoffice)
    assert libreoffice.has(IDENTIFIER)
