"""The words that Python and VBA agree on."""

from __future__ import annotations

import pytest

from invopt_xl.adapters.addin import replies
from invopt_xl.adapters.addin.sources import read_sources

_ACTIONS = read_sources().modules["InvOptActions.bas"]


@pytest.mark.parametrize("word", replies.WORDS)
def test_vba_and_the_readme_know_the_word(word: str) -> None:
    from invopt_xl.adapters.addin.sources import sources_folder

    assert f'"{word}"' in _ACTIONS
    assert f"| `{word}` |" in (sources_folder() / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", replies.WORDS)
def test_a_reply_is_the_word_and_then_the_text(word: str) -> None:
    reply = getattr(replies, word)("Two lines.\r\nSecond. \n")
    assert reply == f"{word}\nTwo lines.\nSecond."


def test_done_may_say_nothing() -> None:
    assert replies.done() == replies.done(" ") == "done"


def test_the_answer_to_a_question_and_the_longest_text_are_vbas() -> None:
    assert f'longer(UBound(longer)) = "{replies.YES}"' in _ACTIONS
    assert f"BOX_LENGTH As Long = {replies.LONGEST_TEXT}" in _ACTIONS
