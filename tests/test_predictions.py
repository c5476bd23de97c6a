"""The predictions table: what is accepted, what is decided, and what is refused with value and row."""

from __future__ import annotations

import errno
import gzip
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlx.errors import DlxError, UserError
from dlx.predictions import Predictions, read, write

COLUMNS = ["predictor", "id", "split", "source", "group", "y_true", "y_pred", "error", "size", "weight"]


def frame(**columns) -> pd.DataFrame:
    default = {
        "id": ["a", "b", "c"],
        "split": ["train", "dev", "dev"],
        "y_true": ["x", "y", "x"],
        "y_pred": ["x", "x", "x"],
    }
    return pd.DataFrame({**default, **columns})


def from_csv(tmp_path, text: str, **arguments) -> Predictions:
    file = tmp_path / "predictions.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(file, **arguments)


def test_four_columns_are_enough_and_the_others_are_filled():
    found = read(frame())
    assert list(found.table) == COLUMNS
    assert found.table["predictor"].unique().tolist() == ["model"]
    assert found.table["error"].tolist() == [0, 1, 0]
    assert found.table[["size", "weight"]].to_numpy().tolist() == [[1, 1]] * 3
    assert found.table[["source", "group"]].isna().all().all()
    assert found.task == "classification"
    assert found.classes == ("x", "y")


def test_the_callers_frame_is_left_alone():
    given_frame = frame()
    before = given_frame.copy()
    read(given_frame)
    pd.testing.assert_frame_equal(given_frame, before)


def test_text_in_csv_survives(tmp_path):
    found = from_csv(tmp_path, "id,split,y_true,y_pred\n007,dev,NA,NA\n07,dev,null,NA\n1e3,dev,nan,nan\n")
    assert found.table["id"].tolist() == ["007", "07", "1e3"]
    assert found.table["y_true"].tolist() == ["NA", "null", "nan"]
    assert found.table["error"].tolist() == [0, 1, 0]


def test_a_byte_order_mark_semicolons_tabs_and_gzip_are_read(tmp_path):
    text = "id,split,y_true,y_pred\n1,dev,cat,dog\n2,dev,cat,cat\n"
    kinds = [b"\xef\xbb\xbf" + text.encode(), text.replace(",", ";").encode(), text.replace(",", "\t").encode()]
    kinds += [text.replace("\n", "\r\n").encode(), gzip.compress(text.encode())]
    for content in kinds:
        assert from_csv(tmp_path, content).table["error"].tolist() == [1, 0]


def test_quoted_commas_and_line_ends_belong_to_the_label(tmp_path):
    found = from_csv(tmp_path, 'id,split,y_true,y_pred\n1,dev,"a, b","a, b"\n2,dev,"a\nb",a\n')
    assert found.table["y_true"].tolist() == ["a, b", "a\nb"]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "task"),
    [
        (["x", "y"], ["x", "x"], "classification"),
        ([True, False], [True, True], "classification"),
        ([1, 2], [1, 1], "classification"),
        ([1.0, 2.0], [1.0, 1.0], "classification"),
        ([1, 2], [1.0, 1.5], "regression"),
        ([0.5, 2.0], [1, 2], "regression"),
        (["x", "0.5"], ["x", "x"], "classification"),
        ([[1, 0], [0, 1]], [[1, 1], [0, 1]], "multilabel"),
    ],
)
def test_the_task_is_decided_by_the_labels_and_said(tmp_path, y_true, y_pred, task):
    table = pd.DataFrame({"id": ["a", "b"], "split": "dev", "y_true": y_true, "y_pred": y_pred})
    file = tmp_path / "t.csv"
    table.to_csv(file, index=False)
    for found in (read(table), read(file)):
        assert found.task == task
        assert found.note.startswith(f"Task: {task}")
        assert found.bounded == (task != "regression")


