"""Payloads: the same rows whatever way they are reached, and one scale for all sources."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.payloads import Arrays, Joined, TensorSpec

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
