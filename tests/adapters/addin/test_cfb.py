"""The compound file writer against a slow reader that checks what the format demands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.adapters.addin.cfb import compound_file
from invopt_xl.errors import ComputeError
from tests.reference.slow_ovba import read_compound

_NAMES = st.text("abcdefghijklmnopqrstuvwxyz_0123456789Äß", min_size=1, max_size=31)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 70_000])
def test_a_stream_of_any_size_comes_back_whole(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    streams = read_compound(compound_file({"VBA": {"dir": data, "other": b"x" * 100}, "PROJECT": data[::-1]}))
    assert streams == {"VBA/dir": data, "VBA/other": b"x" * 100, "PROJECT": data[::-1]}


@given(st.dictionaries(_NAMES, st.binary(max_size=5000), max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_streams_come_back_under_their_names(streams: dict[str, bytes]) -> None:
    distinct = {name.upper(): name for name in streams}
    streams = {name: streams[name] for name in distinct.values()}
    assert read_compound(compound_file(streams)) == streams


@pytest.mark.parametrize("count", [*range(12), 31, 32, 33, 200])
def test_any_number_of_entries_makes_a_valid_tree(count: int) -> None:
    streams = {f"Module{number}": b"text %d" % number for number in range(count)}
    assert read_compound(compound_file({"VBA": streams})) == {f"VBA/{name}": data for name, data in streams.items()}


def test_many_allocation_sectors_are_listed() -> None:
    streams = {"a": bytes(1_000_000), "b": b"\1" * 500_000}
    assert read_compound(compound_file(streams)) == streams


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a\\b", "!", "x" * 32])
def test_a_name_that_cannot_be_stored_is_refused(name: str) -> None:
    with pytest.raises(ComputeError, match="no name for a stream"):
        compound_file({name: b""})


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(ComputeError, match="clash"):
        compound_file({"Dir": b"", "dir": b""})


def test_content_beyond_what_the_header_can_list_is_refused() -> None:
    with pytest.raises(ComputeError, match="smaller"):
        compound_file({"a": bytes(8_000_000)})


def test_the_reader_sees_a_planted_fault() -> None:
    data = bytearray(compound_file({"VBA": {f"Module{number}": b"x" * 300 for number in range(9)}}))
    entry = data.index("Module4".encode("utf-16-le"))
    data[entry + 68 : entry + 72] = (0).to_bytes(4, "little")
    with pytest.raises((AssertionError, RecursionError)):
        read_compound(bytes(data))
