"""Suggestions come after people, leave the black box closed, and become tags that say where they come from."""

from __future__ import annotations

import contextlib
import json
import sys

import numpy as np
import pandas as pd
import pytest

import dlx
from dlx.analysis import _clusters, suggesting
from dlx.analysis.features import FILE, Features
from dlx.errors import UserError
from dlx.run import Run
from dlx.tagging.frozen import load
from dlx.tagging.log import TagLog

N = 2_000


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def predictions(n: int = N, seed: int = 0) -> pd.DataFrame:
    """Errors concentrate where ``meta_light`` is low, half of them are cats taken for dogs."""
    rng = np.random.default_rng(seed)
    light = rng.random(n)
    wrong = rng.random(n) < np.where(light < 0.2, 0.6, 0.05)
    true = rng.choice(["cat", "dog", "cow"], n)
    said = np.where(wrong, np.where(true == "cat", "dog", "cat"), true)
    return pd.DataFrame(
        {
            "id": [f"e{i}" for i in range(n)], "split": "dev", "y_true": true, "y_pred": said, "meta_light": light,
            "meta_key": [f"k{i}" for i in range(n)],
        }
    )  # fmt: skip


def review(k: int, who: str = "ann", folder: str = "preds") -> tuple[TagLog, list[str]]:
    """The first errors of the sample reviewed; all of them if there are fewer."""
    from pathlib import Path

    base = Path("annotations") / folder
    sample = load(next((base / "samples").glob("*.parquet")))
    log, ids = TagLog(base / "tags.jsonl"), sample.errors["id"].tolist()[:k]
    log.write([(name, "reviewed", True) for name in ids], reviewer=who)
    return log, ids


def analysed(**options):
    return dlx.analyze_errors("preds.csv", suggest=True, **options).suggestions


def test_nothing_is_suggested_before_thirty_errors_are_reviewed():
    predictions().to_csv("preds.csv")
    assert (analysed().ready, analysed().items, analysed().needed) == (False, (), 30)
    review(29)
    assert not analysed().items
    review(30)
    assert analysed().ready
    assert analysed().items


def test_of_a_small_sample_thirty_per_cent_are_enough():
    predictions().to_csv("preds.csv")
    assert analysed(n=20).needed == 6
    review(6)
    assert analysed().items


def test_the_slice_is_found_and_names_errors_of_the_sample():
    table = predictions()
    table.to_csv("preds.csv")
    analysed()
    review(40)
    found = analysed()
    [one] = [item for item in found.items if item.kind == "slice"]
    assert one.evidence["conditions"][0]["column"] == "light"
    assert 0.15 < one.evidence["conditions"][0]["value"] < 0.25
    sample = dlx.analyze_errors("preds.csv").sample.errors
    light = table.set_index("id")["meta_light"]
    dark = [name for name in sample["id"] if light[name] <= one.evidence["conditions"][0]["value"]]
    assert sorted(one.items) == sorted(dark)
    json.dumps(found.to_dict())


def test_confusions_are_counted_over_all_errors():
    table = predictions()
    table.to_csv("preds.csv")
    analysed()
    review(30)
    pairs = {i.tag: i.evidence["n"] for i in analysed().items if i.kind == "confusion"}
    wrong = table[table["y_true"] != table["y_pred"]]
    counts = (wrong["y_true"] + " taken for " + wrong["y_pred"]).value_counts()
    assert pairs == counts.to_dict()


def test_the_black_box_stays_closed():
    """Errors of the part that nobody may look at are in no suggestion, neither by id nor by number."""
    from dlx.tagging.sample import eyeball

    table = predictions()
    table.to_csv("preds.csv")
    analysed(eyeball=0.5)
    review(30)
    seen = table[eyeball(table["id"], 0.5)]
    found = analysed()
    shown = {name for item in found.items for name in (*item.items, *item.examples)}
    assert shown
    assert shown <= set(seen["id"])
    total = sum(i.evidence["n"] for i in found.items if i.kind == "confusion")
    assert total == (seen["y_true"] != seen["y_pred"]).sum()


