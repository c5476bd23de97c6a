"""Sheets of labels: blind when they go out, and read however a spreadsheet program brings them back."""

from __future__ import annotations

import io
import json

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dlx.errors import UserError
from dlx.tagging.vote_sheet import VoteRow, read_votes, write_votes

LABELS = ("cat", "great dog", "007", "=fox")
IDS = ("a", "007", "1e5", "=cmd", "ü,\u2028 b", " blank ")


def rows(**said) -> list[VoteRow]:
    return [VoteRow(i, text=f"text of {i}", row={"label": "3"}, **said) for i in IDS]


def filled(path, answers: dict[str, str]):
    """Fill in the sheet as a person would."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        header = [cell.value for cell in sheet[1]]
        for line in sheet.iter_rows(min_row=2):
            value = answers.get(line[header.index("id")].value)
            if value is not None:
                line[header.index("label")].value = value
        book.save(path)
    else:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        names = table["id"].str.removeprefix("'")
        table["label"] = [answers.get(name, "") for name in names]
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".tsv"])
@settings(max_examples=25)
@given(
    st.lists(st.sampled_from(["", "?", *LABELS]), min_size=6, max_size=6),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(["=1+1", "'x", "a\nb"]),
)
def test_what_is_written_is_read_back(tmp_path_factory, suffix, labels, comment):
    from dlx.tagging.names import clean

    path = tmp_path_factory.mktemp("votes") / f"v{suffix}"
    write_votes([VoteRow(i, label=label, comment=comment) for i, label in zip(IDS, labels, strict=True)], path)
    read = read_votes(path, ids=IDS, labels=LABELS)
    kept = clean(comment)
    expected = [(i, {"": None, "?": ""}.get(label, label), kept) for i, label in zip(IDS, labels, strict=True)]
    assert [tuple(said) for said in read.said] == [row for row in expected if row[1] is not None or kept]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_labels_in_any_spelling_and_rows_in_any_number(tmp_path, suffix):
    path = tmp_path / f"v{suffix}"
    write_votes(rows(), path, labels=LABELS)
    filled(path, {"a": "CAT ", "007": "7", "=cmd": "Great_Dog", "1e5": "?"})
    read = read_votes(path, ids=IDS, labels=LABELS)
    assert [tuple(said) for said in read.said] == [
        ("a", "cat", ""), ("007", "007", ""), ("1e5", "", ""), ("=cmd", "great dog", ""),
    ]  # fmt: skip
    assert read.notes == ()


def test_the_sheet_is_blind_and_helps(tmp_path):
    path = tmp_path / "v.xlsx"
    picture = io.BytesIO()
    Image.new("L", (8, 8), 200).save(picture, "PNG")
    notes = write_votes(
        [VoteRow("a", image=picture.getvalue()), VoteRow("b", image=b"broken"), VoteRow("c")], path, labels=LABELS
    )
    assert "'b'" in notes[0]
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["image", "id", "label", "comment"]
    assert [image.anchor._from.row for image in sheet._images] == [1]
    assert sheet._images[0].width == 64  # eight pixels, each a square of eight
    assert [v.formula1 for v in sheet.data_validations.dataValidation] == ["labels!$A$1:$A$5"]
    assert [cell.value for cell in book["labels"]["A"]] == [*LABELS, "?"]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)


def test_all_faults_by_cell_with_the_nearest(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("id,label,comment\na,cta,\n,cat,\n007,zebra,\na,cat,\na,=fox,\n")
    with pytest.raises(UserError) as error:
        read_votes(path, ids=IDS, labels=LABELS)
    said = str(error.value)
    assert all(word in said for word in ("line 2", "did you mean 'cat'", "no id", "'zebra'", "copies", "4 faults"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,comment\na,x\n", "column of labels"),
        ("label,comment\ncat,x\n", "column of ids"),
        ("id,label\nq,cat\nr,cat\n", "another sample"),
    ],
)
def test_what_is_no_sheet_of_votes(tmp_path, content, said):
    path = tmp_path / "v.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=said):
        read_votes(path, ids=IDS, labels=LABELS)


def test_strangers_and_equal_copies(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("Comments;Label;ID\n;cat;zz\nodd;cat;a\nodd;cat;a\n;;1e5\n")
    read = read_votes(path, ids=IDS, labels=LABELS)
    assert read.said == (("a", "cat", "odd"),)
    assert "'zz'" in read.notes[0]


def test_numbers_of_any_locale(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("id;label\na;1,5\n007;3\n1e5;?\n")
    assert [said.label for said in read_votes(path, ids=IDS, form="number").said] == ["1.5", "3", ""]
    path.write_text("id;label\na;tall\n")
    with pytest.raises(UserError, match="'tall' is no number"):
        read_votes(path, ids=IDS, form="number")


def test_several_labels_in_a_cell(tmp_path):
    path = tmp_path / "v.xlsx"
    labels = ("cat", "dog", "dog, wet")
    write_votes([VoteRow("a", label='["cat", "dog"]'), VoteRow("1e5", label="[]"), VoteRow("007")], path, form="many")
    filled(path, {"007": "dog, wet"})
    read = read_votes(path, ids=IDS, labels=labels, form="many")
    assert [json.loads(said.label) for said in read.said] == [["cat", "dog"], [], ["dog, wet"]]
    filled(path, {"a": "CAT; dog"})
    assert read_votes(path, ids=IDS, labels=labels, form="many").said[0].label == '["cat", "dog"]'


def test_a_label_with_a_comma_in_it_comes_back(tmp_path):
    path = tmp_path / "v.csv"
    said = '["cat", "dog, wet"]'
    write_votes([VoteRow("a", label=said)], path, form="many")
    assert read_votes(path, ids=IDS, labels=("cat", "dog", "wet", "dog, wet"), form="many").said[0].label == said
