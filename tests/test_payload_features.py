"""Plain properties of inputs: known answers by hand, for images, tables, texts and arrays."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.dataset import Dataset, examples_table
from dlx.payloads import Arrays, TensorSpec
from dlx.pipeline.payload_features import SIDE, payload_features


def dataset(kind="image", **inputs) -> Dataset:
    names = {"numbers": ("age", "dose"), "categories": ("place", "note")}
    specs = tuple(
        TensorSpec(n, v.shape[1:], "string" if v.dtype == object else str(v.dtype), names.get(n, ()))
        for n, v in inputs.items()
    )
    n = len(next(iter(inputs.values())))
    return Dataset("toy", examples_table([f"k{i}" for i in range(n)], ["a"] * n), Arrays(inputs, specs), kind)


def test_brightness_contrast_and_sharpness_by_hand():
    grey = np.full((8, 8, 1), 0.25, "float32")
    half = np.concatenate([np.zeros((8, 4, 1)), np.ones((8, 4, 1))], axis=1).astype("float32")
    board = (np.indices((8, 8)).sum(axis=0) % 2)[..., None].astype("float32")
    found = payload_features(dataset(image=np.stack([grey, half, board])))
    assert found["id"].tolist() == ["k0", "k1", "k2"]
    assert found["brightness"].tolist() == pytest.approx([0.25, 0.5, 0.5])
    assert found["contrast"].tolist() == pytest.approx([0, 0.5, 0.5])
    # Laplacian inside the border: 0; +1 and -1 beside the edge, in 2 of 6 columns; +4 and -4 everywhere
    assert found["sharpness"].tolist() == pytest.approx([0, 2 / 6, 16])


def test_bytes_and_floats_of_the_same_picture_have_the_same_properties():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 9, 7, 3)).astype("uint8")
    a = payload_features(dataset(image=pixels)).drop(columns="id")
    b = payload_features(dataset(image=(pixels / 255).astype("float32"))).drop(columns="id")
    np.testing.assert_allclose(a, b, rtol=1e-4)


def test_blurring_a_picture_lowers_its_sharpness_and_large_ones_are_judged_by_their_middle():
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    sharp = rng.random((SIDE + 100, SIDE + 40)).astype("float32")
    images = np.stack([sharp, gaussian_filter(sharp, 2)])[..., None]
    found = payload_features(dataset(image=images))
    assert found["sharpness"][0] > 20 * found["sharpness"][1]
    images[:, :40] = 1  # outside the middle
    assert payload_features(dataset(image=images))["brightness"].tolist() == found["brightness"].tolist()


def test_columns_of_a_table_are_themselves_and_texts_that_hardly_repeat_their_length():
    numbers = np.array([[1, np.nan], [2, 5], [3, 6], [4, 7]], "float32")
    words = np.array([["web", "a"], ["web", "bcd"], ["", "ef"], ["web", ""]], object)
    found = payload_features(dataset("table", numbers=numbers, categories=words))
    assert list(found) == ["id", "age", "dose", "place", "length of note"]
    assert found["age"].tolist() == [1, 2, 3, 4]
    assert found["dose"].isna().tolist() == [True, False, False, False]
    assert found["place"].isna().tolist() == [False, False, True, False]
    assert found["length of note"].tolist() == [1, 3, 2, 0]


def test_other_arrays_have_a_mean_and_a_spread():
    found = payload_features(dataset("array", signal=np.array([[1.0, 3.0], [2.0, 2.0]])))
    assert found["mean of signal"].tolist() == [2, 2]
    assert found["spread of signal"].tolist() == [1, 0]
