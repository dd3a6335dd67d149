"""A folder of table files, or one table file, as a book: .csv, .tsv, .txt and .parquet, one table each."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from invopt_xl.adapters.book import grid_of_frame
from invopt_xl.core.intake.grid import HEAD_ROWS, Grid
from invopt_xl.errors import WorkbookError

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
PARQUET_ENDINGS = (".parquet", ".pq")
_DELIMITERS = (",", ";", "\t", "|")


class FolderBook:
    """Table files; the file name without its ending is the name of the table."""

    fingerprint = ""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path

    def grids(self) -> list[Grid]:
        """Return one grid per file, by name.

        Raises
        ------
        WorkbookError
            The folder holds no table file, or one cannot be read.
        """
        return [_grid(file) for file in self._files()]

    def _files(self) -> list[Path]:
        if not self._path.is_dir():
            return [self._path]
        try:
            found = [
                file
                for file in sorted(self._path.iterdir())
                if file.is_file() and not file.name.startswith((".", "~$"))
            ]
        except OSError as error:
            raise WorkbookError(
                f"{self._path}: cannot be listed ({error.strerror or error}). Check your rights."
            ) from error
        tables = [file for file in found if file.suffix.lower() in (*TEXT_ENDINGS, *PARQUET_ENDINGS)]
        if not tables:
            raise WorkbookError(
                f"{self._path} holds no .csv and no .parquet file. Name a folder that does, or a workbook."
            )
        return tables


def _grid(file: Path) -> Grid:
    if file.suffix.lower() in PARQUET_ENDINGS:
        return grid_of_frame(file.name, _parquet(file), kind="file")
    try:
        text = decode(file.read_bytes())
    except OSError as error:
        raise WorkbookError(
            f"{file}: cannot be read ({error.strerror or error}). Close it elsewhere, or check your rights."
        ) from error
    columns = _columns(text)
    head = tuple(zip(*(column.iloc[:HEAD_ROWS].tolist() for column in columns), strict=True))
    return Grid(file.name, head, columns, kind="file")


def _parquet(file: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        return pd.read_parquet(file)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise WorkbookError(
            f"{file.name} cannot be read as Parquet ({' '.join(str(error).split())[:200]}). Write it again, or save it as .csv."
        ) from error


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or, if it is neither, Windows-1252; all line ends as one.

    >>> decode("Größe;1".encode("cp1252"))
    'Größe;1'
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def delimiter(lines: list[str]) -> str:
    """Return the mark between the fields: the one that most lines agree on.

    >>> delimiter(["a;b;c", "1,5;2;3"])
    ';'
    """
    best, best_score = ",", 0.0
    for mark in _DELIMITERS:
        counts = [_outside_quotes(line).count(mark) for line in lines if line.strip()]
        usual = max(set(counts), key=lambda count: (counts.count(count), count)) if any(counts) else 0
        usual = usual or max(counts, default=0) // 2
        score = counts.count(usual) / max(len(counts), 1) * min(usual, 50) if usual else 0.0
        if score > best_score:
            best, best_score = mark, score
    return best


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _columns(text: str) -> tuple[pd.Series, ...]:
    lines = text.split("\n", 200)[:200]
    if not any(line.strip() for line in lines):
        return ()
    mark = lines[0][4:5] if lines[0].casefold().startswith("sep=") and len(lines[0].strip()) <= 5 else delimiter(lines)
    width = max(line.count(mark) for line in text.split("\n")) + 1
    frame = _parsed(text, mark or ",", width)
    filled = [at for at in range(frame.shape[1]) if (frame.iloc[:, at].fillna("") != "").any()]
    last = max(filled, default=-1) + 1
    return tuple(frame.iloc[:, at] for at in range(last))


def _parsed(text: str, mark: str, width: int) -> pd.DataFrame:
    for quoting in (0, 3):
        try:
            return pd.read_csv(
                io.StringIO(text), sep=mark, header=None, names=range(width), dtype="str", keep_default_na=False,
                na_values=[""], skip_blank_lines=False, quoting=quoting, low_memory=False,
            )  # fmt: skip
        except pd.errors.ParserError:
            # a lone quotation mark: take quotation marks as they stand
            continue
    raise WorkbookError("A text file cannot be taken apart into columns. Open it in Excel and save it as .xlsx.")
