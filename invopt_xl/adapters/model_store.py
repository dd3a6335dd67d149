"""Fitted trees in a file: kept between runs, and read back without trusting the file.

The file is JSON, usually packed with gzip: a format name, a version, the SHA-256 digest of the content, and the content. Nothing in it is executed:
no pickle, no eval; model texts are given to LightGBM only after the digest matched and their structure was checked. A digest is no signature: it
tells damage, not who wrote the file; what somebody could plant in a file that passes is a model that forecasts badly.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from invopt_xl.adapters.atomic import replace_file
from invopt_xl.core.forecast.boosted.tree_text import check_tree_text
from invopt_xl.core.forecast.boosted_age import SETTINGS_THAT_MATTER, Saved
from invopt_xl.errors import InputError, WorkbookError

FORMAT = "invopt-xl models"

#: Raised when the layout below or its meaning changes.
VERSION = 1

#: Largest file, packed and unpacked [bytes]: several times what the largest models need.
_MOST = 32 * 2**20

_TOP = {"format", "version", "sha256", "content"}
_CONTENT: dict[str, type | tuple[type, ...]] = {
    "trained_on": str,
    "data_hash": str,
    "skus": list,
    "loss": (float, int, type(None)),
    "settings": dict,
    "learned": dict,
}


def save_models(saved: Saved, path: Path) -> None:
    """Write trees to a file, packed if its name ends in .gz; the old file is replaced in one step.

    Raises
    ------
    WorkbookError
        The file cannot be written.
    """
    content = {
        "trained_on": f"{saved.trained_on:%Y-%m-%d}",
        "data_hash": saved.data_hash,
        "skus": sorted(saved.skus),
        "loss": None if math.isnan(saved.loss) else saved.loss,
        "settings": dict(saved.settings),
        "learned": dict(saved.learned),
    }
    whole = {"format": FORMAT, "version": VERSION, "sha256": _digest(content), "content": content}
    data = _text(whole)
    if path.suffix == ".gz":
        # without name and time, so that the same trees give the same file
        data = gzip.compress(data, mtime=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbookError(
            f"{path.parent} cannot be made: {error.strerror or error}. Choose another place with --models."
        ) from error

    def write(stream: BinaryIO) -> None:
        stream.write(data)

    replace_file(path, write)


def load_models(path: Path) -> Saved:
    """Return the trees of a file.

    Raises
    ------
    InputError
        The file is not one of ours, damaged, too large, or of another version; the message says what to do.
    """
    whole = _parsed(_unpacked(_read(path), path), path)
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise _refused(path, "is no file of saved models")
    if whole.get("version") != VERSION:
        raise _refused(path, f"has version {str(whole.get('version'))[:20]} of the format, expected {VERSION}")
    _check_keys(whole, _TOP, path, "the file")
    content = whole["content"]
    if not isinstance(content, dict):
        raise _refused(path, "is damaged: its content is no object")
    _check_keys(content, set(_CONTENT), path, "its content")
    if whole["sha256"] != _digest(content):
        raise _refused(path, "is damaged: its content does not match its checksum")
    for key, kind in _CONTENT.items():
        if not isinstance(content[key], kind) or isinstance(content[key], bool):
            raise _refused(path, f"is damaged: {key} has the wrong type")
    return _saved(content, path)


def _saved(content: Mapping[str, Any], path: Path) -> Saved:
    learned, settings, skus = content["learned"], content["settings"], content["skus"]
    _check_keys(settings, set(SETTINGS_THAT_MATTER), path, "its settings")
    if not all(isinstance(mark, str) for mark in skus):
        raise _refused(path, "is damaged: skus has the wrong type")
    loss = math.nan if content["loss"] is None else float(content["loss"])
    _check_models(learned, path)
    try:
        trained_on = pd.to_datetime(content["trained_on"], format="%Y-%m-%d")
    except ValueError:
        raise _refused(path, "is damaged: trained_on is no day") from None
    saved = Saved(learned, trained_on, frozenset(skus), loss, settings)
    if content["data_hash"] != saved.data_hash:
        raise _refused(path, "is damaged: its trees are not those of its data hash")
    return saved


def _check_models(learned: Mapping[str, Any], path: Path) -> None:
    """Refuse what are no sound tree models over the named features, before LightGBM sees them."""
    models, features = learned.get("models"), learned.get("features")
    if not isinstance(learned.get("period"), str) or not isinstance(models, dict) or not models:
        raise _refused(path, "is damaged: it holds no models")
    if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
        raise _refused(path, "is damaged: its features are no list of names")
    judged = learned.get("judged")
    if not isinstance(judged, dict):
        raise _refused(path, "is damaged: its judged models are no mapping")
    for name, text in [*models.items(), *judged.items()]:
        if not isinstance(text, str):
            raise _refused(path, f"is damaged: model {name[:20]} is no text")
        try:
            check_tree_text(text, features=features, where=f"model {name[:20]}")
        except InputError as error:
            raise _refused(path, f"is damaged: {error}") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror or error})") from error
    if len(data) > _MOST:
        raise _refused(path, f"is larger than {_MOST // 2**20} MB, so it is no file of saved models")
    return data


def _unpacked(data: bytes, path: Path) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        # never more than the limit at once, whatever a small file would swell to
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            unpacked = stream.read(_MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _refused(path, "is damaged: it cannot be unpacked") from error
    if len(unpacked) > _MOST:
        raise _refused(path, f"unpacks to more than {_MOST // 2**20} MB, so it is no file of saved models")
    return unpacked


def _parsed(data: bytes, path: Path) -> object:
    try:
        return json.loads(data, object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _refused(path, "is no file of saved models, or is cut off") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _check_keys(found: Mapping[str, Any], wanted: set[str], path: Path, where: str) -> None:
    if set(found) != wanted:
        odd = sorted(set(found) ^ wanted)[0]
        problem = f"an unknown entry {odd[:40]!r}" if odd in found else f"no entry {odd!r}"
        raise _refused(path, f"is damaged: {where} has {problem}")


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(content)).hexdigest()


def _text(value: Mapping[str, Any]) -> bytes:
    """Return JSON in the one form that digests are made of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def _refused(path: Path, problem: str) -> InputError:
    return InputError(
        f"{path} {problem}. It is not used and left as it is. Name another file with --models, or delete this one to have the trees fitted anew."
    )
