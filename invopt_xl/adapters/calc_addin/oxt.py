"""Texts -> .oxt: a zip file that is the same to the byte for the same texts, on every system and at any time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

# the earliest moment that a zip file can name
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


def oxt(parts: Mapping[str, str]) -> bytes:
    """Return an extension from its parts: path inside -> text.

    >>> oxt({"b": "2", "a": "1"}) == oxt({"a": "1", "b": "2"})
    True
    """
    stream = io.BytesIO()
    # not compressed: zlib's output is not the same on all systems, and the whole is small
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(parts):
            info = zipfile.ZipInfo(name, _NO_TIME)
            info.create_system, info.external_attr = _UNIX, _PLAIN_FILE
            package.writestr(info, parts[name].encode())
    return stream.getvalue()
