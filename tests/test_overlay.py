"""Corrections are laid over labels: by content, in all parts alike, and no example moves."""

from __future__ import annotations

import json

import pytest

from dlx import loading, overlay
from dlx.errors import UserError
from dlx.overlay import Overlay
from dlx.pipeline.work import Work
from dlx.recipe import load
from dlx.run import Run

RECIPE = """\
name: pets
task: classification
data: {{sources: {{all: {{reader: csv, path: {path}, label: label, id: key}}}}, split: {{dev: 0.3, test: 0.3}}}}
model: {{builder: mlp, units: [4]}}
train: {{epochs: 1}}
"""


@pytest.fixture
def pets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"p{i},{i},{i * i % 7},{'cat' if i % 2 else 'dog'}" for i in range(60)]
    (tmp_path / "pets.csv").write_text("\n".join(["key,a,b,label", *rows]) + "\n")
    (tmp_path / "pets.yaml").write_text(RECIPE.format(path="pets.csv"))
    return tmp_path / "pets.yaml"


def correct(folder, **labels: str) -> None:
    place = folder / "annotations" / "pets"
    place.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"content": c, "label": label}) + "\n" for c, label in labels.items()]
    (place / "corrections.jsonl").write_text("".join(lines))


def labels_of(work) -> dict[str, str]:
    return dict(zip(work.data.examples["id"], work.data.examples["y"], strict=True))


def test_corrected_in_every_part_and_nothing_moves(pets):
    before = Work.read(load(pets), strict=False)
    part = dict(zip(before.split.table["id"], before.split.table["split"], strict=True))
    one_of = {name: next(i for i in part if part[i] == name) for name in ("train", "dev", "test")}
    other = {i: "dog" if y == "cat" else "cat" for i, y in labels_of(before).items()}
    correct(pets.parent, **{i: other[i] for i in one_of.values()})
    after = Work.read(load(pets), strict=False)
    changed = {i for i, y in labels_of(after).items() if y != labels_of(before)[i]}
    assert changed == set(one_of.values())
    assert after.split.table.equals(before.split.table)
    assert after.given_digest == before.given_digest != after.data.digest()
    assert after.overlay.changed == {"train": 1, "dev": 1, "test": 1}
    assert after.overlay.sentence() == (
        "3 labels corrected by annotations/pets/corrections.jsonl: 1 train, 1 dev, 1 test."
    )
    assert [before.label_overlay, after.label_overlay] == [None, after.overlay.digest()]
    assert (pets.parent / "pets.csv").read_text().count("cat") == 30  # never in place


def test_the_recipe_can_leave_them_out(pets):
    correct(pets.parent, p0="cat")
    assert Work.read(load(pets, ["data.corrections=false"]), strict=False).overlay is None
    assert labels_of(Work.read(load(pets), strict=False))["p0"] == "cat"


def test_what_changes_nothing_is_no_overlay(pets):
    correct(pets.parent, p0="dog")  # as the data says
    assert Work.read(load(pets), strict=False).label_overlay is None


def test_a_run_goes_on_with_its_own_copy(pets):
    correct(pets.parent, p0="cat")
    run = Run(pets.parent / "run")
    run.path.mkdir()
    work = Work.read(load(pets), strict=False)
    work.keep(run)
    run.write_json("run.json", {"data_digest": work.given_digest})
    correct(pets.parent, p0="cat", p2="cat")  # somebody goes on correcting
    again = Work.read(load(run.file("recipe.yaml")), strict=False, previous=run)
    assert again.label_overlay == work.label_overlay
    assert labels_of(again)["p2"] == "dog"


def test_a_label_that_is_no_class_names_the_nearest(pets):
    correct(pets.parent, p0="cats")
    with pytest.raises(UserError, match="Did you mean 'cat'"):
        Work.read(load(pets), strict=False)


def test_a_line_cut_off_is_said(pets):
    correct(pets.parent, p0="cat")
    with (pets.parent / "annotations/pets/corrections.jsonl").open("a") as file:
        file.write('{"content": "p2", "la')
    with pytest.raises(UserError, match="no JSON"):
        overlay.read("pets")


def test_two_lines_that_differ_are_said(pets):
    place = pets.parent / "annotations/pets"
    place.mkdir(parents=True)
    (place / "corrections.jsonl").write_text(
        '{"content": "p0", "label": "cat"}\n{"content": "p0", "label": "dog"}\n', encoding="utf-8"
    )
    with pytest.raises(UserError, match="line 2"):
        overlay.read("pets")


def test_strangers_are_counted(pets):
    correct(pets.parent, p0="cat", elsewhere="dog")
    work = Work.read(load(pets), strict=False)
    assert work.overlay.strangers == 1
    assert "1 corrections name no example" in work.overlay.sentence()


def test_numbers_cannot_be_corrected(pets):
    recipe = load(pets, ["task=regression", "data.sources.all.label=a"])
    data, split = loading.load_and_split(recipe)
    with pytest.raises(UserError, match="of classes"):
        overlay.apply(Overlay({"p0": "cat"}, "corrections.jsonl"), data, split, task="regression")


@pytest.mark.tf
def test_a_search_trains_every_trial_on_the_corrected_labels(pets, monkeypatch):
    import dlx
    from dlx import runs

    monkeypatch.setenv("DLX_TRACKING", "off")
    correct(pets.parent, p0="cat", p1="dog")
    space = 'search={"train.learning_rate": {min: 1e-3, max: 1e-1, scale: log}}'
    found = dlx.tune(pets, ["train.epochs=1", space], trials=1, workers=1, strategy="random")
    trial = runs.find(found.best.run)
    digest = found.run.info["label_overlay"]
    assert digest == Work.read(load(pets), strict=False).label_overlay
    assert trial.info["label_overlay"] == digest
    assert trial.read_json("labels_overlay.json") == found.run.read_json("labels_overlay.json")
