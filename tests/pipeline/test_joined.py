"""Several models as one: known outputs, files that load in safe mode, and what cannot be joined."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from dlx import predicting
from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.pipeline import facts
from dlx.pipeline.joined import Loaded, joined, made_up, prices_of
from dlx.pipeline.views import Views
from dlx.run import Run

NUMBERS = (TensorSpec("numbers", (2,)),)


def constant(value: float, name: str = "same"):
    """A model x → x₁ + value·x₂; all have the same name, as all runs of a recipe do."""
    import keras

    x = keras.Input((2,), name="numbers")
    y = keras.layers.Dense(1, use_bias=False, name="y")
    model = keras.Model({"numbers": x}, y(x), name=name)
    y.set_weights([np.array([[1.0], [value]], dtype="float32")])
    return model


@pytest.mark.tf
class TestJoined:
    def test_known_outputs(self, tmp_path):
        """(x₁ + 2·x₂ + x₁ − 1·x₂ + x₁ + 5·x₂)/3 = x₁ + 2·x₂, before and after saving."""
        model = joined([constant(2), constant(-1), constant(5)], NUMBERS, None, "all")
        x = np.array([[1, 0], [0, 1], [3, 4]], dtype="float32")
        expected = [[1.0], [2.0], [11.0]]
        np.testing.assert_allclose(np.asarray(model({"numbers": x})), expected, rtol=1e-6)
        model.save(tmp_path / "all.keras")
        again = predicting.load_model(tmp_path / "all.keras")
        np.testing.assert_allclose(again.predict({"numbers": x}, verbose=0), expected, rtol=1e-6)
        assert again.count_params() == 6

    def test_words_and_numbers_go_to_all_members(self):
        import keras

        def member(weight):
            number, word = keras.Input((1,), name="numbers"), keras.Input((1,), dtype="string", name="categories")
            known = keras.layers.StringLookup(vocabulary=["red", "blue"], output_mode="one_hot")(word)
            y = keras.layers.Dense(1, use_bias=False)
            model = keras.Model({"numbers": number, "categories": word}, y(keras.layers.Concatenate()([number, known])))
            y.set_weights([np.array([[weight], [0], [1], [10]], dtype="float32")])
            return model

        specs = (TensorSpec("numbers", (1,)), TensorSpec("categories", (1,), "string"))
        model = joined([member(1.0), member(3.0)], specs, None, "all")
        given = Arrays(
            {"numbers": np.array([[2.0], [0.5]], "float32"), "categories": np.array([["blue"], ["red"]], object)}, specs
        )
        said = predicting.Predictor(model, {}).raw(given)
        np.testing.assert_allclose(said, [[14.0], [2.0]], rtol=1e-6)  # 2·2 + 10, 2·0.5 + 1

    def test_ten_views_survive_a_file(self, tmp_path):
        """A network that gives the mean of its picture's upper left corner pixel over ten crops of half the side."""
        import keras

        spec = TensorSpec("image", (4, 4, 1), "uint8")
        x = keras.Input(spec.shape, dtype=spec.dtype, name="image")
        corner = keras.Model({"image": x}, keras.layers.Rescaling(1.0)(x)[:, 0, 0, :])
        model = joined([corner], (spec,), Views("ten-crop", 0.5), "viewed")
        model.save(tmp_path / "viewed.keras")
        picture = np.arange(16, dtype="uint8").reshape(1, 4, 4, 1)
        # upper left corners of the crops are 5, 0, 2, 8, 10; of their mirror images the upper right: 6, 1, 3, 9, 11
        expected = np.mean([5, 0, 2, 8, 10, 6, 1, 3, 9, 11])
        for each in (model, predicting.load_model(tmp_path / "viewed.keras")):
            np.testing.assert_allclose(np.asarray(each({"image": picture})), [[expected]], rtol=1e-6)

    def test_prices(self):
        made = [(joined([constant(1)] * k, NUMBERS, None, "all"), NUMBERS, 0.5 * k) for k in (1, 2)]
        done: list[int] = []
        prices, device = prices_of(made, done.append)
        assert done == [0, 1]
        assert device
        for k, price in enumerate(prices, 1):
            assert 0 < price.median <= price.p95
            assert len(price.samples) >= 59  # the fewest that bound a 95th percentile
            assert price.megabytes == 0.5 * k


@pytest.mark.tf
def test_rounds_are_shared():
    """Round by round: both answer in the first quarter before either has its second."""
    order: list[str] = []

    def watch(name):
        return lambda: order.append(name) or 1.0

    first, second = facts.latencies([watch("a"), watch("b")], lambda _: None)
    assert (len(first["samples"]), len(second["samples"])) == (facts.SAMPLES, facts.SAMPLES)
    changes = sum(one != other for one, other in itertools.pairwise(order))
    assert changes == 7  # a b a b a b a b


def described(shape=(8, 8, 1), **reading) -> dict:
    return {"inputs": [{"name": "image", "shape": list(shape), "dtype": "float32", "names": []}], "reading": reading}


def loaded(first: dict, second: dict) -> Loaded:
    return Loaded((Run(Path("one")), Run(Path("two"))), (), (first, second))


class TestMisfit:
    def test_alike(self):
        both = loaded(described(margin=0), described(margin=0))
        assert both.misfit() == ""
        both.require_one("--save")

    def test_another_size(self):
        with pytest.raises(
            UserError, match=r"cannot be joined.*one takes image \(8, 8, 1\).*two takes image \(16, 16, 1\)"
        ):
            loaded(described(), described((16, 16, 1))).require_one("--save")

    def test_the_same_shape_read_differently(self):
        """The margin changes the pixels and not the shape: joined, one of them would be fed what it never saw."""
        assert "margin 0 and 4" in loaded(described(margin=0), described(margin=4)).misfit()


def test_made_up_examples_fit_their_inputs():
    specs = (
        TensorSpec("image", (4, 4, 3), "uint8"),
        TensorSpec("categories", (2,), "string"),
        TensorSpec("steps", (None, 3)),
    )
    (example,) = made_up(specs, 1)
    assert {name: (v.shape, v.dtype.kind) for name, v in example.items()} == {
        "image": ((1, 4, 4, 3), "u"),
        "categories": ((1, 2), "U"),
        "steps": ((1, 32, 3), "f"),
    }
