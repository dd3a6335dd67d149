"""`invopt plan --models` and `--pictures`: what they say where there are no trees, and what they refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from invopt_xl.adapters import cli
from invopt_xl.adapters.template_output import write_filled
from tests.small_world import world


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_filled(world({"A": 20, "B": 5}, on_hand=10), tmp_path_factory.mktemp("book") / "book.xlsx")


@pytest.fixture
def book(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "book.xlsx"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_too_few_items_for_trees_are_said_and_the_plan_is_made(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, pictures = tmp_path / "kept" / "models.json.gz", tmp_path / "pictures"
    code, out, _ = run(
        capsys, "plan", str(book), "--models", str(models), "--pictures", str(pictures), "--picture-sku", "A", "--json"
    )
    said = json.loads(out)["sources"][0]
    assert code == 0
    assert said["pictures"] == []
    assert "none were saved" in said["notes"][0]
    assert "No pictures: no boosted trees were fitted" in said["notes"][1]
    assert not models.exists()
    assert not pictures.exists()
    sheet = openpyxl.load_workbook(book)["Data Check"]
    assert any("Saved models models.json.gz" in str(cell.value) for row in sheet for cell in row)


def test_a_file_that_is_no_saved_models_stops_the_plan_and_stays(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precious, before = tmp_path / "precious.xlsx", book.read_bytes()
    shutil.copy(book, precious)
    code, _, err = run(capsys, "plan", str(book), "--models", str(precious), "--quiet")
    assert code == 2
    assert "precious.xlsx is no file of saved models" in err
    assert (precious.read_bytes(), book.read_bytes()) == (before, before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{book}", "--picture-sku", "A"], "--pictures DIR"),
        (["{book}", "{other}", "--models", "m.json"], "names one file, but there are 2 sources"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    book: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copy(book, tmp_path / "other.xlsx")
    code, _, err = run(capsys, "plan", *[word.format(book=book, other=other) for word in words], "--quiet")
    assert code == 2
    assert said in err
