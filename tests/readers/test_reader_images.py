"""Reader images: folders and lists, sizes and channels, broken files set aside, and what does not fit in memory."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlx import memory
from dlx.errors import UserError
from dlx.payloads import Joined, Mapped
from dlx.readers import _decode, _pixels
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


def test_folder_levels_name_the_classes_of_several_tasks(tmp_path):
    for place in ("fruit/apple/gala", "fruit/pear/abate", "packages/milk"):
        save(tmp_path / place / "x.png")
    d = read(str(tmp_path), level={"aisle": 1, "variety": 3, "folder": -1})
    assert d.label_names == ("aisle", "variety", "folder")
    expected = [["fruit", "gala", "gala"], ["fruit", "abate", "abate"], ["packages", None, "milk"]]
    assert d.examples["y"].tolist() == expected
    with pytest.raises(UserError, match=r"whole number, from 1 down.*'aisle'"):
        read(str(tmp_path), level={"aisle": 0})


def test_columns_of_a_list_name_the_classes_of_several_tasks(photos):
    (photos / "a.txt").write_text("cat/0.jpg, tabby, 1\ndog/0.jpg, pug, 0\n")
    (photos / "b.txt").write_text("cat/1.jpg, , 1\ndog/1.jpg, beagle, \n")
    d = read(str(photos), list=["a.txt", "b.txt"], label={"breed": 2, "indoors": 3})
    assert d.label_names == ("breed", "indoors")
    assert d.examples["y"].tolist() == [["tabby", "1"], ["pug", "0"], [None, "1"], ["beagle", None]]
    assert read(str(photos), list=["a.txt"], label=[2, 3]).label_names == ("2", "3")


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 1.0]], np.float32), [0, 255]),
        (np.array([[0.0, 0.5]], np.float32), [0, 128]),
        (np.array([[0.0, 200.0]], np.float32), [0, 200]),
        (np.array([[0, 200]], np.int32), [0, 200]),
        (np.array([[0, 51_400]], np.int32), [0, 200]),  # 200 · 257
    ],
)
def test_greys_with_a_fraction_keep_their_contrast(tmp_path, values, expected):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        Image.fromarray(values).save(tmp_path / label / "1.tif")
    assert read(str(tmp_path)).payload.take(np.array([0]))["image"].ravel().tolist() == expected


def test_greys_on_no_known_scale_are_set_aside(photos):
    for i, values in enumerate(([[-3.0, 900.0]], [[0.0, np.nan]], [[0.0, 1e6]])):
        Image.fromarray(np.array(values, np.float32)).save(photos / "cat" / f"deep{i}.tif")
    d = read(str(photos))
    assert len(d) == 6
    assert d.set_aside["reason"].str.startswith("grey values from").all()
    assert "from -3 to 900" in d.set_aside["reason"].iloc[0]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white_whatever_colour_is_beneath(tmp_path, mode):
    for label, beneath in (("a", 0), ("b", 90)):
        (tmp_path / label).mkdir()
        pixels = np.full((4, 6, 4), beneath, np.uint8)
        pixels[:, :3, 3], pixels[:, 3:] = 0, [10, 10, 10, 255]
        picture = Image.fromarray(pixels)
        if mode == "P":
            picture = picture.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE)
            picture.info["transparency"] = bytes([255 if k == picture.getpixel((5, 0)) else 0 for k in range(256)])
        (picture if mode == "P" else picture.convert(mode)).save(tmp_path / label / "1.png")
    d = read(str(tmp_path))
    shown = d.payload.take(np.array([0, 1]))["image"]
    assert (shown[:, :, :3] == 255).all()
    assert np.abs(shown[:, :, 3:].astype(int) - 10).max() <= 1
    assert any("transparent in 2 images" in note for note in d.notes)


def test_of_a_moving_picture_the_first_is_read(photos):
    frames = [Image.fromarray(np.full((48, 64), value, np.uint8)) for value in (0, 100, 200)]
    frames[0].save(photos / "cat" / "x.gif", save_all=True, append_images=frames[1:])
    d = read(str(photos))
    at = next(i for i, path in enumerate(d.examples["path"]) if path.endswith("x.gif"))
    assert d.payload.take(np.array([at]))["image"].max() == 0
    assert "1 file with several pictures: the first is read" in d.notes


def test_print_colours_are_read(photos):
    Image.new("CMYK", (64, 48), (0, 255, 255, 0)).save(photos / "cat" / "red.jpg")
    d = read(str(photos))
    at = next(i for i, path in enumerate(d.examples["path"]) if path.endswith("red.jpg"))
    red, green, blue = d.payload.take(np.array([at]))["image"][0, 0, 0]
    assert red > 200
    assert max(green, blue) < 50


def test_a_large_picture_is_read_without_a_word_and_a_huge_one_set_aside(photos, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_000)  # Pillow warns from here on, and refuses twice as much
    Image.new("L", (60, 80)).save(photos / "cat" / "large.png")
    Image.new("L", (100, 90)).save(photos / "cat" / "huge.png")
    d = read(str(photos), size=[10, 12])
    assert len(d) == 7
    assert d.set_aside["reason"].tolist() == ["more than 8,000 pixels, the most that is opened: make it smaller"]


def test_classes_without_a_picture_are_named(photos):
    (photos / "empty").mkdir()
    (photos / "eel").mkdir()
    (photos / "eel" / "1.png").write_bytes(b"")
    (photos / "cat" / "phone.HEIC").write_bytes(b"x")
    notes = read(str(photos)).notes
    assert "folders without an image are no classes: empty" in notes
    assert "classes of which no image can be read: eel" in notes
    assert "pictures that end in .heic are not read: save them as .jpg or .png" in notes
    for file in (photos / "dog").iterdir():
        file.write_bytes(b"broken")
    with pytest.raises(UserError, match=r"one class is left: of dog, eel no image.*cannot identify"):
        read(str(photos))


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


@pytest.fixture
def little_memory(monkeypatch, tmp_path):
    """No image set fits in memory; gives the folder of the kept pixels."""
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "images"


@pytest.fixture
def decoded(monkeypatch):
    """The sources that were decoded, in a list that grows."""
    calls, decode = [], _decode.decode
    monkeypatch.setattr(_decode, "decode", lambda source, *rest: calls.append(source) or decode(source, *rest))
    return calls


def same_pixels(one, other):
    assert one.inputs == other.inputs
    assert one.nbytes() == other.nbytes()
    index = np.array([4, 0, 4])
    np.testing.assert_array_equal(one.take(index)["image"], other.take(index)["image"])
    part = one.subset(np.array([5, 2]))
    assert part.nbytes() == one.nbytes() // 3
    np.testing.assert_array_equal(part.take([0])["image"], other.take([5])["image"])
    np.testing.assert_array_equal(part.subset([1]).take([0])["image"], other.take([2])["image"])


@pytest.mark.parametrize("range", [None, [20, 240]])
def test_what_does_not_fit_in_memory_stays_on_disk(photos, tmp_path, monkeypatch, range):
    at_once = read(str(photos), size=[10, 12], range=range)
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    monkeypatch.setenv("DLX_CACHE", str(tmp_path / "cache"))
    mapped = read(str(photos), size=[10, 12], range=range)
    assert isinstance(mapped.payload, Mapped)
    assert isinstance(mapped.payload.stack, np.memmap)
    same_pixels(mapped.payload, at_once.payload)
    assert any(str(tmp_path / "cache") in note for note in mapped.notes)
    monkeypatch.setenv("DLX_CACHE", str(photos / "list.txt"))  # a file, where no folder can be
    (photos / "list.txt").write_text("")
    lazy = read(str(photos), size=[10, 12], range=range)
    assert isinstance(lazy.payload, _decode.ImageFiles)
    same_pixels(lazy.payload, at_once.payload)
    assert any("decoded for every batch" in note and "DLX_CACHE" in note for note in lazy.notes)


def test_a_later_run_finds_the_pixels(photos, little_memory, decoded):
    broken = (photos / "cat" / "1.jpg").read_bytes()
    (photos / "cat" / "1.jpg").write_bytes(broken[: len(broken) // 2])
    first = read(str(photos), size=[10, 12])
    assert len(decoded) == 6
    again = read(str(photos), size=[10, 12])
    assert len(decoded) == 6
    assert len(again) == len(again.payload) == 5
    assert again.set_aside.equals(first.set_aside)
    assert "truncated" in again.set_aside["reason"].item()
    np.testing.assert_array_equal(
        again.payload.take(np.arange(5))["image"], first.payload.take(np.arange(5))["image"], strict=True
    )
    read(str(photos), size=[10, 13])
    read(str(photos), size=[10, 12], channels=1)
    (photos / "cat" / "0.jpg").write_bytes((photos / "dog" / "0.jpg").read_bytes())
    read(str(photos), size=[10, 12])
    assert len(decoded) == 4 * 6
    assert len([*little_memory.glob("*.npy")]) == 4


def _cut_off(file):
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize(
    "spoil",
    [
        _cut_off,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"no array"),
        lambda file: np.save(file, np.zeros((2, 3), np.uint8)),
        lambda file: file.unlink(),
        lambda file: file.with_suffix(".json").unlink(),
        lambda file: file.with_suffix(".json").write_text('{"faults": [], "least": 0'),
        lambda file: file.with_suffix(".json").write_text("[]"),
    ],
)
def test_damaged_pixels_are_made_again(photos, little_memory, decoded, spoil):
    whole = read(str(photos), size=[10, 12]).payload.take(np.arange(6))["image"]
    (file,) = little_memory.glob("*.npy")
    left = file.with_name(f".{file.stem}.123-abc.tmp.npy")  # of a process that was killed
    left.write_bytes(b"half")
    spoil(file)
    np.testing.assert_array_equal(read(str(photos), size=[10, 12]).payload.take(np.arange(6))["image"], whole)
    assert len(decoded) == 12
    assert not left.exists()


def test_an_interrupted_writer_leaves_nothing(photos, little_memory, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_decode, "decode", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read(str(photos), size=[10, 12])
    assert [file.suffix for file in little_memory.iterdir()] in ([], [".lock"])
    assert isinstance(read(str(photos), size=[10, 12]).payload, Mapped)


def test_a_tenth_of_the_disk_stays_free(photos, little_memory, monkeypatch):
    nbytes = 6 * 10 * 12 * 3
    for free, expected in ((1000 + nbytes, Mapped), (999 + nbytes, _decode.ImageFiles)):
        usage = type("Usage", (), {"free": free, "total": 10_000})
        monkeypatch.setattr(_pixels.shutil, "disk_usage", lambda place, usage=usage: usage)
        d = read(str(photos), size=[10, 12])
        assert isinstance(d.payload, expected)
        for file in little_memory.glob("*.npy"):
            file.unlink()
    assert any("left free" in note for note in d.notes)


def test_a_disk_that_fills_up_leaves_lazy_reading(photos, little_memory, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    d = read(str(photos), size=[10, 12])
    assert isinstance(d.payload, _decode.ImageFiles)
    assert len(d) == 6
    assert any("disk is full" in note for note in d.notes)
    assert not [*little_memory.glob("*.npy"), *little_memory.glob(".*")]


def test_two_runs_at_once_decode_once(photos, little_memory, decoded, capsys):
    with ThreadPoolExecutor(2) as pool:
        both = [*pool.map(lambda _: read(str(photos), size=[10, 12]).payload, (1, 2))]
    assert len(decoded) == 6
    np.testing.assert_array_equal(both[0].take(np.arange(6))["image"], both[1].take(np.arange(6))["image"])


def test_values_outside_the_range_are_found_on_disk_too(tmp_path, little_memory):
    for label, value in (("a", 50), ("b", 150)):
        save(tmp_path / "grey" / label / "1.png", mode="L", value=value)
    for _ in range(2):  # decoded, and found again
        with pytest.raises(UserError, match="within range"):
            read(str(tmp_path / "grey"), range=[0, 100])
    pixels = read(str(tmp_path / "grey"), range=[50, 150]).payload.take([0, 1])["image"]
    assert [pixels[0].max(), pixels[1].min()] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"DLX_CACHE": "/some/place", "XDG_CACHE_HOME": "/other"}, "/some/place/images"),
        ({"DLX_CACHE": "~/place"}, "/home/ann/place/images"),
        ({"XDG_CACHE_HOME": "/other"}, "/other/dlx/images"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/ann/.cache/dlx/images"),
        ({}, "/home/ann/.cache/dlx/images"),
    ],
)
def test_where_pixels_are_kept(monkeypatch, given, expected):
    for name in ("DLX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/ann", **given}.items():
        monkeypatch.setenv(name, value)
    assert _pixels.folder() == Path(expected)


@pytest.mark.tf
def test_batches_are_the_same_from_memory_disk_and_files(photos, little_memory, monkeypatch):
    from dlx.training.batches import batches, inputs_only

    stored = read(str(photos), size=[10, 12])
    files = _decode.ImageFiles(tuple(stored.examples["path"]), (10, 12), 3)
    monkeypatch.undo()
    held = read(str(photos), size=[10, 12])
    lazily = [stored.payload, files, Joined.of([stored.payload.subset([0, 1, 2]), files.subset([3, 4, 5])])]

    def collect(payload):
        flow = batches(payload, np.arange(6.0), np.ones(6), batch_size=4, training=True, seed=3, epoch=1)
        plain = inputs_only(payload, 4)
        return [x["image"].numpy() for x, *_ in flow], [x["image"].numpy() for (x,) in plain]

    expected = collect(held.payload)
    monkeypatch.setattr("dlx.training.batches.fits_in_memory", lambda nbytes: False)
    for payload in lazily:
        for got, wanted in zip(collect(payload), expected, strict=True):
            assert [len(g) for g in got] == [4, 2]
            np.testing.assert_array_equal(np.concatenate(got), np.concatenate(wanted), strict=True)


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