def test_an_accepted_suggestion_is_a_tag_with_its_source_on_what_was_looked_at():
    predictions().to_csv("preds.csv")
    analysed()
    log, ids = review(60)
    one = next(item for item in analysed().items if item.kind == "slice")
    tagged = suggesting.accept(one, log, "ann", tag="too dark")
    assert set(tagged) == set(one.items) & set(ids)
    assert 0 < len(tagged) < len(one.items)
    written = [record for record in log.records() if record.get("tag") == "too dark"]
    assert {record["source"] for record in written} == {"suggestion:slice"}
    assert {record["suggestion"] for record in written} == {one.text}
    assert dlx.analyze_errors("preds.csv").n_tagged == 60
    log.undo("ann")
    assert all("too dark" not in log.state().review(i, "ann").tags for i in ids)


def test_who_has_looked_at_none_of_it_cannot_accept_it():
    predictions().to_csv("preds.csv")
    analysed()
    log, _ = review(60)
    one = next(item for item in analysed().items if item.kind == "slice")
    with pytest.raises(UserError, match="that you have looked at"):
        suggesting.accept(one, log, "bob")


def test_the_command_shows_them_only_with_the_report(monkeypatch, capsys):
    from dlx.cli import app

    predictions().to_csv("preds.csv")
    analysed()
    review(40)

    def said(*words) -> str:
        monkeypatch.setattr(sys, "argv", ["dlx", "analyze-errors", "preds.csv", *words])
        with contextlib.suppress(SystemExit):
            app.main()
        return capsys.readouterr().out

    assert "light ≤ 0." in said("--report")
    assert "light" not in said()
    document = json.loads(said("--report", "--json"))
    assert document["suggestions"]["items"][0]["source"] == "suggestion:slice"


def run_with(table: pd.DataFrame, features: np.ndarray | None, payload: pd.DataFrame | None) -> Run:
    import fake_runs

    from dlx.predictions import read, write

    run = fake_runs.complete()
    write(read(table, "classification"), run.predictions)
    if features is not None:
        ids = table["id"].tolist()
        Features.of(ids, ["dev"] * len(ids), table["y_true"].tolist(), features).write(run.file(FILE))
    if payload is not None:
        payload.to_parquet(run.file(suggesting.PAYLOAD_FEATURES), index=False)
    return run


def test_clusters_and_payload_features_come_from_the_runs_own_files():
    table = predictions().drop(columns=["meta_light"])
    wrong = (table["y_true"] != table["y_pred"]).to_numpy()
    rng = np.random.default_rng(1)
    values = rng.normal(size=(N, 8))
    values[wrong & (table["y_true"] == "cat")] += 20  # the cats among the errors lie together
    payload = pd.DataFrame({"id": table["id"][::-1], "sharpness": np.where(wrong, 0.1, 1.0)[::-1] + rng.random(N) / 9})
    run = run_with(table, values, payload)
    dlx.analyze_errors(run)
    review(30, folder="digits")
    found = dlx.analyze_errors(run, suggest=True).suggestions
    kinds = {item.kind: item for item in reversed(found.items)}
    assert kinds["slice"].evidence["conditions"][0]["column"] == "sharpness"
    assert kinds["slice"].evidence["rate"] == 1
    cats = [item for item in found.items if item.kind == "cluster" and item.evidence["pair"] == "cat taken for dog"]
    assert cats[0].evidence["times"] == cats[0].evidence["n"]
    assert set(cats[0].examples) <= set(table["id"][wrong & (table["y_true"] == "cat")])


def test_one_cloud_has_no_clusters_and_three_clouds_have_three():
    rng = np.random.default_rng(0)
    for _ in range(20):
        found = _clusters.clusters(rng.normal(size=(200, 12)))
        assert not found.groups
        assert "no clusters" in found.reason
    three = np.concatenate([rng.normal(size=(n, 12)) + place for n, place in ((80, 0), (60, 9), (40, -9))])
    found = _clusters.clusters(three)
    assert [len(group) for group in found.groups] == pytest.approx([80, 60, 40], abs=8)
    assert found.alone == 180 - sum(map(len, found.groups))
    centre = three[:80].mean(axis=0)
    first = found.groups[0]
    gaps = ((three[first] - centre) ** 2).sum(axis=1)
    assert gaps[0] < np.median(gaps)


def test_errors_that_are_all_alike_or_few_form_no_clusters():
    assert "alike" in _clusters.clusters(np.ones((50, 4))).reason
    assert "too few" in _clusters.clusters(np.ones((29, 4))).reason