def test_the_note_tells_how_whole_numbers_can_be_read_otherwise():
    whole = frame(y_true=[1, 2, 3], y_pred=[1, 3, 3])
    assert "--task regression" in read(whole).note
    assert read(whole, task="regression").table["error"].tolist() == [0, 1, 0]
    assert read(whole, task="regression").note == "Task: regression, as you said."


@pytest.mark.parametrize(
    ("y_true", "y_pred", "error"),
    [
        (["3", "3.0", "4"], ["3.0", "3", "3"], [0, 0, 1]),
        (["true", "False", "true"], ["True", "false", "FALSE"], [0, 0, 1]),
        (["1", "0", "1"], ["True", "False", "False"], [0, 0, 1]),
        (["007", "7", "7"], ["007", "007", "7"], [0, 1, 0]),
    ],
)
def test_two_spellings_of_one_label_agree(tmp_path, y_true, y_pred, error):
    file = tmp_path / "t.csv"
    frame(y_true=y_true, y_pred=y_pred).to_csv(file, index=False)
    assert read(file).table["error"].tolist() == error


def test_columns_of_different_types_agree():
    assert read(frame(y_true=[1, 0, 1], y_pred=[True, False, False])).table["error"].tolist() == [0, 0, 1]
    assert read(frame(y_true=[1, 0, 1], y_pred=[1.0, 1.0, 1.0])).table["error"].tolist() == [0, 1, 0]
    assert read(frame(id=[1.0, 2.0, 3.0])).table["id"].tolist() == ["1", "2", "3"]


def test_ids_may_stand_in_the_index():
    assert read(frame().set_index("id")).table["id"].tolist() == ["a", "b", "c"]


def test_classes_are_ordered_by_value_then_alphabet():
    assert read(frame(y_true=[10, 9, 2], y_pred=[10, 9, 2])).classes == ("2", "9", "10")


def test_lists_are_several_labels_and_unknown_ones_do_not_count(tmp_path):
    found = from_csv(tmp_path, 'id,split,y_true,y_pred\n1,dev,"[1,0,null]","[1,1,1]"\n2,dev,"[0,0,1]","[0,0,1]"\n')
    assert found.task == "multilabel"
    assert found.table["y_true"].tolist() == [[1, 0, None], [0, 0, 1]]
    assert found.table["error"].tolist() == [0.5, 0]
    assert found.table["size"].tolist() == [2, 3]


def test_other_names_of_splits_are_read_and_said():
    found = read(frame(split=["train-dev", "val", "Validation"]))
    assert found.table["split"].tolist() == ["train_dev", "dev", "dev"]
    assert "'val' is read as dev" in found.note
    assert "'train-dev' is read as train_dev" in found.note


def test_a_given_error_is_used():
    found = read(frame(y_true=["a b", "c", ""], y_pred=["a", "", "c"], error=[0.5, 1.0, 2.5], size=[2, 1, 0]))
    assert found.table["error"].tolist() == [0.5, 1.0, 2.5]
    assert found.task == "own"
    assert not found.bounded
    assert "error" in found.note


def test_probabilities_come_as_columns_or_lists(tmp_path):
    found = from_csv(tmp_path, "id,split,y_true,y_pred,proba_x,proba_y\n1,dev,x,x,0.75,0.25\n2,dev,y,x,0.5,0.5\n")
    assert found.table["proba_x"].tolist() == [0.75, 0.5]
    lists = frame(proba=[[0.25, 0.75], [1, 0], [0.5, 0.5]])
    assert read(lists).table["proba_y"].tolist() == [0.75, 0, 0.5]
    assert read(lists, classes=("y", "x")).table["proba_x"].tolist() == [0.75, 0, 0.5]
    one = read(frame(proba=[0.25, 0.5, 1.0]))
    assert one.table["proba_x"].tolist() == [0.75, 0.5, 0]


def test_meta_columns_are_kept_and_others_ignored(tmp_path):
    found = from_csv(tmp_path, "id,split,y_true,y_pred,meta_city,sorce,other\n1,dev,x,x,Oslo,a,1\n2,dev,y,x,Rome,b,2\n")
    assert found.table["meta_city"].tolist() == ["Oslo", "Rome"]
    assert "other" not in found.table
    assert "'sorce' is ignored; if it is meant as 'source'" in found.note


