"""``dlx human`` as people use it: predictions of any framework, a recipe without a run, and the diagnosis then."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import dlx
from dlx.cli.app import app
from dlx.desk import Exhibit
from dlx.errors import DlxError, UserError
from dlx.humans import digest
from dlx.humans._sample import asked, key_of
from dlx.pipeline.blind import Blind, nearest_neighbour_bound
from dlx.strategy.bayes_error import cover_hart

N = 200


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Predictions of a model that errs on 10 % of train and 20 % of dev, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    parts = []
    for split, every in (("train", 10), ("dev", 5)):
        wrong = np.arange(N) % every == 0
        y = np.where(np.arange(N) % 2, "cat", "dog")
        said = np.where(wrong, np.where(y == "cat", "dog", "cat"), y)
        ids = [f"{label}s/{split}{i}.png" for i, label in enumerate(y)]  # ids that tell the label
        parts.append(pd.DataFrame({"id": ids, "split": split, "y_true": y, "y_pred": said}))
    pd.concat(parts).to_csv("preds.csv", index=False)
    return tmp_path


def votes(*people: tuple[str, int], name: str = "votes.csv") -> None:
    """Each person errs on every k-th example of dev, beginning at another one."""
    table = pd.read_csv("preds.csv")
    dev = table[table["split"] == "dev"].reset_index(drop=True)
    other = np.where(dev["y_true"] == "cat", "dog", "cat")
    rows = [
        (row, person, other[i] if every and i % every == k else dev["y_true"][i])
        for k, (person, every) in enumerate(people)
        for i, row in enumerate(dev["id"])
    ]
    pd.DataFrame(rows, columns=["id", "person", "label"]).to_csv(name, index=False)


def run(*words: str):
    done = CliRunner().invoke(app, ["human", *words])
    if isinstance(done.exception, DlxError):
        raise done.exception
    return done


def test_votes_from_a_file_become_the_human_level_of_a_diagnosis(folder):
    before = dlx.diagnose("preds.csv")
    assert before.annotations is None
    votes(("ann", 20), ("bob", 20), ("cy", 20))
    level = json.loads(run("preds.csv", "--import", "votes.csv", "--json").stdout)
    assert level["human_level"] == "annotators"
    (group,) = level["groups"]
    assert group["error"] == 0  # no two of them err on the same example
    assert group["one_person"]["error"] == pytest.approx(0.05)
    assert [p["error"] for p in level["people"]] == [0.05] * 3
    assert group["model"]["only_model_wrong"] == N / 5
    after = dlx.diagnose("preds.csv")
    human = after.ladder.rung("human")
    assert (human.basis, human.error, human.n) == ("measured", 0, N)
    assert after.annotations["digest"] == digest(Path("annotations/preds/human.jsonl"))
    assert after.annotations["people"] == ["ann", "bob", "cy"]
    assert after.to_dict()["annotations"]["votes"] == 3 * N
    assert "measured by 600 votes of 3 people" in after.note
    compared = after.scores[after.scores["metric"] == "error_minus_human:annotators"]
    assert compared["value"].iloc[0] == pytest.approx(0.2)
    assert dlx.diagnose("preds.csv", annotations=False).ladder.rung("human").basis == "assumed"
    told = dlx.diagnose("preds.csv", human="1%").ladder.human  # a figure given now counts beside what was measured
    assert [(f.group, f.beside) for f in told] == [("human", False), ("annotators", False)]


def test_few_examples_do_not_stand_for_human_level(folder):
    votes(("ann", 20))
    table = pd.read_csv("votes.csv").head(29)
    table.to_csv("votes.csv", index=False)
    run("preds.csv", "--import", "votes.csv")
    found = dlx.diagnose("preds.csv")
    assert found.ladder.rung("human").basis == "assumed"
    assert "Annotators labelled 29 examples of dev: too few" in found.note


def test_a_figure_of_the_recipe_is_shown_beside_what_was_measured(folder, monkeypatch):
    from dlx.diagnosis import _diagnose
    from dlx.diagnosis._sources import Case

    votes(("ann", 20), ("bob", 20), ("cy", 20))
    run("preds.csv", "--import", "votes.csv")
    case = _diagnose.case

    def with_recipe(table, task) -> Case:
        found = case(table, task)
        return Case(found.predictions, {"human": {"people": {"error": 0.001, "of": "MNIST"}}}, votes=found.votes)

    monkeypatch.setattr(_diagnose, "case", with_recipe)
    found = dlx.diagnose("preds.csv")
    assert found.ladder.rung("human").source.startswith("annotators")
    assert [(f.group, f.beside) for f in found.ladder.human] == [("people", True), ("annotators", False)]
    assert found.finding("human_figure_for_other_source").status == "not_applicable"
    assert dlx.diagnose("preds.csv", annotations=False).ladder.rung("human").error == 0.001


def test_rows_of_people_in_the_table_stay(folder):
    votes(("ann", 20), ("bob", 20))
    run("preds.csv", "--import", "votes.csv")
    table = pd.read_csv("preds.csv").assign(predictor="model")
    dev = table[table["split"] == "dev"]
    people = dev.assign(predictor="human:annotators", y_pred=dev["y_true"])
    pd.concat([table, people]).to_csv("preds.csv", index=False)
    found = dlx.diagnose("preds.csv")
    assert [f.group for f in found.ladder.human] == ["annotators"]
    assert found.annotations["groups"] == []


def test_the_sheet_is_blind_and_comes_back_in_any_order(folder):
    (folder / "pictures").mkdir()
    for line in pd.read_csv("preds.csv")["id"]:
        place = folder / "pictures" / line
        place.parent.mkdir(exist_ok=True)
        _picture().save(place)
    run("preds.csv", "--person", "ann", "--n", "20", "--export", "ann.csv", "--images", "pictures")
    text = Path("ann.csv").read_text(encoding="utf-8-sig")
    assert "cat" not in text
    assert "dog" not in text
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 20
    truth = {key_of(i): y for i, y in pd.read_csv("preds.csv")[["id", "y_true"]].itertuples(index=False)}
    filled = pd.DataFrame({"id": [r["id"] for r in rows], "label": [truth[r["id"]] for r in rows]})
    filled.iloc[::-1].to_csv("back.csv", index=False)
    done = run("preds.csv", "--person", "ann", "--import", "back.csv", "--json")
    level = json.loads(done.stdout)
    assert level["people"][0]["error"] == 0
    assert level["sample"] == {"n": 20, "n_dev": N, "p_inclusion": 0.1, "seed": 0, "done": {"ann": 20}}
    again = json.loads(run("preds.csv", "--person", "ann", "--import", "back.csv", "--json").stdout)
    assert "nothing new" in again["imported"]


def test_the_workbook_shows_pictures_and_a_drop_down(folder):
    from openpyxl import load_workbook

    (folder / "pictures" / "cats").mkdir(parents=True)
    (folder / "pictures" / "dogs").mkdir()
    for line in pd.read_csv("preds.csv")["id"]:
        _picture().save(folder / "pictures" / line)
    run("preds.csv", "--person", "ann", "--n", "5", "--export", "ann.xlsx", "--images", "pictures")
    book = load_workbook("ann.xlsx")
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["image", "id", "label", "comment"]
    assert len(sheet._images) == 5
    hidden = next(s for s in book.worksheets if s.sheet_state == "hidden")
    assert [cell.value for cell in hidden["A"]][:2] == ["cat", "dog"]
    assert sheet.data_validations.dataValidation[0].sqref.ranges


def _picture():
    from PIL import Image

    return Image.new("L", (8, 8), 128)


def test_a_desk_is_blind_and_its_votes_are_kept_with_their_group(folder, monkeypatch):
    from dlx.desk import page

    shown = {}

    def serve(desk, *, summary, command, **options) -> None:
        shown["items"] = desk.items
        desk.act([desk.items[0].id], {"label": "CAT"}, source="page", seconds=1.0)
        desk.act([desk.items[1].id], {"label": ""}, source="page")
        shown["end"] = summary()
        shown["command"] = command

    monkeypatch.setattr(page, "serve", serve)
    found = dlx.human("preds.csv", person="ann", group="experts", n=10, front="page", images=".")
    assert all((i.y_true, i.y_pred, i.proba, dict(i.facts)) == (None, None, (), {}) for i in shown["items"])
    assert not any("cat" in item.id or "dog" in item.id for item in shown["items"])
    assert found.done == {"ann": 2}
    assert (found.people[0].group, found.people[0].unsure) == ("experts", 1)
    assert shown["end"]["rows"][0][:2] == ["experts", "2"]
    assert shown["command"] == "dlx human preds.csv --person ann"
    again = dlx.human("preds.csv", person="ann", front="page", images=".")  # without --group: as before
    assert {p.group for p in again.people} == {"experts"}
    with pytest.raises(UserError, match="front end"):
        dlx.human("preds.csv", person="ann", front="pages")


def test_what_could_tell_the_label_is_not_shown():
    class Telling:
        def ready(self) -> bool:
            return True

        def example(self, example: str) -> Exhibit:
            return Exhibit("image", b"x", "image/png", text=f"cats/{example}.png", label="cat")

        def neighbour(self, example: str) -> Exhibit:
            return Exhibit("image", b"y", "image/png", label="cat")

    shown = Blind(Telling())
    assert "cat" not in repr(shown.example("e1"))
    assert shown.neighbour("e1") is None


def test_a_missing_picture_does_not_tell_its_path():
    class Missing:
        def example(self, example: str) -> Exhibit:
            return Exhibit("none", text=f"There is no file cats/{example}.png.")

    assert "cats" not in Blind(Missing()).example("e1").text


def test_the_sample_is_the_same_for_everybody_and_grows(tmp_path):
    dev = pd.DataFrame({"id": [f"e{i}" for i in range(50)]})
    few, _ = asked(tmp_path, dev, n=10, seed=None, label_votes=None, voted=False)
    same, notes = asked(tmp_path, dev.iloc[::-1], n=None, seed=None, label_votes=3, voted=True)
    assert same.ids == few.ids
    assert same.label_votes == 3
    assert notes == []
    more, notes = asked(tmp_path, dev, n=30, seed=None, label_votes=None, voted=True)
    assert more.ids[:10] == few.ids
    assert more.p_inclusion == 0.6
    assert more.label_votes == 3
    assert "30 examples now" in notes[0]
    with pytest.raises(UserError, match="same for everybody"):
        asked(tmp_path, dev, n=None, seed=1, label_votes=None, voted=True)
    other, _ = asked(tmp_path, dev, n=None, seed=1, label_votes=None, voted=False)
    assert set(other.ids) != set(more.ids)
    (tmp_path / "human-sample.json").write_text("{")
    with pytest.raises(DlxError, match="no sample"):
        asked(tmp_path, dev, n=None, seed=None, label_votes=None, voted=False)


def test_a_recipe_needs_no_run(folder):
    level = json.loads(run("digits", "--n", "12", "--export", "ann.xlsx", "--person", "ann", "--json").stdout)
    assert (level["data"], level["task"], level["sample"]["n"]) == ("digits", "classification", 12)
    assert Path("annotations/digits/human-sample.json").exists()
    assert Path("ann.xlsx").stat().st_size > 5_000  # with pictures


def test_one_person_one_group_and_other_faults(folder):
    votes(("ann", 20))
    run("preds.csv", "--import", "votes.csv")
    for words, message in (
        (["--person", "ann", "--group", "experts", "--export", "x.csv"], "one group"),
        (["--seed", "4"], "same for everybody"),
        (["--scale", "nominel", "--report"], "Did you mean 'nominal'"),
        (["--export", "x.pdf"], "a sheet is one of"),
        (["--import", "gone.csv"], "no such sheet"),
        (["--report", "--terminal"], "answer at once"),
    ):
        with pytest.raises(UserError, match=message):
            run("preds.csv", *words)
    with pytest.raises(UserError, match="no such recipe, run or file"):
        run("nosuch", "--report")


def test_a_log_without_votes_says_what_to_do(folder):
    Path("annotations/preds").mkdir(parents=True)
    Path("annotations/preds/human.jsonl").write_text('{"id": "cats/dev1", "person": "ann", "lab')
    assert "dlx human preds.csv --person NAME" in run("preds.csv", "--report").stdout
    assert dlx.diagnose("preds.csv").ladder.rung("human").basis == "assumed"


def test_without_people_neighbours_give_a_weak_bound(tmp_path):
    generator = np.random.default_rng(0)
    y = np.repeat(["a", "b"], 200)
    x = generator.normal(size=(400, 2)) + 2 * (y == "b")[:, None]
    split = np.where(np.arange(400) % 2, "train", "dev")
    np.savez(tmp_path / "features.npz", ids=np.arange(400).astype(str), split=split, y=y, features=x.astype("float16"))
    found = nearest_neighbour_bound(tmp_path / "features.npz")
    train, dev = x[split == "train"].astype("float16"), x[split == "dev"].astype("float16")
    nearest = ((dev[:, None].astype(float) - train[None].astype(float)) ** 2).sum(-1).argmin(1)
    error = (y[split == "train"][nearest] != y[split == "dev"]).mean()
    assert found == pytest.approx(cover_hart(error, 2))
    assert nearest_neighbour_bound(None) is None
