"""A file that is built whole in memory, the Excel add-in or the Calc extension: where it goes, what its name may end in, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from invopt_xl.adapters.atomic import replace_file
from invopt_xl.errors import WorkbookError


@dataclass(frozen=True)
class BuiltFile:
    """What is built.

    Parameters
    ----------
    name : str
        Its usual name.
    rule : str
        What the program that opens it asks of the ending, such as "Excel loads an add-in of this kind".
    """

    name: str
    rule: str

    def write(self, out: Path | None, make: Callable[[], bytes]) -> Path:
        """Write what `make` returns, and return where it is.

        Parameters
        ----------
        out : Path or None
            The file to write, or a folder for one of the usual name; None: the current folder.
        make : callable
            Called when it is clear where the bytes go.

        Raises
        ------
        WorkbookError
            The name has another ending, or the file cannot be written.
        """
        path = Path(self.name) if out is None else out
        if path.is_dir():
            path = path / self.name
        ending = Path(self.name).suffix
        if path.suffix.lower() != ending:
            raise WorkbookError(f"{path}: {self.rule} only with the ending {ending}. Name it {path.stem}{ending}.")
        data = make()

        def write(stream: BinaryIO) -> None:
            stream.write(data)

        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, write)
        return path
