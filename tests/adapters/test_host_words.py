"""What a planner is told about a missing plan fits the program that asks: Calc has no button Refresh, Excel has."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from invopt_xl.adapters.host_words import CALC, EXCEL
from invopt_xl.adapters.plan_cache import NotPlannedError, PlanCache


def test_calc_is_told_of_no_button_and_excel_is() -> None:
    assert not [text for text in dataclasses.astuple(CALC) if "Refresh" in text]
    assert all("Refresh" in text for text in dataclasses.astuple(EXCEL))


@pytest.mark.parametrize("words", [EXCEL, CALC], ids=["Excel", "Calc"])
def test_what_is_said_is_what_fits(words: object, tmp_path: Path) -> None:
    cache = PlanCache(words=words)  # type: ignore[arg-type]
    said = dict(zip(("not_yet", "never_saved", "far_away", "without_stages"), dataclasses.astuple(words), strict=True))  # type: ignore[call-overload]
    assert cache.status("Book1") == f"Not planned yet: {said['not_yet']}"
    for book, text in (("Book1", said["never_saved"]), ("https://firm/Book1.xlsx", said["far_away"])):
        with pytest.raises(NotPlannedError) as caught:
            cache.planned(book)
        assert str(caught.value) == text
        assert cache.status(book) == f"Not planned: {text}"


def test_the_process_behind_calc_speaks_of_calc() -> None:
    asked = "".join(
        json.dumps({"id": number, "call": name, "arguments": [], "book": book}) + "\n"
        for number, (name, book) in enumerate(
            (("INV_STATUS", "a"), ("INV_REORDER", "a"), ("INV_STATUS", "a"), ("INV_STATUS", "b"))
        )
    )
    command = [sys.executable, "-m", "invopt_xl.adapters.function_server"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    texts = [json.loads(line)["result"] for line in done.stdout.splitlines()]
    assert texts[2] == f"Not planned: {CALC.never_saved}"
    assert texts[0] == texts[3] == f"Not planned yet: {CALC.not_yet}"
