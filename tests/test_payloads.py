"""Payloads: the same rows whatever way they are reached, and one scale for all sources."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.payloads import Arrays, Joined, Mapped, Reordered, TensorSpec, is_mapped

BYTES = Arrays({"image": np.full((3, 2, 2, 1), 255, "uint8")}, (TensorSpec("image", (2, 2, 1), "uint8"),))
FLOATS = Arrays({"image": np.full((2, 2, 2, 1), 0.5, "float32")}, (TensorSpec("image", (2, 2, 1)),))


def test_a_subset_of_one_source_stays_on_the_scale_of_all():
    both = Joined.of([BYTES, FLOATS])
    only_bytes = both.subset(np.array([0, 2]))
    assert only_bytes.inputs == both.inputs == (TensorSpec("image", (2, 2, 1), "float32"),)
    taken = only_bytes.take(np.arange(2))["image"]
    assert taken.dtype == np.float32
    assert taken.max() == 1.0


@pytest.mark.parametrize("index", [[0, 1, 2, 3, 4], [4, 0, 3], [1, 1, 4, 1], []])
def test_take_and_subset_agree(index):
    both = Joined.of([BYTES, FLOATS])
    expected = np.array([1.0, 1.0, 1.0, 0.5, 0.5], "float32")[index]
    np.testing.assert_array_equal(both.take(np.array(index, int))["image"][:, 0, 0, 0], expected)
    subset = both.subset(np.array(index, int))
    if index:
        np.testing.assert_array_equal(subset.take(np.arange(len(index)))["image"][:, 0, 0, 0], expected)
        np.testing.assert_array_equal(subset.subset([len(index) - 1]).take([0])["image"][:, 0, 0, 0], expected[-1:])


def test_different_shapes_cannot_be_joined():
    wide = Arrays({"image": np.zeros((1, 2, 3, 1), "float32")}, (TensorSpec("image", (2, 3, 1)),))
    with pytest.raises(ValueError, match="different inputs"):
        Joined.of([FLOATS, wide])


@pytest.mark.parametrize("range", [None, (10.0, 250.0)])
def test_mapped_gives_what_arrays_give(tmp_path, range):
    pixels = np.random.default_rng(0).integers(10, 251, (5, 4, 3, 1), dtype=np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = Mapped(np.load(tmp_path / "pixels.npy", mmap_mode="r"), np.array([0, 2, 3, 4]), range)
    expected = pixels[[0, 2, 3, 4]]
    if range:
        expected = (expected.astype(np.float32) - 10) / np.float32(240)
    arrays = Arrays({"image": expected}, (TensorSpec("image", (4, 3, 1), str(expected.dtype)),))
    assert mapped.inputs == arrays.inputs
    assert len(mapped) == len(arrays)
    assert mapped.nbytes() == arrays.nbytes()
    for index in ([0, 1, 2, 3], [3, 3, 1], [], np.array([2])):
        taken = mapped.take(np.asarray(index, int))["image"]
        assert type(taken) is np.ndarray
        np.testing.assert_array_equal(taken, expected[np.asarray(index, int)], strict=True)
    part = mapped.subset(np.array([3, 0]))
    assert isinstance(part.stack, np.memmap)
    np.testing.assert_array_equal(part.take(np.arange(2))["image"], expected[[3, 0]])


def test_what_is_mapped_is_known_in_any_wrapping(tmp_path):
    np.save(tmp_path / "pixels.npy", np.zeros((2, 2, 2, 1), np.uint8))
    mapped = Mapped(np.load(tmp_path / "pixels.npy", mmap_mode="r"), np.arange(2))
    both = Joined.of([BYTES, mapped])
    assert is_mapped(mapped)
    assert is_mapped(both)
    assert is_mapped(Reordered(both, np.array([3, 0])))
    assert not is_mapped(Joined.of([BYTES, FLOATS]))
    np.testing.assert_array_equal(both.take(np.array([3, 0]))["image"][:, 0, 0, 0], [0, 255])
