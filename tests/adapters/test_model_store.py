"""Saved models: what comes back is what was saved, and a file that is anything else is refused with a message, without being executed."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from invopt_xl.adapters import model_store
from invopt_xl.adapters.model_store import load_models, save_models
from invopt_xl.core.forecast.boosted.boost import boost
from invopt_xl.core.forecast.boosted_age import Saved, sku_mark
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.errors import InputError, WorkbookError
from tests.reference.small_trees import small_trees


@pytest.fixture(scope="module")
def trees() -> Trees:
    return small_trees()


@pytest.fixture(scope="module")
def saved(trees: Trees) -> Saved:
    marks = frozenset(map(sku_mark, trees.series["sku"]))
    return Saved(trees.boosted.learned, pd.Timestamp("2025-12-31"), marks, 0.125, {"country": "", "seed": 1})


@pytest.fixture
def file(saved: Saved, tmp_path: Path) -> Path:
    save_models(saved, tmp_path / "models.json")
    return tmp_path / "models.json"


def rewritten(file: Path, change: Callable[[dict[str, Any]], None], *, sealed: bool = True) -> Path:
    """Change a saved file; `sealed` gives it the checksum of its new content, as somebody who knows the format would."""
    whole = json.loads(file.read_bytes())
    change(whole)
    if sealed and isinstance(whole.get("content"), dict):
        whole["sha256"] = model_store._digest(whole["content"])
    file.write_text(json.dumps(whole))
    return file


@pytest.mark.parametrize("name", ["models.json", "models.json.gz", "new folder/models.json.gz"])
def test_what_comes_back_is_what_was_saved(saved: Saved, tmp_path: Path, name: str) -> None:
    save_models(saved, tmp_path / name)
    assert load_models(tmp_path / name) == saved
    assert [file.name for file in (tmp_path / name).parent.iterdir()] == [Path(name).name]


def test_trees_forecast_the_same_after_a_trip_through_a_file(trees: Trees, file: Path) -> None:
    again = boost(trees.task, seed=1, learned=load_models(file).learned, threads=1)
    np.testing.assert_array_equal(again.total, trees.boosted.total)
    np.testing.assert_array_equal(again.quantiles, trees.boosted.quantiles)


def test_the_same_trees_give_the_same_file(saved: Saved, tmp_path: Path) -> None:
    save_models(saved, tmp_path / "a.json.gz")
    save_models(saved, tmp_path / "b.json.gz")
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()


def test_an_unknown_loss_stays_unknown(saved: Saved, tmp_path: Path) -> None:
    import dataclasses

    save_models(dataclasses.replace(saved, loss=float("nan")), tmp_path / "m.json")
    assert np.isnan(load_models(tmp_path / "m.json").loss)


class _Planted:
    """A pickle that would make a folder when it is opened."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("packed", [False, True])
def test_a_pickle_is_refused_and_not_opened(tmp_path: Path, packed: bool) -> None:
    planted = tmp_path / "planted"
    data = pickle.dumps(_Planted(planted))
    file = tmp_path / "models.json"
    file.write_bytes(gzip.compress(data) if packed else data)
    with pytest.raises(InputError, match="no file of saved models"):
        load_models(file)
    assert not planted.exists()


def test_a_file_that_swells_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "models.json.gz"
    file.write_bytes(gzip.compress(b"[" + b" " * (model_store._MOST + 10), 9))
    assert file.stat().st_size < 100_000
    with pytest.raises(InputError, match="unpacks to more than 32 MB"):
        load_models(file)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("models.json", b" " * 10_000_000)
    (tmp_path / "models.json").write_bytes(held.getvalue())
    with pytest.raises(InputError, match="no file of saved models"):
        load_models(tmp_path / "models.json")


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "models.json").open("wb") as stream:
        stream.truncate(model_store._MOST + 1)
    with pytest.raises(InputError, match="larger than 32 MB"):
        load_models(tmp_path / "models.json")


@pytest.mark.parametrize("head", [b"", b"\x1f\x8b", b"\x80\x04", b'{"format": "invopt-xl models"'])
def test_random_bytes_are_refused(tmp_path: Path, head: bytes) -> None:
    dice = random.Random(5)
    for size in (0, 1, 30, 5000):
        (tmp_path / "models.json").write_bytes(head + dice.randbytes(size))
        with pytest.raises(InputError):
            load_models(tmp_path / "models.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '"text"',
        "{}",
        '{"format": "another"}',
        '{"format": ["invopt-xl models"]}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"format": "invopt-xl models", "version": NaN}',
        '{"format": "x", "format": "invopt-xl models"}',
        "1" * 5000,
        "\ufeff{}",
    ],
)
def test_a_foreign_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no file of saved models"):
        load_models(tmp_path / "models.json")


