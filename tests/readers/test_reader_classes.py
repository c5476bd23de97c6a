"""``classes:`` of the readers: labels renamed or joined by the recipe or by a table that people have anyway."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dlx.errors import UserError
from dlx.readers import arrays, csv, images
from dlx.readers._classes import joined
from dlx.recipe import load

FRUIT = ["gala", "fuji", "anjou", "gala"]
KINDS = ["apple", "apple", "pear", "apple"]
TABLE = {"apple": ["gala", "fuji"], "pear": "anjou"}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("gala,apple\nfuji,apple\nanjou,pear\n", []),
        ("theirs,ours\ngala,apple\nfuji,apple\nanjou,pear\nkiwi,kiwi\n", []),
        ("gala;apple\nfuji;apple\nanjou;pear\n", []),
        ('name,"number, if any",kind\ngala,1,apple\nfuji,,apple\nanjou,3,pear\n', ["name", "kind"]),
        ("\ufeffkind\tname\napple\tgala\napple\tfuji\npear\tanjou\n", ["name", "kind"]),
        ("gala,apple\ngala,apple\nfuji,apple\nanjou,pear\n", []),
    ],
)
def test_a_file_says_the_same_as_the_recipe(tmp_path, text, columns):
    (tmp_path / "kinds.csv").write_text(text, encoding="utf-8")
    given = ["kinds.csv", *columns] if columns else "kinds.csv"
    assert joined(FRUIT, given, folder=tmp_path, where="here") == joined(FRUIT, TABLE, where="here") == KINDS


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({"apple": ["gala"], "pear": "anjou"}, r"must be in one of the classes.*fuji"),
        ({"apple": ["gala", "fuji"], "pear": ["anjou", "gala"]}, "belongs to one class: apple or pear.*gala"),
        ("short.csv", r"needs a row in the file.*anjou.*short\.csv"),
        ("shor.csv", "no such file"),
        ("wide.csv", "two columns.*name the two"),
        ("empty.csv", "two columns"),
        (["wide.csv", "name"], "file, label column, class column"),
        (["wide.csv", "nam", "kind"], "unknown column.*Did you mean 'name'"),
        (["ragged.csv", "name", "kind"], "needs 3 columns.*row 2"),
    ],
)
def test_faults(tmp_path, monkeypatch, classes, message):
    monkeypatch.chdir(tmp_path)
    files = {
        "short.csv": "gala,apple\nfuji,apple\n",
        "wide.csv": "name,number,kind\ngala,1,apple\n",
        "empty.csv": "",
        "ragged.csv": "name,number,kind\ngala,apple\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=f"(?s){message}"):
        joined(FRUIT, classes, folder=tmp_path, where="here")


def test_every_reader_of_the_users_own_data_takes_them(tmp_path):
    for i, fruit in enumerate(FRUIT):
        (tmp_path / "photos" / fruit).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4, 3), i, np.uint8)).save(tmp_path / "photos" / fruit / f"{i}.png")
    (tmp_path / "kinds.csv").write_text("gala,apple\nfuji,apple\nanjou,pear\n")
    (tmp_path / "t.csv").write_text("a,label\n" + "".join(f"{i},{fruit}\n" for i, fruit in enumerate(FRUIT)))
    np.savez(tmp_path / "t.npz", x=np.arange(8.0).reshape(4, 2), y=np.array(FRUIT))
    photos = images.read(str(tmp_path / "photos"), classes="../kinds.csv").examples["y"]
    assert sorted(photos) == sorted(KINDS)
    assert csv.read(str(tmp_path / "t.csv"), classes="kinds.csv").examples["y"].tolist() == KINDS
    assert arrays.read(str(tmp_path / "t.npz"), classes=TABLE).examples["y"].tolist() == KINDS
    listed = tmp_path / "photos" / "all.txt"
    listed.write_text("gala/0.png,gala\nanjou/2.png,anjou\n")
    some = images.read(str(tmp_path / "photos"), list="all.txt", classes=TABLE)
    assert some.examples["y"].tolist() == ["apple", "pear"]


def test_a_recipe_with_classes_loads_back(tmp_path):
    source = {"reader": "images", "path": "photos", "classes": ["../kinds.csv", "name", "kind"]}
    recipe = load(
        {"name": "x", "task": "classification", "data": {"sources": {"s": source}}, "model": {"builder": "convnet"}}
    )
    assert load(recipe.to_dict()) == recipe
    assert recipe.data["sources"]["s"]["classes"] == ["../kinds.csv", "name", "kind"]


def test_a_list_may_begin_its_paths_with_a_slash(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / label / "1.png")
    (tmp_path / "all.csv").write_text("/a/1.png,a\n/b/1.png,b\n")
    found = images.read(str(tmp_path), list="all.csv")
    assert len(found) == 2
    assert len(found.set_aside) == 0
