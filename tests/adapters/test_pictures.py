"""Pictures: PNG files that say in words and units what the trees say, the same every time, leaving nothing behind."""

from __future__ import annotations

import builtins
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from invopt_xl.adapters.picture_drawing import draw_summary, draw_waterfall
from invopt_xl.adapters.pictures import draw_pictures, file_name
from invopt_xl.adapters.shap_values import Explained, explained_by_shap
from invopt_xl.core.forecast.trees import Trees
from invopt_xl.errors import WorkbookError
from tests.reference.small_trees import small_trees

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def trees() -> Trees:
    return small_trees()


@pytest.fixture(scope="module")
def explained(trees: Trees) -> Explained:
    return explained_by_shap(trees)


def texts(axes: object) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]  # type: ignore[attr-defined]


def test_influences_of_an_item_lead_from_the_base_to_its_forecast(explained: Explained) -> None:
    said = explained.scale * np.exp(explained.base + explained.logs.sum(axis=1))
    np.testing.assert_allclose(said[:-1], explained.trees.boosted.total[:-1], rtol=1e-6)


def test_no_words_stand_for_two_influences(explained: Explained) -> None:
    words = [each.text for each in explained.words]
    assert len(words) == len(set(words))
    assert not [each for each in words if "_" in each]


def test_bars_of_an_item_begin_where_the_last_one_ended_and_reach_the_forecast(explained: Explained) -> None:
    figure = draw_waterfall(explained, 0)
    axes = figure.axes[0]
    start, total, *steps = axes.patches
    at = start.get_width()
    for step in steps:
        assert step.get_x() == pytest.approx(at)
        at += step.get_width()
    assert at == pytest.approx(total.get_width())
    assert total.get_width() == pytest.approx(explained.trees.boosted.total[0], rel=1e-6)
    assert axes.get_xlabel().startswith("units over 2 months")
    assert texts(axes)[0] == "forecast of the boosted trees"
    assert texts(axes)[-1].startswith("statistical forecast (")


def test_the_summary_shows_what_moves_most_on_top_in_percent(explained: Explained) -> None:
    axes = draw_summary(explained).axes[0]
    strongest = np.argmax(np.abs(explained.logs[:-1]).mean(axis=0))
    assert texts(axes)[-1] == explained.words[strongest].text
    assert all(label.get_text().endswith("%") for label in axes.get_xticklabels())
    dots = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(np.sort(dots[:, 0]), np.sort(explained.logs[:-1, strongest]))


def test_files_are_written_and_are_the_same_every_time(trees: Trees, tmp_path: Path) -> None:
    first = draw_pictures(trees, tmp_path / "a" / "b", items=["P01", "P02@MAIN", "P01@MAIN"])
    again = draw_pictures(trees, tmp_path / "c", items=["P01", "P02"])
    assert [file.name for file in first.files] == ["summary.png", "P01_MAIN.png", "P02_MAIN.png"]
    assert first.notes == ()
    assert [file.read_bytes() for file in first.files] == [file.read_bytes() for file in again.files]
    assert all(file.read_bytes().startswith(PNG) for file in first.files)
    assert sorted(file.name for file in (tmp_path / "c").iterdir()) == ["P01_MAIN.png", "P02_MAIN.png", "summary.png"]


def test_drawing_leaves_no_figure_no_setting_and_no_random_state_behind(trees: Trees, tmp_path: Path) -> None:
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    before, state = dict(mpl.rcParams), np.random.get_state()[1].copy()  # noqa: NPY002
    draw_pictures(trees, tmp_path, items=["P01"])
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_an_item_that_is_not_there_or_says_nothing_is_a_note(trees: Trees, tmp_path: Path) -> None:
    made = draw_pictures(trees, tmp_path, items=["P1", "P02@NORTH", "P11"])
    assert [file.name for file in made.files] == ["summary.png"]
    assert "No picture of P1: not among the planned items." in made.notes[0]
    assert "Did you mean" in made.notes[0]
    assert "P02@NORTH" in made.notes[1]
    assert "P11 at MAIN" in made.notes[2]


def test_a_sku_may_be_any_text_and_never_leaves_the_folder(trees: Trees, tmp_path: Path) -> None:
    skus = ["../../up", "a$b$_{x}", "日本", "CON", "x/y\\z:*?", "a@b", "A@B", "." * 9, "p" * 300, "", "\x07bell", "<b>"]
    odd = dataclasses.replace(trees, series=trees.series.assign(sku=skus))
    made = draw_pictures(odd, tmp_path / "in", items=[sku for sku in skus[:-1] if sku])
    assert len(made.files) == 11
    assert len({file.name.casefold() for file in made.files}) == 11
    assert {file.parent for file in made.files} == {tmp_path / "in"}
    assert [file.name for file in tmp_path.iterdir()] == ["in"]
    assert all(len(file.name) < 100 for file in made.files)


def test_names_that_differ_get_files_that_differ() -> None:
    pairs = [("a", "b_c"), ("a/b", "c"), ("a:b", "c"), ("a b", "c"), ("a", "b c")]
    assert len({file_name(sku, location) for sku, location in pairs}) == len(pairs)


def test_without_trees_or_models_nothing_is_drawn_and_it_is_said(trees: Trees, tmp_path: Path) -> None:
    assert "no boosted trees were fitted" in draw_pictures(None, tmp_path / "x").notes[0]
    none = dataclasses.replace(trees, boosted=dataclasses.replace(trees.boosted, learned={}))
    assert "No pictures: Boosted trees: there is no model" in draw_pictures(none, tmp_path / "x").notes[0]
    assert not (tmp_path / "x").exists()


def test_a_missing_library_is_named_with_what_to_do(
    trees: Trees, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "shap":
            raise ModuleNotFoundError("No module named 'shap'", name="shap")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    made = draw_pictures(trees, tmp_path / "x")
    assert made.files == ()
    assert made.notes == ("No pictures: shap is not installed. Run: pip install 'invopt-xl[learn]'",)


def test_a_folder_that_cannot_be_made_is_an_error_with_what_to_do(trees: Trees, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkbookError, match=r"cannot be made.*--pictures"):
        draw_pictures(trees, tmp_path / "file" / "in")