def test_a_file_cut_off_anywhere_is_refused(saved: Saved, tmp_path: Path) -> None:
    for name in ("m.json", "m.json.gz"):
        file = tmp_path / name
        save_models(saved, file)
        data = file.read_bytes()
        for share in (0.0, 0.01, 0.3, 0.9, 0.999):
            file.write_bytes(data[: int(len(data) * share)])
            with pytest.raises(InputError):
                load_models(file)


def test_a_changed_byte_is_noticed(file: Path) -> None:
    data = bytearray(file.read_bytes())
    at = data.index(b"leaf_value=") + 13
    data[at] = ord("1") if data[at] != ord("1") else ord("2")
    file.write_bytes(data)
    with pytest.raises(InputError, match="checksum"):
        load_models(file)


@pytest.mark.parametrize("key", ["format", "version", "sha256", "content"])
def test_a_missing_key_is_refused(file: Path, key: str) -> None:
    with pytest.raises(InputError):
        load_models(rewritten(file, lambda whole: whole.pop(key), sealed=False))


def test_unknown_keys_are_refused(file: Path) -> None:
    with pytest.raises(InputError, match="unknown entry 'run_me'"):
        load_models(rewritten(file, lambda whole: whole.update(run_me="import os")))


@pytest.mark.parametrize("key", ["trained_on", "data_hash", "skus", "loss", "settings", "learned"])
def test_content_without_an_entry_or_with_a_wrong_one_is_refused(file: Path, key: str) -> None:
    data = file.read_bytes()
    for value in (None, "x", 7, [7], {"y": 1}, True, "gone"):
        if key == "loss" and value in (None, 7):
            continue
        file.write_bytes(data)

        def change(whole: dict[str, Any], value: object = value) -> None:
            whole["content"][key] = value
            if value == "gone":
                del whole["content"][key]

        with pytest.raises(InputError, match="damaged"):
            load_models(rewritten(file, change))


def test_another_version_is_refused_by_its_number(file: Path) -> None:
    with pytest.raises(InputError, match="has version 2 of the format, expected 1"):
        load_models(rewritten(file, lambda whole: whole.update(version=2)))


def test_trees_of_another_file_do_not_pass_under_a_data_hash(file: Path) -> None:
    with pytest.raises(InputError, match="not those of its data hash"):
        load_models(rewritten(file, lambda whole: whole["content"]["learned"].update(period="week")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tree\n", "wood\n"),
        ("split_feature=", "split_feature=999999 "),
        ("left_child=", "left_child=0 "),
        ("num_leaves=4", "num_leaves=400000000"),
        ("end of trees", "end of rope"),
        ("max_feature_idx=", "max_feature_idx=9"),
    ],
)
def test_a_model_text_that_could_mislead_its_reader_is_refused_though_the_checksum_fits(
    file: Path, old: str, new: str
) -> None:
    def change(whole: dict[str, Any]) -> None:
        models = whole["content"]["learned"]["models"]
        assert old in models["mean"]
        models["mean"] = models["mean"].replace(old, new, 1)

    with pytest.raises(InputError, match="model mean"):
        load_models(rewritten(file, change))


@pytest.mark.parametrize("models", [{}, [], None, {"mean": 7}, {"mean": ""}, {"mean": "__import__('os')"}])
def test_models_that_are_no_texts_of_trees_are_refused(file: Path, models: object) -> None:
    with pytest.raises(InputError, match="damaged"):
        load_models(rewritten(file, lambda whole: whole["content"]["learned"].update(models=models)))


def test_a_refusal_says_what_where_and_what_to_do_and_leaves_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sales.xlsx"
    file.write_bytes(b"PK\x03\x04 the planner's workbook")
    with pytest.raises(InputError) as refused:
        load_models(file)
    assert str(file) in str(refused.value)
    assert "Name another file with --models, or delete this one" in str(refused.value)
    assert file.read_bytes().startswith(b"PK")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputError, match="cannot be read"):
            load_models(path)


def test_a_file_that_cannot_be_written_is_an_error(saved: Saved, tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("x")
    with pytest.raises(WorkbookError):
        save_models(saved, tmp_path / "in the way" / "models.json")
