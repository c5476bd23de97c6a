"""What each augmentation does to images whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from dlx import parts
from dlx.augmentations._geometry import chained, matrices, warp
from dlx.errors import UserError

pytestmark = pytest.mark.tf
H, W = 16, 24
LUMA = np.array([0.299, 0.587, 0.114])
RNG = np.random.default_rng(0)


def seed(number: int = 1):
    import tensorflow as tf

    return tf.constant([7, number], tf.int64)


def make(name: str, **arguments):
    return parts.load("augmentations", name)(**arguments)


def changed(images, *several, number: int = 1) -> np.ndarray:
    return chained(several)(np.asarray(images, np.float32), seed(number)).numpy()


def noise_images(n=5, channels=3) -> np.ndarray:
    return RNG.random((n, H, W, channels), dtype=np.float32)


def ramps(n=8) -> np.ndarray:
    """Channels 0 and 1 are each pixel's x and y in 0–1: a resampled ramp says where it was read."""
    x, y = np.meshgrid(np.linspace(0, 1, W), np.linspace(0, 1, H))
    return np.repeat(np.stack([x, y, 0 * x], axis=-1)[None], n, axis=0).astype(np.float32)


@pytest.mark.parametrize(("axis", "flip"), [("horizontal", (2,)), ("vertical", (1,)), ("both", (1, 2))])
def test_mirrored_surely_it_is_flipped_and_twice_it_is_itself(axis, flip):
    images, mirror = noise_images(), make("mirror", axis=axis, probability=1.0)
    np.testing.assert_allclose(changed(images, mirror), np.flip(images, flip), atol=1e-3)
    np.testing.assert_allclose(changed(images, mirror, mirror), images, atol=1e-3)


def test_a_quarter_is_mirrored_with_probability_a_quarter():
    images = np.repeat(np.array([0.0, 1.0], np.float32).reshape(1, 1, 2, 1), 4000, axis=0)
    flipped = (changed(images, make("mirror", probability=0.25))[:, 0, 0, 0] > 0.5).mean()
    assert abs(flipped - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rotation", {"degrees": 0.0}),
        ("shear", {"most": 0.0}),
        ("crop", {"least": 1.0, "aspect": 1.0}),
        ("warp", {"strength": 0.0}),
        ("colour", {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}),
        ("noise", {"most": 0.0}),
    ],
)
def test_strength_0_leaves_the_images_alone(name, arguments):
    images = noise_images()
    np.testing.assert_allclose(changed(images, make(name, **arguments)), images, atol=1e-3)


def test_a_quarter_turn_is_numpys():
    images = RNG.random((3, 11, 11, 2), dtype=np.float32)
    quarter = matrices([(0.0, -1.0, 0.0), (1.0, 0.0, 0.0)], 3)
    np.testing.assert_allclose(warp(images, quarter), np.rot90(images, axes=(1, 2)), atol=1e-5)


def test_both_ways_of_resampling_agree_on_a_box():
    images, box = noise_images(4), matrices([(0.5, 0.0, 1.3), (0.0, 0.7, -0.6)], 4)
    np.testing.assert_allclose(warp(images, box, aligned=True), warp(images, box), atol=1e-4)


def test_a_crop_is_a_box_of_the_area_and_proportions_asked_for():
    read = changed(ramps(200), make("crop", least=0.5, aspect=1.5))
    wide, high = read[:, 0, -1, 0] - read[:, 0, 0, 0], read[:, -1, 0, 1] - read[:, 0, 0, 1]
    area = wide * high
    assert area.max() <= 1
    assert 0.5 - 0.05 < area.min() < 0.6  # a side that would leave the image is cut
    assert (wide / high).max() <= 1.5 + 1e-3
    assert (high / wide).max() <= 1.5 + 1e-3
    # nothing outside is read, and all in between lies on straight lines
    np.testing.assert_allclose(np.diff(read[..., 0], n=2, axis=2), 0, atol=1e-4)
    assert read[:, 0, 0, 0].min() >= -1e-4
    assert read[:, 0, -1, 0].max() <= 1 + 1e-4


