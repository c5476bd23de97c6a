"""Sources: the real ImageNet weights, files, runs; what does not fit is said in one message each."""

from __future__ import annotations

import importlib
import urllib.error
from pathlib import Path

import numpy as np
import pytest
from sources import SETTINGS, convnet, photos

from dlx.errors import UserError
from dlx.payloads import TensorSpec
from dlx.recipe._transfer import APPLICATIONS
from dlx.transfer import architecture, source

pytestmark = pytest.mark.tf
RGB = (TensorSpec("image", (40, 40, 3), "uint8"),)


def settings(name: str, **changes) -> dict:
    return SETTINGS | {"from": name} | changes


@pytest.fixture
def real_weights(shared_data) -> Path:
    found = shared_data / "weights" / "mobilenet_2_5_224_tf.h5"
    if not found.is_file():
        pytest.skip(f"ImageNet weights of MobileNet, α = 0.25, are not at {found} (DLX_DATA names the folder)")
    return found


@pytest.mark.parametrize("module", sorted({known.module for known in APPLICATIONS.values()}))
def test_the_scaling_inside_is_the_networks_own(module):
    """Keras' preprocess_input is the independent answer, on pictures of every colour."""
    from dlx.transfer._applications import scaling

    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3)).astype("float32")
    order, scale, offset = scaling(module)
    ours = pixels[..., order] * np.array(scale) + np.array(offset)
    own = np.asarray(importlib.import_module(f"keras.applications.{module}").preprocess_input(pixels.copy()))
    np.testing.assert_allclose(ours, own, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_features_are_those_of_keras_with_the_real_weights(dtype, real_weights):
    """The whole published network, loaded by Keras from the same file, up to its pooling."""
    import keras

    path = real_weights
    data = photos(4, 160, dtype=dtype)
    made = source(settings("imagenet:MobileNet", alpha=0.25, weights=str(path), size="own"), data.payload.inputs)
    network = made.build()
    raw = data.payload.arrays["image"]
    ours = network.body(network.preprocess({"image": raw}))
    whole = keras.applications.MobileNet(alpha=0.25, weights=str(path), input_shape=(160, 160, 3))
    (pool,) = (layer for layer in whole.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    pooled = keras.Model(whole.input, pool.output)
    scaled = keras.applications.mobilenet.preprocess_input(raw.astype("float32") * (1 if dtype == "uint8" else 255))
    np.testing.assert_allclose(np.asarray(ours), np.asarray(pooled(scaled)).reshape(4, -1), atol=2e-4)
    assert [len(block.layers) for block in network.blocks] == [6, 8, 8, 24, 8]
    assert network.parameters == 218_544  # Keras' summary without the top


@pytest.mark.parametrize("name", ["MobileNetV3Small", "EfficientNetB0", "VGG16", "MobileNetV2"])
def test_blocks_are_the_resolutions_whatever_gates_stand_beside_them(name):
    """A picture of 96 pixels is halved five times; the maps of squeeze and excitation have one position."""
    from dlx.transfer._applications import _body
    from dlx.transfer._source import blocks_of

    blocks = blocks_of(_body(name, (96, 96), None, None))
    sides = [max(layer.output.shape[1] for layer in block.layers) for block in blocks]
    before = {"VGG16": [96], "EfficientNetB0": [96]}  # convolutions at full size; Keras' own normalisation
    assert sides == [*before.get(name, []), 48, 24, 12, 6, *([] if name == "VGG16" else [3])]


def test_small_pictures_are_enlarged_to_what_the_network_learned_from(real_weights):
    path = real_weights
    made = source(settings("imagenet:MobileNet", alpha=0.25, weights=str(path)), RGB)
    assert made.build().body.input_shape == (None, 224, 224, 3)
    wide = (TensorSpec("image", (20, 40, 3), "uint8"),)
    assert "112×224" in source(settings("imagenet:MobileNet", alpha=0.25, weights=str(path)), wide).name
    large = (TensorSpec("image", (300, 300, 3), "uint8"),)
    assert "300×300" in source(settings("imagenet:MobileNet", alpha=0.25, weights=str(path)), large).name
    assert made.key != source(settings("imagenet:MobileNet", alpha=0.25, weights=str(path), size=96), RGB).key


def test_weights_as_keras_3_saves_them_are_read_and_others_refused(tmp_path):
    import keras

    mine = keras.applications.MobileNet(alpha=0.5, weights=None, include_top=False, input_shape=(40, 40, 3))
    mine.save_weights(tmp_path / "mine.weights.h5")
    given = settings("imagenet:MobileNet", alpha=0.5, weights=str(tmp_path / "mine.weights.h5"), size="own")
    body = source(given, RGB).build().body
    assert all(np.array_equal(a, b) for a, b in zip(body.get_weights(), mine.get_weights(), strict=True))
    with pytest.raises(UserError, match=r"not those of MobileNet.*Is transfer.alpha right"):
        source(given | {"alpha": 0.25}, RGB).build()


def test_published_weights_of_another_width_are_refused_by_their_shapes(real_weights):
    given = settings("imagenet:MobileNet", alpha=0.5, weights=str(real_weights), size="own")
    with pytest.raises(UserError, match=r"conv1 has weights of shape 3×3×3×16, there 3×3×3×8"):
        source(given, RGB).build()


def test_a_damaged_file_of_weights_is_said(tmp_path):
    (tmp_path / "cut.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    given = settings("imagenet:MobileNet", weights=str(tmp_path / "cut.h5"), size="own")
    with pytest.raises(UserError, match="not an HDF5 file, or a damaged one"):
        source(given, RGB).build()
    with pytest.raises(UserError, match="no such file of weights"):
        source(given | {"weights": str(tmp_path / "none.h5")}, RGB)
    with pytest.raises(UserError, match="a whole model, not a file of weights"):
        source(given | {"weights": str(tmp_path / "m.keras")}, RGB)


def test_a_missing_download_says_what_to_do_instead(monkeypatch, capsys):
    """Keras raises a bare Exception while it handles the network's error."""
    import keras

    def get_file(*args, **kwargs):
        print("Downloading data from https://example.org/mobilenet.h5")
        try:
            raise urllib.error.URLError("no network")
        except urllib.error.URLError:
            raise Exception("URL fetch failure on https://example.org/mobilenet.h5: None -- no network")  # noqa: B904

    monkeypatch.setattr(keras.src.applications.mobilenet.file_utils, "get_file", get_file)
    with pytest.raises(
        UserError, match=r"cannot be downloaded.*https://example.org/mobilenet.h5.*transfer.weights=FILE"
    ):
        source(settings("imagenet:MobileNet"), RGB).build()
    assert capsys.readouterr().out == ""  # Keras prints where results stand


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((40, 40, 1), r"takes RGB pictures, these have 1 channel.*channels=3"),
        ((11,), r"learned from photos, these are none"),
        ((20, 20, 3), r"at least 32×32 pixels.*transfer.size=224"),
    ],
)
def test_inputs_that_an_imagenet_network_does_not_take(shape, message):
    with pytest.raises(UserError, match=message):
        source(settings("imagenet:MobileNet", size="own"), (TensorSpec("image", shape, "uint8"),))


def test_its_form_alone_has_other_weights_each_time_and_every_layer_trained():
    from dlx.tasks._base import ModelSpec

    build = architecture(settings("imagenet:MobileNet", alpha=0.25, size="own", depth="scratch"), RGB)
    body = build(ModelSpec((TensorSpec("features", (40, 40, 3)),), ()))
    assert body.count_params() == 218_544
    assert all(layer.trainable for layer in body.layers)


def test_a_foreign_file_is_cut_before_its_last_layer_and_its_range_is_kept(tmp_path):
    import keras

    model = convnet(40)
    model.save(tmp_path / "foreign.keras")
    data = photos(6)
    raw = data.payload.arrays["image"]
    made = source(settings(str(tmp_path / "foreign.keras"), range=[-1, 1]), RGB)
    network = made.build()
    ours = network.body(network.preprocess({"image": raw}))
    hidden = keras.Model(model.input, model.get_layer("dense").output)(raw / 127.5 - 1)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(hidden), atol=1e-5)
    assert [block.name for block in network.blocks] == ["c1 … n1", "c2 … n2", "c3 … n3", "source_dense"]
    assert source(settings(str(tmp_path / "foreign.keras")), RGB).key != made.key
    with pytest.raises(UserError, match="shape"):
        source(settings(str(tmp_path / "foreign.keras")), (TensorSpec("image", (40, 40, 1), "uint8"),))


def test_code_in_a_model_file_is_never_run(tmp_path):
    import keras

    inputs = keras.Input((40, 40, 3))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs)).save(tmp_path / "unsafe.keras")
    with pytest.raises(UserError, match="code in a model file is never run"):
        source(settings(str(tmp_path / "unsafe.keras")), RGB)
    (tmp_path / "torn.keras").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UserError, match="damaged"):
        source(settings(str(tmp_path / "torn.keras")), RGB)