@pytest.mark.parametrize(
    ("columns", "rule", "detail"),
    [
        ({"split": ["train", "dev", "holdout"]}, "unknown split", "row 3 (id 'c')"),
        ({"split": ["train", None, "dev"]}, "unknown split", "row 2"),
        ({"id": ["a", "b", "b"]}, "one row per id", "'b'"),
        ({"id": ["a", "b", "a"]}, "one row per id", "rows 1 (train) and 3 (dev)"),
        ({"id": ["a", None, "c"]}, "needs an id", "row 2"),
        ({"y_true": ["x", None, "x"]}, "label in y_true", "row 2 (id 'b')"),
        ({"y_true": ["x", "", "x"]}, "label in y_true", "row 2 (id 'b')"),
        ({"y_pred": [1.5, np.nan, 2.5], "y_true": [1.0, 2.0, 3.0]}, "label in y_pred", "row 2 (id 'b')"),
        ({"y_pred": [1.5, np.inf, 2.5], "y_true": [1.0, 2.0, 3.0]}, "missing or infinite", "row 2"),
        ({"error": [0, -1, 0]}, "from 0 up", "-1"),
        ({"error": [0, 1, np.nan]}, "finite numbers", "row 3 (id 'c')"),
        ({"error": [0, 1, np.inf]}, "finite numbers", "inf"),
        ({"weight": [1, "heavy", 1]}, "'weight' must hold", "'heavy'"),
        ({"weight": [1, 0, 0]}, "must not be 0", "model, dev"),
        ({"y_true": [[1, 0], [1], [0, 1]], "y_pred": [[1, 0], [1, 0], [0, 1]]}, "must have 2 labels", "[1]"),
        ({"proba_x": [0.5, 2.0, 0.5]}, "between 0 and 1", "2.0"),
        ({"predictor": ["model", None, "model"]}, "needs a predictor", "row 2"),
    ],
)
def test_what_is_wrong_is_said_with_value_and_row(columns, rule, detail):
    with pytest.raises(UserError) as caught:
        read(frame(**columns))
    assert rule in str(caught.value)
    assert detail in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [("y_pred", "y_pre", "Is it 'y_pre'?"), ("y_true", "label", "Is it 'label'?"), ("id", "zzz", "It needs id, split")],
)
def test_a_missing_column_names_the_nearest(old, new, hint):
    with pytest.raises(UserError, match=f"needs the column '{old}'") as caught:
        read(frame().rename(columns={old: new}))
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "is empty"),
        ("id,split,y_true,y_pred\n", "has no rows"),
        ("id,split,y_true,y_pred\n1,dev,x\n", "Expected 4 columns, got 3"),
        ("id,id,split,y_true,y_pred\n1,1,dev,x,x\n", "column names must differ"),
        ("id,split,y_true,y_pred\n1,dev,[1;0],[1]\n", "a list is JSON"),
        ("id,split,y_true,y_pred\n1,dev,1.5,2\n2,dev,nan,2\n", "label"),
        ("id,split,y_true,y_pred\n1,dev,,x\n", "label in y_true"),
        (b"\xff\xfe\x00\x81\x8d", "neither UTF-8 text nor Parquet"),
        (b"PAR1 but nothing else", "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, text, rule):
    with pytest.raises(UserError, match="(?s)" + rule.replace("[", r"\[")):
        from_csv(tmp_path, text)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(UserError, match="no such predictions file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(UserError, match="not a folder"):
        read(tmp_path)


def test_a_task_that_does_not_fit():
    with pytest.raises(UserError, match="finite numbers in y_true"):
        read(frame(), task="regression")
    with pytest.raises(UserError, match="needs lists in y_true"):
        read(frame(), task="multilabel")
    with pytest.raises(UserError, match="Did you mean 'classification'"):
        read(frame(), task="clasification")


def test_written_and_read_again_it_is_the_same(tmp_path):
    table = frame(
        y_true=["pos", "neg", "pos"], y_pred=["pos", "pos", "pos"], source=["web", None, "web"], meta_n=[1, 2, 3]
    )
    found = read(table.assign(proba=[[0.25, 0.75], [0.5, 0.5], None]), classes=("neg", "pos"))
    again = read(write(found, tmp_path / "p.parquet"))
    assert again.classes == ("neg", "pos")
    assert again.note == found.note
    pd.testing.assert_frame_equal(
        again.table[list(found.table)], found.table, check_dtype=False, check_categorical=False
    )


def test_rows_of_a_task_are_completed_when_written(tmp_path):
    measured = {"error": [0.0, 1.0, 0.0], "size": 1.0, "weight": 1.0, "source": "", "group": None}
    rows = frame(proba=list(np.array([[0.75, 0.25]] * 3, "float32")), predictor="model", **measured)
    both = pd.concat([rows, rows.drop(columns="proba").assign(predictor="baseline")], ignore_index=True)
    file = write(
        Predictions(both, "classification", "Task: classification, from the recipe.", ("y", "x")), tmp_path / "p"
    )
    found = read(file)
    assert found.classes == ("y", "x")
    assert found.rows("model")["proba_y"].tolist() == [0.75] * 3
    assert found.rows("baseline")["proba_y"].isna().all()
    assert pd.read_parquet(file)["proba"].iloc[0].tolist() == [0.75, 0.25]
    extended = pd.concat([found.table, rows.assign(split="test", id=["d", "e", "f"])], ignore_index=True)
    again = read(write(Predictions(extended, found.task, found.note, found.classes), file))
    assert again.rows("model")["proba_y"].tolist() == [0.75] * 6


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    file = write(read(frame()), tmp_path / "p.parquet")
    before = file.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DlxError, match="disk is full") as caught:
        write(read(frame(y_pred=["y", "y", "y"])), file)
    assert caught.value.exit_code == 1
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


LABELS = st.sampled_from(["cat", "NA", "7", "a,b", "ü"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS, st.sampled_from(["train", "dev"])), min_size=1, max_size=8), st.randoms())
def test_csv_parquet_and_frame_agree_and_row_order_does_not_matter(tmp_path_factory, rows, random):
    table = pd.DataFrame(rows, columns=["y_true", "y_pred", "split"])
    table.insert(0, "id", [f"0{i}" for i in range(len(table))])
    folder = tmp_path_factory.mktemp("p")
    order = list(range(len(table)))
    random.shuffle(order)
    shuffled = table.iloc[order]
    table.to_csv(folder / "t.csv", index=False)
    shuffled.to_parquet(folder / "t.parquet", index=False)
    found = [read(source).table for source in (table, folder / "t.csv", folder / "t.parquet")]
    for other in found[1:]:
        ordered = other.sort_values("id").reset_index(drop=True)
        for name in ("id", "split", "y_true", "y_pred", "error"):
            assert ordered[name].tolist() == found[0][name].tolist()


def test_lists_of_words_are_the_classes_of_several_tasks(tmp_path):
    rows = [
        "id,split,y_true,y_pred,proba_kind=apple,proba_kind=pear,proba_colour=red,proba_colour=green",
        '1,dev,"[""apple"",null]","[""pear"",""red""]",0.3,0.7,0.6,0.4',
        '2,dev,"[""pear"",""red""]","[""pear"",""red""]",0.1,0.9,0.8,0.2',
    ]
    found = from_csv(tmp_path, "\n".join(rows))
    assert found.label_names == ("kind", "colour")
    assert found.table["error"].tolist() == [1, 0]
    assert found.table["size"].tolist() == [1, 2]
    again = read(write(found, tmp_path / "t.parquet"))
    assert again.table["y_true"].tolist() == [["apple", None], ["pear", "red"]]
    assert again.label_names == found.label_names
