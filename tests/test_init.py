"""``dlx init``: what it writes runs unedited, and what it cannot tell is one message."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dlx
from dlx.errors import UserError

DATA = Path(os.environ.get("DLX_DATA", Path(__file__).parents[2] / "shared" / "data")).absolute()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_RUNS", str(tmp_path / "runs"))
    return tmp_path


def photos(folder: Path, n: int = 5, classes=("cat", "dog")) -> Path:
    for label in classes:
        (folder / label).mkdir(parents=True)
        for i in range(n):
            pixels = np.random.default_rng([i, len(label), len(str(folder))]).integers(0, 255, (10, 12, 3), np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    return folder


def table(file: Path, n: int = 40, **columns) -> Path:
    frame = pd.DataFrame({"a": np.arange(n) + 0.5, "b": ["x", "y"] * (n // 2)} | columns)
    frame.to_csv(file, index=False, sep="\t" if file.suffix == ".tsv" else ",")
    return file


def runs_unedited(started) -> dlx.datareport.DataReport:
    assert len(started.text.splitlines()) <= 40
    assert started.file.read_text() == started.text
    return dlx.data(started.file)


def test_a_folder_of_images(here):
    started = dlx.init(photos(here / "my photos"))
    assert (started.name, started.task, started.kind) == ("my-photos", "classification", "image")
    found = runs_unedited(started)
    assert found.sizes == {"train": 6, "dev": 2, "test": 2}
    assert "path: my photos" in started.text  # beneath the recipe: relative to it


def test_folders_divided_already(here):
    for part in ("train", "val", "test"):
        photos(here / "set" / part, n=2 if part == "train" else 1)
    assert runs_unedited(dlx.init("set")).sizes == {"train": 4, "dev": 2, "test": 2}


def test_list_files(here):
    photos(here / "set")
    (here / "set" / "train.txt").write_text("".join(f"{c}/{i}.png, {c}\n" for c in ("cat", "dog") for i in range(3)))
    (here / "set" / "val.txt").write_text("".join(f"{c}/{i}.png, {c}\n" for c in ("cat", "dog") for i in (3, 4)))
    started = dlx.init("set")
    assert "list: [train.txt, val.txt]" in started.text
    assert runs_unedited(started).sizes == {"train": 6, "dev": 4}


@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
def test_a_table_with_every_role_written_out(here, name):
    n = 40
    names = [f"customer number {i}" for i in range(n)]
    columns = {"customer": names, "patient": [f"p{i // 2}" for i in range(n)], "label": ["u", "u", "v", "v"] * 10}
    started = dlx.init(table(here / name, **columns))
    for line in ("label: label", "group: patient", "drop: [customer]"):
        assert line in started.text
    assert any("'customer' was left out" in note for note in started.notes)
    found = runs_unedited(started)
    assert sum(found.sizes.values()) == n
    assert found.groups


def test_a_split_column_is_kept(here):
    started = dlx.init(
        table(here / "t.csv", label=["u", "v"] * 20, split=["train"] * 20 + ["val"] * 10 + ["test"] * 10)
    )
    assert runs_unedited(started).sizes == {"train": 20, "dev": 10, "test": 10}


def test_parquet_regression_and_name(here):
    pd.DataFrame({"a": range(50), "price": np.linspace(1.5, 9.7, 50)}).to_parquet(here / "t.parquet")
    started = dlx.init("t.parquet", name="house prices")
    assert (started.name, started.task) == ("house-prices", "regression")
    assert runs_unedited(started).label_range


def test_whole_numbers_of_many_values_are_a_regression(here):
    started = dlx.init(table(here / "t.csv", n=200, target=np.arange(200) * 7))
    assert started.task == "regression"


def test_a_table_without_header(here):
    rows = "\n".join(f"{i / 3},{i % 7},{i % 2}" for i in range(60))
    (here / "t.csv").write_text(rows + "\n")
    started = dlx.init("t.csv")
    assert "names: [c1, c2, c3]" in started.text
    assert sum(runs_unedited(started).sizes.values()) == 60


def test_names_that_yaml_would_misread(here):
    started = dlx.init(
        table(here / "t.csv", **{"no": ["p", "q"] * 20, "1e3": np.arange(40), "x: y, #z": 1}), label="no"
    )
    assert 'label: "no"' in started.text
    found = runs_unedited(started)
    assert found.inputs[0][1] == (3,)


def test_arrays_and_a_folder_with_one_table(here):
    np.savez(here / "set.npz", x=np.random.default_rng(0).random((30, 8, 8, 1), np.float32), y=np.arange(30) % 3)
    assert dlx.init("set.npz").kind == "image"
    (here / "folder").mkdir()
    table(here / "folder" / "t.csv", label=["u", "v"] * 20)
    assert sum(runs_unedited(dlx.init("folder")).sizes.values()) == 40


def test_unreadable_images_are_said(here):
    folder = photos(here / "set")
    (folder / "cat" / "0.png").write_text("no image")
    assert any("1 unreadable" in note for note in dlx.init("set").notes)


def test_an_existing_recipe_is_kept_unless_forced(here):
    photos(here / "set")
    dlx.init("set")
    with pytest.raises(UserError, match="already there"):
        dlx.init("set")
    dlx.init("set", force=True)


@pytest.mark.parametrize(
    ("prepare", "path", "message"),
    [
        (lambda p: None, "nope", "no such file or folder"),
        (lambda p: (p / "e").mkdir(), "e", "the folder is empty"),
        (lambda p: photos(p / "one", classes=("cat",)), "one", "one class only"),
        (lambda p: (p / "t.csv").write_text("a,b\n1.5,2.5\n2.5,3.5\n"), "t.csv", "--label COLUMN"),
        (lambda p: table(p / "t.csv", label=["u"] * 40), "t.csv", "one class only"),
        (lambda p: table(p / "t.csv", label=[f"l{i}" for i in range(40)]), "t.csv", "too many for classes"),
        (lambda p: (p / "t.docx").write_text("x"), "t.docx", "cannot tell what to do"),
        (lambda p: [table(p / f"{i}.csv", label=["u", "v"] * 20) for i in (1, 2)], ".", "several tables"),
        (lambda p: ((p / "e").mkdir(), (p / "e" / "x.doc").write_text("x")), "e", "nothing here"),
        (lambda p: (p / "t.csv").write_text("a,label\n1,x\n2,y\n"), "t.csv", "at least 3"),
    ],
)
def test_faults_leave_no_recipe(here, prepare, path, message):
    prepare(here)
    with pytest.raises(UserError, match=message):
        dlx.init(path)
    assert not list(here.glob("*.yaml"))


def test_grocery(here):
    if not (DATA / "grocery").exists():
        pytest.skip(f"{DATA / 'grocery'} is not there")
    started = dlx.init(DATA / "grocery")
    assert (started.examples, started.task) == (2936, "classification")
    assert "list: [train.txt, val.txt]" in started.text


def test_command(here, capsys):
    from dlx.cli.init import command

    photos(here / "set")
    command(Path("set"))
    said = capsys.readouterr().out
    assert "Wrote set.yaml: 10 examples, classification." in said
    assert "dlx train set.yaml" in said
