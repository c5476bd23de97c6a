"""Reader images: folders and lists, sizes and channels, broken files set aside, and the lazy payload."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dlx.errors import UserError
from dlx.readers import _memory
from dlx.readers.images import read


def save(path, size=(8, 6), mode="RGB", value=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    seed = abs(hash(str(path))) % 2**32
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    if value is not None:
        pixels[...] = value
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    for label in ("cat", "dog"):
        for i in range(3):
            save(tmp_path / "photos" / label / f"{i}.jpg", size=(64, 48))
    return tmp_path / "photos"


def test_a_folder_per_class(photos):
    d = read(str(photos))
    assert d.examples["y"].tolist() == ["cat"] * 3 + ["dog"] * 3
    assert d.payload.inputs[0].shape == (48, 64, 3)
    assert d.payload.inputs[0].dtype == "uint8"
    assert d.examples["path"].iloc[0].endswith("cat/0.jpg")


def test_folders_divided_already_keep_their_split(tmp_path):
    for part in ("train", "val", "test"):
        for label in ("a", "b"):
            save(tmp_path / part / label / "x.png")
    save(tmp_path / "extra" / "a" / "x.png")
    d = read(str(tmp_path))
    assert sorted(d.examples["split"].unique()) == ["dev", "test", "train"]
    assert set(d.examples["y"]) == {"a", "b"}
    assert any("left out: extra" in note for note in d.notes)


def test_level_says_which_folder_names_the_class(tmp_path):
    for fruit, kind in (("apple", "red"), ("apple", "green"), ("pear", "green")):
        save(tmp_path / fruit / kind / f"{kind}.png")
    assert sorted(read(str(tmp_path)).examples["y"]) == ["apple", "apple", "pear"]
    assert sorted(read(str(tmp_path), level=-1).examples["y"]) == ["green", "green", "red"]
    with pytest.raises(UserError, match="level 3"):
        read(str(tmp_path), level=3)


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("list.txt", "cat/0.jpg, 4, x\ndog/1.jpg, 5, y\n", {}),
        ("list.txt", "cat/0.jpg 4\ndog/1.jpg 5\n", {}),
        ("list.csv", "who,file,label\nann,cat/0.jpg,4\nbob,dog/1.jpg,5\n", {"group": "who"}),
        ("list.tsv", "5\tx\tcat/0.jpg\t4\n6\ty\tdog/1.jpg\t5\n", {"label": 4, "image": 3, "meta": [1]}),
    ],
)
def test_list_files(photos, name, text, arguments):
    (photos / name).write_text(text)
    d = read(str(photos), list=name, **arguments)
    assert d.examples["y"].tolist() == ["4", "5"]
    if "group" in arguments:
        assert d.examples["group"].tolist() == ["ann", "bob"]
    if "meta" in arguments:
        assert d.examples["meta_1"].tolist() == ["5", "6"]


def test_several_lists_keep_their_split(photos):
    (photos / "train.txt").write_text("cat/0.jpg,c\ndog/0.jpg,d\n")
    (photos / "val.txt").write_text("cat/1.jpg,c\n")
    assert read(str(photos), list=["train.txt", "val.txt"]).examples["split"].tolist() == ["train", "train", "dev"]
    assert read(str(photos), list={"train": "train.txt", "test": "val.txt"}).examples["split"].tolist()[-1] == "test"


def test_content_is_of_the_files_bytes(photos):
    (photos / "cat" / "copy.jpg").write_bytes((photos / "dog" / "0.jpg").read_bytes())
    d = read(str(photos))
    assert d.examples["raw"].nunique() == 6
    assert len(d) == 7


def test_sizes_and_channels(tmp_path):
    save(tmp_path / "a" / "1.png", size=(10, 20), mode="L")
    save(tmp_path / "b" / "2.png", size=(30, 20), mode="L")
    d = read(str(tmp_path))
    assert d.payload.inputs[0].shape == (96, 96, 1)
    assert any("2 sizes" in note for note in d.notes)
    assert read(str(tmp_path), size=[12, 16], channels=3).payload.inputs[0].shape == (12, 16, 3)
    assert read(str(tmp_path), size=5).payload.inputs[0].shape == (5, 5, 1)


def test_range_maps_to_0_1(tmp_path):
    for label, value in (("a", 50), ("b", 150)):
        save(tmp_path / label / "1.png", mode="L", value=value)
    d = read(str(tmp_path), range=[50, 150])
    pixels = d.payload.take(np.array([0, 1]))["image"]
    assert pixels.dtype == np.float32
    assert [pixels[0].max(), pixels[1].min()] == [0.0, 1.0]
    with pytest.raises(UserError, match="within range"):
        read(str(tmp_path), range=[0, 100])


def test_a_photo_taken_upright_is_turned(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        picture = Image.fromarray(np.zeros((4, 8, 3), np.uint8))
        exif = picture.getexif()
        exif[0x0112] = 6
        picture.save(tmp_path / label / "1.jpg", exif=exif)
    assert read(str(tmp_path)).payload.inputs[0].shape == (8, 4, 3)


def test_deep_greys_keep_their_contrast(tmp_path):
    for label, value in (("a", 0), ("b", 65535)):
        (tmp_path / label).mkdir()
        Image.fromarray(np.full((4, 4), value, np.uint16)).save(tmp_path / label / "1.png")
    pixels = read(str(tmp_path)).payload.take(np.array([0, 1]))["image"]
    assert [pixels[0].max(), pixels[1].min()] == [0, 255]


def test_unreadable_files_are_set_aside_and_listed(photos):
    whole = (photos / "cat" / "0.jpg").read_bytes()
    (photos / "cat" / "0.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "dog" / "0.jpg").write_text("no image")
    d = read(str(photos))
    assert len(d) == len(d.payload) == 4
    assert sorted(p.rsplit("/", 2)[-2] for p in d.set_aside["path"]) == ["cat", "dog"]
    assert d.set_aside["reason"].str.contains("truncated").any()
    with pytest.raises(UserError, match="2 of 6 images cannot be read"):
        read(str(photos), strict=True)


def test_a_missing_file_of_a_list_is_set_aside(photos):
    (photos / "list.txt").write_text("cat/0.jpg,c\ndog/0.jpg,d\ndog/9.jpg,d\n")
    d = read(str(photos), list="list.txt")
    assert d.set_aside["reason"].tolist() == ["No such file or directory"]


def test_what_does_not_fit_in_memory_is_read_lazily(photos, monkeypatch):
    at_once = read(str(photos), size=[10, 12])
    monkeypatch.setattr(_memory, "available", lambda: 1000)
    lazy = read(str(photos), size=[10, 12])
    assert type(lazy.payload).__name__ == "ImageFiles"
    assert lazy.payload.inputs == at_once.payload.inputs
    assert lazy.payload.nbytes() == at_once.payload.nbytes()
    index = np.array([4, 0, 4])
    np.testing.assert_array_equal(lazy.payload.take(index)["image"], at_once.payload.take(index)["image"])
    part = lazy.subset(np.array([5, 2]))
    np.testing.assert_array_equal(part.payload.take([0])["image"], at_once.payload.take([5])["image"])


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        (lambda p: None, {}, "no image in the folder"),
        (lambda p: save(p / "1.png"), {}, "no folder per class"),
        (lambda p: save(p / "a" / "1.png"), {}, "one class only"),
        (lambda p: [save(p / "a" / "1.png"), save(p / "b" / "1.png")], {"channels": 2}, "1 .grey. or 3"),
        (lambda p: [save(p / "a" / "1.png"), save(p / "b" / "1.png")], {"size": [0, 3]}, "whole pixels"),
        (lambda p: [save(p / "a" / "1.png"), save(p / "b" / "1.png")], {"range": [5, 1]}, "low below high"),
        (lambda p: (p / "l.txt").write_text("a/1.png\nb/1.png\n"), {"list": "l.txt"}, "paths but no labels"),
        (
            lambda p: (p / "l.txt").write_text("a,b\nc,d\n"),
            {"list": "l.txt"},
            "no column of the list holds image paths",
        ),
        (lambda p: (p / "l.txt").write_text("a.png,1\nb.png\n"), {"list": "l.txt"}, "needs 2 columns.*row 2"),
        (lambda p: (p / "l.txt").write_text(""), {"list": "l.txt"}, "no rows"),
        (lambda p: (p / "l.txt").write_text("a.png,1\n"), {"list": "l.txt", "label": "x"}, "unknown column"),
        (lambda p: (p / "l.txt").write_text("a.png,1\n"), {"list": {"tran": "l.txt"}}, "unknown part of a split"),
        (lambda p: (p / "l.txt").write_text("a.png,1\nb.png,2\n"), {"list": "l.txt"}, "2 of 2 images cannot be read"),
    ],
)
def test_faults(tmp_path, prepare, arguments, message):
    prepare(tmp_path)
    with pytest.raises(UserError, match=f"(?s){message}"):
        read(str(tmp_path), **arguments)