def test_a_rotation_keeps_the_centre_and_its_angle_is_within_range():
    odd = np.zeros((60, 21, 21, 1), np.float32)
    odd[:, 10, 10] = 1
    turned = changed(odd, make("rotation", degrees=30.0))
    assert turned[:, 10, 10].min() > 0.99
    x, y = np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21))
    ramp = np.repeat(np.stack([x, y], axis=-1)[None], 60, axis=0)
    middle = changed(ramp, make("rotation", degrees=30.0))[:, 8:13, 8:13]
    right, down = middle[:, 2, 3] - middle[:, 2, 2], middle[:, 3, 2] - middle[:, 2, 2]
    angles = np.degrees(np.arctan2(right[:, 1], right[:, 0]))
    assert 20 < np.abs(angles).max() <= 30.01
    np.testing.assert_allclose(np.sum(right * down, axis=1), 0, atol=1e-5)  # right angles stay right
    np.testing.assert_allclose(np.linalg.norm(right, axis=1), 1 / 20, atol=1e-5)


def test_neighbours_are_one_resampling_of_the_same_places():
    """On ramps bilinear reading is exact: one after the other, or as one matrix, gives the same."""
    first, second = make("crop", least=0.4), make("mirror", probability=1.0)
    n, size, images = 8, (H, W), ramps()
    a, b = first.matrix(n, size, seed(1)), second.matrix(n, size, seed(2))
    stepwise = warp(warp(images, a, aligned=True), b, aligned=True)
    np.testing.assert_allclose(warp(images, a @ b, aligned=True), stepwise, atol=1e-3)


def test_a_warp_is_smooth_and_as_strong_as_said():
    from dlx.augmentations.warp import _splines

    weights = _splines(33, 4)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(weights[0, :4], [1 / 6, 4 / 6, 1 / 6, 0], atol=1e-6)  # the cubic B-spline at a knot
    read = changed(ramps(100), make("warp", strength=0.05))
    inside = (read - ramps(1))[:, 4:-4, 4:-4, :2] * [W - 1, H - 1]
    # a point of the surface is a weighted mean of shifts with the standard deviation asked for, and so below it
    assert 0.3 * 0.05 * H < inside.std() < 0.05 * H
    steps = np.abs(np.diff(read[..., 0], axis=2))
    assert steps.max() < 6 / (W - 1)


def test_brightness_multiplies_and_nothing_else():
    images = noise_images() * 0.5
    out = changed(images, make("colour", brightness=0.3, contrast=0.0, saturation=0.0, hue=0.0))
    factors = (out / np.maximum(images, 1e-3))[images.min(axis=-1) > 0.05]
    per_image = out.mean(axis=(1, 2, 3)) / images.mean(axis=(1, 2, 3))
    assert 0.7 <= per_image.min() < per_image.max() <= 1.3
    np.testing.assert_allclose(out, images * per_image[:, None, None, None], atol=1e-3)
    assert factors.size


def test_contrast_keeps_the_mean_and_scales_the_spread():
    images = 0.3 + 0.4 * noise_images()
    out = changed(images, make("colour", brightness=0.0, contrast=0.3, saturation=0.0, hue=0.0))
    np.testing.assert_allclose((out @ LUMA).mean(axis=(1, 2)), (images @ LUMA).mean(axis=(1, 2)), atol=1e-4)
    ratio = (out @ LUMA).std(axis=(1, 2)) / (images @ LUMA).std(axis=(1, 2))
    assert 0.7 <= ratio.min() < ratio.max() <= 1.3


@pytest.mark.parametrize("arguments", [{"saturation": 0.5, "hue": 0.0}, {"saturation": 0.0, "hue": 0.1}])
def test_hue_and_saturation_keep_the_luminance_and_leave_grey_alone(arguments):
    colour = make("colour", brightness=0.0, contrast=0.0, **arguments)
    images = 0.35 + 0.3 * noise_images()
    out = changed(images, colour)
    np.testing.assert_allclose(out @ LUMA, images @ LUMA, atol=2e-3)
    assert np.abs(out - images).max() > 0.01
    grey = np.repeat(noise_images(channels=1), 3, axis=-1)
    np.testing.assert_allclose(changed(grey, colour), grey, atol=2e-3)


def test_pca_colour_moves_along_the_eigenvectors_as_far_as_they_say():
    direction = np.array([0.6, 0.0, 0.8])
    sample = 0.5 + RNG.normal(scale=0.1, size=(50, 8, 8, 1)) * direction  # variance 0.01 along one direction only
    grey = np.full((4000, 1, 1, 3), 0.5, np.float32)
    shift = changed(grey, make("pca_colour", strength=2.0).fit(sample))[:, 0, 0] - 0.5
    along = shift @ direction
    np.testing.assert_allclose(shift, along[:, None] * direction, atol=1e-5)
    assert along.std() == pytest.approx(2.0 * 0.01, rel=0.08)  # α·λ
    assert abs(along.mean()) < 4 * along.std() / np.sqrt(4000)


