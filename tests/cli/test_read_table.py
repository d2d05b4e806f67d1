"""A user's table as data: read as people write tables, or refused in one line with the remedy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Refused

from tfreg.cli.read_table import UserTable, read_table

AGES = [21.5, 35.0, 44.25, 60.0]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str | bytes, target: str = "bought") -> UserTable:
    Path("people.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(Path("people.csv"), target)


def table_csv(**changes: object) -> str:
    age = np.linspace(20, 60, 80)
    table = pd.DataFrame({"age": age, "income": 3e4 + 5e3 * np.sin(age), "bought": (age > 40).astype(int)})
    return table.assign(**changes).to_csv(index=False)


def test_a_table_is_standardised() -> None:
    table = read(table_csv())
    assert table.dataset.inputs.shape == (80, 2)
    np.testing.assert_allclose(table.dataset.inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(table.dataset.inputs.std(axis=0), 1)
    assert set(table.dataset.targets.ravel()) == {0, 1}
    assert table.notes == ()


# The same four people and what they bought, as different programs write them; and the notes.
WAYS = {
    "plain": ("age,bought\n21.5,0\n35,1\n44.25,0\n60,1\n", ""),
    "spaces": ("age , bought\n21.5 , 0\n35, 1\n44.25,0\n60,1\n\n", ""),
    "semicolons": ("age;bought\n21.5;0\n35;1\n44.25;0\n60;1\n", ""),
    "tabs": ("age\tbought\n21.5\t0\n35\t1\n44.25\t0\n60\t1\n", ""),
    "bars": ("age|bought\n21.5|0\n35|1\n44.25|0\n60|1\n", ""),
    "quotes": ('"age";"bought"\r\n"21.5";"0"\r\n"35";"1"\r\n"44.25";"0"\r\n"60";"1"\r\n', ""),
    "commas in a quoted name": ('"age";"a,b,c,d";bought\n21.5;1;0\n35;2;1\n44.25;4;0\n60;3;1\n', ""),
    "decimal commas": ("age;bought\n21,5;0\n35;1\n44,25;0\n60;1\n", "the comma is read as a decimal point"),
    "told separator": ("sep=;\nage;bought\n21,5;0\n35,0;1\n44,25;0\n60,0;1\n", "the comma is read as a decimal point"),
    "mark": (b"\xef\xbb\xbfage,bought\n21.5,0\n35,1\n44.25,0\n60,1\n", ""),
    "utf-16": ("age\tbought\n21.5\t0\n35\t1\n44.25\t0\n60\t1\n".encode("utf-16"), ""),
    "true": ("age,bought\n21.5,False\n35,True\n44.25,False\n60,True\n", ""),
    "yes": ("age,bought\n21.5,No\n35,Yes\n44.25,No\n60,Yes \n", "of the target 'bought', Yes counts as 1 and No as 0"),
    "n": ("age,bought\n21.5,n\n35,y\n44.25,n\n60,y\n", "of the target 'bought', y counts as 1 and n as 0"),
    "korean": ("age,bought\n21.5,아니오\n35,예\n44.25,아니오\n60,예\n", "예 counts as 1 and 아니오 as 0"),
    "one and two": ("age,bought\n21.5,1\n35,2\n44.25,1\n60,2\n", "2 counts as 1 and 1 as 0"),
    "signs": ("age,bought\n21.5,-1\n35,1\n44.25,-1\n60,1\n", "1 counts as 1 and -1 as 0"),
    "any two": ("age,bought\n21.5,bus\n35,car\n44.25,bus\n60,car\n", "car counts as 1 and bus as 0"),
    "saved index": (
        ",age,bought\n0,21.5,0\n1,35,1\n2,44.25,0\n3,60,1\n",
        "without a name counts the rows and is left out",
    ),
    "twice": ("Unnamed: 0,age,bought\n0,21.5,0\n1,35,1\n2,44.25,0\n3,60,1\n", "counts the rows and is left out"),
    "saved twice": (
        "Unnamed: 0.1,age,bought\n0,21.5,0\n1,35,1\n2,44.25,0\n3,60,1\n",
        "without a name counts the rows and is left out",
    ),
    "customer": ("CustomerId,age,bought\n1,21.5,0\n2,35,1\n3,44.25,0\n4,60,1\n", "the column 'CustomerId' counts the"),
    "id": ("ID,age,bought\n1,21.5,0\n2,35,1\n3,44.25,0\n4,60,1\n", "the column 'ID' counts the rows and is left out"),
    "comma at the end": ("age,bought,\n21.5,0,\n35,1,\n44.25,0,\n60,1,\n", "without a name is empty and left out"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_table_is_read_however_it_is_written(way: str) -> None:
    text, note = WAYS[way]
    table = read(text)
    expected = (np.array(AGES) - np.mean(AGES)) / np.std(AGES)
    np.testing.assert_allclose(table.dataset.inputs[:, 0], expected)
    assert table.dataset.inputs.shape[1] == (2 if way == "commas in a quoted name" else 1)
    assert table.dataset.targets.ravel().tolist() == [0, 1, 0, 1]
    assert len(table.notes) == (1 if note else 0)
    assert note in "".join(table.notes)


@pytest.mark.parametrize(
    ("encoding", "target", "yes"), [("cp949", "구매", "예"), ("cp1252", "gekauft_für", "Ja"), ("utf-8", "구매", "예")]
)
def test_names_in_other_encodings(encoding: str, target: str, yes: str) -> None:
    table = read(f"age,{target}\n1,0\n2,1\n4,{0}\n3,1\n".encode(encoding), target)
    assert table.dataset.targets.ravel().tolist() == [0, 1, 0, 1]
    assert [encoding in note for note in table.notes] == [True] * (encoding != "utf-8")


def test_a_column_that_counts_but_has_a_name_of_its_own_stays() -> None:
    table = read("year,bought\n0,0\n1,1\n2,0\n3,1\n")
    assert (table.dataset.inputs.shape, table.notes) == ((4, 1), ())
    assert read("id,age,bought\n1,5,0\n2,6,1\n9,7,0\n7,8,1\n").dataset.inputs.shape == (4, 2)


def test_numbers_of_any_size_are_standardised() -> None:
    for factor in (1e300, 1e-300, -1e308, 1e-305):
        table = read(table_csv(income=np.arange(1, 81) / 80 * factor))
        np.testing.assert_allclose(np.abs(table.dataset.inputs[:, 1]), np.abs(np.arange(80) - 39.5) / 23.09, rtol=1e-2)
    seconds = 1.7e9 + np.arange(80)
    assert len(np.unique(read(table_csv(income=seconds)).dataset.inputs[:, 1].astype(np.float32))) == 80


BAD_TABLES: dict[str, tuple[dict[str, object], str]] = {
    "missing values": ({"age": [np.nan, *range(79)]}, "column 'age' has 1 missing values; fill them in or drop"),
    "missing target": ({"bought": [np.nan, *[0, 1] * 39, 1]}, "column 'bought' has 1 missing values"),
    "words": ({"age": ["young"] * 80}, "column 'age' holds text, such as 'young'; leave it out, or write it as"),
    "one word": ({"age": [*range(79), "?"]}, "column 'age' holds text, such as '?'"),
    "percent": ({"age": ["12%"] * 80}, "column 'age' holds text, such as '12%'"),
    "dates": ({"age": ["2024-01-02 10:00"] * 80}, "column 'age' holds dates, such as '2024-01-02 10:00'; write"),
    "european dates": ({"age": ["2.1.2024"] * 80}, "column 'age' holds dates, such as '2.1.2024'"),
    "infinite": ({"age": [np.inf, *range(79)]}, "column 'age' has infinite values; drop the rows"),
    "constant column": ({"age": 7}, "column 'age' is always 7; leave it out"),
    "constant target": ({"bought": 1}, "the target 'bought' is always 1; there is nothing to learn"),
    "constant text": ({"bought": "Yes"}, "the target 'bought' is always Yes; there is nothing to learn"),
    "other target": ({"bought": np.arange(80) % 3}, "of two values, got 'bought' with the values 0, 1, 2"),
    "text target": ({"bought": list("abcde") * 16}, "of two values, got 'bought' with the values a, b, c, d, …"),
    "one far out": ({"age": [1e300, *range(79)]}, "the 80 values of column 'age' lie so unevenly that in float32 2"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_bad_tables_are_refused(kind: str, refused: Refused) -> None:
    changes, message = BAD_TABLES[kind]
    with refused(message):
        read(table_csv(**changes))


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "people.csv: expected a CSV file with a header, got an empty file"),
    "a picture": (bytes(range(256)) * 9, "people.csv: expected a CSV file with a header, got no text"),
    "one column": ("bought\n0\n1\n", "expected rows with 'bought' and other columns, with commas, semicolons or tabs"),
    "no rows": ("age,bought\n", "expected rows with 'bought' and other columns"),
    "an index alone": (",bought\n0,0\n1,1\n", "expected rows with 'bought' and other columns"),
    "two names": ("age,age,bought\n1,2,0\n2,3,1\n", "two columns are called 'age'; give one of them another name"),
    "two targets": ("bought,age,bought\n1,2,0\n2,3,1\n", "two columns are called 'bought'"),
    "no name": ("age,,bought\n1,2,0\n2,5,1\n", "column 2 beside the target has no name; name it in the first line"),
    "longer rows": ("age,bought\n1,2,0\n2,3,1\n", "the rows have more columns than the header has names"),
    "a longer row": ("age,bought\n1,0\n2,3,1\n", "expected a CSV file with a header, got 'Error tokenizing data"),
    "a shorter row": ("age,b,bought\n1,0,1\n2,3\n", "column 'bought' has 1 missing values"),
    "an open quote": ('age,bought\n"1,0\n2,1\n', "expected a CSV file with a header"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_files_that_are_no_tables_are_refused(kind: str, refused: Refused) -> None:
    content, message = BAD_FILES[kind]
    with refused(message):
        read(content)


def test_what_is_not_there_is_refused(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("cannot read no.csv: No such file or directory"):
        read_table(Path("no.csv"), "bought")
    with refused("cannot read .: Is a directory"):
        read_table(Path(), "bought")
    with refused("unknown column of people.csv 'bougth'; did you mean 'bought'?"):
        read(table_csv(), "bougth")
    monkeypatch.setenv("TFREG_MAX_GIB", "1e-9")
    with refused("reading people.csv needs"):
        read(table_csv())


def test_many_columns_are_read() -> None:
    values = np.random.default_rng(0).normal(size=(6, 3000))
    text = pd.DataFrame(values).add_prefix("x").assign(bought=[0, 1] * 3).to_csv(index=False)
    assert read(text).dataset.inputs.shape == (6, 3000)
