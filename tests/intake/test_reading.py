from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from baton.errors import InputError
from baton.intake.reading import open_table
from tests.intake.conftest import Write

TEXT = "email;name\nanna@firm.example;Anna Müller\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_any_common_encoding_is_read(write: Write, encoding: str) -> None:
    table = open_table(write(TEXT, encoding=encoding))
    assert table.headers == ("email", "name")
    assert [row.cells for row in table.rows()] == [["anna@firm.example", "Anna Müller"]]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1250", "Łukasz Żółć"),
        ("cp1251", "Иван Сергеевич Петров"),
        ("cp932", "山田太郎さんの会社です"),
    ],
)
def test_code_pages_are_told_apart(write: Write, encoding: str, name: str) -> None:
    table = open_table(write(f"email,name\na@firm.example,{name}\n", encoding=encoding))
    assert [row.cells[1] for row in table.rows()] == [name]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_common_delimiter_is_read(write: Write, delimiter: str) -> None:
    path = write(f"email{delimiter}notes\na@firm.example{delimiter}a, b; c\n")
    cells = [row.cells for row in open_table(path).rows()]
    assert cells[0][0] == "a@firm.example"
    assert delimiter in ",;" or cells == [["a@firm.example", "a, b; c"]]


def test_a_spreadsheets_hint_names_the_delimiter(write: Write) -> None:
    table = open_table(write("sep=;\r\nemail;name\r\na@firm.example;Ann\r\n"))
    assert table.headers == ("email", "name")
    assert [(row.number, row.cells) for row in table.rows()] == [(3, ["a@firm.example", "Ann"])]


def test_quoted_newlines_belong_to_their_cell(write: Write) -> None:
    table = open_table(write('email,notes\na@firm.example,"one\ntwo"\nb@firm.example,x\n'))
    assert [(row.number, row.cells[1]) for row in table.rows()] == [(2, "one\ntwo"), (4, "x")]


def test_a_quote_that_never_closes_breaks_only_its_own_line(write: Write) -> None:
    path = write('email,notes\na@firm.example,"open\nb@firm.example,x\nc@firm.example,"ok"\n')
    rows = list(open_table(path).rows())
    assert [(row.number, row.broken is None) for row in rows] == [(2, False), (3, True), (4, True)]
    assert rows[0].cells == ['a@firm.example,"open']


def test_a_wrong_byte_spoils_only_its_own_row(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    good = "".join(f"a{n}@firm.example,Müller\n" for n in range(50))
    path.write_bytes(b"email,name\n" + good.encode() + b"z@firm.example,\xff\n")
    rows = list(open_table(path).rows())
    assert {row.cells[1] for row in rows[:-1]} == {"Müller"}
    assert rows[-1].cells[1] == "\udcff"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "not a text file"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"anna@firm.example,1\nben@firm.example,2\n", "has no header"),
    ],
)
def test_what_is_no_csv_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        open_table(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: No such file"):
        open_table(tmp_path / "none.csv")


def test_progress_ends_at_the_files_size(write: Write) -> None:
    table = open_table(write("email,name\n" + "a@firm.example,Ann\n" * 5000))
    assert sum(1 for _ in table.rows()) == 5000
    assert table.bytes_done == table.total_bytes


def test_a_large_file_is_read_in_bounded_memory(write: Write) -> None:
    path = write("email,notes\n" + f"a@firm.example,{'x' * 100}\n" * 60_000)
    table = open_table(path)
    tracemalloc.start()
    assert sum(1 for _ in table.rows()) == 60_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000 < table.total_bytes