def test_noise_is_as_strong_as_drawn_and_centred():
    grey = np.full((200, 16, 16, 1), 0.5, np.float32)
    added = changed(grey, make("noise", most=0.1)) - 0.5
    deviations = added.std(axis=(1, 2, 3))
    assert deviations.max() < 0.11
    assert deviations.mean() == pytest.approx(0.05, abs=0.01)
    assert abs(added.mean()) < 1e-3


@pytest.mark.parametrize(("share", "side"), [(0.25, 10), (0.1, 6), (0.5, 14)])
def test_cutout_removes_exactly_its_square(share, side):
    images = noise_images(50)
    out = changed(images, make("cutout", share=share, probability=1.0))
    gone = (out != images).any(axis=-1)
    assert side == round(np.sqrt(share * H * W))
    assert (gone.sum(axis=(1, 2)) == side * side).all()
    assert (gone.any(axis=1).sum(axis=1) == side).all()
    np.testing.assert_allclose(out[gone].reshape(50, -1, 3)[:, 0], images.mean(axis=(1, 2)), atol=1e-5)
    assert len({tuple(np.argwhere(one)[0]) for one in gone}) > 10  # at many places


def test_blur_leaves_plain_images_alone_and_spreads_a_point():
    blur = make("blur", most=0.08, motion=0.5, probability=1.0)
    plain = np.full((6, 20, 20, 3), 0.4, np.float32)
    np.testing.assert_allclose(changed(plain, blur), plain, atol=1e-5)
    point = np.zeros((40, 21, 21, 1), np.float32)
    point[:, 10, 10] = 1
    out = changed(point, blur)
    np.testing.assert_allclose(out.sum(axis=(1, 2, 3)), 1, atol=1e-3)
    assert out[:, 10, 10].min() < 0.5
    gaussian = changed(point, make("blur", most=0.08, motion=0.0, probability=1.0))
    np.testing.assert_allclose(gaussian, gaussian.transpose(0, 2, 1, 3), atol=1e-5)  # round
    line = changed(point, make("blur", most=0.08, motion=1.0, probability=1.0))
    at = np.arange(21) - 10
    spread = [
        np.linalg.eigvalsh(np.cov(np.array(np.meshgrid(at, at)).reshape(2, -1), aweights=o.ravel())) for o in line
    ]
    strongest = max(spread, key=lambda values: values[1])
    assert strongest[0] < 0.4 * strongest[1]


@pytest.fixture(scope="module")
def red(tmp_path_factory) -> str:
    from PIL import Image

    folder = tmp_path_factory.mktemp("red")
    for i in range(3):
        Image.new("RGB", (40, 40), (255, 0, 0)).save(folder / f"{i}.jpg", quality=100)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return str(folder)


def test_the_background_changes_and_the_object_stays(red):
    product = np.ones((2, 32, 32, 3), np.float32)
    product[:, 10:22, 10:22] = 0.2  # the object …
    product[:, 14:18, 14:18] = 1.0  # … with a white label on it
    shelf = RNG.random((1, 32, 32, 3), dtype=np.float32)
    images = np.concatenate([product, shelf])
    background = make("background", path=red, probability=1.0).fit(images)
    assert background.ingredients == 3
    out = changed(images, background)
    np.testing.assert_allclose(out[:2, :8], np.broadcast_to([254 / 255, 0, 0], (2, 8, 32, 3)), atol=0.02)
    np.testing.assert_array_equal(out[:2, 13:19, 13:19], images[:2, 13:19, 13:19])
    np.testing.assert_array_equal(out[2], images[2])  # no plain edge: left as it is


def test_an_overlay_is_a_mean_of_two_pictures(red):
    images = np.zeros((100, 8, 8, 3), np.float32)
    out = changed(images, make("overlay", path=red, strength=0.4, probability=1.0).fit(images))
    share = out[:, 0, 0, 0] / (254 / 255)
    assert 0 <= share.min() < 0.05
    assert 0.35 < share.max() <= 0.41
    assert share.std() > 0.05


def test_a_folder_without_pictures_is_named(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(UserError, match="no picture can be read"):
        make("overlay", path=str(tmp_path)).fit(noise_images())
    with pytest.raises(UserError, match="no such file or folder"):
        make("overlay", path=str(tmp_path / "shelves")).fit(noise_images())
