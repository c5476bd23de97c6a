"""Preprocessing is fitted on train only, lives in the model, and knows missing and unseen values."""

from __future__ import annotations

import numpy as np
import pytest

from dlx import preprocess
from dlx.payloads import Arrays, TensorSpec

pytestmark = pytest.mark.tf
NUMBERS = TensorSpec("numbers", (2,), "float32", ("a", "b"))
WORDS = TensorSpec("categories", (1,), "string", ("colour",))


def table(numbers, words=None) -> Arrays:
    arrays, specs = {"numbers": np.array(numbers, "float32")}, [NUMBERS]
    if words is not None:
        arrays["categories"] = np.array(words, object).reshape(-1, 1)
        specs.append(WORDS)
    return Arrays(arrays, tuple(specs))


def run(model, payload) -> np.ndarray:
    import tensorflow as tf

    raw = payload.take(np.arange(len(payload)))
    return model({k: tf.constant(v.astype(str) if v.dtype == object else v) for k, v in raw.items()}).numpy()


def test_columns_are_standardised_by_the_standard_deviation_of_train():
    train = table([[1, 10], [3, 30]])
    model, features = preprocess.fit(train, "standardize")
    assert features == (TensorSpec("features", (2,)),)
    np.testing.assert_allclose(run(model, train), [[-1, -1], [1, 1]], atol=1e-6)  # μ 2 and 20, σ 1 and 10
    np.testing.assert_allclose(run(model, table([[5, 0]])), [[3, -2]], atol=1e-6)


def test_missing_numbers_become_the_median_of_train():
    train = table([[1, 0], [2, 0], [9, 0], [np.nan, 0]])
    model, _ = preprocess.fit(train, "none")
    np.testing.assert_allclose(run(model, table([[np.nan, 7], [4, np.nan]])), [[2, 7], [4, 0]], atol=1e-6)


def test_a_constant_or_empty_column_does_no_harm():
    train = table([[5, np.nan], [5, np.nan]])
    model, _ = preprocess.fit(train, "standardize")
    np.testing.assert_allclose(run(model, table([[5, np.nan], [6, 3]])), [[0, 0], [1, 3]], atol=1e-6)


def test_unseen_and_missing_categories_share_the_unknown_column():
    train = table([[0, 0]] * 3, ["red", "red", "blue"])
    model, features = preprocess.fit(train, "none")
    assert features[0].shape == (2 + 3,)  # unknown, red, blue
    coded = run(model, table([[0, 0]] * 4, ["red", "blue", "green", ""]))[:, 2:]
    np.testing.assert_array_equal(coded, [[0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_are_normalised_per_channel_on_one_scale(dtype):
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (50, 4, 4, 3)).astype("uint8")
    values = stack if dtype == "uint8" else (stack / 255).astype("float32")
    model, _ = preprocess.fit(Arrays({"image": values}, (TensorSpec("image", (4, 4, 3), dtype),)), "standardize")
    out = model({"image": values}).numpy()
    np.testing.assert_allclose(out.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(out.std(axis=(0, 1, 2)), 1, atol=1e-4)


def test_it_survives_saving_in_safe_mode(tmp_path):
    import keras

    train = table([[1, 10], [3, np.nan]], ["red", "blue"])
    model, _ = preprocess.fit(train, "standardize")
    model.save(tmp_path / "before.keras")
    again = keras.saving.load_model(tmp_path / "before.keras", safe_mode=True)
    np.testing.assert_array_equal(run(again, train), run(model, train))


def test_large_images_are_sampled_so_that_they_fit():
    from dlx.preprocess import LEAST, SAMPLE, _sample_size

    def of(shape, n):
        class Many:
            inputs = (TensorSpec("image", shape, "uint8"),)

            def __len__(self):
                return n

        return _sample_size(Many())

    assert of((28, 28, 1), 100_000) == SAMPLE
    assert of((28, 28, 1), 300) == 300
    assert LEAST <= of((224, 224, 3), 100_000) < 1000
