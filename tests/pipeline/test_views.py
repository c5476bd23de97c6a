"""Views of pictures: boxes and corner pixels by hand, and what the joined model makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.pipeline.views import Views, boxes

PICTURE = TensorSpec("image", (8, 8, 1))


def test_boxes_of_the_usual_ten():
    """224 of 256 pixels: offsets 16 for the centre, 0 and 32 for the corners."""
    assert boxes(256, 256, 0.875) == [
        (16, 16, 240, 240),
        (0, 0, 224, 224),
        (0, 32, 224, 256),
        (32, 0, 256, 224),
        (32, 32, 256, 256),
    ]
    assert boxes(4, 6, 0.5) == [(1, 1, 3, 4), (0, 0, 2, 3), (0, 3, 2, 6), (2, 0, 4, 3), (2, 3, 4, 6)]


@pytest.mark.parametrize(
    ("name", "crop", "words"),
    [
        ("fips", None, "Did you mean 'flips'"),
        ("flips", 0.5, "--crop is the size of the crops"),
        (None, 0.5, "--crop is the size of the crops"),
        ("ten-crop", 1.0, "between 0 and 1"),
        ("ten-crop", float("nan"), "between 0 and 1"),
    ],
)
def test_what_is_no_view(name, crop, words):
    with pytest.raises(UserError, match=words):
        Views.of(name, crop)


def test_what_is_no_picture():
    with pytest.raises(UserError, match="views are for pictures"):
        Views("flips").picture((TensorSpec("numbers", (5,)),))
    with pytest.raises(UserError, match="pictures of one size"):
        Views("flips").picture((TensorSpec("image", (None, None, 3)),))
    with pytest.raises(UserError, match=r"At most 0\.875 leaves a pixel out"):
        Views("ten-crop", 0.95).picture((PICTURE,))


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def stack_of(keras, views: Views, spec: TensorSpec, batch: np.ndarray) -> np.ndarray:
    x = keras.Input(spec.shape, dtype=spec.dtype, name="image")
    model = keras.Model({"image": x}, views.stacked(x, spec))
    made = model({"image": batch})
    return np.asarray(made).reshape(views.count, len(batch), *spec.shape)


@pytest.mark.tf
class TestStacked:
    def test_flips(self, keras):
        batch = np.arange(2 * 64, dtype="float32").reshape(2, 8, 8, 1)
        made = stack_of(keras, Views("flips"), PICTURE, batch)
        assert (made[0] == batch).all()
        assert (made[1] == batch[:, :, ::-1]).all()

    def test_ten_crops_by_their_corner_pixels(self, keras):
        """A crop of 4 of 8 pixels, twice enlarged: the corner pixel of a crop is the corner pixel of its picture."""
        batch = np.arange(3 * 64, dtype="float32").reshape(3, 8, 8, 1)
        made = stack_of(keras, Views("ten-crop", 0.5), PICTURE, batch)
        offsets = [(2, 2), (0, 0), (0, 4), (4, 0), (4, 4)]
        for view, (top, left) in enumerate(offsets):
            crop = batch[:, top : top + 4, left : left + 4]
            corners = (np.ix_((0, -1), (0, -1)), np.ix_((0, 7), (0, 7)))
            for example in range(3):
                assert (made[view, example, ..., 0][corners[1]] == crop[example, ..., 0][corners[0]]).all()
            assert (made[view + 5] == made[view][:, :, ::-1]).all()  # its mirror image

    def test_whole_grey_values_stay_whole(self, keras):
        spec = TensorSpec("image", (6, 6, 3), "uint8")
        batch = np.random.default_rng(0).integers(0, 256, (2, 6, 6, 3)).astype("uint8")
        made = stack_of(keras, Views("ten-crop", 0.7), spec, batch)
        assert made.dtype == np.uint8
        assert (made[1, :, 0, 0] == batch[:, 0, 0]).all()

    def test_outputs_are_averaged_example_by_example(self, keras):
        """Five examples, two views: out[i] = (y[i] + y[5 + i]) / 2."""
        y = keras.Input((3,))
        model = keras.Model(y, Views("flips").averaged(y))
        values = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
        np.testing.assert_allclose(np.asarray(model(values)), (values[:5] + values[5:]) / 2, rtol=1e-6)
