"""Augmented batches: drawn by seed, epoch and batch number, in training only."""

from __future__ import annotations

import numpy as np
import pytest

from dlx import fit
from dlx.dataset import Dataset, examples_table
from dlx.errors import UserError
from dlx.payloads import Arrays, TensorSpec
from dlx.tasks.classification import Classification
from dlx.training.augmenting import augmenting, image_inputs

USUAL = [{"name": "mirror"}, {"name": "crop"}, {"name": "colour"}]
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (70, 8, 8, 3), dtype=np.uint8)


def photos(pixels=PIXELS, kind="image", y=None) -> Dataset:
    y = y or ["ab"[i % 2] for i in range(len(pixels))]
    payload = Arrays({"image": pixels}, (TensorSpec("image", pixels.shape[1:], str(pixels.dtype)),))
    return Dataset("photos", examples_table([f"k{i}" for i in range(len(y))], y), payload, kind)


def recipe(augment=USUAL, **train) -> dict:
    settings = {"epochs": 3, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-2, "seed": 7}
    model = {"builder": "convnet", "filters": [4], "units": [8]}
    return {"name": "toy", "data": {}, "model": model, "augment": augment, "train": settings | train}


def epoch_of(data: Dataset, augment, *, seed=7, epoch=0) -> list[tuple[np.ndarray, np.ndarray]]:
    from dlx.training.batches import batches

    y = np.arange(len(data), dtype=np.float32)
    order = {"batch_size": 32, "training": True, "seed": seed, "epoch": epoch}
    flow = batches(data.payload, y, np.ones_like(y), **order, augment=augment)
    return [(x["image"].numpy(), t.numpy().astype(int)) for x, t, _ in flow]


def test_nothing_asked_for_is_nothing_done():
    assert augmenting(recipe([]), photos()) is None
    assert augmenting({"train": {}}, photos()) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (photos(np.zeros((4, 3), np.float32), "table"), r"table: image \(3,\).*Leave augment: out"),
        (photos(np.zeros((4, 6, 6), np.float32), "array"), r"array: image \(6, 6\).*read them with kind: image"),
        (photos(np.zeros((4, 6, 6, 4), np.uint8)), r"image: image \(6, 6, 4\)"),
    ],
)
def test_what_is_no_image_is_refused(data, message):
    with pytest.raises(UserError, match=f"augmentation needs images.*{message}"):
        image_inputs(data)
    with pytest.raises(UserError, match="augmentation needs images"):
        augmenting(recipe(), data)


@pytest.mark.tf
def test_a_batch_is_decided_by_seed_epoch_and_number():
    made = augmenting(recipe(), photos())
    inputs = {"image": PIXELS[:32]}

    def of(*draw):
        return made(inputs, *draw)["image"].numpy()

    np.testing.assert_array_equal(of(7, 1, 2), of(7, 1, 2))
    others = [of(8, 1, 2), of(7, 2, 2), of(7, 1, 3), of(7, 2, 1)]
    assert all(not np.array_equal(of(7, 1, 2), other) for other in others)
    assert of(7, 1, 2).dtype == np.uint8


@pytest.mark.tf
def test_uint8_is_rounded_and_other_inputs_are_left_alone():
    import tensorflow as tf

    made = augmenting(recipe([{"name": "mirror", "probability": 1.0}]), photos())
    table = tf.constant(RNG.random((32, 2)), tf.float32)
    out = made({"image": PIXELS[:32], "numbers": table}, 7, 0, 0)
    np.testing.assert_array_equal(out["image"], PIXELS[:32, :, ::-1])
    np.testing.assert_array_equal(out["numbers"], table)
    floats = (PIXELS / 255).astype(np.float32)
    same = augmenting(recipe([{"name": "mirror", "probability": 1.0}]), photos(floats))
    np.testing.assert_allclose(same({"image": floats[:32]}, 7, 0, 0)["image"], floats[:32, :, ::-1], atol=1e-3)


@pytest.mark.tf
@pytest.mark.parametrize("in_memory", [True, False])
def test_the_flow_gives_each_batch_its_own_number_and_keeps_labels_beside_images(monkeypatch, in_memory):
    from dlx.training import batches

    monkeypatch.setattr(batches, "fits_in_memory", lambda nbytes: in_memory)
    data = photos()
    made = augmenting(recipe(), data)
    flow, plain = epoch_of(data, made, epoch=4), epoch_of(data, None, epoch=4)
    assert [len(t) for _, t in flow] == [32, 32, 6]
    for number, ((images, y), (_, same)) in enumerate(zip(flow, plain, strict=True)):
        np.testing.assert_array_equal(y, same)  # the order is that of a fit without
        np.testing.assert_array_equal(images, made({"image": PIXELS[y]}, 7, 4, number)["image"])
    assert not np.array_equal(np.concatenate([x for x, _ in flow]), np.concatenate([x for x, _ in plain]))


@pytest.mark.tf
def test_a_variable_epoch_is_read_anew_at_each_pass():
    import tensorflow as tf

    data, epoch = photos(), tf.Variable(0, dtype=tf.int64)
    made = augmenting(recipe(), data)
    first, again = epoch_of(data, made, epoch=epoch), epoch_of(data, made, epoch=epoch)
    epoch.assign(1)
    second = epoch_of(data, made, epoch=epoch)
    np.testing.assert_array_equal(first[0][0], again[0][0])
    np.testing.assert_array_equal(second[0][0], epoch_of(data, made, epoch=1)[0][0])
    assert not np.array_equal(first[0][0], second[0][0])


class Watched(Classification):
    """Notes which batches are augmented."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def batches(self, dataset, targets, *, training, augment=None, **options):
        self.seen.append((len(dataset), training, augment is not None))
        return super().batches(dataset, targets, training=training, augment=augment, **options)


@pytest.mark.tf
def test_dev_and_the_health_sample_are_never_augmented():
    task, data = Watched(), photos()
    prepared = fit.prepare(recipe(), task, data)
    fit.fit(prepared, task, data, data.subset(np.arange(20)))
    fit.estimate(prepared, task, data, seconds=0.1)
    assert {(training, augmented) for _, training, augmented in task.seen} == {(True, True), (False, False)}
    assert len(task.seen) == 4  # train, dev, health, and the estimate of train


class KilledError(Exception):
    """Stands for kill -9."""


@pytest.mark.tf
def test_a_killed_fit_goes_on_with_the_same_batches(tmp_path):
    data, task = photos(), Classification()

    def run(folder=None, resume=False, on_epoch=None, augment=USUAL):
        prepared = fit.prepare(recipe(augment), task, data)
        fit.fit(prepared, task, data, None, folder=folder, resume=resume, on_epoch=on_epoch)
        return [np.asarray(w) for w in prepared.model.weights]

    def kill(record):
        if record["epoch"] == 2:
            raise KilledError

    whole = run()
    with pytest.raises(KilledError):
        run(tmp_path, on_epoch=kill)
    resumed = run(tmp_path, resume=True)
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))
    plain = run(augment=[])
    assert not all(np.array_equal(a, b) for a, b in zip(whole, plain, strict=True))
