"""Reader csv: roles guessed and said, text that survives, and one message per fault."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlx.errors import UserError
from dlx.readers.csv import read

DATA = Path(os.environ.get("DLX_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def table(tmp_path):
    def write(text: str, name: str = "t.csv") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def test_ids_and_labels_are_text_and_na_is_a_class(table):
    d = read(table("id,age,label\n007,3,NA\n008,4,x\n009,5,NA\n"))
    assert d.examples["id"].tolist() == ["007", "008", "009"]
    assert d.examples["y"].tolist() == ["NA", "x", "NA"]


def test_every_guess_is_a_note(table):
    d = read(table("patient_id,age,city,split,label\n1,3,A,train,x\n1,4,B,val,y\n2,5,A,test,x\n2,6,A,train,y\n"))
    said = " ".join(d.notes)
    assert "label: column 'label'" in said
    assert "group: column 'patient_id'" in said
    assert "split: column 'split'" in said
    assert "1 feature read as numbers: age" in said
    assert "1 feature read as categories: city" in said
    assert d.examples["split"].tolist() == ["train", "dev", "test", "train"]
    assert d.examples["group"].tolist() == ["1", "1", "2", "2"]


def test_missing_values(table):
    d = read(table("a,b,label\n1,,x\nNA,u,y\n?,v,x\n"))
    np.testing.assert_array_equal(d.payload.arrays["numbers"], np.array([[1], [np.nan], [np.nan]], np.float32))
    assert d.payload.arrays["categories"].tolist() == [[""], ["u"], ["v"]]


def test_content_is_of_the_features_alone(table):
    one = read(table("id,a,b,label\n1,2.0,x,p\n2,3,y,q\n", "one.csv"))
    two = read(table("id,a,b,label,m\n8,2,x,q,5\n9,3.0,y,p,6\n", "two.csv"), meta=["m"])
    assert one.examples["raw"].tolist() == two.examples["raw"].tolist()
    assert one.examples["content"].tolist() == ["1", "2"]
    assert two.examples["meta_m"].tolist() == ["5", "6"]


def test_repeats_get_a_suffix(table):
    d = read(table("a,label\n1,x\n1,y\n2,x\n1,x\n"))
    ids, content = d.examples["id"].tolist(), d.examples["content"].tolist()
    assert ids == [content[0], f"{content[0]}-2", content[2], f"{content[0]}-3"]


def test_numbers_with_a_fraction_are_numbers_whole_ones_are_classes(table):
    assert read(table("a,label\n1,1.5\n2,2\n")).examples["y"].tolist() == [1.5, 2.0]
    assert read(table("a,label\n1,1\n2,2\n")).examples["y"].tolist() == ["1", "2"]


def test_several_labels(table):
    d = read(table("a,even,prime\n1,0,1\n2,,1\n3,1,\n"), label=["even", "prime"])
    assert d.label_names == ("even", "prime")
    assert d.examples["y"].tolist() == [[0, 1], [None, 1], [1, None]]
    with pytest.raises(UserError, match="column 'prime', row 2"):
        read(table("a,even,prime\n1,0,1\n2,0,maybe\n"), label=["even", "prime"])


def test_classes_join_labels(table):
    file = table("a,quality\n1,3\n2,6\n3,7\n4,5\n")
    d = read(file, label="quality", classes={"ordinary": [3, 4, 5], "good": [6, 7]})
    assert d.examples["y"].tolist() == ["ordinary", "good", "good", "ordinary"]
    with pytest.raises(UserError, match="one of the classes"):
        read(file, label="quality", classes={"good": [6, 7]})


def test_parquet_and_csv_agree(tmp_path):
    frame = pd.DataFrame(
        {"n": [1.5, None, 3.0], "whole": [1, 2, 3], "word": ["a", None, "b"], "flag": [True, False, True]}
    ).assign(label=["x", "y", "x"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    csv, parquet = read(str(tmp_path / "t.csv")), read(str(tmp_path / "t.parquet"))
    pd.testing.assert_frame_equal(csv.examples, parquet.examples)
    assert csv.payload.inputs == parquet.payload.inputs


def test_separator_and_header_are_guessed(table):
    assert "separator: ';'" in read(table("a;label\n1;x\n2;y\n")).notes
    d = read(table("1,2,0\n3,4,1\n5,6,0\n" * 5))
    assert "no header" in d.notes[0]
    assert d.payload.inputs[0].names == ("c1", "c2")


def test_columns_of_too_many_texts_are_left_out_unless_asked_for(table):
    rows = "\n".join(f"name {i},{i},{'xy'[i % 2]}" for i in range(50))
    file = table(f"who,a,label\n{rows}\n")
    d = read(file)
    assert d.payload.inputs[0].names == ("a",)
    assert any("'who' was left out: 50 different texts" in note for note in d.notes)
    assert [t.name for t in read(file, categorical=["who"]).payload.inputs] == ["numbers", "categories"]


def test_features_keep_their_order(table):
    d = read(table("a,b,c,label\n1,2,3,x\n4,5,6,y\n"), features=["c", "a"])
    assert d.payload.inputs[0].names == ("c", "a")


def test_weights_and_times(table):
    d = read(table("a,date,sample_weight,label\n1,2024-01-02,2,x\n2,2024-01-01,0.5,y\n"))
    assert d.examples["weight"].tolist() == [2.0, 0.5]
    assert d.examples["time"].iloc[0] - d.examples["time"].iloc[1] == 86_400


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("", {}, "empty"),
        ("a,label\n", {}, "no rows"),
        ("a,label\n1,x\nfoo,y\n3,x\n4,y\n", {}, "text in a column of numbers.*'foo'.*column 'a', row 2"),
        ("a,label\n1,x\nfoo,y\n", {"numeric": ["a"]}, "text in a column of numbers.*row 2"),
        ("a,label\n1,x\ninf,y\n3,x\n4,x\n", {}, "column 'a', row 2"),
        ("a,label\n1,x\n1e39,y\n", {}, "fits in 32 bits"),
        ("a,label\n1,x\n3,\n", {}, "1 of 2 rows have no label.*row 2"),
        ("a,label\n1,1.5\n3,NaN\n", {}, "1 of 2 rows have no label"),
        ("a,label\n1,0\n3,nan\n", {}, "1 of 2 rows have no label"),
        ("a,label\n1,x\n2,y\n", {"label": "labl"}, "did you mean 'label'"),
        ("a,label\n1,x\n2,y\n", {"label": "b", "drop": ["zz"]}, "2 faults"),
        ("a,b\n1.5,2.5\n2.5,3.5\n", {}, "cannot tell which column is the label"),
        ("label\nx\ny\n", {}, "no feature column"),
        ("a,label\n1,x,5\n3,y\n", {}, "cannot be read"),
        ("a,label,s\n1,x,trn\n2,y,test\n", {"split": "s"}, "a split is.*'trn'.*row 1"),
        ("a,label,w\n1,x,-1\n2,y,1\n", {"weight": "w"}, "at least 0"),
        ("a,label,t\n1,x,soon\n2,y,2024-01-01\n", {"time": "t"}, "a time is.*'soon'"),
        ("id,a,label\n,1,x\n2,2,y\n", {"id": "id"}, "no id"),
        ("a,label\n1,x\n2,y\n", {"names": ["a"]}, "1 names for 2 columns"),
    ],
)
def test_faults(table, text, arguments, message):
    with pytest.raises(UserError, match=f"(?s){message}"):
        read(table(text), **arguments)


def test_files_that_are_no_table(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,label\n\xff\xfe,x\n")
    with pytest.raises(UserError, match="not UTF-8"):
        read(str(tmp_path / "x.csv"))
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(UserError, match="not a readable Parquet"):
        read(str(tmp_path / "x.parquet"))


def test_wine_has_the_known_repeats():
    file = DATA / "wine" / "winequality-white.csv"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    d = read(str(file))
    assert len(d) == 4898
    assert len(d) - d.examples["raw"].nunique() == 937


def test_columns_of_classes_are_several_tasks(table):
    d = read(table("a,kind,organic\n1,apple,1\n2,,0\n3,pear,\n"), label=["kind", "organic"])
    assert d.label_names == ("kind", "organic")
    assert d.examples["y"].tolist() == [["apple", "1"], [None, "0"], ["pear", None]]


def test_numbers_among_yes_and_no_say_how_classes_are_written(table):
    with pytest.raises(UserError, match=r"1, 0 or empty.*'2'.*row 3.*as words"):
        read(table("a,even,loops\n1,0,1\n2,1,0\n3,1,2\n"), label=["even", "loops"])
