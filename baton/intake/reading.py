"""A CSV file as a stream of rows in bounded memory, whatever wrote it."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from baton.errors import InputError
from baton.intake.encoding import SAMPLE_BYTES, detect_encoding

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 20
_WRONG_RATIO = 0.05
_PRINTED_CONTROLS = "\t\r\n\x0b\x0c\x1c\x1d\x1e\x85"
# The longest cell that is read as one: a quote that never closes must not swallow the file.
MAX_CELL = 100_000


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it.

    Attributes:
        number: Line on which it begins; the header's is 1 as a rule.
        cells: Its cells, as many as it has.
        broken: Why it cannot be split into cells, if so; then `cells` is the line as one.
    """

    number: int
    cells: list[str]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    header_line: int


class _Counting(io.RawIOBase):
    """Raw bytes of a file, with the position."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count = self._file.readinto(buffer) or 0
        self.position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Table:
    """An open CSV file: its form, and its rows one after the other."""

    def __init__(self, path: Path, form: Form) -> None:
        self.path = path
        self.form = form
        self.total_bytes = path.stat().st_size
        self._raw = _Counting(path)

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns' names, stripped and unique, in the file's order."""
        return self.form.headers

    @property
    def bytes_done(self) -> int:
        """How many bytes have been read; grows in steps of the buffer."""
        return self._raw.position

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows after the header, without blank ones; can be called once."""
        with io.TextIOWrapper(
            io.BufferedReader(self._raw),
            encoding=self.form.encoding,
            errors="surrogateescape",
            newline="",
        ) as text:
            lines = _Lines(text)
            for _ in range(self.form.header_line - 1):
                next(lines)
            rows = _split(lines, self.form.delimiter)
            next(rows, None)
            for row in rows:
                if any(cell.strip() for cell in row.cells):
                    yield row


def open_table(path: Path) -> Table:
    """Open a CSV file of any common encoding and delimiter.

    Raises:
        InputError: There is no such file, or it is not a CSV with a header.
    """
    try:
        encoding = detect_encoding(path)
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {os.strerror(error.errno or 0)}.") from error
    text = sample.decode(encoding, "ignore" if encoding != "utf-8" else "surrogateescape")
    return Table(path, _form(path, encoding, text))


def _form(path: Path, encoding: str, sample: str) -> Form:
    if not sample.strip("\ufeff \t\r\n\x00"):
        raise InputError(f"{path} is empty: a CSV needs a header and rows.")
    if _is_binary(sample):
        raise InputError(f"{path} is not a text file: export it as CSV (not .xlsx) and try again.")
    lines = io.StringIO(sample, newline="").readlines()
    header_line = 1
    delimiter = _best_delimiter(lines)
    if lines[0].lower().startswith("sep="):  # a hint for a spreadsheet program
        delimiter = lines[0][4:5]
        header_line = 2
    while header_line <= len(lines) and not lines[header_line - 1].strip():
        header_line += 1
    first = next(_split(_Lines(iter(lines[header_line - 1 :])), delimiter), None)
    cells = [] if first is None else first.cells
    return Form(encoding, delimiter, _headers(path, cells), header_line)


def _is_binary(sample: str) -> bool:
    wrong = sum(letter < " " and letter not in _PRINTED_CONTROLS for letter in sample)
    return wrong > _WRONG_RATIO * len(sample) or sample.startswith(("PK\x03\x04", "%PDF-"))


def _headers(path: Path, cells: list[str]) -> tuple[str, ...]:
    names = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or any("@" in name or _is_number(name) for name in names):
        raise InputError(
            f"{path} has no header: its first line must name the columns, and says "
            f"{', '.join(names)[:100] or 'nothing'!r}."
        )
    seen: Counter[str] = Counter()
    unique = []
    for number, name in enumerate(names, 1):
        called = name or f"column {number}"
        seen[called] += 1
        unique.append(called if seen[called] == 1 else f"{called} ({seen[called]})")
    return tuple(unique)


def _is_number(name: str) -> bool:
    return name.replace(".", "").replace("-", "").isdigit()


def _best_delimiter(lines: list[str]) -> str:
    """Return the delimiter by which most rows have as many cells as the header, and many.

    `csv.Sniffer` is asked when that does not tell; alone it takes letters for delimiters.
    """

    def fitness(delimiter: str) -> tuple[float, int]:
        split = _split(_Lines(iter(lines)), delimiter)
        rows = [row.cells for row in islice(split, _SAMPLE_ROWS)]
        width = len(rows[0]) if rows else 0
        agreeing = sum(len(row) == width for row in rows)
        return (agreeing / len(rows) if width > 1 else 0.0, width)

    best = max(_DELIMITERS, key=fitness)
    if fitness(best)[1] > 1:
        return best
    try:
        return csv.Sniffer().sniff("".join(lines), "".join(_DELIMITERS)).delimiter
    except csv.Error:
        return ","


class _Lines:
    """Lines of a text that can be given back, with the number of the last one."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._lines)
        self.taken.append(line)
        self.number += 1
        return line

    def give_back_all_but_first(self) -> str:
        """Put every line taken back except the first, which is returned."""
        first, *others = self.taken
        self._returned.extend(reversed(others))
        self.number -= len(others)
        return first


def _split(lines: _Lines, delimiter: str) -> Iterator[RawRow]:
    """Yield rows; a quote that never closes breaks its own line only, the next ones are read.

    Rows are read strictly, so that such a quote shows where the next quoted cell begins. A line
    that is merely careless with quotes is read again leniently.
    """
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken = []
        number = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _mended(lines, delimiter, number, error)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        else:
            yield RawRow(number, cells)


def _mended(lines: _Lines, delimiter: str, number: int, error: csv.Error) -> RawRow:
    line = lines.give_back_all_but_first().rstrip("\r\n")
    if "field limit" in str(error) and len(line) > MAX_CELL:
        return RawRow(number, [line], f"a cell is longer than {MAX_CELL} characters")
    cells = next(csv.reader([line], delimiter=delimiter))
    if _has_open_quote(line, delimiter):
        return RawRow(number, [line], "a quote is opened and never closed")
    return RawRow(number, cells)


def _has_open_quote(line: str, delimiter: str) -> bool:
    """True when the line alone would go on: a second line then falls into its last cell."""
    return len(list(csv.reader([line + "\n", "next"], delimiter=delimiter))) == 1
