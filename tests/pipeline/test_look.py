"""``dlx look``: what is searched, what is said of it, and the pictures that a run is left with."""

from __future__ import annotations

import io
import json

import fake_runs
import numpy as np
import pandas as pd
import pytest
from command_line import command

import dlx
from dlx.errors import UserError
from dlx.pipeline.look_errors import _judged, _score, confusions
from dlx.pipeline.look_units import preference

CLASSES = {"task": {"name": "classification"}, "targets": {"classes": ["cat", "dog", "owl"]}}
LABELS = {"task": {"name": "multilabel"}, "label_names": ["red", "round", "big"]}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")


def wrong(**columns) -> pd.DataFrame:
    n = len(columns["y_true"])
    return pd.DataFrame({"id": [f"e{i}" for i in range(n)], "error": 1.0, **columns})


def test_preference_is_a_binomial_tail_over_all_labels_and_units():
    """8 of 9 at a base of one half: P(X ≥ 8) = (9 + 1) / 512 ≈ 0.0195; clear for one unit of one label, not of two."""
    half = [["a"], []] * 50
    once = preference([["a"]] * 8 + [[]], half, units=1)
    assert once == {"label": "a", "count": 8, "of": 9, "base": 0.5, "clear": True}
    assert not preference([["a"]] * 8 + [[]], half, units=3)["clear"]


def test_preference_goes_to_the_label_that_is_most_surprising_not_to_the_commonest():
    everything = ["common"] * 90 + ["rare"] * 10
    found = preference(["common"] * 5 + ["rare"] * 4, everything, units=10)
    assert (found["label"], found["count"], found["base"]) == ("rare", 4, 0.1)
    assert preference([], everything, units=10) is None
    assert preference([2.0, 4.0], [1.0, 2.0, 3.0], units=4) == {"mean": 3.0, "of": 2, "base": 2.0}


def test_errors_by_confusion():
    rows = wrong(y_true=["cat", "dog", "dog", "cat"], y_pred=["dog", "owl", "owl", "owl"], loss=[1.0, 2.0, 3.0, 9.0])
    assert confusions(rows, CLASSES) == [
        {"true": "dog", "said": "owl", "count": 2, "examples": ["e2", "e1"]},
        {"true": "cat", "said": "owl", "count": 1, "examples": ["e3"]},
        {"true": "cat", "said": "dog", "count": 1, "examples": ["e0"]},
    ]


def test_errors_of_several_labels_and_of_numbers():
    rows = wrong(y_true=[[1, 0, None], [1, 1, 0]], y_pred=[[0, 1, 1], [0, 1, 0]], loss=[1.0, 2.0])
    found = confusions(rows, LABELS)
    assert [(one["true"], one["said"], one["count"]) for one in found] == [
        ("red", "missed", 2), ("round", "false alarm", 1),
    ]  # fmt: skip
    numbers = wrong(y_true=[1.0, 2.0, 3.0], y_pred=[0.0, 5.0, 3.5], loss=[1.0, 9.0, 0.25])
    found = confusions(numbers, {"task": {"name": "regression"}})
    assert [(one["said"], one["examples"]) for one in found] == [("too high", ["e1", "e2"]), ("too low", ["e0"])]
    assert confusions(rows.iloc[:0], LABELS) == []


def test_which_score_an_answer_is():
    assert _score({"y_pred": "owl"}, CLASSES) == (2, 1.0)
    two = {"task": {"name": "classification"}, "targets": {"classes": ["cat", "dog"]}}
    assert [_score({"y_pred": said}, two) for said in ("cat", "dog")] == [(0, -1.0), (0, 1.0)]
    row = {"y_true": [1, 0, None], "y_pred": [1, 1, 0]}
    assert (_judged(row), _score(row, LABELS)) == (1, (1, 1.0))
    assert _score({"y_true": [1, 0, 0], "y_pred": [0, 0, 0]}, LABELS) == (0, -1.0)  # a low score is the answer
    assert _judged({"y_true": [0, 0, 1], "y_pred": [0, 0, 1]}) == 2


@pytest.mark.parametrize("units", ["x", "0", "-3", "3,-1", ",", 0, [], [-1], True, "1.5"])
def test_units_are_a_number_or_several(units):
    with pytest.raises(UserError, match="units are a number"):
        dlx.look(fake_runs.complete(), units=units)


