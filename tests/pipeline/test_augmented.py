"""``dlx data --augmented``: the picture shows what the fit sees, and synthesis is examined."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

import dlx
from dlx.errors import UserError
from dlx.pipeline.synthesis import Ingredients, Synthesis, _shrunk, examine
from dlx.strategy.two_sample import TwoSample

RNG = np.random.default_rng(0)


@pytest.fixture
def recipe(tmp_path, monkeypatch) -> str:
    """Products on white for training, the same colours in front of something for dev."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLX_TRACKING", "off")
    for source, plain in (("web", True), ("phone", False)):
        for label, tint in (("lime", (60, 180, 60)), ("lemon", (220, 200, 40))):
            folder = tmp_path / source / label
            folder.mkdir(parents=True)
            for i in range(40):
                pixels = np.zeros((24, 24, 3)) + (255 if plain else RNG.integers(0, 120, 3))
                shade = RNG.integers(-20, 20, 3)
                pixels[7:17, 7:17] = np.clip(np.array(tint) + shade + RNG.integers(-9, 9, (10, 10, 3)), 0, 240)
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    (tmp_path / "backgrounds").mkdir()
    for i in range(30):
        Image.new("RGB", (40, 40), tuple(RNG.integers(0, 120, 3).tolist())).save(tmp_path / "backgrounds" / f"{i}.png")
    (tmp_path / "fruit.yaml").write_text(
        "task: classification\n"
        "data: {sources: {web: {reader: images, path: web}, phone: {reader: images, path: phone}},\n"
        "       target: phone, target_in_train: 0, split: {dev: 60, test: 0}}\n"
        "model: {builder: convnet, filters: [4]}\n"
        "train: {epochs: 3, batch_size: 16, seed: 5}\n"
        "augment: [{name: background, path: backgrounds, probability: 1}, mirror]\n"
    )
    return "fruit.yaml"


def test_without_augmentation_there_is_nothing_to_show(recipe):
    with pytest.raises(UserError, match="augments nothing"):
        dlx.augmented(recipe, ["augment=[]"])


@pytest.mark.tf
def test_the_picture_holds_what_the_fit_sees_and_synthesis_is_examined(recipe, tmp_path):
    from PIL import Image

    from dlx import loading
    from dlx.pipeline import contact_sheet
    from dlx.pipeline.augmented import _as_seen, _shown
    from dlx.training.augmenting import augmenting
    from dlx.training.batches import batches

    found = dlx.augmented(recipe, to="seen.png")
    side = 24 * (contact_sheet.CELL // 24)
    with Image.open(found.picture) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 8 * side
        assert sheet.height > 6 * side
    assert found._repr_png_().startswith(b"\x89PNG")

    loaded = dlx.load_recipe(recipe)
    data, divided = loading.load_and_split(loaded)
    train = data.subset(divided.index("train"))
    made, shown = augmenting(loaded.to_dict(), train), _shown(train)
    y = np.arange(len(train), dtype=np.float32)
    for epoch in (0, 2):
        order = {"batch_size": 16, "training": True, "seed": 5, "epoch": epoch}
        flow = batches(train.payload, y, np.ones_like(y), **order, augment=made)
        seen = {int(i): image for x, t, _ in flow for i, image in zip(t.numpy(), x["image"].numpy(), strict=True)}
        np.testing.assert_array_equal(_as_seen(train, made, loaded.train, shown, epoch), [seen[i] for i in shown])

    told = json.loads(json.dumps(found.to_dict()))["synthesis"]
    assert len(train) == 72  # 80, less a tenth for train-dev
    uses = {"name": "background", "distinct": 30, "uses": 72 * 3, "repeats": 7.2, "few": True}
    assert told["ingredients"] == [uses]
    assert told["before"]["accuracy"] == 1  # white against dark
    sentences = dict(found.synthesis.sentences())
    few = next(text for text in sentences if text.startswith("background"))
    assert "30 distinct pictures, each mixed in about 7 times in the fit: 100 or more are better" in few
    assert sentences[few]
    for bad, message in (("seen.jpg", "the picture is a PNG"), ("no/where.png", "no such folder")):
        with pytest.raises(UserError, match=message):
            dlx.augmented(recipe, to=bad)


class Perfect:
    """Stands for an augmentation whose results are drawn as dev is."""

    steps = (SimpleNamespace(ingredients=None), SimpleNamespace(ingredients=200))

    def now(self, images, seed, epoch, batch):
        return np.random.default_rng([seed, epoch, batch]).random(images.shape, dtype=np.float32)


def test_synthesis_like_dev_cannot_be_told_apart_and_train_as_it_is_can():
    dev, train = RNG.random((150, 12, 12, 3), dtype=np.float32), 0.5 * RNG.random((200, 12, 12, 3), dtype=np.float32)
    sections = [{"name": "mirror"}, {"name": "overlay", "probability": 0.5}]
    found = examine(Perfect(), {"seed": 3, "epochs": 4}, sections, train, dev, n_train=1000)
    assert found.ingredients == (Ingredients("overlay", distinct=200, uses=2000),)
    assert found.before.accuracy == 1
    assert found.after.low <= 0.5 <= found.after.high
    assert found.near_duplicates == found.near_duplicates_real == 0
    few = examine(Perfect(), {"seed": 3, "epochs": 4}, sections, train, dev[:20], n_train=1000)
    assert few.before is None
    assert few.after is None


def test_an_hour_of_noise_repeated_ten_thousand_times_is_warned_of():  # O40
    hour = Ingredients("noise", distinct=3600, uses=3600 * 10_000)
    assert hour.repeats == 10_000
    assert hour.few
    assert "the eye cannot tell" in hour.sentence()
    distinct = Ingredients("noise", distinct=3600 * 10_000, uses=3600 * 10_000)
    assert not distinct.few
    assert Ingredients("noise", distinct=99, uses=99).few


def test_what_became_worse_or_is_all_alike_is_a_warning():
    near, far = TwoSample(0.6, 0.5, 0.7, 0.01, 200), TwoSample(0.9, 0.85, 0.95, 0.01, 200)
    even = TwoSample(0.5, 0.4, 0.6, 0.5, 200)
    assert [warns for _, warns in Synthesis((), 0.0, 0.0, far, near).sentences()] == [False, False]
    assert [warns for _, warns in Synthesis((), 0.3, 0.0, near, far).sentences()] == [True, True]
    assert "no difference to dev is shown" in Synthesis((), 0.0, 0.0, far, even).sentences()[1][0]
    assert "not tested" in Synthesis((), 0.0, 0.0, None, None).sentences()[1][0]


def test_thumbnails_are_means_over_a_grid():
    image = np.arange(6 * 9, dtype=float).reshape(1, 6, 9, 1)
    small = _shrunk(image, 3)
    assert small.shape == (1, 3, 3, 1)
    assert small[0, 0, 0, 0] == image[0, :2, :3].mean()
    assert small[0, 2, 2, 0] == image[0, 4:, 6:].mean()
    assert _shrunk(image[:, :2, :2], 3).shape == (1, 2, 2, 1)
