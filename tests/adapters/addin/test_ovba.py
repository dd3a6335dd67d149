"""VBA compression and obfuscation against the format's own text, a slow twin, and (where it is there) oletools."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.adapters.addin.ovba import compress, obfuscate
from invopt_xl.errors import ComputeError
from tests.reference import slow_ovba

_WORDS = st.sampled_from(["Dim ", "x", " As Variant\r\n", "End Sub\r\n", "    ", "If ", "é", "'", "€", "0", "InvOptXL"])
_TEXTS = st.lists(_WORDS, max_size=900).map(lambda words: "".join(words).encode("cp1252"))


def test_the_examples_of_the_format_decompress() -> None:
    # MS-OVBA 3.2.1 (no copy), 3.2.2 (some), 3.2.3 (one long one)
    none = bytes.fromhex("0119b000616263646566676800696a6b6c6d6e6f70007172737475762e")
    assert slow_ovba.decompress(none) == b"abcdefghijklmnopqrstuv."
    long = bytes.fromhex("0103b002614500")
    assert slow_ovba.decompress(long) == b"a" * 73
    assert compress(b"a" * 73) == long
    assert compress(b"abcdefghijklmnopqrstuv.") == none


@given(_TEXTS)
@settings(max_examples=40, deadline=None)
def test_what_is_compressed_comes_back_whole(text: bytes) -> None:
    assert slow_ovba.decompress(compress(text)) == text


@given(_TEXTS.map(lambda text: text[:1500]))
@settings(max_examples=15, deadline=None)
def test_the_quick_search_finds_what_trying_every_place_finds(text: bytes) -> None:
    assert compress(text) == slow_ovba.compress(text)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4095, 4096, 4097, 8191, 8192, 8193, 70_000])
def test_every_size_around_a_chunk_comes_back_whole(size: int) -> None:
    text = (b"Public Function INV_REORDER(sku) As Variant\r\n" * (size // 40 + 1))[:size]
    assert slow_ovba.decompress(compress(text)) == text


def test_noise_is_stored_as_it_is_where_the_format_can() -> None:
    noise = random.Random(5).randbytes(8192)
    assert slow_ovba.decompress(compress(noise)) == noise
    assert slow_ovba.decompress(compress(noise[:3600])) == noise[:3600]
    with pytest.raises(ComputeError, match="check that it is text"):
        compress(noise[:4000])


def test_text_becomes_much_shorter() -> None:
    text = b"    If IsMissing(sku) Then sent1 = InvOptCells.Mark() Else sent1 = InvOptCells.Given(sku)\r\n" * 100
    assert len(compress(text)) < len(text) / 8


@pytest.mark.parametrize("data", [bytes(4), bytes(1), b"\xff"])
@pytest.mark.parametrize("seed", [0, 0x5D, 0xFF])
def test_an_obfuscated_property_reads_back(data: bytes, seed: int) -> None:
    project_id = "{917DED54-440B-4FD1-A5C1-74ACF261E600}"
    encrypted = bytes.fromhex(obfuscate(data, project_id=project_id, seed=seed))
    # MS-OVBA 2.4.3.3, decryption
    key = encrypted[0] ^ encrypted[2]
    assert encrypted[0] ^ encrypted[1] == 2
    assert key == sum(project_id.encode()) & 0xFF
    plain, last, before_last, last_plain = [], encrypted[2], encrypted[1], key
    for byte in encrypted[3:]:
        last_plain = byte ^ ((before_last + last_plain) & 0xFF)
        before_last, last = last, byte
        plain.append(last_plain)
    content = bytes(plain[(encrypted[0] & 6) // 2 :])
    assert int.from_bytes(content[:4], "little") == len(data)
    assert content[4:] == data