def test_a_run_that_cannot_be_looked_into_says_why():
    begun = fake_runs.begin()
    with pytest.raises(UserError, match=r"no model that could be looked into.*still running"):
        dlx.look(begun)
    table = fake_runs.complete()
    inputs = [{"name": "numbers", "shape": [30], "dtype": "float32", "names": []}]
    table.write_json("targets.json", fake_runs.TARGETS | {"kind": "table", "inputs": inputs})
    code, out, err = command("look", table.id)
    assert (code, out) == (2, "")
    assert "only models of images" in err
    assert "numbers (30,)" in err
    damaged = fake_runs.complete()
    code, _, err = command("look", damaged.id)
    assert code == 2
    assert "not a .keras file" in err


@pytest.mark.tf
def test_a_user_looks_at_a_run_and_finds_it_in_the_report():
    from PIL import Image

    from dlx import runs, split

    small = ["-s", "model={builder: convnet, filters: [4, 6], units: []}", "-s", "train.epochs=1"]
    code, _, err = command("train", "digits", *small)
    assert code == 0, err
    run = runs.find("last")

    code, out, err = command("look")
    assert code == 0, err
    assert "conv2" in out
    assert "3 × 3 pixels" in out
    assert "errors among 359 dev examples" in out
    for name in ("errors.png", "saliency.png"):
        with Image.open(run.file(f"look/{name}")) as picture:
            picture.verify()

    code, out, err = command("look", "last", "--layer", "conv1", "--units", "3,0", "--json")
    assert code == 0, err
    told = json.loads(out)
    (layer,) = told["units"]
    assert [unit["unit"] for unit in layer["units"]] == [3, 0]
    assert (layer["layer"]["read_at"], layer["layer"]["field"], layer["n"]) == ("conv1_relu", [3, 3], 1438)
    parts = split.read(run.file("split.parquet")).table.set_index("id")["split"]
    best = [patch for unit in layer["units"] for patch in unit["patches"]]
    assert best
    assert all(parts[patch["id"]] == patch["split"] in ("train", "dev") for patch in best)
    assert '"picture"' not in out  # base64 has no place in a terminal

    first = run.file("look/units-conv1.png").read_bytes()
    again = dlx.look(run, layer="default", units=2)
    assert [one["layer"]["name"] for one in again.units] == ["conv1", "conv2"]
    assert len(again.files) == 2
    page = run.read_text("report.html")
    for words in ("What the model sees", "Errors side by side", "What answers rest on", "units of conv1", "of conv2"):
        assert words in page
    dlx.look(run, layer="conv1", units=[3, 0])
    assert run.file("look/units-conv1.png").read_bytes() == first  # the same each time
    assert "units of conv2" in run.read_text("report.html")  # a look at one layer leaves the others

    code, _, err = command("look", "last", "--layer", "cnv2")
    assert code == 2
    assert "Did you mean 'conv2'?" in err
    code, _, err = command("look", "last", "--layer", "conv1", "--units", "4,")
    assert "4 units, from 0 to 3" in err


def test_copies_are_searched_once_and_test_never():
    from dlx.dataset import Dataset, examples_table
    from dlx.payloads import Arrays, TensorSpec
    from dlx.pipeline.look_units import searched

    raw = [f"r{i // 2}" for i in range(12)]  # each image twice
    examples = examples_table([f"k{i}" for i in range(12)], ["a"] * 12).assign(raw=raw)
    payload = Arrays({"image": np.zeros((12, 2, 2, 1))}, (TensorSpec("image", (2, 2, 1)),))
    parts = ["train"] * 6 + ["dev"] * 4 + ["test"] * 2

    class Work:
        data = Dataset("d", examples, payload, "image")

        class split:  # noqa: N801
            table = pd.DataFrame({"split": parts})

            @staticmethod
            def index(name):
                return np.flatnonzero(np.array(parts) == name)

    some, splits = searched(Work, 100)
    assert (sorted(some.examples["raw"]), splits) == ([f"r{i}" for i in range(5)], ["train"] * 3 + ["dev"] * 2)
    fewer, _ = searched(Work, 2)
    assert len(fewer) == 2


def test_what_a_file_of_a_layer_is_called_holds_no_path():
    from dlx.pipeline.look import file_name

    assert file_name("../a b/c") == "units-..-a-b-c"


def test_pictures_open_as_what_they_are():
    from PIL import Image

    from dlx.reports._mosaic import data_uri, png

    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    with Image.open(io.BytesIO(png(pixels))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)
    assert data_uri(pixels).startswith("data:image/")
