"""Laws of every augmentation: a batch in, a batch out, each image by its own draw, the same for the same seed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from dlx import parts
from dlx.augmentations._base import Augmentation
from dlx.augmentations._geometry import chained
from dlx.errors import UserError

NAMES = parts.names("augmentations")
#: those that mix in pictures of a folder
MIXING = ("background", "overlay")
SHAPES = [(24, 20, 3), (24, 20, 1), (9, 9, 3)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> str:
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    pixels = np.random.default_rng(1).integers(0, 256, (5, 30, 40, 3), dtype=np.uint8)
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{i}.png")
    return str(folder)


def images(shape, n=6) -> np.ndarray:
    """Copies of one image with a plain edge, so that all differences come from the draws."""
    one = np.random.default_rng(0).random(shape, dtype=np.float32)
    one[[0, -1]], one[:, [0, -1]] = 0.9, 0.9
    return np.repeat(one[None], n, axis=0)


def made(name: str, pictures: str, shape, **arguments) -> Augmentation:
    arguments |= {"path": pictures} if name in MIXING else {}
    if "probability" in parts.signature("augmentations", name):
        arguments.setdefault("probability", 1.0 if name != "mirror" else 0.5)
    found = parts.load("augmentations", name)(**arguments)
    return found.fit(images(shape)) if found.fit else found


def seed(number: int):
    import tensorflow as tf

    return tf.constant([3, number], tf.int64)


def test_the_sweep_is_complete():
    assert len(NAMES) == 12
    assert set(MIXING) < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_keywords_with_documented_defaults(name):
    factory = parts.load("augmentations", name)
    for argument, parameter in inspect.signature(factory).parameters.items():
        assert argument == "path" or parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert argument == "path" or parameter.default is not inspect.Parameter.empty
        assert f"        {argument}: " in inspect.getsource(factory)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_out_of_range_are_refused_by_name(name):
    factory = parts.load("augmentations", name)
    needed = {"path": "x"} if name in MIXING else {}
    numbers = [p for p in inspect.signature(factory).parameters.values() if p.annotation in ("float", "int")]
    assert numbers
    for parameter in numbers:
        for value in (-1, 1e9):
            with pytest.raises(UserError) as caught:
                factory(**needed, **{parameter.name: value})
            assert caught.value.where == parameter.name
            assert caught.value.value == value


@pytest.mark.tf
@pytest.mark.parametrize("name", NAMES)
def test_the_batch_keeps_its_shape_and_range_and_each_image_has_its_own_draw(name, pictures):
    for shape in SHAPES:
        one, batch = made(name, pictures, shape), images(shape)
        apply = chained([one])
        first = apply(batch, seed(1)).numpy()
        assert first.shape == batch.shape
        assert first.dtype == np.float32
        assert first.min() >= 0
        assert first.max() <= 1
        np.testing.assert_array_equal(first, apply(batch, seed(1)).numpy())
        others = [apply(batch, seed(i)).numpy() for i in range(2, 8)]  # a mirrored six may come out alike once
        assert any(not np.array_equal(first, other) for other in others)
        assert any(not np.array_equal(other[0], other[i]) for other in [first, *others] for i in range(1, 6))
        assert not np.array_equal(first, batch)


@pytest.mark.tf
@pytest.mark.parametrize("name", NAMES)
def test_it_works_in_a_graph_on_batches_of_any_size(name, pictures):
    import tensorflow as tf

    shape = SHAPES[0]
    apply = chained([made(name, pictures, shape)])
    traced = tf.function(apply, input_signature=[tf.TensorSpec((None, *shape)), tf.TensorSpec((2,), tf.int64)])
    for n in (1, 5):
        np.testing.assert_allclose(traced(images(shape, n), seed(1)), apply(images(shape, n), seed(1)), atol=1e-5)


@pytest.mark.tf
@pytest.mark.parametrize("name", [n for n in NAMES if "probability" in parts.signature("augmentations", n)])
def test_with_probability_0_nothing_changes(name, pictures):
    batch = images(SHAPES[0])
    changed = chained([made(name, pictures, SHAPES[0], probability=0.0)])(batch, seed(1)).numpy()
    np.testing.assert_allclose(changed, batch, atol=1e-4)


@pytest.mark.tf
@pytest.mark.parametrize("name", NAMES)
def test_ingredients_are_counted_where_pictures_are_mixed_in(name, pictures):
    assert made(name, pictures, SHAPES[0]).ingredients == (5 if name in MIXING else None)
