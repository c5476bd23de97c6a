"""Exhibits: what people see is the example that was asked for, and nothing breaks where it cannot be seen."""

from __future__ import annotations

import io
import wave

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dlx import runs
from dlx.pipeline import exhibits
from dlx.recipe import load

DIGITS = """\
name: digits
task: classification
data: {sources: {web: {reader: sklearn, name: digits}}, split: auto}
model: {builder: mlp}
"""


@pytest.fixture
def digits(tmp_path):
    (tmp_path / "digits.yaml").write_text(DIGITS)
    return tmp_path / "digits.yaml"


def pixels(shown) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(shown.media)))


def test_a_recipe_s_examples_are_shown_by_their_id(digits):
    from sklearn.datasets import load_digits

    from dlx import loading

    found = exhibits.of_recipe(load(digits))
    examples = loading.load(load(digits)).examples
    for position in (0, 7, 1796):
        shown = found.example(examples["id"].iloc[position])
        assert (shown.kind, shown.mime) == ("image", "image/png")
        assert pixels(shown) == pytest.approx(load_digits().images[position] * 255 / 16, abs=0.5)
    assert found.ready()
    assert found.neighbour(examples["id"].iloc[0]) is None
    assert found.example("of another data set").kind == "none"


def test_a_run_s_neighbour_is_the_nearest_of_train_and_never_itself(digits, tmp_path):
    from dlx import loading

    run = runs.create("digits", root=tmp_path / "runs")
    run.write_text("recipe.yaml", load(digits).to_yaml())
    ids = loading.load(load(digits)).examples["id"].to_numpy(str)[:5]
    features = np.array([[0, 0], [1, 1], [0.1, 0], [5, 5], [0, 0]], dtype="float16")
    split = np.array(["dev", "train", "dev", "train", "dev"])
    np.savez(run.file("features.npz"), ids=ids, split=split, y=np.array(list("01234")), features=features)
    found = exhibits.of_run(run)
    near = found.neighbour(ids[0])
    assert near.label == "1"
    assert near.media == found.example(ids[1]).media
    assert found.neighbour(ids[1]).label == "3"  # of train itself: the other one
    assert found.neighbour("unknown") is None


def test_a_damaged_features_file_is_none(digits, tmp_path):
    run = runs.create("digits", root=tmp_path / "runs")
    run.write_text("recipe.yaml", load(digits).to_yaml())
    run.write_bytes("features.npz", b"PK\x03\x04 cut off")
    assert exhibits.of_run(run).neighbour("a") is None


def test_data_that_are_gone_are_said_once_and_nothing_breaks(tmp_path):
    (tmp_path / "table.csv").write_text("a,y\n1,x\n2,y\n")
    recipe = "name: t\ntask: classification\ndata: {sources: {s: {reader: csv, path: table.csv, label: y}}}\n"
    (tmp_path / "t.yaml").write_text(recipe + "model: {builder: mlp}\n")
    loaded = load(tmp_path / "t.yaml")
    (tmp_path / "table.csv").unlink()
    shown = exhibits.of_recipe(loaded).example("a")
    assert shown.kind == "none"
    assert "table.csv" in shown.text


def test_a_table_s_row_is_shown_with_its_columns(tmp_path):
    (tmp_path / "table.csv").write_text("id,size,colour,y\np,1.5,red,x\nq,2.5,blue,y\n")
    recipe = "name: t\ntask: classification\ndata: {sources: {s: {reader: csv, path: table.csv, label: y, id: id}}}\n"
    (tmp_path / "t.yaml").write_text(recipe + "model: {builder: mlp}\n")
    shown = exhibits.of_recipe(load(tmp_path / "t.yaml")).example("q")
    assert shown.kind == "row"
    assert shown.row == {"size": "2.5", "colour": "blue"}


@pytest.fixture
def folder(tmp_path):
    Image.new("RGB", (30, 20), (255, 0, 0)).save(tmp_path / "red.png")
    Image.new("RGB", (4_000, 3_000), (0, 0, 255)).save(tmp_path / "large.jpg")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "script.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(bytes(800))
    return tmp_path


def test_files_are_found_by_id_and_by_path(folder):
    table = pd.DataFrame({"id": ["red.png", "b", "sound.wav"], "meta_path": [None, "large.jpg", None]})
    found = exhibits.of_files(table, folder)
    assert pixels(found.example("red.png"))[0, 0].tolist() == [255, 0, 0]
    large = found.example("b")
    assert (large.mime, max(pixels(large).shape)) == ("image/jpeg", 1600)
    assert len(large.media) < 300_000
    sound = found.example("sound.wav")
    assert (sound.kind, sound.mime, len(sound.media)) == ("audio", "audio/wav", 844)


@pytest.mark.parametrize("name", ["broken.png", "missing.png", "script.svg", "no file at all", "x" * 5_000, "a\0b.png"])
def test_what_cannot_be_shown_says_why(folder, name):
    shown = exhibits.of_files(pd.DataFrame({"id": [name]}), folder).example(name)
    assert (shown.kind, shown.media) == ("none", b"")
    assert shown.text


def test_a_huge_picture_is_not_decoded(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    shown = exhibits.of_files(pd.DataFrame({"id": ["huge.png"]}), tmp_path).example("huge.png")
    assert shown.kind == "none"
    assert "too large" in shown.text


def test_scans_of_sixteen_bits_are_seen(tmp_path):
    Image.fromarray(np.array([[1000, 3000], [2000, 1000]], dtype="uint16")).save(tmp_path / "scan.png")
    shown = exhibits.of_files(pd.DataFrame({"id": ["scan.png"]}), tmp_path).example("scan.png")
    assert pixels(shown).max() == 255
    assert pixels(shown).min() == 0


def test_texts_come_from_their_column(tmp_path):
    table = pd.DataFrame({"id": ["a"], "meta_text": ["<b>not bold</b>"]})
    shown = exhibits.of_files(table).example("a")
    assert (shown.kind, shown.text) == ("text", "<b>not bold</b>")
