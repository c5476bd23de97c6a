"""``dlx labels`` on predictions from elsewhere: sheet out and in, rate, decision, corrections; and what goes wrong."""

from __future__ import annotations

import csv
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from command_line import command

from dlx.tagging.votes import VoteLog

CLASSES = ("cat", "cow", "dog", "pig")


@pytest.fixture
def preds(tmp_path, monkeypatch):
    """600 rows of dev and 100 of test: a model that is sure and mostly right, and 6 % wrong labels."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    n = 700
    truth = random.integers(0, 4, n)
    given = np.where(random.random(n) < 0.06, (truth + random.integers(1, 4, n)) % 4, truth)
    said = np.where(random.random(n) < 0.05, (truth + 1) % 4, truth)
    proba = np.full((n, 4), 0.04)
    proba[np.arange(n), said] = 0.88
    names = np.array(CLASSES)
    table = pd.DataFrame({"id": [f"x{i}" for i in range(n)], "split": ["dev"] * 600 + ["test"] * 100})
    table = table.assign(y_true=names[given], y_pred=names[said])
    for i, name in enumerate(CLASSES):
        table[f"proba_{name}"] = proba[:, i]
    table.to_csv("preds.csv", index=False)
    return dict(zip(table["id"], names[truth], strict=True)), dict(zip(table["id"], names[given], strict=True))


def fill(path, truth, **other: str) -> int:
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = other.get(row["id"], truth[row["id"]])
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def told(*arguments: str) -> dict:
    code, out, err = command("labels", "preds.csv", *arguments, "--json")
    assert code == 0, err
    return json.loads(out)


def test_from_sheet_to_corrections(preds, tmp_path):
    truth, given = preds
    assert command("labels", "preds.csv", "--export", "sheet.csv", "--person", "ann")[0] == 0
    header = (tmp_path / "sheet.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "id,label,comment"  # blind
    asked = fill("sheet.csv", truth)
    found = told("--import", "sheet.csv", "--person", "ann")
    assert found["done"] == {"ann": asked}
    wrong = np.mean([truth[f"x{i}"] != given[f"x{i}"] for i in range(600)])
    assert found["rate_low"] <= wrong <= found["rate_high"]
    errors = next(s for s in found["strata"] if s["name"] == "misclassified")
    assert found["labels"]["share"] == pytest.approx(errors["wrong"] / errors["decided"])
    assert found["labels"]["worth_relabelling"] is True  # about half of these errors are wrong labels
    assert {"overall", "due_to_labels", "other", "reason"} <= found["labels"].keys()
    applied = told("--apply")
    lines = [json.loads(line) for line in (tmp_path / "annotations/preds/corrections.jsonl").read_text().splitlines()]
    assert {r["content"]: r["label"] for r in lines} == {i: truth[i] for i in applied["wrong"]}
    assert all(r["given"] == [given[r["content"]]] for r in lines)
    assert told("--import", "sheet.csv", "--person", "ann")["imported"].endswith("nothing new.")


def test_test_is_asked_about_and_its_predictions_are_not_read(preds, tmp_path):
    table = pd.read_csv("preds.csv")
    before = told()
    table.loc[table["split"] == "test", "y_pred"] = "pig"
    for name in CLASSES:
        table.loc[table["split"] == "test", f"proba_{name}"] = 0.25
    table.to_csv("preds.csv", index=False)
    after = told()
    for key in ("n_ranked", "n_flagged", "n_asked", "suspicious", "strata"):
        assert before[key] == after[key]
    assert next(s for s in after["strata"] if s["name"] == "test")["asked"] == 50


def test_apply_to_dev_alone_needs_force(preds, tmp_path):
    truth, _ = preds
    command("labels", "preds.csv", "--export", "sheet.csv")
    with open("sheet.csv", newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if int(row["id"][1:]) < 600]
    pd.DataFrame([{"id": row["id"], "label": truth[row["id"]]} for row in rows]).to_csv("dev.csv", index=False)
    assert command("labels", "preds.csv", "--import", "dev.csv", "--person", "ann")[0] == 0
    code, _, err = command("labels", "preds.csv", "--apply")
    assert (code, "labelled alike" in err) == (2, True)
    assert not (tmp_path / "annotations/preds/corrections.jsonl").exists()
    assert command("labels", "preds.csv", "--apply", "--force")[0] == 0


def test_an_unknown_label_names_cell_and_nearest(preds, tmp_path):
    command("labels", "preds.csv", "--export", "sheet.csv")
    fill("sheet.csv", preds[0] | {"x1": "x"})
    text = (tmp_path / "sheet.csv").read_text().replace(",dog,", ",dgo,", 1)
    (tmp_path / "sheet.csv").write_text(text)
    code, _, err = command("labels", "preds.csv", "--import", "sheet.csv")
    assert code == 2
    assert "dgo" in err
    assert "Did you mean 'dog'" in err
    assert not (tmp_path / "annotations/preds/labels.jsonl").exists()


def test_a_line_cut_off_costs_only_itself(preds, tmp_path):
    command("labels", "preds.csv", "--export", "sheet.csv")
    n = fill("sheet.csv", preds[0])
    command("labels", "preds.csv", "--import", "sheet.csv", "--person", "ann")
    log = tmp_path / "annotations/preds/labels.jsonl"
    log.write_bytes(log.read_bytes()[:-30])
    assert told()["done"] == {"ann": n - 1}
    assert "1 new or changed" in told("--import", "sheet.csv", "--person", "ann")["imported"]
    assert told()["done"] == {"ann": n}


def test_two_audits_at_once(preds, tmp_path):
    from dlx.pipeline.labels import labels

    found = labels("preds.csv")
    log = VoteLog(tmp_path / "annotations/preds/labels.jsonl")
    half = found.audit.order[::2], found.audit.order[1::2]

    def person(name: str, ids) -> None:
        labels("preds.csv", person=name)
        for example in ids:
            log.write(example, preds[0][example], person=name)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(person, ("ann", "ben"), half))
    said = told()
    assert said["done"] == {"ann": len(half[0]), "ben": len(half[1])}
    assert all(s["asked"] == s["decided"] for s in said["strata"])


def test_the_desk_is_blind_and_votes_know_their_strata(preds):
    from dlx.pipeline import labels as module
    from dlx.pipeline import labels_desk

    found = module.labels("preds.csv")
    about = module.subject("preds.csv", None, None, None, None, None, False, True)
    log = VoteLog(found.log)
    blind = labels_desk.desk(about, found.audit, log, "ann")
    assert {(item.y_true, item.y_pred, item.proba) for item in blind.items} == {(None, None, ())}
    blind.act([blind.items[0].id], {"label": "cat"}, source="page")
    (vote,) = log.votes().values()
    assert vote.facts["given"] == preds[1][vote.example]
    assert 0 < vote.facts["p_inclusion"] <= 1
    seen = labels_desk.desk(about, found.audit, log, "ann", show_labels=True)
    assert all(item.y_true is not None for item in seen.items)
    rank = about.ranking.table.set_index("id")["rank"]
    flagged = [rank[item.example] for item in seen.items if rank[item.example] >= 0]
    assert [rank[item.example] for item in seen.items][: len(flagged)] == sorted(flagged)
    seen.act([seen.items[0].id], {"label": "cat"}, source="page")
    assert [bool(vote.facts.get("seen")) for vote in log.votes().values()].count(True) == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("id,split,y_true,y_pred\na,dev,1.5,2.5\nb,dev,2.5,2.5\n", "looked for among classes"),
        ("id,split,y_true,y_pred\na,dev,cat,dog\nb,dev,dog,dog\n", "a probability of every class"),
    ],
)
def test_what_cannot_be_ranked_says_so(tmp_path, monkeypatch, rows, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text(rows)
    code, _, err = command("labels", "bad.csv", "--report")
    assert (code, message in err) == (2, True), err


def test_contradictory_options(preds):
    assert command("labels", "preds.csv", "--force")[0] == 2
    assert command("labels", "preds.csv", "--terminal", "--report")[0] == 2
    assert command("labels", "preds.csv", "--from-run", "--folds", "3")[0] == 2


def test_another_seed_is_refused_once_there_are_votes(preds):
    command("labels", "preds.csv", "--export", "sheet.csv")
    assert command("labels", "preds.csv", "--seed", "3", "--report")[0] == 0
    command("labels", "preds.csv", "--export", "sheet.csv")
    fill("sheet.csv", preds[0])
    command("labels", "preds.csv", "--import", "sheet.csv")
    code, _, err = command("labels", "preds.csv", "--seed", "4", "--report")
    assert (code, "--seed" in err) == (2, True)
